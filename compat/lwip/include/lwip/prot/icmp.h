/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of ICMP (RFC 792), for raw sockets. */
#pragma once

#include <lwip/def.h>

#define ICMP_ER 0
#define ICMP_DUR 3
#define ICMP_SQ 4
#define ICMP_RD 5
#define ICMP_ECHO 8
#define ICMP_TE 11
#define ICMP_PP 12
#define ICMP_TS 13
#define ICMP_TSR 14
#define ICMP_IRQ 15
#define ICMP_IR 16

struct icmp_echo_hdr {
  u8_t type;
  u8_t code;
  u16_t chksum;
  u16_t id;
  u16_t seqno;
};
#define ICMPH_TYPE(header) ((header)->type)
#define ICMPH_CODE(header) ((header)->code)
#define ICMPH_TYPE_SET(header, value) ((header)->type = (value))
#define ICMPH_CODE_SET(header, value) ((header)->code = (value))
