// SPDX-License-Identifier: Apache-2.0
// FrameIpv6Fragments: a packet that goes out in fragments, one right after the other, put together again (RFC
// 8200 4.5).
#pragma once

#include <vector>

#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {

class FrameIpv6Fragments {
 public:
  /// Adds a fragment. With the last one: the packet without its fragment header, until the next call.
  std::optional<Bytes> sent(FrameJudge& judge, const Ipv6Parts& ip);

 private:
  void begin(const Ipv6Parts& ip);

  std::vector<std::uint8_t> packet_;  ///< takes its memory once
  bool begun_ = false;
  bool open_ = false;  ///< begun, and nothing is missing so far
  Ipv6Address source_{};
  Ipv6Address destination_{};
  std::uint32_t identification_ = 0;
  std::size_t next_ = 0;  ///< offset of the next fragment
};

}  // namespace linnet::sim
