/* SPDX-License-Identifier: Apache-2.0 */
/* mbedtls_peer: either end of a TLS connection by mbedTLS alone, over the kernel's sockets and with the library's own
 * net_sockets, for tests/interop/tls_implementations.py. Nothing of linnet is in it. The server sends back what it gets. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { record = 16384, most_protocols = 4 };

static struct {
  int server, ask_client, half_close, idle, truncate;
  const char *peer, *port, *name, *authority, *certificate, *key;
  const char *protocols[most_protocols + 1];
  int suites[2];
  unsigned long size, piece, connections;
} options = {.port = "4433", .piece = record, .connections = 1};

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static mbedtls_x509_crt authorities, chain;
static mbedtls_pk_context key;
static mbedtls_ssl_ticket_context tickets;
static mbedtls_ssl_config config;
static mbedtls_ssl_session session; /* of the connection before */
static unsigned long checked;       /* certificates that were looked at, for this connection */

static void must(const char *what, int result) {
  char words[160];
  if (result >= 0) return;
  mbedtls_strerror(result, words, sizeof words);
  fprintf(stderr, "mbedtls_peer: %s: %s\n", what, words);
  exit(2);
}

static int count_checks(void *unused, mbedtls_x509_crt *certificate, int depth, uint32_t *flags) {
  (void)unused, (void)certificate, (void)depth, (void)flags;
  ++checked;
  return 0;
}

static int failed(mbedtls_ssl_context *ssl, int result) {
  char words[512];
  const uint32_t flags = mbedtls_ssl_get_verify_result(ssl);
  mbedtls_strerror(result, words, sizeof words);
  printf("failed: %s\n", words);
  if (flags != 0 && flags != 0xffffffffu) {
    mbedtls_x509_crt_verify_info(words, sizeof words, "verify: ", flags);
    printf("%s", words);
  }
  fflush(stdout);
  return 1;
}

static void prepare(void) {
  mbedtls_entropy_init(&entropy);
  mbedtls_ctr_drbg_init(&generator);
  mbedtls_x509_crt_init(&authorities);
  mbedtls_x509_crt_init(&chain);
  mbedtls_pk_init(&key);
  mbedtls_ssl_ticket_init(&tickets);
  mbedtls_ssl_config_init(&config);
  mbedtls_ssl_session_init(&session);
  must("seed", mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, NULL, 0));
  must("defaults", mbedtls_ssl_config_defaults(&config, options.server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                               MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &generator);
  mbedtls_ssl_conf_verify(&config, count_checks, NULL);
  if (options.server && !options.ask_client) mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
  if (options.ask_client) mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
  if (options.authority != NULL) {
    must(options.authority, mbedtls_x509_crt_parse_file(&authorities, options.authority));
    mbedtls_ssl_conf_ca_chain(&config, &authorities, NULL);
  }
  if (options.certificate != NULL) {
    must(options.certificate, mbedtls_x509_crt_parse_file(&chain, options.certificate));
    must(options.key, mbedtls_pk_parse_keyfile(&key, options.key, NULL));
    must("certificate", mbedtls_ssl_conf_own_cert(&config, &chain, &key));
  }
  if (options.suites[0] != 0) mbedtls_ssl_conf_ciphersuites(&config, options.suites);
  if (options.protocols[0] != NULL) must("ALPN", mbedtls_ssl_conf_alpn_protocols(&config, options.protocols));
  if (options.server) {
    must("tickets", mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &generator, MBEDTLS_CIPHER_AES_256_GCM, 3600));
    mbedtls_ssl_conf_session_tickets_cb(&config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
  }
}

static int send_all(mbedtls_ssl_context *ssl, const unsigned char *bytes, size_t size) {
  while (size > 0) {
    const int sent = mbedtls_ssl_write(ssl, bytes, size < options.piece ? size : options.piece);
    if (sent <= 0) return sent;
    bytes += sent;
    size -= (size_t)sent;
  }
  return 1;
}

/* `size` bytes come back as they were sent. */
static int compare(mbedtls_ssl_context *ssl, const unsigned char *sent, size_t size) {
  static unsigned char got[record];
  while (size > 0) {
    const int n = mbedtls_ssl_read(ssl, got, size < record ? size : record);
    if (n <= 0) return n < 0 ? n : MBEDTLS_ERR_SSL_CONN_EOF;
    if (memcmp(got, sent, (size_t)n) != 0) {
      printf("others\n");
      return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
    }
    sent += n;
    size -= (size_t)n;
  }
  return 1;
}

static int ask(mbedtls_ssl_context *ssl) {
  static unsigned char pattern[record];
  unsigned long done = 0;
  for (size_t i = 0; i < record; ++i) pattern[i] = (unsigned char)(i * 31 >> 3);
  while (done < options.size) {
    const size_t size = options.size - done < record ? options.size - done : record;
    int result = send_all(ssl, pattern, size);
    if (result > 0 && options.half_close && done + size == options.size) result = mbedtls_ssl_close_notify(ssl) == 0 ? 1 : -1;
    if (result > 0) result = compare(ssl, pattern, size);
    if (result <= 0) return result;
    done += size;
  }
  if (done > 0) printf("%lu bytes came back, the same\n", done);
  if (options.idle) {
    unsigned char byte;
    return mbedtls_ssl_read(ssl, &byte, 1);
  }
  if (!options.half_close) must("close_notify", mbedtls_ssl_close_notify(ssl));
  unsigned char byte;
  return mbedtls_ssl_read(ssl, &byte, 1);
}

