// SPDX-License-Identifier: Apache-2.0
// The timer wheel against a list of deadlines: each timer once, when it is due, and never told too late.
#include <array>

#include "core/base/timer_wheel.hpp"
#include "fuzz/input.hpp"

using namespace linnet;
using namespace linnet::fuzz;

namespace {

class Run {
 public:
  explicit Run(Input& input) : now_(Instant::from_microseconds(input.u32())), wheel_(now_) {}

  void step(Input& input) {
    const std::uint8_t what = input.u8();
    const std::size_t which = what % timers_.size();
    if (what < 128) {
      arm(which, input);
    } else if (what < 152) {
      wheel_.disarm(timers_[which]);
      deadlines_[which] = Instant::never();
    } else if (what < 200) {
      advance(now_ + span(input));
    } else {
      // As an owner does: to when the wheel says.
      const Instant next = wheel_.next_deadline();
      if (!next.is_never()) advance(std::max(next, now_ + Duration::microseconds(1)));
    }
    check();
  }
  void end() {
    for (unsigned turns = 0; !wheel_.next_deadline().is_never(); ++turns) {
      require(turns < 2000, "the wheel comes to rest");
      advance(std::max(wheel_.next_deadline(), now_ + Duration::microseconds(1)));
      check();
    }
    for (const Instant deadline : deadlines_) require(deadline.is_never(), "every timer had its turn");
  }

 private:
  /// From microseconds to months, each magnitude as often.
  static Duration span(Input& input) {
    const unsigned bits = input.below(43);
    return Duration::microseconds(static_cast<std::int64_t>(input.u64() & ((std::uint64_t{1} << bits) - 1)));
  }
  void arm(std::size_t which, Input& input) {
    const std::uint8_t how = input.u8();
    const Instant deadline = how == 255   ? Instant::never()
                             : how == 254 ? now_ - Duration::seconds(1)
                                          : now_ + span(input);
    wheel_.arm(timers_[which], deadline);
    deadlines_[which] = deadline;
    require(timers_[which].armed() == !deadline.is_never(), "a deadline of never disarms");
    if (timers_[which].armed()) require(timers_[which].deadline() == deadline, "the deadline that was given");
  }
  void advance(Instant to) {
    now_ = to;
    while (Timer* timer = wheel_.expire(now_)) {
      const auto which = static_cast<std::size_t>(timer - timers_.data());
      require(!timer->armed(), "what has expired is disarmed");
      require(deadlines_[which] <= now_, "nothing expires before it is due");
      deadlines_[which] = Instant::never();
    }
    for (const Instant deadline : deadlines_) require(deadline > now_, "all that is due has expired");
  }
  void check() const {
    Instant earliest = Instant::never();
    for (std::size_t i = 0; i < timers_.size(); ++i) {
      require(timers_[i].armed() == !deadlines_[i].is_never(), "armed as in the list");
      earliest = earlier(earliest, deadlines_[i]);
    }
    require(wheel_.next_deadline() <= earliest, "the owner is never told too late");
    require(wheel_.next_deadline().is_never() == earliest.is_never(), "and only when there is something");
  }

  Instant now_;
  TimerWheel wheel_;
  std::array<Timer, 24> timers_{};
  std::array<Instant, 24> deadlines_ = [] {
    std::array<Instant, 24> all;
    all.fill(Instant::never());
    return all;
  }();
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Run run(input);
  while (!input.empty()) run.step(input);
  run.end();
  return 0;
}
