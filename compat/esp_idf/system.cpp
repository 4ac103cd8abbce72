// SPDX-License-Identifier: Apache-2.0
// Messages, error names, randomness, the end of the program.
#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <map>
#include <random>
#include <string>

#include <esp_deep_sleep.h>
#include <esp_heap_caps.h>
#include <esp_log.h>
#include <esp_netif_types.h>
#include <esp_system.h>
#include <nvs.h>
#include "compat/esp_idf/device.hpp"
#include "compat/esp_idf/waiting.hpp"
#include "compat/lwip/host.hpp"

namespace {

std::mutex mutex;
std::map<std::string, esp_log_level_t> levels;
esp_log_level_t default_level = ESP_LOG_INFO;

struct ErrorName {
  esp_err_t code = ESP_OK;
  const char* name = nullptr;
};
#define LINNET_NAME(code) \
  { code, #code }
constexpr ErrorName error_names[] = {
    LINNET_NAME(ESP_OK),
    LINNET_NAME(ESP_FAIL),
    LINNET_NAME(ESP_ERR_NO_MEM),
    LINNET_NAME(ESP_ERR_INVALID_ARG),
    LINNET_NAME(ESP_ERR_INVALID_STATE),
    LINNET_NAME(ESP_ERR_INVALID_SIZE),
    LINNET_NAME(ESP_ERR_NOT_FOUND),
    LINNET_NAME(ESP_ERR_NOT_SUPPORTED),
    LINNET_NAME(ESP_ERR_TIMEOUT),
    LINNET_NAME(ESP_ERR_INVALID_RESPONSE),
    LINNET_NAME(ESP_ERR_INVALID_CRC),
    LINNET_NAME(ESP_ERR_INVALID_VERSION),
    LINNET_NAME(ESP_ERR_INVALID_MAC),
    LINNET_NAME(ESP_ERR_NOT_FINISHED),
    LINNET_NAME(ESP_ERR_NVS_NOT_INITIALIZED),
    LINNET_NAME(ESP_ERR_NVS_NOT_FOUND),
    LINNET_NAME(ESP_ERR_NVS_TYPE_MISMATCH),
    LINNET_NAME(ESP_ERR_NVS_READ_ONLY),
    LINNET_NAME(ESP_ERR_NVS_NOT_ENOUGH_SPACE),
    LINNET_NAME(ESP_ERR_NVS_INVALID_NAME),
    LINNET_NAME(ESP_ERR_NVS_INVALID_HANDLE),
    LINNET_NAME(ESP_ERR_NVS_REMOVE_FAILED),
    LINNET_NAME(ESP_ERR_NVS_KEY_TOO_LONG),
    LINNET_NAME(ESP_ERR_NVS_PAGE_FULL),
    LINNET_NAME(ESP_ERR_NVS_INVALID_STATE),
    LINNET_NAME(ESP_ERR_NVS_INVALID_LENGTH),
    LINNET_NAME(ESP_ERR_NVS_NO_FREE_PAGES),
    LINNET_NAME(ESP_ERR_NVS_VALUE_TOO_LONG),
    LINNET_NAME(ESP_ERR_NVS_PART_NOT_FOUND),
    LINNET_NAME(ESP_ERR_NVS_NEW_VERSION_FOUND),
    LINNET_NAME(ESP_ERR_ESP_NETIF_INVALID_PARAMS),
    LINNET_NAME(ESP_ERR_ESP_NETIF_IF_NOT_READY),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DHCPC_START_FAILED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DHCP_ALREADY_STOPPED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_NO_MEM),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DRIVER_ATTACH_FAILED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_INIT_FAILED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DNS_NOT_CONFIGURED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_MLD6_FAILED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_IP6_ADDR_FAILED),
    LINNET_NAME(ESP_ERR_ESP_NETIF_DHCPS_START_FAILED),
};
#undef LINNET_NAME

bool is_wanted(esp_log_level_t level, const char* tag) {
  return level != ESP_LOG_NONE && level <= esp_log_level_get(tag);
}

/// What there is of the stack's buffers.
struct Heap {
  std::size_t total = 0;
  std::size_t free = 0;
  std::size_t largest = 0;
};
struct LeastFree {
  const linnet::sockets::Host* host = nullptr;  // whose: another one begins anew
  std::size_t bytes = 0;
};
LeastFree least_free;

Heap note_heap() {
  linnet::sockets::Host* host = linnet::compat::attached_host();
  Heap heap;
  if (host != nullptr) {
    const linnet::sockets::Host::Lock lock(*host);
    const linnet::BlockPool& pool = lock.stack().pool();
    const std::size_t small = pool.small_size();
    const std::size_t large = pool.large_size();
    heap.total = pool.small_count() * small + pool.large_count() * large;
    heap.free = pool.small_free() * small + pool.large_free() * large;
    heap.largest = pool.large_free() > 0 ? large : pool.small_free() > 0 ? small : 0;
  }
  const std::lock_guard lock(mutex);
  least_free.bytes = least_free.host == host ? std::min(least_free.bytes, heap.free) : heap.free;
  least_free.host = host;
  return heap;
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
  for (const ErrorName& row : error_names) {
    if (row.code == code) return row.name;
  }
  return "UNKNOWN ERROR";
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

uint32_t esp_get_free_heap_size(void) { return static_cast<uint32_t>(note_heap().free); }
uint32_t esp_get_minimum_free_heap_size(void) {
  note_heap();
  const std::lock_guard lock(mutex);
  return static_cast<uint32_t>(least_free.bytes);
}
size_t heap_caps_get_free_size(uint32_t) { return note_heap().free; }
size_t heap_caps_get_minimum_free_size(uint32_t) { return esp_get_minimum_free_heap_size(); }
size_t heap_caps_get_total_size(uint32_t) { return note_heap().total; }
size_t heap_caps_get_largest_free_block(uint32_t) { return note_heap().largest; }

esp_err_t esp_read_mac(uint8_t* mac, esp_mac_type_t type) {
  if (mac == nullptr) return ESP_ERR_INVALID_ARG;
  if (type < ESP_MAC_WIFI_STA || type > ESP_MAC_ETH) return ESP_ERR_NOT_SUPPORTED;
  std::memcpy(mac, linnet::esp::device().mac.bytes.data(), 6);
  mac[5] = static_cast<uint8_t>(mac[5] + type);
  return ESP_OK;
}

void esp_fill_random(void* buffer, size_t size) {
  linnet::sockets::Host* host = linnet::compat::attached_host();
  const linnet::MutableBytes bytes{static_cast<std::uint8_t*>(buffer), size};
  if (host != nullptr) return host->port().fill_entropy(bytes);
  std::random_device source;
  std::generate(bytes.begin(), bytes.end(), [&source] { return static_cast<std::uint8_t>(source()); });
}

uint32_t esp_random(void) {
  uint32_t value = 0;
  esp_fill_random(&value, sizeof value);
  return value;
}

}  // extern "C"
