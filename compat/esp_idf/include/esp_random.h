/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From the operating system's source of entropy. */
uint32_t esp_random(void);
void esp_fill_random(void* buffer, size_t size);

#ifdef __cplusplus
}
#endif
