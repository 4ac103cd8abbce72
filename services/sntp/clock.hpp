// SPDX-License-Identifier: Apache-2.0
// Clock: the time of day, as a line through the owner's monotonic time.
#pragma once

#include <optional>

#include "services/sntp/time.hpp"

namespace linnet::sntp {

class Clock {
 public:
  /// Nothing before it was set.
  std::optional<UnixTime> unix_time(Instant now) const {
    if (!valid_) return std::nullopt;
    return base_time_ + (now - base_) + slewed(now);
  }
  bool valid() const { return valid_; }
  void set(UnixTime time, Instant now) {
    valid_ = true;
    base_ = now;
    base_time_ = time;
    slew_ = Duration();
  }
  /// Gains or loses `correction`, `ppm` microseconds a second (at most 500,000, so that the clock goes on).
  /// What was left of an earlier correction is forgotten. Only when valid().
  void slew(Duration correction, std::uint32_t ppm, Instant now) {
    set(base_time_ + (now - base_) + slewed(now), now);
    slew_ = correction;
    ppm_ = ppm < 1 ? 1 : ppm > 500000 ? 500000 : ppm;
  }
  /// What is still to be gained or lost.
  Duration slewing(Instant now) const { return slew_ - slewed(now); }

 private:
  Duration slewed(Instant now) const {
    // Divided first where the product could not be held: 292 years at half speed.
    const std::int64_t elapsed = (now - base_).as_microseconds();
    const std::int64_t most = elapsed <= 0              ? 0
                              : elapsed < 1000000000000 ? elapsed * ppm_ / 1000000
                                                        : elapsed / 1000000 * ppm_;
    if (slew_ >= Duration())
      return slew_ < Duration::microseconds(most) ? slew_ : Duration::microseconds(most);
    return slew_ > Duration::microseconds(-most) ? slew_ : Duration::microseconds(-most);
  }

  bool valid_ = false;
  std::uint32_t ppm_ = 1;
  Instant base_;
  UnixTime base_time_;
  Duration slew_;
};

}  // namespace linnet::sntp
