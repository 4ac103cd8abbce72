/* SPDX-License-Identifier: Apache-2.0 */
/* ESP-IDF's part of the time client: how the clock is set, and who is told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include <lwip/apps/sntp.h>
#include <lwip/err.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  SNTP_SYNC_MODE_IMMED, /* the clock is set */
  SNTP_SYNC_MODE_SMOOTH /* it runs faster or slower until it is right, where it is off by less than 35 minutes */
} sntp_sync_mode_t;
typedef enum {
  SNTP_SYNC_STATUS_RESET,      /* not yet, or not since the last time that somebody asked */
  SNTP_SYNC_STATUS_COMPLETED,
  SNTP_SYNC_STATUS_IN_PROGRESS /* of SNTP_SYNC_MODE_SMOOTH */
} sntp_sync_status_t;
typedef enum { ESP_SNTP_OPMODE_POLL, ESP_SNTP_OPMODE_LISTENONLY } esp_sntp_operatingmode_t;
typedef void (*sntp_sync_time_cb_t)(struct timeval* tv);

/* Called with the time that has come, by a thread of its own; sets the clock. A program may have its own. */
void sntp_sync_time(struct timeval* tv);
void sntp_set_sync_mode(sntp_sync_mode_t sync_mode);
sntp_sync_mode_t sntp_get_sync_mode(void);
/* COMPLETED is told once, then it is RESET. */
sntp_sync_status_t sntp_get_sync_status(void);
void sntp_set_sync_status(sntp_sync_status_t sync_status);
/* Called after the clock was set, as sntp_sync_time is. */
void sntp_set_time_sync_notification_cb(sntp_sync_time_cb_t callback);
/* At least 15 s (RFC 4330 10). Counts after the next answer, or sntp_restart. */
void sntp_set_sync_interval(uint32_t interval_ms);
uint32_t sntp_get_sync_interval(void);
/* False: it does not run. */
bool sntp_restart(void);

#define esp_sntp_sync_time sntp_sync_time
#define esp_sntp_set_sync_mode sntp_set_sync_mode
#define esp_sntp_get_sync_mode sntp_get_sync_mode
#define esp_sntp_get_sync_status sntp_get_sync_status
#define esp_sntp_set_sync_status sntp_set_sync_status
#define esp_sntp_set_time_sync_notification_cb sntp_set_time_sync_notification_cb
#define esp_sntp_set_sync_interval sntp_set_sync_interval
#define esp_sntp_get_sync_interval sntp_get_sync_interval
#define esp_sntp_restart sntp_restart

/* As their namesakes of lwip/apps/sntp.h. */
static inline void esp_sntp_setoperatingmode(esp_sntp_operatingmode_t operating_mode) {
  sntp_setoperatingmode(operating_mode == ESP_SNTP_OPMODE_LISTENONLY ? SNTP_OPMODE_LISTENONLY : SNTP_OPMODE_POLL);
}
static inline esp_sntp_operatingmode_t esp_sntp_getoperatingmode(void) {
  return sntp_getoperatingmode() == SNTP_OPMODE_LISTENONLY ? ESP_SNTP_OPMODE_LISTENONLY : ESP_SNTP_OPMODE_POLL;
}
static inline void esp_sntp_init(void) { sntp_init(); }
static inline void esp_sntp_stop(void) { sntp_stop(); }
static inline void esp_sntp_setserver(u8_t idx, const ip_addr_t* addr) { sntp_setserver(idx, addr); }
static inline void esp_sntp_setservername(u8_t idx, const char* server) { linnet_sntp_setservername(idx, server); }
static inline const char* esp_sntp_getservername(u8_t idx) { return linnet_sntp_getservername(idx); }
static inline const ip_addr_t* esp_sntp_getserver(u8_t idx) { return linnet_sntp_getserver(idx); }
static inline bool esp_sntp_enabled(void) { return sntp_enabled() != 0; }
static inline uint8_t esp_sntp_getreachability(uint8_t idx) { return sntp_getreachability(idx); }
static inline void esp_sntp_servermode_dhcp(bool enable) { sntp_servermode_dhcp(enable); }

#ifdef __cplusplus
}
#endif
