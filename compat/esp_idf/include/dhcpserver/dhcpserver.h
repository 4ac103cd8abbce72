/* SPDX-License-Identifier: Apache-2.0 */
/* The DHCP server, as ESP-IDF 5 has it. */
#pragma once

#include <stdbool.h>

#include <dhcpserver/dhcpserver_options.h>
#include <lwip/err.h>
#include <lwip/netif.h>
#include <sdkconfig.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CONFIG_LWIP_DHCPS_LEASE_UNIT
#define CONFIG_LWIP_DHCPS_LEASE_UNIT 60
#endif
#define DHCPS_LEASE_UNIT CONFIG_LWIP_DHCPS_LEASE_UNIT /* seconds */
#define DHCPS_MAX_LEASE 0x64                          /* addresses of a pool that the program did not choose */
#define DHCPS_LEASE_TIME_DEF 120                      /* units */

/* REQUESTED_IP_ADDRESS: the pool, both included. */
typedef struct {
  bool enable;
  ip4_addr_t start_ip;
  ip4_addr_t end_ip;
} dhcps_lease_t;
/* ROUTER_SOLICITATION_ADDRESS and DOMAIN_NAME_SERVER: whether the router, and the program's name servers, are told.
   Without OFFER_DNS the server itself is the name server. */
typedef uint8_t dhcps_offer_t;
enum dhcps_offer_option { OFFER_START = 0x00, OFFER_ROUTER = 0x01, OFFER_DNS = 0x02, OFFER_END };
/* IP_ADDRESS_LEASE_TIME: in units; 0 is DHCPS_LEASE_TIME_DEF. */
typedef uint32_t dhcps_time_t;
typedef enum { DNS_TYPE_MAIN = 0, DNS_TYPE_BACKUP, DNS_TYPE_MAX } dns_type_t;
/* Called by the thread of tcpip_callback. */
typedef void (*dhcps_cb_t)(void* argument, u8_t client_ip[4], u8_t client_mac[6]);
typedef struct dhcps_t dhcps_t;

static inline bool dhcps_router_enabled(dhcps_offer_t offer) { return (offer & OFFER_ROUTER) != 0; }
static inline bool dhcps_dns_enabled(dhcps_offer_t offer) { return (offer & OFFER_DNS) != 0; }

dhcps_t* dhcps_new(void);
/* Stops it, too. */
void dhcps_delete(dhcps_t* dhcps);
/* `ip` is the interface's own address, in whose network the pool is. ERR_ARG: it is not, or the pool is not there.
   ERR_USE: somebody has UDP port 67, or CONFIG_LWIP_DHCPS is off. Does nothing when it runs. */
err_t dhcps_start(dhcps_t* dhcps, struct netif* netif, ip4_addr_t ip);
/* Leases are remembered until the next start. */
err_t dhcps_stop(dhcps_t* dhcps, struct netif* netif);
/* Where the value is, or NULL: no such option, or its size is another. */
void* dhcps_option_info(dhcps_t* dhcps, u8_t id, u32_t size);
/* From the next start on. CAPTIVEPORTAL_URI: text, copied. SUBNET_MASK: must be the interface's. ERR_ARG: no such option, or
   a value that is none. */
err_t dhcps_set_option_info(dhcps_t* dhcps, u8_t id, void* value, u32_t size);
bool dhcp_search_ip_on_mac(dhcps_t* dhcps, u8_t* mac, ip4_addr_t* ip);
err_t dhcps_dns_setserver(dhcps_t* dhcps, const ip_addr_t* server);
err_t dhcps_dns_setserver_by_type(dhcps_t* dhcps, const ip_addr_t* server, dns_type_t type);
err_t dhcps_dns_getserver(dhcps_t* dhcps, ip4_addr_t* server);
err_t dhcps_dns_getserver_by_type(dhcps_t* dhcps, ip4_addr_t* server, dns_type_t type);
err_t dhcps_set_new_lease_cb(dhcps_t* dhcps, dhcps_cb_t callback, void* argument);

#ifdef __cplusplus
}
#endif
