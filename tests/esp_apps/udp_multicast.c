// SPDX-License-Identifier: Apache-2.0
// The shape of ESP-IDF's udp_multicast: one socket in a group of IPv4 (CONFIG_EXAMPLE_IPV4_ONLY), of IPv6 (CONFIG_EXAMPLE_IPV6_ONLY)
// or of both, that says something when it hears nothing.
#include <string.h>
#include <sys/param.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/err.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

#define UDP_PORT CONFIG_EXAMPLE_PORT
#define IPV4_GROUP "239.7.7.7"
#define IPV6_GROUP "ff02::fc"

static const char* TAG = "multicast";

#ifndef CONFIG_EXAMPLE_IPV6_ONLY
static int add_ipv4_group(int sock, bool assign_source_if) {
  struct ip_mreq imreq = {0};
  struct in_addr iaddr = {0};
  esp_netif_ip_info_t ip_info = {0};
  int err = esp_netif_get_ip_info(get_example_netif(), &ip_info);
  if (err != ESP_OK) return -1;
  inet_addr_from_ip4addr(&iaddr, &ip_info.ip);
  inet_addr_from_ip4addr(&imreq.imr_interface, &ip_info.ip);
  if (inet_aton(IPV4_GROUP, &imreq.imr_multiaddr.s_addr) != 1) return -1;
  ESP_LOGI(TAG, "Configured IPV4 Multicast address %s", inet_ntoa(imreq.imr_multiaddr.s_addr));
  if (!IP_MULTICAST(ntohl(imreq.imr_multiaddr.s_addr))) ESP_LOGW(TAG, "not a group");
  if (assign_source_if && setsockopt(sock, IPPROTO_IP, IP_MULTICAST_IF, &iaddr, sizeof(struct in_addr)) < 0) {
    ESP_LOGE(TAG, "Failed to set IP_MULTICAST_IF. Error %d", errno);
    return -1;
  }
  if (setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &imreq, sizeof(struct ip_mreq)) < 0) {
    ESP_LOGE(TAG, "Failed to set IP_ADD_MEMBERSHIP. Error %d", errno);
    return -1;
  }
  return 0;
}
#endif

#ifdef CONFIG_EXAMPLE_IPV4_ONLY
static int create_socket(void) {
  struct sockaddr_in saddr = {0};
  int sock = socket(PF_INET, SOCK_DGRAM, IPPROTO_IP);
  saddr.sin_family = PF_INET;
  saddr.sin_port = htons(UDP_PORT);
  saddr.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(sock, (struct sockaddr*)&saddr, sizeof(struct sockaddr_in)) < 0) return -1;
  uint8_t ttl = CONFIG_EXAMPLE_MULTICAST_TTL;
  uint8_t loopback_val = 1;
  if (setsockopt(sock, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(uint8_t)) < 0) return -1;
  if (setsockopt(sock, IPPROTO_IP, IP_MULTICAST_LOOP, &loopback_val, sizeof(uint8_t)) < 0) return -1;
  return add_ipv4_group(sock, true) < 0 ? -1 : sock;
}
#else
static int create_socket(void) {
  struct sockaddr_in6 saddr = {0};
  struct ipv6_mreq v6imreq = {0};
  int sock = socket(PF_INET6, SOCK_DGRAM, IPPROTO_IPV6);
  if (sock < 0) {
    ESP_LOGE(TAG, "Failed to create socket. Error %d", errno);
    return -1;
  }
  saddr.sin6_family = AF_INET6;
  saddr.sin6_port = htons(UDP_PORT);
  bzero(&saddr.sin6_addr.un, sizeof(saddr.sin6_addr.un));
  if (bind(sock, (struct sockaddr*)&saddr, sizeof(struct sockaddr_in6)) < 0) return -1;
  uint8_t netif_index = (uint8_t)esp_netif_get_netif_impl_index(get_example_netif());
  if (setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_IF, &netif_index, sizeof(uint8_t)) < 0) {
    ESP_LOGE(TAG, "Failed to set IPV6_MULTICAST_IF. Error %d", errno);
    return -1;
  }
  v6imreq.ipv6mr_interface = (unsigned int)netif_index;
  uint8_t ttl = CONFIG_EXAMPLE_MULTICAST_TTL;
  uint8_t loopback_val = 1;
  if (setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof(uint8_t)) < 0) return -1;
  if (setsockopt(sock, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loopback_val, sizeof(uint8_t)) < 0) return -1;
  if (inet6_aton(IPV6_GROUP, &v6imreq.ipv6mr_multiaddr) != 1) return -1;
  ESP_LOGI(TAG, "Configured IPV6 Multicast address %s", inet6_ntoa(v6imreq.ipv6mr_multiaddr));
  ip6_addr_t multi_addr;
  inet6_addr_to_ip6addr(&multi_addr, &v6imreq.ipv6mr_multiaddr);
  if (!ip6_addr_ismulticast(&multi_addr)) ESP_LOGW(TAG, "not a group");
  if (setsockopt(sock, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &v6imreq, sizeof(struct ipv6_mreq)) < 0) {
    ESP_LOGE(TAG, "Failed to set IPV6_ADD_MEMBERSHIP. Error %d", errno);
    return -1;
  }
