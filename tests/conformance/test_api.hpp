// SPDX-License-Identifier: Apache-2.0
// Api: the calls of the sockets interface as a conformance case makes them, on Linux's sockets or on ours.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/address.hpp"

namespace linnet::conformance {

/// What one receive call yields beside its result.
struct Received {
  long result = 0;
  std::string data;        ///< what stands in the buffer, at most its size
  Endpoint from;           ///< unchanged on streams
  bool truncated = false;  ///< MSG_TRUNC in msg_flags
};

/// Which sets of select a descriptor is in.
struct Selected {
  long result = 0;
  bool read = false;
  bool write = false;
  bool except = false;
};

/// All numbers (domains, types, flags, levels, options, requests, poll bits) are Linux's; ours are
/// translated. Results are at least 0, or a negated errno value. An IPv4 endpoint for a socket of AF_INET6 is
/// a mapped one, `Endpoint{}` for connect is AF_UNSPEC.
class Api {
 public:
  Api() = default;
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  virtual ~Api() = default;

  virtual long socket(int domain, int type, int protocol) = 0;
  virtual long close(int fd) = 0;
  virtual long bind(int fd, const Endpoint& local) = 0;
  virtual long connect(int fd, const Endpoint& remote) = 0;
  virtual long listen(int fd, int backlog) = 0;
  virtual long accept(int fd, int flags, Endpoint* peer) = 0;
  virtual long shutdown(int fd, int how) = 0;
  virtual long getsockname(int fd, Endpoint& local) = 0;
  virtual long getpeername(int fd, Endpoint& remote) = 0;
  virtual long send(int fd, std::span<const std::string_view> parts, int flags, const Endpoint* to) = 0;
  virtual Received receive(int fd, std::size_t size, int flags) = 0;
  virtual long poll(std::span<pollfd> entries, int milliseconds) = 0;
  /// Of one descriptor, in the sets that are true in `asked`.
  virtual Selected select(int fd, const Selected& asked, int milliseconds) = 0;
  virtual long set(int fd, int level, int name, const void* value, std::size_t length) = 0;
  virtual long get(int fd, int level, int name, void* value, std::size_t* length) = 0;
  virtual long ioctl(int fd, unsigned long request, int* argument) = 0;
  virtual long set_non_blocking(int fd, bool on) = 0;
  virtual long non_blocking(int fd) = 0;
};

/// Of the machine that runs the test. SIGPIPE is ignored from then on.
std::unique_ptr<Api> linux_api();
/// One host of ours, alone with its loopback, in virtual time, which one thread alone may call, or in real time for many threads.
std::unique_ptr<Api> our_api(bool threads);
/// The same, called by the names of lwip/sockets.h: one at a time.
std::unique_ptr<Api> lwip_api(bool threads);

}  // namespace linnet::conformance
