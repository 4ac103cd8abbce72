// SPDX-License-Identifier: Apache-2.0
#include "tls/options.hpp"

namespace linnet::tls {

namespace {

constexpr std::array tls12_suites{MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                  MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                  MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                                  MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
                                  MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                  MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
                                  MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
                                  MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CCM};

constexpr int suites_with_key[] = {
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_DHE_PSK_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256, 0};

constexpr auto all_suites = [] {
  std::array<int, library::tls13_suites.size() + tls12_suites.size() + 1> all{};
  std::size_t count = 0;
  for (const int suite : library::tls13_suites) all[count++] = suite;
  for (const int suite : tls12_suites) all[count++] = suite;
  return all;
}();

}  // namespace

const int* const strong_suites = all_suites.data();
const int* const shared_key_suites = suites_with_key;

Tickets::Tickets(const Random::Seed& seed, Duration lifetime) : random_(seed) {
  mbedtls_ssl_ticket_init(&context_);
  ok_ = mbedtls_ssl_ticket_setup(&context_, random_bytes, &random_, MBEDTLS_CIPHER_AES_256_GCM,
                                 static_cast<std::uint32_t>(lifetime.as_seconds())) == 0;
}

Cookies::Cookies(const Random::Seed& seed) : random_(seed) {
  mbedtls_ssl_cookie_init(&context_);
  ok_ = mbedtls_ssl_cookie_setup(&context_, random_bytes, &random_) == 0;
}

}  // namespace linnet::tls
