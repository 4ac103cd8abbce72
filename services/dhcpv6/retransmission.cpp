// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/retransmission.hpp"

#include <algorithm>

namespace linnet::dhcpv6 {

namespace {

constexpr std::int64_t million = 1000000;
constexpr std::uint32_t tenth = 100000;  // of a million: RAND is -0.1 to +0.1

/// `base` + RAND * `base`. RAND is a number of millionths: 0.1 of a day has more microseconds than 32 bits.
Duration randomized(Duration base, bool longer, Random& random) {
  const std::int64_t rand = longer ? std::int64_t{1} + random.below(tenth)
                                   : std::int64_t{random.below(2 * tenth + 1)} - std::int64_t{tenth};
  return base + Duration::microseconds(base.as_microseconds() / million * rand +
                                       base.as_microseconds() % million * rand / million);
}

bool in_range(std::uint32_t seconds) {
  return seconds >= parameter::least_max_rt && seconds <= parameter::most_max_rt;
}

}  // namespace

Instant Retransmission::sent(const RetransmissionParameters& parameters, Instant now, Random& random) {
  if (count_ == 0) {
    first_sent_ = now;
    rt_ = randomized(parameters.irt, parameters.first_longer, random);
  } else {
    // 2 * RTprev + RAND * RTprev
    rt_ = rt_ + randomized(rt_, false, random);
  }
  if (parameters.mrt != Duration() && rt_ > parameters.mrt) rt_ = randomized(parameters.mrt, false, random);
  ++count_;
  return now + rt_;
}

std::uint16_t Retransmission::elapsed_time(Instant now) const {
  if (count_ == 0) return 0;
  const std::int64_t hundredths = (now - first_sent_).as_milliseconds() / 10;
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(hundredths, 0, 0xffff));
}

void MaximumRt::advertised(std::uint32_t seconds) {
  if (!in_range(seconds)) return;
  if (advertised_ == 0) advertised_ = seconds;
  value_ = advertised_ == seconds ? Duration::seconds(seconds) : standard_;
  // What differs once stays different: no server says 1 s.
  if (advertised_ != seconds) advertised_ = 1;
}

void MaximumRt::replied(std::uint32_t seconds) {
  if (in_range(seconds)) value_ = Duration::seconds(seconds);
}

}  // namespace linnet::dhcpv6
