// SPDX-License-Identifier: Apache-2.0
// FreeRTOS' tasks on threads.
#include <freertos/task.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/waiting.hpp"

using linnet::esp::wait_ticks;

struct linnet_task {
  TaskFunction_t function = nullptr;
  void* argument = nullptr;
  std::string name;
  UBaseType_t priority = 1;
  bool deleted = false;
  bool suspended = false;
  std::uint32_t notification = 0;
  bool notified = false;
  std::condition_variable changed;
};

namespace {

const linnet::esp::Clock::time_point started = linnet::esp::Clock::now();

// Of all tasks; never destroyed, since tasks may outlive main.
std::mutex& mutex = *new std::mutex;
auto& living = *new std::vector<linnet_task*>;
thread_local linnet_task* current = nullptr;
std::recursive_mutex& critical = *new std::recursive_mutex;

std::atomic<std::uint32_t> ticks_in_a_second = configTICK_RATE_HZ;

bool is_living(const linnet_task* task) {
  return std::find(living.begin(), living.end(), task) != living.end();
}

void forget(linnet_task* task) {
  const std::lock_guard lock(mutex);
  std::erase(living, task);
  delete task;
}

/// Runs when the thread ends, however it does.
struct Ending {
  ~Ending() { forget(std::exchange(current, nullptr)); }
};

void* run(void* argument) {
  current = static_cast<linnet_task*>(argument);
  const Ending ending;
  current->function(current->argument);
  return nullptr;
}

/// The caller as a task; threads that nobody created as one get to be one here.
linnet_task& self() {
  if (current == nullptr) {
    current = new linnet_task;
    const std::lock_guard lock(mutex);
    living.push_back(current);
  }
  return *current;
}

void call_app_main(void* app_main) { reinterpret_cast<void (*)()>(app_main)(); }

}  // namespace

namespace linnet::esp {

Clock::time_point start_time() { return started; }

std::uint32_t tick_rate() { return ticks_in_a_second; }

void set_tick_rate(std::uint32_t hertz) { ticks_in_a_second = hertz; }

void end_if_deleted() {
  if (current == nullptr) return;
  {
    std::unique_lock lock(mutex);
    current->changed.wait(lock, [] { return !current->suspended || current->deleted; });
    // Once: the destructors that run now may wait, too.
    if (!std::exchange(current->deleted, false)) return;
  }
  pthread_exit(nullptr);
}

void start_main_task(void (*app_main)()) {
  xTaskCreate(call_app_main, "main", 0, reinterpret_cast<void*>(app_main), 1, nullptr);
}

std::size_t tasks() {
  const std::lock_guard lock(mutex);
  return living.size();
}

}  // namespace linnet::esp

extern "C" {

BaseType_t xTaskCreate(TaskFunction_t function, const char* name, uint32_t, void* argument,
                       UBaseType_t priority, TaskHandle_t* task) {
  auto* created = new linnet_task;
  created->priority = priority;
  created->function = function;
  created->argument = argument;
  created->name = name != nullptr ? name : "";
  {
    const std::lock_guard lock(mutex);
    living.push_back(created);
  }
  // It may have ended before this returns.
  if (task != nullptr) *task = created;
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const int failed = pthread_create(&thread, &attributes, run, created);
  pthread_attr_destroy(&attributes);
  if (failed != 0) forget(created);
  return failed == 0 ? pdPASS : pdFAIL;
}

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t function, const char* name, uint32_t stack, void* argument,
                                   UBaseType_t priority, TaskHandle_t* task, BaseType_t) {
  return xTaskCreate(function, name, stack, argument, priority, task);
}

TaskHandle_t linnet_task_create_static(TaskFunction_t function, const char* name, void* argument,
                                       UBaseType_t priority, StackType_t* stack, StaticTask_t* task) {
  TaskHandle_t created = nullptr;
  if (stack == nullptr || task == nullptr) return nullptr;
  return xTaskCreate(function, name, 0, argument, priority, &created) == pdPASS ? created : nullptr;
}

