// SPDX-License-Identifier: Apache-2.0
// A host with the translator of 464XLAT on a network that has only IPv6.
#pragma once

#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {

inline const IpAddress host4 = clat::host_address;
inline const IpAddress remote6 = address("64:ff9b::198.51.100.7");
inline const IpAddress far_router = address("2001:db8:ffff::1");

/// RFC 8781 4: 64:ff9b::/96 for 600 s, or no more.
inline Buffer pref64(std::uint16_t seconds = 600) {
  Buffer option{
      38,   2,   static_cast<std::uint8_t>(seconds >> 8), static_cast<std::uint8_t>(seconds & 0xf8), 0, 0x64,
      0xff, 0x9b};
  option.resize(16);
  return option;
}

struct ClatHost : Host6 {
  explicit ClatHost(const Config& c = {}) : Host6(c) {
    EXPECT_TRUE(ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
    EXPECT_TRUE(ip.set_clat(1, true, now));
    settle();
    advertise_router(1800, router, pref64());
    run_for(Duration::seconds(5));
    solicit(neighbour);
    take_all();
  }
  IpAddress own() const { return ip.clat().address; }
  /// From the other end, through the NAT64.
  Drop arrive(std::uint8_t protocol, const Buffer& payload, const IpAddress& from = remote6,
              std::uint8_t hops = 50) {
    return inject6(packet(protocol, payload, {from, own(), hops}));
  }
  Drop arrive_icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Buffer& body,
                   const IpAddress& from = remote6) {
    const Envelope e{from, own(), 50};
    return inject6(icmpv6_packet(type, code, rest, body, e));
  }
  /// A UDP datagram with a checksum for IPv6.
  Buffer datagram6(const Buffer& body, const IpAddress& from = remote6) const {
    Buffer bytes{0x30, 0x39, 0, 7, 0, static_cast<std::uint8_t>(8 + body.size()), 0, 0};
    bytes.insert(bytes.end(), body.begin(), body.end());
    store16(bytes.data() + 6,
            reference_checksum(bytes, pseudo_sum_v6(from, own(), protocol::udp, bytes.size())));
    return bytes;
  }
  Send send_datagram(std::size_t size, const SendInfo& more = {}) {
    const Buffer body = pattern(size);
    Frame frame;
    frame.add_payload(body);
    std::uint8_t* header = frame.prepend(8);
    store32(header, 0x00073039);
    store16(header + 4, static_cast<std::uint16_t>(8 + size));
    store16(header + 6, 0);
    frame.checksum = {.header_from_end = 8, .field = 6};
    SendInfo info = more;
    info.destination = remote;
    info.protocol = protocol::udp;
    return ip.send(frame, info, now);
  }
};

inline bool checksum_good_v4(const Buffer& transport, std::uint8_t protocol) {
  return reference_checksum(transport, pseudo_sum(remote, host4, protocol, transport.size())) == 0;
}

}  // namespace linnet::ip::test::v6
