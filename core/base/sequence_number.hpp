// SPDX-License-Identifier: Apache-2.0
// SequenceNumber: arithmetic modulo 2^32, as RFC 9293 section 3.4 defines it.
#pragma once

#include <cstdint>

namespace linnet {

class SequenceNumber {
 public:
  constexpr SequenceNumber() = default;
  explicit constexpr SequenceNumber(std::uint32_t value) : value_(value) {}

  constexpr std::uint32_t value() const { return value_; }

  constexpr SequenceNumber operator+(std::uint32_t n) const { return SequenceNumber(value_ + n); }
  constexpr SequenceNumber operator-(std::uint32_t n) const { return SequenceNumber(value_ - n); }
  constexpr SequenceNumber& operator+=(std::uint32_t n) {
    value_ += n;
    return *this;
  }
  /// The distance from `other` up to this one, modulo 2^32.
  constexpr std::uint32_t operator-(SequenceNumber other) const { return value_ - other.value_; }

  constexpr bool operator==(const SequenceNumber&) const = default;
  // Comparisons hold while the two are less than 2^31 apart (RFC 9293 3.4, RFC 7323 2.2).
  constexpr bool operator<(SequenceNumber other) const {
    return static_cast<std::int32_t>(value_ - other.value_) < 0;
  }
  constexpr bool operator>(SequenceNumber other) const { return other < *this; }
  constexpr bool operator<=(SequenceNumber other) const { return !(other < *this); }
  constexpr bool operator>=(SequenceNumber other) const { return !(*this < other); }

 private:
  std::uint32_t value_ = 0;
};

constexpr SequenceNumber max(SequenceNumber a, SequenceNumber b) { return a < b ? b : a; }
constexpr SequenceNumber min(SequenceNumber a, SequenceNumber b) { return a < b ? a : b; }

}  // namespace linnet
