/* SPDX-License-Identifier: Apache-2.0 */
/* The host's time.h; the time of day is the device's. The calls keep their names, so that std::time and members called time are
   what they were: only the symbols that are linked are others. */
#pragma once

#include_next <time.h>

#ifdef __cplusplus
extern "C" {
#endif

extern time_t __REDIRECT_NTH(time, (time_t* at), linnet_time);
#ifdef __USE_POSIX199309
extern int __REDIRECT_NTH(clock_gettime, (clockid_t clock, struct timespec* time), linnet_clock_gettime);
extern int __REDIRECT_NTH(clock_settime, (clockid_t clock, const struct timespec* time), linnet_clock_settime);
#endif
#ifdef __USE_ISOC11
extern int __REDIRECT_NTH(timespec_get, (struct timespec* time, int base), linnet_timespec_get);
#endif

#ifdef __cplusplus
}
#endif
