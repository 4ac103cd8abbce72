// SPDX-License-Identifier: Apache-2.0
// Ethernet (RFC 894, IEEE 802.1Q) and ARP (RFC 826, RFC 5227).
#include <algorithm>

#include "sim/frame_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 14;
constexpr std::size_t tag_size = 4;
constexpr std::size_t least_frame = 60;  // without the check sequence

/// Yields the offset of the type, 0 when there is none.
std::size_t check_tag(FrameJudge& judge, Bytes frame, const FrameCheckerConfig& config) {
  const bool tagged = load16(frame.data() + 12) == ether_type::vlan;
  if (!judge.require(tagged == (config.vlan != 0), Rule::ethernet_vlan, frame, 12, load16(frame.data() + 12),
                     config.vlan != 0 ? "a tag" : "no tag")) {
    return 0;
  }
  if (!tagged) return 12;
  if (!judge.require(frame.size() >= header_size + tag_size, Rule::ethernet_length, frame, 0, frame.size(),
                     "18 bytes at least")) {
    return 0;
  }
  judge.equal(Rule::ethernet_vlan, frame, 14, load16(frame.data() + 14) & 0x0fffu, config.vlan);
  return 16;
}

}  // namespace

std::optional<EthernetParts> check_ethernet(FrameJudge& judge, Bytes frame,
                                            const FrameCheckerConfig& config) {
  if (!judge.require(frame.size() >= header_size, Rule::ethernet_length, frame, 0, frame.size(),
                     "14 bytes at least")) {
    return std::nullopt;
  }
  const Station to = station(frame.data());
  const Station from = station(frame.data() + 6);
  const Station own = station(config.mac.data());
  judge.require(!is_group(from), Rule::ethernet_group_source, frame, 6, from, "a single station");
  judge.equal(Rule::ethernet_source, frame, 6, from, own);
  judge.require(to != own && to != 0, Rule::ethernet_destination, frame, 0, to, "another station");
  const std::size_t type_at = check_tag(judge, frame, config);
  if (type_at == 0) return std::nullopt;
  const EthernetParts parts{
      .destination = to, .type = load16(frame.data() + type_at), .payload = frame.subspan(type_at + 2)};
  const bool known = parts.type == ether_type::ipv4 || parts.type == ether_type::arp ||
                     (config.ipv6 && parts.type == ether_type::ipv6);
  judge.require(known, Rule::ethernet_type, frame, type_at, parts.type,
                config.ipv6 ? "IPv4, IPv6 or ARP" : "IPv4 or ARP");
  judge.require(parts.payload.size() <= std::max<std::size_t>(config.mtu, 46), Rule::ethernet_mtu, frame, 0,
                parts.payload.size(), "no more than the MTU");
  judge.require(!config.pads || frame.size() >= least_frame, Rule::ethernet_minimum, frame, 0, frame.size(),
                "60 bytes at least");
  if (!judge.ok()) return std::nullopt;
  return parts;
}

void check_padding(FrameJudge& judge, Bytes frame, Bytes payload, std::size_t used,
                   const FrameCheckerConfig& config) {
  if (payload.size() == used) return;
  const std::size_t least = least_frame + (config.vlan != 0 ? tag_size : 0);
  judge.require(frame.size() <= least, Rule::ethernet_trailer, payload, used, payload.size() - used,
                "nothing behind the packet");
  judge.zero(Rule::ethernet_padding, payload, used, payload.size());
}

void check_group_address(FrameJudge& judge, Bytes frame, Station to, const Ipv4Parts& ip,
                         const FrameAddresses& own) {
  if (is_multicast_address(ip.destination)) {
    judge.equal(Rule::ethernet_multicast, frame, 0, to, 0x01005e000000u | (ip.destination & 0x7fffffu));
  } else if (own.is_broadcast(ip.destination)) {
    judge.equal(Rule::ethernet_broadcast, frame, 0, to, broadcast_station);
  } else {
    judge.require(!is_group(to), Rule::ethernet_link_broadcast, frame, 0, to,
                  "a single station, as the IP address");
  }
}

namespace {

void check_arp_stations(FrameJudge& judge, Bytes packet, Station to, const ArpParts& arp) {
  if (arp.operation == 2) {
    judge.require(arp.target_hardware != 0 && !is_group(arp.target_hardware), Rule::arp_target_hardware,
                  packet, 18, arp.target_hardware, "the station that asked");
    // RFC 5227 2.6 lets replies be broadcast, too; RFC 826 sends them to who asked.
    judge.equal(Rule::arp_reply_destination, packet, 18, to, arp.target_hardware);
    return;
  }
  judge.zero(Rule::arp_target_hardware, packet, 18, 24);
  if (arp.is_probe() || arp.is_announcement()) {
    judge.require(to == broadcast_station, Rule::arp_broadcast, packet, 0, to, "broadcast");
  } else {
    judge.require(to == broadcast_station || !is_group(to), Rule::arp_request_destination, packet, 0, to,
                  "broadcast or a neighbour");
  }
}

}  // namespace

std::optional<ArpParts> check_arp(FrameJudge& judge, Bytes packet, Station to,
                                  const FrameCheckerConfig& config) {
  if (!judge.require(packet.size() >= 28, Rule::arp_length, packet, 0, packet.size(), "28 bytes at least")) {
    return std::nullopt;
  }
  judge.equal16(Rule::arp_hardware, packet, 0, 1);
  judge.equal16(Rule::arp_protocol, packet, 2, ether_type::ipv4);
  judge.equal8(Rule::arp_hardware_length, packet, 4, 6);
  judge.equal8(Rule::arp_protocol_length, packet, 5, 4);
  const ArpParts arp{.operation = load16(packet.data() + 6),
                     .sender = load32(packet.data() + 14),
                     .target_hardware = station(packet.data() + 18),
                     .target = load32(packet.data() + 24)};
  judge.require(arp.operation == 1 || arp.operation == 2, Rule::arp_operation, packet, 6, arp.operation,
                "request or reply");
  judge.equal(Rule::arp_sender_hardware, packet, 8, station(packet.data() + 8), station(config.mac.data()));
  judge.require(arp.sender != 0 || arp.operation == 1, Rule::arp_sender, packet, 14, 0,
                "an address in a reply");
  const bool host = arp.target >> 24 != 0 && !is_loopback_address(arp.target) && arp.target < 0xe0000000u;
  const bool to_probe = arp.operation == 2 && arp.target == 0;
  judge.require(host || to_probe, Rule::arp_target, packet, 24, arp.target, "an address of a host");
  check_arp_stations(judge, packet, to, arp);
  if (!judge.ok()) return std::nullopt;
  return arp;
}

}  // namespace linnet::sim
