// SPDX-License-Identifier: Apache-2.0
#include "core/ethernet/ethernet.hpp"

namespace linnet::ethernet {

Ethernet::Ethernet(const Config& config, Arena& arena, BlockPool& pool, Random& random, DropCounters& drops)
    : drops_(drops),
      links_(arena.make_array<Link>(config.links)),
      addresses_(config, arena, random),
      neighbours_(config, config.neighbours, arena, pool, random, drops),
      neighbours_v6_(config, config.neighbours_v6, arena, pool, random, drops),
      arp_(neighbours_, addresses_, drops) {}

std::optional<std::uint8_t> Ethernet::add_link(Device& device, std::uint16_t vlan) {
  if (link_count_ == links_.size() || vlan > 4094) return std::nullopt;
  const std::uint8_t interface = link_count_++;
  links_[interface] = {.device = &device,
                       .mac = device.mac(),
                       .capabilities = device.capabilities(),
                       .vlan = vlan,
                       .mtu = device.mtu(),
                       .interface = interface,
                       .up = device.link_up()};
  ++link_version_;
  return interface;
}

std::optional<Packet> Ethernet::drop(Drop reason) {
  drops_.add(reason);
  return std::nullopt;
}

std::optional<Packet> Ethernet::receive(Packet frame, Instant now) {
  const Link* link = &links_[frame.info.interface];
  if (!link->framed()) return receive_bare(std::move(frame));
  const auto header = EthernetHeader::parse(frame.bytes());
  if (!header) return drop(Drop::l2_short);
  const MacAddress destination = header->destination();
  frame.info.link_broadcast = destination.is_multicast();
  if (!frame.info.link_broadcast && destination != link->mac) return drop(Drop::l2_not_for_us);
  std::uint16_t type = header->type();
  std::uint16_t vlan = 0;
  frame.consume(EthernetHeader::size);
  if (type == ethertype::vlan) {
    const auto tag = VlanTag::parse(frame.bytes());
    if (!tag) return drop(Drop::vlan_short);
    type = tag->type();
    vlan = tag->id();
    frame.consume(VlanTag::size);
    // A tag inside a tag is for bridges; this one is only looked at to name what is wrong with it.
    if (type == ethertype::vlan && frame.size() < VlanTag::size) return drop(Drop::vlan_short);
  }
  if (vlan != link->vlan) {
    link = link_of_vlan(*link, vlan);
    if (link == nullptr) return drop(Drop::vlan_not_member);
    frame.info.interface = link->interface;
  }
  // A device that coalesced segments hands over more than came in one frame.
  if (frame.size() > link->mtu && frame.info.segment_size == 0) return drop(Drop::l2_long);
  frame.info.ethertype = type;
  if (type == ethertype::ipv4 || type == ethertype::ipv6) return frame;
  if (type != ethertype::arp) return drop(Drop::l2_protocol);
  arp_.receive(*link, frame.bytes(), now);
  return std::nullopt;
}

/// A device without link headers: the IP version says what it is.
std::optional<Packet> Ethernet::receive_bare(Packet packet) {
  if (packet.size() == 0) return drop(Drop::l2_short);
  const Link& link = links_[packet.info.interface];
  if (packet.size() > link.mtu && packet.info.segment_size == 0) return drop(Drop::l2_long);
  const unsigned version = packet.bytes()[0] >> 4;
  if (version != 4 && version != 6) return drop(Drop::ip_version);
  packet.info.ethertype = version == 4 ? ethertype::ipv4 : ethertype::ipv6;
  return packet;
}

const Link* Ethernet::link_of_vlan(const Link& link, std::uint16_t vlan) const {
  for (const Link& other : links()) {
    if (other.device == link.device && other.vlan == vlan) return &other;
  }
  return nullptr;
}

Send Ethernet::send(Frame& frame, std::uint8_t interface, const IpAddress& next_hop, std::uint16_t type,
                    Instant now) {
  const Link& link = links_[interface];
  if (!link.framed()) return link.up ? transmit(link, frame, {}, type) : Send::unreachable;
  NeighbourCache& neighbours = neighbours_of(type);
  Neighbour* neighbour = neighbours.find(interface, next_hop);
  if (neighbour == nullptr || !link.up || !neighbours.fresh(*neighbour, now)) {
    return send_unicast(link, frame, next_hop, type, now);
  }
  neighbour->used = now;
  return transmit(link, frame, neighbour->mac, type);
}

/// Groups, and neighbours of which more has to be known.
Send Ethernet::send_unicast(const Link& link, Frame& frame, const IpAddress& next_hop, std::uint16_t type,
                            Instant now) {
  if (!link.up) return Send::unreachable;
  if (const auto group = group_mac(next_hop)) return transmit(link, frame, *group, type);
  NeighbourCache& neighbours = neighbours_of(type);
  Neighbour* neighbour = neighbours.find(link.interface, next_hop);
  if (neighbour != nullptr && neighbour->state == NeighbourState::failed) {
    if (now < neighbour->deadline) return Send::unreachable;
    neighbours.remove(*neighbour, Drop::none);
    neighbour = nullptr;
  }
  if (neighbour == nullptr) {
    if (type == ethertype::ipv4 && !addresses_.source_for(link.interface, next_hop)) return Send::unreachable;
    neighbour = begin_resolution(link, next_hop, type, now);
    if (neighbour == nullptr) return Send::no_memory;
  }
  neighbour->used = now;
  if (neighbours.use(*neighbour, now)) return transmit(link, frame, neighbour->mac, type);
  return neighbours.enqueue(*neighbour, frame, type);
}

/// ARP asks at once if it may; an IPv6 neighbour is found due by next_to_solicit.
Neighbour* Ethernet::begin_resolution(const Link& link, const IpAddress& next_hop, std::uint16_t type, Instant now) {
  Neighbour* neighbour = neighbours_of(type).create(link.interface, next_hop, now);
  if (neighbour == nullptr || type == ethertype::ipv6 || neighbour->deadline > now) return neighbour;
  neighbours_.count_request(*neighbour, now);
  arp_.ask(link, *neighbour);
  return neighbour;
}

Ethernet::Learned Ethernet::learn_advertisement(std::uint8_t interface, const IpAddress& target, const MacAddress* mac,
                                                AdvertisementFlags flags, Instant now) {
  Neighbour* neighbour = neighbours_v6_.find(interface, target);
  const bool was_router = neighbour != nullptr && neighbour->router;
  return act(links_[interface], neighbour, neighbours_v6_.learn_advertisement(neighbour, mac, flags, now), was_router);
}

Ethernet::Learned Ethernet::learn_source(std::uint8_t interface, const IpAddress& address, const MacAddress& mac,
                                         bool router, Instant now) {
  const auto learned = neighbours_v6_.learn_source(interface, address, mac, now);
  Neighbour* neighbour = neighbours_v6_.find(interface, address);
  if (neighbour != nullptr && router) neighbours_v6_.mark_router(*neighbour);
  return act(links_[interface], neighbour, learned, false);
}

Ethernet::Learned Ethernet::act(const Link& link, Neighbour* neighbour, NeighbourCache::Learned learned,
                                bool was_router) {
  if (neighbour == nullptr) return {};
  if (learned == NeighbourCache::Learned::resolved) neighbours_v6_.send_queued(*neighbour, link, addresses_);
  return {.solicit = learned == NeighbourCache::Learned::doubted ? neighbour : nullptr,
          .routes_no_more = was_router && !neighbour->router};
}

Ethernet::Reachability Ethernet::reachability(std::uint8_t interface, const IpAddress& address) const {
  if (!links_[interface].framed()) return Reachability::reachable;
  const Neighbour* neighbour = neighbours_v6_.find(interface, address);
  if (neighbour == nullptr) return Reachability::unknown;
  if (neighbour->resolved()) return Reachability::reachable;
  return neighbour->state == NeighbourState::failed ? Reachability::failed : Reachability::unknown;
}

void Ethernet::confirm(std::uint8_t interface, const IpAddress& next_hop, Instant now) {
  if (!links_[interface].framed()) return;
  NeighbourCache& neighbours = next_hop.is_v4() ? neighbours_ : neighbours_v6_;
  if (Neighbour* neighbour = neighbours.find(interface, next_hop)) neighbours.confirm(*neighbour, now);
}

bool Ethernet::add_address(std::uint8_t interface, const Prefix& prefix, bool probe, Instant now) {
  if (interface >= link_count_ || !prefix.address.is_v4()) return false;
  if (!addresses_.add(links_[interface], prefix, probe, now)) return false;
  addresses_.poll(links(), now);
  return true;
}

void Ethernet::refresh_links(Instant now) {
  for (Link& link : links_.first(link_count_)) {
    const bool up = link.device->link_up();
    const std::uint16_t mtu = link.device->mtu();
    if (up == link.up && mtu == link.mtu) continue;
    ++link_version_;
    const bool came_up = up && !link.up;
    link.up = up;
    link.mtu = mtu;
    if (came_up) addresses_.announce_all(link.interface, now);
    if (!up) forget_neighbours(link.interface);
  }
}

Instant Ethernet::poll(Instant now) {
  refresh_links(now);
  addresses_.poll(links(), now);
  while (Neighbour* due = neighbours_.next_due(now)) arp_.ask(links_[due->interface], *due);
  return next_deadline();
}

void Ethernet::digest(Digest& digest) const {
  for (const Link& link : links()) {
    digest.add(link.vlan);
    digest.add(link.mtu);
    digest.add(link.up ? 1 : 0);
  }
  addresses_.digest(digest);
  neighbours_.digest(digest);
  neighbours_v6_.digest(digest);
}

}  // namespace linnet::ethernet
