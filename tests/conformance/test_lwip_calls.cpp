// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/test_lwip_calls.hpp"

#include <lwip/sockets.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "compat/lwip/host.hpp"

namespace linnet::conformance {

namespace {

long result_of(long result) { return result < 0 ? -errno : result; }

bool is_v6(int fd) { return (compat::flags_of(fd) & compat::descriptor_flag::v6) != 0; }

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* pointer() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// As a program fills it, which leaves sin_len alone. Of IPv6 and not of the socket's family: as it stands.
Address address_of(int fd, const Endpoint& endpoint) {
  Address address;
  if (!is_v6(fd) && endpoint.address.is_v4()) {
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = lwip_htons(endpoint.port);
    in.sin_addr.s_addr = lwip_htonl(endpoint.address.v4_value());
    address.length = sizeof in;
  } else {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = lwip_htons(endpoint.port);
    std::memcpy(&in6.sin6_addr, endpoint.address.bytes().data(), 16);
    address.length = sizeof in6;
  }
  return address;
}

Endpoint endpoint_of(const Address& address) {
  if (address.length == 0 || address.storage.ss_family == AF_UNSPEC) return {};
  if (address.storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
    return {IpAddress::v4(lwip_ntohl(in.sin_addr.s_addr)), lwip_ntohs(in.sin_port)};
  }
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &in6.sin6_addr, 16);
  return {IpAddress::v6(bytes), lwip_ntohs(in6.sin6_port)};
}

/// What select does with one of its sets.
struct Set {
  explicit Set(const sockets::FdSet* asked, int count) : there(asked != nullptr) {
    FD_ZERO(&set);
    for (int fd = 0; there && fd < count; ++fd) {
      if (asked->contains(fd)) FD_SET(fd, &set);
    }
  }
  fd_set* pointer() { return there ? &set : nullptr; }
  void give(sockets::FdSet* found, int count) const {
    if (!there) return;
    found->clear();
    for (int fd = 0; fd < count; ++fd) {
      if (FD_ISSET(fd, &set)) found->add(fd);
    }
  }
  bool there;
  fd_set set;
};

}  // namespace

LwipCalls::LwipCalls(sockets::Host& host) { compat::attach(host, nullptr, {.threads = false}); }
LwipCalls::~LwipCalls() { compat::detach(); }

long LwipCalls::socket(int domain, int type, int protocol) {
  return result_of(lwip_socket(domain, type, protocol));
}
long LwipCalls::close(int fd) { return result_of(lwip_close(fd)); }
long LwipCalls::listen(int fd, int backlog) { return result_of(lwip_listen(fd, backlog)); }
long LwipCalls::shutdown(int fd, int how) { return result_of(lwip_shutdown(fd, how)); }

long LwipCalls::bind(int fd, const Endpoint& local) {
  Address address = address_of(fd, local);
  return result_of(lwip_bind(fd, address.pointer(), address.length));
}

long LwipCalls::connect(int fd, const Endpoint& remote) {
  Address address = address_of(fd, remote);
  if (remote == Endpoint{}) address.storage.ss_family = AF_UNSPEC;
  return result_of(lwip_connect(fd, address.pointer(), address.length));
}

/// lwIP has no accept4.
long LwipCalls::accept(int fd, Endpoint* peer, int flags) {
  Address address;
  const long result = result_of(lwip_accept(fd, address.pointer(), &address.length));
  if (result < 0) return result;
  if (peer != nullptr) *peer = endpoint_of(address);
  if ((flags & sockets::sock::nonblock) != 0) set_non_blocking(static_cast<int>(result), true);
  return result;
}

long LwipCalls::getsockname(int fd, Endpoint& local) {
  Address address;
  const long result = result_of(lwip_getsockname(fd, address.pointer(), &address.length));
  if (result == 0) local = endpoint_of(address);
  return result;
}

long LwipCalls::getpeername(int fd, Endpoint& remote) {
  Address address;
  const long result = result_of(lwip_getpeername(fd, address.pointer(), &address.length));
  if (result == 0) remote = endpoint_of(address);
  return result;
}

