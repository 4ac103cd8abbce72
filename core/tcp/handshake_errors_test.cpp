// SPDX-License-Identifier: Apache-2.0
// What is no part of a handshake, and what ICMP says of one: RFC 9293 3.9.2.2 and 3.10.7.3, RFC 5461 4.1, RFC
// 7413.
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

/// An ICMP error about our segment that begins at `seq`.
void tell_of(Harness& h, std::uint8_t type, std::uint8_t code, std::uint32_t seq, std::uint16_t mtu = 0) {
  std::vector<std::uint8_t> m(8 + 20 + 8);
  m[0] = type;
  m[1] = code;
  store16(m.data() + 6, mtu);
  m[8] = 0x45;
  store16(m.data() + 10, 1500);
  m[16] = 64;
  m[17] = ip::protocol::tcp;
  store32(m.data() + 20, Harness::our_address.v4_value());
  store32(m.data() + 24, Harness::peer_address.v4_value());
  Checksum quoted;
  quoted.add(Bytes(m).subspan(8, 20));
  store16(m.data() + 18, quoted.finish());
  store16(m.data() + 28, h.our_port);
  store16(m.data() + 30, h.peer_port);
  store32(m.data() + 32, seq);
  Checksum sum;
  sum.add(m);
  store16(m.data() + 2, sum.finish());
  h.deliver_payload(ip::protocol::icmp, m);
  h.poll();
}

struct Message {
  const char* what;
  std::uint8_t type;
  std::uint8_t code;
  Error reason;
};
constexpr Message messages[] = {{"net unreachable", 3, 0, Error::net_unreachable},
                                {"host unreachable", 3, 1, Error::host_unreachable},
                                {"protocol unreachable", 3, 2, Error::refused},
                                {"port unreachable", 3, 3, Error::refused},
                                {"administratively prohibited", 3, 13, Error::host_unreachable},
                                {"time exceeded", 11, 0, Error::host_unreachable}};

HarnessOptions ending(bool all) {
  HarnessOptions options = fast_open_options(FastOpen::client | FastOpen::server);
  options.tcp.soft_errors_end_handshakes = all;
  return options;
}

TEST(HandshakeErrors, RFC5461_4_1_every_error_ends_an_attempt_or_only_a_hard_one_does) {
  for (const bool all : {false, true}) {
    for (const Message& row : messages) {
      SCOPED_TRACE(row.what);
      Harness h(ending(all));
      const auto c = h.connect();
      tell_of(h, row.type, row.code, h.our_iss);
      const bool ends = all || row.reason == Error::refused;  // SHLD-26
      EXPECT_EQ(h.state(c), ends ? State::closed : State::syn_sent);
      EXPECT_EQ(h.tcp.take_error(c), ends ? row.reason : Error::none);
      EXPECT_EQ(h.tcp.take_soft_error(c), ends ? Error::none : row.reason);
    }
  }
}

TEST(HandshakeErrors, RFC5461_4_1_a_simultaneous_open_is_an_attempt_too) {
  for (const bool all : {false, true}) {
    Harness h(ending(all));
    const auto c = h.connect();
    h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    ASSERT_EQ(h.state(c), State::syn_received);
    tell_of(h, 3, 1, h.our_iss);
    EXPECT_EQ(h.state(c), all ? State::closed : State::syn_received);
    EXPECT_EQ(h.tcp.take_error(c), all ? Error::host_unreachable : Error::none);
  }
}

TEST(HandshakeErrors, RFC5461_4_1_what_says_that_a_SYN_ACK_cannot_arrive_ends_the_request) {
  for (const bool all : {false, true}) {
    for (const Message& row : messages) {
      SCOPED_TRACE(row.what);
      Harness h(ending(all));
      const auto listener = h.listen(80);
      h.inject({.seq = h.peer_iss, .flags = Flags::syn});
      h.our_iss = h.expect_sent().seq;
      tell_of(h, row.type, row.code, h.our_iss + 1);
      EXPECT_EQ(h.tcp.status(listener)->handshakes, 1) << "about nothing that was sent";
      h.peer_port += 1;
      tell_of(h, row.type, row.code, h.our_iss);
      EXPECT_EQ(h.tcp.status(listener)->handshakes, 1) << "about somebody else";
      h.peer_port -= 1;
      tell_of(h, row.type, row.code, h.our_iss);
      const bool ends = all && row.reason != Error::refused;
      EXPECT_EQ(h.tcp.status(listener)->handshakes, ends ? 0 : 1);
    }
  }
}

