// SPDX-License-Identifier: Apache-2.0
// RFC 9293 3.10.7.2, and SYN-RECEIVED of a passive open: what is dropped, challenged, remembered.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(ListenArrives, RFC9293_3_10_7_what_is_dropped_is_counted_for_what_it_was) {
  struct Case {
    std::uint8_t flags;
    bool in_listen;
    std::uint32_t ack;  // beyond our SYN
    Drop drop;
  };
  for (const Case& each :
       {Case{Flags::rst, true, 0, Drop::tcp_state}, Case{0, true, 0, Drop::tcp_state},
        Case{Flags::syn | Flags::fin, true, 0, Drop::tcp_state},
        Case{Flags::syn, false, 0, Drop::tcp_challenged}, Case{Flags::rst, false, 0, Drop::tcp_challenged},
        Case{0, false, 0, Drop::tcp_no_ack}, Case{Flags::ack, false, 2, Drop::tcp_bad_ack}}) {
    SCOPED_TRACE(testing::Message() << int{each.flags} << " " << each.in_listen);
    Harness h;
    h.listen(80);
    Wire wire{.seq = h.peer_iss + 1, .flags = each.flags};
    if (!each.in_listen) {
      h.inject({.seq = h.peer_iss, .flags = Flags::syn});
      wire.ack = h.expect_sent().seq + each.ack;
      if (each.flags == Flags::rst) wire.seq += 1;  // RFC 5961 3.2: not the exact one
    }
    h.inject(wire);
    EXPECT_EQ(h.drops.of(each.drop), 1u);
  }
}

TEST(ListenArrives, a_request_that_finds_the_backlog_full_is_counted) {
  Harness h;
  h.listen(80, 1);
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 0u);
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1001});
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
}

TEST(ListenArrives, a_request_that_finds_no_record_is_counted) {
  Harness h({.tcp = {.syn_records = 1}});
  h.listen(80, 8);
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1001});
  EXPECT_EQ(h.drops.of(Drop::tcp_backlog), 1u);
}

TEST(ListenArrives, RFC5961_7_so_many_challenges_and_no_more) {
  Harness h({.tcp = {.challenge_acks = 3}});
  h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  h.expect_sent();
  for (int i = 0; i < 3; ++i) {
    h.inject({.seq = h.peer_iss + 100, .flags = Flags::rst});
    EXPECT_EQ(h.expect_sent().flags, Flags::ack);
  }
  h.inject({.seq = h.peer_iss + 100, .flags = Flags::rst});
  h.expect_silence();
}

TEST(ListenArrives, a_single_byte_is_the_data_that_a_deferred_connection_waits_for) {
  Harness h;
  const ListenerHandle listener = h.listen(80, 8, {.defer_accept = 2});
  h.inject({.seq = h.peer_iss, .flags = Flags::syn});
  const std::uint32_t ack = h.expect_sent().seq + 1;
  h.inject({.seq = h.peer_iss + 1, .ack = ack, .flags = Flags::ack});
  EXPECT_FALSE(h.tcp.acceptable(listener));
  h.inject({.seq = h.peer_iss + 1, .ack = ack, .flags = Flags::ack, .data = "x"});
  EXPECT_TRUE(h.tcp.acceptable(listener));
}

/// The SYN-ACK that `options` get where there is no room for a record: a cookie.
Wire cookie_for(Harness& h, const std::vector<std::uint8_t>& options) {
  h.inject({.seq = 1, .flags = Flags::syn, .remote_port = 1000});
  h.discard_sent();
  h.inject({.seq = 100, .flags = Flags::syn, .options = options, .remote_port = 2000});
  return h.expect_sent();
}

HarnessOptions with_cookies() {
  HarnessOptions options;
  options.tcp.backlog_policy = BacklogPolicy::drop;
  options.tcp.syn_records = 1;
  options.tcp.maximum_receive_buffer = 1000000;
  return options;
}

TEST(ListenArrives, RFC4987_3_6_a_cookie_connection_scales_its_window_as_it_said) {
  for (const std::uint32_t clock : {1000u, 0x90000000u}) {  // RFC 7323 5.2: any value may be the first
    Harness h(with_cookies());
    const ListenerHandle listener = h.listen(80, 100);
    const Wire cookie = cookie_for(h, syn_options(1460, 9, true, true, clock));
    h.inject({.seq = 101,
              .ack = cookie.seq + 1,
              .flags = Flags::ack,
              .options = timestamp_option(clock + 1, cookie.parsed.timestamp_value),
              .remote_port = 2000});
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value());
    EXPECT_EQ(h.state(*c), State::established);
    ASSERT_TRUE(cookie.parsed.window_scale.has_value());
    EXPECT_GT(*cookie.parsed.window_scale, 0);
    EXPECT_EQ(h.tcp.status(*c)->receive_scale, *cookie.parsed.window_scale);
    h.write(*c, "abc");
    EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, clock + 1);
  }
}

TEST(ListenArrives, RFC7323_5_3_R1_what_is_older_than_the_SYN_is_old_for_the_connection_too) {
  HarnessOptions options;
  options.start = Instant::from_microseconds(0) + Duration::seconds(30 * 86400);
  for (const std::uint32_t clock : {1000u, 0x90000000u}) {
    Harness h(options);
    const ListenerHandle listener = h.listen(80);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460, -1, false, true, clock)});
    const Wire reply = h.expect_sent();
    h.inject({.seq = h.peer_iss + 1, .ack = reply.seq + 1, .flags = Flags::ack});  // without the option
    const auto c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value());
    h.inject({.seq = h.peer_iss + 1,
              .ack = reply.seq + 1,
              .flags = Flags::ack,
              .data = "old",
              .options = timestamp_option(clock - 1, reply.parsed.timestamp_value)});
    EXPECT_EQ(h.read(*c), "");
    EXPECT_EQ(h.drops.of(Drop::tcp_paws), 1u);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
