// SPDX-License-Identifier: Apache-2.0
// The host under test, its network and its virtual clock.
#pragma once

#include <vector>

#include "drill/network.hpp"
#include "drill/settings.hpp"
#include "sockets/host.hpp"
#include "sockets/single_thread_port.hpp"

namespace linnet::drill {

/// The memory of one host after another: a thousand scripts ask the system for it once.
using HostMemory = std::vector<std::uint8_t>;

class Machine {
 public:
  /// `memory` must outlive the machine, and grows as needed.
  Machine(const Settings& settings, const linnet::Config& config, std::uint16_t mtu, HostMemory& memory);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  sockets::Sockets& sockets() { return host_.sockets(); }
  Stack& stack() { return host_.stack(); }
  Network& network() { return network_; }
  sockets::SingleThreadPort& port() { return port_; }
  Instant now() { return port_.now(); }
  /// Microseconds since the script began.
  std::int64_t time() { return (port_.now() - start).as_microseconds(); }
  static Instant at(std::int64_t time) { return start + Duration::microseconds(time); }

  /// When it wants to be asked again, as `settle` found.
  Instant next_deadline() const { return deadline_; }
  /// Lets the stack do all that is due now.
  void settle();
  /// Lets time pass, with all that is due meanwhile.
  void advance_to(Instant when);
  /// To the stack's next deadline, at most to `limit`; false when that is reached without any work.
  bool step(Instant limit);

 private:
  static constexpr Instant start = Instant::from_microseconds(1'000'000'000);
  static MutableBytes room(HostMemory& memory, const Settings& settings, const linnet::Config& config);

  sockets::SingleThreadPort port_;
  Network network_;
  sockets::Host host_;
  Instant deadline_ = Instant::never();
};

}  // namespace linnet::drill
