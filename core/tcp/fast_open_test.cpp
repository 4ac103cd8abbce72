// SPDX-License-Identifier: Apache-2.0
// RFC 7413.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::uint16_t server_port = 443;

std::vector<std::uint8_t> syn_with(std::optional<FastOpenCookie> cookie, std::uint16_t mss = 1000) {
  OptionsWriter writer;
  writer.syn({.maximum_segment_size = mss, .fast_open = cookie}, OptionOrder::compact);
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

FastOpenCookie cookie_of(std::string_view text, bool experimental = false) {
  FastOpenCookie cookie;
  cookie.size = static_cast<std::uint8_t>(text.size());
  cookie.experimental = experimental;
  std::copy(text.begin(), text.end(), cookie.bytes.begin());
  return cookie;
}

HarnessOptions with(std::uint16_t bits) {
  HarnessOptions options;
  options.tcp.fast_open = bits;
  options.tcp.receive_buffer = 20000;
  options.tcp.send_buffer = 20000;
  return options;
}

struct FastOpenHarness : Harness {
  explicit FastOpenHarness(const HarnessOptions& options) : Harness(options) { our_port = server_port; }
  explicit FastOpenHarness(std::uint16_t bits = FastOpen::client | FastOpen::server) : FastOpenHarness(with(bits)) {}
  ListenerHandle serve(std::uint16_t queue = 4) { return listen(server_port, 8, {.fast_open_queue = queue}); }
  FastOpenCookie right() { return tcp.fast_open_keys().cookie(peer_address, our_address); }
  Wire syn(std::optional<FastOpenCookie> cookie, std::string data = {}, std::uint16_t port = 4321) {
    return {.seq = peer_iss, .flags = Flags::syn, .data = std::move(data), .options = syn_with(cookie), .remote_port = port};
  }

  struct Early {
    ConnectionHandle connection;
    std::uint32_t iss;
  };
  /// A connection whose SYN brought data, accepted before the handshake ended.
  Early accept_early() {
    const auto listener = serve();
    inject(syn(right(), "GET"));
    const std::uint32_t iss = expect_sent().seq;
    return {tcp.accept(listener).value(), iss};
  }

  /// A client's SYN to the server.
  ConnectionHandle open(std::string_view data, bool expected_ok = true) {
    peer_port = server_port;
    const Bytes bytes(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
    const auto c = tcp.connect({}, {peer_address, server_port}, {.fast_open = true}, now, {&bytes, 1});
    EXPECT_EQ(c.ok(), expected_ok);
    return *c;
  }
  Wire expect_syn() {
    const Wire wire = expect_sent();
    EXPECT_EQ(wire.flags, Flags::syn);
    our_port = wire.local_port;
    our_iss = wire.seq;
    our_nxt = wire.seq + 1;
    return wire;
  }
  void answer(std::uint32_t ack, std::optional<FastOpenCookie> cookie = {}) {
    inject({.seq = peer_iss, .ack = ack, .flags = Flags::syn | Flags::ack, .options = syn_with(cookie)});
  }
  /// The server gives that cookie on a first connection, which is reset then.
  void learn(const FastOpenCookie& cookie) {
    const auto c = open("");
    expect_syn();
    answer(our_nxt, cookie);
    tcp.abort(c, now);
    discard_sent();
  }
};

// --- server ---

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
  h.inject({.seq = h.peer_nxt + 1, .ack = h.tcp.status(c)->state == State::syn_received ? 0u : 1u, .flags = Flags::rst, .remote_port = 1001});
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

// --- client ---

TEST(FastOpenClient, RFC7413_4_1_3_asks_for_a_cookie_then_uses_it) {
  for (const bool experimental : {false, true}) {
    FastOpenHarness h;
    const auto first = h.open("data");
    const Wire request = h.expect_syn();
    EXPECT_EQ(request.parsed.fast_open, FastOpenCookie{});
    EXPECT_TRUE(request.data.empty());
    EXPECT_EQ(h.tcp.status(first)->send_queue, 0u);  // nothing taken: it is for send
    h.answer(h.our_nxt, cookie_of("cookie", experimental));
    EXPECT_EQ(h.state(first), State::established);
    h.tcp.abort(first, h.now);
    h.discard_sent();

    const auto second = h.open("data");
    const Wire syn = h.expect_syn();
    EXPECT_EQ(syn.parsed.fast_open, cookie_of("cookie", experimental));
    EXPECT_EQ(syn.data, "data");
    h.answer(h.our_nxt + 4);
    EXPECT_EQ(h.state(second), State::established);
    EXPECT_TRUE(h.tcp.status(second)->syn_data);
    EXPECT_EQ(h.tcp.status(second)->send_queue, 0u);
    h.discard_sent();
    h.write(second, "more");
    EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 4);
  }
}

TEST(FastOpenClient, RFC7413_4_2_1_data_on_the_syn_is_bounded_by_the_servers_segment_size) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open(std::string(5000, 'x'));
  EXPECT_EQ(h.expect_syn().data.size(), 960u);  // 1000 less room for options
  EXPECT_EQ(h.tcp.status(c)->send_queue, 960u);
}

