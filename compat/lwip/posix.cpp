// SPDX-License-Identifier: Apache-2.0
// The calls that take sockets and the operating system's descriptors: the number tells.
#include <sys/uio.h>

#include <cstdarg>

#include "compat/lwip/calls.hpp"

using linnet::compat::is_socket;

namespace {

/// True when a set has a socket in it.
bool has_socket(int count, const fd_set* set) {
  for (int fd = 0; set != nullptr && fd < count && fd < FD_SETSIZE; ++fd) {
    if (FD_ISSET(fd, set) && is_socket(fd)) return true;
  }
  return false;
}

}  // namespace

extern "C" {

int lwip_posix_close(int fd) { return is_socket(fd) ? lwip_close(fd) : ::close(fd); }

ssize_t lwip_posix_read(int fd, void* mem, size_t len) {
  return is_socket(fd) ? lwip_read(fd, mem, len) : ::read(fd, mem, len);
}

ssize_t lwip_posix_write(int fd, const void* data, size_t size) {
  return is_socket(fd) ? lwip_write(fd, data, size) : ::write(fd, data, size);
}

ssize_t lwip_posix_readv(int fd, const struct iovec* iov, int iovcnt) {
  return is_socket(fd) ? lwip_readv(fd, iov, iovcnt) : ::readv(fd, iov, iovcnt);
}

ssize_t lwip_posix_writev(int fd, const struct iovec* iov, int iovcnt) {
  return is_socket(fd) ? lwip_writev(fd, iov, iovcnt) : ::writev(fd, iov, iovcnt);
}

int lwip_posix_select(int maxfdp1, fd_set* readset, fd_set* writeset, fd_set* exceptset,
                      struct timeval* timeout) {
  const bool ours =
      has_socket(maxfdp1, readset) || has_socket(maxfdp1, writeset) || has_socket(maxfdp1, exceptset);
  return ours ? lwip_select(maxfdp1, readset, writeset, exceptset, timeout)
              : ::select(maxfdp1, readset, writeset, exceptset, timeout);
}

int lwip_posix_fcntl(int fd, int cmd, ...) {
  va_list list;
  va_start(list, cmd);
  const long argument = va_arg(list, long);
  va_end(list);
  return is_socket(fd) ? lwip_fcntl(fd, cmd, static_cast<int>(argument)) : ::fcntl(fd, cmd, argument);
}

int lwip_posix_ioctl(int fd, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  return is_socket(fd) ? lwip_ioctl(fd, static_cast<long>(request), argument)
                       : ::ioctl(fd, request, argument);
}

}  // extern "C"
