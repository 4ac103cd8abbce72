// SPDX-License-Identifier: Apache-2.0
// SuperFrameCutter: when no large block is free, a received super-segment goes up as the ordinary segments
// that it was made of, in small blocks. Slower, but nothing is lost.
#pragma once

#include <optional>

#include "core/device/packet.hpp"
#include "core/device/segmentation.hpp"

namespace linnet::platform {

class SuperFrameCutter {
 public:
  /// Bytes left in front of a frame so that its IP header is aligned to 4.
  static constexpr std::uint32_t headroom = 2;

  /// Begins with `frame`: an Ethernet frame of TCP whose payload was cut every `info.segment_size` bytes. Its
  /// bytes must stay until pending() is false. False when it is anything else, or its segments do not fit
  /// `block_size`.
  bool start(Bytes frame, const ReceiveInfo& info, std::uint32_t block_size);
  bool pending() const { return segmenter_.has_value(); }
  /// The next segment, or false when the pool has no small block now. Only while pending(). Its TCP checksum
  /// holds the pseudo header's sum only, like that of the frame which the kernel handed over, and counts as
  /// verified.
  bool next(BlockPool& pool, Packet& packet);

 private:
  std::optional<Frame> frame_;
  std::optional<Segmenter> segmenter_;
  std::size_t index_ = 0;
};

}  // namespace linnet::platform
