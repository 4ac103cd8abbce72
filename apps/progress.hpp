// SPDX-License-Identifier: Apache-2.0
// A line on the terminal that shows how far a transfer is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.hpp"

namespace linnet::apps {

/// "45% [=========>          ] 28.8 MiB of 64.0 MiB, 95.3 MiB/s, 1 s left"; without `total`, only what is
/// known.
std::string progress_text(std::uint64_t done, std::optional<std::uint64_t> total, Duration elapsed);

/// Writes to stderr, and only if that is a terminal; at most ten times a second.
class Progress {
 public:
  Progress(bool wanted, Instant now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void update(std::uint64_t done, std::optional<std::uint64_t> total, Instant now);
  void clear();

 private:
  bool shown_;
  bool drawn_ = false;
  Instant began_;
  Instant next_;
};

}  // namespace linnet::apps
