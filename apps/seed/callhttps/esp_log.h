// SPDX-License-Identifier: Apache-2.0
// What callhttps.c needs of ESP-IDF's esp_log.h.
#pragma once

#include <stdio.h>

#define ESP_LOGE(tag, format, ...) fprintf(stderr, "E %s: " format, tag, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) fprintf(stderr, "D %s: " format, tag, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) fprintf(stderr, "V %s: " format, tag, ##__VA_ARGS__)
