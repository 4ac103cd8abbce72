// SPDX-License-Identifier: Apache-2.0
#include "sockets/driver.hpp"

#include "sockets/events.hpp"

namespace linnet::sockets {

Instant Driver::poll(Instant now) {
  tell_time(now);
  Instant next = stack_.poll(now);
  drain_changes();
  // What routers said, and addresses that came or went, concern services as well.
  if (stack_.ip().generation() != ip_generation_) services_due_ = !services_.empty();
  ip_generation_ = stack_.ip().generation();
  if (services_due_ || now >= services_deadline_) {
    poll_services(now);
    next = stack_.poll(now);  // what the services gave it to do has deadlines too
    drain_changes();
  }
  if (conditions_ != 0) ask_conditions();
  last_poll_ = now;
  if (services_due_) return now;
  return earlier(earlier(next, services_deadline_), earliest_of_clocked());
}

void Driver::poll_services(Instant now) {
  services_due_ = false;
  services_deadline_ = Instant::never();
  for (Service* service = services_.front(); service != nullptr; service = services_.next(*service)) {
    services_deadline_ = earlier(services_deadline_, service->poll(now));
  }
}

Instant Driver::earliest_of_clocked() const {
  Instant earliest = Instant::never();
  for (const Clocked* device = clocked_.front(); device != nullptr; device = clocked_.next(*device)) {
    earliest = earlier(earliest, device->next_deadline());
  }
  return earliest;
}

void Driver::drain_changes() {
  while (const auto tag = stack_.tcp().take_changed()) changed(*tag);
  while (const auto tag = stack_.udp().take_changed()) changed(*tag);
  while (const auto tag = stack_.raw().take_changed()) changed(*tag);
}

void Driver::changed(std::uint32_t tag) {
  Descriptor* row = table_.of_tag(tag);
  if (row != nullptr) {
    notify(*row);
  } else {
    services_due_ = !services_.empty();  // no descriptor's: a service's own socket
  }
}

void Driver::notify(Descriptor& row) {
  if (row.waiters.empty()) return;
  const std::uint16_t events = events_of(stack_, row);
  for (Waiter* waiter = row.waiters.front(); waiter != nullptr; waiter = row.waiters.next(*waiter)) {
    if ((events & waiter->events) != 0) mark(*waiter, Wake::ready);
  }
}

void Driver::ask_conditions() {
  for (Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next(*waiter)) {
    if (waiter->ready != nullptr && waiter->wake == Wake::no && waiter->ready(*waiter))
      mark(*waiter, Wake::ready);
  }
}

void Driver::mark(Waiter& waiter, Wake wake) {
  if (waiter.wake != Wake::no) return;
  waiter.wake = wake;
  if (waiter.parked) port_.unpark(waiter.thread);
  if (driver_ == &waiter) wake_driver();
}

void Driver::wake_driver() {
  if (!asleep_ || woken_) return;
  woken_ = true;
  port_.wake();
}

void Driver::closed(Descriptor& row) {
  while (Waiter* waiter = row.waiters.pop_front()) {
    mark(*waiter, Wake::closed);
    waiter->wake =
        Wake::closed;  // also of one that was woken and has not run yet: the number may be another's by then
  }
}

void Driver::interrupt() {
  for (Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next(*waiter)) {
    mark(*waiter, Wake::interrupted);
  }
}

Wake Driver::wait(Waiter& waiter, Descriptor& row, Instant deadline) {
  row.waiters.push_back(waiter);
  return wait(waiter, deadline);
}

Wake Driver::wait(Waiter& waiter, Instant deadline) {
  waiter.thread = port_.current_thread();
  waiters_.push_back(waiter);
  if (waiter.ready != nullptr) ++conditions_;
  finish();  // what the call has done so far (half of a long send, say) must not wait for its end
  while (waiter.wake == Wake::no) {
    if (driver_ == nullptr) driver_ = &waiter;
    if (driver_ == &waiter) {
      drive(waiter, deadline);
    } else {
      sit_out(waiter, deadline);
    }
  }
  leave(waiter);
  return waiter.wake;
}

void Driver::drive(Waiter& waiter, Instant deadline) {
  const Instant now = port_.now();
  const Instant next = poll(now);
  if (waiter.wake != Wake::no) return;
  if (now >= deadline) {
    waiter.wake = Wake::timed_out;
  } else if (next <= now) {
    port_.yield();
  } else {
    sleep_as_driver(earlier(next, deadline));
  }
}

void Driver::sleep_as_driver(Instant until) {
  asleep_ = true;
  woken_ = false;
  sleeps_until_ = until;
  port_.wait(until);
  asleep_ = false;
  if (port_.take_interrupt()) interrupt();
}

void Driver::sit_out(Waiter& waiter, Instant deadline) {
  if (port_.now() >= deadline) {
    waiter.wake = Wake::timed_out;
    return;
  }
  if (driver_ == background_) wake_driver();  // it gives its seat to a caller
  waiter.parked = true;
  port_.park(deadline);
  waiter.parked = false;
}

void Driver::leave(Waiter& waiter) {
  waiter.ListNode<OfHost>::unlink();
  waiter.ListNode<OfDescriptor>::unlink();
  if (waiter.ready != nullptr) --conditions_;
  if (driver_ == &waiter) driver_ = nullptr;
  if (driver_ == nullptr) offer_seat();
}

void Driver::offer_seat() {
  for (Waiter* waiter = waiters_.front(); waiter != nullptr; waiter = waiters_.next(*waiter)) {
    if (waiter->wake != Wake::no) continue;  // about to leave, and to offer the seat again
    if (waiter->parked) port_.unpark(waiter->thread);
    return;
  }
  if (!background_dormant_) return;  // it looks by itself when its grace is over
  background_dormant_ = false;
  port_.unpark(background_->thread);
}

Instant Driver::poll_once() {
  const Instant next = poll(port_.now());
  if (asleep_ && next < sleeps_until_) wake_driver();
  return next;
}

void Driver::run_background() {
  Waiter self;
  self.thread = port_.current_thread();
  background_ = &self;
  while (!stop_background_) {
    if (waiters_.empty()) {
      drive_in_background(self);
    } else {
      rest_in_background(self);
    }
  }
  stop_background_ = false;
  background_ = nullptr;
  if (driver_ != &self) return;
  driver_ = nullptr;
  offer_seat();
}

void Driver::drive_in_background(Waiter& self) {
  Instant now = port_.now();
  if (driver_ != &self && now < last_poll_ + grace_) {
    port_.park(last_poll_ + grace_);
    return;
  }
  driver_ = &self;
  const Instant next = poll(now);
  if (next <= now) {
    port_.yield();
  } else {
    sleep_as_driver(next);
  }
}

void Driver::rest_in_background(Waiter& self) {
  if (driver_ == &self) {
    driver_ = nullptr;
    offer_seat();
  }
  // Looking again is cheap, being woken is not: only when the callers have had nothing to do for a whole
  // grace does the last of them wake this thread.
  const Instant now = port_.now();
  background_dormant_ = asleep_ && now >= last_poll_ + grace_;
  port_.park(background_dormant_ ? Instant::never() : now + grace_);
  background_dormant_ = false;
}

void Driver::stop_background() {
  stop_background_ = true;  // also of one that has not begun yet
  if (background_ == nullptr) return;
  if (driver_ == background_) {
    wake_driver();
  } else {
    port_.unpark(background_->thread);
  }
}

}  // namespace linnet::sockets
