// SPDX-License-Identifier: Apache-2.0
#include "core/base/block.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>
#include <vector>

#include "core/base/test_memory.hpp"

namespace linnet {
namespace {

constexpr BlockPoolConfig both{.small_size = 100, .small_count = 4, .large_size = 1000, .large_count = 2};

TEST(BlockPool, memory_needed_is_enough_and_not_more) {
  test::OwnedArena exact(BlockPool::memory_needed(both));
  BlockPool pool(exact.arena, both);
  EXPECT_EQ(pool.small_count(), 4u);
  EXPECT_EQ(pool.large_count(), 2u);
  EXPECT_FALSE(exact.arena.exhausted());
  EXPECT_EQ(exact.arena.used(), BlockPool::memory_needed(both));

  test::OwnedArena less(BlockPool::memory_needed(both) - 1);
  BlockPool poor(less.arena, both);
  EXPECT_TRUE(less.arena.exhausted());
  EXPECT_EQ(poor.large_count(), 1u);
  EXPECT_TRUE(poor.full());
}

TEST(BlockPool, a_size_is_served_by_the_smallest_class_that_holds_it) {
  test::OwnedPool owned(both);
  EXPECT_EQ(owned.pool.allocate(0).capacity(), 100u);
  EXPECT_EQ(owned.pool.allocate(100).capacity(), 100u);
  EXPECT_EQ(owned.pool.allocate(101).capacity(), 1000u);
  EXPECT_EQ(owned.pool.allocate(1000).capacity(), 1000u);
  EXPECT_FALSE(owned.pool.allocate(1001));
  EXPECT_FALSE(owned.pool.allocate(std::numeric_limits<std::size_t>::max()));
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, no_class_borrows_from_the_other) {
  test::OwnedPool owned(both);
  std::vector<Block> held;
  for (int i = 0; i < 4; ++i) held.push_back(owned.pool.allocate(1));
  EXPECT_FALSE(owned.pool.allocate(1));
  EXPECT_EQ(owned.pool.small_free(), 0u);
  EXPECT_EQ(owned.pool.large_free(), 2u);
  held.push_back(owned.pool.allocate_large());
  held.push_back(owned.pool.allocate(500));
  EXPECT_FALSE(owned.pool.allocate_large());
  EXPECT_FALSE(owned.pool.full());
  held.clear();
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, without_large_blocks) {
  test::OwnedPool owned({.small_size = 64, .small_count = 2});
  EXPECT_FALSE(owned.pool.allocate_large());
  EXPECT_FALSE(owned.pool.allocate(65));
  EXPECT_TRUE(owned.pool.allocate(64));
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, large_blocks_of_the_small_size_are_small_blocks) {
  test::OwnedPool owned({.small_size = 64, .small_count = 2, .large_size = 64, .large_count = 3});
  EXPECT_EQ(owned.pool.small_count(), 5u);
  EXPECT_EQ(owned.pool.large_count(), 0u);
  { const Block block = owned.pool.allocate(10); }
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, blocks_are_aligned_and_do_not_overlap) {
  test::OwnedPool owned({.small_size = 33, .small_count = 20, .large_size = 77, .large_count = 20});
  std::vector<Block> held;
  std::set<const std::uint8_t*> bytes;
  while (Block block = owned.pool.allocate(1)) held.push_back(std::move(block));
  while (Block block = owned.pool.allocate_large()) held.push_back(std::move(block));
  ASSERT_EQ(held.size(), 40u);
  for (const Block& block : held) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.header()) % alignof(BlockHeader), 0u);
    for (std::uint32_t i = 0; i < block.capacity(); ++i) {
      EXPECT_TRUE(bytes.insert(block.data() + i).second) << "a byte of two blocks";
    }
  }
}

