// SPDX-License-Identifier: Apache-2.0
// FrameLayout: where the headers of a frame stand, for the devices' software checksums and segmentation. It
// trusts the frame no further than its bytes go.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "core/device/device.hpp"

namespace linnet {

struct FrameLayout {
  std::uint16_t network = 0;    ///< offset of the IP header
  std::uint16_t transport = 0;  ///< offset of what follows the IP header and its extension headers
  std::uint8_t version = 0;     ///< 4 or 6
  std::uint8_t protocol = 0;    ///< the transport's protocol number
  bool fragment = false;  ///< a fragment other than a whole datagram: its transport checksum covers more

  /// Of the first bytes of a frame (its headers at least); nothing when it is no IP packet or is cut short.
  static std::optional<FrameLayout> parse(Bytes frame, LinkType link);
};

namespace ip_protocol {
constexpr std::uint8_t icmp = 1;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t icmpv6 = 58;
}  // namespace ip_protocol

}  // namespace linnet
