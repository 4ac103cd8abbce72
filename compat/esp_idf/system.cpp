// SPDX-License-Identifier: Apache-2.0
// Messages, error names, randomness, the end of the program.
#include <cstdarg>
#include <cstring>
#include <map>
#include <string>

#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/waiting.hpp"
#include "compat/lwip/host.hpp"
#include <esp_deep_sleep.h>
#include <esp_log.h>
#include <esp_system.h>

namespace {

std::mutex mutex;
std::map<std::string, esp_log_level_t> levels;
esp_log_level_t default_level = ESP_LOG_INFO;

bool is_wanted(esp_log_level_t level, const char* tag) {
  return level != ESP_LOG_NONE && level <= esp_log_level_get(tag);
}

}  // namespace

extern "C" {

void esp_log_level_set(const char* tag, esp_log_level_t level) {
  const std::lock_guard lock(mutex);
  if (std::strcmp(tag, "*") != 0) {
    levels[tag] = level;
    return;
  }
  levels.clear();
  default_level = level;
}

esp_log_level_t esp_log_level_get(const char* tag) {
  const std::lock_guard lock(mutex);
  const auto found = levels.find(tag);
  return found == levels.end() ? default_level : found->second;
}

uint32_t esp_log_timestamp(void) {
  const auto since = linnet::esp::Clock::now() - linnet::esp::start_time();
  return static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

void linnet_esp_log(esp_log_level_t level, const char* tag, const char* format, ...) {
  if (!is_wanted(level, tag)) return;
  va_list list;
  va_start(list, format);
  flockfile(stdout);  // lines of two tasks do not mix
  std::printf("%c (%u) %s: ", "NEWIDV"[level], esp_log_timestamp(), tag);
  std::vprintf(format, list);
  std::putchar('\n');
  std::fflush(stdout);
  funlockfile(stdout);
  va_end(list);
}

void esp_log_write(esp_log_level_t level, const char* tag, const char* format, ...) {
  if (!is_wanted(level, tag)) return;
  va_list list;
  va_start(list, format);
  std::vprintf(format, list);
  va_end(list);
}

void linnet_esp_log_buffer(esp_log_level_t level, const char* tag, const void* buffer, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(buffer);
  for (size_t at = 0; at < size; at += 16) {
    std::string line;
    for (size_t i = at; i < size && i < at + 16; ++i) {
      char digits[4];
      std::snprintf(digits, sizeof digits, "%02x ", bytes[i]);
      line += digits;
    }
    linnet_esp_log(level, tag, "%s", line.c_str());
  }
}

const char* esp_err_to_name(esp_err_t code) {
  switch (code) {
    case ESP_OK:
      return "ESP_OK";
    case ESP_FAIL:
      return "ESP_FAIL";
    case ESP_ERR_NO_MEM:
      return "ESP_ERR_NO_MEM";
    case ESP_ERR_INVALID_ARG:
      return "ESP_ERR_INVALID_ARG";
    case ESP_ERR_INVALID_STATE:
      return "ESP_ERR_INVALID_STATE";
    case ESP_ERR_INVALID_SIZE:
      return "ESP_ERR_INVALID_SIZE";
    case ESP_ERR_NOT_FOUND:
      return "ESP_ERR_NOT_FOUND";
    case ESP_ERR_NOT_SUPPORTED:
      return "ESP_ERR_NOT_SUPPORTED";
    case ESP_ERR_TIMEOUT:
      return "ESP_ERR_TIMEOUT";
    case ESP_ERR_INVALID_RESPONSE:
      return "ESP_ERR_INVALID_RESPONSE";
    case ESP_ERR_INVALID_CRC:
      return "ESP_ERR_INVALID_CRC";
    case ESP_ERR_INVALID_VERSION:
      return "ESP_ERR_INVALID_VERSION";
    case ESP_ERR_INVALID_MAC:
      return "ESP_ERR_INVALID_MAC";
    case ESP_ERR_NOT_FINISHED:
      return "ESP_ERR_NOT_FINISHED";
    default:
      return "UNKNOWN ERROR";
  }
}

void linnet_esp_error_check_failed(esp_err_t code, const char* file, int line, const char* function,
                                   const char* expression) {
  std::fprintf(stderr, "ESP_ERROR_CHECK failed: %s (0x%x) at %s:%d in %s: %s\n", esp_err_to_name(code),
               static_cast<unsigned>(code), file, line, function, expression);
  std::fflush(nullptr);
  std::_Exit(1);
}

void esp_restart(void) {
  std::fflush(nullptr);
  std::_Exit(0);
}

void esp_deep_sleep(uint64_t) { esp_restart(); }

uint32_t esp_get_free_heap_size(void) { return 200 * 1024; }
uint32_t esp_get_minimum_free_heap_size(void) { return 180 * 1024; }
const char* esp_get_idf_version(void) { return LINNET_ESP_ERA < 3 ? "v2.0" : "v5.0"; }

esp_err_t esp_read_mac(uint8_t* mac, esp_mac_type_t) {
  if (mac == nullptr) return ESP_ERR_INVALID_ARG;
  std::memcpy(mac, linnet::esp::device().mac.bytes.data(), 6);
  return ESP_OK;
}

void esp_fill_random(void* buffer, size_t size) {
  linnet::sockets::Host* host = linnet::compat::attached_host();
  if (host != nullptr) host->port().fill_entropy({static_cast<std::uint8_t*>(buffer), size});
}

uint32_t esp_random(void) {
  uint32_t value = 0;
  esp_fill_random(&value, sizeof value);
  return value;
}

}  // extern "C"
