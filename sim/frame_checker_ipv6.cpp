// SPDX-License-Identifier: Apache-2.0
// FrameChecker's way through an IPv6 packet.
#include "sim/frame_checker.hpp"

namespace linnet::sim {

void FrameChecker::check_framed_ipv6(FrameJudge& judge, Bytes frame, const EthernetParts& parts,
                                     Instant now) {
  const auto ip = check_ipv6(judge, parts.payload, true, config_);
  if (!ip) return;
  check_padding(judge, frame, parts.payload, ip->packet.size(), config_);
  check_ipv6_payload(judge, *ip, now);
  if (!judge.ok()) return;
  check_ipv6_station(judge, frame, parts.destination, *ip);
  neighbours_.sent_to_station(judge, frame, parts.destination, *ip, ipv6_addresses_);
}

void FrameChecker::check_ipv6_payload(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  check_ipv6_addresses(judge, ip, ipv6_addresses_, now);
  if (!judge.ok()) return;
  if (ip.is_fragment()) return check_ipv6_fragment(judge, ip, now);
  check_ipv6_upper(judge, ip, true, now);
}

void FrameChecker::check_ipv6_fragment(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  ipv6_history_.sent_fragment(judge, ip, now);
  const auto packet = ipv6_fragments_.sent(judge, ip);
  const auto whole = packet ? read_ipv6(*packet) : std::nullopt;
  if (!whole) return;
  FrameJudge of_whole(*packet);
  check_ipv6_upper(of_whole, *whole, false, now);
  judge.take(of_whole);
}

void FrameChecker::check_ipv6_upper(FrameJudge& judge, const Ipv6Parts& ip, bool whole, Instant now) {
  const bool listens = ip.protocol == protocol_number::icmpv6 && !ip.payload.empty() && is_mld(ip.payload[0]);
  judge.require(!ip.router_alert || listens, Rule::ipv6_router_alert, ip.header, 6, ip.header[6],
                "no router alert but with listener discovery");
  const Carrier carrier = carrier_of(ip);
  if (ip.protocol == protocol_number::icmpv6) {
    check_icmpv6_message(judge, ip, whole, now);
  } else if (ip.protocol == protocol_number::tcp) {
    check_segment(judge, carrier, now);
    ipv6_history_.sent_in_flow(judge, ip, now);
  } else if (ip.protocol == protocol_number::udp) {
    const auto udp = check_udp(judge, carrier, config_);
    if (!udp) return;
    ipv6_history_.sent_in_flow(judge, ip, now);
    if (config_.dns && udp->destination_port == dns_port) check_query(judge, carrier, *udp);
  }
}

void FrameChecker::check_icmpv6_message(FrameJudge& judge, const Ipv6Parts& ip, bool whole, Instant now) {
  if (!check_icmpv6(judge, ip, whole)) return;
  const std::uint8_t type = ip.payload[0];
  if (is_icmpv6_error(type)) {
    check_icmpv6_error(judge, ip);
    ipv6_history_.sent_error(judge, ip, config_.icmp_errors_per_second, now);
  } else if (type == icmpv6_type::echo_reply) {
    ipv6_history_.sent_echo_reply(judge, ip, now);
  } else if (is_mld(type)) {
    check_mld(judge, ip);
    ipv6_history_.sent_listener_report(judge, ip);
  } else if (is_neighbour_discovery(type)) {
    check_neighbour_discovery(judge, ip, now);
  }
}

void FrameChecker::check_neighbour_discovery(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  const auto nd = check_nd(judge, ip, config_);
  if (!nd) return;
  if (nd->type == icmpv6_type::neighbour_solicitation) {
    neighbours_.sent_solicitation(judge, ip, *nd, ipv6_addresses_, now);
  } else if (nd->type == icmpv6_type::neighbour_advertisement) {
    neighbours_.sent_advertisement(judge, ip, *nd, ipv6_addresses_, now);
  } else {
    neighbours_.sent_router_solicitation(judge, ip, *nd, ipv6_addresses_, now);
  }
}

void FrameChecker::received_ipv6(Bytes packet, Station from, Station to, Instant now) {
  const auto ip = read_ipv6(packet);
  if (!ip) return;
  ipv6_history_.received(*ip, is_group(to), now);
  // RFC 7527: what comes back from a loop is our own.
  if (config_.ethernet && from == station(config_.mac.data())) return;
  neighbours_.received(*ip, ipv6_addresses_, now);
}

}  // namespace linnet::sim
