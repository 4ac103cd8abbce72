// SPDX-License-Identifier: Apache-2.0
// FailingAllocations: takes of the pools that fail although there is something left, to see what then
// happens. Only builds with sanitizers or with counters for coverage have them; in every other one the
// question is a constant, and costs nothing.
#pragma once

#include <cstdint>

namespace linnet {

#ifdef LINNET_FAILING_ALLOCATIONS

/// Which takes fail in this thread, over all of its stacks: none, until somebody says which.
class FailingAllocations {
 public:
  static constexpr bool possible = true;
  /// The take number `first` from now (1 is the next one) and those behind it fail, `count` in all. 0: none.
  constexpr void begin(std::uint64_t first, std::uint64_t count = 1) { *this = {first, count}; }
  /// How many there were since `begin`.
  constexpr std::uint64_t seen() const { return seen_; }
  constexpr bool next_fails() {
    ++seen_;
    return seen_ >= first_ && seen_ - first_ < count_;
  }
  constexpr FailingAllocations() = default;

 private:
  constexpr FailingAllocations(std::uint64_t first, std::uint64_t count)
      : first_(first), count_(first == 0 ? 0 : count) {}
  std::uint64_t seen_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
};

inline constinit thread_local FailingAllocations failing_allocations;

#else

class FailingAllocations {
 public:
  static constexpr bool possible = false;
  static constexpr void begin(std::uint64_t, std::uint64_t = 1) {}
  static constexpr std::uint64_t seen() { return 0; }
  static constexpr bool next_fails() { return false; }
};

inline constexpr FailingAllocations failing_allocations;

#endif

}  // namespace linnet
