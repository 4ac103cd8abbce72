// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.hpp"

#include <algorithm>

namespace linnet::sim {

Machine::Machine(Lan& lan, const MachineConfig& config, std::uint64_t seed, Instant world_start)
    : lan_(lan),
      config_(config),
      world_start_(world_start),
      index_(lan.ports()),
      port_(lan.add_port(config.faults, seed)),
      host_(config.stack, seed) {
  port_.set_local_time(local(world_start));
  interface_ = host_.stack().add_interface(port_).value();
}

/// How long its clock has run when the world's has run so long, in microseconds.
std::int64_t Machine::skewed(std::int64_t passed) const {
  return passed + passed / 1000000 * config_.clock.skew_ppm +
         passed % 1000000 * config_.clock.skew_ppm / 1000000;
}

Instant Machine::local(Instant world) const {
  std::int64_t passed = skewed((world - world_start_).as_microseconds());
  passed -= passed % config_.clock.granularity.as_microseconds();
  return config_.clock.start + Duration::microseconds(passed);
}

Instant Machine::world(Instant wanted) const {
  if (wanted.is_never()) return wanted;
  // What it shows are whole steps: the one that is reached first.
  std::int64_t passed = (wanted - config_.clock.start).as_microseconds();
  const std::int64_t step = config_.clock.granularity.as_microseconds();
  if (passed > 0) passed += step - 1;
  passed -= passed % step;
  if (config_.clock.skew_ppm == 0) return world_start_ + Duration::microseconds(passed);
  // (1 + s)(1 - s) falls short by s squared: from below, in steps that pass over nothing (s is less than
  // 1/1000).
  std::int64_t at = 2 * passed - skewed(passed) - passed / 1000000 - 2;
  for (std::int64_t rest; (rest = passed - skewed(at)) > 0;)
    at += std::max<std::int64_t>(rest - rest / 1000 - 1, 1);
  return world_start_ + Duration::microseconds(at);
}

void Machine::crash() {
  running_ = false;
  port_.set_up(false);
  port_.forget_waiting();
}

void Machine::boot(std::uint64_t seed, const std::optional<MacAddress>& mac) {
  host_.reboot(seed);
  if (mac) port_.set_mac(*mac);
  port_.set_up(true);
  interface_ = host_.stack().add_interface(port_).value();
  running_ = true;
  ++boots_;
}

Machine& Simulation::add_machine(const MachineConfig& config, std::uint64_t seed) {
  order_.push_back(machines_.size());
  return *machines_.emplace_back(std::make_unique<Machine>(lan_, config, seed, now()));
}

Instant Simulation::next_of(const Machine& machine) const {
  if (!machine.running_) return Instant::never();
  Instant next = machine.port_.ready() ? now() : machine.next_poll_;
  for (const Machine::Attached& attached : machine.programs_) next = earlier(next, attached.next);
  return next < machine.paused_until_ ? machine.paused_until_ : next;
}

void Simulation::machine_turn(Machine& machine) {
  const Instant local = machine.local(now());
  machine.port_.set_local_time(local);
  Instant next = machine.stack().poll(local);
  if (machine.config_.poll_twice != 0 && choices_.chance_ppm(machine.config_.poll_twice) &&
      lan_.fires(machine.index_, Fault::clock)) {
    next = machine.stack().poll(local);
  }
  // After the stack: what it received is what programs wait for. What they give it to do has deadlines too.
  for (Machine::Attached& attached : machine.programs_) {
    const Instant wanted = attached.program->step(local);
    if (wanted <= local) next = local;
    attached.next = machine.world(wanted);
  }
  if (next > local && !machine.programs_.empty()) next = machine.stack().poll(local);
  machine.next_poll_ = machine.world(next);
  if (machine.port_.starved()) machine.next_poll_ = earlier(machine.next_poll_, now() + starvation);
  if (after_turn) after_turn(machine);
}

Instant Simulation::turn() {
  ++turns_;
  for (Machine::Attached& attached : others_) {
    if (attached.next <= now()) attached.next = attached.program->step(now());
  }
  if (shuffle_) {
    lan_.faults().add(Fault::scheduling);
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[choices_.between(0, i - 1)]);
  }
  for (const std::size_t index : order_) {
    Machine& machine = *machines_[index];
    if (next_of(machine) <= now()) machine_turn(machine);
  }
  lan_.set_time(now());
  Instant next = lan_.next_deadline();
  for (const auto& machine : machines_) next = earlier(next, next_of(*machine));
  for (const Machine::Attached& attached : others_) next = earlier(next, attached.next);
  return next;
}

}  // namespace linnet::sim
