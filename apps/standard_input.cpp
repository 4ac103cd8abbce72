// SPDX-License-Identifier: Apache-2.0
#include "apps/standard_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace linnet::apps {

void StandardInput::watch() {
  const sockets::Host::Lock lock(machine_.host());
  if (watching_ || ended_) return;
  watching_ = true;
  machine_.port().poller().add_fd(STDIN_FILENO, POLLIN, [this](short) {
    machine_.port().poller().remove_fd(STDIN_FILENO);
    watching_ = false;
    machine_.port().interrupt();
  });
}

void StandardInput::unwatch() {
  const sockets::Host::Lock lock(machine_.host());
  if (watching_) machine_.port().poller().remove_fd(STDIN_FILENO);
  watching_ = false;
}

bool StandardInput::ready() {
  if (ended_) return false;
  pollfd entry{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

std::size_t StandardInput::read(MutableBytes to) {
  const ssize_t n = ::read(STDIN_FILENO, to.data(), to.size());
  ended_ = n <= 0;
  return static_cast<std::size_t>(std::max<ssize_t>(n, 0));
}

}  // namespace linnet::apps
