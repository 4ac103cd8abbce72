// SPDX-License-Identifier: Apache-2.0
// IPv4: RFC 791 3.1, RFC 1122 3.2.1, RFC 3168 5.
#include "sim/frame_parts.hpp"

namespace linnet::sim {
namespace {

constexpr std::size_t least_header = 20;

/// RFC 791 3.1: every option but two has a length, all of them fit, and zeros fill up the rest.
void check_options(FrameJudge& judge, Bytes header) {
  std::size_t at = least_header;
  while (at < header.size()) {
    const std::uint8_t kind = header[at];
    if (kind == 0) {
      judge.zero(Rule::ip_options, header, at, header.size());
      return;
    }
    if (kind == 1) {
      ++at;
      continue;
    }
    const std::size_t left = header.size() - at;
    const std::size_t length = left < 2 ? 0 : header[at + 1];
    if (!judge.require(length >= 2 && length <= left, Rule::ip_options, header, at, kind,
                       "an option that fits")) {
      return;
    }
    at += length;
  }
}

void check_fragment(FrameJudge& judge, const Ipv4Parts& ip) {
  judge.require((ip.header[6] & 0x80) == 0, Rule::ip_reserved_flag, ip.header, 6, ip.header[6],
                "the first flag zero");
  if (!ip.is_fragment()) return;
  judge.require(!ip.dont_fragment, Rule::ip_dont_fragment, ip.header, 6, load16(ip.header.data() + 6),
                "no fragment with DF");
  judge.require(!ip.payload.empty() && (!ip.more_fragments || ip.payload.size() % 8 == 0),
                Rule::ip_fragment_length, ip.header, 2, ip.payload.size(),
                "some bytes, a multiple of 8 in all but the last");
  judge.require(ip.header.size() + ip.fragment_offset + ip.payload.size() <= 65535,
                Rule::ip_fragment_overflow, ip.header, 6, ip.fragment_offset + ip.payload.size(),
                "the end within 65535 bytes");
}

}  // namespace

std::optional<Ipv4Parts> check_ipv4(FrameJudge& judge, Bytes packet, bool padded,
                                    const FrameCheckerConfig& config) {
  if (!judge.require(packet.size() >= least_header, Rule::ip_length, packet, 0, packet.size(),
                     "20 bytes at least")) {
    return std::nullopt;
  }
  judge.equal(Rule::ip_version, packet, 0, packet[0] >> 4, 4);
  const std::size_t header = std::size_t{packet[0] & 0x0fu} * 4;
  const std::size_t total = load16(packet.data() + 2);
  judge.require(header >= least_header && header <= packet.size(), Rule::ip_header_length, packet, 0, header,
                "20 bytes at least, all there");
  judge.require(total >= header && (padded ? total <= packet.size() : total == packet.size()),
                Rule::ip_total_length, packet, 2, total, "the packet's length");
  judge.require(total <= config.mtu, Rule::ethernet_mtu, packet, 2, total, "no more than the MTU");
  if (!judge.ok()) return std::nullopt;
  const std::uint16_t fragment = load16(packet.data() + 6);
  const Ipv4Parts ip{.header = packet.first(header),
                     .payload = packet.subspan(header, total - header),
                     .source = load32(packet.data() + 12),
                     .destination = load32(packet.data() + 16),
                     .identification = load16(packet.data() + 4),
                     .fragment_offset = static_cast<std::uint16_t>((fragment & 0x1fffu) * 8),
                     .protocol = packet[9],
                     .ecn = static_cast<std::uint8_t>(packet[1] & 3),
                     .dont_fragment = (fragment & 0x4000) != 0,
                     .more_fragments = (fragment & 0x2000) != 0};
  judge.equal(Rule::ip_checksum, packet, 10, internet_sum(ip.header), 0xffff);
  judge.require(packet[8] != 0, Rule::ip_ttl, packet, 8, 0, "a time to live");
  judge.require(ip.ecn != 3, Rule::ip_congestion_experienced, packet, 1, packet[1],
                "no mark: routers set it");
  check_fragment(judge, ip);
  check_options(judge, ip.header);
  // RFC 3376 4: to groups, and no farther than the link.
  const bool igmp = ip.protocol == protocol_number::igmp && is_multicast_address(ip.destination);
  if (igmp) judge.equal8(Rule::ip_ttl, packet, 8, 1);
  const bool known = igmp || ip.protocol == protocol_number::icmp || ip.protocol == protocol_number::tcp ||
                     ip.protocol == protocol_number::udp;
  judge.require(known || config.other_protocols, Rule::ip_protocol, packet, 9, ip.protocol,
                "ICMP, TCP, UDP, or IGMP to a group");
  if (!judge.ok()) return std::nullopt;
  return ip;
}

namespace {

/// RFC 2131 4.1, RFC 3376 4.2.13: the only packets without a source. A later fragment of one has no ports to
/// see.
bool from_nobody(const Ipv4Parts& ip) {
  if (ip.protocol == protocol_number::igmp) return true;
  if (ip.protocol != protocol_number::udp || ip.destination != 0xffffffffu) return false;
  return ip.fragment_offset != 0 || (ip.payload.size() >= 4 && load32(ip.payload.data()) == 0x00440043u);
}

}  // namespace

void check_ipv4_addresses(FrameJudge& judge, const Ipv4Parts& ip, const FrameAddresses& own, Instant now) {
  const auto source = [&](bool holds, Rule rule, const char* expected) {
    judge.require(holds, rule, ip.header, 12, ip.source, expected);
  };
  const auto destination = [&](bool holds, Rule rule, const char* expected) {
    judge.require(holds, rule, ip.header, 16, ip.destination, expected);
  };
  source(!is_loopback_address(ip.source), Rule::ip_loopback, "no loopback address outside of a host");
  destination(!is_loopback_address(ip.destination), Rule::ip_loopback,
              "no loopback address outside of a host");
  destination(ip.destination >> 24 != 0, Rule::ip_unspecified_destination, "an address");
  // What an answer of DHCP gave, the client has ignored perhaps, until it announces it.
  const FrameAddresses::Own* to = own.find(ip.destination);
  destination(to == nullptr || (to->leased && to->announcements == 0), Rule::ip_own_destination, "another host");
  if (ip.source == 0) return source(from_nobody(ip), Rule::ip_unspecified_source, "an address, but for DHCP");
  source(!is_multicast_address(ip.source) && !own.is_broadcast(ip.source), Rule::ip_group_source,
         "a single host");
  const FrameAddresses::Own* from = own.find(ip.source);
  source(from != nullptr, Rule::ip_foreign_source, "an address of this host");
  if (from == nullptr) return;
  source(!from->tentative, Rule::ip_tentative_source, "an address that was probed and announced");
  source(now <= from->expires, Rule::ip_expired_source, "an address whose lease has not ended");
}

Carrier carrier_of(const Ipv4Parts& ip, const FrameAddresses& own) {
  return {.header = ip.header,
          .payload = ip.payload,
          .source = mapped(ip.source),
          .destination = mapped(ip.destination),
          .pseudo_header_sum = std::uint64_t{ip.source} + ip.destination + ip.protocol + ip.payload.size(),
          .ecn = ip.ecn,
          .to_group = is_multicast_address(ip.destination) || own.is_broadcast(ip.destination)};
}

}  // namespace linnet::sim
