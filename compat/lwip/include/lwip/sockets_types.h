/* SPDX-License-Identifier: Apache-2.0 */
/* The structures and numbers of lwIP's sockets. The host's fd_set, timeval and file status flags are used where the C library
   has declared them anyway; everything else has lwIP's layout. */
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/time.h>

#include <lwip/errno.h>
#include <lwip/inet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef u8_t sa_family_t;
typedef u16_t in_port_t;
typedef u32_t socklen_t;
typedef int msg_iovlen_t;

struct sockaddr_in {
  u8_t sin_len;
  sa_family_t sin_family;
  in_port_t sin_port;
  struct in_addr sin_addr;
#define SIN_ZERO_LEN 8
  char sin_zero[SIN_ZERO_LEN];
};

struct sockaddr_in6 {
  u8_t sin6_len;
  sa_family_t sin6_family;
  in_port_t sin6_port;
  u32_t sin6_flowinfo;
  struct in6_addr sin6_addr;
  u32_t sin6_scope_id;
};

struct sockaddr {
  u8_t sa_len;
  sa_family_t sa_family;
  char sa_data[14];
};

struct sockaddr_storage {
  u8_t s2_len;
  sa_family_t ss_family;
  char s2_data1[2];
  u32_t s2_data2[3];
  u32_t s2_data3[3];
};

#ifndef __iovec_defined
#define __iovec_defined 1
struct iovec {
  void* iov_base;
  size_t iov_len;
};
#endif

struct msghdr {
  void* msg_name;
  socklen_t msg_namelen;
  struct iovec* msg_iov;
  msg_iovlen_t msg_iovlen;
  void* msg_control;
  socklen_t msg_controllen;
  int msg_flags;
};
#define MSG_TRUNC 0x04
#define MSG_CTRUNC 0x08

struct cmsghdr {
  socklen_t cmsg_len; /* with the header */
  int cmsg_level;
  int cmsg_type;
};
#define LINNET_CMSG_ALIGN(size) (((size) + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1))
#define CMSG_FIRSTHDR(message)                                                       \
  ((message)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr*)(message)->msg_control \
                                                       : (struct cmsghdr*)NULL)
#define CMSG_NXTHDR(message, cmsg)                                                                          \
  ((cmsg) == NULL ? CMSG_FIRSTHDR(message)                                                                  \
   : ((u8_t*)(cmsg) + LINNET_CMSG_ALIGN((cmsg)->cmsg_len) + LINNET_CMSG_ALIGN(sizeof(struct cmsghdr)) >     \
      (u8_t*)(message)->msg_control + (message)->msg_controllen)                                            \
       ? (struct cmsghdr*)NULL                                                                              \
       : (struct cmsghdr*)(void*)((u8_t*)(cmsg) + LINNET_CMSG_ALIGN((cmsg)->cmsg_len)))
#define CMSG_DATA(cmsg) ((void*)((u8_t*)(cmsg) + LINNET_CMSG_ALIGN(sizeof(struct cmsghdr))))
#define CMSG_SPACE(length) (LINNET_CMSG_ALIGN(sizeof(struct cmsghdr)) + LINNET_CMSG_ALIGN(length))
#define CMSG_LEN(length) (LINNET_CMSG_ALIGN(sizeof(struct cmsghdr)) + (length))

#ifndef IFNAMSIZ
#define IFNAMSIZ 6
#endif
struct ifreq {
  char ifr_name[IFNAMSIZ];
};

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3

#define SO_DEBUG 0x0001
#define SO_ACCEPTCONN 0x0002
#define SO_REUSEADDR 0x0004
#define SO_KEEPALIVE 0x0008
#define SO_DONTROUTE 0x0010
#define SO_BROADCAST 0x0020
#define SO_USELOOPBACK 0x0040
#define SO_LINGER 0x0080
#define SO_DONTLINGER ((int)(~SO_LINGER))
#define SO_OOBINLINE 0x0100
#define SO_REUSEPORT 0x0200
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_CONTIMEO 0x1009
#define SO_NO_CHECK 0x100a
#define SO_BINDTODEVICE 0x100b

struct linger {
  int l_onoff;
  int l_linger; /* seconds */
};

#define SOL_SOCKET 0xfff

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define PF_UNSPEC AF_UNSPEC

#define IPPROTO_IP 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_IPV6 41
#define IPPROTO_ICMPV6 58
#define IPPROTO_UDPLITE 136
#define IPPROTO_RAW 255

#define MSG_PEEK 0x01
#define MSG_WAITALL 0x02
#define MSG_OOB 0x04
#define MSG_DONTWAIT 0x08
#define MSG_MORE 0x10
#define MSG_NOSIGNAL 0x20

#define TCP_NODELAY 0x01
#define TCP_KEEPALIVE 0x02 /* milliseconds */
#define TCP_KEEPIDLE 0x03  /* seconds */
#define TCP_KEEPINTVL 0x04 /* seconds */
#define TCP_KEEPCNT 0x05
/* Of ESP-IDF 2: SO_RCVBUF and SO_SNDBUF of a connection. */
#define TCP_WINDOW 0x06
#define TCP_SNDBUF 0x07

