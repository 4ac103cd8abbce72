// SPDX-License-Identifier: Apache-2.0
// Connects, says something, shows the answer, three times; in the shape of ESP-IDF's example of that name.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char* TAG = "tcp_client";
static const char* payload = "Message from ESP32 ";

static void client_task(void* pvParameters) {
  char rx_buffer[128];
  (void)pvParameters;
  for (int round = 0; round < 3; ++round) {
    struct sockaddr_in dest_addr;
    inet_pton(AF_INET, CONFIG_EXAMPLE_IPV4_ADDR, &dest_addr.sin_addr);
    dest_addr.sin_family = AF_INET;
    dest_addr.sin_port = htons(CONFIG_EXAMPLE_PORT);
    int sock = socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
    if (connect(sock, (struct sockaddr*)&dest_addr, sizeof(dest_addr)) != 0) {
      ESP_LOGE(TAG, "Socket unable to connect: errno %d", errno);
      close(sock);
      break;
    }
    ESP_LOGI(TAG, "Successfully connected");
    if (send(sock, payload, strlen(payload), 0) < 0) ESP_LOGE(TAG, "Error occurred during sending: errno %d", errno);
    int len = recv(sock, rx_buffer, sizeof(rx_buffer) - 1, 0);
    if (len < 0) {
      ESP_LOGE(TAG, "recv failed: errno %d", errno);
    } else {
      rx_buffer[len] = 0;
      ESP_LOGI(TAG, "Received %d bytes from %s: %s", len, CONFIG_EXAMPLE_IPV4_ADDR, rx_buffer);
    }
    shutdown(sock, 0);
    close(sock);
    vTaskDelay(20 / portTICK_PERIOD_MS);
  }
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(client_task, "tcp_client", 4096, NULL, 5, NULL);
}
