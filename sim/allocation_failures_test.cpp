// SPDX-License-Identifier: Apache-2.0
// The k-th take of a pool fails, for every k until a scenario has no more of them: no monitor speaks, what is
// open goes on or ends with an error, and in the end the pools are full and everything is as in a fresh
// stack.
//
// LINNET_SEED=s LINNET_K=k LINNET_ROW=n plays that one only; LINNET_MEDIUM=1 with a medium scenario.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "sim/run.hpp"

namespace linnet::sim {
namespace {

/// What may happen when memory is short: a connection ends, a datagram is lost. Who has forgotten something
/// is not judged by what a host with memory would have done.
Scenario short_of_memory(std::uint64_t seed, Length length) {
  Scenario scenario = make_scenario(seed, length);
  scenario.faults.add(Fault::pool);  // the TCP monitor takes it that what arrives is received
  scenario.breakable = true;
  for (TcpPlan& plan : scenario.transfers) {
    for (SideConfig* side : {&plan.client_side, &plan.server_side}) side->may_break = true;
    // A reset that found no memory leaves a peer that only a probe tells.
    for (tcp::Options* options : {&plan.client_options, &plan.server_options}) options->keepalive = true;
  }
  return scenario;
}

struct Sweep {
  std::uint64_t scenarios = 0;
  std::uint64_t runs = 0;
  std::uint64_t broken = 0;  ///< runs in which a connection ended early that did not without the failure
  std::uint64_t failed = 0;
};

void expect_good(const Outcome& outcome, const Scenario& scenario, Sweep& sweep) {
  if (outcome.ok()) return;
  if (++sweep.failed > 5) return;
  ADD_FAILURE() << outcome.rule << ": " << outcome.problem << "\nagain: LINNET_SEED=" << scenario.seed
                << " LINNET_K=" << scenario.failing_allocation << " LINNET_ROW=" << scenario.failing_in_a_row
                << (scenario.length == Length::medium ? " LINNET_MEDIUM=1" : "");
}

/// One in `step` of the takes, each with so many failures in a row.
void sweep_scenario(std::uint64_t seed, Length length, std::uint64_t in_a_row, std::uint64_t step,
                    Sweep& sweep) {
  Scenario scenario = short_of_memory(seed, length);
  scenario.failing_in_a_row = in_a_row;
  const Outcome whole = run_scenario(scenario);
  expect_good(whole, scenario, sweep);
  ++sweep.scenarios;
  // A run may have more takes than the first had: it ends when the k-th never comes.
  for (std::uint64_t k = 1 + seed % step;; k += step) {
    scenario.failing_allocation = k;
    const Outcome outcome = run_scenario(scenario);
    ++sweep.runs;
    expect_good(outcome, scenario, sweep);
    if (outcome.broken > whole.broken) ++sweep.broken;
    if (outcome.allocations < k) break;
  }
}

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 0);
}

void sweep_all(std::uint64_t count, std::uint64_t first, Length length, std::uint64_t in_a_row,
               std::uint64_t step) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "only a build with sanitizers lets allocations fail";
  Sweep sweep;
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    sweep_scenario(seed, length, in_a_row, step, sweep);
  std::printf("%llu scenarios, %llu runs, %llu with a connection ended by it, %llu failed\n",
              static_cast<unsigned long long>(sweep.scenarios), static_cast<unsigned long long>(sweep.runs),
              static_cast<unsigned long long>(sweep.broken), static_cast<unsigned long long>(sweep.failed));
  EXPECT_GT(sweep.runs, sweep.scenarios * 10);
  EXPECT_EQ(sweep.failed, 0u);
}

TEST(AllocationFailures, each_one_in_short_scenarios) { sweep_all(6, 101, Length::brief, 1, 1); }

TEST(AllocationFailuresHeavy, each_one_in_sixty_scenarios) {
  if (const std::uint64_t seed = number_of("LINNET_SEED", 0)) {
    Scenario scenario =
        short_of_memory(seed, number_of("LINNET_MEDIUM", 0) != 0 ? Length::medium : Length::brief);
    scenario.failing_allocation = number_of("LINNET_K", 0);
    scenario.failing_in_a_row = number_of("LINNET_ROW", 1);
    const Outcome outcome = run_scenario(scenario);
    EXPECT_TRUE(outcome.ok()) << outcome.rule << ": " << outcome.problem;
    std::printf("%llu takes\n", static_cast<unsigned long long>(outcome.allocations));
    return;
  }
  sweep_all(number_of("LINNET_SEEDS", 60), 1, Length::brief, 1, 1);
}

TEST(AllocationFailuresHeavy, four_in_a_row_in_sixty_scenarios) {
  sweep_all(number_of("LINNET_SEEDS", 60), 1001, Length::brief, 4, 3);
}

TEST(AllocationFailuresHeavy, some_in_scenarios_with_services) { sweep_all(10, 1, Length::medium, 1, 101); }

}  // namespace
}  // namespace linnet::sim
