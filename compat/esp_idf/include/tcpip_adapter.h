/* SPDX-License-Identifier: Apache-2.0 */
/* esp_netif's predecessor, until ESP-IDF 4: its interfaces by their numbers. */
#pragma once

#include <dhcpserver/dhcpserver.h>
#include <esp_netif.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ESP_ERR_TCPIP_ADAPTER_BASE ESP_ERR_ESP_NETIF_BASE
#define ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS ESP_ERR_ESP_NETIF_INVALID_PARAMS
#define ESP_ERR_TCPIP_ADAPTER_IF_NOT_READY ESP_ERR_ESP_NETIF_IF_NOT_READY
#define ESP_ERR_TCPIP_ADAPTER_DHCPC_START_FAILED ESP_ERR_ESP_NETIF_DHCPC_START_FAILED
#define ESP_ERR_TCPIP_ADAPTER_DHCP_ALREADY_STARTED ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED
#define ESP_ERR_TCPIP_ADAPTER_DHCP_ALREADY_STOPPED ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED
#define ESP_ERR_TCPIP_ADAPTER_NO_MEM ESP_ERR_ESP_NETIF_NO_MEM
#define ESP_ERR_TCPIP_ADAPTER_DHCP_NOT_STOPPED ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED

typedef enum { TCPIP_ADAPTER_IF_STA = 0, TCPIP_ADAPTER_IF_AP, TCPIP_ADAPTER_IF_ETH, TCPIP_ADAPTER_IF_MAX } tcpip_adapter_if_t;
typedef esp_netif_ip_info_t tcpip_adapter_ip_info_t;
typedef esp_netif_ip6_info_t tcpip_adapter_ip6_info_t;
typedef dhcps_lease_t tcpip_adapter_dhcps_lease_t;

typedef esp_netif_dhcp_status_t tcpip_adapter_dhcp_status_t;
#define TCPIP_ADAPTER_DHCP_INIT ESP_NETIF_DHCP_INIT
#define TCPIP_ADAPTER_DHCP_STARTED ESP_NETIF_DHCP_STARTED
#define TCPIP_ADAPTER_DHCP_STOPPED ESP_NETIF_DHCP_STOPPED
#define TCPIP_ADAPTER_DHCP_STATUS_MAX ESP_NETIF_DHCP_STATUS_MAX
typedef esp_netif_dhcp_option_mode_t tcpip_adapter_option_mode_t;
typedef esp_netif_dhcp_option_mode_t tcpip_adapter_dhcp_option_mode_t;
#define TCPIP_ADAPTER_OP_START ESP_NETIF_OP_START
#define TCPIP_ADAPTER_OP_SET ESP_NETIF_OP_SET
#define TCPIP_ADAPTER_OP_GET ESP_NETIF_OP_GET
#define TCPIP_ADAPTER_OP_MAX ESP_NETIF_OP_MAX
typedef esp_netif_dhcp_option_id_t tcpip_adapter_option_id_t;
typedef esp_netif_dhcp_option_id_t tcpip_adapter_dhcp_option_id_t;
#define TCPIP_ADAPTER_DOMAIN_NAME_SERVER ESP_NETIF_DOMAIN_NAME_SERVER
#define TCPIP_ADAPTER_ROUTER_SOLICITATION_ADDRESS ESP_NETIF_ROUTER_SOLICITATION_ADDRESS
#define TCPIP_ADAPTER_REQUESTED_IP_ADDRESS ESP_NETIF_REQUESTED_IP_ADDRESS
#define TCPIP_ADAPTER_IP_ADDRESS_LEASE_TIME ESP_NETIF_IP_ADDRESS_LEASE_TIME
#define TCPIP_ADAPTER_IP_REQUEST_RETRY_TIME ESP_NETIF_IP_REQUEST_RETRY_TIME
typedef esp_netif_dns_type_t tcpip_adapter_dns_type_t;
#define TCPIP_ADAPTER_DNS_MAIN ESP_NETIF_DNS_MAIN
#define TCPIP_ADAPTER_DNS_BACKUP ESP_NETIF_DNS_BACKUP
#define TCPIP_ADAPTER_DNS_FALLBACK ESP_NETIF_DNS_FALLBACK
#define TCPIP_ADAPTER_DNS_MAX ESP_NETIF_DNS_MAX
typedef esp_netif_dns_info_t tcpip_adapter_dns_info_t;

