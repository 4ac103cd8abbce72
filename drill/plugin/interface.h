/* SPDX-License-Identifier: Apache-2.0
 * What the original packetdrill expects of a library that it is given by --so_filename: a function that fills a struct
 * of pointers, in this order. Results are those of POSIX: -1 with errno. */
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

extern "C" {

struct packetdrill_interface {
  void* userdata;
  void (*free)(void* userdata);
  int (*socket)(void* userdata, int domain, int type, int protocol);
  int (*bind)(void* userdata, int fd, const struct sockaddr* address, socklen_t length);
  int (*listen)(void* userdata, int fd, int backlog);
  int (*accept)(void* userdata, int fd, struct sockaddr* address, socklen_t* length);
  int (*connect)(void* userdata, int fd, const struct sockaddr* address, socklen_t length);
  ssize_t (*read)(void* userdata, int fd, void* buffer, size_t size);
  ssize_t (*readv)(void* userdata, int fd, const struct iovec* parts, int count);
  ssize_t (*recv)(void* userdata, int fd, void* buffer, size_t size, int flags);
  ssize_t (*recvfrom)(void* userdata, int fd, void* buffer, size_t size, int flags, struct sockaddr* from,
                      socklen_t* length);
  ssize_t (*recvmsg)(void* userdata, int fd, struct msghdr* message, int flags);
  ssize_t (*write)(void* userdata, int fd, const void* buffer, size_t size);
  ssize_t (*writev)(void* userdata, int fd, const struct iovec* parts, int count);
  ssize_t (*send)(void* userdata, int fd, const void* buffer, size_t size, int flags);
  ssize_t (*sendto)(void* userdata, int fd, const void* buffer, size_t size, int flags, const struct sockaddr* to,
                    socklen_t length);
  ssize_t (*sendmsg)(void* userdata, int fd, const struct msghdr* message, int flags);
  int (*fcntl)(void* userdata, int fd, int command, ...);
  int (*ioctl)(void* userdata, int fd, unsigned long request, ...);
  int (*close)(void* userdata, int fd);
  int (*shutdown)(void* userdata, int fd, int how);
  int (*getsockopt)(void* userdata, int fd, int level, int name, void* value, socklen_t* length);
  int (*setsockopt)(void* userdata, int fd, int level, int name, const void* value, socklen_t length);
  int (*poll)(void* userdata, struct pollfd* entries, nfds_t count, int timeout);
  int (*netdev_send)(void* userdata, const void* packet, size_t size);
  int (*netdev_receive)(void* userdata, void* packet, size_t* size, long long* time_usecs);
  int (*usleep)(void* userdata, useconds_t microseconds);
  int (*gettimeofday)(void* userdata, struct timeval* time, struct timezone* zone);
  int (*epoll_create)(void* userdata, int size);
  int (*epoll_ctl)(void* userdata, int epoll, int operation, int fd, struct epoll_event* event);
  int (*epoll_wait)(void* userdata, int epoll, struct epoll_event* events, int most, int timeout);
  int (*pipe)(void* userdata, int descriptors[2]);
  int (*splice)(void* userdata, int from, loff_t* from_offset, int to, loff_t* to_offset, size_t size,
                unsigned int flags);
};

void packetdrill_interface_init(const char* flags, struct packetdrill_interface* out);
}
