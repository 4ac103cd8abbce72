// SPDX-License-Identifier: Apache-2.0
// The shape of a UDP server and a UDP client of ESP-IDF 2's time, both in one program: macros for the calls, SO_ERROR behind each
// failure, messages without semicolons.
#include <lwip/sockets.h>
#include <string.h>

#include "era2_station.h"

static char tag[] = "udp";

static int last_socket_errno(int socket) {
  int ret = 0;
  u32_t optlen = sizeof(ret);
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &ret, &optlen);
  return ret;
}

static void server_task(void* ignore) {
  int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  struct sockaddr_in serverAddr;
  struct sockaddr_in peer;
  uint8_t data[1500];
  (void)ignore;
  serverAddr.sin_family = AF_INET;
  serverAddr.sin_port = htons(CONFIG_EXAMPLE_PORT);
  serverAddr.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(sock, (struct sockaddr*)&serverAddr, sizeof(serverAddr)) < 0) {
    ESP_LOGE(tag, "bind: %d, %d", last_socket_errno(sock), errno)
  }
  ESP_LOGI(tag, "bound")
  for (;;) {
    socklen_t peerLength = sizeof(peer);
    int got = recvfrom(sock, data, sizeof(data), 0, (struct sockaddr*)&peer, &peerLength);
    if (got < 0) break;
    ESP_LOGI(tag, "%d bytes from %s", got, inet_ntoa(peer.sin_addr))
    sendto(sock, data, got, 0, (struct sockaddr*)&peer, peerLength);
    if (got == 3 && memcmp(data, "end", 3) == 0) break;
  }
  lwip_close_r(sock);
  vTaskDelete(NULL);
}

static void client_task(void* ignore) {
  int socket_fd;
  struct sockaddr_in sa;
  char answer[64];
  struct timeval patience = {10, 0};
  (void)ignore;
  socket_fd = socket(PF_INET, SOCK_DGRAM, 0);
  memset(&sa, 0, sizeof(struct sockaddr_in));
  sa.sin_family = AF_INET;
  inet_pton(AF_INET, CONFIG_EXAMPLE_IPV4_ADDR, &sa.sin_addr.s_addr);
  sa.sin_port = htons(CONFIG_EXAMPLE_CLIENT_PORT);
  setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  for (int i = 0; i < 3; i++) {
    if (sendto(socket_fd, "from era 2", 10, 0, (struct sockaddr*)&sa, sizeof(sa)) != 10) {
      ESP_LOGE(tag, "sendto: %d", last_socket_errno(socket_fd))
    }
    int got = recv(socket_fd, answer, sizeof(answer), 0);
    ESP_LOGI(tag, "the answer: %.*s", got, answer)
  }
  close(socket_fd);
  vTaskDelete(NULL);
}

void app_main(void) {
  station_start();
  station_wait();
  xTaskCreatePinnedToCore(&server_task, "server", 4096, NULL, 5, NULL, 0);
  xTaskCreatePinnedToCore(&client_task, "client", 4096, NULL, 5, NULL, 1);
}
