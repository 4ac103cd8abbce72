// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/congestion.hpp"

#include <algorithm>

namespace linnet::tcp {
namespace {
constexpr std::uint32_t window_limit = 1u << 30;  // RFC 7323 2.3: no window is larger
}

std::uint32_t Congestion::initial_window() const {
  return std::min(initial_segments_ * mss_, std::max<std::uint32_t>(2 * mss_, initial_segments_ * 1460));
}

void Congestion::start(std::uint32_t mss, std::uint32_t segments) {
  mss_ = mss;
  initial_segments_ = segments;
  window_ = initial_window();
}

void Congestion::set_segment_size(std::uint32_t mss) {
  mss_ = mss;
  window_ = std::max(window_, mss_);
}

void Congestion::acknowledged(std::uint32_t acked, bool limited) {
  if (!limited) return;
  if (slow_start()) {
    // RFC 3465 2.2 with L = 2 would hold back acknowledgments that cover whole super-segments; RFC 9438's Linux
    // practice counts all bytes, and growth never exceeds what was acknowledged (C17-07: bytes, not ACKs).
    window_ = std::min(window_ + std::min(acked, threshold_ - window_ + mss_), window_limit);
    return;
  }
  counted_ += acked;
  if (counted_ >= window_) {
    counted_ -= window_;
    window_ = std::min(window_ + mss_, window_limit);
  }
}

void Congestion::enter_recovery(std::uint32_t flight, SequenceNumber recover) {
  threshold_ = std::max(flight / 2, 2 * mss_);  // RFC 5681 (4)
  window_ = threshold_ + 3 * mss_;              // 3.2 step 3: three segments have left the network
  recover_ = recover;
  recover_valid_ = true;
  in_recovery_ = true;
  counted_ = 0;
}

void Congestion::partial_acknowledgment(std::uint32_t acked) {
  window_ = window_ > acked ? window_ - acked : 0;
  if (acked >= mss_) window_ += mss_;
  window_ = std::max(window_, mss_);
}

void Congestion::leave_recovery(std::uint32_t flight) {
  // RFC 6582 3.2 step 3 option (1): no burst when little is outstanding.
  window_ = std::min(threshold_, std::max(flight, mss_) + mss_);
  in_recovery_ = false;
}

void Congestion::timed_out(std::uint32_t flight, SequenceNumber recover, bool first) {
  if (first) threshold_ = std::max(flight / 2, 2 * mss_);
  window_ = mss_;  // the loss window
  counted_ = 0;
  recover_ = recover;
  recover_valid_ = true;  // RFC 6582 3.2 step 4
  in_recovery_ = false;
}

void Congestion::marked(std::uint32_t flight) {
  threshold_ = std::max(flight / 2, 2 * mss_);
  window_ = std::min(window_, threshold_);
  counted_ = 0;
}

void Congestion::restart_after_idle() { window_ = std::min(window_, initial_window()); }

}  // namespace linnet::tcp
