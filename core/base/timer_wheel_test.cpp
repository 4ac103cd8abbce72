// SPDX-License-Identifier: Apache-2.0
#include "core/base/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace linnet {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr std::int64_t wheel_turn = (std::int64_t{1} << 32) << 10;  // 16^8 ticks of 1024 us

Instant at(std::int64_t us) { return Instant::from_microseconds(us); }

TEST(TimerWheel, an_empty_wheel_waits_for_nothing) {
  TimerWheel wheel(at(5));
  EXPECT_TRUE(wheel.next_deadline().is_never());
  EXPECT_EQ(wheel.expire(at(day)), nullptr);
  EXPECT_TRUE(wheel.next_deadline().is_never());
}

TEST(TimerWheel, fires_to_the_microsecond) {
  TimerWheel wheel;
  Timer timer;
  wheel.arm(timer, at(1500));
  EXPECT_TRUE(timer.armed());
  EXPECT_EQ(timer.deadline(), at(1500));
  EXPECT_EQ(wheel.next_deadline(), at(1500));
  EXPECT_EQ(wheel.expire(at(1499)), nullptr);
  EXPECT_EQ(wheel.expire(at(1500)), &timer);
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(wheel.expire(at(1500)), nullptr);
}

TEST(TimerWheel, a_deadline_of_never_disarms) {
  TimerWheel wheel;
  Timer timer;
  wheel.arm(timer, at(10));
  wheel.arm(timer, Instant::never());
  EXPECT_FALSE(timer.armed());
  EXPECT_TRUE(wheel.next_deadline().is_never());
  wheel.disarm(timer);  // of one that is not armed: nothing
  EXPECT_EQ(wheel.expire(at(20)), nullptr);
}

TEST(TimerWheel, a_deadline_in_the_past_is_due_at_once) {
  TimerWheel wheel(at(10 * day));
  Timer timer;
  wheel.arm(timer, at(5));
  EXPECT_LE(wheel.next_deadline(), at(10 * day));
  EXPECT_EQ(wheel.expire(at(10 * day)), &timer);
}

TEST(TimerWheel, re_arming_moves_a_timer_both_ways) {
  TimerWheel wheel;
  Timer timer;
  wheel.arm(timer, at(5 * second));
  wheel.arm(timer, at(1 * second));
  EXPECT_EQ(wheel.expire(at(1 * second)), &timer);
  wheel.arm(timer, at(2 * second));
  wheel.arm(timer, at(30 * second));
  EXPECT_EQ(wheel.expire(at(29 * second)), nullptr);
  EXPECT_EQ(wheel.expire(at(30 * second)), &timer);
}

