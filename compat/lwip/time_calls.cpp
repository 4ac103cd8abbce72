// SPDX-License-Identifier: Apache-2.0
// What the POSIX calls of time.h and sys/time.h are in programs that include compat/posix
// (compat/posix/include names these symbols): the wall clock's.
#include <sys/time.h>
#include <time.h>

#include <cerrno>

#include "compat/lwip/wall_clock.hpp"

using namespace linnet;

namespace {

constexpr std::int64_t million = 1000000;

timespec timespec_of(sntp::UnixTime time) {
  const std::int64_t seconds = time.seconds();
  return {.tv_sec = seconds, .tv_nsec = (time.microseconds - seconds * million) * 1000};
}

timeval timeval_of(Duration duration) {
  return {.tv_sec = duration.as_microseconds() / million, .tv_usec = duration.as_microseconds() % million};
}

bool is_wall_clock(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

int fail(int number) {
  errno = number;
  return -1;
}

/// Seconds whose microseconds can be told.
bool is_time(std::int64_t seconds) {
  return seconds > -(INT64_MAX / million) && seconds < INT64_MAX / million;
}

}  // namespace

extern "C" {

time_t linnet_time(time_t* at) {
  const time_t now = compat::wall_clock().now().seconds();
  if (at != nullptr) *at = now;
  return now;
}

int linnet_gettimeofday(struct timeval* time, void*) {
  if (time == nullptr) return 0;
  const timespec now = timespec_of(compat::wall_clock().now());
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
  return 0;
}

int linnet_settimeofday(const struct timeval* time, const struct timezone*) {
  if (time == nullptr) return 0;
  if (!is_time(time->tv_sec) || time->tv_usec < 0 || time->tv_usec >= million) return fail(EINVAL);
  compat::wall_clock().set({time->tv_sec * million + time->tv_usec});
  return 0;
}

int linnet_adjtime(const struct timeval* delta, struct timeval* before) {
  if (before != nullptr) *before = timeval_of(compat::wall_clock().adjusting());
  if (delta == nullptr) return 0;
  if (!is_time(delta->tv_sec)) return fail(EINVAL);
  const Duration correction = Duration::seconds(delta->tv_sec) + Duration::microseconds(delta->tv_usec);
  return compat::wall_clock().adjust(correction) ? 0 : fail(EINVAL);
}

int linnet_clock_gettime(clockid_t clock, struct timespec* time) {
  if (!is_wall_clock(clock)) return ::clock_gettime(clock, time);
  *time = timespec_of(compat::wall_clock().now());
  return 0;
}

/// Of the others none may be set, as on a device.
int linnet_clock_settime(clockid_t clock, const struct timespec* time) {
  const bool valid =
      time != nullptr && is_time(time->tv_sec) && time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
  if (!is_wall_clock(clock) || !valid) return fail(EINVAL);
  compat::wall_clock().set({time->tv_sec * million + time->tv_nsec / 1000});
  return 0;
}

int linnet_timespec_get(struct timespec* time, int base) {
  if (base != TIME_UTC) return 0;
  *time = timespec_of(compat::wall_clock().now());
  return base;
}

}  // extern "C"
