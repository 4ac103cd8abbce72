// SPDX-License-Identifier: Apache-2.0
// ARP (RFC 826, RFC 1122 2.3.2): asks, answers, and teaches the neighbour cache.
#pragma once

#include "core/base/drop.hpp"
#include "core/device/packet.hpp"
#include "core/ethernet/address_conflict.hpp"
#include "core/ethernet/neighbour_cache.hpp"

namespace linnet::ethernet {

/// Sends one ARP packet to `destination`.
Send send_arp(const Link& link, const MacAddress& destination, const ArpPacket::Values& values);

class Arp {
 public:
  Arp(NeighbourCache& neighbours, AddressConflict& addresses, DropCounters& drops)
      : neighbours_(neighbours), addresses_(addresses), drops_(drops) {}

  void receive(const Link& link, Bytes bytes, Instant now);
  /// Asks for the neighbour's link address: by unicast in state probe, else by broadcast. Nothing is sent
  /// while the interface has no usable address, since RFC 5227 2.1 reserves the zero sender for probes.
  void ask(const Link& link, const Neighbour& neighbour);

 private:
  Drop check_sender(const Link& link, const ArpPacket& packet) const;
  void receive_request(const Link& link, const ArpPacket& packet, Instant now);
  void receive_reply(const Link& link, const ArpPacket& packet, Instant now);
  void act(const Link& link, Neighbour* neighbour, NeighbourCache::Learned learned);

  NeighbourCache& neighbours_;
  AddressConflict& addresses_;
  DropCounters& drops_;
};

}  // namespace linnet::ethernet
