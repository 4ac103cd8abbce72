// SPDX-License-Identifier: Apache-2.0
// Duration and Instant: signed 64-bit microseconds. The core has no clock: time is always an argument.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace linnet {

/// a + b, at the limits of the type instead of beyond them.
constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  if (b > 0 && a > most - b) return most;
  if (b < 0 && a < least - b) return least;
  return a + b;
}

/// Sums and differences saturate; products and quotients must fit (292,000 years).
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration microseconds(std::int64_t n) { return Duration(n); }
  static constexpr Duration milliseconds(std::int64_t n) { return Duration(n * 1000); }
  static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1000000); }
  static constexpr Duration max() { return Duration(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t as_microseconds() const { return us_; }
  constexpr std::int64_t as_milliseconds() const { return us_ / 1000; }
  constexpr std::int64_t as_seconds() const { return us_ / 1000000; }

  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration other) const { return Duration(saturating_add(us_, other.us_)); }
  constexpr Duration operator-(Duration other) const { return *this + -other; }
  constexpr Duration operator*(std::int64_t factor) const { return Duration(us_ * factor); }
  constexpr Duration operator/(std::int64_t divisor) const { return Duration(us_ / divisor); }
  constexpr Duration operator-() const {
    return us_ == std::numeric_limits<std::int64_t>::min() ? max() : Duration(-us_);
  }

 private:
  explicit constexpr Duration(std::int64_t us) : us_(us) {}
  std::int64_t us_ = 0;
};

/// A point on the owner's monotonic clock; its origin has no meaning.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_microseconds(std::int64_t us) { return Instant(us); }
  /// The deadline of somebody who waits for nothing; later than every other instant.
  static constexpr Instant never() { return Instant(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t as_microseconds() const { return us_; }
  constexpr bool is_never() const { return us_ == std::numeric_limits<std::int64_t>::max(); }

  constexpr auto operator<=>(const Instant&) const = default;
  /// Saturates at never(); never plus or minus anything is never.
  constexpr Instant operator+(Duration d) const {
    return is_never() ? never() : Instant(saturating_add(us_, d.as_microseconds()));
  }
  constexpr Instant operator-(Duration d) const { return *this + -d; }
  constexpr Duration operator-(Instant other) const {
    return Duration::microseconds(us_) - Duration::microseconds(other.us_);
  }

 private:
  explicit constexpr Instant(std::int64_t us) : us_(us) {}
  std::int64_t us_ = 0;
};

constexpr Instant earlier(Instant a, Instant b) { return a < b ? a : b; }

}  // namespace linnet
