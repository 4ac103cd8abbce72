// SPDX-License-Identifier: Apache-2.0
// when_any, when_all: several tasks at a time.
#pragma once

#include <array>
#include <concepts>
#include <span>

#include "sockets/coro/task.hpp"

namespace linnet::sockets::coro {

class GroupBase {
 public:
  GroupBase(const GroupBase&) = delete;
  GroupBase& operator=(const GroupBase&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<Promise> frame);
  /// The number of the task that ended first.
  std::size_t await_resume() const { return first_; }

 protected:
  GroupBase(std::span<Task* const> tasks, bool first_ends_all)
      : tasks_(tasks), first_ends_all_(first_ends_all) {}
  ~GroupBase() = default;

 private:
  friend class Executor;
  friend struct Promise;
  void ended(const Promise* promise);
  void cancel();

  std::span<Task* const> tasks_;
  bool first_ends_all_;
  Promise* waiting_ = nullptr;
  std::size_t open_ = 0;
  std::size_t first_ = 0;
  bool have_first_ = false;
};

namespace detail {
template <std::size_t N>
struct TaskArray {
  std::array<Task*, N> array;
};
}  // namespace detail

template <std::size_t N>
class Group : private detail::TaskArray<N>, public GroupBase {
 public:
  Group(const std::array<Task*, N>& tasks, bool first_ends_all)
      : detail::TaskArray<N>{tasks}, GroupBase(this->array, first_ends_all) {}
};

/// `co_await when_any(a, b)` begins all, cancels the others when the first of them has ended, and goes on
/// when all have. It yields the first one's number, from 0; Task::outcome has what each of them gave.
template <std::same_as<Task>... Tasks>
Group<sizeof...(Tasks)> when_any(Tasks&... tasks) {
  return {{&tasks...}, true};
}

/// The same, but lets each of them end by itself.
template <std::same_as<Task>... Tasks>
Group<sizeof...(Tasks)> when_all(Tasks&... tasks) {
  return {{&tasks...}, false};
}

}  // namespace linnet::sockets::coro
