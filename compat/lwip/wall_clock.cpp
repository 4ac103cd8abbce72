// SPDX-License-Identifier: Apache-2.0
#include "compat/lwip/wall_clock.hpp"

#include <chrono>

#include "compat/lwip/host.hpp"

namespace linnet::compat {

namespace {

constexpr std::uint32_t slew_ppm = 15625;  // a 64th, as ESP-IDF has it

Instant monotonic() {
  if (sockets::Host* host = attached_host()) return host->port().now();
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Instant::from_microseconds(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace

WallClock& wall_clock() {
  static WallClock clock;
  return clock;
}

void WallClock::restart() {
  const std::lock_guard lock(mutex_);
  clock_.set({0}, monotonic());
}

sntp::UnixTime WallClock::now() {
  const std::lock_guard lock(mutex_);
  const Instant now = monotonic();
  if (!clock_.valid()) clock_.set({0}, now);
  return *clock_.unix_time(now);
}

void WallClock::set(sntp::UnixTime time) {
  const std::lock_guard lock(mutex_);
  clock_.set(time, monotonic());
}

bool WallClock::adjust(Duration correction) {
  if (correction > most_adjusted || correction < -most_adjusted) return false;
  const std::lock_guard lock(mutex_);
  const Instant now = monotonic();
  if (!clock_.valid()) clock_.set({0}, now);
  clock_.slew(correction, slew_ppm, now);
  return true;
}

Duration WallClock::adjusting() {
  const std::lock_guard lock(mutex_);
  return clock_.valid() ? clock_.slewing(monotonic()) : Duration();
}

}  // namespace linnet::compat
