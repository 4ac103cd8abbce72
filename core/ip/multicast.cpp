// SPDX-License-Identifier: Apache-2.0
// Multicast in IP: IGMP's and MLD's messages to and from `Groups` (RFC 3376 4, RFC 3810 5), and copies of what is sent to
// a group for those on this host who listen.
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

// RFC 2113, RFC 2711: routers look into the packet.
constexpr std::array<std::uint8_t, 4> router_alert_v4{0x94, 0x04, 0, 0};
constexpr std::array<std::uint8_t, 6> router_alert_v6{5, 2, 0, 0, 1, 0};  // and a PadN of two bytes
constexpr std::size_t header_v4 = Ipv4Header::minimum_size + router_alert_v4.size();
constexpr std::size_t header_v6 = Ipv6Header::size + 2 + router_alert_v6.size();
constexpr std::uint8_t internetwork_control = 0xc0;  // RFC 3376 4
constexpr std::size_t largest_message = 256;         // on the stack of whoever polls; more is sent in several

/// RFC 791 3.1: options end at type 0; type 1 has no length.
bool has_router_alert(Bytes options) {
  for (std::size_t i = 0; i < options.size() && options[i] != 0;) {
    if (options[i] == router_alert_v4[0]) return true;
    if (options[i] == 1) {
      ++i;
      continue;
    }
    if (i + 1 >= options.size() || options[i + 1] < 2) return false;
    i += options[i + 1];
  }
  return false;
}

}  // namespace

/// Which solicited-node groups are listened to follows the addresses (RFC 4861 7.2.1); and nothing goes out from one that
/// is gone.
void Ip::follow_addresses(Instant now) {
  const auto addresses = neighbour_discovery_.addresses().all();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Ipv6Address& own = addresses[i];
    const bool listens = own.state != Ipv6AddressState::absent && own.state != Ipv6AddressState::duplicate &&
                         !interfaces_[own.interface].loopback;
    const Followed wanted = listens ? Followed{own.address, own.interface} : Followed{};
    Followed& joined = followed_[i];
    if (joined == wanted) continue;
    if (!joined.address.is_unspecified()) {
      groups_.leave_own(joined.interface, nd::solicited_node(joined.address), now);
      ethernet_.drop_orphans(joined.interface, joined.address);
    }
    joined = {};
    if (wanted.address.is_unspecified()) continue;
    const GroupError error = groups_.join_own(wanted.interface, nd::solicited_node(wanted.address), now);
    if (error == GroupError::none) joined = wanted;
  }
  for (std::uint8_t i = 0; i < interfaces_.all().size(); ++i) {
    // RFC 3590 4: reports from :: are repeated when there is an address to send them from.
    const bool has = interfaces_[i].ipv6 && interfaces_.source_for(nd::all_nodes, i).is_link_local();
    if (has && !interfaces_[i].has_link_local) groups_.report_again(i, false, now);
    interfaces_[i].has_link_local = has;
  }
}

/// RFC 4291 2.8: the groups that a router listens to on each of its links.
void Ip::follow_routers(std::uint8_t interface, bool listens, Instant now) {
  for (const IpAddress& group : {nd::all_routers, nd::all_routers_site}) {
    if (!listens) {
      groups_.leave_own(interface, group, now);
    } else if (groups_.join_own(interface, group, now) != GroupError::none) {
      return;  // no room: what needs no router works all the same
    }
  }
}

std::optional<Datagram> Ip::receive_igmp(const Ipv4Header& header, const Packet& packet, Instant now) {
  const igmp::Envelope envelope{.source = IpAddress::v4(header.source()),
                                .destination = IpAddress::v4(header.destination()),
                                .ttl = header.ttl(),
                                .router_alert = has_router_alert(header.options())};
  const Drop reason = groups_.receive_igmp(packet.info.interface, packet.bytes(), envelope, now);
  if (reason != Drop::none) drops_.add(reason);
  return std::nullopt;
}

