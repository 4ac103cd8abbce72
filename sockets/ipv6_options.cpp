// SPDX-License-Identifier: Apache-2.0
// The options of level IPPROTO_IPV6 (RFC 3493 5, RFC 3542 6.5), of sockets of AF_INET6. Where IPv4 has the same setting
// there is one of both, since one socket speaks both.
#include "sockets/call.hpp"

namespace linnet::sockets {

namespace {

constexpr int unknown = -error::no_such_option;

/// The option of level IP that is the same setting; 0: none.
int same_as(int name) {
  switch (name) {
    case ipv6_option::unicast_hops: return ip_option::ttl;
    case ipv6_option::multicast_hops: return ip_option::multicast_ttl;
    case ipv6_option::multicast_loop: return ip_option::multicast_loop;
    case ipv6_option::traffic_class: return ip_option::tos;
    default: return 0;
  }
}

}  // namespace

std::int64_t Sockets::ipv6_option_value(Descriptor& row, int name) {
  if (!row.v6) return unknown;
  if (name == ipv6_option::v6_only) {
    if (row.kind == Kind::stream) return stream_options(row).v6_only ? 1 : 0;
    return row.kind == Kind::raw || stack_.udp().options(row.datagram)->v6_only ? 1 : 0;
  }
  if (name == ipv6_option::multicast_if) {  // RFC 3493 5.2: an index, 0 for none in particular
    if (row.kind != Kind::datagram) return unknown;
    const std::uint8_t interface = stack_.udp().options(row.datagram)->multicast_interface;
    return interface == ip::any_interface ? 0 : interface + 1;
  }
  const int same = same_as(name);
  return same != 0 ? ip_option_value(row, same) : unknown;
}

int Sockets::set_ipv6_option(Descriptor& row, int name, int value) {
  if (!row.v6) return unknown;
  if (name == ipv6_option::v6_only) return set_v6_only(row, value != 0);
  if (name == ipv6_option::multicast_if) {
    if (row.kind != Kind::datagram) return unknown;
    if (value < 0 || value > static_cast<int>(stack_.ethernet().links().size())) return -error::no_such_device;
    stack_.udp().options(row.datagram)->multicast_interface =
        value == 0 ? ip::any_interface : static_cast<std::uint8_t>(value - 1);
    return 0;
  }
  const int same = same_as(name);
  if (same == 0) return unknown;
  if (value == -1 && same == ip_option::tos) value = 0;  // RFC 3542 6.5: the default
  return set_ip_option(row, same, value);
}

/// RFC 3493 5.3, and as on Linux: only before the socket has an address.
int Sockets::set_v6_only(Descriptor& row, bool on) {
  if (row.kind == Kind::raw) return on ? 0 : -error::invalid;
  if (row.kind == Kind::datagram) {
    if (stack_.udp().local(row.datagram).port != 0) return -error::invalid;
    stack_.udp().options(row.datagram)->v6_only = on;
    return 0;
  }
  if (row.listener || row.connection) return -error::invalid;
  tcp::Options options = stream_options(row);
  options.v6_only = on;
  set_stream_options(row, options);
  return 0;
}

}  // namespace linnet::sockets