TEST(HandshakeErrors, RFC5461_4_1_a_fast_open_connection_is_in_use_once_it_is_accepted) {
  for (const bool accepted : {false, true}) {
    FastOpenHarness h(ending(true));
    const auto listener = h.serve();
    h.inject(h.syn(h.right(), "GET"));
    const std::uint32_t iss = h.expect_sent().seq;
    std::optional<ConnectionHandle> c;
    if (accepted) c = h.tcp.accept(listener);
    tell_of(h, 3, 1, iss);
    if (!accepted) c = h.tcp.accept(listener);
    ASSERT_TRUE(c.has_value()) << "whoever was told of a connection gets it";
    EXPECT_EQ(h.state(*c), accepted ? State::syn_received : State::closed);
    EXPECT_EQ(h.read(*c), "GET");
    EXPECT_EQ(h.tcp.take_error(*c), accepted ? Error::none : Error::host_unreachable);
    EXPECT_EQ(h.tcp.take_soft_error(*c), accepted ? Error::host_unreachable : Error::none);
  }
}

TEST(HandshakeErrors, RFC5461_4_1_an_established_connection_lives_on) {
  Harness h(ending(true));
  const auto c = h.accept();
  h.write(c, "data");
  tell_of(h, 3, 1, h.our_nxt);
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.tcp.take_soft_error(c), Error::host_unreachable);
}

TEST(HandshakeErrors, RFC7413_4_1_3_1_a_SYN_too_large_for_the_path_is_repeated_bare_at_once) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open("GET");
  const Wire syn = h.expect_syn();
  ASSERT_EQ(syn.data, "GET");
  tell_of(h, 3, 4, h.our_iss, 600);
  EXPECT_EQ(h.tcp.status(c)->path_mtu, 600);
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 1u);
  const Wire bare = h.expect_sent();
  EXPECT_EQ(bare.flags, Flags::syn);
  EXPECT_EQ(bare.seq, syn.seq);
  EXPECT_EQ(bare.data, "");
  EXPECT_FALSE(bare.parsed.fast_open.has_value());
  tell_of(h, 3, 4, h.our_iss, 590);  // once more: it is as small as it gets
  h.expect_silence();
  h.advance(ms(100));
  h.answer(h.our_nxt);
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.tcp.status(c)->smoothed_rtt, Duration()) << "of which of the two SYNs would it be?";
  EXPECT_EQ(h.expect_sent().data, "GET");
  h.discard_sent();
  h.connect();  // one that never had data
  tell_of(h, 3, 4, h.our_iss, 580);
  h.expect_silence();
}

// --- RFC 9293 3.5, figure 7, and what only looks like it ---

TEST(HandshakeErrors, RFC9293_3_10_7_4_what_does_not_end_a_simultaneous_open) {
  constexpr std::uint8_t syn_ack = Flags::syn | Flags::ack;
  struct Row {
    const char* what;
    int seq;  // from IRS
    int ack;  // from our ISS
    std::uint8_t flags;
    int reply;  // -1: nothing; else the flags
  };
  const Row rows[] = {{"a SYN-ACK that acknowledges nothing", 0, 0, syn_ack, Flags::ack},
                      {"a SYN-ACK of what was never sent", 0, 2, syn_ack, Flags::ack},
                      {"a SYN-ACK with another number: RFC 5961 4.2", 1, 1, syn_ack, Flags::ack},
                      {"a SYN-ACK with RST, before the window", 0, 1, syn_ack | Flags::rst, -1},
                      {"a SYN without ACK that comes again", 0, 0, Flags::syn, Flags::ack},
                      {"an ACK of nothing", 1, 0, Flags::ack, Flags::rst},
                      {"an ACK of what was never sent", 1, 2, Flags::ack, Flags::rst}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Harness h;
    const auto c = h.connect();
    h.inject({.seq = h.peer_iss, .flags = Flags::syn});
    ASSERT_EQ(h.expect_sent().flags, syn_ack);
    h.inject({.seq = h.peer_iss + static_cast<std::uint32_t>(row.seq),
              .ack = h.our_iss + static_cast<std::uint32_t>(row.ack),
              .flags = row.flags});
    EXPECT_EQ(h.state(c), State::syn_received);
    const auto reply = h.sent();
    EXPECT_EQ(reply ? reply->flags : -1, row.reply);
    h.expect_silence();
  }
}

