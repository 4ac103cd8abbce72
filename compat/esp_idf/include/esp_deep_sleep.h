/* SPDX-License-Identifier: Apache-2.0 */
/* A device that sleeps deeply starts anew when it wakes: the program ends. */
#pragma once

#include <stdint.h>

#include <esp_err.h>

#ifdef __cplusplus
extern "C" {
#endif

void esp_deep_sleep(uint64_t microseconds) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
