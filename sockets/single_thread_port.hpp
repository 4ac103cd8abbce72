// SPDX-License-Identifier: Apache-2.0
// SingleThreadPort: for one thread that owns host, port and time: simulations, measurements, devices without
// an OS.
#pragma once

#include <utility>

#include "core/base/random.hpp"
#include "sockets/port.hpp"

namespace linnet::sockets {

class SingleThreadPort final : public Port {
 public:
  /// Called when a blocking call has to wait. It makes time pass (`set_time`) until something happened, at
  /// most until `deadline` (may be never()), and does what the rest of the world does meanwhile; it must not
  /// call the same host's sockets. Returning without any progress makes the waiting call try again at once.
  using Wait = void (*)(void* context, Instant deadline);

  /// The same seed yields the same bytes of entropy.
  explicit SingleThreadPort(const Random::Seed& seed, Instant start = {}) : random_(seed), now_(start) {}

  void set_time(Instant now) { now_ = now; }
  void set_wall_clock(Duration since_1970_at_zero) { wall_clock_ = since_1970_at_zero; }
  /// Without one, waiting lets the time jump to the deadline; a wait for ever is then interrupted, since
  /// nothing could end it.
  void set_wait(Wait callback, void* context) {
    wait_ = callback;
    context_ = context;
  }
  /// Waiting calls return error::interrupted.
  void interrupt() { interrupted_ = true; }

  Instant now() override { return now_; }
  Duration wall_clock() override { return wall_clock_ + Duration::microseconds(now_.as_microseconds()); }
  void fill_entropy(MutableBytes out) override { random_.fill(out); }
  void lock() override {}
  void unlock() override {}
  void yield() override {}
  void wait(Instant deadline) override {
    if (wait_ != nullptr) {
      wait_(context_, deadline);
    } else if (deadline.is_never()) {
      interrupted_ = true;
    } else if (now_ < deadline) {
      now_ = deadline;
    }
  }
  void wake() override {}
  bool take_interrupt() override { return std::exchange(interrupted_, false); }
  Thread current_thread() override { return this; }
  void park(Instant) override {}  // nobody else drives, so nobody parks
  void unpark(Thread) override {}

 private:
  Random random_;
  Instant now_;
  Duration wall_clock_;
  Wait wait_ = nullptr;
  void* context_ = nullptr;
  bool interrupted_ = false;
};

}  // namespace linnet::sockets
