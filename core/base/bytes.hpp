// SPDX-License-Identifier: Apache-2.0
// Bytes: the spans that every layer reads and writes, and network byte order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace linnet {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// Reads a big-endian (network order) integer at `p`; no alignment is assumed.
constexpr std::uint16_t load16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>((static_cast<unsigned>(p[0]) << 8) | p[1]);
}

constexpr std::uint32_t load32(const std::uint8_t* p) {
  return (static_cast<std::uint32_t>(p[0]) << 24) | (static_cast<std::uint32_t>(p[1]) << 16) |
         (static_cast<std::uint32_t>(p[2]) << 8) | p[3];
}

constexpr std::uint64_t load64(const std::uint8_t* p) {
  return (static_cast<std::uint64_t>(load32(p)) << 32) | load32(p + 4);
}

/// Writes a big-endian (network order) integer at `p`; no alignment is assumed.
constexpr void store16(std::uint8_t* p, std::uint16_t value) {
  p[0] = static_cast<std::uint8_t>(value >> 8);
  p[1] = static_cast<std::uint8_t>(value & 0xff);
}

constexpr void store32(std::uint8_t* p, std::uint32_t value) {
  p[0] = static_cast<std::uint8_t>(value >> 24);
  p[1] = static_cast<std::uint8_t>((value >> 16) & 0xff);
  p[2] = static_cast<std::uint8_t>((value >> 8) & 0xff);
  p[3] = static_cast<std::uint8_t>(value & 0xff);
}

constexpr void store64(std::uint8_t* p, std::uint64_t value) {
  store32(p, static_cast<std::uint32_t>(value >> 32));
  store32(p + 4, static_cast<std::uint32_t>(value & 0xffffffffu));
}

/// memcpy that accepts an empty source with a null pointer, which the C function does not.
inline void copy_bytes(std::uint8_t* to, Bytes from) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

/// copy_bytes for what may be long. In pieces: for long copies glibc uses "rep movsb", which on AMD processors takes
/// a seventh longer when the two are not aligned to each other and fifteen times as long when the destination lies a few
/// bytes further in its page than the source (bench/README.md).
inline void copy_bulk(std::uint8_t* to, Bytes from) {
  constexpr std::size_t most = 2048;
  while (!from.empty()) {
    const std::size_t piece = from.size() < most ? from.size() : most;
    std::memcpy(to, from.data(), piece);
    to += piece;
    from = from.subspan(piece);
  }
}

}  // namespace linnet
