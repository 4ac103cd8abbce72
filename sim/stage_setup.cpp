// SPDX-License-Identifier: Apache-2.0
// Machines, their addresses and monitors, and the programs that they run.
#include "sim/stage.hpp"

namespace linnet::sim {

namespace {

constexpr Duration settling = Duration::seconds(10);

}  // namespace

Stage::Stage(const Scenario& scenario, Tap* watch)
    : scenario_(scenario), simulation_(scenario.start, scenario.seed), taps_(watch) {
  simulation_.lan().set_tap(&taps_);
  for (const auto& [first, last] : scenario.omissions.events) simulation_.lan().suppress(first, last);
  simulation_.shuffle(scenario.faults.has(Fault::scheduling));
  simulation_.after_turn = [this](Machine& machine) { check_machine(machine); };
  add_machines();
}

void Stage::add_machines() {
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    MachineConfig config = scenario_.machines[i];
    const PortFaults faults = config.faults;
    // Quiet at first: addresses are announced, and then everything is as it must be in the end.
    config.faults = {};
    Machine& machine = simulation_.add_machine(config, mixed(scenario_.seed, i));
    monitors_.emplace_back();
    begin_monitors(machine, true);
    if (!scenario_.by_dhcp(static_cast<unsigned>(i))) give_address(machine);
    give_address_v6(machine);
    same_station_.push_back(true);
  }
  simulation_.run_until(simulation_.now() + settling);
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    fresh_.push_back(digests_of(simulation_.machine(i).stack()));
  }
  if (scenario_.acquainted) acquaint();
  for (std::size_t i = 0; i < scenario_.machines.size(); ++i) {
    simulation_.machine(i).port().change(scenario_.machines[i].faults);
  }
}

/// Each sends a datagram to each.
void Stage::acquaint() {
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Machine& machine = simulation_.machine(i);
    const auto socket = machine.stack().udp().open();
    for (unsigned other = 0; socket && other < simulation_.machines(); ++other) {
      const std::array<std::uint8_t, 1> byte{};
      const Bytes payload = byte;
      for (const IpAddress& address : {address_of(other), Scenario::address_v6(other)}) {
        if (other == i || (address.is_v4() ? scenario_.by_dhcp(other) : !scenario_.ipv6)) continue;
        const Endpoint to{address, 9};
        (void)machine.stack().udp().send(*socket, {&payload, 1}, &to, {}, machine.local(simulation_.now()));
      }
    }
    if (socket) machine.stack().udp().close(*socket);
    simulation_.wake(machine);
    simulation_.run_until(simulation_.now() + Duration::seconds(1));
  }
}

void Stage::begin_monitors(Machine& machine, bool first_boot) {
  monitors_[machine.index()] = std::make_unique<MachineMonitors>(
      scenario_, static_cast<unsigned>(machine.index()), machine.port().mac(), machine.stack().drops(),
      first_boot);
  taps_.set_monitors(machine.index(), monitors_[machine.index()].get());
}

void Stage::end_monitors(Machine& machine) {
  if (monitors_[machine.index()] == nullptr) return;
  monitors_[machine.index()]->add_to(outcome_.monitors);
  taps_.set_monitors(machine.index(), nullptr);
  monitors_[machine.index()].reset();
}

void Stage::give_address(Machine& machine) {
  monitors_[machine.index()]->address_added(address_of(static_cast<unsigned>(machine.index())));
  machine.stack().ip().add_address(machine.interface(),
                                   {address_of(static_cast<unsigned>(machine.index())), 24}, false,
                                   machine.local(simulation_.now()));
}

/// Beside the other. Duplicates are detected, unless the machine is not to.
void Stage::give_address_v6(Machine& machine) {
  if (!scenario_.ipv6) return;
  const IpAddress address = Scenario::address_v6(static_cast<unsigned>(machine.index()));
  ip::Ip& ip = machine.stack().ip();
  const Instant now = machine.local(simulation_.now());
  monitors_[machine.index()]->address_added(address);
  if (!ip.enable_ipv6(machine.interface(), now) ||
      !ip.add_address(machine.interface(), {address, 64}, true, now)) {
    fail("S1", "a machine did not take its IPv6 address");
  }
}

/// What another station claimed is the machine's again.
void Stage::restore_address(Machine& machine) {
  const auto index = static_cast<unsigned>(machine.index());
  const ethernet::AddressState state =
      machine.stack().ip().address_state(machine.interface(), address_of(index));
  if (scenario_.by_dhcp(index) || state == ethernet::AddressState::usable) return;
  give_address(machine);
  simulation_.wake(machine);
}

/// The same of IPv6: what is tentative becomes usable by itself (RFC 4862 5.4).
void Stage::restore_address_v6(Machine& machine) {
  if (!scenario_.ipv6) return;
  const ethernet::AddressState state = machine.stack().ip().address_state(
      machine.interface(), Scenario::address_v6(static_cast<unsigned>(machine.index())));
  if (state == ethernet::AddressState::usable || state == ethernet::AddressState::probing) return;
  give_address_v6(machine);
  simulation_.wake(machine);
}

void Stage::add_transfers() {
  for (const TcpPlan& plan : scenario_.transfers) {
    Machine& client_machine = simulation_.machine(plan.client);
    Machine& server_machine = simulation_.machine(plan.server);
    const std::uint64_t seed = mixed(scenario_.seed, plan.number);
    Side& server = sides_.emplace_back(server_machine.host(), plan.server_side, mixed(seed, 1));
    Side& client = sides_.emplace_back(client_machine.host(), plan.client_side, mixed(seed, 2));
    server.listen({any_address(), plan.port}, plan.server_options, 4);
    Opener& opener =
        openers_.emplace_back(client_machine, client, plan, Endpoint{program_address(plan.server), plan.port},
                              client_machine.local(simulation_.now()) + plan.begins);
    simulation_.add_program(client_machine, opener);
    simulation_.add_program(server_machine, server);
    simulation_.add_program(client_machine, client);
    transfers_.push_back({&plan, &client, &server, &opener});
  }
  if (scenario_.length != Length::flow || transfers_.empty()) return;
  floor_.emplace(scenario_, scenario_.transfers.front(), simulation_.now());
  taps_.set_floor(&*floor_);
}

void Stage::add_flows() {
  for (const UdpPlan& plan : scenario_.flows) {
    Machine& client = simulation_.machine(plan.client);
    Machine& server = simulation_.machine(plan.server);
    const auto port = static_cast<std::uint16_t>(2000 + plan.number);
    EchoServer& echo = echo_servers_.emplace_back(server.host(), Endpoint{any_address(), port});
    EchoClient& asks = echo_clients_.emplace_back(client.host(), Endpoint{program_address(plan.server), port},
                                                  plan.datagrams, mixed(scenario_.seed, plan.number));
    simulation_.add_program(server, echo);
    simulation_.add_program(client, asks);
    flows_.push_back({&plan, &asks, &echo});
  }
}

}  // namespace linnet::sim
