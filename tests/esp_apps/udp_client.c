// SPDX-License-Identifier: Apache-2.0
// Sends a datagram and waits for the answer, three times; in the shape of ESP-IDF's example of that name.
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char* TAG = "udp_client";

static void client_task(void* pvParameters) {
  char rx_buffer[128];
  struct sockaddr_in dest_addr;
  struct timeval timeout = {5, 0};
  (void)pvParameters;
  dest_addr.sin_addr.s_addr = inet_addr(CONFIG_EXAMPLE_IPV4_ADDR);
  dest_addr.sin_family = AF_INET;
  dest_addr.sin_port = htons(CONFIG_EXAMPLE_PORT);
  int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
  setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  for (int round = 0; round < 3; ++round) {
    struct sockaddr_storage source_addr;
    socklen_t socklen = sizeof(source_addr);
    if (sendto(sock, "Message from ESP32", 18, 0, (struct sockaddr*)&dest_addr, sizeof(dest_addr)) < 0) break;
    int len = recvfrom(sock, rx_buffer, sizeof(rx_buffer) - 1, 0, (struct sockaddr*)&source_addr, &socklen);
    if (len < 0) {
      ESP_LOGE(TAG, "recvfrom failed: errno %d", errno);
      break;
    }
    rx_buffer[len] = 0;
    ESP_LOGI(TAG, "Received %d bytes: %s", len, rx_buffer);
    vTaskDelay(pdMS_TO_TICKS(20));
  }
  close(sock);
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(client_task, "udp_client", 4096, NULL, 5, NULL);
}
