// SPDX-License-Identifier: Apache-2.0
// RFC 7413: the server.
#include "core/tcp/test_fast_open.hpp"

namespace linnet::tcp::test {
namespace {

TEST(FastOpenServer, RFC7413_4_1_2_a_request_is_answered_by_a_cookie) {
  for (const bool experimental : {false, true}) {
    FastOpenHarness h;
    const auto listener = h.serve();
    h.inject(h.syn(cookie_of("", experimental), "early"));
    const Wire reply = h.expect_sent();
    ASSERT_TRUE(reply.parsed.fast_open.has_value());
    EXPECT_EQ(reply.parsed.fast_open->bytes, h.right().bytes);
    EXPECT_EQ(reply.parsed.fast_open->size, 8);
    EXPECT_EQ(reply.parsed.fast_open->experimental, experimental);
    EXPECT_EQ(reply.ack, h.peer_nxt);  // the data is not taken
    EXPECT_FALSE(h.tcp.acceptable(listener));
  }
}

TEST(FastOpenServer, RFC7413_4_2_2_data_with_a_good_cookie_is_delivered_before_the_handshake_ends) {
  FastOpenHarness h;
  const auto listener = h.serve();
  h.inject(h.syn(h.right(), "GET"));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(reply.ack, h.peer_nxt + 3);
  EXPECT_FALSE(reply.parsed.fast_open.has_value());
  h.expect_silence();
  ASSERT_TRUE(h.tcp.acceptable(listener));
  const auto c = h.tcp.accept(listener).value();
  EXPECT_EQ(h.state(c), State::syn_received);
  EXPECT_EQ(h.read(c), "GET");
  EXPECT_TRUE(h.tcp.readiness(c).writable);
  h.write(c, "answer");  // 4.2.2: the server may send before the handshake's last ACK
  const Wire data = h.expect_sent();
  EXPECT_EQ(data.data, "answer");
  EXPECT_EQ(data.seq, reply.seq + 1);
  EXPECT_EQ(data.flags & Flags::ack, Flags::ack);
  h.inject({.seq = h.peer_nxt + 3, .ack = reply.seq + 7, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  EXPECT_TRUE(h.tcp.status(c)->syn_data);
  h.write(c, "more");
  EXPECT_EQ(h.expect_sent().seq, reply.seq + 7);
}

TEST(FastOpenServer, data_sent_early_and_lost_is_sent_again_after_the_handshake) {
  FastOpenHarness h;
  const auto [c, iss] = h.accept_early();
  h.write(c, "lost");
  h.expect_sent();
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 1, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::established);
  h.expect_silence();
  h.advance(Duration::milliseconds(1100));
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "lost");
  EXPECT_EQ(again.seq, iss + 1);
}

TEST(FastOpenServer, RFC1191_6_4_data_sent_early_and_too_large_goes_out_again_smaller_after_the_handshake) {
  FastOpenHarness h;
  const auto [c, iss] = h.accept_early();
  std::string text;
  while (text.size() < 1000) text += std::to_string(text.size()) + ' ';
  h.write(c, text);
  h.discard_sent();
  h.ip.path_mtu_update(Harness::peer_address, 576, h.now);
  h.write(c, "more");
  EXPECT_EQ(h.expect_sent().data, "more");
  h.expect_silence();  // of what was sent before only the SYN goes again now, by the timer
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 1, .flags = Flags::ack});
  std::string again;
  while (auto wire = h.sent()) {
    EXPECT_EQ(wire->seq, iss + 1 + again.size());
    EXPECT_LE(wire->data.size(), 536u);
    again += wire->data;
  }
  EXPECT_EQ(again, text);
}

TEST(FastOpenServer, RFC7413_4_1_2_a_wrong_cookie_falls_back_and_gets_a_right_one) {
  FastOpenHarness h;
  const auto listener = h.serve();
  h.inject(h.syn(cookie_of("12345678"), "GET"));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_nxt);
  EXPECT_EQ(reply.parsed.fast_open, h.right());
  EXPECT_FALSE(h.tcp.acceptable(listener));
  h.inject({.seq = h.peer_nxt, .ack = reply.seq + 1, .flags = Flags::ack, .data = "GET"});
  EXPECT_EQ(h.read(h.tcp.accept(listener).value()), "GET");
}

