// SPDX-License-Identifier: Apache-2.0
/* The OpenSSL interface of ESP-IDF's components/openssl, on mbedTLS and linnet's sockets. Its programs are compiled with
 * compat/openssl/include before everything else, and never with the headers of the real OpenSSL. Descriptors are those of
 * the host that tls::attach names. */
#ifndef LINNET_OPENSSL_SSL_H
#define LINNET_OPENSSL_SSL_H

#if defined(OPENSSL_SSL_H) || defined(HEADER_SSL_H)
#error "the headers of the real OpenSSL and of linnet's mapping do not go together"
#endif

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SSL3_VERSION 0x0300
#define TLS1_VERSION 0x0301
#define TLS1_1_VERSION 0x0302
#define TLS1_2_VERSION 0x0303
#define TLS_ANY_VERSION 0x10000

#define SSL_VERIFY_NONE 0x00
#define SSL_VERIFY_PEER 0x01
#define SSL_VERIFY_FAIL_IF_NO_PEER_CERT 0x02
#define SSL_VERIFY_CLIENT_ONCE 0x04

#define SSL_FILETYPE_PEM 1
#define SSL_FILETYPE_ASN1 2

#define SSL_ERROR_NONE 0
#define SSL_ERROR_SSL 1
#define SSL_ERROR_WANT_READ 2
#define SSL_ERROR_WANT_WRITE 3
#define SSL_ERROR_WANT_X509_LOOKUP 4
#define SSL_ERROR_SYSCALL 5
#define SSL_ERROR_ZERO_RETURN 6

#define SSL_NOTHING 1
#define SSL_WRITING 2
#define SSL_READING 3
#define SSL_X509_LOOKUP 4

#define SSL_SENT_SHUTDOWN 1
#define SSL_RECEIVED_SHUTDOWN 2

#define SSL_MODE_ENABLE_PARTIAL_WRITE 0x1L
#define SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER 0x2L
#define SSL_MODE_AUTO_RETRY 0x4L

#define SSL_OP_ALL 0x80000000UL
#define SSL_OP_NO_SSLv2 0x01000000UL
#define SSL_OP_NO_SSLv3 0x02000000UL
#define SSL_OP_NO_TLSv1 0x04000000UL
#define SSL_OP_NO_TLSv1_2 0x08000000UL
#define SSL_OP_NO_TLSv1_1 0x10000000UL
#define SSL_OP_NO_TICKET 0x00004000UL
#define SSL_OP_NO_COMPRESSION 0x00020000UL

#define SSL_ST_CONNECT 0x1000
#define SSL_ST_ACCEPT 0x2000
#define SSL_CB_LOOP 0x01
#define SSL_CB_EXIT 0x02
#define SSL_CB_HANDSHAKE_START 0x10
#define SSL_CB_HANDSHAKE_DONE 0x20

#define SSL_TLSEXT_ERR_OK 0
#define SSL_TLSEXT_ERR_ALERT_FATAL 2
#define SSL_TLSEXT_ERR_NOACK 3

#define OPENSSL_NPN_UNSUPPORTED 0
#define OPENSSL_NPN_NEGOTIATED 1
#define OPENSSL_NPN_NO_OVERLAP 2

#define SSL_CTRL_EXTRA_CHAIN_CERT 14
#define SSL_CTRL_OPTIONS 32
#define SSL_CTRL_MODE 33
#define SSL_CTRL_GET_READ_AHEAD 40
#define SSL_CTRL_SET_READ_AHEAD 41
#define SSL_CTRL_CLEAR_OPTIONS 77
#define SSL_CTRL_CLEAR_MODE 78
#define SSL_CTRL_SET_MIN_PROTO_VERSION 123
#define SSL_CTRL_SET_MAX_PROTO_VERSION 124
#define SSL_CTRL_GET_MIN_PROTO_VERSION 130
#define SSL_CTRL_GET_MAX_PROTO_VERSION 131

#define EVP_PKEY_RSA 6
#define EVP_PKEY_EC 408

typedef enum {
  TLS_ST_BEFORE = 0,
  TLS_ST_OK = 1,
  TLS_ST_HANDSHAKE = 2
} OSSL_HANDSHAKE_STATE;

typedef int (*SSL_verify_cb)(int preverify_ok, X509_STORE_CTX *ctx);
/* SSL_TLSEXT_ERR_OK with one of the names in `in`, ..._NOACK for going on without any, or else the handshake ends. */
typedef int (*SSL_CTX_alpn_select_cb_func)(SSL *ssl, const unsigned char **out, unsigned char *outlen,
                                           const unsigned char *in, unsigned int inlen, void *arg);

