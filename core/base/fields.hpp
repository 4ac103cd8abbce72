// SPDX-License-Identifier: Apache-2.0
// Fields: a fixed header of N bytes. Offsets are template arguments, so reading past it does not compile.
#pragma once

#include <array>

#include "core/base/bytes.hpp"

namespace linnet {

/// Reads a header whose length was checked by whoever made the view.
template <std::size_t N>
class Fields {
 public:
  static constexpr std::size_t size = N;

  /// `data` must hold at least N bytes: callers check once, in their `parse`.
  explicit constexpr Fields(const std::uint8_t* data) : data_(data) {}

  template <std::size_t Offset>
  constexpr std::uint8_t get8() const {
    static_assert(Offset + 1 <= N);
    return data_[Offset];
  }
  template <std::size_t Offset>
  constexpr std::uint16_t get16() const {
    static_assert(Offset + 2 <= N);
    return load16(data_ + Offset);
  }
  template <std::size_t Offset>
  constexpr std::uint32_t get32() const {
    static_assert(Offset + 4 <= N);
    return load32(data_ + Offset);
  }
  template <std::size_t Offset, std::size_t Length>
  constexpr std::span<const std::uint8_t, Length> get_bytes() const {
    static_assert(Offset + Length <= N);
    return std::span<const std::uint8_t, Length>(data_ + Offset, Length);
  }
  constexpr const std::uint8_t* data() const { return data_; }

 private:
  const std::uint8_t* data_;
};

/// Writes a header of N bytes.
template <std::size_t N>
class MutableFields {
 public:
  static constexpr std::size_t size = N;

  explicit constexpr MutableFields(std::uint8_t* data) : data_(data) {}

  template <std::size_t Offset>
  constexpr void set8(std::uint8_t value) {
    static_assert(Offset + 1 <= N);
    data_[Offset] = value;
  }
  template <std::size_t Offset>
  constexpr void set16(std::uint16_t value) {
    static_assert(Offset + 2 <= N);
    store16(data_ + Offset, value);
  }
  template <std::size_t Offset>
  constexpr void set32(std::uint32_t value) {
    static_assert(Offset + 4 <= N);
    store32(data_ + Offset, value);
  }
  template <std::size_t Offset, std::size_t Length>
  constexpr void set_bytes(std::span<const std::uint8_t, Length> value) {
    static_assert(Offset + Length <= N);
    for (std::size_t i = 0; i < Length; ++i) data_[Offset + i] = value[i];
  }

 private:
  std::uint8_t* data_;
};

}  // namespace linnet
