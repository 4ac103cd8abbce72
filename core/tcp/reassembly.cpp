// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/reassembly.hpp"

#include <algorithm>

namespace linnet::tcp {

// --- the ranges ---

/// The last range that begins at or before `seq`.
BlockHeader* Reassembly::range_before(SequenceNumber seq) const {
  // Nearly always the new data lies behind all that is there.
  if (last_ != nullptr && start_of(*last_) <= seq) return last_;
  BlockHeader* found = nullptr;
  for (BlockHeader* at = root_; at != nullptr;) {
    if (start_of(*at) <= seq) found = at;
    at = start_of(*at) <= seq ? links(*at).right : links(*at).left;
  }
  return found;
}

/// The first range that begins behind `seq`.
BlockHeader* Reassembly::range_behind(SequenceNumber seq) const {
  if (last_ == nullptr || start_of(*last_) <= seq) return nullptr;
  BlockHeader* found = nullptr;
  for (BlockHeader* at = root_; at != nullptr;) {
    if (start_of(*at) > seq) found = at;
    at = start_of(*at) > seq ? links(*at).left : links(*at).right;
  }
  return found;
}

/// The place in the tree that points at `head`.
BlockHeader** Reassembly::link_to(const BlockHeader& head) {
  BlockHeader** at = &root_;
  while (*at != &head) at = start_of(head) < start_of(**at) ? &links(**at).left : &links(**at).right;
  return at;
}

void Reassembly::add_range(BlockHeader& head) {
  mix_ ^= mix_ << 13;  // xorshift
  mix_ ^= mix_ >> 17;
  mix_ ^= mix_ << 5;
  Links& own = links(head);
  own.priority = mix_;
  BlockHeader** at = &root_;
  while (*at != nullptr && links(**at).priority >= own.priority) {
    at = start_of(head) < start_of(**at) ? &links(**at).left : &links(**at).right;
  }
  // What was there is split into what lies before and what lies behind.
  BlockHeader* rest = *at;
  *at = &head;
  BlockHeader** before = &own.left;
  BlockHeader** behind = &own.right;
  while (rest != nullptr) {
    BlockHeader**& side = start_of(*rest) < start_of(head) ? before : behind;
    BlockHeader*& next = &side == &before ? links(*rest).right : links(*rest).left;
    *side = rest;
    side = &next;
    rest = next;
  }
  *before = nullptr;
  *behind = nullptr;
  if (last_ == nullptr || start_of(*last_) < start_of(head)) last_ = &head;
}

void Reassembly::remove_range(BlockHeader& head) {
  BlockHeader** at = link_to(head);
  BlockHeader* left = links(head).left;
  BlockHeader* right = links(head).right;
  while (left != nullptr && right != nullptr) {
    BlockHeader*& upper = links(*left).priority > links(*right).priority ? left : right;
    *at = upper;
    at = &upper == &left ? &links(*upper).right : &links(*upper).left;
    upper = *at;
  }
  *at = left != nullptr ? left : right;
  if (last_ != &head) return;
  last_ = root_;
  while (last_ != nullptr && links(*last_).right != nullptr) last_ = links(*last_).right;
}

/// `head` takes the place of a range's first block in the tree; no other range lies between the two.
void Reassembly::replace_head(BlockHeader& old, BlockHeader& head) {
  *link_to(old) = &head;
  Links& to = links(head);
  const Links& from = links(old);
  to.left = from.left;
  to.right = from.right;
  to.priority = from.priority;
  if (last_ == &old) last_ = &head;
}

void Reassembly::free_range(BlockHeader& head) {
  remove_range(head);
  for (BlockHeader* b = &head; b != nullptr; --count_) {
    BlockHeader* next = b->next;
    Block(b).reset();
    b = next;
  }
}

// --- in ---

bool Reassembly::insert(Block block, std::uint32_t begin, std::uint32_t end, SequenceNumber seq,
                        std::uint16_t limit, DuplicateRange& twice) {
  Piece piece{std::move(block), begin, end, seq};
  BlockHeader* before = range_before(seq);
  trim(piece, before, twice);
  if (piece.empty()) {
    note_recent(seq);
    return false;  // nothing new
  }
  if (before != nullptr && range_end(*before) != piece.seq) before = nullptr;
  if (!share(piece, before)) {
    if (count_ >= limit) {
      if (empty() || piece.seq > start_of(*last_)) return false;  // it is itself the furthest
      drop_last();
    }
    BlockHeader* kept = place(piece);
    if (kept == nullptr) return false;
    ++count_;
    join(*kept, before);
  }
  note_recent(piece.seq);
  return true;
}

/// Cuts from a piece what is there already: at its front, at its end, and in its midst, where the first copy of the bytes
/// is copied over the new one.
void Reassembly::trim(Piece& piece, const BlockHeader* before, DuplicateRange& twice) {
  if (before != nullptr && range_end(*before) > piece.seq) {
    const SequenceNumber there = min(range_end(*before), piece.right());
    twice.add(piece.seq, there);
    piece.begin += there - piece.seq;
    piece.seq = there;
  }
  while (!piece.empty()) {
    BlockHeader* covered = range_behind(piece.seq);
    if (covered == nullptr || start_of(*covered) >= piece.right()) return;
    const SequenceNumber there = min(range_end(*covered), piece.right());
    twice.add(start_of(*covered), there);
    if (range_end(*covered) > piece.right()) {
      piece.end -= piece.right() - start_of(*covered);
      return;
    }
    for (const BlockHeader* b = covered; b != nullptr; b = b->next) {
      std::memcpy(piece.block.data() + piece.begin + (start_of(*b) - piece.seq), b->data() + b->begin, b->size());
    }
    free_range(*covered);
  }
}

/// Neighbouring small pieces share a block (C17-04: one-byte segments must not hold a block each).
bool Reassembly::share(const Piece& piece, BlockHeader* before) {
  if (before == nullptr) return false;
  BlockHeader& last = *links(*before).previous;
  const std::uint32_t size = piece.end - piece.begin;
  if (size >= piece.block.capacity() / 4 || last.capacity - last.end < size) return false;
  std::memcpy(last.data() + last.end, piece.block.data() + piece.begin, size);
  last.end += size;
  BlockHeader* behind = range_behind(start_of(*before));
  if (behind != nullptr && start_of(*behind) == range_end(*before)) {
    remove_range(*behind);
    BlockHeader* end = links(*behind).previous;
    last.next = behind;
    links(*behind).previous = &last;
    links(*before).previous = end;
  }
  return true;
}

/// Makes a held block of the piece; none if its bytes leave no room for the links (never with IP and TCP headers there).
BlockHeader* Reassembly::place(Piece& piece) {
  const std::uint32_t size = piece.end - piece.begin;
  if (piece.begin < sizeof(Links)) {
    if (piece.block.capacity() < size + sizeof(Links)) return nullptr;
    std::memmove(piece.block.data() + sizeof(Links), piece.block.data() + piece.begin, size);
    piece.begin = sizeof(Links);
  }
  BlockHeader* header = piece.block.release();
  header->begin = piece.begin;
  header->end = piece.begin + size;
  header->sequence = piece.seq.value();
  header->next = nullptr;
  new (header->data()) Links{.previous = header};
  return header;
}

/// The block goes behind the range `before`, or in front of the one that it touches, or becomes a range of its own.
void Reassembly::join(BlockHeader& block, BlockHeader* before) {
  BlockHeader* behind = range_behind(start_of(block));
  const bool touches = behind != nullptr && start_of(*behind) == end_of(block);
  if (touches) {
    BlockHeader* end = links(*behind).previous;
    if (before == nullptr) {
      replace_head(*behind, block);
    } else {
      remove_range(*behind);
    }
    block.next = behind;
    links(*behind).previous = &block;
    links(block).previous = end;
  } else if (before == nullptr) {
    add_range(block);
  }
  if (before == nullptr) return;
  BlockHeader* end = links(block).previous;
  BlockHeader* last = links(*before).previous;
  last->next = &block;
  links(block).previous = last;
  links(*before).previous = end;
}

// --- out ---

void Reassembly::drop_last() {
  BlockHeader* last = links(*last_).previous;
  for (SequenceNumber& recent : recent_) {  // what is left of the range is still worth a report
    if (recent >= start_of(*last) && recent < end_of(*last)) recent = start_of(*last_);
  }
  if (last == last_) {
    remove_range(*last);
  } else {
    BlockHeader* previous = links(*last).previous;
    previous->next = nullptr;
    links(*last_).previous = previous;
  }
  Block(last).reset();
  --count_;
}

Block Reassembly::take_front(SequenceNumber next) {
  if (root_ == nullptr) return Block();
  BlockHeader* front = root_;
  while (links(*front).left != nullptr) front = links(*front).left;
  if (start_of(*front) > next) return Block();
  if (front->next == nullptr) {
    remove_range(*front);
    if (root_ == nullptr) recent_count_ = 0;
  } else {
    links(*front->next).previous = links(*front).previous;
    replace_head(*front, *front->next);
  }
  --count_;
  return Block(front);
}

void Reassembly::clear() {
  while (root_ != nullptr) free_range(*root_);
  recent_count_ = 0;
  duplicate = {};
}

// --- what is reported ---

void Reassembly::note_recent(SequenceNumber seq) {
  const SackBlock range = range_around(seq);
  std::array<SequenceNumber, 4> kept{};
  std::uint8_t count = 0;
  kept[count++] = seq;
  for (std::size_t i = 0; i < recent_count_ && count < kept.size(); ++i) {
    const bool same_range = recent_[i] >= range.left && recent_[i] < range.right;
    if (!same_range) kept[count++] = recent_[i];
  }
  recent_ = kept;
  recent_count_ = count;
}

SackBlock Reassembly::range_around(SequenceNumber seq) const {
  const BlockHeader* head = range_before(seq);
  return head != nullptr && seq < range_end(*head) ? SackBlock{start_of(*head), range_end(*head)} : SackBlock{};
}

std::size_t Reassembly::sack_blocks(std::span<SackBlock> blocks, bool twice) const {
  if (twice) blocks[0] = duplicate;
  const std::size_t first = twice ? 1 : 0;
  const auto held = blocks.subspan(first);  // a duplicate may be as long as the block that holds it
  std::size_t count = 0;
  const auto add = [&](const SackBlock& range) {
    const auto told = held.first(count);
    if (count == held.size() || range.left == range.right || std::find(told.begin(), told.end(), range) != told.end()) return;
    held[count++] = range;
  };
  if (twice) add(range_around(duplicate.left));
  for (std::size_t i = 0; i < recent_count_; ++i) add(range_around(recent_[i]));
  return first + count;
}

void Reassembly::digest(Digest& digest) const {
  const BlockHeader* head = root_;
  while (head != nullptr && links(*head).left != nullptr) head = links(*head).left;
  for (; head != nullptr; head = range_behind(start_of(*head))) {
    for (const BlockHeader* b = head; b != nullptr; b = b->next) {
      digest.add(b->sequence);
      digest.add(Bytes(b->data() + b->begin, b->size()));
    }
  }
}

}  // namespace linnet::tcp
