// SPDX-License-Identifier: Apache-2.0
// lwIP's calls of sockets but messages, options and waiting.
#include "compat/lwip/calls.hpp"

using namespace linnet;
using compat::with_sockets;
using sockets::Sockets;

namespace {

Bytes bytes_of(const void* data, std::size_t size) { return {static_cast<const std::uint8_t*>(data), size}; }

/// The family of a new descriptor decides how its addresses are told.
int remember(int fd, std::uint8_t flags) {
  if (fd >= 0) compat::set_flags(fd, flags);
  return fd;
}

bool is_v6(int fd) { return (compat::flags_of(fd) & compat::descriptor_flag::v6) != 0; }

}  // namespace

namespace linnet::compat {

void set_lwip_defaults(Sockets& sockets, int fd, int domain) {
  static_cast<void>(sockets.set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0));
  if (domain == AF_INET6) static_cast<void>(sockets.set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0));
}

}  // namespace linnet::compat

extern "C" {

int lwip_socket_offset(void) { return compat::attached_settings().first_descriptor; }

int lwip_socket(int domain, int type, int protocol) {
  const bool raw = (type & 0xf) == SOCK_RAW;
  const int of_v6 = compat::descriptor_flag::v6 | (raw ? compat::descriptor_flag::raw_v6 : 0);
  const auto flags = static_cast<std::uint8_t>(domain == AF_INET6 ? of_v6 : 0);
  // ESP-IDF's examples say IPPROTO_IPV6 for TCP and UDP over it, which lwIP does not look at.
  const int chosen = protocol == IPPROTO_IPV6 && !raw ? 0 : protocol;
  return with_sockets([&](Sockets& s) {
    const int fd = s.socket(domain, type, chosen);
    if (fd >= 0 && (type & 0xf) == SOCK_DGRAM) compat::set_lwip_defaults(s, fd, domain);
    return remember(fd, flags);
  });
}

int lwip_close(int s) {
  return with_sockets([&](Sockets& sockets) { return sockets.close(s); });
}

int lwip_shutdown(int s, int how) {
  return with_sockets([&](Sockets& sockets) { return sockets.shutdown(s, how); });
}

int lwip_bind(int s, const struct sockaddr* name, socklen_t namelen) {
  return with_sockets([&](Sockets& sockets) {
    const auto to = compat::endpoint_of(name, namelen);
    if (to.error != 0) return -to.error;
    return name->sa_family == AF_UNSPEC ? -sockets::error::family_not_supported
                                        : sockets.bind(s, to.endpoint);
  });
}

int lwip_connect(int s, const struct sockaddr* name, socklen_t namelen) {
  return with_sockets([&](Sockets& sockets) {
    const auto to = compat::endpoint_of(name, namelen);
    return to.error != 0 ? -to.error : sockets.connect(s, to.endpoint);
  });
}

int lwip_listen(int s, int backlog) {
  return with_sockets([&](Sockets& sockets) { return sockets.listen(s, backlog); });
}

int lwip_accept(int s, struct sockaddr* addr, socklen_t* addrlen) {
  return with_sockets([&](Sockets& sockets) {
    Endpoint peer;
    const std::uint8_t flags = compat::flags_of(s) & compat::descriptor_flag::v6;
    const int fd = remember(sockets.accept(s, &peer), flags);
    if (fd >= 0 && addr != nullptr) compat::put_endpoint(peer, flags != 0, addr, addrlen);
    return fd;
  });
}

int lwip_getsockname(int s, struct sockaddr* name, socklen_t* namelen) {
  return with_sockets([&](Sockets& sockets) {
    Endpoint local;
    const int result = sockets.getsockname(s, local);
    if (result == 0) compat::put_endpoint(local, is_v6(s), name, namelen);
    return result;
  });
}

int lwip_getpeername(int s, struct sockaddr* name, socklen_t* namelen) {
  return with_sockets([&](Sockets& sockets) {
    Endpoint remote;
    const int result = sockets.getpeername(s, remote);
    if (result == 0) compat::put_endpoint(remote, is_v6(s), name, namelen);
    return result;
  });
}

ssize_t lwip_send(int s, const void* dataptr, size_t size, int flags) {
  return with_sockets([&](Sockets& sockets) { return sockets.send(s, bytes_of(dataptr, size), flags); });
}

ssize_t lwip_write(int s, const void* dataptr, size_t size) { return lwip_send(s, dataptr, size, 0); }

ssize_t lwip_sendto(int s, const void* dataptr, size_t size, int flags, const struct sockaddr* to,
                    socklen_t tolen) {
  if (to == nullptr) return lwip_send(s, dataptr, size, flags);
  return with_sockets([&](Sockets& sockets) {
    const auto where = compat::endpoint_of(to, tolen);
    if (where.error != 0) return static_cast<std::ptrdiff_t>(-where.error);
    return sockets.sendto(s, bytes_of(dataptr, size), flags, &where.endpoint);
  });
}

ssize_t lwip_recvfrom(int s, void* mem, size_t len, int flags, struct sockaddr* from, socklen_t* fromlen) {
  if ((compat::flags_of(s) & compat::descriptor_flag::raw_v6) != 0)
    return compat::receive_raw_v6(s, mem, len, flags, from, fromlen);
  return with_sockets([&](Sockets& sockets) {
    Endpoint source;
    const std::ptrdiff_t count = sockets.recvfrom(s, {static_cast<std::uint8_t*>(mem), len}, flags, &source);
    if (count < 0 || from == nullptr) return count;
    // lwIP tells the peer of a stream, too.
    if (source == Endpoint{}) static_cast<void>(sockets.getpeername(s, source));
    compat::put_endpoint(source, is_v6(s), from, fromlen);
    return count;
  });
}

ssize_t lwip_recv(int s, void* mem, size_t len, int flags) {
  return lwip_recvfrom(s, mem, len, flags, nullptr, nullptr);
}

ssize_t lwip_read(int s, void* mem, size_t len) { return lwip_recv(s, mem, len, 0); }

int lwip_socketpair(int domain, int type, int protocol, int sv[2]) {
  return with_sockets([&](Sockets& sockets) {
    if (sv == nullptr) return -sockets::error::bad_address;
    if (domain != AF_INET || type != SOCK_STREAM) return -sockets::error::not_supported;
    const int listener = sockets.socket(domain, type, protocol);
    if (listener < 0) return listener;
    Endpoint local{IpAddress::loopback_v4(), 0};
    int fds[2] = {-1, -1};
    int result = sockets.bind(listener, local);
    if (result == 0) result = sockets.listen(listener, 1);
    if (result == 0) result = sockets.getsockname(listener, local);
    if (result == 0) result = fds[0] = sockets.socket(domain, type, protocol);
    if (result >= 0) result = sockets.connect(fds[0], local);
    if (result >= 0) result = fds[1] = sockets.accept(listener);
    static_cast<void>(sockets.close(listener));
    if (result < 0) {
      if (fds[0] >= 0) static_cast<void>(sockets.close(fds[0]));
      return result;
    }
    sv[0] = remember(fds[0], 0);
    sv[1] = remember(fds[1], 0);
    return 0;
  });
}

}  // extern "C"
