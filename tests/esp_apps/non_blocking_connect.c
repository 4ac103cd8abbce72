// SPDX-License-Identifier: Apache-2.0
// Connects without waiting, as programs for lwIP do it: EINPROGRESS, select for writing with a time-out, SO_ERROR; then talks over
// the socket, still non-blocking. The second attempt is to a port where nobody listens.
#include <string.h>
#include <sys/select.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

static const char* TAG = "connect";

// 0, or what SO_ERROR said; -1 when nothing came in time.
static int wait_for(int sock, bool to_write) {
  fd_set set;
  struct timeval time = {.tv_sec = 10, .tv_usec = 0};
  FD_ZERO(&set);
  FD_SET(sock, &set);
  const int ready = select(sock + 1, to_write ? NULL : &set, to_write ? &set : NULL, NULL, &time);
  if (ready <= 0 || !FD_ISSET(sock, &set)) return -1;
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(sock, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -1;
  return error;
}

static void attempt(const char* port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo* address = NULL;
  if (getaddrinfo(CONFIG_EXAMPLE_IPV4_ADDR, port, &hints, &address) != 0 || address == NULL) return;
  int sock = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
  const int flags = fcntl(sock, F_GETFL, 0);
  if (sock < 0 || fcntl(sock, F_SETFL, flags | O_NONBLOCK) == -1) ESP_LOGE(TAG, "no socket: errno %d", errno);
  if (connect(sock, address->ai_addr, address->ai_addrlen) == 0) {
    ESP_LOGW(TAG, "connected at once");
  } else if (errno != EINPROGRESS) {
    ESP_LOGE(TAG, "connect: errno %d", errno);
  } else {
    ESP_LOGI(TAG, "port %s: in progress", port);
  }
  const int error = wait_for(sock, true);
  ESP_LOGI(TAG, "port %s: SO_ERROR is %d", port, error);
  if (error == 0) {
    char answer[32] = "";
    int got = recv(sock, answer, sizeof(answer) - 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ESP_LOGI(TAG, "nothing said yet");
    send(sock, "connected", 9, 0);
    if (wait_for(sock, false) == 0) got = recv(sock, answer, sizeof(answer) - 1, 0);
    ESP_LOGI(TAG, "answer: %.*s", got, answer);
  }
  close(sock);
  freeaddrinfo(address);
}

static void connect_task(void* pvParameters) {
  (void)pvParameters;
  attempt(CONFIG_EXAMPLE_PORT_TEXT);
  attempt("9");
  ESP_LOGI(TAG, "done");
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(connect_task, "connect", 4096, NULL, 5, NULL);
}
