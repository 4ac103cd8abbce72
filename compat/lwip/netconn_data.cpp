// SPDX-License-Identifier: Apache-2.0
// lwip/api.h: sending and receiving.
#include <memory>
#include <new>
#include <vector>

#include "compat/lwip/netconn.hpp"

using namespace linnet;
using sockets::Sockets;

namespace {

constexpr std::size_t largest_datagram = 65535;
constexpr std::size_t stream_piece = 4 * 1460;  // as many bytes as lwIP's default window has

Sockets* sockets_of(const netconn* conn) {
  sockets::Host* host = compat::attached_host();
  return conn == nullptr || compat::fd_of(*conn) < 0 || host == nullptr ? nullptr : &host->sockets();
}

bool dont_wait(const netconn& conn, u8_t flags) {
  return (flags & NETCONN_DONTBLOCK) != 0 || netconn_is_nonblocking(&conn);
}

int message_flags(u8_t flags) {
  return ((flags & NETCONN_DONTBLOCK) != 0 ? MSG_DONTWAIT : 0) | ((flags & NETCONN_MORE) != 0 ? MSG_MORE : 0);
}

/// One reading into memory of its own size; `from` and `to` are filled for datagrams.
err_t receive(netconn& conn, u8_t flags, std::size_t most, pbuf** p, sockets::ReceiveMessage& message) {
  Sockets* const sockets = sockets_of(&conn);
  if (sockets == nullptr) return ERR_CONN;
  const std::unique_ptr<u8_t[]> bytes(new (std::nothrow) u8_t[most]);
  if (bytes == nullptr) return ERR_MEM;
  const MutableBytes part(bytes.get(), most);
  message.parts = {&part, 1};
  const std::ptrdiff_t count = sockets->recvmsg(compat::fd_of(conn), message, message_flags(flags));
  const err_t result = compat::err_of(count);
  if (result == ERR_WOULDBLOCK && !dont_wait(conn, flags)) return ERR_TIMEOUT;
  if (result != ERR_OK) return result;
  *p = pbuf_alloc(PBUF_RAW, static_cast<u16_t>(count), PBUF_RAM);
  if (*p == nullptr) return ERR_MEM;
  static_cast<void>(pbuf_take(*p, bytes.get(), static_cast<u16_t>(count)));
  compat::events_taken(conn, static_cast<std::size_t>(count));
  return ERR_OK;
}

/// Takes what it is given: without memory for a netbuf it is freed, and nullptr.
netbuf* netbuf_around(pbuf* p) {
  netbuf* const buf = netbuf_new();
  if (buf == nullptr) {
    static_cast<void>(pbuf_free(p));
    return nullptr;
  }
  buf->p = buf->ptr = p;
  return buf;
}

bool is_tcp(const netconn& conn) { return NETCONNTYPE_GROUP(conn.type) == NETCONN_TCP; }

err_t send(netconn* conn, netbuf* buf, const Endpoint* to) {
  Sockets* const sockets = sockets_of(conn);
  if (buf == nullptr || conn == nullptr) return ERR_ARG;
  if (sockets == nullptr || is_tcp(*conn)) return ERR_CONN;
  std::vector<Bytes> parts;
  for (const pbuf* p = buf->p; p != nullptr; p = p->next) {
    parts.emplace_back(static_cast<const std::uint8_t*>(p->payload), p->len);
  }
  return compat::err_of(sockets->sendmsg(compat::fd_of(*conn), {.parts = parts, .to = to}));
}

}  // namespace

