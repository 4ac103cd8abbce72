/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet: the network that the program was started on. Its chips are not there: no MAC and no PHY to be made. */
#pragma once

#include <esp_err.h>
#include <esp_event.h>
#include <esp_netif.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void* esp_eth_handle_t;
typedef struct linnet_eth_glue* esp_eth_netif_glue_handle_t;

/* Posts START and CONNECTED; addresses come as with esp_wifi_connect. */
esp_err_t esp_eth_start(esp_eth_handle_t handle);
esp_err_t esp_eth_stop(esp_eth_handle_t handle);
/* For esp_netif_attach. */
esp_eth_netif_glue_handle_t esp_eth_new_netif_glue(esp_eth_handle_t handle);
static inline esp_err_t esp_eth_del_netif_glue(esp_eth_netif_glue_handle_t glue) { return (void)glue, ESP_OK; }

#ifdef __cplusplus
}
#endif
