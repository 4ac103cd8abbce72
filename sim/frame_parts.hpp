// SPDX-License-Identifier: Apache-2.0
// The parts of a sent frame, one function for each: it holds what the part must be by itself against its RFC,
// and yields what is inside. Nothing here is shared with the stack, so that a misunderstanding of the one is
// seen by the other.
#pragma once

#include <array>

#include "core/base/time.hpp"
#include "sim/frame_addresses.hpp"
#include "sim/frame_ipv6_address.hpp"
#include "sim/frame_judge.hpp"
#include "sim/tcp_flags.hpp"

namespace linnet::sim {

struct FrameCheckerConfig {
  bool ethernet = true;  ///< false: bare IP packets
  std::uint16_t mtu = 1500;
  std::array<std::uint8_t, 6> mac{};     ///< the host's own station address
  std::uint16_t vlan = 0;                ///< every frame carries this tag; 0: none does
  bool pads = false;                     ///< the host itself, not its hardware, fills frames up to 60 bytes
  bool transport_checksums = true;       ///< false: left to the device
  bool udp_without_checksum = false;     ///< somebody turned it off
  bool other_protocols = false;          ///< raw sockets speak others than ICMP, TCP and UDP
  bool syn_data_without_cookie = false;  ///< Fast Open with cookies waived (RFC 7413 4.1.3 end)
  bool learn_leases = true;              ///< a DHCPACK that arrives gives an address
  bool dhcp = true;                      ///< what goes from or to ports 68 and 67 is DHCP
  bool dns = true;                       ///< what goes to port 53 is a DNS query
  bool poison = false;                   ///< no eight bytes 0xa5 in a row, which freed memory is filled with
  bool ipv6 = false;                     ///< the host speaks IPv6 as well
  bool learn_prefixes = true;            ///< the host makes addresses of fe80::/10 and of advertised prefixes
  bool optimistic = false;               ///< and uses them while it probes them (RFC 4429)
  std::uint8_t dad_transmits = 1;        ///< DupAddrDetectTransmits (RFC 4862 5.1)
  Duration lateness{};                   ///< the host may be polled so late: it may not yet know that its lease is over
  std::uint16_t icmp_errors_per_second = 10;  ///< to one destination; 0: not looked at
};

namespace protocol_number {
constexpr std::uint8_t icmp = 1, igmp = 2, tcp = 6, udp = 17, icmpv6 = 58;
}
namespace ether_type {
constexpr std::uint16_t ipv4 = 0x0800, arp = 0x0806, vlan = 0x8100, ipv6 = 0x86dd;
}

constexpr std::uint16_t dns_port = 53;

/// 48 bits of a station address as a number.
using Station = std::uint64_t;
constexpr Station station(const std::uint8_t* p) { return (std::uint64_t{load16(p)} << 32) | load32(p + 2); }
constexpr Station broadcast_station = 0xffffffffffffu;
constexpr bool is_group(Station s) { return ((s >> 40) & 1) != 0; }

struct EthernetParts {
  Station destination = 0;
  std::uint16_t type = 0;
  Bytes payload;
};

struct ArpParts {
  std::uint16_t operation = 0;
  std::uint32_t sender = 0;
  Station target_hardware = 0;
  std::uint32_t target = 0;
  bool is_probe() const { return operation == 1 && sender == 0; }
  bool is_announcement() const { return operation == 1 && sender == target; }
};

struct Ipv4Parts {
  Bytes header;
  Bytes payload;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint16_t identification = 0;
  std::uint16_t fragment_offset = 0;  ///< in bytes
  std::uint8_t protocol = 0;
  std::uint8_t ecn = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  bool is_fragment() const { return more_fragments || fragment_offset != 0; }
};

/// What TCP and UDP, and the services above them, see of the packet around them, of either version.
struct Carrier {
  Bytes header;  ///< the fixed one of IPv6, without what extends it
  Bytes payload;
  Ipv6Address source{};  ///< of IPv4 in the mapped form
  Ipv6Address destination{};
  std::uint64_t pseudo_header_sum = 0;  ///< RFC 9293 3.1, RFC 8200 8.1
  std::uint8_t ecn = 0;
  bool ipv6 = false;
  bool to_group = false;
  std::size_t length_at() const { return ipv6 ? 4 : 2; }
  std::size_t destination_at() const { return ipv6 ? 24 : 16; }
  std::uint64_t destination_number() const { return ipv6 ? destination.low : destination.low & 0xffffffffu; }
};

struct TcpParts {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::size_t text = 0;  ///< bytes of data
};

struct UdpParts {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Bytes payload;
};

struct DhcpParts {
  std::uint8_t type = 0;
  std::uint32_t xid = 0;
  std::uint32_t client_address = 0;
};

struct DnsParts {
  std::uint16_t id = 0;
  std::uint64_t question = 0;  ///< a fingerprint of it
};

constexpr bool is_multicast_address(std::uint32_t a) { return a >> 28 == 14; }
constexpr bool is_loopback_address(std::uint32_t a) { return a >> 24 == 127; }

// Each yields nothing when what is inside cannot be looked at any more.
std::optional<EthernetParts> check_ethernet(FrameJudge& judge, Bytes frame, const FrameCheckerConfig& config);
/// What stands behind the packet in an Ethernet frame (RFC 894: zeros, up to the least frame, and no more).
void check_padding(FrameJudge& judge, Bytes frame, Bytes payload, std::size_t used,
                   const FrameCheckerConfig& config);
/// RFC 1112 6.4, RFC 894, RFC 1122 3.3.6: groups go to groups.
void check_group_address(FrameJudge& judge, Bytes frame, Station to, const Ipv4Parts& ip,
                         const FrameAddresses& own);
std::optional<ArpParts> check_arp(FrameJudge& judge, Bytes packet, Station to,
                                  const FrameCheckerConfig& config);
/// `packet` may be longer than the datagram when `padded`.
std::optional<Ipv4Parts> check_ipv4(FrameJudge& judge, Bytes packet, bool padded,
                                    const FrameCheckerConfig& config);
void check_ipv4_addresses(FrameJudge& judge, const Ipv4Parts& ip, const FrameAddresses& own, Instant now);
void check_icmp(FrameJudge& judge, const Ipv4Parts& ip, const FrameAddresses& own);
std::optional<UdpParts> check_udp(FrameJudge& judge, const Carrier& ip, const FrameCheckerConfig& config);
std::optional<TcpParts> check_tcp(FrameJudge& judge, const Carrier& ip, const FrameCheckerConfig& config);
std::optional<DhcpParts> check_dhcp(FrameJudge& judge, const Ipv4Parts& ip, const UdpParts& udp,
                                    const FrameCheckerConfig& config);
std::optional<DnsParts> check_dns(FrameJudge& judge, Bytes message);

Carrier carrier_of(const Ipv4Parts& ip, const FrameAddresses& own);

}  // namespace linnet::sim
