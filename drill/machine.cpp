// SPDX-License-Identifier: Apache-2.0
#include "drill/machine.hpp"

#include <algorithm>
#include <stdexcept>

namespace linnet::drill {
namespace {

sockets::Config sockets_config(const Settings& settings) {
  const bool linux = settings.personality == Personality::linux;
  return {.max_sockets = 256,
          .error_rule = sockets::ErrorRule::asynchronous,
          .doubled_buffers = linux,
          .connect_tells_success = linux,
          .linger_always = linux};
}

Random::Seed fixed_seed() {
  Random::Seed seed{};
  seed.fill(0xd1);
  return seed;
}

}  // namespace

MutableBytes Machine::room(HostMemory& memory, const Settings& settings, const linnet::Config& config) {
  const std::size_t needed = sockets::Host::memory_needed(config, sockets_config(settings));
  if (memory.size() < needed) memory.resize(needed);
  return memory;
}

Machine::Machine(const Settings& settings, const System& system, HostMemory& memory)
    : port_(fixed_seed(), start),
      network_(port_, system.mtu, settings.mss),
      host_(system.config, sockets_config(settings), room(memory, settings, system.config), port_) {
  Stack& stack = host_.stack();
  const auto interface = stack.add_interface(network_);
  if (!host_.ok() || !interface) throw std::runtime_error("the stack does not start");
  const Prefix own{settings.local(), settings.local_prefix_length()};
  const Prefix everything{own.address.is_v4() ? IpAddress::any_v4() : IpAddress::any_v6(), 0};
  const bool good = (own.address.is_v4() || stack.ip().enable_ipv6(*interface, start)) &&
                    stack.ip().add_address(*interface, own, false, start) &&
                    stack.ip().add_route(everything, settings.gateway(), *interface);
  if (!good) throw std::runtime_error("the stack does not take its address or route");
  take(system);
  settle();
  network_.carried().clear();
}

void Machine::take(const System& system) {
  tcp::Tcp& tcp = host_.stack().tcp();
  tcp.reconfigure(system.config.tcp);
  if (fast_open_keys_ == system.fast_open_keys) return;  // a socket may have set others
  fast_open_keys_ = system.fast_open_keys;
  static_cast<void>(tcp.fast_open_keys().set(fast_open_keys_));
}

void Machine::settle() {
  constexpr int most = 100000;
  for (int round = 0; round < most; ++round) {
    const std::size_t carried = network_.carried().size();
    const std::size_t waiting = network_.waiting();
    deadline_ = host_.poll_once();
    const bool moved = network_.carried().size() != carried || network_.waiting() != waiting;
    if (deadline_ > port_.now() && !moved) return;
  }
  throw std::runtime_error("the stack is never done");
}

bool Machine::step(Instant limit) {
  const Instant next = std::max(port_.now(), deadline_);
  if (next > limit) {
    port_.set_time(std::max(port_.now(), limit));
    return false;
  }
  port_.set_time(next);
  settle();
  return true;
}

void Machine::advance_to(Instant when) {
  while (step(when)) {
  }
}

}  // namespace linnet::drill
