/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's calls of sockets. lwip_X are the functions; the names without lwip_ are macros (LWIP_COMPAT_SOCKETS 1: the programs of
   ESP-IDF 2 have variables called `socket`) or functions (2).

   Descriptors: those of sockets lie below FD_SETSIZE and above every number that the host gives out, so read, write, close,
   fcntl, ioctl, readv and writev know by the number whether a descriptor is a socket or the host's, as those of ESP-IDF's virtual
   file system do. select takes sockets or the host's descriptors, not both in one call; poll takes sockets.

   Errors: -1, and errno has the reason: one for each thread. Before a host is attached every call fails with ENETDOWN. */
#pragma once

#include <unistd.h>

#include <lwip/err.h>
#include <lwip/netif.h>
#include <lwip/sockets_types.h>

#ifdef __cplusplus
extern "C" {
#endif

int lwip_accept(int s, struct sockaddr* addr, socklen_t* addrlen);
int lwip_bind(int s, const struct sockaddr* name, socklen_t namelen);
int lwip_shutdown(int s, int how);
int lwip_getpeername(int s, struct sockaddr* name, socklen_t* namelen);
int lwip_getsockname(int s, struct sockaddr* name, socklen_t* namelen);
int lwip_getsockopt(int s, int level, int optname, void* optval, socklen_t* optlen);
int lwip_setsockopt(int s, int level, int optname, const void* optval, socklen_t optlen);
int lwip_close(int s);
int lwip_connect(int s, const struct sockaddr* name, socklen_t namelen);
int lwip_listen(int s, int backlog);
ssize_t lwip_recv(int s, void* mem, size_t len, int flags);
ssize_t lwip_read(int s, void* mem, size_t len);
ssize_t lwip_readv(int s, const struct iovec* iov, int iovcnt);
ssize_t lwip_recvfrom(int s, void* mem, size_t len, int flags, struct sockaddr* from, socklen_t* fromlen);
ssize_t lwip_recvmsg(int s, struct msghdr* message, int flags);
ssize_t lwip_send(int s, const void* dataptr, size_t size, int flags);
ssize_t lwip_sendmsg(int s, const struct msghdr* message, int flags);
ssize_t lwip_sendto(int s, const void* dataptr, size_t size, int flags, const struct sockaddr* to, socklen_t tolen);
int lwip_socket(int domain, int type, int protocol);
ssize_t lwip_write(int s, const void* dataptr, size_t size);
ssize_t lwip_writev(int s, const struct iovec* iov, int iovcnt);
int lwip_select(int maxfdp1, fd_set* readset, fd_set* writeset, fd_set* exceptset, struct timeval* timeout);
int lwip_poll(struct pollfd* fds, nfds_t nfds, int timeout);
int lwip_ioctl(int s, long cmd, void* argp);
int lwip_fcntl(int s, int cmd, int val);
/* Two connected streams over the loopback interface. */
#define LWIP_SOCKET_HAS_SOCKETPAIR 1
int lwip_socketpair(int domain, int type, int protocol, int sv[2]);
const char* lwip_inet_ntop(int af, const void* src, char* dst, socklen_t size);
int lwip_inet_pton(int af, const char* src, void* dst);

/* The same for sockets and the host's descriptors, by the number. */
int lwip_posix_close(int fd);
ssize_t lwip_posix_read(int fd, void* mem, size_t len);
ssize_t lwip_posix_write(int fd, const void* data, size_t size);
ssize_t lwip_posix_readv(int fd, const struct iovec* iov, int iovcnt);
ssize_t lwip_posix_writev(int fd, const struct iovec* iov, int iovcnt);
int lwip_posix_select(int maxfdp1, fd_set* readset, fd_set* writeset, fd_set* exceptset, struct timeval* timeout);
int lwip_posix_fcntl(int fd, int cmd, ...);
int lwip_posix_ioctl(int fd, unsigned long request, ...);

#define LWIP_SOCKET_OFFSET lwip_socket_offset()
/* The number of the first socket. */
int lwip_socket_offset(void);

/* ESP-IDF 2's names of the same calls: all are safe for threads. */
#define lwip_accept_r lwip_accept
#define lwip_bind_r lwip_bind
#define lwip_shutdown_r lwip_shutdown
#define lwip_getpeername_r lwip_getpeername
#define lwip_getsockname_r lwip_getsockname
#define lwip_getsockopt_r lwip_getsockopt
#define lwip_setsockopt_r lwip_setsockopt
#define lwip_close_r lwip_close
#define lwip_connect_r lwip_connect
#define lwip_listen_r lwip_listen
#define lwip_recv_r lwip_recv
#define lwip_read_r lwip_read
#define lwip_recvfrom_r lwip_recvfrom
#define lwip_recvmsg_r lwip_recvmsg
#define lwip_send_r lwip_send
#define lwip_sendmsg_r lwip_sendmsg
#define lwip_sendto_r lwip_sendto
#define lwip_write_r lwip_write
#define lwip_writev_r lwip_writev
#define lwip_ioctl_r lwip_ioctl
#define lwip_fcntl_r lwip_fcntl

#ifdef __cplusplus
}
#endif

#if LWIP_COMPAT_SOCKETS == 1
#include <lwip/sockets_macros.h>
#elif LWIP_COMPAT_SOCKETS == 2
#include <lwip/sockets_functions.h>
#endif
