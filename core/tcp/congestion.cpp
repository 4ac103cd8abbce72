// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/congestion.hpp"

#include <algorithm>

namespace linnet::tcp {
namespace {
constexpr std::uint32_t window_limit = 1u << 30;  // RFC 7323 2.3: no window is larger
}

std::uint32_t Congestion::initial_window() const {
  // RFC 6928 2: min(10 MSS, max(2 MSS, 14600)).
  const std::uint32_t segments = std::uint32_t{initial_segments_} * mss_;
  return std::min(segments, std::max<std::uint32_t>(2u * mss_, std::uint32_t{initial_segments_} * 1460));
}

void Congestion::start(std::uint32_t mss, SequenceNumber nxt, const Config& config) {
  mss_ = static_cast<std::uint16_t>(mss);
  initial_segments_ = std::max<std::uint8_t>(config.initial_window, 1);
  hystart_ = config.hystart;
  if (hystart_) {
    in_.slow_start = HyStart{};
    in_.slow_start.start(nxt);
  } else {
    in_.avoidance = CubicEpoch{};
  }
  window_ = initial_window();
}

void Congestion::set_segment_size(std::uint32_t mss) {
  // RFC 4821 4: smaller packets are not more of them, larger ones not more bytes.
  const auto rescaled = [&](std::uint32_t bytes) {
    return static_cast<std::uint32_t>(std::uint64_t{bytes} * mss / mss_);
  };
  if (mss < mss_) {
    window_ = rescaled(window_);
    if (threshold_ != unlimited) threshold_ = std::max<std::uint32_t>(rescaled(threshold_), 2u * mss);
  }
  mss_ = static_cast<std::uint16_t>(mss);
  window_ = std::max<std::uint32_t>(window_, mss_);
}

void Congestion::set_algorithm(CongestionControl algorithm) {
  if (algorithm == algorithm_) return;
  algorithm_ = algorithm;
  if (!hystart_) in_.avoidance = CubicEpoch{};
}

void Congestion::leave_slow_start() {
  if (!hystart_) return;
  hystart_ = false;  // RFC 9406 4.3: for the first slow start only
  in_.avoidance = CubicEpoch{};
}

void Congestion::measured(Duration rtt, SequenceNumber una, SequenceNumber nxt) {
  if (!hystart_ || !slow_start() || !in_.slow_start.sample(rtt, una, nxt)) return;
  threshold_ = window_;
  leave_slow_start();
}

void Congestion::acknowledged(const Progress& progress) {
  if (!progress.limited) {
    if (!hystart_ && in_.avoidance.begun()) in_.avoidance.unused(progress.now);
    return;
  }
  if (!slow_start()) return avoid(progress);
  // RFC 3465 2.2 with L = 2 would hold back acknowledgments that cover whole super-segments; growth never exceeds what
  // was acknowledged (C17-07: bytes, not ACKs).
  std::uint32_t growth = progress.acked;
  if (hystart_ && in_.slow_start.conservative) growth /= HyStart::growth_divisor;
  window_ = std::min(std::min(window_ + growth, std::max(threshold_, window_)), window_limit);
}

void Congestion::avoid(const Progress& progress) {
  leave_slow_start();
  if (algorithm_ == CongestionControl::cubic) {
    window_ = std::min(cubic_acknowledged(in_.avoidance, window_, history_, mss_, progress.acked,
                                          progress.minimum_rtt, progress.now),
                       window_limit);
    return;
  }
  counted_ += progress.acked;
  if (counted_ < window_) return;
  counted_ -= window_;
  window_ = std::min<std::uint32_t>(window_ + mss_, window_limit);
}

void Congestion::reduce_threshold() {
  leave_slow_start();
  in_.avoidance = CubicEpoch{};
  counted_ = 0;
  std::uint32_t reduced = window_ / 2;
  if (algorithm_ == CongestionControl::cubic) {
    reduced = cubic_reduced(window_);
    history_ = {.plateau = cubic_plateau(window_, history_.plateau), .prior = window_, .reduced = reduced};
  }
  // Whole segments: a fraction of one could never be used.
  threshold_ = std::max<std::uint32_t>(reduced - reduced % mss_, 2u * mss_);
}

void Congestion::timed_out(std::uint32_t bytes) {
  counted_ = 0;
  // RFC 9438 4.8: the congestion avoidance after it begins with K = 0, where the slow start got to.
  history_.plateau = history_.reduced = 0;
  if (!hystart_) in_.avoidance = CubicEpoch{};
  set_window(bytes);
}

void Congestion::idle(Duration idle, Duration rto) {
  const std::uint32_t least = std::min(window_, initial_window());
  // RFC 2861 2.1: ssthresh remembers the window that was in use.
  threshold_ = std::max(threshold_, window_ / 4 * 3);
  for (Duration rest = idle - rto; rest > Duration() && window_ > least; rest = rest - rto) window_ /= 2;
  window_ = std::max(window_, least);
  counted_ = 0;
}

void Congestion::resumed(Duration idle) {
  if (!hystart_ && in_.avoidance.begun()) in_.avoidance.start = in_.avoidance.start + idle;
}

Congestion::Saved Congestion::save() const {
  return {.window = window_,
          .threshold = threshold_,
          .history = history_,
          .epoch = hystart_ ? CubicEpoch{} : in_.avoidance};
}

void Congestion::restore(const Saved& saved) {
  // RFC 9438 4.9.2: a window that has grown beyond the saved one has newer values beside it.
  if (window_ > saved.window) return;
  leave_slow_start();
  window_ = saved.window;
  threshold_ = std::max(threshold_, saved.threshold);
  history_ = saved.history;
  in_.avoidance = saved.epoch;
}

}  // namespace linnet::tcp
