// SPDX-License-Identifier: Apache-2.0
// A MAC address for our end of a virtual link.
#pragma once

#include "core/base/address.hpp"

namespace linnet::platform {

/// A unicast, locally administered address (IEEE 802: bit 1 of the first byte set, bit 0 clear) out of 48
/// bits of `seed`; the same seed yields the same address.
constexpr MacAddress local_mac(std::uint64_t seed) {
  MacAddress mac;
  for (std::size_t i = 0; i < 6; ++i) mac.bytes[i] = static_cast<std::uint8_t>(seed >> (8 * i));
  mac.bytes[0] = static_cast<std::uint8_t>((mac.bytes[0] & 0xfc) | 0x02);
  return mac;
}

}  // namespace linnet::platform
