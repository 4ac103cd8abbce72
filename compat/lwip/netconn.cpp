// SPDX-License-Identifier: Apache-2.0
// lwip/api.h: opening, naming, connecting, closing, settings. Data are in netconn_data.cpp.
#include "compat/lwip/netconn.hpp"

#include <new>

#include "compat/lwip/names.hpp"

using namespace linnet;
using sockets::Sockets;

namespace {

bool is_tcp(const netconn& conn) { return NETCONNTYPE_GROUP(conn.type) == NETCONN_TCP; }

int open(netconn_type type, u8_t proto) {
  sockets::Host* host = compat::attached_host();
  if (host == nullptr) return -sockets::error::network_down;
  const int domain = NETCONNTYPE_ISIPV6(type) ? AF_INET6 : AF_INET;
  const int kind = NETCONNTYPE_GROUP(type) == NETCONN_TCP   ? SOCK_STREAM
                   : NETCONNTYPE_GROUP(type) == NETCONN_UDP ? SOCK_DGRAM
                                                            : SOCK_RAW;
  const int fd = host->sockets().socket(domain, kind, kind == SOCK_RAW ? proto : 0);
  if (fd >= 0 && kind == SOCK_DGRAM) compat::set_lwip_defaults(host->sockets(), fd, domain);
  if (fd < 0 || (type & ~NETCONN_TYPE_IPV6) != NETCONN_UDPNOCHKSUM) return fd;
  static_cast<void>(host->sockets().set_option(fd, SOL_SOCKET, SO_NO_CHECK, 1));
  return fd;
}

netconn* make(netconn_type type, int fd, netconn_callback callback) {
  auto* conn = new (std::nothrow) netconn{};
  if (conn == nullptr) return nullptr;
  conn->type = type;
  conn->socket = -1;
  conn->callback = callback;
  conn->linnet_fd = fd;
  return conn;
}

/// Calls `function(sockets, descriptor)`; ERR_CONN for what is closed.
template <typename Function>
err_t with(netconn* conn, Function function) {
  sockets::Host* host = compat::attached_host();
  if (conn == nullptr) return ERR_ARG;
  const int fd = compat::fd_of(*conn);
  return host == nullptr || fd < 0 ? err_t{ERR_CONN} : compat::err_of(function(host->sockets(), fd));
}

int set_timeout(Sockets& sockets, int fd, int name, u32_t milliseconds) {
  const auto time = Duration::milliseconds(milliseconds);
  return name == SO_RCVTIMEO ? sockets.set_receive_timeout(fd, time) : sockets.set_send_timeout(fd, time);
}

err_t change_group(netconn* conn, const ip_addr_t* group, std::uint8_t interface, netconn_igmp change) {
  if (group == nullptr) return ERR_ARG;
  const auto how = change == NETCONN_JOIN ? sockets::GroupChange::join : sockets::GroupChange::leave;
  return with(conn, [&](Sockets& sockets, int fd) {
    return sockets.change_group(fd, how, compat::address_of(*group), interface);
  });
}

}  // namespace

namespace linnet::compat {

err_t err_of(std::ptrdiff_t result) {
  if (result >= 0) return ERR_OK;
  using namespace sockets::error;
  switch (-result) {
    case no_memory:
    case file_table_overflow:
      return ERR_MEM;
    case no_buffers:
      return ERR_BUF;
    case try_again:
      return ERR_WOULDBLOCK;
    case host_unreachable:
    case network_unreachable:
    case network_down:
      return ERR_RTE;
    case in_progress:
      return ERR_INPROGRESS;
    case address_in_use:
      return ERR_USE;
    case already:
      return ERR_ALREADY;
    case is_connected:
      return ERR_ISCONN;
    case not_connected:
      return ERR_CONN;
    case connection_aborted:
    case timed_out:
      return ERR_ABRT;
    case connection_reset:
    case connection_refused:
      return ERR_RST;
    case bad_descriptor:
    case broken_pipe:
      return ERR_CLSD;
    case bad_address:
      return ERR_ARG;
    default:
      return ERR_VAL;
  }
}

}  // namespace linnet::compat

