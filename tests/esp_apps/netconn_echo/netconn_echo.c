/* SPDX-License-Identifier: Apache-2.0 */
/* An echo server of netconns with its own sdkconfig: a greeting, then what it gets, to one client after another. */
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/api.h"
#include "lwip/netif.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

#if CONFIG_LWIP_MAX_SOCKETS != 4 || CONFIG_LWIP_IP_DEFAULT_TTL != 77 || CONFIG_FREERTOS_HZ != 1000
#error "sdkconfig.defaults has not been read"
#endif

static const char* TAG = "netconn";

static void serve(struct netconn* conn) {
  struct netbuf* buf;
  err_t err = netconn_write(conn, CONFIG_EXAMPLE_GREETING, sizeof(CONFIG_EXAMPLE_GREETING) - 1, NETCONN_COPY);
  while (err == ERR_OK && (err = netconn_recv(conn, &buf)) == ERR_OK) {
    do {
      void* data;
      u16_t length;
      netbuf_data(buf, &data, &length);
      err = netconn_write(conn, data, length, NETCONN_COPY);
    } while (err == ERR_OK && netbuf_next(buf) >= 0);
    netbuf_delete(buf);
  }
  ESP_LOGI(TAG, "ended: %s", lwip_strerr(err));
  netconn_close(conn);
  netconn_delete(conn);
}

/* How many sockets there are beside one. */
static int count_sockets(void) {
  int fds[16], count = 0;
  while (count < 16 && (fds[count] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0) ++count;
  for (int i = 0; i < count; ++i) close(fds[i]);
  return count;
}

static void server_task(void* argument) {
  struct netconn *listener = netconn_new(NETCONN_TCP), *conn;
  (void)argument;
  if (netconn_bind(listener, IP_ADDR_ANY, CONFIG_EXAMPLE_PORT) != ERR_OK) ESP_LOGE(TAG, "the port is taken");
  netconn_listen(listener);
  ESP_LOGI(TAG, "address " IPSTR ", %d more sockets", IP2STR(netif_ip4_addr(netif_default)), count_sockets());
  ESP_LOGI(TAG, "listening on port %d", CONFIG_EXAMPLE_PORT);
  while (netconn_accept(listener, &conn) == ERR_OK) serve(conn);
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(server_task, "netconn", 4096, NULL, 5, NULL);
}
