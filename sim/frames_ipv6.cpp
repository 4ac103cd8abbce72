// SPDX-License-Identifier: Apache-2.0
#include "sim/frames_ipv6.hpp"

#include <algorithm>

namespace linnet::sim {

namespace {

constexpr std::size_t link_size = 14;
constexpr std::size_t header_size = 40;
constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment_header = 44, icmpv6 = 58,
                       destination_options = 60;

IpAddress address_at(const std::uint8_t* p) {
  return IpAddress::v6(std::span<const std::uint8_t, 16>(p, 16));
}

void append(Buffer& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

Buffer neighbour_message(std::uint8_t type, std::uint8_t flags, const IpAddress& target, Bytes options) {
  Buffer message(8);
  message[0] = type;
  message[4] = flags;
  append(message, target.bytes());
  append(message, options);
  return message;
}

}  // namespace

std::optional<Ipv6View> ipv6_view(Bytes frame) {
  if (frame.size() < link_size + header_size || load16(frame.data() + 12) != 0x86dd) return std::nullopt;
  const std::uint8_t* ip = frame.data() + link_size;
  if (ip[0] >> 4 != 6) return std::nullopt;
  Ipv6View view{.source = address_at(ip + 8),
                .destination = address_at(ip + 24),
                .protocol = ip[6],
                .upper = link_size + header_size,
                .end = std::min<std::size_t>(frame.size(), link_size + header_size + load16(ip + 4))};
  while (view.upper + 8 <= view.end) {
    const std::uint8_t* header = frame.data() + view.upper;
    std::size_t size = std::size_t{header[1]} * 8 + 8;
    if (view.protocol == fragment_header) {
      size = 8;
      view.fragment = true;
      view.fragment_offset = load16(header + 2) & 0xfff8;
      view.more_fragments = (header[3] & 1) != 0;
    } else if (view.protocol != hop_by_hop && view.protocol != routing &&
               view.protocol != destination_options) {
      break;
    }
    if (view.upper + size > view.end) break;
    view.protocol = header[0];
    view.upper += size;
    if (view.fragment_offset != 0) break;  // what comes now is the middle of something
  }
  return view;
}

void fix_ipv6_checksum(MutableBytes frame, const Ipv6View& ip) {
  if (ip.fragment) return;
  const std::size_t field = ip.protocol == icmpv6 ? 2 : ip.protocol == 17 ? 6 : ip.protocol == 6 ? 16 : 0;
  const std::size_t length = ip.end - std::min(ip.end, ip.upper);
  if (field == 0 || length < field + 2) return;
  std::uint32_t pseudo = ip.protocol + static_cast<std::uint32_t>(length);
  for (std::size_t at = link_size + 8; at < link_size + header_size; at += 2)
    pseudo += load16(frame.data() + at);
  std::uint8_t* upper = frame.data() + ip.upper;
  store16(upper + field, 0);
  const std::uint16_t sum = plain_checksum({upper, length}, pseudo);
  store16(upper + field, ip.protocol == 17 && sum == 0 ? 0xffff : sum);
}

IpAddress solicited_node_group(const IpAddress& address) {
  std::array<std::uint8_t, 16> group{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
  std::copy_n(address.bytes().begin() + 13, 3, group.begin() + 13);
  return IpAddress::v6(group);
}

IpAddress all_nodes_group() {
  constexpr std::array<std::uint8_t, 16> group{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return IpAddress::v6(group);
}

IpAddress link_local_address(std::uint16_t last) {
  std::array<std::uint8_t, 16> address{0xfe, 0x80};
  store16(address.data() + 14, last);
  return IpAddress::v6(address);
}

MacAddress group_station(const IpAddress& group) {
  MacAddress mac{{0x33, 0x33}};
  std::copy_n(group.bytes().begin() + 12, 4, mac.bytes.begin() + 2);
  return mac;
}

Buffer ipv6_frame(const FrameEnds& addresses, std::uint8_t next_header, Bytes payload,
                  std::uint8_t hop_limit) {
  Buffer frame(link_size + header_size);
  copy_bytes(frame.data(), addresses.destination_mac.bytes);
  copy_bytes(frame.data() + 6, addresses.source_mac.bytes);
  store16(frame.data() + 12, 0x86dd);
  std::uint8_t* ip = frame.data() + link_size;
  ip[0] = 0x60;
  store16(ip + 4, static_cast<std::uint16_t>(payload.size()));
  ip[6] = next_header;
  ip[7] = hop_limit;
  copy_bytes(ip + 8, addresses.source.bytes());
  copy_bytes(ip + 24, addresses.destination.bytes());
  append(frame, payload);
  fix_checksums(frame);
  return frame;
}

Buffer ip_frame(const FrameEnds& addresses, std::uint8_t protocol, Bytes payload) {
  return addresses.destination.is_v4() ? ipv4_frame(addresses, protocol, payload)
                                       : ipv6_frame(addresses, protocol, payload);
}

Buffer station_option(std::uint8_t type, const MacAddress& mac) {
  Buffer option{type, 1};
  append(option, mac.bytes);
  return option;
}

Buffer neighbour_solicitation(const FrameEnds& addresses, const IpAddress& target, Bytes options) {
  return ipv6_frame(addresses, icmpv6, neighbour_message(nd_type::solicitation, 0, target, options), 255);
}

Buffer neighbour_advertisement(const FrameEnds& addresses, const IpAddress& target, std::uint8_t flags,
                               Bytes options) {
  return ipv6_frame(addresses, icmpv6, neighbour_message(nd_type::advertisement, flags, target, options),
                    255);
}

Buffer packet_too_big(Bytes frame, const IpAddress& router, const MacAddress& router_mac, std::uint32_t mtu) {
  constexpr std::size_t most = 1280 - header_size - 8;  // RFC 4443 2.4 (c)
  const Bytes packet = frame.subspan(link_size);
  Buffer message(8);
  message[0] = 2;
  store32(message.data() + 4, mtu);
  append(message, packet.first(std::min(packet.size(), most)));
  FrameEnds addresses{
      .source_mac = router_mac, .source = router, .destination = address_at(packet.data() + 8)};
  copy_bytes(addresses.destination_mac.bytes.data(), frame.subspan(6, 6));
  return ipv6_frame(addresses, icmpv6, message);
}

}  // namespace linnet::sim
