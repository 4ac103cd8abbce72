// SPDX-License-Identifier: Apache-2.0
// The internet checksum (RFC 1071) with wide registers; the width is picked at build time.
#pragma once

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"

namespace linnet {

/// Folds a sum of 16-bit words to 16 bits with end-around carry.
constexpr std::uint16_t checksum_fold(std::uint64_t sum) {
  sum = (sum & 0xffffffffu) + (sum >> 32);
  sum = (sum & 0xffffu) + (sum >> 16);
  sum = (sum & 0xffffu) + (sum >> 16);
  sum = (sum & 0xffffu) + (sum >> 16);
  return static_cast<std::uint16_t>((sum & 0xffffu) + (sum >> 16));
}

/// The folded one's complement sum (not complemented) of big-endian 16-bit words; an odd last byte is padded with zero.
std::uint16_t checksum_sum(Bytes bytes);

/// Copies and sums in one pass, where that is what the processor does best; `to` must hold from.size() bytes.
std::uint16_t checksum_copy(std::uint8_t* to, Bytes from);

/// A checksum over several pieces, of any lengths.
class Checksum {
 public:
  constexpr Checksum() = default;

  void add(Bytes bytes) { add_sum(checksum_sum(bytes), bytes.size()); }
  /// Adds a piece of `length` bytes whose folded sum is known already.
  constexpr void add_sum(std::uint16_t sum, std::size_t length) {
    // RFC 1071 2 (B): a piece at an odd offset contributes byte-swapped.
    sum_ += odd_ ? static_cast<std::uint16_t>((sum << 8) | (sum >> 8)) : sum;
    odd_ ^= (length & 1) != 0;
  }
  constexpr void add16(std::uint16_t word) { sum_ += word; }
  constexpr void add32(std::uint32_t value) { sum_ += (value >> 16) + (value & 0xffffu); }
  constexpr std::uint16_t sum() const { return checksum_fold(sum_); }
  /// What goes into a header's checksum field.
  constexpr std::uint16_t finish() const { return static_cast<std::uint16_t>(~sum()); }
  /// True when a received piece, its checksum field included, is intact.
  constexpr bool good() const { return sum() == 0xffff; }

 private:
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

/// What has changed of the 16-bit words that a checksum covers: corrects its field without reading the rest (RFC 1624 3).
class ChecksumChange {
 public:
  constexpr void word(std::uint16_t from, std::uint16_t to) { sum_ += (~std::uint32_t{from} & 0xffffu) + to; }
  /// Writes a value over another, and remembers the difference. `at` must be at an even offset of what is summed.
  constexpr void store(std::uint8_t* at, std::uint16_t value) {
    word(load16(at), value);
    store16(at, value);
  }
  constexpr void store(std::uint8_t* at, std::uint32_t value) {
    store(at, static_cast<std::uint16_t>(value >> 16));
    store(at + 2, static_cast<std::uint16_t>(value & 0xffff));
  }
  constexpr void add(const ChecksumChange& other) { sum_ += other.sum_; }
  /// The field that held `checksum` before. Equation 3: a right one never becomes 0xffff for 0 in this way.
  constexpr std::uint16_t applied_to(std::uint16_t checksum) const {
    return static_cast<std::uint16_t>(~checksum_fold((~std::uint32_t{checksum} & 0xffffu) + sum_));
  }

 private:
  std::uint64_t sum_ = 0;
};

/// The pseudo header of RFC 9293 3.1 (IPv4) and RFC 8200 8.1 (IPv6); `length` of the upper-layer packet.
Checksum pseudo_header_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                std::uint32_t length);

}  // namespace linnet