TEST(FastOpenClient, RFC7413_4_2_2_data_that_was_not_taken_is_sent_again_at_once) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open("data");
  h.expect_syn();
  h.answer(h.our_nxt, cookie_of("abcdefgh"));
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "data");
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_FALSE(h.tcp.status(c)->syn_data);
  h.inject(h.ack_of(h.our_nxt + 4));
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  EXPECT_TRUE(h.tcp.fast_open_ready({Harness::peer_address, 1}, {.fast_open = true}, h.now));
}

TEST(FastOpenClient, a_part_that_was_taken_is_not_sent_again) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  h.open("abcdef");
  h.expect_syn();
  h.answer(h.our_nxt + 2);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.data, "cdef");
  EXPECT_EQ(again.seq, h.our_nxt + 2);
}

TEST(FastOpenClient, RFC7413_4_1_3_1_a_lost_syn_is_repeated_bare_and_disables_for_a_while) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  const auto c = h.open("data");
  h.expect_syn();
  h.advance(Duration::milliseconds(1100));
  const Wire bare = h.expect_sent();
  EXPECT_EQ(bare.flags, Flags::syn);
  EXPECT_EQ(bare.seq, h.our_iss);
  EXPECT_TRUE(bare.data.empty());
  EXPECT_FALSE(bare.parsed.fast_open.has_value());
  h.answer(h.our_nxt);
  EXPECT_EQ(h.expect_sent().data, "data");
  EXPECT_EQ(h.state(c), State::established);
  const Endpoint server{Harness::peer_address, server_port};
  EXPECT_FALSE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now));
  EXPECT_TRUE(h.tcp.fast_open_ready(server, {.fast_open = true}, h.now + Duration::seconds(121)));
}

TEST(FastOpenClient, RFC7413_4_1_3_1_with_a_back_off_of_zero_a_loss_is_not_remembered) {
  HarnessOptions options = with(FastOpen::client);
  options.tcp.fast_open_back_off = Duration();
  FastOpenHarness h(options);
  h.learn(cookie_of("12345678"));
  h.open("data");
  h.expect_syn();
  h.advance(Duration::milliseconds(1100));
  EXPECT_TRUE(h.expect_sent().data.empty());
  EXPECT_TRUE(h.tcp.fast_open_ready({Harness::peer_address, server_port}, {.fast_open = true}, h.now));
}

TEST(FastOpenClient, a_server_without_option_34_is_asked_by_the_experimental_one) {
  FastOpenHarness h;
  h.tcp.abort(h.open(""), h.now);
  h.expect_syn();
  const auto first = h.open("");
  EXPECT_FALSE(h.expect_syn().parsed.fast_open->experimental);
  h.answer(h.our_nxt);
  h.tcp.abort(first, h.now);
  h.discard_sent();
  h.open("");
  EXPECT_TRUE(h.expect_syn().parsed.fast_open->experimental);
}

TEST(FastOpenClient, without_cookie_mode_sends_data_to_anybody) {
  FastOpenHarness h(FastOpen::client | FastOpen::client_without_cookie);
  h.open("data");
  const Wire syn = h.expect_syn();
  EXPECT_EQ(syn.data, "data");
  EXPECT_FALSE(syn.parsed.fast_open.has_value());
}

TEST(FastOpenClient, nobody_who_did_not_ask_has_the_option) {
  FastOpenHarness h;
  h.learn(cookie_of("12345678"));
  ASSERT_TRUE(h.tcp.connect({}, {Harness::peer_address, server_port}, {}, h.now).ok());
  EXPECT_FALSE(h.expect_syn().parsed.fast_open.has_value());
}

TEST(FastOpenClient, the_cache_forgets_whom_it_met_longest_ago) {
  std::vector<std::uint8_t> memory(4096);
  Arena arena(memory);
  FastOpenCache cache(arena, 2);
  const auto server = [](std::uint8_t n) { return IpAddress::v4(10, 0, 1, n); };
  cache.obtain(server(1))->cookie = cookie_of("aaaa");
  cache.obtain(server(2));
  EXPECT_EQ(cache.obtain(server(1))->cookie, cookie_of("aaaa"));
  EXPECT_EQ(cache.obtain(server(3))->cookie.size, 0);
  EXPECT_EQ(cache.find(server(2)), nullptr);
  EXPECT_NE(cache.find(server(1)), nullptr);
}

TEST(FastOpenWire, RFC7413_4_1_1_lengths) {
  for (int length = 0; length <= 18; ++length) {
    std::vector<std::uint8_t> area{34, static_cast<std::uint8_t>(length + 2)};
    area.resize(static_cast<std::size_t>(length) + 2, 7);
    const auto options = SegmentOptions::parse(area, true);
    ASSERT_TRUE(options.has_value());
    const bool possible = length == 0 || (length >= 4 && length <= 16 && length % 2 == 0);
    EXPECT_EQ(options->fast_open.has_value(), possible) << length;
    EXPECT_FALSE(SegmentOptions::parse(area, false)->fast_open.has_value());  // SYN only
  }
}

}  // namespace
}  // namespace linnet::tcp::test
