// SPDX-License-Identifier: Apache-2.0
// Simulation: machines on a Lan, their programs, and the time, which jumps from one event to the next. Only
// what has something to do has its turn. The same scenario gives the same run, frame by frame.
#pragma once

#include <functional>
#include <string>

#include "sim/host.hpp"
#include "sim/lan.hpp"

namespace linnet::sim {

/// How a machine sees the time.
struct ClockConfig {
  std::int32_t skew_ppm = 0;  ///< fast or slow
  Duration granularity = Duration::microseconds(1);
  Instant start{};  ///< its clock at the world's start
};

struct MachineConfig {
  Config stack{};
  PortFaults faults{};
  ClockConfig clock{};
  std::uint32_t poll_twice = 0;  ///< ppm
};

/// A host, its port, and its clock.
class Machine {
 public:
  Machine(Lan& lan, const MachineConfig& config, std::uint64_t seed, Instant world_start);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  Host& host() { return host_; }
  Stack& stack() { return host_.stack(); }
  Port& port() { return port_; }
  std::size_t index() const { return index_; }
  const MachineConfig& config() const { return config_; }
  /// On what interface its stack has the port.
  std::uint8_t interface() const { return interface_; }
  bool running() const { return running_; }
  unsigned boots() const { return boots_; }

  /// Its clock, and the first microsecond of the world's at which it shows that much.
  Instant local(Instant world) const;
  Instant world(Instant local) const;

  /// Loses power: everything is forgotten; nothing is sent or received until `boot`.
  void crash();
  /// `mac`: another network interface was put in.
  void boot(std::uint64_t seed, const std::optional<MacAddress>& mac);
  /// Nobody polls it until then (an interrupt that is served late).
  void pause(Instant world_until) { paused_until_ = world_until; }
  Instant paused_until() const { return paused_until_; }

 private:
  friend class Simulation;
  std::int64_t skewed(std::int64_t passed) const;

  struct Attached {
    Program* program;
    Instant next;
  };
  Lan& lan_;
  MachineConfig config_;
  Instant world_start_;
  std::size_t index_;
  Port& port_;
  Host host_;
  std::uint8_t interface_ = 0;
  bool running_ = true;
  unsigned boots_ = 1;
  Instant paused_until_ = Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());
  Instant next_poll_ =
      Instant::from_microseconds(std::numeric_limits<std::int64_t>::min());  ///< world's time
  std::vector<Attached> programs_;
};

class Simulation {
 public:
  Simulation(Instant start, std::uint64_t seed) : lan_(start), choices_(seed, "turns") {}

  Lan& lan() { return lan_; }
  Instant now() const { return lan_.now(); }
  std::uint64_t turns() const { return turns_; }
  /// Random order of turns (F21).
  void shuffle(bool on) { shuffle_ = on; }

  Machine& add_machine(const MachineConfig& config, std::uint64_t seed);
  Machine& machine(std::size_t index) { return *machines_[index]; }
  std::size_t machines() const { return machines_.size(); }
  /// A program of a machine: it is given the machine's time, and has a turn after each of the machine's.
  void add_program(Machine& machine, Program& program) { machine.programs_.push_back({&program, Instant{}}); }
  /// Of nobody: the world's time, and a turn when it asked for one.
  void add_program(Program& program) { others_.push_back({&program, Instant::from_microseconds(0)}); }
  /// Something was done to a machine from outside: it has a turn now.
  void wake(Machine& machine) { machine.next_poll_ = now(); }

  enum class End : std::uint8_t { done, late, spins };
  /// Lets things happen until `until()` holds, at most to `limit`.
  template <typename Until>
  End run(Instant limit, Until&& until) {
    for (unsigned standing = 0; standing < most_turns_at_once;) {
      if (until()) return End::done;
      const Instant next = turn();
      if (next <= now()) {
        ++standing;
        continue;
      }
      if (next > limit) {
        lan_.set_time(limit);
        return until() ? End::done : End::late;
      }
      lan_.set_time(next);
      standing = 0;
    }
    return End::spins;
  }
  End run_until(Instant limit) {
    return run(limit, [] { return false; });
  }
  /// Called after each machine's turn: what must hold at every event.
  std::function<void(Machine&)> after_turn;

 private:
  static constexpr unsigned most_turns_at_once = 20000;
  /// A driver whose stack has no block tries again so much later.
  static constexpr Duration starvation = Duration::milliseconds(1);
  Instant turn();
  void machine_turn(Machine& machine);
  Instant next_of(const Machine& machine) const;

  Lan lan_;
  Choices choices_;
  bool shuffle_ = false;
  std::uint64_t turns_ = 0;
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<std::size_t> order_;
  std::vector<Machine::Attached> others_;
};

}  // namespace linnet::sim
