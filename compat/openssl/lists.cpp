// SPDX-License-Identifier: Apache-2.0
// Names of certificates, and what is handed out as lists: authorities, chains, ciphers.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "compat/openssl/objects.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {
namespace {

/// "/CN=name/O=...": each attribute behind a slash, as OpenSSL writes a name in a line.
std::string words_of(const mbedtls_x509_name& name) {
  std::string words;
  for (const mbedtls_x509_name* part = &name; part != nullptr && part->oid.p != nullptr; part = part->next) {
    mbedtls_x509_name one = *part;
    one.next = nullptr;
    std::array<char, 512> text{};
    if (mbedtls_x509_dn_gets(text.data(), text.size(), &one) > 0) words.append("/").append(text.data());
  }
  return words;
}

X509_NAME* name_of(std::unique_ptr<X509_NAME>& kept, const mbedtls_x509_buf& raw,
                   const mbedtls_x509_name& name) {
  if (raw.p == nullptr) return nullptr;
  if (kept == nullptr) kept.reset(new X509_NAME{{raw.p, raw.p + raw.len}, words_of(name)});
  return kept.get();
}

std::shared_ptr<Names> owned(OPENSSL_STACK* names) {
  if (names == nullptr) return nullptr;
  auto kept = std::make_shared<Names>();
  kept->list.items = std::move(names->items);
  delete names;
  return kept;
}

}  // namespace

Names::~Names() {
  for (const void* name : list.items) X509_NAME_free(static_cast<X509_NAME*>(const_cast<void*>(name)));
}

const int* suites_of(const Settings& settings) {
  return settings.suites.empty() ? tls::strong_suites : settings.suites.data();
}

int unsupported(const char* file, int line) {
  ERR_put_error(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_HERE, file, line);
  return 0;
}

/// The peer's certificates, once, as they came.
void fill_chain(const SSL& ssl) {
  if (!ssl.peer_chain.empty() || !ssl.established) return;
  for (const mbedtls_x509_crt* one = mbedtls_ssl_get_peer_cert(&ssl.ssl);
       one != nullptr && one->raw.p != nullptr; one = one->next) {
    auto copy = std::make_shared<x509_st>();
    if (append_certificate(*copy, *one)) ssl.peer_chain.push_back(std::move(copy));
  }
  // OpenSSL leaves a client's own certificate out of what its server sees.
  const std::size_t first = ssl.endpoint == MBEDTLS_SSL_IS_SERVER ? 1 : 0;
  for (std::size_t i = first; i < ssl.peer_chain.size(); ++i)
    ssl.peer_chain_list.items.push_back(ssl.peer_chain[i].get());
}

}  // namespace linnet::openssl

namespace own = linnet::openssl;

extern "C" {

X509_NAME* X509_get_subject_name(const X509* x509) {
  return own::name_of(x509->subject, x509->chain.subject_raw, x509->chain.subject);
}
X509_NAME* X509_get_issuer_name(const X509* x509) {
  return own::name_of(x509->issuer, x509->chain.issuer_raw, x509->chain.issuer);
}
X509_NAME* X509_NAME_dup(const X509_NAME* name) { return name != nullptr ? new X509_NAME(*name) : nullptr; }
void X509_NAME_free(X509_NAME* name) { delete name; }
int X509_NAME_cmp(const X509_NAME* a, const X509_NAME* b) {
  return a->der == b->der ? 0 : a->der < b->der ? -1 : 1;
}

char* X509_NAME_oneline(const X509_NAME* name, char* buffer, int size) {
  if (name == nullptr) return nullptr;
  std::size_t room = name->words.size() + 1;
  if (buffer == nullptr) {
    buffer = static_cast<char*>(std::malloc(room));
    if (buffer == nullptr) return nullptr;
  } else if (size <= 0) {
    return nullptr;
  } else {
    room = static_cast<std::size_t>(size);
  }
  const std::size_t count = std::min(room - 1, name->words.size());
  std::memcpy(buffer, name->words.data(), count);
  buffer[count] = '\0';
  return buffer;
}
void OPENSSL_free(void* text) { std::free(text); }

void SSL_CTX_set_client_CA_list(SSL_CTX* ctx, OPENSSL_STACK* names) {
  ctx->settings.client_authorities = own::owned(names);
}
void SSL_set_client_CA_list(SSL* ssl, OPENSSL_STACK* names) {
  ssl->settings.client_authorities = own::owned(names);
}
OPENSSL_STACK* SSL_CTX_get_client_CA_list(const SSL_CTX* ctx) {
  const auto& names = ctx->settings.client_authorities;
  return names != nullptr ? &names->list : nullptr;
}
OPENSSL_STACK* SSL_get_client_CA_list(const SSL* ssl) {
  const auto& names = ssl->settings.client_authorities;
  return names != nullptr && ssl->endpoint != MBEDTLS_SSL_IS_CLIENT ? &names->list : nullptr;
}
OPENSSL_STACK* SSL_load_client_CA_file(const char* file) {
  x509_st all;
  if (!own::read_certificates(file, SSL_FILETYPE_PEM, all)) return nullptr;
  auto* names = OPENSSL_sk_new_null();
  for (const mbedtls_x509_crt* one = &all.chain; one != nullptr && one->raw.p != nullptr; one = one->next) {
    names->items.push_back(new X509_NAME{{one->subject_raw.p, one->subject_raw.p + one->subject_raw.len},
                                         own::words_of(one->subject)});
  }
  return names;
}

OPENSSL_STACK* SSL_get_peer_cert_chain(const SSL* ssl) {
  own::fill_chain(*ssl);
  return ssl->peer_chain.empty() ? nullptr : &ssl->peer_chain_list;
}

// A cipher is its name, as for SSL_get_current_cipher.
OPENSSL_STACK* SSL_CTX_get_ciphers(const SSL_CTX* ctx) {
  ctx->ciphers.items.clear();
  for (const int* suite = own::suites_of(ctx->settings); *suite != 0; ++suite)
    ctx->ciphers.items.push_back(mbedtls_ssl_get_ciphersuite_name(*suite));
  return &ctx->ciphers;
}
char* SSL_get_shared_ciphers(const SSL* ssl, char* buffer, int length) {
  if (!ssl->established || ssl->endpoint != MBEDTLS_SSL_IS_SERVER || buffer == nullptr) return nullptr;
  const std::size_t size = std::strlen(SSL_get_cipher(ssl)) + 1;
  if (length < 0 || static_cast<std::size_t>(length) < size) return nullptr;
  std::memcpy(buffer, SSL_get_cipher(ssl), size);
  return buffer;
}

}  // extern "C"
