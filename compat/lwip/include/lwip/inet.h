/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as the calls of sockets know them, and their texts. */
#pragma once

#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef u32_t in_addr_t;
struct in_addr {
  in_addr_t s_addr;
};
struct in6_addr {
  union {
    u32_t u32_addr[4];
    u8_t u8_addr[16];
  } un;
#define s6_addr un.u8_addr
};

#define INADDR_NONE IPADDR_NONE
#define INADDR_LOOPBACK IPADDR_LOOPBACK
#define INADDR_ANY IPADDR_ANY
#define INADDR_BROADCAST IPADDR_BROADCAST
#define IN6ADDR_ANY_INIT {{{0, 0, 0, 0}}}
#define IN6ADDR_LOOPBACK_INIT {{{0, 0, 0, PP_HTONL(1)}}}
extern const struct in6_addr in6addr_any;

#define INET_ADDRSTRLEN IP4ADDR_STRLEN_MAX
#define INET6_ADDRSTRLEN IP6ADDR_STRLEN_MAX

#define IN_CLASSA(a) ((((u32_t)(a)) & 0x80000000UL) == 0)
#define IN_CLASSA_NET 0xff000000UL
#define IN_CLASSA_HOST 0x00ffffffUL
#define IN_CLASSB(a) ((((u32_t)(a)) & 0xc0000000UL) == 0x80000000UL)
#define IN_CLASSB_NET 0xffff0000UL
#define IN_CLASSB_HOST 0x0000ffffUL
#define IN_CLASSC(a) ((((u32_t)(a)) & 0xe0000000UL) == 0xc0000000UL)
#define IN_CLASSC_NET 0xffffff00UL
#define IN_CLASSC_HOST 0x000000ffUL
#define IN_CLASSD(a) ((((u32_t)(a)) & 0xf0000000UL) == 0xe0000000UL)
#define IN_MULTICAST(a) IN_CLASSD(a)
#define IN_EXPERIMENTAL(a) ((((u32_t)(a)) & 0xf0000000UL) == 0xf0000000UL)
#define IN_BADCLASS(a) IN_EXPERIMENTAL(a)
#define IN_LOOPBACKNET 127
#define IN6_IS_ADDR_MULTICAST(a) ((a)->s6_addr[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a) ((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0x80)

#define inet_addr_from_ip4addr(target, source) ((target)->s_addr = ip4_addr_get_u32(source))
#define inet_addr_to_ip4addr(target, source) (ip4_addr_set_u32(target, (source)->s_addr))
#define inet_addr_to_ip4addr_p(target, source) ((target) = (ip4_addr_t*)&((source)->s_addr))
#define inet6_addr_from_ip6addr(target, source) (memcpy((target)->un.u32_addr, (source)->addr, 16))
#define inet6_addr_to_ip6addr(target, source) \
  (memcpy((target)->addr, (source)->un.u32_addr, 16), (target)->zone = IP6_NO_ZONE)

#define inet_addr(text) ipaddr_addr(text)
#define inet_aton(text, addr) ip4addr_aton(text, (ip4_addr_t*)(addr))
#define inet_ntoa(addr) ip4addr_ntoa((const ip4_addr_t*)&(addr))
#define inet_ntoa_r(addr, buffer, size) ip4addr_ntoa_r((const ip4_addr_t*)&(addr), buffer, size)
#define inet6_aton(text, addr) lwip_inet6_aton(text, (struct in6_addr*)(addr))
#define inet6_ntoa(addr) lwip_inet6_ntoa((const struct in6_addr*)&(addr))
#define inet6_ntoa_r(addr, buffer, size) lwip_inet6_ntoa_r((const struct in6_addr*)&(addr), buffer, size)

/* An in6_addr has no zone, so these are not those of ip6_addr_t. The macros take an ip6_addr_t, too: its zone is not looked
   at, nor set. */
int lwip_inet6_aton(const char* text, struct in6_addr* addr);
char* lwip_inet6_ntoa(const struct in6_addr* addr);
char* lwip_inet6_ntoa_r(const struct in6_addr* addr, char* buffer, int size);

#ifdef __cplusplus
}
#endif

#include <string.h>
