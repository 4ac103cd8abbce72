// SPDX-License-Identifier: Apache-2.0
#include "sim/monitors.hpp"

#include <algorithm>
#include <utility>

namespace linnet::sim {

namespace {

FrameCheckerConfig frame_config(const Scenario& scenario, unsigned machine, const MacAddress& mac) {
  FrameCheckerConfig config;
  config.mac = mac.bytes;
  const ip::Config& its = scenario.machines[machine].stack.ip;
  config.ipv6 = scenario.ipv6;
  config.dad_transmits = its.duplicate_detection_transmits;
  config.optimistic = its.optimistic_detection;
  config.lateness = scenario.pauses_of(machine);
  return config;
}

AddressUse use_of(const ip::Config& config) {
  return config.duplicate_detection_transmits == 0 ? AddressUse::usable
         : config.optimistic_detection             ? AddressUse::optimistic
                                                   : AddressUse::tentative;
}

TcpMonitorConfig tcp_config(const Scenario& scenario, unsigned machine, bool first_boot) {
  const MachineConfig& its = scenario.machines[machine];
  TcpMonitorConfig config;
  config.from_the_start = first_boot;
  config.initial_window = std::max<std::uint16_t>(its.stack.tcp.initial_window, 10);
  config.rto_min = its.stack.tcp.minimum_rto;
  config.rto_max = its.stack.tcp.maximum_rto;
  config.lateness = its.clock.granularity;
  config.rounds_up = true;
  config.tells_duplicates = its.stack.tcp.duplicate_sack;
  config.gathers = true;
  config.keeps_alive = false;
  for (const TcpPlan& plan : scenario.transfers) {
    for (const tcp::Options& options : {plan.client_options, plan.server_options}) {
      config.gathers = config.gathers && !options.no_delay;
      config.keeps_alive = config.keeps_alive || options.keepalive;
    }
  }
  return config;
}

/// The TCP monitor takes it that a host is polled in time, keeps its addresses and its memory, and that what
/// it sends leaves at once: nothing waits for a neighbour. Where that is not so, it would accuse right
/// stacks.
bool tcp_can_be_judged(const Scenario& scenario) {
  constexpr std::array unpredictable{Fault::clock,     Fault::address, Fault::peer_crash, Fault::flap,
                                     Fault::own_crash, Fault::driver,  Fault::pool};
  return scenario.acquainted && !scenario.services.dhcp && !scenario.forgeable &&
         std::none_of(unpredictable.begin(), unpredictable.end(),
                      [&](Fault f) { return scenario.faults.has(f); });
}

/// What is received may wait for a host that is paused, and what it sends may not leave, or nobody asked for it: a
/// name that is given up and wanted again with an address begins anew at once.
MdnsMonitorConfig mdns_config(const Scenario& scenario) {
  constexpr std::array unpredictable{Fault::clock, Fault::address, Fault::flap, Fault::driver, Fault::pool};
  return {.timing = !scenario.adversary.present && std::none_of(unpredictable.begin(), unpredictable.end(),
                                                                [&](Fault f) { return scenario.faults.has(f); })};
}

/// What has come to a host gets to its client, but where there may be no memory for it, no address, or lies.
SntpMonitorConfig sntp_config(const Scenario& scenario, unsigned machine, const MacAddress& mac) {
  constexpr std::array unpredictable{Fault::address, Fault::flap, Fault::pool};
  return {.mac = mac.bytes,
          .interval = scenario.services.sntp_interval,
          .kisses = !scenario.adversary.present && std::none_of(unpredictable.begin(), unpredictable.end(),
                                                                [&](Fault f) { return scenario.faults.has(f); }),
          .serves = scenario.serves_time(machine),
          .lateness = scenario.pauses_of(machine)};
}

DhcpMonitorConfig dhcp_config(const Scenario& scenario, unsigned machine, const MacAddress& mac) {
  constexpr std::array unpredictable{Fault::clock, Fault::address, Fault::flap, Fault::driver, Fault::pool};
  DhcpMonitorConfig config{.mac = mac.bytes,
                           .timing = !scenario.adversary.present &&
                                     std::none_of(unpredictable.begin(), unpredictable.end(),
                                                  [&](Fault f) { return scenario.faults.has(f); }),
                           .lateness = scenario.pauses_of(machine)};
  if (scenario.services.pool == 0 || machine + 2 != scenario.machines.size() || scenario.forgeable) return config;
  config.pool_first = Scenario::pool_address(0).v4_value();
  config.pool_last = config.pool_first + scenario.services.pool - 1;
  return config;
}

}  // namespace

void MonitorCoverage::add(const MonitorCoverage& other) {
  for (std::size_t s = 0; s < tcp_states; ++s) {
    for (std::size_t e = 0; e < tcp_events; ++e) cells[s][e] += other.cells[s][e];
  }
  for (std::size_t i = 0; i < tcp_rules; ++i) tcp_rules_exercised[i] += other.tcp_rules_exercised[i];
  for (std::size_t i = 0; i < mdns_rules; ++i) mdns_rules_exercised[i] += other.mdns_rules_exercised[i];
  for (std::size_t i = 0; i < sntp_rules; ++i) sntp_rules_exercised[i] += other.sntp_rules_exercised[i];
  for (std::size_t i = 0; i < dhcp_rules; ++i) dhcp_rules_exercised[i] += other.dhcp_rules_exercised[i];
  frames_checked += other.frames_checked;
  segments_judged += other.segments_judged;
}

MachineMonitors::MachineMonitors(const Scenario& scenario, unsigned machine, const MacAddress& mac,
                                 const DropCounters& drops, bool first_boot)
    : drops_(drops),
      frames_(frame_config(scenario, machine, mac)),
      use_v6_(use_of(scenario.machines[machine].stack.ip)),
      judges_tcp_(tcp_can_be_judged(scenario)),
      tcp_(tcp_config(scenario, machine, first_boot)),
      mdns_(mdns_config(scenario)) {
  if (scenario.services.sntp) sntp_.emplace(sntp_config(scenario, machine, mac));
  if (scenario.services.dhcp) dhcp_.emplace(dhcp_config(scenario, machine, mac));
}

void MachineMonitors::sent(Bytes frame, const Moment& at) {
  const auto violation = frames_.sent(frame, at.local);
  if (violation && !finding_) finding_ = {violation->rule, violation->text};
  if (judges_tcp_) tcp_.sent(frame, at.local);
  if (drops_.of(Drop::udp_queue_full) != 0) mdns_.no_room();
  mdns_.sent(frame, at.local);
  if (sntp_) sntp_->sent(frame, at.local);
  if (dhcp_) dhcp_->sent(frame, at.local);
}

void MachineMonitors::received(Bytes frame, const Moment& at) {
  frames_.received(frame, at.local);
  if (judges_tcp_) tcp_.received(frame, at.local);
  mdns_.received(frame, at.local);
  if (sntp_) sntp_->received(frame, at.local);
  if (dhcp_) dhcp_->received(frame, at.local);
}

std::optional<MonitorFinding> MachineMonitors::take_finding() {
  if (!finding_ && tcp_.violation()) finding_ = {tcp_.violation()->rule, tcp_.violation()->text};
  if (!finding_ && mdns_.violation()) finding_ = {mdns_.violation()->rule, mdns_.violation()->text};
  if (!finding_ && sntp_ && sntp_->violation()) finding_ = {sntp_->violation()->rule, sntp_->violation()->text};
  if (!finding_ && dhcp_ && dhcp_->violation()) finding_ = {dhcp_->violation()->rule, dhcp_->violation()->text};
  return finding_;
}

void MachineMonitors::add_to(MonitorCoverage& coverage) const {
  MonitorCoverage mine;
  mine.cells = tcp_.cells();
  mine.tcp_rules_exercised = tcp_.exercised();
  mine.mdns_rules_exercised = mdns_.exercised();
  if (sntp_) mine.sntp_rules_exercised = sntp_->exercised();
  if (dhcp_) mine.dhcp_rules_exercised = dhcp_->exercised();
  mine.frames_checked = frames_.frames();
  mine.segments_judged = tcp_.segments();
  coverage.add(mine);
}

}  // namespace linnet::sim
