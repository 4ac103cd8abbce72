/* SPDX-License-Identifier: Apache-2.0 */
/* The host's sys/time.h; as time.h. */
#pragma once

#include_next <sys/time.h>

#ifdef __cplusplus
extern "C" {
#endif

extern int __REDIRECT_NTH(gettimeofday, (struct timeval* __restrict time, void* __restrict zone), linnet_gettimeofday);
#ifdef __USE_MISC
extern int __REDIRECT_NTH(settimeofday, (const struct timeval* time, const struct timezone* zone), linnet_settimeofday);
extern int __REDIRECT_NTH(adjtime, (const struct timeval* delta, struct timeval* before), linnet_adjtime);
#endif

#ifdef __cplusplus
}
#endif
