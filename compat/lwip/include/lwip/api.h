/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's netconns: connections without descriptors. Each is one socket of the host and counts as one (CONFIG_LWIP_MAX_SOCKETS).
   One thread at a time may use a netconn, but netconn_close may come from another: who waits gets ERR_CLSD. */
#pragma once

#include <lwip/dns.h>
#include <lwip/netbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of writing and receiving. */
#define NETCONN_NOFLAG 0x00
#define NETCONN_NOCOPY 0x00 /* data are always copied */
#define NETCONN_COPY 0x01
#define NETCONN_MORE 0x02
#define NETCONN_DONTBLOCK 0x04
#define NETCONN_NOAUTORCVD 0x08 /* without effect: the window opens as data are taken */
#define NETCONN_NOFIN 0x10

/* Of `flags`. */
#define NETCONN_FLAG_NON_BLOCKING 0x02

enum netconn_type {
  NETCONN_INVALID = 0,
  NETCONN_TCP = 0x10,
  NETCONN_TCP_IPV6 = 0x18, /* of both families, unless netconn_set_ipv6only */
  NETCONN_UDP = 0x20,
  NETCONN_UDPLITE = 0x21, /* there is none: netconn_new gives NULL */
  NETCONN_UDPNOCHKSUM = 0x22,
  NETCONN_UDP_IPV6 = 0x28,
  NETCONN_UDPLITE_IPV6 = 0x29,
  NETCONN_UDPNOCHKSUM_IPV6 = 0x2a,
  NETCONN_RAW = 0x40,
  NETCONN_RAW_IPV6 = 0x48
};
#define NETCONN_TYPE_IPV6 0x08
#define NETCONNTYPE_GROUP(t) ((t) & 0xf0)
#define NETCONNTYPE_ISIPV6(t) (((t) & NETCONN_TYPE_IPV6) != 0)

enum netconn_state { NETCONN_NONE, NETCONN_WRITE, NETCONN_LISTEN, NETCONN_CONNECT, NETCONN_CLOSE };
enum netconn_evt { NETCONN_EVT_RCVPLUS, NETCONN_EVT_RCVMINUS, NETCONN_EVT_SENDPLUS, NETCONN_EVT_SENDMINUS, NETCONN_EVT_ERROR };
enum netconn_igmp { NETCONN_JOIN, NETCONN_LEAVE };

struct netconn;
/* RCVPLUS: there is something to receive or to accept; it comes again after each netconn_recv or netconn_accept (RCVMINUS)
   that left something. SENDMINUS: a connection attempt went on, or a write took nothing; SENDPLUS: it may be tried again.
   ERROR: the connection is over. PLUS and ERROR come on a thread of the netconn's, MINUS on the caller's. */
typedef void (*netconn_callback)(struct netconn* conn, enum netconn_evt event, u16_t length);

struct linnet_netconn_events;
struct netconn {
  enum netconn_type type;
  enum netconn_state state;
  int socket; /* free for the program, which finds -1 there */
  u8_t flags;
  netconn_callback callback;
  int linnet_fd; /* -1: closed */
  u32_t linnet_receive_timeout, linnet_send_timeout; /* milliseconds; 0: for ever */
  struct linnet_netconn_events* linnet_events; /* NULL: no callback */
};

struct netvector {
  const void* ptr;
  size_t len;
};

/* NULL: no memory, no socket left, no such type. `proto` is of raw ones. */
struct netconn* netconn_new_with_proto_and_callback(enum netconn_type type, u8_t proto, netconn_callback callback);
#define netconn_new(t) netconn_new_with_proto_and_callback(t, 0, NULL)
#define netconn_new_with_callback(t, c) netconn_new_with_proto_and_callback(t, 0, c)
err_t netconn_prepare_delete(struct netconn* conn);
err_t netconn_delete(struct netconn* conn);
#define netconn_type(conn) ((conn)->type)

/* ERR_USE, ERR_VAL. NULL: any address. `netconn_bind_if`: 0 is any interface. */
err_t netconn_bind(struct netconn* conn, const ip_addr_t* addr, u16_t port);
err_t netconn_bind_if(struct netconn* conn, u8_t index);
/* ERR_RST (refused), ERR_ABRT (nobody answers), ERR_RTE, ERR_ISCONN, ERR_INPROGRESS (non-blocking). */
err_t netconn_connect(struct netconn* conn, const ip_addr_t* addr, u16_t port);
err_t netconn_disconnect(struct netconn* conn);
#define TCP_DEFAULT_LISTEN_BACKLOG 0xff
err_t netconn_listen_with_backlog(struct netconn* conn, u8_t backlog);
#define netconn_listen(conn) netconn_listen_with_backlog(conn, TCP_DEFAULT_LISTEN_BACKLOG)
/* ERR_TIMEOUT, ERR_WOULDBLOCK, ERR_CLSD. */
err_t netconn_accept(struct netconn* conn, struct netconn** new_conn);
/* ERR_CONN: there is no peer. */
err_t netconn_getaddr(struct netconn* conn, ip_addr_t* addr, u16_t* port, u8_t local);
#define netconn_peer(conn, addr, port) netconn_getaddr(conn, addr, port, 0)
#define netconn_addr(conn, addr, port) netconn_getaddr(conn, addr, port, 1)

