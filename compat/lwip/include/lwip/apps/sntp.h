/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's time client. What it sets is the time that the POSIX calls of programs tell (docs/esp-idf.md). */
#pragma once

#include <lwip/apps/sntp_opts.h>
#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SNTP_OPMODE_POLL 0       /* servers are asked */
#define SNTP_OPMODE_LISTENONLY 1 /* what they broadcast is taken */

/* Has no effect while it runs. */
void sntp_setoperatingmode(u8_t operating_mode);
u8_t sntp_getoperatingmode(void);
/* Begins; the time comes later. Does nothing when it runs. */
void sntp_init(void);
/* The clock goes on. */
void sntp_stop(void);
u8_t sntp_enabled(void);
/* By address or by name; the later call of the two counts for an index. NULL takes the server away. The type of an address that
   inet_pton(AF_INET, ..., &addr) filled does not matter. */
void sntp_setserver(u8_t idx, const ip_addr_t* addr);
void linnet_sntp_setservername(u8_t idx, const char* server);
/* Indexes that nothing is set at show the servers that DHCP offers (sntp_servermode_dhcp). */
const ip_addr_t* linnet_sntp_getserver(u8_t idx);
/* NULL: it was set by its address, or there is none. It stays until the index is set anew. */
const char* linnet_sntp_getservername(u8_t idx);
/* The last eight times that it was asked, the latest lowest: 1 answered. */
u8_t sntp_getreachability(u8_t idx);
/* It said that it must not be asked any more. */
u8_t sntp_getkodreceived(u8_t idx);
/* Whether the servers of a DHCP lease are asked beside those that were set. */
void sntp_servermode_dhcp(int set_servers_from_dhcp);
#if LINNET_ESP_ERA < 4
static inline ip_addr_t sntp_getserver(u8_t idx) { return *linnet_sntp_getserver(idx); }
static inline void sntp_setservername(u8_t idx, char* server) { linnet_sntp_setservername(idx, server); }
static inline char* sntp_getservername(u8_t idx) { return (char*)linnet_sntp_getservername(idx); }
#else
static inline const ip_addr_t* sntp_getserver(u8_t idx) { return linnet_sntp_getserver(idx); }
static inline void sntp_setservername(u8_t idx, const char* server) { linnet_sntp_setservername(idx, server); }
static inline const char* sntp_getservername(u8_t idx) { return linnet_sntp_getservername(idx); }
#endif

#ifdef __cplusplus
}
#endif
