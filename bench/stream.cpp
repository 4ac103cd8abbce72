// SPDX-License-Identifier: Apache-2.0
#include "bench/stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace linnet::bench {

void Sink::compare(std::size_t count) {
  expected_.resize(count);
  apps::fill_pattern(expected_, total_);
  const auto [wrong, right] = std::mismatch(expected_.begin(), expected_.end(), bytes_.begin());
  if (wrong == expected_.end()) return;
  const auto at = total_ + static_cast<std::uint64_t>(wrong - expected_.begin());
  throw Failure(fmt::format("byte {} is {:#04x}, but {:#04x} was sent", at, *right, *wrong));
}

void require_equal(std::uint64_t sent, std::uint64_t received) {
  if (sent != received) throw Failure(fmt::format("{} bytes were sent, but {} arrived", sent, received));
}

}  // namespace linnet::bench
