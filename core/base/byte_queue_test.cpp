// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "core/base/test_memory.hpp"

namespace linnet {
namespace {

using test::as_bytes;
using test::as_string;

std::string pattern(std::mt19937_64& random, std::size_t length) {
  std::string text(length, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string all_of(const ByteQueue& queue) {
  std::string text(queue.size(), '\0');
  EXPECT_EQ(queue.copy_out(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}), text.size());
  return text;
}

Block filled(BlockPool& pool, std::size_t size, std::uint32_t begin, const std::string& text) {
  Block block = pool.allocate(size);
  if (block) copy_bytes(block.data() + begin, as_bytes(text));
  return block;
}

constexpr BlockPoolConfig small_blocks{.small_size = 64, .small_count = 32};
constexpr BlockPoolConfig two_sizes{
    .small_size = 64, .small_count = 32, .large_size = 1024, .large_count = 6};

TEST(ByteQueue, an_empty_queue_holds_no_memory) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.append(Bytes{}), 0u);
  EXPECT_EQ(queue.memory_held(), 0u);
  std::array<Bytes, 2> spans;
  EXPECT_EQ(queue.peek(0, 10, spans), 0u);
  EXPECT_EQ(queue.read({}), 0u);
  queue.drop_front(5);
  queue.clear();
  EXPECT_TRUE(owned.pool.full());
}

TEST(ByteQueue, what_goes_in_comes_out) {
  test::OwnedPool owned(small_blocks);
  {
    ByteQueue queue(owned.pool);
    EXPECT_EQ(queue.append(as_bytes("hello ")), 6u);
    EXPECT_EQ(queue.append(as_bytes("world")), 5u);
    EXPECT_EQ(queue.memory_held(), 64u) << "small pieces share a block";
    std::array<std::uint8_t, 4> four{};
    EXPECT_EQ(queue.read(four), 4u);
    EXPECT_EQ(as_string(four), "hell");
    EXPECT_EQ(all_of(queue), "o world");
    EXPECT_EQ(queue.copy_out(7, four), 0u);
    EXPECT_EQ(queue.copy_out(100, four), 0u);
  }
  EXPECT_TRUE(owned.pool.full()) << "its end gives everything back";
}

TEST(ByteQueue, a_peer_cannot_take_the_reserve_by_user_data) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  const std::string much(64 * 100, 'x');
  const std::size_t taken = queue.append(as_bytes(much));
  EXPECT_EQ(owned.pool.small_free(), owned.pool.small_reserve());
  EXPECT_EQ(taken, 64u * (32 - owned.pool.small_reserve()));
  EXPECT_EQ(queue.append(as_bytes("y")), 0u);
  queue.drop_front(64);
  EXPECT_EQ(queue.append(as_bytes("y")), 1u);
}

TEST(ByteQueue, uses_large_blocks_for_much_and_small_ones_for_little) {
  test::OwnedPool owned(two_sizes);
  ByteQueue queue(owned.pool);
  queue.append(as_bytes(std::string(10, 'a')));
  EXPECT_EQ(queue.memory_held(), 64u);
  queue.append(as_bytes(std::string(500, 'b')));
  EXPECT_EQ(queue.memory_held(), 64u + 1024u);
  queue.append(as_bytes(std::string(500, 'c')));
  EXPECT_EQ(queue.memory_held(), 64u + 1024u) << "the last block is filled up first";
}

TEST(ByteQueue, adopts_a_well_filled_block_without_copying) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  Block block = filled(owned.pool, 64, 14, std::string(40, 'q'));
  const std::uint8_t* data = block.data() + 14;
  queue.append(std::move(block), 14, 54);
  std::array<Bytes, 1> spans;
  ASSERT_EQ(queue.peek(0, 100, spans), 1u);
  EXPECT_EQ(spans[0].data(), data);
  EXPECT_EQ(spans[0].size(), 40u);
}

TEST(ByteQueue, copies_a_small_piece_behind_the_last_slice) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  queue.append(as_bytes("0123"));
  for (int i = 0; i < 10; ++i) queue.append(filled(owned.pool, 64, 60, "ab"), 60, 62);
  EXPECT_EQ(queue.memory_held(), 64u);
  EXPECT_EQ(owned.pool.small_free(), 31u);
  EXPECT_EQ(all_of(queue), "0123abababababababababab");
}

TEST(ByteQueue, an_empty_piece_gives_its_block_back) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  queue.append(owned.pool.allocate(1), 3, 3);
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(owned.pool.full());
}

