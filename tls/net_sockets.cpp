// SPDX-License-Identifier: Apache-2.0
// All of mbedtls/net_sockets.h over our sockets, with the results that mbedTLS's own has. This object is
// linked in front of the library, whose own it replaces whole.
#include <mbedtls/net_sockets.h>

#include <array>
#include <cstring>
#include <optional>

#include "tls/attach.hpp"
#include "tls/clock.hpp"

namespace linnet::tls {
namespace {

constexpr std::size_t most_addresses = 8;

struct Attached {
  sockets::Host* host = nullptr;
  NameLookup names;
};
// The one global: the C interface has no argument that could carry it.
Attached attached;

struct Addresses {
  std::array<Endpoint, most_addresses> all{};
  std::size_t count = 0;

  std::span<const Endpoint> list() const { return std::span(all).first(count); }
};

std::optional<std::uint16_t> port_number(const char* text) {
  std::uint32_t value = 0;
  if (text == nullptr || *text == '\0') return std::nullopt;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint32_t>(*text - '0');
    if (value > 0xffff) return std::nullopt;
  }
  return static_cast<std::uint16_t>(value);
}

/// What getaddrinfo would say. Without a name: every address, as a listener wants it.
Addresses resolve(const char* name, const char* service) {
  Addresses result;
  const auto port = port_number(service);
  if (!port || attached.host == nullptr) return result;
  std::array<IpAddress, most_addresses> found{};
  std::size_t count = 0;
  if (name == nullptr) {
    found = {IpAddress::any_v6(), IpAddress::any_v4()};
    count = 2;
  } else if (const auto address = IpAddress::parse(name)) {
    found[0] = *address;
    count = 1;
  } else if (attached.names.resolve != nullptr) {
    count = attached.names.resolve(attached.names.context, name, found);
  }
  for (std::size_t i = 0; i < count && i < found.size(); ++i) result.all[result.count++] = {found[i], *port};
  return result;
}

sockets::Sockets& calls() { return attached.host->sockets(); }

int open_for(const Endpoint& endpoint, int proto) {
  const int domain = endpoint.address.is_v4() ? sockets::af::inet : sockets::af::inet6;
  return calls().socket(domain,
                        proto == MBEDTLS_NET_PROTO_UDP ? sockets::sock::dgram : sockets::sock::stream);
}

/// Binds and, for TCP, listens; yields the descriptor or an mbedTLS error.
int open_bound(const Endpoint& local, int proto) {
  const int fd = open_for(local, proto);
  if (fd < 0) return MBEDTLS_ERR_NET_SOCKET_FAILED;
  int error = 0;
  if (calls().set_option(fd, sockets::sol::socket, sockets::so::reuse_address, 1) < 0) {
    error = MBEDTLS_ERR_NET_SOCKET_FAILED;
  } else if (calls().bind(fd, local) < 0) {
    error = MBEDTLS_ERR_NET_BIND_FAILED;
  } else if (proto == MBEDTLS_NET_PROTO_TCP && calls().listen(fd, MBEDTLS_NET_LISTEN_BACKLOG) < 0) {
    error = MBEDTLS_ERR_NET_LISTEN_FAILED;
  }
  if (error == 0) return fd;
  calls().close(fd);
  return error;
}

/// A blocking descriptor whose time-out ran out would not block in mbedTLS's sense: it failed.
bool would_block(int fd, std::ptrdiff_t result) {
  const int flags = calls().fcntl(fd, sockets::fcntl_command::get_flags);
  return result == -sockets::error::try_again && flags >= 0 && (flags & sockets::status_flag::nonblock) != 0;
}

int failed_transfer(int fd, std::ptrdiff_t result, int again, int otherwise) {
  if (would_block(fd, result) || result == -sockets::error::interrupted) return again;
  if (result == -sockets::error::broken_pipe || result == -sockets::error::connection_reset) {
    return MBEDTLS_ERR_NET_CONN_RESET;
  }
  return otherwise;
}

int usable(const mbedtls_net_context* context) {
  return context->fd < 0 || attached.host == nullptr ? MBEDTLS_ERR_NET_INVALID_CONTEXT : 0;
}

/// Waits for `events`; yields revents, 0 when the time is over, or a negated errno. No timeout: for ever.
int wait_for(int fd, std::uint16_t events, std::optional<Duration> timeout) {
  sockets::PollEntry entry{.fd = fd, .events = events};
  const int ready = calls().poll({&entry, 1}, timeout);
  return ready < 0 ? ready : entry.revents;
}

/// The first datagram's sender becomes the only peer of the socket, and a new socket takes over its port.
int accept_datagram(mbedtls_net_context& bound, mbedtls_net_context& client, Endpoint& peer) {
  std::array<std::uint8_t, 1> first{};
  const std::ptrdiff_t got = calls().recvfrom(bound.fd, first, sockets::msg::peek, &peer);
  if (got < 0) return would_block(bound.fd, got) ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_ACCEPT_FAILED;
  Endpoint local;
  if (calls().getsockname(bound.fd, local) < 0) return MBEDTLS_ERR_NET_SOCKET_FAILED;
  if (calls().connect(bound.fd, peer) < 0) return MBEDTLS_ERR_NET_ACCEPT_FAILED;
  client.fd = bound.fd;
  bound.fd = -1;
  const int fd = open_bound(local, MBEDTLS_NET_PROTO_UDP);
  if (fd < 0) return fd;
  bound.fd = fd;
  return 0;
}

int connect_first(const char* host, const char* port, int proto, const Preparation& preparation) {
  int result = MBEDTLS_ERR_NET_UNKNOWN_HOST;
  if (host == nullptr) return result;
  const Addresses addresses = resolve(host, port);
  for (const Endpoint& remote : addresses.list()) {
    const int fd = open_for(remote, proto);
    if (fd < 0) {
      result = MBEDTLS_ERR_NET_SOCKET_FAILED;
      continue;
    }
    const bool wanted =
        preparation.prepare == nullptr || preparation.prepare(preparation.context, fd, remote);
    if (wanted && calls().connect(fd, remote) == 0) return fd;
    calls().close(fd);
    if (wanted) result = MBEDTLS_ERR_NET_CONNECT_FAILED;
  }
  return result;
}

int copy_address(const IpAddress& address, void* to, std::size_t size, std::size_t* length) {
  if (to == nullptr) return 0;
  const std::size_t needed = address.is_v4() ? 4 : 16;
  if (size < needed) return MBEDTLS_ERR_NET_BUFFER_TOO_SMALL;
  std::memcpy(to, address.is_v4() ? address.v4_bytes().data() : address.bytes().data(), needed);
  *length = needed;
  return 0;
}

}  // namespace

