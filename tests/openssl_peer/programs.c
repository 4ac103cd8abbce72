/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server as programs for OpenSSL are written. Compiled twice from this text: with our headers, in openssl_peer,
 * and, where they are, with the real OpenSSL's, in openssl_kernel. */
#include "tests/openssl_peer/programs.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#if defined(WITH_OPENSSLS_OWN_HEADERS) == defined(LINNET_OPENSSL_SSL_H)
#error "these are the other headers"
#endif

static void begin(void) {
  SSL_library_init();
  SSL_load_error_strings();
  OpenSSL_add_all_algorithms();
}

static int fail(const char *what) {
  printf("%s failed\n", what);
  ERR_print_errors_fp(stdout);
  return 1;
}

static int converse_as_client(SSL *ssl) {
  char text[1024];
  int n;
  if (SSL_connect(ssl) != 1) {
    printf("verify: %s\n", X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    return fail("SSL_connect");
  }
  X509 *peer = SSL_get_peer_certificate(ssl);
  if (peer == NULL) return fail("SSL_get_peer_certificate");
  printf("%s, peer %s\n", SSL_get_version(ssl), X509_NAME_oneline(X509_get_subject_name(peer), text, sizeof text));
  X509_free(peer);
  if (SSL_write(ssl, "GET / HTTP/1.0\r\n\r\n", 18) != 18) return fail("SSL_write");
  while ((n = SSL_read(ssl, text, sizeof text)) > 0) fwrite(text, 1, (size_t)n, stdout);
  if (SSL_get_error(ssl, n) != SSL_ERROR_ZERO_RETURN) return fail("SSL_read");
  SSL_shutdown(ssl);
  printf("closed\n");
  return 0;
}

int program_client(int fd, const char *name, const char *authority, int depth) {
  begin();
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  if (ctx == NULL) return fail("SSL_CTX_new");
  SSL_CTX_set_options(ctx, SSL_OP_NO_SSLv3 | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_verify_depth(ctx, depth);
  if (SSL_CTX_load_verify_locations(ctx, authority, NULL) != 1) return fail("SSL_CTX_load_verify_locations");
  SSL *ssl = SSL_new(ctx);
  if (ssl == NULL) return fail("SSL_new");
  X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), name, strlen(name));
  SSL_set_tlsext_host_name(ssl, name);
  SSL_set_fd(ssl, fd);
  const int code = converse_as_client(ssl);
  SSL_free(ssl);
  SSL_CTX_free(ctx);
  fflush(stdout);
  return code;
}

static int converse_as_server(SSL *ssl) {
  char text[1024];
  if (SSL_accept(ssl) != 1) return fail("SSL_accept");
  const int n = SSL_read(ssl, text, sizeof text);
  if (n <= 0) return fail("SSL_read");
  const int size = snprintf(text, sizeof text, "%d bytes by %s\n", n, SSL_get_version(ssl));
  if (SSL_write(ssl, text, size) != size) return fail("SSL_write");
  if (SSL_shutdown(ssl) == 0) SSL_shutdown(ssl);
  printf("served\n");
  return 0;
}

int program_server(int fd, const char *certificate, const char *key) {
  begin();
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  if (ctx == NULL) return fail("SSL_CTX_new");
  (void)SSL_CTX_set_ecdh_auto(ctx, 1);
  if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 || SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(ctx) != 1) {
    return fail("certificate");
  }
  SSL *ssl = SSL_new(ctx);
  if (ssl == NULL) return fail("SSL_new");
  SSL_set_fd(ssl, fd);
  const int code = converse_as_server(ssl);
  SSL_free(ssl);
  SSL_CTX_free(ctx);
  fflush(stdout);
  return code;
}
