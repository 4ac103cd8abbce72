// SPDX-License-Identifier: Apache-2.0
// A router between two links, of which a test plays both wires.
#pragma once

#include "core/ip/test_host.hpp"

namespace linnet::ip::test {

constexpr IpAddress inside_host = IpAddress::v4(10, 0, 0, 7);  ///< on the second link

inline Config router_config() {
  Config config;
  config.interfaces = 3;
  config.forward = true;
  config.icmp_errors_per_second = 1000;
  return config;
}

/// Between 192.0.2.0/24, where the default route leads, and 10.0.0.0/8.
struct Router : Host {
  explicit Router(const Config& c = router_config(), const Capabilities& of_second = {}) : Host(c) {
    second.offers = of_second;
    add_second();
    resolve_inside(inside_host);
    device.out.clear();
  }
  void resolve_inside(const IpAddress& address) {
    Frame frame;
    ethernet.send(frame, 2, address, ethernet::ethertype::ipv4, now);
    const auto reply = ethernet::test::arp_frame(our_mac, {.operation = 2,
                                                           .sender_mac = peer_mac,
                                                           .sender = address,
                                                           .target_mac = our_mac,
                                                           .target = second_address});
    EXPECT_FALSE(ethernet.receive(wire.packet(reply, 2), now));
    second.out.clear();
  }
  /// What went out by the second link, without its link header; empty: nothing.
  Buffer forwarded() {
    const Buffer frame = second.take();
    return frame.empty() ? frame : Buffer(frame.begin() + 14, frame.end());
  }
  /// The ICMP error that went to the peer, by type and code; its next-hop MTU.
  struct Told {
    int type = -1;
    int code = -1;
    std::uint16_t mtu = 0;
    Buffer quote{};
  };
  Told told() {
    const Buffer packet = sent();
    if (packet.size() < 28 || packet[9] != protocol::icmp) return {};
    EXPECT_EQ(IpAddress::v4(load32(packet.data() + 12)), our_address) << "RFC 1812 4.3.2.4";
    EXPECT_EQ(IpAddress::v4(load32(packet.data() + 16)), peer);
    EXPECT_EQ(reference_checksum(Bytes(packet).subspan(20)), 0);
    return {packet[20], packet[21], load16(packet.data() + 26), Buffer(packet.begin() + 28, packet.end())};
  }
};

inline PacketOptions to_neighbour() {
  return {.source = peer, .destination = inside_host, .identification = 77};
}

/// A UDP datagram or TCP segment between these, with a right checksum.
inline Buffer transport_bytes(std::uint8_t protocol, const Endpoint& from, const Endpoint& to,
                              std::uint8_t tcp_flags = 2, std::size_t size = 20) {
  Buffer bytes = pattern(size, 3);
  const std::size_t field = protocol == protocol::tcp ? 16 : 6;
  store16(bytes.data(), from.port);
  store16(bytes.data() + 2, to.port);
  if (protocol == protocol::udp) store16(bytes.data() + 4, static_cast<std::uint16_t>(size));
  if (protocol == protocol::tcp) {
    bytes[12] = 0x50;
    bytes[13] = tcp_flags;
  }
  store16(bytes.data() + field, 0);
  const std::uint32_t pseudo = pseudo_sum(from.address, to.address, protocol, size);
  const std::uint16_t sum = reference_checksum(bytes, pseudo);
  store16(bytes.data() + field, sum == 0 && protocol == protocol::udp ? std::uint16_t{0xffff} : sum);
  return bytes;
}
inline Buffer transport_packet(std::uint8_t protocol, const Endpoint& from, const Endpoint& to,
                               PacketOptions options = {}, std::uint8_t tcp_flags = 2) {
  options.source = from.address;
  options.destination = to.address;
  options.protocol = protocol;
  return ipv4_packet(options, transport_bytes(protocol, from, to, tcp_flags));
}

}  // namespace linnet::ip::test
