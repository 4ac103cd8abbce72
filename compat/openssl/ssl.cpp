// SPDX-License-Identifier: Apache-2.0
// What is set on an SSL and asked of it.
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "compat/openssl/setup.hpp"
#include "tls/options.hpp"

namespace own = linnet::openssl;

extern "C" {

SSL* SSL_new(SSL_CTX* ctx) {
  if (ctx == nullptr) return nullptr;
  auto* ssl = new ssl_st;
  mbedtls_ssl_init(&ssl->ssl);
  mbedtls_ssl_config_init(&ssl->config);
  ssl->ctx = ctx;
  SSL_CTX_up_ref(ctx);
  ssl->settings = ctx->settings;
  ssl->settings.app_data = nullptr;
  ssl->endpoint = ctx->settings.method->endpoint;
  return ssl;
}
void SSL_free(SSL* ssl) {
  if (ssl == nullptr || --ssl->references > 0) return;
  own::tear_down(*ssl);
  SSL_SESSION_free(ssl->session);
  if (ssl->write_bio != ssl->read_bio) BIO_free(ssl->write_bio);
  BIO_free(ssl->read_bio);
  SSL_CTX_free(ssl->ctx);
  delete ssl;
}
int SSL_up_ref(SSL* ssl) {
  ++ssl->references;
  return 1;
}
int SSL_clear(SSL* ssl) {
  own::tear_down(*ssl);
  return 1;
}

int SSL_set_fd(SSL* ssl, int fd) { return SSL_set_rfd(ssl, fd) + SSL_set_wfd(ssl, fd) == 2 ? 1 : 0; }
int SSL_set_rfd(SSL* ssl, int fd) {
  ssl->read_fd = fd;
  return fd >= 0 ? 1 : 0;
}
int SSL_set_wfd(SSL* ssl, int fd) {
  ssl->write_fd = fd;
  return fd >= 0 ? 1 : 0;
}
int SSL_get_fd(const SSL* ssl) { return ssl->read_fd; }
int SSL_get_rfd(const SSL* ssl) { return ssl->read_fd; }
int SSL_get_wfd(const SSL* ssl) { return ssl->write_fd; }
void SSL_set_bio(SSL* ssl, BIO* read, BIO* write) {
  if (ssl->read_bio != read && ssl->read_bio != write) BIO_free(ssl->read_bio);
  if (ssl->write_bio != ssl->read_bio && ssl->write_bio != read && ssl->write_bio != write)
    BIO_free(ssl->write_bio);
  ssl->read_bio = read;
  ssl->write_bio = write;
}
BIO* SSL_get_rbio(const SSL* ssl) { return ssl->read_bio; }
BIO* SSL_get_wbio(const SSL* ssl) { return ssl->write_bio; }

/// The version that was agreed upon; before that, the newest that would be.
int SSL_version(const SSL* ssl) {
  if (!ssl->established) return ssl->settings.most;
  const char* name = mbedtls_ssl_get_version(&ssl->ssl);
  if (std::strcmp(name, "TLSv1.0") == 0) return TLS1_VERSION;
  return std::strcmp(name, "TLSv1.1") == 0 ? TLS1_1_VERSION : TLS1_2_VERSION;
}
const char* SSL_get_version(const SSL* ssl) {
  switch (SSL_version(ssl)) {
    case SSL3_VERSION:
      return "SSLv3";
    case TLS1_VERSION:
      return "TLSv1";
    case TLS1_1_VERSION:
      return "TLSv1.1";
    default:
      return "TLSv1.2";
  }
}
SSL_CTX* SSL_get_SSL_CTX(const SSL* ssl) { return ssl->ctx; }
const SSL_METHOD* SSL_get_ssl_method(SSL* ssl) { return ssl->settings.method; }
int SSL_set_ssl_method(SSL* ssl, const SSL_METHOD* method) {
  if (method == nullptr || ssl->set_up) return 0;
  ssl->settings.method = method;
  ssl->endpoint = method->endpoint;
  ssl->settings.least = ssl->settings.most =
      method->version == TLS_ANY_VERSION ? TLS1_2_VERSION : method->version;
  return 1;
}
int SSL_get_shutdown(const SSL* ssl) { return ssl->shutdown; }
void SSL_set_shutdown(SSL* ssl, int mode) { ssl->shutdown = mode; }
void SSL_set_quiet_shutdown(SSL* ssl, int yes) { ssl->settings.quiet_shutdown = yes != 0; }
int SSL_get_quiet_shutdown(const SSL* ssl) { return ssl->settings.quiet_shutdown ? 1 : 0; }
unsigned long SSL_set_options(SSL* ssl, unsigned long options) { return ssl->settings.options |= options; }
unsigned long SSL_clear_options(SSL* ssl, unsigned long options) { return ssl->settings.options &= ~options; }
unsigned long SSL_get_options(SSL* ssl) { return ssl->settings.options; }
long SSL_set_mode(SSL* ssl, long mode) { return ssl->settings.mode |= mode; }
void SSL_set_read_ahead(SSL* ssl, int yes) { ssl->settings.read_ahead = yes; }
int SSL_get_read_ahead(const SSL* ssl) { return ssl->settings.read_ahead; }
void SSL_set_default_read_buffer_len(SSL*, size_t) {}  // mbedTLS's has the size of a record, always
long SSL_set_time(SSL* ssl, long seconds) { return ssl->time = seconds; }
long SSL_get_time(const SSL* ssl) { return ssl->time; }
long SSL_set_timeout(SSL* ssl, long seconds) {
  ssl->settings.timeout = seconds;
  return 1;
}
long SSL_get_timeout(const SSL* ssl) { return ssl->settings.timeout; }
void SSL_set_info_callback(SSL* ssl, void (*callback)(const SSL* ssl, int type, int value)) {
  ssl->info = callback;
}
void SSL_set_security_level(SSL* ssl, int level) { ssl->security_level = level; }
int SSL_get_security_level(const SSL* ssl) { return ssl->security_level; }

void SSL_set_verify(SSL* ssl, int mode, SSL_verify_cb callback) {
  ssl->settings.verify_mode = mode;
  if (callback != nullptr) ssl->settings.verify_callback = callback;
}
int SSL_get_verify_mode(const SSL* ssl) { return ssl->settings.verify_mode; }
SSL_verify_cb SSL_get_verify_callback(const SSL* ssl) { return ssl->settings.verify_callback; }
void SSL_set_verify_depth(SSL* ssl, int depth) { ssl->settings.verify_depth = depth; }
int SSL_get_verify_depth(const SSL* ssl) { return ssl->settings.verify_depth; }
long SSL_get_verify_result(const SSL* ssl) { return ssl->verify_result; }
X509_VERIFY_PARAM* SSL_get0_param(SSL* ssl) { return &ssl->param; }

X509* SSL_get_peer_certificate(const SSL* ssl) {
  const mbedtls_x509_crt* peer = ssl->established ? mbedtls_ssl_get_peer_cert(&ssl->ssl) : nullptr;
  if (peer == nullptr) return nullptr;
  X509* copy = X509_new();
  if (own::append_certificate(*copy, *peer)) return copy;
  X509_free(copy);
  return nullptr;
}
X509* SSL_get_certificate(const SSL* ssl) { return ssl->settings.certificate.get(); }

EVP_PKEY* SSL_get_privatekey(const SSL* ssl) { return ssl->settings.key.get(); }

int SSL_add_client_CA(SSL* ssl, X509* x509) {
  if (X509_STORE_add_cert(&ssl->store, x509) != 1) return 0;
  ssl->own_store = true;
  return 1;
}
int SSL_use_certificate(SSL* ssl, X509* x509) {
  ssl->settings.certificate = x509 != nullptr ? own::copy_of(*x509) : nullptr;
  return ssl->settings.certificate != nullptr ? 1 : 0;
}
int SSL_use_certificate_ASN1(SSL* ssl, const unsigned char* der, int length) {
  auto x509 = std::make_shared<x509_st>();
  if (length <= 0 || !own::parse_der(*x509, der, static_cast<std::size_t>(length))) return 0;
  ssl->settings.certificate = std::move(x509);
  return 1;
}
int SSL_use_certificate_file(SSL* ssl, const char* file, int type) {
  auto x509 = std::make_shared<x509_st>();
  if (!own::read_certificates(file, type, *x509)) return 0;
  ssl->settings.certificate = std::move(x509);
  return 1;
}
int SSL_use_PrivateKey(SSL* ssl, EVP_PKEY* key) {
  ssl->settings.key = key != nullptr ? own::copy_of(*key) : nullptr;
  return ssl->settings.key != nullptr ? 1 : 0;
}
int SSL_use_PrivateKey_ASN1(int, SSL* ssl, const unsigned char* der, long length) {
  auto key = std::make_shared<evp_pkey_st>();
  if (length <= 0 || !own::parse_key(*key, der, static_cast<std::size_t>(length))) return 0;
  ssl->settings.key = std::move(key);
  return 1;
}
int SSL_use_PrivateKey_file(SSL* ssl, const char* file, int type) {
  auto key = std::make_shared<evp_pkey_st>();
  if (!own::read_key(file, type, *key)) return 0;
  ssl->settings.key = std::move(key);
  return 1;
}

int SSL_set_cipher_list(SSL* ssl, const char* list) {
  std::vector<int> suites = own::suites_of(list);
  if (suites.empty()) return 0;
  ssl->settings.suites = std::move(suites);
  return 1;
}
// A cipher is its name: an SSL_CIPHER is never anything but one of mbedTLS's texts.
const SSL_CIPHER* SSL_get_current_cipher(const SSL* ssl) {
  return ssl->established ? reinterpret_cast<const SSL_CIPHER*>(mbedtls_ssl_get_ciphersuite(&ssl->ssl))
                          : nullptr;
}
const char* SSL_CIPHER_get_name(const SSL_CIPHER* cipher) {
  return cipher != nullptr ? reinterpret_cast<const char*>(cipher) : "(NONE)";
}
const char* SSL_get_cipher(const SSL* ssl) { return SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)); }
const char* SSL_get_cipher_name(const SSL* ssl) { return SSL_get_cipher(ssl); }
const char* SSL_get_cipher_version(const SSL* ssl) {
  return ssl->established ? SSL_get_version(ssl) : "(NONE)";
}
/// Those of the key, 0 before there is a cipher.
int SSL_get_cipher_bits(const SSL* ssl, int* algorithm_bits) {
  const std::string_view name = SSL_get_cipher(ssl);
  int bits = 0;
  if (ssl->established) bits = name.find("-128-") != std::string_view::npos ? 128 : 256;
  if (algorithm_bits != nullptr) *algorithm_bits = bits;
  return bits;
}
const char* SSL_get_cipher_list(const SSL* ssl, int n) {
  const int* suites = own::suites_of(ssl->settings);
  for (; n > 0 && *suites != 0; --n) ++suites;
  return n == 0 && *suites != 0 ? mbedtls_ssl_get_ciphersuite_name(*suites) : nullptr;
}

