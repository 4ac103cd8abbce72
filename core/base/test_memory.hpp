// SPDX-License-Identifier: Apache-2.0
// Memory for the pools of a test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/block.hpp"

namespace linnet::test {

/// An arena of its own, aligned, of exactly `size` bytes.
struct OwnedArena {
  explicit OwnedArena(std::size_t size)
      : memory((size + Arena::alignment - 1) / Arena::alignment),
        arena(MutableBytes(reinterpret_cast<std::uint8_t*>(memory.data()), size)) {}
  struct alignas(Arena::alignment) Unit {
    std::uint8_t bytes[Arena::alignment];
  };
  std::vector<Unit> memory;
  Arena arena;
};

/// A block pool with exactly the memory that it says it needs.
struct OwnedPool {
  explicit OwnedPool(const BlockPoolConfig& config)
      : owned(BlockPool::memory_needed(config) + Arena::alignment), pool(owned.arena, config) {}
  OwnedArena owned;
  BlockPool pool;
};

inline Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string as_string(Bytes bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace linnet::test