TEST(TimerWheel, survives_its_own_turn_without_piling_up) {
  // Timers that are always armed across the end of the wheel's 50 days must not pin the present to it.
  TimerWheel wheel(at(wheel_turn - 10 * second));
  Timer guard;  // always armed, so that the wheel is never empty
  Timer timer;
  std::int64_t now = wheel_turn - 10 * second;
  wheel.arm(guard, at(now + 3 * second));
  for (int i = 0; i < 2000; ++i) {
    wheel.arm(timer, at(now + 10'000));
    now += 10'000;
    Timer* first = wheel.expire(at(now));
    ASSERT_NE(first, nullptr);
    while (first != nullptr) {
      if (first == &guard) wheel.arm(guard, at(now + 3 * second));
      first = wheel.expire(at(now));
    }
  }
  // If both waited in one slot, the nearer one's deadline would still be told after it was disarmed.
  wheel.arm(timer, at(now + 10'000));
  wheel.disarm(timer);
  EXPECT_EQ(wheel.next_deadline(), guard.deadline());
}

/// What the wheel must do, done slowly.
class Model {
 public:
  void arm(std::size_t id, Instant deadline) {
    disarm(id);
    deadlines_.emplace(deadline, id);
  }
  void disarm(std::size_t id) {
    for (auto it = deadlines_.begin(); it != deadlines_.end(); ++it) {
      if (it->second != id) continue;
      deadlines_.erase(it);
      return;
    }
  }
  bool armed(std::size_t id) const {
    for (const auto& [deadline, other] : deadlines_) {
      if (other == id) return true;
    }
    return false;
  }
  Instant earliest() const { return deadlines_.empty() ? Instant::never() : deadlines_.begin()->first; }
  std::size_t size() const { return deadlines_.size(); }

 private:
  std::multimap<Instant, std::size_t> deadlines_;
};

/// A span from 0 us to 100 days, every order of magnitude alike.
std::int64_t random_span(std::mt19937_64& random) {
  switch (random() % 8) {
    case 0:
      return static_cast<std::int64_t>(random() % 5);
    case 1:
      return static_cast<std::int64_t>(random() % (100 * day));
    case 2:
      return wheel_turn - 2000 + static_cast<std::int64_t>(random() % 4000);
    default: {
      const unsigned bits = static_cast<unsigned>(random() % 43);  // 2^43 us: 101 days
      return static_cast<std::int64_t>(random() & ((std::uint64_t{1} << bits) - 1));
    }
  }
}

struct Start {
  const char* name;
  std::int64_t us;
};

class TimerWheelModel : public testing::TestWithParam<Start> {};

INSTANTIATE_TEST_SUITE_P(Starts, TimerWheelModel,
                         testing::Values(Start{"zero", 0}, Start{"one", 1},
                                         Start{"near_2_31_us", (std::int64_t{1} << 31) - 7},
                                         Start{"near_2_32_us", (std::int64_t{1} << 32) - 7},
                                         Start{"near_the_turn", wheel_turn - 3 * second},
                                         Start{"just_past_the_turn", wheel_turn},
                                         Start{"many_turns", wheel_turn * 1000 - 1},
                                         Start{"year_2262", 9'000'000'000'000'000'000}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(TimerWheelModel, nothing_is_early_nothing_is_late) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    std::int64_t now = GetParam().us;
    TimerWheel wheel(at(now));
    std::vector<Timer> timers(1 + random() % 40);
    Model model;
    for (int step = 0; step < 400; ++step) {
      const std::size_t id = random() % timers.size();
      switch (random() % 6) {
        case 0:
        case 1:
        case 2: {
          const Instant deadline = at(now + random_span(random) - static_cast<std::int64_t>(random() % 3));
          wheel.arm(timers[id], deadline);
          model.arm(id, deadline);
          break;
        }
        case 3:
          wheel.disarm(timers[id]);
          model.disarm(id);
          break;
        default: {
          if (random() % 2 == 0) {
            now += random_span(random) / 4;
          } else if (!wheel.next_deadline().is_never()) {
            now = std::max(now, wheel.next_deadline().as_microseconds());
          }
          const std::size_t armed = model.size();
          std::size_t fired = 0;
          while (Timer* timer = wheel.expire(at(now))) {
            const auto index = static_cast<std::size_t>(timer - timers.data());
            ASSERT_FALSE(timer->armed());
            ASSERT_TRUE(model.armed(index)) << "fired but was not armed";
            ASSERT_LE(timer->deadline(), at(now)) << "early";
            model.disarm(index);
            ASSERT_LE(++fired, armed);
          }
          ASSERT_GT(model.earliest(), at(now)) << "late";
          ASSERT_GT(wheel.next_deadline(), at(now)) << "a poller would spin";
        }
      }
      ASSERT_LE(wheel.next_deadline(), model.earliest()) << "seed " << seed << " step " << step;
      ASSERT_EQ(wheel.next_deadline().is_never(), model.size() == 0);
      ASSERT_EQ(timers[id].armed(), model.armed(id));
    }
  }
}

TEST_P(TimerWheelModel, following_next_deadline_meets_each_timer_on_time_in_few_steps) {
  std::mt19937_64 random(GetParam().us);
  const std::int64_t start = GetParam().us;
  TimerWheel wheel(at(start));
  std::vector<Timer> timers(500);
  std::int64_t last = start;
  for (Timer& timer : timers) {
    const std::int64_t deadline = start + random_span(random);
    wheel.arm(timer, at(deadline));
    last = std::max(last, deadline);
  }
  std::size_t fired = 0;
  std::size_t wakes = 0;
  Instant now = at(start);
  while (!wheel.next_deadline().is_never()) {
    ASSERT_GE(wheel.next_deadline(), now);
    now = wheel.next_deadline();
    ++wakes;
    while (Timer* timer = wheel.expire(now)) {
      EXPECT_EQ(timer->deadline(), now) << "woken for it, so exactly on time";
      ++fired;
    }
  }
  EXPECT_EQ(fired, timers.size());
  EXPECT_EQ(now, at(last));
  EXPECT_LE(wakes, 9 * timers.size()) << "at most once for each level that a timer passes";
}

TEST(TimerWheel, a_late_poll_fires_everything_that_is_due) {
  TimerWheel wheel;
  std::vector<Timer> timers(1000);
  std::mt19937_64 random(9);
  for (Timer& timer : timers) wheel.arm(timer, at(random_span(random)));
  std::size_t fired = 0;
  while (wheel.expire(at(101 * day)) != nullptr) ++fired;
  EXPECT_EQ(fired, timers.size());
  EXPECT_TRUE(wheel.next_deadline().is_never());
}

TEST(TimerWheel, an_owner_may_re_arm_while_it_expires) {
  TimerWheel wheel;
  Timer periodic;
  wheel.arm(periodic, at(100));
  int fired = 0;
  while (Timer* timer = wheel.expire(at(1000))) {
    ++fired;
    wheel.arm(*timer, timer->deadline() + Duration::microseconds(100));
  }
  EXPECT_EQ(fired, 10);
  EXPECT_EQ(wheel.next_deadline(), at(1100));
}

TEST(TimerWheel, a_slot_that_was_emptied_forgets_when_its_first_timer_was_due) {
  TimerWheel wheel;
  Timer first;
  Timer next;
  wheel.arm(first, at(10));
  wheel.disarm(first);
  wheel.arm(next, at(900));  // in the same slot
  EXPECT_EQ(wheel.next_deadline(), at(900));
  EXPECT_EQ(wheel.expire(at(899)), nullptr);
  EXPECT_EQ(wheel.expire(at(900)), &next);
}

}  // namespace
}  // namespace linnet
