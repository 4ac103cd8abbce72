// SPDX-License-Identifier: Apache-2.0
// What becomes of addresses and of ICMP when IPv4 is carried over IPv6 (RFC 6052 2.2, RFC 7915 4 and 5).
// Headers of IP say the same in both families; those of TCP and UDP differ by the checksum alone.
#pragma once

#include <optional>

#include "core/base/address.hpp"

namespace linnet::ip::clat {

/// RFC 7335 3: the IPv4 address of a host that has none but for this.
constexpr IpAddress host_address = IpAddress::v4(192, 0, 0, 1);
/// RFC 7600 4: stands for a router on the way that no IPv4 address can stand for.
constexpr IpAddress dummy_address = IpAddress::v4(192, 0, 0, 8);
/// RFC 7915 1.3: what a header of IPv6 is longer than one of IPv4.
constexpr std::uint16_t header_difference = 20;

/// RFC 6052 2.2. `nat64.length` is 32, 40, 48, 56, 64 or 96, as nd::Pref64 yields it; `v4` in host order.
IpAddress embed(const Prefix& nat64, std::uint32_t v4);
/// The IPv4 address in `address`, in host order; nothing when it is not of the prefix, or bits 64 to 71
/// behind it are not zero.
std::optional<std::uint32_t> extract(const Prefix& nat64, const IpAddress& address);

/// The first words of an ICMP message, without its checksum; `rest` is the second word.
struct IcmpWords {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t rest = 0;
  constexpr bool operator==(const IcmpWords&) const = default;
};
/// RFC 7915 4.2: a message of IPv4 in IPv6. Nothing: it has no translation, and is dropped.
std::optional<IcmpWords> to_v6(const IcmpWords& message);
/// RFC 7915 5.2: a message of IPv6 in IPv4.
std::optional<IcmpWords> to_v4(const IcmpWords& message);

}  // namespace linnet::ip::clat
