/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's getaddrinfo, which gives the addresses of both families: as lwip/netdb.h's does here, whatever
   CONFIG_LWIP_USE_ESP_GETADDRINFO says. */
#pragma once

#include <lwip/netdb.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline int esp_getaddrinfo(const char* nodename, const char* servname, const struct addrinfo* hints,
                                  struct addrinfo** res) {
  return lwip_getaddrinfo(nodename, servname, hints, res);
}
static inline void esp_freeaddrinfo(struct addrinfo* first) { lwip_freeaddrinfo(first); }

#ifdef __cplusplus
}
#endif
