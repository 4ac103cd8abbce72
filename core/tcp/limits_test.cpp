// SPDX-License-Identifier: Apache-2.0
// Tables that are full or have no room at all, handshakes that end in another way than they began, and
// settings at their ends.
#include <gtest/gtest.h>

#include "core/tcp/test_fast_open.hpp"
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

/// A handshake of the peer's up to our SYN-ACK; yields what its last ACK says.
Wire half_open(Harness& h, std::uint16_t remote_port,
               const std::vector<std::uint8_t>& options = syn_options(1460)) {
  h.inject({.seq = 100, .flags = Flags::syn, .options = options, .remote_port = remote_port});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  return {.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = remote_port};
}

TEST(Limits, RFC9293_3_10_7_4_a_handshake_that_finds_no_connection_is_refused) {
  Harness h({.tcp = {.connections = 1}});
  const ListenerHandle l = h.listen(80);
  const Wire first = half_open(h, 1000);
  const Wire second = half_open(h, 1001);
  h.inject(first);
  h.inject(second);
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
  EXPECT_EQ(h.tcp.status(l)->handshakes, 0);
  EXPECT_TRUE(h.tcp.accept(l).has_value());
}

TEST(Limits, RFC9293_3_10_7_4_or_waits_for_one_with_policy_drop) {
  Harness h({.tcp = {.connections = 1, .backlog_policy = BacklogPolicy::drop}});
  const ListenerHandle l = h.listen(80);
  const Wire first = half_open(h, 1000);
  const Wire second = half_open(h, 1001);
  h.inject(first);
  h.inject(second);
  h.expect_silence();
  const auto c = h.tcp.accept(l);
  ASSERT_TRUE(c.has_value());
  h.tcp.abort(*c, h.now);
  h.discard_sent();
  h.inject(second);  // again
  EXPECT_TRUE(h.tcp.accept(l).has_value());
}

TEST(Limits, RFC7323_5_3_an_old_timestamp_does_not_end_a_handshake) {
  Harness h;
  const ListenerHandle l = h.listen(80);
  Wire last = half_open(h, 1000, syn_options(1460, -1, false, true, 1000));
  last.options = timestamp_option(999, 0);
  h.inject(last);
  EXPECT_EQ(h.drops.of(Drop::tcp_paws), 1u);
  const Wire challenge = h.expect_sent();
  EXPECT_EQ(challenge.flags, Flags::ack);
  EXPECT_TRUE(challenge.parsed.has_timestamp);
  EXPECT_EQ(challenge.parsed.timestamp_echo, 1000u);
  EXPECT_FALSE(h.tcp.accept(l).has_value());
  last.flags = Flags::rst | Flags::ack;  // R1: a reset is not judged by its timestamp
  h.inject(last);
  EXPECT_EQ(h.tcp.status(l)->handshakes, 0);
}

TEST(Limits, RFC5961_3_2_a_reset_beside_the_window_is_nothing_to_a_handshake) {
  Harness h;
  const ListenerHandle l = h.listen(80);
  Wire reset = half_open(h, 1000);
  reset.flags = Flags::rst;
  reset.seq = 100;
  h.inject(reset);
  h.expect_silence();
  EXPECT_EQ(h.tcp.status(l)->handshakes, 1);
}

TEST(Limits, RFC4987_3_6_a_cookie_that_comes_back_to_a_full_backlog_is_ignored) {
  HarnessOptions options;
  options.tcp.syn_records = 1;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  Harness h(options);
  const ListenerHandle l = h.listen(80, 1);
  const Wire first = half_open(h, 1000);
  const Wire cookie = half_open(h, 2000);
  Wire closing = cookie;
  closing.flags |= Flags::fin;  // nobody ends what has not begun
  h.inject(closing);
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
  h.inject(first);
  h.inject(cookie);
  h.expect_silence();
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
  const auto c = h.tcp.accept(l);
  ASSERT_TRUE(c.has_value());
  h.link.up = false;  // and to a link that is down for now
  h.poll();
  h.inject(cookie);
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 2u);
  h.link.up = true;
  h.poll();
  h.inject(cookie);
  EXPECT_TRUE(h.tcp.accept(l).has_value());
}

TEST(Limits, RFC4987_3_6_cookies_of_a_stack_without_timestamps) {
  HarnessOptions options;
  options.tcp.syn_records = 1;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  options.tcp.timestamps = false;
  Harness h(options);
  const ListenerHandle l = h.listen(80);
  half_open(h, 1000);
  Wire cookie = half_open(h, 2000, syn_options(1460, 7, true, true));
  cookie.options = timestamp_option(1001, 0);
  h.inject(cookie);
  const auto c = h.tcp.accept(l);
  ASSERT_TRUE(c.has_value());
  EXPECT_FALSE(h.tcp.status(*c)->timestamps);
  EXPECT_FALSE(h.tcp.status(*c)->window_scaling);
}