void attach(sockets::Host& host, const NameLookup& names) {
  attached = {&host, names};
  attach_clock(&host.port());
}
void detach() {
  attached = {};
  attach_clock(nullptr);
}
sockets::Host* attached_host() { return attached.host; }
int connect_stream(const char* host, const char* port, const Preparation& preparation) {
  return connect_first(host, port, MBEDTLS_NET_PROTO_TCP, preparation);
}

}  // namespace linnet::tls

namespace sockets = linnet::sockets;
namespace tls = linnet::tls;
using linnet::Duration;

extern "C" {

void mbedtls_net_init(mbedtls_net_context* ctx) { ctx->fd = -1; }

int mbedtls_net_connect(mbedtls_net_context* ctx, const char* host, const char* port, int proto) {
  const int fd = tls::connect_first(host, port, proto, {});
  if (fd < 0) return fd;
  ctx->fd = fd;
  return 0;
}

int mbedtls_net_bind(mbedtls_net_context* ctx, const char* bind_ip, const char* port, int proto) {
  int result = MBEDTLS_ERR_NET_UNKNOWN_HOST;
  const tls::Addresses addresses = tls::resolve(bind_ip, port);
  for (const linnet::Endpoint& local : addresses.list()) {
    result = tls::open_bound(local, proto);
    if (result < 0) continue;
    ctx->fd = result;
    return 0;
  }
  return result;
}

int mbedtls_net_accept(mbedtls_net_context* bind_ctx, mbedtls_net_context* client_ctx, void* client_ip,
                       size_t buf_size, size_t* ip_len) {
  if (tls::usable(bind_ctx) != 0) return MBEDTLS_ERR_NET_ACCEPT_FAILED;
  linnet::Endpoint peer;
  const int type = tls::calls().option(bind_ctx->fd, sockets::sol::socket, sockets::so::type);
  if (type == sockets::sock::dgram) {
    const int result = tls::accept_datagram(*bind_ctx, *client_ctx, peer);
    if (result != 0) return result;
  } else {
    const int fd = tls::calls().accept(bind_ctx->fd, &peer);
    if (fd < 0)
      return tls::would_block(bind_ctx->fd, fd) ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_NET_ACCEPT_FAILED;
    client_ctx->fd = fd;
  }
  return tls::copy_address(peer.address, client_ip, buf_size, ip_len);
}

int mbedtls_net_poll(mbedtls_net_context* ctx, uint32_t rw, uint32_t timeout) {
  if (const int error = tls::usable(ctx); error != 0) return error;
  if ((rw & ~std::uint32_t{MBEDTLS_NET_POLL_READ | MBEDTLS_NET_POLL_WRITE}) != 0) {
    return MBEDTLS_ERR_NET_BAD_INPUT_DATA;
  }
  std::uint16_t events = 0;
  if ((rw & MBEDTLS_NET_POLL_READ) != 0) events |= sockets::event::in;
  if ((rw & MBEDTLS_NET_POLL_WRITE) != 0) events |= sockets::event::out;
  std::optional<Duration> limit;
  if (timeout != 0xffffffffu) limit = Duration::milliseconds(timeout);
  int found = tls::wait_for(ctx->fd, events, limit);
  while (found == -sockets::error::interrupted) found = tls::wait_for(ctx->fd, events, limit);
  if (found < 0 || (found & sockets::event::nval) != 0) return MBEDTLS_ERR_NET_POLL_FAILED;
  // As select has it: what can only fail is ready for both.
  const bool over = (found & (sockets::event::err | sockets::event::hup)) != 0;
  int result = 0;
  if ((rw & MBEDTLS_NET_POLL_READ) != 0 && (over || (found & sockets::event::in) != 0))
    result |= MBEDTLS_NET_POLL_READ;
  if ((rw & MBEDTLS_NET_POLL_WRITE) != 0 && (over || (found & sockets::event::out) != 0)) {
    result |= MBEDTLS_NET_POLL_WRITE;
  }
  return result;
}

int mbedtls_net_set_block(mbedtls_net_context* ctx) {
  return tls::usable(ctx) == 0 && tls::calls().set_non_blocking(ctx->fd, false) >= 0 ? 0 : -1;
}

int mbedtls_net_set_nonblock(mbedtls_net_context* ctx) {
  return tls::usable(ctx) == 0 && tls::calls().set_non_blocking(ctx->fd, true) >= 0 ? 0 : -1;
}

void mbedtls_net_usleep(unsigned long usec) {
  if (tls::attached.host == nullptr) return;
  sockets::Host& host = *tls::attached.host;
  const linnet::Instant until = host.port().now() + Duration::microseconds(static_cast<std::int64_t>(usec));
  static_cast<void>(host.wait_until([] { return false; }, until));
}

int mbedtls_net_recv(void* ctx, unsigned char* buf, size_t len) {
  const auto* context = static_cast<const mbedtls_net_context*>(ctx);
  if (const int error = tls::usable(context); error != 0) return error;
  const std::ptrdiff_t got = tls::calls().recv(context->fd, {buf, len});
  if (got >= 0) return static_cast<int>(got);
  return tls::failed_transfer(context->fd, got, MBEDTLS_ERR_SSL_WANT_READ, MBEDTLS_ERR_NET_RECV_FAILED);
}

int mbedtls_net_send(void* ctx, const unsigned char* buf, size_t len) {
  const auto* context = static_cast<const mbedtls_net_context*>(ctx);
  if (const int error = tls::usable(context); error != 0) return error;
  const std::ptrdiff_t sent = tls::calls().send(context->fd, {buf, len});
  if (sent >= 0) return static_cast<int>(sent);
  return tls::failed_transfer(context->fd, sent, MBEDTLS_ERR_SSL_WANT_WRITE, MBEDTLS_ERR_NET_SEND_FAILED);
}

int mbedtls_net_recv_timeout(void* ctx, unsigned char* buf, size_t len, uint32_t timeout) {
  const auto* context = static_cast<const mbedtls_net_context*>(ctx);
  if (const int error = tls::usable(context); error != 0) return error;
  std::optional<Duration> limit;
  if (timeout != 0) limit = Duration::milliseconds(timeout);
  const int found = tls::wait_for(context->fd, sockets::event::in, limit);
  if (found == 0) return MBEDTLS_ERR_SSL_TIMEOUT;
  if (found == -sockets::error::interrupted) return MBEDTLS_ERR_SSL_WANT_READ;
  if (found < 0 || (found & sockets::event::nval) != 0) return MBEDTLS_ERR_NET_RECV_FAILED;
  return mbedtls_net_recv(ctx, buf, len);
}

void mbedtls_net_close(mbedtls_net_context* ctx) {
  if (tls::usable(ctx) == 0) tls::calls().close(ctx->fd);
  ctx->fd = -1;
}

void mbedtls_net_free(mbedtls_net_context* ctx) {
  if (tls::usable(ctx) == 0) {
    tls::calls().shutdown(ctx->fd, sockets::shut::both);
    tls::calls().close(ctx->fd);
  }
  ctx->fd = -1;
}

}  // extern "C"
