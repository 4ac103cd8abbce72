// SPDX-License-Identifier: Apache-2.0
// Event loops: of each, one thread calls the handlers. One is the default, which the interfaces tell their
// events.
#include "compat/esp_idf/netif.hpp"
#include "compat/esp_idf/waiting.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <esp_event.h>
#include <freertos/task.h>

struct linnet_event_handler {
  std::string base;  // empty: any
  std::int32_t id = ESP_EVENT_ANY_ID;
  esp_event_handler_t function = nullptr;
  void* argument = nullptr;
  bool removed = false;
};

using namespace linnet;

namespace {

struct Event {
  esp_event_base_t base = nullptr;
  std::int32_t id = 0;
  std::vector<std::uint8_t> data;
};

}  // namespace

struct linnet_event_loop {
  std::condition_variable changed;
  std::deque<Event> events;
  std::size_t most_events = SIZE_MAX;
  std::list<linnet_event_handler>
      handlers;             // their addresses are handles: none is freed while the loop is there
  bool has_thread = false;  // which frees it when it was deleted
  bool deleted = false;
  bool open = true;  // the default one: from its creation to its deletion, by which its thread stays
};

namespace {

// Of all loops. Never destroyed: their threads wait for them until the process is gone.
std::mutex& mutex = *new std::mutex;

system_event_cb_t legacy_callback = nullptr;
void* legacy_context = nullptr;

bool wants(const linnet_event_handler& handler, const Event& event) {
  return !handler.removed && (handler.base.empty() || handler.base == event.base) &&
         (handler.id == ESP_EVENT_ANY_ID || handler.id == event.id);
}

/// The event as ESP-IDF 2 told it. False: it had none.
bool legacy_event(const Event& event, system_event_t& legacy) {
  legacy = {};
  const std::string base = event.base;
  if (base == WIFI_EVENT) {
    const bool of_access_point = event.id >= WIFI_EVENT_AP_START;
    const std::int32_t id =
        of_access_point ? event.id - WIFI_EVENT_AP_START + SYSTEM_EVENT_AP_START : event.id;
    legacy.event_id = static_cast<system_event_id_t>(id);
    return true;
  }
  if (base != IP_EVENT) return false;
  if (event.id == IP_EVENT_STA_LOST_IP) {
    legacy.event_id = SYSTEM_EVENT_STA_LOST_IP;
    return true;
  }
  if (event.id == IP_EVENT_AP_STAIPASSIGNED) {
    legacy.event_id = SYSTEM_EVENT_AP_STAIPASSIGNED;
    return true;
  }
  if (event.id == IP_EVENT_STA_GOT_IP) {
    legacy.event_id = SYSTEM_EVENT_STA_GOT_IP;
    if (event.data.size() == sizeof(ip_event_got_ip_t)) {
      ip_event_got_ip_t data;
      std::memcpy(&data, event.data.data(), sizeof data);
      legacy.event_info.got_ip.ip_info = data.ip_info;
    }
    return true;
  }
  legacy.event_id = SYSTEM_EVENT_GOT_IP6;
  return event.id == IP_EVENT_GOT_IP6;
}

// Never destroyed, as its thread.
linnet_event_loop& default_loop = []() -> linnet_event_loop& {
  auto& loop = *new linnet_event_loop;
  loop.open = false;
  return loop;
}();

void dispatch(linnet_event_loop& loop, Event& event) {
  const bool is_default = &loop == &default_loop;
  std::vector<linnet_event_handler> called;
  system_event_cb_t callback = nullptr;
  void* context = nullptr;
  {
    const std::lock_guard lock(mutex);
    for (const linnet_event_handler& handler : loop.handlers) {
      if (wants(handler, event)) called.push_back(handler);
    }
    callback = is_default ? legacy_callback : nullptr;
    context = legacy_context;
  }
  system_event_t legacy;
  if (callback != nullptr && legacy_event(event, legacy)) callback(context, &legacy);
  void* data = event.data.empty() ? nullptr : event.data.data();
  for (const linnet_event_handler& handler : called)
    handler.function(handler.argument, event.base, event.id, data);
  if (is_default) esp::after_event(event.base, event.id);
}

/// Waits for one event and tells it. False: none came.
bool run_once(linnet_event_loop& loop, TickType_t ticks) {
  Event event;
  {
    std::unique_lock lock(mutex);
    const auto something = [&loop] { return !loop.events.empty() || loop.deleted; };
    if (!esp::wait_ticks(loop.changed, lock, ticks, something) || loop.deleted) return false;
    event = std::move(loop.events.front());
    loop.events.pop_front();
    loop.changed.notify_all();  // there is room
  }
  dispatch(loop, event);
  return true;
}

void run(linnet_event_loop* loop) {
  while (run_once(*loop, portMAX_DELAY)) {
  }
  delete loop;
}

/// Under the lock.
void start(linnet_event_loop& loop) {
  if (!std::exchange(loop.has_thread, true)) std::thread(run, &loop).detach();
}

/// Under the lock. False: it is open already.
bool open_default() {
  start(default_loop);
  return !std::exchange(default_loop.open, true);
}

bool is_same(const linnet_event_handler& row, esp_event_base_t base, std::int32_t id,
             esp_event_handler_t handler) {
  return row.function == handler && row.id == id && row.base == (base != nullptr ? base : "");
}

esp_err_t add(linnet_event_loop& loop, esp_event_base_t base, std::int32_t id, esp_event_handler_t handler,
              void* argument, esp_event_handler_instance_t* instance) {
  if (handler == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (!loop.open) return ESP_ERR_INVALID_STATE;
  loop.handlers.push_back(
      {.base = base != nullptr ? base : "", .id = id, .function = handler, .argument = argument});
  if (instance != nullptr) *instance = &loop.handlers.back();
  return ESP_OK;
}

esp_err_t post(linnet_event_loop& loop, Event event, TickType_t ticks) {
  std::unique_lock lock(mutex);
  if (!loop.open) return ESP_ERR_INVALID_STATE;
  const auto has_room = [&loop] { return loop.events.size() < loop.most_events; };
  if (!esp::wait_ticks(loop.changed, lock, ticks, has_room)) return ESP_ERR_TIMEOUT;
  loop.events.push_back(std::move(event));
  loop.changed.notify_all();
  return ESP_OK;
}

Event made(esp_event_base_t base, std::int32_t id, const void* data, std::size_t size) {
  Event event{.base = base, .id = id, .data = {}};
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  if (bytes != nullptr) event.data.assign(bytes, bytes + size);
  return event;
}

}  // namespace

extern "C" {

ESP_EVENT_DEFINE_BASE(WIFI_EVENT);
ESP_EVENT_DEFINE_BASE(ETH_EVENT);
ESP_EVENT_DEFINE_BASE(IP_EVENT);

esp_err_t esp_event_loop_create_default(void) {
  const std::lock_guard lock(mutex);
  return open_default() ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_event_loop_delete_default(void) {
  const std::lock_guard lock(mutex);
  if (!std::exchange(default_loop.open, false)) return ESP_ERR_INVALID_STATE;
  for (linnet_event_handler& handler : default_loop.handlers) handler.removed = true;
  return ESP_OK;
}

esp_err_t esp_event_loop_create(const esp_event_loop_args_t* args, esp_event_loop_handle_t* loop) {
  if (args == nullptr || loop == nullptr || args->queue_size <= 0) return ESP_ERR_INVALID_ARG;
  *loop = new linnet_event_loop;
  (*loop)->most_events = static_cast<std::size_t>(args->queue_size);
  const std::lock_guard lock(mutex);
  if (args->task_name != nullptr) start(**loop);
  return ESP_OK;
}

esp_err_t esp_event_loop_delete(esp_event_loop_handle_t loop) {
  if (loop == nullptr) return ESP_ERR_INVALID_ARG;
  std::unique_lock lock(mutex);
  loop->deleted = true;
  loop->changed.notify_all();
  if (loop->has_thread) return ESP_OK;
  lock.unlock();
  delete loop;
  return ESP_OK;
}

esp_err_t esp_event_loop_run(esp_event_loop_handle_t loop, TickType_t ticks) {
  if (loop == nullptr) return ESP_ERR_INVALID_ARG;
  const TickType_t begin = xTaskGetTickCount();
  for (;;) {
    const TickType_t spent = xTaskGetTickCount() - begin;
    const TickType_t left = ticks == portMAX_DELAY ? ticks : ticks - std::min(ticks, spent);
    if (!run_once(*loop, left)) return ESP_OK;
  }
}

esp_err_t esp_event_handler_register_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                          esp_event_handler_t handler, void* argument) {
  return loop != nullptr ? add(*loop, base, id, handler, argument, nullptr) : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_event_handler_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                            esp_event_handler_t handler) {
  if (loop == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  for (linnet_event_handler& row : loop->handlers)
    row.removed = row.removed || is_same(row, base, id, handler);
  return ESP_OK;
}

esp_err_t esp_event_handler_instance_register_with(esp_event_loop_handle_t loop, esp_event_base_t base,
                                                   int32_t id, esp_event_handler_t handler, void* argument,
                                                   esp_event_handler_instance_t* instance) {
  return loop != nullptr ? add(*loop, base, id, handler, argument, instance) : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_event_handler_instance_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t, int32_t,
                                                     esp_event_handler_instance_t instance) {
  if (loop == nullptr || instance == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  instance->removed = true;
  return ESP_OK;
}

esp_err_t esp_event_post_to(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id, const void* data,
                            size_t size, TickType_t ticks) {
  return loop != nullptr ? post(*loop, made(base, id, data, size), ticks) : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                     void* argument) {
  return add(default_loop, base, id, handler, argument, nullptr);
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler) {
  return esp_event_handler_unregister_with(&default_loop, base, id, handler);
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void* argument, esp_event_handler_instance_t* instance) {
  return add(default_loop, base, id, handler, argument, instance);
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t base, int32_t id,
                                                esp_event_handler_instance_t instance) {
  return esp_event_handler_instance_unregister_with(&default_loop, base, id, instance);
}

esp_err_t esp_event_post(esp_event_base_t base, int32_t id, const void* data, size_t size, TickType_t ticks) {
  return post(default_loop, made(base, id, data, size), ticks);
}

esp_err_t esp_event_loop_init(system_event_cb_t callback, void* context) {
  const std::lock_guard lock(mutex);
  static_cast<void>(open_default());
  legacy_callback = callback;
  legacy_context = context;
  return ESP_OK;
}

system_event_cb_t esp_event_loop_set_cb(system_event_cb_t callback, void* context) {
  const std::lock_guard lock(mutex);
  legacy_context = context;
  return std::exchange(legacy_callback, callback);
}

}  // extern "C"
