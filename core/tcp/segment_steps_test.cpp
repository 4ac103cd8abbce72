// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4, the steps of a segment that arrives at an open connection: what is counted, what is
// answered although it is not taken, and what is remembered.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr Duration days(std::int64_t n) { return Duration::seconds(n * 24 * 3600); }

/// No challenge ACK at all: what is answered is answered for another reason.
HarnessOptions without_challenges() {
  HarnessOptions options;
  options.tcp.challenge_acks = 0;
  return options;
}

TEST(SegmentSteps, a_coalesced_packet_counts_as_the_segments_that_it_stands_for) {
  struct Row {
    std::size_t length;
    std::uint16_t segment;
    std::uint32_t count;
  };
  for (const Row& row : {Row{1, 0, 1}, Row{1000, 500, 2}, Row{1001, 500, 3}, Row{999, 500, 2}}) {
    Harness h;
    const auto c = h.accept();
    const auto before = *h.tcp.status(c);
    h.coalesced = row.segment;
    h.inject(
        {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = std::string(row.length, 'x')});
    h.coalesced = 0;
    EXPECT_EQ(h.tcp.status(c)->segments_in - before.segments_in, row.count) << row.length;
    EXPECT_EQ(h.tcp.status(c)->data_segments_in - before.data_segments_in, row.count) << row.length;
    h.inject(h.ack_of(h.our_nxt));
    EXPECT_EQ(h.tcp.status(c)->segments_in - before.segments_in, row.count + 1);
    EXPECT_EQ(h.tcp.status(c)->data_segments_in - before.data_segments_in, row.count);
  }
}

TEST(SegmentSteps, each_that_is_not_taken_is_counted_by_its_reason) {
  struct Row {
    std::uint32_t beyond;
    std::uint8_t flags;
    Drop reason;
  };
  for (const Row& row :
       {Row{0, Flags::syn, Drop::tcp_challenged}, Row{0, Flags::syn | Flags::ack, Drop::tcp_challenged},
        Row{1, Flags::rst, Drop::tcp_challenged}, Row{0, 0, Drop::tcp_no_ack},
        Row{70000, Flags::ack, Drop::tcp_sequence}, Row{70000, Flags::rst, Drop::tcp_sequence}}) {
    Harness h;
    const auto c = h.accept();
    h.inject({.seq = h.peer_nxt + row.beyond, .ack = h.our_nxt, .flags = row.flags});
    EXPECT_EQ(h.drops.of(row.reason), 1u) << int{row.flags};
    EXPECT_EQ(h.state(c), State::established);
  }
  Harness h;
  const auto c = h.accept();
  h.tcp.close(c, h.now);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "late"});
  EXPECT_EQ(h.drops.of(Drop::tcp_after_close), 1u);
}

TEST(SegmentSteps, RFC9293_3_10_7_4_data_and_FIN_outside_of_the_window_are_acknowledged_each_time) {
  Harness h(without_challenges());
  h.accept();
  h.inject({.seq = h.peer_nxt - 1, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
  h.inject({.seq = h.peer_nxt - 1, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
  h.inject({.seq = h.peer_nxt - 1,
            .ack = h.our_nxt,
            .flags = Flags::ack});  // it might be one side of an endless echo
  h.expect_silence();
  h.inject({.seq = h.peer_nxt - 1, .ack = h.our_nxt, .flags = Flags::rst, .data = "x"});
  h.expect_silence();
}

TEST(SegmentSteps, RFC7323_5_3_data_with_an_old_timestamp_is_acknowledged_each_time) {
  Harness h(without_challenges());
  h.accept(syn_options(1460, -1, true, true));
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .data = "x",
            .options = timestamp_option(2000, 0)});
  h.advance(Duration::milliseconds(300));
  h.discard_sent();
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .data = "x",
            .options = timestamp_option(1999, 0)});
  const Wire answer = h.expect_sent();
  EXPECT_EQ(answer.ack, h.peer_nxt + 1);
  ASSERT_EQ(answer.parsed.sack_count, 1u) << "RFC 2883 4: it came twice";
  EXPECT_EQ(answer.parsed.sack[0].left.value(), h.peer_nxt);
  EXPECT_EQ(answer.parsed.sack[0].right.value(), h.peer_nxt + 1);
  h.inject(
      {.seq = h.peer_nxt + 1, .ack = h.our_nxt, .flags = Flags::ack, .options = timestamp_option(1999, 0)});
  h.expect_silence();
  EXPECT_EQ(h.drops.of(Drop::tcp_paws), 2u);
}

TEST(SegmentSteps, RFC7323_4_3_a_segment_without_a_timestamp_leaves_what_is_echoed) {
  Harness h;
  const auto c = h.accept(syn_options(1460, -1, true, true));
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .data = "x",
            .options = timestamp_option(2000, 0)});
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt, .flags = Flags::ack, .data = "y"});
  h.discard_sent();
  h.write(c, "z");
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
}

TEST(SegmentSteps, RFC7323_5_5_the_age_of_a_timestamp_counts_from_the_latest) {
  for (const std::int64_t idle : {23, 24}) {
    Harness h;
    h.accept(syn_options(1460, -1, false, true));
    h.advance(days(20));
    h.inject({.seq = h.peer_nxt,
              .ack = h.our_nxt,
              .flags = Flags::ack,
              .data = "x",
              .options = timestamp_option(2000, 0)});
    h.advance(days(idle));
    h.discard_sent();
    h.inject({.seq = h.peer_nxt + 1,
              .ack = h.our_nxt,
              .flags = Flags::ack,
              .data = "y",
              .options = timestamp_option(1999, 0)});
    EXPECT_EQ(h.drops.of(Drop::tcp_paws), idle < 24 ? 1u : 0u) << idle;
  }
}

