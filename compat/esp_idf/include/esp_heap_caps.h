/* SPDX-License-Identifier: Apache-2.0 */
/* There is one kind of memory here. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MALLOC_CAP_EXEC (1 << 0)
#define MALLOC_CAP_32BIT (1 << 1)
#define MALLOC_CAP_8BIT (1 << 2)
#define MALLOC_CAP_DMA (1 << 3)
#define MALLOC_CAP_SPIRAM (1 << 10)
#define MALLOC_CAP_INTERNAL (1 << 11)
#define MALLOC_CAP_DEFAULT (1 << 12)
#define heap_caps_malloc(size, caps) malloc(size)
#define heap_caps_calloc(count, size, caps) calloc(count, size)
#define heap_caps_realloc(pointer, size, caps) realloc(pointer, size)
#define heap_caps_free(pointer) free(pointer)

/* Of the stack's buffers, see esp_system.h: whatever the capabilities are. */
size_t heap_caps_get_free_size(uint32_t caps);
size_t heap_caps_get_minimum_free_size(uint32_t caps);
size_t heap_caps_get_total_size(uint32_t caps);
size_t heap_caps_get_largest_free_block(uint32_t caps);

#ifdef __cplusplus
}
#endif