TEST(FastOpenServer, RFC7413_4_1_2_rotated_keys) {
  FastOpenHarness h;
  const auto listener = h.serve();
  std::array<std::uint8_t, 32> keys{};
  keys[0] = 1;
  keys[16] = 2;
  ASSERT_TRUE(h.tcp.fast_open_keys().set(Bytes(keys).subspan(16)));
  const FastOpenCookie old = h.right();
  ASSERT_TRUE(h.tcp.fast_open_keys().set(keys));
  EXPECT_NE(old, h.right());
  h.inject(h.syn(old, "GET"));
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.ack, h.peer_nxt + 3);
  EXPECT_EQ(reply.parsed.fast_open, h.right());
  EXPECT_EQ(h.read(h.tcp.accept(listener).value()), "GET");
  EXPECT_FALSE(h.tcp.fast_open_keys().set(Bytes(keys).first(15)));
}

TEST(FastOpenServer, the_cookie_is_what_linux_computes) {
  // SipHash-2-4 under the key over the client's and the server's address.
  std::array<std::uint8_t, 16> key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  FastOpenKeys keys({});
  ASSERT_TRUE(keys.set(key));
  const std::uint8_t message[] = {0, 1, 2, 3, 4, 5, 6, 7};  // of SipHash's test vectors: 8 bytes
  const auto cookie = keys.cookie(IpAddress::v4(message[0], message[1], message[2], message[3]),
                                  IpAddress::v4(message[4], message[5], message[6], message[7]));
  const std::array<std::uint8_t, 8> vector{0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93};
  EXPECT_TRUE(std::equal(vector.begin(), vector.end(), cookie.bytes.begin()));
  std::array<std::uint8_t, 16> client;
  std::array<std::uint8_t, 16> server;
  for (std::size_t i = 0; i < 16; ++i) {
    client[i] = static_cast<std::uint8_t>(i);
    server[i] = static_cast<std::uint8_t>(16 + i);
  }
  const auto of_v6 = keys.cookie(IpAddress::v6(client), IpAddress::v6(server));
  const std::array<std::uint8_t, 8> of_32_bytes{0xce, 0x7c, 0xf2, 0x72, 0x2f, 0x51, 0x27, 0x71};
  EXPECT_TRUE(std::equal(of_32_bytes.begin(), of_32_bytes.end(), of_v6.bytes.begin()));
}

TEST(FastOpenServer, RFC7413_4_1_2_a_key_that_was_replaced_twice_is_good_no_more) {
  const std::array<std::uint8_t, 16> key{1};
  const std::array<std::uint8_t, 16> newer{2};
  std::array<std::uint8_t, 32> both{};
  std::copy(newer.begin(), newer.end(), both.begin());
  std::copy(key.begin(), key.end(), both.begin() + 16);
  const auto by = [](Bytes bytes) {
    FastOpenKeys keys({});
    EXPECT_TRUE(keys.set(bytes));
    return keys;
  };
  const auto check = [](const FastOpenKeys& keys, const FastOpenKeys& other) {
    const IpAddress& client = Harness::peer_address;
    const IpAddress& server = Harness::our_address;
    return keys.check(other.cookie(client, server), client, server);
  };
  FastOpenKeys keys = by(both);
  EXPECT_EQ(check(keys, by(newer)), FastOpenKeys::Check::good);
  EXPECT_EQ(check(keys, by(key)), FastOpenKeys::Check::old);
  EXPECT_EQ(check(keys, FastOpenKeys({})), FastOpenKeys::Check::wrong);
  ASSERT_TRUE(keys.set(newer));
  EXPECT_EQ(check(keys, by(newer)), FastOpenKeys::Check::good);
  EXPECT_EQ(check(keys, by(key)), FastOpenKeys::Check::wrong) << "the one key is the only one";
}

TEST(FastOpenServer, RFC7413_5_1_pending_connections_are_limited) {
  FastOpenHarness h;
  const auto listener = h.serve(1);
  h.inject(h.syn(h.right(), "1", 1001));
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
  h.inject(h.syn(h.right(), "2", 1002));
  const Wire plain = h.expect_sent();
  EXPECT_EQ(plain.ack, h.peer_nxt);
  const auto c = h.tcp.accept(listener).value();
  h.inject({.seq = h.peer_nxt + 1,
            .ack = h.tcp.status(c)->state == State::syn_received ? 0u : 1u,
            .flags = Flags::rst,
            .remote_port = 1001});
  h.inject(h.syn(h.right(), "3", 1003));  // the reset one counts no more
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 1);
  h.tcp.close(c, h.now);
}

