// SPDX-License-Identifier: Apache-2.0
// The time as ESP-IDF's example of version 4 gets it: lwIP's calls by esp_sntp.h, and a status to be polled.
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_sntp.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char* TAG = "example";

void time_sync_notification_cb(struct timeval* tv) { ESP_LOGI(TAG, "Notification of a time synchronization event"); }

static void initialize_sntp(void) {
  ESP_LOGI(TAG, "Initializing SNTP");
  sntp_setoperatingmode(SNTP_OPMODE_POLL);
  sntp_setservername(0, CONFIG_SNTP_TIME_SERVER);
  sntp_set_time_sync_notification_cb(time_sync_notification_cb);
#ifdef CONFIG_SNTP_TIME_SYNC_METHOD_SMOOTH
  sntp_set_sync_mode(SNTP_SYNC_MODE_SMOOTH);
#endif
  sntp_init();
}

static void obtain_time(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
#ifdef LWIP_DHCP_GET_NTP_SRV
  sntp_servermode_dhcp(1);
#endif
  ESP_ERROR_CHECK(example_connect());
  initialize_sntp();
  int retry = 0;
  const int retry_count = 15;
  while (sntp_get_sync_status() == SNTP_SYNC_STATUS_RESET && ++retry < retry_count) {
    ESP_LOGI(TAG, "Waiting for system time to be set... (%d/%d)", retry, retry_count);
    vTaskDelay(2000 / portTICK_PERIOD_MS);
  }
}

void app_main(void) {
  obtain_time();
  struct timeval tv;
  gettimeofday(&tv, NULL);
  ESP_LOGI(TAG, "now %ld.%06ld", (long)tv.tv_sec, (long)tv.tv_usec);
  struct timeval set = {1000000000, 0};
  settimeofday(&set, NULL);
  ESP_LOGI(TAG, "set %ld", (long)time(NULL));
}
