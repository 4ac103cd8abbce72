// SPDX-License-Identifier: Apache-2.0
#include "apps/sha256.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace linnet::apps {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string sha256_of(std::string_view text) {
  Sha256 sha;
  sha.add(bytes_of(text));
  return sha.finish_hex();
}

// The examples that NIST publishes with FIPS 180-4.
TEST(Sha256, FIPS180_4_examples) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, any_split_yields_the_same_digest) {
  std::mt19937 random(1);
  std::string message(1000, '\0');
  for (char& c : message) c = static_cast<char>(random());
  const std::string whole = sha256_of(message);
  for (int round = 0; round < 200; ++round) {
    Sha256 sha;
    for (std::size_t at = 0; at < message.size();) {
      const std::size_t n = std::min<std::size_t>(random() % 150, message.size() - at);
      sha.add(bytes_of(std::string_view(message).substr(at, n)));
      at += n;
    }
    EXPECT_EQ(sha.size(), message.size());
    ASSERT_EQ(sha.finish_hex(), whole);
  }
}

TEST(Sha256, instructions_and_portable_code_agree) {
  std::mt19937 random(2);
  std::vector<std::uint8_t> blocks(64 * 40);
  for (auto& byte : blocks) byte = static_cast<std::uint8_t>(random());
  for (std::size_t count = 0; count <= 40; ++count) {
    std::array<std::uint32_t, 8> a{1, 2, 3, 4, 5, 6, 7, 8};
    std::array<std::uint32_t, 8> b = a;
    detail::sha256_blocks(a, blocks.data(), count);
    detail::sha256_blocks_portable(b, blocks.data(), count);
    ASSERT_EQ(a, b) << count;
  }
}

}  // namespace
}  // namespace linnet::apps
