/* SPDX-License-Identifier: Apache-2.0 */
/* The header of IPv4 (RFC 791), which raw sockets of AF_INET give with each packet. */
#pragma once

#include <lwip/ip4_addr.h>
#include <lwip/prot/ip.h>

#define IP_HLEN 20
#define IP_RF 0x8000U
#define IP_DF 0x4000U
#define IP_MF 0x2000U
#define IP_OFFMASK 0x1fffU

struct ip_hdr {
  u8_t _v_hl;
  u8_t _tos;
  u16_t _len;
  u16_t _id;
  u16_t _offset;
  u8_t _ttl;
  u8_t _proto;
  u16_t _chksum;
  ip4_addr_packed_t src;
  ip4_addr_packed_t dest;
};
#define IPH_V(header) ((header)->_v_hl >> 4)
#define IPH_HL(header) ((header)->_v_hl & 0x0f)
#define IPH_HL_BYTES(header) ((u8_t)(IPH_HL(header) * 4))
#define IPH_TOS(header) ((header)->_tos)
#define IPH_LEN(header) ((header)->_len)
#define IPH_ID(header) ((header)->_id)
#define IPH_OFFSET(header) ((header)->_offset)
#define IPH_TTL(header) ((header)->_ttl)
#define IPH_PROTO(header) ((header)->_proto)
#define IPH_CHKSUM(header) ((header)->_chksum)