int SSL_get_ex_data_X509_STORE_CTX_idx(void) { return 0; }
int SSL_set_tlsext_host_name(SSL* ssl, const char* name) {
  ssl->server_name = name != nullptr ? name : "";
  return 1;
}
int SSL_set_alpn_protos(SSL* ssl, const unsigned char* protos, unsigned int length) {
  return own::set_protocols(ssl->settings, protos, length) ? 0 : 1;
}
void SSL_get0_alpn_selected(const SSL* ssl, const unsigned char** data, unsigned int* length) {
  const char* name = ssl->established ? mbedtls_ssl_get_alpn_protocol(&ssl->ssl) : nullptr;
  *data = reinterpret_cast<const unsigned char*>(name);
  *length = name != nullptr ? static_cast<unsigned int>(std::strlen(name)) : 0;
}
int SSL_set_app_data(SSL* ssl, void* data) {
  ssl->settings.app_data = data;
  return 1;
}
void* SSL_get_app_data(const SSL* ssl) { return ssl->settings.app_data; }
int SSL_set_ex_data(SSL* ssl, int index, void* data) { return ssl->ex_data.set(index, data) ? 1 : 0; }
void* SSL_get_ex_data(const SSL* ssl, int index) { return ssl->ex_data.get(index); }

}  // extern "C"
