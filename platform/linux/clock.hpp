// SPDX-License-Identifier: Apache-2.0
// The machine's clocks as the core's Instant.
#pragma once

#include <time.h>

#include "core/base/time.hpp"

namespace linnet::platform {

/// CLOCK_MONOTONIC: never steps; its origin is the machine's start.
inline Instant monotonic_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return Instant::from_microseconds(static_cast<std::int64_t>(t.tv_sec) * 1000000 + t.tv_nsec / 1000);
}

/// CLOCK_REALTIME: the time since 1970-01-01 00:00:00 UTC. It may step.
inline Duration wall_clock_now() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return Duration::microseconds(static_cast<std::int64_t>(t.tv_sec) * 1000000 + t.tv_nsec / 1000);
}

/// What is added to monotonic_now() to get the wall clock, for capture files.
inline Duration wall_clock_offset() {
  return wall_clock_now() - Duration::microseconds(monotonic_now().as_microseconds());
}

}  // namespace linnet::platform
