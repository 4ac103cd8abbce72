// SPDX-License-Identifier: Apache-2.0
// BoundedMap: what was seen before, in a bounded amount of memory. The entry not touched for longest makes
// room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace linnet::sim {

/// Sorted by key, so that a run does not depend on where memory lies. Takes memory when entries come, never
/// when they are looked for.
template <typename Key, typename Value>
class BoundedMap {
 public:
  explicit BoundedMap(std::size_t capacity) : capacity_(capacity) {}

  Value* find(const Key& key) {
    const auto at = position(key);
    if (at == entries_.end() || key < at->key) return nullptr;
    at->touched = ++touches_;
    return &at->value;
  }
  /// The value of `key`, made by default when there is none.
  Value& get(const Key& key) {
    if (Value* found = find(key)) return *found;
    if (entries_.size() == capacity_) make_room();
    const auto at = entries_.insert(position(key), Entry{key, ++touches_, Value{}});
    return at->value;
  }
  void clear() { entries_.clear(); }
  /// Something made room once: what is not there may have been there.
  bool forgot() const { return forgot_; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    std::uint64_t touched;
    Value value;
  };
  auto position(const Key& key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key,
                            [](const Entry& entry, const Key& k) { return entry.key < k; });
  }
  void make_room() {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                    [](const Entry& a, const Entry& b) { return a.touched < b.touched; }));
    forgot_ = true;
  }

  std::size_t capacity_;
  std::uint64_t touches_ = 0;
  bool forgot_ = false;
  std::vector<Entry> entries_;
};

}  // namespace linnet::sim
