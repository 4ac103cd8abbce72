// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_nd_history.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

// RFC 4861 6.3.7's RTR_SOLICITATION_INTERVAL, of which RFC 7559 2 takes up to a tenth away.
constexpr Duration router_interval = Duration::milliseconds(3600);
constexpr std::uint8_t source_link_layer = 1;
constexpr std::uint8_t target_link_layer = 2;

/// RFC 4861 4.6: whether every option has a length and is all there.
bool options_fit(Bytes message, std::size_t at) {
  while (at < message.size()) {
    const std::size_t size = message.size() - at < 8 ? 0 : std::size_t{message[at + 1]} * 8;
    if (size == 0 || size > message.size() - at) return false;
    at += size;
  }
  return true;
}

/// RFC 4861 7.1: a message that no host may ignore.
bool is_valid(const Ipv6Parts& ip) {
  const bool right = internet_sum(ip.payload, carrier_of(ip).pseudo_header_sum) == 0xffff;
  return ip.header[7] == 255 && ip.payload[1] == 0 && right && options_fit(ip.payload, 24) &&
         ip.packet.size() == 40 + std::size_t{load16(ip.header.data() + 4)};
}

}  // namespace

bool FrameNeighbours::Last::again(Instant now, Duration apart) {
  const bool fine = !ever || now - at >= apart;
  ever = true;
  at = now;
  return fine;
}

void FrameNeighbours::link_came_up() {
  asked_.clear();
  announced_.clear();
  router_asked_ = {};
}

/// RFC 4429 3.3: nobody's neighbour cache may come to know an optimistic address by its questions.
void FrameNeighbours::check_asker(FrameJudge& judge, const Ipv6Parts& ip, const FrameIpv6Addresses& own,
                                  Instant now) {
  const FrameIpv6Addresses::Own* source = own.find(ip.source);
  judge.require(source == nullptr || own.is_settled(*source, now), Rule::nd_optimistic_source, ip.header, 8,
                ip.source.low, "no optimistic address");
}

void FrameNeighbours::sent_solicitation(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd,
                                        FrameIpv6Addresses& own, Instant now) {
  if (!judge.ok()) return;
  if (is_unspecified(ip.source)) return own.sent_probe(judge, ip.payload, nd.target, now);
  judge.require(!own.is_own(nd.target, now), Rule::nd_target, ip.payload, 8, nd.target.low,
                "another host's address, or no source");
  check_asker(judge, ip, own, now);
  // RFC 4861 7.2.2 and 7.3.3: at most one to a neighbour in RetransTimer.
  Last& last = asked_.get({nd.target, is_multicast_address(ip.destination)});
  judge.require(last.again(now, own.retrans_timer()), Rule::nd_rate, ip.payload, 8, nd.target.low,
                "RetransTimer since the last solicitation");
}

/// RFC 4861 7.2.4 and 7.2.6, RFC 4862 5.4.3.
void FrameNeighbours::sent_advertisement(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd,
                                         const FrameIpv6Addresses& own, Instant now) {
  if (!judge.ok()) return;
  const Bytes message = ip.payload;
  judge.require(own.may_advertise(nd.target, now), Rule::nd_advertised_target, message, 8, nd.target.low,
                "an address of this host");
  if (!judge.ok()) return;
  const FrameIpv6Addresses::Own& target = *own.find(nd.target);
  const bool settled = own.is_settled(target, now);
  judge.require(settled || target.optimistic, Rule::nd_advertised_tentative, message, 8, nd.target.low,
                "no tentative address");
  // RFC 4861 7.2.4: what has no link-layer address overrides none; a host is no proxy, so that every other
  // answer does, but for an optimistic address (RFC 4429 3.3), which may be one a while longer than its
  // probes take. What nobody asked for may do either (RFC 4861 7.2.6).
  const bool may = nd.has_link_layer && settled;
  const bool need_not = !may || target.optimistic || !nd.solicited;
  judge.require(nd.override_flag ? may : need_not, Rule::nd_override, message, 4, message[4],
                "the override flag with a link-layer address, and only then");
  if (!judge.ok()) return;
  Open* open = questions_.find({nd.solicited ? ip.destination : Ipv6Address{}, nd.target});
  const bool asked = open != nullptr && open->to_group + open->to_station > 0;
  if (nd.solicited) {
    judge.require(asked || questions_.forgot(), Rule::nd_solicited, message, 4, message[4],
                  "a solicitation from there before");
  }
  const bool knows_us = asked && open->to_station > 0;
  judge.require(nd.has_link_layer || knows_us || (!asked && questions_.forgot()), Rule::nd_target_option,
                message, message.size() - 1, message.size(),
                "the target's link-layer address, for who asked a group");
  if (asked)
    --*(knows_us && !nd.has_link_layer ? &open->to_station
        : open->to_group > 0           ? &open->to_group
                                       : &open->to_station);
  if (asked || nd.solicited) return;
  judge.require(announced_.get(nd.target).again(now, own.retrans_timer()) || questions_.forgot(),
                Rule::nd_announcement_rate, message, 8, nd.target.low,
                "RetransTimer since the last unsolicited advertisement");
}

