// SPDX-License-Identifier: Apache-2.0
#include "drill/plugin/clock.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace linnet::drill {
namespace {

using namespace std::chrono_literals;

/// Real time after which a thread that was woken is no longer waited for.
constexpr auto longest_settling = 2s;
/// The same for one that has left its call, which may never look at the clock.
constexpr auto longest_stamping = 50ms;

Random::Seed fixed_seed() {
  Random::Seed seed{};
  seed.fill(0xd1);
  return seed;
}

}  // namespace

Clock::Clock(Instant start) : random_(fixed_seed()), now_(start.as_microseconds()) {}

Instant Clock::now() { return Instant::from_microseconds(now_); }

sockets::Port::Thread Clock::current_thread() {
  thread_local char place;
  return &place;
}

bool Clock::take_interrupt() { return std::exchange(interrupted_, false); }

void Clock::sleep(Instant deadline, const void* place) {
  if (is_owner()) {
    // Nobody else could let the time pass.
    if (deadline.is_never())
      interrupted_ = true;
    else
      now_ = std::max(now_.load(), deadline.as_microseconds());
    return;
  }
  std::unique_lock lock(mutex_, std::adopt_lock);
  if (deadline > now()) {
    const auto me = sleepers_.insert(sleepers_.end(), {deadline, place});
    slept_ = true;
    --awake_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return me->woken; });
    sleepers_.erase(me);
  }
  lock.release();
}

/// Who is woken counts as awake from then on, not only from when it runs.
void Clock::wake_if(bool (*due)(const Sleeper& sleeper, const void* place, Instant now), const void* place) {
  for (Sleeper& sleeper : sleepers_) {
    if (sleeper.woken || !due(sleeper, place, now())) continue;
    sleeper.woken = true;
    ++awake_;
  }
  changed_.notify_all();
}

void Clock::wake_place(const void* place) {
  wake_if([](const Sleeper& sleeper, const void* of, Instant) { return sleeper.place == of; }, place);
}

void Clock::enter() {
  if (is_owner()) return;
  const std::lock_guard lock(mutex_);
  ++awake_;
  ++entered_;
  slept_ = false;
  changed_.notify_all();
}

void Clock::leave() {
  if (is_owner()) return;
  const std::lock_guard lock(mutex_);
  --awake_;
  unstamped_ = slept_;
  changed_.notify_all();
}

void Clock::stamp() {
  if (is_owner()) return;
  const std::lock_guard lock(mutex_);
  unstamped_ = false;
  changed_.notify_all();
}

void Clock::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest_settling, [&] { return awake_ == 0; });
  if (!changed_.wait_for(lock, longest_stamping, [&] { return !unstamped_; })) unstamped_ = false;
}

Instant Clock::earliest_sleeper() {
  const std::lock_guard lock(mutex_);
  Instant earliest = Instant::never();
  for (const Sleeper& sleeper : sleepers_) earliest = earlier(earliest, sleeper.deadline);
  return earliest;
}

void Clock::set_time(Instant now) {
  const std::lock_guard lock(mutex_);
  now_ = std::max(now_.load(), now.as_microseconds());
  wake_if([](const Sleeper& sleeper, const void*, Instant time) { return sleeper.deadline <= time; },
          nullptr);
}

bool Clock::somebody_enters(std::chrono::microseconds moment) {
  std::unique_lock lock(mutex_);
  const std::uint64_t before = entered_;
  return changed_.wait_for(lock, moment, [&] { return entered_ != before; });
}

void Clock::interrupt_all() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  wake_if([](const Sleeper&, const void*, Instant) { return true; }, nullptr);
}

}  // namespace linnet::drill
