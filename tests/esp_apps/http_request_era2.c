// SPDX-License-Identifier: Apache-2.0
// The shape of ESP-IDF 2's http_request: getaddrinfo, a request by write, the page by read into a small buffer.
#include <string.h>

#include "era2_station.h"
#include "lwip/dns.h"
#include "lwip/err.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"

static const char* TAG = "era2_http";
static const char* REQUEST = "GET " CONFIG_EXAMPLE_PATH " HTTP/1.0\n"
                             "Host: " CONFIG_EXAMPLE_WEB_SERVER "\n"
                             "User-Agent: esp-idf/1.0 esp32\n"
                             "\n";

static void http_get_task(void* pvParameters) {
  const struct addrinfo hints = {
      .ai_family = AF_INET,
      .ai_socktype = SOCK_STREAM,
  };
  struct addrinfo* res;
  struct in_addr* addr;
  int s, r;
  char recv_buf[64];
  (void)pvParameters;
  station_wait();
  int err = getaddrinfo(CONFIG_EXAMPLE_WEB_SERVER, CONFIG_EXAMPLE_WEB_PORT, &hints, &res);
  if (err != 0 || res == NULL) {
    ESP_LOGE(TAG, "DNS lookup failed err=%d res=%p", err, res);
    vTaskDelete(NULL);
  }
  addr = &((struct sockaddr_in*)res->ai_addr)->sin_addr;
  ESP_LOGI(TAG, "DNS lookup succeeded. IP=%s", inet_ntoa(*addr));
  s = socket(res->ai_family, res->ai_socktype, 0);
  if (s < 0 || connect(s, res->ai_addr, res->ai_addrlen) != 0) {
    ESP_LOGE(TAG, "... socket connect failed errno=%d", errno);
  }
  freeaddrinfo(res);
  if (write(s, REQUEST, strlen(REQUEST)) < 0) {
    ESP_LOGE(TAG, "... socket send failed");
  }
  do {
    bzero(recv_buf, sizeof(recv_buf));
    r = read(s, recv_buf, sizeof(recv_buf) - 1);
    for (int i = 0; i < r; i++) {
      putchar(recv_buf[i]);
    }
  } while (r > 0);
  ESP_LOGI(TAG, "... done reading from socket. Last read return=%d errno=%d", r, r < 0 ? errno : 0);
  close(s);
  vTaskDelete(NULL);
}

void app_main(void) {
  station_start();
  xTaskCreate(&http_get_task, "http_get_task", 2048, NULL, 5, NULL);
}
