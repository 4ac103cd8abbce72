// SPDX-License-Identifier: Apache-2.0
// A DHCP message, as far as the monitor of its times looks at it.
#pragma once

#include <optional>

#include "sim/frame_parts.hpp"

namespace linnet::sim {

struct DhcpSeen {
  std::uint8_t operation = 0;
  std::uint8_t type = 0;
  std::uint32_t xid = 0;
  std::uint16_t secs = 0;
  std::uint32_t client = 0;  ///< ciaddr
  std::uint32_t yours = 0;   ///< yiaddr
  Station hardware = 0;
  // options; 0: not there
  std::uint32_t requested = 0;
  std::uint32_t server = 0;
  std::optional<std::uint32_t> lease{};
  std::optional<std::uint32_t> renewal{};
  std::optional<std::uint32_t> rebinding{};
  bool complete = false;  ///< its options have an end
};

/// Nothing: no DHCP message. Overloaded fields are not looked at.
std::optional<DhcpSeen> read_dhcp(Bytes message);

}  // namespace linnet::sim
