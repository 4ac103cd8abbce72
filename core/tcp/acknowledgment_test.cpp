// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.4, fifth step: which acknowledgments are believed, and what they say beside losses.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Acknowledgment, RFC5961_5_2_none_is_older_than_the_connection) {
  for (const bool fin : {false, true}) {
    SCOPED_TRACE(fin);
    Harness h;
    const auto c = h.accept();
    h.write(c, "abc");
    if (fin) {
      EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    }
    h.inject(h.ack_of(h.our_nxt + (fin ? 4 : 3)));
    h.discard_sent();
    h.inject(h.ack_of(h.our_iss));  // of nothing at all, not even the SYN: late, but it may be
    EXPECT_EQ(h.drops.of(Drop::tcp_bad_ack), 0u);
    h.expect_silence();
    h.inject(h.ack_of(h.our_iss - 1));
    EXPECT_EQ(h.drops.of(Drop::tcp_bad_ack), 1u);
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt) << "challenged";
  }
}

// --- windows ---

TEST(Acknowledgment, RFC9293_3_10_7_4_the_window_is_that_of_the_newest_segment) {
  Harness h;
  const auto c = h.accept();
  const auto window = [&] { return h.tcp.status(c)->send_window; };
  h.inject({.seq = h.peer_nxt + 10, .ack = h.our_nxt, .flags = Flags::ack, .window = 3000, .data = "later"});
  EXPECT_EQ(window(), 3000u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 9000, .data = "0123456789"});
  EXPECT_EQ(window(), 3000u) << "it was sent before, and came late";
  h.peer_nxt += 15;
  for (const std::uint16_t offered : {5000, 5500}) {
    Wire update = h.ack_of(h.our_nxt);
    update.window = offered;
    h.inject(update);
    EXPECT_EQ(window(), offered);
  }
  h.write(c, "abcd");
  Wire ack = h.ack_of(h.our_nxt + 4);
  ack.window = 6000;
  h.inject(ack);
  EXPECT_EQ(window(), 6000u);
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt, .flags = Flags::ack, .window = 9000});
  EXPECT_EQ(window(), 6000u) << "it knows less";
}

TEST(Acknowledgment, RFC9293_3_8_6_2_1_crumbs_are_less_than_half_of_the_largest_window) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 4000);
  h.write(c, std::string(5000, 'x'));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
  h.expect_silence();  // 1,080 bytes are left
}

TEST(Acknowledgment, RFC9293_3_8_6_1_a_window_that_opens_ends_the_back_off_of_its_probes) {
  HarnessOptions options;
  options.tcp.bare_window_probes = true;
  Harness h(options);
  const auto c = h.accept(syn_options(1460), {}, 4000);
  const Duration timeout = h.tcp.status(c)->retransmission_timeout;
  Wire update = h.ack_of(h.our_nxt);
  update.window = 0;
  h.inject(update);
  h.write(c, "0123456789");
  h.advance(timeout * 10);
  EXPECT_EQ(h.tcp.status(c)->probes, 3) << "after one, three and seven timeouts";
  EXPECT_EQ(h.tcp.status(c)->retransmission_timeout, timeout * 8);
  h.discard_sent();
  update.window = 1;
  h.inject(update);
  EXPECT_EQ(h.tcp.status(c)->retransmission_timeout, timeout);
  h.expect_silence();  // a crumb
  h.advance(timeout + ms(5));
  EXPECT_EQ(h.expect_sent().data, "0") << "3.8.6.2.1: but it is sent some time";
  EXPECT_EQ(h.tcp.status(c)->timeouts, 0) << "nothing of the path's";
}

TEST(Acknowledgment, RFC6298_5_7_three_seconds_after_a_lost_SYN_whatever_its_window) {
  for (const std::uint16_t window : {0, 1, 1000}) {
    Harness h;
    const auto listener = h.listen(80);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .window = window, .options = syn_options(1460)});
    h.advance(ms(1100));
    const Wire reply = h.expect_sent();
    h.inject({.seq = h.peer_nxt, .ack = reply.seq + 1, .flags = Flags::ack, .window = 1000});
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value());
    EXPECT_EQ(h.tcp.status(*c)->send_window, 1000u);
    EXPECT_EQ(h.tcp.status(*c)->retransmission_timeout, Duration::seconds(3)) << window;
  }
}

