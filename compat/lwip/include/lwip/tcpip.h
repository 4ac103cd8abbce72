/* SPDX-License-Identifier: Apache-2.0 */
/* The stack has no thread of its own that programs would have to start or enter. */
#pragma once

#include <lwip/err.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*tcpip_init_done_fn)(void* argument);
static inline void tcpip_init(tcpip_init_done_fn done, void* argument) {
  if (done != 0) done(argument);
}
#define LOCK_TCPIP_CORE()
#define UNLOCK_TCPIP_CORE()

#ifdef __cplusplus
}
#endif
