// SPDX-License-Identifier: Apache-2.0
// IPv6: the header (RFC 8200 3), its addresses (RFC 4291 2), the stations of groups (RFC 2464 7).
#include "sim/frame_ipv6_addresses.hpp"
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 40;

}  // namespace

std::optional<Ipv6Parts> check_ipv6(FrameJudge& judge, Bytes packet, bool padded,
                                    const FrameCheckerConfig& config) {
  if (!judge.require(packet.size() >= header_size, Rule::ipv6_length, packet, 0, packet.size(),
                     "40 bytes at least")) {
    return std::nullopt;
  }
  judge.equal(Rule::ipv6_version, packet, 0, packet[0] >> 4, 6);
  const std::size_t total = header_size + load16(packet.data() + 4);
  judge.require(padded ? total <= packet.size() : total == packet.size(), Rule::ipv6_payload_length, packet,
                4, total, "the packet's length");
  judge.require(total <= config.mtu, Rule::ethernet_mtu, packet, 4, total, "no more than the MTU");
  if (!judge.ok()) return std::nullopt;
  Ipv6Parts ip{.packet = packet.first(total),
               .header = packet.first(header_size),
               .payload = packet.subspan(header_size, total - header_size),
               .source = load_ipv6(packet.data() + 8),
               .destination = load_ipv6(packet.data() + 24)};
  judge.require(packet[7] != 0, Rule::ipv6_hop_limit, packet, 7, 0, "a hop limit");
  judge.require(((packet[1] >> 4) & 3) != 3, Rule::ip_congestion_experienced, packet, 1, packet[1],
                "no mark: routers set it");
  check_ipv6_extensions(judge, ip);
  if (!judge.ok()) return std::nullopt;
  const bool known = ip.protocol == protocol_number::icmpv6 || ip.protocol == protocol_number::tcp ||
                     ip.protocol == protocol_number::udp;
  judge.require(known || config.other_protocols, Rule::ipv6_next_header, packet, 6, ip.protocol,
                "ICMPv6, TCP or UDP");
  if (!judge.ok()) return std::nullopt;
  return ip;
}

namespace {

/// The packets that a host sends before it has an address: RFC 4861 4.1, RFC 4862 5.4.2, RFC 3590 4.
bool from_nobody(const Ipv6Parts& ip) {
  if (ip.protocol != protocol_number::icmpv6 || ip.payload.empty() || ip.is_fragment()) return false;
  const std::uint8_t type = ip.payload[0];
  return type == icmpv6_type::neighbour_solicitation || type == icmpv6_type::router_solicitation ||
         (is_mld(type) && type != icmpv6_type::listener_query);
}

}  // namespace

void check_ipv6_addresses(FrameJudge& judge, const Ipv6Parts& ip, FrameIpv6Addresses& own, Instant now) {
  const auto source = [&](bool holds, Rule rule, const char* expected) {
    judge.require(holds, rule, ip.header, 8, ip.source.low, expected);
  };
  const auto destination = [&](bool holds, Rule rule, const char* expected) {
    judge.require(holds, rule, ip.header, 24, ip.destination.low, expected);
  };
  source(!is_loopback_address(ip.source), Rule::ipv6_loopback, "no loopback address outside of a host");
  destination(!is_loopback_address(ip.destination), Rule::ipv6_loopback,
              "no loopback address outside of a host");
  source(!is_mapped(ip.source), Rule::ipv6_mapped, "no IPv4-mapped address on a wire");
  destination(!is_mapped(ip.destination), Rule::ipv6_mapped, "no IPv4-mapped address on a wire");
  destination(!is_unspecified(ip.destination), Rule::ipv6_unspecified_destination, "an address");
  // RFC 4291 2.7: scope 0 is reserved, and scope 1 does not leave its interface.
  destination(!is_multicast_address(ip.destination) || scope_of(ip.destination) > 1,
              Rule::ipv6_multicast_scope, "a group of the link's scope at least");
  destination(!own.is_own(ip.destination, now), Rule::ipv6_own_destination, "another host");
  source(!is_multicast_address(ip.source), Rule::ipv6_multicast_source, "a single host");
  if (!judge.ok()) return;
  if (is_unspecified(ip.source)) {
    return source(from_nobody(ip), Rule::ipv6_unspecified_source,
                  "an address, but for a probe, a router solicitation or a listener report");
  }
  own.sent_from(judge, ip.header, ip.source, now);
}

void check_ipv6_station(FrameJudge& judge, Bytes frame, Station to, const Ipv6Parts& ip) {
  if (is_multicast_address(ip.destination)) {
    judge.equal(Rule::ipv6_group_station, frame, 0, to, 0x333300000000u | (ip.destination.low & 0xffffffffu));
  } else {
    judge.require(!is_group(to), Rule::ipv6_single_station, frame, 0, to,
                  "a single station, as the IP address");
  }
}

Carrier carrier_of(const Ipv6Parts& ip) {
  return {.header = ip.header,
          .payload = ip.payload,
          .source = ip.source,
          .destination = ip.destination,
          // Both addresses; the length of what is inside; what that is: RFC 8200 8.1.
          .pseudo_header_sum = internet_sum(ip.header.subspan(8), ip.payload.size() + ip.protocol),
          .ecn = static_cast<std::uint8_t>((ip.header[1] >> 4) & 3),
          .ipv6 = true,
          .to_group = is_multicast_address(ip.destination)};
}

}  // namespace linnet::sim
