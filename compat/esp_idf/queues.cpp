// SPDX-License-Identifier: Apache-2.0
// FreeRTOS' queues, semaphores and event groups.
#include <cstring>
#include <deque>
#include <thread>
#include <vector>

#include "compat/esp_idf/waiting.hpp"
#include <freertos/event_groups.h>
#include <freertos/semphr.h>

using linnet::esp::end_if_deleted;
using linnet::esp::wait_ticks;

struct linnet_queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t length = 0;
  std::size_t item_size = 0;
  std::deque<std::vector<std::uint8_t>> items;
  std::thread::id owner;  // of a recursive mutex
  unsigned depth = 0;
};

struct linnet_event_group {
  std::mutex mutex;
  std::condition_variable changed;
  EventBits_t bits = 0;
};

namespace {

BaseType_t put(linnet_queue& queue, const void* item, TickType_t ticks, bool at_front) {
  end_if_deleted();
  std::unique_lock lock(queue.mutex);
  if (!wait_ticks(queue.changed, lock, ticks, [&] { return queue.items.size() < queue.length; }))
    return pdFALSE;
  const auto* bytes = static_cast<const std::uint8_t*>(item);
  std::vector<std::uint8_t> copy(bytes, bytes + queue.item_size);
  if (at_front) {
    queue.items.push_front(std::move(copy));
  } else {
    queue.items.push_back(std::move(copy));
  }
  queue.changed.notify_all();
  return pdTRUE;
}

BaseType_t take(linnet_queue& queue, void* item, TickType_t ticks, bool leave) {
  end_if_deleted();
  std::unique_lock lock(queue.mutex);
  if (!wait_ticks(queue.changed, lock, ticks, [&] { return !queue.items.empty(); })) return pdFALSE;
  if (queue.item_size != 0) std::memcpy(item, queue.items.front().data(), queue.item_size);
  if (leave) return pdTRUE;
  queue.items.pop_front();
  queue.changed.notify_all();
  return pdTRUE;
}

}  // namespace

extern "C" {

QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t item_size) {
  auto* queue = new linnet_queue;
  queue->length = length;
  queue->item_size = item_size;
  return queue;
}

void vQueueDelete(QueueHandle_t queue) { delete queue; }

BaseType_t xQueueSendToBack(QueueHandle_t queue, const void* item, TickType_t ticks) {
  return put(*queue, item, ticks, false);
}
BaseType_t xQueueSendToFront(QueueHandle_t queue, const void* item, TickType_t ticks) {
  return put(*queue, item, ticks, true);
}
BaseType_t xQueueReceive(QueueHandle_t queue, void* item, TickType_t ticks) {
  return take(*queue, item, ticks, false);
}
BaseType_t xQueuePeek(QueueHandle_t queue, void* item, TickType_t ticks) {
  return take(*queue, item, ticks, true);
}

BaseType_t xQueueReset(QueueHandle_t queue) {
  const std::lock_guard lock(queue->mutex);
  queue->items.clear();
  queue->changed.notify_all();
  return pdPASS;
}

UBaseType_t uxQueueMessagesWaiting(QueueHandle_t queue) {
  const std::lock_guard lock(queue->mutex);
  return static_cast<UBaseType_t>(queue->items.size());
}

UBaseType_t uxQueueSpacesAvailable(QueueHandle_t queue) {
  const std::lock_guard lock(queue->mutex);
  return static_cast<UBaseType_t>(queue->length - queue->items.size());
}

SemaphoreHandle_t xSemaphoreCreateCounting(UBaseType_t most, UBaseType_t first) {
  SemaphoreHandle_t semaphore = xQueueCreate(most, 0);
  semaphore->items.resize(first);
  return semaphore;
}

SemaphoreHandle_t xSemaphoreCreateRecursiveMutex(void) { return xSemaphoreCreateCounting(1, 1); }

BaseType_t xSemaphoreTakeRecursive(SemaphoreHandle_t mutex, TickType_t ticks) {
  {
    const std::lock_guard lock(mutex->mutex);
    if (mutex->depth > 0 && mutex->owner == std::this_thread::get_id()) return ++mutex->depth, pdTRUE;
  }
  if (xSemaphoreTake(mutex, ticks) == pdFALSE) return pdFALSE;
  const std::lock_guard lock(mutex->mutex);
  mutex->owner = std::this_thread::get_id();
  mutex->depth = 1;
  return pdTRUE;
}

BaseType_t xSemaphoreGiveRecursive(SemaphoreHandle_t mutex) {
  {
    const std::lock_guard lock(mutex->mutex);
    if (mutex->depth == 0 || mutex->owner != std::this_thread::get_id()) return pdFALSE;
    if (--mutex->depth > 0) return pdTRUE;
  }
  return xSemaphoreGive(mutex);
}

EventGroupHandle_t xEventGroupCreate(void) { return new linnet_event_group; }
void vEventGroupDelete(EventGroupHandle_t group) { delete group; }

EventBits_t xEventGroupSetBits(EventGroupHandle_t group, EventBits_t bits) {
  const std::lock_guard lock(group->mutex);
  group->bits |= bits;
  group->changed.notify_all();
  return group->bits;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t group, EventBits_t bits) {
  const std::lock_guard lock(group->mutex);
  const EventBits_t before = group->bits;
  group->bits &= ~bits;
  return before;
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t group, EventBits_t bits, BaseType_t clear, BaseType_t all,
                                TickType_t ticks) {
  end_if_deleted();
  std::unique_lock lock(group->mutex);
  const auto there = [&] { return all != 0 ? (group->bits & bits) == bits : (group->bits & bits) != 0; };
  const bool came = wait_ticks(group->changed, lock, ticks, there);
  const EventBits_t seen = group->bits;
  if (came && clear != 0) group->bits &= ~bits;
  return seen;
}

}  // extern "C"
