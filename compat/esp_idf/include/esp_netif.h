/* SPDX-License-Identifier: Apache-2.0 */
/* The one network interface, which has its address before app_main runs. */
#pragma once

#include <esp_event.h>
#include <esp_netif_ip_addr.h>
#include <esp_netif_types.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline esp_err_t esp_netif_init(void) { return ESP_OK; }
static inline esp_err_t esp_netif_deinit(void) { return ESP_ERR_NOT_SUPPORTED; }
/* The interface; whatever is asked for. */
esp_netif_t* esp_netif_get_default_netif(void);
esp_netif_t* esp_netif_get_handle_from_ifkey(const char* key);
esp_netif_t* esp_netif_next_unsafe(esp_netif_t* netif);
esp_netif_t* esp_netif_create_default_wifi_sta(void);
const char* esp_netif_get_desc(esp_netif_t* netif);
const char* esp_netif_get_ifkey(esp_netif_t* netif);
/* As if_nametoindex has it. */
int esp_netif_get_netif_impl_index(esp_netif_t* netif);
esp_err_t esp_netif_get_netif_impl_name(esp_netif_t* netif, char* name);
bool esp_netif_is_netif_up(esp_netif_t* netif);
esp_err_t esp_netif_get_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* info);
esp_err_t esp_netif_get_mac(esp_netif_t* netif, uint8_t mac[6]);
esp_err_t esp_netif_set_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns);
esp_err_t esp_netif_get_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns);
/* ESP_FAIL: there is none (yet). */
esp_err_t esp_netif_get_ip6_linklocal(esp_netif_t* netif, esp_ip6_addr_t* addr);
esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t* netif);
/* Into room for 8; how many there are. */
int esp_netif_get_all_ip6(esp_netif_t* netif, esp_ip6_addr_t addresses[]);

#ifdef __cplusplus
}
#endif
