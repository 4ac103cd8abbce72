// SPDX-License-Identifier: Apache-2.0
// FrameFragments: the transport checksum and length of a datagram that goes out in fragments, one right after
// the other.
#pragma once

#include "sim/frame_parts.hpp"

namespace linnet::sim {

class FrameFragments {
 public:
  /// Adds a fragment; with the last one, what all of them together must be.
  void sent(FrameJudge& judge, const Ipv4Parts& ip, const FrameCheckerConfig& config);

 private:
  void check(FrameJudge& judge, const Ipv4Parts& ip, std::size_t size,
             const FrameCheckerConfig& config) const;

  bool open_ = false;
  std::uint32_t source_ = 0;
  std::uint32_t destination_ = 0;
  std::uint16_t identification_ = 0;
  std::uint8_t protocol_ = 0;
  std::size_t next_ = 0;          ///< offset of the next fragment
  std::uint64_t sum_ = 0;         ///< of all bytes so far
  std::uint16_t udp_length_ = 0;  ///< as its header says
  bool without_checksum_ = false;
};

}  // namespace linnet::sim
