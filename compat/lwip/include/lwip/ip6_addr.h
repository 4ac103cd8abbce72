/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's IPv6 address: four numbers in network byte order, and the number of an interface. */
#pragma once

#include <lwip/def.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ip6_addr {
  u32_t addr[4];
  u8_t zone;
};
typedef struct ip6_addr ip6_addr_t;

#define IP6_NO_ZONE 0
#define IP6ADDR_STRLEN_MAX 46

#define IP6_ADDR(ipaddr, i0, i1, i2, i3) \
  do {                                   \
    (ipaddr)->addr[0] = (i0);            \
    (ipaddr)->addr[1] = (i1);            \
    (ipaddr)->addr[2] = (i2);            \
    (ipaddr)->addr[3] = (i3);            \
    (ipaddr)->zone = IP6_NO_ZONE;        \
  } while (0)
#define IP6_ADDR_PART_16(word, shift) ((u16_t)((lwip_htonl(word) >> (shift)) & 0xffff))
#define IP6_ADDR_BLOCK1(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[0], 16)
#define IP6_ADDR_BLOCK2(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[0], 0)
#define IP6_ADDR_BLOCK3(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[1], 16)
#define IP6_ADDR_BLOCK4(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[1], 0)
#define IP6_ADDR_BLOCK5(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[2], 16)
#define IP6_ADDR_BLOCK6(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[2], 0)
#define IP6_ADDR_BLOCK7(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[3], 16)
#define IP6_ADDR_BLOCK8(ip6addr) IP6_ADDR_PART_16((ip6addr)->addr[3], 0)

#define ip6_addr_copy(dest, src) ((dest) = (src))
#define ip6_addr_set_zero(a) IP6_ADDR(a, 0, 0, 0, 0)
#define ip6_addr_set_any(a) ip6_addr_set_zero(a)
#define ip6_addr_set_loopback(a) IP6_ADDR(a, 0, 0, 0, PP_HTONL(1UL))
#define ip6_addr_zone(a) ((a)->zone)
#define ip6_addr_set_zone(a, index) ((a)->zone = (index))
#define ip6_addr_clear_zone(a) ((a)->zone = IP6_NO_ZONE)
#define ip6_addr_cmp_zoneless(a, b)                                                                   \
  ((a)->addr[0] == (b)->addr[0] && (a)->addr[1] == (b)->addr[1] && (a)->addr[2] == (b)->addr[2] &&     \
   (a)->addr[3] == (b)->addr[3])
#define ip6_addr_cmp(a, b) (ip6_addr_cmp_zoneless(a, b) && (a)->zone == (b)->zone)
#define ip6_addr_eq(a, b) ip6_addr_cmp(a, b)
#define ip6_addr_isany_val(a) ((a).addr[0] == 0 && (a).addr[1] == 0 && (a).addr[2] == 0 && (a).addr[3] == 0)
#define ip6_addr_isany(a) ((a) == NULL || ip6_addr_isany_val(*(a)))
#define ip6_addr_isloopback(a) \
  ((a)->addr[0] == 0 && (a)->addr[1] == 0 && (a)->addr[2] == 0 && (a)->addr[3] == PP_HTONL(1UL))
#define ip6_addr_ismulticast(a) (((a)->addr[0] & PP_HTONL(0xff000000UL)) == PP_HTONL(0xff000000UL))
#define ip6_addr_islinklocal(a) (((a)->addr[0] & PP_HTONL(0xffc00000UL)) == PP_HTONL(0xfe800000UL))
#define ip6_addr_issitelocal(a) (((a)->addr[0] & PP_HTONL(0xffc00000UL)) == PP_HTONL(0xfec00000UL))
#define ip6_addr_isuniquelocal(a) (((a)->addr[0] & PP_HTONL(0xfe000000UL)) == PP_HTONL(0xfc000000UL))
#define ip6_addr_isglobal(a) (((a)->addr[0] & PP_HTONL(0xe0000000UL)) == PP_HTONL(0x20000000UL))
#define ip6_addr_isipv4mappedipv6(a) \
  ((a)->addr[0] == 0 && (a)->addr[1] == 0 && (a)->addr[2] == PP_HTONL(0x0000ffffUL))

/* Any form of RFC 4291 2.2, with a zone as a number. 0: it is none. */
int ip6addr_aton(const char* text, ip6_addr_t* addr);
/* RFC 5952, without a zone. The text is overwritten by the thread's next call. */
char* ip6addr_ntoa(const ip6_addr_t* addr);
/* NULL: it does not fit. */
char* ip6addr_ntoa_r(const ip6_addr_t* addr, char* buffer, int size);

#ifdef __cplusplus
}
#endif