/* Chooses the client's certificate once the server has asked for one: 1 with both, which are the connection's then; 0: none
 * is shown; below 0: not yet, and the handshake pauses with SSL_ERROR_WANT_X509_LOOKUP until it is called again. */
typedef int (*SSL_client_cert_cb_func)(SSL *ssl, X509 **x509, EVP_PKEY **key);
/* The key that belongs to a name (RFC 4279): its bytes in `key`, and how many; 0: there is none. */
typedef unsigned int (*SSL_psk_server_cb_func)(SSL *ssl, const char *identity, unsigned char *key, unsigned int most);
/* Before the handshake, `hint` null: mbedTLS does not show the server's. */
typedef unsigned int (*SSL_psk_client_cb_func)(SSL *ssl, const char *hint, char *identity, unsigned int most_identity,
                                               unsigned char *key, unsigned int most);

/* --- the library */
int SSL_library_init(void);
void SSL_load_error_strings(void);
#define OpenSSL_add_all_algorithms() ((void)0)
#define OpenSSL_add_ssl_algorithms() SSL_library_init()

/* --- methods: those without a number speak TLS 1.2 unless SSL_CTX_set_min_proto_version says less */
const SSL_METHOD *TLS_method(void);
const SSL_METHOD *TLS_client_method(void);
const SSL_METHOD *TLS_server_method(void);
const SSL_METHOD *SSLv23_method(void);
const SSL_METHOD *SSLv23_client_method(void);
const SSL_METHOD *SSLv23_server_method(void);
const SSL_METHOD *TLSv1_2_method(void);
const SSL_METHOD *TLSv1_2_client_method(void);
const SSL_METHOD *TLSv1_2_server_method(void);
const SSL_METHOD *TLSv1_1_method(void);
const SSL_METHOD *TLSv1_1_client_method(void);
const SSL_METHOD *TLSv1_1_server_method(void);
const SSL_METHOD *TLSv1_method(void);
const SSL_METHOD *TLSv1_client_method(void);
const SSL_METHOD *TLSv1_server_method(void);
const SSL_METHOD *SSLv3_method(void);
const SSL_METHOD *SSLv3_client_method(void);
const SSL_METHOD *SSLv3_server_method(void);

