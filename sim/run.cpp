// SPDX-License-Identifier: Apache-2.0
#include "sim/run.hpp"

#include <algorithm>

#include "sim/chaos.hpp"

namespace linnet::sim {

namespace {

constexpr Duration quiet = Duration::seconds(3000);

}  // namespace

void Seen::add(const Seen& other) {
  simulated = simulated + other.simulated;
  frames += other.frames;
  bytes += other.bytes;
  broken += other.broken;
  flows_judged += other.flows_judged;
  faults.add(other.faults);
  for (std::size_t i = 0; i < drops.size(); ++i) drops[i] += other.drops[i];
  for (std::size_t i = 0; i < attacks.size(); ++i) attacks[i] += other.attacks[i];
  monitors.add(other.monitors);
}

void Stage::fail(std::string rule, std::string problem) {
  if (!outcome_.problem.empty()) return;
  outcome_.rule = std::move(rule);
  outcome_.problem = std::move(problem);
}

void Stage::heal() {
  healed_ = true;
  healed_at_ = simulation_.now();
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Port& port = simulation_.machine(i).port();
    PortFaults calm;
    // What is slow stays slow: a link that is faster from one moment to the next would reorder.
    calm.link.delay = port.faults().link.delay;
    calm.link.jitter = port.faults().link.jitter;
    calm.link.rate = port.faults().link.rate;
    calm.link.queue = std::max<std::uint32_t>(port.faults().link.queue, 64);
    calm.receive_ring = 4096;
    port.change(calm);
    port.set_up(true);
  }
  if (adversary_) adversary_->stop();
  set_service_mode(ServiceMode::right);
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Machine& machine = simulation_.machine(i);
    machine.pause(simulation_.now());
    restore_address(machine);
    restore_address_v6(machine);
    simulation_.wake(machine);
  }
  for (Side& side : sides_) side.hurry();
  for (EchoClient& client : echo_clients_) client.heal();
  for (DnsProgram& resolver : resolvers_) resolver.heal();
}

/// L1: four times what the transfers need, and what back-off, keep-alive and the end of a lease may add.
Duration Stage::healing_time() const {
  std::uint64_t bytes = 100000;
  for (const TcpPlan& plan : scenario_.transfers)
    bytes += plan.client_side.to_send + plan.server_side.to_send;
  Duration slowest;
  for (const MachineConfig& machine : scenario_.machines) {
    const Impairments& link = machine.faults.link;
    Duration needed = (link.delay + link.jitter) * 200;
    if (link.rate != 0) {
      needed = needed + Duration::microseconds(static_cast<std::int64_t>(bytes * 8 * 1000000 / link.rate));
    }
    slowest = std::max(slowest, needed);
  }
  return Duration::seconds(1200) + slowest * static_cast<std::int64_t>(4 * (scenario_.transfers.size() + 1)) +
         Duration::seconds(scenario_.services.dhcp ? std::int64_t{scenario_.services.lease_seconds} : 0);
}

void Stage::quiesce() {
  for (Flow& flow : flows_) flow.client->close();
  check_clocks();
  stop_services();
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Port& port = simulation_.machine(i).port();
    port.change({});
  }
  // A claim on an address that was still under way can have taken it (RFC 5227 2.4): that is right, and over
  // now.
  simulation_.run_until(simulation_.now() + Duration::seconds(200));
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    restore_address(simulation_.machine(i));
    restore_address_v6(simulation_.machine(i));
  }
  forget_routers();
  const std::uint64_t before = simulation_.turns();
  if (simulation_.run_until(simulation_.now() + quiet) == Simulation::End::spins)
    return fail("S8", "the world spins");
  // What still runs: keep-alive, neighbours that expire, announcements; no periodic ticks (S8).
  if (simulation_.turns() - before > 5000 * simulation_.machines())
    fail("S8", "a stack without work is never idle");
  for (std::size_t i = 0; i < simulation_.machines(); ++i) check_fresh(simulation_.machine(i));
  if (!simulation_.lan().idle()) fail("L6", "frames are still under way");
}

/// What an adversary said in a router's name is forgotten with the link that it was said on, and only then: nobody
/// else advertises here.
void Stage::forget_routers() {
  if (!scenario_.ipv6 || !scenario_.adversary.present) return;
  Lan& lan = simulation_.lan();
  lan.set_time(simulation_.now());  // nothing may have happened for long
  for (std::size_t i = 0; i < simulation_.machines(); ++i) lan.take_down(i, Duration::seconds(1));
  const auto look = [&](Duration wait) {
    for (std::size_t i = 0; i < simulation_.machines(); ++i) simulation_.wake(simulation_.machine(i));
    simulation_.run_until(simulation_.now() + wait);
  };
  look(Duration::seconds(2));
  look(Duration::seconds(5));
}

