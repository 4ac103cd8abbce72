// SPDX-License-Identifier: Apache-2.0
// Asks for a page over TLS by esp_tls, trusting first an authority of its own, then the bundle, then the global store, and
// then comes back with a saved session; in the shape of ESP-IDF's example of that name.
#include <string.h>

#include "esp_crt_bundle.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_system.h"
#include "esp_tls.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lwip/dns.h"
#include "lwip/err.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "lwip/sys.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

#define WEB_URL "https://" CONFIG_EXAMPLE_WEB_SERVER ":" CONFIG_EXAMPLE_WEB_PORT "/page.txt"

static const char* TAG = "example";
static const char REQUEST[] = "GET " WEB_URL " HTTP/1.1\r\n"
                              "Host: " CONFIG_EXAMPLE_WEB_SERVER "\r\n"
                              "User-Agent: esp-idf/1.0 esp32\r\n"
                              "Connection: close\r\n\r\n";

extern const uint8_t server_root_cert_pem_start[] asm("_binary_server_root_cert_pem_start");
extern const uint8_t server_root_cert_pem_end[] asm("_binary_server_root_cert_pem_end");

static esp_tls_client_session_t* saved_session = NULL;

static void https_get_request(const char* what, esp_tls_cfg_t cfg, const char* url, bool save) {
  char buf[512];
  int ret;
  size_t written_bytes = 0;
  int total = 0;
  esp_tls_t* tls = esp_tls_init();
  if (!tls) {
    ESP_LOGE(TAG, "Failed to allocate esp_tls handle!");
    return;
  }
  if (esp_tls_conn_http_new_sync(url, &cfg, tls) != 1) {
    int esp_tls_code = 0, esp_tls_flags = 0;
    esp_tls_error_handle_t tls_e = NULL;
    esp_tls_get_error_handle(tls, &tls_e);
    esp_err_t error = esp_tls_get_and_clear_last_error(tls_e, &esp_tls_code, &esp_tls_flags);
    ESP_LOGE(TAG, "%s: connection failed, ESP-TLS error 0x%x, mbedTLS -0x%x", what, (unsigned)error, (unsigned)-esp_tls_code);
    goto cleanup;
  }
  ESP_LOGI(TAG, "%s: connection established", what);
  do {
    ret = esp_tls_conn_write(tls, REQUEST + written_bytes, strlen(REQUEST) - written_bytes);
    if (ret >= 0) {
      written_bytes += (size_t)ret;
    } else if (ret != ESP_TLS_ERR_SSL_WANT_READ && ret != ESP_TLS_ERR_SSL_WANT_WRITE) {
      ESP_LOGE(TAG, "esp_tls_conn_write returned: [0x%02X]", (unsigned)ret);
      goto cleanup;
    }
  } while (written_bytes < strlen(REQUEST));
  do {
    memset(buf, 0x00, sizeof(buf));
    ret = esp_tls_conn_read(tls, buf, sizeof(buf) - 1);
    if (ret == ESP_TLS_ERR_SSL_WANT_WRITE || ret == ESP_TLS_ERR_SSL_WANT_READ) continue;
    if (ret < 0) {
      ESP_LOGE(TAG, "esp_tls_conn_read returned [-0x%02X]", (unsigned)-ret);
      break;
    }
    if (ret == 0) break;
    total += ret;
    for (int i = 0; i < ret; i++) putchar(buf[i]);
  } while (1);
  ESP_LOGI(TAG, "%s: %d bytes, last read returned %d", what, total, ret);
  if (save) {
    esp_tls_free_client_session(saved_session);
    saved_session = esp_tls_get_client_session(tls);
  }
cleanup:
  esp_tls_conn_destroy(tls);
}

static void https_request_task(void* pvparameters) {
  const esp_tls_cfg_t own = {
      .cacert_buf = server_root_cert_pem_start,
      .cacert_bytes = (unsigned int)(server_root_cert_pem_end - server_root_cert_pem_start),
  };
  (void)pvparameters;
  https_get_request("cacert_buf", own, WEB_URL, true);

  esp_tls_cfg_t again = own;
  again.client_session = saved_session;
  https_get_request("saved session", again, WEB_URL, false);
  esp_tls_free_client_session(saved_session);

  ESP_ERROR_CHECK(esp_tls_set_global_ca_store(own.cacert_buf, own.cacert_bytes));
  const esp_tls_cfg_t global = {.use_global_ca_store = true};
  https_get_request("global store", global, WEB_URL, false);
  esp_tls_free_global_ca_store();

  // Nobody in the machine's bundle knows the server, and the authority knows it by another name.
  const esp_tls_cfg_t bundle = {.crt_bundle_attach = esp_crt_bundle_attach};
  https_get_request("crt_bundle", bundle, WEB_URL, false);
  https_get_request("other name", own, "https://other.example:" CONFIG_EXAMPLE_WEB_PORT "/", false);
  ESP_LOGI(TAG, "Finished");
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(&https_request_task, "https_get_task", 8192, NULL, 5, NULL);
}
