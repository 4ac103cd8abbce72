/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <esp_err.h>
#include <esp_log.h>

#define ESP_RETURN_ON_ERROR(x, tag, format, ...)      \
  do {                                                \
    esp_err_t linnet_rc = (x);                        \
    if (linnet_rc != ESP_OK) {                        \
      ESP_LOGE(tag, format, ##__VA_ARGS__);           \
      return linnet_rc;                               \
    }                                                 \
  } while (0)
#define ESP_GOTO_ON_ERROR(x, label, tag, format, ...) \
  do {                                                \
    esp_err_t linnet_rc = (x);                        \
    if (linnet_rc != ESP_OK) {                        \
      ESP_LOGE(tag, format, ##__VA_ARGS__);           \
      ret = linnet_rc;                                \
      goto label;                                     \
    }                                                 \
  } while (0)
#define ESP_RETURN_ON_FALSE(x, code, tag, format, ...) \
  do {                                                 \
    if (!(x)) {                                        \
      ESP_LOGE(tag, format, ##__VA_ARGS__);            \
      return code;                                     \
    }                                                  \
  } while (0)
#define ESP_GOTO_ON_FALSE(x, code, label, tag, format, ...) \
  do {                                                      \
    if (!(x)) {                                             \
      ESP_LOGE(tag, format, ##__VA_ARGS__);                 \
      ret = code;                                           \
      goto label;                                           \
    }                                                       \
  } while (0)
