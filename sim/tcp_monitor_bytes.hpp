// SPDX-License-Identifier: Apache-2.0
// What the TCP monitor remembers of a stream: which bytes came, and what the last bytes sent were. Positions count
// from the SYN, which is 0, and do not wrap.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"

namespace linnet::sim {

struct PositionRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Ranges in order, apart from each other. Of very many the closest are joined, which only makes the monitor milder
/// where it asks whether something came.
class PositionSet {
 public:
  void clear() { ranges_.clear(); }
  void add(std::int64_t begin, std::int64_t end);
  /// Forgets what lies before `position`.
  void drop_before(std::int64_t position);
  bool contains(std::int64_t begin, std::int64_t end) const;
  bool overlaps(std::int64_t begin, std::int64_t end) const;
  bool empty() const { return ranges_.empty(); }
  std::size_t size() const { return ranges_.size(); }
  const PositionRange& front() const { return ranges_.front(); }

 private:
  static constexpr std::size_t most = 512;
  void join_closest();

  std::vector<PositionRange> ranges_;
};

/// A receiver's view: everything before high() has come.
class ArrivedBytes {
 public:
  void begin(std::int64_t position) {
    high_ = position;
    above_.clear();
  }
  void add(std::int64_t begin, std::int64_t end);
  std::int64_t high() const { return high_; }
  bool contains(std::int64_t begin, std::int64_t end) const { return end <= high_ || above_.contains(begin, end); }
  bool overlaps(std::int64_t begin, std::int64_t end) const { return begin < high_ || above_.overlaps(begin, end); }
  bool gaps() const { return !above_.empty(); }

 private:
  std::int64_t high_ = 0;
  PositionSet above_;
};

/// The last bytes of what was sent, as far as it may still be sent again.
class SentBytes {
 public:
  /// Nothing is known before `position`.
  void begin(std::int64_t position);
  /// Bytes from `position` on, which is end() or later (then some were not seen). Those before `needed` may be
  /// forgotten.
  void put(std::int64_t position, Bytes bytes, std::int64_t needed);
  /// False when one of the bytes that are known differs.
  bool matches(std::int64_t position, Bytes bytes) const;
  std::int64_t end() const { return end_; }

 private:
  static constexpr std::size_t first_size = 16384, most = std::size_t{1} << 23;
  void grow(std::size_t needed);

  std::vector<std::uint8_t> ring_;  // the byte at position p is in ring_[p % size]; the size is a power of two
  std::int64_t known_from_ = 0;
  std::int64_t end_ = 0;
};

}  // namespace linnet::sim
