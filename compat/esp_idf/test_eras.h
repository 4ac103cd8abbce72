/* SPDX-License-Identifier: Apache-2.0 */
/* What the headers say of the era that they are compiled in. */
#pragma once

#include <esp_system.h>

#ifdef __cplusplus
static_assert(LINNET_IDF_VERSION[1] == '0' + LINNET_ESP_ERA && LINNET_IDF_VERSION[2] == '.', "the version's text");
#endif
#if ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(LINNET_ESP_ERA, 0, 0) || ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(LINNET_ESP_ERA + 1, 0, 0)
#error "the version's number"
#endif
