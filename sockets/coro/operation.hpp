// SPDX-License-Identifier: Apache-2.0
// Operation: what a coroutine waits for in the end: a descriptor, a moment, or both.
#pragma once

#include "sockets/coro/task.hpp"
#include "sockets/sockets.hpp"

namespace linnet::sockets::coro {

struct OfWaiting {};  // tag: operations that wait

/// Awaitable; yields an Outcome. It lives in the frame of the coroutine that awaits it.
class Operation : public ListNode<OfWaiting> {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<Promise> frame);
  Outcome await_resume() const { return outcome_; }

 protected:
  /// Tries, and yields an outcome; -error::try_again: it must wait for `events` of `fd`. A negative `fd`
  /// waits for nothing but the deadline, and tries again after Executor::signal.
  using Attempt = Outcome (*)(Operation& self);
  Operation(Executor& executor, Attempt attempt, int fd, std::uint16_t events, Instant deadline)
      : executor_(executor), attempt_(attempt), fd_(fd), events_(events), deadline_(deadline) {}
  ~Operation() = default;

  Executor& executor_;

 private:
  friend class Executor;
  friend struct Promise;

  Attempt attempt_;
  int fd_;
  std::uint16_t events_;
  Instant deadline_;
  Outcome when_late_ = -error::timed_out;
  Outcome outcome_ = 0;
  Promise* promise_ = nullptr;

 protected:
  void succeeds_when_late() { when_late_ = 0; }
};

/// Awaitable: goes on at `when`. Yields 0, or -error::interrupted when it was cancelled.
class Sleep : public Operation {
 public:
  Sleep(Executor& executor, Instant when)
      : Operation(
            executor, [](Operation&) -> Outcome { return -error::try_again; }, -1, 0, when) {
    succeeds_when_late();
  }
};

}  // namespace linnet::sockets::coro
