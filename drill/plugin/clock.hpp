// SPDX-License-Identifier: Apache-2.0
// Virtual time for several real threads: one that owns the clock, and others that sleep inside of calls.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

#include "core/base/random.hpp"
#include "sockets/port.hpp"

namespace linnet::drill {

/// The thread that made it owns the clock: when that one has to wait inside a call, the time jumps. All
/// others really sleep until the owner lets the time pass, or until what they wait for has happened; and the
/// owner lets no time pass while one of them is awake.
class Clock final : public sockets::Port {
 public:
  explicit Clock(Instant start);

  Instant now() override;
  Duration wall_clock() override { return Duration::microseconds(now().as_microseconds()); }
  void fill_entropy(MutableBytes out) override { random_.fill(out); }
  void lock() override { mutex_.lock(); }
  void unlock() override { mutex_.unlock(); }
  void yield() override {}
  void wait(Instant deadline) override { sleep(deadline, driver_place); }
  void wake() override { wake_place(driver_place); }
  bool take_interrupt() override;
  Thread current_thread() override;
  void park(Instant deadline) override { sleep(deadline, current_thread()); }
  void unpark(Thread thread) override { wake_place(thread); }

  /// Around each call of a program.
  void enter();
  void leave();
  bool is_owner() const { return std::this_thread::get_id() == owner_; }

  // --- for the owner, without the lock ---

  /// Until nobody is awake inside a call, and those that left have asked for the time; at most for a moment
  /// of real time, since a program may never ask.
  void settle();
  /// The earliest time that a sleeper wants to be woken at.
  Instant earliest_sleeper();
  /// Lets the time pass, to no earlier than it is, and wakes those whose time has come.
  void set_time(Instant now);
  /// Waits for a moment of real time for somebody to enter a call; true when somebody did.
  bool somebody_enters(std::chrono::microseconds moment);
  /// Whoever asks has seen how late it is.
  void stamp();
  /// Ends all waiting.
  void interrupt_all();

 private:
  struct Sleeper {
    Instant deadline;
    const void* place;
    bool woken = false;
  };
  static constexpr const void* driver_place = nullptr;
  void sleep(Instant deadline, const void* place);
  void wake_place(const void* place);
  void wake_if(bool (*due)(const Sleeper& sleeper, const void* place, Instant now), const void* place);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread::id owner_ = std::this_thread::get_id();
  Random random_;
  std::atomic<std::int64_t> now_;  ///< changed by the owner alone
  std::list<Sleeper> sleepers_;
  int awake_ = 0;  ///< threads inside calls that do not sleep, the owner aside
  std::uint64_t entered_ = 0;
  bool unstamped_ = false;  ///< a call that slept has returned, and nobody has looked at the clock
  bool slept_ = false;
  bool interrupted_ = false;
};

}  // namespace linnet::drill
