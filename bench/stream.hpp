// SPDX-License-Identifier: Apache-2.0
// The two ends of every bulk transfer: a user's buffer that is sent over and over, and one that is received into.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/pattern.hpp"
#include "bench/measure.hpp"

namespace linnet::bench {

/// What one call of send() or recv() may move at once.
inline constexpr std::size_t user_buffer = 65536;

/// How long a transfer lasts: so many seconds, or, in a check, so many bytes of the position pattern.
struct Goal {
  double seconds = 0;
  std::uint64_t checked_bytes = 0;
  bool checks() const { return checked_bytes > 0; }
};
inline constexpr Goal check_goal{.checked_bytes = std::uint64_t{64} << 20};

class Source {
 public:
  explicit Source(const Goal& goal) : checks_(goal.checks()), bytes_(user_buffer) { fill(); }
  Bytes bytes() const { return bytes_; }
  /// The first `count` of bytes() are on their way.
  void taken(std::size_t count) {
    total_ += count;
    if (checks_) fill();
  }
  std::uint64_t total() const { return total_; }

 private:
  void fill() { apps::fill_pattern(bytes_, total_); }

  bool checks_;
  std::vector<std::uint8_t> bytes_;
  std::uint64_t total_ = 0;
};

class Sink {
 public:
  explicit Sink(const Goal& goal) : checks_(goal.checks()), bytes_(user_buffer) {}
  MutableBytes room() { return bytes_; }
  /// `count` bytes were put into room(). Throws Failure when they are not the pattern's.
  void got(std::size_t count) {
    if (checks_) compare(count);
    total_ += count;
  }
  std::uint64_t total() const { return total_; }

 private:
  void compare(std::size_t count);

  bool checks_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> expected_;
  std::uint64_t total_ = 0;
};

/// Throws Failure unless all that was sent has arrived.
void require_equal(std::uint64_t sent, std::uint64_t received);

}  // namespace linnet::bench
