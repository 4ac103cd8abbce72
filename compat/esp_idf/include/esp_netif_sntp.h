/* SPDX-License-Identifier: Apache-2.0 */
/* The time client with its servers and whom to tell in one structure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <sdkconfig.h>

#include <esp_err.h>
#include <esp_netif_types.h>
#include <freertos/FreeRTOS.h>
#include <lwip/apps/sntp_opts.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*esp_sntp_time_cb_t)(struct timeval* tv);
typedef struct esp_sntp_config {
  bool smooth_sync;
  bool server_from_dhcp; /* beside those of `servers` */
  bool wait_for_sync;    /* esp_netif_sntp_sync_wait will be called */
  bool start;            /* at once */
  esp_sntp_time_cb_t sync_cb;
  bool renew_servers_after_new_IP; /* nothing has to be renewed: DHCP's servers do not take the place of those that were set */
  ip_event_t ip_event_to_renew;
  size_t index_of_first_server; /* of `servers`; lower ones show those of DHCP */
  size_t num_of_servers;
  const char* servers[SNTP_MAX_SERVERS];
} esp_sntp_config_t;

#define ESP_SNTP_SERVER_LIST(...) {__VA_ARGS__}
#define ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(servers_in_list, list_of_servers)                                         \
  {                                                                                                                      \
    .smooth_sync = false, .server_from_dhcp = false, .wait_for_sync = true, .start = true, .sync_cb = NULL,              \
    .renew_servers_after_new_IP = false, .ip_event_to_renew = IP_EVENT_STA_GOT_IP, .index_of_first_server = 0,           \
    .num_of_servers = (servers_in_list), .servers = list_of_servers,                                                     \
  }
#define ESP_NETIF_SNTP_DEFAULT_CONFIG(server) ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(1, {server})

/* ESP_ERR_INVALID_STATE: it was called before. ESP_ERR_INVALID_ARG: more than 8 servers. */
esp_err_t esp_netif_sntp_init(const esp_sntp_config_t* config);
/* Begins, or begins anew. ESP_ERR_INVALID_STATE: before esp_netif_sntp_init. */
esp_err_t esp_netif_sntp_start(void);
void esp_netif_sntp_deinit(void);
/* Waits until the time was had. ESP_ERR_TIMEOUT, ESP_ERR_NOT_FINISHED: the clock is still running faster or slower,
   ESP_ERR_INVALID_STATE: `wait_for_sync` was not set. */
esp_err_t esp_netif_sntp_sync_wait(TickType_t tout);
esp_err_t esp_netif_sntp_reachability(unsigned int index, unsigned int* reachability);

#ifdef __cplusplus
}
#endif
