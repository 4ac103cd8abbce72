/* SPDX-License-Identifier: Apache-2.0 */
/* A station that is always in reach of its access point: the network that the program was started on; and an access
   point, whose network is the second one (--lan), or that one for programs that are no station. */
#pragma once

#include <stdbool.h>
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
typedef enum {
  WIFI_AUTH_OPEN,
  WIFI_AUTH_WEP,
  WIFI_AUTH_WPA_PSK,
  WIFI_AUTH_WPA2_PSK,
  WIFI_AUTH_WPA_WPA2_PSK,
  WIFI_AUTH_WPA2_ENTERPRISE,
  WIFI_AUTH_WPA3_PSK,
  WIFI_AUTH_WPA2_WPA3_PSK
} wifi_auth_mode_t;
typedef enum { WIFI_IF_STA, WIFI_IF_AP } wifi_interface_t;
#define ESP_IF_WIFI_STA WIFI_IF_STA
#define ESP_IF_WIFI_AP WIFI_IF_AP
/* What of these says how an access point is found is not looked at. */
typedef enum { WIFI_FAST_SCAN, WIFI_ALL_CHANNEL_SCAN } wifi_scan_method_t;
typedef enum { WIFI_CONNECT_AP_BY_SIGNAL, WIFI_CONNECT_AP_BY_SECURITY } wifi_sort_method_t;
typedef enum { WPA3_SAE_PWE_UNSPECIFIED, WPA3_SAE_PWE_HUNT_AND_PECK, WPA3_SAE_PWE_HASH_TO_ELEMENT, WPA3_SAE_PWE_BOTH } wifi_sae_pwe_method_t;
typedef struct {
  int8_t rssi;
  wifi_auth_mode_t authmode;
} wifi_scan_threshold_t;
typedef struct {
  bool capable;
  bool required;
} wifi_pmf_config_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t password[64];
  wifi_scan_method_t scan_method;
  bool bssid_set;
  uint8_t bssid[6];
  uint8_t channel;
  uint16_t listen_interval;
  wifi_sort_method_t sort_method;
  wifi_scan_threshold_t threshold;
  wifi_pmf_config_t pmf_cfg;
  wifi_sae_pwe_method_t sae_pwe_h2e;
  uint8_t failure_retry_cnt;
  uint8_t sae_h2e_identifier[32];
} wifi_sta_config_t;
typedef struct {
  uint8_t ssid[32];
  uint8_t password[64];
  uint8_t ssid_len;
  uint8_t channel;
  wifi_auth_mode_t authmode;
  uint8_t ssid_hidden;
  uint8_t max_connection;
  uint16_t beacon_interval;
  wifi_pmf_config_t pmf_cfg;
} wifi_ap_config_t;
typedef union {
  wifi_sta_config_t sta;
  wifi_ap_config_t ap;
} wifi_config_t;

/* What comes with WIFI_EVENT_STA_DISCONNECTED, WIFI_EVENT_AP_STACONNECTED and WIFI_EVENT_AP_STADISCONNECTED. */
typedef struct {
  uint8_t ssid[32];
  uint8_t ssid_len;
  uint8_t bssid[6];
  uint8_t reason;
} wifi_event_sta_disconnected_t;
typedef struct {
  uint8_t mac[6];
  uint8_t aid;
  uint8_t reason;
} wifi_event_ap_staconnected_t;
typedef wifi_event_ap_staconnected_t wifi_event_ap_stadisconnected_t;

static inline esp_err_t esp_wifi_init(const wifi_init_config_t* config) {
  return config != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}
static inline esp_err_t esp_wifi_deinit(void) { return ESP_OK; }
static inline esp_err_t esp_wifi_set_storage(wifi_storage_t storage) { return (void)storage, ESP_OK; }
static inline esp_err_t esp_wifi_set_ps(wifi_ps_type_t type) { return (void)type, ESP_OK; }
/* Neither name nor password is looked at. */
static inline esp_err_t esp_wifi_set_config(wifi_interface_t interface, wifi_config_t* config) {
  return (void)interface, config != NULL ? ESP_OK : ESP_ERR_INVALID_ARG;
}
/* A station, until it is set. */
esp_err_t esp_wifi_set_mode(wifi_mode_t mode);
esp_err_t esp_wifi_get_mode(wifi_mode_t* mode);
/* Posts STA_START, AP_START or both. ESP_ERR_NOT_SUPPORTED: both, without a second network. */
esp_err_t esp_wifi_start(void);
esp_err_t esp_wifi_stop(void);
/* Posts STA_CONNECTED. When its handlers have run, DHCP begins unless they stopped it; GOT_IP and GOT_IP6 come with the
   addresses. */
esp_err_t esp_wifi_connect(void);
esp_err_t esp_wifi_disconnect(void);

#ifdef __cplusplus
}
#endif
