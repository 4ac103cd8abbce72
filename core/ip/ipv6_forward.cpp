// SPDX-License-Identifier: Apache-2.0
// Forwarding IPv6: RFC 8200 3 and 4, RFC 4443 3, RFC 4007 9.
#include "core/ip/forward.hpp"
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

OwedError owed(std::uint8_t type, std::uint8_t code, std::uint32_t second_word = 0) {
  return {.type = type, .code = code, .pointer = second_word};
}

/// RFC 8200 4: extension headers are for the destination; a router looks past them for the transport alone,
/// and only where a device left the checksum, or the cutting, to the next one.
TransportPlace transport_of(const Ipv6Header& header, const Packet& packet) {
  if (!packet.info.checksum_verified && packet.info.segment_size == 0) return {};
  const ExtensionHeaders chain = ExtensionHeaders::walk_quoted(header, packet.bytes());
  if (chain.reason != Drop::none || chain.fragment) return {};
  return {chain.offset, chain.protocol};
}

}  // namespace

/// A packet whose header is good and whose destination is no address of ours.
std::nullopt_t Ip::forward_v6(Packet packet, const Ipv6Header& header, Instant now) {
  Path path;
  const TransportPlace place = transport_of(header, packet);
  Refusal refusal = check_transit_v6(packet, header, packet_size(packet, place), path);
  if (refusal.reason == Drop::none) {
    take_hop_v6(packet.mutable_bytes());
    const Send sent = send_transit(packet, path, place, now);
    refusal.reason = drop_of(sent);
    if (sent == Send::unreachable) {
      refusal.error = owed(icmpv6::destination_unreachable, icmpv6::address_unreachable);
    }
  }
  if (refusal.reason == Drop::none) return std::nullopt;
  return refuse(refusal.reason, refusal.error, packet, now);
}

/// `size`: of the largest of the packets that a device coalesced, or of the packet itself.
Refusal Ip::check_transit_v6(const Packet& packet, const Ipv6Header& header, std::size_t size,
                             Path& path) const {
  const ReceiveInfo& info = packet.info;
  const IpAddress source = header.source();
  const IpAddress destination = header.destination();
  // RFC 4291 2.5.6: a link-local destination of some other node can only be here by mistake.
  if (info.link_broadcast || interfaces_[info.interface].loopback || destination.is_link_local()) {
    return {Drop::ip_not_forwarded};
  }
  // RFC 4007 9, RFC 4443 3.1.
  if (source.is_link_local()) {
    return {Drop::ip_not_forwarded, owed(icmpv6::destination_unreachable, icmpv6::beyond_scope)};
  }
  if (!leads_back(source, info.interface)) return {Drop::ip_reverse_path};
  if (header.hop_limit() <= 1) return {Drop::ip_ttl, owed(icmpv6::time_exceeded, icmpv6::hop_limit_exceeded)};
  const Route* route = route_by_v6(destination, any_interface);
  if (route == nullptr) return {Drop::ip_no_route, owed(icmpv6::destination_unreachable, icmpv6::no_route)};
  const std::uint16_t mtu = interfaces_[route->interface].mtu_v6;
  path = {.source = source,
          .next_hop = (route->gateway.is_unspecified() ? destination : route->gateway).with_zone(0),
          .interface = route->interface,
          .mtu = mtu,
          .link_mtu = mtu};
  if (size > mtu) return {Drop::ip_too_big, owed(icmpv6::packet_too_big, 0, mtu)};  // RFC 4443 3.2
  return {};
}

}  // namespace linnet::ip
