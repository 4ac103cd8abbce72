// SPDX-License-Identifier: Apache-2.0
// Campaign: many scenarios on several threads, and what they have seen together.
#pragma once

#include <functional>
#include <mutex>

#include "sim/run.hpp"

namespace linnet::sim {

struct CampaignOptions {
  std::uint64_t base = 1;          ///< the seed of scenario i is made of this and i
  std::uint64_t first = 0;         ///< i of the first
  std::uint64_t count = 1000;      ///< scenarios
  std::optional<Length> length{};  ///< nothing: mixed
  unsigned threads = 1;
  std::size_t most_failures = 10;  ///< then it ends
};

struct Failure {
  std::uint64_t seed = 0;
  std::uint64_t number = 0;  ///< i
  Length length = Length::brief;
  Outcome outcome{};
};

/// How much of something was exercised.
struct Coverage {
  std::string what;
  std::size_t exercised = 0;
  std::size_t all = 0;
};

struct CampaignTotals : Seen {
  std::uint64_t scenarios = 0;
  std::array<std::uint64_t, lengths> by_length{};
  std::uint64_t digest = 0;  ///< of all runs, whatever their order
  std::vector<Failure> failures{};

  std::vector<Coverage> coverage() const;
  void add(const Outcome& outcome, Length length);
  void add(const CampaignTotals& other);
};

/// The seed of scenario `number` of a campaign.
std::uint64_t campaign_seed(std::uint64_t base, std::uint64_t number);

/// Runs them. `over` is asked now and then (by any thread) whether to end early. The totals and the failures,
/// in the order of their numbers, do not depend on how many threads there are.
CampaignTotals run_campaign(const CampaignOptions& options,
                            const std::function<bool(std::uint64_t done)>& over);

/// What should have happened in so many scenarios and never did: faults, drop reasons, rules of the TCP monitor and cells
/// of its states and events (tcp_monitor_cells.hpp) that tests hope for.
std::vector<std::string> never_exercised(const CampaignTotals& totals);

}  // namespace linnet::sim
