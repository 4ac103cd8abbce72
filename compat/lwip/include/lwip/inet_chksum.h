/* SPDX-License-Identifier: Apache-2.0 */
/* The Internet checksum (RFC 1071), as programs of raw sockets put it into their headers. */
#pragma once

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Complemented, in the byte order of the network: to be stored as it is. Over data that have their checksum: 0. */
u16_t inet_chksum(const void* data, u16_t length);
u16_t inet_chksum_pbuf(struct pbuf* p);
/* With the pseudo header of the addresses' family; the data are the chain's first `proto_len` bytes. */
u16_t ip_chksum_pseudo(struct pbuf* p, u8_t proto, u16_t proto_len, const ip_addr_t* src, const ip_addr_t* dest);
u16_t inet_chksum_pseudo(struct pbuf* p, u8_t proto, u16_t proto_len, const ip4_addr_t* src, const ip4_addr_t* dest);
u16_t ip6_chksum_pseudo(struct pbuf* p, u8_t proto, u16_t proto_len, const ip6_addr_t* src, const ip6_addr_t* dest);

#ifdef __cplusplus
}
#endif
