// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792, RFC 1122 3.2.2): answers echo, reports errors, hands others' reports to those they concern.
#include <algorithm>

#include "core/base/checksum.hpp"
#include "core/device/segmentation.hpp"
#include "core/ip/frame_parts.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

// RFC 1812 4.3.2.3: an error of at most 576 bytes, of which its own headers take 28.
constexpr std::size_t maximum_quote = 548;
constexpr ChecksumOffload icmp_checksum{.header_from_end = IcmpHeader::size, .field = 2};

/// RFC 1122 3.2.2.1, RFC 1812 5.2.7.1.
ErrorKind unreachable_kind(std::uint8_t code) {
  switch (code) {
    case 0:
    case 6:
    case 11: return ErrorKind::net_unreachable;
    case 2: return ErrorKind::protocol_unreachable;
    case 3: return ErrorKind::port_unreachable;
    case 4: return ErrorKind::fragmentation_needed;
    case 9:
    case 10:
    case 13: return ErrorKind::administratively_prohibited;
    default: return ErrorKind::host_unreachable;
  }
}

ErrorKind error_kind(const IcmpHeader& header) {
  switch (header.type()) {
    case icmp::destination_unreachable: return unreachable_kind(header.code());
    case icmp::time_exceeded: return ErrorKind::time_exceeded;
    case icmp::parameter_problem: return ErrorKind::parameter_problem;
    default: return ErrorKind::none;  // RFC 6633: not source quench; and no redirects, from whomever
  }
}

/// What came from this host's own kernel may carry the pseudo header's sum where its checksum would be: we quote the
/// packet as a wire would have carried it. A right checksum that looks like that sum comes out as it was.
void complete_udp_checksum(Datagram& datagram) {
  constexpr std::uint16_t field = 6;
  const MutableBytes bytes = datagram.packet.mutable_bytes();
  if (datagram.protocol != protocol::udp || bytes.size() < field + 2u) return;
  const Checksum pseudo = pseudo_header_checksum(datagram.source, datagram.destination, protocol::udp,
                                                 static_cast<std::uint32_t>(bytes.size()));
  if (load16(bytes.data() + field) == pseudo.sum()) complete_checksum(bytes, field);
}

}  // namespace

std::optional<Datagram> Ip::receive_icmp(Datagram datagram, Instant now) {
  const Bytes message = datagram.packet.bytes();
  const auto header = IcmpHeader::parse(message);
  if (!header) return drop(Drop::icmp_short);
  if (!interfaces_[datagram.interface].loopback && checksum_sum(message) != 0xffff)
    return drop(Drop::icmp_checksum);
  if (header->is_error()) return receive_error(std::move(datagram));
  if (header->type() != icmp::echo) return datagram;
  // RFC 1122 3.2.2.6: not to groups, else one packet makes many; and there must be somebody to answer.
  if (datagram.source.is_unspecified() || (datagram.group && !config_.answer_broadcast_echo)) {
    return drop(Drop::icmp_broadcast);
  }
  answer_echo(datagram, icmp::echo_reply, now);
  return std::nullopt;
}

/// RFC 792, RFC 4443 4.2: the same for both.
void Ip::answer_echo(const Datagram& datagram, std::uint8_t reply, Instant now) {
  const Bytes message = datagram.packet.bytes();
  Frame frame;
  frame.add_payload(message.subspan(IcmpHeader::size));
  IcmpHeader::write(frame.prepend(IcmpHeader::size), reply, 0, load32(message.data() + 4));
  frame.checksum = icmp_checksum;
  const SendInfo info{.source = datagram.group ? IpAddress{} : datagram.destination,
                      .destination = datagram.source,
                      .protocol = datagram.protocol,
                      .traffic_class = static_cast<std::uint8_t>(datagram.traffic_class & ~0x03u),  // RFC 3168 5: no mark of ours
                      .interface = datagram.source.is_v4() ? any_interface : way_back(datagram.interface)};
  if (const Drop reason = drop_of(send(frame, info, now)); reason != Drop::none) drops_.add(reason);
}

