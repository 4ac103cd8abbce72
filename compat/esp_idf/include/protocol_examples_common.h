/* SPDX-License-Identifier: Apache-2.0 */
/* How ESP-IDF's examples get onto the network. */
#pragma once

#include <esp_err.h>
#include <esp_netif.h>

#define EXAMPLE_NETIF_DESC_STA "example_netif_sta"
#define EXAMPLE_NETIF_DESC_ETH "example_netif_eth"
#if LINNET_ESP_ERA < 4 /* also that of ESP-IDF 4.0 */
#include <tcpip_adapter.h>
#define EXAMPLE_INTERFACE TCPIP_ADAPTER_IF_STA
#else
#define EXAMPLE_INTERFACE get_example_netif()
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Waits for an address, and for the link-local one where there is IPv6; says so, and posts IP_EVENT_STA_GOT_IP. */
esp_err_t example_connect(void);
esp_err_t example_disconnect(void);
esp_netif_t* get_example_netif(void);
esp_netif_t* get_example_netif_from_desc(const char* desc);
static inline esp_err_t example_configure_stdin_stdout(void) { return ESP_OK; }

#ifdef __cplusplus
}
#endif
