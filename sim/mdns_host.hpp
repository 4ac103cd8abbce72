// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/mdns/agent.hpp"
#include "sim/simulation.hpp"

namespace linnet::sim {

/// Speaks Multicast DNS on a machine: wants a name that all machines want, has a service, browses, and looks
/// others' names up at intervals.
class MdnsProgram final : public Program {
 public:
  /// It says nothing before `joins`, of the machine's own clock. `neighbour` is asked by plain DNS as well.
  MdnsProgram(Machine& machine, std::uint64_t seed, Instant joins, const IpAddress& neighbour);
  Instant step(Instant now) override;
  void host_booted() { begin(); }
  /// Goodbyes, and the end.
  void stop(Instant now);
  /// It has a name: that is so at last wherever there is an address and a socket.
  bool has_name() const;

 private:
  void begin();
  bool start(Instant now);
  void look_up(Instant now);
  void ask_plainly(Instant now);
  void close_plain();

  Machine& machine_;
  Choices choices_;
  const Instant joins_;
  const Endpoint asked_;
  std::optional<Memory> memory_;
  std::optional<Arena> arena_;
  std::optional<mdns::Agent> agent_;
  mdns::LookupHandle lookup_;
  std::optional<udp::SocketHandle> plain_;  ///< of a client that knows nothing of Multicast DNS
  bool looking_ = false;
  bool started_ = false;
  bool stopped_ = false;
  Instant due_{};
};

}  // namespace linnet::sim
