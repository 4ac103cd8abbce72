// SPDX-License-Identifier: Apache-2.0
// One scenario of transfers between two stacks, made from a seed and nothing else.
#pragma once

#include <optional>
#include <vector>

#include "tests/test_transfer.hpp"

namespace linnet::test {

struct Pair {
  bool client_is_left = true;
  SideConfig client;
  SideConfig server;
  tcp::Options client_options;
  tcp::Options server_options;
  Duration begins{};  ///< after the world's start
};

struct Scenario {
  std::uint64_t seed = 0;
  Config left;
  Config right;
  sim::LinkConfig link;
  Instant start;
  Duration chaos;  ///< how long the faults last
  std::uint32_t bytes_before_wrap =
      0;  ///< not 0: the first connection's sequence numbers pass 2^32 that soon
  std::vector<Pair> pairs;
};

struct Outcome {
  bool ok = false;
  std::string problem;
  std::uint64_t turns = 0;
  std::uint64_t bytes = 0;
  unsigned resets = 0;
  Instant end;
  ImpairModel::Counters to_right;
  ImpairModel::Counters to_left;
  std::uint64_t drops = 0;
};

/// The scenario of a seed: every fault, setting and size is drawn from it, each fault with an even chance.
Scenario make_scenario(std::uint64_t seed);
/// Runs it to its end, when everything must be as in a fresh stack. With a `sink`, captures both ends.
Outcome run_scenario(const Scenario& scenario, ByteSink* sink = nullptr);

}  // namespace linnet::test
