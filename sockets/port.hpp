// SPDX-License-Identifier: Apache-2.0
// Port: what the sockets facade needs of an operating system: one lock, a clock, and ways to sleep.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/time.hpp"

namespace linnet::sockets {

/// Implemented once per kind of machine. One host has one port. `lock` guards everything that the host owns;
/// the calls marked "under the lock" are made by a thread that holds it.
class Port {
 public:
  /// Names a thread that sleeps in `park`; what it points to belongs to the port.
  using Thread = void*;

  /// The monotonic clock; from any thread.
  virtual Instant now() = 0;
  /// The time since 1970-01-01 00:00:00 UTC; it may step. Zero when the machine does not know it.
  virtual Duration wall_clock() = 0;
  /// Fills `out` from a real entropy source, except in simulations.
  virtual void fill_entropy(MutableBytes out) = 0;

  /// The one mutex; not recursive.
  virtual void lock() = 0;
  virtual void unlock() = 0;
  /// Under the lock: lets threads that want it have it for a moment, if there are any.
  virtual void yield() = 0;

  /// Under the lock, by one thread at a time (the driver): gives the lock up, sleeps until a device has
  /// something, `wake` is called (also between the call and the sleep) or `deadline` passes, and takes the
  /// lock again. May return early for no reason.
  virtual void wait(Instant deadline) = 0;
  /// Under the lock: ends the `wait` in progress.
  virtual void wake() = 0;
  /// Under the lock: true once after somebody asked (a signal handler, usually) that waiting calls be
  /// interrupted.
  virtual bool take_interrupt() = 0;

  /// The calling thread's name for `unpark`.
  virtual Thread current_thread() = 0;
  /// Under the lock: gives it up, sleeps until `unpark` names this thread or `deadline` passes, takes it
  /// again. May return early for no reason.
  virtual void park(Instant deadline) = 0;
  /// Under the lock. `thread` is inside `park`, or about to leave it.
  virtual void unpark(Thread thread) = 0;

 protected:
  ~Port() = default;
};

}  // namespace linnet::sockets
