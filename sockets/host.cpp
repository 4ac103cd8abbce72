// SPDX-License-Identifier: Apache-2.0
#include "sockets/host.hpp"

namespace linnet::sockets {

namespace {

/// The first `size` bytes of `memory`, or what there is.
MutableBytes front(MutableBytes memory, std::size_t size) {
  return memory.first(std::min(size, memory.size()));
}

}  // namespace

Random::Seed Host::seed_from(Port& port) {
  Random::Seed seed{};
  port.fill_entropy(seed);
  return seed;
}

Host::Host(const linnet::Config& stack, const Config& config, MutableBytes memory, Port& port)
    : port_(&port),
      stack_(stack, front(memory, Stack::memory_needed(stack)), seed_from(port)),
      arena_(memory.subspan(front(memory, Stack::memory_needed(stack)).size())),
      table_(arena_, config.max_sockets, config.first_descriptor),
      driver_(stack_, table_, port, config),
      sockets_(stack_, table_, driver_, port, config) {}

Instant Host::poll_once() {
  port_->lock();
  const Instant next = driver_.poll_once();
  port_->unlock();
  return next;
}

void Host::run_background() {
  port_->lock();
  driver_.run_background();
  port_->unlock();
}

void Host::stop_background() {
  port_->lock();
  driver_.stop_background();
  port_->unlock();
}

}  // namespace linnet::sockets
