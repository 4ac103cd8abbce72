// SPDX-License-Identifier: Apache-2.0
// SSL_METHOD and SSL_CTX, and the settings that contexts and connections share.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "compat/openssl/objects.hpp"
#include "tls/credentials.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* system_authorities_folder = "/etc/ssl/certs";

struct SuiteName {
  std::string_view openssl;
  const char* mbedtls;
};
/// Those of tls::strong_suites, and what older programs name.
constexpr SuiteName suite_names[] = {
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256"},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384"},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384"},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256"},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS-ECDHE-RSA-WITH-CHACHA20-POLY1305-SHA256"},
    {"DHE-RSA-AES128-GCM-SHA256", "TLS-DHE-RSA-WITH-AES-128-GCM-SHA256"},
    {"DHE-RSA-AES256-GCM-SHA384", "TLS-DHE-RSA-WITH-AES-256-GCM-SHA384"},
    {"ECDHE-RSA-AES128-SHA256", "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA256"},
    {"ECDHE-RSA-AES128-SHA", "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA"},
    {"AES128-GCM-SHA256", "TLS-RSA-WITH-AES-128-GCM-SHA256"},
    {"AES256-GCM-SHA384", "TLS-RSA-WITH-AES-256-GCM-SHA384"},
    {"AES128-SHA", "TLS-RSA-WITH-AES-128-CBC-SHA"},
    {"AES256-SHA", "TLS-RSA-WITH-AES-256-CBC-SHA"},
};

int suite_of(std::string_view name) {
  const auto* found = std::find_if(std::begin(suite_names), std::end(suite_names),
                                   [name](const SuiteName& row) { return row.openssl == name; });
  return mbedtls_ssl_get_ciphersuite_id(found != std::end(suite_names) ? found->mbedtls
                                                                       : std::string(name).c_str());
}

}  // namespace

std::vector<int> suites_of(const char* list) {
  std::vector<int> suites;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(":, "), rest.size());
    if (const int suite = end > 0 ? suite_of(rest.substr(0, end)) : 0; suite != 0) suites.push_back(suite);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!suites.empty()) suites.push_back(0);
  return suites;
}

bool set_protocols(Settings& settings, const unsigned char* protos, unsigned int length) {
  std::vector<std::string> names;
  for (unsigned int at = 0; at < length; at += 1u + protos[at]) {
    if (protos[at] == 0 || at + 1u + protos[at] > length) return false;
    names.emplace_back(reinterpret_cast<const char*>(protos + at + 1), protos[at]);
  }
  settings.protocols = std::move(names);
  return true;
}

bool ExtraData::set(int index, void* data) {
  if (index < 0 || index > 1000) return false;
  const auto at = static_cast<std::size_t>(index);
  if (items_.size() <= at) items_.resize(at + 1);
  items_[at] = data;
  return true;
}
void* ExtraData::get(int index) const {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && at < items_.size() ? items_[at] : nullptr;
}

long verify_error_of(std::uint32_t flags, const mbedtls_x509_crt* certificate) {
  if (flags == 0) return X509_V_OK;
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    const bool own =
        certificate != nullptr && certificate->subject_raw.len == certificate->issuer_raw.len &&
        std::equal(certificate->subject_raw.p, certificate->subject_raw.p + certificate->subject_raw.len,
                   certificate->issuer_raw.p);
    return own ? X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
  }
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) return X509_V_ERR_CERT_HAS_EXPIRED;
  if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) return X509_V_ERR_CERT_NOT_YET_VALID;
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) return X509_V_ERR_HOSTNAME_MISMATCH;
  if ((flags & MBEDTLS_X509_BADCERT_REVOKED) != 0) return X509_V_ERR_CERT_REVOKED;
  if ((flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)) != 0) {
    return X509_V_ERR_INVALID_PURPOSE;
  }
  if ((flags & MBEDTLS_X509_BADCERT_BAD_KEY) != 0) return X509_V_ERR_EE_KEY_TOO_SMALL;
  return X509_V_ERR_UNSPECIFIED;
}

}  // namespace linnet::openssl