/* --- contexts */
SSL_CTX *SSL_CTX_new(const SSL_METHOD *method);
void SSL_CTX_free(SSL_CTX *ctx);
int SSL_CTX_up_ref(SSL_CTX *ctx);
int SSL_CTX_set_ssl_version(SSL_CTX *ctx, const SSL_METHOD *method);
const SSL_METHOD *SSL_CTX_get_ssl_method(SSL_CTX *ctx);
int SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version);
int SSL_CTX_set_max_proto_version(SSL_CTX *ctx, int version);
unsigned long SSL_CTX_set_options(SSL_CTX *ctx, unsigned long options);
unsigned long SSL_CTX_get_options(SSL_CTX *ctx);
unsigned long SSL_CTX_clear_options(SSL_CTX *ctx, unsigned long options);
long SSL_CTX_set_mode(SSL_CTX *ctx, long mode);
long SSL_CTX_get_mode(SSL_CTX *ctx);
long SSL_CTX_set_timeout(SSL_CTX *ctx, long seconds);
long SSL_CTX_get_timeout(const SSL_CTX *ctx);
void SSL_CTX_set_read_ahead(SSL_CTX *ctx, int yes);
int SSL_CTX_get_read_ahead(SSL_CTX *ctx);
int SSL_CTX_get_default_read_ahead(SSL_CTX *ctx);
void SSL_CTX_set_default_read_ahead(SSL_CTX *ctx, int yes);
void SSL_CTX_set_quiet_shutdown(SSL_CTX *ctx, int yes); /* SSL_shutdown then says nothing to the other side */
int SSL_CTX_get_quiet_shutdown(const SSL_CTX *ctx);
void SSL_CTX_set_default_read_buffer_len(SSL_CTX *ctx, size_t length);
void SSL_CTX_set_verify(SSL_CTX *ctx, int mode, SSL_verify_cb callback);
int SSL_CTX_get_verify_mode(const SSL_CTX *ctx);
SSL_verify_cb SSL_CTX_get_verify_callback(const SSL_CTX *ctx);
void SSL_CTX_set_verify_depth(SSL_CTX *ctx, int depth);
int SSL_CTX_get_verify_depth(const SSL_CTX *ctx);
int SSL_CTX_load_verify_locations(SSL_CTX *ctx, const char *file, const char *path);
int SSL_CTX_set_default_verify_paths(SSL_CTX *ctx);
int SSL_CTX_set_default_verify_file(SSL_CTX *ctx);
int SSL_CTX_set_default_verify_dir(SSL_CTX *ctx);
X509_STORE *SSL_CTX_get_cert_store(const SSL_CTX *ctx);
void SSL_CTX_set_cert_store(SSL_CTX *ctx, X509_STORE *store); /* the context owns it then */
int SSL_CTX_add_client_CA(SSL_CTX *ctx, X509 *x509);
int SSL_CTX_use_certificate(SSL_CTX *ctx, X509 *x509);
int SSL_CTX_use_certificate_ASN1(SSL_CTX *ctx, int length, const unsigned char *der);
int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type);
int SSL_CTX_use_certificate_chain_file(SSL_CTX *ctx, const char *file);
int SSL_CTX_add_extra_chain_cert(SSL_CTX *ctx, X509 *x509); /* the context owns it then */
int SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *key);
int SSL_CTX_use_PrivateKey_ASN1(int type, SSL_CTX *ctx, const unsigned char *der, long length);
int SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type);
int SSL_CTX_use_RSAPrivateKey(SSL_CTX *ctx, RSA *key);
int SSL_CTX_use_RSAPrivateKey_ASN1(SSL_CTX *ctx, const unsigned char *der, long length);
int SSL_CTX_use_RSAPrivateKey_file(SSL_CTX *ctx, const char *file, int type);
int SSL_CTX_check_private_key(const SSL_CTX *ctx);
X509 *SSL_CTX_get0_certificate(const SSL_CTX *ctx);
EVP_PKEY *SSL_CTX_get0_privatekey(const SSL_CTX *ctx);
int SSL_CTX_set_cipher_list(SSL_CTX *ctx, const char *list); /* names of OpenSSL's or mbedTLS's, with ':' between */
int SSL_CTX_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned int length); /* 0: done */
void SSL_CTX_set_alpn_select_cb(SSL_CTX *ctx, SSL_CTX_alpn_select_cb_func select, void *arg); /* server */
/* Of the server's names the first that the client has, too; else the client's first, and ..._NO_OVERLAP. */
int SSL_select_next_proto(unsigned char **out, unsigned char *outlen, const unsigned char *server,
                          unsigned int server_len, const unsigned char *client, unsigned int client_len);
STACK_OF(SSL_CIPHER) *SSL_CTX_get_ciphers(const SSL_CTX *ctx); /* those it would speak; the context's, not to be freed */
void SSL_CTX_set_client_cert_cb(SSL_CTX *ctx, SSL_client_cert_cb_func choose);
/* What is set can be asked for again. A server sends the names of those that it trusts, whatever they are, or none if an
 * empty list was set: mbedTLS has no other way. The list is the context's then. */
void SSL_CTX_set_client_CA_list(SSL_CTX *ctx, STACK_OF(X509_NAME) *names);
STACK_OF(X509_NAME) *SSL_CTX_get_client_CA_list(const SSL_CTX *ctx);
STACK_OF(X509_NAME) *SSL_load_client_CA_file(const char *file); /* the names of its certificates; null: none */
/* By SSL_CTRL_ numbers; 0 and ERR_LIB_SSL's SSL_R_UNSUPPORTED_HERE for those that are not among them. */
long SSL_CTX_ctrl(SSL_CTX *ctx, int command, long number, void *pointer);
#define SSL_CTX_set_ecdh_auto(ctx, on) ((on) != 0) /* always so here */
/* Never done here, 0 with SSL_R_UNSUPPORTED_HERE: mbedTLS sends no extensions of a program's own. */
int SSL_CTX_use_serverinfo(SSL_CTX *ctx, const unsigned char *info, size_t length);
int SSL_CTX_use_serverinfo_file(SSL_CTX *ctx, const char *file);
/* Never called: NPN is what came before ALPN. Leaves SSL_R_UNSUPPORTED_HERE in the error queue. */
void SSL_CTX_set_next_proto_select_cb(SSL_CTX *ctx,
                                      int (*select)(SSL *ssl, unsigned char **out, unsigned char *outlen,
                                                    const unsigned char *in, unsigned int inlen, void *arg),
                                      void *arg);
