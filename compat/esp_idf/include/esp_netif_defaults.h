/* SPDX-License-Identifier: Apache-2.0 */
/* What esp_netif_new is given for the interfaces that everybody has. */
#pragma once

#include <esp_netif_types.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const esp_netif_inherent_config_t linnet_netif_station, linnet_netif_access_point, linnet_netif_ethernet;

#define ESP_NETIF_INHERENT_DEFAULT_WIFI_STA() linnet_netif_station
#define ESP_NETIF_INHERENT_DEFAULT_WIFI_AP() linnet_netif_access_point
#define ESP_NETIF_INHERENT_DEFAULT_ETH() linnet_netif_ethernet
#define ESP_NETIF_BASE_DEFAULT_WIFI_STA &linnet_netif_station
#define ESP_NETIF_BASE_DEFAULT_WIFI_AP &linnet_netif_access_point
#define ESP_NETIF_BASE_DEFAULT_ETH &linnet_netif_ethernet
#define ESP_NETIF_NETSTACK_DEFAULT_WIFI_STA NULL
#define ESP_NETIF_NETSTACK_DEFAULT_WIFI_AP NULL
#define ESP_NETIF_NETSTACK_DEFAULT_ETH NULL
#define ESP_NETIF_DEFAULT_WIFI_STA() {.base = ESP_NETIF_BASE_DEFAULT_WIFI_STA, .driver = NULL, .stack = NULL}
#define ESP_NETIF_DEFAULT_WIFI_AP() {.base = ESP_NETIF_BASE_DEFAULT_WIFI_AP, .driver = NULL, .stack = NULL}
#define ESP_NETIF_DEFAULT_ETH() {.base = ESP_NETIF_BASE_DEFAULT_ETH, .driver = NULL, .stack = NULL}

#ifdef __cplusplus
}
#endif
