/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as esp_netif has them: lwIP's layouts under other names. */
#pragma once

#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Tags, so that these and lwIP's are the same types. */
#define esp_ip4_addr ip4_addr
#define esp_ip6_addr ip6_addr
#define _ip_addr ip_addr
typedef struct ip4_addr esp_ip4_addr_t;
typedef struct ip6_addr esp_ip6_addr_t;
typedef struct ip_addr esp_ip_addr_t;

#define ESP_IPADDR_TYPE_V4 IPADDR_TYPE_V4
#define ESP_IPADDR_TYPE_V6 IPADDR_TYPE_V6
#define ESP_IPADDR_TYPE_ANY IPADDR_TYPE_ANY
#define esp_ip4_addr_get_byte(ipaddr, number) ip4_addr_get_byte(ipaddr, number)
#define IPSTR "%d.%d.%d.%d"
#define IP2STR(ipaddr) ip4_addr1_16(ipaddr), ip4_addr2_16(ipaddr), ip4_addr3_16(ipaddr), ip4_addr4_16(ipaddr)
#define IPV6STR "%04x:%04x:%04x:%04x:%04x:%04x:%04x:%04x"
#define IPV62STR(ipaddr)                                                                                 \
  IP6_ADDR_BLOCK1(&(ipaddr)), IP6_ADDR_BLOCK2(&(ipaddr)), IP6_ADDR_BLOCK3(&(ipaddr)),                    \
      IP6_ADDR_BLOCK4(&(ipaddr)), IP6_ADDR_BLOCK5(&(ipaddr)), IP6_ADDR_BLOCK6(&(ipaddr)),                \
      IP6_ADDR_BLOCK7(&(ipaddr)), IP6_ADDR_BLOCK8(&(ipaddr))
#define esp_ip4addr_ntoa(addr, buffer, size) ip4addr_ntoa_r(addr, buffer, size)
#define esp_ip4addr_aton(text) ipaddr_addr(text)

/* ESP_FAIL (-1): it is none. */
static inline int32_t esp_netif_str_to_ip4(const char* text, esp_ip4_addr_t* addr) {
  return ip4addr_aton(text, addr) ? 0 : -1;
}
static inline int32_t esp_netif_str_to_ip6(const char* text, esp_ip6_addr_t* addr) {
  return ip6addr_aton(text, addr) ? 0 : -1;
}

typedef enum {
  ESP_IP6_ADDR_IS_UNKNOWN,
  ESP_IP6_ADDR_IS_GLOBAL,
  ESP_IP6_ADDR_IS_LINK_LOCAL,
  ESP_IP6_ADDR_IS_SITE_LOCAL,
  ESP_IP6_ADDR_IS_UNIQUE_LOCAL,
  ESP_IP6_ADDR_IS_IPV4_MAPPED_IPV6
} esp_ip6_addr_type_t;
esp_ip6_addr_type_t esp_netif_ip6_get_addr_type(esp_ip6_addr_t* addr);

#ifdef __cplusplus
}
#endif
