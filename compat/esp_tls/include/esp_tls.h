// SPDX-License-Identifier: Apache-2.0
/* The main calls of ESP-IDF's esp_tls.h on linnet's TLS. The host is the one that tls::attach names. */
#ifndef LINNET_ESP_TLS_H
#define LINNET_ESP_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <esp_tls_errors.h>
#include <mbedtls/ssl.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum esp_tls_conn_state {
  ESP_TLS_INIT = 0,
  ESP_TLS_CONNECTING,
  ESP_TLS_HANDSHAKE,
  ESP_TLS_FAIL,
  ESP_TLS_DONE
} esp_tls_conn_state_t;

typedef enum esp_tls_role { ESP_TLS_CLIENT = 0, ESP_TLS_SERVER } esp_tls_role_t;

typedef enum esp_tls_addr_family { ESP_TLS_AF_UNSPEC = 0, ESP_TLS_AF_INET, ESP_TLS_AF_INET6 } esp_tls_addr_family_t;

typedef enum {
  ESP_TLS_VER_ANY = 0,
  ESP_TLS_VER_TLS_1_2 = 0x1,
  ESP_TLS_VER_TLS_1_3 = 0x2, /* with an mbedTLS that speaks it, else the connection fails; 1.2 is taken, too, if the server has no other */
  ESP_TLS_VER_TLS_MAX
} esp_tls_proto_ver_t;

/* A key that both ends know: 1 to 32 bytes, and its name. */
typedef struct psk_key_hint {
  const uint8_t *key;
  const size_t key_size;
  const char *hint;
} psk_hint_key_t;

typedef struct tls_keep_alive_cfg {
  bool keep_alive_enable;
  int keep_alive_idle;     /* seconds, each; 0: as the stack has it */
  int keep_alive_interval;
  int keep_alive_count;
} tls_keep_alive_cfg_t;

struct ifreq;

typedef struct esp_tls_cfg {
  const char **alpn_protos; /* null at the end */
  union {
    const unsigned char *cacert_buf; /* PEM (with its zero counted) or DER */
    const unsigned char *cacert_pem_buf;
  };
  union {
    unsigned int cacert_bytes;
    unsigned int cacert_pem_bytes;
  };
  union {
    const unsigned char *clientcert_buf;
    const unsigned char *clientcert_pem_buf;
  };
  union {
    unsigned int clientcert_bytes;
    unsigned int clientcert_pem_bytes;
  };
  union {
    const unsigned char *clientkey_buf;
    const unsigned char *clientkey_pem_buf;
  };
  union {
    unsigned int clientkey_bytes;
    unsigned int clientkey_pem_bytes;
  };
  const unsigned char *clientkey_password;
  unsigned int clientkey_password_len;
  bool use_ecdsa_peripheral; /* keys in hardware: there is none here, ESP_ERR_ESP_TLS_SE_FAILED; so with the next one, */
  uint8_t ecdsa_key_efuse_blk;
  bool non_block; /* esp_tls_conn_read and _write do not wait: ESP_TLS_ERR_SSL_WANT_READ, ..._WANT_WRITE */
  bool use_secure_element; /* with this */
  int timeout_ms; /* 0: as ESP-IDF has it, 10 s for the connection and each flight */
  bool use_global_ca_store;
  const char *common_name; /* that the certificate must be for, instead of the host */
  bool skip_common_name;   /* the certificate's chain and dates are still checked */
  tls_keep_alive_cfg_t *keep_alive_cfg;
  const psk_hint_key_t *psk_hint_key; /* instead of certificates, where none are given */
  esp_err_t (*crt_bundle_attach)(void *conf);
  void *ds_data; /* and with this */
  bool is_plain_tcp; /* no TLS at all */
  struct ifreq *if_name; /* not supported: ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED */
  struct esp_tls_client_session *client_session; /* of esp_tls_get_client_session, to the same host */
  esp_tls_addr_family_t addr_family;
  const int *ciphersuites_list; /* zero at the end; null: esp_tls_get_ciphersuites_list's */
  esp_tls_proto_ver_t tls_version;
} esp_tls_cfg_t;

/* Called once the client has named a host, to change this handshake by mbedtls_ssl_set_hs_own_cert and its like; 0, or
 * mbedTLS's number of an error that ends it. */
typedef int (*esp_tls_handshake_callback)(mbedtls_ssl_context *ssl);

typedef struct esp_tls_server_session_ticket_ctx esp_tls_server_session_ticket_ctx_t;

