/* SPDX-License-Identifier: Apache-2.0 */
/* err_t: what lwIP's own interfaces answer. */
#pragma once

#include <lwip/arch.h>
#include <lwip/opt.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef s8_t err_t;

typedef enum {
  ERR_OK = 0,
  ERR_MEM = -1,
  ERR_BUF = -2,
  ERR_TIMEOUT = -3,
  ERR_RTE = -4,
  ERR_INPROGRESS = -5,
  ERR_VAL = -6,
  ERR_WOULDBLOCK = -7,
  ERR_USE = -8,
  ERR_ALREADY = -9,
  ERR_ISCONN = -10,
  ERR_CONN = -11,
  ERR_IF = -12,
  ERR_ABRT = -13,
  ERR_RST = -14,
  ERR_CLSD = -15,
  ERR_ARG = -16
} err_enum_t;

#define ERR_IS_FATAL(e) ((e) <= ERR_ABRT)

/* The number of errno.h; -1 for ERR_IF and what is no err_t. */
int err_to_errno(err_t err);
const char* lwip_strerr(err_t err);

#ifdef __cplusplus
}
#endif
