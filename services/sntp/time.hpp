// SPDX-License-Identifier: Apache-2.0
// UnixTime, the time of day that owners want, and NTP's timestamps, which are on the wire (RFC 5905 6).
#pragma once

#include <compare>

#include "core/base/time.hpp"

namespace linnet::sntp {

/// Microseconds since 1970-01-01 00:00:00 UTC, without leap seconds; 292,000 years both ways.
struct UnixTime {
  std::int64_t microseconds = 0;

  static constexpr UnixTime from_seconds(std::int64_t seconds) { return {seconds * 1000000}; }
  /// Rounded down.
  constexpr std::int64_t seconds() const {
    return microseconds / 1000000 - (microseconds % 1000000 < 0 ? 1 : 0);
  }
  constexpr UnixTime operator+(Duration d) const {
    return {saturating_add(microseconds, d.as_microseconds())};
  }
  constexpr UnixTime operator-(Duration d) const { return *this + -d; }
  constexpr Duration operator-(UnixTime other) const {
    return Duration::microseconds(microseconds) - Duration::microseconds(other.microseconds);
  }
  constexpr auto operator<=>(const UnixTime&) const = default;
};

/// 32 bits of seconds since 1900, modulo 2^32, and 32 bits of their fraction. 0 means that there is none.
using Timestamp = std::uint64_t;

constexpr std::int64_t seconds_from_1900_to_1970 = 2208988800;

/// RFC 4330 3: timestamps whose highest bit is set are of 1968 to 2036, the others of 2036 to 2104.
constexpr UnixTime default_earliest =
    UnixTime::from_seconds((std::int64_t{1} << 31) - seconds_from_1900_to_1970);

/// The time that `timestamp` means within the 2^32 seconds (136 years) from `earliest` on.
constexpr UnixTime to_unix(Timestamp timestamp, UnixTime earliest = default_earliest) {
  const std::int64_t seconds = static_cast<std::int64_t>(timestamp >> 32) - seconds_from_1900_to_1970;
  const std::int64_t eras = (earliest.seconds() - seconds + 0xffffffff) >> 32;  // rounded up
  const std::uint64_t fraction = ((timestamp & 0xffffffffu) * 1000000 + 0x80000000u) >> 32;
  return {(seconds + eras * (std::int64_t{1} << 32)) * 1000000 + static_cast<std::int64_t>(fraction)};
}

constexpr Timestamp to_timestamp(UnixTime time) {
  const std::int64_t seconds = time.seconds();
  const auto rest = static_cast<std::uint64_t>(time.microseconds - seconds * 1000000);
  const auto high = static_cast<std::uint64_t>(seconds + seconds_from_1900_to_1970) & 0xffffffffu;
  return high << 32 | (rest << 32) / 1000000;
}

static_assert(to_unix(0x83aa7e8000000000) == UnixTime{0});
static_assert(to_timestamp(UnixTime{500000}) == 0x83aa7e8080000000);

}  // namespace linnet::sntp
