// SPDX-License-Identifier: Apache-2.0
// Opening and refusing connections: RFC 9293 3.5, 3.7.1, 3.10.1, 3.10.7.1 to .3, RFC 4987, RFC 6528, RFC 6056.
#include <set>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Handshake, RFC9293_3_5_active_open_sends_options_and_completes) {
  Harness h;
  const auto c = h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now);
  ASSERT_TRUE(c.ok());
  const Wire syn = h.expect_sent();
  EXPECT_EQ(syn.flags, Flags::syn);
  EXPECT_EQ(syn.ack, 0u);
  EXPECT_EQ(syn.parsed.maximum_segment_size, 1460);  // MUST-14, MUST-67
  EXPECT_TRUE(syn.parsed.sack_permitted);
  EXPECT_TRUE(syn.parsed.has_timestamp);
  EXPECT_EQ(syn.parsed.timestamp_echo, 0u);  // RFC 7323 3.2
  EXPECT_TRUE(syn.parsed.window_scale.has_value());
  EXPECT_EQ(h.tcp.receive(*c, {}, false, h.now).error(), Error::in_progress);
  h.inject({.seq = 9000, .ack = syn.seq + 1, .flags = Flags::syn | Flags::ack, .options = syn_options(1000, 7),
            .local_port = syn.local_port, .remote_port = 80});
  EXPECT_EQ(h.state(*c), State::established);
  const Wire ack = h.expect_sent();
  EXPECT_EQ(ack.flags, Flags::ack);
  EXPECT_EQ(ack.seq, syn.seq + 1);
  EXPECT_EQ(ack.ack, 9001u);
  EXPECT_FALSE(ack.parsed.has_timestamp);  // the peer did not offer them
  EXPECT_EQ(h.tcp.status(*c)->segment_size, 1000);
}

TEST(Handshake, RFC9293_MUST_15_default_mss_is_536) {
  Harness h;
  const auto c = h.accept({});
  EXPECT_EQ(h.tcp.status(c)->segment_size, 536);
}

TEST(Handshake, C15_04_tiny_mss_is_raised_to_a_floor) {
  for (const std::uint16_t mss : {0, 1, 47, 48, 49, 88}) {
    Harness h;
    const auto c = h.accept(syn_options(mss));
    EXPECT_EQ(h.tcp.status(c)->segment_size, mss == 0 ? 536 : std::max<std::uint16_t>(mss, 48));
  }
}

TEST(Handshake, RFC7323_2_3_window_scale_above_14_is_taken_as_14) {
  Harness h;
  const auto c = h.accept(syn_options(1460, 200), {}, 100);
  EXPECT_EQ(h.tcp.status(c)->send_window, 100u << 14);
}

TEST(Handshake, RFC7323_2_2_syn_windows_are_not_scaled) {
  HarnessOptions options;
  options.tcp.receive_buffer = 1 << 20;
  Harness h(options);
  h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460, 3)});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.window, 65535);
  EXPECT_EQ(reply.parsed.window_scale, 5);
}

TEST(Handshake, RFC9293_3_5_simultaneous_open) {
  Harness h;
  const auto c = h.connect();
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  EXPECT_EQ(h.state(c), State::syn_received);
  const Wire syn_ack = h.expect_sent();
  EXPECT_EQ(syn_ack.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(syn_ack.seq, h.our_iss);
  EXPECT_EQ(syn_ack.ack, h.peer_nxt);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::established);
}

TEST(Handshake, C19_04_syn_sent_unacceptable_ack_is_reset_and_survives) {
  for (const int offset : {-1, 0, 2}) {
    Harness h;
    const auto c = h.connect();
    const auto ack = static_cast<std::uint32_t>(static_cast<std::int64_t>(h.our_iss) + offset);
    h.inject({.seq = 77, .ack = ack, .flags = Flags::syn | Flags::ack});
    const Wire reset = h.expect_sent();
    EXPECT_EQ(reset.flags, Flags::rst);
    EXPECT_EQ(reset.seq, ack);
    EXPECT_EQ(h.state(c), State::syn_sent);
  }
}

TEST(Handshake, RFC9293_3_10_7_3_reset_refuses) {
  Harness h;
  const auto c = h.connect();
  h.inject({.seq = 0, .ack = h.our_nxt, .flags = Flags::rst | Flags::ack});
  EXPECT_EQ(h.tcp.take_error(c), Error::refused);
  EXPECT_EQ(h.tcp.take_error(c), Error::none);
  h.tcp.close(c, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Handshake, RFC9293_MUST_23_syn_is_retried_for_at_least_three_minutes) {
  Harness h;
  const auto c = h.connect();
  std::vector<std::int64_t> times;
  const Instant start = h.now;
  while (h.state(c) == State::syn_sent) {
    h.advance(Duration::milliseconds(100));
    while (auto wire = h.sent()) {
      EXPECT_EQ(wire->flags, Flags::syn);
      times.push_back((h.now - start).as_milliseconds());
    }
  }
  ASSERT_EQ(times.size(), 7u);
  EXPECT_EQ(times[0], 1000);  // RFC 6298 2.1
  EXPECT_EQ(times[1], 3000);  // 5.5: doubled
  EXPECT_EQ(times[2], 7000);
  EXPECT_GE((h.now - start).as_seconds(), 180);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Handshake, RFC9293_3_10_7_2_data_on_syn_is_not_delivered) {
  Harness h;
  const auto listener = h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .data = "early", .options = syn_options(1460)});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_iss + 1);
  h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack, .data = "early"});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.read(*c), "early");
}

