// SPDX-License-Identifier: Apache-2.0
// The services of a world, who uses them, and what must hold of them.
#include <algorithm>

#include "sim/stage.hpp"

namespace linnet::sim {

IpAddress Stage::address_of(unsigned machine) const {
  if (!scenario_.by_dhcp(machine)) return Scenario::address(machine);
  for (const DhcpProgram& client : dhcp_) {
    if (dhcps_ && client.machine().index() == machine)
      return client.address().value_or(Scenario::pool_address(0));
  }
  return IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(100 + machine + 1));
}

void Stage::add_dhcp() {
  const auto server_at = static_cast<unsigned>(scenario_.machines.size() - 2);
  Machine& server = simulation_.machine(server_at);
  const ServicePlan& services = scenario_.services;
  if (services.pool != 0) {
    dhcps::Config config;
    config.first = Scenario::pool_address(0);
    config.last = Scenario::pool_address(services.pool - 1u);
    config.lease_time = Duration::seconds(services.lease_seconds);
    dhcps_.emplace(server, config);
    simulation_.add_program(server, *dhcps_);
  } else {
    dhcp_server_.emplace(server, address_of(server_at).v4_value(), services.lease_seconds, scenario_.seed);
    simulation_.add_program(server, *dhcp_server_);
  }
  for (unsigned i = 0; i < scenario_.machines.size(); ++i) {
    if (!scenario_.by_dhcp(i)) continue;
    DhcpProgram& client = dhcp_.emplace_back(simulation_.machine(i), dhcp::Config{}, services.pool != 0);
    simulation_.add_program(simulation_.machine(i), client);
  }
}

void Stage::add_time() {
  time_ = {.at_start = sntp::UnixTime::from_seconds(scenario_.services.sntp_epoch), .start = scenario_.start};
  std::vector<IpAddress> servers;
  for (unsigned i = 0; i < scenario_.machines.size(); ++i) {
    Machine& machine = simulation_.machine(i);
    if (scenario_.serves_time(i)) {
      simulation_.add_program(machine, time_servers_.try_emplace(i, machine, time_).first->second);
    } else if (!scenario_.sntp_scripted_at(i)) {
      continue;
    }
    servers.push_back(address_of(i));
  }
  for (unsigned i = 0; i < scenario_.machines.size(); ++i) {
    Machine& machine = simulation_.machine(i);
    if (scenario_.sntp_scripted_at(i)) {
      sntp_server_.emplace(machine, simulation_, time_, servers.size() > 2, scenario_.seed);
      simulation_.add_program(machine, *sntp_server_);
    } else if (!scenario_.serves_time(i)) {
      SntpProgram& clock = clocks_
                               .try_emplace(i, machine, servers, scenario_.services.sntp_interval,
                                            scenario_.services.sntp_impatient)
                               .first->second;
      simulation_.add_program(machine, clock);
    }
  }
}

void Stage::add_services() {
  const auto last = static_cast<unsigned>(scenario_.machines.size() - 1);
  if (scenario_.services.dhcp) add_dhcp();
  for (unsigned i = 0; scenario_.services.mdns && i <= last; ++i) {
    Machine& machine = simulation_.machine(i);
    const Duration late = i == last ? scenario_.services.mdns_late : Duration{};
    MdnsProgram& program =
        mdns_.emplace_back(machine, mixed(scenario_.seed, i), machine.local(simulation_.now()) + late,
                           address_of(i == last ? 0 : i + 1));
    simulation_.add_program(machine, program);
  }
  if (scenario_.services.sntp) add_time();
  if (scenario_.services.dns) dns_server_.emplace(simulation_.machine(0), scenario_.seed);
  set_service_mode(scenario_.services.mode);
  if (!dns_server_) return;
  simulation_.add_program(simulation_.machine(0), *dns_server_);
  // The first server that some are told is not there.
  for (unsigned i = 1; i <= last; ++i) {
    std::vector<IpAddress> servers{address_of(0)};
    if (scenario_.faults.has(Fault::service) && i % 2 == 0)
      servers.insert(servers.begin(), IpAddress::v4(10, 0, 0, 77));
    DnsProgram& program = resolvers_.emplace_back(simulation_.machine(i), servers, scenario_.services.names,
                                                  scenario_.services.interval, mixed(scenario_.seed, i));
    simulation_.add_program(simulation_.machine(i), program);
  }
}

