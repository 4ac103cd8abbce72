// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_checker.hpp"

namespace linnet::sim {
namespace {

/// Eight bytes of what freed memory is filled with. Every such run has a byte at a multiple of eight.
void check_poison(FrameJudge& judge, Bytes frame) {
  constexpr std::uint8_t poison = 0xa5;
  for (std::size_t at = 7; at < frame.size(); at += 8) {
    if (frame[at] != poison) continue;
    std::size_t begin = at;
    std::size_t end = at + 1;
    while (begin > 0 && frame[begin - 1] == poison) --begin;
    while (end < frame.size() && frame[end] == poison) ++end;
    judge.require(end - begin < 8, Rule::poison, frame, begin, poison, "no freed memory");
  }
}

}  // namespace

void FrameChecker::link_came_up() {
  history_.link_came_up();
  addresses_.link_came_up();
  ipv6_addresses_.link_came_up();
  neighbours_.link_came_up();
}

std::optional<FrameViolation> FrameChecker::sent(Bytes frame, Instant now) {
  ++frames_;
  FrameJudge judge(frame);
  if (config_.ethernet) {
    check_framed(judge, frame, now);
  } else {
    check_bare(judge, frame, now);
  }
  if (config_.poison) check_poison(judge, frame);
  return judge.violation();
}

void FrameChecker::check_bare(FrameJudge& judge, Bytes frame, Instant now) {
  if (config_.ipv6 && !frame.empty() && frame[0] >> 4 == 6) {
    if (const auto ipv6 = check_ipv6(judge, frame, false, config_)) check_ipv6_payload(judge, *ipv6, now);
    return;
  }
  const auto ip = check_ipv4(judge, frame, false, config_);
  if (ip) check_payload(judge, *ip, now);
}

void FrameChecker::check_framed(FrameJudge& judge, Bytes frame, Instant now) {
  const auto parts = check_ethernet(judge, frame, config_);
  if (!parts) return;
  if (parts->type == ether_type::ipv4) return check_framed_ipv4(judge, frame, *parts, now);
  if (parts->type == ether_type::ipv6) return check_framed_ipv6(judge, frame, *parts, now);
  const auto arp = check_arp(judge, parts->payload, parts->destination, config_);
  if (!arp) return;
  check_padding(judge, frame, parts->payload, 28, config_);
  addresses_.sent(judge, parts->payload, *arp, now);
  history_.sent_arp(judge, parts->payload, parts->destination, *arp, now);
}

void FrameChecker::check_framed_ipv4(FrameJudge& judge, Bytes frame, const EthernetParts& parts,
                                     Instant now) {
  const auto ip = check_ipv4(judge, parts.payload, true, config_);
  if (!ip) return;
  check_padding(judge, frame, parts.payload, ip->header.size() + ip->payload.size(), config_);
  check_payload(judge, *ip, now);
  if (!judge.ok()) return;
  check_group_address(judge, frame, parts.destination, *ip, addresses_);
  history_.sent_to_station(judge, frame, parts.destination, *ip, addresses_);
}

void FrameChecker::check_payload(FrameJudge& judge, const Ipv4Parts& ip, Instant now) {
  check_ipv4_addresses(judge, ip, addresses_, now);
  history_.sent_ipv4(judge, ip, now);
  if (!judge.ok()) return;
  if (ip.is_fragment()) return fragments_.sent(judge, ip, config_);
  if (ip.protocol == protocol_number::icmp) {
    check_icmp(judge, ip, addresses_);
    history_.sent_icmp(judge, ip, config_.icmp_errors_per_second, now);
  } else if (ip.protocol == protocol_number::tcp) {
    check_segment(judge, carrier_of(ip, addresses_), now);
  } else if (ip.protocol == protocol_number::udp) {
    check_datagram(judge, ip);
  }
}

void FrameChecker::check_segment(FrameJudge& judge, const Carrier& ip, Instant now) {
  if (const auto tcp = check_tcp(judge, ip, config_)) history_.sent_tcp(judge, ip, *tcp, now);
}

void FrameChecker::check_datagram(FrameJudge& judge, const Ipv4Parts& ip) {
  const Carrier carrier = carrier_of(ip, addresses_);
  const auto udp = check_udp(judge, carrier, config_);
  if (!udp) return;
  if (config_.dhcp && (udp->source_port == 68 || udp->destination_port == 67)) {
    const auto dhcp = check_dhcp(judge, ip, *udp, config_);
    if (dhcp) history_.sent_dhcp(judge, udp->payload, *dhcp, addresses_);
  } else if (config_.dns && udp->destination_port == dns_port) {
    check_query(judge, carrier, *udp);
  }
}

void FrameChecker::check_query(FrameJudge& judge, const Carrier& ip, const UdpParts& udp) {
  // A server's answer to who asked from the servers' port.
  const bool answers = udp.source_port == dns_port && udp.payload.size() > 2 && (udp.payload[2] & 0x80) != 0;
  if (answers) return;
  const auto dns = check_dns(judge, udp.payload);
  if (dns) history_.sent_dns(judge, ip, udp, *dns);
}

void FrameChecker::received(Bytes frame, Instant now) {
  if (!config_.ethernet) {
    const bool ipv6 = config_.ipv6 && !frame.empty() && frame[0] >> 4 == 6;
    return ipv6 ? received_ipv6(frame, 0, 0, now) : received_ipv4(frame, now);
  }
  if (frame.size() < 18) return;
  const bool tagged = load16(frame.data() + 12) == ether_type::vlan;
  const std::size_t type_at = tagged ? 16 : 12;
  const Bytes payload = frame.subspan(type_at + 2);
  const std::uint16_t type = load16(frame.data() + type_at);
  if (type == ether_type::arp) history_.received_arp(payload, station(config_.mac.data()), addresses_);
  if (type == ether_type::ipv4) received_ipv4(payload, now);
  if (type == ether_type::ipv6 && config_.ipv6) {
    received_ipv6(payload, station(frame.data() + 6), station(frame.data()), now);
  }
}

void FrameChecker::received_ipv4(Bytes packet, Instant now) {
  if (packet.size() < 20) return;
  const std::size_t header = std::size_t{packet[0] & 0x0fu} * 4;
  if (header < 20 || packet.size() < header + 8) return;
  if (packet[9] == protocol_number::icmp) return history_.received_icmp(packet, header);
  const Bytes datagram = packet.subspan(header);
  if (packet[9] != protocol_number::udp || load16(datagram.data() + 2) != 68 || !config_.learn_leases) return;
  history_.received_dhcp(datagram.subspan(8), station(config_.mac.data()), addresses_,
                         now + config_.lateness);
}

}  // namespace linnet::sim
