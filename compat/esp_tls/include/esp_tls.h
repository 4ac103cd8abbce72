// SPDX-License-Identifier: Apache-2.0
/* The main calls of ESP-IDF's esp_tls.h on linnet's TLS. The host is the one that tls::attach names. */
#ifndef LINNET_ESP_TLS_H
#define LINNET_ESP_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__has_include)
#if __has_include(<esp_err.h>)
#include <esp_err.h> /* compat/esp_idf's, where that is used, too */
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ESP_OK
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_STATE 0x103
#endif

#define ESP_ERR_ESP_TLS_BASE 0x8000
#define ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME (ESP_ERR_ESP_TLS_BASE + 0x01)
#define ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET (ESP_ERR_ESP_TLS_BASE + 0x02)
#define ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST (ESP_ERR_ESP_TLS_BASE + 0x04)
#define ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT (ESP_ERR_ESP_TLS_BASE + 0x06)
#define ESP_ERR_ESP_TLS_TCP_CLOSED_FIN (ESP_ERR_ESP_TLS_BASE + 0x08)
#define ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED (ESP_ERR_ESP_TLS_BASE + 0x15)
#define ESP_ERR_MBEDTLS_SSL_SETUP_FAILED (ESP_ERR_ESP_TLS_BASE + 0x17)
#define ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED (ESP_ERR_ESP_TLS_BASE + 0x19)
#define ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED (ESP_ERR_ESP_TLS_BASE + 0x1A)

#define ESP_TLS_ERR_SSL_WANT_READ -0x6900
#define ESP_TLS_ERR_SSL_WANT_WRITE -0x6880
#define ESP_TLS_ERR_SSL_TIMEOUT -0x6800

typedef enum esp_tls_conn_state {
  ESP_TLS_INIT = 0,
  ESP_TLS_CONNECTING,
  ESP_TLS_HANDSHAKE,
  ESP_TLS_FAIL,
  ESP_TLS_DONE
} esp_tls_conn_state_t;

typedef struct esp_tls_cfg {
  const char **alpn_protos; /* null at the end */
  const unsigned char *cacert_buf; /* PEM (with its zero counted) or DER */
  unsigned int cacert_bytes;
  const unsigned char *clientcert_buf;
  unsigned int clientcert_bytes;
  const unsigned char *clientkey_buf;
  unsigned int clientkey_bytes;
  const unsigned char *clientkey_password;
  unsigned int clientkey_password_len;
  bool non_block; /* esp_tls_conn_read and _write do not wait: ESP_TLS_ERR_SSL_WANT_READ, ..._WANT_WRITE */
  int timeout_ms; /* 0: as ESP-IDF has it, 10 s for the connection and each flight */
  bool use_global_ca_store;
  const char *common_name; /* that the certificate must be for, instead of the host */
  bool skip_common_name;   /* the certificate's chain and dates are still checked */
  esp_err_t (*crt_bundle_attach)(void *conf);
  struct esp_tls_client_session *client_session; /* of esp_tls_get_client_session, to the same host */
} esp_tls_cfg_t;

typedef struct esp_tls_cfg_server {
  const char **alpn_protos;
  const unsigned char *cacert_buf; /* of clients: then each must show a certificate */
  unsigned int cacert_bytes;
  const unsigned char *servercert_buf;
  unsigned int servercert_bytes;
  const unsigned char *serverkey_buf;
  unsigned int serverkey_bytes;
  const unsigned char *serverkey_password;
  unsigned int serverkey_password_len;
} esp_tls_cfg_server_t;

typedef struct esp_tls_client_session esp_tls_client_session_t;

typedef struct esp_tls esp_tls_t;

typedef struct esp_tls_last_error {
  esp_err_t last_error;
  int esp_tls_error_code; /* mbedTLS's number */
  int esp_tls_flags;
} esp_tls_last_error_t;
typedef struct esp_tls_last_error *esp_tls_error_handle_t;

esp_tls_t *esp_tls_init(void);
int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg, esp_tls_t *tls); /* 1; -1 */
int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
/* One step: 1 done, 0 to be called again, -1. The first looks the name up and waits for the TCP connection. */
int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
esp_err_t esp_tls_plain_tcp_connect(const char *host, int hostlen, int port, const esp_tls_cfg_t *cfg,
                                    esp_tls_error_handle_t error_handle, int *sockfd);
/* The handshake of an accepted connection: 0 done, -1. The socket is closed with the session. */
int esp_tls_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);
void esp_tls_server_session_delete(esp_tls_t *tls);
/* To come back without certificates; null: the server gave none. */
esp_tls_client_session_t *esp_tls_get_client_session(esp_tls_t *tls);
void esp_tls_free_client_session(esp_tls_client_session_t *session);
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t length); /* 0: the peer said it is done */
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t length);
int esp_tls_conn_destroy(esp_tls_t *tls);
ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls);
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd);
esp_err_t esp_tls_get_conn_state(esp_tls_t *tls, esp_tls_conn_state_t *state);
void *esp_tls_get_ssl_context(esp_tls_t *tls);
esp_err_t esp_tls_init_global_ca_store(void);
esp_err_t esp_tls_set_global_ca_store(const unsigned char *pem, const unsigned int bytes);
void esp_tls_free_global_ca_store(void);
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *handle);
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t handle, int *code, int *flags);

#ifdef __cplusplus
}
#endif

#endif
