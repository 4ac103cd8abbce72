// SPDX-License-Identifier: Apache-2.0
// FrameRing: a bounded queue of frames in one piece of memory; each frame's bytes are contiguous.
#pragma once

#include <memory>

#include "core/base/bytes.hpp"

namespace linnet::platform {

class FrameRing {
 public:
  /// Holds `capacity` bytes of frames, each of which takes four bytes more than its own.
  explicit FrameRing(std::size_t capacity) : bytes_(new std::uint8_t[capacity]), capacity_(capacity) {}

  /// Copies `frame` in; false when there is no room.
  bool push(Bytes frame) {
    const std::size_t size = record_size(frame.size());
    std::size_t skipped = 0;
    if (tail_ + size > capacity_) {  // does not fit behind the last one: go on at the beginning
      skipped = capacity_ - tail_;
      if (used_ + skipped + size > capacity_) return false;
      if (skipped >= length_size) store32(bytes_.get() + tail_, wrap_mark);
      tail_ = 0;
    } else if (used_ + size > capacity_) {
      return false;
    }
    store32(bytes_.get() + tail_, static_cast<std::uint32_t>(frame.size()));
    copy_bytes(bytes_.get() + tail_ + length_size, frame);
    tail_ += size;
    used_ += skipped + size;
    ++count_;
    return true;
  }

  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }
  std::size_t used() const { return used_; }
  std::size_t capacity() const { return capacity_; }

  /// The oldest frame; only when not empty. Its bytes stay until `pop`.
  Bytes front() const {
    const std::size_t at = first();
    return {bytes_.get() + at + length_size, load32(bytes_.get() + at)};
  }
  void pop() {
    const std::size_t at = first();
    const std::size_t skipped = at == head_ ? 0 : capacity_ - head_;
    const std::size_t size = record_size(load32(bytes_.get() + at));
    head_ = at + size;
    used_ -= skipped + size;
    if (--count_ == 0) head_ = tail_ = used_ = 0;
  }

 private:
  static constexpr std::size_t length_size = 4;
  static constexpr std::uint32_t wrap_mark = 0xffffffffu;
  static constexpr std::size_t record_size(std::size_t frame) { return length_size + frame; }
  std::size_t first() const {
    const bool wraps = capacity_ - head_ < length_size || load32(bytes_.get() + head_) == wrap_mark;
    return wraps ? 0 : head_;
  }

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t used_ = 0;  // frames, their lengths, and what was skipped at the end
  std::size_t count_ = 0;
};

}  // namespace linnet::platform
