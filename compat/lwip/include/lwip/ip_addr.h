/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's address of either family. */
#pragma once

#include <lwip/ip4_addr.h>
#include <lwip/ip6_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lwip_ip_addr_type { IPADDR_TYPE_V4 = 0U, IPADDR_TYPE_V6 = 6U, IPADDR_TYPE_ANY = 46U };

/* What programs leave in `type` may be anything when they filled `u_addr` by inet_pton(AF_INET, ..., &addr), which the ESP32
   text does: whoever reads one takes what is not IPADDR_TYPE_V6 for IPv4. */
typedef struct ip_addr {
  union {
    ip6_addr_t ip6;
    ip4_addr_t ip4;
  } u_addr;
  u8_t type;
} ip_addr_t;

#define IPADDR_STRLEN_MAX IP6ADDR_STRLEN_MAX

extern const ip_addr_t ip_addr_any, ip_addr_any_type, ip_addr_broadcast, ip6_addr_any;
#define IP_ADDR_ANY (&ip_addr_any)
#define IP4_ADDR_ANY (&ip_addr_any)
#define IP6_ADDR_ANY (&ip6_addr_any)
#define IP_ANY_TYPE (&ip_addr_any_type)
#define IP_ADDR_BROADCAST (&ip_addr_broadcast)

#ifdef __cplusplus
#define LINNET_IPADDR_TYPE(value) static_cast<u8_t>(value)
#else
#define LINNET_IPADDR_TYPE(value) ((u8_t)(value))
#endif
#define IPADDR4_INIT(u32val) {{{{u32val, 0ul, 0ul, 0ul}, IP6_NO_ZONE}}, LINNET_IPADDR_TYPE(IPADDR_TYPE_V4)}
#define IPADDR4_INIT_BYTES(a, b, c, d) IPADDR4_INIT(PP_HTONL(LWIP_MAKEU32(a, b, c, d)))
#define IPADDR6_INIT(a, b, c, d) {{{{a, b, c, d}, IP6_NO_ZONE}}, LINNET_IPADDR_TYPE(IPADDR_TYPE_V6)}

#define IP_IS_V6_VAL(ipaddr) ((ipaddr).type == IPADDR_TYPE_V6)
#define IP_IS_V4_VAL(ipaddr) ((ipaddr).type == IPADDR_TYPE_V4)
#define IP_IS_ANY_TYPE_VAL(ipaddr) ((ipaddr).type == IPADDR_TYPE_ANY)
#define IP_IS_V6(ipaddr) ((ipaddr) != NULL && IP_IS_V6_VAL(*(ipaddr)))
#define IP_IS_V4(ipaddr) ((ipaddr) == NULL || IP_IS_V4_VAL(*(ipaddr)))
#define IP_SET_TYPE_VAL(ipaddr, iptype) ((ipaddr).type = LINNET_IPADDR_TYPE(iptype))
#define IP_SET_TYPE(ipaddr, iptype) ((ipaddr)->type = LINNET_IPADDR_TYPE(iptype))
#define IP_GET_TYPE(ipaddr) ((ipaddr)->type)
#define ip_2_ip4(ipaddr) (&((ipaddr)->u_addr.ip4))
#define ip_2_ip6(ipaddr) (&((ipaddr)->u_addr.ip6))

#define IP_ADDR4(ipaddr, a, b, c, d)              \
  do {                                            \
    IP4_ADDR(ip_2_ip4(ipaddr), a, b, c, d);       \
    IP_SET_TYPE(ipaddr, IPADDR_TYPE_V4);          \
  } while (0)
#define IP_ADDR6(ipaddr, i0, i1, i2, i3)          \
  do {                                            \
    IP6_ADDR(ip_2_ip6(ipaddr), i0, i1, i2, i3);   \
    IP_SET_TYPE(ipaddr, IPADDR_TYPE_V6);          \
  } while (0)
#define ip_addr_copy(dest, src) ((dest) = (src))
#define ip_addr_set(dest, src) (*(dest) = (src) == NULL ? ip_addr_any : *(src))
#define ip_addr_set_ip4_u32(ipaddr, number)              \
  do {                                                   \
    ip4_addr_set_u32(ip_2_ip4(ipaddr), number);          \
    IP_SET_TYPE(ipaddr, IPADDR_TYPE_V4);                 \
  } while (0)
#define ip_addr_get_ip4_u32(ipaddr) (IP_IS_V4(ipaddr) ? ip4_addr_get_u32(ip_2_ip4(ipaddr)) : 0)
#define ip_addr_set_zero(ipaddr) (*(ipaddr) = ip_addr_any)
#define ip_addr_set_any(is_ipv6, ipaddr) (*(ipaddr) = (is_ipv6) ? ip6_addr_any : ip_addr_any)
#define ip_addr_isany(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_isany(ip_2_ip6(ipaddr)) : ((ipaddr) == NULL || ip4_addr_isany(ip_2_ip4(ipaddr))))
#define ip_addr_isany_val(ipaddr) ip_addr_isany(&(ipaddr))
#define ip_addr_isloopback(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_isloopback(ip_2_ip6(ipaddr)) : ip4_addr_isloopback(ip_2_ip4(ipaddr)))
#define ip_addr_ismulticast(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_ismulticast(ip_2_ip6(ipaddr)) : ip4_addr_ismulticast(ip_2_ip4(ipaddr)))
#define ip_addr_islinklocal(ipaddr) \
  (IP_IS_V6(ipaddr) ? ip6_addr_islinklocal(ip_2_ip6(ipaddr)) : ip4_addr_islinklocal(ip_2_ip4(ipaddr)))
#define ip_addr_cmp(a, b)                                                                     \
  (IP_IS_V6(a) != IP_IS_V6(b) ? 0                                                             \
                              : (IP_IS_V6(a) ? ip6_addr_cmp(ip_2_ip6(a), ip_2_ip6(b))         \
                                             : ip4_addr_cmp(ip_2_ip4(a), ip_2_ip4(b))))
#define ip_addr_eq(a, b) ip_addr_cmp(a, b)

/* Either family; as of ip4addr_aton and so on. */
int ipaddr_aton(const char* text, ip_addr_t* addr);
char* ipaddr_ntoa(const ip_addr_t* addr);
char* ipaddr_ntoa_r(const ip_addr_t* addr, char* buffer, int size);

#ifdef __cplusplus
}
#endif
