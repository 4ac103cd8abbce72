/* SPDX-License-Identifier: Apache-2.0 */
/* The header of IPv6 (RFC 8200). */
#pragma once

#include <lwip/ip6_addr.h>
#include <lwip/prot/ip.h>

#define IP6_HLEN 40
#define IP6_NEXTH_HOPBYHOP 0
#define IP6_NEXTH_TCP 6
#define IP6_NEXTH_UDP 17
#define IP6_NEXTH_ROUTING 43
#define IP6_NEXTH_FRAGMENT 44
#define IP6_NEXTH_ICMP6 58
#define IP6_NEXTH_NONE 59
#define IP6_NEXTH_DESTOPTS 60

typedef struct ip6_addr_packed {
  u32_t addr[4];
} ip6_addr_p_t;
struct ip6_hdr {
  u32_t _v_tc_fl;
  u16_t _plen;
  u8_t _nexth;
  u8_t _hoplim;
  ip6_addr_p_t src;
  ip6_addr_p_t dest;
};
#define IP6H_V(header) ((lwip_ntohl((header)->_v_tc_fl) >> 28) & 0x0f)
#define IP6H_TC(header) ((lwip_ntohl((header)->_v_tc_fl) >> 20) & 0xff)
#define IP6H_FL(header) (lwip_ntohl((header)->_v_tc_fl) & 0x000fffff)
#define IP6H_PLEN(header) (lwip_ntohs((header)->_plen))
#define IP6H_NEXTH(header) ((header)->_nexth)
#define IP6H_HOPLIM(header) ((header)->_hoplim)
