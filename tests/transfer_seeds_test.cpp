// SPDX-License-Identifier: Apache-2.0
// Two stacks in one process over an impaired wire: whatever the seed, every byte is right, every reset was
// asked for, and in the end the pools are full and the state is that of a fresh stack.
//
// LINNET_SEEDS=n runs that many seeds, LINNET_SEED=s begins with (alone: runs only) seed s. A seed that fails
// leaves build/failures/transfer_<seed>.pcapng.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/test_scenario.hpp"

namespace linnet::test {
namespace {

std::optional<std::uint64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 0);
}

void capture(const Scenario& scenario) {
  const std::string path = "build/failures/transfer_" + std::to_string(scenario.seed) + ".pcapng";
  CaptureFile file(path);
  run_scenario(scenario, &file);
  std::printf("capture of seed %llu: %s\n", static_cast<unsigned long long>(scenario.seed), path.c_str());
}

struct Totals {
  std::uint64_t bytes = 0;
  std::uint64_t resets = 0;
  std::uint64_t wraps = 0;
  ImpairModel::Counters faults;

  void add(const Scenario& scenario, const Outcome& outcome) {
    bytes += outcome.bytes;
    resets += outcome.resets;
    wraps += scenario.bytes_before_wrap != 0 ? 1 : 0;
    for (const ImpairModel::Counters& c : {outcome.to_right, outcome.to_left}) {
      faults.packets += c.packets;
      faults.lost += c.lost;
      faults.burst += c.burst;
      faults.overflow += c.overflow;
      faults.reordered += c.reordered;
      faults.duplicated += c.duplicated;
      faults.corrupted += c.corrupted;
    }
  }
};

void run_seeds(std::uint64_t first, std::uint64_t count) {
  Totals totals;
  unsigned failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 10; ++seed) {
    const Scenario scenario = make_scenario(seed);
    const Outcome outcome = run_scenario(scenario);
    totals.add(scenario, outcome);
    if (outcome.ok) continue;
    ++failures;
    ADD_FAILURE() << "seed " << seed << ": " << outcome.problem << "\nagain: LINNET_SEED=" << seed;
    capture(scenario);
  }
  std::printf(
      "%llu seeds: %llu bytes, %llu packets, %llu lost, %llu in bursts, %llu overflowed, %llu reordered, "
      "%llu duplicated, %llu corrupted, %llu resets seen\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(totals.bytes),
      static_cast<unsigned long long>(totals.faults.packets),
      static_cast<unsigned long long>(totals.faults.lost),
      static_cast<unsigned long long>(totals.faults.burst),
      static_cast<unsigned long long>(totals.faults.overflow),
      static_cast<unsigned long long>(totals.faults.reordered),
      static_cast<unsigned long long>(totals.faults.duplicated),
      static_cast<unsigned long long>(totals.faults.corrupted),
      static_cast<unsigned long long>(totals.resets));
  if (count < 100) return;
  // A fault that never happens tests nothing.
  EXPECT_GT(totals.bytes, count * 1000);
  for (const std::uint64_t seen :
       {totals.faults.lost, totals.faults.burst, totals.faults.overflow, totals.faults.reordered,
        totals.faults.duplicated, totals.faults.corrupted, totals.resets, totals.wraps}) {
    EXPECT_GT(seen, 0u);
  }
}

TEST(TransferSeeds, some_hundred_seeds) {
  if (const auto seed = number_of("LINNET_SEED"))
    return run_seeds(*seed, number_of("LINNET_SEEDS").value_or(1));
  run_seeds(1, 300);
}

TEST(TransferSeedsHeavy, ten_thousand_seeds) {
  if (number_of("LINNET_SEED")) GTEST_SKIP() << "one seed was asked for";
  run_seeds(1, number_of("LINNET_SEEDS").value_or(10000));
}

TEST(TransferSeeds, the_same_seed_is_the_same_run) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Outcome once = run_scenario(make_scenario(seed));
    const Outcome again = run_scenario(make_scenario(seed));
    EXPECT_EQ(once.turns, again.turns) << seed;
    EXPECT_EQ(once.end, again.end) << seed;
    EXPECT_EQ(once.bytes, again.bytes) << seed;
    EXPECT_EQ(once.drops, again.drops) << seed;
    EXPECT_EQ(once.to_left.bytes, again.to_left.bytes) << seed;
  }
}

}  // namespace
}  // namespace linnet::test
