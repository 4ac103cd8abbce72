/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with a level, on standard output: "I (1234) tag: text". */
#pragma once

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/era.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  ESP_LOG_NONE,
  ESP_LOG_ERROR,
  ESP_LOG_WARN,
  ESP_LOG_INFO,
  ESP_LOG_DEBUG,
  ESP_LOG_VERBOSE
} esp_log_level_t;

/* "*" sets the level of all tags. The default is ESP_LOG_INFO. */
void esp_log_level_set(const char* tag, esp_log_level_t level);
esp_log_level_t esp_log_level_get(const char* tag);
/* Milliseconds since the start. */
uint32_t esp_log_timestamp(void);
/* A whole line, unless the tag's level leaves it out. */
void linnet_esp_log(esp_log_level_t level, const char* tag, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
void esp_log_write(esp_log_level_t level, const char* tag, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
void linnet_esp_log_buffer(esp_log_level_t level, const char* tag, const void* buffer, size_t size);

/* ESP-IDF 2 made these blocks, which some of its programs put no semicolon behind. */
#if LINNET_ESP_ERA < 3
#define LINNET_ESP_LOG(level, tag, format, ...) \
  if (1) {                                      \
    linnet_esp_log(level, tag, format, ##__VA_ARGS__); \
  }
#else
#define LINNET_ESP_LOG(level, tag, format, ...) linnet_esp_log(level, tag, format, ##__VA_ARGS__)
#endif
#define ESP_LOGE(tag, format, ...) LINNET_ESP_LOG(ESP_LOG_ERROR, tag, format, ##__VA_ARGS__)
#define ESP_LOGW(tag, format, ...) LINNET_ESP_LOG(ESP_LOG_WARN, tag, format, ##__VA_ARGS__)
#define ESP_LOGI(tag, format, ...) LINNET_ESP_LOG(ESP_LOG_INFO, tag, format, ##__VA_ARGS__)
#define ESP_LOGD(tag, format, ...) LINNET_ESP_LOG(ESP_LOG_DEBUG, tag, format, ##__VA_ARGS__)
#define ESP_LOGV(tag, format, ...) LINNET_ESP_LOG(ESP_LOG_VERBOSE, tag, format, ##__VA_ARGS__)
#define ESP_EARLY_LOGE ESP_LOGE
#define ESP_EARLY_LOGW ESP_LOGW
#define ESP_EARLY_LOGI ESP_LOGI
#define ESP_EARLY_LOGD ESP_LOGD
#define ESP_EARLY_LOGV ESP_LOGV
/* Lines have no colours here: they are read by programs, too. */
#define LOG_COLOR(color) ""
#define LOG_COLOR_E ""
#define LOG_COLOR_W ""
#define LOG_COLOR_I ""
#define LOG_COLOR_D ""
#define LOG_COLOR_V ""
#define LOG_RESET_COLOR ""
#define ESP_LOG_LEVEL(level, tag, format, ...) linnet_esp_log(level, tag, format, ##__VA_ARGS__)
#define ESP_LOG_BUFFER_HEX(tag, buffer, size) linnet_esp_log_buffer(ESP_LOG_INFO, tag, buffer, size)
#define ESP_LOG_BUFFER_HEX_LEVEL(tag, buffer, size, level) linnet_esp_log_buffer(level, tag, buffer, size)
#define ESP_LOG_BUFFER_CHAR(tag, buffer, size) ESP_LOGI(tag, "%.*s", (int)(size), (const char*)(buffer))
#define ESP_LOG_BUFFER_HEXDUMP(tag, buffer, size, level) linnet_esp_log_buffer(level, tag, buffer, size)

#ifdef __cplusplus
}
#endif
