// SPDX-License-Identifier: Apache-2.0
// The time as ESP-IDF's example of today gets it: esp_netif_sntp, two servers, a notification, and the zones of TZ.
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "esp_attr.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif_sntp.h"
#include "esp_sleep.h"
#include "esp_sntp.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/ip_addr.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

#ifndef INET6_ADDRSTRLEN
#define INET6_ADDRSTRLEN 48
#endif

static const char* TAG = "example";

static void time_sync_notification_cb(struct timeval* tv) {
  ESP_LOGI(TAG, "Notification of a time synchronization event: %ld", (long)tv->tv_sec);
}

static void print_servers(void) {
  ESP_LOGI(TAG, "List of configured NTP servers:");
  for (uint8_t i = 0; i < SNTP_MAX_SERVERS; ++i) {
    if (esp_sntp_getservername(i)) {
      ESP_LOGI(TAG, "server %d: %s", i, esp_sntp_getservername(i));
    } else {
      char buff[INET6_ADDRSTRLEN];
      const ip_addr_t* ip = esp_sntp_getserver(i);
      if (ipaddr_ntoa_r(ip, buff, INET6_ADDRSTRLEN) != NULL) ESP_LOGI(TAG, "server %d: %s", i, buff);
    }
  }
}

static void obtain_time(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  esp_sntp_config_t config =
      ESP_NETIF_SNTP_DEFAULT_CONFIG_MULTIPLE(2, ESP_SNTP_SERVER_LIST(CONFIG_SNTP_TIME_SERVER, "192.0.2.1"));
  config.start = false;
  config.server_from_dhcp = true;
  config.renew_servers_after_new_IP = true;
  config.index_of_first_server = 1;
  config.ip_event_to_renew = IP_EVENT_STA_GOT_IP;
  config.sync_cb = time_sync_notification_cb;
#ifdef CONFIG_SNTP_TIME_SYNC_METHOD_SMOOTH
  config.smooth_sync = true;
#endif
  ESP_ERROR_CHECK(esp_netif_sntp_init(&config));
  ESP_ERROR_CHECK(example_connect());
  ESP_ERROR_CHECK(esp_netif_sntp_start());
  print_servers();
  int retry = 0;
  const int retry_count = 15;
  while (esp_netif_sntp_sync_wait(2000 / portTICK_PERIOD_MS) == ESP_ERR_TIMEOUT && ++retry < retry_count) {
    ESP_LOGI(TAG, "Waiting for system time to be set... (%d/%d)", retry, retry_count);
  }
}

void app_main(void) {
  time_t now;
  struct tm timeinfo;
  time(&now);
  localtime_r(&now, &timeinfo);
  if (timeinfo.tm_year < (2016 - 1900)) {
    ESP_LOGI(TAG, "Time is not set yet. Connecting to WiFi and getting time over NTP.");
    obtain_time();
    time(&now);
  }
  struct timeval tv;
  struct timespec ts;
  gettimeofday(&tv, NULL);
  clock_gettime(CLOCK_REALTIME, &ts);
  ESP_LOGI(TAG, "now %ld.%06ld %ld.%09ld", (long)tv.tv_sec, (long)tv.tv_usec, (long)ts.tv_sec, ts.tv_nsec);

  char text[64];
  setenv("TZ", "EST5EDT,M3.2.0/2,M11.1.0", 1);
  tzset();
  localtime_r(&now, &timeinfo);
  strftime(text, sizeof(text), "%c", &timeinfo);
  ESP_LOGI(TAG, "The current date/time in New York is: %s", text);
  setenv("TZ", "CST-8", 1);
  tzset();
  localtime_r(&now, &timeinfo);
  strftime(text, sizeof(text), "%c", &timeinfo);
  ESP_LOGI(TAG, "The current date/time in Shanghai is: %s", text);

  if (sntp_get_sync_mode() == SNTP_SYNC_MODE_SMOOTH) {
    struct timeval outdelta;
    adjtime(NULL, &outdelta);
    ESP_LOGI(TAG, "Waiting for adjusting time ... outdelta = %ld sec: %ld us", (long)outdelta.tv_sec, (long)outdelta.tv_usec);
  }
  unsigned int reach = 0;
  ESP_ERROR_CHECK(esp_netif_sntp_reachability(1, &reach));
  ESP_LOGI(TAG, "reachability of 1: %u", reach);
  esp_netif_sntp_deinit();
}