namespace own = linnet::openssl;

namespace {

constexpr int client = MBEDTLS_SSL_IS_CLIENT, server = MBEDTLS_SSL_IS_SERVER, either = -1;
constexpr SSL_METHOD any[] = {
    {either, TLS_ANY_VERSION}, {client, TLS_ANY_VERSION}, {server, TLS_ANY_VERSION}};
constexpr SSL_METHOD tls_1_2[] = {
    {either, TLS1_2_VERSION}, {client, TLS1_2_VERSION}, {server, TLS1_2_VERSION}};
constexpr SSL_METHOD tls_1_1[] = {
    {either, TLS1_1_VERSION}, {client, TLS1_1_VERSION}, {server, TLS1_1_VERSION}};
constexpr SSL_METHOD tls_1[] = {{either, TLS1_VERSION}, {client, TLS1_VERSION}, {server, TLS1_VERSION}};
constexpr SSL_METHOD ssl_3[] = {{either, SSL3_VERSION}, {client, SSL3_VERSION}, {server, SSL3_VERSION}};

/// 1 as OpenSSL has it.
int one_if(bool done) { return done ? 1 : 0; }

int unsupported_version() {
  ERR_put_error(ERR_LIB_SSL, 0, SSL_R_UNSUPPORTED_PROTOCOL, __FILE__, __LINE__);
  return 0;
}

void use_method(own::Settings& settings, const SSL_METHOD* method) {
  settings.method = method;
  settings.least = settings.most = TLS1_2_VERSION;
  if (method->version != TLS_ANY_VERSION) settings.least = settings.most = method->version;
}

}  // namespace

