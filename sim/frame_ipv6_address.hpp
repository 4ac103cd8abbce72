// SPDX-License-Identifier: Apache-2.0
// An IPv6 address as an observer of frames has it: two numbers, and what RFC 4291 2 says of them.
#pragma once

#include <compare>

#include "core/base/bytes.hpp"

namespace linnet::sim {

struct Ipv6Address {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Ipv6Address&) const = default;
};

constexpr Ipv6Address load_ipv6(const std::uint8_t* p) { return {load64(p), load64(p + 8)}; }
constexpr Ipv6Address mapped(std::uint32_t ipv4) { return {0, 0xffff00000000u | ipv4}; }

constexpr bool is_unspecified(const Ipv6Address& a) { return a == Ipv6Address{}; }
constexpr bool is_loopback_address(const Ipv6Address& a) { return a == Ipv6Address{0, 1}; }
constexpr bool is_mapped(const Ipv6Address& a) { return a.high == 0 && a.low >> 32 == 0xffff; }
constexpr bool is_multicast_address(const Ipv6Address& a) { return a.high >> 56 == 0xff; }
/// RFC 4291 2.7, RFC 7346: of a multicast address.
constexpr unsigned scope_of(const Ipv6Address& a) { return (a.high >> 48) & 15; }
/// fe80::/10.
constexpr bool is_link_local(const Ipv6Address& a) { return a.high >> 54 == 0x3fa; }
constexpr bool in_prefix(const Ipv6Address& a, const Ipv6Address& prefix, unsigned length) {
  const std::uint64_t high = length >= 64 ? ~0ull : length == 0 ? 0 : ~0ull << (64 - length);
  const std::uint64_t low = length >= 128 ? ~0ull : length <= 64 ? 0 : ~0ull << (128 - length);
  return ((a.high ^ prefix.high) & high) == 0 && ((a.low ^ prefix.low) & low) == 0;
}

constexpr Ipv6Address link_group(std::uint64_t low) { return {0xff02000000000000u, low}; }
constexpr Ipv6Address all_nodes = link_group(1);
constexpr Ipv6Address all_routers = link_group(2);
constexpr Ipv6Address all_mld_routers = link_group(0x16);  // RFC 3810 5.2.14
/// RFC 4291 2.7.1.
constexpr Ipv6Address solicited_node(const Ipv6Address& a) {
  return link_group(0x1ff000000u | (a.low & 0xffffffu));
}

}  // namespace linnet::sim
