/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's resolver: which servers are asked, and lookups that do not wait. */
#pragma once

#include <lwip/err.h>
#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LWIP_DNS_ADDRTYPE_IPV4 0
#define LWIP_DNS_ADDRTYPE_IPV6 1
#define LWIP_DNS_ADDRTYPE_IPV4_IPV6 2 /* IPv4, and IPv6 where there is none */
#define LWIP_DNS_ADDRTYPE_IPV6_IPV4 3
#define LWIP_DNS_ADDRTYPE_DEFAULT LWIP_DNS_ADDRTYPE_IPV4_IPV6

/* `addr` is NULL when there is none. Called by a thread of its own, which holds no lock. */
typedef void (*dns_found_callback)(const char* name, const ip_addr_t* addr, void* argument);

/* Servers are asked in the order of their numbers, 0 to DNS_MAX_SERVERS - 1; NULL takes one away. */
void dns_setserver(u8_t number, const ip_addr_t* server);
/* Of programs of ESP-IDF: those of one interface, which are asked while it is the default one. NULL: of whichever that is. */
struct netif;
void dns_setserver_with_netif(struct netif* netif, u8_t number, const ip_addr_t* server);
/* The server; the address of any when there is none. What it points to is the thread's, until its next call. */
const ip_addr_t* lwip_dns_getserver(u8_t number);
#if LINNET_ESP_ERA < 4
static inline ip_addr_t dns_getserver(u8_t number) { return *lwip_dns_getserver(number); }
#else
static inline const ip_addr_t* dns_getserver(u8_t number) { return lwip_dns_getserver(number); }
#endif

/* ERR_OK: `addr` has it. ERR_INPROGRESS: `found` will be called. ERR_ARG: no such name can be. ERR_VAL: no server. ERR_MEM. */
err_t dns_gethostbyname(const char* name, ip_addr_t* addr, dns_found_callback found, void* argument);
err_t dns_gethostbyname_addrtype(const char* name, ip_addr_t* addr, dns_found_callback found, void* argument, u8_t type);
void dns_clear_cache(void);

/* Names that are set by hand, which go before what the link and servers say. As many as dns::Config has room for. */
#define DNS_LOCAL_HOSTLIST 1
#define DNS_LOCAL_HOSTLIST_IS_DYNAMIC 1
/* ERR_MEM: no room. ERR_ARG: no such name can be. */
err_t dns_local_addhost(const char* hostname, const ip_addr_t* addr);
/* NULL: whatever the name, or the address. How many there were. */
int dns_local_removehost(const char* hostname, const ip_addr_t* addr);
/* ERR_ARG: there is none. */
err_t dns_local_lookup(const char* hostname, ip_addr_t* addr, u8_t type);
/* How many there are; `visit`, where it is not NULL, is called for each by this thread, which holds no lock. */
size_t dns_local_iterate(dns_found_callback visit, void* argument);

#ifdef __cplusplus
}
#endif
