// SPDX-License-Identifier: Apache-2.0
// Reader: a cursor over bytes whose failure sticks: check `ok()` once, at the end.
#pragma once

#include "core/base/bytes.hpp"

namespace linnet {

class Reader {
 public:
  explicit constexpr Reader(Bytes bytes) : bytes_(bytes) {}

  /// False as soon as any read went past the end; later reads then yield zeros and empty spans.
  constexpr bool ok() const { return ok_; }
  constexpr std::size_t position() const { return position_; }
  constexpr std::size_t remaining() const { return bytes_.size() - position_; }
  constexpr bool at_end() const { return remaining() == 0; }

  constexpr std::uint8_t u8() {
    const Bytes taken = take(1);
    return taken.empty() ? std::uint8_t{0} : taken[0];
  }
  constexpr std::uint16_t u16() {
    const Bytes taken = take(2);
    return taken.empty() ? std::uint16_t{0} : load16(taken.data());
  }
  constexpr std::uint32_t u32() {
    const Bytes taken = take(4);
    return taken.empty() ? std::uint32_t{0} : load32(taken.data());
  }
  constexpr Bytes bytes(std::size_t length) { return take(length); }
  constexpr void skip(std::size_t length) { take(length); }
  constexpr Bytes rest() { return take(remaining()); }

  /// Moves to an absolute position; past the end is a failure.
  constexpr void seek(std::size_t position) {
    if (!ok_ || position > bytes_.size()) return fail();
    position_ = position;
  }
  constexpr void fail() {
    ok_ = false;
    position_ = bytes_.size();
  }

 private:
  constexpr Bytes take(std::size_t length) {
    if (!ok_ || length > remaining()) {
      fail();
      return {};
    }
    const Bytes taken = bytes_.subspan(position_, length);
    position_ += length;
    return taken;
  }

  Bytes bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace linnet
