// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.10.8 TIMEOUTS, 3.8.4 and 3.8.6.1 do beside retransmitting.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Timers, RFC9293_MUST_25_a_keepalive_that_is_wished_for_before_the_handshake_waits_as_configured) {
  for (const bool own : {false, true}) {
    Harness h({.tcp = {.keepalive_idle = Duration::seconds(10)}});
    Options user{.keepalive = true};
    if (own) user.keepalive_idle = Duration::seconds(3);
    const auto c = h.accept(syn_options(1460), user);
    h.advance(Duration::seconds(own ? 2 : 9));
    h.expect_silence();
    h.advance(Duration::seconds(2));
    EXPECT_EQ(h.expect_sent().seq, h.our_nxt - 1);
    EXPECT_EQ(h.state(c), State::established);
  }
}

TEST(Timers, RFC9293_MUST_26_no_keepalive_while_something_is_outstanding) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.keepalive = true, .keepalive_idle = ms(100)});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  EXPECT_EQ(h.expect_sent().data, "abc");
  h.advance(ms(190));
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 3));
  h.advance(ms(101));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 2);
}

TEST(Timers, RFC9293_MUST_37_a_peer_that_closed_its_window_and_fell_silent_is_given_up) {
  Harness h;
  const auto c = h.accept();
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  h.advance(Duration::seconds(1200));
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Timers, RFC5482_the_user_timeout_counts_at_a_closed_window_too) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.user_timeout = Duration::seconds(5)});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  for (int i = 0; i < 60 && h.state(c) == State::established; ++i) {
    h.advance(ms(100));
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Timers, RFC9293_3_8_6_1_a_silent_peer_is_asked_255_times_at_most_and_then_as_often) {
  Harness h({.tcp = {.bare_window_probes = true, .retransmissions = 255}});
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.advance(Duration::seconds(60 * 240));
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_GT(h.tcp.status(c)->probes, 200);
  h.advance(Duration::seconds(60 * 60));
  EXPECT_EQ(h.state(c), State::closed);
}

TEST(Timers, RFC9293_3_8_6_1_an_orphan_is_probed_for_until_its_limit_only) {
  Harness h({.tcp = {.orphan_retransmissions = 3}});
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.tcp.close(c, h.now);
  for (int i = 0; i < 100; ++i) {
    h.advance(Duration::seconds(1));
    bool over = false;
    while (const auto wire = h.sent()) over = over || wire->has(Flags::rst);
    if (over) break;
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Timers, RFC9293_MUST_23_a_listeners_own_count_of_SYN_ACKs) {
  Harness h;
  h.listen(80, 8, {.syn_retransmissions = 2});
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  unsigned answers = 0;
  for (int i = 0; i < 300; ++i) {
    h.advance(Duration::seconds(1));
    while (h.sent()) ++answers;
  }
  EXPECT_EQ(answers, 3u);
}

TEST(Timers, every_connection_that_a_busy_device_holds_up_has_its_turn) {
  Harness h;
  const auto listener = h.listen(80);
  std::vector<ConnectionHandle> all;
  for (const std::uint16_t port : {1001, 1002, 1003}) {
    h.inject({.seq = 100, .flags = Flags::syn, .remote_port = port});
    const Wire reply = h.expect_sent();
    h.inject({.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = port});
    all.push_back(h.tcp.accept(listener).value());
  }
  h.link.busy = true;
  for (const auto c : all) EXPECT_EQ(h.write(c, "abc"), 3u);
  EXPECT_LE(h.poll() - h.now, ms(1)) << "asked again soon";
  h.link.busy = false;
  h.poll();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(h.expect_sent().data, "abc");
  h.expect_silence();
}

TEST(Timers, RFC9293_3_6_a_FIN_that_a_busy_device_did_not_take_goes_later) {
  Harness h;
  const auto c = h.accept();
  h.link.busy = true;
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok()) << "nothing to do";
  h.link.busy = false;
  h.poll();
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
}

TEST(Timers, RFC9293_3_6_a_FIN_waits_for_the_window_behind_data_that_fills_it) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.no_delay = true}, 3);
  h.tcp.set_options(c, {.no_delay = true, .cork = true}, h.now);
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.expect_silence();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  const Wire data = h.expect_sent();
  EXPECT_EQ(data.data, "abc");
  EXPECT_FALSE(data.has(Flags::fin)) << "it does not fit";
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 3, .flags = Flags::ack, .window = 3});
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
}

TEST(Timers, RFC1122_4_2_3_9_a_link_that_is_gone_is_a_soft_error) {
  Harness h;
  const auto c = h.accept();
  h.link.up = false;
  h.advance(ms(10));
  EXPECT_EQ(h.write(c, "abc"), 3u);
  h.discard_sent();
  h.advance(Duration::seconds(3));
  EXPECT_EQ(h.state(c), State::established) << "it may be down only for now";
  h.link.up = true;
  h.advance(Duration::seconds(10));
  EXPECT_EQ(h.expect_sent().data, "abc");
  h.inject(h.ack_of(h.our_nxt + 3));
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
}

TEST(Timers, RFC5681_4_1_an_idle_connection_keeps_its_window_where_that_is_wished_for) {
  for (const bool restart : {true, false}) {
    HarnessOptions options = sender_options();
    options.tcp.slow_start_after_idle = restart;
    options.tcp.hystart = false;
    Sender h(options);
    h.send(10);
    h.acknowledge(10);
    h.send(20);
    h.acknowledge(30);
    const double grown = h.cwnd();
    EXPECT_GE(grown, 20);
    h.advance(Duration::seconds(60));
    h.send(1);
    EXPECT_EQ(h.cwnd(), restart ? 10 : grown);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
