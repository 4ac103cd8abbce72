// SPDX-License-Identifier: Apache-2.0
// HyStart++ (RFC 9406): leaves slow start when the round trips grow, before packets are lost.
#pragma once

#include <algorithm>

#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

struct HyStart {
  static constexpr std::uint32_t none = 0xffffffffu;  // "infinity"
  static constexpr std::uint8_t samples_wanted = 8;   // N_RTT_SAMPLE
  static constexpr std::uint8_t growth_divisor = 4;   // CSS_GROWTH_DIVISOR
  static constexpr std::uint8_t conservative_rounds = 5;  // CSS_ROUNDS

  SequenceNumber window_end{};
  std::uint32_t last_minimum = none;     // microseconds: lastRoundMinRTT
  std::uint32_t current_minimum = none;  // currentRoundMinRTT
  std::uint32_t baseline = none;         // cssBaselineMinRtt
  std::uint8_t samples = 0;
  std::uint8_t rounds = 0;               // of conservative slow start
  bool conservative = false;

  void start(SequenceNumber nxt) { *this = HyStart{.window_end = nxt}; }

  /// 4.2: a round trip of `rtt` was measured in slow start. True when slow start is over.
  bool sample(Duration rtt, SequenceNumber una, SequenceNumber nxt) {
    const bool over = una >= window_end && next_round(nxt);
    const auto value = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rtt.as_microseconds(), 1, none - 1));
    current_minimum = std::min(current_minimum, value);
    if (samples < 255) ++samples;
    if (samples < samples_wanted) return over;
    if (!conservative) {
      if (last_minimum == none) return over;
      const std::uint32_t threshold = std::clamp<std::uint32_t>(last_minimum / 8, 4000, 16000);
      if (current_minimum >= last_minimum + threshold) {
        baseline = current_minimum;
        conservative = true;
        rounds = 0;
      }
    } else if (current_minimum < baseline) {
      baseline = none;  // the growth was only a spike: back to slow start
      conservative = false;
    }
    return over;
  }

 private:
  bool next_round(SequenceNumber nxt) {
    last_minimum = current_minimum;
    current_minimum = none;
    samples = 0;
    window_end = nxt;
    return conservative && ++rounds >= conservative_rounds;
  }
};

}  // namespace linnet::tcp
