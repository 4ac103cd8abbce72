// SPDX-License-Identifier: Apache-2.0
// Stage: what one run of a scenario is made of while it lasts. Setting it up is in stage_setup.cpp, its services are in
// stage_services.cpp, what must hold in stage_checks.cpp, what happens to it in chaos.cpp; run.cpp plays it from the first
// phase to the last.
#pragma once

#include <deque>

#include "sim/dhcps_host.hpp"
#include "sim/mdns_host.hpp"
#include "sim/run.hpp"
#include "sim/single_flow.hpp"
#include "sim/sntp_host.hpp"

namespace linnet::sim {

/// Everything that passes goes through here: into the run's digest, to the adversary, to who watches.
class Taps final : public Tap {
 public:
  explicit Taps(Tap* watch) : watch_(watch) {}
  void set_adversary(Adversary* adversary) { adversary_ = adversary; }
  void set_floor(GoodputFloor* floor) { floor_ = floor; }
  /// What judges the machine that is at a port; null while it is off.
  void set_monitors(std::size_t port, MachineMonitors* monitors) {
    if (monitors_.size() <= port) monitors_.resize(port + 1);
    monitors_[port] = monitors;
  }
  void sent(std::size_t port, Bytes frame, const Moment& at) override {
    passed_ =
        mixed(passed_ ^ static_cast<std::uint64_t>(at.world.as_microseconds()), port * 65536 + frame.size());
    if (frame.size() >= 42) passed_ = mixed(passed_, load64(frame.data() + 34));
    if (adversary_ != nullptr) adversary_->saw(frame);
    if (floor_ != nullptr) floor_->sent(frame);
    if (watch_ != nullptr) watch_->sent(port, frame, at);
    if (MachineMonitors* monitors = at.by_host ? monitors_of(port) : nullptr) monitors->sent(frame, at);
  }
  void busy(std::size_t port, const Moment& at) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->busy(at.local);
  }
  void link_up(std::size_t port) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->link_came_up();
  }
  void received(std::size_t port, Bytes frame, const Moment& at) override {
    if (MachineMonitors* monitors = monitors_of(port)) monitors->received(frame, at);
    if (watch_ != nullptr) watch_->received(port, frame, at);
  }
  void fault(std::size_t port, Fault fault, Bytes frame, const Moment& at) override {
    if (floor_ != nullptr && fault == Fault::loss) floor_->lost(frame);
    if (watch_ != nullptr) watch_->fault(port, fault, frame, at);
  }
  std::uint64_t passed() const { return passed_; }

 private:
  MachineMonitors* monitors_of(std::size_t port) {
    return port < monitors_.size() ? monitors_[port] : nullptr;
  }
  Tap* watch_;
  std::vector<MachineMonitors*> monitors_;
  Adversary* adversary_ = nullptr;
  GoodputFloor* floor_ = nullptr;
  std::uint64_t passed_ = 1;
};

/// The state of a stack, layer by layer.
constexpr std::size_t layers = 5;
using LayerDigests = std::array<Digest::Value, layers>;
LayerDigests digests_of(Stack& stack);

/// Opens the connection of a plan when its time has come and its machine has an address.
class Opener final : public Program {
 public:
  Opener(Machine& machine, Side& client, const TcpPlan& plan, const Endpoint& remote, Instant local_at)
      : machine_(machine), client_(client), plan_(plan), remote_(remote), at_(local_at) {}
  Instant step(Instant now) override {
    if (opened_ || client_.done()) return Instant::never();
    if (now < at_) return at_;
    if (!machine_.stack().ip().path(remote_.address)) return now + Duration::milliseconds(500);
    opened_ = true;
    client_.connect(remote_, plan_.client_options, now);
    return now;
  }
  bool opened() const { return opened_; }

 private:
  Machine& machine_;
  Side& client_;
  const TcpPlan& plan_;
  Endpoint remote_;
  Instant at_;
  bool opened_ = false;
};

struct Transfer {
  const TcpPlan* plan;
  Side* client;
  Side* server;
  Opener* opener;
};

struct Flow {
  const UdpPlan* plan;
  EchoClient* client;
  EchoServer* server;
};

class Stage {
 public:
  Stage(const Scenario& scenario, Tap* watch);
  Outcome play();

 private:
  friend class Chaos;
  void add_machines();
  void add_services();
  void add_transfers();
  void add_flows();
  void add_adversary();
  void acquaint();
  void begin_monitors(Machine& machine, bool first_boot);
  void end_monitors(Machine& machine);
  void give_address(Machine& machine);
  void restore_address(Machine& machine);
  IpAddress address_of(unsigned machine) const;
  void give_address_v6(Machine& machine);
  void restore_address_v6(Machine& machine);
  /// At what address programs find each other.
  IpAddress program_address(unsigned machine) const {
    return scenario_.ipv6 ? Scenario::address_v6(machine) : address_of(machine);
  }
  IpAddress any_address() const { return scenario_.ipv6 ? IpAddress::any_v6() : IpAddress::any_v4(); }
  void forget_routers();
  void host_lost(unsigned machine);
  void host_booted(unsigned machine, bool remembers);
  void heal();
  bool all_over();
  bool transfer_over(const Transfer& transfer);
  void quiesce();
  std::string unfinished();
  void check_machine(Machine& machine);
  void check_fresh(Machine& machine);
  void add_dhcp();
  void add_time();
  void set_service_mode(ServiceMode mode);
  void stop_services();
  bool services_over();
  bool clock_settled(unsigned machine, const SntpProgram& clock);
  bool clock_exact(unsigned machine) const;
  std::string services_unfinished();
  bool serves(std::size_t machine) const;
  void check_services(Machine& machine);
  void check_leases(const DhcpProgram& one);
  void check_clocks();
  void note_drops(const Stack& stack);
  void fail(std::string rule, std::string problem);
  Duration healing_time() const;
  Outcome report();

  const Scenario& scenario_;
  Simulation simulation_;
  Taps taps_;
  std::deque<Side> sides_;
  std::deque<Opener> openers_;
  std::deque<EchoServer> echo_servers_;
  std::deque<EchoClient> echo_clients_;
  std::vector<Transfer> transfers_;
  std::vector<Flow> flows_;
  std::optional<DhcpServer> dhcp_server_;
  std::optional<DnsServer> dns_server_;
  std::optional<DhcpsProgram> dhcps_;  ///< our server in the place of that one
  std::deque<DhcpProgram> dhcp_;
  std::deque<DnsProgram> resolvers_;
  std::deque<MdnsProgram> mdns_;  ///< of each machine, or of none
  TrueTime time_;
  std::map<unsigned, SntpProgram> clocks_;  ///< by machine
  std::map<unsigned, SntpServerProgram> time_servers_;
  std::optional<SntpServer> sntp_server_;
  std::optional<Adversary> adversary_;
  std::optional<GoodputFloor> floor_;  ///< of Length::flow
  std::vector<std::unique_ptr<MachineMonitors>> monitors_;
  std::vector<LayerDigests> fresh_;
  bool healed_ = false;
  Instant healed_at_{};
  std::vector<bool> same_station_;  ///< the machine still has its first MAC address
  Outcome outcome_;
};

}  // namespace linnet::sim
