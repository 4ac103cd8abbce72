// SPDX-License-Identifier: Apache-2.0
// StandardInput: stdin for a thread that waits inside socket calls.
#pragma once

#include <atomic>

#include "apps/machine.hpp"

namespace linnet::apps {

/// The stack's own waiting watches stdin too: when it has something, the socket call that waits is
/// interrupted (EINTR).
class StandardInput {
 public:
  explicit StandardInput(Machine& machine) : machine_(machine) {}
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() { unwatch(); }

  /// From now on a waiting socket call ends when stdin has bytes or its end; once.
  void watch();
  void unwatch();
  /// True when `read` would not wait now.
  bool ready();
  bool ended() const { return ended_; }
  /// Bytes read, 0 at the end (and whenever it cannot be read). Only when ready().
  std::size_t read(MutableBytes to);

 private:
  Machine& machine_;
  bool watching_ = false;  // under the host's lock
  bool ended_ = false;
};

}  // namespace linnet::apps