TEST(HandshakeErrors, RFC7323_3_2_a_SYN_ACK_that_echoes_another_timestamp_is_reset) {
  for (const int offset : {-1, 0, 1, 100000}) {  // only what the SYN carried: it was sent just now
    Harness h;
    h.peer_port = 99;
    const auto c = h.tcp.connect({}, {Harness::peer_address, 99}, {}, h.now);
    ASSERT_TRUE(c.ok());
    const Wire syn = h.expect_sent();
    const std::uint32_t echo = syn.parsed.timestamp_value + static_cast<std::uint32_t>(offset);
    h.inject({.seq = 7000,
              .ack = syn.seq + 1,
              .flags = Flags::syn | Flags::ack,
              .options = syn_options(1460, -1, false, true, 5, echo),
              .local_port = syn.local_port});
    EXPECT_EQ(h.state(*c), offset == 0 ? State::established : State::syn_sent) << offset;
    EXPECT_EQ(h.expect_sent().flags, offset == 0 ? Flags::ack : Flags::rst) << offset;
  }
}

// --- RFC 7413: who takes part ---

TEST(FastOpenParts, RFC7413_4_2_who_may_send_data_on_a_SYN_without_a_cookie) {
  struct Row {
    std::uint16_t bits;
    bool listener;
    bool taken;
  };
  for (const Row& row : {Row{FastOpen::server, false, false}, Row{FastOpen::server, true, true},
                         Row{FastOpen::server | FastOpen::server_without_cookie, false, true},
                         Row{FastOpen::client | FastOpen::server_without_cookie, true, false}}) {
    FastOpenHarness h(row.bits);
    const auto listener =
        h.listen(server_port, 8, {.fast_open_without_cookie = row.listener, .fast_open_queue = 4});
    h.inject(h.syn({}, "GET"));
    EXPECT_EQ(h.expect_sent().ack, h.peer_iss + (row.taken ? 4 : 1)) << row.bits << row.listener;
    EXPECT_EQ(h.tcp.accept(listener).has_value(), row.taken);
  }
}

TEST(FastOpenParts, RFC7413_4_1_2_a_SYN_that_neither_asks_nor_brings_data_is_a_plain_one) {
  FastOpenHarness h;
  const auto listener = h.serve();
  h.inject(h.syn({}));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_iss + 1);
  EXPECT_FALSE(reply.parsed.fast_open.has_value());
  EXPECT_EQ(h.tcp.status(listener)->handshakes, 1);
}

TEST(FastOpenParts, RFC7413_4_1_3_a_cookie_that_nobody_asked_for_is_nobodys) {
  FastOpenHarness h;
  const Endpoint server{Harness::peer_address, server_port};
  h.peer_port = server_port;
  const auto plain = h.tcp.connect({}, server, {}, h.now);
  ASSERT_TRUE(plain.ok());
  h.expect_syn();
  h.answer(h.our_nxt, cookie_of("12345678"));
  EXPECT_EQ(h.state(*plain), State::established);
  EXPECT_FALSE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now));
}

TEST(FastOpenParts, RFC7413_4_1_3_what_the_cache_knows_can_be_forgotten) {
  FastOpenHarness h;
  const Endpoint server{Harness::peer_address, server_port};
  h.learn(cookie_of("12345678"));
  EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now));
  EXPECT_FALSE(h.tcp.fast_open_ready(server, {}, h.now)) << "who does not want it";
  h.tcp.fast_open_cache().clear();
  EXPECT_FALSE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now));
  EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true, .fast_open_without_cookie = true}, h.now));
}

TEST(FastOpenParts, RFC7413_4_2_1_the_users_own_segment_size_bounds_the_data_too) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const std::string data(900, 'x');
  const Bytes bytes(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  const auto c = h.tcp.connect({}, {Harness::peer_address, server_port},
                               {.fast_open = true, .maximum_segment_size = 240}, h.now, {&bytes, 1});
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(h.expect_syn().data.size(), 200u) << "less the room for options";
  EXPECT_EQ(h.tcp.status(*c)->send_queue, 200u);
}

}  // namespace
}  // namespace linnet::tcp::test
