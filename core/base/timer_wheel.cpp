// SPDX-License-Identifier: Apache-2.0
#include "core/base/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace linnet {

void TimerWheel::arm(Timer& timer, Instant deadline) {
  disarm(timer);
  if (deadline.is_never()) return;
  timer.deadline_ = deadline;
  place(timer);
}

void TimerWheel::disarm(Timer& timer) {
  if (!timer.armed()) return;
  timer.unlink();
  Slot& slot = wheel_[timer.level_][timer.slot_];
  if (!slot.timers.empty()) return;
  slot.earliest = Instant::never();
  occupied_[timer.level_] = static_cast<std::uint16_t>(occupied_[timer.level_] & ~(1u << timer.slot_));
}

void TimerWheel::place(Timer& timer) {
  constexpr std::uint64_t span = std::uint64_t{1} << (levels * level_bits);
  std::uint64_t due = std::max(tick(timer.deadline_), present_);
  // Beyond the wheel: wait in its last reachable slot and be placed again from there.
  if ((due ^ present_) >= span) due = present_ | (span - 1);
  const std::uint64_t difference = due ^ present_;
  const unsigned level = difference == 0 ? 0 : (static_cast<unsigned>(std::bit_width(difference)) - 1) / level_bits;
  const unsigned index = static_cast<unsigned>(due >> (level * level_bits)) & (slots - 1);
  timer.level_ = static_cast<std::uint8_t>(level);
  timer.slot_ = static_cast<std::uint8_t>(index);
  Slot& slot = wheel_[level][index];
  slot.timers.push_back(timer);
  slot.earliest = earlier(slot.earliest, timer.deadline_);
  occupied_[level] = static_cast<std::uint16_t>(occupied_[level] | (1u << index));
}

TimerWheel::Nearest TimerWheel::nearest() const {
  for (unsigned level = 0; level < levels; ++level) {
    // Occupied slots of a level are never behind the present digit, so the lowest bit is the nearest.
    if (occupied_[level] != 0) {
      return {level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
    }
  }
  return {};
}

Instant TimerWheel::next_deadline() const {
  const Nearest at = nearest();
  return at.level == levels ? Instant::never() : wheel_[at.level][at.slot].earliest;
}

Timer* TimerWheel::expire(Instant now) {
  const std::uint64_t target = tick(now);
  while (true) {
    const Nearest at = nearest();
    if (at.level == levels) {
      present_ = std::max(present_, target);
      return nullptr;
    }
    Slot& slot = wheel_[at.level][at.slot];
    if (slot.earliest > now) return nullptr;
    if (at.level > 0) {
      advance(target);
      // The present is the slot's start: every timer of it now differs in a lower digit, or is due, and is
      // placed there.
      IntrusiveList<Timer, TimerTag> moved;
      while (Timer* timer = slot.timers.pop_front()) moved.push_back(*timer);
      slot.earliest = Instant::never();
      occupied_[at.level] = static_cast<std::uint16_t>(occupied_[at.level] & ~(1u << at.slot));
      while (Timer* timer = moved.pop_front()) place(*timer);
      continue;
    }
    for (Timer* timer = slot.timers.front(); timer != nullptr; timer = slot.timers.next(*timer)) {
      if (timer->deadline_ <= now) {
        disarm(*timer);
        return timer;
      }
    }
    refresh_earliest(slot);
    turn(slot, target);
  }
}

void TimerWheel::turn(Slot& slot, std::uint64_t target) {
  // What is due later than its slot of level 0 was further away than the wheel reaches, and waits in the last
  // slot of all. Nothing lies behind that slot, so the present may pass it.
  const std::uint64_t next = std::min(target, tick(slot.earliest));
  if (next <= (present_ | (slots - 1))) return;
  IntrusiveList<Timer, TimerTag> moved;
  while (Timer* timer = slot.timers.pop_front()) moved.push_back(*timer);
  slot.earliest = Instant::never();
  occupied_[0] = 0;
  present_ = next;
  while (Timer* timer = moved.pop_front()) place(*timer);
}

void TimerWheel::advance(std::uint64_t to) {
  // The present may not pass a slot that still holds timers: it moves at most to the nearest slot's start.
  const Nearest at = nearest();
  const unsigned shift = at.level * level_bits;
  const std::uint64_t above = ~((std::uint64_t{1} << (shift + level_bits)) - 1);
  const std::uint64_t start = (present_ & above) | (static_cast<std::uint64_t>(at.slot) << shift);
  present_ = std::max(present_, std::min(start, to));
}

void TimerWheel::refresh_earliest(Slot& slot) {
  slot.earliest = Instant::never();
  for (Timer* timer = slot.timers.front(); timer != nullptr; timer = slot.timers.next(*timer)) {
    slot.earliest = earlier(slot.earliest, timer->deadline_);
  }
}

}  // namespace linnet