TEST(Limits, what_is_switched_off_is_not_answered) {
  HarnessOptions options;
  options.tcp.timestamps = options.tcp.selective_acknowledgment = options.tcp.window_scaling = false;
  options.tcp.ecn = Ecn::off;
  Harness h(options);
  h.listen(80);
  h.inject({.seq = 100,
            .flags = Flags::syn | Flags::ece | Flags::cwr,
            .options = syn_options(1460, 7, true, true)});
  const Wire passive = h.expect_sent();
  EXPECT_EQ(passive.flags, Flags::syn | Flags::ack);
  const ConnectionHandle c = h.connect();
  h.inject({.seq = h.peer_iss,
            .ack = h.our_nxt,
            .flags = Flags::syn | Flags::ack | Flags::ece,
            .options = syn_options(1460, 7, true, true)});
  const auto status = h.tcp.status(c);
  EXPECT_EQ(status->state, State::established);
  for (const SegmentOptions& offered : {passive.parsed}) {
    EXPECT_FALSE(offered.has_timestamp || offered.sack_permitted || offered.window_scale.has_value());
  }
  EXPECT_FALSE(status->timestamps || status->sack || status->window_scaling || status->ecn);
}

TEST(Limits, RFC9293_3_4_2_without_records_there_is_no_time_wait) {
  Harness h({.tcp = {.time_wait_records = 0}});
  const ConnectionHandle c = h.accept();
  h.tcp.close(c, h.now);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin});
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Limits, RFC9293_3_4_2_the_oldest_record_gives_way) {
  Harness h({.tcp = {.time_wait_records = 1}});
  const ListenerHandle l = h.listen(80);
  for (const std::uint16_t port : {1000, 1001}) {
    const Wire last = half_open(h, port);
    h.inject(last);
    const auto c = h.tcp.accept(l);
    ASSERT_TRUE(c.has_value());
    h.tcp.close(*c, h.now);
    h.inject({.seq = 101, .ack = last.ack + 1, .flags = Flags::ack | Flags::fin, .remote_port = port});
    h.discard_sent();
  }
  h.inject({.seq = 102, .ack = 5, .flags = Flags::ack, .data = "x", .remote_port = 1000});
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  h.inject({.seq = 102, .ack = 5, .flags = Flags::ack, .data = "x", .remote_port = 1001});
  EXPECT_EQ(h.expect_sent().flags, Flags::ack);
}

TEST(Limits, RFC9293_MAY_2_a_SYN_finds_TIME_WAIT_but_no_listener) {
  Harness h;
  const ConnectionHandle c = h.accept();
  h.tcp.close(c, h.now);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin});
  h.discard_sent();
  const Wire again{.seq = h.peer_nxt + 100000, .flags = Flags::syn, .options = syn_options(1460)};
  h.inject(again);
  EXPECT_EQ(h.expect_sent().flags, Flags::ack);
  const auto bound = h.tcp.bind({IpAddress::any_v4(), 80}, true);  // bound only: it does not listen
  ASSERT_TRUE(bound.ok());
  h.inject(again);
  EXPECT_EQ(h.expect_sent().flags, Flags::ack);
}

TEST(Limits, RFC6056_ports_are_chosen_from_the_range_given) {
  Harness h;
  const Options turned{.lowest_port = 4000, .highest_port = 3000};  // a range of one
  ASSERT_TRUE(h.tcp.connect({}, {h.peer_address, 5}, turned, h.now).ok());
  EXPECT_EQ(h.expect_sent().local_port, 4000);
  EXPECT_EQ(h.tcp.connect({}, {h.peer_address, 5}, turned, h.now).error(), Error::address_not_available);
}

TEST(Limits, RFC6191_when_every_port_is_in_TIME_WAIT_one_is_used_again) {
  Harness h;
  const Options two{.lowest_port = 4000, .highest_port = 4001};
  for (int i = 0; i < 2; ++i) {
    const auto c = h.tcp.connect({}, {h.peer_address, 4321}, two, h.now);
    ASSERT_TRUE(c.ok());
    const Wire syn = h.expect_sent();
    h.our_port = syn.local_port;
    h.inject({.seq = 100,
              .ack = syn.seq + 1,
              .flags = Flags::syn | Flags::ack,
              .options = syn_options(1460, -1, false, true, 1000, syn.parsed.timestamp_value)});
    EXPECT_EQ(h.state(*c), State::established);
    h.tcp.close(*c, h.now);
    h.inject({.seq = 101,
              .ack = syn.seq + 2,
              .flags = Flags::ack | Flags::fin,
              .options = timestamp_option(1001, syn.parsed.timestamp_value)});
    h.discard_sent();
  }
  EXPECT_FALSE(h.tcp.connect({}, {h.peer_address, 4321}, two, h.now).ok());
  h.advance(Duration::milliseconds(1100));
  EXPECT_TRUE(h.tcp.connect({}, {h.peer_address, 4321}, two, h.now).ok());
}

