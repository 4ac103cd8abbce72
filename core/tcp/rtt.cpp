// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/rtt.hpp"

#include <algorithm>

namespace linnet::tcp {
namespace {
/// How long a least round trip is believed: paths change.
constexpr Duration minimum_lifetime = Duration::seconds(300);
}  // namespace

void RoundTripTime::sample(Duration measurement, SequenceNumber una, SequenceNumber nxt, const Config& config,
                           Instant now) {
  const auto rtt = static_cast<std::uint32_t>(std::clamp<std::int64_t>(measurement.as_microseconds(), 1, 0x3fffffff));
  note_minimum(rtt, now);
  if (!measured_) {
    // 2.2: the first measurement.
    smoothed_ = rtt;
    deviation_ = deviation_max_ = variation_ = rtt / 2;
    round_end_ = nxt;
    measured_ = true;
  } else {
    // 2.3: RTTVAR with alpha = 1/8 and beta = 1/4.
    const std::uint32_t error = smoothed_ > rtt ? smoothed_ - rtt : rtt - smoothed_;
    deviation_ = error > deviation_ ? deviation_ + (error - deviation_) / 4 : deviation_ - (deviation_ - error) / 4;
    deviation_max_ = std::max(deviation_max_, deviation_);
    variation_ = std::max(variation_, deviation_max_);
    smoothed_ = rtt > smoothed_ ? smoothed_ + (rtt - smoothed_) / 8 : smoothed_ - (smoothed_ - rtt) / 8;
    if (una > round_end_) {
      if (deviation_max_ < variation_) variation_ -= (variation_ - deviation_max_) / 4;
      round_end_ = nxt;
      deviation_max_ = 0;
    }
  }
  rto_ = computed(config);
}

void RoundTripTime::note_minimum(std::uint32_t rtt, Instant now) {
  if (minimum_ != 0 && rtt >= minimum_ && now < minimum_until_) return;
  minimum_ = rtt;
  minimum_until_ = now + minimum_lifetime;
}

Duration RoundTripTime::computed(const Config& config) const {
  if (!measured_) return config.initial_rto;
  // 2.3: the clock's granularity G is one microsecond. The minimum stands for the variation, so that a steady
  // path still leaves room for one delayed acknowledgment on top of its round trip.
  const Duration spread = std::max(variation() * 4, config.minimum_rto);
  return std::min(smoothed() + spread, config.maximum_rto);
}

void RoundTripTime::back_off(const Config& config) { rto_ = std::min(rto_ * 2, config.maximum_rto); }

void RoundTripTime::syn_was_retransmitted() {
  if (!measured_) rto_ = Duration::seconds(3);
}

}  // namespace linnet::tcp