/* What is there: of a stream at most some segments, of the others one datagram. ERR_CLSD: the peer closed; ERR_TIMEOUT,
   ERR_WOULDBLOCK, ERR_RST, ERR_CONN, ERR_MEM. */
err_t netconn_recv(struct netconn* conn, struct netbuf** new_buf);
err_t netconn_recv_tcp_pbuf(struct netconn* conn, struct pbuf** new_buf);
err_t netconn_recv_tcp_pbuf_flags(struct netconn* conn, struct pbuf** new_buf, u8_t flags);
err_t netconn_recv_udp_raw_netbuf(struct netconn* conn, struct netbuf** new_buf);
err_t netconn_recv_udp_raw_netbuf_flags(struct netconn* conn, struct netbuf** new_buf, u8_t flags);
static inline err_t netconn_tcp_recvd(struct netconn* conn, size_t length) { return (void)conn, (void)length, ERR_OK; }

/* To the address in `buf`, or to the connection's peer when it has none. */
err_t netconn_send(struct netconn* conn, struct netbuf* buf);
err_t netconn_sendto(struct netconn* conn, struct netbuf* buf, const ip_addr_t* addr, u16_t port);
/* All of it, or with `bytes_written` what could be taken at once (non-blocking) or before the send timeout. ERR_VAL: non-blocking
   without `bytes_written`. ERR_WOULDBLOCK: nothing. */
err_t netconn_write_partly(struct netconn* conn, const void* data, size_t size, u8_t flags, size_t* bytes_written);
err_t netconn_write_vectors_partly(struct netconn* conn, struct netvector* vectors, u16_t count, u8_t flags,
                                   size_t* bytes_written);
#define netconn_write(conn, data, size, flags) netconn_write_partly(conn, data, size, flags, NULL)

/* Of streams; others give ERR_CONN. */
err_t netconn_close(struct netconn* conn);
err_t netconn_shutdown(struct netconn* conn, u8_t receive, u8_t send);

err_t netconn_join_leave_group(struct netconn* conn, const ip_addr_t* group, const ip_addr_t* interface_addr,
                               enum netconn_igmp change);
err_t netconn_join_leave_group_netif(struct netconn* conn, const ip_addr_t* group, u8_t index, enum netconn_igmp change);

/* Waits. NETCONN_DNS_...: as LWIP_DNS_ADDRTYPE_... ERR_VAL: there is no such name; ERR_ARG: no such name can be. */
#define NETCONN_DNS_DEFAULT NETCONN_DNS_IPV4_IPV6
#define NETCONN_DNS_IPV4 LWIP_DNS_ADDRTYPE_IPV4
#define NETCONN_DNS_IPV6 LWIP_DNS_ADDRTYPE_IPV6
#define NETCONN_DNS_IPV4_IPV6 LWIP_DNS_ADDRTYPE_IPV4_IPV6
#define NETCONN_DNS_IPV6_IPV4 LWIP_DNS_ADDRTYPE_IPV6_IPV4
err_t netconn_gethostbyname_addrtype(const char* name, ip_addr_t* addr, u8_t type);
#define netconn_gethostbyname(name, addr) netconn_gethostbyname_addrtype(name, addr, NETCONN_DNS_DEFAULT)

/* What happened to the connection last; asking clears it. */
err_t netconn_err(struct netconn* conn);

void netconn_set_nonblocking(struct netconn* conn, int on);
#define netconn_is_nonblocking(conn) (((conn)->flags & NETCONN_FLAG_NON_BLOCKING) != 0)
/* Milliseconds; 0: for ever. */
void netconn_set_recvtimeout(struct netconn* conn, u32_t milliseconds);
#define netconn_get_recvtimeout(conn) ((conn)->linnet_receive_timeout)
void netconn_set_sendtimeout(struct netconn* conn, u32_t milliseconds);
#define netconn_get_sendtimeout(conn) ((conn)->linnet_send_timeout)
void netconn_set_recvbufsize(struct netconn* conn, int size);
int netconn_get_recvbufsize(struct netconn* conn);
/* ERR_VAL: it is no netconn of IPv6, or is bound. */
err_t netconn_set_ipv6only(struct netconn* conn, u8_t on);
u8_t netconn_get_ipv6only(struct netconn* conn);

#ifdef __cplusplus
}
#endif
