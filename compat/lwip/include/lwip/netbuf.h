/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's network buffers: data of a netconn, and for datagrams where they come from or go to. */
#pragma once

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NETBUF_FLAG_DESTADDR 0x02

struct netbuf {
  struct pbuf *p, *ptr; /* the chain, and where netbuf_next stands */
  ip_addr_t addr;       /* of a datagram: the other end */
  u16_t port;
  u8_t flags;
  u16_t toport_chksum; /* of a received datagram: the port and address it came to */
  ip_addr_t toaddr;
};

struct netbuf* netbuf_new(void);
void netbuf_delete(struct netbuf* buf);
/* Memory of its own, instead of what it had; NULL: there is none. */
void* netbuf_alloc(struct netbuf* buf, u16_t size);
void netbuf_free(struct netbuf* buf);
/* Memory of the caller's, which stays until the buffer is gone. ERR_MEM. */
err_t netbuf_ref(struct netbuf* buf, const void* data, u16_t size);
/* Puts tail's data behind head's; tail is deleted. */
void netbuf_chain(struct netbuf* head, struct netbuf* tail);
/* The piece where netbuf_next stands. ERR_BUF: there is none. */
err_t netbuf_data(struct netbuf* buf, void** data, u16_t* length);
/* -1: it was the last; 1: now at the last; 0: at another. */
s8_t netbuf_next(struct netbuf* buf);
void netbuf_first(struct netbuf* buf);

#define netbuf_copy_partial(buf, data, length, offset) pbuf_copy_partial((buf)->p, (data), (length), (offset))
#define netbuf_copy(buf, data, length) netbuf_copy_partial(buf, data, length, 0)
#define netbuf_take(buf, data, length) pbuf_take((buf)->p, data, length)
#define netbuf_len(buf) ((buf)->p->tot_len)
#define netbuf_fromaddr(buf) (&((buf)->addr))
#define netbuf_set_fromaddr(buf, from) ip_addr_copy((buf)->addr, *(from))
#define netbuf_fromport(buf) ((buf)->port)
#define netbuf_destaddr(buf) (&((buf)->toaddr))
#define netbuf_set_destaddr(buf, to) ip_addr_copy((buf)->toaddr, *(to))
#define netbuf_destport(buf) (((buf)->flags & NETBUF_FLAG_DESTADDR) ? (buf)->toport_chksum : 0)

#ifdef __cplusplus
}
#endif
