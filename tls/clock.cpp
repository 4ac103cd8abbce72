// SPDX-License-Identifier: Apache-2.0
#include "tls/clock.hpp"

#include <utility>

namespace linnet::tls {
namespace {

sockets::Port* attached = nullptr;
thread_local sockets::Port* in_force = nullptr;
thread_local Random* random_in_force = nullptr;

sockets::Port* machine() { return in_force != nullptr ? in_force : attached; }

}  // namespace

void attach_clock(sockets::Port* port) { attached = port; }

ClockOf::ClockOf(sockets::Port& port, Random* random)
    : before_(std::exchange(in_force, &port)), random_before_(std::exchange(random_in_force, random)) {}
ClockOf::~ClockOf() {
  in_force = before_;
  random_in_force = random_before_;
}

bool fill_random(MutableBytes out) {
  if (random_in_force != nullptr) {
    random_in_force->fill(out);
  } else if (sockets::Port* port = machine()) {
    port->fill_entropy(out);
  } else {
    return false;
  }
  return true;
}

std::int64_t clock_seconds() {
  sockets::Port* port = machine();
  return port != nullptr ? port->wall_clock().as_seconds() : std::time(nullptr);
}

}  // namespace linnet::tls

std::time_t linnet_mbedtls_time(std::time_t* to) {
  const auto now = static_cast<std::time_t>(linnet::tls::clock_seconds());
  if (to != nullptr) *to = now;
  return now;
}
