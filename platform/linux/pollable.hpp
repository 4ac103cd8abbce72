// SPDX-License-Identifier: Apache-2.0
// Pollable: what a device shows the Poller that waits for it.
#pragma once

#include <poll.h>

#include <span>
#include <vector>

#include "core/base/time.hpp"

namespace linnet::platform {

class Poller;

/// All calls happen in the thread that drives the stack, or under the stack's lock: never at the same time as
/// a call of the device itself.
class Pollable {
 public:
  /// Appends the descriptors to wait for, and lowers `timeout` (never negative) if something is due sooner.
  virtual void fill(std::vector<pollfd>& fds, Duration& timeout) = 0;
  /// `fds` are those that the last `fill` appended, with their `revents`.
  virtual void process(std::span<const pollfd> fds) = 0;

 protected:
  /// A poller that it is still with forgets it.
  ~Pollable();
  /// What `fill` said is no longer all there is to wait for: a wait in progress begins anew. Costs next to
  /// nothing when nobody waits.
  void changed();

 private:
  friend class Poller;
  Poller* poller_ = nullptr;
};

}  // namespace linnet::platform
