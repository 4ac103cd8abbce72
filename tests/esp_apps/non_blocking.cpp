// SPDX-License-Identifier: Apache-2.0
// One task serves several clients by non-blocking sockets and select; a second one waits for a notification
// of it.
#include <fcntl.h>

#include <cerrno>
#include <string>
#include <vector>

#include "esp_event.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "protocol_examples_common.h"

namespace {

const char* const TAG = "nonblocking";
QueueHandle_t counts;
SemaphoreHandle_t console;

bool serve(int client, int& total) {
  char data[1500];
  for (;;) {
    const int len = recv(client, data, sizeof data, 0);
    if (len < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (len == 0) return false;
    total += len;
    send(client, data, len, 0);
  }
}

void server_task(void*) {
  const int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  struct sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_port = htons(CONFIG_EXAMPLE_PORT);
  if (bind(listener, reinterpret_cast<struct sockaddr*>(&own), sizeof own) != 0 || listen(listener, 5) != 0)
    vTaskDelete(nullptr);
  fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
  if (accept(listener, nullptr, nullptr) < 0 && errno == EWOULDBLOCK) ESP_LOGI(TAG, "Nobody waits yet");
  std::vector<int> clients;
  int total = 0;
  for (;;) {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(listener, &readable);
    int highest = listener;
    for (const int client : clients) {
      FD_SET(client, &readable);
      highest = client > highest ? client : highest;
    }
    if (select(highest + 1, &readable, nullptr, nullptr, nullptr) < 0) break;
    if (FD_ISSET(listener, &readable)) {
      const int client = accept(listener, nullptr, nullptr);
      if (client >= 0) {
        fcntl(client, F_SETFL, O_NONBLOCK);
        clients.push_back(client);
      }
    }
    for (std::size_t i = 0; i < clients.size();) {
      if (!FD_ISSET(clients[i], &readable) || serve(clients[i], total)) {
        ++i;
        continue;
      }
      close(clients[i]);
      clients.erase(clients.begin() + static_cast<std::ptrdiff_t>(i));
      xQueueSend(counts, &total, portMAX_DELAY);
    }
  }
  vTaskDelete(nullptr);
}

void report_task(void*) {
  int total = 0;
  while (xQueueReceive(counts, &total, portMAX_DELAY) == pdTRUE) {
    xSemaphoreTake(console, portMAX_DELAY);
    ESP_LOGI(TAG, "A client left, %d bytes so far", total);
    xSemaphoreGive(console);
  }
}

}  // namespace

extern "C" void app_main(void) {
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  counts = xQueueCreate(8, sizeof(int));
  console = xSemaphoreCreateMutex();
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(report_task, "report", 2048, nullptr, 3, nullptr);
  xTaskCreate(server_task, "server", 4096, nullptr, 5, nullptr);
}
