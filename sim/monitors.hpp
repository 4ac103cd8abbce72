// SPDX-License-Identifier: Apache-2.0
// Monitors: everything that judges a scenario's machines by what passes at their ports.
#pragma once

#include "sim/dhcp_monitor.hpp"
#include "sim/frame_checker.hpp"
#include "sim/lan.hpp"
#include "sim/mdns_monitor.hpp"
#include "sim/scenario.hpp"
#include "sim/sntp_monitor.hpp"
#include "sim/tcp_monitor.hpp"

namespace linnet::sim {

/// What the monitors have seen, for a campaign's totals.
struct MonitorCoverage {
  TcpCells cells{};
  std::array<std::uint64_t, tcp_rules> tcp_rules_exercised{};
  std::array<std::uint64_t, mdns_rules> mdns_rules_exercised{};
  SntpJudge::Exercised sntp_rules_exercised{};
  DhcpJudge::Exercised dhcp_rules_exercised{};
  std::uint64_t frames_checked = 0;
  std::uint64_t segments_judged = 0;

  void add(const MonitorCoverage& other);
};

struct MonitorFinding {
  std::string rule{};
  std::string text{};
};

/// Of one machine, from one boot to the next.
class MachineMonitors {
 public:
  /// `drops` are the machine's own; `first_boot`: nobody knew it before.
  MachineMonitors(const Scenario& scenario, unsigned machine, const MacAddress& mac,
                  const DropCounters& drops, bool first_boot);
  void sent(Bytes frame, const Moment& at);
  void received(Bytes frame, const Moment& at);
  /// The stack was polled.
  void turn(Instant local) { tcp_.turn(local); }
  /// The transmit ring was full.
  void busy(Instant local) {
    tcp_.busy(local);
    if (sntp_) sntp_->busy(local);
  }
  /// Of IPv4 in a /24 and usable at once, of IPv6 in a /64 and probed as the machine is configured to.
  void address_added(const IpAddress& address) {
    if (address.is_v4()) return frames_.address_added(address.v4_value(), 24);
    frames_.address_added_v6(address.bytes(), 64, use_v6_);
  }
  void address_removed(const IpAddress& address) {
    if (address.is_v4()) return frames_.address_removed(address.v4_value());
    frames_.address_removed_v6(address.bytes());
  }
  void link_came_up() {
    frames_.link_came_up();
    mdns_.link_came_up();
    if (dhcp_) dhcp_->link_came_up();
  }
  /// Null where nobody has the time.
  SntpMonitor* sntp() { return sntp_ ? &*sntp_ : nullptr; }
  /// The first violation, once.
  std::optional<MonitorFinding> take_finding();
  void add_to(MonitorCoverage& coverage) const;

 private:
  const DropCounters& drops_;
  FrameChecker frames_;
  AddressUse use_v6_;
  bool judges_tcp_;
  TcpMonitor tcp_;
  MdnsMonitor mdns_;
  std::optional<SntpMonitor> sntp_;
  std::optional<DhcpMonitor> dhcp_;
  std::optional<MonitorFinding> finding_;
};

}  // namespace linnet::sim
