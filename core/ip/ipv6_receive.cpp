// SPDX-License-Identifier: Apache-2.0
// Receiving IPv6: RFC 8200 3 and 4, RFC 4291 2.5 and 2.7.
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

/// RFC 4291 2.7: groups of a scope that never leaves the node, or of none.
bool is_narrow_group(const IpAddress& address) { return (address.bytes()[1] & 0x0f) <= 1; }

/// RFC 4861 4.4: by which a host says that an address is its own, and mostly speaks from it.
bool is_neighbour_advertisement(const Packet& packet, const Ipv6Header& header) {
  return header.next_header() == protocol::icmpv6 && packet.size() > Ipv6Header::size &&
         packet.bytes()[Ipv6Header::size] == icmpv6::neighbour_advertisement;
}

}  // namespace

std::optional<Datagram> Ip::receive_v6(Packet packet, Instant now) {
  if (!interfaces_[packet.info.interface].ipv6) return drop(Drop::l2_protocol);
  Drop reason = Drop::none;
  auto header = Ipv6Header::parse(packet.bytes(), reason);
  if (!header) return drop(reason);
  packet.truncate(static_cast<std::uint32_t>(header->total_length()));  // the rest is padding of the link
  reason = check_addresses_v6(*header, packet.info);
  if (reason == Drop::ip_martian && is_neighbour_advertisement(packet, *header)) {
    // RFC 4862 5.4.4: whose the source is must be heard while we only hope that it is ours (RFC 4429).
    const Ipv6Address* own = neighbour_discovery_.addresses().find(packet.info.interface, header->source());
    if (own != nullptr && !own->settled()) reason = Drop::none;
  }
  if (reason == Drop::ip_not_for_us && config_.forward_v6 && !header->destination().is_multicast()) {
    return forward_v6(std::move(packet), *header, now);
  }
  if (reason != Drop::none) return drop(reason);
  ExtensionHeaders chain = ExtensionHeaders::walk(*header, packet.bytes());
  if (chain.reason != Drop::none) return refuse(chain.reason, chain.error, packet, now);
  const bool fragmented = chain.fragment.has_value();
  if (chain.needs_reassembly()) {
    // RFC 7112 5: nothing may hide what the packet is behind the first fragment.
    if (chain.at_upper_layer() && !chain.upper_layer_complete(packet.bytes())) {
      return refuse(Drop::ipv6_extension, ExtensionHeaders::incomplete_chain(), packet, now);
    }
    auto whole = fragments_.receive(std::move(packet), *header, chain, now);
    if (!whole) return std::nullopt;
    packet = std::move(*whole);
    header = Ipv6Header::parse(packet.bytes(), reason);
    if (!header) return drop(reason);
    chain = ExtensionHeaders::walk(*header, packet.bytes());
    if (chain.fragment) return drop(Drop::ipv6_extension);  // RFC 8200 4.1: once
    if (chain.reason != Drop::none) return refuse(chain.reason, chain.error, packet, now);
  }
  if (clat_.active() && header->destination() == clat_.address && !interfaces_[packet.info.interface].loopback) {
    return receive_clat(*header, chain, std::move(packet), now);
  }
  return deliver_v6(*header, chain, std::move(packet), fragmented, now);
}

/// Counts why, and sends the error that is owed for it.
std::nullopt_t Ip::refuse(Drop reason, const std::optional<OwedError>& error, const Packet& packet, Instant now) {
  if (error) send_error_v6(*error, packet, now);
  return drop(reason);
}

/// The strong host model, as for IPv4: a packet is for us when its destination is an address of the interface that it
/// came by, or a group that somebody listens to there.
Drop Ip::check_addresses_v6(const Ipv6Header& header, const ReceiveInfo& info) const {
  const IpAddress source = header.source();
  const IpAddress destination = header.destination();
  const Interface& in = interfaces_[info.interface];
  if (source.is_multicast() || destination.is_unspecified()) return Drop::ip_martian;
  if (in.loopback) return check_loopback_addresses_v6(source, destination);
  // RFC 4291 2.5.3: never on a link. And nobody else may use an address of ours.
  if (source.is_loopback() || destination.is_loopback()) return Drop::ip_martian;
  if (!source.is_unspecified() && interfaces_.interface_of(with_zone(source, info.interface)))
    return Drop::ip_martian;
  if (destination.is_multicast()) {
    if (is_narrow_group(destination)) return Drop::ip_martian;
    return groups_.wants(info.interface, destination, source) ||
                   neighbour_discovery_.is_solicited_node(destination, info.interface)
               ? Drop::none
               : Drop::ip_not_for_us;
  }
  // RFC 4291 2.5.2: who has no address speaks to groups only.
  if (source.is_unspecified() || info.link_broadcast) return Drop::ip_martian;
  const auto owner = interfaces_.interface_of(with_zone(destination, info.interface));
  // Of a router, as for IPv4: a zone has kept what is link-local apart.
  const bool ours = owner && (*owner == info.interface || config_.forward_v6);
  return ours ? Drop::none : Drop::ip_not_for_us;
}

IpAddress Ip::scoped(const IpAddress& address, std::uint8_t interface) const {
  if (!address.is_link_local() || address.is_v4() || !interfaces_.valid(interface)) return address;
  const bool here = !interfaces_[interface].loopback;
  return with_zone(address, here ? interface : interfaces_.interface_of(address).value_or(interface));
}

/// What comes by the loopback interface was sent by ourselves.
Drop Ip::check_loopback_addresses_v6(const IpAddress& source, const IpAddress& destination) const {
  if (!is_own(source)) return Drop::ip_martian;
  if (is_own(destination)) return Drop::none;
  const auto from = destination.is_multicast() ? interfaces_.interface_of(source) : std::nullopt;
  return from && groups_.wants(*from, destination, source) ? Drop::none : Drop::ip_not_for_us;
}

std::optional<Datagram> Ip::deliver_v6(const Ipv6Header& header, const ExtensionHeaders& chain, Packet packet,
                                       bool fragmented, Instant now) {
  std::optional<Datagram> datagram(std::in_place);
  datagram->source = scoped(header.source(), packet.info.interface);
  datagram->destination = scoped(header.destination(), packet.info.interface);
  datagram->protocol = chain.protocol;
  datagram->ttl = header.hop_limit();
  datagram->traffic_class = header.traffic_class();
  datagram->interface = packet.info.interface;
  datagram->group = datagram->destination.is_multicast();
  if (datagram->group && interfaces_[datagram->interface].loopback) {
    datagram->interface = interfaces_.interface_of(header.source()).value_or(datagram->interface);
  }
  datagram->header_length = static_cast<std::uint16_t>(chain.offset);
  datagram->protocol_position = static_cast<std::uint16_t>(chain.protocol_position);
  datagram->packet = std::move(packet);
  datagram->packet.consume(datagram->header_length);
  if (datagram->protocol == protocol::icmpv6) return receive_icmpv6(std::move(*datagram), chain, fragmented, now);
  if (datagram->protocol == protocol::no_next_header) return drop(Drop::ip_protocol);  // RFC 8200 4.7: and no error
  // RFC 4291 2.5.2: only neighbour and listener discovery begin without an address.
  if (datagram->source.is_unspecified()) return drop(Drop::ip_martian);
  return datagram;
}

}  // namespace linnet::ip
