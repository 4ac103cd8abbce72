// SPDX-License-Identifier: Apache-2.0
// The link layer: Ethernet II framing with 802.1Q, ARP, and the neighbour caches. What neighbour discovery sends for
// IPv6 is made above (it is ICMPv6); whom to ask, and what an answer means, is known here.
#pragma once

#include <optional>

#include "core/ethernet/arp.hpp"

namespace linnet::ethernet {

class Ethernet {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<Link>(config.links) + NeighbourCache::memory_needed(config, config.neighbours) +
           NeighbourCache::memory_needed(config, config.neighbours_v6) +
           AddressConflict::memory_needed(config);
  }
  Ethernet(const Config& config, Arena& arena, BlockPool& pool, Random& random, DropCounters& drops);
  Ethernet(const Ethernet&) = delete;
  Ethernet& operator=(const Ethernet&) = delete;

  /// Makes an interface of a device, or of one VLAN of it (1 to 4094; 0: what carries no tag); several may
  /// share a device. Yields the interface's number, or nothing when there are Config::links of them.
  std::optional<std::uint8_t> add_link(Device& device, std::uint16_t vlan = 0);
  std::span<const Link> links() const { return links_.first(link_count_); }
  /// `interface` must be one that add_link yielded.
  const Link& link(std::uint8_t interface) const { return links_[interface]; }

  /// Takes a frame whose info.interface is an interface of the device that it came from. What is for IP comes
  /// back without its link header, with the ethertype and the right interface in its info; ARP ends here.
  std::optional<Packet> receive(Packet frame, Instant now);
  /// Sends an IP packet to a neighbour, or to a group. `next_hop` must be an address on the link, a multicast
  /// address, or 255.255.255.255 for every broadcast. `frame` is unchanged afterwards.
  Send send(Frame& frame, std::uint8_t interface, const IpAddress& next_hop, std::uint16_t type, Instant now);
  /// A packet of others that could not be delivered, for the ICMP error that is owed (NeighbourCache); or nothing.
  std::optional<Packet> take_undelivered() {
    auto packet = neighbours_.take_undelivered();
    return packet ? std::move(packet) : neighbours_v6_.take_undelivered();
  }
  /// The neighbour's packets prove that ours arrive (RFC 4861 7.3.1).
  void confirm(std::uint8_t interface, const IpAddress& next_hop, Instant now);
  /// Does what is due and yields when it wants to be asked again.
  Instant poll(Instant now);
  /// The same without doing anything: earlier than `poll` said when something was sent since.
  Instant next_deadline() const {
    return earlier(addresses_.next_deadline(), earlier(neighbours_.next_deadline(), neighbours_v6_.next_deadline()));
  }

  // --- neighbour discovery (RFC 4861): its machine above says what came, and asks for whom it has to solicit ---

  /// The next IPv6 neighbour that has to be solicited now, or null; by unicast when its state is probe. Call until
  /// null.
  const Neighbour* next_to_solicit(Instant now) { return neighbours_v6_.next_due(now); }
  /// The IPv6 address `source` is no longer ours: what waits for a neighbour with it is not sent.
  void drop_orphans(std::uint8_t interface, const IpAddress& source) { neighbours_v6_.drop_orphans(interface, source); }
  /// What somebody else's message says about a neighbour.
  struct Learned {
    const Neighbour* solicit = nullptr;  ///< somebody who has to be asked at once (C11-14)
    bool routes_no_more = false;         ///< RFC 4861 7.2.5: IsRouter changed to false
  };
  /// A neighbour advertisement; `mac`: its target link-layer address, or null. What waited for the answer goes out.
  Learned learn_advertisement(std::uint8_t interface, const IpAddress& target, const MacAddress* mac,
                              AdvertisementFlags flags, Instant now);
  /// The link-layer address option of another message about `address`; `router`: it comes from, or names, a router.
  Learned learn_source(std::uint8_t interface, const IpAddress& address, const MacAddress& mac, bool router, Instant now);
  /// RFC 4861 6.3.4: it sent a router advertisement, with or without its link-layer address.
  void mark_router(std::uint8_t interface, const IpAddress& address) {
    if (Neighbour* neighbour = neighbours_v6_.find(interface, address)) neighbours_v6_.mark_router(*neighbour);
  }
  /// RFC 4861 6.3.4: of IPv6 neighbours on that interface.
  void set_times(std::uint8_t interface, const NeighbourTimes& times) { neighbours_v6_.set_times(interface, times); }
  enum class Reachability : std::uint8_t { unknown, reachable, failed };
  /// What is known of an IPv6 neighbour (RFC 4861 6.3.6: "reachable or probably reachable", or suspect).
  Reachability reachability(std::uint8_t interface, const IpAddress& address) const;
  /// Moves when that may have changed for a router.
  std::uint32_t reachability_version() const { return neighbours_v6_.version(); }

  /// Adds an own IPv4 address with the length of its on-link prefix. `probe`: not usable before it has been
  /// looked for on the link (RFC 5227 2.1, up to 9 s); else it is announced and usable at once. False: no
  /// room.
  bool add_address(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now);
  void remove_address(std::uint8_t interface, const IpAddress& address) {
    addresses_.remove(interface, address);
  }
  AddressState address_state(std::uint8_t interface, const IpAddress& address) const {
    return addresses_.state(interface, address);
  }
  /// Moves whenever an address or a link changes its state.
  std::uint32_t version() const { return addresses_.version() + link_version_; }

  template <typename Visit>
  void for_each_neighbour(Visit&& visit) const {
    neighbours_.for_each(visit);
    neighbours_v6_.for_each(visit);
  }
  std::size_t neighbour_count() const { return neighbours_.size() + neighbours_v6_.size(); }
  static constexpr std::uint8_t every_interface = 0xff;
  void forget_neighbours(std::uint8_t interface) {
    neighbours_.forget(interface);
    neighbours_v6_.forget(interface);
  }
  /// One IPv4 neighbour: whoever has the address now is asked for anew. What waits for it is not delivered.
  void forget_neighbour(std::uint8_t interface, const IpAddress& address) {
    if (Neighbour* neighbour = neighbours_.find(interface, address)) neighbours_.remove(*neighbour, Drop::neighbour_failed);
  }
  void digest(Digest& digest) const;

 private:
  NeighbourCache& neighbours_of(std::uint16_t type) {
    return type == ethertype::ipv6 ? neighbours_v6_ : neighbours_;
  }
  Neighbour* begin_resolution(const Link& link, const IpAddress& next_hop, std::uint16_t type, Instant now);
  Learned act(const Link& link, Neighbour* neighbour, NeighbourCache::Learned learned, bool was_router);
  Send send_unicast(const Link& link, Frame& frame, const IpAddress& next_hop, std::uint16_t type,
                    Instant now);
  std::optional<Packet> receive_bare(Packet packet);
  const Link* link_of_vlan(const Link& link, std::uint16_t vlan) const;
  std::optional<Packet> drop(Drop reason);
  void refresh_links(Instant now);

  DropCounters& drops_;
  std::span<Link> links_;
  std::uint8_t link_count_ = 0;
  std::uint32_t link_version_ = 0;
  AddressConflict addresses_;
  NeighbourCache neighbours_;
  mutable NeighbourCache neighbours_v6_;  // mutable: to look one up is remembered
  Arp arp_;
};

}  // namespace linnet::ethernet
