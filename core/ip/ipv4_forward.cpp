// SPDX-License-Identifier: Apache-2.0
// Forwarding IPv4: RFC 1812 5.2 and 5.3, RFC 791 3.2.
#include "core/device/segmentation.hpp"
#include "core/ip/forward.hpp"
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {

/// A packet whose header and options are good and whose destination is no address of ours.
std::nullopt_t Ip::forward_v4(Packet packet, Ipv4Header header, Instant now) {
  if (napt_active_ && header.is_fragment()) {  // whom a translation concerns, only the first of them tells
    auto whole = fragments_.receive(std::move(packet), header, now);
    if (!whole) return std::nullopt;
    packet = std::move(*whole);
    Drop reason = Drop::none;
    const auto again = Ipv4Header::parse(packet.bytes(), reason);
    if (!again) return drop(reason);
    header = *again;
  }
  Path path;
  Refusal refusal = check_transit_v4(packet, header, IpAddress::v4(header.destination()), path);
  if (refusal.reason == Drop::none && napt_active_) refusal = translate_outbound(packet, header, path, now);
  if (refusal.reason == Drop::none) refusal = pass_on_v4(packet, header, path, now);
  return refusal.reason == Drop::none ? std::nullopt : refuse_transit_v4(refusal, packet, now);
}

/// Where a packet goes on, by its destination (after translation); or why it does not. RFC 1812 5.3.
Refusal Ip::check_transit_v4(const Packet& packet, const Ipv4Header& header, const IpAddress& destination,
                             Path& path) const {
  const ReceiveInfo& info = packet.info;
  const IpAddress source = IpAddress::v4(header.source());
  // RFC 1812 5.3.4, 5.3.5.2 with RFC 2644: no broadcasts, of the link or directed. RFC 3927 7: nothing
  // link-local.
  if (info.link_broadcast || interfaces_[info.interface].loopback || source.is_link_local() ||
      destination.is_link_local() || is_broadcast(destination, any_interface)) {
    return {Drop::ip_not_forwarded};
  }
  if (!leads_back(source, info.interface)) return {Drop::ip_reverse_path};
  // RFC 1812 5.3.1.
  if (header.ttl() <= 1) return {Drop::ip_ttl, OwedError{icmp::time_exceeded, icmp::ttl_exceeded}};
  const Route* route = route_by(destination, any_interface);
  if (route == nullptr)
    return {Drop::ip_no_route, OwedError{icmp::destination_unreachable, icmp::net_unreachable}};
  const std::uint16_t mtu = interfaces_[route->interface].mtu_v4;
  path = {.source = source,
          .next_hop = route->gateway.is_unspecified() ? destination : route->gateway,
          .interface = route->interface,
          .mtu = mtu,
          .link_mtu = mtu};
  if (header.may_not_fragment() && packet_size(packet, transport_of_v4(header)) > mtu) {
    return {Drop::ip_too_big, OwedError{icmp::destination_unreachable, icmp::fragmentation_needed, mtu}};
  }
  return {};
}

/// RFC 3704 2.3: one of the best routes to the source leads by the interface that the packet came by.
bool Ip::leads_back(const IpAddress& source, std::uint8_t interface) const {
  if (!config_.check_reverse_path) return true;
  const auto best_by = [&](std::uint8_t wanted) {
    const Route* route = source.is_v4() ? route_by(source, wanted) : route_by_v6(source, wanted);
    return route != nullptr ? int{route->destination.length} : -1;
  };
  const int by_it = best_by(interface);
  return by_it >= 0 && by_it == best_by(any_interface);
}

Refusal Ip::pass_on_v4(Packet& packet, const Ipv4Header& header, const Path& path, Instant now) {
  take_hop_v4(packet.mutable_bytes());
  const Send sent = send_transit(packet, path, transport_of_v4(header), now);
  if (sent == Send::unreachable) {
    return {Drop::neighbour_failed, OwedError{icmp::destination_unreachable, icmp::host_unreachable}};
  }
  return {drop_of(sent)};
}

std::nullopt_t Ip::refuse_transit_v4(const Refusal& refusal, const Packet& packet, Instant now) {
  const auto header = Ipv4Header::parse_quoted(packet.bytes());
  if (refusal.error && header && may_report_v4(*header, packet.bytes(), packet.info)) {
    send_error(refusal.error->type, refusal.error->code, packet.bytes(), now, refusal.error->pointer);
  }
  return drop(refusal.reason);
}

/// A packet of either family to its next hop: as it is where that can be, in pieces where it must.
Send Ip::send_transit(Packet& packet, const Path& path, const TransportPlace& place, Instant now) {
  const Interface& out = interfaces_[path.interface];
  const std::uint16_t type = packet.info.ethertype;
  const bool fits = packet_size(packet, place) <= path.mtu;
  Frame frame;
  if (!make_transit_frame(frame, packet, place, out.transmit_checksum && fits)) return Send::too_big;
  if (frame.segment_size == 0) return send_transit_frame(frame, path, type, now);
  if (fits && frame.payload_size() <= out.segmentation) return send_fragment(frame, path, type, now);
  return send_transit_segments(frame, path, type, now);
}

/// What one device coalesced and the next cannot cut.
Send Ip::send_transit_segments(const Frame& super, const Path& path, std::uint16_t type, Instant now) {
  const auto segments = Segmenter::of(super, LinkType::ip);
  if (!segments) return Send::too_big;
  for (std::size_t i = 0; i < segments->count(); ++i) {
    Frame segment;
    segment.transit = true;
    if (!segments->write(i, segment)) return Send::too_big;
    const Send result = send_transit_frame(segment, path, type, now);
    if (result != Send::sent) return result;
  }
  return Send::sent;
}

Send Ip::send_transit_frame(Frame& frame, const Path& path, std::uint16_t type, Instant now) {
  if (frame.size() <= path.mtu) return send_fragment(frame, path, type, now);
  return type == ethernet::ethertype::ipv4 ? send_transit_fragments(frame, path, now) : Send::too_big;
}

/// RFC 791 3.2, for what others sent: with its options, and it may be a fragment already.
Send Ip::send_transit_fragments(const Frame& whole, const Path& path, Instant now) {
  const Bytes first = whole.header().empty() ? whole.payload().front() : whole.header();
  const auto header = Ipv4Header::parse_quoted(first);
  if (!header || path.mtu < header->length() + 8u) return Send::too_big;
  const std::size_t length = header->length();
  const std::size_t room = (path.mtu - length) & ~std::size_t{7};
  const std::size_t size = whole.size() - length;
  const std::size_t begin = header->fragment_offset();
  if (begin + size > 0xffff) return Send::too_big;
  for (std::size_t offset = 0; offset < size; offset += room) {
    const std::size_t piece = size - offset > room ? room : size - offset;
    const bool more = offset + piece < size || header->more();
    std::array<std::uint8_t, Ipv4Header::maximum_size> head;
    copy_bytes(head.data(), first.first(length));
    const std::size_t head_length =
        offset == 0 ? length : write_later_header(head.data(), first.first(length));
    finish_fragment_header(
        MutableBytes(head).first(head_length), static_cast<std::uint16_t>(head_length + piece),
        static_cast<std::uint16_t>((more ? Ipv4Header::more_fragments : 0u) | ((begin + offset) / 8)));
    Frame fragment;
    fragment.transit = true;
    if (!slice(whole, fragment, length + offset, piece)) return Send::too_big;
    copy_bytes(fragment.prepend(head_length), Bytes(head).first(head_length));
    const Send result = send_fragment(fragment, path, ethernet::ethertype::ipv4, now);
    if (result != Send::sent) return result;
  }
  return Send::sent;
}

/// RFC 1812 5.2.7.1, RFC 4861 7.2.2: packets of others whose next hop turned out not to answer.
void Ip::report_undelivered(Instant now) {
  while (auto packet = ethernet_.take_undelivered()) {
    if (packet->info.ethertype == ethernet::ethertype::ipv6) {
      send_error_v6({icmpv6::destination_unreachable, icmpv6::address_unreachable}, *packet, now);
      continue;
    }
    const auto header = Ipv4Header::parse_quoted(packet->bytes());
    if (!header || !may_report_v4(*header, packet->bytes(), packet->info)) continue;
    if (napt_active_) napt_restore(packet->mutable_bytes());
    send_error(icmp::destination_unreachable, icmp::host_unreachable, packet->bytes(), now);
  }
}

}  // namespace linnet::ip
