// SPDX-License-Identifier: Apache-2.0
// What the options of a connection or listener change on the wire.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

std::string letters(std::size_t count) { return std::string(count, 'x'); }

TEST(Options, cork_holds_a_short_segment_for_200_ms) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {.no_delay = true, .cork = true});
  h.write(c, letters(2500));
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 2000));
  h.expect_silence();  // an ACK does not pull the cork, other than with MSG_MORE
  h.advance(Duration::milliseconds(190));
  h.expect_silence();
  h.advance(Duration::milliseconds(11));
  EXPECT_EQ(h.expect_sent().data.size(), 500u);
}

TEST(Options, cork_off_lets_everything_go) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {.cork = true});
  h.write(c, "head");
  h.write(c, "tail");
  h.expect_silence();
  h.tcp.set_options(c, {}, h.now);
  h.poll();
  EXPECT_EQ(h.expect_sent().data, "headtail");
}

TEST(Options, push_goes_through_cork_more_and_nagle_each_time) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {.cork = true});
  h.write(c, "now");
  h.expect_silence();
  h.tcp.push(c, h.now);
  EXPECT_EQ(h.expect_sent().data, "now");
  h.write(c, "later");
  h.poll();
  h.expect_silence();  // the cork is still in
  h.tcp.push(c, h.now);
  EXPECT_EQ(h.expect_sent().data, "later");
  h.tcp.set_options(c, {}, h.now);
  h.poll();
  h.write(c, "nagle");  // short, while another short one is under way
  h.expect_silence();
  h.tcp.push(c, h.now);
  EXPECT_EQ(h.expect_sent().data, "nagle");
  EXPECT_FALSE(h.tcp.options(c)->no_delay);
  h.write(c, "more", {.more = true});
  h.expect_silence();
  h.tcp.push(c, h.now);
  EXPECT_EQ(h.expect_sent().data, "more");
}

TEST(Options, port_range_bounds_what_is_chosen) {
  Harness h;
  const Options options{.lowest_port = 30000, .highest_port = 30001};
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, options, h.now).ok());
    ports.push_back(h.expect_sent().local_port);
  }
  std::sort(ports.begin(), ports.end());
  EXPECT_EQ(ports, (std::vector<std::uint16_t>{30000, 30001}));
  EXPECT_EQ(h.tcp.connect({}, {Harness::peer_address, 80}, options, h.now).error(), Error::address_not_available);
  EXPECT_TRUE(h.tcp.connect({}, {Harness::peer_address, 81}, options, h.now).ok());  // another four-tuple
}

TEST(Options, a_bound_port_that_the_stack_chooses_is_free) {
  Harness h;
  const Options options{.lowest_port = 30000, .highest_port = 30002};
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, options, h.now).ok());
  const std::uint16_t used = h.expect_sent().local_port;
  for (int i = 0; i < 2; ++i) {
    const auto bound = h.tcp.bind({IpAddress::any_v4(), 0}, false, options);
    ASSERT_TRUE(bound.ok());
    EXPECT_NE(h.tcp.status(*bound)->local.port, used);
  }
  EXPECT_EQ(h.tcp.bind({IpAddress::any_v4(), 0}, false, options).error(), Error::address_not_available);
}

TEST(Options, only_without_path_mtu_discovery_may_routers_fragment) {
  for (const std::uint8_t discovery : {0, 1, 2}) {
    Harness h;
    const auto c = h.accept(syn_options(1000), {.path_mtu_discovery = discovery});
    h.write(c, "data");
    ASSERT_FALSE(h.link.frames.empty());
    EXPECT_EQ((h.link.frames.front()[6] & 0x40) != 0, discovery != 0);
  }
}

TEST(Reconfigure, what_is_offered_changes_with_the_next_syn) {
  Harness h;
  const auto before = h.connect();
  Config config = h.tcp.config();
  config.timestamps = false;
  config.selective_acknowledgment = false;
  config.window_scaling = false;
  h.tcp.reconfigure(config);
  // Under way: repeated as it was, and what it offered counts.
  h.advance(Duration::milliseconds(1100));
  const Wire again = h.expect_sent();
  EXPECT_TRUE(again.parsed.has_timestamp && again.parsed.sack_permitted && again.parsed.window_scale);
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack,
            .options = syn_options(1460, 3, true, true, 1000, again.parsed.timestamp_value)});
  const Status status = *h.tcp.status(before);
  EXPECT_TRUE(status.timestamps && status.sack && status.window_scaling);
  EXPECT_TRUE(h.expect_sent().parsed.has_timestamp);
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now).ok());
  const Wire next = h.expect_sent();
  EXPECT_FALSE(next.parsed.has_timestamp || next.parsed.sack_permitted || next.parsed.window_scale);
}

