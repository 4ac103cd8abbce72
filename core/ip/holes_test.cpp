// SPDX-License-Identifier: Apache-2.0
// What is missing of a datagram, fragment by fragment: RFC 815, and what is refused whoever asks.
#include "core/ip/holes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace linnet::ip {
namespace {

using Buffer = std::vector<std::uint8_t>;

struct Datagram {
  explicit Datagram(std::uint32_t block_size = 1024)
      : config{.small_size = block_size, .small_count = 1},
        memory(BlockPool::memory_needed(config) + Arena::alignment),
        arena(memory),
        pool(arena, config),
        block(pool.allocate(1)) {
    holes.begin(*block.header());
  }
  Drop insert(std::uint32_t from, std::uint32_t to, bool last = false, std::uint8_t value = 7) {
    const Buffer bytes(to - from, value);
    return holes.insert(*block.header(), bytes, from, last, duplicate);
  }
  Digest::Value digest() const {
    Digest d;
    holes.digest(d);
    return d.value();
  }

  BlockPoolConfig config;
  Buffer memory;
  Arena arena;
  BlockPool pool;
  Block block;
  Holes holes;
  bool duplicate = false;
};

TEST(Holes, RFC791_3_1_lengths_that_no_fragment_has) {
  Datagram d;
  EXPECT_EQ(d.insert(0, 0), Drop::fragment_size) << "nothing";
  EXPECT_EQ(d.insert(0, 0, true), Drop::fragment_size);
  EXPECT_EQ(d.insert(0, 9), Drop::fragment_size) << "not a multiple of 8, and more follows";
  const std::uint32_t room = Holes::room(*d.block.header());
  EXPECT_EQ(d.insert(0, room / 8 * 8 + 8), Drop::fragment_size) << "more than the block takes";
  EXPECT_FALSE(d.holes.complete());
  EXPECT_EQ(d.insert(0, 9, true), Drop::none) << "the last one may have any";
  EXPECT_TRUE(d.holes.complete());
  EXPECT_EQ(d.holes.end(), 9u);
}

TEST(Holes, a_block_without_room_for_a_header_has_none_for_fragments) {
  Datagram d(64);
  EXPECT_EQ(Holes::room(*d.block.header()), 0u);
  EXPECT_EQ(d.insert(0, 8), Drop::fragment_size);
}

TEST(Holes, RFC5722_3_only_the_very_same_bytes_are_a_duplicate) {
  Datagram d;
  ASSERT_EQ(d.insert(0, 16), Drop::none);
  ASSERT_EQ(d.insert(32, 48), Drop::none);
  EXPECT_EQ(d.insert(0, 16), Drop::none);
  EXPECT_TRUE(d.duplicate);
  EXPECT_EQ(d.insert(8, 16), Drop::none);
  EXPECT_TRUE(d.duplicate) << "a part of what is there";
  EXPECT_EQ(d.insert(0, 16, false, 8), Drop::fragment_overlap) << "other bytes";
  EXPECT_FALSE(d.duplicate);
  EXPECT_EQ(d.insert(32, 48, true), Drop::fragment_overlap) << "the same bytes, but now the last";
  ASSERT_EQ(d.insert(48, 53, true), Drop::none);
  EXPECT_EQ(d.insert(48, 53, true), Drop::none);
  EXPECT_TRUE(d.duplicate) << "of the last one";
}

TEST(Holes, RFC815_the_digest_knows_whether_the_last_one_came) {
  Datagram middle;
  Datagram last;
  ASSERT_EQ(middle.insert(16, 32), Drop::none);
  ASSERT_EQ(last.insert(16, 32, true), Drop::none);
  EXPECT_FALSE(middle.digest() == last.digest());
}

}  // namespace
}  // namespace linnet::ip
