// SPDX-License-Identifier: Apache-2.0
// freertos/timers.h: one thread calls all callbacks.
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include <freertos/timers.h>
#include "compat/esp_idf/waiting.hpp"

using linnet::esp::Clock;

struct linnet_timer {
  std::string name;
  TickType_t period = 0;
  bool reload = false;
  void* id = nullptr;
  TimerCallbackFunction_t callback = nullptr;
  bool active = false;
  bool deleted = false;
  Clock::time_point due;
};

namespace {

struct Pended {
  PendedFunction_t function = nullptr;
  void* argument = nullptr;
  std::uint32_t number = 0;
};

// Never destroyed: the thread waits for them until the process is gone.
std::mutex& mutex = *new std::mutex;
std::condition_variable& changed = *new std::condition_variable;
auto& waiting = *new std::multimap<Clock::time_point, linnet_timer*>;
auto& pended = *new std::deque<Pended>;
const linnet_timer* called = nullptr;  // at this moment: it is freed after that
bool running = false;

/// Under the lock.
void disarm(linnet_timer& timer) {
  timer.active = false;
  std::erase_if(waiting, [&timer](const auto& row) { return row.second == &timer; });
}

/// Under the lock.
void arm(linnet_timer& timer, Clock::time_point due) {
  disarm(timer);
  timer.active = true;
  timer.due = due;
  waiting.emplace(due, &timer);
  changed.notify_all();
}

void call_pended(std::unique_lock<std::mutex>& lock) {
  const Pended next = pended.front();
  pended.pop_front();
  lock.unlock();
  next.function(next.argument, next.number);
  lock.lock();
}

void call(linnet_timer& timer, std::unique_lock<std::mutex>& lock) {
  const Clock::time_point due = timer.due;
  disarm(timer);
  if (timer.reload) arm(timer, due + linnet::esp::duration_of(timer.period));
  called = &timer;
  lock.unlock();
  timer.callback(&timer);
  lock.lock();
  called = nullptr;
  if (timer.deleted) delete &timer;
}

void run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [] { return !waiting.empty() || !pended.empty(); });
    if (!pended.empty()) {
      call_pended(lock);
      continue;
    }
    const Clock::time_point due = waiting.begin()->first;
    if (Clock::now() < due) {
      changed.wait_until(lock, due);
    } else {
      call(*waiting.begin()->second, lock);
    }
  }
}

/// Under the lock.
void serve() {
  if (!std::exchange(running, true)) std::thread(run).detach();
}

}  // namespace

extern "C" {

TimerHandle_t xTimerCreate(const char* name, TickType_t period, UBaseType_t reload, void* id,
                           TimerCallbackFunction_t callback) {
  if (callback == nullptr || period == 0) return nullptr;
  return new linnet_timer{.name = name != nullptr ? name : "",
                          .period = period,
                          .reload = reload != 0,
                          .id = id,
                          .callback = callback,
                          .active = false,
                          .deleted = false,
                          .due = {}};
}

BaseType_t linnet_timer_start(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  if (timer->deleted) return pdFAIL;
  arm(*timer, Clock::now() + linnet::esp::duration_of(timer->period));
  serve();
  return pdPASS;
}

BaseType_t linnet_timer_stop(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  disarm(*timer);
  return pdPASS;
}

BaseType_t linnet_timer_change_period(TimerHandle_t timer, TickType_t period) {
  if (period == 0) return pdFAIL;
  {
    const std::lock_guard lock(mutex);
    timer->period = period;
  }
  return linnet_timer_start(timer);
}

BaseType_t linnet_timer_delete(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  disarm(*timer);
  timer->deleted = true;
  if (called != timer) delete timer;
  return pdPASS;
}

BaseType_t xTimerIsTimerActive(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  return timer->active ? pdTRUE : pdFALSE;
}

TickType_t xTimerGetPeriod(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  return timer->period;
}

void* pvTimerGetTimerID(TimerHandle_t timer) {
  const std::lock_guard lock(mutex);
  return timer->id;
}

void vTimerSetTimerID(TimerHandle_t timer, void* id) {
  const std::lock_guard lock(mutex);
  timer->id = id;
}

const char* pcTimerGetName(TimerHandle_t timer) { return timer->name.c_str(); }

void vTimerSetReloadMode(TimerHandle_t timer, UBaseType_t reload) {
  const std::lock_guard lock(mutex);
  timer->reload = reload != 0;
}

BaseType_t xTimerPendFunctionCall(PendedFunction_t function, void* argument, uint32_t number, TickType_t) {
  const std::lock_guard lock(mutex);
  pended.push_back({function, argument, number});
  changed.notify_all();
  serve();
  return pdPASS;
}

}  // extern "C"