TEST(Reconfigure, what_memory_and_offered_windows_come_from_stays) {
  Harness h;
  Config config = h.tcp.config();
  const Config before = config;
  config.connections += 1;
  config.fast_open_cache += 1;
  config.receive_buffer *= 2;
  config.maximum_receive_buffer = 1 << 20;
  config.keepalive_count += 1;
  h.tcp.reconfigure(config);
  EXPECT_EQ(h.tcp.config().connections, before.connections);
  EXPECT_EQ(h.tcp.config().fast_open_cache, before.fast_open_cache);
  EXPECT_EQ(h.tcp.config().receive_buffer, before.receive_buffer);
  EXPECT_EQ(h.tcp.config().maximum_receive_buffer, before.maximum_receive_buffer);
  EXPECT_EQ(h.tcp.config().keepalive_count, before.keepalive_count + 1);
}

TEST(Options, cork_does_not_hold_the_end) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {.cork = true});
  h.write(c, "end");
  h.expect_silence();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  const Wire last = h.expect_sent();
  EXPECT_EQ(last.data, "end");
  EXPECT_TRUE(last.has(Flags::fin));
}

TEST(Options, more_flag_ends_with_an_acknowledgment) {
  Harness h;
  const auto c = h.accept(syn_options(1000));
  h.write(c, letters(1000));
  h.write(c, "more", {.more = true});
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 1000));
  EXPECT_EQ(h.expect_sent().data, "more");
}

TEST(Options, unsent_low_water_bounds_what_waits) {
  HarnessOptions options;
  options.tcp.send_buffer = 100000;
  Harness h(options);
  const auto c = h.accept(syn_options(1000), {.unsent_low_water = 3000}, 4000);
  EXPECT_TRUE(h.tcp.readiness(c).writable);
  EXPECT_EQ(h.write(c, letters(50000)), 3000u);  // all sent at once
  EXPECT_TRUE(h.tcp.readiness(c).writable);
  EXPECT_EQ(h.write(c, letters(50000)), 3000u);  // 1000 of it fit into the window
  EXPECT_FALSE(h.tcp.readiness(c).writable);
  EXPECT_EQ(h.write(c, letters(50000)), 1000u);
  EXPECT_EQ(h.write(c, letters(50000)), 0u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 2000, .flags = Flags::ack, .window = 4000});
  EXPECT_EQ(h.tcp.status(c)->unsent, 1000u);
  EXPECT_TRUE(h.tcp.readiness(c).writable);  // below half of the limit
}

TEST(Options, low_unsent_low_water_makes_no_short_segments) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {.unsent_low_water = 1});
  EXPECT_EQ(h.write(c, letters(3000)), 1000u);
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
}

TEST(Options, quick_ack_off_delays_and_on_releases) {
  Harness h;
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.quick_ack(c));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "a"});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
  h.tcp.set_quick_ack(c, false, h.now);
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt, .flags = Flags::ack, .data = "b"});
  h.expect_silence();
  h.tcp.set_quick_ack(c, true, h.now);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 2);
}

TEST(Options, an_answer_makes_acknowledgments_wait_for_the_next_one) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "ask"});
  h.expect_sent();
  h.write(c, "answer");
  h.expect_sent();
  EXPECT_FALSE(h.tcp.quick_ack(c));
  h.inject({.seq = h.peer_nxt + 3, .ack = h.our_nxt + 6, .flags = Flags::ack, .data = "ask"});
  h.expect_silence();
  h.advance(Duration::milliseconds(40));
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 6);
}

TEST(Options, quick_ack_off_before_connect_delays_the_handshakes_ack) {
  Harness h;
  const auto c = h.connect({.quick_ack = false});
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(1460)});
  EXPECT_EQ(h.state(c), State::established);
  h.expect_silence();
  h.write(c, "hello");
  const Wire first = h.expect_sent();
  EXPECT_EQ(first.data, "hello");
  EXPECT_EQ(first.ack, h.peer_nxt);
}

TEST(Options, defer_accept_waits_for_data) {
  Harness h;
  const auto listener = h.listen(80, 8, {.defer_accept = 2});
  h.inject({.seq = 5000, .flags = Flags::syn, .options = syn_options(1460)});
  h.our_nxt = h.expect_sent().seq + 1;
  h.inject({.seq = 5001, .ack = h.our_nxt, .flags = Flags::ack});
  h.expect_silence();
  EXPECT_FALSE(h.tcp.acceptable(listener));
  h.inject({.seq = 5001, .ack = h.our_nxt, .flags = Flags::ack | Flags::psh, .data = "GET"});
  ASSERT_TRUE(h.tcp.acceptable(listener));
  EXPECT_EQ(h.read(*h.tcp.accept(listener)), "GET");
}

