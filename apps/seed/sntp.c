// SPDX-License-Identifier: Apache-2.0
// The text's example, and the calls that it names beside it; POSIX' time functions tell the time afterwards.
#include <apps/sntp/sntp.h>
#include <lwip/sockets.h>

#include "apps/seed/seed.h"

void seed_sntp(const char* server) {
  // the text
  ip_addr_t addr;
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  inet_pton(AF_INET, server, &addr);
  sntp_setserver(0, &addr);
  sntp_init();
  // the text
}

void seed_sntp_names(const char* second, const char* third, int hours) {
  sntp_setservername(1, (char*)second);
  sntp_setservername(2, (char*)third);
  sntp_set_timezone((int8_t)hours);
}

u32_t seed_timestamp(void) { return sntp_get_current_timestamp(); }
const char* seed_real_time(void) { return sntp_get_real_time(); }
