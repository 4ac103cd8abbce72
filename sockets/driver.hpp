// SPDX-License-Identifier: Apache-2.0
// Driver: who polls the stack, who sleeps, and who is woken. "No hand-off": the thread that would wait polls.
#pragma once

#include "core/stack.hpp"
#include "sockets/config.hpp"
#include "sockets/descriptor.hpp"
#include "sockets/service.hpp"

namespace linnet::sockets {

/// One thread at a time drives: polls, and sleeps in Port::wait until the next deadline. The others sleep in
/// Port::park until something that they wait for has happened or the driver's seat is theirs. Everything here
/// is under the lock; `wait` and `run_background` give it up while they sleep.
class Driver {
 public:
  Driver(Stack& stack, DescriptorTable& table, Port& port, const Config& config)
      : stack_(stack), table_(table), port_(port), grace_(config.background_grace) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void add(Service& service) { services_.push_back(service); }
  void add(Clocked& device) { clocked_.push_back(device); }

  /// The time, told to the clocked devices too. Begins every call that may send.
  Instant now() {
    const Instant now = port_.now();
    tell_time(now);
    return now;
  }
  /// Polls stack and services, marks the waiters whose turn has come, yields the next deadline.
  Instant poll(Instant now);
  /// Ends a call that may have left work: when another thread sleeps as the driver, polls in its place, and
  /// wakes it only if it has something to do earlier than it thinks.
  void finish() {
    if (asleep_) static_cast<void>(poll_once());
  }
  /// Polls, and wakes a sleeping driver that has something to do earlier than it thinks; yields the next
  /// deadline.
  Instant poll_once();
  /// Services may have been given something to do from outside.
  void services_due() { services_due_ = true; }

  /// Waits until the waiter's turn has come, at most until `deadline`.
  Wake wait(Waiter& waiter, Instant deadline);
  /// The same, for `waiter.events` of one descriptor.
  Wake wait(Waiter& waiter, Descriptor& descriptor, Instant deadline);
  /// Wakes those who wait for what the descriptor shows now.
  void notify(Descriptor& descriptor);
  /// Wakes everybody who waits for the descriptor: it is no more.
  void closed(Descriptor& descriptor);
  /// Lets the waiters for other things look: after something that no poll would tell them of.
  void ask_conditions();

  /// See Host.
  void run_background();
  void stop_background();

 private:
  friend class HostInspector;

  void tell_time(Instant now) {
    for (Clocked* device = clocked_.front(); device != nullptr; device = clocked_.next(*device))
      device->set_time(now);
  }
  void poll_services(Instant now);
  Instant earliest_of_clocked() const;
  void drain_changes();
  void changed(std::uint32_t tag);
  void mark(Waiter& waiter, Wake wake);
  void interrupt();

  void drive(Waiter& waiter, Instant deadline);
  void sleep_as_driver(Instant until);
  void sit_out(Waiter& waiter, Instant deadline);
  void wake_driver();
  void leave(Waiter& waiter);
  void offer_seat();
  void drive_in_background(Waiter& self);
  void rest_in_background(Waiter& self);

  Stack& stack_;
  DescriptorTable& table_;
  Port& port_;
  Duration grace_;
  IntrusiveList<Service, Service> services_;
  IntrusiveList<Clocked, Clocked> clocked_;
  Instant services_deadline_;
  std::uint32_t ip_generation_ = 0;
  bool services_due_ = true;

  IntrusiveList<Waiter, OfHost> waiters_;
  Waiter* driver_ = nullptr;      ///< who polls
  bool asleep_ = false;           ///< the driver is in Port::wait
  bool woken_ = false;            ///< ... and was woken already
  Instant sleeps_until_;
  Instant last_poll_;
  Waiter* background_ = nullptr;  ///< the thread in run_background; never in waiters_
  bool background_dormant_ = false;
  bool stop_background_ = false;
  std::uint16_t conditions_ = 0;  ///< waiters with `ready`
};

}  // namespace linnet::sockets
