// SPDX-License-Identifier: Apache-2.0
// What a host polls beside its stack.
#pragma once

#include "core/base/intrusive_list.hpp"
#include "core/base/time.hpp"

namespace linnet::sockets {

/// A protocol machine above the stack: DHCP, DNS. All its calls happen under the host's lock.
class Service : public ListNode<Service> {
 public:
  /// Reads its sockets, does what is due, yields its next deadline. Called after the stack was polled, when
  /// the deadline has come or something of its may have happened.
  virtual Instant poll(Instant now) = 0;

 protected:
  ~Service() = default;
};

/// A Service made of any machine with the three verbs.
template <typename Machine>
class ServiceFor final : public Service {
 public:
  explicit ServiceFor(Machine& machine) : machine_(&machine) {}
  Instant poll(Instant now) override { return machine_->poll(now); }

 private:
  Machine* machine_;
};

/// A device that wants to know the time: the capture and impair middleware.
class Clocked : public ListNode<Clocked> {
 public:
  virtual void set_time(Instant now) = 0;
  /// When the device will have something by itself: held frames.
  virtual Instant next_deadline() const { return Instant::never(); }

 protected:
  ~Clocked() = default;
};

template <typename Middleware>
class ClockedFor final : public Clocked {
 public:
  explicit ClockedFor(Middleware& device) : device_(&device) {}
  void set_time(Instant now) override { device_->set_time(now); }
  Instant next_deadline() const override {
    if constexpr (requires { device_->next_deadline(); }) return device_->next_deadline();
    return Instant::never();
  }

 private:
  Middleware* device_;
};

}  // namespace linnet::sockets
