// SPDX-License-Identifier: Apache-2.0
#include "core/ip/napt_packet.hpp"

#include <utility>

#include "core/base/checksum.hpp"
#include "core/ip/protocol.hpp"
#include "core/ip/wire.hpp"

namespace linnet::ip {
namespace {

constexpr std::size_t least_transport =
    8;  // ports and checksums of UDP, identifiers of echo; what an error quotes at least
constexpr std::size_t tcp_flags_at = 13;

/// `transport`: at least 8 bytes.
bool read_ports(NaptFlow& flow, Bytes transport) {
  const std::uint8_t* p = transport.data();
  switch (flow.protocol) {
    case protocol::tcp:
    case protocol::udp:
      flow.source.port = load16(p);
      flow.destination.port = load16(p + 2);
      return flow.source.port != 0 && flow.destination.port != 0;
    case protocol::icmp:
      if (p[0] != icmp::echo && p[0] != icmp::echo_reply) return false;
      (p[0] == icmp::echo ? flow.source : flow.destination).port = load16(p + 4);
      return true;
    default:
      return false;
  }
}

/// RFC 5508 4.2: the quoted packet was sent the other way.
std::optional<NaptFlow> flow_of_error(Bytes quote) {
  const auto header = Ipv4Header::parse_quoted(quote);
  if (!header || header->fragment_offset() != 0 || quote.size() < header->length() + least_transport)
    return std::nullopt;
  NaptFlow flow{
      .source = {header->source()}, .destination = {header->destination()}, .protocol = header->protocol()};
  if (!read_ports(flow, quote.subspan(header->length()))) return std::nullopt;
  std::swap(flow.source, flow.destination);
  flow.error = true;
  return flow;
}

enum class Side : std::uint8_t { source, destination };

/// Where a port, or echo's identifier, stands in its header. Echo has one, whichever the side.
std::size_t port_offset(std::uint8_t protocol, Side side) {
  if (protocol == protocol::icmp) return 4;
  return side == Side::source ? 0 : 2;
}

/// Of TCP, UDP or ICMP.
std::size_t checksum_offset(std::uint8_t protocol) {
  if (protocol == protocol::icmp) return 2;
  return protocol == protocol::tcp ? 16 : 6;
}

/// Changes one side of the packet that begins with `packet`, of which the end may be missing. Yields how all
/// its words together have changed.
ChecksumChange rewrite_one(MutableBytes packet, std::uint8_t protocol, Side side, const NaptEndpoint& to) {
  std::uint8_t* ip = packet.data();
  ChecksumChange change;
  change.store(ip + (side == Side::source ? 12 : 16), to.address);
  ChecksumChange all = change;
  all.store(ip + 10, change.applied_to(load16(ip + 10)));
  const MutableBytes transport = packet.subspan(std::size_t{ip[0] & 0x0fu} * 4);
  if (protocol == protocol::icmp) change = {};  // RFC 792: no pseudo header
  ChecksumChange port;
  port.store(transport.data() + port_offset(protocol, side), to.port);
  change.add(port);
  all.add(port);
  const std::size_t at = checksum_offset(protocol);
  if (transport.size() < at + 2) return all;  // RFC 792: a quote may end before it
  const std::uint16_t before = load16(transport.data() + at);
  if (protocol == protocol::udp && before == 0) return all;  // RFC 768: there is none
  const std::uint16_t after = change.applied_to(before);
  all.store(transport.data() + at, after == 0 && protocol == protocol::udp ? std::uint16_t{0xffff} : after);
  return all;
}

void rewrite(MutableBytes packet, const NaptFlow& flow, Side side, const NaptEndpoint& to) {
  if (!flow.error) {
    rewrite_one(packet, flow.protocol, side, to);
    return;
  }
  std::uint8_t* ip = packet.data();
  ChecksumChange outer;
  outer.store(ip + (side == Side::source ? 12 : 16), to.address);
  store16(ip + 10, outer.applied_to(load16(ip + 10)));
  const MutableBytes message = packet.subspan(std::size_t{ip[0] & 0x0fu} * 4);
  const Side other = side == Side::source ? Side::destination : Side::source;
  const ChecksumChange inner = rewrite_one(message.subspan(IcmpHeader::size), flow.protocol, other, to);
  store16(message.data() + 2, inner.applied_to(load16(message.data() + 2)));
}

}  // namespace

std::optional<NaptFlow> flow_of(Bytes packet) {
  const auto header = Ipv4Header::parse_quoted(packet);
  if (!header || header->is_fragment()) return std::nullopt;
  const Bytes transport = packet.subspan(header->length());
  if (transport.size() < least_transport) return std::nullopt;
  NaptFlow flow{
      .source = {header->source()}, .destination = {header->destination()}, .protocol = header->protocol()};
  if (flow.protocol == protocol::icmp && IcmpHeader::parse(transport)->is_error()) {
    return flow_of_error(transport.subspan(IcmpHeader::size));
  }
  if (!read_ports(flow, transport)) return std::nullopt;
  flow.opens =
      flow.protocol == protocol::udp || (flow.protocol == protocol::icmp && transport[0] == icmp::echo);
  if (flow.protocol != protocol::tcp) return flow;
  if (transport.size() <= checksum_offset(protocol::tcp) + 1) return std::nullopt;
  flow.tcp_flags = transport[tcp_flags_at];
  flow.opens = (flow.tcp_flags & tcp_rst) == 0;
  return flow;
}

void rewrite_source(MutableBytes packet, const NaptFlow& flow, const NaptEndpoint& to) {
  rewrite(packet, flow, Side::source, to);
}

void rewrite_destination(MutableBytes packet, const NaptFlow& flow, const NaptEndpoint& to) {
  rewrite(packet, flow, Side::destination, to);
}

}  // namespace linnet::ip