TEST(ByteQueue, peek_stops_at_the_spans_it_was_given) {
  test::OwnedPool owned(small_blocks);
  ByteQueue queue(owned.pool);
  queue.append(as_bytes(std::string(64, 'a') + std::string(64, 'b') + std::string(64, 'c')));
  std::array<Bytes, 2> spans;
  EXPECT_EQ(queue.peek(60, 100, spans), 2u);
  EXPECT_EQ(as_string(spans[0]), "aaaa");
  EXPECT_EQ(as_string(spans[1]), std::string(64, 'b'));
  EXPECT_EQ(queue.peek(60, 6, spans), 2u);
  EXPECT_EQ(as_string(spans[1]), "bb");
  EXPECT_EQ(queue.peek(192, 1, spans), 0u);
  EXPECT_EQ(queue.peek(0, 0, spans), 0u);
}

class ByteQueueModel : public testing::TestWithParam<BlockPoolConfig> {};

INSTANTIATE_TEST_SUITE_P(
    Pools, ByteQueueModel,
    testing::Values(small_blocks, two_sizes, BlockPoolConfig{.small_size = 16, .small_count = 3},
                    BlockPoolConfig{.small_size = 1, .small_count = 40},
                    BlockPoolConfig{
                        .small_size = 32, .small_count = 8, .large_size = 100, .large_count = 3}));

TEST_P(ByteQueueModel, behaves_as_a_string_while_its_pool_runs_empty) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    test::OwnedPool owned(GetParam());
    BlockPool& pool = owned.pool;
    const std::size_t all = std::size_t{pool.small_count()} * pool.small_size() +
                            std::size_t{pool.large_count()} * pool.large_size();
    std::mt19937_64 random(seed);
    {
      ByteQueue queue(pool);
      ByteQueue other(pool);  // somebody else who takes and returns memory
      std::string model;
      for (int step = 0; step < 1500; ++step) {
        const std::size_t length = random() % 8 == 0 ? random() % 3000 : random() % 100;
        switch (random() % 9) {
          case 0:
          case 1: {
            const std::string text = pattern(random, length);
            const std::size_t taken = queue.append(as_bytes(text));
            ASSERT_LE(taken, text.size());
            ASSERT_TRUE(taken == text.size() || !pool.plenty()) << "refused while there was room";
            model.append(text, 0, taken);
            break;
          }
          case 2: {
            Block block = random() % 3 == 0 ? pool.allocate_large() : pool.allocate(1);
            if (!block) break;
            std::uint32_t begin = static_cast<std::uint32_t>(random() % (block.capacity() + 1));
            std::uint32_t end = static_cast<std::uint32_t>(random() % (block.capacity() + 1));
            if (begin > end) std::swap(begin, end);
            const std::string text = pattern(random, end - begin);
            copy_bytes(block.data() + begin, as_bytes(text));
            queue.append(std::move(block), begin, end);
            model += text;
            break;
          }
          case 3: {
            std::string text(length, '\0');
            const std::size_t count = queue.read({reinterpret_cast<std::uint8_t*>(text.data()), length});
            ASSERT_EQ(count, std::min(length, model.size()));
            ASSERT_EQ(text.substr(0, count), model.substr(0, count));
            model.erase(0, count);
            break;
          }
          case 4:
            queue.drop_front(length);
            model.erase(0, std::min(length, model.size()));
            break;
          case 5: {
            const std::size_t offset = model.empty() ? random() % 3 : random() % (model.size() + 2);
            std::string text(length, '\0');
            const std::size_t count =
                queue.copy_out(offset, {reinterpret_cast<std::uint8_t*>(text.data()), length});
            const std::string expected = offset < model.size() ? model.substr(offset, length) : "";
            ASSERT_EQ(text.substr(0, count), expected);
            break;
          }
          case 6:
          case 7: {  // sequential peeks, as a sender makes them
            std::size_t offset = model.empty() ? 0 : random() % model.size();
            for (int i = 0; i < 4 && offset < model.size(); ++i) {
              std::array<Bytes, 5> spans;
              const std::size_t count = queue.peek(offset, length, std::span(spans).first(1 + random() % 5));
              std::string text;
              for (std::size_t s = 0; s < count; ++s) {
                ASSERT_FALSE(spans[s].empty());
                text += as_string(spans[s]);
              }
              ASSERT_EQ(text, model.substr(offset, text.size()));
              ASSERT_TRUE(length == 0 || !text.empty());
              ASSERT_LE(text.size(), length);
              offset += text.size();
            }
            break;
          }
          default:
            if (random() % 2 == 0) {
              other.append(as_bytes(pattern(random, length)));
            } else if (random() % 4 == 0) {
              other.clear();
            } else if (random() % 20 == 0) {
              queue.clear();
              model.clear();
            }
        }
        ASSERT_EQ(queue.size(), model.size());
        const std::size_t free = std::size_t{pool.small_free()} * pool.small_size() +
                                 std::size_t{pool.large_free()} * pool.large_size();
        ASSERT_EQ(queue.memory_held() + other.memory_held() + free, all) << "memory lost or made";
        ASSERT_GE(queue.memory_held(), queue.size());
        ASSERT_EQ(queue.empty(), queue.memory_held() == 0);
      }
      ASSERT_EQ(all_of(queue), model);
    }
    ASSERT_TRUE(pool.full());
  }
}

