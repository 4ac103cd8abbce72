// SPDX-License-Identifier: Apache-2.0
// ICMPv6 (RFC 4443): answers echo, reports errors, hands others' reports to those they concern, and neighbour discovery
// to where it belongs.
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

constexpr ChecksumOffload icmp_checksum{.header_from_end = Icmpv6Header::size, .field = 2};
// RFC 4443 2.4 (c): as much of the packet as fits into the least MTU.
constexpr std::size_t maximum_quote = RouterDiscovery::minimum_mtu - Ipv6Header::size - Icmpv6Header::size;

ErrorKind unreachable_kind(std::uint8_t code) {
  switch (code) {
    case icmpv6::no_route:
    case icmpv6::beyond_scope: return ErrorKind::net_unreachable;
    case icmpv6::port_unreachable: return ErrorKind::port_unreachable;
    case icmpv6::administratively_prohibited:
    case icmpv6::source_address_failed_policy:
    case icmpv6::reject_route: return ErrorKind::administratively_prohibited;
    default: return ErrorKind::host_unreachable;
  }
}

ErrorKind error_kind(const Icmpv6Header& header) {
  switch (header.type()) {
    case icmpv6::destination_unreachable: return unreachable_kind(header.code());
    case icmpv6::packet_too_big: return ErrorKind::fragmentation_needed;
    case icmpv6::time_exceeded: return ErrorKind::time_exceeded;
    case icmpv6::parameter_problem:
      return header.code() == icmpv6::unrecognized_next_header ? ErrorKind::protocol_unreachable
                                                               : ErrorKind::parameter_problem;
    default: return ErrorKind::none;
  }
}

bool is_neighbour_discovery(std::uint8_t type) {
  return type >= icmpv6::router_solicitation && type <= icmpv6::redirect;
}

bool is_listener_discovery(std::uint8_t type) {
  return (type >= icmpv6::listener_query && type <= icmpv6::listener_done) || type == icmpv6::listener_report_v2;
}

}  // namespace

std::optional<Datagram> Ip::receive_icmpv6(Datagram datagram, const ExtensionHeaders& chain, bool fragmented,
                                           Instant now) {
  const Bytes message = datagram.packet.bytes();
  const auto header = Icmpv6Header::parse(message);
  if (!header) return drop(Drop::icmp_short);
  const bool vouched = interfaces_[datagram.interface].loopback;
  if (!vouched && !icmpv6::checksum_good(datagram.source, datagram.destination, message))
    return drop(Drop::icmp_checksum);
  if (is_neighbour_discovery(header->type())) {
    if (fragmented) return drop(Drop::nd_malformed);  // RFC 6980 5
    const Drop reason = neighbour_discovery_.receive(datagram, now);
    if (reason != Drop::none) return drop(reason);
    take_over_discovery(now);
    return std::nullopt;
  }
  if (is_listener_discovery(header->type())) return receive_mld(datagram, chain.router_alert.has_value(), now);
  if (datagram.source.is_unspecified()) return drop(Drop::ip_martian);
  if (header->is_error()) return receive_error_v6(std::move(datagram));
  if (header->type() != icmpv6::echo_request) return datagram;
  if (datagram.group && !config_.answer_broadcast_echo) return drop(Drop::icmp_broadcast);
  answer_echo(datagram, icmpv6::echo_reply, now);
  return std::nullopt;
}

/// By which interface somebody is answered in whose packets no address says it: the one that they came by.
std::uint8_t Ip::way_back(std::uint8_t interface) const {
  return interfaces_[interface].loopback ? any_interface : interface;
}

