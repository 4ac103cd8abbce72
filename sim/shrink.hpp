// SPDX-License-Identifier: Apache-2.0
// Shrinking: the smallest part of a scenario that still violates the same rule.
#pragma once

#include <functional>

#include "sim/run.hpp"

namespace linnet::sim {

struct Shrunk {
  Omissions omissions{};
  Outcome outcome{};
  std::uint64_t runs = 0;
};

/// Leaves out faults, programs, sizes and single fault events, as long as what is left violates the rule that
/// the whole scenario did. `over`: asked before each run whether to end. The scenario must fail.
Shrunk shrink(std::uint64_t seed, Length length, const Omissions& begin, const std::function<bool()>& over);
/// The options of `linnet sim` that play it: "--seed 1 --length short --without F1,F5 ...".
std::string replay_options(std::uint64_t seed, Length length, const Omissions& omissions);

}  // namespace linnet::sim
