// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/buffer_tuning.hpp"

#include <gtest/gtest.h>

#include "core/base/test_memory.hpp"
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp {
namespace {

constexpr Instant start = Instant::from_microseconds(1000000);
Instant after(std::int64_t milliseconds) { return start + Duration::milliseconds(milliseconds); }

TEST(ReaderPace, twice_what_a_round_trip_brings_and_more_while_it_grows) {
  ReaderPace pace;
  EXPECT_EQ(pace.read(10000, start), 0u) << "no round trip is known";
  pace.sample(Duration::milliseconds(100));
  pace.read(1, after(100));
  EXPECT_EQ(pace.read(10000, after(150)), 0u);
  EXPECT_EQ(pace.read(10000, after(200)), 40000u);
  EXPECT_EQ(pace.read(40000, after(300)), 160000u) << "slow start: as much again";
  EXPECT_EQ(pace.read(40000, after(400)), 80000u);
  EXPECT_EQ(pace.read(20000, after(500)), 40000u);
  EXPECT_EQ(pace.read(60000, after(800)), 40000u) << "three round trips' bytes at once are no faster pace";
  EXPECT_EQ(pace.read(60000, after(900)), 120000u) << "nor does a pause before make one";
  EXPECT_FALSE(pace.idle(after(1000)));
  EXPECT_TRUE(pace.idle(after(2800)));
}

TEST(ReaderPace, RFC7323_4_round_trips_by_the_echo) {
  ReaderPace pace;
  pace.answered(1000, 1100);
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(100));
  pace.answered(1000, 1900);  // what followed it
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(100));
  pace.answered(1900, 2100);  // an idle sender, or a longer path
  EXPECT_EQ(pace.rtt(), Duration::microseconds(112500));
  pace.answered(2200, 2250);
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(50));
  pace.answered(2300, 2290);  // nonsense
  pace.answered(3000, 3000);  // too short for a clock of milliseconds
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(2));
}

TEST(ReaderPace, without_timestamps_a_window_takes_a_round_trip) {
  ReaderPace pace;
  pace.received(SequenceNumber(1000), SequenceNumber(66000), start);
  pace.received(SequenceNumber(65999), SequenceNumber(130000), after(70));
  EXPECT_FALSE(pace.timed());
  pace.received(SequenceNumber(66000), SequenceNumber(130000), after(80));
  EXPECT_EQ(pace.rtt(), Duration::milliseconds(80));
}

TEST(ReceiveBudget, leaves_something_for_the_next) {
  linnet::test::OwnedPool owned({.small_size = 1000, .small_count = 4000});
  ReceiveBudget budget({.maximum_segment_size = 1460}, owned.pool);
  EXPECT_EQ(budget.limit(), 3000000u);
  std::uint32_t own[4] = {};
  for (std::uint32_t& one : own) {
    const std::uint32_t granted = budget.admit(one, 5000000);
    budget.change(one, granted);
    one = granted;
  }
  EXPECT_EQ(own[0], 1500000u);
  EXPECT_EQ(own[1], 750000u);
  EXPECT_EQ(own[3], 187500u);
  EXPECT_TRUE(budget.scarce());
  EXPECT_EQ(budget.admit(own[0], 5000000), (3000000u - 750000 - 375000 - 187500) / 2);
  for (const std::uint32_t one : own) budget.change(one, 0);
  EXPECT_EQ(budget.granted(), 0u);
}

TEST(BufferTuning, a_size_that_the_user_sets_later_ends_it) {
  test::HarnessOptions options;
  options.tcp.receive_buffer = 3000;
  options.tcp.maximum_receive_buffer = 60000;
  test::Harness h(options);
  const auto c = h.accept(test::syn_options(1000, 0, true));
  const std::string text(1000, 'x');
  for (int round = 0; round < 60; ++round) {
    h.advance(Duration::milliseconds(1));
    for (int i = 0; i < 3; ++i) {
      h.deliver({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = text});
      h.peer_nxt += 1000;
    }
    h.poll();
    while (h.read(c).size() > 0) continue;
  }
  const std::uint32_t grown = h.tcp.status(c)->receive_buffer;
  EXPECT_GT(grown, 3000u);
  h.tcp.set_options(c, {.receive_buffer = 2000}, h.now);
  EXPECT_EQ(h.tcp.status(c)->receive_buffer, 2000u);
  h.tcp.set_options(c, {}, h.now);
  EXPECT_EQ(h.tcp.status(c)->receive_buffer, 2000u) << "what was set stays set";
  h.tcp.abort(c, h.now);
  EXPECT_TRUE(h.pool.full());
}

}  // namespace
}  // namespace linnet::tcp
