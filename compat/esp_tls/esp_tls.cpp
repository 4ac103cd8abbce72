// SPDX-License-Identifier: Apache-2.0
#include <esp_crt_bundle.h>
#include <esp_tls.h>
#include <mbedtls/net_sockets.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tls/attach.hpp"
#include "tls/stream.hpp"

namespace linnet::esp_tls {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr int usual_timeout_ms = 10000;

// ESP-IDF's interface has one store for the whole program, and one bundle.
std::unique_ptr<tls::Trust> global_store;
std::unique_ptr<tls::Trust> bundle;

Random::Seed new_seed() {
  Random::Seed seed{};
  tls::attached_host()->port().fill_entropy(seed);
  return seed;
}

}  // namespace
}  // namespace linnet::esp_tls

namespace own = linnet::esp_tls;
namespace tls = linnet::tls;

struct esp_tls {
  std::string host;
  std::vector<const char*> protocols;
  tls::Trust trust;
  tls::Identity identity;
  mbedtls_net_context socket{-1};
  std::unique_ptr<tls::Stream> stream;
  esp_tls_conn_state_t state = ESP_TLS_INIT;
  esp_tls_last_error_t error{};
};

namespace linnet::esp_tls {
namespace {

int fail(::esp_tls& t, esp_err_t error, int code = 0) {
  t.state = ESP_TLS_FAIL;
  t.error.last_error = error;
  t.error.esp_tls_error_code = code;
  return -1;
}

/// Whom `cfg` trusts; null when that cannot be read.
const tls::Trust* trust_of(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  if (cfg.crt_bundle_attach != nullptr) return cfg.crt_bundle_attach(&t) == ESP_OK ? bundle.get() : nullptr;
  if (cfg.use_global_ca_store) return global_store.get();
  if (cfg.cacert_buf == nullptr) return nullptr;
  return t.trust.add({cfg.cacert_buf, cfg.cacert_bytes}) > 0 ? &t.trust : nullptr;
}

bool load_identity(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  if (cfg.clientcert_buf == nullptr) return true;
  const std::string_view password(reinterpret_cast<const char*>(cfg.clientkey_password),
                                  cfg.clientkey_password_len);
  return t.identity.load({cfg.clientcert_buf, cfg.clientcert_bytes}, {cfg.clientkey_buf, cfg.clientkey_bytes},
                         new_seed(), cfg.clientkey_password != nullptr ? password : std::string_view());
}

bool connect(::esp_tls& t, const std::string& host, int port, int timeout_ms) {
  t.state = ESP_TLS_CONNECTING;
  const int result =
      mbedtls_net_connect(&t.socket, host.c_str(), std::to_string(port).c_str(), MBEDTLS_NET_PROTO_TCP);
  if (result == 0) {
    tls::attached_host()->sockets().set_send_timeout(t.socket.fd, Duration::milliseconds(timeout_ms));
    return true;
  }
  esp_err_t error = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
  if (result == MBEDTLS_ERR_NET_UNKNOWN_HOST) error = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
  if (result == MBEDTLS_ERR_NET_SOCKET_FAILED) error = ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET;
  fail(t, error, result);
  return false;
}

int start_tls(::esp_tls& t, const esp_tls_cfg_t& cfg, int timeout_ms) {
  const tls::Trust* trust = trust_of(t, cfg);
  // Without anybody to trust there is no connection: ESP-IDF, too, refuses unless its menu says otherwise.
  if (trust == nullptr || trust->count() == 0) return fail(t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
  if (!load_identity(t, cfg)) return fail(t, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED);
  if (cfg.common_name != nullptr) t.host = cfg.common_name;
  for (const char** name = cfg.alpn_protos; name != nullptr && *name != nullptr; ++name)
    t.protocols.push_back(*name);
  const Duration limit = Duration::milliseconds(timeout_ms);
  t.state = ESP_TLS_HANDSHAKE;
  t.stream = std::make_unique<tls::Stream>(
      *tls::attached_host(), t.socket.fd,
      tls::Options{.verify = cfg.skip_common_name ? tls::Verify::chain : tls::Verify::full,
                   .host_name = t.host,
                   .trust = trust,
                   .identity = &t.identity,
                   .protocols = t.protocols},
      tls::Limits{.flight = limit, .read = limit, .write = limit});
  if (t.stream->handshake()) {
    t.state = ESP_TLS_DONE;
    return 1;
  }
  const bool late = t.stream->error() == tls::Error::timed_out;
  return fail(t, late ? ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT : ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
              t.stream->connection().library_error());
}

ssize_t failed_transfer(::esp_tls& t) {
  const tls::Error error = t.stream->error();
  if (error == tls::Error::timed_out) return ESP_TLS_ERR_SSL_TIMEOUT;
  fail(t, error == tls::Error::truncated ? ESP_ERR_ESP_TLS_TCP_CLOSED_FIN : ESP_FAIL,
       t.stream->connection().library_error());
  return -1;
}

}  // namespace
}  // namespace linnet::esp_tls

extern "C" {

esp_tls_t* esp_tls_init(void) { return new esp_tls; }

int esp_tls_conn_new_sync(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg,
                          esp_tls_t* t) {
  if (t == nullptr || cfg == nullptr || hostname == nullptr || hostlen <= 0 ||
      tls::attached_host() == nullptr)
    return -1;
  if (t->state != ESP_TLS_INIT) return own::fail(*t, ESP_ERR_INVALID_STATE);
  const int timeout = cfg->timeout_ms > 0 ? cfg->timeout_ms : own::usual_timeout_ms;
  t->host.assign(hostname, static_cast<std::size_t>(hostlen));
  if (!own::connect(*t, t->host, port, timeout)) return -1;
  return own::start_tls(*t, *cfg, timeout);
}

int esp_tls_conn_http_new_sync(const char* url, const esp_tls_cfg_t* cfg, esp_tls_t* t) {
  const std::string_view text = url != nullptr ? url : "";
  constexpr std::string_view scheme = "https://";
  if (t == nullptr || !text.starts_with(scheme)) return -1;
  std::string_view host = text.substr(scheme.size());
  host = host.substr(0, host.find_first_of("/?#"));
  int port = 443;
  if (const std::size_t colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    port = 0;
    for (const char c : host.substr(colon + 1)) {
      if (c < '0' || c > '9' || port > 65535) return own::fail(*t, ESP_ERR_INVALID_ARG);
      port = port * 10 + (c - '0');
    }
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return esp_tls_conn_new_sync(host.data(), static_cast<int>(host.size()), port, cfg, t);
}

ssize_t esp_tls_conn_read(esp_tls_t* t, void* data, size_t length) {
  if (t == nullptr || t->stream == nullptr || length == 0) return -1;
  const std::ptrdiff_t got = t->stream->read({static_cast<std::uint8_t*>(data), length});
  return got >= 0 ? got : own::failed_transfer(*t);
}

ssize_t esp_tls_conn_write(esp_tls_t* t, const void* data, size_t length) {
  if (t == nullptr || t->stream == nullptr) return -1;
  if (!t->stream->write({static_cast<const std::uint8_t*>(data), length})) return own::failed_transfer(*t);
  return static_cast<ssize_t>(length);
}

int esp_tls_conn_destroy(esp_tls_t* t) {
  if (t == nullptr) return -1;
  if (t->stream != nullptr) static_cast<void>(t->stream->close());
  t->stream.reset();
  mbedtls_net_free(&t->socket);
  delete t;
  return 0;
}

ssize_t esp_tls_get_bytes_avail(esp_tls_t* t) {
  if (t == nullptr || t->stream == nullptr) return -1;
  return static_cast<ssize_t>(t->stream->connection().pending());
}
esp_err_t esp_tls_get_conn_sockfd(esp_tls_t* t, int* sockfd) {
  if (t == nullptr || sockfd == nullptr) return ESP_ERR_INVALID_ARG;
  *sockfd = t->socket.fd;
  return ESP_OK;
}
esp_err_t esp_tls_get_conn_state(esp_tls_t* t, esp_tls_conn_state_t* state) {
  if (t == nullptr || state == nullptr) return ESP_ERR_INVALID_ARG;
  *state = t->state;
  return ESP_OK;
}
void* esp_tls_get_ssl_context(esp_tls_t* t) {
  return t != nullptr && t->stream != nullptr ? &t->stream->connection().library() : nullptr;
}

esp_err_t esp_tls_init_global_ca_store(void) {
  if (own::global_store == nullptr) own::global_store = std::make_unique<tls::Trust>();
  return ESP_OK;
}
esp_err_t esp_tls_set_global_ca_store(const unsigned char* pem, const unsigned int bytes) {
  if (pem == nullptr) return ESP_ERR_INVALID_ARG;
  esp_tls_free_global_ca_store();
  esp_tls_init_global_ca_store();
  return own::global_store->add({pem, bytes}) > 0 ? ESP_OK : ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED;
}
void esp_tls_free_global_ca_store(void) { own::global_store.reset(); }

esp_err_t esp_tls_get_error_handle(esp_tls_t* t, esp_tls_error_handle_t* handle) {
  if (t == nullptr || handle == nullptr) return ESP_ERR_INVALID_ARG;
  *handle = &t->error;
  return ESP_OK;
}
esp_err_t esp_tls_get_and_clear_last_error(esp_tls_error_handle_t handle, int* code, int* flags) {
  if (handle == nullptr) return ESP_ERR_INVALID_STATE;
  if (code != nullptr) *code = handle->esp_tls_error_code;
  if (flags != nullptr) *flags = handle->esp_tls_flags;
  const esp_err_t error = handle->last_error;
  *handle = {};
  return error;
}

esp_err_t esp_crt_bundle_attach(void*) {
  if (own::bundle != nullptr) return ESP_OK;
  auto loaded = std::make_unique<tls::Trust>();
  if (loaded->add_file(own::system_authorities) == 0) return ESP_FAIL;
  own::bundle = std::move(loaded);
  return ESP_OK;
}
void esp_crt_bundle_detach(void*) {}  // the bundle is shared by all connections
esp_err_t esp_crt_bundle_set(const uint8_t* pem, size_t bytes) {
  auto given = std::make_unique<tls::Trust>();
  if (pem == nullptr || given->add({pem, bytes}) == 0) return ESP_ERR_INVALID_ARG;
  own::bundle = std::move(given);
  return ESP_OK;
}

}  // extern "C"
