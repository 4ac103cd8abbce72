// SPDX-License-Identifier: Apache-2.0
// The shape of a program for ESP-IDF 2.0: Wi-Fi by the event callback, an event group, a variable that is called socket, and
// messages without semicolons.
#include <string.h>

#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/dns.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "tcpip_adapter.h"

const static char* TAG = "era2";
static EventGroupHandle_t wifi_event_group;
const int CONNECTED_BIT = BIT0;

static void client_task(void* p) {
  int ret;
  int socket;
  struct sockaddr_in sock_addr;
  char answer[64];
  ip_addr_t server = dns_getserver(0);
  (void)p;

  ESP_LOGI(TAG, "DNS server %s", ipaddr_ntoa(&server))
  socket = socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) {
    ESP_LOGI(TAG, "create socket failed")
  }
  memset(&sock_addr, 0, sizeof(sock_addr));
  sock_addr.sin_family = AF_INET;
  sock_addr.sin_port = htons(CONFIG_EXAMPLE_PORT);
  sock_addr.sin_addr.s_addr = inet_addr(CONFIG_EXAMPLE_IPV4_ADDR);
  ret = connect(socket, (struct sockaddr*)&sock_addr, sizeof(sock_addr));
  if (ret) {
    ESP_LOGE(TAG, "connect failed %d", errno)
  }
  lwip_send_r(socket, "era 2", 5, 0);
  ret = read(socket, answer, sizeof(answer) - 1);
  answer[ret > 0 ? ret : 0] = 0;
  ESP_LOGI(TAG, "answer: %s", answer)
  close(socket);
  vTaskDelete(NULL);
}

static esp_err_t event_handler(void* ctx, system_event_t* event) {
  (void)ctx;
  switch (event->event_id) {
    case SYSTEM_EVENT_STA_START:
      ESP_LOGI(TAG, "station started")
      esp_wifi_connect();
      break;
    case SYSTEM_EVENT_STA_GOT_IP:
      ESP_LOGI(TAG, "got ip " IPSTR, IP2STR(&event->event_info.got_ip.ip_info.ip))
      xEventGroupSetBits(wifi_event_group, CONNECTED_BIT);
      break;
    case SYSTEM_EVENT_STA_DISCONNECTED:
      xEventGroupClearBits(wifi_event_group, CONNECTED_BIT);
      break;
    default:
      break;
  }
  return ESP_OK;
}

void app_main(void) {
  wifi_config_t wifi_config = {
      .sta =
          {
              .ssid = "network",
              .password = "password",
          },
  };
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  xTaskHandle task;
  ESP_ERROR_CHECK(nvs_flash_init());
  tcpip_adapter_init();
  wifi_event_group = xEventGroupCreate();
  ESP_ERROR_CHECK(esp_event_loop_init(event_handler, NULL));
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_wifi_set_storage(WIFI_STORAGE_RAM));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_set_config(ESP_IF_WIFI_STA, &wifi_config));
  ESP_ERROR_CHECK(esp_wifi_start());
  xEventGroupWaitBits(wifi_event_group, CONNECTED_BIT, false, true, portMAX_DELAY);
  xTaskCreate(client_task, "client", 4096, NULL, 6, &task);
}