typedef struct esp_tls_cfg_server {
  const char **alpn_protos;
  union {
    const unsigned char *cacert_buf; /* of clients: then each must show a certificate */
    const unsigned char *cacert_pem_buf;
  };
  union {
    unsigned int cacert_bytes;
    unsigned int cacert_pem_bytes;
  };
  union {
    const unsigned char *servercert_buf;
    const unsigned char *servercert_pem_buf;
  };
  union {
    unsigned int servercert_bytes;
    unsigned int servercert_pem_bytes;
  };
  union {
    const unsigned char *serverkey_buf;
    const unsigned char *serverkey_pem_buf;
  };
  union {
    unsigned int serverkey_bytes;
    unsigned int serverkey_pem_bytes;
  };
  const unsigned char *serverkey_password;
  unsigned int serverkey_password_len;
  bool use_ecdsa_peripheral; /* as for clients */
  uint8_t ecdsa_key_efuse_blk;
  bool use_secure_element;
  esp_tls_server_session_ticket_ctx_t *ticket_ctx; /* of esp_tls_cfg_server_session_tickets_init */
  void *userdata; /* mbedtls_ssl_get_user_data_p, where mbedTLS has that (3.x) */
  esp_tls_handshake_callback cert_select_cb;
} esp_tls_cfg_server_t;

typedef struct esp_tls_client_session esp_tls_client_session_t;

typedef struct esp_tls esp_tls_t;

esp_tls_t *esp_tls_init(void);
/* 1, or -1. Without a `cfg`, or with is_plain_tcp, it is TCP alone. */
int esp_tls_conn_new_sync(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
int esp_tls_conn_http_new_sync(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
/* One step: 1 done, 0 to be called again, -1. The first looks the name up and waits for the TCP connection. */
int esp_tls_conn_new_async(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
int esp_tls_conn_http_new_async(const char *url, const esp_tls_cfg_t *cfg, esp_tls_t *tls);
esp_err_t esp_tls_plain_tcp_connect(const char *host, int hostlen, int port, const esp_tls_cfg_t *cfg,
                                    esp_tls_error_handle_t error_handle, int *sockfd);
/* The handshake of an accepted connection: 0 done, -1. The socket is closed with the session. */
int esp_tls_server_session_create(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);
/* The same by steps: ESP_OK, and then 0 done, ESP_TLS_ERR_SSL_WANT_READ or ..._WANT_WRITE to be called again, others failed. */
esp_err_t esp_tls_server_session_init(esp_tls_cfg_server_t *cfg, int sockfd, esp_tls_t *tls);
int esp_tls_server_session_continue_async(esp_tls_t *tls);
/* Tickets for those who come back (RFC 5077), with keys of their own; ESP_ERR_INVALID_ARG: there are some already. */
esp_err_t esp_tls_cfg_server_session_tickets_init(esp_tls_cfg_server_t *cfg);
void esp_tls_cfg_server_session_tickets_free(esp_tls_cfg_server_t *cfg);
void esp_tls_server_session_delete(esp_tls_t *tls);
/* To come back without certificates; null: the server gave none. */
esp_tls_client_session_t *esp_tls_get_client_session(esp_tls_t *tls);
void esp_tls_free_client_session(esp_tls_client_session_t *session);
ssize_t esp_tls_conn_read(esp_tls_t *tls, void *data, size_t length); /* 0: the peer said it is done */
ssize_t esp_tls_conn_write(esp_tls_t *tls, const void *data, size_t length);
int esp_tls_conn_destroy(esp_tls_t *tls);
/* As ESP-IDF had them before v5: null when it fails, which leaves no reason. */
esp_tls_t *esp_tls_conn_new(const char *hostname, int hostlen, int port, const esp_tls_cfg_t *cfg);
esp_tls_t *esp_tls_conn_http_new(const char *url, const esp_tls_cfg_t *cfg);
void esp_tls_conn_delete(esp_tls_t *tls);
ssize_t esp_tls_get_bytes_avail(esp_tls_t *tls);
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t *tls, int *sockfd);
esp_err_t esp_tls_set_conn_sockfd(esp_tls_t *tls, int sockfd); /* before the handshake; ESP_ERR_INVALID_STATE after it */
esp_err_t esp_tls_get_conn_state(esp_tls_t *tls, esp_tls_conn_state_t *state);
esp_err_t esp_tls_set_conn_state(esp_tls_t *tls, esp_tls_conn_state_t state); /* what is told, and nothing else */
void *esp_tls_get_ssl_context(esp_tls_t *tls);
const int *esp_tls_get_ciphersuites_list(void); /* zero at the end: AEAD with forward secrecy */
esp_err_t esp_tls_init_global_ca_store(void);
esp_err_t esp_tls_set_global_ca_store(const unsigned char *pem, const unsigned int bytes);
void esp_tls_free_global_ca_store(void);
mbedtls_x509_crt *esp_tls_get_global_ca_store(void); /* null: there is none */
esp_err_t esp_tls_get_error_handle(esp_tls_t *tls, esp_tls_error_handle_t *handle);
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t handle, int *code, int *flags);

/* The part of the last error that is of this kind; ESP_ERR_INVALID_STATE: there is none. */
esp_err_t esp_tls_get_and_clear_error_type(esp_tls_error_handle_t handle, esp_tls_error_type_t type, int *code);

#ifdef __cplusplus
}
#endif

#endif
