/* SPDX-License-Identifier: Apache-2.0 */
/* A station that is always in reach of its access point: the network that the program was started on. */
#pragma once

#include <stdint.h>

#include <esp_err.h>
#include <esp_event.h>
#include <esp_netif.h>
#if LINNET_ESP_ERA < 4
#include <tcpip_adapter.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int magic;
} wifi_init_config_t;
#define WIFI_INIT_CONFIG_DEFAULT() {0x1F2F3F4F}

typedef enum { WIFI_MODE_NULL, WIFI_MODE_STA, WIFI_MODE_AP, WIFI_MODE_APSTA } wifi_mode_t;
typedef enum { WIFI_STORAGE_FLASH, WIFI_STORAGE_RAM } wifi_storage_t;
typedef enum { WIFI_PS_NONE, WIFI_PS_MIN_MODEM, WIFI_PS_MAX_MODEM } wifi_ps_type_t;
typedef enum { WIFI_AUTH_OPEN, WIFI_AUTH_WEP, WIFI_AUTH_WPA_PSK, WIFI_AUTH_WPA2_PSK } wifi_auth_mode_t;
typedef enum { WIFI_IF_STA, WIFI_IF_AP } wifi_interface_t;
#define ESP_IF_WIFI_STA WIFI_IF_STA
#define ESP_IF_WIFI_AP WIFI_IF_AP
typedef struct {
  wifi_auth_mode_t authmode;
} wifi_scan_threshold_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t password[64];
  uint8_t channel;
  wifi_scan_threshold_t threshold;
} wifi_sta_config_t;
typedef union {
  wifi_sta_config_t sta;
} wifi_config_t;

static inline esp_err_t esp_wifi_init(const wifi_init_config_t* config) {
  return config != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}
static inline esp_err_t esp_wifi_deinit(void) { return ESP_OK; }
static inline esp_err_t esp_wifi_set_storage(wifi_storage_t storage) { return (void)storage, ESP_OK; }
static inline esp_err_t esp_wifi_set_mode(wifi_mode_t mode) { return (void)mode, ESP_OK; }
static inline esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) { return (void)type, ESP_OK; }
/* Neither name nor password is looked at. */
static inline esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t* config) {
  return (void)interface, config != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}
/* Posts STA_START. */
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
/* Posts STA_CONNECTED, then GOT_IP, then GOT_IP6 where there is a link-local address. */
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_disconnect(void);

#ifdef __cplusplus
}
#endif
