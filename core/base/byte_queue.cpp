// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_queue.hpp"

#include <algorithm>

namespace linnet {

std::size_t ByteQueue::append(Bytes bytes, bool to_send) {
  std::size_t taken = append_to_last(bytes);
  while (taken < bytes.size()) {
    const std::size_t left = bytes.size() - taken;
    // A large block only for what would fill several small ones; else ten bytes would hold 64 KiB.
    const bool large = left > std::size_t{2} * pool_->small_size() && (to_send ? pool_->sendable_large() : pool_->large_free() / 2) > 0;
    Block block;
    if (large) block = pool_->allocate_large();
    if (!block && (to_send ? pool_->sendable_small() > 0 : pool_->plenty())) block = pool_->allocate(pool_->small_size());
    // What was promised to the peer is kept where there still is room.
    if (!block && !to_send && pool_->large_free() / 2 > 0) block = pool_->allocate_large();
    if (!block) break;
    link(block.release());
    taken += append_to_last(bytes.subspan(taken));
  }
  return taken;
}

std::size_t ByteQueue::append_to_last(Bytes bytes) {
  if (last_ == nullptr) return 0;
  const std::size_t count = std::min<std::size_t>(bytes.size(), last_->capacity - last_->end);
  copy_bulk(last_->data() + last_->end, bytes.first(count));
  last_->end += static_cast<std::uint32_t>(count);
  size_ += count;
  return count;
}

void ByteQueue::append(Block block, std::uint32_t begin, std::uint32_t end) {
  if (begin == end) return;
  const std::uint32_t count = end - begin;
  const bool small_piece = count < block.capacity() / 4;
  if (small_piece && last_ != nullptr && last_->capacity - last_->end >= count) {
    append_to_last({block.data() + begin, count});
    return;
  }
  BlockHeader* header = block.release();
  header->begin = begin;
  header->end = end;
  link(header);
  size_ += count;
}

void ByteQueue::link(BlockHeader* header) {
  header->next = nullptr;
  if (last_ == nullptr) {
    first_ = header;
  } else {
    last_->next = header;
  }
  last_ = header;
  memory_held_ += header->capacity;
}

ByteQueue::Position ByteQueue::find(std::size_t offset) const {
  Position at{first_, 0};
  if (recent_.block != nullptr && recent_.start <= offset) at = recent_;
  while (offset >= at.start + at.block->size()) {
    at.start += at.block->size();
    at.block = at.block->next;
  }
  recent_ = at;
  return at;
}

std::size_t ByteQueue::peek(std::size_t offset, std::size_t length, std::span<Bytes> spans) const {
  if (offset >= size_) return 0;
  length = std::min(length, size_ - offset);
  Position at = find(offset);
  std::size_t skip = offset - at.start;
  std::size_t count = 0;
  for (BlockHeader* block = at.block; length > 0 && count < spans.size(); block = block->next) {
    const std::size_t piece = std::min<std::size_t>(length, block->size() - skip);
    spans[count++] = Bytes(block->data() + block->begin + skip, piece);
    length -= piece;
    skip = 0;
  }
  return count;
}

std::size_t ByteQueue::copy_out(std::size_t offset, MutableBytes to) const {
  if (offset >= size_) return 0;
  const std::size_t total = std::min(to.size(), size_ - offset);
  const Position at = find(offset);
  std::size_t skip = offset - at.start;
  std::size_t copied = 0;
  for (BlockHeader* block = at.block; copied < total; block = block->next) {
    const std::size_t piece = std::min<std::size_t>(total - copied, block->size() - skip);
    copy_bulk(to.data() + copied, {block->data() + block->begin + skip, piece});
    copied += piece;
    skip = 0;
  }
  return copied;
}

std::size_t ByteQueue::read(MutableBytes to) {
  const std::size_t count = copy_out(0, to);
  drop_front(count);
  return count;
}

void ByteQueue::drop_front(std::size_t count) {
  count = std::min(count, size_);
  size_ -= count;
  std::size_t dropped = count;
  while (first_ != nullptr && count >= first_->size()) {
    BlockHeader* block = first_;
    if (recent_.block == block) recent_ = Position{};
    count -= block->size();
    first_ = block->next;
    memory_held_ -= block->capacity;
    Block(block).reset();
    if (first_ == nullptr) last_ = nullptr;
    if (count == 0) break;
  }
  if (count > 0) first_->begin += static_cast<std::uint32_t>(count);
  if (recent_.block == nullptr) return;
  recent_.start = recent_.block == first_ ? 0 : recent_.start - dropped;
}

void ByteQueue::clear() { drop_front(size_); }

}  // namespace linnet
