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

/// Three segments a round trip, which the user reads at once: of a millisecond, or of 5 with timestamps.
void stream(test::Harness& h, ConnectionHandle c, int rounds, std::uint16_t remote_port, std::uint32_t& nxt,
            std::uint32_t ack, std::uint32_t* clock = nullptr, std::uint32_t echo = 0) {
  for (int round = 0; round < rounds; ++round) {
    h.advance(Duration::milliseconds(clock != nullptr ? 5 : 1));
    for (int i = 0; i < 3; ++i) {
      const std::vector<std::uint8_t> options =
          clock != nullptr ? test::timestamp_option((*clock)++, echo) : std::vector<std::uint8_t>{};
      h.deliver({.seq = nxt, .ack = ack, .flags = Flags::ack, .data = std::string(1000, 'x'), .options = options,
                 .remote_port = remote_port});
      nxt += 1000;
    }
    h.poll();
    while (h.read(c).size() > 0) continue;
    if (clock != nullptr) {
      while (const auto wire = h.sent()) echo = wire->parsed.timestamp_value;
    }
    h.discard_sent();
  }
}

TEST(BufferTuning, RFC7323_4_with_timestamps_the_echo_tells_the_readers_round_trip) {
  test::HarnessOptions options;
  options.tcp.receive_buffer = 3000;
  options.tcp.maximum_receive_buffer = 60000;
  test::Harness h(options);
  const auto c = h.accept(test::syn_options(1000, 0, true, true));
  std::uint32_t clock = 1100;
  stream(h, c, 60, 0, h.peer_nxt, h.our_nxt, &clock);
  EXPECT_GT(h.tcp.status(c)->receive_buffer, 3000u);
  // A segment without the option, which RFC 7323 3.2 asks to take, measures nothing.
  h.advance(Duration::milliseconds(500));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  EXPECT_EQ(h.tcp.status(c)->bytes_in, 180001u);
}

TEST(BufferTuning, what_a_buffer_has_grown_by_goes_back_when_others_need_it) {
  test::HarnessOptions options;
  options.tcp.receive_buffer = 3000;
  options.tcp.maximum_receive_buffer = 60000;
  options.blocks = {.small_size = 1664, .small_count = 64};  // 70,080 bytes may be granted
  test::Harness h(options);
  struct One {
    ConnectionHandle c;
    std::uint16_t port;
    std::uint32_t nxt;
    std::uint32_t ack;
  };
  std::vector<One> all;
  const auto listener = h.listen(80, 8);
  for (std::uint16_t port = 1001; port <= 1004; ++port) {
    h.inject({.seq = 5000, .flags = Flags::syn, .options = test::syn_options(1000, 0, true), .remote_port = port});
    const std::uint32_t iss = h.expect_sent().seq;
    h.inject({.seq = 5001, .ack = iss + 1, .flags = Flags::ack, .remote_port = port});
    all.push_back({h.tcp.accept(listener).value(), port, 5001, iss + 1});
  }
  const auto grown = [&](std::size_t i) { return h.tcp.status(all[i].c)->receive_buffer - 3000; };
  for (std::size_t i = 0; i < 3; ++i) stream(h, all[i].c, 60, all[i].port, all[i].nxt, all[i].ack);
  EXPECT_GT(grown(0), 20000u);
  EXPECT_GT(grown(1), grown(2)) << "each gets at most half of what the others leave";
  // The first three rest: once a second, who reads no more gives back what others want.
  h.advance(Duration::seconds(10));
  stream(h, all[3].c, 60, all[3].port, all[3].nxt, all[3].ack);
  EXPECT_EQ(grown(0) + grown(1) + grown(2), 0u);
  EXPECT_GT(grown(3), 20000u);
  for (const One& one : all) h.tcp.abort(one.c, h.now);
  h.tcp.close(listener, h.now);
  EXPECT_TRUE(h.pool.full());
}

TEST(BufferTuning, a_reader_that_became_slow_gives_back_by_halves_what_is_scarce) {
  test::HarnessOptions options;
  options.tcp.receive_buffer = 3000;
  options.tcp.maximum_receive_buffer = 60000;
  options.blocks = {.small_size = 1664, .small_count = 48};
  test::Harness h(options);
  const auto listener = h.listen(80, 8);
  std::vector<ConnectionHandle> c;
  std::vector<std::uint32_t> ack;
  std::vector<std::uint32_t> nxt(2, 5001);
  for (std::uint16_t port = 1001; port <= 1002; ++port) {
    h.inject({.seq = 5000, .flags = Flags::syn, .options = test::syn_options(1000, 0, true), .remote_port = port});
    ack.push_back(h.expect_sent().seq + 1);
    h.inject({.seq = 5001, .ack = ack.back(), .flags = Flags::ack, .remote_port = port});
    c.push_back(h.tcp.accept(listener).value());
  }
  for (int i = 0; i < 30; ++i) {
    stream(h, c[0], 2, 1001, nxt[0], ack[0]);
    stream(h, c[1], 2, 1002, nxt[1], ack[1]);
  }
  const std::uint32_t before = h.tcp.status(c[0])->receive_buffer;
  ASSERT_GT(before, 12000u);
  for (int i = 0; i < 20; ++i) {
    h.advance(Duration::milliseconds(20));
    h.inject({.seq = nxt[0], .ack = ack[0], .flags = Flags::ack, .data = std::string(1000, 'x'), .remote_port = 1001});
    nxt[0] += 1000;
    EXPECT_EQ(h.read(c[0]).size(), 1000u);
    h.discard_sent();
  }
  const std::uint32_t after = h.tcp.status(c[0])->receive_buffer;
  EXPECT_LT(after, before);
  EXPECT_GE(after, 3000u);
}

TEST(BufferTuning, the_send_buffer_follows_the_windows_while_memory_is_plentiful) {
  for (const std::uint32_t blocks : {256u, 12u}) {
    test::HarnessOptions options;
    options.tcp.send_buffer = 4000;
    options.tcp.maximum_send_buffer = 60000;
    options.blocks = {.small_size = 1664, .small_count = blocks};
    test::Harness h(options);
    const auto c = h.accept(test::syn_options(1000));
    h.tcp.set_tag(c, 5);
    for (int i = 0; i < 30; ++i) {
      const std::size_t count = h.write(c, std::string(60000, 'x'));
      h.discard_sent();
      while (h.tcp.take_changed()) continue;
      h.our_nxt += static_cast<std::uint32_t>(count);
      h.inject(h.ack_of(std::min(h.our_nxt, h.our_iss + 1 + static_cast<std::uint32_t>(h.tcp.status(c)->bytes_out))));
      if (i == 0 && blocks == 256) {
        EXPECT_EQ(h.tcp.take_changed(), 5u) << "there is room";
      }
    }
    if (blocks == 256) {
      EXPECT_GT(h.tcp.status(c)->send_buffer, 20000u);
    } else {
      EXPECT_EQ(h.tcp.status(c)->send_buffer, 4000u);
    }
    EXPECT_LE(h.tcp.status(c)->send_buffer, 60000u);
  }
}

TEST(ReceiveBudget, a_pool_too_small_to_promise_anything_grants_nothing) {
  linnet::test::OwnedPool owned({.small_size = 1000, .small_count = 1});
  const ReceiveBudget budget({.maximum_segment_size = 1460}, owned.pool);
  EXPECT_EQ(budget.limit(), 0u);
  EXPECT_EQ(budget.admit(0, 5000), 0u);
}

}  // namespace
}  // namespace linnet::tcp