/* Who is on the access point's network is not known to it but by DHCP. */
#define ESP_WIFI_MAX_CONN_NUM 10
typedef struct {
  uint8_t mac[6];
  ip4_addr_t ip;
} tcpip_adapter_sta_info_t;
typedef struct {
  tcpip_adapter_sta_info_t sta[ESP_WIFI_MAX_CONN_NUM];
  int num;
} tcpip_adapter_sta_list_t;
typedef struct {
  struct {
    uint8_t mac[6];
  } sta[ESP_WIFI_MAX_CONN_NUM];
  int num;
} wifi_sta_list_t;

/* NULL: there is no such interface. The access point and Ethernet are made with their first use. */
esp_netif_t* linnet_tcpip_adapter_netif(tcpip_adapter_if_t interface);

static inline void tcpip_adapter_init(void) {}
/* The address is set, or not where `ip_info` is NULL; the driver's part is done already. */
static inline esp_err_t tcpip_adapter_start(tcpip_adapter_if_t interface, uint8_t* mac, tcpip_adapter_ip_info_t* ip_info) {
  (void)mac;
  return ip_info == NULL ? ESP_OK : esp_netif_set_ip_info(linnet_tcpip_adapter_netif(interface), ip_info);
}
/* Interfaces are the machine's: programs do not take them down. */
static inline esp_err_t tcpip_adapter_stop(tcpip_adapter_if_t interface) { return (void)interface, ESP_ERR_NOT_SUPPORTED; }
static inline esp_err_t tcpip_adapter_up(tcpip_adapter_if_t interface) {
  return linnet_tcpip_adapter_netif(interface) != NULL ? ESP_OK : ESP_ERR_TCPIP_ADAPTER_INVALID_PARAMS;
}
static inline esp_err_t tcpip_adapter_down(tcpip_adapter_if_t interface) { return (void)interface, ESP_ERR_NOT_SUPPORTED; }

