// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/scoreboard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace linnet::tcp {
namespace {

constexpr Instant at(std::int64_t ms) { return Instant::from_microseconds(ms * 1000); }
constexpr SequenceNumber seq(std::uint32_t n) { return SequenceNumber(n); }

struct Board {
  explicit Board(std::size_t more = 16) : memory(8192), arena(memory), pool(arena, 1, more), all(pool.free()) {}
  ~Board() {
    board.clear(pool);
    EXPECT_EQ(pool.free(), all);
  }
  void sent(std::uint32_t end, std::int64_t ms, bool whole = true) { board.sent(pool, seq(una), seq(end), at(ms), whole); }
  std::uint32_t sack(std::uint32_t left, std::uint32_t right) {
    std::uint32_t sum = 0;
    board.sack(pool, seq(una), seq(left), seq(right),
               [&](const Transmission&, SequenceNumber, std::uint32_t length) { sum += length; });
    return sum;
  }
  std::uint32_t acknowledge(std::uint32_t to) {
    std::uint32_t sum = 0;
    board.acknowledge(pool, seq(una), seq(to),
                      [&](const Transmission&, SequenceNumber, std::uint32_t length) { sum += length; });
    una = to;
    return sum;
  }
  /// Every run: where it ends, and s(acked), l(ost), a(gain).
  std::string runs() {
    std::string text;
    board.for_each(seq(una), [&](Transmission& t, SequenceNumber begin) {
      text += std::to_string(begin.value()) + "-" + std::to_string(t.end.value());
      text += std::string(t.sacked ? "s" : "") + (t.lost ? "l" : "") + (t.again ? "a" : "") + " ";
    });
    return text;
  }
  std::vector<std::uint8_t> memory;
  Arena arena;
  TransmissionPool pool;
  std::size_t all;
  Scoreboard board;
  std::uint32_t una = 1000;
};

TEST(Scoreboard, what_goes_out_at_one_time_is_one_run) {
  Board b;
  b.sent(2000, 1);
  b.sent(3000, 1);
  b.sent(4000, 2);
  EXPECT_EQ(b.runs(), "1000-3000 3000-4000 ");
}

TEST(Scoreboard, many_small_segments_leave_records_for_what_SACK_blocks_cut) {
  Board b(16);
  for (std::uint32_t i = 0; i < 100; ++i) b.sent(1010 + 10 * i, i + 1, false);
  EXPECT_EQ(b.pool.free(), 4u);
  EXPECT_EQ(b.sack(1200, 1210), 10u);
  EXPECT_EQ(b.sack(1300, 1310), 10u);
}

TEST(Scoreboard, lost_runs_are_joined_up_to_a_segment) {
  Board b;
  for (std::uint32_t i = 0; i < 6; ++i) b.sent(1100 + 100 * i, i + 1, false);
  b.sack(1400, 1500);
  b.board.mark_all_lost(seq(1000));
  Transmission& first = *b.board.first();
  b.board.join_lost(b.pool, first, seq(1000), 250);
  EXPECT_EQ(b.runs(), "1000-1300l 1300-1400l 1400-1500s 1500-1600l ");
  EXPECT_EQ(first.sent, at(3)) << "when the last of it was sent";
  b.board.join_lost(b.pool, first, seq(1000), 5000);
  EXPECT_EQ(b.runs(), "1000-1400l 1400-1500s 1500-1600l ") << "never over what arrived";
  EXPECT_EQ(b.board.lost(), 500u);
  b.board.sent_again(b.pool, first, seq(1000), seq(1400), at(9));
  b.board.join_lost(b.pool, *first.next->next, seq(1500), 5000);
  EXPECT_EQ(b.runs(), "1000-1400la 1400-1500s 1500-1600l ");
}

TEST(Scoreboard, a_short_segment_ends_its_run) {
  Board b;
  b.sent(1100, 1);
  b.sent(2100, 1, false);
  EXPECT_EQ(b.runs(), "1000-1100 1100-2100 ");
}

TEST(Scoreboard, RFC2018_5_a_block_in_the_middle_cuts_the_run) {
  Board b;
  b.sent(6000, 1);
  EXPECT_EQ(b.sack(3000, 4000), 1000u);
  EXPECT_EQ(b.runs(), "1000-3000 3000-4000s 4000-6000 ");
  EXPECT_EQ(b.sack(3000, 5000), 1000u);  // only what is new
  EXPECT_EQ(b.runs(), "1000-3000 3000-5000s 5000-6000 ");
  EXPECT_EQ(b.sack(5000, 6000), 1000u);
  EXPECT_EQ(b.sack(2000, 3000), 1000u);
  EXPECT_EQ(b.runs(), "1000-2000 2000-6000s ");
  EXPECT_EQ(b.board.highest_sacked(), seq(6000));
}

TEST(Scoreboard, RFC6675_4_pipe_counts_what_is_on_its_way) {
  Board b;
  b.sent(6000, 1);
  EXPECT_EQ(b.board.pipe(5000), 5000u);
  b.sack(3000, 4000);
  EXPECT_EQ(b.board.pipe(5000), 4000u);
  SequenceNumber begin;
  b.board.mark_lost(*b.board.first(), seq(1000));
  EXPECT_EQ(b.board.pipe(5000), 2000u);
  Transmission* lost = b.board.next_lost(seq(1000), begin);
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(begin, seq(1000));
  b.board.sent_again(b.pool, *lost, begin, seq(2000), at(5));
  EXPECT_EQ(b.runs(), "1000-2000la 2000-3000l 3000-4000s 4000-6000 ");
  EXPECT_EQ(b.board.pipe(5000), 3000u);
  lost = b.board.next_lost(seq(1000), begin);
  ASSERT_NE(lost, nullptr);
  EXPECT_EQ(begin, seq(2000));
  b.board.sent_again(b.pool, *lost, begin, seq(3000), at(5));
  EXPECT_EQ(b.board.next_lost(seq(1000), begin), nullptr);
  EXPECT_FALSE(b.board.anything_lost());
}

TEST(Scoreboard, an_acknowledgment_within_a_run_takes_its_part_of_every_count) {
  Board b;
  b.sent(5000, 1);
  b.board.mark_all_lost(seq(1000));
  b.board.sent_again(b.pool, *b.board.first(), seq(1000), seq(3000), at(2));
  EXPECT_EQ(b.acknowledge(2500), 1500u);
  EXPECT_EQ(b.board.lost(), 2500u);
  EXPECT_EQ(b.board.again(), 500u);
  EXPECT_TRUE(b.board.anything_lost());
  EXPECT_EQ(b.acknowledge(5000), 2500u);
  EXPECT_TRUE(b.board.empty());
  EXPECT_EQ(b.board.pipe(0), 0u);
}

TEST(Scoreboard, a_retransmission_that_is_lost_too_leaves_the_pipe) {
  Board b;
  b.sent(2000, 1);
  b.board.mark_lost(*b.board.first(), seq(1000));
  b.board.sent_again(b.pool, *b.board.first(), seq(1000), seq(2000), at(2));
  EXPECT_EQ(b.board.pipe(1000), 1000u);
  b.board.mark_lost(*b.board.first(), seq(1000));
  EXPECT_EQ(b.board.pipe(1000), 0u);
  EXPECT_TRUE(b.board.anything_lost());
}

TEST(Scoreboard, RFC2018_8_sacks_are_forgotten_when_the_receiver_reneges) {
  Board b;
  b.sent(4000, 1);
  b.sack(2000, 4000);
  b.board.forget_sacks();
  EXPECT_EQ(b.board.sacked(), 0u);
  EXPECT_EQ(b.board.pipe(3000), 3000u);
  b.board.mark_all_lost(seq(1000));
  EXPECT_EQ(b.board.lost(), 3000u);
}

TEST(Scoreboard, RFC5682_losses_that_were_none_are_on_their_way_again) {
  Board b;
  b.sent(4000, 1);
  b.board.mark_all_lost(seq(1000));
  b.board.sent_again(b.pool, *b.board.first(), seq(1000), seq(2000), at(2));
  b.board.unmark_losses(seq(1000));
  EXPECT_EQ(b.board.lost(), 0u);
  EXPECT_EQ(b.board.again(), 1000u);
  EXPECT_EQ(b.board.pipe(3000), 4000u);  // the copy, too
}

TEST(Scoreboard, without_memory_a_sack_is_not_noted_and_nothing_else_goes_wrong) {
  Board b(1);
  b.sent(6000, 1);
  EXPECT_EQ(b.sack(3000, 4000), 0u);  // needs two more records
  EXPECT_EQ(b.board.pipe(5000), 5000u);
  EXPECT_EQ(b.acknowledge(6000), 5000u);
}

TEST(Scoreboard, without_memory_new_data_takes_the_last_run_with_it) {
  Board b(1);
  b.sent(2000, 1);
  b.sent(3000, 2);
  EXPECT_EQ(b.sack(2000, 3000), 1000u);
  b.sent(4000, 3);  // no record left, and what is new is not SACKed
  EXPECT_EQ(b.runs(), "1000-2000 2000-4000 ");
  EXPECT_EQ(b.board.sacked(), 0u);
}

TEST(Scoreboard, every_connection_has_its_first_record) {
  std::vector<std::uint8_t> memory(4096);
  Arena arena(memory);
  TransmissionPool pool(arena, 2, 1);
  Scoreboard one, two;
  one.sent(pool, seq(0), seq(1000), at(1), true);
  one.sent(pool, seq(0), seq(2000), at(2), true);
  one.sent(pool, seq(0), seq(3000), at(3), true);  // shares: the last one is the other connection's
  EXPECT_EQ(pool.free(), 1u);
  two.sent(pool, seq(0), seq(1000), at(4), true);
  EXPECT_FALSE(two.empty());
  one.clear(pool);
  two.clear(pool);
  EXPECT_EQ(pool.free(), 3u);
}

TEST(Scoreboard, what_is_on_its_way_again_is_not_joined_to_what_is_lost) {
  Board b;
  for (std::uint32_t i = 0; i < 3; ++i) b.sent(1100 + 100 * i, i + 1, false);
  b.board.mark_all_lost(seq(1000));
  b.board.sent_again(b.pool, *b.board.first()->next, seq(1100), seq(1200), at(9));
  b.board.join_lost(b.pool, *b.board.first(), seq(1000), 300);
  EXPECT_EQ(b.runs(), "1000-1100l 1100-1200la 1200-1300l ");
}

TEST(Scoreboard, RFC8985_7_3_a_probe_of_a_part_is_a_record_of_its_own) {
  Board b;
  b.sent(3000, 1);
  b.board.probed(b.pool, *b.board.first(), seq(2000), at(5));
  EXPECT_EQ(b.runs(), "1000-2000 2000-3000 ");
  EXPECT_TRUE(b.board.first()->retransmitted);
  EXPECT_FALSE(b.board.last()->retransmitted);
  EXPECT_EQ(b.board.first()->sent, at(5));
}

TEST(Scoreboard, new_data_does_not_continue_the_record_of_a_probe) {
  Board b;
  b.sent(2000, 1);
  b.board.probed(b.pool, *b.board.first(), seq(2000), at(5));
  b.sent(3000, 5);
  EXPECT_EQ(b.runs(), "1000-2000 2000-3000 ");
  EXPECT_FALSE(b.board.last()->retransmitted) << "Karn: its acknowledgment measures";
}

TEST(Scoreboard, RFC2018_5_a_block_that_begins_with_the_first_record) {
  Board b;
  for (std::uint32_t i = 0; i < 3; ++i) b.sent(1100 + 100 * i, i + 1, false);
  EXPECT_EQ(b.sack(1000, 1100), 100u);
  EXPECT_EQ(b.sack(1100, 1200), 100u);
  EXPECT_EQ(b.runs(), "1000-1200s 1200-1300 ");
}

TEST(TransmissionPool, a_record_that_is_made_to_fail_is_done_without) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "only in builds with sanitizers or counters";
  Board b;
  b.sent(2000, 1);
  failing_allocations.begin(1);
  b.sent(3000, 2);
  failing_allocations.begin(0);
  EXPECT_EQ(b.runs(), "1000-3000 ");
}

}  // namespace
}  // namespace linnet::tcp
