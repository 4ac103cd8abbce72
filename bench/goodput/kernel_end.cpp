// SPDX-License-Identifier: Apache-2.0
// The kernel's TCP at an end of a transfer, by ordinary sockets: cubic, buffers as the kernel grows them.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bench/goodput/ends.hpp"
#include "bench/measure.hpp"
#include "platform/linux/file_descriptor.hpp"

namespace linnet::bench {
namespace {

constexpr std::size_t chunk = 256 * 1024;
constexpr int turn_milliseconds = 50;  // so often an end looks whether it is to leave
constexpr double patience = 60;        // seconds for a connection to be made

[[noreturn]] void fail(const char* what) { throw Failure(fmt::format("kernel socket: {}: {}", what, std::strerror(errno))); }

platform::FileDescriptor kernel_socket() {
  platform::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) fail("socket");
  constexpr char name[] = "cubic";
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, name, sizeof name - 1) != 0) {
    fail("TCP_CONGESTION cubic (is it in net.ipv4.tcp_allowed_congestion_control of the first namespace?)");
  }
  return fd;
}

/// False when it is time to leave instead.
bool wait_for(int fd, short events) {
  pollfd entry{.fd = fd, .events = events, .revents = 0};
  while (!asked_to_end) {
    const int ready = ::poll(&entry, 1, turn_milliseconds);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) fail("poll");
  }
  return false;
}

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) throw Failure("not an IPv4 address: " + text);
  return address;
}

bool connect_to(int fd, const sockaddr_in& to) {
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return true;
  if (errno != EINPROGRESS) fail("connect");
  if (!wait_for(fd, POLLOUT)) return false;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  errno = error;
  if (error != 0) fail("connect");
  return true;
}

/// Yields the bytes that the kernel took.
std::uint64_t send_all(int fd, std::uint64_t bytes) {
  const std::vector<std::uint8_t> piece(chunk, 0x5a);
  std::uint64_t sent = 0;
  while (sent < bytes && wait_for(fd, POLLOUT)) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, bytes - sent));
    const ssize_t count = ::send(fd, piece.data(), wanted, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) fail("send");
    sent += count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }
  return sent;
}

platform::FileDescriptor accept_one(const ReceiveOptions& options) {
  const platform::FileDescriptor listener = kernel_socket();
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in any = address_of("0.0.0.0", options.port);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) fail("bind");
  if (::listen(listener.get(), 1) != 0) fail("listen");
  fmt::print("listening\n");
  std::fflush(stdout);
  pollfd entry{.fd = listener.get(), .events = POLLIN, .revents = 0};
  for (double left = patience; left > 0 && !asked_to_end; left -= turn_milliseconds * 1e-3) {
    if (::poll(&entry, 1, turn_milliseconds) > 0) {
      return platform::FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }
  }
  return {};
}

}  // namespace

void kernel_send(const SendOptions& options) {
  const platform::FileDescriptor fd = kernel_socket();
  std::uint64_t sent = 0;
  if (connect_to(fd.get(), address_of(options.to, options.port))) {
    sent = send_all(fd.get(), options.bytes);
    ::shutdown(fd.get(), SHUT_WR);
    wait_for(fd.get(), POLLIN);
  }
  // What the kernel counts, its namespace tells.
  fmt::print("{{\"taken\": {}}}\n", sent);
}

void kernel_receive(const ReceiveOptions& options) {
  Account account;
  const platform::FileDescriptor fd = accept_one(options);
  if (fd) {
    account.accepted();
    std::vector<std::uint8_t> room(chunk);
    pollfd entry{.fd = fd.get(), .events = POLLIN, .revents = 0};
    while (!asked_to_end && account.bytes() < options.bytes) {
      const double left = options.seconds - account.elapsed();
      if (left <= 0) break;
      if (::poll(&entry, 1, static_cast<int>(left * 1000) + 1) <= 0) continue;
      const ssize_t count = ::recv(fd.get(), room.data(), room.size(), 0);
      if (count == 0) break;
      if (count < 0 && errno != EAGAIN && errno != EINTR) fail("recv");
      if (count > 0) account.got(static_cast<std::size_t>(count));
    }
  }
  account.print(options.bytes);
  // The connection stays: a sender that met a reset could not say what it counted.
  while (!asked_to_end) ::poll(nullptr, 0, turn_milliseconds);
}

}  // namespace linnet::bench
