// SPDX-License-Identifier: Apache-2.0
#include "sim/frames.hpp"

#include "sim/frames_ipv6.hpp"

#include <algorithm>

namespace linnet::sim {

namespace {

constexpr std::size_t link_size = 14;

/// Length of the IPv4 header of a frame that carries a whole one; 0: it does not.
std::size_t ipv4_header(Bytes frame) {
  if (frame.size() < link_size + 20 || load16(frame.data() + 12) != 0x0800) return 0;
  const std::size_t length = std::size_t{frame[link_size] & 0x0fu} * 4;
  if (frame[link_size] >> 4 != 4 || length < 20 || frame.size() < link_size + length) return 0;
  return length;
}

std::size_t ipv4_total(Bytes frame) {
  return std::min<std::size_t>(load16(frame.data() + link_size + 2), frame.size() - link_size);
}

FrameClass tcp_kind(const TcpView& tcp) {
  if ((tcp.flags & tcp_flag::rst) != 0) return FrameClass::reset;
  if ((tcp.flags & tcp_flag::syn) != 0) {
    return (tcp.flags & tcp_flag::ack) != 0 ? FrameClass::syn_ack : FrameClass::syn;
  }
  if ((tcp.flags & tcp_flag::fin) != 0) return FrameClass::fin;
  return tcp.size > 0 ? FrameClass::data : FrameClass::bare_ack;
}

/// Of the segment between two places of a frame.
std::optional<TcpView> tcp_fields(Bytes frame, const IpAddress& source, const IpAddress& destination,
                                  std::size_t begin, std::size_t end) {
  if (end < begin + 20) return std::nullopt;
  const std::uint8_t* tcp = frame.data() + begin;
  const std::size_t header = std::size_t{tcp[12]} / 16 * 4;
  if (header < 20 || end < begin + header) return std::nullopt;
  return TcpView{.source = source,
                 .destination = destination,
                 .source_port = load16(tcp),
                 .destination_port = load16(tcp + 2),
                 .seq = load32(tcp + 4),
                 .ack = load32(tcp + 8),
                 .window = load16(tcp + 14),
                 .flags = tcp[13],
                 .transport = begin,
                 .payload = begin + header,
                 .size = end - begin - header};
}

FrameClass class_of(const Ipv6View& ip, Bytes frame) {
  if (ip.fragment) return ip.protocol == 17 ? FrameClass::udp : FrameClass::other;
  if (ip.protocol == 17) return FrameClass::udp;
  if (ip.protocol == 58 && ip.end > ip.upper) {
    const std::uint8_t type = frame[ip.upper];
    return type == nd_type::solicitation    ? FrameClass::arp_request
           : type == nd_type::advertisement ? FrameClass::arp_reply
                                            : FrameClass::icmp;
  }
  if (const auto tcp = tcp_view(frame)) return tcp_kind(*tcp);
  return FrameClass::other;
}

std::uint32_t pseudo_sum(const std::uint8_t* ip, std::size_t length) {
  std::uint32_t sum = ip[9] + static_cast<std::uint32_t>(length);
  for (std::size_t i = 12; i < 20; i += 2) sum += load16(ip + i);
  return sum;
}

void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

}  // namespace

FrameClass frame_class(Bytes frame) {
  if (frame.size() < link_size + 8) return FrameClass::other;
  if (load16(frame.data() + 12) == 0x0806) {
    return frame[link_size + 7] == 2 ? FrameClass::arp_reply : FrameClass::arp_request;
  }
  if (const auto ipv6 = ipv6_view(frame)) return class_of(*ipv6, frame);
  const std::size_t header = ipv4_header(frame);
  if (header == 0) return FrameClass::other;
  const std::uint8_t* ip = frame.data() + link_size;
  const bool later_fragment = (load16(ip + 6) & 0x1fff) != 0;
  if (ip[9] == 1) return FrameClass::icmp;
  if (ip[9] == 17) {
    const bool client =
        !later_fragment && frame.size() >= link_size + header + 8 && load16(ip + header) == 68;
    return client ? FrameClass::dhcp : FrameClass::udp;
  }
  if (const auto tcp = tcp_view(frame)) return tcp_kind(*tcp);
  return FrameClass::other;
}

std::optional<TcpView> tcp_view(Bytes frame) {
  if (const auto ipv6 = ipv6_view(frame)) {
    if (ipv6->fragment || ipv6->protocol != 6) return std::nullopt;
    return tcp_fields(frame, ipv6->source, ipv6->destination, ipv6->upper, ipv6->end);
  }
  const std::size_t header = ipv4_header(frame);
  if (header == 0) return std::nullopt;
  const std::uint8_t* ip = frame.data() + link_size;
  if (ip[9] != 6 || (load16(ip + 6) & 0x3fff) != 0) return std::nullopt;
  return tcp_fields(frame, IpAddress::v4(load32(ip + 12)), IpAddress::v4(load32(ip + 16)), link_size + header,
                    link_size + ipv4_total(frame));
}

std::uint16_t plain_checksum(Bytes bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load16(bytes.data() + i);
  if (bytes.size() % 2 != 0) sum += std::uint32_t{bytes.back()} << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void fix_checksums(MutableBytes frame) {
  if (const auto ipv6 = ipv6_view(frame)) return fix_ipv6_checksum(frame, *ipv6);
  const std::size_t header = ipv4_header(frame);
  if (header == 0) return;
  std::uint8_t* ip = frame.data() + link_size;
  store16(ip + 10, 0);
  store16(ip + 10, plain_checksum({ip, header}));
  const std::size_t total = ipv4_total(frame);
  if ((load16(ip + 6) & 0x3fff) != 0 || total <= header) return;
  const std::size_t field = ip[9] == 1 ? 2 : ip[9] == 17 ? 6 : ip[9] == 6 ? 16 : 0;
  const std::size_t length = total - header;
  if (field == 0 || length < field + 2) return;
  std::uint8_t* transport = ip + header;
  store16(transport + field, 0);
  const std::uint16_t sum = plain_checksum({transport, length}, ip[9] == 1 ? 0 : pseudo_sum(ip, length));
  store16(transport + field, ip[9] == 17 && sum == 0 ? 0xffff : sum);
}

Buffer ipv4_frame(const FrameEnds& addresses, std::uint8_t protocol, Bytes payload,
                  std::uint16_t identification) {
  Buffer frame(link_size + 20);
  copy_bytes(frame.data(), addresses.destination_mac.bytes);
  copy_bytes(frame.data() + 6, addresses.source_mac.bytes);
  store16(frame.data() + 12, 0x0800);
  std::uint8_t* ip = frame.data() + link_size;
  ip[0] = 0x45;
  store16(ip + 2, static_cast<std::uint16_t>(20 + payload.size()));
  store16(ip + 4, identification);
  ip[8] = 64;
  ip[9] = protocol;
  store32(ip + 12, addresses.source.v4_value());
  store32(ip + 16, addresses.destination.v4_value());
  append(frame, payload);
  fix_checksums(frame);
  return frame;
}

Buffer arp_frame(std::uint16_t operation, const FrameEnds& addresses, const MacAddress& target) {
  Buffer frame(link_size + 28);
  copy_bytes(frame.data(), addresses.destination_mac.bytes);
  copy_bytes(frame.data() + 6, addresses.source_mac.bytes);
  store16(frame.data() + 12, 0x0806);
  std::uint8_t* arp = frame.data() + link_size;
  store16(arp, 1);
  store16(arp + 2, 0x0800);
  arp[4] = 6;
  arp[5] = 4;
  store16(arp + 6, operation);
  copy_bytes(arp + 8, addresses.source_mac.bytes);
  store32(arp + 14, addresses.source.v4_value());
  copy_bytes(arp + 18, target.bytes);
  store32(arp + 24, addresses.destination.v4_value());
  return frame;
}

Buffer tcp_segment(const TcpView& fields, Bytes options, Bytes payload) {
  Buffer segment(20);
  store16(segment.data(), fields.source_port);
  store16(segment.data() + 2, fields.destination_port);
  store32(segment.data() + 4, fields.seq);
  store32(segment.data() + 8, fields.ack);
  segment[12] = static_cast<std::uint8_t>((20 + options.size()) / 4 << 4);
  segment[13] = fields.flags;
  store16(segment.data() + 14, fields.window);
  append(segment, options);
  append(segment, payload);
  return segment;
}

Buffer udp_datagram(std::uint16_t from, std::uint16_t to, Bytes payload) {
  Buffer datagram(8);
  store16(datagram.data(), from);
  store16(datagram.data() + 2, to);
  store16(datagram.data() + 4, static_cast<std::uint16_t>(8 + payload.size()));
  append(datagram, payload);
  return datagram;
}

Buffer fragmentation_needed(Bytes frame, const IpAddress& router, const MacAddress& router_mac,
                            std::uint16_t mtu) {
  const Bytes packet = frame.subspan(link_size);
  const std::size_t quoted = std::min<std::size_t>(packet.size(), std::size_t{packet[0] & 0x0fu} * 4 + 8);
  Buffer message(8);
  message[0] = 3;
  message[1] = 4;
  store16(message.data() + 6, mtu);
  append(message, packet.first(quoted));
  FrameEnds addresses{.source_mac = router_mac,
                      .destination_mac = {},
                      .source = router,
                      .destination = IpAddress::v4(load32(packet.data() + 12))};
  copy_bytes(addresses.destination_mac.bytes.data(), frame.subspan(6, 6));
  return ipv4_frame(addresses, 1, message);
}

std::vector<Buffer> fragments_of(Bytes frame, std::uint16_t mtu) {
  std::vector<Buffer> pieces;
  const std::size_t header = ipv4_header(frame);
  const std::size_t each = (mtu - header) / 8 * 8;
  const std::size_t total = ipv4_total(frame);
  const std::uint16_t flags = load16(frame.data() + link_size + 6);
  for (std::size_t at = header; at < total; at += each) {
    const std::size_t size = std::min(each, total - at);
    Buffer piece(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(link_size + header));
    append(piece, frame.subspan(link_size + at, size));
    std::uint8_t* ip = piece.data() + link_size;
    store16(ip + 2, static_cast<std::uint16_t>(header + size));
    const bool more = at + size < total || (flags & 0x2000) != 0;
    const std::size_t offset = (flags & 0x1fffu) + (at - header) / 8;
    store16(ip + 6, static_cast<std::uint16_t>((flags & 0xc000) | (more ? 0x2000 : 0) | offset));
    store16(ip + 10, 0);
    store16(ip + 10, plain_checksum({ip, header}));
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace linnet::sim
