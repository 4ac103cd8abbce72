// SPDX-License-Identifier: Apache-2.0
// Poller: waits until a device has something, somebody wakes it, or a deadline passes.
#pragma once

#include <atomic>
#include <functional>

#include "platform/linux/file_descriptor.hpp"
#include "platform/linux/pollable.hpp"

namespace linnet::platform {

/// One thread at a time may wait. Everything but `block` and `wake` belongs under the lock that guards the
/// devices, if there is one: `prepare` and `dispatch` call them.
class Poller {
 public:
  /// Throws std::system_error when the process is out of descriptors.
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  /// Until it is removed, or is no more. Takes effect at once, also on a wait in progress.
  void add(Pollable& device);
  void remove(Pollable& device);

  /// Calls `ready(revents)` from `dispatch` whenever `fd` shows one of `events` (POLLIN, POLLOUT), an error
  /// or a hang-up. `ready` may add and remove descriptors, this one too. A second registration of a
  /// descriptor replaces the first.
  void add_fd(int fd, short events, std::function<void(short revents)> ready);
  void remove_fd(int fd);

  /// Waits until `deadline` at most (one in the past: looks, without waiting) and serves what is ready.
  /// True when something was ready, `wake` was called or a signal came; false when the deadline passed.
  bool wait(Instant deadline) {
    prepare(deadline);
    block();
    return dispatch();
  }
  /// The same for a caller that holds `lock` (anything with lock and unlock), which is free while it waits.
  template <typename Lock>
  bool wait(Instant deadline, Lock& lock) {
    prepare(deadline);
    lock.unlock();
    block();
    lock.lock();
    return dispatch();
  }

  /// The three steps of `wait`, for who must do something between them. Only `block` waits and touches
  /// nothing that others touch: it is the step to call without the lock.
  void prepare(Instant deadline);
  void block();
  bool dispatch();

  /// From any thread, also from a signal handler: ends the wait in progress, or the next one if nobody waits.
  void wake();
  /// The same, but only if somebody is between `prepare` and `dispatch`. Under the lock.
  void wake_if_waiting() {
    if (waiting_) wake();
  }

 private:
  struct Watch {
    int fd = -1;
    short events = 0;
    std::function<void(short)> ready;
  };
  struct Share {  // which part of fds_ a device filled
    Pollable* device = nullptr;
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  void take_wake();

  FileDescriptor event_;
  std::atomic<bool> woken_{false};
  bool waiting_ = false;
  int result_ = 0;
  int error_ = 0;
  std::vector<Pollable*> devices_;
  std::vector<Watch> watches_;
  Duration timeout_;
  std::vector<pollfd> fds_;  // the event, the watches, the devices' shares
  std::size_t watch_count_ = 0;
  std::vector<Share> shares_;
};

}  // namespace linnet::platform