void Stage::set_service_mode(ServiceMode mode) {
  if (dhcp_server_) dhcp_server_->set_mode(mode);
  if (dhcps_) {
    dhcps_->set_silent(mode == ServiceMode::silent);
    simulation_.wake(simulation_.machine(simulation_.machines() - 2));
  }
  if (dns_server_) dns_server_->set_mode(mode);
  if (sntp_server_) sntp_server_->set_mode(mode);
}

void Stage::stop_services() {
  for (std::size_t i = 0; i < mdns_.size(); ++i)
    mdns_[i].stop(simulation_.machine(i).local(simulation_.now()));
  for (DhcpProgram& client : dhcp_) client.stop(client.machine().local(simulation_.now()));
  if (dhcps_) dhcps_->stop();
  for (auto& [machine, clock] : clocks_) clock.stop();
  for (auto& [machine, server] : time_servers_) server.stop();
  const bool any = !mdns_.empty() || !dhcp_.empty() || !clocks_.empty();
  for (std::size_t i = 0; any && i < simulation_.machines(); ++i) simulation_.wake(simulation_.machine(i));
}

bool Stage::clock_settled(unsigned machine, const SntpProgram& clock) {
  return clock.settled(simulation_.machine(machine).local(healed_at_));
}

/// A client takes it that its own clock is good to a millisecond: with a coarser one two servers can seem to
/// disagree.
bool Stage::clock_exact(unsigned machine) const {
  return scenario_.machines[machine].clock.granularity <= Duration::milliseconds(1);
}

bool Stage::services_over() {
  bool over = true;
  for (const DnsProgram& resolver : resolvers_) {
    if (!resolver.problem().empty() && !scenario_.forgeable) fail("S12", "DNS: " + resolver.problem());
    over = over && (resolver.done() || !resolver.problem().empty());
  }
  // Who is forged upon may lose one name after the other.
  for (const MdnsProgram& program : mdns_) over = over && (program.has_name() || scenario_.adversary.present);
  for (const DhcpProgram& client : dhcp_) over = over && client.bound();
  for (const auto& [machine, clock] : clocks_)
    over = over && (clock_settled(machine, clock) || !clock_exact(machine));
  return over;
}

std::string Stage::services_unfinished() {
  std::string what;
  for (const DnsProgram& resolver : resolvers_) what += resolver.done() ? "" : "; a resolver";
  for (const MdnsProgram& program : mdns_) what += program.has_name() ? "" : "; a name of Multicast DNS";
  for (const DhcpProgram& client : dhcp_) what += client.bound() ? "" : "; no lease";
  for (const auto& [machine, clock] : clocks_) {
    if (!clock_settled(machine, clock)) what += "; the clock of machine " + std::to_string(machine);
  }
  return what;
}

/// Servers of the world keep their sockets.
bool Stage::serves(std::size_t machine) const {
  const auto number = static_cast<unsigned>(machine);
  return (machine == 0 && dns_server_) || (machine + 2 == scenario_.machines.size() && dhcp_server_) ||
         scenario_.sntp_scripted_at(number);
}

void Stage::check_services(Machine& machine) {
  for (const DhcpProgram& client : dhcp_) {
    if (client.machine().index() == machine.index()) check_leases(client);
  }
  const auto clock = clocks_.find(static_cast<unsigned>(machine.index()));
  SntpMonitor* monitor = monitors_[machine.index()]->sntp();
  if (clock != clocks_.end() && monitor != nullptr)
    monitor->took(clock->second.client().status(machine.local(simulation_.now())).accepted);
}

