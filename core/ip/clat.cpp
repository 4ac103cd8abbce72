// SPDX-License-Identifier: Apache-2.0
// 464XLAT (RFC 6877) in a host: packets of IPv4 that are sent by the translator leave as IPv6 from the start,
// and what comes back becomes IPv4 where it lies (RFC 7915 5), once it is whole.
#include <algorithm>

#include "core/ip/frame_parts.hpp"
#include "core/ip/icmpv6_wire.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {
namespace {

/// RFC 7915 5.1: larger ones must not be split on their way.
constexpr std::size_t largest_that_may_be_split = 1260;

/// From the pseudo header of IPv6 to that of IPv4; protocol and length are the same in both.
ChecksumChange pseudo_change(const Ipv6Header& header, const IpAddress& source) {
  ChecksumChange change;
  for (const IpAddress& from : {header.source(), header.destination()}) {
    for (std::size_t i = 0; i < 16; i += 2) change.word(load16(from.bytes().data() + i), 0);
  }
  for (const IpAddress& to : {source, clat::host_address}) {
    change.word(0, load16(to.bytes().data() + 12));
    change.word(0, load16(to.bytes().data() + 14));
  }
  return change;
}

/// Corrects the checksum of TCP or UDP. A device that vouches for it may have left the pseudo header's sum in
/// its place.
Drop translate_checksum(MutableBytes transport, std::uint8_t protocol, const Ipv6Header& header,
                        const IpAddress& source, bool verified) {
  const std::size_t field = protocol == protocol::tcp ? 16 : 6;
  if ((protocol != protocol::tcp && protocol != protocol::udp) || transport.size() < field + 2)
    return Drop::none;
  const std::uint16_t before = load16(transport.data() + field);
  const auto length = static_cast<std::uint32_t>(transport.size());
  const bool unfinished =
      verified &&
      before == pseudo_header_checksum(header.source(), header.destination(), protocol, length).sum();
  // RFC 8200 8.1: IPv6 has no UDP without a checksum, and IPv4's must not become one.
  if (protocol == protocol::udp && before == 0 && !unfinished) return Drop::udp_checksum;
  std::uint16_t after = pseudo_header_checksum(source, clat::host_address, protocol, length).sum();
  if (!unfinished) after = pseudo_change(header, source).applied_to(before);
  store16(transport.data() + field, after == 0 && protocol == protocol::udp ? std::uint16_t{0xffff} : after);
  return Drop::none;
}

Ipv4Header::Values header_v4(const Ipv6Header& header, std::size_t total, std::uint8_t protocol) {
  return {.traffic_class = header.traffic_class(),
          .total_length = static_cast<std::uint16_t>(total),
          .fragment = total > largest_that_may_be_split ? Ipv4Header::dont_fragment : std::uint16_t{0},
          .ttl = header.hop_limit(),
          .protocol = protocol == protocol::icmpv6 ? protocol::icmp : protocol};
}

}  // namespace

bool Ip::set_clat(std::uint8_t interface, bool enable, Instant now) {
  if (!interfaces_.valid(interface) || !interfaces_[interface].ipv6 || interfaces_[interface].loopback)
    return false;
  if (clat_.enabled && clat_.interface != interface) return false;
  clat_.enabled = enable;
  clat_.interface = interface;
  follow_clat(now);
  return true;
}

/// Begins and ends with the prefix of NAT64, and with a prefix to make an address of its own from (RFC
/// 6877 6.3).
void Ip::follow_clat(Instant now) {
  if (!clat_.enabled && clat_.interface == any_interface) return;
  clat_version_ = discovery_version_;
  const Prefix nat64 = clat_.enabled ? neighbour_discovery_.discovery().nat64(clat_.interface) : Prefix{};
  clat_.nat64 = nat64;
  const IpAddress usable =
      neighbour_discovery_.discovery().follow_translator(clat_.interface, nat64.length != 0, now);
  if (usable == clat_.address) return;
  const auto self = interfaces_.loopback();
  const bool ours = self && is_own(clat::host_address);
  clat_.address = usable;
  if (usable.is_unspecified() && ours) remove_address(*self, clat::host_address);
  // Nobody on the link may see it: another host has the same.
  const bool there =
      ours || (self && !usable.is_unspecified() && add_address(*self, {clat::host_address, 32}, false, now));
  if (!there) clat_.address = {};
  ++generation_;
}

