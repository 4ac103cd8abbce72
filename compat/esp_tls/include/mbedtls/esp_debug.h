/* SPDX-License-Identifier: Apache-2.0 */
/* mbedTLS's messages as those of esp_log.h, with the tag "mbedtls". Debian's mbedTLS has them. */
#pragma once

#include <esp_log.h>
#include <mbedtls/debug.h>
#include <mbedtls/ssl.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void linnet_mbedtls_debug(void* context, int level, const char* file, int line, const char* text) {
  static const esp_log_level_t levels[] = {ESP_LOG_NONE, ESP_LOG_WARN, ESP_LOG_INFO, ESP_LOG_DEBUG, ESP_LOG_VERBOSE};
  (void)context;
  linnet_esp_log(levels[level >= 0 && level <= 4 ? level : 4], "mbedtls", "%s:%d %s", file, line, text);
}
/* `threshold` is mbedTLS's: 0 nothing, 1 errors, 2 changes of state, 3 information, 4 everything. */
static inline void mbedtls_esp_enable_debug_log(mbedtls_ssl_config* config, int threshold) {
  static const esp_log_level_t levels[] = {ESP_LOG_NONE, ESP_LOG_WARN, ESP_LOG_INFO, ESP_LOG_DEBUG, ESP_LOG_VERBOSE};
  if (threshold < 0 || threshold > 4) return;
  esp_log_level_set("mbedtls", levels[threshold]);
  mbedtls_debug_set_threshold(threshold);
  mbedtls_ssl_conf_dbg(config, linnet_mbedtls_debug, NULL);
}
static inline void mbedtls_esp_disable_debug_log(mbedtls_ssl_config* config) { mbedtls_ssl_conf_dbg(config, NULL, NULL); }

#ifdef __cplusplus
}
#endif
