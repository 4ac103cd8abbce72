// SPDX-License-Identifier: Apache-2.0
// What goes out, in which order, and what is counted of it (RFC 9293 3.8).
#include "core/tcp/test_fast_open.hpp"
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Output, RFC5681_2_a_gap_and_what_came_twice_are_told_of_without_data) {
  for (const bool twice : {false, true}) {
    Sender s;
    s.inject({.seq = s.peer_nxt, .ack = s.our_nxt, .flags = Flags::ack, .data = "abc"});
    s.discard_sent();
    s.deliver({.seq = s.peer_nxt + (twice ? 0 : 10), .ack = s.our_nxt, .flags = Flags::ack, .data = "abc"});
    s.write(s.c, "answer");
    const Wire told = s.expect_sent();
    EXPECT_TRUE(told.data.empty());
    ASSERT_EQ(told.parsed.sack_count, 1);
    EXPECT_EQ(told.parsed.sack[0].left.value(), s.peer_nxt + (twice ? 0 : 10));
    EXPECT_EQ(s.expect_sent().data, "answer");
    s.expect_silence();
  }
}

TEST(Output, a_device_that_was_busy_once_is_a_thing_of_the_past) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.link.busy = true;
  h.write(c, "abc");
  EXPECT_LE(h.poll() - h.now, ms(1));
  EXPECT_GT(h.poll(), h.now);
  h.link.busy = false;
  h.poll();
  EXPECT_EQ(h.expect_sent().data, "abc");
  EXPECT_GT(h.poll() - h.now, ms(100));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 3, .flags = Flags::ack, .data = "xyz"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 3);
}

TEST(Output, RFC6675_5_C_what_is_lost_goes_before_new_data_when_the_device_was_busy_too) {
  Sender s(by_count());
  s.send(12);
  s.link.refusals = 1;
  s.acknowledge(0, {{1, 4}});
  EXPECT_EQ(s.gone(), Segments{});
  s.advance(ms(1));
  EXPECT_EQ(s.gone(), Segments{0});
}

TEST(Output, a_FIN_needs_no_congestion_window) {
  HarnessOptions options = by_count();
  options.tcp.initial_window = 20;
  Sender s(options);
  s.send(20);
  s.acknowledge(0, {{4, 7}});
  EXPECT_EQ(s.gone(), Segments{0});  // the three others that are lost have no room in the window yet
  EXPECT_TRUE(s.tcp.shutdown_send(s.c, s.now).ok());
  EXPECT_TRUE(s.expect_sent().has(Flags::fin));
}

/// What goes again when its timer expires, and what is counted of it.
struct Again {
  const char* what;
  std::string data;
  bool more;
  bool fin;
  std::size_t length;
  std::uint8_t flags;
};

TEST(Output, RFC9293_MUST_61_what_goes_again_has_the_flags_of_what_is_queued) {
  const std::string two(2000, 'x');
  const std::string one(1000, 'x');
  for (const Again& expected :
       {Again{"a byte", "a", false, false, 1, Flags::ack | Flags::psh},
        Again{"not the last", two, false, false, 1000, Flags::ack},
        Again{"the last", one, false, false, 1000, Flags::ack | Flags::psh},
        Again{"MAY-15: more follows", one, true, false, 1000, Flags::ack},
        Again{"a FIN", "", false, true, 0, Flags::ack | Flags::fin},
        Again{"data and FIN", "abc", true, true, 3, Flags::ack | Flags::psh | Flags::fin}}) {
    SCOPED_TRACE(expected.what);
    Harness h;
    const ConnectionHandle c = h.accept(syn_options(1000));
    h.write(c, expected.data, {.more = expected.more});
    if (expected.fin) static_cast<void>(h.tcp.shutdown_send(c, h.now));
    h.discard_sent();
    h.advance(h.tcp.status(c)->retransmission_timeout);
    const Wire again = h.expect_sent();
    EXPECT_EQ(again.seq, h.our_nxt);
    EXPECT_EQ(again.data.size(), expected.length);
    EXPECT_EQ(again.flags, expected.flags);
    h.expect_silence();
    const Status status = *h.tcp.status(c);
    EXPECT_EQ(status.retransmissions, 1u);
    EXPECT_EQ(status.measured.bytes_retransmitted, expected.length);
    const auto all = static_cast<std::uint32_t>(expected.data.size() + (expected.fin ? 1 : 0));
    h.inject(h.ack_of(h.our_nxt + all));
    EXPECT_EQ(h.state(c), expected.fin ? State::fin_wait_2 : State::established);
    EXPECT_EQ(h.tcp.status(c)->bytes_out, expected.data.size());
  }
}

