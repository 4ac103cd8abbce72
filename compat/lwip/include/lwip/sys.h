/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP's operating system, as far as programs use it. */
#pragma once

#include <lwip/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds of a clock that only goes forward; it wraps. */
u32_t sys_now(void);
void sys_msleep(u32_t milliseconds);
/* One recursive lock for all. */
typedef int sys_prot_t;
sys_prot_t sys_arch_protect(void);
void sys_arch_unprotect(sys_prot_t level);
#define SYS_ARCH_DECL_PROTECT(level) sys_prot_t level
#define SYS_ARCH_PROTECT(level) level = sys_arch_protect()
#define SYS_ARCH_UNPROTECT(level) sys_arch_unprotect(level)

#ifdef __cplusplus
}
#endif
