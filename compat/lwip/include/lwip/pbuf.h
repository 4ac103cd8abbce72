/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's packet buffers, which programs get from netconns and fill for them. Each is one piece of the heap; chains are what
   programs make of them (pbuf_cat, pbuf_chain). Lengths are of 16 bits, a chain's too. */
#pragma once

#include <lwip/err.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PBUF_LINK_ENCAPSULATION_HLEN 0
#define PBUF_LINK_HLEN 14
#define PBUF_IP_HLEN 40
#define PBUF_TRANSPORT_HLEN 20
/* How much room for headers is kept in front (pbuf_add_header). */
typedef enum {
  PBUF_TRANSPORT = PBUF_LINK_HLEN + PBUF_IP_HLEN + PBUF_TRANSPORT_HLEN,
  PBUF_IP = PBUF_LINK_HLEN + PBUF_IP_HLEN,
  PBUF_LINK = PBUF_LINK_HLEN,
  PBUF_RAW_TX = 0,
  PBUF_RAW = PBUF_RAW_TX
} pbuf_layer;
/* ROM and REF point at memory of the caller's (`payload` is set after pbuf_alloc); the others have their own. */
typedef enum { PBUF_RAM = 0x280, PBUF_ROM = 0x01, PBUF_REF = 0x41, PBUF_POOL = 0x182 } pbuf_type;

#define PBUF_FLAG_PUSH 0x01U

struct pbuf {
  struct pbuf* next;
  void* payload;
  u16_t tot_len; /* of this one and those behind it */
  u16_t len;
  u16_t type_internal;
  u8_t flags;
  u8_t if_idx;
  u16_t ref;      /* holders; pbuf_free by the last one frees */
  u16_t headroom; /* bytes in front of the payload that pbuf_add_header may take */
};

/* NULL: no memory. */
struct pbuf* pbuf_alloc(pbuf_layer layer, u16_t length, pbuf_type type);
struct pbuf* pbuf_alloc_reference(void* payload, u16_t length, pbuf_type type);
/* Shortens a chain; what is behind is freed. */
void pbuf_realloc(struct pbuf* p, u16_t size);
/* 0; 1: there is no room, or not so much. The count of pbuf_header may be negative. */
u8_t pbuf_add_header(struct pbuf* p, size_t count);
u8_t pbuf_remove_header(struct pbuf* p, size_t count);
u8_t pbuf_header(struct pbuf* p, s16_t count);

void pbuf_ref(struct pbuf* p);
/* How many pbufs were freed: those from the front that nobody else holds. */
u8_t pbuf_free(struct pbuf* p);
u16_t pbuf_clen(const struct pbuf* p);
/* Puts `tail` behind `head`: cat takes the caller's reference over, chain makes another. */
void pbuf_cat(struct pbuf* head, struct pbuf* tail);
void pbuf_chain(struct pbuf* head, struct pbuf* tail);
/* The rest of the chain, when somebody else holds it. */
struct pbuf* pbuf_dechain(struct pbuf* p);

/* ERR_ARG: there is less room than data. */
err_t pbuf_copy(struct pbuf* to, const struct pbuf* from);
struct pbuf* pbuf_clone(pbuf_layer layer, pbuf_type type, struct pbuf* p);
/* Bytes copied. */
u16_t pbuf_copy_partial(const struct pbuf* p, void* data, u16_t length, u16_t offset);
/* Into the chain: ERR_ARG, ERR_MEM (does not fit). */
err_t pbuf_take(struct pbuf* p, const void* data, u16_t length);
err_t pbuf_take_at(struct pbuf* p, const void* data, u16_t length, u16_t offset);
/* Where `length` bytes from `offset` are; `buffer` gets them when they are not in one piece. NULL: not so many, or no room. */
void* pbuf_get_contiguous(const struct pbuf* p, void* buffer, size_t size, u16_t length, u16_t offset);
/* In one piece; the chain is freed. What it was: no memory. */
struct pbuf* pbuf_coalesce(struct pbuf* p, pbuf_layer layer);
struct pbuf* pbuf_skip(struct pbuf* p, u16_t offset, u16_t* rest);

/* 0, or negative: there is no such byte. */
u8_t pbuf_get_at(const struct pbuf* p, u16_t offset);
int pbuf_try_get_at(const struct pbuf* p, u16_t offset);
void pbuf_put_at(struct pbuf* p, u16_t offset, u8_t value);
/* 0: equal; else one more than where they differ, 0xffff when the chain ends first. */
u16_t pbuf_memcmp(const struct pbuf* p, u16_t offset, const void* other, u16_t length);
/* Where it is found; 0xffff: nowhere. */
u16_t pbuf_memfind(const struct pbuf* p, const void* what, u16_t length, u16_t start);
u16_t pbuf_strstr(const struct pbuf* p, const char* text);

#ifdef __cplusplus
}
#endif
