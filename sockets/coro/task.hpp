// SPDX-License-Identifier: Apache-2.0
// Task: a coroutine that an executor drives, and that another one can wait for, cancel, or wait for with
// others.
#pragma once

#include <coroutine>

#include "core/base/intrusive_list.hpp"
#include "sockets/coro/frames.hpp"
#include "sockets/errno.hpp"

namespace linnet::sockets::coro {

class Executor;
class Operation;
class GroupBase;
struct Promise;

struct OfReady {};  // tag: coroutines whose turn it is

/// What a socket call yields: at least 0, or an errno value negated.
using Outcome = std::ptrdiff_t;

/// A coroutine that returns an Outcome. Its first parameter is the Executor, whose memory its frame takes:
///
///     Task echo(Executor& executor, TcpSocket socket) { ... co_return 0; }
///
/// When there is no memory the coroutine does not begin, and yields -error::no_memory. It begins when it is
/// awaited, or handed to Executor::spawn, or to when_any or when_all. Its end destroys what has not ended:
/// that must not be waiting then, so cancel it and wait for it first, as when_any does.
class [[nodiscard]] Task {
 public:
  using promise_type = Promise;

  /// One without a coroutine, which is over.
  explicit Task(Outcome outcome) : outcome_(outcome) {}
  explicit Task(std::coroutine_handle<Promise> frame) : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)), outcome_(other.outcome_) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool done() const;
  /// Of one that is done.
  Outcome outcome() const;
  /// What it waits for, itself or by way of the tasks that it awaits, ends at once with -error::interrupted,
  /// and so does everything that it awaits from then on.
  void cancel();

  class Awaiter;
  Awaiter operator co_await();

 private:
  friend class Executor;
  friend class GroupBase;
  void begin(Promise* awaiting, GroupBase* group);

  std::coroutine_handle<Promise> frame_;
  Outcome outcome_ = 0;
};

struct Promise : ListNode<OfReady> {
  template <typename... Others>
  explicit Promise(Executor& driver, Others&&...) : executor(&driver) {}

  template <typename... Others>
  static void* operator new(std::size_t size, Executor& executor, Others&&...) noexcept {
    return allocate(size, executor);
  }
  static void operator delete(void* frame) { Frames::release(frame); }
  static void* allocate(std::size_t size, Executor& executor) noexcept;
  static Task get_return_object_on_allocation_failure() { return Task(-error::no_memory); }

  /// The last thing: whoever awaits this task gets its turn by way of the executor, so that no chain of
  /// coroutines grows the C++ stack.
  struct Ending {
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<Promise> frame) noexcept { frame.promise().end(); }
    void await_resume() noexcept {}
  };

  Task get_return_object() { return Task(std::coroutine_handle<Promise>::from_promise(*this)); }
  std::suspend_always initial_suspend() noexcept { return {}; }
  Ending final_suspend() noexcept { return {}; }
  void return_value(Outcome value) { outcome = value; }
  void unhandled_exception() {}

  std::coroutine_handle<Promise> frame() { return std::coroutine_handle<Promise>::from_promise(*this); }
  void end();
  void cancel();

  Executor* executor;
  Outcome outcome = 0;
  bool cancelled = false;
  bool over = false;
  bool detached = false;        ///< the executor's: it is destroyed at its end
  Promise* awaiting = nullptr;  ///< who awaits this one
  GroupBase* in_group = nullptr;
  // What this one waits for, one of:
  Operation* operation = nullptr;
  Promise* child = nullptr;
  GroupBase* group = nullptr;
};

inline bool Task::done() const { return !frame_ || frame_.promise().over; }
inline Outcome Task::outcome() const { return frame_ ? frame_.promise().outcome : outcome_; }
inline void Task::cancel() {
  if (frame_) frame_.promise().cancel();
}

class Task::Awaiter {
 public:
  explicit Awaiter(Task& task) : task_(task) {}
  bool await_ready() const { return task_.done(); }
  void await_suspend(std::coroutine_handle<Promise> frame) { task_.begin(&frame.promise(), nullptr); }
  Outcome await_resume() const { return task_.outcome(); }

 private:
  Task& task_;
};

inline Task::Awaiter Task::operator co_await() { return Awaiter(*this); }

}  // namespace linnet::sockets::coro
