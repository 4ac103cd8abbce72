// SPDX-License-Identifier: Apache-2.0
// Scenarios of the simulator, some of each length: whatever the seed, every byte is right, nothing is
// immortal, and in the end everything is as in a fresh stack. Campaigns are `linnet sim`'s.
//
// LINNET_SEED=s plays that seed only, LINNET_SEEDS=n so many of a campaign.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/campaign.hpp"
#include "sim/shrink.hpp"

namespace linnet::test {
namespace {

using sim::CampaignTotals;
using sim::Length;
using sim::Outcome;

std::optional<std::uint64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::strtoull(text, nullptr, 0);
}

void play(std::uint64_t count, std::optional<Length> length) {
  const CampaignTotals totals = sim::run_campaign({.base = 20261126, .count = count, .length = length},
                                                  [](std::uint64_t) { return false; });
  for (const sim::Failure& failure : totals.failures) {
    ADD_FAILURE() << failure.outcome.rule << ": " << failure.outcome.problem << "\nagain: linnet sim "
                  << sim::replay_options(failure.seed, failure.length, {});
  }
  EXPECT_EQ(totals.scenarios, count);
  EXPECT_GT(totals.bytes, count * 100);
}

TEST(SimSeeds, short_ones) {
  if (const auto seed = number_of("LINNET_SEED")) {
    const Length length = sim::length_of(*seed);
    const Outcome outcome = sim::run_scenario(sim::make_scenario(*seed, length));
    EXPECT_TRUE(outcome.ok()) << outcome.rule << ": " << outcome.problem;
    return;
  }
  play(number_of("LINNET_SEEDS").value_or(1500), Length::brief);
}

TEST(SimSeeds, medium_ones) { play(30, Length::medium); }

TEST(SimSeeds, hours) { play(1, Length::longer); }

TEST(SimSeeds, flows) { play(100, Length::flow); }

TEST(SimSeedsHeavy, ten_thousand) { play(number_of("LINNET_SEEDS").value_or(10000), Length::brief); }

TEST(SimSeeds, the_same_seed_is_the_same_run) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Length length = seed % 25 == 0 ? Length::medium : Length::brief;
    const Outcome once = sim::run_scenario(sim::make_scenario(seed, length));
    const Outcome again = sim::run_scenario(sim::make_scenario(seed, length));
    EXPECT_EQ(once.digest, again.digest) << seed;
    EXPECT_EQ(once.turns, again.turns) << seed;
    EXPECT_EQ(once.end, again.end) << seed;
  }
}

TEST(SimSeeds, leaving_one_fault_out_leaves_the_others_as_they_are) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    sim::Omissions omissions;
    omissions.faults.add(sim::Fault::loss);
    const sim::Scenario whole = sim::make_scenario(seed, Length::brief);
    const sim::Scenario part = sim::make_scenario(seed, Length::brief, omissions);
    ASSERT_EQ(whole.machines.size(), part.machines.size());
    for (std::size_t i = 0; i < whole.machines.size(); ++i) {
      Impairments expected = whole.machines[i].faults.link;
      expected.loss = 0;
      EXPECT_EQ(part.machines[i].faults.link, expected) << seed;
    }
    EXPECT_EQ(whole.events.size(), part.events.size()) << seed;
    EXPECT_EQ(whole.transfers.size(), part.transfers.size()) << seed;
  }
}

TEST(SimSeeds, a_campaign_sees_every_fault) {
  const CampaignTotals totals = sim::run_campaign({.base = 7, .count = 600, .length = Length::brief},
                                                  [](std::uint64_t) { return false; });
  for (std::size_t i = 0; i < sim::fault_count; ++i) {
    const auto fault = static_cast<sim::Fault>(i);
    EXPECT_GT(totals.faults.of(fault), 0u) << sim::fault_text(fault);
  }
}

}  // namespace
}  // namespace linnet::test
