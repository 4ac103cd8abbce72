// SPDX-License-Identifier: Apache-2.0
// The shape of a multicast program of ESP-IDF 2's time: joins a group on whatever interface there is, with options of one byte, hears
// who speaks to it, answers each and tells the group.
#include <lwip/sockets.h>
#include <string.h>

#include "era2_station.h"

#define GROUP "239.7.7.8"

static const char* tag = "group";

static void group_task(void* ignore) {
  struct sockaddr_in own, group, from;
  struct ip_mreq membership;
  uint8_t ttl = 3, loop = 0;
  char data[100];
  (void)ignore;
  int sock = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  memset(&own, 0, sizeof(own));
  own.sin_family = AF_INET;
  own.sin_port = htons(CONFIG_EXAMPLE_PORT);
  own.sin_addr.s_addr = htonl(INADDR_ANY);
  int rc = bind(sock, (struct sockaddr*)&own, sizeof(own));
  membership.imr_multiaddr.s_addr = inet_addr(GROUP);
  membership.imr_interface.s_addr = htonl(INADDR_ANY);
  rc |= setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership));
  rc |= setsockopt(sock, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
  rc |= setsockopt(sock, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof(loop));
  ESP_LOGI(tag, "joined: %d", rc)
  group = own;
  group.sin_addr = membership.imr_multiaddr;
  for (;;) {
    socklen_t length = sizeof(from);
    int got = recvfrom(sock, data, sizeof(data), 0, (struct sockaddr*)&from, &length);
    if (got < 0) break;
    ESP_LOGI(tag, "heard %.*s from %s", got, data, inet_ntoa(from.sin_addr))
    sendto(sock, "you", 3, 0, (struct sockaddr*)&from, length);
    sendto(sock, "all", 3, 0, (struct sockaddr*)&group, sizeof(group));
    if (got == 5 && memcmp(data, "leave", 5) == 0) {
      rc = setsockopt(sock, IPPROTO_IP, IP_DROP_MEMBERSHIP, &membership, sizeof(membership));
      ESP_LOGI(tag, "left: %d", rc)
    }
  }
  vTaskDelete(NULL);
}

void app_main(void) {
  station_start();
  station_wait();
  xTaskCreate(&group_task, "group", 4096, NULL, 5, NULL);
}
