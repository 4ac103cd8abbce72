// SPDX-License-Identifier: Apache-2.0
// Keys that both ends know (RFC 4279), by the program's callbacks.
#include <algorithm>
#include <array>
#include <cstring>

#include "compat/openssl/setup.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {

constexpr std::size_t longest_identity = 128;  // OpenSSL's PSK_MAX_IDENTITY_LEN

namespace {

using KeyBytes = std::array<unsigned char, tls::SharedKey::most_bytes>;

/// What mbedTLS calls in a server once the client has named its key.
int find_key(void* self, mbedtls_ssl_context* ssl, const unsigned char* identity, std::size_t size) {
  SSL& s = *static_cast<SSL*>(self);
  s.key_identity.assign(reinterpret_cast<const char*>(identity), size);
  if (s.key_identity.find('\0') != std::string::npos) return MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
  KeyBytes key{};
  const std::size_t length =
      s.settings.find_key(&s, s.key_identity.c_str(), key.data(), static_cast<unsigned int>(key.size()));
  int result = MBEDTLS_ERR_SSL_UNKNOWN_IDENTITY;
  if (length > 0 && length <= key.size()) result = mbedtls_ssl_set_hs_psk(ssl, key.data(), length);
  tls::library::wipe(key);
  return result;
}

bool choose_key(SSL& s) {
  KeyBytes key{};
  std::array<char, longest_identity + 1> identity{};
  const std::size_t length =
      s.settings.choose_key(&s, nullptr, identity.data(), static_cast<unsigned int>(identity.size() - 1),
                            key.data(), static_cast<unsigned int>(key.size()));
  s.key_identity = identity.data();
  const bool good = length > 0 && length <= key.size() && !s.key_identity.empty() &&
                    mbedtls_ssl_conf_psk(&s.config, key.data(), length,
                                         reinterpret_cast<const unsigned char*>(s.key_identity.data()),
                                         s.key_identity.size()) == 0;
  tls::library::wipe(key);
  return good;
}

}  // namespace

bool uses_shared_key(const SSL& s) {
  return s.endpoint == MBEDTLS_SSL_IS_SERVER ? s.settings.find_key != nullptr
                                             : s.settings.choose_key != nullptr;
}

bool set_up_shared_key(SSL& s) {
  if (s.settings.suites.empty()) mbedtls_ssl_conf_ciphersuites(&s.config, tls::shared_key_suites);
  mbedtls_ssl_conf_dhm_min_bitlen(&s.config, 2048);
  if (s.endpoint == MBEDTLS_SSL_IS_CLIENT) return choose_key(s);
  mbedtls_ssl_conf_psk_cb(&s.config, find_key, &s);
  return true;
}

}  // namespace linnet::openssl

namespace {

int keep_hint(linnet::openssl::Settings& settings, const char* hint) {
  const std::string text = hint != nullptr ? hint : "";
  if (text.size() > linnet::openssl::longest_identity) return 0;
  settings.has_key_hint = hint != nullptr;
  settings.key_hint = text;
  return 1;
}

}  // namespace

extern "C" {

int SSL_CTX_use_psk_identity_hint(SSL_CTX* ctx, const char* hint) { return keep_hint(ctx->settings, hint); }
int SSL_use_psk_identity_hint(SSL* ssl, const char* hint) { return keep_hint(ssl->settings, hint); }
const char* SSL_get_psk_identity_hint(const SSL* ssl) {
  return ssl->settings.has_key_hint ? ssl->settings.key_hint.c_str() : nullptr;
}
const char* SSL_get_psk_identity(const SSL* ssl) {
  return ssl->established && linnet::openssl::uses_shared_key(*ssl) ? ssl->key_identity.c_str() : nullptr;
}
void SSL_CTX_set_psk_server_callback(SSL_CTX* ctx, SSL_psk_server_cb_func find) {
  ctx->settings.find_key = find;
}
void SSL_set_psk_server_callback(SSL* ssl, SSL_psk_server_cb_func find) { ssl->settings.find_key = find; }
void SSL_CTX_set_psk_client_callback(SSL_CTX* ctx, SSL_psk_client_cb_func choose) {
  ctx->settings.choose_key = choose;
}
void SSL_set_psk_client_callback(SSL* ssl, SSL_psk_client_cb_func choose) {
  ssl->settings.choose_key = choose;
}

}  // extern "C"
