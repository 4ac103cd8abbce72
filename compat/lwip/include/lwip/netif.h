/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces: what they are and have, by name ("lo0", "st1") and number (1, 2, ...). Each use of netif_list and
   netif_default looks anew; the structures stay, and what programs write into them changes nothing but the host name. */
#pragma once

#include <lwip/err.h>
#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NETIF_NAMESIZE 6
#define NETIF_NO_INDEX 0
#define NETIF_MAX_HWADDR_LEN 6U
#define LWIP_IPV6_NUM_ADDRESSES 8

#define NETIF_FLAG_UP 0x01U
#define NETIF_FLAG_BROADCAST 0x02U
#define NETIF_FLAG_LINK_UP 0x04U
#define NETIF_FLAG_ETHARP 0x08U
#define NETIF_FLAG_ETHERNET 0x10U
#define NETIF_FLAG_IGMP 0x20U
#define NETIF_FLAG_MLD6 0x40U

#define IP6_ADDR_INVALID 0x00
#define IP6_ADDR_TENTATIVE 0x08
#define IP6_ADDR_DEPRECATED 0x10
#define IP6_ADDR_VALID 0x10
#define IP6_ADDR_PREFERRED 0x30
#define ip6_addr_isinvalid(state) ((state) == IP6_ADDR_INVALID)
#define ip6_addr_istentative(state) ((state) & IP6_ADDR_TENTATIVE)
#define ip6_addr_isvalid(state) ((state) & IP6_ADDR_VALID)
#define ip6_addr_ispreferred(state) ((state) == IP6_ADDR_PREFERRED)

struct netif {
  struct netif* next;
  ip_addr_t ip_addr; /* of IPv4: the first that may be used, or any */
  ip_addr_t netmask;
  ip_addr_t gw;
  ip_addr_t ip6_addr[LWIP_IPV6_NUM_ADDRESSES]; /* with their states beside them */
  u8_t ip6_addr_state[LWIP_IPV6_NUM_ADDRESSES];
  void* state; /* the program's */
  const char* hostname;
  u16_t mtu;
  u16_t mtu6;
  u8_t hwaddr[NETIF_MAX_HWADDR_LEN];
  u8_t hwaddr_len;
  u8_t flags;
  char name[2];
  u8_t num;
};

struct netif* linnet_netif_list(void);
/* That of the default route; else the first that is no loopback and up; else NULL. */
struct netif* linnet_netif_default(void);
#define netif_list linnet_netif_list()
#define netif_default linnet_netif_default()
#define NETIF_FOREACH(netif) for ((netif) = netif_list; (netif) != NULL; (netif) = (netif)->next)

/* NULL: there is none. */
struct netif* netif_find(const char* name);
struct netif* netif_get_by_index(u8_t index);
#define netif_get_index(netif) ((u8_t)((netif)->num + 1))

#define netif_ip4_addr(netif) ((const ip4_addr_t*)ip_2_ip4(&((netif)->ip_addr)))
#define netif_ip4_netmask(netif) ((const ip4_addr_t*)ip_2_ip4(&((netif)->netmask)))
#define netif_ip4_gw(netif) ((const ip4_addr_t*)ip_2_ip4(&((netif)->gw)))
#define netif_ip_addr4(netif) ((const ip_addr_t*)&((netif)->ip_addr))
#define netif_ip_netmask4(netif) ((const ip_addr_t*)&((netif)->netmask))
#define netif_ip_gw4(netif) ((const ip_addr_t*)&((netif)->gw))
#define netif_ip_addr6(netif, i) ((const ip_addr_t*)(&((netif)->ip6_addr[i])))
#define netif_ip6_addr(netif, i) ((const ip6_addr_t*)ip_2_ip6(&((netif)->ip6_addr[i])))
#define netif_ip6_addr_state(netif, i) ((netif)->ip6_addr_state[i])
#define netif_is_up(netif) (((netif)->flags & NETIF_FLAG_UP) ? (u8_t)1 : (u8_t)0)
#define netif_is_link_up(netif) (((netif)->flags & NETIF_FLAG_LINK_UP) ? (u8_t)1 : (u8_t)0)
#define netif_set_hostname(netif, text) ((netif)->hostname = (text))
#define netif_get_hostname(netif) ((netif)->hostname)
/* The index among the interface's, or -1. */
s8_t netif_get_ip6_addr_match(struct netif* netif, const ip6_addr_t* addr);

/* Takes the interface's IPv4 addresses and its default route away and gives it these; any address: none. Stop DHCP before. */
void netif_set_addr(struct netif* netif, const ip4_addr_t* addr, const ip4_addr_t* netmask, const ip4_addr_t* gateway);
void netif_set_ipaddr(struct netif* netif, const ip4_addr_t* addr);
void netif_set_netmask(struct netif* netif, const ip4_addr_t* netmask);
void netif_set_gw(struct netif* netif, const ip4_addr_t* gateway);

/* 0: there is none. */
u8_t netif_name_to_index(const char* name);
/* Into NETIF_NAMESIZE bytes; NULL: there is none. */
char* netif_index_to_name(u8_t index, char* name);
unsigned int lwip_if_nametoindex(const char* name);
char* lwip_if_indextoname(unsigned int index, char* name);
#define if_nametoindex(name) lwip_if_nametoindex(name)
#define if_indextoname(index, name) lwip_if_indextoname(index, name)

#ifdef __cplusplus
}
#endif
