/* SPDX-License-Identifier: Apache-2.0 */
/* The device as a whole. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <esp_attr.h>
#include <esp_bit_defs.h>
#include <esp_err.h>
#include <esp_idf_version.h>
#include <esp_random.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ends the program. */
void esp_restart(void) __attribute__((noreturn));
typedef enum {
  ESP_RST_UNKNOWN,
  ESP_RST_POWERON,
  ESP_RST_EXT,
  ESP_RST_SW,
  ESP_RST_PANIC,
  ESP_RST_INT_WDT,
  ESP_RST_TASK_WDT,
  ESP_RST_WDT,
  ESP_RST_DEEPSLEEP,
  ESP_RST_BROWNOUT,
  ESP_RST_SDIO
} esp_reset_reason_t;
/* Each start of the program is one of the device. */
static inline esp_reset_reason_t esp_reset_reason(void) { return ESP_RST_POWERON; }
/* Until ESP-IDF 2. */
static inline void system_init(void) {}
/* Bytes of the stack's buffers that are free: what a program takes by malloc is this machine's. The minimum is that of the moments
   at which either was asked for. 0: no stack is attached. */
uint32_t esp_get_free_heap_size(void);
uint32_t esp_get_minimum_free_heap_size(void);
/* Of the program's era. */
static inline const char* esp_get_idf_version(void) { return LINNET_IDF_VERSION; }

typedef enum { ESP_MAC_WIFI_STA, ESP_MAC_WIFI_SOFTAP, ESP_MAC_BT, ESP_MAC_ETH } esp_mac_type_t;
/* The station's is the network's Ethernet address; the others are the next ones, as a device has them. ESP_ERR_NOT_SUPPORTED: there is no
   such type. */
esp_err_t esp_read_mac(uint8_t* mac, esp_mac_type_t type);
/* The first of these. */
static inline esp_err_t esp_efuse_mac_get_default(uint8_t* mac) { return esp_read_mac(mac, ESP_MAC_WIFI_STA); }
static inline esp_err_t esp_base_mac_addr_get(uint8_t* mac) { return esp_read_mac(mac, ESP_MAC_WIFI_STA); }

#ifdef __cplusplus
}
#endif
