// SPDX-License-Identifier: Apache-2.0
// Datagram: what IP hands up, whichever the family; and what transports ask of IP on the way down.
#pragma once

#include "core/device/device.hpp"
#include "core/ip/protocol.hpp"

namespace linnet::ip {

/// "No particular interface".
constexpr std::uint8_t any_interface = 0xff;

/// What an ICMP message says about a packet that we sent (RFC 792, RFC 1122 3.2.2, RFC 4443).
enum class ErrorKind : std::uint8_t {
  none,                    ///< not an error: an ordinary datagram
  net_unreachable,         ///< soft for TCP: types 3/0, 3/6, 3/11
  host_unreachable,        ///< soft: 3/1, 3/5, 3/7, 3/8, 3/12
  protocol_unreachable,    ///< 3/2
  port_unreachable,        ///< 3/3
  fragmentation_needed,    ///< 3/4; `mtu` holds the next-hop MTU
  administratively_prohibited,  ///< 3/9, 3/10, 3/13
  time_exceeded,           ///< 11
  parameter_problem,       ///< 12
};

/// A link-local unicast address means something on its link only: RFC 4007 6. Others need no zone.
constexpr IpAddress with_zone(const IpAddress& address, std::uint8_t interface) {
  const bool scoped = address.is_v6() && address.is_link_local();
  return scoped ? address.with_zone(static_cast<std::uint8_t>(interface + 1)) : address;
}
/// The interface that the zone names, or any_interface.
constexpr std::uint8_t interface_of_zone(const IpAddress& address) {
  return address.zone() == 0 ? any_interface : static_cast<std::uint8_t>(address.zone() - 1);
}

struct Datagram {
  IpAddress source;        ///< of an error: the quoted packet's source, which is an own address
  IpAddress destination;   ///< of an error: the quoted packet's destination
  std::uint8_t protocol = 0;  ///< of an error: the quoted packet's
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;  ///< ToS byte: DSCP and ECN
  std::uint8_t interface = 0;      ///< that it came in by
  bool group = false;      ///< addressed to a broadcast or multicast address (of the link or of IP)
  std::uint16_t header_length = 0;  ///< IP header (with IPv6's extension headers) in front of the payload: packet.restore(header_length) shows it
  std::uint16_t protocol_position = 0;  ///< of IPv6: the byte that names `protocol`, from the IPv6 header on
  Packet packet;           ///< the payload; of an error: the quoted packet's payload (at least 8 bytes)

  ErrorKind error = ErrorKind::none;
  std::uint8_t icmp_type = 0;  ///< of an error: the ICMP message's type and code, for IP_RECVERR
  std::uint8_t icmp_code = 0;
  std::uint16_t mtu = 0;       ///< of fragmentation_needed: the path MTU now in force
  IpAddress reporter;      ///< of an error: who sent it
};

/// How to reach a destination. Transports keep it and ask again when `generation` is no longer Ip::generation().
struct Path {
  IpAddress source{};
  IpAddress next_hop{};
  std::uint8_t interface = any_interface;
  std::uint16_t mtu = 0;              ///< of the path: largest IP packet that needs no fragments
  std::uint16_t link_mtu = 0;         ///< of the interface: what is announced for the other direction (RFC 1191 3.1)
  bool device_queues = false;         ///< Capabilities::queues, or loopback
  std::uint32_t segmentation = 0;     ///< largest super-segment payload that the device takes; 0: none
  std::uint32_t generation = 0;
};

struct SendInfo {
  IpAddress source{};      ///< unspecified: chosen by the route
  IpAddress destination{};
  std::uint8_t protocol = 0;
  std::uint8_t ttl = 0;    ///< 0: the configured default
  std::uint8_t traffic_class = 0;
  bool dont_fragment = false;
  bool multicast_loop = false;    ///< those on this host who listen to the group get a copy (RFC 1112 6.4)
  bool host_only = false;         ///< and nobody else: a time to live of zero (RFC 1112 6.1)
  bool keep_unspecified = false;  ///< an unspecified source goes out as it is: 0.0.0.0, for DHCP (RFC 2131 4.1)
  std::uint8_t interface = any_interface;  ///< required for link-local and multicast unless the route tells
};

enum class Send : std::uint8_t {
  sent,  ///< on the wire, or queued for address resolution
  busy,  ///< device has no room: try again after the next poll
  no_route,
  too_big,      ///< larger than the path MTU with dont_fragment, or than 65,535 bytes
  unreachable,  ///< the next hop does not answer, or the device is gone
  no_memory,    ///< no block, or the device had room for the first fragments only
  bad_source,   ///< the source is not an address of ours
};

}  // namespace linnet::ip
