// SPDX-License-Identifier: Apache-2.0
// The virtio-net header in front of each frame of a tap or packet socket: how the kernel and we leave
// checksums undone and hand over super-segments (virtio 1.1, 5.1.6).
#pragma once

#include "core/device/frame.hpp"
#include "core/device/packet.hpp"

namespace linnet::platform {

/// Largest TCP payload of a super-segment: what IPv4 with all options (60) and TCP with all options (60)
/// leave of 65,535 bytes (RFC 791 3.1 Total Length).
inline constexpr std::uint32_t max_super_segment = 65535 - 60 - 60;

/// Room for the largest frame that the kernel hands over: an IP packet of 65,535 bytes, Ethernet header, one
/// tag.
inline constexpr std::size_t max_super_frame = 65535 + 18;

/// As virtio 1.1 lays it out without merged buffers, in the host's byte order (linux/virtio_net.h is no valid
/// C++).
struct VnetHeader {
  static constexpr std::uint8_t needs_checksum = 1;  // flags
  static constexpr std::uint8_t data_valid = 2;
  static constexpr std::uint8_t gso_none = 0;  // gso_type
  static constexpr std::uint8_t gso_tcp_v4 = 1;
  static constexpr std::uint8_t gso_tcp_v6 = 4;
  static constexpr std::uint8_t gso_ecn = 0x80;

  std::uint8_t flags = 0;
  std::uint8_t gso_type = gso_none;
  std::uint16_t header_length = 0;    ///< Ethernet, IP and TCP headers of a super-segment
  std::uint16_t gso_size = 0;         ///< payload bytes of each segment
  std::uint16_t checksum_start = 0;   ///< where summing begins, from the frame's beginning
  std::uint16_t checksum_offset = 0;  ///< where the sum goes, from checksum_start
};
static_assert(sizeof(VnetHeader) == 10);

/// What the kernel must know to finish `frame`.
VnetHeader vnet_header_of(const Frame& frame);

/// What the kernel says of a received frame.
void read_vnet_header(const VnetHeader& header, ReceiveInfo& info);

}  // namespace linnet::platform
