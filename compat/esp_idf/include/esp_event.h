/* SPDX-License-Identifier: Apache-2.0 */
/* Events and who handles them, called by one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <esp_err.h>
#include <esp_event_legacy.h>
#include <esp_netif_types.h>
#include <freertos/FreeRTOS.h>
#include <freertos/queue.h>
#include <freertos/semphr.h>
#include <freertos/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef const char* esp_event_base_t;
typedef void (*esp_event_handler_t)(void* argument, esp_event_base_t base, int32_t id, void* data);
typedef struct linnet_event_handler* esp_event_handler_instance_t;

#define ESP_EVENT_DECLARE_BASE(id) extern esp_event_base_t const id
#define ESP_EVENT_DEFINE_BASE(id) esp_event_base_t const id = #id
#define ESP_EVENT_ANY_BASE NULL
#define ESP_EVENT_ANY_ID -1

ESP_EVENT_DECLARE_BASE(WIFI_EVENT);
ESP_EVENT_DECLARE_BASE(ETH_EVENT);
ESP_EVENT_DECLARE_BASE(IP_EVENT);

/* ESP_ERR_INVALID_STATE: it is there already. */
esp_err_t esp_event_loop_create_default(void);
/* Its handlers are gone, and it may be created again. ESP_ERR_INVALID_STATE: there is none. */
esp_err_t esp_event_loop_delete_default(void);
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void* argument);
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler);
esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void* argument, esp_event_handler_instance_t* instance);
esp_err_t esp_event_handler_instance_unregister(esp_event_base_t base, int32_t id, esp_event_handler_instance_t instance);
/* `data` is copied. ESP_ERR_INVALID_STATE: there is no loop. */
esp_err_t esp_event_post(esp_event_base_t base, int32_t id, const void* data, size_t size, TickType_t ticks);

/* There is nothing but tasks. */
#define esp_event_isr_post(base, id, data, size, woken) \
  (linnet_from_isr(pdFALSE, woken), esp_event_post(base, id, data, size, 0))

/* Loops of the program's own. Without a name of a task somebody has to run it. */
typedef struct linnet_event_loop* esp_event_loop_handle_t;
typedef struct {
  int32_t queue_size;
  const char* task_name;
  UBaseType_t task_priority;
  uint32_t task_stack_size;
  BaseType_t task_core_id;
} esp_event_loop_args_t;
esp_err_t esp_event_loop_create(const esp_event_loop_args_t* args, esp_event_loop_handle_t* loop);
/* What waits in it is not told any more. A handler of the loop may do it, too. */
esp_err_t esp_event_loop_delete(esp_event_loop_handle_t loop);
/* Calls handlers for as long as said. */
esp_err_t esp_event_loop_run(esp_event_loop_handle_t loop, TickType_t ticks);
/* ESP_ERR_TIMEOUT: the queue was full for so long. */
esp_err_t esp_event_post_to(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id, const void* data, size_t size,
                            TickType_t ticks);
esp_err_t esp_event_handler_register_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                          esp_event_handler_t handler, void* argument);
esp_err_t esp_event_handler_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                            esp_event_handler_t handler);
esp_err_t esp_event_handler_instance_register_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                                   esp_event_handler_t handler, void* argument,
                                                   esp_event_handler_instance_t* instance);
esp_err_t esp_event_handler_instance_unregister_with(esp_event_loop_handle_t loop, esp_event_base_t base, int32_t id,
                                                     esp_event_handler_instance_t instance);

typedef enum {
  WIFI_EVENT_WIFI_READY = 0,
  WIFI_EVENT_SCAN_DONE,
  WIFI_EVENT_STA_START,
  WIFI_EVENT_STA_STOP,
  WIFI_EVENT_STA_CONNECTED,
  WIFI_EVENT_STA_DISCONNECTED,
  WIFI_EVENT_AP_START = 12,
  WIFI_EVENT_AP_STOP,
  WIFI_EVENT_AP_STACONNECTED, /* never: who is on the network is not known */
  WIFI_EVENT_AP_STADISCONNECTED
} wifi_event_t;
typedef enum { ETHERNET_EVENT_START, ETHERNET_EVENT_STOP, ETHERNET_EVENT_CONNECTED, ETHERNET_EVENT_DISCONNECTED } eth_event_t;

#ifdef __cplusplus
}
#endif
