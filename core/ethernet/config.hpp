// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/time.hpp"

namespace linnet::ethernet {

struct Config {
  std::uint8_t links = 2;                  ///< interfaces, loopback included
  std::uint16_t neighbours = 16;           ///< IPv4 neighbours remembered, all links together
  std::uint16_t neighbours_v6 = 16;        ///< IPv6 neighbours, which no flood of IPv4's can push out
  std::uint16_t addresses = 8;             ///< own IPv4 addresses, all links together
  std::uint16_t queued_per_neighbour = 3;  ///< packets kept while one address is being resolved; the latest win
  std::uint16_t queued_packets = 8;        ///< packets kept for all unresolved addresses together
  Duration reachable_time = Duration::seconds(30);   ///< RFC 4861 10, also for ARP: confirmed that long
  Duration stale_time = Duration::seconds(600);      ///< RFC 1122 2.3.2.1: unused and unconfirmed entries go
  Duration failed_time = Duration::seconds(3);       ///< packets to a silent neighbour fail at once that long
};

}  // namespace linnet::ethernet
