// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/rtt.hpp"

#include <algorithm>

namespace linnet::tcp {

void RoundTripTime::sample(Duration rtt, const Config& config) {
  rtt = std::max(rtt, Duration::microseconds(1));
  if (!measured_) {
    // 2.2: the first measurement.
    smoothed_ = rtt;
    variation_ = rtt / 2;
    measured_ = true;
  } else {
    // 2.3: RTTVAR first, with alpha = 1/8 and beta = 1/4.
    const Duration error = smoothed_ > rtt ? smoothed_ - rtt : rtt - smoothed_;
    variation_ = (variation_ * 3 + error) / 4;
    smoothed_ = (smoothed_ * 7 + rtt) / 8;
  }
  rto_ = computed(config);
}

Duration RoundTripTime::computed(const Config& config) const {
  if (!measured_) return config.initial_rto;
  // 2.3: the clock's granularity G is one microsecond. The minimum stands for the variation, so that a steady
  // path still leaves room for one delayed acknowledgment on top of its round trip.
  const Duration spread = std::max(variation_ * 4, config.minimum_rto);
  return std::min(smoothed_ + spread, config.maximum_rto);
}

void RoundTripTime::back_off(const Config& config) { rto_ = std::min(rto_ * 2, config.maximum_rto); }

void RoundTripTime::syn_was_retransmitted() {
  if (!measured_) rto_ = Duration::seconds(3);
}

}  // namespace linnet::tcp
