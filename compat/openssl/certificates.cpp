// SPDX-License-Identifier: Apache-2.0
// X509, EVP_PKEY, and reading them as PEM and DER.
#include <mbedtls/entropy.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "compat/openssl/objects.hpp"
#include "tls/attach.hpp"
#include "tls/credentials.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {
namespace {

/// Takes the first PEM block whose name ends in `name` out of the BIO; empty: there is none.
std::string take_pem(BIO& bio, std::string_view name) {
  const std::string& all = bio.bytes;
  for (std::size_t begin = all.find("-----BEGIN "); begin != std::string::npos;
       begin = all.find("-----BEGIN ", begin + 1)) {
    const std::size_t title_end = all.find("-----", begin + 11);
    if (title_end == std::string::npos) break;
    const std::string_view title = std::string_view(all).substr(begin + 11, title_end - begin - 11);
    if (!title.ends_with(name)) continue;
    const std::string closing = "-----END " + std::string(title) + "-----";
    const std::size_t end = all.find(closing, title_end);
    if (end == std::string::npos) break;
    std::string block = all.substr(begin, end + closing.size() - begin) + "\n";
    bio.bytes.erase(0, end + closing.size());
    return block;
  }
  ERR_put_error(ERR_LIB_PEM, 0, PEM_R_NO_START_LINE, __FILE__, __LINE__);
  bio.bytes.clear();
  return {};
}

const unsigned char* raw(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool read_file(const char* name, std::string& text) {
  std::FILE* file = name != nullptr ? std::fopen(name, "rbe") : nullptr;
  if (file == nullptr) {
    push_error(ERR_LIB_SYS, MBEDTLS_ERR_X509_FILE_IO_ERROR, __FILE__, __LINE__);
    return false;
  }
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;)
    text.append(buffer.data(), n);
  std::fclose(file);
  return true;
}

}  // namespace

/// From the attached host's entropy, or, where there is none, mbedTLS's.
Random seeded_random() {
  Random::Seed seed{};
  if (sockets::Host* host = tls::attached_host()) {
    host->port().fill_entropy(seed);
    return Random(seed);
  }
  mbedtls_entropy_context entropy;
  mbedtls_entropy_init(&entropy);
  if (mbedtls_entropy_func(&entropy, seed.data(), seed.size()) != 0)
    std::abort();  // no key is better than a known one
  mbedtls_entropy_free(&entropy);
  return Random(seed);
}

bool parse_der(X509& x509, const unsigned char* bytes, std::size_t size) {
  const int result = mbedtls_x509_crt_parse(&x509.chain, bytes, size);
  if (result != 0) push_error(ERR_LIB_X509, result, __FILE__, __LINE__);
  return result == 0;
}

bool parse_key(EVP_PKEY& key, const unsigned char* bytes, std::size_t size) {
  Random random = seeded_random();
  const int result = tls::library::parse_key(key.key, {bytes, size}, {}, tls::random_bytes, &random);
  if (result != 0) push_error(ERR_LIB_PEM, result, __FILE__, __LINE__);
  return result == 0;
}

bool append_certificate(X509& to, const mbedtls_x509_crt& one) {
  return one.raw.p != nullptr && mbedtls_x509_crt_parse_der(&to.chain, one.raw.p, one.raw.len) == 0;
}

bool read_certificates(const char* file, int type, X509& to) {
  std::string text;
  if (!read_file(file, text)) return false;
  if (type == SSL_FILETYPE_PEM) text.push_back('\0');
  const int result = mbedtls_x509_crt_parse(&to.chain, raw(text), text.size());
  // Of a bundle, those that the library cannot read are left out.
  if (result < 0 || to.chain.raw.p == nullptr) {
    push_error(ERR_LIB_X509, result, __FILE__, __LINE__);
    return false;
  }
  return true;
}

bool read_key(const char* file, int type, EVP_PKEY& to) {
  std::string text;
  if (!read_file(file, text)) return false;
  if (type == SSL_FILETYPE_PEM) text.push_back('\0');
  return parse_key(to, raw(text), text.size());
}

Certificate copy_of(const X509& x509) {
  auto copy = std::make_shared<x509_st>();
  for (const mbedtls_x509_crt* one = &x509.chain; one != nullptr && one->raw.p != nullptr; one = one->next) {
    if (!append_certificate(*copy, *one)) return nullptr;
  }
  return copy->chain.raw.p != nullptr ? copy : nullptr;
}

/// There is no other way to copy a key in mbedTLS than to write it down and read it again.
Key copy_of(const EVP_PKEY& key) {
  std::array<unsigned char, 6144> der{};
  const int size =
      mbedtls_pk_write_key_der(const_cast<mbedtls_pk_context*>(&key.key), der.data(), der.size());
  auto copy = std::make_shared<evp_pkey_st>();
  const bool copied =
      size > 0 && parse_key(*copy, der.data() + der.size() - size, static_cast<std::size_t>(size));
  tls::library::wipe(der);
  return copied ? copy : nullptr;
}

}  // namespace linnet::openssl

namespace own = linnet::openssl;

extern "C" {

BIO* BIO_new_file(const char* name, const char* mode) {
  const std::string_view how = mode != nullptr ? mode : "";
  std::string text;
  if ((how != "r" && how != "rb") || !own::read_file(name, text)) return nullptr;
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  linnet::tls::library::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});  // may be a key
  return bio;
}

