/* SPDX-License-Identifier: Apache-2.0 */
/* There is one kind of memory here. */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#define MALLOC_CAP_8BIT (1 << 2)
#define MALLOC_CAP_SPIRAM (1 << 10)
#define MALLOC_CAP_INTERNAL (1 << 11)
#define MALLOC_CAP_DEFAULT (1 << 12)
#define heap_caps_malloc(size, caps) malloc(size)
#define heap_caps_calloc(count, size, caps) calloc(count, size)
#define heap_caps_realloc(pointer, size, caps) realloc(pointer, size)
#define heap_caps_free(pointer) free(pointer)
