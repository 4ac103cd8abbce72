// SPDX-License-Identifier: Apache-2.0
// HeldFrames: frames that wait for their time, earliest first; equal times in the order they came.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"
#include "core/device/packet.hpp"

namespace linnet {

/// A binary heap of fixed capacity, carved from the arena.
class HeldFrames {
 public:
  static constexpr std::size_t memory_needed(std::size_t capacity) {
    return Arena::bytes_for<Slot>(capacity);
  }

  HeldFrames(Arena& arena, std::size_t capacity) : slots_(arena.make_array<Slot>(capacity)) {}
  HeldFrames(const HeldFrames&) = delete;
  HeldFrames& operator=(const HeldFrames&) = delete;
  ~HeldFrames() {
    while (count_ > 0) pop();
  }

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::size_t room() const { return slots_.size() - count_; }
  Instant earliest() const { return count_ == 0 ? Instant::never() : slots_[0].due; }

  /// Only when there is room.
  void push(Packet packet, Instant due) {
    Slot& slot = slots_[count_++];
    slot = {.due = due,
            .ordinal = next_ordinal_++,
            .info = packet.info,
            .begin = packet.begin(),
            .end = packet.end()};
    slot.block = packet.take_block().release();
    std::push_heap(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(count_), later);
  }
  /// The bytes of the earliest frame, only when not empty.
  Bytes front() const {
    return {slots_[0].block->data() + slots_[0].begin,
            static_cast<std::size_t>(slots_[0].end - slots_[0].begin)};
  }
  /// The bytes of a block that takes the earliest frame at the same place; only when not empty.
  std::uint32_t front_end() const { return slots_[0].end; }
  /// Takes the earliest frame out, only when not empty.
  Packet pop() {
    std::pop_heap(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(count_), later);
    const Slot& slot = slots_[--count_];
    Packet packet(Block(slot.block), slot.begin, slot.end);
    packet.info = slot.info;
    return packet;
  }

 private:
  struct Slot {
    Instant due{};
    std::uint64_t ordinal = 0;
    BlockHeader* block = nullptr;
    ReceiveInfo info{};
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  static bool later(const Slot& a, const Slot& b) {
    return a.due != b.due ? a.due > b.due : a.ordinal > b.ordinal;
  }

  std::span<Slot> slots_;
  std::size_t count_ = 0;
  std::uint64_t next_ordinal_ = 0;
};

}  // namespace linnet
