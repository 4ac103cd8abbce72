// SPDX-License-Identifier: Apache-2.0
// What ping counts and sums up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.hpp"

namespace linnet::apps {

class PingStatistics {
 public:
  /// Echo request number `sequence` (1, 2, ...) was sent.
  void sent(std::uint32_t sequence);
  /// Its reply came; false if another reply to it came before.
  bool received(std::uint32_t sequence, Duration rtt);
  void error() { ++errors_; }

  std::uint32_t transmitted() const { return transmitted_; }
  std::uint32_t replies() const { return replies_; }
  /// The two lines that ping ends with; the second one only if there were replies.
  std::string summary(Duration elapsed) const;

 private:
  std::uint32_t transmitted_ = 0;
  std::uint32_t replies_ = 0;
  std::uint32_t duplicates_ = 0;
  std::uint32_t errors_ = 0;
  std::vector<bool> answered_;
  Duration least_ = Duration::max();
  Duration most_;
  std::int64_t sum_us_ = 0;
  double sum_of_squares_ = 0;
};

/// "0.214", "12.3", "145": milliseconds as ping prints them.
std::string milliseconds_text(Duration duration);

}  // namespace linnet::apps
