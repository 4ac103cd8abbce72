/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's byte order and small helpers. */
#pragma once

#include <lwip/arch.h>
#include <lwip/opt.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LWIP_MAX(x, y) (((x) > (y)) ? (x) : (y))
#define LWIP_MIN(x, y) (((x) < (y)) ? (x) : (y))
#define LWIP_ARRAYSIZE(x) (sizeof(x) / sizeof((x)[0]))
#define LWIP_MAKEU32(a, b, c, d) \
  (((u32_t)((a) & 0xff) << 24) | ((u32_t)((b) & 0xff) << 16) | ((u32_t)((c) & 0xff) << 8) | (u32_t)((d) & 0xff))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PP_HTONS(x) ((u16_t)((((x) & (u16_t)0x00ffU) << 8) | (((x) & (u16_t)0xff00U) >> 8)))
#define PP_HTONL(x)                                                                           \
  ((((x) & (u32_t)0x000000ffUL) << 24) | (((x) & (u32_t)0x0000ff00UL) << 8) |                 \
   (((x) & (u32_t)0x00ff0000UL) >> 8) | (((x) & (u32_t)0xff000000UL) >> 24))
#else
#define PP_HTONS(x) ((u16_t)(x))
#define PP_HTONL(x) ((u32_t)(x))
#endif
#define PP_NTOHS(x) PP_HTONS(x)
#define PP_NTOHL(x) PP_HTONL(x)

static inline u16_t lwip_htons(u16_t x) { return PP_HTONS(x); }
static inline u32_t lwip_htonl(u32_t x) { return PP_HTONL(x); }
#define lwip_ntohs(x) lwip_htons(x)
#define lwip_ntohl(x) lwip_htonl(x)

#ifndef htons
#define htons(x) lwip_htons(x)
#define ntohs(x) lwip_ntohs(x)
#define htonl(x) lwip_htonl(x)
#define ntohl(x) lwip_ntohl(x)
#endif

/* Decimal text of a number, as far as there is room. */
void lwip_itoa(char* result, size_t size, int number);

#ifdef __cplusplus
}
#endif
