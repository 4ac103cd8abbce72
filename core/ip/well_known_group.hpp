// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/address.hpp"

namespace linnet::ip {

/// ff0s::g, of a well-known group (RFC 4291 2.7.1).
constexpr IpAddress well_known_group(std::uint8_t scope, std::uint8_t g) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[0] = 0xff;
  bytes[1] = scope;
  bytes[15] = g;
  return IpAddress::v6(bytes);
}

}  // namespace linnet::ip