#ifdef CONFIG_EXAMPLE_IPV6_ONLY
  int only = 1;
#else
  int only = 0;
  if (add_ipv4_group(sock, false) < 0) return -1;
#endif
  if (setsockopt(sock, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(int)) < 0) return -1;
  return sock;
}
#endif

static void send_to(int sock, const char* group, int family, const char* text) {
  struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_DGRAM, .ai_family = family};
  struct addrinfo* res;
#ifndef CONFIG_EXAMPLE_IPV4_ONLY
  if (family == AF_INET) {
    hints.ai_family = AF_INET6;
    hints.ai_flags |= AI_V4MAPPED;
  }
#endif
  int err = getaddrinfo(group, NULL, &hints, &res);
  if (err != 0) {
    ESP_LOGE(TAG, "getaddrinfo() failed for %s: %d", group, err);
    return;
  }
  if (res->ai_family == AF_INET) {
    ((struct sockaddr_in*)res->ai_addr)->sin_port = htons(UDP_PORT);
  } else {
    ((struct sockaddr_in6*)res->ai_addr)->sin6_port = htons(UDP_PORT);
  }
  err = sendto(sock, text, strlen(text), 0, res->ai_addr, res->ai_addrlen);
  freeaddrinfo(res);
  if (err < 0) ESP_LOGE(TAG, "sendto %s failed. errno: %d", group, errno);
}

static void receive(int sock) {
  char recvbuf[48];
  char raddr_name[48] = {0};
  struct sockaddr_storage raddr;
  socklen_t socklen = sizeof(raddr);
  int len = recvfrom(sock, recvbuf, sizeof(recvbuf) - 1, 0, (struct sockaddr*)&raddr, &socklen);
  if (len < 0) {
    ESP_LOGE(TAG, "multicast recvfrom failed: errno %d", errno);
    return;
  }
  if (raddr.ss_family == PF_INET) {
    inet_ntoa_r(((struct sockaddr_in*)&raddr)->sin_addr, raddr_name, sizeof(raddr_name) - 1);
  } else if (raddr.ss_family == PF_INET6) {
    inet6_ntoa_r(((struct sockaddr_in6*)&raddr)->sin6_addr, raddr_name, sizeof(raddr_name) - 1);
  }
  recvbuf[len] = 0;
  ESP_LOGI(TAG, "received %d bytes from %s: %s", len, raddr_name, recvbuf);
}

static void mcast_example_task(void* pvParameters) {
  (void)pvParameters;
  int send_count = 0;
  int sock = create_socket();
  if (sock < 0) {
    ESP_LOGE(TAG, "Failed to create multicast socket");
    vTaskDelete(NULL);
  }
  ESP_LOGI(TAG, "listening");
  for (;;) {
    struct timeval tv = {.tv_sec = 0, .tv_usec = 300000};
    fd_set rfds;
    FD_ZERO(&rfds);
    FD_SET(sock, &rfds);
    int s = select(sock + 1, &rfds, NULL, NULL, &tv);
    if (s < 0) {
      ESP_LOGE(TAG, "Select failed: errno %d", errno);
      break;
    }
    if (s > 0) {
      receive(sock);
    } else {
      char sendbuf[48];
      snprintf(sendbuf, sizeof(sendbuf), "Multicast #%d sent by ESP32", send_count++);
#ifndef CONFIG_EXAMPLE_IPV6_ONLY
      send_to(sock, IPV4_GROUP, AF_INET, sendbuf);
#endif
#ifndef CONFIG_EXAMPLE_IPV4_ONLY
      send_to(sock, IPV6_GROUP, AF_INET6, sendbuf);
#endif
    }
  }
  close(sock);
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(&mcast_example_task, "mcast_task", 4096, NULL, 5, NULL);
}
