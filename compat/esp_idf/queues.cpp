// SPDX-License-Identifier: Apache-2.0
// FreeRTOS' queues, semaphores and event groups.
#include <cstring>
#include <deque>
#include <list>
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
  struct Waiter {
    EventBits_t wanted = 0;
    bool clear = false;
    bool all = false;
    bool served = false;
    EventBits_t seen = 0;  // when it was
  };
  std::mutex mutex;
  std::condition_variable changed;
  EventBits_t bits = 0;
  std::list<Waiter*> waiters;

  bool has(const Waiter& waiter) const {
    return waiter.all ? (bits & waiter.wanted) == waiter.wanted : (bits & waiter.wanted) != 0;
  }
  /// Under the lock: serves all whose bits are there, then clears what they want cleared.
  void set(EventBits_t more) {
    bits |= more;
    EventBits_t cleared = 0;
    for (Waiter* waiter : waiters) {
      if (waiter->served || !has(*waiter)) continue;
      waiter->served = true;
      waiter->seen = bits;
      if (waiter->clear) cleared |= waiter->wanted;
    }
    bits &= ~cleared;
    changed.notify_all();
  }
  /// The bits as they were when all was there, or the time was over. `more` are set first.
  EventBits_t wait(Waiter waiter, EventBits_t more, TickType_t ticks) {
    std::unique_lock lock(mutex);
    waiters.push_back(&waiter);
    set(more);
    const bool came = wait_ticks(changed, lock, ticks, [&] { return waiter.served; });
    waiters.remove(&waiter);
    return came ? waiter.seen : bits;
  }
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

BaseType_t xQueueOverwrite(QueueHandle_t queue, const void* item) {
  const auto* bytes = static_cast<const std::uint8_t*>(item);
  const std::lock_guard lock(queue->mutex);
  if (queue->items.size() >= queue->length) queue->items.pop_back();
  queue->items.emplace_back(bytes, bytes + queue->item_size);
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
  group->set(bits);
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
  return group->wait({.wanted = bits, .clear = clear != 0, .all = all != 0}, 0, ticks);
}

EventBits_t xEventGroupSync(EventGroupHandle_t group, EventBits_t bits, EventBits_t wanted,
                            TickType_t ticks) {
  end_if_deleted();
  return group->wait({.wanted = wanted, .clear = true, .all = true}, bits, ticks);
}

}  // extern "C"
