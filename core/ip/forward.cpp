// SPDX-License-Identifier: Apache-2.0
#include "core/ip/forward.hpp"

#include <algorithm>

#include "core/device/segmentation.hpp"
#include "core/ip/frame_parts.hpp"

namespace linnet::ip {
namespace {

constexpr std::size_t link_header = 18;  // Ethernet II with a tag, which a frame must have room for

/// Of a TCP or UDP header; 0: there is none, or not all of it.
std::size_t transport_header_length(Bytes transport, std::uint8_t protocol) {
  constexpr std::size_t udp_header = 8;
  constexpr std::size_t tcp_header = 20;
  if (protocol == protocol::udp) return transport.size() >= udp_header ? udp_header : 0;
  if (protocol != protocol::tcp || transport.size() < tcp_header) return 0;
  const std::size_t length = std::size_t{transport[12]} / 16 * 4;
  return length >= tcp_header && length <= transport.size() ? length : 0;
}

Checksum address_sum(Bytes packet) {
  Checksum sum;
  sum.add(packet[0] >> 4 == 4 ? packet.subspan(12, 8) : packet.subspan(8, 32));
  return sum;
}

}  // namespace

void take_hop_v4(MutableBytes packet) {
  ChecksumChange change;
  change.store(packet.data() + 8, static_cast<std::uint16_t>(load16(packet.data() + 8) - 0x100));
  store16(packet.data() + 10, change.applied_to(load16(packet.data() + 10)));
}

void take_hop_v6(MutableBytes packet) { --packet[7]; }

void renumber_v4(MutableBytes packet, std::uint16_t identification) {
  ChecksumChange change;
  change.store(packet.data() + 4, identification);
  store16(packet.data() + 10, change.applied_to(load16(packet.data() + 10)));
}

bool may_report_v4(const Ipv4Header& header, Bytes packet, const ReceiveInfo& info) {
  if (info.link_broadcast || header.fragment_offset() != 0) return false;
  const Bytes payload = packet.subspan(header.length());
  if (header.protocol() != protocol::icmp) return true;
  // RFC 1122 3.2.2: no error about an error; what is too short to tell may be one.
  const auto icmp = IcmpHeader::parse(payload);
  return icmp && (icmp->type() == icmp::echo || icmp->type() == icmp::echo_reply);
}

std::size_t write_later_header(std::uint8_t* to, Bytes header) {
  std::size_t length = Ipv4Header::minimum_size;
  copy_bytes(to, header.first(length));
  for (std::size_t at = length; at < header.size() && header[at] != 0;) {  // 0: end of the list
    const std::size_t size = header[at] == 1 ? 1u : header[at + 1];        // 1: no operation, alone
    const bool copied = (header[at] & 0x80) != 0;
    if (copied) {
      copy_bytes(to + length, header.subspan(at, size));
      length += size;
    }
    at += size;
  }
  while (length % 4 != 0) to[length++] = 0;
  to[0] = static_cast<std::uint8_t>(0x40u | (length / 4));
  return length;
}

void finish_fragment_header(MutableBytes header, std::uint16_t total_length, std::uint16_t fragment) {
  store16(header.data() + 2, total_length);
  store16(header.data() + 6, fragment);
  store16(header.data() + 10, 0);
  store16(header.data() + 10, static_cast<std::uint16_t>(~checksum_sum(header)));
}

TransportPlace transport_of_v4(const Ipv4Header& header) {
  return {header.length(), header.is_fragment() ? protocol::no_next_header : header.protocol()};
}

std::size_t packet_size(const Packet& packet, const TransportPlace& place) {
  if (packet.info.segment_size == 0 || place.offset > packet.size()) return packet.size();
  const std::size_t headers =
      place.offset + transport_header_length(packet.bytes().subspan(place.offset), place.protocol);
  return headers + packet.info.segment_size < packet.size() ? headers + packet.info.segment_size
                                                            : packet.size();
}

bool make_transit_frame(Frame& frame, Packet& packet, const TransportPlace& place, bool device_does_it) {
  const MutableBytes bytes = packet.mutable_bytes();
  const bool super = packet.info.segment_size != 0;
  const MutableBytes transport = bytes.subspan(std::min(place.offset, bytes.size()));
  const std::size_t length = transport_header_length(transport, place.protocol);
  frame.transit = true;
  if (length == 0) return !super && frame.add_payload(bytes);
  const std::uint16_t field = place.protocol == protocol::tcp ? 16 : 6;
  // RFC 768: a checksum of zero is none, and no pseudo header's sum.
  const bool none = place.protocol == protocol::udp && load16(transport.data() + field) == 0;
  if ((!packet.info.checksum_verified || none) && !super) return frame.add_payload(bytes);
  const Checksum addresses = address_sum(bytes);
  const std::size_t headers = place.offset + length;
  if (headers + link_header > Frame::header_capacity) {  // a long chain of extension headers
    if (super) return false;
    Checksum pseudo = addresses;
    pseudo.add16(place.protocol);
    pseudo.add32(static_cast<std::uint32_t>(transport.size()));
    store16(transport.data() + field, pseudo.sum());
    complete_checksum(transport, field);
    return frame.add_payload(bytes);
  }
  copy_bytes(frame.prepend(headers), bytes.first(headers));
  frame.add_payload(bytes.subspan(headers));
  frame.segment_size = packet.info.segment_size;
  frame.checksum = {.header_from_end = static_cast<std::uint16_t>(length), .field = field};
  fill_checksum(frame, addresses, place.protocol, device_does_it || super);
  if (!device_does_it && !super) frame.checksum = {};
  return true;
}

}  // namespace linnet::ip