TEST(Handshake, syn_ack_is_retransmitted_and_given_up) {
  Harness h;
  const auto listener = h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
  EXPECT_TRUE(h.expect_sent().has(Flags::syn));
  int repeats = 0;
  for (int i = 0; i < 900; ++i) {
    h.advance(Duration::milliseconds(100));
    while (auto wire = h.sent()) repeats += wire->flags == (Flags::syn | Flags::ack) ? 1 : 100;
  }
  EXPECT_EQ(repeats, 5);
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 0);
  h.tcp.close(listener, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Handshake, a_link_that_is_down_for_a_moment_does_not_refuse) {
  for (const BacklogPolicy policy : {BacklogPolicy::refuse, BacklogPolicy::drop}) {
    Harness h({.tcp = {.backlog_policy = policy}});
    const ListenerHandle listener = h.listen(h.our_port);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460)});
    const Wire syn_ack = h.expect_sent();
    // The handshake's last ACK is taken off the device just as the stack sees that the link is down.
    h.link.up = false;
    h.poll();
    h.inject({.seq = h.peer_iss + 1, .ack = syn_ack.seq + 1, .flags = Flags::ack});
    EXPECT_FALSE(h.tcp.accept(listener));
    h.expect_silence();
    h.link.up = true;
    h.poll();
    h.inject({.seq = h.peer_iss + 1, .ack = syn_ack.seq + 1, .flags = Flags::ack, .data = "again"});
    EXPECT_TRUE(h.tcp.accept(listener));
  }
}

TEST(Handshake, seed_bound_but_not_listening_refuses) {
  Harness h;
  ASSERT_TRUE(h.tcp.bind({IpAddress::any_v4(), 80}, false).ok());
  h.inject({.seq = 1, .flags = Flags::syn});
  const Wire reset = h.expect_sent();
  EXPECT_EQ(reset.flags, Flags::rst | Flags::ack);
  EXPECT_EQ(reset.ack, 2u);
}

TEST(Handshake, seed_backlog_overflow_is_refused_at_once) {
  Harness h;
  const auto listener = h.listen(80, 2);
  for (std::uint16_t i = 0; i < 2; ++i) {
    h.inject({.seq = 100, .flags = Flags::syn, .remote_port = static_cast<std::uint16_t>(1000 + i)});
    const Wire reply = h.expect_sent();
    EXPECT_TRUE(reply.has(Flags::syn));
    h.inject({.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack,
              .remote_port = static_cast<std::uint16_t>(1000 + i)});
  }
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .remote_port = 2000});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst | Flags::ack);
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
  ASSERT_TRUE(h.tcp.accept(listener).has_value());
  h.inject({.seq = 100, .flags = Flags::syn, .remote_port = 2001});
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
}

HarnessOptions drop_policy() {
  HarnessOptions options;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  options.tcp.syn_records = 4;
  return options;
}

TEST(Handshake, backlog_overflow_is_ignored_with_policy_drop) {
  Harness h(drop_policy());
  h.listen(80, 1);
  h.inject({.seq = 100, .flags = Flags::syn, .remote_port = 1000});
  const Wire reply = h.expect_sent();
  h.inject({.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = 1000});
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .remote_port = 1001});
  h.expect_silence();
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
}

TEST(Handshake, RFC4987_3_6_syn_cookies_when_the_table_is_full) {
  Harness h(drop_policy());
  const auto listener = h.listen(80, 100);
  for (std::uint16_t port = 1000; port < 1004; ++port) {
    h.inject({.seq = 1, .flags = Flags::syn, .remote_port = port});
  }
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .options = syn_options(1440, 7, true, true, 555), .remote_port = 2000});
  const Wire cookie = h.expect_sent();
  EXPECT_EQ(cookie.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 4);
  h.advance(Duration::seconds(60));
  h.discard_sent();
  // A wrong cookie is reset and costs nothing.
  h.inject({.seq = 101, .ack = cookie.seq + 2, .flags = Flags::ack, .remote_port = 2000});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
  h.inject({.seq = 101, .ack = cookie.seq + 1, .flags = Flags::ack, .data = "hi",
            .options = timestamp_option(600, cookie.parsed.timestamp_value), .remote_port = 2000});
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.read(*c), "hi");
  EXPECT_EQ(h.tcp.status(*c)->segment_size, 1440 - 12);
  EXPECT_EQ(h.tcp.status(*c)->send_window, 65535u << 7);
}

