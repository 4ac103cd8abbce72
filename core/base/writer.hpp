// SPDX-License-Identifier: Apache-2.0
// Writer: appends to a fixed buffer; its failure (no room) sticks: check `ok()` once, at the end.
#pragma once

#include "core/base/bytes.hpp"

namespace linnet {

class Writer {
 public:
  explicit constexpr Writer(MutableBytes buffer) : buffer_(buffer) {}

  constexpr bool ok() const { return ok_; }
  constexpr std::size_t size() const { return size_; }
  constexpr std::size_t room() const { return buffer_.size() - size_; }
  /// What was written so far.
  constexpr MutableBytes written() const { return buffer_.first(size_); }

  constexpr void u8(std::uint8_t value) {
    if (std::uint8_t* p = reserve(1)) p[0] = value;
  }
  constexpr void u16(std::uint16_t value) {
    if (std::uint8_t* p = reserve(2)) store16(p, value);
  }
  constexpr void u32(std::uint32_t value) {
    if (std::uint8_t* p = reserve(4)) store32(p, value);
  }
  constexpr void bytes(Bytes value) {
    if (std::uint8_t* p = reserve(value.size())) {
      for (std::size_t i = 0; i < value.size(); ++i) p[i] = value[i];
    }
  }
  constexpr void fill(std::uint8_t value, std::size_t count) {
    if (std::uint8_t* p = reserve(count)) {
      for (std::size_t i = 0; i < count; ++i) p[i] = value;
    }
  }
  /// Overwrites two bytes written earlier, such as a length that is known only now.
  constexpr void patch16(std::size_t position, std::uint16_t value) {
    if (size_ < 2 || position > size_ - 2) {
      ok_ = false;
      return;
    }
    store16(buffer_.data() + position, value);
  }

 private:
  constexpr std::uint8_t* reserve(std::size_t count) {
    if (!ok_ || count > room()) {
      ok_ = false;
      return nullptr;
    }
    std::uint8_t* p = buffer_.data() + size_;
    size_ += count;
    return p;
  }

  MutableBytes buffer_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace linnet
