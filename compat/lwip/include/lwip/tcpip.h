/* SPDX-License-Identifier: Apache-2.0 */
/* The stack has no thread of its own. What programs want to have done there is done by one thread, in order, which holds the
   core's lock meanwhile. That lock guards nothing of the stack's: it only keeps those functions and whoever holds it apart, and
   calls of sockets may be made under it. */
#pragma once

#include <lwip/err.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*tcpip_init_done_fn)(void* argument);
typedef void (*tcpip_callback_fn)(void* context);

/* `done` is called by the thread. */
void tcpip_init(tcpip_init_done_fn done, void* argument);
/* ERR_ARG: no function. The second form never waits, as the first. */
err_t tcpip_callback(tcpip_callback_fn function, void* context);
err_t tcpip_try_callback(tcpip_callback_fn function, void* context);
#define tcpip_callback_with_block(function, context, block) tcpip_callback(function, context)
#define tcpip_callbackmsg_trycallback_fromisr(message) tcpip_callbackmsg_trycallback(message)

struct tcpip_callback_msg;
/* A callback kept for many calls. */
struct tcpip_callback_msg* tcpip_callbackmsg_new(tcpip_callback_fn function, void* context);
void tcpip_callbackmsg_delete(struct tcpip_callback_msg* message);
err_t tcpip_callbackmsg_trycallback(struct tcpip_callback_msg* message);
/* Returns when everything given before is done; not from a callback. */
err_t tcpip_callback_wait(tcpip_callback_fn function, void* context);

void linnet_lock_tcpip_core(void);
void linnet_unlock_tcpip_core(void);
#define LOCK_TCPIP_CORE() linnet_lock_tcpip_core()
#define UNLOCK_TCPIP_CORE() linnet_unlock_tcpip_core()
#define LWIP_ASSERT_CORE_LOCKED()

#ifdef __cplusplus
}
#endif