TEST(Limits, RFC7323_2_3_no_scale_is_larger_than_14) {
  Harness h;
  ASSERT_TRUE(h.tcp.connect({}, {h.peer_address, 5}, {.receive_buffer = 0xffffffff}, h.now).ok());
  EXPECT_EQ(h.expect_sent().parsed.window_scale, 14);
}

TEST(Limits, RFC9293_3_6_no_time_for_the_FIN_of_who_is_in_FIN_WAIT_2_already) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {.fin_wait_2_seconds = -1});
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.discard_sent();
  h.tcp.close(c, h.now);
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Limits, RFC9293_3_8_6_2_1_the_override_timeout_of_a_busy_device) {
  Harness h;
  const ConnectionHandle c = h.accept();
  EXPECT_EQ(h.write(c, "abc", {.more = true}), 3u);
  h.expect_silence();
  h.link.busy = true;
  h.advance(Duration::seconds(2));
  h.expect_silence();
  h.link.busy = false;
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.expect_sent().data, "abc");
}

// --- RFC 7413 ---

TEST(Limits, RFC7413_4_1_3_a_client_without_room_for_cookies) {
  HarnessOptions options = fast_open_options(FastOpen::client);
  options.tcp.fast_open_cache = 0;
  FastOpenHarness h(options);
  h.learn(cookie_of("12345678"));
  h.open("GET");
  EXPECT_EQ(h.expect_syn().data, "");
  options.tcp.fast_open |= FastOpen::client_without_cookie;
  FastOpenHarness without(options);
  const ConnectionHandle c = without.open("GET");
  EXPECT_EQ(without.expect_syn().data, "GET");
  without.advance(Duration::seconds(2));  // lost, and nowhere to note it
  EXPECT_EQ(without.expect_syn().data, "");
  EXPECT_EQ(without.state(c), State::syn_sent);
}

TEST(Limits, RFC7413_a_client_that_is_not_to_asks_for_nothing) {
  FastOpenHarness h(FastOpen::server);
  h.open("GET");
  const Wire syn = h.expect_syn();
  EXPECT_FALSE(syn.parsed.fast_open.has_value());
  EXPECT_EQ(syn.data, "");
}

TEST(Limits, RFC7413_4_1_3_1_the_back_off_grows_only_so_long) {
  HarnessOptions options = fast_open_options(FastOpen::client | FastOpen::client_without_cookie);
  options.tcp.fast_open_back_off = Duration::seconds(1);
  FastOpenHarness h(options);
  for (int i = 0; i < 12; ++i) {
    const ConnectionHandle c = h.open("GET");
    ASSERT_EQ(h.expect_syn().data, "GET") << i;
    h.advance(Duration::milliseconds(1100));
    h.tcp.abort(c, h.now);
    h.discard_sent();
    h.advance(Duration::seconds(257));
    h.discard_sent();
  }
}

TEST(Limits, RFC7413_4_2_a_server_whose_link_is_down_or_that_has_no_memory) {
  HarnessOptions options = fast_open_options(FastOpen::server);
  options.tcp.connections = 0;
  FastOpenHarness h(options);
  const ListenerHandle l = h.serve();
  h.inject(h.syn(h.right(), "GET"));
  EXPECT_EQ(h.expect_sent().ack, h.peer_iss + 1);  // the usual handshake
  EXPECT_FALSE(h.tcp.accept(l).has_value());
  FastOpenHarness down(fast_open_options(FastOpen::server));
  const ListenerHandle other = down.serve();
  down.poll();
  down.link.up = false;
  down.poll();
  down.inject(down.syn(down.right(), "GET"));
  EXPECT_FALSE(down.tcp.accept(other).has_value());
}

TEST(Limits, RFC7413_4_1_2_a_listener_with_keys_of_its_own) {
  FastOpenHarness h;
  const ListenerHandle l = h.serve();
  const FastOpenKeys own(SipKey{1, 2});
  h.tcp.set_fast_open_keys(l, own);
  h.inject(h.syn(h.right(), "GET"));  // the stack's
  EXPECT_EQ(h.expect_sent().ack, h.peer_iss + 1);
  h.inject(h.syn(own.cookie(h.peer_address, h.our_address), "GET", 4322));
  EXPECT_EQ(h.expect_sent().ack, h.peer_iss + 4);
}

}  // namespace
}  // namespace linnet::tcp::test
