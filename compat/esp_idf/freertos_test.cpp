// SPDX-License-Identifier: Apache-2.0
// FreeRTOS' calls, esp_timer and the event loop: what waits is woken by what it waits for, never by a time
// that a slow machine could miss.
#include <gtest/gtest.h>

#include <atomic>

#include <esp_event.h>
#include <esp_timer.h>
#include <freertos/event_groups.h>
#include <freertos/semphr.h>

namespace {

TEST(FreeRtos, QueuesKeepTheirOrderAndTheirLength) {
  const QueueHandle_t queue = xQueueCreate(2, sizeof(int));
  int value = 1;
  EXPECT_EQ(xQueueSend(queue, &value, 0), pdTRUE);
  value = 2;
  EXPECT_EQ(xQueueSendToFront(queue, &value, 0), pdTRUE);
  EXPECT_EQ(xQueueSend(queue, &value, 0), errQUEUE_FULL);
  EXPECT_EQ(uxQueueSpacesAvailable(queue), 0u);
  EXPECT_EQ(xQueuePeek(queue, &value, 0), pdTRUE);
  EXPECT_EQ(value, 2);
  EXPECT_EQ(xQueueReceive(queue, &value, 0), pdTRUE);
  EXPECT_EQ(xQueueReceive(queue, &value, 0), pdTRUE);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(xQueueReceive(queue, &value, 1), errQUEUE_EMPTY);
  vQueueDelete(queue);
}

TEST(FreeRtos, ATaskHandsOverAndEnds) {
  struct Context {
    QueueHandle_t queue;
    SemaphoreHandle_t done;
  } context{xQueueCreate(1, sizeof(int)), xSemaphoreCreateBinary()};
  const auto task = [](void* argument) {
    auto& own = *static_cast<Context*>(argument);
    for (int i = 0; i < 100; ++i) xQueueSend(own.queue, &i, portMAX_DELAY);
    xSemaphoreGive(own.done);
    vTaskDelete(nullptr);
  };
  ASSERT_EQ(xTaskCreate(task, "sender", 2048, &context, 5, nullptr), pdPASS);
  for (int i = 0; i < 100; ++i) {
    int value = -1;
    ASSERT_EQ(xQueueReceive(context.queue, &value, portMAX_DELAY), pdTRUE);
    EXPECT_EQ(value, i);
  }
  EXPECT_EQ(xSemaphoreTake(context.done, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(xSemaphoreTake(context.done, 0), pdFALSE) << "a binary one is taken once";
  vSemaphoreDelete(context.done);
  vQueueDelete(context.queue);
}

TEST(FreeRtos, RecursiveMutexesCount) {
  const SemaphoreHandle_t mutex = xSemaphoreCreateRecursiveMutex();
  EXPECT_EQ(xSemaphoreTakeRecursive(mutex, 0), pdTRUE);
  EXPECT_EQ(xSemaphoreTakeRecursive(mutex, 0), pdTRUE);
  EXPECT_EQ(xSemaphoreGiveRecursive(mutex), pdTRUE);
  EXPECT_EQ(xSemaphoreTake(mutex, 0), pdFALSE) << "still held once";
  EXPECT_EQ(xSemaphoreGiveRecursive(mutex), pdTRUE);
  EXPECT_EQ(xSemaphoreGiveRecursive(mutex), pdFALSE);
  vSemaphoreDelete(mutex);
}

TEST(FreeRtos, EventGroupsWaitForAnyOrAll) {
  const EventGroupHandle_t group = xEventGroupCreate();
  EXPECT_EQ(xEventGroupSetBits(group, BIT0), BIT0);
  EXPECT_EQ(xEventGroupWaitBits(group, BIT0 | BIT1, pdFALSE, pdTRUE, 1), BIT0) << "not all of them";
  EXPECT_EQ(xEventGroupWaitBits(group, BIT0 | BIT1, pdTRUE, pdFALSE, 0), BIT0);
  EXPECT_EQ(xEventGroupGetBits(group), 0u) << "cleared on the way";
  const auto task = [](void* argument) {
    xEventGroupSetBits(static_cast<EventGroupHandle_t>(argument), BIT0 | BIT1);
  };
  ASSERT_EQ(xTaskCreate(task, "setter", 2048, group, 5, nullptr), pdPASS);
  EXPECT_EQ(xEventGroupWaitBits(group, BIT0 | BIT1, pdFALSE, pdTRUE, portMAX_DELAY), BIT0 | BIT1);
  vEventGroupDelete(group);
}

TEST(FreeRtos, NotificationsCountAndCarryValues) {
  struct Context {
    TaskHandle_t waiter;
  } context{xTaskGetCurrentTaskHandle()};
  const auto task = [](void* argument) {
    const TaskHandle_t waiter = static_cast<Context*>(argument)->waiter;
    xTaskNotifyGive(waiter);
    xTaskNotifyGive(waiter);
  };
  ASSERT_EQ(xTaskCreate(task, "giver", 2048, &context, 5, nullptr), pdPASS);
  std::uint32_t got = 0;
  while (got < 2) got += ulTaskNotifyTake(pdFALSE, portMAX_DELAY) != 0 ? 1u : 0u;
  EXPECT_EQ(ulTaskNotifyTake(pdTRUE, 0), 0u);
  EXPECT_EQ(xTaskNotify(context.waiter, 42, eSetValueWithOverwrite), pdPASS);
  EXPECT_EQ(xTaskNotify(context.waiter, 43, eSetValueWithoutOverwrite), pdFAIL);
  std::uint32_t value = 0;
  EXPECT_EQ(xTaskNotifyWait(0, 0xffffffff, &value, 0), pdTRUE);
  EXPECT_EQ(value, 42u);
  EXPECT_EQ(xTaskNotifyWait(0, 0, &value, 0), pdFALSE);
}

TEST(FreeRtos, ADeletedTaskEndsWhenItNextWaits) {
  static struct Context {
    SemaphoreHandle_t ended = xSemaphoreCreateBinary();
  } context;  // callbacks may still be about to leave it
  struct Telling {
    Context& own;
    ~Telling() { xSemaphoreGive(own.ended); }
  };
  TaskHandle_t task = nullptr;
  const auto body = [](void* argument) {
    const Telling telling{*static_cast<Context*>(argument)};
    for (;;) vTaskDelay(portMAX_DELAY);
  };
  ASSERT_EQ(xTaskCreate(body, "victim", 2048, &context, 5, &task), pdPASS);
  EXPECT_STREQ(pcTaskGetName(task), "victim");
  vTaskDelete(task);
  EXPECT_EQ(xSemaphoreTake(context.ended, portMAX_DELAY), pdTRUE);
}

TEST(EspTimer, OncePeriodicAndStopped) {
  static struct Context {
    SemaphoreHandle_t called = xSemaphoreCreateCounting(100, 0);
  } context;  // callbacks may still be about to leave it
  esp_timer_create_args_t args = {};
  args.callback = [](void* argument) { xSemaphoreGive(static_cast<Context*>(argument)->called); };
  args.arg = &context;
  esp_timer_handle_t timer = nullptr;
  ASSERT_EQ(esp_timer_create(&args, &timer), ESP_OK);
  EXPECT_EQ(esp_timer_stop(timer), ESP_ERR_INVALID_STATE);
  const std::int64_t before = esp_timer_get_time();
  EXPECT_EQ(esp_timer_start_once(timer, 5000), ESP_OK);
  EXPECT_EQ(xSemaphoreTake(context.called, portMAX_DELAY), pdTRUE);
  EXPECT_GE(esp_timer_get_time() - before, 5000);
  EXPECT_EQ(esp_timer_start_periodic(timer, 1000), ESP_OK);
  EXPECT_EQ(esp_timer_start_periodic(timer, 1000), ESP_ERR_INVALID_STATE);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(xSemaphoreTake(context.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(esp_timer_delete(timer), ESP_ERR_INVALID_STATE);
  EXPECT_EQ(esp_timer_stop(timer), ESP_OK);
  EXPECT_EQ(esp_timer_delete(timer), ESP_OK);
}

TEST(EspEvent, HandlersGetCopiesOfWhatTheyAskedFor) {
  static struct Context {
    SemaphoreHandle_t called = xSemaphoreCreateBinary();
    std::atomic<int> value{0};
    std::atomic<int> others{0};
  } context;  // callbacks may still be about to leave it
  EXPECT_EQ(esp_event_post(IP_EVENT, 0, nullptr, 0, 0), ESP_ERR_INVALID_STATE) << "there is no loop yet";
  ASSERT_EQ(esp_event_loop_create_default(), ESP_OK);
  EXPECT_EQ(esp_event_loop_create_default(), ESP_ERR_INVALID_STATE);
  const esp_event_handler_t handler = [](void* argument, esp_event_base_t, int32_t, void* data) {
    auto& own = *static_cast<Context*>(argument);
    own.value = *static_cast<int*>(data);
    xSemaphoreGive(own.called);
  };
  const esp_event_handler_t other = [](void* argument, esp_event_base_t, int32_t, void*) {
    ++static_cast<Context*>(argument)->others;
  };
  esp_event_handler_instance_t instance = nullptr;
  ASSERT_EQ(esp_event_handler_instance_register(IP_EVENT, IP_EVENT_STA_GOT_IP, handler, &context, &instance),
            ESP_OK);
  ASSERT_EQ(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, other, &context), ESP_OK);
  int value = 17;
  EXPECT_EQ(esp_event_post(IP_EVENT, IP_EVENT_STA_GOT_IP, &value, sizeof value, 0), ESP_OK);
  value = 18;
  EXPECT_EQ(xSemaphoreTake(context.called, portMAX_DELAY), pdTRUE);
  EXPECT_EQ(context.value, 17);
  EXPECT_EQ(context.others, 0);
  EXPECT_EQ(esp_event_handler_instance_unregister(IP_EVENT, IP_EVENT_STA_GOT_IP, instance), ESP_OK);
  EXPECT_EQ(esp_event_handler_unregister(WIFI_EVENT, ESP_EVENT_ANY_ID, other), ESP_OK);
}

}  // namespace
