/* SPDX-License-Identifier: Apache-2.0 */
/* The events of ESP-IDF 2 and 3. */
#pragma once

#include <esp_err.h>
#include <esp_netif_types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  SYSTEM_EVENT_WIFI_READY = 0,
  SYSTEM_EVENT_SCAN_DONE,
  SYSTEM_EVENT_STA_START,
  SYSTEM_EVENT_STA_STOP,
  SYSTEM_EVENT_STA_CONNECTED,
  SYSTEM_EVENT_STA_DISCONNECTED,
  SYSTEM_EVENT_STA_AUTHMODE_CHANGE,
  SYSTEM_EVENT_STA_GOT_IP,
  SYSTEM_EVENT_STA_LOST_IP,
  SYSTEM_EVENT_AP_START = 13,
  SYSTEM_EVENT_AP_STOP,
  SYSTEM_EVENT_AP_STACONNECTED, /* never */
  SYSTEM_EVENT_AP_STADISCONNECTED,
  SYSTEM_EVENT_AP_STAIPASSIGNED,
  SYSTEM_EVENT_AP_STA_GOT_IP6 = 19,
  SYSTEM_EVENT_GOT_IP6 = SYSTEM_EVENT_AP_STA_GOT_IP6
} system_event_id_t;
typedef struct {
  esp_netif_ip_info_t ip_info;
} system_event_sta_got_ip_t;
typedef union {
  system_event_sta_got_ip_t got_ip;
} system_event_info_t;
typedef struct {
  system_event_id_t event_id;
  system_event_info_t event_info;
} system_event_t;
typedef esp_err_t (*system_event_cb_t)(void* context, system_event_t* event);

esp_err_t esp_event_loop_init(system_event_cb_t callback, void* context);
system_event_cb_t esp_event_loop_set_cb(system_event_cb_t callback, void* context);

#ifdef __cplusplus
}
#endif
