// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "services/dhcps/server.hpp"
#include "sim/simulation.hpp"

namespace linnet::sim {

/// Serves addresses with our own server, which keeps its leases when it restarts.
class DhcpsProgram final : public Program {
 public:
  DhcpsProgram(Machine& machine, const dhcps::Config& config) : machine_(machine), config_(config) {
    begin();
  }
  Instant step(Instant now) override;
  /// What it knows is kept.
  void host_lost(Instant world);
  void host_booted() { begin(); }
  /// Nothing of it is left in the stack.
  void stop() {
    stopped_ = true;
    server_->stop();
  }
  /// Gives no answers for a while (F20).
  void set_silent(bool silent) { silent_ = silent; }
  const dhcps::Config& config() const { return config_; }

 private:
  void begin();
  Machine& machine_;
  dhcps::Config config_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<dhcps::Server> server_;
  std::vector<std::uint8_t> saved_;
  Instant saved_at_{};
  bool restored_ = false;
  bool stopped_ = false;
  bool silent_ = false;
};

}  // namespace linnet::sim
