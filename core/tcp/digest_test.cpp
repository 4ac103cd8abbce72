// SPDX-License-Identifier: Apache-2.0
// The digest, by which replays are compared, tells states apart; and what visits connections and listeners
// sees them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

TEST(TcpDigest, every_step_of_a_connection_is_another_state) {
  Harness h;
  std::vector<Digest::Value> seen{h.digest()};
  const auto differs = [&](const char* what) {
    EXPECT_EQ(std::count(seen.begin(), seen.end(), h.digest()), 0) << what;
    seen.push_back(h.digest());
  };
  const ListenerHandle l = h.listen(80);
  differs("listening");
  h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460, -1, true)});
  differs("a handshake");
  h.our_nxt = h.expect_sent().seq + 1;
  h.peer_nxt = h.peer_iss + 1;
  h.inject(h.ack_of(h.our_nxt));
  differs("a connection waits");
  const auto c = h.tcp.accept(l);
  ASSERT_TRUE(c.has_value());
  differs("accepted");
  h.inject({.seq = h.peer_nxt + 5, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  differs("out of order");
  h.inject({.seq = h.peer_nxt + 9, .ack = h.our_nxt, .flags = Flags::ack, .data = "y"});
  differs("a second gap");
  h.inject(
      {.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "ab", .urgent = 4});
  differs("urgent data of the peer's");
  EXPECT_EQ(h.write(*c, "abc", {.urgent = true}), 3u);
  differs("urgent data of ours");
  h.inject({.seq = h.peer_nxt + 2, .ack = h.our_nxt + 3, .flags = Flags::ack});
  differs("acknowledged");
  EXPECT_EQ(h.read(*c), "ab");
  differs("read");
  EXPECT_TRUE(h.tcp.shutdown_send(*c, h.now).ok());
  differs("closed by us");
  h.inject({.seq = h.peer_nxt + 2, .ack = h.our_nxt + 4, .flags = Flags::ack, .data = "abcdefgh"});
  differs("the gaps are filled");
  h.inject({.seq = h.peer_nxt + 10, .ack = h.our_nxt + 4, .flags = Flags::ack | Flags::fin});
  differs("closed by both");
  h.tcp.close(*c, h.now);
  differs("only TIME-WAIT");
  h.tcp.close(l, h.now);
  differs("no listener");
  h.advance(Duration::seconds(61));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(TcpDigest, what_visits_sees_listeners_connections_and_time_wait) {
  Harness h;
  h.listen(81);
  const ConnectionHandle c = h.accept();
  std::vector<State> states;
  const auto visit = [&] {
    states.clear();
    h.tcp.for_each_connection([&](const Status& status) { states.push_back(status.state); });
  };
  visit();
  EXPECT_EQ(states, std::vector{State::established});
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack | Flags::fin});
  h.tcp.close(c, h.now);
  visit();
  EXPECT_EQ(states, std::vector{State::time_wait});
  std::vector<std::uint16_t> ports;
  h.tcp.for_each_listener([&](const ListenerStatus& status) { ports.push_back(status.local.port); });
  EXPECT_EQ(ports, std::vector<std::uint16_t>{81});
}

/// RFC 9293 MUST-57, MUST-63, whatever IP below lets through.
TEST(TcpDigest, RFC9293_MUST_57_MUST_63_only_hosts_are_heard) {
  Harness h;
  h.listen(80);
  const Digest::Value before = h.digest();
  const std::array<ip::Datagram, 4> wrong = {
      ip::Datagram{.source = h.peer_address, .destination = h.our_address, .group = true},
      ip::Datagram{.source = IpAddress::v4(224, 0, 0, 1), .destination = h.our_address},
      ip::Datagram{.source = IpAddress::any_v4(), .destination = h.our_address},
      ip::Datagram{.source = IpAddress::v4(255, 255, 255, 255), .destination = h.our_address}};
  for (const ip::Datagram& one : wrong) {
    h.tcp.receive(ip::Datagram{.source = one.source, .destination = one.destination, .group = one.group},
                  h.now);
  }
  EXPECT_EQ(h.drops.of(Drop::tcp_bad_address), 4u);
  h.poll();
  h.expect_silence();
  EXPECT_EQ(h.digest(), before);
}

TEST(TcpDigest, RFC5927_a_quote_without_ports_and_number_is_of_nothing) {
  Harness h;
  const ConnectionHandle c = h.connect();
  h.tcp.error({.source = h.our_address,
               .destination = h.peer_address,
               .packet = Packet(h.pool.allocate(7), 0, 7),  // RFC 792 gives eight
               .error = ip::ErrorKind::port_unreachable},
              h.now);
  EXPECT_EQ(h.drops.of(Drop::icmp_quote), 1u);
  EXPECT_EQ(h.state(c), State::syn_sent);
}

}  // namespace
}  // namespace linnet::tcp::test
