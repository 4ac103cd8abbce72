// SPDX-License-Identifier: Apache-2.0
// ObjectPool: a fixed number of objects of one type, carved from the arena, named by handles.
#pragma once

#include <new>

#include "core/base/arena.hpp"
#include "core/base/failing_allocations.hpp"
#include "core/base/handle.hpp"

namespace linnet {

/// Objects keep their address while they live. Not thread safe.
template <typename T>
class ObjectPool {
 public:
  using HandleType = Handle<T>;

  static constexpr std::size_t memory_needed(std::size_t capacity) { return Arena::bytes_for<Slot>(capacity); }

  /// `capacity` at most 65535; of more, only that many are carved.
  ObjectPool(Arena& arena, std::size_t capacity)
      : slots_(arena.make_array<Slot>(capacity < HandleType::none ? capacity : HandleType::none)) {
    for (std::size_t i = slots_.size(); i > 0; --i) {
      slots_[i - 1].next_free = first_free_;
      first_free_ = static_cast<std::uint16_t>(i - 1);
    }
    free_ = slots_.size();
  }

  std::size_t capacity() const { return slots_.size(); }
  std::size_t free() const { return free_; }
  std::size_t used() const { return slots_.size() - free_; }

  /// A new object, or null when all are in use.
  template <typename... Arguments>
  T* create(Arguments&&... arguments) {
    if (first_free_ == HandleType::none || failing_allocations.next_fails()) return nullptr;
    return &create_in_room(std::forward<Arguments>(arguments)...);
  }
  /// The same where one is free, as the caller has seen to.
  template <typename... Arguments>
  T& create_in_room(Arguments&&... arguments) {
    Slot& slot = slots_[first_free_];
    first_free_ = slot.next_free;
    --free_;
    slot.live = true;
    return *new (slot.storage) T(std::forward<Arguments>(arguments)...);
  }
  /// Ends the object's life; every handle to it is stale from here on.
  void destroy(T& object) {
    Slot& slot = slot_of(object);
    object.~T();
    slot.live = false;
    ++slot.generation;
    slot.next_free = first_free_;
    first_free_ = static_cast<std::uint16_t>(&slot - slots_.data());
    ++free_;
  }
  HandleType handle_of(const T& object) const {
    const Slot& slot = slot_of(object);
    return {static_cast<std::uint16_t>(&slot - slots_.data()), slot.generation};
  }
  /// The object, or null when the handle is stale or was never one.
  T* find(HandleType handle) const {
    if (handle.index >= slots_.size()) return nullptr;
    Slot& slot = slots_[handle.index];
    return slot.live && slot.generation == handle.generation ? slot.object() : nullptr;
  }
  /// Visits every live object; for status pages and digests, never on a packet's path.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (Slot& slot : slots_) {
      if (slot.live) visit(*slot.object());
    }
  }

 private:
  struct Slot {
    alignas(T) std::uint8_t storage[sizeof(T)];
    std::uint16_t generation = 0;
    std::uint16_t next_free = HandleType::none;
    bool live = false;
    T* object() { return std::launder(reinterpret_cast<T*>(storage)); }
  };
  Slot& slot_of(const T& object) const {
    const auto* address = reinterpret_cast<const std::uint8_t*>(&object);
    const auto* base = reinterpret_cast<const std::uint8_t*>(slots_.data());
    return slots_[static_cast<std::size_t>(address - base) / sizeof(Slot)];
  }

  std::span<Slot> slots_;
  std::uint16_t first_free_ = HandleType::none;
  std::size_t free_ = 0;
};

}  // namespace linnet