// --- what is outstanding ---

TEST(Acknowledgment, RFC6093_2_urgent_mode_ends_with_the_urgent_byte) {
  Harness h;
  const auto c = h.accept();
  h.write(c, std::string(2000, 'x'), {.urgent = true});
  EXPECT_EQ(h.expect_sent().urgent, 2000);
  EXPECT_EQ(h.expect_sent().urgent, 540);
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.advance(Duration::seconds(1));
  const Wire again = h.expect_sent();
  EXPECT_TRUE(again.has(Flags::urg)) << "it is still to come";
  EXPECT_EQ(again.urgent, 540);
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 2000));
  h.write(c, "a");
  EXPECT_EQ(h.expect_sent().data, "a");
  h.write(c, "b");
  h.expect_silence();  // RFC 9293 3.7.4: nothing urgent about it
}

TEST(Acknowledgment, RFC9293_3_7_4_a_short_segment_waits_until_the_one_before_it_is_acknowledged) {
  Harness h;
  const auto c = h.accept(syn_options(1000));
  h.write(c, std::string(1500, 'x'));
  h.discard_sent();
  h.write(c, "a");
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 1000));  // of the full one before both
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 1500));
  EXPECT_EQ(h.expect_sent().data, "a");
}

TEST(Acknowledgment, RFC5482_the_users_timeout_counts_from_the_last_progress) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.user_timeout = Duration::seconds(3)});
  h.write(c, std::string(2920, 'x'));
  h.advance(Duration::seconds(2));
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.advance(ms(2900));
  EXPECT_EQ(h.state(c), State::established);
  h.advance(ms(200));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Acknowledgment, a_user_is_told_of_room_and_of_the_end_of_what_was_sent) {
  Harness h;
  const auto c = h.accept();
  h.tcp.set_tag(c, 5);
  h.write(c, std::string(10000, 'x'));
  while (h.tcp.take_changed()) continue;
  h.inject(h.ack_of(h.our_nxt + 1460));
  EXPECT_EQ(h.tcp.take_changed(), 5u);
  EXPECT_EQ(h.tcp.send_room(c), 1460u);
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  const std::uint32_t all = h.tcp.status(c)->bytes_out + h.tcp.status(c)->unsent;
  h.inject(h.ack_of(h.our_nxt + all));
  while (h.tcp.take_changed()) continue;
  h.inject(h.ack_of(h.our_nxt + all + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  EXPECT_EQ(h.tcp.take_changed(), 5u) << "whoever lingers waits for this";
}

TEST(Acknowledgment, RFC9293_3_10_7_4_that_of_our_FIN_ends_CLOSING_and_LAST_ACK_and_all_timers) {
  for (const bool last_ack : {false, true}) {
    SCOPED_TRACE(last_ack);
    Harness h;
    const auto c =
        h.accept(syn_options(1460), {.keepalive = true, .keepalive_idle = Duration::seconds(10)}, 1000);
    const Wire fin{.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .window = 1000};
    if (last_ack) h.inject(fin);
    EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
    if (!last_ack) h.inject(fin);
    ASSERT_EQ(h.state(c), last_ack ? State::last_ack : State::closing);
    h.discard_sent();
    h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::urg, .urgent = 9});
    EXPECT_EQ(h.state(c), last_ack ? State::closed : State::time_wait);
    EXPECT_FALSE(h.tcp.readiness(c).urgent) << "behind the FIN is nothing";
    h.advance(Duration::seconds(50));
    h.expect_silence();
    EXPECT_EQ(h.tcp.take_error(c), Error::none);
  }
}

