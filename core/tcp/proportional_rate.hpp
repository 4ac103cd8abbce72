// SPDX-License-Identifier: Apache-2.0
// Proportional Rate Reduction (RFC 6937, and its revision that chooses the bound by whether the acknowledgment is safe):
// how cwnd goes down to ssthresh over the round trip of a recovery, neither in a burst nor in a silence.
#pragma once

#include <algorithm>
#include <cstdint>

namespace linnet::tcp {

struct ProportionalRate {
  std::uint32_t delivered = 0;    ///< prr_delivered: bytes since recovery began
  std::uint32_t out = 0;          ///< prr_out: bytes sent since then
  std::uint32_t flight_size = 0;  ///< RecoverFS: the window when recovery began

  /// sndcnt: how many bytes may go now, after `newly` more were delivered and with `pipe` under way. `safe`: SND.UNA
  /// advanced and nothing more was found lost. Whole segments, as the segment that fits must not wait for its last byte.
  std::uint32_t allowance(std::uint32_t newly, std::uint32_t pipe, std::uint32_t threshold, std::uint32_t mss,
                          bool safe) {
    delivered += newly;
    std::uint32_t count = 0;
    if (pipe > threshold) {
      const std::uint64_t share =
          (std::uint64_t{delivered} * threshold + flight_size - 1) / std::max<std::uint32_t>(flight_size, 1);
      count = share > out ? static_cast<std::uint32_t>(share) - out : 0;
    } else {
      count = std::max(delivered > out ? delivered - out : 0, newly);
      if (safe) count += mss;  // slow start bound; else the conservative one: what left the network may enter it
      count = std::min(threshold - pipe, count);
    }
    count = (count + mss - 1) / mss * mss;
    return out == 0 ? std::max(count, mss) : count;  // the fast retransmit itself never waits
  }
};

}  // namespace linnet::tcp
