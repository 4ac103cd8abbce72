// SPDX-License-Identifier: Apache-2.0
// The machine's own sockets.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include "tests/conformance/test_api.hpp"

namespace linnet::conformance {

namespace {

long result_of(long result) { return result < 0 ? -errno : result; }

struct Address {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);
  sockaddr* pointer() { return reinterpret_cast<sockaddr*>(&storage); }
};

int domain_of(int fd) {
  int domain = AF_INET;
  socklen_t length = sizeof domain;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  return domain;
}

Address address_of(int domain, const Endpoint& endpoint) {
  Address address;
  if (domain == AF_INET && endpoint.address.is_v4()) {
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    in.sin_addr.s_addr = htonl(endpoint.address.v4_value());
    address.length = sizeof in;
  } else {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(endpoint.port);
    // An IpAddress of IPv4 holds its mapped form.
    std::memcpy(&in6.sin6_addr, endpoint.address.bytes().data(), 16);
    address.length = sizeof in6;
  }
  return address;
}

Endpoint endpoint_of(const Address& address) {
  if (address.length == 0) return {};
  if (address.storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address.storage);
    return {IpAddress::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
  }
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
  return {IpAddress::v6(std::span<const std::uint8_t, 16>(in6.sin6_addr.s6_addr, 16)), ntohs(in6.sin6_port)};
}

class LinuxApi final : public Api {
 public:
  LinuxApi() { std::signal(SIGPIPE, SIG_IGN); }

  long socket(int domain, int type, int protocol) override {
    return result_of(::socket(domain, type | SOCK_CLOEXEC, protocol));
  }
  long close(int fd) override { return result_of(::close(fd)); }
  long bind(int fd, const Endpoint& local) override {
    Address address = address_of(domain_of(fd), local);
    return result_of(::bind(fd, address.pointer(), address.length));
  }
  long connect(int fd, const Endpoint& remote) override {
    Address address = address_of(domain_of(fd), remote);
    if (remote == Endpoint{}) address.storage.ss_family = AF_UNSPEC;
    return result_of(::connect(fd, address.pointer(), address.length));
  }
  long listen(int fd, int backlog) override { return result_of(::listen(fd, backlog)); }
  long accept(int fd, int flags, Endpoint* peer) override {
    Address address;
    const long result = result_of(::accept4(fd, address.pointer(), &address.length, flags | SOCK_CLOEXEC));
    if (result >= 0 && peer != nullptr) *peer = endpoint_of(address);
    return result;
  }
  long shutdown(int fd, int how) override { return result_of(::shutdown(fd, how)); }
  long getsockname(int fd, Endpoint& local) override {
    Address address;
    const long result = result_of(::getsockname(fd, address.pointer(), &address.length));
    if (result == 0) local = endpoint_of(address);
    return result;
  }
  long getpeername(int fd, Endpoint& remote) override {
    Address address;
    const long result = result_of(::getpeername(fd, address.pointer(), &address.length));
    if (result == 0) remote = endpoint_of(address);
    return result;
  }
  long send(int fd, std::span<const std::string_view> parts, int flags, const Endpoint* to) override {
    std::vector<iovec> pieces;
    for (const std::string_view& part : parts)
      pieces.push_back({const_cast<char*>(part.data()), part.size()});
    Address address;
    if (to != nullptr) address = address_of(domain_of(fd), *to);
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    if (to != nullptr) {
      message.msg_name = address.pointer();
      message.msg_namelen = address.length;
    }
    return result_of(::sendmsg(fd, &message, flags));
  }
  Received receive(int fd, std::size_t size, int flags) override {
    std::string buffer(size, '\0');
    Address address;
    iovec piece{buffer.data(), size};
    msghdr message{};
    message.msg_name = address.pointer();
    message.msg_namelen = address.length;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    Received received;
    received.result = result_of(::recvmsg(fd, &message, flags));
    if (received.result < 0) return received;
    address.length = message.msg_namelen;
    received.from = endpoint_of(address);
    received.truncated = (message.msg_flags & MSG_TRUNC) != 0;
    buffer.resize(std::min(size, static_cast<std::size_t>(received.result)));
    received.data = std::move(buffer);
    return received;
  }
  long poll(std::span<pollfd> entries, int milliseconds) override {
    return result_of(::poll(entries.data(), entries.size(), milliseconds));
  }
  Selected select(int fd, const Selected& asked, int milliseconds) override {
    fd_set sets[3];
    const bool wanted[3] = {asked.read, asked.write, asked.except};
    for (int i = 0; i < 3; ++i) {
      FD_ZERO(&sets[i]);
      if (wanted[i]) FD_SET(fd, &sets[i]);
    }
    timeval timeout{milliseconds / 1000, milliseconds % 1000 * 1000};
    Selected selected;
    selected.result = result_of(::select(fd + 1, &sets[0], &sets[1], &sets[2], &timeout));
    if (selected.result < 0) return selected;
    selected.read = FD_ISSET(fd, &sets[0]);
    selected.write = FD_ISSET(fd, &sets[1]);
    selected.except = FD_ISSET(fd, &sets[2]);
    return selected;
  }
  long set(int fd, int level, int name, const void* value, std::size_t length) override {
    return result_of(::setsockopt(fd, level, name, value, static_cast<socklen_t>(length)));
  }
  long get(int fd, int level, int name, void* value, std::size_t* length) override {
    auto size = static_cast<socklen_t>(*length);
    const long result = result_of(::getsockopt(fd, level, name, value, &size));
    *length = size;
    return result;
  }
  long ioctl(int fd, unsigned long request, int* argument) override {
    return result_of(::ioctl(fd, request, argument));
  }
  long set_non_blocking(int fd, bool on) override {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags < 0 ? -errno
                     : result_of(::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
  }
  long non_blocking(int fd) override {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags < 0 ? -errno : (flags & O_NONBLOCK) != 0;
  }
};

}  // namespace

std::unique_ptr<Api> linux_api() { return std::make_unique<LinuxApi>(); }

}  // namespace linnet::conformance