TEST(ByteQueue, what_is_to_be_sent_leaves_more_than_what_was_received_may_take) {
  const std::string much(64 * 1024, 'x');
  test::OwnedPool small(small_blocks);
  ByteQueue sending(small.pool);
  EXPECT_EQ(small.pool.sendable_small(), 32u - (32 / 8 * 3 + 2));
  EXPECT_EQ(sending.append(as_bytes(much), true), 64u * (32 - 14));
  EXPECT_EQ(small.pool.sendable_small(), 0u);
  EXPECT_EQ(sending.append(as_bytes("y"), true), 0u);
  EXPECT_EQ(sending.append(as_bytes("y")), 1u) << "a peer has been promised room";
  test::OwnedPool two(two_sizes);
  ByteQueue both(two.pool);
  EXPECT_EQ(two.pool.sendable_large(), 4u);
  EXPECT_EQ(both.append(as_bytes(much), true), 4u * 1024 + 64 * (32 - 14)) << "large ones first";
  EXPECT_EQ(two.pool.large_free(), 2u);
}

TEST(ByteQueue, a_large_block_is_for_what_fills_more_than_two_small_ones) {
  struct Row {
    std::size_t there;
    std::size_t more;
    std::size_t held;
  };
  // What the last block has room for counts for nothing.
  for (const Row& row :
       {Row{0, 128, 128}, Row{0, 129, 1024}, Row{40, 24 + 128, 192}, Row{40, 24 + 129, 1088}}) {
    test::OwnedPool owned(two_sizes);
    ByteQueue queue(owned.pool);
    EXPECT_EQ(queue.append(as_bytes(std::string(row.there, 'a'))), row.there);
    EXPECT_EQ(queue.append(as_bytes(std::string(row.more, 'b'))), row.more);
    EXPECT_EQ(queue.memory_held(), row.held) << row.there << " and " << row.more;
  }
}

TEST(ByteQueue, half_of_the_large_blocks_that_are_free_is_left_to_others) {
  for (std::uint32_t free = 0; free <= 3; ++free) {
    test::OwnedPool owned(two_sizes);
    std::vector<Block> taken;
    while (owned.pool.large_free() > free) taken.push_back(owned.pool.allocate_large());
    {
      ByteQueue queue(owned.pool);
      EXPECT_EQ(queue.append(as_bytes(std::string(200, 'x'))), 200u);
      EXPECT_EQ(queue.memory_held(), free >= 2 ? 1024u : 4 * 64u) << free;
    }
    // Where no small one is to be had, what was promised is kept in a large one.
    while (owned.pool.plenty()) taken.push_back(owned.pool.allocate(1));
    ByteQueue queue(owned.pool);
    EXPECT_EQ(queue.append(as_bytes("y"), true), 0u) << "to send nothing was promised";
    EXPECT_EQ(queue.append(as_bytes("y")), free >= 2 ? 1u : 0u) << free;
  }
}

TEST(ByteQueue, a_piece_of_less_than_a_quarter_of_its_block_is_copied_where_there_is_room) {
  for (const auto& [there, piece, held] :
       {std::array<std::uint32_t, 3>{40, 15, 64}, std::array<std::uint32_t, 3>{40, 16, 128},
        std::array<std::uint32_t, 3>{49, 15, 64}, std::array<std::uint32_t, 3>{50, 15, 128}}) {
    test::OwnedPool owned(small_blocks);
    ByteQueue queue(owned.pool);
    EXPECT_EQ(queue.append(as_bytes(std::string(there, 'a'))), there);
    queue.append(filled(owned.pool, 64, 3, std::string(piece, 'b')), 3, 3 + piece);
    EXPECT_EQ(queue.memory_held(), held) << there << " and " << piece;
    EXPECT_EQ(all_of(queue), std::string(there, 'a') + std::string(piece, 'b'));
  }
}

}  // namespace
}  // namespace linnet
