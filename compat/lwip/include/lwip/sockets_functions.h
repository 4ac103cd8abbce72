/* SPDX-License-Identifier: Apache-2.0 */
/* The calls as functions: included by lwip/sockets.h. Those that the host's headers declare, too, keep that declaration and get
   the name of ours for the linker, so that they cost nothing and are no macros. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

static inline int accept(int s, struct sockaddr* addr, socklen_t* addrlen) { return lwip_accept(s, addr, addrlen); }
static inline int bind(int s, const struct sockaddr* name, socklen_t namelen) { return lwip_bind(s, name, namelen); }
static inline int shutdown(int s, int how) { return lwip_shutdown(s, how); }
static inline int getpeername(int s, struct sockaddr* name, socklen_t* namelen) {
  return lwip_getpeername(s, name, namelen);
}
static inline int getsockname(int s, struct sockaddr* name, socklen_t* namelen) {
  return lwip_getsockname(s, name, namelen);
}
static inline int setsockopt(int s, int level, int optname, const void* opval, socklen_t optlen) {
  return lwip_setsockopt(s, level, optname, opval, optlen);
}
static inline int getsockopt(int s, int level, int optname, void* opval, socklen_t* optlen) {
  return lwip_getsockopt(s, level, optname, opval, optlen);
}
static inline int closesocket(int s) { return lwip_close(s); }
static inline int connect(int s, const struct sockaddr* name, socklen_t namelen) {
  return lwip_connect(s, name, namelen);
}
static inline int listen(int s, int backlog) { return lwip_listen(s, backlog); }
static inline ssize_t recv(int s, void* mem, size_t len, int flags) { return lwip_recv(s, mem, len, flags); }
static inline ssize_t recvmsg(int s, struct msghdr* message, int flags) { return lwip_recvmsg(s, message, flags); }
static inline ssize_t recvfrom(int s, void* mem, size_t len, int flags, struct sockaddr* from, socklen_t* fromlen) {
  return lwip_recvfrom(s, mem, len, flags, from, fromlen);
}
static inline ssize_t send(int s, const void* dataptr, size_t size, int flags) {
  return lwip_send(s, dataptr, size, flags);
}
static inline ssize_t sendmsg(int s, const struct msghdr* message, int flags) {
  return lwip_sendmsg(s, message, flags);
}
static inline ssize_t sendto(int s, const void* dataptr, size_t size, int flags, const struct sockaddr* to,
                             socklen_t tolen) {
  return lwip_sendto(s, dataptr, size, flags, to, tolen);
}
static inline int socket(int domain, int type, int protocol) { return lwip_socket(domain, type, protocol); }
static inline int socketpair(int domain, int type, int protocol, int sv[2]) {
  return lwip_socketpair(domain, type, protocol, sv);
}
static inline const char* inet_ntop(int af, const void* src, char* dst, socklen_t size) {
  return lwip_inet_ntop(af, src, dst, size);
}
static inline int inet_pton(int af, const char* src, void* dst) { return lwip_inet_pton(af, src, dst); }
static inline int ioctlsocket(int s, long cmd, void* argp) { return lwip_ioctl(s, cmd, argp); }
static inline ssize_t readv(int fd, const struct iovec* iov, int iovcnt) { return lwip_posix_readv(fd, iov, iovcnt); }
static inline ssize_t writev(int fd, const struct iovec* iov, int iovcnt) {
  return lwip_posix_writev(fd, iov, iovcnt);
}
static inline int poll(struct pollfd* fds, nfds_t nfds, int timeout) { return lwip_poll(fds, nfds, timeout); }

#ifdef __cplusplus
#define LINNET_NOTHROW noexcept(true)
#else
#define LINNET_NOTHROW
#endif
int close(int fd) __asm__("lwip_posix_close");
ssize_t read(int fd, void* mem, size_t len) __asm__("lwip_posix_read");
ssize_t write(int fd, const void* data, size_t size) __asm__("lwip_posix_write");
int select(int maxfdp1, fd_set* readset, fd_set* writeset, fd_set* exceptset, struct timeval* timeout) __asm__(
    "lwip_posix_select");
int fcntl(int fd, int cmd, ...) __asm__("lwip_posix_fcntl");
int ioctl(int fd, unsigned long request, ...) LINNET_NOTHROW __asm__("lwip_posix_ioctl");
#undef LINNET_NOTHROW

#ifdef __cplusplus
}
#endif
