// SPDX-License-Identifier: Apache-2.0
// ByteQueue: bytes in order, as a chain of slices of blocks. A socket's send queue is its retransmission
// buffer; an empty queue holds no memory.
#pragma once

#include "core/base/block.hpp"

namespace linnet {

class ByteQueue {
 public:
  explicit ByteQueue(BlockPool& pool) : pool_(&pool) {}
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;
  ~ByteQueue() { clear(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes of blocks held, used or not: what the queue really costs.
  std::size_t memory_held() const { return memory_held_; }

  /// Copies in as much as the pool's blocks (its reserve excepted) allow; yields how many bytes were taken.
  /// `to_send`: only of the blocks that the pool has for what is to be sent.
  std::size_t append(Bytes bytes, bool to_send = false);
  /// Takes over the bytes [begin, end) of a block: adopts the block when they fill a good part of it, else
  /// copies them behind the last slice when they fit there, so that small pieces do not hoard blocks.
  void append(Block block, std::uint32_t begin, std::uint32_t end);

  /// Up to `spans.size()` pieces that cover at most `length` bytes from `offset`; yields how many pieces.
  /// Sequential peeks (ascending offsets) are O(1) each: the queue remembers where the last one began.
  std::size_t peek(std::size_t offset, std::size_t length, std::span<Bytes> spans) const;
  /// Copies from `offset` without removing; yields the number of bytes.
  std::size_t copy_out(std::size_t offset, MutableBytes to) const;
  /// Copies from the front and removes.
  std::size_t read(MutableBytes to);
  /// Removes `count` bytes (at most size()) from the front.
  void drop_front(std::size_t count);
  void clear();

 private:
  std::size_t append_to_last(Bytes bytes);
  void link(BlockHeader* header);
  struct Position {
    BlockHeader* block = nullptr;
    std::size_t start = 0;  ///< the queue offset of the block's first byte
  };
  Position find(std::size_t offset) const;

  BlockPool* pool_;
  BlockHeader* first_ = nullptr;
  BlockHeader* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t memory_held_ = 0;
  mutable Position recent_;
};

}  // namespace linnet