TEST(Handshake, RFC4987_3_6_an_old_cookie_is_refused) {
  Harness h(drop_policy());
  const auto listener = h.listen(80, 100);
  for (std::uint16_t port = 1000; port < 1005; ++port) {
    h.inject({.seq = 1, .flags = Flags::syn, .remote_port = port});
  }
  while (h.link.frames.size() > 1) h.sent();
  const Wire cookie = h.expect_sent();
  h.advance(Duration::seconds(127));
  h.discard_sent();
  h.inject({.seq = 2, .ack = cookie.seq + 1, .flags = Flags::ack, .remote_port = 1004});
  EXPECT_EQ(h.expect_sent().flags, Flags::rst);
  EXPECT_FALSE(h.tcp.accept(listener).has_value());
}

TEST(Handshake, C18_01_RFC6528_sequence_numbers_follow_the_clock_per_tuple_and_differ_across) {
  Harness h;
  const Secrets secrets(h.random);
  const Endpoint local{Harness::our_address, 80};
  std::set<std::uint32_t> seen;
  const SequenceNumber first = secrets.initial_sequence(local, {Harness::peer_address, 1000}, h.now);
  const SequenceNumber later =
      secrets.initial_sequence(local, {Harness::peer_address, 1000}, h.now + Duration::milliseconds(4));
  EXPECT_EQ(later - first, 1000u);  // one every 4 microseconds
  for (std::uint16_t port = 1; port < 5000; ++port) {
    seen.insert(secrets.initial_sequence(local, {Harness::peer_address, port}, h.now).value() >> 12);
  }
  EXPECT_GT(seen.size(), 4950u);
}

TEST(Handshake, C18_09_RFC6056_ports_are_not_sequential_and_avoid_listeners) {
  HarnessOptions options;
  options.tcp.connections = 512;
  Harness h(options);
  std::set<std::uint16_t> ports;
  int successors = 0;
  std::uint16_t previous = 0;
  for (int i = 0; i < 400; ++i) {
    const auto c = h.tcp.connect({}, {Harness::peer_address, 80}, {}, h.now);
    ASSERT_TRUE(c.ok());
    const std::uint16_t port = h.tcp.status(*c)->local.port;
    EXPECT_GE(port, 49152);
    EXPECT_TRUE(ports.insert(port).second);
    successors += port == previous + 1 ? 1 : 0;
    previous = port;
  }
  EXPECT_LT(successors, 4);
}

TEST(Handshake, RFC9293_MUST_46_no_open_to_what_is_no_host) {
  Harness h;
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v4(224, 0, 0, 1), 80}, {}, h.now).error(), Error::bad_address);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::broadcast_v4(), 80}, {}, h.now).error(), Error::bad_address);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v4(10, 0, 0, 255), 80}, {}, h.now).error(), Error::bad_address);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::any_v4(), 80}, {}, h.now).error(), Error::bad_address);
  EXPECT_EQ(h.tcp.connect({}, {IpAddress::v4(99, 0, 0, 1), 80}, {}, h.now).error(), Error::no_route);
}

TEST(Handshake, seed_one_application_per_port) {
  Harness h;
  const auto first = h.tcp.bind({IpAddress::any_v4(), 80}, false);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(h.tcp.bind({IpAddress::any_v4(), 80}, false).error(), Error::address_in_use);
  EXPECT_EQ(h.tcp.bind({Harness::our_address, 80}, true).error(), Error::address_in_use);
  EXPECT_EQ(h.tcp.bind({IpAddress::v4(10, 9, 9, 9), 81}, false).error(), Error::address_not_available);
  h.tcp.close(*first, h.now);
  EXPECT_TRUE(h.tcp.bind({IpAddress::any_v4(), 80}, false).ok());
}

TEST(Handshake, C17_06_half_open_handshakes_never_use_connections) {
  HarnessOptions options = drop_policy();
  options.tcp.syn_records = 64;
  Harness h(options);
  const auto listener = h.listen(80, 1000);
  for (std::uint32_t i = 0; i < 20000; ++i) {
    h.deliver({.seq = i, .flags = Flags::syn, .remote_port = static_cast<std::uint16_t>(1 + i % 60000)});
  }
  h.poll();
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 64);
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .remote_port = 65000});
  const Wire reply = h.expect_sent();
  h.inject({.seq = 101, .ack = reply.seq + 1, .flags = Flags::ack, .remote_port = 65000});
  EXPECT_TRUE(h.tcp.accept(listener).has_value());
  EXPECT_TRUE(h.pool.full());
}

}  // namespace
}  // namespace linnet::tcp::test
