// SPDX-License-Identifier: Apache-2.0
#include "apps/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "apps/text.hpp"

namespace linnet::apps {

std::string progress_text(std::uint64_t done, std::optional<std::uint64_t> total, Duration elapsed) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(elapsed.as_microseconds(), 1)) / 1e6;
  const double rate = static_cast<double>(done) / seconds;
  const std::string speed = human_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (!total || *total == 0) return fmt::format("{}, {}", human_size(done), speed);
  constexpr std::size_t width = 24;
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
  const auto filled = static_cast<std::size_t>(share * width);
  std::string bar(filled, '=');
  if (filled < width) bar += '>';
  bar.resize(width, ' ');
  const double left = rate > 0 ? static_cast<double>(*total - std::min(done, *total)) / rate : 0;
  return fmt::format("{:3.0f}% [{}] {} of {}, {}, {:.0f} s left", share * 100, bar, human_size(done),
                     human_size(*total), speed, left);
}

Progress::Progress(bool wanted, Instant now)
    : shown_(wanted && isatty(STDERR_FILENO) == 1), began_(now), next_(now) {}

void Progress::update(std::uint64_t done, std::optional<std::uint64_t> total, Instant now) {
  if (!shown_ || now < next_) return;
  next_ = now + Duration::milliseconds(100);
  drawn_ = true;
  fmt::print(stderr, "\r{}\x1b[K", progress_text(done, total, now - began_));
  std::fflush(stderr);
}

void Progress::clear() {
  if (!drawn_) return;
  drawn_ = false;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace linnet::apps
