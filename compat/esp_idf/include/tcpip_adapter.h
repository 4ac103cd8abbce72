/* SPDX-License-Identifier: Apache-2.0 */
/* esp_netif's predecessor. */
#pragma once

#include <esp_netif.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TCPIP_ADAPTER_IF_STA = 0, TCPIP_ADAPTER_IF_AP, TCPIP_ADAPTER_IF_ETH, TCPIP_ADAPTER_IF_MAX } tcpip_adapter_if_t;
typedef esp_netif_ip_info_t tcpip_adapter_ip_info_t;

static inline void tcpip_adapter_init(void) {}
static inline esp_err_t tcpip_adapter_get_ip_info(tcpip_adapter_if_t interface, tcpip_adapter_ip_info_t* info) {
  return (void)interface, esp_netif_get_ip_info(esp_netif_get_default_netif(), info);
}
static inline esp_err_t tcpip_adapter_create_ip6_linklocal(tcpip_adapter_if_t interface) {
  return (void)interface, esp_netif_create_ip6_linklocal(esp_netif_get_default_netif());
}
static inline esp_err_t tcpip_adapter_get_ip6_linklocal(tcpip_adapter_if_t interface, ip6_addr_t* addr) {
  return (void)interface, esp_netif_get_ip6_linklocal(esp_netif_get_default_netif(), addr);
}

#ifdef __cplusplus
}
#endif
