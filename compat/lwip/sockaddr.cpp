// SPDX-License-Identifier: Apache-2.0
// Addresses between lwIP's structures and ours.
#include <cstring>

#include "compat/lwip/calls.hpp"

namespace linnet::compat {

EndpointOf endpoint_of(const sockaddr* address, socklen_t size) {
  if (address == nullptr) return {.error = sockets::error::bad_address};
  if (size < 2) return {.error = sockets::error::invalid};
  const sa_family_t family = address->sa_family;
  if (family == AF_UNSPEC) return {};
  if (family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    return {.error = 0, .endpoint = {address_of(in.sin_addr), lwip_ntohs(in.sin_port)}};
  }
  if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    return {.error = 0, .endpoint = {address_of(in.sin6_addr, in.sin6_scope_id), lwip_ntohs(in.sin6_port)}};
  }
  const bool known = family == AF_INET || family == AF_INET6;
  return {.error = known ? sockets::error::invalid : sockets::error::family_not_supported};
}

void put_endpoint(const Endpoint& endpoint, bool v6, sockaddr* address, socklen_t* size) {
  if (size == nullptr) return;
  const socklen_t room = *size;
  const auto put = [&](const auto& structure) {
    *size = sizeof structure;
    if (address != nullptr)
      std::memcpy(address, &structure, room < sizeof structure ? room : sizeof structure);
  };
  if (v6) {
    sockaddr_in6 in{};
    in.sin6_len = sizeof in;
    in.sin6_family = AF_INET6;
    in.sin6_port = lwip_htons(endpoint.port);
    in.sin6_addr = in6_of(endpoint.address);
    in.sin6_scope_id = endpoint.address.zone();
    put(in);
  } else {
    sockaddr_in in{};
    in.sin_len = sizeof in;
    in.sin_family = AF_INET;
    in.sin_port = lwip_htons(endpoint.port);
    // A socket of IPv4 that has no name yet says 0.0.0.0.
    if (endpoint.address.is_v4()) in.sin_addr = in4_of(endpoint.address);
    put(in);
  }
}

IpAddress address_of(const in6_addr& address, std::uint32_t scope) {
  return IpAddress::v6(std::span<const std::uint8_t, 16>(address.un.u8_addr),
                       static_cast<std::uint8_t>(scope));
}

/// Only IPADDR_TYPE_V6 is believed: the text's snippets leave the type of an IPv4 address as it was.
IpAddress address_of(const ip_addr_t& address) {
  if (address.type != IPADDR_TYPE_V6) return IpAddress::v4(lwip_ntohl(address.u_addr.ip4.addr));
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), address.u_addr.ip6.addr, bytes.size());
  return IpAddress::v6(bytes, address.u_addr.ip6.zone);
}

in6_addr in6_of(const IpAddress& address) {
  in6_addr in{};
  std::memcpy(in.un.u8_addr, address.bytes().data(), sizeof in.un.u8_addr);
  return in;
}

ip_addr_t ip_addr_of(const IpAddress& address) {
  ip_addr_t result{};
  if (address.is_v4()) {
    result.u_addr.ip4.addr = lwip_htonl(address.v4_value());
    result.type = IPADDR_TYPE_V4;
  } else {
    std::memcpy(result.u_addr.ip6.addr, address.bytes().data(), sizeof result.u_addr.ip6.addr);
    result.u_addr.ip6.zone = address.zone();
    result.type = IPADDR_TYPE_V6;
  }
  return result;
}

}  // namespace linnet::compat
