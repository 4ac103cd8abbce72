/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces by their role. The station and Ethernet are the one network that the program was started on; the
   access point is the second one (--lan), or that network where there is no second. */
#pragma once

#include <esp_event.h>
#include <esp_netif_defaults.h>
#include <esp_netif_ip_addr.h>
#include <esp_netif_types.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline esp_err_t esp_netif_init(void) { return ESP_OK; }
static inline esp_err_t esp_netif_deinit(void) { return ESP_ERR_NOT_SUPPORTED; }

/* NULL: no key, one that is taken, or a driver of the program's own. */
esp_netif_t* esp_netif_new(const esp_netif_config_t* config);
void esp_netif_destroy(esp_netif_t* netif);
/* The driver is the network that there is. */
esp_err_t esp_netif_attach(esp_netif_t* netif, esp_netif_iodriver_handle driver);
esp_netif_t* esp_netif_create_default_wifi_sta(void);
esp_netif_t* esp_netif_create_default_wifi_ap(void);
void esp_netif_destroy_default_wifi(void* netif);
static inline esp_err_t esp_netif_attach_wifi_station(esp_netif_t* netif) { return esp_netif_attach(netif, NULL); }
static inline esp_err_t esp_netif_attach_wifi_ap(esp_netif_t* netif) { return esp_netif_attach(netif, NULL); }

/* The station is always there, as "WIFI_STA_DEF"; others once they are made ("WIFI_AP_DEF", "ETH_DEF"). */
esp_netif_t* esp_netif_get_default_netif(void);
esp_err_t esp_netif_set_default_netif(esp_netif_t* netif);
esp_netif_t* esp_netif_get_handle_from_ifkey(const char* key);
esp_netif_t* esp_netif_next_unsafe(esp_netif_t* netif);
static inline esp_netif_t* esp_netif_next(esp_netif_t* netif) { return esp_netif_next_unsafe(netif); }
esp_netif_t* esp_netif_find_if(esp_netif_find_predicate_t is_wanted, void* context);
size_t esp_netif_get_nr_of_ifs(void);
/* Calls it, with lwip/tcpip.h's lock held. */
esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn function, void* context);
const char* esp_netif_get_desc(esp_netif_t* netif);
const char* esp_netif_get_ifkey(esp_netif_t* netif);
esp_netif_flags_t esp_netif_get_flags(esp_netif_t* netif);
int esp_netif_get_route_prio(esp_netif_t* netif);
int esp_netif_set_route_prio(esp_netif_t* netif, int priority);
/* As if_nametoindex has it. */
int esp_netif_get_netif_impl_index(esp_netif_t* netif);
esp_err_t esp_netif_get_netif_impl_name(esp_netif_t* netif, char* name);
esp_err_t esp_netif_get_mac(esp_netif_t* netif, uint8_t mac[6]);
esp_err_t esp_netif_get_mtu(esp_netif_t* netif, uint16_t* mtu);
/* Of IPv4, at most what the device takes. */
esp_err_t esp_netif_set_mtu(esp_netif_t* netif, uint16_t mtu);

bool esp_netif_is_netif_up(esp_netif_t* netif);
esp_err_t esp_netif_get_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* info);
/* Its address, at once and without asking whether somebody has it; 0.0.0.0: none. The gateway 0.0.0.0: no default route.
   ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED: the DHCP client, or the server, is to be stopped before. */
esp_err_t esp_netif_set_ip_info(esp_netif_t* netif, const esp_netif_ip_info_t* info);
/* What the last event told. */
esp_err_t esp_netif_get_old_ip_info(esp_netif_t* netif, esp_netif_ip_info_t* info);
/* At most 63 characters, told by DHCP from the next message on. */
esp_err_t esp_netif_set_hostname(esp_netif_t* netif, const char* name);
/* Valid until it is set again. */
esp_err_t esp_netif_get_hostname(esp_netif_t* netif, const char** name);

/* ESP_ERR_ESP_NETIF_DHCPC_START_FAILED: the program was started with an address of its own (--ip). */
esp_err_t esp_netif_dhcpc_start(esp_netif_t* netif);
/* The address goes, and the server is told. */
esp_err_t esp_netif_dhcpc_stop(esp_netif_t* netif);
esp_err_t esp_netif_dhcpc_get_status(esp_netif_t* netif, esp_netif_dhcp_status_t* status);
/* ESP_NETIF_VENDOR_CLASS_IDENTIFIER: text of at most 63 characters. Others: ESP_ERR_ESP_NETIF_INVALID_PARAMS. */
esp_err_t esp_netif_dhcpc_option(esp_netif_t* netif, esp_netif_dhcp_option_mode_t mode, esp_netif_dhcp_option_id_t id,
                                 void* value, uint32_t size);

/* Gives others addresses of its own network, which has to have its address. ESP_ERR_NOT_SUPPORTED: CONFIG_LWIP_DHCPS is
   off. */
esp_err_t esp_netif_dhcps_start(esp_netif_t* netif);
esp_err_t esp_netif_dhcps_stop(esp_netif_t* netif);
esp_err_t esp_netif_dhcps_get_status(esp_netif_t* netif, esp_netif_dhcp_status_t* status);
/* While it is stopped. As dhcpserver/dhcpserver.h has the options and their values. */
esp_err_t esp_netif_dhcps_option(esp_netif_t* netif, esp_netif_dhcp_option_mode_t mode, esp_netif_dhcp_option_id_t id,
                                 void* value, uint32_t size);
/* Fills in `ip`, 0.0.0.0 for those that have none. */
esp_err_t esp_netif_dhcps_get_clients_by_mac(esp_netif_t* netif, int count, esp_netif_pair_mac_ip_t* pairs);

/* Of an access point: what its DHCP server tells, the first two. Else those that are asked, from 0 on. */
esp_err_t esp_netif_set_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns);
esp_err_t esp_netif_get_dns_info(esp_netif_t* netif, esp_netif_dns_type_t type, esp_netif_dns_info_t* dns);

/* ESP_FAIL: there is none (yet). */
esp_err_t esp_netif_get_ip6_linklocal(esp_netif_t* netif, esp_ip6_addr_t* addr);
esp_err_t esp_netif_get_ip6_global(esp_netif_t* netif, esp_ip6_addr_t* addr);
/* The stack makes one by itself where the link takes IPv6. */
esp_err_t esp_netif_create_ip6_linklocal(esp_netif_t* netif);
/* Into room for 8; how many there are. */
int esp_netif_get_all_ip6(esp_netif_t* netif, esp_ip6_addr_t addresses[]);
int esp_netif_get_all_preferred_ip6(esp_netif_t* netif, esp_ip6_addr_t addresses[]);
/* Used once nobody else turned out to have it. `preferred`: false is not supported. */
esp_err_t esp_netif_add_ip6_address(esp_netif_t* netif, esp_ip6_addr_t addr, bool preferred);
esp_err_t esp_netif_remove_ip6_address(esp_netif_t* netif, const esp_ip6_addr_t* addr);
esp_err_t esp_netif_join_ip6_multicast_group(esp_netif_t* netif, const esp_ip6_addr_t* group);
esp_err_t esp_netif_leave_ip6_multicast_group(esp_netif_t* netif, const esp_ip6_addr_t* group);

/* IPv4 that comes in by this interface leaves by others under their address. ESP_ERR_NOT_SUPPORTED: --lan was not given. */
esp_err_t esp_netif_napt_enable(esp_netif_t* netif);
esp_err_t esp_netif_napt_disable(esp_netif_t* netif);

#ifdef __cplusplus
}
#endif