std::optional<Datagram> Ip::receive_mld(const Datagram& datagram, bool router_alert, Instant now) {
  const mld::Envelope envelope{
      .source = datagram.source.with_zone(0), .hop_limit = datagram.ttl, .router_alert = router_alert};
  const Drop reason = groups_.receive_mld(datagram.interface, datagram.packet.bytes(), envelope, now);
  if (reason != Drop::none) drops_.add(reason);
  return std::nullopt;
}

/// What a device has no room for is sent again by itself: state changes are told more than once.
void Ip::send_group_messages(Instant now) {
  while (const auto message = groups_.next_due(now)) {
    const std::size_t header = message->v4 ? header_v4 : header_v6;
    const Interface& out = interfaces_[message->interface];
    const std::uint16_t mtu = message->v4 ? out.mtu_v4 : out.mtu;
    std::array<std::uint8_t, largest_message> buffer;
    const std::size_t room = mtu < header ? 0 : mtu - header < buffer.size() ? mtu - header : buffer.size();
    const std::size_t size = groups_.write(*message, MutableBytes(buffer).first(room), now);
    if (size == 0) continue;
    const MutableBytes bytes = MutableBytes(buffer).first(size);
    message->v4 ? send_igmp(*message, bytes, now) : send_mld(*message, bytes, now);
  }
}

void Ip::send_igmp(const GroupMessage& message, Bytes bytes, Instant now) {
  const IpAddress source = interfaces_.source_for(message.destination, message.interface);
  Frame frame;
  frame.add_payload(bytes);
  copy_bytes(frame.prepend(router_alert_v4.size()), router_alert_v4);
  const Ipv4Header::Values values{.traffic_class = internetwork_control,
                                  .total_length = static_cast<std::uint16_t>(header_v4 + bytes.size()),
                                  .fragment = Ipv4Header::dont_fragment,
                                  .ttl = 1,
                                  .protocol = protocol::igmp,
                                  .source = source.v4_value(),
                                  .destination = message.destination.v4_value()};
  std::uint8_t* header = frame.prepend(Ipv4Header::minimum_size);
  Ipv4Header::write(header, values);
  header[0] = static_cast<std::uint8_t>(0x40 | header_v4 / 4);
  store16(header + 10, 0);
  store16(header + 10, static_cast<std::uint16_t>(~checksum_sum({header, header_v4})));
  ethernet_.send(frame, message.interface, message.destination, ethernet::ethertype::ipv4, now);
}

/// RFC 3810 5.2.13: from :: while there is no link-local address.
void Ip::send_mld(const GroupMessage& message, MutableBytes bytes, Instant now) {
  const IpAddress best = interfaces_.source_for(nd::all_nodes, message.interface).with_zone(0);
  const IpAddress source = best.is_link_local() ? best : IpAddress::any_v6();
  const IpAddress destination = message.destination.with_zone(0);
  icmpv6::finish(source, destination, bytes);
  Frame frame;
  frame.add_payload(bytes);
  std::uint8_t* options = frame.prepend(2 + router_alert_v6.size());
  options[0] = protocol::icmpv6;
  options[1] = 0;
  copy_bytes(options + 2, router_alert_v6);
  Ipv6Header::write(frame.prepend(Ipv6Header::size),
                    {.payload_length = static_cast<std::uint16_t>(header_v6 - Ipv6Header::size + bytes.size()),
                     .next_header = protocol::hop_by_hop,
                     .hop_limit = 1,
                     .source = source,
                     .destination = destination});
  ethernet_.send(frame, message.interface, destination, ethernet::ethertype::ipv6, now);
}

/// RFC 1112 6.4: a copy for ourselves, by way of loopback, where its source tells which interface it belongs to. Nothing
/// when nobody here listens.
std::optional<Path> Ip::path_of_copy(const Path& path, const SendInfo& info) const {
  const IpAddress& group = info.destination;
  if (!info.multicast_loop || !group.is_multicast() || interfaces_[path.interface].loopback) return std::nullopt;
  if (path.source.is_unspecified() || !groups_.wants(path.interface, group, path.source)) return std::nullopt;
  const auto self = interfaces_.loopback();
  if (!self) return std::nullopt;
  return make_path(group, group.with_zone(0), path.source, *self);
}

}  // namespace linnet::ip
