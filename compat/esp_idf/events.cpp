// SPDX-License-Identifier: Apache-2.0
// The event loop: one thread, which calls the handlers.
#include "compat/esp_idf/netif.hpp"
#include "compat/esp_idf/waiting.hpp"

#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <esp_event.h>

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

// Never destroyed: the loop's thread waits for them until the process is gone.
std::mutex& mutex = *new std::mutex;
std::condition_variable& changed = *new std::condition_variable;
bool running = false;
std::deque<Event>& events = *new std::deque<Event>;
std::list<linnet_event_handler>& handlers =
    *new std::list<linnet_event_handler>;  // their addresses are handles: none is ever freed while the
                                           // program runs
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

void dispatch(Event& event) {
  std::vector<linnet_event_handler> called;
  system_event_cb_t callback = nullptr;
  void* context = nullptr;
  {
    const std::lock_guard lock(mutex);
    for (const linnet_event_handler& handler : handlers) {
      if (wants(handler, event)) called.push_back(handler);
    }
    callback = legacy_callback;
    context = legacy_context;
  }
  system_event_t legacy;
  if (callback != nullptr && legacy_event(event, legacy)) callback(context, &legacy);
  void* data = event.data.empty() ? nullptr : event.data.data();
  for (const linnet_event_handler& handler : called)
    handler.function(handler.argument, event.base, event.id, data);
  esp::after_event(event.base, event.id);
}

void run() {
  for (;;) {
    Event event;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [] { return !events.empty(); });
      event = std::move(events.front());
      events.pop_front();
    }
    dispatch(event);
  }
}

/// Under the lock. False: it ran already.
bool start() {
  if (std::exchange(running, true)) return false;
  std::thread(run).detach();
  return true;
}

linnet_event_handler& add(esp_event_base_t base, std::int32_t id, esp_event_handler_t handler,
                          void* argument) {
  handlers.push_back(
      {.base = base != nullptr ? base : "", .id = id, .function = handler, .argument = argument});
  return handlers.back();
}

}  // namespace

extern "C" {

ESP_EVENT_DEFINE_BASE(WIFI_EVENT);
ESP_EVENT_DEFINE_BASE(ETH_EVENT);
ESP_EVENT_DEFINE_BASE(IP_EVENT);

esp_err_t esp_event_loop_create_default(void) {
  const std::lock_guard lock(mutex);
  return start() ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_event_loop_delete_default(void) {
  const std::lock_guard lock(mutex);
  for (linnet_event_handler& handler : handlers) handler.removed = true;
  return ESP_OK;
}

esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                     void* argument) {
  if (handler == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (!running) return ESP_ERR_INVALID_STATE;
  add(base, id, handler, argument);
  return ESP_OK;
}

esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler) {
  const std::lock_guard lock(mutex);
  for (linnet_event_handler& row : handlers) {
    if (row.function == handler && row.id == id && row.base == (base != nullptr ? base : ""))
      row.removed = true;
  }
  return ESP_OK;
}

esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void* argument, esp_event_handler_instance_t* instance) {
  if (handler == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  if (!running) return ESP_ERR_INVALID_STATE;
  linnet_event_handler& added = add(base, id, handler, argument);
  if (instance != nullptr) *instance = &added;
  return ESP_OK;
}

esp_err_t esp_event_handler_instance_unregister(esp_event_base_t, int32_t,
                                                esp_event_handler_instance_t instance) {
  if (instance == nullptr) return ESP_ERR_INVALID_ARG;
  const std::lock_guard lock(mutex);
  instance->removed = true;
  return ESP_OK;
}

esp_err_t esp_event_post(esp_event_base_t base, int32_t id, const void* data, size_t size, TickType_t) {
  const std::lock_guard lock(mutex);
  if (!running) return ESP_ERR_INVALID_STATE;
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  events.push_back({.base = base, .id = id, .data = {}});
  if (bytes != nullptr) events.back().data.assign(bytes, bytes + size);
  changed.notify_all();
  return ESP_OK;
}

esp_err_t esp_event_loop_init(system_event_cb_t callback, void* context) {
  const std::lock_guard lock(mutex);
  static_cast<void>(start());
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
