// SPDX-License-Identifier: Apache-2.0
// What of an interface programs read and set: for lwip/netif.h and esp_netif.h.
#pragma once

#include <bit>

#include "compat/lwip/host.hpp"

namespace linnet::compat {

/// A netmask as lwIP has it, in the network's byte order, and how many bits of it are set.
inline std::uint32_t mask_of(std::uint8_t length) {
  std::uint8_t bytes[4];
  store32(bytes, length == 0 ? 0 : ~std::uint32_t{0} << (32 - length));
  return std::bit_cast<std::uint32_t>(bytes);
}
inline std::uint8_t length_of(std::uint32_t mask) { return static_cast<std::uint8_t>(std::popcount(mask)); }

/// Of IPv4: unspecified where there is none.
struct Ipv4Setting {
  Prefix prefix;
  IpAddress gateway;
};
/// Under the host's lock.
Ipv4Setting ipv4_setting(Stack& stack, std::uint8_t interface);
/// Takes the interface's addresses and its default route away and gives it these, without asking whether
/// somebody has them. False: no room.
bool set_ipv4(Stack& stack, std::uint8_t interface, const Ipv4Setting& setting, Instant now);

/// Calls `visit(address, usable)` for the interface's IPv6 addresses, under the host's lock.
template <typename Visit>
void for_each_ipv6(Stack& stack, std::uint8_t interface, Visit visit) {
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    if (own.interface == interface) visit(own);
  }
}

}  // namespace linnet::compat
