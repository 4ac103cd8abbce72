// SPDX-License-Identifier: Apache-2.0
#include "core/base/block.hpp"

namespace linnet {

BlockPool::BlockPool(Arena& arena, const BlockPoolConfig& config) {
  carve(arena, small_, config.small_size, config.small_count);
  if (config.large_size > config.small_size) {
    carve(arena, large_, config.large_size, config.large_count);
  } else if (config.large_size == config.small_size) {
    // A block knows its class by its size alone.
    carve(arena, small_, config.small_size, config.large_count);
  }
}

void BlockPool::carve(Arena& arena, Class& c, std::uint32_t size, std::uint32_t count) {
  c.size = size;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint8_t* memory = arena.allocate(stride(size));
    if (memory == nullptr) return;
    auto* header = new (memory) BlockHeader();
    header->pool = this;
    header->capacity = size;
    ++c.count;
    give_back(header);
  }
}

}  // namespace linnet
