// SPDX-License-Identifier: Apache-2.0
// A host that speaks UDP, and datagrams put together for it by hand.
#pragma once

#include "core/ip/test_host6.hpp"
#include "core/udp/udp.hpp"

namespace linnet::udp::test {

using namespace ip::test;

inline Buffer udp_datagram(const Endpoint& from, const Endpoint& to, const Buffer& payload) {
  Buffer datagram(8);
  store16(datagram.data(), from.port);
  store16(datagram.data() + 2, to.port);
  store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  datagram.insert(datagram.end(), payload.begin(), payload.end());
  const std::uint16_t sum =
      reference_checksum(datagram, pseudo_sum(from.address, to.address, 17, datagram.size()));
  store16(datagram.data() + 6, sum == 0 ? 0xffff : sum);
  return datagram;
}

inline Buffer udp_packet(const Endpoint& from, const Endpoint& to, const Buffer& payload) {
  return ipv4_packet({.source = from.address, .destination = to.address, .protocol = 17},
                     udp_datagram(from, to, payload));
}

inline constexpr Endpoint peer_end{peer, 5000};
inline constexpr Endpoint our_end{our_address, 7};

struct UdpHost : Host {
  explicit UdpHost(const Config& c = {}, const BlockPoolConfig& blocks = default_blocks)
      : Host({}, {}, blocks),
        udp_memory(Udp::memory_needed(c)),
        udp_arena(udp_memory),
        udp(c, udp_arena, random, ip, drops) {}

  /// Whether a socket wanted it.
  bool deliver(const Buffer& packet, const MacAddress& to = our_mac) {
    return deliver(packet, to, ethernet::ethertype::ipv4);
  }
  bool deliver6(const Buffer& packet, const MacAddress& to = our_mac) {
    return deliver(packet, to, ethernet::ethertype::ipv6);
  }
  bool deliver(const Buffer& packet, const MacAddress& to, std::uint16_t type) {
    inject(packet, to, 1, type);
    if (!datagram) return false;
    if (datagram->error != ip::ErrorKind::none) {
      udp.error(*datagram, now);
      datagram.reset();
      return true;
    }
    const std::size_t size = datagram->packet.size();
    const bool wanted = udp.receive(*datagram, now);
    if (!wanted) {
      EXPECT_EQ(datagram->packet.size(), size) << "untouched";
    }
    datagram.reset();
    return wanted;
  }
  Drop dropped(const Buffer& packet) {
    const std::uint64_t before = drops.total();
    EXPECT_TRUE(deliver(packet));
    EXPECT_EQ(drops.total(), before + 1);
    return drops.last();
  }
  SocketHandle bound(const Endpoint& local, bool reuse = false) {
    const SocketHandle socket = *udp.open();
    EXPECT_TRUE(udp.bind(socket, local, reuse));
    return socket;
  }
  Result<std::size_t, Error> send(SocketHandle socket, const Buffer& payload, const Endpoint* to = nullptr,
                                  const SendOptions& options = {}) {
    const Bytes pieces[] = {payload};
    return udp.send(socket, pieces, to, options, now);
  }
  Buffer read(SocketHandle socket) {
    Buffer to(70000);
    const auto received = udp.receive(socket, to, false);
    EXPECT_TRUE(received);
    if (!received) return {};
    last = *received;
    to.resize(received->size);
    return to;
  }

  Buffer udp_memory;
  Arena udp_arena;
  Udp udp;
  Received last;
};

inline Buffer error_about(std::uint8_t type, std::uint8_t code, std::uint16_t mtu, const Endpoint& from,
                          const Endpoint& to) {
  const Buffer quote = udp_packet(from, to, pattern(8));
  return ipv4_packet({.source = gateway, .protocol = 1}, icmp_message(type, code, mtu, quote));
}

inline Buffer udp_datagram6(const Endpoint& from, const Endpoint& to, const Buffer& payload) {
  Buffer datagram(8);
  store16(datagram.data(), from.port);
  store16(datagram.data() + 2, to.port);
  store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  datagram.insert(datagram.end(), payload.begin(), payload.end());
  const std::uint32_t pseudo = v6::pseudo_sum_v6(from.address, to.address, 17, datagram.size());
  const std::uint16_t sum = reference_checksum(datagram, pseudo);
  store16(datagram.data() + 6, sum == 0 ? 0xffff : sum);
  return datagram;
}

inline Buffer udp_packet6(const Endpoint& from, const Endpoint& to, const Buffer& payload) {
  return v6::packet(17, udp_datagram6(from, to, payload), {from.address, to.address, 64});
}

inline const Endpoint peer_end6{v6::neighbour, 5000};
inline const Endpoint our_end6{v6::our_global, 7};

/// The same with IPv6, and a neighbour that is known.
struct UdpHost6 : UdpHost {
  explicit UdpHost6(const Config& c = {}) : UdpHost(c) {
    EXPECT_TRUE(ip.enable_ipv6(0, now));
    EXPECT_TRUE(ip.enable_ipv6(1, now));
    EXPECT_TRUE(ip.add_address(1, {v6::our_global, 64}, false, now));
    run_for(Duration::seconds(20));
    const v6::Envelope e{v6::neighbour, v6::our_global, 255};
    const Buffer asks = v6::with_address(v6::our_global, v6::mac_option(1, peer_mac));
    EXPECT_EQ(inject(v6::icmpv6_packet(135, 0, 0, asks, e), our_mac, 1, ethernet::ethertype::ipv6),
              Drop::none);
    device.out.clear();
  }
};

}  // namespace linnet::udp::test
