// SPDX-License-Identifier: Apache-2.0
// What timers do where segments wait: for a window, for more to be said, for a device (RFC
// 9293 3.8.3, 3.8.4, 3.8.6).
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

/// A round trip of 900 ms, so that the retransmission timeout is 2.7 s.
struct Slow : Harness {
  explicit Slow(std::uint16_t window, const Options& user = {}) {
    const ListenerHandle listener = listen(80, 8, user);
    inject({.seq = peer_iss, .flags = Flags::syn, .window = window, .options = syn_options(1000)});
    our_nxt = expect_sent().seq + 1;
    peer_nxt = peer_iss + 1;
    now = now + ms(900);
    tell(0, window);
    c = tcp.accept(listener).value();
  }
  void tell(std::uint32_t acked, std::uint16_t window) {
    Wire ack = ack_of(our_nxt + acked);
    ack.window = window;
    inject(ack);
  }
  ConnectionHandle c;
};

TEST(Timeouts, RFC9293_3_8_6_2_1_what_more_is_to_follow_waits_a_second_at_most) {
  for (const std::string text : {"a", "abc"}) {
    Slow h(static_cast<std::uint16_t>(text.size()));
    h.write(h.c, text, {.more = true});
    h.advance(Duration::seconds(1) - Duration::microseconds(1));
    h.expect_silence();
    h.advance(Duration::microseconds(1));
    EXPECT_EQ(h.expect_sent().data, text);
    EXPECT_EQ(h.tcp.status(h.c)->bytes_out, text.size());
    EXPECT_EQ(h.tcp.status(h.c)->unsent, 0u);
    h.advance(ms(2700));
    EXPECT_EQ(h.expect_sent().data, text);  // it is outstanding like any other
    h.tell(static_cast<std::uint32_t>(text.size()), 100);
    EXPECT_EQ(h.tcp.status(h.c)->send_queue, 0u);
    h.advance(Duration::seconds(100));
    h.expect_silence();
  }
}

TEST(Timeouts, RFC9293_3_8_6_2_1_what_a_busy_device_did_not_take_was_not_sent) {
  Slow h(1000);
  h.write(h.c, "abc", {.more = true});
  h.link.refusals = 1;
  h.advance(Duration::seconds(1));
  EXPECT_EQ(h.tcp.status(h.c)->unsent, 3u);
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.expect_sent().data, "abc");
}

TEST(Timeouts, RFC5482_the_user_timeout_counts_from_when_there_is_something_to_say) {
  enum class Waits { data, window, fin };
  for (const Waits what : {Waits::data, Waits::window, Waits::fin}) {
    Harness h;
    const ConnectionHandle c = h.accept(syn_options(1460), {.user_timeout = Duration::seconds(3)});
    if (what != Waits::data)
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
    h.advance(Duration::seconds(100));
    if (what == Waits::fin) {
      EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    } else {
      h.write(c, "abc");
    }
    h.advance(ms(2900));
    EXPECT_NE(h.state(c), State::closed);
    EXPECT_GE(h.link.frames.size(), 2u);
  }
}

TEST(Timeouts,
     RFC9293_SHLD_29_a_FIN_at_a_closed_window_is_probed_for_after_one_RTO_whatever_the_peer_repeats) {
  for (const bool fin : {true, false}) {
    Slow h(1000);
    h.tell(0, 0);
    if (fin) {
      EXPECT_TRUE(h.tcp.shutdown_send(h.c, h.now).ok());
    } else {
      h.write(h.c, "abc");
    }
    for (int i = 0; i < 26; ++i) {
      h.advance(ms(100));
      h.tell(0, 0);
    }
    h.advance(ms(99));
    h.expect_silence();
    h.advance(ms(1));
    EXPECT_EQ(h.expect_sent().data.size(), fin ? 0u : 1u);
  }
}

TEST(Timeouts, RFC9293_3_8_6_1_no_probe_for_a_FIN_while_data_is_outstanding) {
  Slow h(3, {.no_delay = true});
  h.write(h.c, "abc");
  h.expect_sent();
  EXPECT_TRUE(h.tcp.shutdown_send(h.c, h.now).ok());
  h.advance(ms(2700));
  EXPECT_EQ(h.expect_sent().data, "abc");
  h.advance(ms(5399));
  h.expect_silence();
}

