// SPDX-License-Identifier: Apache-2.0
// Run: plays a scenario through its three phases. Chaos: faults happen. Heal: nothing is lost any more, and
// what is open must finish. Quiesce: programs are gone, and everything must be as in a fresh stack.
#pragma once

#include "sim/monitors.hpp"
#include "sim/scenario.hpp"

namespace linnet::sim {

/// What one run has seen, or many have together.
struct Seen {
  Duration simulated{};
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;   ///< that programs received, all of them right
  std::uint64_t broken = 0;  ///< connections that ended early
  std::uint64_t flows_judged = 0;  ///< by their goodput (L7)
  FaultCounts faults{};
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> drops{};
  std::array<std::uint64_t, Adversary::kinds> attacks{};
  MonitorCoverage monitors{};

  void add(const Seen& other);
};

/// What a run has seen and what it found.
struct Outcome : Seen {
  std::string problem{};  ///< empty: none
  std::string rule{};     ///< what was violated: S1, L2, or a monitor's
  Instant end{};
  std::uint64_t turns = 0;
  std::uint64_t fault_events = 0;
  std::uint64_t allocations = 0;  ///< takes of all pools after the set-up, where FailingAllocations counts them
  Digest::Value digest{};  ///< over everything that passed: two runs of one seed have the same

  bool ok() const { return problem.empty(); }
};

/// Runs it to its end. `watch`, if given, sees every frame.
Outcome run_scenario(const Scenario& scenario, Tap* watch = nullptr);

}  // namespace linnet::sim
