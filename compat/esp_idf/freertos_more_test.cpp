// SPDX-License-Identifier: Apache-2.0
// FreeRTOS' timers, critical sections, meeting points, suspended tasks, and the calls of interrupts; event
// loops of a program's own. What waits is woken by what it waits for, as in freertos_test.cpp.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <esp_event.h>
#include <freertos/event_groups.h>
#include <freertos/semphr.h>
#include <freertos/timers.h>

namespace {

/// Who is called by a thread that outlives the test.
struct Calls {
  SemaphoreHandle_t called = xSemaphoreCreateCounting(1000, 0);
  std::atomic<int> number{0};
  void await(int times) const {
    for (int i = 0; i < times; ++i) ASSERT_EQ(xSemaphoreTake(called, portMAX_DELAY), pdTRUE);
  }
};

void count(TimerHandle_t timer) {
  auto& calls = *static_cast<Calls*>(pvTimerGetTimerID(timer));
  ++calls.number;
  xSemaphoreGive(calls.called);
}

TEST(FreeRtosTimers, OneShotAndPeriodic) {
  static Calls calls;
  calls.number = 0;
  EXPECT_EQ(xTimerCreate("none", 1, pdFALSE, nullptr, nullptr), nullptr);
  EXPECT_EQ(xTimerCreate("none", 0, pdFALSE, nullptr, count), nullptr);
  const TimerHandle_t once = xTimerCreate("once", 2, pdFALSE, &calls, count);
  ASSERT_NE(once, nullptr);
  EXPECT_STREQ(pcTimerGetName(once), "once");
  EXPECT_EQ(xTimerGetPeriod(once), 2u);
  EXPECT_EQ(xTimerIsTimerActive(once), pdFALSE) << "not running at first";
  const TickType_t begin = xTaskGetTickCount();
  EXPECT_EQ(xTimerStart(once, 0), pdPASS);
  calls.await(1);
  EXPECT_GE(xTaskGetTickCount() - begin, 1u);
  EXPECT_EQ(xTimerIsTimerActive(once), pdFALSE);
  EXPECT_EQ(xSemaphoreTake(calls.called, 5), pdFALSE) << "once";
  vTimerSetReloadMode(once, pdTRUE);
  EXPECT_EQ(xTimerChangePeriod(once, 1, portMAX_DELAY), pdPASS) << "which starts it";
  EXPECT_EQ(xTimerChangePeriod(once, 0, portMAX_DELAY), pdFAIL);
  calls.await(3);
  EXPECT_EQ(xTimerIsTimerActive(once), pdTRUE);
  EXPECT_EQ(xTimerStop(once, 0), pdPASS);
  EXPECT_EQ(xTimerIsTimerActive(once), pdFALSE);
  EXPECT_EQ(xTimerDelete(once, 0), pdPASS);
}

TEST(FreeRtosTimers, ResetBeginsAnewAndTheIdIsTheProgramsOwn) {
  static Calls calls;
  calls.number = 0;
  StaticTimer_t memory;
  const TimerHandle_t timer =
      xTimerCreateStatic("long", pdMS_TO_TICKS(3600000), pdTRUE, nullptr, count, &memory);
  EXPECT_EQ(pvTimerGetTimerID(timer), nullptr);
  vTimerSetTimerID(timer, &calls);
  EXPECT_EQ(pvTimerGetTimerID(timer), &calls);
  BaseType_t woken = pdTRUE;
  EXPECT_EQ(xTimerStartFromISR(timer, &woken), pdPASS);
  EXPECT_EQ(woken, pdFALSE);
  EXPECT_EQ(xTimerReset(timer, 0), pdPASS);
  EXPECT_EQ(xTimerResetFromISR(timer, nullptr), pdPASS);
  EXPECT_EQ(xTimerIsTimerActive(timer), pdTRUE);
  EXPECT_EQ(xTimerChangePeriodFromISR(timer, 1, &woken), pdPASS);
  calls.await(1);
  EXPECT_EQ(xTimerStopFromISR(timer, &woken), pdPASS);
  EXPECT_EQ(xTimerDelete(timer, 0), pdPASS);
}

TEST(FreeRtosTimers, ATimerMayDeleteItselfAndOthersGoOn) {
  static Calls calls;
  calls.number = 0;
  const TimerHandle_t timer = xTimerCreate("itself", 1, pdTRUE, &calls, [](TimerHandle_t own) {
    xTimerDelete(own, 0);
    EXPECT_EQ(xTimerStart(own, 0), pdFAIL) << "it is gone";
    ++calls.number;
    xSemaphoreGive(calls.called);
  });
  ASSERT_EQ(xTimerStart(timer, 0), pdPASS);
  calls.await(1);
  EXPECT_EQ(xSemaphoreTake(calls.called, 3), pdFALSE);
  EXPECT_EQ(calls.number, 1);
  const auto add = [](void* argument, std::uint32_t number) {
    static_cast<Calls*>(argument)->number += static_cast<int>(number);
    xSemaphoreGive(static_cast<Calls*>(argument)->called);
  };
  EXPECT_EQ(xTimerPendFunctionCall(add, &calls, 10, 0), pdPASS);
  EXPECT_EQ(xTimerPendFunctionCallFromISR(add, &calls, 20, nullptr), pdPASS);
  calls.await(2);
  EXPECT_EQ(calls.number, 31);
}

TEST(FreeRtos, CriticalSectionsKeepTasksApartAndNest) {
  static portMUX_TYPE mux = portMUX_INITIALIZER_UNLOCKED;
  static int counter;  // no atomic: the section is what guards it
  counter = 0;
  portMUX_INITIALIZE(&mux);
  const auto add = [] {
    for (int i = 0; i < 20000; ++i) {
      portENTER_CRITICAL(&mux);
      taskENTER_CRITICAL(&mux);
      ++counter;
      taskEXIT_CRITICAL(&mux);
      portEXIT_CRITICAL(&mux);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(add);
  for (int i = 0; i < 1000; ++i) {
    vTaskSuspendAll();
    ++counter;
    EXPECT_EQ(xTaskResumeAll(), pdFALSE);
    portENTER_CRITICAL_ISR(&mux);
    ++counter;
    portEXIT_CRITICAL_ISR(&mux);
    taskENTER_CRITICAL_ISR(&mux);
    ++counter;
    taskEXIT_CRITICAL_ISR(&mux);
    portENTER_CRITICAL_SAFE(&mux);
    ++counter;
    portEXIT_CRITICAL_SAFE(&mux);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 3 * 20000 + 4 * 1000);
  EXPECT_EQ(xPortInIsrContext(), pdFALSE);
  EXPECT_EQ(xPortGetCoreID(), 0);
}

TEST(FreeRtos, WhatInterruptsCallDoesNotWaitAndWakesNobody) {
  BaseType_t woken = pdTRUE;
  int value = 1;
  StaticQueue_t memory;
  std::uint8_t storage[sizeof(int)];
  const QueueHandle_t queue = xQueueCreateStatic(1, sizeof(int), storage, &memory);
  EXPECT_EQ(xQueueIsQueueEmptyFromISR(queue), pdTRUE);
  EXPECT_EQ(xQueueReceiveFromISR(queue, &value, &woken), pdFALSE);
  EXPECT_EQ(woken, pdFALSE);
  EXPECT_EQ(xQueueSendFromISR(queue, &value, nullptr), pdTRUE);
  EXPECT_EQ(xQueueIsQueueFullFromISR(queue), pdTRUE);
  value = 2;
  EXPECT_EQ(xQueueSendToBackFromISR(queue, &value, &woken), errQUEUE_FULL);
  EXPECT_EQ(xQueueSendToFrontFromISR(queue, &value, &woken), errQUEUE_FULL);
  EXPECT_EQ(xQueueOverwriteFromISR(queue, &value, &woken), pdPASS);
  EXPECT_EQ(uxQueueMessagesWaitingFromISR(queue), 1u);
  value = 0;
  EXPECT_EQ(xQueuePeekFromISR(queue, &value), pdTRUE);
  EXPECT_EQ(value, 2) << "in place of the first";
  EXPECT_EQ(xQueueReset(queue), pdPASS);
  EXPECT_EQ(xQueueOverwrite(queue, &value), pdPASS) << "into an empty one, too";
  EXPECT_EQ(xQueueReceive(queue, &value, 0), pdTRUE);
  vQueueDelete(queue);

  StaticSemaphore_t other;
  const SemaphoreHandle_t semaphore = xSemaphoreCreateBinaryStatic(&other);
  EXPECT_EQ(xSemaphoreTakeFromISR(semaphore, &woken), pdFALSE);
  EXPECT_EQ(xSemaphoreGiveFromISR(semaphore, &woken), pdTRUE);
  EXPECT_EQ(xSemaphoreGiveFromISR(semaphore, &woken), pdFALSE) << "it is given";
  EXPECT_EQ(uxSemaphoreGetCount(semaphore), 1u);
  vSemaphoreDelete(semaphore);
  const SemaphoreHandle_t mutex = xSemaphoreCreateMutexStatic(&other);
  EXPECT_EQ(uxSemaphoreGetCount(mutex), 1u) << "free at first";
  vSemaphoreDelete(mutex);
  const SemaphoreHandle_t counting = xSemaphoreCreateCountingStatic(5, 3, &other);
  EXPECT_EQ(uxSemaphoreGetCount(counting), 3u);
  vSemaphoreDelete(counting);
  const SemaphoreHandle_t recursive = xSemaphoreCreateRecursiveMutexStatic(&other);
  EXPECT_EQ(xSemaphoreTakeRecursive(recursive, 0), pdTRUE);
  vSemaphoreDelete(recursive);
  SemaphoreHandle_t old = nullptr;
  vSemaphoreCreateBinary(old);
  EXPECT_EQ(xSemaphoreTake(old, 0), pdTRUE) << "given at first";
  vSemaphoreDelete(old);

  StaticEventGroup_t third;
  const EventGroupHandle_t group = xEventGroupCreateStatic(&third);
  EXPECT_EQ(xEventGroupSetBitsFromISR(group, BIT0 | BIT1, &woken), pdPASS);
  EXPECT_EQ(xEventGroupClearBitsFromISR(group, BIT0), pdPASS);
  EXPECT_EQ(xEventGroupGetBitsFromISR(group), BIT1);
  vEventGroupDelete(group);

  const TaskHandle_t self = xTaskGetCurrentTaskHandle();
  vTaskNotifyGiveFromISR(self, &woken);
  EXPECT_EQ(ulTaskNotifyTake(pdTRUE, 0), 1u);
  EXPECT_EQ(xTaskNotifyFromISR(self, 7, eSetValueWithOverwrite, &woken), pdPASS);
  EXPECT_EQ(ulTaskNotifyTake(pdTRUE, 0), 7u);
  EXPECT_LE(xTaskGetTickCountFromISR(), xTaskGetTickCount());
}

/// One set serves all that wait for it, before the first of them clears it.
TEST(FreeRtos, TasksMeetBySync) {
  const EventGroupHandle_t group = xEventGroupCreate();
  std::atomic<int> arrived{0};
  std::atomic<int> passed{0};
  EXPECT_EQ(xEventGroupSync(group, BIT0, BIT0 | BIT1, 1), BIT0)
      << "alone: what is there when the time is over";
  xEventGroupClearBits(group, BIT0);
  std::vector<std::thread> tasks;
  for (EventBits_t bit : {BIT0, BIT1, BIT2}) {
    tasks.emplace_back([&, bit] {
      for (int round = 0; round < 20; ++round) {
        ++arrived;
        const EventBits_t seen = xEventGroupSync(group, bit, BIT0 | BIT1 | BIT2, portMAX_DELAY);
        EXPECT_EQ(seen & (BIT0 | BIT1 | BIT2), BIT0 | BIT1 | BIT2);
        EXPECT_GE(arrived, 3 * (round + 1)) << "nobody goes on before all are there";
        ++passed;
      }
    });
  }
  for (std::thread& task : tasks) task.join();
  EXPECT_EQ(passed, 60);
  EXPECT_EQ(xEventGroupGetBits(group), 0u) << "cleared when they met";
  vEventGroupDelete(group);
}

TEST(FreeRtos, ASuspendedTaskStopsUntilItIsResumed) {
  static const SemaphoreHandle_t going = xSemaphoreCreateBinary();
  static const SemaphoreHandle_t resumed = xSemaphoreCreateBinary();
  TaskHandle_t task = nullptr;
  StackType_t stack[16];
  StaticTask_t memory;
  const auto body = [](void*) {
    xSemaphoreGive(going);
    vTaskSuspend(nullptr);
    xSemaphoreGive(resumed);
    vTaskDelete(nullptr);
  };
  EXPECT_EQ(xTaskCreateStatic(body, "none", 16, nullptr, 3, nullptr, &memory), nullptr) << "without a stack";
  task = xTaskCreateStatic(body, "sleeper", 16, nullptr, 3, stack, &memory);
  ASSERT_NE(task, nullptr);
  EXPECT_EQ(xSemaphoreTake(going, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(xSemaphoreTake(resumed, 3), pdFALSE);
  EXPECT_EQ(uxTaskPriorityGet(task), 3u);
  vTaskPrioritySet(task, 7);
  EXPECT_EQ(uxTaskPriorityGet(task), 7u);
  EXPECT_GE(uxTaskGetNumberOfTasks(), 2u);
  EXPECT_GT(uxTaskGetStackHighWaterMark(task), 0u);
  // It may not have suspended itself yet.
  do {
    EXPECT_EQ(xTaskResumeFromISR(task), pdFALSE);
  } while (xSemaphoreTake(resumed, 1) == pdFALSE);
}

TEST(FreeRtos, ATaskThatIsSuspendedByAnotherStopsAtItsNextCall) {
  static std::atomic<int> rounds;
  static std::atomic<bool> ended;
  rounds = 0;
  ended = false;
  TaskHandle_t task = nullptr;
  const auto body = [](void*) {
    struct Telling {
      ~Telling() { ended = true; }
    } telling;
    for (;;) {
      ++rounds;
      taskYIELD();
    }
  };
  ASSERT_EQ(xTaskCreatePinnedToCore(body, "busy", 2048, nullptr, 1, &task, 1), pdPASS);
  while (rounds == 0) portYIELD();
  vTaskSuspend(task);
  int before = -1;
  while (before != rounds) {  // until it stands
    before = rounds;
    vTaskDelay(2);
  }
  EXPECT_FALSE(ended);
  vTaskResume(task);
  while (rounds == before) portYIELD();
  vTaskSuspend(task);
  vTaskDelete(task);
  while (!ended) portYIELD();
}

TEST(FreeRtos, DelayUntilKeepsItsPace) {
  TickType_t last = xTaskGetTickCount();
  const TickType_t begin = last;
  for (int i = 0; i < 3; ++i) vTaskDelayUntil(&last, 2);
  EXPECT_EQ(last, begin + 6);
  EXPECT_GE(xTaskGetTickCount() - begin, 5u);
  last = xTaskGetTickCount() - 100;
  const TickType_t late = last;
  vTaskDelayUntil(&last, 2);
  EXPECT_EQ(last, late + 2) << "who is late does not wait";
  EXPECT_EQ(pdTICKS_TO_MS(pdMS_TO_TICKS(500)), 500u);
}

ESP_EVENT_DECLARE_BASE(OWN_EVENT);
ESP_EVENT_DEFINE_BASE(OWN_EVENT);

struct Heard {
  std::atomic<int> sum{0};
  SemaphoreHandle_t called = xSemaphoreCreateCounting(100, 0);
  static void add(void* self, esp_event_base_t, std::int32_t, void* data) {
    static_cast<Heard*>(self)->sum += *static_cast<int*>(data);
    xSemaphoreGive(static_cast<Heard*>(self)->called);
  }
};

TEST(EspEvent, ALoopOfTheProgramsOwnWithATask) {
  static Heard heard;
  heard.sum = 0;
  esp_event_loop_handle_t loop = nullptr;
  const esp_event_loop_args_t args{
      .queue_size = 4, .task_name = "own", .task_priority = 1, .task_stack_size = 2048, .task_core_id = 0};
  EXPECT_EQ(esp_event_loop_create(nullptr, &loop), ESP_ERR_INVALID_ARG);
  ASSERT_EQ(esp_event_loop_create(&args, &loop), ESP_OK);
  EXPECT_EQ(esp_event_handler_register_with(loop, OWN_EVENT, 1, nullptr, nullptr), ESP_ERR_INVALID_ARG);
  ASSERT_EQ(esp_event_handler_register_with(loop, OWN_EVENT, 1, Heard::add, &heard), ESP_OK);
  esp_event_handler_instance_t instance = nullptr;
  ASSERT_EQ(esp_event_handler_instance_register_with(loop, OWN_EVENT, ESP_EVENT_ANY_ID, Heard::add, &heard,
                                                     &instance),
            ESP_OK);
  int value = 1;
  EXPECT_EQ(esp_event_post_to(loop, OWN_EVENT, 1, &value, sizeof value, portMAX_DELAY), ESP_OK);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(xSemaphoreTake(heard.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(heard.sum, 2) << "both handlers";
  EXPECT_EQ(esp_event_handler_unregister_with(loop, OWN_EVENT, 1, Heard::add), ESP_OK);
  value = 10;
  EXPECT_EQ(esp_event_post_to(loop, OWN_EVENT, 1, &value, sizeof value, portMAX_DELAY), ESP_OK);
  EXPECT_EQ(xSemaphoreTake(heard.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(heard.sum, 12) << "the other one";
  EXPECT_EQ(esp_event_handler_instance_unregister_with(loop, OWN_EVENT, ESP_EVENT_ANY_ID, instance), ESP_OK);
  EXPECT_EQ(esp_event_loop_delete(loop), ESP_OK);
  EXPECT_EQ(esp_event_loop_delete(nullptr), ESP_ERR_INVALID_ARG);
}

TEST(EspEvent, ALoopWithoutATaskIsRunByTheProgram) {
  static Heard heard;
  heard.sum = 0;
  esp_event_loop_handle_t loop = nullptr;
  const esp_event_loop_args_t args{
      .queue_size = 2, .task_name = nullptr, .task_priority = 0, .task_stack_size = 0, .task_core_id = 0};
  ASSERT_EQ(esp_event_loop_create(&args, &loop), ESP_OK);
  ASSERT_EQ(esp_event_handler_register_with(loop, OWN_EVENT, 1, Heard::add, &heard), ESP_OK);
  const int value = 5;
  EXPECT_EQ(esp_event_post_to(loop, OWN_EVENT, 1, &value, sizeof value, 0), ESP_OK);
  EXPECT_EQ(esp_event_post_to(loop, OWN_EVENT, 2, &value, sizeof value, 0), ESP_OK);
  EXPECT_EQ(esp_event_post_to(loop, OWN_EVENT, 1, &value, sizeof value, 1), ESP_ERR_TIMEOUT)
      << "two is all there is room for";
  EXPECT_EQ(heard.sum, 0) << "nobody ran it";
  EXPECT_EQ(esp_event_loop_run(loop, 0), ESP_OK);
  EXPECT_EQ(heard.sum, 5) << "the other has no handler";
  EXPECT_EQ(esp_event_loop_delete(loop), ESP_OK);
  EXPECT_EQ(esp_event_loop_run(nullptr, 0), ESP_ERR_INVALID_ARG);
}

TEST(EspEvent, AnInterruptPostsToTheDefaultLoop) {
  static Heard heard;
  heard.sum = 0;
  static_cast<void>(esp_event_loop_create_default());
  ASSERT_EQ(esp_event_handler_register(OWN_EVENT, 3, Heard::add, &heard), ESP_OK);
  const int value = 4;
  BaseType_t woken = pdTRUE;
  EXPECT_EQ(esp_event_isr_post(OWN_EVENT, 3, &value, sizeof value, &woken), ESP_OK);
  EXPECT_EQ(woken, pdFALSE);
  EXPECT_EQ(xSemaphoreTake(heard.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(heard.sum, 4);
  EXPECT_EQ(esp_event_loop_delete_default(), ESP_OK);
  EXPECT_EQ(esp_event_loop_delete_default(), ESP_ERR_INVALID_STATE) << "there is none";
  EXPECT_EQ(esp_event_post(OWN_EVENT, 3, &value, sizeof value, 0), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_event_loop_create_default(), ESP_OK) << "again";
  EXPECT_EQ(esp_event_post(OWN_EVENT, 3, &value, sizeof value, 0), ESP_OK);
  EXPECT_EQ(xSemaphoreTake(heard.called, 3), pdFALSE) << "its handlers are gone";
  EXPECT_EQ(esp_event_loop_delete_default(), ESP_OK);
}

/// ESP-IDF 2 and 3 had one callback.
TEST(EspEvent, TheCallbackOfEsp2MayBeExchanged) {
  static Heard heard;
  heard.sum = 0;
  const system_event_cb_t callback = [](void* self, system_event_t* event) -> esp_err_t {
    static_cast<Heard*>(self)->sum += static_cast<int>(event->event_id);
    xSemaphoreGive(static_cast<Heard*>(self)->called);
    return ESP_OK;
  };
  EXPECT_EQ(esp_event_loop_init(callback, &heard), ESP_OK);
  EXPECT_EQ(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_STOP, nullptr, 0, 0), ESP_OK);
  EXPECT_EQ(xSemaphoreTake(heard.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(heard.sum, SYSTEM_EVENT_STA_STOP);
  EXPECT_EQ(esp_event_loop_set_cb(nullptr, nullptr), callback) << "the one before";
  EXPECT_EQ(esp_event_post(WIFI_EVENT, WIFI_EVENT_STA_STOP, nullptr, 0, 0), ESP_OK);
  EXPECT_EQ(xSemaphoreTake(heard.called, 3), pdFALSE);
  EXPECT_EQ(esp_event_loop_delete_default(), ESP_OK);
}

}  // namespace
