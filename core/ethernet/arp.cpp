// SPDX-License-Identifier: Apache-2.0
#include "core/ethernet/arp.hpp"

namespace linnet::ethernet {

Send send_arp(const Link& link, const MacAddress& destination, const ArpPacket::Values& values) {
  if (!link.up) return Send::unreachable;
  Frame frame;
  ArpPacket::write(frame.prepend(ArpPacket::size), values);
  return transmit(link, frame, destination, ethertype::arp);
}

void Arp::receive(const Link& link, Bytes bytes, Instant now) {
  const auto packet = ArpPacket::parse(bytes);
  if (!packet) return drops_.add(Drop::arp_malformed);
  const MacAddress mac = packet->sender_mac();
  if (mac.is_multicast() || mac.is_zero() || mac == link.mac) return drops_.add(Drop::arp_bad_sender);
  if (addresses_.receive(link, *packet, now)) return drops_.add(Drop::arp_bad_sender);
  if (packet->operation() == ArpPacket::request) return receive_request(link, *packet, now);
  receive_reply(link, *packet, now);
}

/// Whether the neighbour cache may hear of the sender's address.
Drop Arp::check_sender(const Link& link, const ArpPacket& packet) const {
  const IpAddress sender = packet.sender();
  const std::uint32_t value = sender.v4_value();
  const bool no_host = value >> 24 == 0 || sender.is_loopback() || value >= 0xe0000000u;
  if (no_host || addresses_.is_broadcast(link.interface, sender)) return Drop::arp_bad_sender;
  const bool known = neighbours_.find(link.interface, sender) != nullptr;
  return known || addresses_.on_link(link.interface, sender) ? Drop::none : Drop::arp_bad_sender;
}

void Arp::receive_request(const Link& link, const ArpPacket& packet, Instant now) {
  const bool for_us = addresses_.usable(link.interface, packet.target());
  if (!packet.sender().is_unspecified()) {  // RFC 5227 2.1: a probe has none
    // Others' questions are no news, but for senders that we know (RFC 826: merge).
    if (!for_us && neighbours_.find(link.interface, packet.sender()) == nullptr) return;
    if (const Drop reason = check_sender(link, packet); reason != Drop::none) return drops_.add(reason);
    const auto learned =
        neighbours_.learn_sender(link.interface, packet.sender(), packet.sender_mac(), for_us, now);
    act(link, neighbours_.find(link.interface, packet.sender()), learned);
  }
  if (!for_us) return;
  send_arp(link, packet.sender_mac(),
           {.operation = ArpPacket::reply,
            .sender_mac = link.mac,
            .sender = packet.target(),
            .target_mac = packet.sender_mac(),
            .target = packet.sender()});
}

void Arp::receive_reply(const Link& link, const ArpPacket& packet, Instant now) {
  if (const Drop reason = check_sender(link, packet); reason != Drop::none) return drops_.add(reason);
  Neighbour* neighbour = neighbours_.find(link.interface, packet.sender());
  const auto learned = neighbours_.learn_answer(neighbour, packet.sender_mac(), now);
  act(link, neighbour, learned);
  if (learned != NeighbourCache::Learned::resolved) drops_.add(Drop::arp_unsolicited);
}

void Arp::act(const Link& link, Neighbour* neighbour, NeighbourCache::Learned learned) {
  if (neighbour == nullptr) return;
  if (learned == NeighbourCache::Learned::resolved) neighbours_.send_queued(*neighbour, link, addresses_);
  if (learned == NeighbourCache::Learned::doubted) ask(link, *neighbour);
}

void Arp::ask(const Link& link, const Neighbour& neighbour) {
  const auto source = addresses_.source_for(link.interface, neighbour.address);
  if (!source) return;
  const bool unicast = neighbour.state == NeighbourState::probe;
  send_arp(link, unicast ? neighbour.mac : MacAddress::broadcast(),
           {.sender_mac = link.mac, .sender = *source, .target = neighbour.address});
}

}  // namespace linnet::ethernet
