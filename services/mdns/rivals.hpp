// SPDX-License-Identifier: Apache-2.0
// Rivals: what was heard of others who want a name or have one like it, so that hosts that lose a name at the
// same time do not all try the same next one, and then the next: each such round takes a second (RFC
// 6762 8.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace linnet::mdns {

class Rivals {
 public:
  static constexpr std::uint32_t most_names = 9999;  ///< then from the second on again

  /// The name with this number (`numbered`) is somebody's, or is to be. It is a hint: it may be free again.
  void heard(std::uint32_t number) {
    if (number >= 1 && number <= 64) taken_ |= std::uint64_t{1} << (number - 1);
  }
  /// Somebody probes for the very name that we do, and the tie-break is theirs. `fingerprint`: of their data.
  void lost_to(std::uint32_t fingerprint) {
    for (std::size_t i = 0; i < ahead_count_; ++i) {
      if (ahead_[i] == fingerprint) return;
    }
    if (ahead_count_ < ahead_.size()) ahead_[ahead_count_++] = fingerprint;
  }
  /// RFC 6762 9: the number to try after `current`: the next that nobody was heard to have; but one of those
  /// who are before us in the order of data gets the name, and the others lose it with us, and go first.
  std::uint32_t next(std::uint32_t current) const {
    std::size_t others = ahead_count_ > 0 ? ahead_count_ - 1 : 0;
    for (;;) {
      current = current >= most_names ? 2 : current + 1;
      const bool taken = current <= 64 && ((taken_ >> (current - 1)) & 1) != 0;
      if (!taken && others-- == 0) return current;
    }
  }
  /// Another name is tried: nobody is known to want that one.
  void forget_contest() { ahead_count_ = 0; }

 private:
  std::uint64_t taken_ = 0;  // bit i: the name with number i + 1
  std::array<std::uint32_t, 8> ahead_{};
  std::uint8_t ahead_count_ = 0;
};

}  // namespace linnet::mdns
