// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/reassembly.hpp"

#include <algorithm>

namespace linnet::tcp {

bool Reassembly::insert(Block block, std::uint32_t begin, std::uint32_t end, SequenceNumber seq,
                        std::uint16_t limit, DuplicateRange& twice) {
  // Nearly always the new data lies behind all that is there: start from the end then.
  BlockHeader* before = last_ != nullptr && end_of(*last_) <= seq ? last_ : nullptr;
  BlockHeader* after = before == nullptr ? first_ : nullptr;
  while (after != nullptr && start_of(*after) <= seq) {
    before = after;
    after = after->next;
  }
  SequenceNumber right = seq + (end - begin);
  if (before != nullptr && end_of(*before) > seq) {
    const std::uint32_t overlap = end_of(*before) - seq;
    twice.add(seq, min(end_of(*before), right));
    if (overlap >= right - seq) {
      note_recent(seq);
      return false;  // nothing new
    }
    begin += overlap;
    seq += overlap;
  }
  // Blocks that the new one covers wholly are replaced by it; one that it covers partly cuts it short.
  while (after != nullptr && start_of(*after) < right) {
    twice.add(start_of(*after), min(end_of(*after), right));
    if (end_of(*after) > right) {
      end -= right - start_of(*after);
      right = start_of(*after);
      break;
    }
    BlockHeader* covered = after;
    after = after->next;
    Block(covered).reset();
    --count_;
  }
  (before == nullptr ? first_ : before->next) = after;
  if (after == nullptr) last_ = before;
  if (begin == end) return false;
  const std::uint32_t size = end - begin;
  // Neighbouring small pieces share a block (C17-04: one-byte segments must not hold a block each).
  if (before != nullptr && end_of(*before) == seq && before->capacity - before->end >= size &&
      size < block.capacity() / 4) {
    std::memcpy(before->data() + before->end, block.data() + begin, size);
    before->end += size;
    note_recent(seq);
    return true;
  }
  if (count_ >= limit) {
    if (after == nullptr) return false;  // it is itself the furthest
    drop_last();  // may be `after`: from here on only `before` is looked at
  }
  BlockHeader* header = block.release();
  header->begin = begin;
  header->end = end;
  header->sequence = seq.value();
  header->next = before == nullptr ? first_ : before->next;
  (before == nullptr ? first_ : before->next) = header;
  if (header->next == nullptr) last_ = header;
  ++count_;
  note_recent(seq);
  return true;
}

void Reassembly::drop_last() {
  BlockHeader* previous = nullptr;
  for (BlockHeader* b = first_; b != last_; b = b->next) previous = b;
  Block(last_).reset();
  last_ = previous;
  (previous == nullptr ? first_ : previous->next) = nullptr;
  --count_;
}

Block Reassembly::take_front(SequenceNumber next) {
  if (first_ == nullptr || start_of(*first_) > next) return Block();
  BlockHeader* front = first_;
  first_ = front->next;
  if (first_ == nullptr) {
    last_ = nullptr;
    recent_count_ = 0;
  }
  --count_;
  return Block(front);
}

void Reassembly::clear() {
  while (first_ != nullptr) {
    BlockHeader* front = first_;
    first_ = front->next;
    Block(front).reset();
  }
  last_ = nullptr;
  count_ = 0;
  recent_count_ = 0;
  duplicate = {};
}

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
  SackBlock range;
  bool open = false;
  for (const BlockHeader* b = first_; b != nullptr; b = b->next) {
    if (open && start_of(*b) == range.right) {
      range.right = end_of(*b);
    } else {
      if (open && seq >= range.left && seq < range.right) return range;
      range = {start_of(*b), end_of(*b)};
      open = true;
    }
  }
  return open && seq >= range.left && seq < range.right ? range : SackBlock{};
}

std::size_t Reassembly::sack_blocks(std::span<SackBlock> blocks) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < recent_count_ && count < blocks.size(); ++i) {
    const SackBlock range = range_around(recent_[i]);
    const auto told = blocks.first(count);
    if (range.left == range.right || std::find(told.begin(), told.end(), range) != told.end()) continue;
    blocks[count++] = range;
  }
  return count;
}

void Reassembly::digest(Digest& digest) const {
  for (const BlockHeader* b = first_; b != nullptr; b = b->next) {
    digest.add(b->sequence);
    digest.add(Bytes(b->data() + b->begin, b->size()));
  }
}

}  // namespace linnet::tcp
