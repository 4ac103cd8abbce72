// SPDX-License-Identifier: Apache-2.0
// What a host device counts.
#pragma once

#include <cstdint>

namespace linnet::platform {

struct DeviceCounters {
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_transmitted = 0;
  std::uint64_t bytes_transmitted = 0;
  std::uint64_t receive_dropped = 0;   ///< too large for any block, or without room
  std::uint64_t transmit_dropped = 0;  ///< refused by the system: the link is down, or the frame is too large
};

}  // namespace linnet::platform
