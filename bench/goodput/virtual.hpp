// SPDX-License-Identifier: Apache-2.0
// Transfers between two of our stacks in virtual time.
#pragma once

#include <cstdint>
#include <string>

namespace linnet::bench {

struct VirtualOptions {
  std::string forward{};   ///< faults of the data's direction: "loss=1%,delay=10ms"
  std::string backward{};  ///< and of the other
  std::uint64_t bytes = 0;
  double seconds = 10;
  std::uint64_t seed = 1;
  std::uint32_t buffer = 1024 * 1024;
  unsigned flows = 1;
  double stagger = 1;       ///< seconds between the flows' beginnings
  double spike_every = 0;   ///< seconds; 0: no spikes
  double spike_lasts = 0;
};

/// Prints a line of JSON. Throws Failure.
void run_virtual(const VirtualOptions& options);

}  // namespace linnet::bench
