// SPDX-License-Identifier: Apache-2.0
#include "sockets/coro/executor.hpp"

namespace linnet::sockets::coro {

void* Promise::allocate(std::size_t size, Executor& executor) noexcept {
  return executor.frames().allocate(size);
}

void Task::begin(Promise* awaiting, GroupBase* group) {
  Promise& promise = frame_.promise();
  promise.awaiting = awaiting;
  promise.in_group = group;
  if (awaiting != nullptr) {
    awaiting->child = &promise;
    promise.cancelled = promise.cancelled || awaiting->cancelled;
  }
  promise.executor->make_ready(promise);
}

void Promise::end() {
  over = true;
  if (awaiting != nullptr) {
    awaiting->child = nullptr;
    executor->make_ready(*awaiting);
  }
  if (in_group != nullptr) in_group->ended(this);
  if (detached) {
    --executor->spawned_;
    frame().destroy();
  }
}

void Promise::cancel() {
  if (over) return;
  cancelled = true;
  if (operation != nullptr) executor->complete(*operation, -error::interrupted);
  if (child != nullptr) child->cancel();
  if (group != nullptr) group->cancel();
}

bool GroupBase::await_suspend(std::coroutine_handle<Promise> frame) {
  waiting_ = &frame.promise();
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (!tasks_[i]->done()) {
      ++open_;
    } else if (!have_first_) {
      have_first_ = true;  // it had ended before, or never began for want of memory
      first_ = i;
    }
  }
  if (open_ == 0) return false;
  waiting_->group = this;
  for (Task* task : tasks_) {
    if (!task->done()) task->begin(nullptr, this);
  }
  if (waiting_->cancelled || (first_ends_all_ && have_first_)) cancel();
  return true;
}

void GroupBase::ended(const Promise* promise) {
  --open_;
  if (!have_first_) {
    have_first_ = true;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
      if (tasks_[i]->frame_ && &tasks_[i]->frame_.promise() == promise) first_ = i;
    }
    if (first_ends_all_) cancel();
  }
  if (open_ > 0) return;
  waiting_->group = nullptr;
  waiting_->executor->make_ready(*waiting_);
}

void GroupBase::cancel() {
  for (Task* task : tasks_) task->cancel();
}

bool Operation::await_suspend(std::coroutine_handle<Promise> frame) {
  promise_ = &frame.promise();
  outcome_ = promise_->cancelled ? -error::interrupted : attempt_(*this);
  if (outcome_ != -error::try_again) return false;
  if (!executor_.enlist(*this)) {
    outcome_ = -error::no_buffers;
    return false;
  }
  promise_->operation = this;
  return true;
}

bool Executor::enlist(Operation& operation) {
  if (operation.fd_ >= 0) {
    if (on_descriptors_ == entries_.size()) return false;
    ++on_descriptors_;
  }
  waiting_.push_back(operation);
  return true;
}

void Executor::complete(Operation& operation, Outcome outcome) {
  operation.unlink();
  if (operation.fd_ >= 0) --on_descriptors_;
  operation.outcome_ = outcome;
  operation.promise_->operation = nullptr;
  make_ready(*operation.promise_);
}

Outcome Executor::spawn(Task task) {
  if (!task.frame_) return task.outcome();
  Promise& promise = task.frame_.promise();
  promise.detached = true;
  ++spawned_;
  task.begin(nullptr, nullptr);
  task.frame_ = nullptr;
  return 0;
}

Outcome Executor::run(Task task) {
  if (task.done()) return task.outcome();
  task.begin(nullptr, nullptr);
  while (!task.done()) {
    resume_ready();
    // An interrupt, or nothing that could still happen: the task ends, by way of all that it waits for.
    if (!task.done() && ready_.empty() && !wait(Instant::never())) task.cancel();
  }
  return task.outcome();
}

bool Executor::run_until(Instant deadline) {
  for (;;) {
    resume_ready();
    if (spawned_ == 0) return true;
    if (now() >= deadline || !wait(deadline)) return false;
  }
}

void Executor::cancel_all() {
  // Cancelling takes operations out of the list, which must not be walked meanwhile.
  while (Operation* operation = waiting_.front()) {
    Promise* top = operation->promise_;
    while (Promise* above = top->in_group != nullptr ? top->in_group->waiting_ : top->awaiting) top = above;
    top->cancel();
  }
}

void Executor::resume_ready() {
  while (Promise* promise = ready_.pop_front()) promise->frame().resume();
}

/// Waits for one of the operations, at most until `deadline`; false: nothing will happen, or an interrupt.
bool Executor::wait(Instant deadline) {
  if (waiting_.empty()) return false;
  Instant next = deadline;
  std::size_t count = 0;
  for (Operation* operation = waiting_.front(); operation != nullptr; operation = waiting_.next(*operation)) {
    next = earlier(next, operation->deadline_);
    if (operation->fd_ >= 0) entries_[count++] = {.fd = operation->fd_, .events = operation->events_};
  }
  if (!poll_until(next, count)) return false;
  look_at_operations(now());
  return true;
}

bool Executor::poll_until(Instant deadline, std::size_t count) {
  std::optional<Duration> timeout;
  if (!deadline.is_never()) timeout = std::max(deadline - now(), Duration());
  return sockets().poll(entries_.first(count), timeout, &signalled_) >= 0;
}

/// In the order of the list, which is that of the entries.
void Executor::look_at_operations(Instant now) {
  std::size_t entry = 0;
  host_.port().lock();
  const bool signalled = std::exchange(signalled_, false);
  host_.port().unlock();
  for (Operation* operation = waiting_.front(); operation != nullptr;) {
    Operation* next = waiting_.next(*operation);
    const bool ready = operation->fd_ >= 0 ? entries_[entry++].revents != 0 : signalled;
    const Outcome outcome = ready ? operation->attempt_(*operation) : -error::try_again;
    if (outcome != -error::try_again) {
      complete(*operation, outcome);
    } else if (now >= operation->deadline_) {
      complete(*operation, operation->when_late_);
    }
    operation = next;
  }
}

}  // namespace linnet::sockets::coro