extern "C" {

int SSL_library_init(void) { return 1; }
void SSL_load_error_strings(void) {}

const SSL_METHOD* TLS_method(void) { return &any[0]; }
const SSL_METHOD* TLS_client_method(void) { return &any[1]; }
const SSL_METHOD* TLS_server_method(void) { return &any[2]; }
const SSL_METHOD* SSLv23_method(void) { return &any[0]; }
const SSL_METHOD* SSLv23_client_method(void) { return &any[1]; }
const SSL_METHOD* SSLv23_server_method(void) { return &any[2]; }
const SSL_METHOD* TLSv1_2_method(void) { return &tls_1_2[0]; }
const SSL_METHOD* TLSv1_2_client_method(void) { return &tls_1_2[1]; }
const SSL_METHOD* TLSv1_2_server_method(void) { return &tls_1_2[2]; }
const SSL_METHOD* TLSv1_1_method(void) { return &tls_1_1[0]; }
const SSL_METHOD* TLSv1_1_client_method(void) { return &tls_1_1[1]; }
const SSL_METHOD* TLSv1_1_server_method(void) { return &tls_1_1[2]; }
const SSL_METHOD* TLSv1_method(void) { return &tls_1[0]; }
const SSL_METHOD* TLSv1_client_method(void) { return &tls_1[1]; }
const SSL_METHOD* TLSv1_server_method(void) { return &tls_1[2]; }
const SSL_METHOD* SSLv3_method(void) { return &ssl_3[0]; }
const SSL_METHOD* SSLv3_client_method(void) { return &ssl_3[1]; }
const SSL_METHOD* SSLv3_server_method(void) { return &ssl_3[2]; }

SSL_CTX* SSL_CTX_new(const SSL_METHOD* method) {
  if (method == nullptr) return nullptr;
  auto* ctx = new ssl_ctx_st;
  use_method(ctx->settings, method);
  return ctx;
}
void SSL_CTX_free(SSL_CTX* ctx) {
  if (ctx != nullptr && --ctx->references == 0) delete ctx;
}
int SSL_CTX_up_ref(SSL_CTX* ctx) { return ++ctx->references; }
int SSL_CTX_set_ssl_version(SSL_CTX* ctx, const SSL_METHOD* method) {
  if (method == nullptr) return 0;
  use_method(ctx->settings, method);
  return 1;
}
const SSL_METHOD* SSL_CTX_get_ssl_method(SSL_CTX* ctx) { return ctx->settings.method; }
/// As in an OpenSSL that was built without the older versions, one of them as the least is kept and means the
/// oldest that there is; as the most it would leave none.
int SSL_CTX_set_min_proto_version(SSL_CTX* ctx, int version) {
  if (version != 0 && (version < TLS1_VERSION || version > TLS1_2_VERSION)) return unsupported_version();
  ctx->settings.least = version != 0 ? version : TLS1_2_VERSION;
  return 1;
}
int SSL_CTX_set_max_proto_version(SSL_CTX* ctx, int version) {
  if (version != 0 && version < linnet::tls::library::oldest_version) return unsupported_version();
  ctx->settings.most = version != 0 ? std::min(version, TLS1_2_VERSION) : TLS1_2_VERSION;
  return 1;
}
unsigned long SSL_CTX_set_options(SSL_CTX* ctx, unsigned long options) {
  return ctx->settings.options |= options;
}
unsigned long SSL_CTX_get_options(SSL_CTX* ctx) { return ctx->settings.options; }
unsigned long SSL_CTX_clear_options(SSL_CTX* ctx, unsigned long options) {
  return ctx->settings.options &= ~options;
}
long SSL_CTX_set_mode(SSL_CTX* ctx, long mode) { return ctx->settings.mode |= mode; }
long SSL_CTX_get_mode(SSL_CTX* ctx) { return ctx->settings.mode; }
long SSL_CTX_set_timeout(SSL_CTX* ctx, long seconds) {
  ctx->tickets.reset();  // the keys of tickets are as old as these at most
  return std::exchange(ctx->settings.timeout, seconds);
}
long SSL_CTX_get_timeout(const SSL_CTX* ctx) { return ctx->settings.timeout; }
void SSL_CTX_set_read_ahead(SSL_CTX* ctx, int yes) { ctx->settings.read_ahead = yes; }
int SSL_CTX_get_read_ahead(SSL_CTX* ctx) { return ctx->settings.read_ahead; }
int SSL_CTX_get_default_read_ahead(SSL_CTX* ctx) { return ctx->settings.read_ahead; }
void SSL_CTX_set_default_read_ahead(SSL_CTX* ctx, int yes) { ctx->settings.read_ahead = yes; }
void SSL_CTX_set_quiet_shutdown(SSL_CTX* ctx, int yes) { ctx->settings.quiet_shutdown = yes != 0; }
int SSL_CTX_get_quiet_shutdown(const SSL_CTX* ctx) { return one_if(ctx->settings.quiet_shutdown); }
void SSL_CTX_set_default_read_buffer_len(SSL_CTX*, size_t) {}  // mbedTLS's has the size of a record, always
void SSL_CTX_set_verify(SSL_CTX* ctx, int mode, SSL_verify_cb callback) {
  ctx->settings.verify_mode = mode;
  ctx->settings.verify_callback = callback;
}
int SSL_CTX_get_verify_mode(const SSL_CTX* ctx) { return ctx->settings.verify_mode; }
SSL_verify_cb SSL_CTX_get_verify_callback(const SSL_CTX* ctx) { return ctx->settings.verify_callback; }
void SSL_CTX_set_verify_depth(SSL_CTX* ctx, int depth) { ctx->settings.verify_depth = depth; }
int SSL_CTX_get_verify_depth(const SSL_CTX* ctx) { return ctx->settings.verify_depth; }

int SSL_CTX_load_verify_locations(SSL_CTX* ctx, const char* file, const char* path) {
  if (file == nullptr && path == nullptr) return 0;
  if (file != nullptr && !own::read_certificates(file, SSL_FILETYPE_PEM, ctx->store->trusted)) return 0;
  return one_if(path == nullptr || mbedtls_x509_crt_parse_path(&ctx->store->trusted.chain, path) >= 0);
}
int SSL_CTX_set_default_verify_paths(SSL_CTX* ctx) {
  return SSL_CTX_load_verify_locations(ctx, own::system_authorities, nullptr);
}
int SSL_CTX_set_default_verify_file(SSL_CTX* ctx) { return SSL_CTX_set_default_verify_paths(ctx); }
int SSL_CTX_set_default_verify_dir(SSL_CTX* ctx) {
  return SSL_CTX_load_verify_locations(ctx, nullptr, own::system_authorities_folder);
}
X509_STORE* SSL_CTX_get_cert_store(const SSL_CTX* ctx) { return ctx->store.get(); }
void SSL_CTX_set_cert_store(SSL_CTX* ctx, X509_STORE* store) {
  if (store != nullptr && store != ctx->store.get()) ctx->store.reset(store);
}
int SSL_CTX_add_client_CA(SSL_CTX* ctx, X509* x509) { return X509_STORE_add_cert(ctx->store.get(), x509); }

int SSL_CTX_use_certificate(SSL_CTX* ctx, X509* x509) {
  ctx->settings.certificate = x509 != nullptr ? own::copy_of(*x509) : nullptr;
  return one_if(ctx->settings.certificate != nullptr);
}
int SSL_CTX_use_certificate_ASN1(SSL_CTX* ctx, int length, const unsigned char* der) {
  auto x509 = std::make_shared<x509_st>();
  if (length <= 0 || !own::parse_der(*x509, der, static_cast<std::size_t>(length))) return 0;
  ctx->settings.certificate = std::move(x509);
  return 1;
}
int SSL_CTX_use_certificate_file(SSL_CTX* ctx, const char* file, int type) {
  auto x509 = std::make_shared<x509_st>();
  if (!own::read_certificates(file, type, *x509)) return 0;
  ctx->settings.certificate = std::move(x509);
  return 1;
}
int SSL_CTX_use_certificate_chain_file(SSL_CTX* ctx, const char* file) {
  return SSL_CTX_use_certificate_file(ctx, file, SSL_FILETYPE_PEM);
}
int SSL_CTX_add_extra_chain_cert(SSL_CTX* ctx, X509* x509) {
  if (x509 == nullptr || ctx->settings.certificate == nullptr) return 0;
  // Connections that exist keep what they have.
  own::Certificate longer = own::copy_of(*ctx->settings.certificate);
  if (longer == nullptr || !own::append_certificate(*longer, x509->chain)) return 0;
  ctx->settings.certificate = std::move(longer);
  X509_free(x509);
  return 1;
}
int SSL_CTX_use_PrivateKey(SSL_CTX* ctx, EVP_PKEY* key) {
  ctx->settings.key = key != nullptr ? own::copy_of(*key) : nullptr;
  return one_if(ctx->settings.key != nullptr);
}
int SSL_CTX_use_PrivateKey_ASN1(int, SSL_CTX* ctx, const unsigned char* der, long length) {
  auto key = std::make_shared<evp_pkey_st>();
  if (length <= 0 || !own::parse_key(*key, der, static_cast<std::size_t>(length))) return 0;
  ctx->settings.key = std::move(key);
  return 1;
}
int SSL_CTX_use_PrivateKey_file(SSL_CTX* ctx, const char* file, int type) {
  auto key = std::make_shared<evp_pkey_st>();
  if (!own::read_key(file, type, *key)) return 0;
  ctx->settings.key = std::move(key);
  return 1;
}
int SSL_CTX_use_RSAPrivateKey(SSL_CTX* ctx, RSA* key) { return SSL_CTX_use_PrivateKey(ctx, key); }
int SSL_CTX_use_RSAPrivateKey_ASN1(SSL_CTX* ctx, const unsigned char* der, long length) {
  return SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_RSA, ctx, der, length);
}
int SSL_CTX_use_RSAPrivateKey_file(SSL_CTX* ctx, const char* file, int type) {
  return SSL_CTX_use_PrivateKey_file(ctx, file, type);
}
int SSL_CTX_check_private_key(const SSL_CTX* ctx) {
  const own::Settings& s = ctx->settings;
  if (s.certificate == nullptr || s.key == nullptr) return 0;
  linnet::Random random = own::seeded_random();
  return one_if(linnet::tls::library::check_pair(s.certificate->chain.pk, s.key->key,
                                                 linnet::tls::random_bytes, &random) == 0);
}
X509* SSL_CTX_get0_certificate(const SSL_CTX* ctx) { return ctx->settings.certificate.get(); }
EVP_PKEY* SSL_CTX_get0_privatekey(const SSL_CTX* ctx) { return ctx->settings.key.get(); }
int SSL_CTX_set_cipher_list(SSL_CTX* ctx, const char* list) {
  std::vector<int> suites = own::suites_of(list);
  if (suites.empty()) return 0;
  ctx->settings.suites = std::move(suites);
  return 1;
}
int SSL_CTX_set_alpn_protos(SSL_CTX* ctx, const unsigned char* protos, unsigned int length) {
  return own::set_protocols(ctx->settings, protos, length) ? 0 : 1;
}
void SSL_CTX_set_client_cert_cb(SSL_CTX* ctx, SSL_client_cert_cb_func choose) {
  ctx->settings.client_certificate = choose;
}
int SSL_CTX_use_serverinfo(SSL_CTX*, const unsigned char*, size_t) {
  return own::unsupported(__FILE__, __LINE__);
}
int SSL_CTX_use_serverinfo_file(SSL_CTX*, const char*) { return own::unsupported(__FILE__, __LINE__); }
void SSL_CTX_set_next_proto_select_cb(SSL_CTX*,
                                      int (*)(SSL*, unsigned char**, unsigned char*, const unsigned char*,
                                              unsigned int, void*),
                                      void*) {
  own::unsupported(__FILE__, __LINE__);
}
long SSL_CTX_ctrl(SSL_CTX* ctx, int command, long number, void* pointer) {
  own::Settings& s = ctx->settings;
  switch (command) {
    case SSL_CTRL_EXTRA_CHAIN_CERT:
      return SSL_CTX_add_extra_chain_cert(ctx, static_cast<X509*>(pointer));
    case SSL_CTRL_OPTIONS:
      return static_cast<long>(SSL_CTX_set_options(ctx, static_cast<unsigned long>(number)));
    case SSL_CTRL_CLEAR_OPTIONS:
      return static_cast<long>(SSL_CTX_clear_options(ctx, static_cast<unsigned long>(number)));
    case SSL_CTRL_MODE:
      return SSL_CTX_set_mode(ctx, number);
    case SSL_CTRL_CLEAR_MODE:
      return s.mode &= ~number;
    case SSL_CTRL_GET_READ_AHEAD:
      return s.read_ahead;
    case SSL_CTRL_SET_READ_AHEAD:
      return std::exchange(s.read_ahead, static_cast<int>(number));
    case SSL_CTRL_SET_MIN_PROTO_VERSION:
      return SSL_CTX_set_min_proto_version(ctx, static_cast<int>(number));
    case SSL_CTRL_SET_MAX_PROTO_VERSION:
      return SSL_CTX_set_max_proto_version(ctx, static_cast<int>(number));
    case SSL_CTRL_GET_MIN_PROTO_VERSION:
      return s.least;
    case SSL_CTRL_GET_MAX_PROTO_VERSION:
      return s.most;
    default:
      return own::unsupported(__FILE__, __LINE__);
  }
}
int SSL_CTX_set_app_data(SSL_CTX* ctx, void* data) {
  ctx->settings.app_data = data;
  return 1;
}
void* SSL_CTX_get_app_data(const SSL_CTX* ctx) { return ctx->settings.app_data; }
int SSL_CTX_set_ex_data(SSL_CTX* ctx, int index, void* data) { return one_if(ctx->ex_data.set(index, data)); }
void* SSL_CTX_get_ex_data(const SSL_CTX* ctx, int index) { return ctx->ex_data.get(index); }

}  // extern "C"