extern "C" {

err_t netconn_recv_tcp_pbuf_flags(netconn* conn, pbuf** new_buf, u8_t flags) {
  if (conn == nullptr || new_buf == nullptr) return ERR_ARG;
  *new_buf = nullptr;
  if (!is_tcp(*conn)) return ERR_ARG;
  sockets::ReceiveMessage message{};
  const err_t result = receive(*conn, flags, stream_piece, new_buf, message);
  if (result != ERR_OK || (*new_buf)->len > 0) return result;
  static_cast<void>(pbuf_free(*new_buf));
  *new_buf = nullptr;
  return ERR_CLSD;
}

err_t netconn_recv_tcp_pbuf(netconn* conn, pbuf** new_buf) {
  return netconn_recv_tcp_pbuf_flags(conn, new_buf, 0);
}

err_t netconn_recv_udp_raw_netbuf_flags(netconn* conn, netbuf** new_buf, u8_t flags) {
  if (conn == nullptr || new_buf == nullptr) return ERR_ARG;
  *new_buf = nullptr;
  if (is_tcp(*conn)) return ERR_ARG;
  pbuf* p = nullptr;
  sockets::ReceiveMessage message{};
  const err_t result = receive(*conn, flags, largest_datagram, &p, message);
  if (result != ERR_OK) return result;
  netbuf* const buf = netbuf_around(p);
  if (buf == nullptr) return ERR_MEM;
  buf->addr = compat::ip_addr_of(message.from.address);
  buf->port = message.from.port;
  buf->toaddr = compat::ip_addr_of(message.info.address);
  Endpoint local;
  if (sockets_of(conn)->getsockname(compat::fd_of(*conn), local) == 0) {
    buf->flags = NETBUF_FLAG_DESTADDR;
    buf->toport_chksum = local.port;
  }
  *new_buf = buf;
  return ERR_OK;
}

err_t netconn_recv_udp_raw_netbuf(netconn* conn, netbuf** new_buf) {
  return netconn_recv_udp_raw_netbuf_flags(conn, new_buf, 0);
}

err_t netconn_recv(netconn* conn, netbuf** new_buf) {
  if (conn == nullptr || new_buf == nullptr) return ERR_ARG;
  if (!is_tcp(*conn)) return netconn_recv_udp_raw_netbuf(conn, new_buf);
  *new_buf = nullptr;
  pbuf* p = nullptr;
  const err_t result = netconn_recv_tcp_pbuf(conn, &p);
  if (result != ERR_OK) return result;
  netbuf* const buf = netbuf_around(p);
  if (buf == nullptr) return ERR_MEM;
  *new_buf = buf;
  return ERR_OK;
}

err_t netconn_send(netconn* conn, netbuf* buf) {
  if (buf == nullptr) return ERR_ARG;
  const IpAddress address = compat::address_of(buf->addr);
  const Endpoint to{address, buf->port};
  return send(conn, buf, address.is_unspecified() ? nullptr : &to);
}

err_t netconn_sendto(netconn* conn, netbuf* buf, const ip_addr_t* addr, u16_t port) {
  if (buf == nullptr || addr == nullptr) return ERR_ARG;
  const Endpoint to{compat::address_of(*addr), port};
  return send(conn, buf, &to);
}

err_t netconn_write_vectors_partly(netconn* conn, netvector* vectors, u16_t count, u8_t flags,
                                   size_t* bytes_written) {
  Sockets* const sockets = sockets_of(conn);
  if (conn == nullptr || (vectors == nullptr && count > 0)) return ERR_ARG;
  if (sockets == nullptr || !is_tcp(*conn)) return is_tcp(*conn) ? ERR_CONN : ERR_VAL;
  if (dont_wait(*conn, flags) && bytes_written == nullptr) return ERR_VAL;
  std::vector<Bytes> parts;
  std::size_t all = 0;
  for (u16_t i = 0; i < count; ++i) {
    parts.emplace_back(static_cast<const std::uint8_t*>(vectors[i].ptr), vectors[i].len);
    all += vectors[i].len;
  }
  if (bytes_written != nullptr) *bytes_written = 0;
  if (all == 0) return ERR_OK;
  const std::ptrdiff_t taken = sockets->sendmsg(compat::fd_of(*conn), {.parts = parts}, message_flags(flags));
  const err_t result = compat::err_of(taken);
  if (result == ERR_WOULDBLOCK) compat::events_refused(*conn);
  if (result != ERR_OK) return result;
  if (bytes_written != nullptr) *bytes_written = static_cast<std::size_t>(taken);
  if (static_cast<std::size_t>(taken) == all) return ERR_OK;
  compat::events_refused(*conn);
  return bytes_written != nullptr ? ERR_OK : ERR_WOULDBLOCK;
}

err_t netconn_write_partly(netconn* conn, const void* data, size_t size, u8_t flags, size_t* bytes_written) {
  netvector vector{data, size};
  return netconn_write_vectors_partly(conn, &vector, 1, flags, bytes_written);
}

}  // extern "C"
