// SPDX-License-Identifier: Apache-2.0
// What `linnet sim` was asked for.
#pragma once

#include <optional>
#include <string>

#include "sim/campaign.hpp"

namespace CLI {
class App;
}

namespace linnet::apps {

struct SimOptions {
  // one scenario
  std::optional<std::uint64_t> seed{};
  sim::Omissions omissions{};
  bool trace = false;
  bool watch = false;
  bool shrink = false;
  std::string page{};     ///< file
  std::string capture{};  ///< file
  // many
  std::optional<std::uint64_t> seconds{};  ///< how long a campaign lasts
  std::optional<std::uint64_t> count{};
  std::string regressions{};  ///< file
  std::uint64_t base = 1;
  std::uint64_t first = 0;
  unsigned jobs = 0;                      ///< 0: as many as there are processors
  std::string failures = "sim-failures";  ///< folder; empty: none
  bool allow_gaps = false;
  bool until_failure = false;
  bool quiet = false;
  // both
  std::optional<sim::Length> length{};
};

void add_sim_options(CLI::App& command, SimOptions& options);
/// "0x1f" or "31".
std::optional<std::uint64_t> parse_seed(std::string_view text);

}  // namespace linnet::apps
