// SPDX-License-Identifier: Apache-2.0
#include "apps/ping_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace linnet::apps {

void PingStatistics::sent(std::uint32_t sequence) {
  ++transmitted_;
  if (answered_.size() < sequence) answered_.resize(sequence, false);
}

bool PingStatistics::received(std::uint32_t sequence, Duration rtt) {
  if (sequence == 0 || sequence > answered_.size() || answered_[sequence - 1]) {
    ++duplicates_;
    return false;
  }
  answered_[sequence - 1] = true;
  ++replies_;
  least_ = std::min(least_, rtt);
  most_ = std::max(most_, rtt);
  sum_us_ += rtt.as_microseconds();
  sum_of_squares_ += static_cast<double>(rtt.as_microseconds()) * static_cast<double>(rtt.as_microseconds());
  return true;
}

std::string PingStatistics::summary(Duration elapsed) const {
  const double lost =
      transmitted_ == 0 ? 0 : 100.0 * (transmitted_ - std::min(replies_, transmitted_)) / transmitted_;
  std::string text = fmt::format("{} packets transmitted, {} received", transmitted_, replies_);
  if (duplicates_ > 0) text += fmt::format(", +{} duplicates", duplicates_);
  if (errors_ > 0) text += fmt::format(", +{} errors", errors_);
  text += fmt::format(", {:.6g}% packet loss, time {} ms", lost, elapsed.as_milliseconds());
  if (replies_ == 0) return text;
  const double mean = static_cast<double>(sum_us_) / replies_;
  const double variance = std::max(0.0, sum_of_squares_ / replies_ - mean * mean);
  return text + fmt::format("\nrtt min/avg/max/mdev = {:.3f}/{:.3f}/{:.3f}/{:.3f} ms",
                            static_cast<double>(least_.as_microseconds()) / 1000, mean / 1000,
                            static_cast<double>(most_.as_microseconds()) / 1000, std::sqrt(variance) / 1000);
}

std::string milliseconds_text(Duration duration) {
  const double ms = static_cast<double>(duration.as_microseconds()) / 1000;
  return fmt::format("{:.{}f}", ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

}  // namespace linnet::apps
