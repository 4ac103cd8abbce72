// SPDX-License-Identifier: Apache-2.0
// What neighbour discovery sends: RFC 4861 6.3.7, 7.2.2, 7.2.4; RFC 4862 5.4.2; RFC 7527 4.1.
#include "core/base/writer.hpp"
#include "core/ip/ipv6_wire.hpp"
#include "core/ip/neighbour_discovery.hpp"

namespace linnet::ip {
namespace {

constexpr std::uint8_t hop_limit = 255;  // RFC 4861: proves that no router forwarded it

}  // namespace

void NeighbourDiscovery::poll(Instant now) {
  const auto retransmit_time = [&](std::uint8_t interface) { return discovery_.parameters(interface).retransmit_time; };
  while (Ipv6Address* own = addresses_.next_due(now, retransmit_time)) {
    // While the link is down nobody hears it; when it comes up, all begin anew.
    constexpr Duration busy_wait = Duration::milliseconds(10);
    const Instant again = ethernet_.link(own->interface).up ? now + busy_wait : Instant::never();
    addresses_.solicited(*own, detect_duplicate(*own, now), again);
  }
  poll_discovery(now);
  while (const ethernet::Neighbour* neighbour = ethernet_.next_to_solicit(now)) solicit_neighbour(*neighbour);
  if (routes_.next_deadline() <= now && routes_.expire(now)) ++version_;
}

void NeighbourDiscovery::poll_discovery(Instant now) {
  if (version() == discovery_version_ && now < discovery_deadline_) return;
  while (const auto interface = discovery_.next_due(now)) solicit_router(*interface, now);
  discovery_deadline_ = discovery_.next_deadline();
  discovery_version_ = version();
}

/// RFC 4861 4.1: from an address of ours, if there is one yet. RFC 4429 3.3: none that is optimistic.
void NeighbourDiscovery::solicit_router(std::uint8_t interface, Instant now) {
  const ethernet::Link& link = ethernet_.link(interface);
  if (!link.up) return;
  const IpAddress source = interfaces_.settled_source_for(nd::all_routers, interface);
  std::array<std::uint8_t, largest_message> buffer;
  Writer writer(buffer);
  const bool named = !source.is_unspecified() && link.framed();
  nd::RouterSolicitation::write(writer, named ? std::optional(link.mac) : std::nullopt);
  send(interface, writer.written(), {source, nd::all_routers, hop_limit}, now);
}

/// RFC 4861 7.2.2, 7.3.3: by unicast once its address is known. RFC 4429 3.3: not from an optimistic address.
void NeighbourDiscovery::solicit_neighbour(const ethernet::Neighbour& neighbour) {
  const ethernet::Link& link = ethernet_.link(neighbour.interface);
  const IpAddress source = interfaces_.settled_source_for(neighbour.address, neighbour.interface);
  if (source.is_unspecified()) return;  // that would be duplicate address detection
  const bool unicast = neighbour.resolved();
  const IpAddress destination = unicast ? neighbour.address : nd::solicited_node(neighbour.address);
  std::array<std::uint8_t, largest_message> buffer;
  Writer writer(buffer);
  nd::NeighbourSolicitation::write(writer, neighbour.address);
  nd::write_link_layer_address(writer, nd::option::source_link_layer_address, link.mac);
  Frame frame;
  finish(frame, writer.written(), {source, destination, hop_limit});
  // Not by way of the cache: a question is no use of the neighbour.
  const MacAddress to = unicast ? neighbour.mac : *ethernet::group_mac(destination);
  ethernet::transmit(link, frame, to, ethernet::ethertype::ipv6);
}

/// RFC 4862 5.4.2, with the nonce that tells our own echo from a neighbour (RFC 7527 4.1).
bool NeighbourDiscovery::detect_duplicate(const Ipv6Address& own, Instant now) {
  std::array<std::uint8_t, largest_message> buffer;
  Writer writer(buffer);
  nd::NeighbourSolicitation::write(writer, own.address);
  nd::write_nonce(writer, own.nonce);
  const nd::Envelope envelope{IpAddress::any_v6(), nd::solicited_node(own.address), hop_limit};
  const ethernet::Send result = send(own.interface, writer.written(), envelope, now);
  return ethernet_.link(own.interface).up && result != ethernet::Send::busy;
}

/// RFC 4861 7.2.4; RFC 4429 3.3: an optimistic address overrides nobody's.
void NeighbourDiscovery::advertise(const Ipv6Address& own, const IpAddress& to, Instant now) {
  const bool solicited = !to.is_unspecified();
  std::array<std::uint8_t, largest_message> buffer;
  Writer writer(buffer);
  nd::NeighbourAdvertisement::write(
      writer, own.address,
      {.router = router_, .solicited = solicited, .override = own.state != Ipv6AddressState::tentative});
  nd::write_link_layer_address(writer, nd::option::target_link_layer_address, ethernet_.link(own.interface).mac);
  send(own.interface, writer.written(), {own.address, solicited ? to : nd::all_nodes, hop_limit}, now);
}

void NeighbourDiscovery::finish(Frame& frame, MutableBytes message, const nd::Envelope& envelope) const {
  icmpv6::finish(envelope.source, envelope.destination, message);
  frame.add_payload(message);
  Ipv6Header::write(frame.prepend(Ipv6Header::size), {.payload_length = static_cast<std::uint16_t>(message.size()),
                                                      .next_header = protocol::icmpv6,
                                                      .hop_limit = envelope.hop_limit,
                                                      .source = envelope.source,
                                                      .destination = envelope.destination});
}

/// One that a device has no room for is as good as lost on the wire: all of them are sent again.
ethernet::Send NeighbourDiscovery::send(std::uint8_t interface, MutableBytes message, const nd::Envelope& envelope,
                                        Instant now) {
  Frame frame;
  finish(frame, message, envelope);
  return ethernet_.send(frame, interface, envelope.destination.with_zone(0), ethernet::ethertype::ipv6, now);
}

}  // namespace linnet::ip
