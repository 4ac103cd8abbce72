// SPDX-License-Identifier: Apache-2.0
// The ESP32 text's "mbedTLS Example", with what its wiki took from it put back: the # of its directives, its line ends
// and plain spaces. Nothing else is changed.
#include "mbedtls/platform.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/debug.h"
#include "mbedtls/entropy.h"
#include "mbedtls/error.h"
#include "mbedtls/net.h"
#include "mbedtls/ssl.h"
#include "esp_log.h"
#include "string.h"
#include "stdio.h"
#define SERVER_NAME "httpbin.org"
#define SERVER_PORT "443"

static char tag[] = "callhttps";
static char errortext[256];
static void my_debug(void *ctx, int level, const char *file, int line, const char *str) {
  ((void) level);
  ((void) ctx);
  printf("%s:%04d: %s", file, line, str);
}
void callhttps() {
  ESP_LOGD(tag, "--> callhttps\n");
  mbedtls_net_context server_fd;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context ctr_drbg;
  mbedtls_ssl_context ssl;
  mbedtls_ssl_config conf;
  mbedtls_x509_crt cacert;
  int ret;
  int len;
  char *pers = "ssl_client1";
  unsigned char buf[1024];
  mbedtls_net_init(&server_fd);
  mbedtls_ssl_init(&ssl);
  mbedtls_ssl_config_init(&conf);
  mbedtls_x509_crt_init(&cacert);
  mbedtls_ctr_drbg_init(&ctr_drbg);
  mbedtls_entropy_init(&entropy);
  mbedtls_ssl_conf_dbg(&conf, my_debug, stdout);
  mbedtls_debug_set_threshold(2);
  // Log at error only
  ret = mbedtls_ctr_drbg_seed( &ctr_drbg, mbedtls_entropy_func, &entropy, (const unsigned char *) pers, strlen(pers));
  if (ret != 0) {
    ESP_LOGE(tag, " failed\n ! mbedtls_ctr_drbg_seed returned %d\n", ret);
    return;
  }
  ret = mbedtls_net_connect(&server_fd, SERVER_NAME, SERVER_PORT, MBEDTLS_NET_PROTO_TCP);
  if (ret != 0) {
    ESP_LOGE(tag, " failed\n ! mbedtls_net_connect returned %d\n\n", ret);
    return;
  }
  ret = mbedtls_ssl_config_defaults( &conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (ret != 0) {
    ESP_LOGE(tag, " failed\n ! mbedtls_ssl_config_defaults returned %d\n\n", ret);
    return;
  }
  mbedtls_ssl_conf_authmode(&conf, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_rng(&conf, mbedtls_ctr_drbg_random, &ctr_drbg);
  ret = mbedtls_ssl_setup(&ssl, &conf);
  if (ret != 0) {
    mbedtls_strerror(ret, errortext, sizeof(errortext));
    ESP_LOGE(tag, "error from mbedtls_ssl_setup: %d - %x - %s\n", ret, ret, errortext);
    return;
  }
  ret = mbedtls_ssl_set_hostname(&ssl, "httpbin.org");
  if (ret != 0) {
    mbedtls_strerror(ret, errortext, sizeof(errortext));
    ESP_LOGE(tag, "error from mbedtls_ssl_set_hostname: %d - %x - %s\n", ret, ret, errortext);
    return;
  }
  mbedtls_ssl_set_bio(&ssl, &server_fd, mbedtls_net_send, mbedtls_net_recv, NULL);
  char *requestMessage = \
  "GET /ip HTTP/1.1\r\n" \
  "User-Agent: kolban\r\n" \
  "Host: httpbin.org\r\n" \
  "Accept-Language: en-us\r\n" \
  "Accept-Encoding: gzip, deflate\r\n" \
  "\r\n";
  sprintf((char *)buf, requestMessage);
  len = strlen((char *)buf);
  ret = mbedtls_ssl_write(&ssl, buf, len);
  if (ret < 0) {
    mbedtls_strerror(ret, errortext, sizeof(errortext));
    ESP_LOGE(tag, "error from write: %d -%x - %s\n", ret, ret, errortext);
    return;
  }
  len = sizeof(buf);
  ret = mbedtls_ssl_read(&ssl, buf, len);
  if (ret < 0) {
    ESP_LOGE(tag, "error from read: %d\n", len);
    return;
  }
  printf("Result:\n%.*s\n", len, buf);
  mbedtls_net_free(&server_fd);
  mbedtls_ssl_free(&ssl);
  mbedtls_ssl_config_free(&conf);
  mbedtls_ctr_drbg_free(&ctr_drbg);
  mbedtls_entropy_free(&entropy);
  ESP_LOGV(tag, "All done");
}