/* Keys that both ends know (PSK), at most 32 bytes: with a callback no certificate is asked for or shown, and the suites are
 * ECDHE-PSK and DHE-PSK with AEAD, unless a list names others. The hint is kept, and not sent: mbedTLS sends an empty one. */
int SSL_CTX_use_psk_identity_hint(SSL_CTX *ctx, const char *hint);
void SSL_CTX_set_psk_server_callback(SSL_CTX *ctx, SSL_psk_server_cb_func find);
void SSL_CTX_set_psk_client_callback(SSL_CTX *ctx, SSL_psk_client_cb_func choose);
int SSL_CTX_set_app_data(SSL_CTX *ctx, void *data);
void *SSL_CTX_get_app_data(const SSL_CTX *ctx);
int SSL_CTX_set_ex_data(SSL_CTX *ctx, int index, void *data);
void *SSL_CTX_get_ex_data(const SSL_CTX *ctx, int index);

/* --- connections */
SSL *SSL_new(SSL_CTX *ctx);
void SSL_free(SSL *ssl);
int SSL_up_ref(SSL *ssl);
int SSL_clear(SSL *ssl);
int SSL_connect(SSL *ssl);
int SSL_accept(SSL *ssl);
int SSL_do_handshake(SSL *ssl);
void SSL_set_connect_state(SSL *ssl);
void SSL_set_accept_state(SSL *ssl);
int SSL_shutdown(SSL *ssl); /* 1: both said so; 0: only we did, call it again; negative: SSL_get_error */
int SSL_read(SSL *ssl, void *buffer, int length);
int SSL_peek(SSL *ssl, void *buffer, int length);
int SSL_write(SSL *ssl, const void *buffer, int length);
int SSL_pending(const SSL *ssl);
int SSL_has_pending(const SSL *ssl);
int SSL_renegotiate(SSL *ssl); /* 0: never done here */
long SSL_total_renegotiations(SSL *ssl);
int SSL_set_fd(SSL *ssl, int fd);
int SSL_set_rfd(SSL *ssl, int fd);
int SSL_set_wfd(SSL *ssl, int fd);
int SSL_get_fd(const SSL *ssl);
int SSL_get_rfd(const SSL *ssl);
int SSL_get_wfd(const SSL *ssl);
void SSL_set_bio(SSL *ssl, BIO *read, BIO *write); /* the connection owns them then */
BIO *SSL_get_rbio(const SSL *ssl);
BIO *SSL_get_wbio(const SSL *ssl);
int SSL_get_error(const SSL *ssl, int result);
OSSL_HANDSHAKE_STATE SSL_get_state(const SSL *ssl);
int SSL_is_init_finished(const SSL *ssl);
int SSL_want(const SSL *ssl);
int SSL_want_nothing(const SSL *ssl);
int SSL_want_read(const SSL *ssl);
int SSL_want_write(const SSL *ssl);
int SSL_want_x509_lookup(const SSL *ssl);
int SSL_version(const SSL *ssl);
const char *SSL_get_version(const SSL *ssl);
SSL_CTX *SSL_get_SSL_CTX(const SSL *ssl);
const SSL_METHOD *SSL_get_ssl_method(SSL *ssl);
int SSL_set_ssl_method(SSL *ssl, const SSL_METHOD *method);
int SSL_get_shutdown(const SSL *ssl);
void SSL_set_shutdown(SSL *ssl, int mode);
void SSL_set_quiet_shutdown(SSL *ssl, int yes);
int SSL_get_quiet_shutdown(const SSL *ssl);
unsigned long SSL_set_options(SSL *ssl, unsigned long options);
unsigned long SSL_clear_options(SSL *ssl, unsigned long options);
unsigned long SSL_get_options(SSL *ssl);
long SSL_set_mode(SSL *ssl, long mode);
void SSL_set_read_ahead(SSL *ssl, int yes);
int SSL_get_read_ahead(const SSL *ssl);
void SSL_set_default_read_buffer_len(SSL *ssl, size_t length);
long SSL_set_time(SSL *ssl, long seconds);
long SSL_get_time(const SSL *ssl);
long SSL_set_timeout(SSL *ssl, long seconds);
long SSL_get_timeout(const SSL *ssl);
void SSL_set_info_callback(SSL *ssl, void (*callback)(const SSL *ssl, int type, int value));
void SSL_set_security_level(SSL *ssl, int level);
int SSL_get_security_level(const SSL *ssl);
void SSL_set_verify(SSL *ssl, int mode, SSL_verify_cb callback);
int SSL_get_verify_mode(const SSL *ssl);
SSL_verify_cb SSL_get_verify_callback(const SSL *ssl);
void SSL_set_verify_depth(SSL *ssl, int depth);
int SSL_get_verify_depth(const SSL *ssl);
long SSL_get_verify_result(const SSL *ssl);
X509_VERIFY_PARAM *SSL_get0_param(SSL *ssl);
X509 *SSL_get_peer_certificate(const SSL *ssl); /* to be freed */
/* As the peer sent it, a server's without its own certificate; the connection's, not to be freed. Null: it showed none. */
STACK_OF(X509) *SSL_get_peer_cert_chain(const SSL *ssl);
X509 *SSL_get_certificate(const SSL *ssl);
EVP_PKEY *SSL_get_privatekey(const SSL *ssl);
int SSL_add_client_CA(SSL *ssl, X509 *x509);
int SSL_use_certificate(SSL *ssl, X509 *x509);
int SSL_use_certificate_ASN1(SSL *ssl, const unsigned char *der, int length);
int SSL_use_certificate_file(SSL *ssl, const char *file, int type);
int SSL_use_PrivateKey(SSL *ssl, EVP_PKEY *key);
int SSL_use_PrivateKey_ASN1(int type, SSL *ssl, const unsigned char *der, long length);
int SSL_use_PrivateKey_file(SSL *ssl, const char *file, int type);
int SSL_set_cipher_list(SSL *ssl, const char *list);
const SSL_CIPHER *SSL_get_current_cipher(const SSL *ssl);
const char *SSL_CIPHER_get_name(const SSL_CIPHER *cipher);
const char *SSL_get_cipher(const SSL *ssl);
const char *SSL_get_cipher_name(const SSL *ssl);
const char *SSL_get_cipher_version(const SSL *ssl);
int SSL_get_cipher_bits(const SSL *ssl, int *algorithm_bits);
const char *SSL_get_cipher_list(const SSL *ssl, int n); /* the n-th that it would speak; null: no such one */
/* Server, after the handshake: the one that was agreed upon, since mbedTLS does not show the others that the client has. */
char *SSL_get_shared_ciphers(const SSL *ssl, char *buffer, int length);
void SSL_set_client_CA_list(SSL *ssl, STACK_OF(X509_NAME) *names); /* as SSL_CTX_set_client_CA_list */
STACK_OF(X509_NAME) *SSL_get_client_CA_list(const SSL *ssl); /* client: null, mbedTLS does not show the server's */
int SSL_use_psk_identity_hint(SSL *ssl, const char *hint);
const char *SSL_get_psk_identity_hint(const SSL *ssl);
const char *SSL_get_psk_identity(const SSL *ssl); /* of the key in use, or null */
void SSL_set_psk_server_callback(SSL *ssl, SSL_psk_server_cb_func find);
void SSL_set_psk_client_callback(SSL *ssl, SSL_psk_client_cb_func choose);
int SSL_get_ex_data_X509_STORE_CTX_idx(void);
int SSL_set_tlsext_host_name(SSL *ssl, const char *name);
int SSL_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned int length);
void SSL_get0_alpn_selected(const SSL *ssl, const unsigned char **data, unsigned int *length);
int SSL_set_app_data(SSL *ssl, void *data);
void *SSL_get_app_data(const SSL *ssl);
int SSL_set_ex_data(SSL *ssl, int index, void *data);
void *SSL_get_ex_data(const SSL *ssl, int index);

/* --- sessions: one is offered only for the name that it was checked for, within its timeout, and by a connection with
 * SSL_VERIFY_PEER only if the certificate was good then. A server keeps none, but gives tickets (RFC 5077). */
SSL_SESSION *SSL_SESSION_new(void);
void SSL_SESSION_free(SSL_SESSION *session);
SSL_SESSION *SSL_get1_session(SSL *ssl);
int SSL_set_session(SSL *ssl, SSL_SESSION *session);
int SSL_session_reused(const SSL *ssl);

/* --- words */
const char *SSL_alert_desc_string(int value);
const char *SSL_alert_desc_string_long(int value);
const char *SSL_alert_type_string(int value);
const char *SSL_alert_type_string_long(int value);
const char *SSL_rstate_string(SSL *ssl);
const char *SSL_rstate_string_long(SSL *ssl);
const char *SSL_state_string(const SSL *ssl);
const char *SSL_state_string_long(const SSL *ssl);

#ifdef __cplusplus
}
#endif

#endif
