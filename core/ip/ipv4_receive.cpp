// SPDX-License-Identifier: Apache-2.0
// Receiving: RFC 791 3, RFC 1122 3.2.1 and 3.3.
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

constexpr std::uint32_t limited_broadcast = 0xffffffff;
constexpr std::uint32_t first_multicast = 0xe0000000;   // 224.0.0.0
constexpr std::uint32_t first_class_e = 0xf0000000;     // 240.0.0.0
constexpr std::uint8_t loopback_net = 127;
constexpr std::uint16_t dhcp_client_port = 68;

bool is_multicast(std::uint32_t address) { return address >= first_multicast && address < first_class_e; }

}  // namespace

std::optional<Datagram> Ip::receive(Packet packet, Instant now) {
  if (ethernet_.version() != ethernet_version_) refresh(now);
  if (packet.info.ethertype == ethernet::ethertype::ipv4) return receive_ipv4(std::move(packet), now);
  if (packet.info.ethertype == ethernet::ethertype::ipv6) return receive_v6(std::move(packet), now);
  return drop(Drop::l2_protocol);
}

std::optional<Datagram> Ip::receive_ipv4(Packet packet, Instant now) {
  Drop reason = Drop::none;
  auto header = Ipv4Header::parse(packet.bytes(), reason);
  if (!header) return drop(reason);
  const Interface& in = interfaces_[packet.info.interface];
  if (!in.loopback && !header->checksum_good()) return drop(Drop::ip_checksum);
  if (header->length() > Ipv4Header::minimum_size) {
    reason = check_options(header->options());
    if (reason != Drop::none) return drop(reason);
  }
  packet.truncate(header->total_length());  // the rest is padding of the link
  bool group = false;
  reason = check_addresses(*header, packet, group);
  if (reason != Drop::none) {
    const bool transit = reason == Drop::ip_not_for_us && config_.forward && !group;
    return transit ? forward_v4(std::move(packet), *header, now) : drop(reason);
  }
  if (header->is_fragment()) {
    auto whole = fragments_.receive(std::move(packet), *header, now);
    if (!whole) return std::nullopt;
    packet = std::move(*whole);
    header = Ipv4Header::parse(packet.bytes(), reason);
    if (!header) return drop(reason);
  }
  if (napt_active_ && !group) return receive_translated(*header, std::move(packet), now);
  return deliver(*header, std::move(packet), group, now);
}

/// RFC 1122 3.2.1.3, and the strong host model of 3.3.4.2: a packet is for us when its destination is an
/// address of the interface that it came by. `group` is set for broadcasts and multicasts.
Drop Ip::check_addresses(const Ipv4Header& header, const Packet& packet, bool& group) const {
  const std::uint32_t source = header.source();
  const std::uint32_t destination = header.destination();
  const std::uint8_t interface = packet.info.interface;
  if (interfaces_[interface].loopback) {
    group = is_multicast(destination);
    return check_loopback_addresses(source, destination);
  }
  if (!acceptable_source(source, destination, interface)) return Drop::ip_martian;
  if (interfaces_.has_v4(destination, interface)) {
    // RFC 1122 3.3.6: a link broadcast must be an IP broadcast or multicast as well.
    return packet.info.link_broadcast ? Drop::ip_martian : Drop::none;
  }
  const std::uint32_t net = destination >> 24;
  if (net == loopback_net || net == 0) return Drop::ip_martian;
  group = true;
  const IpAddress address = IpAddress::v4(destination);
  if (interfaces_.is_broadcast(address, interface)) return Drop::none;
  if (destination >= first_class_e) return Drop::ip_martian;
  if (is_multicast(destination)) {
    return groups_.wants(interface, address, IpAddress::v4(source)) ? Drop::none : Drop::ip_not_for_us;
  }
  group = false;
  return accepts_any(header, packet) || is_ours_elsewhere(destination, packet.info) ? Drop::none : Drop::ip_not_for_us;
}

/// RFC 1812 5.2.3: a router's addresses are good by whichever interface a packet comes.
bool Ip::is_ours_elsewhere(std::uint32_t destination, const ReceiveInfo& info) const {
  return config_.forward && !info.link_broadcast && !IpAddress::v4(destination).is_link_local() &&
         interfaces_.find_v4(destination) != nullptr;
}

/// What comes by the loopback interface was sent by ourselves, to an address of any interface.
Drop Ip::check_loopback_addresses(std::uint32_t source, std::uint32_t destination) const {
  const AddressView* from = interfaces_.find_v4(source);
  if (source >> 24 != loopback_net && from == nullptr) return Drop::ip_martian;
  if (is_multicast(destination)) {  // a copy of what went out by the source's interface
    const bool wanted = from != nullptr && groups_.wants(from->interface, IpAddress::v4(destination), from->prefix.address);
    return wanted ? Drop::none : Drop::ip_not_for_us;
  }
  const bool own = destination >> 24 == loopback_net || interfaces_.find_v4(destination) != nullptr;
  return own ? Drop::none : Drop::ip_not_for_us;
}

bool Ip::acceptable_source(std::uint32_t source, std::uint32_t destination, std::uint8_t interface) const {
  const std::uint32_t net = source >> 24;
  if (net == loopback_net || source >= first_multicast) return false;
  // RFC 1122 3.2.1.3 (a): only while a host learns its address.
  if (net == 0) return source == 0 && (destination == limited_broadcast || is_multicast(destination));
  if (interfaces_.find_v4(source) != nullptr)
    return false;  // nobody else may use it (RFC 1122 3.2.1.3; LAND)
  for (const AddressView& own : addresses()) {
    if (own.interface != interface || own.prefix.length > 30) continue;
    if (source == (own.prefix.address.v4_value() | ~mask_of_prefix_length(own.prefix.length))) return false;
  }
  return true;
}

/// RFC 2131 4.1: a server may send to the address that it offers, which is not ours yet.
bool Ip::accepts_any(const Ipv4Header& header, const Packet& packet) const {
  if (!interfaces_[packet.info.interface].accept_any || header.protocol() != protocol::udp) return false;
  const Bytes payload = packet.bytes().subspan(header.length());
  return !header.is_fragment() && payload.size() >= 8 && load16(payload.data() + 2) == dhcp_client_port;
}

std::optional<Datagram> Ip::deliver(const Ipv4Header& header, Packet packet, bool group, Instant now) {
  std::optional<Datagram> datagram(std::in_place);
  datagram->source = IpAddress::v4(header.source());
  datagram->destination = IpAddress::v4(header.destination());
  datagram->protocol = header.protocol();
  datagram->ttl = header.ttl();  // RFC 1122 3.2.1.7: also one of zero is delivered
  datagram->traffic_class = header.traffic_class();
  datagram->interface = packet.info.interface;
  if (group && interfaces_[datagram->interface].loopback) {
    datagram->interface = interfaces_.interface_of(datagram->source).value_or(datagram->interface);
  }
  datagram->group = group;
  datagram->header_length = static_cast<std::uint8_t>(header.length());
  datagram->packet = std::move(packet);
  datagram->packet.consume(datagram->header_length);
  if (datagram->protocol == protocol::igmp) return receive_igmp(header, datagram->packet, now);
  if (datagram->protocol == protocol::icmp) return receive_icmp(std::move(*datagram), now);
  return datagram;
}

}  // namespace linnet::ip
