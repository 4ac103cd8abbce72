// SPDX-License-Identifier: Apache-2.0
// Sending: RFC 791 3, RFC 1122 3.3.
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

/// What the pseudo header says of the addresses; ICMP has none (RFC 792).
Checksum address_sum(const Ipv4Header::Values& values) {
  Checksum checksum;
  if (values.protocol == protocol::icmp) return checksum;
  checksum.add32(values.source);
  checksum.add32(values.destination);
  return checksum;
}

}  // namespace

std::optional<Path> Ip::path(const IpAddress& destination, const IpAddress& source,
                             std::uint8_t interface) const {
  if (!destination.is_v4()) return path_v6(destination, source, interface);
  if (destination.is_unspecified()) return std::nullopt;
  if (interface != any_interface && !interfaces_.valid(interface)) return std::nullopt;
  if (!source.is_unspecified() && (!source.is_v4() || !is_own(source))) return std::nullopt;
  if (destination.is_multicast() || is_broadcast(destination, interface)) {
    return path_to_group(destination, source, interface);
  }
  if (is_own(destination)) {
    const auto self = interfaces_.loopback();
    if (!self) return std::nullopt;
    const IpAddress from = destination.is_loopback() ? interfaces_.source_for(destination, *self) : destination;
    return make_path(destination, destination, source.is_unspecified() ? from : source, *self);
  }
  const bool by_clat = clat_.enabled && source == clat::host_address;
  const Route* route = by_clat ? nullptr : choose_route(destination, source, interface);
  if (route == nullptr) return path_by_clat(destination, source, interface);
  // RFC 3927 2.6.2: a link-local destination is on the link, whatever leads beyond.
  const bool on_link = route->gateway.is_unspecified() || destination.is_link_local();
  const IpAddress hop = on_link ? destination : route->gateway;
  const IpAddress from = source.is_unspecified() ? interfaces_.source_for(hop, route->interface) : source;
  if (from.is_unspecified() || from.is_loopback()) return std::nullopt;
  return make_path(destination, hop, from, route->interface);
}

/// The best route by an interface (any_interface: by whichever).
const Route* Ip::route_by(const IpAddress& destination, std::uint8_t interface) const {
  return routes_.find(destination, [&](const Route& route) {
    const Interface& out = interfaces_[route.interface];
    return out.up && !out.loopback && (interface == any_interface || route.interface == interface);
  });
}

/// RFC 1122 3.3.4.2 (strong model, where it can be had): a packet leaves by the interface that has its
/// source.
const Route* Ip::choose_route(const IpAddress& destination, const IpAddress& source,
                              std::uint8_t interface) const {
  if (interface != any_interface) return route_by(destination, interface);
  if (const auto own = interfaces_.interface_of(source)) {
    if (const Route* route = route_by(destination, *own)) return route;
  }
  return route_by(destination, any_interface);
}

/// RFC 1122 3.3.6, RFC 1112 6.1: a group is on the link itself; which one, the caller, the source or a route
/// says.
std::optional<Path> Ip::path_to_group(const IpAddress& destination, const IpAddress& source,
                                      std::uint8_t interface) const {
  if (interface == any_interface) interface = interfaces_.interface_of(source).value_or(any_interface);
  if (interface == any_interface) {
    if (const Route* route = choose_route(destination, source, interface)) interface = route->interface;
  }
  for (std::uint8_t i = 0; i < interfaces_.all().size() && interface == any_interface; ++i) {
    if (interfaces_.valid(i) && interfaces_[i].up && !interfaces_[i].loopback) interface = i;
  }
  if (interface == any_interface || !interfaces_[interface].up) return std::nullopt;
  const IpAddress hop = destination.is_multicast() ? destination : IpAddress::broadcast_v4();
  return make_path(destination, hop,
                   source.is_unspecified() ? interfaces_.source_for(destination, interface) : source,
                   interface);
}

std::optional<Path> Ip::make_path(const IpAddress& destination, const IpAddress& next_hop,
                                  const IpAddress& source, std::uint8_t interface) const {
  const Interface& out = interfaces_[interface];
  const std::uint16_t mtu = destination.is_v4() ? out.mtu_v4 : out.mtu_v6;
  return Path{.source = source,
              .next_hop = next_hop,
              .interface = interface,
              .mtu = path_mtu_.get(destination, mtu),
              .link_mtu = mtu,
              .device_queues = out.device_queues,
              .segmentation = out.segmentation,
              .generation = generation_};
}

Send Ip::send(Frame& frame, const SendInfo& info, Instant now) {
  const bool own = info.source.is_unspecified() || is_own(info.source);
  if (!own) return Send::bad_source;
  auto path = this->path(info.destination, info.source, info.interface);
  if (!path) return Send::no_route;
  if (info.keep_unspecified) path->source = info.destination.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6();
  return send(frame, *path, info, now);
}