X509* X509_new(void) { return new x509_st; }
void X509_free(X509* x509) { delete x509; }
EVP_PKEY* EVP_PKEY_new(void) { return new evp_pkey_st; }
void EVP_PKEY_free(EVP_PKEY* key) { delete key; }
void RSA_free(RSA* key) { delete key; }

X509* d2i_X509(X509** x509, const unsigned char** in, long length) {
  if (in == nullptr || *in == nullptr || length <= 0) return nullptr;
  X509* made = x509 != nullptr && *x509 != nullptr ? *x509 : X509_new();
  if (!own::parse_der(*made, *in, static_cast<std::size_t>(length))) {
    if (x509 == nullptr || *x509 != made) X509_free(made);
    return nullptr;
  }
  if (x509 != nullptr) *x509 = made;
  *in += length;
  return made;
}

EVP_PKEY* d2i_PrivateKey(int, EVP_PKEY** key, const unsigned char** in, long length) {
  if (in == nullptr || *in == nullptr || length <= 0) return nullptr;
  EVP_PKEY* made = key != nullptr && *key != nullptr ? *key : EVP_PKEY_new();
  if (!own::parse_key(*made, *in, static_cast<std::size_t>(length))) {
    if (key == nullptr || *key != made) EVP_PKEY_free(made);
    return nullptr;
  }
  if (key != nullptr) *key = made;
  *in += length;
  return made;
}

EVP_PKEY* d2i_PrivateKey_bio(BIO* bio, EVP_PKEY** key) {
  const std::string bytes = std::exchange(bio->bytes, {});
  const auto* in = own::raw(bytes);
  return d2i_PrivateKey(0, key, &in, static_cast<long>(bytes.size()));
}
RSA* d2i_RSAPrivateKey_bio(BIO* bio, RSA** key) { return d2i_PrivateKey_bio(bio, key); }

X509* PEM_read_bio_X509(BIO* bio, X509** x509, pem_password_cb*, void*) {
  const std::string block = own::take_pem(*bio, "CERTIFICATE");
  if (block.empty()) return nullptr;
  X509* made = x509 != nullptr && *x509 != nullptr ? *x509 : X509_new();
  if (!own::parse_der(*made, own::raw(block), block.size() + 1)) {
    if (x509 == nullptr || *x509 != made) X509_free(made);
    return nullptr;
  }
  if (x509 != nullptr) *x509 = made;
  return made;
}
X509* PEM_read_bio_X509_AUX(BIO* bio, X509** x509, pem_password_cb* callback, void* userdata) {
  return PEM_read_bio_X509(bio, x509, callback, userdata);
}

EVP_PKEY* PEM_read_bio_PrivateKey(BIO* bio, EVP_PKEY** key, pem_password_cb*, void*) {
  const std::string block = own::take_pem(*bio, "PRIVATE KEY");
  if (block.empty()) return nullptr;
  EVP_PKEY* made = key != nullptr && *key != nullptr ? *key : EVP_PKEY_new();
  if (!own::parse_key(*made, own::raw(block), block.size() + 1)) {
    if (key == nullptr || *key != made) EVP_PKEY_free(made);
    return nullptr;
  }
  if (key != nullptr) *key = made;
  return made;
}
RSA* PEM_read_bio_RSAPrivateKey(BIO* bio, RSA** key, pem_password_cb* callback, void* userdata) {
  return PEM_read_bio_PrivateKey(bio, key, callback, userdata);
}

X509_STORE* X509_STORE_new(void) { return new x509_store_st; }
void X509_STORE_free(X509_STORE* store) { delete store; }
int X509_STORE_add_cert(X509_STORE* store, X509* x509) {
  return store != nullptr && x509 != nullptr && own::append_certificate(store->trusted, x509->chain) ? 1 : 0;
}

int X509_STORE_CTX_get_error(const X509_STORE_CTX* ctx) { return ctx->error; }
int X509_STORE_CTX_get_error_depth(const X509_STORE_CTX* ctx) { return ctx->depth; }
X509* X509_STORE_CTX_get_current_cert(const X509_STORE_CTX* ctx) { return ctx->current; }
void* X509_STORE_CTX_get_ex_data(const X509_STORE_CTX* ctx, int index) {
  return index == SSL_get_ex_data_X509_STORE_CTX_idx() ? ctx->ssl : nullptr;
}

const char* X509_verify_cert_error_string(long error) {
  switch (error) {
    case X509_V_OK:
      return "ok";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate is not yet valid";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate has expired";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "self-signed certificate";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      return "unable to get local issuer certificate";
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return "certificate chain too long";
    case X509_V_ERR_CERT_REVOKED:
      return "certificate revoked";
    case X509_V_ERR_INVALID_PURPOSE:
      return "unsuitable certificate purpose";
    case X509_V_ERR_HOSTNAME_MISMATCH:
      return "hostname mismatch";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
      return "EE certificate key too weak";
    default:
      return "unspecified certificate verification error";
  }
}

int X509_VERIFY_PARAM_set1_host(X509_VERIFY_PARAM* param, const char* name, size_t length) {
  if (param == nullptr) return 0;
  param->host = name == nullptr ? std::string() : length != 0 ? std::string(name, length) : std::string(name);
  return 1;
}
int X509_VERIFY_PARAM_set_hostflags(X509_VERIFY_PARAM* param, unsigned int flags) {
  param->flags |= flags;
  return 1;
}
int X509_VERIFY_PARAM_clear_hostflags(X509_VERIFY_PARAM* param, unsigned int flags) {
  param->flags &= ~flags;
  return 1;
}

}  // extern "C"