/// RFC 8585 3.2: only for what IPv4 itself does not reach.
std::optional<Path> Ip::path_by_clat(const IpAddress& destination, const IpAddress& source,
                                     std::uint8_t interface) const {
  if (!clat_.active() || (interface != any_interface && interface != clat_.interface)) return std::nullopt;
  if (!source.is_unspecified() && source != clat::host_address) return std::nullopt;
  // Nor to class E; groups have paths of their own.
  if (destination.is_link_local() || destination.bytes()[12] == 0 || destination.bytes()[12] >= 0xf0) {
    return std::nullopt;
  }
  auto path = path_v6(clat_.to_v6(destination), clat_.address, clat_.interface);
  if (!path) return std::nullopt;
  path->source = clat::host_address;
  path->link_mtu = static_cast<std::uint16_t>(path->link_mtu - clat::header_difference);
  path->mtu = path_mtu_.get(destination, static_cast<std::uint16_t>(path->mtu - clat::header_difference));
  return path;
}

/// RFC 7915 4.1. What goes to groups, or to ourselves, has no path by the translator.
Send Ip::send_clat(Frame& frame, const Path& path, const SendInfo& info, Instant now) {
  if (!clat_.active() || info.destination.is_multicast() || info.destination.is_limited_broadcast())
    return Send::no_route;
  Path way = path;
  way.source = clat_.address;
  way.mtu = static_cast<std::uint16_t>(path.mtu + clat::header_difference);
  SendInfo carried = info;
  carried.destination = clat_.to_v6(info.destination);
  carried.ttl = info.ttl != 0 ? info.ttl : config_.default_ttl;
  const ChecksumOffload asked = frame.checksum;
  // RFC 7915 4.5: UDP over IPv6 has a checksum, whether it was asked for or not.
  if (info.protocol == protocol::udp && asked.header_from_end == 0)
    frame.checksum = {.header_from_end = 8, .field = 6};
  if (info.protocol != protocol::icmp) {
    const Send result = send_v6(frame, way, carried, now);
    frame.checksum = asked;
    return result;
  }
  if (frame.header().size() < IcmpHeader::size) return Send::no_route;
  std::uint8_t* message = frame.header().data();
  const clat::IcmpWords words{message[0], message[1], load32(message + 4)};
  const auto translated = clat::to_v6(words);
  // An error quotes a packet: ours are made for IPv6 at once (send_clat_error), a program's are not known
  // here.
  if (!translated || translated->type < 128) return Send::no_route;
  carried.protocol = protocol::icmpv6;
  message[0] = translated->type;
  const Send result = send_v6(frame, way, carried, now);
  message[0] = words.type;
  return result;
}

/// RFC 7915 4.2 and 4.3: an error about `original`, a packet that was translated when it came, and no ICMP.
void Ip::send_clat_error(const clat::IcmpWords& error, const Ipv4Header& quoted, Bytes original,
                         Instant now) {
  const auto words = clat::to_v6(error);
  if (!words) return;
  constexpr std::size_t most = RouterDiscovery::minimum_mtu - 2 * Ipv6Header::size - Icmpv6Header::size;
  const Bytes transport = original.subspan(quoted.length());
  const IpAddress to = clat_.to_v6(IpAddress::v4(quoted.source()));
  Frame frame;
  frame.add_payload(transport.first(std::min(transport.size(), most)));
  Ipv6Header::write(frame.prepend(Ipv6Header::size),
                    {.traffic_class = quoted.traffic_class(),
                     .payload_length = static_cast<std::uint16_t>(quoted.total_length() - quoted.length()),
                     .next_header = quoted.protocol(),
                     .hop_limit = quoted.ttl(),
                     .source = to,
                     .destination = clat_.to_v6(IpAddress::v4(quoted.destination()))});
  Icmpv6Header::write(frame.prepend(Icmpv6Header::size), words->type, words->code, words->rest);
  frame.checksum = {.header_from_end = Icmpv6Header::size + Ipv6Header::size, .field = 2};
  const SendInfo info{
      .source = clat_.address, .destination = to, .protocol = protocol::icmpv6, .interface = clat_.interface};
  send(frame, info, now);  // nothing is owed to the peer when it cannot be sent
}