TEST(Timeouts, RFC9293_3_8_6_1_the_byte_of_a_probe_is_counted_once) {
  Slow h(10);
  h.write(h.c, std::string(100, 'x'));
  h.expect_sent();
  h.tell(10, 0);
  h.advance(Duration::seconds(4));
  EXPECT_EQ(h.expect_sent().data.size(), 1u);
  EXPECT_EQ(h.tcp.status(h.c)->bytes_out, 11u);
  EXPECT_EQ(h.tcp.status(h.c)->retransmissions, 0u);
  h.tell(10, 0);
  h.advance(Duration::seconds(8));
  EXPECT_EQ(h.expect_sent().data.size(), 1u);
  EXPECT_EQ(h.tcp.status(h.c)->bytes_out, 11u);
  EXPECT_EQ(h.tcp.status(h.c)->retransmissions, 1u);
}

TEST(Timeouts, RFC6298_5_5_a_busy_device_makes_no_timeout_sooner) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.write(c, "abc");
  h.expect_sent();
  h.link.busy = true;
  h.advance(Duration::seconds(1));
  EXPECT_GT(h.poll(), h.now);
  EXPECT_EQ(h.tcp.status(c)->timeouts, 2);  // at 0.2 and 0.6 s
  h.link.busy = false;
  h.poll();
  EXPECT_EQ(h.expect_sent().data, "abc");
}

TEST(Timeouts, RFC9293_3_8_3_who_gives_up_resets) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.user_timeout = Duration::seconds(3)});
  h.write(c, "abc");
  Wire last;
  h.advance(Duration::seconds(4));
  while (const auto wire = h.sent()) last = *wire;
  EXPECT_TRUE(last.has(Flags::rst));
}

TEST(Timeouts, RFC6298_5_a_SYN_that_goes_again_is_counted) {
  Harness h;
  const ConnectionHandle c = h.connect();
  h.advance(ms(1100));
  EXPECT_EQ(h.expect_sent().flags, Flags::syn);
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 1u);
}

TEST(Timeouts, RFC9293_MUST_26_no_keepalive_while_a_single_byte_is_outstanding) {
  Slow h(1000, {.keepalive = true, .keepalive_idle = ms(500)});
  h.write(h.c, "a");
  h.expect_sent();
  h.advance(ms(2600));
  h.expect_silence();
}

TEST(Timeouts, RFC9293_MUST_27_after_a_keepalive_probe_its_interval_counts) {
  Harness h;
  h.accept(syn_options(1460), {.keepalive = true,
                               .keepalive_count = 3,
                               .keepalive_idle = ms(500),
                               .keepalive_interval = Duration::seconds(20)});
  h.advance(ms(500));
  EXPECT_TRUE(h.expect_sent().data.empty());
  for (int i = 0; i < 2; ++i) {
    h.advance(Duration::seconds(20) - ms(1));
    h.expect_silence();
    h.advance(ms(1));
    EXPECT_EQ(h.expect_sent().seq, h.our_nxt - 1);
  }
  h.advance(Duration::seconds(20));
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
}

TEST(Timeouts, RFC9293_MUST_37_however_long_a_peer_has_answered_once_it_is_silent_it_is_given_up) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  h.write(c, "abc");
  for (int i = 0; i < 240; ++i) {
    h.advance(Duration::seconds(61));
    h.discard_sent();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 0});
  }
  h.advance(Duration::seconds(11 * 60));
  EXPECT_EQ(h.state(c), State::established);
  h.advance(Duration::seconds(3 * 60));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Timeouts, a_deferred_connection_waits_as_often_as_was_wished_for_whatever_bounds_other_handshakes) {
  Harness h;
  const ListenerHandle listener = h.listen(80, 8, {.syn_retransmissions = 1, .defer_accept = 3});
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  h.inject({.seq = h.peer_iss + 1, .ack = h.expect_sent().seq + 1, .flags = Flags::ack});
  h.advance(Duration::seconds(14));  // 1, 3 and 7 s
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 1);
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
}

}  // namespace
}  // namespace linnet::tcp::test
