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
esp_err_t esp_event_loop_delete_default(void);
esp_err_t esp_event_handler_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler, void* argument);
esp_err_t esp_event_handler_unregister(esp_event_base_t base, int32_t id, esp_event_handler_t handler);
esp_err_t esp_event_handler_instance_register(esp_event_base_t base, int32_t id, esp_event_handler_t handler,
                                              void* argument, esp_event_handler_instance_t* instance);
esp_err_t esp_event_handler_instance_unregister(esp_event_base_t base, int32_t id, esp_event_handler_instance_t instance);
/* `data` is copied. ESP_ERR_INVALID_STATE: there is no loop. */
esp_err_t esp_event_post(esp_event_base_t base, int32_t id, const void* data, size_t size, TickType_t ticks);

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
