// SPDX-License-Identifier: Apache-2.0
// TimerWheel: arm, disarm and "what is due" in O(1) for any number of timers. There is no tick: the wheel
// only ever moves when its owner says what time it is, and it tells when that should be.
#pragma once

#include <array>

#include "core/base/intrusive_list.hpp"
#include "core/base/time.hpp"

namespace linnet {

struct TimerTag;

class Timer : public ListNode<TimerTag> {
 public:
  bool armed() const { return linked(); }
  /// Only while armed.
  Instant deadline() const { return deadline_; }

  std::uint8_t timer_kind = 0;  ///< the owner's own mark: what the timer is part of

 private:
  friend class TimerWheel;
  Instant deadline_;
  std::uint8_t level_ = 0;
  std::uint8_t slot_ = 0;
};

/// Levels of 16 slots; level 0 slots are 1024 microseconds wide, each next level 16 times as wide. A timer goes
/// to the level of the highest digit in which its deadline differs from the present, so that every timer of a
/// level is due before every timer of the levels above.
class TimerWheel {
 public:
  explicit TimerWheel(Instant now = {}) : present_(tick(now)) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Arms or re-arms; a deadline of never disarms.
  void arm(Timer& timer, Instant deadline);
  void disarm(Timer& timer);
  /// The next timer that is due at `now`, disarmed, or null. Call until null.
  Timer* expire(Instant now);
  /// When to call `expire` again: exact for the nearest timers, early (never late) for far ones.
  Instant next_deadline() const;

 private:
  static constexpr unsigned level_bits = 4;
  static constexpr unsigned slots = 1u << level_bits;
  static constexpr unsigned levels = 8;  // 16^8 ticks of 1.024 ms: 50 days; what is further is placed again then
  static constexpr unsigned tick_bits = 10;

  struct Slot {
    IntrusiveList<Timer, TimerTag> timers;
    Instant earliest = Instant::never();  ///< of all that were put in since it was last empty
  };
  static std::uint64_t tick(Instant t) {
    return t.as_microseconds() <= 0 ? 0 : static_cast<std::uint64_t>(t.as_microseconds()) >> tick_bits;
  }
  void place(Timer& timer);
  void advance(std::uint64_t to);
  void turn(Slot& slot, std::uint64_t target);
  void refresh_earliest(Slot& slot);
  struct Nearest {
    unsigned level = levels;
    unsigned slot = 0;
  };
  Nearest nearest() const;

  std::uint64_t present_ = 0;
  std::array<std::uint16_t, levels> occupied_{};  // one bit a slot
  std::array<std::array<Slot, slots>, levels> wheel_;
};

}  // namespace linnet
