// SPDX-License-Identifier: Apache-2.0
// The words that users of UDP need: errors, handles, options.
#pragma once

#include <optional>

#include "core/base/address.hpp"
#include "core/base/handle.hpp"
#include "core/ip/datagram.hpp"

namespace linnet::udp {

enum class Error : std::uint8_t {
  no_memory,  ///< no free socket or block, or the device had room for a datagram's first fragments only
  address_in_use,
  address_not_available,  ///< not an address of ours, or no free port
  invalid,
  closed,         ///< the handle is stale
  not_connected,  ///< send without a destination
  no_route,
  too_big,             ///< more than 65,507 bytes (65,527 by IPv6), or than the path takes with dont_fragment
  would_block,         ///< nothing to read, or the device has no room now
  unreachable,         ///< the next hop does not answer, or the device is gone
  connection_refused,  ///< ICMP port unreachable about a datagram of a connected socket
  host_unreachable,    ///< ICMP, likewise
  net_unreachable,
  access,  ///< a broadcast destination without Options::broadcast
};

class Socket;
using SocketHandle = Handle<Socket>;

/// What stays set on a socket.
struct Options {
  bool broadcast = false;         ///< SO_BROADCAST: may send to broadcast addresses (RFC 1122 4.1.3.1)
  bool v6_only = false;           ///< IPV6_V6ONLY: bound to ::, nothing of IPv4 is taken or sent
  bool dont_fragment = false;     ///< too_big instead of fragments
  bool checksum = true;           ///< false: sent without (RFC 1122 4.1.3.4), IPv4 only
  std::uint8_t ttl = 0;           ///< 0: the configured default
  std::uint8_t multicast_ttl = 1; ///< RFC 1112 6.1; 0: to this host only
  std::uint8_t multicast_interface = ip::any_interface;  ///< that groups are sent to by, unless `interface` says
  bool multicast_loop = true;     ///< members on this host get what is sent to a group
  std::uint8_t traffic_class = 0;
  std::uint8_t interface = ip::any_interface;  ///< only by this interface, both ways
  std::uint32_t receive_buffer = 0;            ///< payload bytes; 0: Config::receive_buffer
};

/// What a single datagram may have of its own; the defaults leave it to the socket's options.
struct SendOptions {
  IpAddress source;               ///< unspecified: the socket's, or chosen by the route
  std::uint8_t ttl = 0;
  std::optional<std::uint8_t> traffic_class;
  std::uint8_t interface = ip::any_interface;
  bool source_unspecified = false;  ///< from 0.0.0.0 (RFC 2131 4.1)
};

struct Received {
  Endpoint source;
  Endpoint destination;           ///< the address of ours, or the group, that it was sent to
  std::uint8_t interface = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  bool reassembled = false;       ///< came in fragments
  std::size_t size = 0;           ///< bytes copied
  std::size_t datagram_size = 0;  ///< bytes that there were: more than `size` if cut
};

/// For status pages.
struct SocketView {
  Endpoint local;
  Endpoint remote;                ///< of a connected socket, else port 0
  std::uint16_t queued = 0;       ///< datagrams
  std::uint32_t queued_bytes = 0;
  std::uint64_t dropped = 0;      ///< for want of room
};

}  // namespace linnet::udp