/// RFC 1122 3.2.2: an error goes to the transport that sent the packet it quotes.
std::optional<Datagram> Ip::receive_error(Datagram datagram) {
  const Bytes message = datagram.packet.bytes();
  const auto header = IcmpHeader::parse(message);
  const ErrorKind kind = error_kind(*header);
  if (kind == ErrorKind::none) return drop(Drop::icmp_type);
  const Bytes quote = message.subspan(IcmpHeader::size);
  const auto quoted = Ipv4Header::parse_quoted(quote);
  // RFC 792: header and 8 bytes at least; only a first fragment shows whose packet it was.
  if (!quoted || quote.size() < quoted->length() + 8 || quoted->fragment_offset() != 0)
    return drop(Drop::icmp_quote);
  const IpAddress source = IpAddress::v4(quoted->source());
  const IpAddress destination = IpAddress::v4(quoted->destination());
  if (datagram.group || !is_own(source) || source.is_unspecified() || destination.is_multicast() ||
      is_broadcast(destination, datagram.interface)) {
    return drop(Drop::icmp_quote);
  }
  datagram.reporter = datagram.source;
  datagram.source = source;
  datagram.destination = destination;
  datagram.protocol = quoted->protocol();
  datagram.traffic_class = quoted->traffic_class();
  datagram.header_length = static_cast<std::uint8_t>(quoted->length());
  datagram.error = kind;
  datagram.icmp_type = header->type();
  datagram.icmp_code = header->code();
  if (kind == ErrorKind::fragmentation_needed) {
    // RFC 1191 5: a router that does not know better leaves the size to us.
    datagram.mtu =
        header->next_hop_mtu() != 0 ? header->next_hop_mtu() : plateau_below(quoted->total_length());
    if (datagram.mtu < config_.minimum_path_mtu) datagram.mtu = config_.minimum_path_mtu;
  }
  datagram.packet.consume(IcmpHeader::size + datagram.header_length);
  return datagram;
}

void Ip::transport_unreachable(Datagram& datagram, Instant now) {
  if (datagram.packet.info.checksum_verified) complete_udp_checksum(datagram);
  if (datagram.source.is_v4()) return unreachable(icmp::port_unreachable, datagram, now);
  report_v6({icmpv6::destination_unreachable, icmpv6::port_unreachable, 0, false}, datagram, now);
}

void Ip::protocol_unreachable(Datagram& datagram, Instant now) {
  if (datagram.source.is_v4()) return unreachable(icmp::protocol_unreachable, datagram, now);
  // RFC 4443 3.4, RFC 8200 4.
  report_v6({icmpv6::parameter_problem, icmpv6::unrecognized_next_header, datagram.protocol_position, false}, datagram,
            now);
}

/// RFC 1122 3.2.2: never about an ICMP error, a packet to a group, or one whose source is not a single host;
/// never about a fragment other than the first, which cannot come here.
void Ip::unreachable(std::uint8_t code, const Datagram& datagram, Instant now) {
  if (datagram.error != ErrorKind::none || datagram.protocol == protocol::icmp) return;
  if (datagram.group || datagram.packet.info.link_broadcast || !is_own(datagram.destination)) return;
  const Bytes payload = datagram.packet.bytes();
  send_error(icmp::destination_unreachable, code,
             {payload.data() - datagram.header_length, payload.size() + datagram.header_length}, now);
}

/// `original`: the packet that the error is about, from its IP header on. `rest`: the message's second word.
void Ip::send_error(std::uint8_t type, std::uint8_t code, Bytes original, Instant now, std::uint32_t rest) {
  const auto header = Ipv4Header::parse_quoted(original);
  if (!header) return;
  const IpAddress to = IpAddress::v4(header->source());
  if (to.is_unspecified() || to.is_multicast() || !limiter_.allow(to, now)) return;
  if (clat_.active() && header->destination() == clat::host_address.v4_value()) {
    return send_clat_error({type, code, rest}, *header, original, now);
  }
  Frame frame;
  frame.add_payload(original.first(original.size() < maximum_quote ? original.size() : maximum_quote));
  IcmpHeader::write(frame.prepend(IcmpHeader::size), type, code, rest);
  frame.checksum = icmp_checksum;
  // RFC 1812 4.3.2.4: about a packet of others, from the address of the interface that the error leaves by.
  const IpAddress ours = IpAddress::v4(header->destination());
  const SendInfo info{
      .source = is_own(ours) ? ours : IpAddress{}, .destination = to, .protocol = protocol::icmp};
  // RFC 1812 4.3.2.4, RFC 1122 3.2.2: nothing is owed to the peer when it cannot be sent.
  send(frame, info, now);
}

/// RFC 1122 3.3.2: a datagram whose fragments did not all come; reported when its first one did.
void Ip::expire_fragments(Instant now) {
  while (auto packet = fragments_.expire(now)) {
    if (packet->size() == 0) continue;
    if (packet->info.ethertype == ethernet::ethertype::ipv6) {
      // The first fragment alone, here too.
      const std::uint32_t first = std::uint32_t{load16(packet->bytes().data() + 4)} + Ipv6Header::size;
      if (first < packet->size()) packet->truncate(first);
      send_error_v6({icmpv6::time_exceeded, icmpv6::reassembly_exceeded, 0, false}, *packet, now);
      continue;
    }
    const auto header = Ipv4Header::parse_quoted(packet->bytes());
    if (!header || packet->info.link_broadcast || header->protocol() == protocol::icmp) continue;
    if (interfaces_.find_v4(header->destination()) == nullptr) continue;
    // The first fragment alone: what came behind it is no part of the packet that its header tells of.
    const std::size_t first = std::min<std::size_t>(packet->size(), header->total_length());
    send_error(icmp::time_exceeded, icmp::reassembly_exceeded, packet->bytes().first(first), now);
  }
}

}  // namespace linnet::ip
