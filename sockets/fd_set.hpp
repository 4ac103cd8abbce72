// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace linnet::sockets {

/// The descriptors that `select` asks about: fd_set. Numbers outside of [0, capacity) are never members.
class FdSet {
 public:
  static constexpr int capacity = 1024;  ///< FD_SETSIZE

  constexpr void clear() { words_ = {}; }
  constexpr void add(int fd) {
    if (valid(fd)) words_[word(fd)] |= bit(fd);
  }
  constexpr void remove(int fd) {
    if (valid(fd)) words_[word(fd)] &= ~bit(fd);
  }
  constexpr bool contains(int fd) const { return valid(fd) && (words_[word(fd)] & bit(fd)) != 0; }
  constexpr bool operator==(const FdSet&) const = default;

 private:
  static constexpr bool valid(int fd) { return fd >= 0 && fd < capacity; }
  static constexpr std::size_t word(int fd) { return static_cast<std::size_t>(fd) / 32; }
  static constexpr std::uint32_t bit(int fd) { return std::uint32_t{1} << (static_cast<unsigned>(fd) % 32); }

  std::array<std::uint32_t, capacity / 32> words_{};
};

}  // namespace linnet::sockets
