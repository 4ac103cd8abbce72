// SPDX-License-Identifier: Apache-2.0
// What tools/differential builds by several compilers: plays scenarios of the simulator and prints what came of each, so
// that two builds that do the same say the same.
//
//   runner FIRST COUNT LENGTH    scenarios FIRST to FIRST + COUNT - 1 of a campaign; LENGTH short, medium, long, soak or flow
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "sim/campaign.hpp"

int main(int count_of_arguments, char** arguments) {
  using namespace linnet;
  const auto length = count_of_arguments == 4 ? sim::length_named(arguments[3]) : std::nullopt;
  if (!length) {
    std::fputs("usage: runner FIRST COUNT short|medium|long|soak|flow\n", stderr);
    return 2;
  }
  const std::uint64_t first = std::strtoull(arguments[1], nullptr, 10);
  const std::uint64_t count = std::strtoull(arguments[2], nullptr, 10);
  for (std::uint64_t number = first; number < first + count; ++number) {
    const std::uint64_t seed = sim::campaign_seed(1, number);
    const sim::Outcome outcome = sim::run_scenario(sim::make_scenario(seed, *length));
    Digest drops;
    for (const std::uint64_t reason : outcome.drops) drops.add(reason);
    std::printf("0x%016" PRIx64 " digest %016" PRIx64 "%016" PRIx64 " turns %" PRIu64 " frames %" PRIu64 " bytes %" PRIu64
                " drops %016" PRIx64 " end %" PRId64 " %s\n",
                seed, outcome.digest.high, outcome.digest.low, outcome.turns, outcome.frames, outcome.bytes,
                drops.value().high, outcome.end.as_microseconds(), outcome.ok() ? "ok" : outcome.rule.c_str());
  }
  return 0;
}
