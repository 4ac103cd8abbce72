// SPDX-License-Identifier: Apache-2.0
// Arena: all memory of a stack, carved once at construction out of what the owner hands in.
#pragma once

#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "core/base/bytes.hpp"

namespace linnet {

class Arena {
 public:
  static constexpr std::size_t alignment = 16;

  explicit constexpr Arena(MutableBytes memory) : memory_(memory) {
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(memory.data()) % alignment;
    used_ = misaligned == 0 ? 0 : alignment - misaligned;
  }

  /// What `count` objects take, for a component's `memory_needed`; the largest size_t when no memory could.
  template <typename T>
  static constexpr std::size_t bytes_for(std::size_t count) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    if (count > (most - alignment) / sizeof(T)) return most;
    return (sizeof(T) * count + alignment - 1) / alignment * alignment;
  }

  /// `size` bytes aligned to `alignment`, or null when the arena is exhausted (`exhausted()` then stays true).
  std::uint8_t* allocate(std::size_t size) {
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (rounded < size || used_ > memory_.size() || rounded > memory_.size() - used_) {
      exhausted_ = true;
      return nullptr;
    }
    std::uint8_t* p = memory_.data() + used_;
    used_ += rounded;
    return p;
  }

  /// `count` default-constructed objects that live as long as the arena's memory; empty when exhausted.
  template <typename T>
  std::span<T> make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    static_assert(alignof(T) <= alignment);
    if (count > memory_.size() / sizeof(T)) {
      exhausted_ = true;  // so many are more than none
      return {};
    }
    std::uint8_t* p = allocate(sizeof(T) * count);
    if (p == nullptr) return {};
    T* first = reinterpret_cast<T*>(p);
    for (std::size_t i = 0; i < count; ++i) new (first + i) T();
    return {first, count};
  }

  /// True when an allocation failed: the owner handed in less than `memory_needed` said.
  bool exhausted() const { return exhausted_; }
  std::size_t used() const { return used_; }

 private:
  MutableBytes memory_;
  std::size_t used_ = 0;
  bool exhausted_ = false;
};

}  // namespace linnet