/// S12: an address of the pool, which no other host has at the same time. Clocks that differ end leases at
/// different times; who is not polled cannot give an address up, nor can one who is lied to know.
void Stage::check_leases(const DhcpProgram& one) {
  if (!dhcps_ || scenario_.adversary.present) return;
  const auto address = one.address();
  if (!address) return;
  if (*address < dhcps_->config().first || dhcps_->config().last < *address)
    fail("S12", "a lease is not from the pool");
  if (scenario_.faults.has(Fault::skew)) return;
  for (const DhcpProgram& other : dhcp_) {
    const Machine& machine = other.machine();
    const bool at_work = machine.running() && machine.paused_until() <= simulation_.now();
    if (&other != &one && at_work && other.address() == address) fail("S12", "two hosts have one address");
  }
}

/// S12: the time is right, but for the way there and back and for clocks that are fast, slow or coarse.
void Stage::check_clocks() {
  if (scenario_.forgeable) return;
  for (auto& [index, clock] : clocks_) {
    Machine& machine = simulation_.machine(index);
    const Instant local = machine.local(simulation_.now());
    const auto told = clock.client().unix_time(local);
    const auto measured = monitors_[index]->sntp()->measured();
    if (!told || !measured || !clock_settled(index, clock)) continue;  // everybody refused
    Duration coarse;
    for (const MachineConfig& config : scenario_.machines)
      coarse = std::max(coarse, config.clock.granularity);
    const Duration drift = (local - measured->since) / 1000;  // 500 ppm on either side
    const Duration most = measured->error + coarse * 2 + drift + Duration::milliseconds(20);
    const Duration off = *told - time_.at(simulation_.now());
    if (off > most || off < -most)
      fail("S12", "machine " + std::to_string(index) + ": its time is off by " +
                      std::to_string(off.as_microseconds()) + " us, and " +
                      std::to_string(most.as_microseconds()) + " us may be");
  }
}

void Stage::host_lost(unsigned machine) {
  for (const Transfer& transfer : transfers_) {
    if (transfer.plan->client == machine && transfer.opener->opened()) transfer.client->host_lost();
    if (transfer.plan->server == machine) transfer.server->host_lost();
    // A server that is gone answers nobody: its client will never come to an end by itself if it never began.
    if (transfer.plan->server == machine && !transfer.opener->opened()) transfer.client->host_lost();
  }
  for (const Flow& flow : flows_) {
    if (flow.plan->client == machine) flow.client->host_lost();
    if (flow.plan->server == machine) flow.server->host_lost();
  }
  if (machine == 0 && dns_server_) dns_server_->host_lost();
  const bool grants = machine + 2 == scenario_.machines.size();
  if (grants && dhcp_server_) dhcp_server_->host_lost();
  if (grants && dhcps_) dhcps_->host_lost(simulation_.now());
  if (scenario_.sntp_scripted_at(machine)) sntp_server_->host_lost();
}

void Stage::host_booted(unsigned machine, bool remembers) {
  if (!scenario_.by_dhcp(machine)) give_address(simulation_.machine(machine));
  give_address_v6(simulation_.machine(machine));
  if (machine + 2 == scenario_.machines.size() && dhcps_) dhcps_->host_booted();
  for (DhcpProgram& client : dhcp_) {
    if (client.machine().index() == machine) client.host_booted(remembers);
  }
  if (const auto server = time_servers_.find(machine); server != time_servers_.end())
    server->second.host_booted();
  if (const auto clock = clocks_.find(machine); clock != clocks_.end()) clock->second.host_booted();
  if (scenario_.services.mdns) mdns_[machine].host_booted();
  if (scenario_.services.dns && machine > 0) resolvers_[machine - 1].host_booted();
}

}  // namespace linnet::sim
