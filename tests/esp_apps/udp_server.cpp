// SPDX-License-Identifier: Apache-2.0
// Answers datagrams on a port, with IP_PKTINFO; in the shape of ESP-IDF's example of that name, in C++.
#include <cstring>
#include <functional>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

namespace {

const char* const TAG = "udp_server";

void server_task(void*) {
  const int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_IP);
  int enable = 1;
  setsockopt(sock, IPPROTO_IP, IP_PKTINFO, &enable, sizeof(enable));
  struct timeval timeout = {10, 0};
  setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  struct sockaddr_in dest_addr = {};
  dest_addr.sin_addr.s_addr = htonl(INADDR_ANY);
  dest_addr.sin_family = AF_INET;
  dest_addr.sin_port = htons(CONFIG_EXAMPLE_PORT);
  if (bind(sock, reinterpret_cast<struct sockaddr*>(&dest_addr), sizeof(dest_addr)) < 0) {
    ESP_LOGE(TAG, "Socket unable to bind: errno %d", errno);
  }
  // The calls are functions here: std::bind and members of their names do not clash.
  const auto say = std::bind([](const char* text) { ESP_LOGI(TAG, "%s", text); }, "Waiting for data");
  say();
  for (;;) {
    char data[2048];
    char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct iovec iov = {data, sizeof(data)};
    struct sockaddr_storage source_addr;
    struct msghdr msg = {};
    msg.msg_control = control;
    msg.msg_controllen = sizeof(control);
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_name = &source_addr;
    msg.msg_namelen = sizeof(source_addr);
    const int len = recvmsg(sock, &msg, 0);
    if (len < 0) {
      ESP_LOGE(TAG, "recvmsg failed: errno %d", errno);
      break;
    }
    for (struct cmsghdr* cmsg = CMSG_FIRSTHDR(&msg); cmsg != nullptr; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
      if (cmsg->cmsg_level != IPPROTO_IP || cmsg->cmsg_type != IP_PKTINFO) continue;
      struct in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(cmsg), sizeof info);
      ESP_LOGI(TAG, "dest ip: %s", inet_ntoa(info.ipi_addr));
    }
    if (sendto(sock, data, len, 0, reinterpret_cast<struct sockaddr*>(&source_addr), sizeof(source_addr)) < 0)
      break;
  }
  close(sock);
  vTaskDelete(nullptr);
}

}  // namespace

extern "C" void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreatePinnedToCore(server_task, "udp_server", 4096, nullptr, 5, nullptr, 0);
}
