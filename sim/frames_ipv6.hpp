// SPDX-License-Identifier: Apache-2.0
// IPv6 frames as the world's own stations read and write them; like frames.hpp, it shares no code with the
// stack.
#pragma once

#include "sim/frames.hpp"

namespace linnet::sim {

namespace nd_type {
constexpr std::uint8_t router_solicitation = 133, router_advertisement = 134, solicitation = 135,
                       advertisement = 136, redirect = 137;
}

/// Where in a frame what an IPv6 packet carries begins and ends, behind its extension headers.
struct Ipv6View {
  IpAddress source{};
  IpAddress destination{};
  std::uint8_t protocol = 0;  ///< of the upper layer, or of the header that could not be stepped over
  std::size_t upper = 0;
  std::size_t end = 0;
  bool fragment = false;
  std::uint16_t fragment_offset = 0;  ///< in bytes
  bool more_fragments = false;
};
/// Nothing: no IPv6 header. What is cut short ends where the frame does.
std::optional<Ipv6View> ipv6_view(Bytes frame);
/// Of a whole ICMPv6, UDP or TCP (RFC 8200 8.1).
void fix_ipv6_checksum(MutableBytes frame, const Ipv6View& ip);

/// The solicited-node group of an address (RFC 4291 2.7.1), and the group of all nodes on the link.
IpAddress solicited_node_group(const IpAddress& address);
IpAddress all_nodes_group();
/// The link-local address whose identifier ends in `last`.
IpAddress link_local_address(std::uint16_t last);
/// RFC 2464 7: 33:33 and the last four bytes.
MacAddress group_station(const IpAddress& group);

/// An Ethernet frame with one IPv6 packet.
Buffer ipv6_frame(const FrameEnds& addresses, std::uint8_t next_header, Bytes payload,
                  std::uint8_t hop_limit = 64);
/// Of the version that the addresses have.
Buffer ip_frame(const FrameEnds& addresses, std::uint8_t protocol, Bytes payload);

/// RFC 4861 4.6.1: the station, as its source's (1) or its target's (2).
Buffer station_option(std::uint8_t type, const MacAddress& mac);
/// RFC 4861 4.3 and 4.4, with options; the hop limit is 255. `flags`: 0x80 router, 0x40 solicited, 0x20
/// override.
Buffer neighbour_solicitation(const FrameEnds& addresses, const IpAddress& target, Bytes options);
Buffer neighbour_advertisement(const FrameEnds& addresses, const IpAddress& target, std::uint8_t flags,
                               Bytes options);

/// ICMPv6 "packet too big" about an IPv6 frame, from the router that it did not pass (RFC 4443 3.2).
Buffer packet_too_big(Bytes frame, const IpAddress& router, const MacAddress& router_mac, std::uint32_t mtu);

}  // namespace linnet::sim
