// SPDX-License-Identifier: Apache-2.0
// Interrupt: Ctrl-C and SIGTERM as a request to end cleanly.
#pragma once

#include "sockets/port.hpp"

namespace linnet::platform {
class SocketsPort;
}

namespace linnet::apps {

/// While one exists, the first SIGINT, SIGTERM or SIGHUP interrupts waiting socket calls (they fail with
/// EINTR), if there is a port for them, and makes `requested` true; the second ends the process at once. SIGPIPE is
/// ignored: writing to a
/// pipe that nobody reads fails.
class Interrupt {
 public:
  Interrupt();
  explicit Interrupt(platform::SocketsPort& port);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  static bool requested();
};

}  // namespace linnet::apps
