// SPDX-License-Identifier: Apache-2.0
// The text names dns_setserver, dns_getserver and gethostbyname, and fills addresses by inet_pton.
#include <lwip/dns.h>
#include <lwip/netdb.h>

#include "apps/seed/seed.h"

void seed_set_dns_servers(const char* first, const char* second) {
  ip_addr_t addr;
  inet_pton(AF_INET, first, &addr);
  dns_setserver(0, &addr);
  inet_pton(AF_INET, second, &addr);
  dns_setserver(1, &addr);
}

u32_t seed_resolve(const char* name) {
  struct hostent* host = gethostbyname(name);
  u32_t address = 0;
  if (host != NULL) memcpy(&address, host->h_addr, sizeof(address));
  return address;
}
