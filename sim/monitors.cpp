// SPDX-License-Identifier: Apache-2.0
#include "sim/monitors.hpp"

#include <algorithm>
#include <utility>

namespace linnet::sim {

namespace {

FrameCheckerConfig frame_config(const MacAddress& mac) {
  FrameCheckerConfig config;
  config.mac = mac.bytes;
  return config;
}

TcpMonitorConfig tcp_config(const Scenario& scenario, unsigned machine, bool first_boot) {
  const MachineConfig& its = scenario.machines[machine];
  TcpMonitorConfig config;
  config.from_the_start = first_boot;
  config.initial_window = std::max<std::uint16_t>(its.stack.tcp.initial_window, 10);
  config.rto_min = its.stack.tcp.minimum_rto;
  config.lateness = its.clock.granularity;
  // Polled late, or out of turn, a host may do everything later.
  if (scenario.faults.has(Fault::clock)) config.lateness = config.lateness + Duration::seconds(60);
  config.every_second_segment = !scenario.faults.has(Fault::pool) && !scenario.faults.has(Fault::driver);
  return config;
}

}  // namespace

void MonitorCoverage::add(const MonitorCoverage& other) {
  for (std::size_t s = 0; s < tcp_states; ++s) {
    for (std::size_t e = 0; e < tcp_events; ++e) cells[s][e] += other.cells[s][e];
  }
  for (std::size_t i = 0; i < tcp_rules; ++i) tcp_rules_exercised[i] += other.tcp_rules_exercised[i];
  frames_checked += other.frames_checked;
  segments_judged += other.segments_judged;
}

MachineMonitors::MachineMonitors(const Scenario& scenario, unsigned machine, const MacAddress& mac, bool first_boot)
    : frames_(frame_config(mac)), tcp_(tcp_config(scenario, machine, first_boot)) {}

void MachineMonitors::sent(Bytes frame, const Moment& at) {
  const auto violation = frames_.sent(frame, at.local);
  if (violation && !finding_) finding_ = {violation->rule, violation->text};
  tcp_.sent(frame, at.local);
}

void MachineMonitors::received(Bytes frame, const Moment& at) {
  frames_.received(frame, at.local);
  tcp_.received(frame, at.local);
}

std::optional<MonitorFinding> MachineMonitors::take_finding() {
  if (!finding_ && tcp_.violation()) finding_ = {tcp_.violation()->rule, tcp_.violation()->text};
  return finding_;
}

void MachineMonitors::add_to(MonitorCoverage& coverage) const {
  MonitorCoverage mine;
  mine.cells = tcp_.cells();
  mine.tcp_rules_exercised = tcp_.exercised();
  mine.frames_checked = frames_.frames();
  mine.segments_judged = tcp_.segments();
  coverage.add(mine);
}

}  // namespace linnet::sim
