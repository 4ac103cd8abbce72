// SPDX-License-Identifier: Apache-2.0
// SNTP in the world: programs that keep a clock, servers of ours that have the time, and one that may not.
#pragma once

#include "services/sntp/server.hpp"
#include "sim/scenario.hpp"

namespace linnet::sim {

/// What the time of day is.
struct TrueTime {
  sntp::UnixTime at_start{};
  Instant start{};
  sntp::UnixTime at(Instant world) const { return at_start + (world - start); }
};

/// Keeps a clock by SNTP.
class SntpProgram final : public Program {
 public:
  /// `impatient`: its owner wants the time anew again and again, sooner than may be asked.
  SntpProgram(Machine& machine, const std::vector<IpAddress>& servers, Duration interval, bool impatient);
  Instant step(Instant now) override;
  void host_booted() { begin(); }
  /// Nothing of it is left in the stack.
  void stop() {
    stopped_ = true;
    client_->stop();
  }
  sntp::Client& client() { return *client_; }
  /// It has had the time since then, or nobody is left who would tell it.
  bool settled(Instant since) const;

 private:
  void begin();
  Machine& machine_;
  std::vector<IpAddress> servers_;
  sntp::Config config_;
  bool impatient_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<sntp::Client> client_;
  Instant wish_{};  ///< the next
  bool started_ = false;
  bool stopped_ = false;
};

/// Has the time from outside of the world, and serves it.
class SntpServerProgram final : public Program {
 public:
  SntpServerProgram(Machine& machine, const TrueTime& time);
  Instant step(Instant now) override;
  void host_booted() { begin(); }
  void stop() {
    stopped_ = true;
    server_->stop();
  }

 private:
  void begin();
  Machine& machine_;
  TrueTime time_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<sntp::Client> clock_;
  std::optional<sntp::Server> server_;
  bool stopped_ = false;
};

/// RFC 4330 6, written apart from ours: kisses, lies and nonsense when it is wrong.
class SntpServer final : public Server {
 public:
  /// `lies`: there are others to outvote it.
  SntpServer(Machine& machine, const Simulation& simulation, const TrueTime& time, bool lies,
             std::uint64_t seed)
      : Server(machine, 123, seed),
        simulation_(simulation),
        time_(time),
        lies_(lies),
        choices_(seed, "sntp server") {}

 private:
  Buffer answer(Bytes request, bool wrong) override;
  void spoil(Buffer& message);
  const Simulation& simulation_;
  TrueTime time_;
  bool lies_;
  Choices choices_;
};

}  // namespace linnet::sim
