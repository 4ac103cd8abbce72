/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <lwip/def.h>

#define IP_PROTO_ICMP 1
#define IP_PROTO_IGMP 2
#define IP_PROTO_TCP 6
#define IP_PROTO_UDP 17
#define IP_PROTO_UDPLITE 136
