// SPDX-License-Identifier: Apache-2.0
// WallClock: the time of day as programs see it. It begins in 1970, as on a device without a battery, until
// SNTP or settimeofday set it; the machine's own clock is neither read nor touched.
#pragma once

#include <mutex>

#include "services/sntp/clock.hpp"

namespace linnet::compat {

/// From any thread. Goes by the attached host's time.
class WallClock {
 public:
  /// What adjtime takes: a larger error is not slewed.
  static constexpr Duration most_adjusted = Duration::seconds(35 * 60);

  /// A host is attached: it was switched on just now.
  void restart();
  sntp::UnixTime now();
  void set(sntp::UnixTime time);
  /// Runs faster or slower until `correction` is gained or lost. False: that is too much.
  bool adjust(Duration correction);
  /// What is still to be gained or lost.
  Duration adjusting();

 private:
  std::mutex mutex_;
  sntp::Clock clock_;
};
WallClock& wall_clock();

}  // namespace linnet::compat
