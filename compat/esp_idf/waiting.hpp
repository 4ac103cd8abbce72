// SPDX-License-Identifier: Apache-2.0
// Waiting for ticks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <freertos/FreeRTOS.h>

namespace linnet::esp {

using Clock = std::chrono::steady_clock;

/// Of the program, whose CONFIG_FREERTOS_HZ may be another than that of these files.
std::uint32_t tick_rate();

inline std::chrono::milliseconds duration_of(TickType_t ticks) {
  return std::chrono::milliseconds(std::uint64_t{ticks} * 1000 / tick_rate());
}

/// Ends the calling task when somebody deleted it (vTaskDelete). Called before waiting, without any lock.
void end_if_deleted();

/// Waits for `condition`, at most for `ticks`. False: it did not come true.
template <typename Condition>
bool wait_ticks(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, TickType_t ticks,
                Condition condition) {
  if (ticks != portMAX_DELAY) return changed.wait_for(lock, duration_of(ticks), condition);
  changed.wait(lock, condition);
  return true;
}

/// The moment at which the program started.
Clock::time_point start_time();

}  // namespace linnet::esp