void Stage::add_adversary() {
  if (!scenario_.adversary.present) return;
  std::vector<Adversary::Victim> victims;
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    const auto machine = static_cast<unsigned>(i);
    victims.push_back({.ipv4 = address_of(machine),
                       .ipv6 = scenario_.ipv6 ? Scenario::address_v6(machine) : IpAddress{},
                       .mac = simulation_.machine(i).port().mac()});
  }
  adversary_.emplace(simulation_.lan(), scenario_.adversary, victims, scenario_.seed);
  taps_.set_adversary(&*adversary_);
  simulation_.add_program(*adversary_);
}

/// What is not over yet, for the message of a failure.
std::string Stage::unfinished() {
  std::string what;
  for (const Transfer& t : transfers_) {
    for (const Side* side : {t.client, t.server}) {
      if (side->done()) continue;
      what += std::string("; ") + (side == t.client ? "client " : "server ") + std::to_string(t.plan->number) + " " +
              side->problem();
    }
  }
  for (const Flow& flow : flows_) {
    if (!flow.client->done()) what += "; flow " + std::to_string(flow.plan->number) + " " + flow.client->problem();
  }
  return what + services_unfinished();
}

Outcome Stage::play() {
  add_services();
  add_transfers();
  add_flows();
  add_adversary();
  Chaos chaos(*this, simulation_.now());
  simulation_.add_program(chaos);
  failing_allocations.begin(scenario_.failing_allocation, scenario_.failing_in_a_row);
  const Instant healed = simulation_.now() + scenario_.chaos;
  Simulation::End end = simulation_.run(healed, [this] {
    all_over();
    return !outcome_.problem.empty();
  });
  if (end == Simulation::End::spins) fail("S8", "the world spins in chaos");
  if (outcome_.problem.empty()) {
    chaos.end();
    heal();
    end = simulation_.run(simulation_.now() + healing_time(), [this] { return all_over(); });
    if (end == Simulation::End::spins) fail("S8", "the world spins after the faults");
    if (end == Simulation::End::late) fail("L1", "not over in time" + unfinished());
  }
  if (floor_ && outcome_.problem.empty()) {
    ++outcome_.flows_judged;
    if (std::string problem = floor_->problem(); !problem.empty()) fail("L7", std::move(problem));
  }
  if (outcome_.problem.empty()) quiesce();
  return report();
}

void Stage::note_drops(const Stack& stack) {
  for (std::size_t i = 0; i < outcome_.drops.size(); ++i)
    outcome_.drops[i] += stack.drops().of(static_cast<Drop>(i));
}

Outcome Stage::report() {
  outcome_.end = simulation_.now();
  outcome_.simulated = simulation_.now() - scenario_.start;
  outcome_.turns = simulation_.turns();
  outcome_.frames = simulation_.lan().frames();
  outcome_.faults.add(simulation_.lan().faults());
  outcome_.fault_events = simulation_.lan().fault_events();
  outcome_.allocations = failing_allocations.seen();
  failing_allocations.begin(0);
  if (scenario_.faults.has(Fault::skew)) outcome_.faults.add(Fault::skew);
  if (scenario_.faults.has(Fault::application)) outcome_.faults.add(Fault::application);
  Digest digest;
  digest.add(taps_.passed());
  for (std::size_t i = 0; i < simulation_.machines(); ++i) {
    Stack& stack = simulation_.machine(i).stack();
    note_drops(stack);
    digest.add(stack.digest().high);
  }
  for (const Side& side : sides_) {
    outcome_.bytes += side.received();
    outcome_.broken += side.was_reset() ? 1 : 0;
  }
  for (const EchoClient& client : echo_clients_) outcome_.bytes += client.bytes();
  if (adversary_) outcome_.attacks = adversary_->sent();
  for (std::size_t i = 0; i < simulation_.machines(); ++i) end_monitors(simulation_.machine(i));
  outcome_.digest = digest.value();
  return outcome_;
}

Outcome run_scenario(const Scenario& scenario, Tap* watch) { return Stage(scenario, watch).play(); }

}  // namespace linnet::sim
