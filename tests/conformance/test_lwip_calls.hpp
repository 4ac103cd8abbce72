// SPDX-License-Identifier: Apache-2.0
// The calls of sockets::Sockets, made by lwIP's names in compat/: its headers and the operating system's
// cannot be in one source.
#pragma once

#include "sockets/host.hpp"

namespace linnet::conformance {

/// The host is attached while it lives: at most one at a time.
class LwipCalls {
 public:
  explicit LwipCalls(sockets::Host& host);
  LwipCalls(const LwipCalls&) = delete;
  LwipCalls& operator=(const LwipCalls&) = delete;
  ~LwipCalls();

  long socket(int domain, int type, int protocol);
  long close(int fd);
  long bind(int fd, const Endpoint& local);
  long connect(int fd, const Endpoint& remote);
  long listen(int fd, int backlog);
  long accept(int fd, Endpoint* peer, int flags);
  long shutdown(int fd, int how);
  long getsockname(int fd, Endpoint& local);
  long getpeername(int fd, Endpoint& remote);
  /// One piece goes by send or sendto, several by sendmsg.
  long sendmsg(int fd, const sockets::SendMessage& message, int flags);
  /// By recvfrom of a stream, by recvmsg of others.
  long recvmsg(int fd, sockets::ReceiveMessage& message, int flags);
  long select(int count, sockets::FdSet* read, sockets::FdSet* write, sockets::FdSet* except,
              Duration timeout);
  long poll(std::span<sockets::PollEntry> entries, std::optional<Duration> timeout);
  long setsockopt(int fd, int level, int name, const void* value, std::size_t length);
  long getsockopt(int fd, int level, int name, void* value, std::size_t* length);
  long option(int fd, int level, int name);
  long ioctl(int fd, unsigned long request, int* argument);
  long set_non_blocking(int fd, bool on);
  int fcntl(int fd, int command);
};

}  // namespace linnet::conformance
