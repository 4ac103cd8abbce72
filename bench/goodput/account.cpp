// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "bench/goodput/ends.hpp"
#include "bench/measure.hpp"

namespace linnet::bench {

std::atomic<bool> asked_to_end{false};

void Account::accepted() { begun_ = last_ = wall_seconds(); }

void Account::got(std::size_t count) {
  last_ = wall_seconds();
  // Before these bytes are counted: a tenth that has passed had only those before them.
  const auto passed = static_cast<std::size_t>((last_ - begun_) * 10);
  tenths_.resize(std::max(passed, tenths_.size()), bytes_);
  bytes_ += count;
}

double Account::elapsed() const { return wall_seconds() - begun_; }

void Account::print(std::uint64_t wanted) {
  const bool complete = bytes_ >= wanted;
  const double seconds = begun_ == 0 ? 0 : complete ? last_ - begun_ : elapsed();
  tenths_.resize(std::max(static_cast<std::size_t>(seconds * 10), tenths_.size()), bytes_);
  fmt::print("{{\"bytes\": {}, \"seconds\": {:.6f}, \"complete\": {}, \"accepted\": {:.6f}, \"tenths\": [{}]}}\n", bytes_,
             seconds, complete, begun_, fmt::join(tenths_, ", "));
  std::fflush(stdout);
}

}  // namespace linnet::bench
