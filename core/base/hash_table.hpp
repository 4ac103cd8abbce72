// SPDX-License-Identifier: Apache-2.0
// HashTable: chained, intrusive, of fixed width, carved from the arena. The caller computes a keyed hash
// (TableHasher), so that nobody outside can aim at one chain.
#pragma once

#include <bit>

#include "core/base/arena.hpp"

namespace linnet {

/// Base of what a HashTable<T, Tag> holds.
template <typename T, typename Tag>
struct HashNode {
  T* hash_next = nullptr;
  std::uint32_t hash_value = 0;
};

template <typename T, typename Tag>
class HashTable {
 public:
  using Node = HashNode<T, Tag>;

  /// As many chains as `capacity` rounded up to a power of two.
  static constexpr std::size_t chains_for(std::size_t capacity) {
    return std::bit_ceil(capacity == 0 ? std::size_t{1} : capacity);
  }
  static constexpr std::size_t memory_needed(std::size_t capacity) {
    return Arena::bytes_for<T*>(chains_for(capacity));
  }
  HashTable(Arena& arena, std::size_t capacity) : chains_(arena.make_array<T*>(chains_for(capacity))) {}

  void insert(T& item, std::uint32_t hash) {
    Node& node = item;
    node.hash_value = hash;
    T*& chain = chains_[hash & (chains_.size() - 1)];
    node.hash_next = chain;
    chain = &item;
  }
  void remove(T& item) {
    Node& node = item;
    T** link = &chains_[node.hash_value & (chains_.size() - 1)];
    while (*link != nullptr) {
      if (*link == &item) {
        *link = node.hash_next;
        node.hash_next = nullptr;
        return;
      }
      link = &static_cast<Node*>(*link)->hash_next;
    }
  }
  /// The first member of the hash's chain for which `equal(item)` holds, or null.
  template <typename Equal>
  T* find(std::uint32_t hash, Equal&& equal) const {
    for (T* item = chains_[hash & (chains_.size() - 1)]; item != nullptr;
         item = static_cast<Node*>(item)->hash_next) {
      if (static_cast<Node*>(item)->hash_value == hash && equal(*item)) return item;
    }
    return nullptr;
  }

 private:
  std::span<T*> chains_;
};

}  // namespace linnet
