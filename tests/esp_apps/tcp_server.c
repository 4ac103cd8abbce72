// SPDX-License-Identifier: Apache-2.0
// An echo server with keep-alive, in the shape of ESP-IDF's example of that name.
#include <string.h>
#include <sys/param.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/err.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include <lwip/netdb.h>
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char* TAG = "tcp_server";

static void echo(const int sock) {
  char data[512];
  for (;;) {
    int len = recv(sock, data, sizeof(data), 0);
    if (len < 0) {
      ESP_LOGE(TAG, "recv failed: errno %d", errno);
      return;
    }
    if (len == 0) {
      ESP_LOGI(TAG, "Connection closed");
      return;
    }
    for (int done = 0; done < len;) {
      int written = send(sock, data + done, len - done, 0);
      if (written < 0) {
        ESP_LOGE(TAG, "send failed: errno %d", errno);
        return;
      }
      done += written;
    }
  }
}

static void server_task(void* pvParameters) {
  int family = (int)pvParameters;
  struct sockaddr_storage dest_addr;
  memset(&dest_addr, 0, sizeof(dest_addr));
  int listen_sock = -1;
  int opt = 1;
#ifdef CONFIG_EXAMPLE_IPV6
  struct sockaddr_in6* dest_addr_ip6 = (struct sockaddr_in6*)&dest_addr;
  bzero(&dest_addr_ip6->sin6_addr.un, sizeof(dest_addr_ip6->sin6_addr.un));
  dest_addr_ip6->sin6_family = AF_INET6;
  dest_addr_ip6->sin6_port = htons(CONFIG_EXAMPLE_PORT);
#else
  struct sockaddr_in* dest_addr_ip4 = (struct sockaddr_in*)&dest_addr;
  dest_addr_ip4->sin_addr.s_addr = htonl(INADDR_ANY);
  dest_addr_ip4->sin_family = AF_INET;
  dest_addr_ip4->sin_port = htons(CONFIG_EXAMPLE_PORT);
#endif
  listen_sock = socket(family, SOCK_STREAM, IPPROTO_IP);
  if (listen_sock < 0) {
    ESP_LOGE(TAG, "Unable to create socket: errno %d", errno);
    vTaskDelete(NULL);
    return;
  }
  setsockopt(listen_sock, SOL_SOCKET, SO_REUSEADDR, &opt, sizeof(opt));
  if (bind(listen_sock, (struct sockaddr*)&dest_addr, sizeof(dest_addr)) != 0) {
    ESP_LOGE(TAG, "Unable to bind: errno %d", errno);
    goto CLEAN_UP;
  }
  if (listen(listen_sock, 1) != 0) {
    ESP_LOGE(TAG, "Unable to listen: errno %d", errno);
    goto CLEAN_UP;
  }
  ESP_LOGI(TAG, "Socket listening on port %d", CONFIG_EXAMPLE_PORT);
  while (1) {
    char addr_str[128];
    int keepAlive = 1;
    int keepIdle = 5;
    struct sockaddr_storage source_addr;
    socklen_t addr_len = sizeof(source_addr);
    int sock = accept(listen_sock, (struct sockaddr*)&source_addr, &addr_len);
    if (sock < 0) {
      ESP_LOGE(TAG, "Unable to accept: errno %d", errno);
      break;
    }
    setsockopt(sock, SOL_SOCKET, SO_KEEPALIVE, &keepAlive, sizeof(int));
    setsockopt(sock, IPPROTO_TCP, TCP_KEEPIDLE, &keepIdle, sizeof(int));
    if (source_addr.ss_family == PF_INET) {
      inet_ntoa_r(((struct sockaddr_in*)&source_addr)->sin_addr, addr_str, sizeof(addr_str) - 1);
    } else {
      inet6_ntoa_r(((struct sockaddr_in6*)&source_addr)->sin6_addr, addr_str, sizeof(addr_str) - 1);
    }
    ESP_LOGI(TAG, "Socket accepted ip address: %s", addr_str);
    echo(sock);
    shutdown(sock, 0);
    close(sock);
  }
CLEAN_UP:
  close(listen_sock);
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
#ifdef CONFIG_EXAMPLE_IPV6
  xTaskCreate(server_task, "tcp_server", 4096, (void*)AF_INET6, 5, NULL);
#else
  xTaskCreate(server_task, "tcp_server", 4096, (void*)AF_INET, 5, NULL);
#endif
}