void vTaskSuspend(TaskHandle_t task) {
  linnet_task& own = self();
  {
    const std::lock_guard lock(mutex);
    linnet_task* which = task != nullptr ? task : &own;
    if (!is_living(which)) return;
    which->suspended = true;
  }
  linnet::esp::end_if_deleted();
}

void vTaskResume(TaskHandle_t task) {
  const std::lock_guard lock(mutex);
  if (!is_living(task)) return;
  task->suspended = false;
  task->changed.notify_all();
}

UBaseType_t uxTaskPriorityGet(TaskHandle_t task) {
  linnet_task& own = self();
  const std::lock_guard lock(mutex);
  return (task != nullptr ? task : &own)->priority;
}

void vTaskPrioritySet(TaskHandle_t task, UBaseType_t priority) {
  linnet_task& own = self();
  const std::lock_guard lock(mutex);
  (task != nullptr ? task : &own)->priority = priority;
}

UBaseType_t uxTaskGetNumberOfTasks(void) { return static_cast<UBaseType_t>(linnet::esp::tasks()); }

void linnet_enter_critical(void) { critical.lock(); }
void linnet_exit_critical(void) { critical.unlock(); }

void vTaskDelete(TaskHandle_t task) {
  if (task == nullptr || task == current) pthread_exit(nullptr);
  const std::lock_guard lock(mutex);
  if (!is_living(task)) return;
  task->deleted = true;
  task->changed.notify_all();
}

void vTaskDelay(TickType_t ticks) {
  linnet_task& task = self();
  {
    std::unique_lock lock(mutex);
    static_cast<void>(wait_ticks(task.changed, lock, ticks, [&] { return task.deleted; }));
  }
  linnet::esp::end_if_deleted();
}

void vTaskDelayUntil(TickType_t* previous, TickType_t period) {
  *previous += period;
  const TickType_t left = *previous - xTaskGetTickCount();
  if (left <= period) vTaskDelay(left);
}

TickType_t xTaskGetTickCount(void) {
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(linnet::esp::Clock::now() - started);
  return static_cast<TickType_t>(static_cast<std::uint64_t>(since.count()) * linnet::esp::tick_rate() / 1000);
}

TaskHandle_t xTaskGetCurrentTaskHandle(void) { return &self(); }

const char* pcTaskGetName(TaskHandle_t task) { return (task != nullptr ? task : &self())->name.c_str(); }

UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t) { return 2048; }

void linnet_task_yield(void) {
  linnet::esp::end_if_deleted();
  std::this_thread::yield();
}

uint32_t ulTaskNotifyTake(BaseType_t clear, TickType_t ticks) {
  linnet_task& task = self();
  std::uint32_t value = 0;
  {
    std::unique_lock lock(mutex);
    static_cast<void>(
        wait_ticks(task.changed, lock, ticks, [&] { return task.notification != 0 || task.deleted; }));
    value = task.notification;
    if (value != 0) task.notification = clear != 0 ? 0 : value - 1;
    task.notified = false;
  }
  linnet::esp::end_if_deleted();
  return value;
}

BaseType_t xTaskNotify(TaskHandle_t task, uint32_t value, eNotifyAction action) {
  const std::lock_guard lock(mutex);
  if (!is_living(task) || (action == eSetValueWithoutOverwrite && task->notified)) return pdFAIL;
  if (action == eSetBits) task->notification |= value;
  if (action == eIncrement) ++task->notification;
  if (action == eSetValueWithOverwrite || action == eSetValueWithoutOverwrite) task->notification = value;
  task->notified = true;
  task->changed.notify_all();
  return pdPASS;
}

BaseType_t xTaskNotifyWait(uint32_t clear_before, uint32_t clear_after, uint32_t* value, TickType_t ticks) {
  linnet_task& task = self();
  bool came = false;
  {
    std::unique_lock lock(mutex);
    if (!task.notified) task.notification &= ~clear_before;
    static_cast<void>(wait_ticks(task.changed, lock, ticks, [&] { return task.notified || task.deleted; }));
    if (value != nullptr) *value = task.notification;
    came = std::exchange(task.notified, false);
    if (came) task.notification &= ~clear_after;
  }
  linnet::esp::end_if_deleted();
  return came ? pdTRUE : pdFALSE;
}

}  // extern "C"
