// SPDX-License-Identifier: Apache-2.0
// Port translation on the way: RFC 3022, RFC 4787, RFC 5382, RFC 5508.
#include "core/ip/forward.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {

bool Ip::set_napt(std::uint8_t interface, bool enable) {
  if (!interfaces_.valid(interface) || interfaces_[interface].loopback) return false;
  if (enable && (!config_.forward || napt_.capacity() == 0)) return false;
  interfaces_[interface].inside = enable;
  napt_active_ = false;
  for (const Interface& i : interfaces_.all()) napt_active_ = napt_active_ || i.inside;
  if (!napt_active_) napt_.forget();
  return true;
}

bool Ip::add_port_map(std::uint8_t protocol, const Endpoint& outside, const Endpoint& inside) {
  if (!outside.address.is_v4() || !inside.address.is_v4()) return false;
  return napt_.add_port_map({.protocol = protocol,
                             .outside = {outside.address.v4_value(), outside.port},
                             .inside = {inside.address.v4_value(), inside.port}});
}

/// A whole packet to an address of ours, while there are interfaces inside: another's behind us, or ours
/// after all.
std::optional<Datagram> Ip::receive_translated(const Ipv4Header& header, Packet packet, Instant now) {
  NaptFlow flow;
  if (const auto known = flow_of(packet.bytes())) {
    flow = *known;
  } else {
    return deliver(header, std::move(packet), false, now);
  }
  const bool hairpin = interfaces_[packet.info.interface].inside;
  if (hairpin && !napt_.is_outside(flow.protocol, flow.destination)) {
    return deliver(header, std::move(packet), false, now);
  }
  // RFC 4787 REQ-9: who is inside as well is seen by its outside endpoint.
  NaptEndpoint from = flow.source;
  if (hairpin) {
    const auto source = napt_.outbound(flow, header.destination(), now);
    if (source.reason != Drop::none) return drop(source.reason);
    from = source.to;
  }
  NaptFlow seen = flow;
  seen.source = from;
  const auto target = napt_.inbound(seen, now);
  if (target.reason != Drop::none) return drop(target.reason);
  if (!target.found) return deliver(header, std::move(packet), false, now);
  Path path;
  Refusal refusal = check_transit_v4(packet, header, IpAddress::v4(target.to.address), path);
  if (refusal.reason == Drop::none) {
    if (hairpin) rewrite_source(packet.mutable_bytes(), flow, from);
    rewrite_destination(packet.mutable_bytes(), flow, target.to);
    refusal = pass_on_v4(packet, header, path, now);
  }
  return refusal.reason == Drop::none ? std::nullopt : refuse_transit_v4(refusal, packet, now);
}

/// A packet that goes on, by `path`: from inside to outside its source becomes ours. From outside to inside
/// only what was translated before goes.
Refusal Ip::translate_outbound(Packet& packet, const Ipv4Header& header, const Path& path, Instant now) {
  const bool from_inside = interfaces_[packet.info.interface].inside;
  if (from_inside == interfaces_[path.interface].inside) return {};
  if (!from_inside) return {Drop::napt_filtered};
  const auto flow = flow_of(packet.bytes());
  const IpAddress outside = interfaces_.source_for(path.next_hop, path.interface);
  if (!flow || outside.is_unspecified()) return {Drop::napt_protocol};
  const auto source = napt_.outbound(*flow, outside.v4_value(), now);
  if (source.reason != Drop::none) return {source.reason};
  rewrite_source(packet.mutable_bytes(), *flow, source.to);
  if (!header.may_not_fragment()) {  // RFC 6864 5.3.1: hosts that share an address must not share
                                     // identifications
    renumber_v4(packet.mutable_bytes(),
                identification_.next(header.source(), header.destination(), header.protocol()));
  }
  return {};
}

/// Takes the translation of a packet that went out back, so that an error can go to whom it is owed.
void Ip::napt_restore(MutableBytes packet) {
  const auto flow = flow_of(packet);
  if (!flow || flow->error) return;
  if (const auto inside = napt_.inside_of(*flow)) rewrite_source(packet, *flow, *inside);
}

}  // namespace linnet::ip
