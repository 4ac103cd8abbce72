// SPDX-License-Identifier: Apache-2.0
// Choices: the only randomness of a simulated world.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/random.hpp"
#include "core/base/time.hpp"

namespace linnet::sim {

/// SplitMix64: the stream of one thing's choices, made from a seed and the thing's name, so that the choices
/// of one do not shift those of another.
class Choices {
 public:
  Choices(std::uint64_t seed, std::string_view name);
  std::uint64_t next();
  /// Uniform in [least, most].
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + next() % (most - least + 1);
  }
  /// Such that each power of two between has the same chance; `least` at least 1.
  std::uint64_t log_between(std::uint64_t least, std::uint64_t most);
  std::uint32_t log_between32(std::uint32_t least, std::uint32_t most) {
    return static_cast<std::uint32_t>(log_between(least, most));
  }
  bool chance(std::uint32_t percent) { return next() % 100 < percent; }
  bool chance_ppm(std::uint32_t ppm) { return next() % 1000000 < ppm; }
  /// Log-uniform, in microseconds.
  Duration time_between(Duration least, Duration most) {
    return Duration::microseconds(
        static_cast<std::int64_t>(log_between(static_cast<std::uint64_t>(least.as_microseconds()),
                                              static_cast<std::uint64_t>(most.as_microseconds()))));
  }

 private:
  std::uint64_t state_;
};

/// One word made of several, for seeds of things that have a number.
std::uint64_t mixed(std::uint64_t a, std::uint64_t b);
/// The seed of a stack's random numbers.
Random::Seed stack_seed(std::uint64_t seed);

}  // namespace linnet::sim
