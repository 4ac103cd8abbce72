// SPDX-License-Identifier: Apache-2.0
// Source filters (RFC 3376 2, RFC 3810 3): from whom somebody wants what is sent to a group; and how those of
// several sockets come to the one of their interface (RFC 3376 3.2, RFC 3810 4.2).
#pragma once

#include <algorithm>
#include <span>

#include "core/base/address.hpp"

namespace linnet::ip {

enum class FilterMode : std::uint8_t {
  include,  ///< only from the sources of the list
  exclude,  ///< from all but those
};

/// INCLUDE with an empty list wants nothing: it is what a socket has that has not joined.
struct SourceFilter {
  FilterMode mode = FilterMode::include;
  std::span<const IpAddress> sources{};

  bool wants_nothing() const { return mode == FilterMode::include && sources.empty(); }
  bool lists(const IpAddress& source) const {
    return std::find(sources.begin(), sources.end(), source) != sources.end();
  }
  bool permits(const IpAddress& source) const { return lists(source) == (mode == FilterMode::include); }
};

/// A set of addresses in memory that somebody else owns.
class SourceList {
 public:
  SourceList() = default;
  explicit SourceList(std::span<IpAddress> room) : room_(room) {}

  std::span<const IpAddress> all() const { return room_.first(size_); }
  /// False: no room. One that is there already stays the only one.
  bool add(const IpAddress& source) {
    if (SourceFilter{.sources = all()}.lists(source)) return true;
    if (size_ == room_.size()) return false;
    room_[size_++] = source;
    return true;
  }
  /// False: it was not there.
  bool remove(const IpAddress& source) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (room_[i] != source) continue;
      room_[i] = room_[--size_];
      return true;
    }
    return false;
  }
  void clear() { size_ = 0; }
  std::size_t capacity() const { return room_.size(); }

 private:
  std::span<IpAddress> room_;
  std::size_t size_ = 0;
};

/// The filter of an interface permits a source when that of any socket does. Its mode is returned, EXCLUDE as
/// soon as one of them is; `list` is called for each of its sources, maybe more than once. `for_each` calls
/// what it is given with each SourceFilter.
template <typename ForEachFilter, typename List>
FilterMode merge_filters(const ForEachFilter& for_each, const List& list) {
  FilterMode mode = FilterMode::include;
  for_each([&](const SourceFilter& filter) {
    if (filter.mode == FilterMode::exclude) mode = FilterMode::exclude;
  });
  for_each([&](const SourceFilter& filter) {
    for (const IpAddress& source : filter.sources) {
      bool permitted = false;
      for_each([&](const SourceFilter& other) { permitted = permitted || other.permits(source); });
      // Of INCLUDE lists the union; of EXCLUDE lists what all of them have and no INCLUDE list asks for.
      if (permitted == (mode == FilterMode::include)) list(source);
    }
  });
  return mode;
}

}  // namespace linnet::ip
