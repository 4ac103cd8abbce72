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

/// Contiguous blocks form a range, a ring of them; the ranges form a treap by their first sequence numbers. Whatever a
/// peer sends, a segment costs the logarithm of the number of ranges, and what lies behind all others next to nothing.
/// The links stand in the blocks themselves, where the headers were in front of the data.
class Reassembly {
 public:
  Reassembly() = default;
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;
  ~Reassembly() { clear(); }

  bool empty() const { return root_ == nullptr; }
  std::uint16_t blocks() const { return count_; }
  /// What a peer must not guess: with it, it could choose numbers that make a bad tree.
  void seed(std::uint32_t value) { mix_ = value | 1u; }

  /// Keeps the bytes [begin, end) of `block`, the first of which has sequence number `seq`. The first copy of a byte
  /// stays (no inconsistent data, RFC 2525). `limit` blocks at most: the one that lies furthest from the gap gives way.
  /// `twice` grows by what was there. Yields false when nothing was kept.
  bool insert(Block block, std::uint32_t begin, std::uint32_t end, SequenceNumber seq, std::uint16_t limit,
              DuplicateRange& twice);
  /// The first block, if it begins at or before `next`, taken out; the caller trims what lies before `next`.
  Block take_front(SequenceNumber next);
  /// Gives up the block that lies furthest from the gap (RFC 2018 8 allows it). There must be one.
  void drop_last();
  void clear();

  /// RFC 2018 4: the first block holds the segment that came last; then the others, latest first. `twice`: before them
  /// `duplicate`, and the block that it is part of (RFC 2883 4 (4)). Yields how many.
  std::size_t sack_blocks(std::span<SackBlock> blocks, bool twice) const;
  /// What the next acknowledgment reports as having come twice (RFC 2883); empty: nothing.
  DuplicateRange duplicate;
  void digest(Digest& digest) const;

 private:
  friend class ReassemblyInspector;
  struct Links {
    BlockHeader* previous = nullptr;  // in its range; that of the range's first block is its last one
    BlockHeader* left = nullptr;      // of first blocks only: the tree of ranges
    BlockHeader* right = nullptr;
    std::uint32_t priority = 0;
  };
  static_assert(sizeof(Links) <= 20 + header_size, "the smallest IP and TCP headers");
  /// New data on its way in: where it lies in its block, and what sequence numbers it has.
  struct Piece {
    Block block;
    std::uint32_t begin;
    std::uint32_t end;
    SequenceNumber seq;
    SequenceNumber right() const { return seq + (end - begin); }
    bool empty() const { return begin == end; }
  };

  static SequenceNumber start_of(const BlockHeader& b) { return SequenceNumber(b.sequence); }
  static SequenceNumber end_of(const BlockHeader& b) { return SequenceNumber(b.sequence) + b.size(); }
  static Links& links(BlockHeader& b) { return *reinterpret_cast<Links*>(b.data()); }
  static const Links& links(const BlockHeader& b) { return *reinterpret_cast<const Links*>(b.data()); }
  static SequenceNumber range_end(const BlockHeader& head) { return end_of(*links(head).previous); }

  // The ranges.
  BlockHeader* range_before(SequenceNumber seq) const;
  BlockHeader* range_behind(SequenceNumber seq) const;
  BlockHeader** link_to(const BlockHeader& head);
  void add_range(BlockHeader& head);
  void remove_range(BlockHeader& head);
  void replace_head(BlockHeader& old, BlockHeader& head);
  void free_range(BlockHeader& head);

  // What insert does.
  void trim(Piece& piece, const BlockHeader* before, DuplicateRange& twice);
  bool share(const Piece& piece, BlockHeader* before);
  static BlockHeader* place(Piece& piece);
  void join(BlockHeader& block, BlockHeader* before);
  void note_recent(SequenceNumber seq);
  SackBlock range_around(SequenceNumber seq) const;

  BlockHeader* root_ = nullptr;
  BlockHeader* last_ = nullptr;  // the first block of the last range
  std::uint32_t mix_ = 0x9e3779b9u;
  std::uint16_t count_ = 0;
  std::uint8_t recent_count_ = 0;
  std::array<SequenceNumber, 4> recent_{};  // a number inside each range reported lately, latest first
};

}  // namespace linnet::tcp
