// SPDX-License-Identifier: Apache-2.0
// The shape of an access point for ESP-IDF 5: its own network, its DHCP server with a pool and a name server, and who came. With
// CONFIG_EXAMPLE_STATION it is a station as well, and translates.
#include <string.h>

#include "dhcpserver/dhcpserver.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"

static const char* TAG = "softap";

static void event_handler(void* arg, esp_event_base_t base, int32_t id, void* data) {
  esp_netif_t* netif = arg;
  if (base == WIFI_EVENT && id == WIFI_EVENT_AP_START) {
    ESP_LOGI(TAG, "access point started");
  } else if (base == WIFI_EVENT && id == WIFI_EVENT_STA_START) {
    esp_wifi_connect();
  } else if (base == IP_EVENT && id == IP_EVENT_STA_GOT_IP) {
    ip_event_got_ip_t* event = (ip_event_got_ip_t*)data;
    ESP_LOGI(TAG, "station has " IPSTR, IP2STR(&event->ip_info.ip));
  } else if (base == IP_EVENT && id == IP_EVENT_AP_STAIPASSIGNED) {
    ip_event_ap_staipassigned_t* event = (ip_event_ap_staipassigned_t*)data;
    esp_netif_pair_mac_ip_t pair;
    memcpy(pair.mac, event->mac, sizeof pair.mac);
    ESP_ERROR_CHECK(esp_netif_dhcps_get_clients_by_mac(netif, 1, &pair));
    ESP_LOGI(TAG, "station ip:" IPSTR ", mac:" MACSTR ", found " IPSTR, IP2STR(&event->ip), MAC2STR(event->mac),
             IP2STR(&pair.ip));
  }
}

static void set_up_dhcp(esp_netif_t* netif) {
  esp_netif_ip_info_t info;
  IP4_ADDR(&info.ip, 10, 99, 4, 1);
  IP4_ADDR(&info.gw, 10, 99, 4, 1);
  IP4_ADDR(&info.netmask, 255, 255, 255, 0);
  ESP_ERROR_CHECK(esp_netif_dhcps_stop(netif));
  ESP_LOGI(TAG, "stopped twice: %s", esp_err_to_name(esp_netif_dhcps_stop(netif)));
  ESP_ERROR_CHECK(esp_netif_set_ip_info(netif, &info));
  dhcps_lease_t pool = {.enable = true};
  IP4_ADDR(&pool.start_ip, 10, 99, 4, 40);
  IP4_ADDR(&pool.end_ip, 10, 99, 4, 42);
  ESP_ERROR_CHECK(
      esp_netif_dhcps_option(netif, ESP_NETIF_OP_SET, ESP_NETIF_REQUESTED_IP_ADDRESS, &pool, sizeof pool));
  uint32_t minutes = 5;
  ESP_ERROR_CHECK(
      esp_netif_dhcps_option(netif, ESP_NETIF_OP_SET, ESP_NETIF_IP_ADDRESS_LEASE_TIME, &minutes, sizeof minutes));
  dhcps_offer_t offer = OFFER_DNS;
  ESP_ERROR_CHECK(
      esp_netif_dhcps_option(netif, ESP_NETIF_OP_SET, ESP_NETIF_DOMAIN_NAME_SERVER, &offer, sizeof offer));
  esp_netif_dns_info_t dns = {.ip = IPADDR4_INIT_BYTES(10, 99, 0, 53)};
  ESP_ERROR_CHECK(esp_netif_set_dns_info(netif, ESP_NETIF_DNS_MAIN, &dns));
  ESP_ERROR_CHECK(esp_netif_dhcps_start(netif));
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  esp_netif_t* netif = esp_netif_create_default_wifi_ap();
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, &event_handler, netif));
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, &event_handler, netif));
  wifi_config_t config = {
      .ap = {.ssid = "garden", .ssid_len = 6, .password = "password", .max_connection = 4, .authmode = WIFI_AUTH_WPA2_PSK},
  };
#ifdef CONFIG_EXAMPLE_STATION
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_APSTA));
#else
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_AP));
#endif
  ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_AP, &config));
  set_up_dhcp(netif);
  ESP_ERROR_CHECK(esp_wifi_start());
#ifdef CONFIG_EXAMPLE_STATION
  ESP_ERROR_CHECK(esp_netif_napt_enable(netif));
#endif
}