TEST(BlockPool, a_block_starts_clean_of_what_its_last_queue_wrote) {
  test::OwnedPool owned({.small_size = 64, .small_count = 1});
  {
    Block block = owned.pool.allocate(1);
    block.header()->begin = 5;
    block.header()->end = 9;
    block.header()->next = block.header();
  }
  const Block block = owned.pool.allocate(1);
  EXPECT_EQ(block.header()->begin, 0u);
  EXPECT_EQ(block.header()->end, 0u);
  EXPECT_EQ(block.header()->next, nullptr);
}

TEST(Block, has_one_owner_at_a_time) {
  test::OwnedPool owned(both);
  Block a = owned.pool.allocate(1);
  const BlockHeader* header = a.header();
  Block b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  EXPECT_EQ(b.header(), header);
  b = owned.pool.allocate(1);  // gives the first one back
  EXPECT_EQ(owned.pool.small_free(), 3u);
  Block& same = b;
  b = std::move(same);
  EXPECT_TRUE(b);
  BlockHeader* released = b.release();
  EXPECT_FALSE(b);
  EXPECT_EQ(owned.pool.small_free(), 3u);
  Block(released).reset();
  EXPECT_TRUE(owned.pool.full());
  b.reset();  // an empty one: nothing
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, C25_05_keeps_a_reserve_that_user_data_may_not_take) {
  test::OwnedPool owned({.small_size = 64, .small_count = 16});
  EXPECT_EQ(owned.pool.small_reserve(), 3u);
  std::vector<Block> held;
  while (owned.pool.plenty()) held.push_back(owned.pool.allocate(1));
  EXPECT_EQ(owned.pool.small_free(), 3u);
  EXPECT_TRUE(owned.pool.allocate(1)) << "what does not ask for plenty still gets one";
}

TEST(BlockPool, C25_01_sizes_near_the_limits_do_not_wrap) {
  constexpr std::uint32_t most = 0xffffffff;
  constexpr auto needed = BlockPool::memory_needed({.small_size = most, .small_count = most});
  static_assert(needed >= std::size_t{most});
  test::OwnedArena owned(4096);
  BlockPool pool(owned.arena,
                 {.small_size = most, .small_count = 2, .large_size = most, .large_count = most});
  EXPECT_TRUE(owned.arena.exhausted());
  EXPECT_EQ(pool.small_count(), 0u);
  EXPECT_FALSE(pool.allocate(1));
}

TEST(BlockPool, conserves_its_blocks_under_random_use) {
  test::OwnedPool owned({.small_size = 64, .small_count = 30, .large_size = 256, .large_count = 10});
  std::mt19937 random(1);
  std::vector<Block> held;
  for (int i = 0; i < 100'000; ++i) {
    if (random() % 2 == 0 || held.empty()) {
      if (Block block = owned.pool.allocate(random() % 300)) held.push_back(std::move(block));
    } else {
      std::swap(held[random() % held.size()], held.back());
      held.pop_back();
    }
    ASSERT_EQ(owned.pool.small_free() + owned.pool.large_free() + held.size(), 40u);
  }
  held.clear();
  EXPECT_TRUE(owned.pool.full());
}

TEST(BlockPool, is_full_when_blocks_of_both_sizes_are_back) {
  test::OwnedPool owned(both);
  EXPECT_TRUE(owned.pool.full());
  const Block small = owned.pool.allocate(1);
  EXPECT_FALSE(owned.pool.full());
  Block large = owned.pool.allocate(owned.pool.large_size());
  {
    Block moved = std::move(large);
    EXPECT_FALSE(owned.pool.full());
  }
  EXPECT_EQ(owned.pool.large_free(), owned.pool.large_count());
}

TEST(BlockPool, an_allocation_that_is_made_to_fail_leaves_everything_as_it_was) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "only in builds with sanitizers or counters";
  test::OwnedPool owned({.small_size = 64, .small_count = 2});
  failing_allocations.begin(1);
  EXPECT_FALSE(owned.pool.allocate(1));
  EXPECT_TRUE(owned.pool.full());
  EXPECT_TRUE(owned.pool.allocate(1));
  failing_allocations.begin(0);
}

}  // namespace
}  // namespace linnet
