// SPDX-License-Identifier: Apache-2.0
// Sending IPv6: RFC 8200 3, 4.5 and 5, RFC 6437, RFC 6724, RFC 4861 5.2 and 6.3.6.
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

using Reachability = ethernet::Ethernet::Reachability;

Checksum address_sum(const Ipv6Header::Values& values) {
  Checksum checksum;
  checksum.add(values.source.bytes());
  checksum.add(values.destination.bytes());
  return checksum;
}

/// RFC 4007: what means nothing beyond its link.
bool is_link_scoped(const IpAddress& address) {
  return address.is_link_local() || (address.is_multicast() && (address.bytes()[1] & 0x0f) <= 2);
}

}  // namespace

std::optional<Path> Ip::path_v6(const IpAddress& destination, const IpAddress& source, std::uint8_t interface) const {
  if (destination.is_unspecified() || (!source.is_unspecified() && (source.is_v4() || !is_own(source)))) {
    return std::nullopt;
  }
  if (is_own(destination)) return path_to_self_v6(destination, source);
  const auto wanted = interface_for_v6(destination, source, interface);
  if (!wanted) return std::nullopt;
  IpAddress hop = destination;
  std::uint8_t out = *wanted;
  if (!is_link_scoped(destination)) {
    const Route* route = choose_route_v6(destination, source, out);
    if (route == nullptr && !destination.is_multicast()) return std::nullopt;
    if (route != nullptr) out = route->interface;
    // RFC 4291 2.7: a group is on the link itself, whatever leads beyond.
    if (route != nullptr && !destination.is_multicast() && !route->gateway.is_unspecified()) hop = route->gateway;
  }
  if (out == any_interface) out = first_interface_v6();
  if (out == any_interface || !interfaces_[out].ipv6 || !interfaces_[out].up) return std::nullopt;
  const IpAddress from = source.is_unspecified() ? interfaces_.source_for(destination, out) : source;
  if (from.is_loopback()) return std::nullopt;
  // RFC 4291 2.5.6: no router forwards what comes from a link-local address; there will be a better one, or none.
  const bool routed = hop.bytes() != destination.bytes();
  if (routed && source.is_unspecified() && from.is_link_local()) return std::nullopt;
  if (from.is_unspecified() && !destination.is_multicast()) return std::nullopt;
  return make_path(destination, hop.with_zone(0), from, out);
}

std::optional<Path> Ip::path_to_self_v6(const IpAddress& destination, const IpAddress& source) const {
  const auto self = interfaces_.loopback();
  if (!self) return std::nullopt;
  return make_path(destination, destination.with_zone(0), source.is_unspecified() ? destination : source, *self);
}

/// The interface that the caller, a zone or the source asks for, or any_interface; nothing when they contradict each
/// other.
std::optional<std::uint8_t> Ip::interface_for_v6(const IpAddress& destination, const IpAddress& source,
                                                 std::uint8_t interface) const {
  std::uint8_t wanted = interface;
  const std::uint8_t zone = interface_of_zone(destination);
  if (zone != any_interface) {
    if (wanted != any_interface && wanted != zone) return std::nullopt;
    wanted = zone;
  }
  if (wanted == any_interface && is_link_scoped(destination)) {
    // RFC 4007 6: without a zone, the one that the source is in; or the only one that there is.
    wanted = source.is_link_local() ? interfaces_.interface_of(source).value_or(any_interface) : only_interface_v6();
    if (wanted == any_interface && destination.is_multicast()) wanted = first_interface_v6();
    if (wanted == any_interface) return std::nullopt;
  }
  if (wanted != any_interface && !interfaces_.valid(wanted)) return std::nullopt;
  return wanted;
}

std::uint8_t Ip::first_interface_v6() const {
  for (std::uint8_t i = 0; i < interfaces_.all().size(); ++i) {
    if (interfaces_.valid(i) && interfaces_[i].ipv6 && interfaces_[i].up && !interfaces_[i].loopback) return i;
  }
  return any_interface;
}

std::uint8_t Ip::only_interface_v6() const {
  const std::uint8_t first = first_interface_v6();
  for (std::size_t i = first + std::size_t{1}; first != any_interface && i < interfaces_.all().size(); ++i) {
    const Interface& other = interfaces_.all()[i];
    if (other.present && other.ipv6 && other.up && !other.loopback) return any_interface;
  }
  return first;
}

/// RFC 4861 6.3.6, RFC 4191 3.2: routers that answer come first, then those of which nothing is known, so that they are
/// asked, then those that do not answer. What was configured, and whom a redirect named (8.3), is believed until it fails.
const Route* Ip::route_by_v6(const IpAddress& destination, std::uint8_t interface) const {
  enum class Router : std::uint8_t { good, unknown, any };
  const auto by = [&](Router least) {
    return routes_.find(destination, [&](const Route& route) {
      const Interface& out = interfaces_[route.interface];
      if (!out.ipv6 || !out.up || out.loopback) return false;
      if (interface != any_interface && route.interface != interface) return false;
      if (route.gateway.is_unspecified() || least == Router::any) return true;
      const Reachability known = ethernet_.reachability(route.interface, route.gateway);
      const bool enough = least == Router::unknown || route.origin != RouteOrigin::advertised;
      return known == Reachability::reachable || (known == Reachability::unknown && enough);
    });
  };
  const Route* route = by(Router::good);
  if (route == nullptr) route = by(Router::unknown);
  return route != nullptr ? route : by(Router::any);
}