static inline esp_err_t tcpip_adapter_get_ip_info(tcpip_adapter_if_t interface, tcpip_adapter_ip_info_t* info) {
  return esp_netif_get_ip_info(linnet_tcpip_adapter_netif(interface), info);
}
static inline esp_err_t tcpip_adapter_set_ip_info(tcpip_adapter_if_t interface, const tcpip_adapter_ip_info_t* info) {
  return esp_netif_set_ip_info(linnet_tcpip_adapter_netif(interface), info);
}
static inline esp_err_t tcpip_adapter_get_old_ip_info(tcpip_adapter_if_t interface, tcpip_adapter_ip_info_t* info) {
  return esp_netif_get_old_ip_info(linnet_tcpip_adapter_netif(interface), info);
}
static inline esp_err_t tcpip_adapter_create_ip6_linklocal(tcpip_adapter_if_t interface) {
  return esp_netif_create_ip6_linklocal(linnet_tcpip_adapter_netif(interface));
}
static inline esp_err_t tcpip_adapter_get_ip6_linklocal(tcpip_adapter_if_t interface, ip6_addr_t* addr) {
  return esp_netif_get_ip6_linklocal(linnet_tcpip_adapter_netif(interface), addr);
}
static inline esp_err_t tcpip_adapter_get_ip6_global(tcpip_adapter_if_t interface, ip6_addr_t* addr) {
  return esp_netif_get_ip6_global(linnet_tcpip_adapter_netif(interface), addr);
}
static inline esp_err_t tcpip_adapter_dhcps_get_status(tcpip_adapter_if_t interface, tcpip_adapter_dhcp_status_t* status) {
  return esp_netif_dhcps_get_status(linnet_tcpip_adapter_netif(interface), status);
}
/* Of the access point. */
static inline esp_err_t tcpip_adapter_dhcps_option(tcpip_adapter_option_mode_t mode, tcpip_adapter_option_id_t id, void* value,
                                                   uint32_t size) {
  return esp_netif_dhcps_option(linnet_tcpip_adapter_netif(TCPIP_ADAPTER_IF_AP), mode, id, value, size);
}
static inline esp_err_t tcpip_adapter_dhcps_start(tcpip_adapter_if_t interface) {
  return esp_netif_dhcps_start(linnet_tcpip_adapter_netif(interface));
}
static inline esp_err_t tcpip_adapter_dhcps_stop(tcpip_adapter_if_t interface) {
  return esp_netif_dhcps_stop(linnet_tcpip_adapter_netif(interface));
}
static inline esp_err_t tcpip_adapter_dhcpc_get_status(tcpip_adapter_if_t interface, tcpip_adapter_dhcp_status_t* status) {
  return esp_netif_dhcpc_get_status(linnet_tcpip_adapter_netif(interface), status);
}
static inline esp_err_t tcpip_adapter_dhcpc_option(tcpip_adapter_option_mode_t mode, tcpip_adapter_option_id_t id, void* value,
                                                   uint32_t size) {
  return esp_netif_dhcpc_option(linnet_tcpip_adapter_netif(TCPIP_ADAPTER_IF_STA), mode, id, value, size);
}
static inline esp_err_t tcpip_adapter_dhcpc_start(tcpip_adapter_if_t interface) {
  return esp_netif_dhcpc_start(linnet_tcpip_adapter_netif(interface));
}
static inline esp_err_t tcpip_adapter_dhcpc_stop(tcpip_adapter_if_t interface) {
  return esp_netif_dhcpc_stop(linnet_tcpip_adapter_netif(interface));
}
static inline esp_err_t tcpip_adapter_set_dns_info(tcpip_adapter_if_t interface, tcpip_adapter_dns_type_t type,
                                                   tcpip_adapter_dns_info_t* dns) {
  return esp_netif_set_dns_info(linnet_tcpip_adapter_netif(interface), type, dns);
}
static inline esp_err_t tcpip_adapter_get_dns_info(tcpip_adapter_if_t interface, tcpip_adapter_dns_type_t type,
                                                   tcpip_adapter_dns_info_t* dns) {
  return esp_netif_get_dns_info(linnet_tcpip_adapter_netif(interface), type, dns);
}
static inline esp_err_t tcpip_adapter_set_hostname(tcpip_adapter_if_t interface, const char* name) {
  return esp_netif_set_hostname(linnet_tcpip_adapter_netif(interface), name);
}
static inline esp_err_t tcpip_adapter_get_hostname(tcpip_adapter_if_t interface, const char** name) {
  return esp_netif_get_hostname(linnet_tcpip_adapter_netif(interface), name);
}
static inline bool tcpip_adapter_is_netif_up(tcpip_adapter_if_t interface) {
  return esp_netif_is_netif_up(linnet_tcpip_adapter_netif(interface));
}
/* A struct netif*, of lwip/netif.h. */
esp_err_t tcpip_adapter_get_netif(tcpip_adapter_if_t interface, void** netif);
/* Of a struct netif*. TCPIP_ADAPTER_IF_MAX: none of these. */
tcpip_adapter_if_t tcpip_adapter_get_esp_if(void* device);
/* The addresses of those whose MAC addresses are in the first list. */
esp_err_t tcpip_adapter_get_sta_list(const wifi_sta_list_t* stations, tcpip_adapter_sta_list_t* addresses);
/* Frames come from the device, not from programs: ESP_ERR_NOT_SUPPORTED. */
esp_err_t tcpip_adapter_eth_input(void* buffer, uint16_t size, void* block);
esp_err_t tcpip_adapter_sta_input(void* buffer, uint16_t size, void* block);
esp_err_t tcpip_adapter_ap_input(void* buffer, uint16_t size, void* block);


#ifdef __cplusplus
}
#endif