extern "C" {

netconn* netconn_new_with_proto_and_callback(netconn_type type, u8_t proto, netconn_callback callback) {
  const int kind = type & ~NETCONN_TYPE_IPV6;
  const bool known =
      kind == NETCONN_TCP || kind == NETCONN_UDP || kind == NETCONN_UDPNOCHKSUM || kind == NETCONN_RAW;
  const int fd = known ? open(type, proto) : -1;
  if (fd < 0) return nullptr;
  netconn* const conn = make(type, fd, callback);
  if (conn == nullptr)
    static_cast<void>(compat::attached_host()->sockets().close(fd));
  else if (!is_tcp(*conn))
    compat::events_begin(*conn);
  return conn;
}

err_t netconn_prepare_delete(netconn* conn) {
  if (conn == nullptr) return ERR_OK;
  compat::events_end(*conn);
  const int fd = std::atomic_ref<int>(conn->linnet_fd).exchange(-1);
  sockets::Host* host = compat::attached_host();
  return fd < 0 || host == nullptr ? err_t{ERR_OK} : compat::err_of(host->sockets().close(fd));
}

err_t netconn_delete(netconn* conn) {
  const err_t result = netconn_prepare_delete(conn);
  delete conn;
  return result;
}

err_t netconn_bind(netconn* conn, const ip_addr_t* addr, u16_t port) {
  return with(conn, [&](Sockets& sockets, int fd) {
    IpAddress local = NETCONNTYPE_ISIPV6(conn->type) ? IpAddress::any_v6() : IpAddress::any_v4();
    const bool named = addr != nullptr && addr->type != IPADDR_TYPE_ANY;
    if (named && !(compat::address_of(*addr).is_unspecified())) local = compat::address_of(*addr);
    return sockets.bind(fd, {local, port});
  });
}

err_t netconn_bind_if(netconn* conn, u8_t index) {
  return with(conn, [&](Sockets& sockets, int fd) {
    return sockets.set_option(fd, SOL_SOCKET, SO_BINDTODEVICE, int{index} - 1);
  });
}

err_t netconn_connect(netconn* conn, const ip_addr_t* addr, u16_t port) {
  if (addr == nullptr) return ERR_ARG;
  const err_t result = with(conn, [&](Sockets& sockets, int fd) {
    return sockets.connect(fd, {compat::address_of(*addr), port});
  });
  if (conn == nullptr || !is_tcp(*conn)) return result;
  if (result == ERR_OK || result == ERR_INPROGRESS) compat::events_begin(*conn);
  if (result == ERR_INPROGRESS) compat::events_refused(*conn);
  return result;
}

err_t netconn_disconnect(netconn* conn) {
  if (conn != nullptr && is_tcp(*conn)) return ERR_CONN;
  return with(conn, [](Sockets& sockets, int fd) { return sockets.connect(fd, {}); });
}

err_t netconn_listen_with_backlog(netconn* conn, u8_t backlog) {
  const err_t result = with(conn, [&](Sockets& sockets, int fd) { return sockets.listen(fd, backlog); });
  if (result != ERR_OK) return result;
  conn->state = NETCONN_LISTEN;
  compat::events_begin(*conn);
  return ERR_OK;
}

err_t netconn_accept(netconn* conn, netconn** new_conn) {
  if (new_conn == nullptr) return ERR_ARG;
  *new_conn = nullptr;
  int fd = -1;
  const err_t result = with(conn, [&](Sockets& sockets, int own) { return fd = sockets.accept(own); });
  if (result == ERR_WOULDBLOCK && !netconn_is_nonblocking(conn)) return ERR_TIMEOUT;
  if (result != ERR_OK) return result == ERR_VAL ? err_t{ERR_CLSD} : result;
  compat::events_taken(*conn, 0);
  *new_conn = make(conn->type, fd, conn->callback);
  if (*new_conn == nullptr) {
    static_cast<void>(compat::attached_host()->sockets().close(fd));
    return ERR_MEM;
  }
  compat::events_begin(**new_conn);
  return ERR_OK;
}

err_t netconn_getaddr(netconn* conn, ip_addr_t* addr, u16_t* port, u8_t local) {
  if (addr == nullptr || port == nullptr) return ERR_ARG;
  Endpoint endpoint;
  const err_t result = with(conn, [&](Sockets& sockets, int fd) {
    return local != 0 ? sockets.getsockname(fd, endpoint) : sockets.getpeername(fd, endpoint);
  });
  if (result != ERR_OK) return result;
  *addr = endpoint.address.is_unspecified() && !NETCONNTYPE_ISIPV6(conn->type)
              ? ip_addr_any
              : compat::ip_addr_of(endpoint.address);
  *port = endpoint.port;
  return ERR_OK;
}

err_t netconn_close(netconn* conn) {
  if (conn == nullptr) return ERR_ARG;
  return is_tcp(*conn) && compat::fd_of(*conn) >= 0 ? netconn_prepare_delete(conn) : err_t{ERR_CONN};
}

err_t netconn_shutdown(netconn* conn, u8_t receive, u8_t send) {
  if (receive == 0 && send == 0) return ERR_OK;
  const int how = receive != 0 && send != 0 ? SHUT_RDWR : receive != 0 ? SHUT_RD : SHUT_WR;
  return with(conn, [&](Sockets& sockets, int fd) { return sockets.shutdown(fd, how); });
}

err_t netconn_join_leave_group(netconn* conn, const ip_addr_t* group, const ip_addr_t* interface_addr,
                               netconn_igmp change) {
  std::uint8_t interface = ip::any_interface;
  sockets::Host* host = compat::attached_host();
  if (host != nullptr && interface_addr != nullptr && !compat::address_of(*interface_addr).is_unspecified()) {
    const sockets::Host::Lock lock(*host);
    const auto found = lock.stack().ip().interfaces().interface_of(compat::address_of(*interface_addr));
    if (!found) return ERR_VAL;
    interface = *found;
  }
  return change_group(conn, group, interface, change);
}

err_t netconn_join_leave_group_netif(netconn* conn, const ip_addr_t* group, u8_t index, netconn_igmp change) {
  return change_group(conn, group, index == 0 ? ip::any_interface : static_cast<std::uint8_t>(index - 1),
                      change);
}

err_t netconn_err(netconn* conn) {
  return with(conn, [](Sockets& sockets, int fd) { return -sockets.option(fd, SOL_SOCKET, SO_ERROR); });
}

void netconn_set_nonblocking(netconn* conn, int on) {
  const err_t result =
      with(conn, [&](Sockets& sockets, int fd) { return sockets.set_non_blocking(fd, on != 0); });
  if (result != ERR_OK) return;
  const int others = conn->flags & ~NETCONN_FLAG_NON_BLOCKING;
  conn->flags = static_cast<u8_t>(on != 0 ? others | NETCONN_FLAG_NON_BLOCKING : others);
}

void netconn_set_recvtimeout(netconn* conn, u32_t milliseconds) {
  const err_t result = with(
      conn, [&](Sockets& sockets, int fd) { return set_timeout(sockets, fd, SO_RCVTIMEO, milliseconds); });
  if (result == ERR_OK) conn->linnet_receive_timeout = milliseconds;
}

void netconn_set_sendtimeout(netconn* conn, u32_t milliseconds) {
  const err_t result = with(
      conn, [&](Sockets& sockets, int fd) { return set_timeout(sockets, fd, SO_SNDTIMEO, milliseconds); });
  if (result == ERR_OK) conn->linnet_send_timeout = milliseconds;
}

void netconn_set_recvbufsize(netconn* conn, int size) {
  static_cast<void>(with(
      conn, [&](Sockets& sockets, int fd) { return sockets.set_option(fd, SOL_SOCKET, SO_RCVBUF, size); }));
}

int netconn_get_recvbufsize(netconn* conn) {
  int size = 0;
  static_cast<void>(
      with(conn, [&](Sockets& sockets, int fd) { return size = sockets.option(fd, SOL_SOCKET, SO_RCVBUF); }));
  return size;
}

err_t netconn_set_ipv6only(netconn* conn, u8_t on) {
  return with(conn, [&](Sockets& sockets, int fd) {
    return sockets.set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, on != 0 ? 1 : 0);
  });
}

u8_t netconn_get_ipv6only(netconn* conn) {
  int on = 0;
  static_cast<void>(with(
      conn, [&](Sockets& sockets, int fd) { return on = sockets.option(fd, IPPROTO_IPV6, IPV6_V6ONLY); }));
  return on == 1 ? u8_t{1} : u8_t{0};
}

err_t netconn_gethostbyname_addrtype(const char* name, ip_addr_t* addr, u8_t type) {
  const auto wanted = compat::wanted_of(type);
  if (name == nullptr || addr == nullptr || !wanted) return ERR_ARG;
  const compat::Found found = compat::look_up(name, *wanted);
  if (found.error != dns::Error::none) return compat::err_of(found.error);
  *addr = compat::ip_addr_of(found.answer.addresses()[0]);
  return ERR_OK;
}

}  // extern "C"