TEST(SegmentSteps, RFC5961_7_so_many_challenge_ACKs_in_each_five_seconds) {
  HarnessOptions options;
  options.tcp.challenge_acks = 3;
  Harness h(options);
  h.accept();
  h.advance(Duration::seconds(60));
  for (int period = 0; period < 3; ++period) {
    unsigned answers = 0;
    const auto ask = [&] {
      for (int i = 0; i < 5; ++i) h.inject({.seq = h.peer_nxt + 1, .flags = Flags::rst});
      while (h.sent()) ++answers;
    };
    ask();
    EXPECT_EQ(answers, 3u) << period;
    h.advance(Duration::seconds(5) - Duration::microseconds(1));
    ask();
    EXPECT_EQ(answers, 3u) << period;
    h.advance(Duration::microseconds(1));
  }
}

TEST(SegmentSteps, RFC9293_3_10_7_4_urgent_data_is_none_behind_a_FIN_nor_before_what_was_received) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 0});
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 1});
  EXPECT_TRUE(h.tcp.readiness(c).urgent) << "a byte that is still to come";
  Harness closed;
  const auto d = closed.accept();
  closed.inject({.seq = closed.peer_nxt, .ack = closed.our_nxt, .flags = Flags::ack | Flags::fin});
  ASSERT_EQ(closed.state(d), State::close_wait);
  closed.inject(
      {.seq = closed.peer_nxt + 1, .ack = closed.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 5});
  EXPECT_FALSE(closed.tcp.readiness(d).urgent);
}

TEST(SegmentSteps, RFC6093_a_later_urgent_byte_takes_the_place_of_the_one_before) {
  for (const bool taken : {false, true}) {
    Harness h;
    const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
    h.inject(
        {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "aXb", .urgent = 2});
    if (taken) {
      EXPECT_EQ(h.tcp.receive_urgent(c).value(), 'X');
    }
    h.inject({.seq = h.peer_nxt + 3, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = 2});
    EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::would_block) << "it is announced, and not here yet";
    h.inject({.seq = h.peer_nxt + 3,
              .ack = h.our_nxt,
              .flags = Flags::ack | Flags::urg,
              .data = "cY",
              .urgent = 2});
    EXPECT_EQ(h.tcp.receive_urgent(c).value(), 'Y');
  }
}

TEST(SegmentSteps,
     RFC9293_3_8_6_1_a_probe_of_our_closed_window_is_answered_at_once_whatever_it_acknowledges) {
  HarnessOptions options;
  options.tcp.receive_buffer = 3000;
  Harness h(options);
  const auto c = h.accept();
  for (const std::uint32_t at : {0u, 1000u, 2000u}) {
    h.inject({.seq = h.peer_nxt + at, .ack = h.our_nxt, .flags = Flags::ack, .data = std::string(1000, 'x')});
  }
  h.advance(Duration::milliseconds(100));
  h.write(c, "abc");  // which the peer has not acknowledged
  h.discard_sent();
  h.inject({.seq = h.peer_nxt + 3000, .ack = h.our_nxt, .flags = Flags::ack, .data = "y"});
  const Wire answer = h.expect_sent();
  EXPECT_EQ(answer.ack, h.peer_nxt + 3000);
  EXPECT_EQ(answer.window, 0);
}

TEST(SegmentSteps, RFC9293_3_10_7_4_a_FIN_alone_is_told_to_the_user_and_closes_no_window) {
  Harness h;
  const auto c = h.accept();
  h.tcp.set_tag(c, 5);
  while (h.tcp.take_changed()) continue;
  const std::uint32_t offered = h.tcp.status(c)->receive_window;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin});
  EXPECT_EQ(h.tcp.take_changed(), 5u);
  const Wire answer = h.expect_sent();
  EXPECT_EQ(answer.ack, h.peer_nxt + 1);
  EXPECT_GE(answer.window + 1u, offered) << "RFC 9293 SHLD-14";
}

TEST(SegmentSteps, RFC2883_4_a_FIN_that_came_twice_is_reported_and_the_SYN_is_not) {
  Harness h;
  h.accept(syn_options(1460, -1, true));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = "abc"});
  h.discard_sent();
  h.inject({.seq = h.peer_nxt - 1, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = "?abc"});
  const Wire answer = h.expect_sent();
  ASSERT_EQ(answer.parsed.sack_count, 1u);
  EXPECT_EQ(answer.parsed.sack[0].left.value(), h.peer_nxt);
  EXPECT_EQ(answer.parsed.sack[0].right.value(), h.peer_nxt + 4);
}

TEST(SegmentSteps, RFC9293_MUST_58_an_acknowledgment_is_not_late_because_our_own_data_is_outstanding) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.quick_ack = false});
  h.write(c, "abc");
  h.advance(Duration::milliseconds(10));
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  EXPECT_EQ(h.tcp.status(c)->last_data_received, h.now);
  h.expect_silence();
  const Config config;
  h.advance(config.delayed_ack - Duration::microseconds(1));
  h.expect_silence();
  h.advance(Duration::microseconds(1));
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
}

}  // namespace
}  // namespace linnet::tcp::test
