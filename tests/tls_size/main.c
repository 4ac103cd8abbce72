/* SPDX-License-Identifier: Apache-2.0 */
/* What tls/connection.cpp calls of mbedTLS for a client (SERVER: for both roles), to be linked and measured, never run:
 * tools/mbedtls size. */
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

extern int transport_send(void *, const unsigned char *, size_t);
extern int transport_receive(void *, unsigned char *, size_t);
extern int random_bytes(void *, unsigned char *, size_t);
extern int check(void *, mbedtls_x509_crt *, int, uint32_t *);
extern const unsigned char pem[], key[];
extern const size_t pem_size, key_size;

static mbedtls_ssl_context ssl;
static mbedtls_ssl_config config;
static mbedtls_x509_crt chain;

static int shake(int role) {
  static unsigned char buffer[64];
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_init(&ssl);
  mbedtls_x509_crt_init(&chain);
  if (mbedtls_x509_crt_parse(&chain, pem, pem_size) != 0) return 1;
  if (mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) return 1;
  mbedtls_ssl_conf_rng(&config, random_bytes, NULL);
  mbedtls_ssl_conf_verify(&config, check, NULL);
  mbedtls_ssl_conf_ca_chain(&config, &chain, NULL);
  mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
#ifdef SERVER
  static mbedtls_pk_context own;
  mbedtls_pk_init(&own);
  if (mbedtls_pk_parse_key(&own, key, key_size, NULL, 0) != 0) return 1;
  if (mbedtls_ssl_conf_own_cert(&config, &chain, &own) != 0) return 1;
#endif
  if (mbedtls_ssl_setup(&ssl, &config) != 0 || mbedtls_ssl_set_hostname(&ssl, "device.example") != 0) return 1;
  mbedtls_ssl_set_bio(&ssl, NULL, transport_send, transport_receive, NULL);
  if (mbedtls_ssl_handshake(&ssl) != 0 || mbedtls_ssl_write(&ssl, buffer, 1) != 1) return 1;
  if (mbedtls_ssl_read(&ssl, buffer, sizeof(buffer)) < 0) return 1;
  mbedtls_ssl_close_notify(&ssl);
  mbedtls_ssl_free(&ssl);
  mbedtls_ssl_config_free(&config);
  mbedtls_x509_crt_free(&chain);
  return 0;
}

int start(int role) {
#ifdef SERVER
  return shake(role == 0 ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER);
#else
  (void)role;
  return shake(MBEDTLS_SSL_IS_CLIENT);
#endif
}
