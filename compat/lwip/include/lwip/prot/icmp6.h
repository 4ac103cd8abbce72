/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of ICMPv6 (RFC 4443, 2710, 4861), for raw sockets. */
#pragma once

#include <lwip/def.h>

enum icmp6_type {
  ICMP6_TYPE_DUR = 1,
  ICMP6_TYPE_PTB = 2,
  ICMP6_TYPE_TE = 3,
  ICMP6_TYPE_PP = 4,
  ICMP6_TYPE_EREQ = 128,
  ICMP6_TYPE_EREP = 129,
  ICMP6_TYPE_MLQ = 130,
  ICMP6_TYPE_MLR = 131,
  ICMP6_TYPE_MLD = 132,
  ICMP6_TYPE_RS = 133,
  ICMP6_TYPE_RA = 134,
  ICMP6_TYPE_NS = 135,
  ICMP6_TYPE_NA = 136,
  ICMP6_TYPE_RD = 137
};

struct icmp6_hdr {
  u8_t type;
  u8_t code;
  u16_t chksum;
  u32_t data;
};
struct icmp6_echo_hdr {
  u8_t type;
  u8_t code;
  u16_t chksum;
  u16_t id;
  u16_t seqno;
};
#define ICMP6_HLEN 8
