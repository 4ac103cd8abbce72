// SPDX-License-Identifier: Apache-2.0
// The monitors accept what our stack does, whatever the seed, and every rule that a scenario can reach is reached.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/test_scenario.hpp"
#include "tests/test_tcp_monitor.hpp"

namespace linnet::test {
namespace {

struct Coverage {
  sim::TcpCells cells{};
  std::array<std::uint64_t, sim::tcp_rules> rules{};
  std::uint64_t segments = 0;

  void add(const sim::TcpMonitor& monitor) {
    for (std::size_t s = 0; s < sim::tcp_states; ++s) {
      for (std::size_t e = 0; e < sim::tcp_events; ++e) cells[s][e] += monitor.cells()[s][e];
    }
    for (std::size_t r = 0; r < sim::tcp_rules; ++r) rules[r] += monitor.exercised()[r];
    segments += monitor.segments();
  }
  /// A rule that nothing puts to the test says nothing, nor does a state that no connection is in. Left out are those
  /// that need a hostile peer, or rare chances.
  void expect_not_vacuous() const {
    for (std::size_t r = 0; r < sim::tcp_rules; ++r) {
      const auto rule = static_cast<sim::TcpRule>(r);
      const bool rare = rule == sim::TcpRule::timeout_burst || rule == sim::TcpRule::reset_challenged ||
                        rule == sim::TcpRule::syn_challenged;
      if (rare) continue;
      EXPECT_GT(rules[r], 0u) << rule_id(rule);
    }
    for (std::size_t s = 0; s < sim::tcp_states; ++s) {
      std::uint64_t seen = 0;
      for (const std::uint64_t cell : cells[s]) seen += cell;
      EXPECT_GT(seen, 0u) << name_of(static_cast<sim::TcpState>(s));
    }
  }
  void print() const {
    std::printf("%llu segments\n", static_cast<unsigned long long>(segments));
    for (std::size_t r = 0; r < sim::tcp_rules; ++r) {
      std::printf("%-24s %llu\n", std::string(rule_id(static_cast<sim::TcpRule>(r))).c_str(),
                  static_cast<unsigned long long>(rules[r]));
    }
    for (std::size_t s = 0; s < sim::tcp_states; ++s) {
      std::printf("%-12s", std::string(name_of(static_cast<sim::TcpState>(s))).c_str());
      for (const std::uint64_t cell : cells[s]) std::printf(" %8llu", static_cast<unsigned long long>(cell));
      std::printf("\n");
    }
  }
};

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 0);
}

Scenario scenario_of(std::uint64_t seed) {
  Scenario scenario = make_scenario(seed);
  // A busy link delays what is due: this one seldom is.
  scenario.link.frames_under_way = 1024;
  scenario.link.wire.queue_length = 1024;
  return scenario;
}

TEST(TcpMonitorSeeds, our_stack_breaks_no_rule) {
  const std::uint64_t first = number_of("LINNET_SEED", 1);
  const std::uint64_t count = number_of("LINNET_SEEDS", std::getenv("LINNET_SEED") != nullptr ? 1 : 200);
  Coverage coverage;
  unsigned failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 5; ++seed) {
    MonitoredCapture monitors;
    const Scenario scenario = scenario_of(seed);
    run_scenario(scenario, &monitors);
    const unsigned failures_before = failures;
    for (const sim::TcpMonitor* monitor : {&monitors.left(), &monitors.right()}) {
      coverage.add(*monitor);
      if (!monitor->violation()) continue;
      ++failures;
      ADD_FAILURE() << "seed " << seed << (monitor == &monitors.left() ? ", left: " : ", right: ")
                    << monitor->violation()->rule << ": " << monitor->violation()->text;
    }
    if (failures == failures_before) continue;
    CaptureFile file("build/failures/tcp_monitor_" + std::to_string(seed) + ".pcapng");
    run_scenario(scenario, &file);
  }
  if (std::getenv("LINNET_COVERAGE") != nullptr) coverage.print();
  if (count >= 200 && failures == 0) coverage.expect_not_vacuous();
}

}  // namespace
}  // namespace linnet::test
