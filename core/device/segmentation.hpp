// SPDX-License-Identifier: Apache-2.0
// What a device does in software when its hardware does not: fill in a transport checksum, and cut a TCP
// super-segment into the ordinary frames that it stands for.
#pragma once

#include "core/device/frame_layout.hpp"

namespace linnet {

/// Fills in the checksum that `frame.checksum` asks for and takes the request back. Nothing happens when
/// there is none. The frame must not be a super-segment: its checksums belong to its segments.
void complete_checksum(Frame& frame);

/// The same in a gathered packet: `transport` is everything from the transport header on, `field` the offset
/// of the checksum in it, where the pseudo header's sum stands. Out of range is ignored.
void complete_checksum(MutableBytes transport, std::uint16_t field);

/// What becomes of the checksum of each segment.
enum class SegmentChecksum : std::uint8_t {
  complete,  ///< computed here
  left,      ///< left to the device below, as Frame::checksum says
};

/// Cuts one super-segment: TCP over IPv4 or IPv6, without options other than those that every segment may
/// repeat. The super-segment and its payload must stay as they are while segments are written.
class Segmenter {
 public:
  /// Nothing when `super` is no TCP super-segment whose headers fill its header area exactly.
  static std::optional<Segmenter> of(const Frame& super, LinkType link);

  std::size_t count() const { return count_; }
  /// Makes the empty frame `out` segment number `index` (less than count()), pointing into the payload of the
  /// super-segment. False, and `out` of no use, when its payload is in more pieces than a frame can point at.
  bool write(std::size_t index, Frame& out, SegmentChecksum checksum = SegmentChecksum::complete) const;

 private:
  Segmenter(const Frame& super, const FrameLayout& layout);
  void write_ip(std::uint8_t* ip, std::size_t index, std::size_t ip_length) const;
  void write_tcp(std::uint8_t* tcp, std::size_t index, std::size_t offset) const;

  const Frame* super_;
  FrameLayout layout_;
  std::size_t count_;
};

}  // namespace linnet
