// SPDX-License-Identifier: Apache-2.0
// On the device of the ESP32 text: all sockets that there are, and one more; then an echo server whose clients take turns in
// the three that its listener leaves.
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char* TAG = "seed";

#ifdef CONFIG_LWIP_SO_REUSE
#error "off in this profile"
#endif

static void use_all(void) {
  int socks[CONFIG_LWIP_MAX_SOCKETS + 1];
  int count = 0;
  while (count <= CONFIG_LWIP_MAX_SOCKETS && (socks[count] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0) count++;
  ESP_LOGI(TAG, "%d sockets of %d, then errno %d", count, CONFIG_LWIP_MAX_SOCKETS, errno);
  int on = 1;
  const int rc = setsockopt(socks[0], SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  ESP_LOGI(TAG, "SO_REUSEADDR: %d, errno %d", rc, rc < 0 ? errno : 0);
  close(socks[count - 1]);
  const int again = socket(AF_INET, SOCK_STREAM, 0);
  ESP_LOGI(TAG, "a closed one is free: %s", again >= 0 ? "yes" : "no");
  if (again >= 0) close(again);
  for (int i = 0; i < count - 1; i++) close(socks[i]);
}

static void echo_task(void* client) {
  char data[1000];
  const int sock = (int)client;
  int got;
  while ((got = recv(sock, data, sizeof(data), 0)) > 0) {
    for (int sent = 0, now; sent < got; sent += now) {
      if ((now = send(sock, data + sent, got - sent, 0)) <= 0) break;
    }
  }
  close(sock);
  vTaskDelete(NULL);
}

static void server_task(void* pvParameters) {
  (void)pvParameters;
  use_all();
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(CONFIG_EXAMPLE_PORT)};
  const int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (bind(listener, (struct sockaddr*)&own, sizeof(own)) < 0 || listen(listener, 2) < 0) ESP_LOGE(TAG, "errno %d", errno);
  ESP_LOGI(TAG, "listening");
  int refused = 0;
  for (;;) {
    const int sock = accept(listener, NULL, NULL);
    if (sock >= 0) {
      refused = 0;
      xTaskCreate(echo_task, "echo", 4096, (void*)sock, 5, NULL);
      continue;
    }
    if (!refused) ESP_LOGI(TAG, "a client waits: errno %d", errno);
    refused = 1;
    vTaskDelay(1);  // until one of the others has ended
  }
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(server_task, "server", 4096, NULL, 5, NULL);
}