static int answer(mbedtls_ssl_context *ssl) {
  static unsigned char bytes[record];
  for (;;) {
    int n = mbedtls_ssl_read(ssl, bytes, sizeof bytes);
    if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) mbedtls_ssl_close_notify(ssl);
    if (n == 0) n = MBEDTLS_ERR_SSL_CONN_EOF;
    if (n < 0) return n;
    if ((n = send_all(ssl, bytes, (size_t)n)) <= 0) return n;
    if (options.truncate) return MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
  }
}

/* One connection, from its handshake to its end. */
static int converse(mbedtls_net_context *socket) {
  mbedtls_ssl_context ssl;
  mbedtls_ssl_init(&ssl);
  must("setup", mbedtls_ssl_setup(&ssl, &config));
  if (options.name != NULL) must("name", mbedtls_ssl_set_hostname(&ssl, options.name));
  const int again = !options.server && session.ciphersuite != 0;
  if (again) must("session", mbedtls_ssl_set_session(&ssl, &session));
  mbedtls_ssl_set_bio(&ssl, socket, mbedtls_net_send, mbedtls_net_recv, NULL);
  checked = 0;
  int result = mbedtls_ssl_handshake(&ssl);
  int code = result != 0 ? failed(&ssl, result) : 0;
  if (result == 0) {
    const char *protocol = mbedtls_ssl_get_alpn_protocol(&ssl);
    printf("%s %s alpn=%s resumed=%d\n", mbedtls_ssl_get_version(&ssl), mbedtls_ssl_get_ciphersuite(&ssl),
           protocol != NULL ? protocol : "", again && checked == 0);
    fflush(stdout);
    if (!options.server) {
      mbedtls_ssl_session_free(&session);
      mbedtls_ssl_session_init(&session);
      must("session", mbedtls_ssl_get_session(&ssl, &session));
    }
    result = options.server ? answer(&ssl) : ask(&ssl);
    if (result == 0) result = MBEDTLS_ERR_SSL_CONN_EOF;
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
      printf("closed\n");
    } else {
      code = failed(&ssl, result);
    }
  }
  fflush(stdout);
  mbedtls_ssl_free(&ssl);
  return code;
}

static int flag(const char *word) {
  static const struct {
    const char *name;
    int *to;
  } flags[] = {{"--server", &options.server},         {"--ask-client", &options.ask_client}, {"--half-close", &options.half_close},
               {"--idle", &options.idle},             {"--truncate", &options.truncate}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; ++i) {
    if (strcmp(word, flags[i].name) == 0) return *flags[i].to = 1;
  }
  return 0;
}

static void take(const char *word, const char *value) {
  static size_t protocols;
  if (value == NULL) value = "";
  if (strcmp(word, "--peer") == 0) options.peer = value;
  else if (strcmp(word, "--port") == 0) options.port = value;
  else if (strcmp(word, "--name") == 0) options.name = value;
  else if (strcmp(word, "--cacert") == 0) options.authority = value;
  else if (strcmp(word, "--cert") == 0) options.certificate = value;
  else if (strcmp(word, "--key") == 0) options.key = value;
  else if (strcmp(word, "--suite") == 0) options.suites[0] = mbedtls_ssl_get_ciphersuite_id(value);
  else if (strcmp(word, "--send") == 0) options.size = strtoul(value, NULL, 10);
  else if (strcmp(word, "--piece") == 0) options.piece = strtoul(value, NULL, 10);
  else if (strcmp(word, "--connections") == 0) options.connections = strtoul(value, NULL, 10);
  else if (strcmp(word, "--alpn") == 0 && protocols < most_protocols) options.protocols[protocols++] = value;
  else {
    fprintf(stderr, "mbedtls_peer: what is %s?\n", word);
    exit(2);
  }
}

int main(int argc, char **argv) {
  int worst = 0;
  for (int i = 1; i < argc; ++i) {
    if (!flag(argv[i])) take(argv[i], argv[i + 1]), ++i;
  }
  prepare();
  mbedtls_net_context listener, connection;
  mbedtls_net_init(&listener);
  if (options.server) {
    must("bind", mbedtls_net_bind(&listener, NULL, options.port, MBEDTLS_NET_PROTO_TCP));
    printf("listening\n");
    fflush(stdout);
  }
  for (unsigned long i = 0; i < options.connections; ++i) {
    mbedtls_net_init(&connection);
    if (options.server) {
      must("accept", mbedtls_net_accept(&listener, &connection, NULL, 0, NULL));
    } else {
      must("connect", mbedtls_net_connect(&connection, options.peer, options.port, MBEDTLS_NET_PROTO_TCP));
    }
    worst |= converse(&connection);
    mbedtls_net_free(&connection);
  }
  mbedtls_net_free(&listener);
  return worst;
}
