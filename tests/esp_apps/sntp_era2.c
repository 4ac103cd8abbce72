// SPDX-License-Identifier: Apache-2.0
// The time as programs for ESP-IDF 2 get it, by an address and by a name.
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "apps/sntp/sntp.h"
#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/err.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"

static const char* TAG = "example";
static EventGroupHandle_t wifi_event_group;

static esp_err_t event_handler(void* ctx, system_event_t* event) {
  if (event->event_id == SYSTEM_EVENT_STA_START) esp_wifi_connect();
  if (event->event_id == SYSTEM_EVENT_STA_GOT_IP) xEventGroupSetBits(wifi_event_group, BIT0);
  return ESP_OK;
}

static void time_task(void* ignored) {
  xEventGroupWaitBits(wifi_event_group, BIT0, false, true, portMAX_DELAY);
  ip_addr_t addr;
  memset(&addr, 0x5a, sizeof(addr)); /* the text leaves its type as it was */
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  inet_pton(AF_INET, CONFIG_SNTP_TIME_SERVER, &addr);
  sntp_setserver(0, &addr);
  char none[] = "192.0.2.1";
  sntp_setservername(1, none);
  sntp_init();
  time_t now = 0;
  struct tm timeinfo = {0};
  int retry = 0;
  while (timeinfo.tm_year < (2016 - 1900) && ++retry < 20) {
    vTaskDelay(500 / portTICK_PERIOD_MS);
    time(&now);
    localtime_r(&now, &timeinfo);
  }
  struct timeval tv;
  gettimeofday(&tv, NULL);
  ESP_LOGI(TAG, "now %ld.%06ld", (long)tv.tv_sec, (long)tv.tv_usec);
  sntp_set_timezone(-5);
  ESP_LOGI(TAG, "stamp %u, %s", (unsigned)sntp_get_current_timestamp(), sntp_get_real_time());
  ESP_LOGI(TAG, "asctime %s", asctime(&timeinfo));
  sntp_stop();
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
  xTaskCreate(time_task, "time_task", 2048, NULL, 5, NULL);
}
