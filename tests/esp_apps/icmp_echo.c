// SPDX-License-Identifier: Apache-2.0
// Pings an address by a session; in the shape of ESP-IDF's example of that name.
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/inet.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "ping/ping_sock.h"
#include "protocol_examples_common.h"

static const char* TAG = "icmp_echo";

static void on_success(esp_ping_handle_t hdl, void* args) {
  uint8_t ttl;
  uint16_t seqno;
  uint32_t elapsed_time, recv_len;
  ip_addr_t target_addr;
  (void)args;
  esp_ping_get_profile(hdl, ESP_PING_PROF_SEQNO, &seqno, sizeof(seqno));
  esp_ping_get_profile(hdl, ESP_PING_PROF_TTL, &ttl, sizeof(ttl));
  esp_ping_get_profile(hdl, ESP_PING_PROF_IPADDR, &target_addr, sizeof(target_addr));
  esp_ping_get_profile(hdl, ESP_PING_PROF_SIZE, &recv_len, sizeof(recv_len));
  esp_ping_get_profile(hdl, ESP_PING_PROF_TIMEGAP, &elapsed_time, sizeof(elapsed_time));
  ESP_LOGI(TAG, "%" PRIu32 " bytes from %s icmp_seq=%u ttl=%u time=%" PRIu32 " ms", recv_len,
           ipaddr_ntoa(&target_addr), seqno, ttl, elapsed_time);
}

static void on_timeout(esp_ping_handle_t hdl, void* args) {
  uint16_t seqno;
  (void)args;
  esp_ping_get_profile(hdl, ESP_PING_PROF_SEQNO, &seqno, sizeof(seqno));
  ESP_LOGW(TAG, "icmp_seq=%u timeout", seqno);
}

static void on_end(esp_ping_handle_t hdl, void* args) {
  uint32_t transmitted, received;
  (void)args;
  esp_ping_get_profile(hdl, ESP_PING_PROF_REQUEST, &transmitted, sizeof(transmitted));
  esp_ping_get_profile(hdl, ESP_PING_PROF_REPLY, &received, sizeof(received));
  ESP_LOGI(TAG, "%" PRIu32 " packets transmitted, %" PRIu32 " received", transmitted, received);
  esp_ping_delete_session(hdl);
}

void app_main(void) {
  esp_ping_config_t config = ESP_PING_DEFAULT_CONFIG();
  esp_ping_callbacks_t cbs = {
      .on_ping_success = on_success, .on_ping_timeout = on_timeout, .on_ping_end = on_end, .cb_args = NULL};
  esp_ping_handle_t ping;
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  ipaddr_aton(CONFIG_EXAMPLE_TARGET, &config.target_addr);
  config.count = 3;
  config.interval_ms = 100;
  ESP_ERROR_CHECK(esp_ping_new_session(&config, &cbs, &ping));
  ESP_ERROR_CHECK(esp_ping_start(ping));
}
