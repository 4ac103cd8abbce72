// SPDX-License-Identifier: Apache-2.0
// Block: one fixed-size buffer of the pool, owned by exactly one holder. BlockPool: two sizes of them.
#pragma once

#include "core/base/arena.hpp"
#include "core/base/failing_allocations.hpp"

namespace linnet {

class BlockPool;

/// What stands in front of a block's bytes. The link fields belong to whichever queue holds the block.
struct BlockHeader {
  BlockPool* pool = nullptr;
  BlockHeader* next = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t begin = 0;     ///< first byte in use, for queues
  std::uint32_t end = 0;       ///< one past the last byte in use, for queues
  std::uint32_t sequence = 0;  ///< for reassembly: the sequence number of the byte at `begin`

  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
  std::uint32_t size() const { return end - begin; }
};

/// An owning handle; its end gives the block back to the pool.
class Block {
 public:
  Block() = default;
  explicit Block(BlockHeader* header) : header_(header) {}
  Block(Block&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Block& operator=(Block&& other) noexcept {
    if (this != &other) {
      reset();
      header_ = std::exchange(other.header_, nullptr);
    }
    return *this;
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { reset(); }

  explicit operator bool() const { return header_ != nullptr; }
  std::uint8_t* data() const { return header_->data(); }
  std::uint32_t capacity() const { return header_->capacity; }
  /// Hands ownership to a queue that links blocks by their headers.
  BlockHeader* release() { return std::exchange(header_, nullptr); }
  BlockHeader* header() const { return header_; }
  inline void reset();

 private:
  BlockHeader* header_ = nullptr;
};

/// Small blocks hold ordinary frames, large ones super-segments and reassembled datagrams.
struct BlockPoolConfig {
  std::uint32_t small_size = 1664;  ///< bytes of a small block: a frame of the largest MTU and a little room
  std::uint32_t small_count = 32;
  std::uint32_t large_size = 0;  ///< bytes of a large block; 0: there are none
  std::uint32_t large_count = 0;
};

class BlockPool {
 public:
  /// Bytes of arena that the pool takes; more than any memory holds when the numbers exceed the address space.
  static constexpr std::size_t memory_needed(const BlockPoolConfig& config) {
    const std::uint64_t total = static_cast<std::uint64_t>(stride(config.small_size)) * config.small_count +
                                static_cast<std::uint64_t>(stride(config.large_size)) * config.large_count;
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    return total < most ? static_cast<std::size_t>(total) : most;
  }
  /// Large blocks must be larger than small ones: of the same size they are small ones, smaller ones are left out.
  BlockPool(Arena& arena, const BlockPoolConfig& config);
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// The smallest block that holds `size` bytes, or an empty one: no class is borrowed from the other.
  Block allocate(std::size_t size) {
    return size <= small_.size ? take(small_) : size <= large_.size ? take(large_) : Block();
  }
  Block allocate_large() { return take(large_); }
  void give_back(BlockHeader* header) {
    Class& c = header->capacity == small_.size ? small_ : large_;
    header->next = c.first;
    c.first = header;
    ++c.free;
  }

  std::uint32_t small_size() const { return small_.size; }
  std::uint32_t large_size() const { return large_.size; }
  std::uint32_t small_free() const { return small_.free; }
  std::uint32_t large_free() const { return large_.free; }
  std::uint32_t small_count() const { return small_.count; }
  std::uint32_t large_count() const { return large_.count; }
  /// Blocks that user data may not take, so that ARP, ACK and RST still work when a peer has filled the pool.
  std::uint32_t small_reserve() const { return small_.count / 8 + 1; }
  bool plenty() const { return small_.free > small_reserve(); }
  /// Blocks that may be promised to peers, as a window: of what is under way much has been promised before.
  std::uint32_t promisable_small() const { return beyond(small_, small_.count / 4 + 1); }
  std::uint32_t promisable_large() const { return beyond(large_, large_.count / 4 + 1); }
  /// Blocks that may be filled with what is to be sent. More is left than is promised: a peer that takes nothing must
  /// not stop everybody's receiving.
  std::uint32_t sendable_small() const { return beyond(small_, small_.count / 8 * 3 + 2); }
  std::uint32_t sendable_large() const { return beyond(large_, large_.count / 8 * 3 + 2); }
  bool full() const { return small_.free == small_.count && large_.free == large_.count; }

 private:
  struct Class {
    BlockHeader* first = nullptr;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::uint32_t free = 0;
  };
  static constexpr std::size_t stride(std::uint32_t size) {
    // In 64 bits: a size near 2^32 must not wrap to a small one where size_t is 32 bits wide.
    const std::uint64_t bytes =
        (std::uint64_t{sizeof(BlockHeader)} + size + Arena::alignment - 1) / Arena::alignment * Arena::alignment;
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    return bytes < most ? static_cast<std::size_t>(bytes) : most;
  }
  static std::uint32_t beyond(const Class& c, std::uint32_t kept) { return c.free > kept ? c.free - kept : 0; }
  void carve(Arena& arena, Class& c, std::uint32_t size, std::uint32_t count);
  Block take(Class& c) {
    BlockHeader* header = c.first;
    if (header == nullptr || failing_allocations.next_fails()) return Block();
    c.first = header->next;
    --c.free;
    header->next = nullptr;
    header->begin = 0;
    header->end = 0;
    return Block(header);
  }

  Class small_;
  Class large_;
};

inline void Block::reset() {
  if (header_ != nullptr) header_->pool->give_back(header_);
  header_ = nullptr;
}

}  // namespace linnet