long LwipCalls::sendmsg(int fd, const sockets::SendMessage& message, int flags) {
  Address to;
  if (message.to != nullptr) to = address_of(fd, *message.to);
  if (message.parts.size() == 1) {
    const Bytes part = message.parts.front();
    return message.to == nullptr
               ? result_of(lwip_send(fd, part.data(), part.size(), flags))
               : result_of(lwip_sendto(fd, part.data(), part.size(), flags, to.pointer(), to.length));
  }
  std::vector<iovec> parts;
  for (const Bytes part : message.parts)
    parts.push_back({const_cast<std::uint8_t*>(part.data()), part.size()});
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = static_cast<decltype(header.msg_iovlen)>(parts.size());
  if (message.to != nullptr) {
    header.msg_name = to.pointer();
    header.msg_namelen = to.length;
  }
  return result_of(lwip_sendmsg(fd, &header, flags));
}

long LwipCalls::recvmsg(int fd, sockets::ReceiveMessage& message, int flags) {
  const MutableBytes part = message.parts.front();
  Address from;
  if (option(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM) {
    return result_of(lwip_recvfrom(fd, part.data(), part.size(), flags, from.pointer(), &from.length));
  }
  iovec piece{part.data(), part.size()};
  msghdr header{};
  header.msg_name = from.pointer();
  header.msg_namelen = from.length;
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  const long result = result_of(lwip_recvmsg(fd, &header, flags));
  if (result < 0) return result;
  from.length = header.msg_namelen;
  message.from = endpoint_of(from);
  message.flags = header.msg_flags;
  return result;
}

long LwipCalls::select(int count, sockets::FdSet* read, sockets::FdSet* write, sockets::FdSet* except,
                       Duration timeout) {
  Set sets[] = {Set(read, count), Set(write, count), Set(except, count)};
  timeval time{timeout.as_microseconds() / 1000000, timeout.as_microseconds() % 1000000};
  const long result =
      result_of(lwip_select(count, sets[0].pointer(), sets[1].pointer(), sets[2].pointer(), &time));
  if (result < 0) return result;
  sets[0].give(read, count);
  sets[1].give(write, count);
  sets[2].give(except, count);
  return result;
}

long LwipCalls::poll(std::span<sockets::PollEntry> entries, std::optional<Duration> timeout) {
  std::vector<pollfd> theirs;
  for (const sockets::PollEntry& entry : entries)
    theirs.push_back({.fd = entry.fd, .events = static_cast<short>(entry.events), .revents = 0});
  const int milliseconds = timeout ? static_cast<int>(timeout->as_microseconds() / 1000) : -1;
  const long result = result_of(lwip_poll(theirs.data(), static_cast<nfds_t>(theirs.size()), milliseconds));
  for (std::size_t i = 0; i < entries.size(); ++i)
    entries[i].revents = static_cast<std::uint16_t>(theirs[i].revents);
  return result;
}

long LwipCalls::setsockopt(int fd, int level, int name, const void* value, std::size_t length) {
  return result_of(lwip_setsockopt(fd, level, name, value, static_cast<socklen_t>(length)));
}

long LwipCalls::getsockopt(int fd, int level, int name, void* value, std::size_t* length) {
  auto size = static_cast<socklen_t>(*length);
  const long result = result_of(lwip_getsockopt(fd, level, name, value, &size));
  *length = size;
  return result;
}

long LwipCalls::option(int fd, int level, int name) {
  int value = 0;
  std::size_t length = sizeof value;
  const long result = getsockopt(fd, level, name, &value, &length);
  return result < 0 ? result : value;
}

long LwipCalls::ioctl(int fd, unsigned long request, int* argument) {
  return result_of(lwip_ioctl(fd, static_cast<long>(request), argument));
}

long LwipCalls::set_non_blocking(int fd, bool on) {
  const int flags = lwip_fcntl(fd, F_GETFL, 0);
  if (flags < 0) return -errno;
  return result_of(lwip_fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

/// F_GETFL, as sockets::status_flag has it.
int LwipCalls::fcntl(int fd, int command) {
  const int flags = lwip_fcntl(fd, command, 0);
  return flags < 0 ? -errno : (flags & O_NONBLOCK) != 0 ? sockets::status_flag::nonblock : 0;
}

}  // namespace linnet::conformance
