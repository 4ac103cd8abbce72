// SPDX-License-Identifier: Apache-2.0
// A port whose threads run one at a time, when the test says so: what each asks of the operating system is
// written down, and a sleep ends when the test ends it. Time stands still unless the test moves it.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/random.hpp"
#include "sockets/port.hpp"

namespace linnet::sockets::test {

class Stage final : public Port {
 public:
  explicit Stage(const Random::Seed& seed) : random_(seed) {}
  /// Interrupts all that still sleep: before what they use ends. A thread that sleeps on nevertheless would never end.
  void finish() {
    for (int round = 0; round < 100; ++round) {
      for (std::size_t i = 0; i < actors_.size(); ++i) {
        interrupted_ = true;
        if (!actors_[i]->ended) run(*actors_[i]);
      }
    }
    for (const auto& actor : actors_)
      if (!actor->ended) std::abort();
  }

  /// Threads are called A, B, ... in the order of their beginning; runs until it sleeps or ends.
  void begin(std::function<void()> body) {
    auto& actor = *actors_.emplace_back(std::make_unique<Actor>());
    actor.name = static_cast<char>('A' + actors_.size() - 1);
    actor.thread = std::jthread([this, &actor, body = std::move(body)] {
      actor.turn.acquire();
      current = &actor;
      body();
      actor.ended = true;
      main_.release();
    });
    run(actor);
  }
  /// Ends that thread's sleep; runs until it sleeps again or ends.
  void resume(char name) { run(*actors_.at(static_cast<std::size_t>(name - 'A'))); }
  bool ended(char name) const { return actors_.at(static_cast<std::size_t>(name - 'A'))->ended; }
  void advance(Duration time) { now_ = now_ + time; }
  void set_time(Instant now) { now_ = now; }
  /// Interrupts who waits next, as a signal does.
  void interrupt() { interrupted_ = true; }
  /// What the rest of the world does when a thread lets others have the lock.
  std::function<void()> on_yield;
  /// What was asked for since the last time; times are milliseconds of the port's clock.
  std::string log() { return std::exchange(log_, {}); }

  Instant now() override { return now_; }
  Duration wall_clock() override { return {}; }
  void fill_entropy(MutableBytes out) override { random_.fill(out); }
  void lock() override {}
  void unlock() override {}
  void yield() override {
    note("yields");
    if (on_yield) on_yield();
  }
  void wait(Instant deadline) override { sleep("waits", deadline); }
  void wake() override { log_ += "wake;"; }
  bool take_interrupt() override { return std::exchange(interrupted_, false); }
  Thread current_thread() override { return current; }
  void park(Instant deadline) override { sleep("parks", deadline); }
  void unpark(Thread thread) override {
    log_ += "unpark ";
    log_ += thread != nullptr ? static_cast<Actor*>(thread)->name : '?';
    log_ += ';';
  }

 private:
  struct Actor {
    char name = '?';
    bool ended = false;
    std::binary_semaphore turn{0};
    std::jthread thread;  // last: it ends before the rest
  };
  inline static thread_local Actor* current = nullptr;

  void run(Actor& actor) {
    if (actor.ended) return;
    actor.turn.release();
    main_.acquire();
  }
  void note(const std::string& what) {
    log_ += current != nullptr ? current->name : '?';
    log_ += ' ' + what + ';';
  }
  void sleep(const std::string& how, Instant deadline) {
    note(how + (deadline.is_never() ? "" : " until " + std::to_string(deadline.as_microseconds() / 1000)));
    if (current == nullptr) std::abort();  // the test's own thread must not: nobody would go on
    main_.release();
    current->turn.acquire();
  }

  Random random_;
  Instant now_;
  bool interrupted_ = false;
  std::string log_;
  std::binary_semaphore main_{0};
  std::vector<std::unique_ptr<Actor>> actors_;
};

}  // namespace linnet::sockets::test
