// SPDX-License-Identifier: Apache-2.0
// Resolves a name, asks for a page and shows it; in the shape of ESP-IDF's example of that name.
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/dns.h"
#include "lwip/err.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char* TAG = "example";
extern const char request_start[] asm("_binary_request_txt_start");

static void http_get_task(void* pvParameters) {
  const struct addrinfo hints = {
      .ai_family = AF_INET,
      .ai_socktype = SOCK_STREAM,
  };
  struct addrinfo* res;
  struct timeval receiving_timeout = {5, 0};
  char recv_buf[64];
  int total = 0;
  int r;
  (void)pvParameters;

  int err = getaddrinfo(CONFIG_EXAMPLE_WEB_SERVER, CONFIG_EXAMPLE_WEB_PORT, &hints, &res);
  if (err != 0 || res == NULL) {
    ESP_LOGE(TAG, "DNS lookup failed err=%d res=%p", err, (void*)res);
    vTaskDelete(NULL);
  }
  struct in_addr* addr = &((struct sockaddr_in*)res->ai_addr)->sin_addr;
  ESP_LOGI(TAG, "DNS lookup succeeded. IP=%s", inet_ntoa(*addr));
  int s = socket(res->ai_family, res->ai_socktype, 0);
  if (connect(s, res->ai_addr, res->ai_addrlen) != 0) {
    ESP_LOGE(TAG, "... socket connect failed errno=%d", errno);
    close(s);
    freeaddrinfo(res);
    vTaskDelete(NULL);
  }
  freeaddrinfo(res);
  if (write(s, request_start, strlen(request_start)) < 0) ESP_LOGE(TAG, "... socket send failed");
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &receiving_timeout, sizeof(receiving_timeout));
  do {
    bzero(recv_buf, sizeof(recv_buf));
    r = read(s, recv_buf, sizeof(recv_buf) - 1);
    for (int i = 0; i < r; i++) putchar(recv_buf[i]);
    if (r > 0) total += r;
  } while (r > 0);
  ESP_LOGI(TAG, "... done reading from socket. Total %d. Last read return=%d errno=%d.", total, r, errno);
  close(s);
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(&http_get_task, "http_get_task", 4096, NULL, 5, NULL);
}
