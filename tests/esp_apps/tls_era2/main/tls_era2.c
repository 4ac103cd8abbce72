// SPDX-License-Identifier: Apache-2.0
// A web server by ESP-IDF 2's OpenSSL mapping: its certificate and key are PEM texts, which the calls for ASN.1 take as well.
#include <string.h>

#include "openssl/ssl.h"

#include "esp_event_loop.h"
#include "esp_log.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/event_groups.h"
#include "freertos/task.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "nvs_flash.h"

const static char* TAG = "tls_era2";
const static int CONNECTED_BIT = BIT0;
static EventGroupHandle_t events;

extern const unsigned char cert_start[] asm("_binary_server_root_cert_pem_start");
extern const unsigned char cert_end[] asm("_binary_server_root_cert_pem_end");
extern const unsigned char key_start[] asm("_binary_server_root_cert_key_start");
extern const unsigned char key_end[] asm("_binary_server_root_cert_key_end");
extern const char page[] asm("_binary_page_txt_start");

static void serve(SSL_CTX* ctx, int client) {
  char request[256], answer[256];
  SSL* ssl = SSL_new(ctx);
  SSL_set_fd(ssl, client);
  if (SSL_accept(ssl) > 0) {
    memset(request, 0, sizeof(request));
    if (SSL_read(ssl, request, sizeof(request) - 1) > 0 && strstr(request, "GET ") != NULL) {
      ESP_LOGI(TAG, "somebody wants the page by %s", SSL_get_version(ssl))
      snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", (int)strlen(page), page);
      SSL_write(ssl, answer, strlen(answer));
    }
    SSL_shutdown(ssl);
  } else {
    ESP_LOGE(TAG, "SSL_accept failed")
  }
  SSL_free(ssl);
  close(client);
}

static void server_task(void* unused) {
  (void)unused;
  int socket;
  socklen_t size; /* nobody sets it */
  struct sockaddr_in address;
  xEventGroupWaitBits(events, CONNECTED_BIT, false, true, portMAX_DELAY);
  SSL_CTX* ctx = SSL_CTX_new(TLSv1_2_server_method());
  if (!SSL_CTX_use_certificate_ASN1(ctx, cert_end - cert_start, cert_start) ||
      !SSL_CTX_use_PrivateKey_ASN1(0, ctx, key_start, key_end - key_start)) {
    ESP_LOGE(TAG, "neither certificate nor key")
    vTaskDelete(NULL);
  }
  socket = socket(AF_INET, SOCK_STREAM, 0);
  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = 0;
  address.sin_port = htons(443);
  if (bind(socket, (struct sockaddr*)&address, sizeof(address)) != 0 || listen(socket, 32) != 0) {
    ESP_LOGE(TAG, "no port")
    vTaskDelete(NULL);
  }
  ESP_LOGI(TAG, "waiting for browsers")
  for (;;) {
    int client = accept(socket, (struct sockaddr*)&address, &size);
    if (client >= 0) serve(ctx, client);
  }
}

static esp_err_t on_event(void* ctx, system_event_t* event) {
  (void)ctx;
  if (event->event_id == SYSTEM_EVENT_STA_START) esp_wifi_connect();
  if (event->event_id == SYSTEM_EVENT_STA_GOT_IP) xEventGroupSetBits(events, CONNECTED_BIT);
  return ESP_OK;
}

void app_main() {
  xTaskHandle task;
  wifi_init_config_t cfg = WIFI_INIT_CONFIG_DEFAULT();
  wifi_config_t sta_config = {.sta = {.ssid = "anything", .password = "whatever", .bssid_set = 0}};
  nvs_flash_init();
  system_init();
  tcpip_adapter_init();
  events = xEventGroupCreate();
  ESP_ERROR_CHECK(esp_event_loop_init(on_event, NULL));
  ESP_ERROR_CHECK(esp_wifi_init(&cfg));
  ESP_ERROR_CHECK(esp_wifi_set_mode(WIFI_MODE_STA));
  ESP_ERROR_CHECK(esp_wifi_set_config(ESP_IF_WIFI_STA, &sta_config));
  ESP_ERROR_CHECK(esp_wifi_start());
  xTaskCreate(server_task, "server", 8192, NULL, 6, &task);
}
