// SPDX-License-Identifier: Apache-2.0
// AdvertisedTable: what routers tell of on an interface for a lifetime: name servers, search lists (RFC
// 8106 6.1).
#pragma once

#include <algorithm>
#include <utility>

#include "core/base/arena.hpp"
#include "core/base/time.hpp"

namespace linnet::ip {

/// `Entry` has `interface` and `expires`.
template <typename Entry>
class AdvertisedTable {
 public:
  AdvertisedTable(std::size_t entries, Arena& arena) : table_(arena.make_array<Entry>(entries)) {}

  void forget(std::uint8_t interface) {
    remove_if([&](const Entry& entry) { return entry.interface == interface; });
  }
  /// Removes what has lived its time; true when there was any.
  bool expire(Instant now) {
    return remove_if([&](const Entry& entry) { return entry.expires <= now; });
  }
  Instant next_deadline() const {
    Instant deadline = Instant::never();
    for (const Entry& entry : all()) deadline = earlier(deadline, entry.expires);
    return deadline;
  }
  std::span<const Entry> all() const { return table_.first(count_); }

 protected:
  /// The one that says the same on the same interface lives on for as long as the new one; a full table takes
  /// no new ones.
  template <typename Same>
  void take(const Entry& entry, Same&& same) {
    for (Entry& known : table_.first(count_)) {
      if (known.interface != entry.interface || !same(known)) continue;
      known.expires = entry.expires;
      return;
    }
    if (count_ < table_.size()) table_[count_++] = entry;
  }

 private:
  template <typename Goes>
  bool remove_if(Goes&& goes) {
    const auto known = table_.first(count_);
    const auto kept =
        static_cast<std::size_t>(std::remove_if(known.begin(), known.end(), goes) - known.begin());
    return std::exchange(count_, kept) != kept;
  }

  std::span<Entry> table_;
  std::size_t count_ = 0;
};

}  // namespace linnet::ip
