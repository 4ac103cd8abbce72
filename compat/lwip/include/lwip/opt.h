/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP's configuration tells programs. */
#pragma once

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/types.h>
#include <unistd.h>

#include <lwip/era.h>

/* Every sdkconfig.h that tools/settings wrote has CONFIG_LWIP_IPV4: then the program's stack is as its settings say. Without one
   the stack has everything. */
#if defined(__has_include)
#if __has_include(<sdkconfig.h>)
#include <sdkconfig.h>
#endif
#endif
#if !defined(CONFIG_LWIP_IPV4) || defined(CONFIG_LWIP_IPV6)
#define LWIP_IPV6 1 /* types have room for both families in either case */
#else
#define LWIP_IPV6 0
#endif
#if !defined(CONFIG_LWIP_IPV4) || defined(CONFIG_LWIP_DHCP_GET_NTP_SRV)
#define LWIP_DHCP_GET_NTP_SRV 1
#else
#define LWIP_DHCP_GET_NTP_SRV 0
#endif
#if !defined(CONFIG_LWIP_IPV4) || defined(CONFIG_LWIP_SO_RCVBUF)
#define LWIP_SO_RCVBUF 1
#else
#define LWIP_SO_RCVBUF 0
#endif
#if !defined(CONFIG_LWIP_IPV4) || defined(CONFIG_LWIP_SO_LINGER)
#define LWIP_SO_LINGER 1
#else
#define LWIP_SO_LINGER 0
#endif
#if !defined(CONFIG_LWIP_IPV4) || defined(CONFIG_LWIP_NETBUF_RECVINFO)
#define LWIP_NETBUF_RECVINFO 1
#else
#define LWIP_NETBUF_RECVINFO 0
#endif
#ifdef CONFIG_LWIP_DNS_MAX_SERVERS
#define DNS_MAX_SERVERS CONFIG_LWIP_DNS_MAX_SERVERS
#endif
#ifdef CONFIG_LWIP_FALLBACK_DNS_SERVER_SUPPORT
#define DNS_FALLBACK_SERVER_INDEX (DNS_MAX_SERVERS - 1)
#endif

#define LWIP_IPV4 1
#define LWIP_IPV6_SCOPES 1
#define LWIP_TCP 1
#define LWIP_UDP 1
#define LWIP_RAW 1
#define LWIP_ICMP 1
#define LWIP_DNS 1
#define LWIP_DHCP 1
#define LWIP_IGMP 1
#define LWIP_SOCKET 1
#define LWIP_NETCONN 1
#define LWIP_SO_SNDTIMEO 1
#define LWIP_SO_RCVTIMEO 1
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_SOCKET_SELECT 1
#define LWIP_SOCKET_POLL 1

#ifndef DNS_MAX_SERVERS
#define DNS_MAX_SERVERS 4
#endif
#define DNS_MAX_NAME_LENGTH 256
#define DNS_TABLE_SIZE 4 /* of lwIP's configuration: the resolver remembers more */

/* The names of sockets without lwip_. 0: none; 1: function-like macros, as until ESP-IDF 2; 2: functions, as after it. */
#ifndef LWIP_COMPAT_SOCKETS
#define LWIP_COMPAT_SOCKETS (LINNET_ESP_ERA < 3 ? 1 : 2)
#endif
