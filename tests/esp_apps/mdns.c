// SPDX-License-Identifier: Apache-2.0
// mDNS of today as ESP-IDF's example uses it: a host, services with TXT items, a delegated host, queries of every kind, a
// browse, and names under ".local" for the resolver.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include "esp_netif_ip_addr.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "mdns.h"
#include "netdb.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char* TAG = "mdns-test";
static const char* const ip_protocol_str[] = {"V4", "V6", "MAX"};

static void initialise_mdns(void) {
  char hostname[MDNS_NAME_BUF_LEN];
  uint8_t mac[6];
  esp_read_mac(mac, ESP_MAC_WIFI_STA);
  snprintf(hostname, sizeof(hostname), "%s", CONFIG_MDNS_HOSTNAME);
  ESP_ERROR_CHECK(mdns_init());
  ESP_ERROR_CHECK(mdns_hostname_set(hostname));
  ESP_ERROR_CHECK(mdns_instance_name_set(CONFIG_MDNS_INSTANCE));
  mdns_txt_item_t service_txt[3] = {{"board", "esp32"}, {"u", "user"}, {"p", "password"}};
  ESP_ERROR_CHECK(mdns_service_add("ESP32-WebServer", "_http", "_tcp", 80, service_txt, 3));
  ESP_ERROR_CHECK(mdns_service_subtype_add_for_host("ESP32-WebServer", "_http", "_tcp", NULL, "_server"));
  ESP_ERROR_CHECK(mdns_service_add(NULL, "_arduino", "_tcp", 3232, NULL, 0));

  mdns_ip_addr_t addr4, addr6;
  esp_netif_str_to_ip4("10.66.1.77", &addr4.addr.u_addr.ip4);
  addr4.addr.type = ESP_IPADDR_TYPE_V4;
  esp_netif_str_to_ip6("fd11:22::1", &addr6.addr.u_addr.ip6);
  addr6.addr.type = ESP_IPADDR_TYPE_V6;
  addr4.next = &addr6;
  addr6.next = NULL;
  ESP_ERROR_CHECK(mdns_delegate_hostname_add("delegated", &addr4));
  ESP_ERROR_CHECK(mdns_service_add_for_host("test0", "_http", "_tcp", "delegated", 1234, service_txt, 3));

  ESP_ERROR_CHECK(mdns_service_txt_item_set("_http", "_tcp", "path", "/foobar"));
  ESP_ERROR_CHECK(mdns_service_txt_item_set_with_explicit_value_len("_http", "_tcp", "u", "admin", strlen("admin")));
  ESP_ERROR_CHECK(mdns_service_txt_item_remove("_http", "_tcp", "p"));
}

static void mdns_print_results(mdns_result_t* results) {
  int i = 1;
  for (mdns_result_t* r = results; r != NULL; r = r->next) {
    printf("%d: Interface: %s, Type: %s, TTL: %u\n", i++, esp_netif_get_ifkey(r->esp_netif), ip_protocol_str[r->ip_protocol],
           (unsigned)r->ttl);
    if (r->instance_name) printf("  PTR : %s.%s.%s\n", r->instance_name, r->service_type, r->proto);
    if (r->hostname) printf("  SRV : %s.local:%u\n", r->hostname, r->port);
    if (r->txt_count) {
      printf("  TXT : [%zu] ", r->txt_count);
      for (size_t t = 0; t < r->txt_count; t++) {
        printf("%s=%s(%d); ", r->txt[t].key, r->txt[t].value ? r->txt[t].value : "NULL", r->txt_value_len[t]);
      }
      printf("\n");
    }
    for (mdns_ip_addr_t* a = r->addr; a != NULL; a = a->next) {
      if (a->addr.type == ESP_IPADDR_TYPE_V6) {
        printf("  AAAA: " IPV6STR "\n", IPV62STR(a->addr.u_addr.ip6));
      } else {
        printf("  A   : " IPSTR "\n", IP2STR(&(a->addr.u_addr.ip4)));
      }
    }
  }
}

static void query_mdns_service(const char* service_name, const char* proto) {
  ESP_LOGI(TAG, "Query PTR: %s.%s.local", service_name, proto);
  mdns_result_t* results = NULL;
  esp_err_t err = mdns_query_ptr(service_name, proto, 3000, 1, &results);
  if (err) {
    ESP_LOGE(TAG, "Query Failed: %s", esp_err_to_name(err));
    return;
  }
  if (!results) {
    ESP_LOGW(TAG, "No results found!");
    return;
  }
  mdns_print_results(results);
  mdns_query_results_free(results);
}

static void query_mdns_host(const char* host_name) {
  struct ip4_addr addr;
  addr.addr = 0;
  esp_err_t err = mdns_query_a(host_name, 800, &addr);
  if (err == ESP_ERR_NOT_FOUND) {
    ESP_LOGW(TAG, "%s: %s was not found", esp_err_to_name(err), host_name);
    return;
  }
  ESP_ERROR_CHECK(err);
  ESP_LOGI(TAG, "Query A: %s.local resolved to: " IPSTR, host_name, IP2STR(&addr));
}

static void query_mdns_hosts_async(const char* host_name) {
  mdns_search_once_t* search = mdns_query_async_new(host_name, NULL, NULL, MDNS_TYPE_AAAA, 2000, 1, NULL);
  mdns_result_t* results = NULL;
  uint8_t count = 0;
  while (!mdns_query_async_get_results(search, 50, &results, &count)) vTaskDelay(1);
  ESP_LOGI(TAG, "Query AAAA %s.local: %d results", host_name, count);
  mdns_print_results(results);
  mdns_query_results_free(results);
  ESP_ERROR_CHECK(mdns_query_async_delete(search));
}

static void query_mdns_host_with_getaddrinfo(const char* host) {
  struct addrinfo hints;
  struct addrinfo* res;
  memset(&hints, 0, sizeof(hints));
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host, NULL, &hints, &res) != 0) {
    ESP_LOGW(TAG, "getaddrinfo: no %s", host);
    return;
  }
  ESP_LOGI(TAG, "getaddrinfo: %s resolved to: %s", host, inet_ntoa(((struct sockaddr_in*)res->ai_addr)->sin_addr));
  freeaddrinfo(res);
  struct hostent* entry = gethostbyname(host);
  if (entry) ESP_LOGI(TAG, "gethostbyname: %s resolved to: %s", host, inet_ntoa(*(struct in_addr*)entry->h_addr_list[0]));
}

static void browsed(mdns_result_t* results) {
  for (mdns_result_t* r = results; r != NULL; r = r->next) {
    printf("browse: %s %s %s:%u\n", r->ttl ? "+" : "-", r->instance_name, ip_protocol_str[r->ip_protocol], r->port);
  }
}

static void mdns_task(void* pvParameters) {
  mdns_browse_t* browse = mdns_browse_new("_ipp", "_tcp", browsed);
  query_mdns_host("peer");
  query_mdns_host("nobody");
  query_mdns_hosts_async("peer");
  query_mdns_service("_ipp", "_tcp");
  query_mdns_host_with_getaddrinfo("peer.local");
  char own[MDNS_NAME_BUF_LEN];
  ESP_ERROR_CHECK(mdns_hostname_get(own));
  ESP_LOGI(TAG, "we are %s", own);
  for (int i = 0; i < 600; ++i) vTaskDelay(pdMS_TO_TICKS(100));
  ESP_ERROR_CHECK(mdns_browse_delete(browse));
  mdns_free();
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  initialise_mdns();
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(&mdns_task, "mdns_task", 4096, NULL, 5, NULL);
}
