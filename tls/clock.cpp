// SPDX-License-Identifier: Apache-2.0
#include "tls/clock.hpp"

#include <utility>

namespace linnet::tls {
namespace {

sockets::Port* attached = nullptr;
thread_local sockets::Port* in_force = nullptr;

}  // namespace

void attach_clock(sockets::Port* port) { attached = port; }

ClockOf::ClockOf(sockets::Port& port) : before_(std::exchange(in_force, &port)) {}
ClockOf::~ClockOf() { in_force = before_; }

std::int64_t clock_seconds() {
  sockets::Port* port = in_force != nullptr ? in_force : attached;
  return port != nullptr ? port->wall_clock().as_seconds() : std::time(nullptr);
}

}  // namespace linnet::tls

std::time_t linnet_mbedtls_time(std::time_t* to) {
  const auto now = static_cast<std::time_t>(linnet::tls::clock_seconds());
  if (to != nullptr) *to = now;
  return now;
}
