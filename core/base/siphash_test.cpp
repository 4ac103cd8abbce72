// SPDX-License-Identifier: Apache-2.0
#include "core/base/siphash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "core/base/digest.hpp"

namespace linnet {
namespace {

// Key 00 01 .. 0f, message 00 01 .. n-1: vectors_sip64 of the authors' reference implementation.
constexpr SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
constexpr std::array<std::uint64_t, 64> vectors{
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7,
    0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462, 0x9e0082df0ba9e4b0,
    0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7, 0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
    0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
    0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8, 0xb8ad50c6f649af94,
    0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
    0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238,
    0x15e034d40fa197ae, 0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
    0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
    0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb, 0xe612a3cb9ecba951, 0xc766e62cfcadaf96,
    0xee64435a9752fe72, 0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea,
    0x245731c13ca42499, 0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
    0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572};

constexpr std::array<std::uint8_t, 64> message = [] {
  std::array<std::uint8_t, 64> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}();

// The example of the paper, appendix A.
static_assert(siphash_2_4(key, Bytes(message).first(15)) == 0xa129ca6149be45e5);

TEST(SipHash, official_vectors_2_4) {
  for (std::size_t length = 0; length < vectors.size(); ++length) {
    EXPECT_EQ(siphash_2_4(key, Bytes(message).first(length)), vectors[length]) << length;
  }
}

TEST(SipHash, vectors_1_3) {  // made with OpenSSL: c-rounds 1, d-rounds 3
  EXPECT_EQ(TableHasher(key).finish(), 0xabac0158050fc4dcu);
  EXPECT_EQ(TableHasher(key).finish(Bytes(message).first(15)), 0xd320d86d2a519956u);
  EXPECT_EQ(TableHasher(key).finish(Bytes(message).first(16)), 0xcc4fdd1a7d908b66u);
}

TEST(SipHash, words_and_bytes_are_the_same_message) {
  for (std::size_t words = 0; words <= 8; ++words) {
    SecretHasher hasher(key);
    for (std::size_t w = 0; w < words; ++w) {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{message[8 * w + i]} << (8 * i);
      hasher.word(value);
    }
    EXPECT_EQ(hasher.finish(Bytes(message).subspan(8 * words)), siphash_2_4(key, message));
  }
}

TEST(SipHash, every_bit_of_key_and_message_counts) {
  std::set<std::uint64_t> seen{siphash_2_4(key, message)};
  for (unsigned bit = 0; bit < 64; ++bit) {
    seen.insert(siphash_2_4({key.k0 ^ std::uint64_t{1} << bit, key.k1}, message));
    seen.insert(siphash_2_4({key.k0, key.k1 ^ std::uint64_t{1} << bit}, message));
  }
  for (unsigned bit = 0; bit < 512; ++bit) {
    auto changed = message;
    changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1u << bit % 8));
    seen.insert(siphash_2_4(key, changed));
  }
  EXPECT_EQ(seen.size(), 1u + 128 + 512);
}

TEST(Digest, tells_states_apart) {
  const auto of = [](auto... values) {
    Digest digest;
    (digest.add(static_cast<std::uint64_t>(values)), ...);
    return digest.value();
  };
  EXPECT_EQ(of(1, 2, 3), of(1, 2, 3));
  EXPECT_NE(of(1, 2, 3), of(3, 2, 1));
  EXPECT_NE(of(), of(0));
  EXPECT_NE(of(0), of(0, 0));
  EXPECT_NE(of(1).high, of(1).low) << "two independent halves";
}

TEST(Digest, of_bytes_includes_their_length) {
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  Digest one_two;
  one_two.add(Bytes(bytes).first(1));
  one_two.add(Bytes(bytes).subspan(1));
  Digest two_one;
  two_one.add(Bytes(bytes).first(2));
  two_one.add(Bytes(bytes).subspan(2));
  EXPECT_NE(one_two.value(), two_one.value());
}

TEST(Digest, may_be_read_and_added_to) {
  Digest digest;
  digest.add(1);
  const auto before = digest.value();
  EXPECT_EQ(digest.value(), before);
  digest.add(2);
  EXPECT_NE(digest.value(), before);
}

}  // namespace
}  // namespace linnet
