// SPDX-License-Identifier: Apache-2.0
// What the monitors of services read: a whole UDP datagram over IPv4 with right checksums, as it is in a
// frame.
#pragma once

#include <array>
#include <optional>

#include "core/base/bytes.hpp"

namespace linnet::sim {

struct UdpSeen {
  std::array<std::uint8_t, 6> to{};  ///< station
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Bytes payload{};

  /// For the host with that station, or for all.
  bool is_for(const std::array<std::uint8_t, 6>& mac) const { return (to[0] & 1) != 0 || to == mac; }
};

std::optional<UdpSeen> read_udp_v4(Bytes frame);

/// The target of an ARP request, but for probes and announcements; 0: the frame is none.
std::uint32_t asked_by_arp(Bytes frame);

}  // namespace linnet::sim
