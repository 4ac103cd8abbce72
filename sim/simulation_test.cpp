// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.hpp"

#include <gtest/gtest.h>

namespace linnet::sim {
namespace {

TEST(SimulatedClock, WorldIsTheFirstMicrosecondAtWhichTheClockShowsThatMuch) {
  Choices choices(1, "clock test");
  for (const std::int32_t skew : {-500, -37, 0, 1, 500}) {
    for (const std::int64_t grain : {1, 1000, 10000, 250000}) {
      const Instant start = Instant::from_microseconds(5000000);
      Simulation simulation(start, 1);
      MachineConfig config;
      config.clock.skew_ppm = skew;
      config.clock.granularity = Duration::microseconds(grain);
      config.clock.start = Instant::from_microseconds(std::int64_t{1} << 32);
      const Machine& machine = simulation.add_machine(config, 1);
      for (int i = 0; i < 200; ++i) {
        const std::int64_t passed =
            static_cast<std::int64_t>(choices.between(1, std::uint64_t{30} * 86400 * 1000000));
        const Instant wanted = config.clock.start + Duration::microseconds(passed >> choices.between(0, 40));
        const Instant at = machine.world(wanted);
        ASSERT_GE(machine.local(at), wanted) << skew << " ppm, " << grain << " us";
        if (at == start) continue;  // its clock shows nothing of before the world
        ASSERT_LT(machine.local(at - Duration::microseconds(1)), wanted)
            << skew << " ppm, " << grain << " us";
      }
    }
  }
}

}  // namespace
}  // namespace linnet::sim
