// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace linnet::udp {

struct Config {
  std::uint16_t sockets = 8;
  std::uint16_t queue_datagrams = 16;     ///< datagrams queued for all sockets together
  std::uint32_t receive_buffer =
      65536;  ///< payload bytes that a socket may hold queued, unless it is one datagram
  std::uint16_t first_ephemeral_port = 49152;  ///< RFC 6335 6
  std::uint16_t last_ephemeral_port = 65535;
};

}  // namespace linnet::udp