const Route* Ip::choose_route_v6(const IpAddress& destination, const IpAddress& source, std::uint8_t interface) const {
  if (interface != any_interface) return route_by_v6(destination, interface);
  if (const auto own = interfaces_.interface_of(source)) {
    if (const Route* route = route_by_v6(destination, *own)) return route;
  }
  return route_by_v6(destination, any_interface);
}

/// RFC 6437 3: the same for all packets of a flow, and not to be guessed. Ports stand first in TCP's and UDP's headers.
std::uint32_t Ip::flow_label(const Frame& frame, const Ipv6Header::Values& values) const {
  std::uint64_t rest = values.next_header;
  const Bytes header = frame.header();
  const bool ports = values.next_header == protocol::tcp || values.next_header == protocol::udp;
  if (ports && header.size() >= 4) rest |= std::uint64_t{load32(header.data())} << 8;
  TableHasher hasher(flow_key_);
  for (const IpAddress* address : {&values.source, &values.destination}) {
    hasher.word(load64(address->bytes().data()));
    hasher.word(load64(address->bytes().data() + 8));
  }
  hasher.word(rest);
  const auto label = static_cast<std::uint32_t>(hasher.finish() & 0xfffff);
  return label != 0 ? label : 1;  // zero: none
}

Send Ip::send_v6(Frame& frame, const Path& path, const SendInfo& info, Instant now) {
  const Interface& out = interfaces_[path.interface];
  if (!out.up) return Send::no_route;
  if (frame.size() > 0xffff) return Send::too_big;
  Ipv6Header::Values values{.traffic_class = info.traffic_class,
                            .payload_length = static_cast<std::uint16_t>(frame.size()),
                            .next_header = info.protocol,
                            .hop_limit = info.ttl != 0 ? info.ttl : out.hop_limit,
                            .source = path.source.with_zone(0),
                            .destination = info.destination.with_zone(0)};
  values.flow_label = flow_label(frame, values);
  const bool fits = frame.segment_size != 0 ? frame.payload_size() <= out.segmentation
                                            : Ipv6Header::size + frame.size() <= path.mtu;
  if (fits) return send_whole_v6(frame, path, values, now);
  return info.dont_fragment || frame.segment_size != 0 ? Send::too_big : send_fragments_v6(frame, path, values, now);
}

Send Ip::send_whole_v6(Frame& frame, const Path& path, const Ipv6Header::Values& values, Instant now) {
  const ChecksumOffload asked = frame.checksum;
  if (asked.header_from_end != 0) {
    const bool device_does_it = (interfaces_[path.interface].transmit_checksum || frame.segment_size != 0) &&
                                values.next_header != protocol::icmpv6;
    fill_checksum(frame, address_sum(values), values.next_header, device_does_it);
    if (!device_does_it) frame.checksum = {};
  }
  Send result = Send::no_memory;
  if (std::uint8_t* header = frame.prepend(Ipv6Header::size)) {
    Ipv6Header::write(header, values);
    result = result_of(ethernet_.send(frame, path.interface, path.next_hop, ethernet::ethertype::ipv6, now));
    frame.strip(Ipv6Header::size);
  }
  frame.checksum = asked;
  return result;
}

/// RFC 8200 4.5. RFC 7739 5.1: an identification that nobody can foresee.
Send Ip::send_fragments_v6(Frame& frame, const Path& path, Ipv6Header::Values values, Instant now) {
  constexpr std::size_t headers = Ipv6Header::size + FragmentHeader::size;
  const std::size_t room = (path.mtu - headers) & ~std::size_t{7};  // a path's MTU is 1280 at least
  if (frame.checksum.header_from_end != 0) fill_checksum(frame, address_sum(values), values.next_header, false);
  const std::uint8_t protocol = values.next_header;
  const std::uint32_t identification = random_.next32();
  values.next_header = protocol::fragment;
  const std::size_t size = frame.size();
  for (std::size_t offset = 0; offset < size; offset += room) {
    const bool more = size - offset > room;
    const std::size_t length = more ? room : size - offset;
    Frame fragment;
    if (!slice(frame, fragment, offset, length)) return Send::too_big;
    FragmentHeader::write(fragment.prepend(FragmentHeader::size), protocol, static_cast<std::uint16_t>(offset), more,
                          identification);
    values.payload_length = static_cast<std::uint16_t>(FragmentHeader::size + length);
    Ipv6Header::write(fragment.prepend(Ipv6Header::size), values);
    const Send result = send_fragment(fragment, path, ethernet::ethertype::ipv6, now);
    if (result != Send::sent) return result_of_fragment(result, offset);
  }
  return Send::sent;
}

}  // namespace linnet::ip
