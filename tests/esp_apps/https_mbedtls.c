// SPDX-License-Identifier: Apache-2.0
// Asks for a page with mbedTLS itself, step by step; in the shape of ESP-IDF's example of that name.
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_system.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/entropy.h"
#include "mbedtls/error.h"
#include "mbedtls/esp_debug.h"
#include "mbedtls/net_sockets.h"
#include "mbedtls/platform.h"
#include "mbedtls/ssl.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "sdkconfig.h"

static const char* TAG = "example";
static const char* REQUEST = "GET /page.txt HTTP/1.0\r\n"
                             "Host: " CONFIG_EXAMPLE_WEB_SERVER "\r\n"
                             "User-Agent: esp-idf/1.0 esp32\r\n"
                             "\r\n";

extern const uint8_t server_root_cert_pem_start[] asm("_binary_server_root_cert_pem_start");
extern const uint8_t server_root_cert_pem_end[] asm("_binary_server_root_cert_pem_end");

static void https_get_task(void* pvParameters) {
  char buf[512];
  int ret, flags, len;
  int total = 0;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context ctr_drbg;
  mbedtls_ssl_context ssl;
  mbedtls_x509_crt cacert;
  mbedtls_ssl_config conf;
  mbedtls_net_context server_fd;
  (void)pvParameters;

  mbedtls_ssl_init(&ssl);
  mbedtls_x509_crt_init(&cacert);
  mbedtls_ctr_drbg_init(&ctr_drbg);
  mbedtls_ssl_config_init(&conf);
  mbedtls_net_init(&server_fd);
  mbedtls_entropy_init(&entropy);
  if ((ret = mbedtls_ctr_drbg_seed(&ctr_drbg, mbedtls_entropy_func, &entropy, NULL, 0)) != 0) {
    ESP_LOGE(TAG, "mbedtls_ctr_drbg_seed returned %d", ret);
    abort();
  }
  ret = mbedtls_x509_crt_parse(&cacert, server_root_cert_pem_start,
                               (size_t)(server_root_cert_pem_end - server_root_cert_pem_start));
  if (ret < 0) {
    ESP_LOGE(TAG, "mbedtls_x509_crt_parse returned -0x%x", (unsigned)-ret);
    abort();
  }
  // Hostname set here should match CN in server certificate.
  if ((ret = mbedtls_ssl_set_hostname(&ssl, CONFIG_EXAMPLE_WEB_SERVER)) != 0) {
    ESP_LOGE(TAG, "mbedtls_ssl_set_hostname returned -0x%x", (unsigned)-ret);
    abort();
  }
  if ((ret = mbedtls_ssl_config_defaults(&conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                         MBEDTLS_SSL_PRESET_DEFAULT)) != 0) {
    ESP_LOGE(TAG, "mbedtls_ssl_config_defaults returned %d", ret);
    goto exit;
  }
  mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_REQUIRED);
  mbedtls_ssl_conf_ca_chain(&conf, &cacert, NULL);
  mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &ctr_drbg);
  mbedtls_esp_enable_debug_log(&conf, 1);
  if ((ret = mbedtls_ssl_setup(&ssl, &conf)) != 0) {
    ESP_LOGE(TAG, "mbedtls_ssl_setup returned -0x%x", (unsigned)-ret);
    goto exit;
  }
  if ((ret = mbedtls_net_connect(&server_fd, CONFIG_EXAMPLE_WEB_SERVER, CONFIG_EXAMPLE_WEB_PORT,
                                 MBEDTLS_NET_PROTO_TCP)) != 0) {
    ESP_LOGE(TAG, "mbedtls_net_connect returned -%x", (unsigned)-ret);
    goto exit;
  }
  ESP_LOGI(TAG, "Connected.");
  mbedtls_ssl_set_bio(&ssl, &server_fd, mbedtls_net_send, mbedtls_net_recv, NULL);
  while ((ret = mbedtls_ssl_handshake(&ssl)) != 0) {
    if (ret != MBEDTLS_ERR_SSL_WANT_READ && ret != MBEDTLS_ERR_SSL_WANT_WRITE) {
      ESP_LOGE(TAG, "mbedtls_ssl_handshake returned -0x%x", (unsigned)-ret);
      goto exit;
    }
  }
  if ((flags = (int)mbedtls_ssl_get_verify_result(&ssl)) != 0) {
    ESP_LOGW(TAG, "Failed to verify peer certificate!");
  } else {
    ESP_LOGI(TAG, "Certificate verified.");
  }
  ESP_LOGI(TAG, "Cipher suite is %s", mbedtls_ssl_get_ciphersuite(&ssl));
  size_t written_bytes = 0;
  do {
    ret = mbedtls_ssl_write(&ssl, (const unsigned char*)REQUEST + written_bytes, strlen(REQUEST) - written_bytes);
    if (ret >= 0) {
      written_bytes += (size_t)ret;
    } else if (ret != MBEDTLS_ERR_SSL_WANT_WRITE && ret != MBEDTLS_ERR_SSL_WANT_READ) {
      ESP_LOGE(TAG, "mbedtls_ssl_write returned -0x%x", (unsigned)-ret);
      goto exit;
    }
  } while (written_bytes < strlen(REQUEST));
  do {
    len = sizeof(buf) - 1;
    memset(buf, 0, sizeof(buf));
    ret = mbedtls_ssl_read(&ssl, (unsigned char*)buf, (size_t)len);
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE) continue;
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
      ret = 0;
      break;
    }
    if (ret < 0) {
      ESP_LOGE(TAG, "mbedtls_ssl_read returned -0x%x", (unsigned)-ret);
      break;
    }
    if (ret == 0) {
      ESP_LOGI(TAG, "connection closed");
      break;
    }
    total += ret;
    for (int i = 0; i < ret; i++) putchar(buf[i]);
  } while (1);
  ESP_LOGI(TAG, "%d bytes, ended by %d", total, ret);
  mbedtls_ssl_close_notify(&ssl);
exit:
  mbedtls_esp_disable_debug_log(&conf);
  mbedtls_ssl_session_reset(&ssl);
  mbedtls_net_free(&server_fd);
  if (ret != 0) {
    mbedtls_strerror(ret, buf, 100);
    ESP_LOGE(TAG, "Last error was: -0x%x - %s", (unsigned)-ret, buf);
  }
  vTaskDelete(NULL);
}

void app_main(void) {
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(example_connect());
  xTaskCreate(&https_get_task, "https_get_task", 8192, NULL, 5, NULL);
}
