// SPDX-License-Identifier: Apache-2.0
#include "apps/pattern.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace linnet::apps {
namespace {

TEST(Pattern, begins_with_the_golden_ratio_in_network_order) {
  std::vector<std::uint8_t> bytes(20);
  fill_pattern(bytes, 0);
  const std::vector<std::uint8_t> expected = {0x9e, 0x37, 0x79, 0xb9, 0x7f, 0x4a, 0x7c, 0x15, 0x3c, 0x6e,
                                              0xf3, 0x72, 0xfe, 0x94, 0xf8, 0x2a, 0xda, 0xa6, 0x6d, 0x2c};
  EXPECT_EQ(bytes, expected);
}

TEST(Pattern, every_offset_and_length_is_a_piece_of_the_same_stream) {
  std::vector<std::uint8_t> whole(200);
  fill_pattern(whole, 0);
  for (std::size_t offset = 0; offset < 40; ++offset) {
    for (std::size_t length = 0; length < 60; ++length) {
      std::vector<std::uint8_t> piece(length);
      fill_pattern(piece, offset);
      ASSERT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(offset)))
          << offset << ' ' << length;
    }
  }
}

TEST(Pattern, offsets_beyond_4_gigabytes) {
  const std::uint64_t offset = (std::uint64_t{1} << 33) + 3;
  std::uint8_t word[8];
  store64(word, pattern_word(offset / 8));
  std::uint8_t bytes[5];
  fill_pattern(bytes, offset);
  EXPECT_TRUE(std::equal(bytes, bytes + 5, word + 3));
}

}  // namespace
}  // namespace linnet::apps
