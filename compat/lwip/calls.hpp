// SPDX-License-Identifier: Apache-2.0
// What the sources of this folder share: lwIP's headers without the names that the host has, too, and values
// both ways.
#pragma once

#define LWIP_COMPAT_SOCKETS 0
#include <lwip/dns.h>
#include <lwip/netdb.h>

#include "compat/lwip/host.hpp"

namespace linnet::compat {

/// The endpoint that a sockaddr names; AF_UNSPEC is Endpoint{}. Nothing: `error` has the errno value. What
/// snippets leave uninitialised (sin_len, sin_zero) is not looked at.
struct EndpointOf {
  int error = 0;
  Endpoint endpoint{};
};
EndpointOf endpoint_of(const sockaddr* address, socklen_t size);
/// As a sockaddr of the family, of at most *size bytes; *size becomes what it would take. Either pointer may
/// be null.
void put_endpoint(const Endpoint& endpoint, bool v6, sockaddr* address, socklen_t* size);

IpAddress address_of(const in6_addr& address, std::uint32_t scope = 0);
IpAddress address_of(const ip_addr_t& address);
in6_addr in6_of(const IpAddress& address);
ip_addr_t ip_addr_of(const IpAddress& address);
inline IpAddress address_of(const in_addr& address) { return IpAddress::v4(lwip_ntohl(address.s_addr)); }
inline in_addr in4_of(const IpAddress& address) { return {lwip_htonl(address.v4_value())}; }

/// What a new socket of datagrams has otherwise by lwIP than by POSIX: what it sends to groups does not come
/// back to this host.
void set_lwip_defaults(sockets::Sockets& sockets, int fd, int domain);

/// lwip_recvfrom of a raw socket of AF_INET6.
ssize_t receive_raw_v6(int s, void* mem, std::size_t size, int flags, sockaddr* from, socklen_t* from_size);

/// Calls `function(sockets)`, or fails with ENETDOWN where no host is attached; gives what the C call gives.
template <typename Function>
auto with_sockets(Function function) -> decltype(function(std::declval<sockets::Sockets&>())) {
  using Result = decltype(function(std::declval<sockets::Sockets&>()));
  sockets::Host* host = attached_host();
  return told(host == nullptr ? Result{-sockets::error::network_down} : function(host->sockets()));
}

}  // namespace linnet::compat
