// SPDX-License-Identifier: Apache-2.0
#include "sim/host.hpp"

#include <utility>

namespace linnet::sim {

namespace {

using Chunk = std::pair<std::size_t, std::unique_ptr<std::uint8_t[]>>;
constexpr std::size_t most_kept = 32;
thread_local std::vector<Chunk> kept_chunks;

}  // namespace

Memory::Memory(std::size_t size) : size_(size) {
  for (Chunk& chunk : kept_chunks) {
    if (chunk.first != size) continue;
    bytes_ = std::move(chunk.second);
    chunk = std::move(kept_chunks.back());
    kept_chunks.pop_back();
    return;
  }
  bytes_.reset(new std::uint8_t[size]);
}

Memory::~Memory() {
  if (bytes_ == nullptr) return;
  if (kept_chunks.size() == most_kept) kept_chunks.erase(kept_chunks.begin());
  kept_chunks.emplace_back(size_, std::move(bytes_));
}

Host::Host(const Config& config, std::uint64_t seed)
    : config_(config), memory_(Stack::memory_needed(config)) {
  reboot(seed);
}

void Host::reboot(std::uint64_t seed) {
  stack_.emplace(config_, memory_.bytes(), stack_seed(seed));
}

}  // namespace linnet::sim
