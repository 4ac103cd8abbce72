// SPDX-License-Identifier: Apache-2.0
// For tests of TCP Fast Open: a server or a client with its peer (RFC 7413).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {

constexpr std::uint16_t server_port = 443;

inline std::vector<std::uint8_t> syn_with(std::optional<FastOpenCookie> cookie, std::uint16_t mss = 1000) {
  OptionsWriter writer;
  writer.syn({.maximum_segment_size = mss, .fast_open = cookie}, OptionOrder::compact);
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

inline FastOpenCookie cookie_of(std::string_view text, bool experimental = false) {
  FastOpenCookie cookie;
  cookie.size = static_cast<std::uint8_t>(text.size());
  cookie.experimental = experimental;
  std::copy(text.begin(), text.end(), cookie.bytes.begin());
  return cookie;
}

inline HarnessOptions fast_open_options(std::uint16_t bits) {
  HarnessOptions options;
  options.tcp.fast_open = bits;
  options.tcp.receive_buffer = 20000;
  options.tcp.send_buffer = 20000;
  return options;
}

struct FastOpenHarness : Harness {
  explicit FastOpenHarness(const HarnessOptions& options) : Harness(options) { our_port = server_port; }
  explicit FastOpenHarness(std::uint16_t bits = FastOpen::client | FastOpen::server)
      : FastOpenHarness(fast_open_options(bits)) {}
  ListenerHandle serve(std::uint16_t queue = 4) { return listen(server_port, 8, {.fast_open_queue = queue}); }
  FastOpenCookie right() { return tcp.fast_open_keys().cookie(peer_address, our_address); }
  Wire syn(std::optional<FastOpenCookie> cookie, std::string data = {}, std::uint16_t port = 4321) {
    return {.seq = peer_iss,
            .flags = Flags::syn,
            .data = std::move(data),
            .options = syn_with(cookie),
            .remote_port = port};
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

}  // namespace linnet::tcp::test
