// SPDX-License-Identifier: Apache-2.0
// mDNS of ESP-IDF 2, whose calls take a server.
#include <stdio.h>
#include <string.h>

#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "mdns.h"
#include "nvs_flash.h"

static const char* TAG = "mdns-2";
static EventGroupHandle_t wifi_event_group;
static const int CONNECTED_BIT = BIT0;

static esp_err_t event_handler(void* ctx, system_event_t* event) {
  if (event->event_id == SYSTEM_EVENT_STA_START) esp_wifi_connect();
  if (event->event_id == SYSTEM_EVENT_STA_GOT_IP) xEventGroupSetBits(wifi_event_group, CONNECTED_BIT);
  return ESP_OK;
}

static void query_service(mdns_server_t* mdns, const char* service, const char* proto) {
  if (mdns_query(mdns, service, proto, 1000)) {
    for (size_t i = 0; i < mdns_result_get_count(mdns); ++i) {
      const mdns_result_t* r = mdns_result_get(mdns, i);
      printf("%s: host %s, instance %s, port %u, txt %s, " IPSTR "\n", service, r->host, r->instance ? r->instance : "-", r->port,
             r->txt ? r->txt : "-", IP2STR(&r->addr));
    }
    mdns_result_free(mdns);
  } else {
    ESP_LOGW(TAG, "nothing of %s", service);
  }
}

static void mdns_task(void* pvParameters) {
  mdns_server_t* mdns = NULL;
  xEventGroupWaitBits(wifi_event_group, CONNECTED_BIT, false, true, portMAX_DELAY);
  ESP_ERROR_CHECK(mdns_init(TCPIP_ADAPTER_IF_STA, &mdns));
  ESP_ERROR_CHECK(mdns_set_hostname(mdns, "esp32"));
  ESP_ERROR_CHECK(mdns_set_instance(mdns, "ESP32"));
  const char* arduTxtData[4] = {"board=esp32", "tcp_check=no", "ssh_upload=no", "auth_upload=no"};
  ESP_ERROR_CHECK(mdns_service_add(mdns, "_arduino", "_tcp", 3232));
  ESP_ERROR_CHECK(mdns_service_txt_set(mdns, "_arduino", "_tcp", 4, arduTxtData));
  ESP_ERROR_CHECK(mdns_service_add(mdns, "_http", "_tcp", 80));
  ESP_ERROR_CHECK(mdns_service_instance_set(mdns, "_http", "_tcp", "ESP32 WebServer"));
  ESP_ERROR_CHECK(mdns_service_port_set(mdns, "_http", "_tcp", 8080));
  ESP_LOGI(TAG, "announced");
  query_service(mdns, "peer", NULL);
  query_service(mdns, "_ipp", "_tcp");
  ESP_LOGI(TAG, "asked");
  for (int i = 0; i < 600; ++i) vTaskDelay(100 / portTICK_PERIOD_MS);
  mdns_free(mdns);
  vTaskDelete(NULL);
}

void app_main(void) {
  nvs_flash_init();
  tcpip_adapter_init();
  wifi_event_group = xEventGroupCreate();
  ESP_ERROR_CHECK(esp_event_loop_init(event_handler, NULL));
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_wifi_start());
  xTaskCreate(&mdns_task, "mdns_task", 2048, NULL, 5, NULL);
}