#define IP_TOS 1
#define IP_TTL 2
#define IP_ADD_MEMBERSHIP 3
#define IP_DROP_MEMBERSHIP 4
#define IP_MULTICAST_TTL 5
#define IP_MULTICAST_IF 6
#define IP_MULTICAST_LOOP 7
#define IP_PKTINFO 8
/* Not in lwIP, with Linux's numbers: IP_TTL and IP_TOS as control data; RFC 3678 4.1 for IPv4. */
#define IP_RECVTTL 12
#define IP_RECVTOS 13
#define IP_UNBLOCK_SOURCE 37
#define IP_BLOCK_SOURCE 38
#define IP_ADD_SOURCE_MEMBERSHIP 39
#define IP_DROP_SOURCE_MEMBERSHIP 40

#define IPV6_CHECKSUM 7
#define IPV6_JOIN_GROUP 12
#define IPV6_ADD_MEMBERSHIP IPV6_JOIN_GROUP
#define IPV6_LEAVE_GROUP 13
#define IPV6_DROP_MEMBERSHIP IPV6_LEAVE_GROUP
#define IPV6_V6ONLY 27
#define IPV6_MULTICAST_IF 0x300
#define IPV6_MULTICAST_HOPS 0x301
#define IPV6_MULTICAST_LOOP 0x302
/* Not in lwIP, with Linux's numbers. */
#define IPV6_UNICAST_HOPS 16
#define IPV6_RECVPKTINFO 49
#define IPV6_PKTINFO 50
#define IPV6_RECVHOPLIMIT 51
#define IPV6_HOPLIMIT 52
#define IPV6_RECVTCLASS 66
#define IPV6_TCLASS 67

#define UDPLITE_SEND_CSCOV 0x01
#define UDPLITE_RECV_CSCOV 0x02

#define IPTOS_TOS_MASK 0x1E
#define IPTOS_LOWDELAY 0x10
#define IPTOS_THROUGHPUT 0x08
#define IPTOS_RELIABILITY 0x04
#define IPTOS_LOWCOST 0x02
#define IPTOS_MINCOST IPTOS_LOWCOST

struct ip_mreq {
  struct in_addr imr_multiaddr;
  struct in_addr imr_interface;
};
struct ip_mreq_source {
  struct in_addr imr_multiaddr;
  struct in_addr imr_interface;
  struct in_addr imr_sourceaddr;
};
struct ipv6_mreq {
  struct in6_addr ipv6mr_multiaddr;
  unsigned int ipv6mr_interface;
};
struct in_pktinfo {
  unsigned int ipi_ifindex;
  struct in_addr ipi_addr;
};
struct in6_pktinfo {
  struct in6_addr ipi6_addr;
  unsigned int ipi6_ifindex;
};

/* RFC 3678 5: sources of groups, of either family. Not in lwIP, with Linux's numbers; the level is IPPROTO_IP or IPPROTO_IPV6. */
#define MCAST_JOIN_GROUP 42
#define MCAST_BLOCK_SOURCE 43
#define MCAST_UNBLOCK_SOURCE 44
#define MCAST_LEAVE_GROUP 45
#define MCAST_JOIN_SOURCE_GROUP 46
#define MCAST_LEAVE_SOURCE_GROUP 47
struct group_req {
  u32_t gr_interface;
  struct sockaddr_storage gr_group;
};
struct group_source_req {
  u32_t gsr_interface;
  struct sockaddr_storage gsr_group;
  struct sockaddr_storage gsr_source;
};

#ifndef FIONREAD
#define FIONREAD 0x4004667f
#endif
#ifndef FIONBIO
#define FIONBIO 0x8004667e
#endif
#ifndef SIOCATMARK
#define SIOCATMARK 0x40047307
#endif
/* Watermarks, which lwIP has the names of and no more: ENOTTY. */
#define SIOCSHIWAT 0x80047300
#define SIOCGHIWAT 0x40047301
#define SIOCSLOWAT 0x80047302
#define SIOCGLOWAT 0x40047303

/* The host's <fcntl.h> says what O_NONBLOCK is; fcntl takes lwIP's 1, too. */
#ifndef F_GETFL
#define F_GETFL 3
#define F_SETFL 4
#endif
#ifndef O_NONBLOCK
#define O_NONBLOCK 1
#endif

#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2

#define POLLIN 0x1
#define POLLOUT 0x2
#define POLLERR 0x4
#define POLLNVAL 0x8
#define POLLRDNORM 0x10
#define POLLRDBAND 0x20
#define POLLPRI 0x40
#define POLLWRNORM 0x80
#define POLLWRBAND 0x100
#define POLLHUP 0x200
typedef unsigned int nfds_t;
struct pollfd {
  int fd;
  short events;
  short revents;
};

#ifdef __cplusplus
}
#endif
