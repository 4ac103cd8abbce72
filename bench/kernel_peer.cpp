// SPDX-License-Identifier: Apache-2.0
#include "bench/kernel_peer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace linnet::bench {
namespace {

constexpr int patience = 20;  // seconds that one call on a socket may take

[[noreturn]] void fail(const char* what) { throw Failure(fmt::format("kernel socket: {}: {}", what, std::strerror(errno))); }

}  // namespace

platform::FileDescriptor kernel_socket(const Namespace& where) {
  const Namespace::Inside inside(where);
  platform::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  const std::size_t length = std::strlen(congestion_control);
  if (::setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, congestion_control, static_cast<socklen_t>(length)) != 0) {
    fail("TCP_CONGESTION");
  }
  const timeval limit{.tv_sec = patience, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return fd;
}

platform::FileDescriptor kernel_listener(const Namespace& where, std::uint16_t port) {
  platform::FileDescriptor fd = kernel_socket(where);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(fd.get(), 4) != 0) fail("listen");
  return fd;
}

KernelSender::KernelSender(const Namespace& where, const std::string& address, std::uint16_t port, const Goal& goal)
    : goal_(goal), socket_(kernel_socket(where)), source_(goal), worker_([=, this] { run(address, port); }) {}

void KernelSender::run(const std::string& address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) throw Failure("not an address: " + address);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
  const auto done = [&] {
    return goal_.checks() ? source_.total() >= goal_.checked_bytes : stop_.load(std::memory_order_relaxed);
  };
  while (!done()) {
    const ssize_t count = ::send(socket_.get(), source_.bytes().data(), source_.bytes().size(), MSG_NOSIGNAL);
    if (count < 0) fail("send");
    source_.taken(static_cast<std::size_t>(count));
  }
  if (::shutdown(socket_.get(), SHUT_WR) != 0) fail("shutdown");
  std::uint8_t byte = 0;
  const ssize_t end = ::recv(socket_.get(), &byte, 1, 0);
  if (end < 0) fail("recv");
  if (end > 0) throw Failure("the receiver sent a byte");
}

std::uint64_t KernelSender::finish() {
  stop();
  worker_.join();
  return source_.total();
}

KernelReceiver::KernelReceiver(const Namespace& where, std::uint16_t port, const Goal& goal)
    : listener_(kernel_listener(where, port)), sink_(goal), worker_([this] { run(); }) {}

void KernelReceiver::run() {
  const platform::FileDescriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) fail("accept");
  const timeval limit{.tv_sec = patience, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  for (;;) {
    const ssize_t count = ::recv(fd.get(), sink_.room().data(), sink_.room().size(), 0);
    if (count < 0) fail("recv");
    if (count == 0) return;
    sink_.got(static_cast<std::size_t>(count));
    received_.store(sink_.total(), std::memory_order_relaxed);
  }
}

std::uint64_t KernelReceiver::finish() {
  worker_.join();
  return sink_.total();
}

}  // namespace linnet::bench
