// SPDX-License-Identifier: Apache-2.0
// Frames: where coroutine frames live, instead of on the heap.
#pragma once

#include <bit>

#include "core/base/arena.hpp"

namespace linnet::sockets::coro {

/// Pieces of the memory handed in, in sizes of powers of two from 64 bytes to 64 KiB. A piece that was given
/// back serves the next frame of its size, so that what repeats itself runs in constant memory. Not
/// thread-safe, as its executor.
class Frames {
 public:
  explicit Frames(MutableBytes memory) : arena_(memory) {}
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  /// Aligned to Arena::alignment; null when there is no memory or `size` is above 64 KiB.
  void* allocate(std::size_t size) {
    const std::size_t index = index_of(size);
    if (index >= classes) return nullptr;
    Piece* piece = free_[index];
    if (piece == nullptr) {
      void* fresh = arena_.allocate(header + (smallest << index));
      if (fresh == nullptr) return nullptr;
      piece = new (fresh) Piece;
    } else {
      free_[index] = piece->next;
    }
    piece->owner = this;
    piece->index = index;
    ++in_use_;
    return reinterpret_cast<std::uint8_t*>(piece) + header;
  }
  /// To the Frames that `frame` came from.
  static void release(void* frame) {
    auto* piece = reinterpret_cast<Piece*>(static_cast<std::uint8_t*>(frame) - header);
    Frames& owner = *piece->owner;
    piece->next = owner.free_[piece->index];
    owner.free_[piece->index] = piece;
    --owner.in_use_;
  }
  /// Frames that live.
  std::size_t in_use() const { return in_use_; }

 private:
  static constexpr std::size_t smallest = 64;
  static constexpr std::size_t classes = 11;
  struct Piece {
    Frames* owner = nullptr;
    Piece* next = nullptr;
    std::size_t index = 0;
  };
  static constexpr std::size_t header =
      (sizeof(Piece) + Arena::alignment - 1) / Arena::alignment * Arena::alignment;

  static std::size_t index_of(std::size_t size) {
    const auto bits = static_cast<std::size_t>(std::bit_width(size == 0 ? size : size - 1));
    return bits <= 6 ? 0 : bits - 6;
  }

  Arena arena_;
  std::array<Piece*, classes> free_{};
  std::size_t in_use_ = 0;
};

}  // namespace linnet::sockets::coro
