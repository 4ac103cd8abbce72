// SPDX-License-Identifier: Apache-2.0
// esp_timer: one thread calls all callbacks.
#include <map>
#include <thread>
#include <utility>

#include "compat/esp_idf/waiting.hpp"
#include <esp_timer.h>

using linnet::esp::Clock;

struct esp_timer {
  esp_timer_create_args_t args{};
  std::chrono::microseconds period{};  // zero: once
  bool active = false;
  Clock::time_point due;
};

namespace {

// Never destroyed: the thread waits for them until the process is gone.
std::mutex& mutex = *new std::mutex;
std::condition_variable& changed = *new std::condition_variable;
auto& waiting = *new std::multimap<Clock::time_point, esp_timer*>;
bool running = false;

/// Under the lock.
void arm(esp_timer& timer, Clock::time_point due) {
  timer.active = true;
  timer.due = due;
  waiting.emplace(due, &timer);
  changed.notify_all();
}

/// Under the lock.
void disarm(esp_timer& timer) {
  timer.active = false;
  const auto [first, last] = waiting.equal_range(timer.due);
  for (auto at = first; at != last; ++at) {
    if (at->second != &timer) continue;
    waiting.erase(at);
    return;
  }
}

void run() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [] { return !waiting.empty(); });
    const Clock::time_point due = waiting.begin()->first;
    if (Clock::now() < due) {
      changed.wait_until(lock, due);
      continue;
    }
    esp_timer& timer = *waiting.begin()->second;
    disarm(timer);
    if (timer.period.count() > 0) arm(timer, due + timer.period);
    const esp_timer_create_args_t args = timer.args;
    lock.unlock();
    args.callback(args.arg);
    lock.lock();
  }
}

esp_err_t start(esp_timer_handle_t timer, std::uint64_t microseconds, bool periodic) {
  if (timer == nullptr || (periodic && microseconds == 0)) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (timer->active) return ESP_ERR_INVALID_STATE;
  const std::chrono::microseconds time(static_cast<std::int64_t>(microseconds));
  timer->period = periodic ? time : std::chrono::microseconds();
  arm(*timer, Clock::now() + time);
  if (!std::exchange(running, true)) std::thread(run).detach();
  return ESP_OK;
}

}  // namespace

extern "C" {

esp_err_t esp_timer_create(const esp_timer_create_args_t* args, esp_timer_handle_t* timer) {
  if (args == nullptr || args->callback == nullptr || timer == nullptr) return ESP_ERR_INVALID_ARG;
  *timer = new esp_timer{.args = *args, .period = {}, .active = false, .due = {}};
  return ESP_OK;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t timeout) {
  return start(timer, timeout, false);
}
esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period) {
  return start(timer, period, true);
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
  if (timer == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (!timer->active) return ESP_ERR_INVALID_STATE;
  disarm(*timer);
  return ESP_OK;
}

esp_err_t esp_timer_delete(esp_timer_handle_t timer) {
  if (timer == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (timer->active) return ESP_ERR_INVALID_STATE;
  delete timer;
  return ESP_OK;
}

bool esp_timer_is_active(esp_timer_handle_t timer) {
  const std::lock_guard lock(mutex);
  return timer != nullptr && timer->active;
}

int64_t esp_timer_get_time(void) {
  const auto since = Clock::now() - linnet::esp::start_time();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // extern "C"