Send Ip::send(Frame& frame, const Path& path, const SendInfo& info, Instant now) {
  if (const auto copy = path_of_copy(path, info)) {
    const ChecksumOffload asked = frame.checksum;
    static_cast<void>(path.source.is_v4() ? send_v4(frame, *copy, info, now) : send_v6(frame, *copy, info, now));
    frame.checksum = asked;
  }
  if (info.host_only) return Send::sent;
  if (clat_.enabled && path.source == clat::host_address && !interfaces_[path.interface].loopback) {
    return send_clat(frame, path, info, now);
  }
  return path.source.is_v4() ? send_v4(frame, path, info, now) : send_v6(frame, path, info, now);
}

Send Ip::send_v4(Frame& frame, const Path& path, const SendInfo& info, Instant now) {
  const Interface& out = interfaces_[path.interface];
  const std::size_t size = Ipv4Header::minimum_size + frame.size();
  if (!out.up) return Send::no_route;
  if (size > 0xffff) return Send::too_big;
  // Below the least MTU that we believe in, somebody must be allowed to fragment (see path_mtu_update, set_mtu_v4).
  const bool tiny_path = path.mtu < out.mtu && path.mtu <= config_.minimum_path_mtu;
  const bool dont_fragment = info.dont_fragment && !tiny_path;
  const Ipv4Header::Values values{.traffic_class = info.traffic_class,
                                  .total_length = static_cast<std::uint16_t>(size),
                                  .fragment = dont_fragment ? Ipv4Header::dont_fragment : std::uint16_t{0},
                                  .ttl = info.ttl != 0 ? info.ttl : config_.default_ttl,
                                  .protocol = info.protocol,
                                  .source = path.source.v4_value(),
                                  .destination = info.destination.v4_value()};
  if (frame.segment_size != 0) {
    return frame.payload_size() <= out.segmentation ? send_whole(frame, path, values, now) : Send::too_big;
  }
  if (size <= path.mtu) return send_whole(frame, path, values, now);
  return dont_fragment ? Send::too_big : send_fragments(frame, path, values, now);
}

Send Ip::send_whole(Frame& frame, const Path& path, Ipv4Header::Values values, Instant now) {
  const ChecksumOffload asked = frame.checksum;
  if (asked.header_from_end != 0) {
    const bool device_does_it = (interfaces_[path.interface].transmit_checksum || frame.segment_size != 0) &&
                                values.protocol != protocol::icmp;
    fill_checksum(frame, address_sum(values), values.protocol, device_does_it);
    if (!device_does_it) frame.checksum = {};
  }
  // RFC 6864 4.1: an atomic datagram's identification means nothing.
  if ((values.fragment & Ipv4Header::dont_fragment) == 0) {
    values.identification = identification_.next(values.source, values.destination, values.protocol);
  }
  std::uint8_t* header = frame.prepend(Ipv4Header::minimum_size);
  Send result = Send::no_memory;
  if (header != nullptr) {
    Ipv4Header::write(header, values);
    result = result_of(ethernet_.send(frame, path.interface, path.next_hop, ethernet::ethertype::ipv4, now));
    frame.strip(Ipv4Header::minimum_size);
  }
  frame.checksum = asked;
  return result;
}

/// A device that has no room for all of them is asked to empty itself: a datagram of which only the beginning went
/// out is as good as not sent.
Send Ip::send_fragment(Frame& fragment, const Path& path, std::uint16_t type, Instant now) {
  auto result = ethernet_.send(fragment, path.interface, path.next_hop, type, now);
  if (result == ethernet::Send::busy) {
    ethernet_.link(path.interface).device->flush();
    result = ethernet_.send(fragment, path.interface, path.next_hop, type, now);
  }
  return result_of(result);
}

/// RFC 791 3.2, "An Example Fragmentation Procedure".
Send Ip::send_fragments(Frame& frame, const Path& path, Ipv4Header::Values values, Instant now) {
  const std::size_t room =
      path.mtu < Ipv4Header::minimum_size + 8 ? 0 : (path.mtu - Ipv4Header::minimum_size) & ~7u;
  if (room == 0) return Send::too_big;
  if (frame.checksum.header_from_end != 0) fill_checksum(frame, address_sum(values), values.protocol, false);
  values.identification = identification_.next(values.source, values.destination, values.protocol);
  const std::size_t size = frame.size();
  for (std::size_t offset = 0; offset < size; offset += room) {
    const bool more = size - offset > room;
    const std::size_t length = more ? room : size - offset;
    Frame fragment;
    if (!slice(frame, fragment, offset, length)) return Send::too_big;
    values.fragment = static_cast<std::uint16_t>((more ? Ipv4Header::more_fragments : 0u) | (offset / 8));
    values.total_length = static_cast<std::uint16_t>(Ipv4Header::minimum_size + length);
    Ipv4Header::write(fragment.prepend(Ipv4Header::minimum_size), values);
    const Send result = send_fragment(fragment, path, ethernet::ethertype::ipv4, now);
    if (result != Send::sent) return result_of_fragment(result, offset);
  }
  return Send::sent;
}

}  // namespace linnet::ip
