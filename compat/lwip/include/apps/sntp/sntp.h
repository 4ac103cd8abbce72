/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's time client where ESP-IDF 2 has it, and the calls that the ESP8266 had. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <lwip/apps/sntp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Hours from UTC, -11 to 13, for sntp_get_real_time alone (TZ is for localtime). False: no such zone. */
bool sntp_set_timezone(int8_t timezone);
int8_t sntp_get_timezone(void);
/* Seconds since 1970-01-01 UTC; 0 until the time is known. */
uint32_t sntp_get_current_timestamp(void);
char* linnet_sntp_get_real_time(time_t stamp);
/* The time in the zone as asctime writes it, in memory of the calling thread; of a stamp, or without one of now. */
#define LINNET_SNTP_STAMP(ignored, stamp, ...) ((time_t)(stamp))
#define sntp_get_real_time(...) \
  linnet_sntp_get_real_time(LINNET_SNTP_STAMP(~ __VA_OPT__(, ) __VA_ARGS__, sntp_get_current_timestamp(), ~))

#ifdef __cplusplus
}
#endif
