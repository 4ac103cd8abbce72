// SPDX-License-Identifier: Apache-2.0
// What programs for ESP-IDF 2 begin with, each in its own words: the network, by the event callback, and a task that waits for it.
#pragma once

#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "nvs_flash.h"

static EventGroupHandle_t station_group;
#define STATION_HAS_ADDRESS BIT0

static esp_err_t station_event(void* ctx, system_event_t* event) {
  (void)ctx;
  switch (event->event_id) {
    case SYSTEM_EVENT_STA_START:
      esp_wifi_connect();
      break;
    case SYSTEM_EVENT_STA_GOT_IP:
      xEventGroupSetBits(station_group, STATION_HAS_ADDRESS);
      break;
    case SYSTEM_EVENT_STA_DISCONNECTED:
      esp_wifi_connect();
      xEventGroupClearBits(station_group, STATION_HAS_ADDRESS);
      break;
    default:
      break;
  }
  return ESP_OK;
}

static void station_wait(void) {
  xEventGroupWaitBits(station_group, STATION_HAS_ADDRESS, false, true, portMAX_DELAY);
}

static void station_start(void) {
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  wifi_config_t sta_config = {.sta = {.ssid = "network", .password = "password", .bssid_set = false}};
  nvs_flash_init();
  tcpip_adapter_init();
  station_group = xEventGroupCreate();
  ESP_ERROR_CHECK(esp_event_loop_init(station_event, NULL));
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_wifi_set_storage(WIFI_STORAGE_RAM));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_set_config(ESP_IF_WIFI_STA, &sta_config));
  ESP_ERROR_CHECK(esp_wifi_start());
}
