// SPDX-License-Identifier: Apache-2.0
// Executor: runs coroutines on one thread, driven by the host's poll.
#pragma once

#include "sockets/coro/group.hpp"
#include "sockets/coro/operation.hpp"
#include "sockets/host.hpp"

namespace linnet::sockets::coro {

/// One thread owns it and all its coroutines. While all of them wait, that thread waits in Sockets::poll, and
/// drives the stack there as any waiting thread does: in virtual time, too. `entries` is what it polls with:
/// as many operations can wait for descriptors at the same time; one more yields -error::no_buffers.
class Executor {
 public:
  Executor(Host& host, MutableBytes memory, std::span<PollEntry> entries)
      : host_(host), frames_(memory), entries_(entries) {}
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  /// Nothing may be under way.
  ~Executor() = default;

  /// Runs the task beside the others until its end; nobody gets its outcome. -error::no_memory: it has no
  /// frame.
  Outcome spawn(Task task);
  /// Until all that was spawned has ended, or nothing of it can go on. False: the host's port interrupted it,
  /// or what is left waits for something that cannot come.
  bool run() { return run_until(Instant::never()); }
  /// The same, but at most until `deadline`.
  bool run_until(Instant deadline);
  /// Runs this one, and what was spawned as long as it takes.
  Outcome run(Task task);
  /// All that waits, and everything that waits for it.
  void cancel_all();

  Host& host() { return host_; }
  Sockets& sockets() { return host_.sockets(); }
  Frames& frames() { return frames_; }
  Instant now() { return host_.port().now(); }
  Sleep sleep_until(Instant when) { return {*this, when}; }
  Sleep sleep_for(Duration time) { return {*this, now() + time}; }
  /// Under the host's lock, by a service: operations that wait for no descriptor are to look again.
  void signal() { signalled_ = true; }

 private:
  friend class Operation;
  friend struct Promise;
  friend class GroupBase;
  friend class Task;

  void make_ready(Promise& promise) { ready_.push_back(promise); }
  bool enlist(Operation& operation);
  void complete(Operation& operation, Outcome outcome);
  void resume_ready();
  bool wait(Instant deadline);
  bool poll_until(Instant deadline, std::size_t count);
  void look_at_operations(Instant now);

  Host& host_;
  Frames frames_;
  std::span<PollEntry> entries_;
  IntrusiveList<Promise, OfReady> ready_;
  IntrusiveList<Operation, OfWaiting> waiting_;
  std::size_t on_descriptors_ = 0;  ///< operations in waiting_ that have a descriptor
  std::size_t spawned_ = 0;
  bool signalled_ = false;
};

}  // namespace linnet::sockets::coro