TEST(Options, defer_accept_gives_up_waiting_and_accepts) {
  Harness h;
  const auto listener = h.listen(80, 8, {.defer_accept = 2});
  h.inject({.seq = 5000, .flags = Flags::syn, .options = syn_options(1460)});
  h.our_nxt = h.expect_sent().seq + 1;
  h.inject({.seq = 5001, .ack = h.our_nxt, .flags = Flags::ack});
  h.advance(Duration::milliseconds(2900));  // 1 s: no SYN-ACK, the peer has answered
  h.expect_silence();
  h.advance(Duration::milliseconds(200));   // 3 s: the last one of the time that was asked for
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
  EXPECT_FALSE(h.tcp.acceptable(listener));
  h.inject({.seq = 5001, .ack = h.our_nxt, .flags = Flags::ack});
  EXPECT_TRUE(h.tcp.acceptable(listener));
}

TEST(Options, defer_accept_forgets_a_peer_that_stays_silent) {
  Harness h;
  const auto listener = h.listen(80, 8, {.defer_accept = 1});
  h.inject({.seq = 5000, .flags = Flags::syn, .options = syn_options(1460)});
  h.our_nxt = h.expect_sent().seq + 1;
  h.inject({.seq = 5001, .ack = h.our_nxt, .flags = Flags::ack});
  h.advance(Duration::seconds(70));
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
}

TEST(Options, linger2_bounds_fin_wait_2_of_an_orphan) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.fin_wait_2_seconds = 3});
  h.tcp.close(c, h.now);
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.advance(Duration::milliseconds(2900));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.advance(Duration::milliseconds(200));
  EXPECT_EQ(h.state(c), State::closed);
}

TEST(Options, negative_linger2_resets_instead_of_fin_wait_2) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.fin_wait_2_seconds = -1});
  h.tcp.close(c, h.now);
  h.expect_sent();
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_FALSE(h.tcp.status(c).has_value());
}

TEST(Options, syn_count_ends_the_attempt) {
  Harness h;
  const auto c = h.connect({.syn_retransmissions = 2});
  h.advance(Duration::seconds(8));  // SYNs at 0, 1, 3 s; the end at 7 s
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
  h.expect_sent();
  h.expect_sent();
  h.expect_silence();
}

TEST(Options, window_clamp_bounds_every_window) {
  HarnessOptions options;
  options.tcp.receive_buffer = 50000;
  Harness h(options);
  const auto listener = h.listen(80, 8, {.window_clamp = 2000});
  h.inject({.seq = 5000, .flags = Flags::syn, .options = syn_options(1460)});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.window, 2000);
  h.inject({.seq = 5001, .ack = reply.seq + 1, .flags = Flags::ack, .data = letters(1000)});
  const auto c = h.tcp.accept(listener).value();
  EXPECT_EQ(h.expect_sent().window, 2000);  // the buffer has room, the clamp holds
  h.read(c);
  EXPECT_LE(h.tcp.status(c)->receive_window, 2000u);
}

TEST(Options, congestion_control_is_settled_when_the_connection_opens) {
  HarnessOptions options;
  options.tcp.congestion = CongestionControl::reno;
  Harness h(options);
  EXPECT_EQ(h.tcp.options(h.connect())->congestion, CongestionControl::reno);
  EXPECT_EQ(h.tcp.options(h.connect({.congestion = CongestionControl::cubic}))->congestion, CongestionControl::cubic);
}

TEST(Options, receive_low_water_is_when_it_is_readable) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.receive_low_water = 3});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "ab"});
  EXPECT_FALSE(h.tcp.readiness(c).readable);
  EXPECT_TRUE(h.tcp.readiness(c).data);
  h.inject({.seq = h.peer_nxt + 2, .ack = h.our_nxt, .flags = Flags::ack, .data = "c"});
  EXPECT_TRUE(h.tcp.readiness(c).readable);
  EXPECT_EQ(*h.tcp.discard(c, 2, true, h.now), 2u);
  EXPECT_EQ(*h.tcp.discard(c, 2, false, h.now), 2u);
  EXPECT_EQ(h.read(c), "c");
}

TEST(Options, status_tells_what_was_negotiated_and_counted) {
  Harness h;
  const auto c = h.accept(syn_options(1400, 5, true, true));
  h.write(c, letters(3000));
  const Status s = *h.tcp.status(c);
  EXPECT_TRUE(s.timestamps && s.sack && s.window_scaling);
  EXPECT_EQ(s.send_scale, 5);
  EXPECT_EQ(s.segment_size, 1388);
  EXPECT_EQ(s.announced_segment_size, 1460);
  EXPECT_EQ(s.path_mtu, 1500);
  EXPECT_EQ(s.outstanding, 3u);
  EXPECT_EQ(s.data_segments_out, 3u);
  EXPECT_EQ(s.bytes_acknowledged, 0u);
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt + 1388, .flags = Flags::ack, .data = "late", .options = timestamp_option(1002, 0)});
  EXPECT_EQ(h.tcp.status(c)->bytes_acknowledged, 1388u);
  EXPECT_EQ(h.tcp.status(c)->data_segments_in, 1u);
  EXPECT_EQ(h.tcp.status(c)->out_of_order, 1u);
}

}  // namespace
}  // namespace linnet::tcp::test
