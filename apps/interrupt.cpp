// SPDX-License-Identifier: Apache-2.0
#include "apps/interrupt.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "platform/linux/sockets_port.hpp"

namespace linnet::apps {
namespace {

// A signal handler has no other way to know its object.
std::atomic<platform::SocketsPort*> current_port{nullptr};
std::atomic<bool> signalled{false};
static_assert(std::atomic<platform::SocketsPort*>::is_always_lock_free);

void on_signal(int number) {
  if (signalled.exchange(true)) _exit(128 + number);
  if (platform::SocketsPort* port = current_port.load()) port->interrupt();
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) handle(number, on_signal);
  handle(SIGPIPE, SIG_IGN);
}

Interrupt::Interrupt(platform::SocketsPort& port) : Interrupt() { current_port = &port; }

Interrupt::~Interrupt() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) handle(number, SIG_DFL);
  current_port = nullptr;
}

bool Interrupt::requested() { return signalled; }

}  // namespace linnet::apps