void FrameNeighbours::sent_router_solicitation(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd,
                                               const FrameIpv6Addresses& own, Instant now) {
  if (!judge.ok()) return;
  if (nd.has_link_layer) check_asker(judge, ip, own, now);
  judge.require(router_asked_.again(now, router_interval), Rule::nd_router_interval, ip.payload, 0,
                ip.payload[0], "four seconds, less a tenth, since the last");
}

void FrameNeighbours::sent_to_station(FrameJudge& judge, Bytes frame, Station to, const Ipv6Parts& ip,
                                      const FrameIpv6Addresses& own) {
  if (is_group(to) || !judge.ok()) return;
  const bool known = stations_.find(to) != nullptr || stations_.forgot();
  judge.require(known, Rule::ipv6_unresolved, frame, 0, to, "a station that neighbour discovery has named");
  const bool elsewhere = redirected_.find(ip.destination) != nullptr || redirected_.forgot();
  if (!own.on_link(ip.destination) || own.removed_any() || elsewhere) return;
  const bool right = neighbours_.find({ip.destination, to}) != nullptr || neighbours_.forgot();
  judge.require(right, Rule::ipv6_wrong_neighbour, frame, 0, to, "the station that has the IPv6 destination");
}

/// Takes `address`'s station out of the option `kind`.
void FrameNeighbours::named(const Ipv6Address& address, Bytes message, std::size_t options,
                            std::uint8_t kind) {
  if (is_unspecified(address) || is_multicast_address(address)) return;
  for (std::size_t at = options; at + 8 <= message.size();) {
    const std::size_t size = std::size_t{message[at + 1]} * 8;
    if (size == 0 || size > message.size() - at) return;
    if (message[at] == kind) {
      const Station hardware = station(message.data() + at + 2);
      neighbours_.get({address, hardware}) = true;
      stations_.get(hardware) = true;
    }
    at += size;
  }
}

void FrameNeighbours::received_solicitation(const Ipv6Parts& ip, FrameIpv6Addresses& own, bool valid,
                                            Instant now) {
  const Ipv6Address target = load_ipv6(ip.payload.data() + 8);
  named(ip.source, ip.payload, 24, source_link_layer);
  Open& open = questions_.get({ip.source, target});
  ++(is_multicast_address(ip.destination) ? open.to_group : open.to_station);
  // RFC 4862 5.4.3: two that probe the same address have both lost it.
  const bool probe = is_unspecified(ip.source) && ip.destination == solicited_node(target);
  if (valid && probe && ip.payload.size() == 24) own.claimed(target, now);
}

void FrameNeighbours::received_advertisement(const Ipv6Parts& ip, FrameIpv6Addresses& own, bool valid,
                                             Instant now) {
  const Ipv6Address target = load_ipv6(ip.payload.data() + 8);
  named(target, ip.payload, 24, target_link_layer);
  const bool solicited = (ip.payload[4] & 0x40) != 0;
  // RFC 4862 5.4: what is addressed to a tentative address is discarded, advertisements of it, too.
  const bool heard = ip.destination != target;
  if (valid && heard && !(solicited && is_multicast_address(ip.destination))) own.claimed(target, now);
}

void FrameNeighbours::received(const Ipv6Parts& ip, FrameIpv6Addresses& own, Instant now) {
  if (ip.protocol != protocol_number::icmpv6 || ip.is_fragment()) return;
  const std::size_t size = ip.payload.size();
  if (size < 8) return;
  switch (ip.payload[0]) {
    case icmpv6_type::router_solicitation:
      return named(ip.source, ip.payload, 8, source_link_layer);
    case icmpv6_type::router_advertisement:
      named(ip.source, ip.payload, 16, source_link_layer);
      return own.advertised(ip.payload, now);
    case icmpv6_type::neighbour_solicitation:
      if (size >= 24) received_solicitation(ip, own, is_valid(ip), now);
      return;
    case icmpv6_type::neighbour_advertisement:
      if (size >= 24) received_advertisement(ip, own, is_valid(ip), now);
      return;
    case icmpv6_type::redirect:
      if (size < 40) return;
      redirected_.get(load_ipv6(ip.payload.data() + 24)) = true;
      return named(load_ipv6(ip.payload.data() + 8), ip.payload, 40, target_link_layer);
    default:
      return;
  }
}

}  // namespace linnet::sim