TEST(Output, RFC9293_SHLD_15_a_window_that_shrank_over_a_FIN_is_respected) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.write(c, "abc");
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 3});
  h.advance(h.tcp.status(c)->retransmission_timeout);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "abc");
  EXPECT_FALSE(again.has(Flags::fin));
  h.expect_silence();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 3, .flags = Flags::ack, .window = 3});
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
}

TEST(Output, RFC3708_a_FIN_that_is_reported_twice_was_sent_again_in_vain) {
  HarnessOptions options = without_probes();
  options.tcp.forward_rto = false;
  Sender s(options);
  const double before = s.cwnd();
  EXPECT_TRUE(s.tcp.shutdown_send(s.c, s.now).ok());
  s.discard_sent();
  s.advance(s.status().retransmission_timeout);
  EXPECT_TRUE(s.expect_sent().has(Flags::fin));
  EXPECT_EQ(s.cwnd(), 1);
  s.acknowledge(0.001, {{0, 0.001}});
  EXPECT_EQ(s.cwnd(), before);
}

TEST(Output, RFC6298_5_the_timer_runs_for_the_oldest_segment_whatever_else_goes_again) {
  Sender s(by_count());
  s.send(10);
  s.advance(ms(100));
  s.acknowledge(0, {{1, 2}, {3, 5}});
  EXPECT_EQ(s.gone(), Segments{0});
  s.advance(ms(50));
  s.acknowledge(0, {{1, 2}, {3, 6}});
  EXPECT_EQ(s.gone(), Segments{2});
  s.advance(ms(249));  // 300 in all, the timeout when it went again
  EXPECT_EQ(s.gone(), Segments{});
  s.advance(ms(1));
  EXPECT_EQ(s.gone(), Segments{0});
}

TEST(Output, RFC6937_3_seven_go_for_ten_that_arrive) {
  HarnessOptions options = by_count();
  options.tcp.initial_window = 20;
  Sender s(options);
  s.send(40);
  s.acknowledge(0, {{1, 4}});
  EXPECT_EQ(s.gone(), (Segments{0, 20, 21}));
  const Segments expected[] = {{}, {22}, {23},
                               {}, {24}, {25}};  // 0.7 of 4, 5, ... in whole segments, rounded up
  double right = 5;
  for (const Segments& each : expected) {
    s.acknowledge(0, {{1, right++}});
    EXPECT_EQ(s.gone(), each) << right;
  }
}

TEST(Output, RFC9293_SHLD_7_a_short_segment_waits_until_the_short_one_before_is_acknowledged) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1000));
  std::uint32_t begin = h.our_nxt;
  for (int i = 0; i < 2; ++i) {
    h.write(c, std::string(1010, 'x'));
    EXPECT_EQ(h.expect_sent().data.size(), 1000u);
    EXPECT_EQ(h.expect_sent().data.size(), 10u);
    h.write(c, "abc");
    h.inject(h.ack_of(begin + 1000));
    h.expect_silence();
    h.inject(h.ack_of(begin + 1010));
    EXPECT_EQ(h.expect_sent().data, "abc");
    begin += 1013;
    h.inject(h.ack_of(begin));
  }
}

TEST(Output, RFC8985_7_3_a_full_segment_behind_a_short_one_is_the_last_segment) {
  Sender s(sender_options(), {.user = {.no_delay = true}});
  s.write(s.c, std::string(10, 'a'));
  s.write(s.c, std::string(1000, 'b'));
  s.discard_sent();
  s.advance(ms(210));
  EXPECT_EQ(s.expect_sent().data, std::string(1000, 'b'));
}

TEST(Output, RFC7413_the_SYN_that_is_not_acknowledged_takes_no_room_of_data) {
  for (const bool by_peer : {false, true}) {
    HarnessOptions options = fast_open_options(FastOpen::server);
    if (!by_peer) options.tcp.initial_window = 3;
    FastOpenHarness h(options);
    const ListenerHandle listener = h.serve();
    Wire syn = h.syn(h.right(), "GET");
    syn.window = by_peer ? 3000 : 65535;
    h.inject(syn);
    h.expect_sent();
    const ConnectionHandle c = h.tcp.accept(listener).value();
    h.write(c, std::string(10000, 'x'));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(h.expect_sent().data.size(), 1000u);
    h.expect_silence();
  }
}

}  // namespace
}  // namespace linnet::tcp::test
