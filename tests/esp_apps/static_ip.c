// SPDX-License-Identifier: Apache-2.0
// The shape of a station for ESP-IDF 5 that gives itself a fixed address when it is connected; with CONFIG_EXAMPLE_ETHERNET it
// is on Ethernet.
#include <string.h>

#include "esp_eth.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_wifi.h"
#include "ethernet_init.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"

#define CONNECTED_BIT BIT0
static const char* TAG = "static_ip";
static EventGroupHandle_t network;

static void set_dns_server(esp_netif_t* netif, uint32_t addr, esp_netif_dns_type_t type) {
  if (addr && addr != IPADDR_NONE) {
    esp_netif_dns_info_t dns;
    dns.ip.u_addr.ip4.addr = addr;
    dns.ip.type = IPADDR_TYPE_V4;
    ESP_ERROR_CHECK(esp_netif_set_dns_info(netif, type, &dns));
  }
}

static void set_static_ip(esp_netif_t* netif) {
  esp_netif_ip_info_t ip;
  memset(&ip, 0, sizeof(esp_netif_ip_info_t));
  ip.ip.addr = ipaddr_addr(CONFIG_EXAMPLE_STATIC_IP_ADDR);
  ip.netmask.addr = ipaddr_addr(CONFIG_EXAMPLE_STATIC_NETMASK_ADDR);
  ip.gw.addr = ipaddr_addr(CONFIG_EXAMPLE_STATIC_GW_ADDR);
  esp_err_t early = esp_netif_set_ip_info(netif, &ip);
  ESP_LOGI(TAG, "before DHCP is stopped: %s", esp_err_to_name(early));
  if (esp_netif_dhcpc_stop(netif) != ESP_OK) {
    ESP_LOGE(TAG, "Failed to stop dhcp client");
    return;
  }
  if (esp_netif_set_ip_info(netif, &ip) != ESP_OK) {
    ESP_LOGE(TAG, "Failed to set ip info");
    return;
  }
  set_dns_server(netif, ipaddr_addr(CONFIG_EXAMPLE_STATIC_GW_ADDR), ESP_NETIF_DNS_MAIN);
  set_dns_server(netif, ipaddr_addr("10.99.0.53"), ESP_NETIF_DNS_BACKUP);
}

static void event_handler(void* arg, esp_event_base_t base, int32_t id, void* data) {
  if (base == WIFI_EVENT && id == WIFI_EVENT_STA_START) {
    esp_wifi_connect();
  } else if ((base == WIFI_EVENT && id == WIFI_EVENT_STA_CONNECTED) ||
             (base == ETH_EVENT && id == ETHERNET_EVENT_CONNECTED)) {
    set_static_ip(arg);
  } else if (base == IP_EVENT && (id == IP_EVENT_STA_GOT_IP || id == IP_EVENT_ETH_GOT_IP)) {
    ip_event_got_ip_t* event = (ip_event_got_ip_t*)data;
    ESP_LOGI(TAG, "static ip:" IPSTR " gw:" IPSTR, IP2STR(&event->ip_info.ip), IP2STR(&event->ip_info.gw));
    xEventGroupSetBits(network, CONNECTED_BIT);
  } else if (base == IP_EVENT && id == IP_EVENT_GOT_IP6) {
    ip_event_got_ip6_t* event = (ip_event_got_ip6_t*)data;
    ESP_LOGI(TAG, "ipv6 " IPV6STR, IPV62STR(event->ip6_info.ip));
  }
}

#ifndef CONFIG_EXAMPLE_ETHERNET
static void start_network(void) {
  esp_netif_t* netif = esp_netif_create_default_wifi_sta();
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  esp_event_handler_instance_t any;
  ESP_ERROR_CHECK(esp_event_handler_instance_register(WIFI_EVENT, ESP_EVENT_ANY_ID, &event_handler, netif, &any));
  wifi_config_t config = {
      .sta = {.ssid = "network", .password = "password", .threshold.authmode = WIFI_AUTH_WPA2_PSK},
  };
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_set_config(WIFI_IF_STA, &config));
  ESP_ERROR_CHECK(esp_wifi_start());
}

#else
static void start_network(void) {
  uint8_t count = 0;
  esp_eth_handle_t* handles;
  ESP_ERROR_CHECK(ethernet_init_all(&handles, &count));
  esp_netif_config_t cfg = ESP_NETIF_DEFAULT_ETH();
  esp_netif_t* netif = esp_netif_new(&cfg);
  ESP_ERROR_CHECK(esp_netif_attach(netif, esp_eth_new_netif_glue(handles[0])));
  esp_event_handler_instance_t any;
  ESP_ERROR_CHECK(esp_event_handler_instance_register(ETH_EVENT, ESP_EVENT_ANY_ID, &event_handler, netif, &any));
  ESP_ERROR_CHECK(esp_eth_start(handles[0]));
}
#endif

void app_main(void) {
  network = xEventGroupCreate();
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, &event_handler, NULL));
  start_network();
  xEventGroupWaitBits(network, CONNECTED_BIT, pdFALSE, pdFALSE, portMAX_DELAY);
  for (esp_netif_t* netif = NULL; (netif = esp_netif_next_unsafe(netif)) != NULL;) {
    esp_netif_ip_info_t info;
    esp_netif_dns_info_t dns, backup;
    uint16_t mtu = 0;
    ESP_ERROR_CHECK(esp_netif_get_ip_info(netif, &info));
    ESP_ERROR_CHECK(esp_netif_get_dns_info(netif, ESP_NETIF_DNS_MAIN, &dns));
    ESP_ERROR_CHECK(esp_netif_get_dns_info(netif, ESP_NETIF_DNS_BACKUP, &backup));
    ESP_ERROR_CHECK(esp_netif_get_mtu(netif, &mtu));
    ESP_LOGI(TAG, "%s: " IPSTR " mtu %d dns " IPSTR " and " IPSTR, esp_netif_get_ifkey(netif), IP2STR(&info.ip), mtu,
             IP2STR(&dns.ip.u_addr.ip4), IP2STR(&backup.ip.u_addr.ip4));
  }
}
