// SPDX-License-Identifier: Apache-2.0
// The shape of a program for ESP-IDF 2 that chooses at run time between a fixed address and DHCP, by tcpip_adapter.
#include <string.h>

#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "tcpip_adapter.h"

static const char* TAG = "adapter";
static EventGroupHandle_t wifi_event_group;
const int CONNECTED_BIT = BIT0;

static esp_err_t event_handler(void* ctx, system_event_t* event) {
  switch (event->event_id) {
    case SYSTEM_EVENT_STA_START:
      tcpip_adapter_set_hostname(TCPIP_ADAPTER_IF_STA, "era2-device");
      esp_wifi_connect();
      break;
    case SYSTEM_EVENT_STA_GOT_IP:
      ESP_LOGI(TAG, "got ip " IPSTR, IP2STR(&event->event_info.got_ip.ip_info.ip))
      xEventGroupSetBits(wifi_event_group, CONNECTED_BIT);
      break;
    default:
      break;
  }
  return ESP_OK;
}

static void await_ip(void) {
  xEventGroupWaitBits(wifi_event_group, CONNECTED_BIT, true, true, portMAX_DELAY);
}

void app_main(void) {
  const char* name = "";
  tcpip_adapter_ip_info_t info;
  tcpip_adapter_dhcp_status_t status;
  ESP_ERROR_CHECK(nvs_flash_init());
  tcpip_adapter_init();
  wifi_event_group = xEventGroupCreate();
  ESP_ERROR_CHECK(esp_event_loop_init(event_handler, NULL));
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_start());
  await_ip();  // by DHCP
  ESP_ERROR_CHECK(tcpip_adapter_get_hostname(TCPIP_ADAPTER_IF_STA, &name));
  ESP_ERROR_CHECK(tcpip_adapter_dhcpc_get_status(TCPIP_ADAPTER_IF_STA, &status));
  ESP_LOGI(TAG, "%s: client started: %d", name, status == TCPIP_ADAPTER_DHCP_STARTED)

  memset(&info, 0, sizeof info);
  IP4_ADDR(&info.ip, 10, 99, 0, 200);
  IP4_ADDR(&info.netmask, 255, 255, 255, 0);
  ESP_LOGI(TAG, "too early: 0x%x", tcpip_adapter_set_ip_info(TCPIP_ADAPTER_IF_STA, &info))
  ESP_ERROR_CHECK(tcpip_adapter_dhcpc_stop(TCPIP_ADAPTER_IF_STA));
  ESP_ERROR_CHECK(tcpip_adapter_set_ip_info(TCPIP_ADAPTER_IF_STA, &info));
  await_ip();  // the fixed one
  ESP_ERROR_CHECK(tcpip_adapter_get_ip_info(TCPIP_ADAPTER_IF_STA, &info));
  ESP_LOGI(TAG, "fixed " IPSTR, IP2STR(&info.ip))
  ESP_ERROR_CHECK(tcpip_adapter_dhcpc_start(TCPIP_ADAPTER_IF_STA));
  ESP_LOGI(TAG, "again: 0x%x", tcpip_adapter_dhcpc_start(TCPIP_ADAPTER_IF_STA))
  await_ip();  // by DHCP again
  ESP_LOGI(TAG, "end")
}
