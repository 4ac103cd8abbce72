// SPDX-License-Identifier: Apache-2.0
// Device: the one virtual seam of the stack. A frame in, a frame out.
#pragma once

#include "core/base/drop.hpp"
#include "core/device/frame.hpp"
#include "core/device/packet.hpp"

namespace linnet {

enum class LinkType : std::uint8_t {
  ethernet,  ///< frames with Ethernet II headers
  ip,        ///< bare IP packets: loopback, TUN, point to point
};

/// What a device takes off the stack's hands.
struct Capabilities {
  LinkType link = LinkType::ethernet;
  bool loopback = false;            ///< nothing ever leaves this stack: 127.0.0.0/8 and ::1 may appear
  bool transmit_checksum = false;   ///< fills in Frame::checksum
  bool receive_checksum = false;    ///< sets ReceiveInfo::checksum_verified
  bool queues = false;              ///< sends at a pace of its own: TCP need not spread a window over its round trip
  std::uint32_t segmentation = 0;   ///< largest TCP payload of a super-segment (Frame::segment_size); 0: none
};

enum class Transmit : std::uint8_t {
  taken,  ///< the frame's bytes were copied or sent
  busy,   ///< no room now: try again later; nothing is lost
  gone,   ///< the device does not work any more
};

class Device {
 public:
  /// Moves frames that have arrived into `batch`, each in a block of `pool`, and yields how many. Never waits.
  /// A frame that finds no block stays where it is, if the device can keep it. A coalescing device returns
  /// packets of up to 64 KiB in large blocks.
  virtual std::size_t receive(BlockPool& pool, std::span<Packet> batch) = 0;
  /// Gathers and sends one frame. Never waits.
  virtual Transmit transmit(const Frame& frame) = 0;
  /// Largest link payload (an IP packet) in bytes.
  virtual std::uint16_t mtu() const = 0;
  virtual MacAddress mac() const = 0;
  virtual Capabilities capabilities() const = 0;
  /// True while the link is up.
  virtual bool link_up() const { return true; }
  /// The stack dropped the last packet that `receive` yielded; for captures.
  virtual void dropped(Drop) {}
  /// The stack has finished a poll: whatever was collected may go out now.
  virtual void flush() {}

 protected:
  ~Device() = default;
};

}  // namespace linnet
