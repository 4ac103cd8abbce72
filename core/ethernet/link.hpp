// SPDX-License-Identifier: Apache-2.0
// Link: one interface as the link layer sees it: a device, or one VLAN of it.
#pragma once

#include "core/device/device.hpp"
#include "core/ethernet/wire.hpp"

namespace linnet::ethernet {

/// What became of a frame handed down.
enum class Send : std::uint8_t {
  sent,
  queued,        ///< copied and kept until its next hop is resolved
  busy,          ///< the device has no room: try again after the next poll
  unreachable,   ///< the next hop does not answer, or the device is gone
  no_memory,     ///< no block to keep it in while its next hop is resolved
};

struct Link {
  Device* device = nullptr;
  MacAddress mac;
  Capabilities capabilities;
  std::uint16_t vlan = 0;  ///< IEEE 802.1Q VLAN identifier, 1 to 4094; 0: untagged
  std::uint16_t mtu = 0;
  std::uint8_t interface = 0;  ///< its own number
  bool up = false;

  bool framed() const { return capabilities.link == LinkType::ethernet; }
};

/// Puts the link header in front (none for LinkType::ip), transmits, and takes the header off again: whatever
/// the result, `frame` is as it was.
Send transmit(const Link& link, Frame& frame, const MacAddress& destination, std::uint16_t type);

}  // namespace linnet::ethernet
