// SPDX-License-Identifier: Apache-2.0
#include "tls/aes_siv.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace linnet::tls {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets hex(std::string_view text) {
  Octets out;
  unsigned value = 0;
  bool half = false;
  for (const char c : text) {
    if (c == ' ') continue;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (half) out.push_back(static_cast<std::uint8_t>(value));
    half = !half;
  }
  return out;
}

struct Vector {
  Octets key;
  std::vector<Octets> associated;
  Octets plain, sealed;
};
const Vector& deterministic() {
  static const Vector vector{hex("fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff"),
                             {hex("10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627")},
                             hex("11223344 55667788 99aabbcc ddee"),
                             hex("85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c")};
  return vector;
}
const Vector& with_nonce() {
  static const Vector vector{
      hex("7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f"),
      {hex("00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100"),
       hex("10203040 50607080 90a0"), hex("09f91102 9d74e35b d84156c5 635688c0")},
      hex("74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720 "
          "5349562d 414553"),
      hex("7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663 "
          "b7a3f748 "
          "ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d")};
  return vector;
}
std::span<const std::uint8_t, 32> key_of(const Vector& vector) {
  return std::span<const std::uint8_t, 32>(vector.key.data(), 32);
}
std::vector<Bytes> views(const std::vector<Octets>& associated) {
  return {associated.begin(), associated.end()};
}

TEST(AesSiv, RFC5297_A_1_and_A_2) {
  for (const Vector* vector : {&deterministic(), &with_nonce()}) {
    const AesSiv siv(key_of(*vector));
    Octets sealed(vector->plain.size() + AesSiv::tag_size);
    ASSERT_TRUE(siv.seal(views(vector->associated), vector->plain, sealed));
    EXPECT_EQ(sealed, vector->sealed);
    Octets plain(vector->plain.size());
    ASSERT_TRUE(siv.open(views(vector->associated), vector->sealed, plain));
    EXPECT_EQ(plain, vector->plain);
  }
}

TEST(AesSiv, whatever_is_changed_is_found_and_nothing_is_given_out) {
  const Vector& vector = with_nonce();
  const AesSiv siv(key_of(vector));
  Octets plain(vector.plain.size());
  const Octets nothing(plain.size());
  for (std::size_t i = 0; i < vector.sealed.size(); ++i) {
    Octets sealed = vector.sealed;
    sealed[i] ^= 1;
    EXPECT_FALSE(siv.open(views(vector.associated), sealed, plain)) << i;
    EXPECT_EQ(plain, nothing);
  }
  for (std::size_t i = 0; i < vector.associated.size(); ++i) {
    std::vector<Octets> associated = vector.associated;
    associated[i].back() ^= 0x80;
    EXPECT_FALSE(siv.open(views(associated), vector.sealed, plain)) << i;
  }
  EXPECT_FALSE(siv.open(views({vector.associated[1], vector.associated[0], vector.associated[2]}),
                        vector.sealed, plain))
      << "another order";
}

TEST(AesSiv, without_a_plaintext_each_byte_of_the_tag_counts) {
  const AesSiv siv(key_of(deterministic()));
  Octets sealed(AesSiv::tag_size);
  ASSERT_TRUE(siv.seal(views(deterministic().associated), {}, sealed));
  EXPECT_TRUE(siv.open(views(deterministic().associated), sealed, {}));
  for (std::uint8_t& byte : sealed) {
    byte ^= 1;
    EXPECT_FALSE(siv.open(views(deterministic().associated), sealed, {})) << &byte - sealed.data();
    byte ^= 1;
  }
}

TEST(AesSiv, sizes_must_agree) {
  const AesSiv siv(key_of(deterministic()));
  Octets room(20);
  EXPECT_FALSE(siv.seal({}, Octets(5), room));
  EXPECT_FALSE(siv.open({}, Octets(15), MutableBytes()));
  // Each size around a block, and nothing at all: there and back.
  for (std::size_t size = 0; size <= 33; ++size) {
    Octets sealed(size + AesSiv::tag_size);
    Octets plain(size);
    ASSERT_TRUE(siv.seal({}, Octets(size, 7), sealed));
    EXPECT_TRUE(siv.open({}, sealed, plain));
    EXPECT_EQ(plain, Octets(size, 7));
  }
}

}  // namespace
}  // namespace linnet::tls