/// A whole packet to the translator's address.
std::optional<Datagram> Ip::receive_clat(const Ipv6Header& header, const ExtensionHeaders& chain,
                                         Packet packet, Instant now) {
  const bool is_icmp =
      chain.protocol == protocol::icmpv6 && packet.size() >= chain.offset + Icmpv6Header::size;
  const auto remote = clat::extract(clat_.nat64, header.source());
  if (is_icmp) {
    // Errors and echoes pass. Neighbours look for this address as for any other.
    const std::uint8_t type = packet.bytes()[chain.offset];
    if (type > icmpv6::echo_reply || (!remote && type >= icmpv6::echo_request))
      return deliver_v6(header, chain, std::move(packet), false, now);
  }
  if (!remote && !is_icmp) return drop(Drop::ip_not_for_us);
  // What means something else in IPv4: ICMP cut short, and ICMP and IGMP where only IPv4 has them.
  if (!is_icmp && (chain.protocol == protocol::icmpv6 || chain.protocol == protocol::icmp ||
                   chain.protocol == protocol::igmp)) {
    return drop(Drop::ip_protocol);
  }
  // RFC 7915 5.1 with RFC 6791: errors come from routers that have no address of IPv4.
  const IpAddress source = remote ? IpAddress::v4(*remote) : clat::dummy_address;
  const std::uint32_t host = clat::host_address.v4_value();
  if (!acceptable_source(source.v4_value(), host, packet.info.interface)) return drop(Drop::ip_martian);
  Drop reason = Drop::none;
  std::uint32_t at = chain.offset;  // of the transport, or of the ICMP message
  if (is_icmp) {
    reason = translate_icmp(header, packet, at);
  } else {
    reason = translate_checksum(packet.mutable_bytes().subspan(at), chain.protocol, header, source,
                                packet.info.checksum_verified);
  }
  const std::size_t total = Ipv4Header::minimum_size + packet.size() - at;
  if (reason == Drop::none && total > 0xffff) reason = Drop::ip_length;
  if (reason != Drop::none) return drop(reason);
  Ipv4Header::Values values = header_v4(header, total, chain.protocol);
  values.source = source.v4_value();
  values.destination = host;
  packet.consume(at - static_cast<std::uint32_t>(Ipv4Header::minimum_size));
  Ipv4Header::write(packet.mutable_bytes().data(), values);
  packet.info.ethertype = ethernet::ethertype::ipv4;
  const auto translated = Ipv4Header::parse(packet.bytes(), reason);
  return translated ? deliver(*translated, std::move(packet), false, now) : drop(reason);
}

/// RFC 7915 5.2: makes an ICMP message of the one that begins at `at`, and says where it begins then: what an
/// error quotes becomes shorter at its front.
Drop Ip::translate_icmp(const Ipv6Header& header, Packet& packet, std::uint32_t& at) const {
  MutableBytes message = packet.mutable_bytes().subspan(at);
  if (!icmpv6::checksum_good(header.source(), header.destination(), message)) return Drop::icmp_checksum;
  const auto words = clat::to_v4({message[0], message[1], load32(message.data() + 4)});
  if (!words) return Drop::icmp_type;
  if (message[0] < 128) {
    const Drop reason = translate_quote(packet, at);
    if (reason != Drop::none) return reason;
    message = packet.mutable_bytes().subspan(at);
  }
  IcmpHeader::write(message.data(), words->type, words->code, words->rest);
  store16(message.data() + 2, static_cast<std::uint16_t>(~checksum_sum(message)));
  return Drop::none;
}

/// RFC 7915 5.3: the packet of ours that an error quotes. It was IPv4 to begin with, and no error itself.
Drop Ip::translate_quote(Packet& packet, std::uint32_t& at) const {
  const std::uint32_t begin = at + static_cast<std::uint32_t>(Icmpv6Header::size);
  const MutableBytes quote = packet.mutable_bytes().subspan(begin);
  const auto quoted = Ipv6Header::parse_quoted(quote);
  if (!quoted) return Drop::icmp_quote;
  const ExtensionHeaders chain = ExtensionHeaders::walk_quoted(*quoted, quote);
  const auto remote = clat::extract(clat_.nat64, quoted->destination());
  if (chain.reason != Drop::none || !chain.at_upper_layer() || quote.size() < chain.offset + std::size_t{8}) {
    return Drop::icmp_quote;
  }
  if (!remote || quoted->source() != clat_.address || quoted->total_length() < chain.offset)
    return Drop::icmp_quote;
  std::uint8_t* transport = quote.data() + chain.offset;
  if (chain.protocol == protocol::icmpv6) {
    const auto words = clat::to_v4({.type = transport[0]});
    if (!words || transport[0] < icmpv6::echo_request) return Drop::icmp_quote;
    transport[0] = words->type;
  }
  Ipv4Header::Values values =
      header_v4(*quoted, quoted->total_length() - chain.offset + Ipv4Header::minimum_size, chain.protocol);
  values.source = clat::host_address.v4_value();
  values.destination = *remote;
  Ipv4Header::write(transport - Ipv4Header::minimum_size, values);
  at = begin + chain.offset - static_cast<std::uint32_t>(Ipv4Header::minimum_size + IcmpHeader::size);
  return Drop::none;
}

}  // namespace linnet::ip