TEST(FastOpenServer, not_enabled_is_a_plain_handshake) {
  for (const bool by_config : {false, true}) {
    FastOpenHarness h(by_config ? FastOpen::client : FastOpen::client | FastOpen::server);
    h.serve(by_config ? 4 : 0);
    h.inject(h.syn(h.right(), "GET"));
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.ack, h.peer_nxt);
    EXPECT_FALSE(reply.parsed.fast_open.has_value());
  }
}

TEST(FastOpenServer, without_cookie_mode_takes_any_data) {
  FastOpenHarness h(FastOpen::server | FastOpen::server_without_cookie);
  const auto listener = h.serve();
  h.inject(h.syn({}, "GET"));
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 3);
  EXPECT_EQ(h.read(h.tcp.accept(listener).value()), "GET");
}

TEST(FastOpenServer, a_lost_syn_ack_is_repeated) {
  FastOpenHarness h;
  const auto listener = h.serve();
  h.inject(h.syn(h.right(), "GET"));
  const Wire first = h.expect_sent();
  h.inject(h.syn({}));  // the client's second SYN has neither cookie nor data
  const Wire second = h.expect_sent();
  EXPECT_EQ(second.flags, Flags::syn | Flags::ack);
  EXPECT_EQ(second.seq, first.seq);
  EXPECT_EQ(second.ack, h.peer_nxt + 3);
  h.advance(Duration::milliseconds(1100));
  EXPECT_EQ(h.expect_sent().flags, Flags::syn | Flags::ack);
  const auto c = h.tcp.accept(listener).value();
  h.advance(Duration::seconds(100));  // and given up in the end
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(FastOpenServer, RFC9293_3_10_4_close_before_the_handshake_ends) {
  FastOpenHarness h;
  const auto [c, iss] = h.accept_early();
  h.read(c);
  h.write(c, "all of it");
  h.tcp.close(c, h.now);
  EXPECT_EQ(h.expect_sent().data, "all of it");
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 11, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.inject({.seq = h.peer_nxt + 3, .ack = iss + 11, .flags = Flags::ack | Flags::fin});
  EXPECT_FALSE(h.tcp.status(c).has_value());
}

TEST(FastOpenServer, RFC7413_4_2_a_listener_that_closed_meanwhile_leaves_the_connection) {
  FastOpenHarness h;
  const auto listener = h.serve();
  h.inject(h.syn(h.right(), "GET"));
  const std::uint32_t iss = h.expect_sent().seq;
  const auto c = h.tcp.accept(listener);
  ASSERT_TRUE(c.has_value());
  h.tcp.close(listener, h.now);
  h.inject({.seq = h.peer_iss + 4, .ack = iss + 1, .flags = Flags::ack});
  EXPECT_EQ(h.state(*c), State::established);
  EXPECT_EQ(h.read(*c), "GET");
}

TEST(FastOpenServer, RFC7413_4_2_2_only_the_SYN_itself_brings_the_SYN_ACK_again) {
  FastOpenHarness h;
  const auto early = h.accept_early();
  const auto inject = [&](std::uint32_t seq, std::uint8_t flags) {
    h.discard_sent();
    h.inject({.seq = seq, .ack = early.iss + 1, .flags = flags});
    return h.sent();
  };
  EXPECT_TRUE(inject(h.peer_iss, Flags::syn)->has(Flags::syn));
  EXPECT_FALSE(inject(h.peer_iss + 10, Flags::syn)->has(Flags::syn)) << "RFC 5961 4.2: challenged";
  EXPECT_FALSE(inject(h.peer_iss, Flags::syn | Flags::ack)->has(Flags::syn));
  EXPECT_EQ(h.state(early.connection), State::syn_received);
}

TEST(FastOpenServer, RFC9293_3_10_4_after_CLOSE_nothing_more_is_taken_to_be_sent) {
  FastOpenHarness h;
  const auto early = h.accept_early();
  EXPECT_TRUE(h.tcp.shutdown_send(early.connection, h.now).ok());
  const std::array<std::uint8_t, 1> byte{1};
  EXPECT_EQ(h.tcp.send(early.connection, byte, {}, h.now).error(), Error::closed);
}

}  // namespace
}  // namespace linnet::tcp::test
