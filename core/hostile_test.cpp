// SPDX-License-Identifier: Apache-2.0
// Rows of docs/hostile-packets.csv that concern the stack as a whole.
#include "core/test_hostile.hpp"

namespace linnet::test {
namespace {

using ip::test::icmp_message;
using ip::test::ipv4_packet;
using ip::test::pattern;

TEST(StackHostile, C01_04_our_own_link_address_as_source_earns_no_trust) {
  Victim victim;
  const auto socket = *victim.stack.udp().open();
  ASSERT_TRUE(victim.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  const std::pair<Buffer, Drop> packets[] = {
      {transport_packet(17, udp_bytes(5000, 7, pattern(30))), Drop::udp_checksum},
      {transport_packet(6, tcp_bytes({.flags = 2})), Drop::tcp_checksum},
      {ipv4_packet({.protocol = 1}, icmp_message(8, 0, 1, pattern(30))), Drop::icmp_checksum}};
  for (const auto& [packet, reason] : packets) {
    for (const MacAddress& from : {peer_mac, our_mac}) {
      Buffer bad = packet;
      bad.back() = static_cast<std::uint8_t>(bad.back() ^ 1);
      EXPECT_EQ(victim.reject(ethernet::test::ethernet_frame(our_mac, from, ethernet::ethertype::ipv4, bad)), reason);
      bad = packet;
      bad[10] = static_cast<std::uint8_t>(bad[10] ^ 1);
      EXPECT_EQ(victim.reject(ethernet::test::ethernet_frame(our_mac, from, ethernet::ethertype::ipv4, bad)),
                Drop::ip_checksum);
    }
  }
}

TEST(StackHostile, C03_07_each_version_has_its_own_icmp) {
  Victim victim;
  for (std::uint8_t type = 128; type <= 137; ++type) {
    EXPECT_EQ(victim.reject_ip(ipv4_packet({.protocol = 1}, icmp_message(type, 0, 1, pattern(24)))), Drop::icmp_type);
  }
  // ICMPv6's number in an IPv4 packet: unknown there, as the sender is told.
  const Outcome outcome = victim.deliver_ip(ipv4_packet({.protocol = 58}, icmp_message(128, 0, 1, pattern(24))));
  EXPECT_EQ(outcome.reason, Drop::ip_protocol);
  ASSERT_EQ(outcome.sent.size(), 1u);
  EXPECT_EQ(outcome.sent[0][14 + 20], 3) << "destination unreachable";
  EXPECT_EQ(outcome.sent[0][14 + 21], 2) << "protocol";
}

/// Whether a frame is an IPv4 packet whose header has no options, to `peer`.
void expect_plain(const Buffer& frame) {
  ASSERT_GE(frame.size(), 34u);
  EXPECT_EQ(frame[14], 0x45);
  EXPECT_EQ(load32(frame.data() + 14 + 16), peer.v4_value());
}

TEST(StackHostile, C04_01_options_are_in_no_answer) {
  Victim victim;
  const Buffer udp = udp_bytes(5000, 9999, pattern(8));
  const Buffer routes[] = {
      {131, 11, 4, 10, 9, 8, 7, 10, 9, 8, 6, 1, 137, 11, 4, 10, 9, 8, 7, 10, 9, 8, 6, 1},  // loose, then strict
      {137, 7, 4, 10, 9, 8, 7, 137, 7, 8, 10, 9, 8, 6, 1, 1},                             // two strict ones
      {137, 7, 255, 10, 9, 8, 7, 1},                                                     // a pointer beyond
      {131, 39, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
       0,   0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};  // 40 bytes
  for (const Buffer& options : routes) {
    EXPECT_EQ(victim.reject_ip(ipv4_packet({.protocol = 17, .options = options}, udp)), Drop::ip_source_route);
    EXPECT_EQ(victim.reject_ip(ipv4_packet({.protocol = 1, .options = options}, icmp_message(8, 0, 1, pattern(8)))),
              Drop::ip_source_route);
  }
  // Options that are ignored: the error quotes the packet with them, in a packet that has none.
  for (std::uint8_t length = 4; length <= 40; length = static_cast<std::uint8_t>(length + 4)) {
    Buffer options(length, 0);
    options[0] = 7;  // record route, as if it were full
    options[1] = length;
    options[2] = static_cast<std::uint8_t>(length + 1);
    for (std::size_t i = 3; i < length; ++i) options[i] = static_cast<std::uint8_t>(10 + i);
    const Buffer packet = ipv4_packet({.protocol = 17, .options = options}, udp);
    const Outcome error = victim.deliver_ip(packet);
    EXPECT_EQ(error.reason, Drop::udp_no_port);
    ASSERT_EQ(error.sent.size(), 1u);
    expect_plain(error.sent[0]);
    EXPECT_EQ(Buffer(error.sent[0].begin() + 14 + 28, error.sent[0].end()), packet);
    const Outcome echo =
        victim.deliver_ip(ipv4_packet({.protocol = 1, .options = options}, icmp_message(8, 0, 1, pattern(8))));
    ASSERT_EQ(echo.sent.size(), 1u);
    expect_plain(echo.sent[0]);
    EXPECT_EQ(echo.sent[0].size(), 14u + 20 + 8 + 8);
    victim.run_for(Duration::seconds(10));
  }
}

TEST(StackHostile, C05_01_C05_02_ip_in_ip_is_an_unknown_protocol) {
  Victim victim;
  const auto socket = *victim.stack.udp().open();
  ASSERT_TRUE(victim.stack.udp().bind(socket, {IpAddress::any_v4(), 7}, false));
  Buffer inner = transport_packet(17, udp_bytes(5000, 7, pattern(40)));
  for (const std::uint16_t length : {std::uint16_t{68}, std::uint16_t{69}, std::uint16_t{1500}, std::uint16_t{65535}}) {
    store16(inner.data() + 2, length);  // the inner one says that it is longer than the outer one
    ip::test::fix_checksum(inner, 20);
    const std::size_t cut = 32;
    const Buffer first(inner.begin(), inner.begin() + cut);
    const Buffer second(inner.begin() + cut, inner.end());
    victim.deliver_ip(ipv4_packet({.protocol = 4, .identification = length, .more = true}, first));
    const Outcome outcome = victim.deliver_ip(ipv4_packet({.protocol = 4, .identification = length, .offset = cut}, second));
    EXPECT_EQ(outcome.drops, 1u);
    EXPECT_EQ(outcome.reason, Drop::ip_protocol);
    EXPECT_LE(outcome.sent.size(), 1u);
    EXPECT_EQ(victim.stack.udp().queued(socket), 0);
    EXPECT_TRUE(victim.stack.pool().full());
  }
  Buffer packet = transport_packet(17, udp_bytes(5000, 7, pattern(8)));
  for (int depth = 1; depth <= 64; ++depth) {
    packet = ipv4_packet({.protocol = 4}, packet);
    EXPECT_EQ(victim.deliver_ip(packet).reason, Drop::ip_protocol) << depth;
    EXPECT_EQ(victim.stack.udp().queued(socket), 0);
  }
  EXPECT_TRUE(victim.stack.pool().full());
}

TEST(StackHostile, C05_03_ipv6_in_ipv4_is_an_unknown_protocol) {
  Victim victim;
  for (std::size_t size = 0; size <= 40; ++size) {
    Buffer inner(size, 0);
    if (size > 0) inner[0] = 0x60;
    if (size > 6) inner[6] = 17;
    const Outcome outcome = victim.deliver_ip(ipv4_packet({.protocol = 41}, inner));
    EXPECT_EQ(outcome.drops, 1u);
    EXPECT_EQ(outcome.reason, Drop::ip_protocol) << size;
    EXPECT_LE(outcome.bytes_sent(), 14 + 20 + 8 + 20 + size);
    victim.run_for(Duration::seconds(1));
  }
  EXPECT_TRUE(victim.stack.pool().full());
}

/// A listener at port 80, and what a handshake with it takes.
struct TcpVictim : Victim {
  TcpVictim() {
    const auto bound = stack.tcp().bind({IpAddress::any_v4(), 80}, false);
    EXPECT_TRUE(bound.ok());
    listener = *bound;
    EXPECT_TRUE(stack.tcp().listen(listener, 4, {}).ok());
  }
  ~TcpVictim() {
    if (connection) stack.tcp().abort(*connection, now);
    stack.tcp().close(listener, now);
  }
  void open() {
    const Outcome syn = deliver_ip(transport_packet(6, tcp_bytes({.seq = 999, .flags = 2})));
    ASSERT_EQ(syn.sent.size(), 1u);
    our_nxt = load32(syn.sent[0].data() + 14 + 24) + 1;
    deliver_ip(transport_packet(6, tcp_bytes({.seq = 1000, .ack = our_nxt, .flags = 0x10})));
    connection = stack.tcp().accept(listener);
    ASSERT_TRUE(connection.has_value());
  }
  std::string read() {
    std::string text(4096, 0);
    const auto n = stack.tcp().receive(*connection, MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()), text.size()), false, now);
    text.resize(n.ok() ? *n : 0);
    return text;
  }
  tcp::ListenerHandle listener;
  std::optional<tcp::ConnectionHandle> connection;
  std::uint32_t our_nxt = 0;
};

TEST(StackHostile, C15_11_the_ip_length_bounds_the_segment) {
  TcpVictim victim;
  victim.open();
  const Buffer text = {'t', 'e', 'x', 't'};
  const Buffer segment = tcp_bytes({.seq = 1000, .ack = victim.our_nxt, .flags = 0x18, .payload = text});
  for (std::size_t length = 0; length < 20; ++length) {
    const Buffer cut(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(victim.reject_ip(transport_packet(6, cut)), Drop::tcp_header_length);
  }
  for (const std::uint16_t length : {45, 46, 1500, 65535}) {
    Buffer packet = transport_packet(6, segment);
    store16(packet.data() + 2, length);
    ip::test::fix_checksum(packet, 20);
    EXPECT_EQ(victim.reject_ip(packet), Drop::ip_length);
  }
  // What an Ethernet pads a short frame with is no text.
  Buffer padded = transport_packet(6, segment);
  padded.resize(padded.size() + 100, 'p');
  EXPECT_EQ(victim.deliver_ip(padded).drops, 0u);
  EXPECT_EQ(victim.read(), "text");
}

TEST(StackHostile, C18_12_no_more_comes_back_than_was_sent) {
  for (const std::uint16_t port : {80, 81}) {
    TcpVictim victim;
    for (const unsigned flags : {0x18u, 0x1au, 0x0au, 0x02u, 0x01u, 0x00u, 0x29u, 0x3fu, 0x04u, 0x14u, 0x10u, 0x12u}) {
      const Buffer packet = transport_packet(
          6, tcp_bytes({.source_port = static_cast<std::uint16_t>(1000 + flags), .destination_port = port, .seq = 5,
                        .ack = 9, .flags = static_cast<std::uint8_t>(flags), .payload = pattern(400)}));
      const Outcome outcome = victim.deliver_ip(packet);
      EXPECT_LE(outcome.sent.size(), 1u) << flags;
      EXPECT_LE(outcome.bytes_sent(), 14u + 60) << flags;
      for (const Buffer& sent : outcome.sent) {
        const std::size_t header = (sent[14 + 20 + 12] >> 4) * 4u;
        EXPECT_EQ(sent.size(), 14 + 20 + header) << "never text before the handshake is over";
        EXPECT_EQ(flags & 4u, 0u) << "a reset is answered by nothing";
      }
    }
    EXPECT_FALSE(victim.stack.tcp().accept(victim.listener).has_value());
    EXPECT_TRUE(victim.stack.pool().full());
  }
}

TEST(StackHostile, C18_12_text_on_a_syn_is_not_delivered) {
  TcpVictim victim;
  const Outcome syn = victim.deliver_ip(transport_packet(6, tcp_bytes({.seq = 999, .flags = 2, .payload = pattern(100)})));
  ASSERT_EQ(syn.sent.size(), 1u);
  EXPECT_EQ(load32(syn.sent[0].data() + 14 + 28), 1000u) << "the SYN alone is acknowledged";
}

TEST(StackHostile, C19_02_no_handshake_with_what_is_no_host) {
  TcpVictim victim;
  const Buffer syn = tcp_bytes({.seq = 999, .flags = 2});
  for (const IpAddress& source : {IpAddress::any_v4(), IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255),
                                  IpAddress::v4(224, 0, 0, 1), our_address, IpAddress::loopback_v4()}) {
    EXPECT_EQ(victim.reject_ip(transport_packet(6, syn, source)), Drop::ip_martian);
  }
  for (const IpAddress& source : {peer, IpAddress::any_v4()}) {
    for (const IpAddress& to : {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1)}) {
      if (source.is_unspecified() && to == IpAddress::v4(192, 0, 2, 255)) continue;  // not even IP takes that
      const Buffer frame = ethernet::test::ethernet_frame(MacAddress::broadcast(), peer_mac, ethernet::ethertype::ipv4,
                                                          transport_packet(6, syn, source, to));
      EXPECT_EQ(victim.reject(frame), Drop::tcp_bad_address);
    }
  }
  EXPECT_EQ(victim.stack.tcp().status(victim.listener)->handshakes, 0);
}

}  // namespace
}  // namespace linnet::test
