/* SPDX-License-Identifier: Apache-2.0 */
/* Network interfaces by name ("lo0", "st1") and number (1, 2, ...). */
#pragma once

#include <lwip/err.h>
#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NETIF_NAMESIZE 6
#define NETIF_NO_INDEX 0

/* 0: there is none. */
u8_t netif_name_to_index(const char* name);
/* Into NETIF_NAMESIZE bytes; NULL: there is none. */
char* netif_index_to_name(u8_t index, char* name);
unsigned int lwip_if_nametoindex(const char* name);
char* lwip_if_indextoname(unsigned int index, char* name);
#define if_nametoindex(name) lwip_if_nametoindex(name)
#define if_indextoname(index, name) lwip_if_indextoname(index, name)

#ifdef __cplusplus
}
#endif
