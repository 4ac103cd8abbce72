// SPDX-License-Identifier: Apache-2.0
// Out-of-order data: blocks at sequence numbers, waiting for the gap before them to fill (RFC 9293 SHLD-31),
// and the SACK blocks that tell the peer of them (RFC 2018).
#pragma once

#include "core/base/block.hpp"
#include "core/base/digest.hpp"
#include "core/tcp/wire.hpp"

namespace linnet::tcp {

/// RFC 2883 4: the first contiguous range of a segment that had come before.
struct DuplicateRange : SackBlock {
  bool empty() const { return left == right; }
  /// Pieces come in ascending order; what is not contiguous with the first is not reported (4.2).
  void add(SequenceNumber from, SequenceNumber to) {
    if (empty()) {
      left = from;
      right = to;
    } else if (right == from) {
      right = to;
    }
  }
};

class Reassembly {
 public:
  Reassembly() = default;
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;
  ~Reassembly() { clear(); }

  bool empty() const { return first_ == nullptr; }
  std::uint16_t blocks() const { return count_; }

  /// Keeps the bytes [begin, end) of `block`, the first of which has sequence number `seq`. What is there already
  /// is not stored again: the first copy of a byte stays (no inconsistent data, RFC 2525). `limit` blocks at most:
  /// the one that lies furthest from the gap gives way. `twice` grows by what was there. Yields false when nothing
  /// was kept.
  bool insert(Block block, std::uint32_t begin, std::uint32_t end, SequenceNumber seq, std::uint16_t limit,
              DuplicateRange& twice);
  /// The first block, if it begins at or before `next`, taken out; the caller trims what lies before `next`.
  Block take_front(SequenceNumber next);
  void clear();

  /// RFC 2018 4: the first block holds the segment that came last; then the others, latest first. Yields how many.
  std::size_t sack_blocks(std::span<SackBlock> blocks) const;
  /// What the next acknowledgment reports as having come twice (RFC 2883); empty: nothing.
  DuplicateRange duplicate;
  void digest(Digest& digest) const;

 private:
  static SequenceNumber start_of(const BlockHeader& b) { return SequenceNumber(b.sequence); }
  static SequenceNumber end_of(const BlockHeader& b) { return SequenceNumber(b.sequence) + b.size(); }
  void note_recent(SequenceNumber seq);
  SackBlock range_around(SequenceNumber seq) const;
  void drop_last();

  BlockHeader* first_ = nullptr;
  BlockHeader* last_ = nullptr;
  std::uint16_t count_ = 0;
  std::uint8_t recent_count_ = 0;
  std::array<SequenceNumber, 4> recent_{};  // a number inside each range reported lately, latest first
};

}  // namespace linnet::tcp