/// RFC 4443 2.4 (d): an error goes to the transport that sent the packet it quotes.
std::optional<Datagram> Ip::receive_error_v6(Datagram datagram) {
  const Bytes message = datagram.packet.bytes();
  const auto header = Icmpv6Header::parse(message);
  const ErrorKind kind = error_kind(*header);
  if (kind == ErrorKind::none) return drop(Drop::icmp_type);
  const Bytes quote = message.subspan(Icmpv6Header::size);
  const auto quoted = Ipv6Header::parse_quoted(quote);
  if (!quoted) return drop(Drop::icmp_quote);
  const ExtensionHeaders chain = ExtensionHeaders::walk_quoted(*quoted, quote);
  // Only a first fragment shows whose packet it was.
  if (chain.reason != Drop::none || !chain.at_upper_layer() || quote.size() < chain.offset + std::size_t{8})
    return drop(Drop::icmp_quote);
  const IpAddress source = scoped(quoted->source(), datagram.interface);
  if (datagram.group || source.is_unspecified() || !is_own(source) || quoted->destination().is_multicast())
    return drop(Drop::icmp_quote);
  // RFC 8201 4: what is below the least MTU is no packet that IPv6 has to split for.
  if (kind == ErrorKind::fragmentation_needed && header->mtu() < RouterDiscovery::minimum_mtu)
    return drop(Drop::icmp_quote);
  datagram.reporter = datagram.source;
  datagram.source = source;
  datagram.destination = scoped(quoted->destination(), datagram.interface);
  datagram.protocol = chain.protocol;
  datagram.traffic_class = quoted->traffic_class();
  datagram.header_length = static_cast<std::uint16_t>(chain.offset);
  datagram.error = kind;
  datagram.icmp_type = header->type();
  datagram.icmp_code = header->code();
  if (kind == ErrorKind::fragmentation_needed) {
    datagram.mtu = header->mtu() < 0xffff ? static_cast<std::uint16_t>(header->mtu()) : std::uint16_t{0xffff};
  }
  datagram.packet.consume(Icmpv6Header::size + datagram.header_length);
  return datagram;
}

/// About a datagram as `receive` yielded it.
void Ip::report_v6(const OwedError& error, Datagram& datagram, Instant now) {
  if (datagram.error != ErrorKind::none || datagram.protocol == protocol::icmpv6) return;
  datagram.packet.restore(datagram.header_length);
  send_error_v6(error, datagram.packet, now);
  datagram.packet.consume(datagram.header_length);
}

/// RFC 4443 2.4 (e), (f). `original`: the packet that the error is about, from its IP header on.
void Ip::send_error_v6(const OwedError& error, const Packet& original, Instant now) {
  const Bytes bytes = original.bytes();
  const auto header = Ipv6Header::parse_quoted(bytes);
  if (!header) return;
  const std::uint8_t interface = original.info.interface;
  const bool group = header->destination().is_multicast() || original.info.link_broadcast;
  const IpAddress to = scoped(header->source(), interface);
  if (to.is_unspecified() || to.is_multicast() || (group && !error.to_groups)) return;
  const ExtensionHeaders chain = ExtensionHeaders::walk_quoted(*header, bytes);
  const bool known = chain.reason == Drop::none && chain.protocol == protocol::icmpv6 && chain.offset < bytes.size();
  if (known && (bytes[chain.offset] < 128 || bytes[chain.offset] == icmpv6::redirect)) return;
  if (!limiter_.allow(to, now)) return;
  Frame frame;
  frame.add_payload(bytes.first(bytes.size() < maximum_quote ? bytes.size() : maximum_quote));
  Icmpv6Header::write(frame.prepend(Icmpv6Header::size), error.type, error.code, error.pointer);
  frame.checksum = icmp_checksum;
  // RFC 4443 2.2 (b): about a packet of others, from an address of whichever interface it leaves by.
  const IpAddress ours = group ? IpAddress{} : scoped(header->destination(), interface);
  const bool transit = !group && !is_own(ours);
  const SendInfo info{.source = transit ? IpAddress{} : ours,
                      .destination = to,
                      .protocol = protocol::icmpv6,
                      .interface = transit && !to.is_link_local() ? any_interface : way_back(interface)};
  send(frame, info, now);  // nothing is owed to the peer when it cannot be sent
}

}  // namespace linnet::ip