TEST(Acknowledgment, RFC3168_6_1_2_an_echo_with_nothing_outstanding_says_nothing_new) {
  Sender h(by_count(), {.ecn = true});
  ASSERT_TRUE(h.status().ecn);
  h.send(1);
  h.advance(round_trip);
  h.acknowledge(1);
  h.acknowledge(1, {}, Flags::ece);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
}

// --- RFC 7323 4: round trips by timestamps, and RFC 8985 6.2 step 3 ---

TEST(Acknowledgment, RFC7323_4_the_echo_tells_which_copy_came_unless_it_is_older_than_any) {
  struct Row {
    int age;  // ms
    Duration smoothed;
  };
  const auto mixed = [](std::int64_t rtt) {
    return Duration::microseconds(100000 + (rtt * 1000 - 100000) / 8);
  };
  for (const Row& row : {Row{0, Duration::microseconds(87501)}, Row{20, mixed(20)}, Row{500, mixed(500)},
                         Row{599999, mixed(599999)}, Row{600000, ms(100)}, Row{600001, ms(100)}}) {
    Sender h(by_count(), {.timestamps = true});
    ASSERT_EQ(h.status().smoothed_rtt, ms(100));
    h.send(1);
    h.advance(ms(310));
    ASSERT_EQ(h.gone(), Segments{0}) << "sent again";
    const std::uint32_t clock = h.last.parsed.timestamp_value + 10;  // it went 10 ms ago
    h.echo = clock - static_cast<std::uint32_t>(row.age);
    h.acknowledge(1);
    EXPECT_EQ(h.status().smoothed_rtt, row.smoothed) << row.age;
  }
}

TEST(Acknowledgment, RFC7323_3_2_timestamps_that_were_not_agreed_upon_measure_nothing) {
  HarnessOptions options;
  options.tcp.tail_loss_probe = false;
  Harness h(options);
  h.peer_port = 99;
  const auto c = h.tcp.connect({}, {Harness::peer_address, 99}, {}, h.now);
  const Wire syn = h.expect_sent();
  ASSERT_TRUE(syn.parsed.has_timestamp);
  h.our_port = syn.local_port;
  h.advance(ms(100));
  h.inject({.seq = h.peer_iss,
            .ack = syn.seq + 1,
            .flags = Flags::syn | Flags::ack,
            .options = syn_options(1460)});
  ASSERT_EQ(h.tcp.status(*c)->smoothed_rtt, ms(100));
  h.write(*c, "x");
  h.advance(ms(310));
  Wire ack = h.ack_of(syn.seq + 2);
  ack.options = timestamp_option(1, syn.parsed.timestamp_value);
  h.inject(ack);
  EXPECT_EQ(h.tcp.status(*c)->send_queue, 0u);
  EXPECT_EQ(h.tcp.status(*c)->smoothed_rtt, ms(100)) << "RFC 6298 3: it went twice";
}

TEST(Acknowledgment, RFC8985_6_2_what_comes_behind_a_SACKed_byte_is_reordered) {
  Sender h(sender_options(), {.user = {.no_delay = true}});
  h.send(0.001);
  h.advance(ms(1));
  h.send(0.001);
  h.advance(round_trip);
  h.acknowledge(0, {{0.001, 0.002}});
  EXPECT_EQ(h.status().measured.reorderings_seen, 0u);
  h.acknowledge(0.002);
  EXPECT_EQ(h.status().measured.reorderings_seen, 1u);
}

TEST(Acknowledgment, RFC8985_6_2_without_SACK_nobody_knows_of_reordering) {
  for (const std::uint8_t seed : {1, 2, 3, 4, 5, 6}) {  // the initial number may be large or small
    HarnessOptions options = sender_options();
    options.seed = seed;
    Sender h(options, {.sack = false});
    h.send(10);
    h.advance(round_trip);
    for (int i = 0; i < 3; ++i) h.acknowledge(0);
    EXPECT_EQ(h.gone(), Segments{0});
    h.advance(round_trip);
    h.acknowledge(10);
    EXPECT_EQ(h.status().measured.reorderings_seen, 0u);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
