/* SPDX-License-Identifier: Apache-2.0 */
/* How many time servers programs may set: at most 8 are kept. */
#pragma once

#include <lwip/opt.h>
#if __has_include(<sdkconfig.h>)
#include <sdkconfig.h>
#endif

#ifndef SNTP_MAX_SERVERS
#ifdef CONFIG_LWIP_SNTP_MAX_SERVERS
#define SNTP_MAX_SERVERS CONFIG_LWIP_SNTP_MAX_SERVERS
#else
#define SNTP_MAX_SERVERS 3
#endif
#endif
#define SNTP_SERVER_DNS 1
#define SNTP_GET_SERVERS_FROM_DHCP 1
#define SNTP_PORT 123
