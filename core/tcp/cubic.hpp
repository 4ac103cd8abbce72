// SPDX-License-Identifier: Apache-2.0
// CUBIC (RFC 9438) in bytes and integers: the window as a cubic function of the time since it was last reduced.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace linnet::tcp {

/// What CUBIC keeps while in congestion avoidance.
struct CubicEpoch {
  Instant start = Instant::never();  ///< of the current congestion avoidance stage (4.2); never: it is still to begin
  std::uint32_t seen = 0;            ///< milliseconds from there to the latest acknowledgment
  std::uint32_t k = 0;               ///< milliseconds from there to the plateau
  std::uint32_t plateau = 0;         ///< bytes: W_max, or cwnd_epoch when it began above that
  std::uint32_t estimate = 0;        ///< bytes: W_est, what Reno would have (4.3)
  std::uint32_t estimate_rest = 0;   ///< of the last division
  std::uint32_t window_rest = 0;

  bool begun() const { return !start.is_never(); }
  /// 4.2, 5.8: an acknowledgment came whose window was not in use: the time before it does not count.
  void unused(Instant now) { start = now - Duration::milliseconds(seen); }
};

/// What reductions have left behind for the epoch that begins after them.
struct CubicHistory {
  std::uint32_t plateau = 0;  ///< bytes: W_max; 0: there is none, the curve begins flat where the window is
  std::uint32_t prior = 0;    ///< bytes: cwnd_prior, the window that was reduced last (4.6)
  std::uint32_t reduced = 0;  ///< bytes: what it was reduced to, before that was cut to whole segments
};

/// beta_cubic, 0.7, as the fraction that Linux takes (717/1024).
constexpr std::uint32_t cubic_reduced(std::uint32_t window) {
  return static_cast<std::uint32_t>(std::uint64_t{window} * 717 / 1024);
}

/// 4.7 fast convergence: who loses again below its last plateau leaves room for newcomers.
constexpr std::uint32_t cubic_plateau(std::uint32_t window, std::uint32_t last_plateau) {
  return window < last_plateau ? static_cast<std::uint32_t>(std::uint64_t{window} * (1024 + 717) / 2048) : window;
}

/// The largest integer whose cube is at most `value`.
std::uint32_t cube_root(std::uint64_t value);

/// 4.2 to 4.5: the window after `acked` more bytes were acknowledged. `rtt`: the least round trip.
std::uint32_t cubic_acknowledged(CubicEpoch& epoch, std::uint32_t window, const CubicHistory& history,
                                 std::uint32_t mss, std::uint32_t acked, Duration rtt, Instant now);

}  // namespace linnet::tcp
