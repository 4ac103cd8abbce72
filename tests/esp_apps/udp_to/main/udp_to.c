// SPDX-License-Identifier: Apache-2.0
// A datagram to whoever is named on standard input, and what comes back.
#include <string.h>
#include <sys/socket.h>

#include "addr_from_stdin.h"
#include "driver/gpio.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_system.h"
#include "protocol_examples_common.h"

static const char* TAG = "udp_to";

void app_main(void) {
  if (esp_reset_reason() != ESP_RST_POWERON || gpio_get_level(GPIO_NUM_0) != 1) return;
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  struct sockaddr_storage to = {0};
  int family = 0, protocol = 0;
  while (get_addr_from_stdin(3333, SOCK_DGRAM, &protocol, &family, &to) == ESP_OK) {
    int sock = socket(family, SOCK_DGRAM, protocol);
    const socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (sendto(sock, "hello", 5, 0, (struct sockaddr*)&to, size) != 5) ESP_LOGE(TAG, "sendto: errno %d", errno);
    char buffer[64] = "";
    const ssize_t count = recv(sock, buffer, sizeof(buffer) - 1, 0);
    ESP_LOGI(TAG, "family %d, %d bytes: %s", family, (int)count, buffer);
    close(sock);
  }
  ESP_LOGI(TAG, "no more addresses");
}
