// SPDX-License-Identifier: Apache-2.0
#include <esp_crt_bundle.h>
#include <esp_tls.h>
#include <mbedtls/net_sockets.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tls/attach.hpp"
#include "tls/stream.hpp"

namespace linnet::esp_tls {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr int usual_timeout_ms = 10000;
constexpr std::size_t largest_session = 16384;  // a server's certificate is in it

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
using linnet::Duration;
using linnet::Instant;

struct esp_tls {
  std::string host;
  std::vector<const char*> protocols;
  tls::Trust trust;
  tls::Identity identity;
  mbedtls_net_context socket{-1};
  std::unique_ptr<tls::Stream> stream;
  esp_tls_conn_state_t state = ESP_TLS_INIT;
  esp_tls_last_error_t error{};
  bool non_block = false;
  Instant until = Instant::never();  // of an asynchronous handshake
};

struct esp_tls_client_session {
  std::vector<std::uint8_t> bytes;
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

bool load_identity(::esp_tls& t, Bytes certificate, Bytes key, const unsigned char* password,
                   unsigned int password_size) {
  if (certificate.data() == nullptr) return true;
  std::string_view secret;
  if (password != nullptr) secret = {reinterpret_cast<const char*>(password), password_size};
  return t.identity.load(certificate, key, new_seed(), secret);
}

void take_protocols(::esp_tls& t, const char** names) {
  for (; names != nullptr && *names != nullptr; ++names) t.protocols.push_back(*names);
}

int timeout_of(const esp_tls_cfg_t& cfg) { return cfg.timeout_ms > 0 ? cfg.timeout_ms : usual_timeout_ms; }

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

/// The stream, before its handshake.
bool prepare_client(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  const tls::Trust* trust = trust_of(t, cfg);
  // Without anybody to trust there is no connection: ESP-IDF, too, refuses unless its menu says otherwise.
  if (trust == nullptr || trust->count() == 0) {
    fail(t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
    return false;
  }
  if (!load_identity(t, {cfg.clientcert_buf, cfg.clientcert_bytes}, {cfg.clientkey_buf, cfg.clientkey_bytes},
                     cfg.clientkey_password, cfg.clientkey_password_len)) {
    fail(t, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED);
    return false;
  }
  if (cfg.common_name != nullptr) t.host = cfg.common_name;
  take_protocols(t, cfg.alpn_protos);
  tls::Options options{.verify = cfg.skip_common_name ? tls::Verify::chain : tls::Verify::full,
                       .host_name = t.host,
                       .trust = trust,
                       .identity = &t.identity,
                       .protocols = t.protocols};
  if (cfg.client_session != nullptr) options.session = cfg.client_session->bytes;
  const Duration limit = Duration::milliseconds(timeout_of(cfg));
  t.state = ESP_TLS_HANDSHAKE;
  t.non_block = cfg.non_block;
  t.until = tls::attached_host()->port().now() + limit;
  t.stream = std::make_unique<tls::Stream>(*tls::attached_host(), t.socket.fd, options,
                                           tls::Limits{.flight = limit, .read = limit, .write = limit});
  return true;
}

int failed_handshake(::esp_tls& t, bool late) {
  return fail(t, late ? ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT : ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
              t.stream->connection().library_error());
}

/// The whole handshake: 1, or -1.
int shake_hands(::esp_tls& t) {
  if (!t.stream->handshake()) return failed_handshake(t, t.stream->error() == tls::Error::timed_out);
  t.state = ESP_TLS_DONE;
  return 1;
}

/// What of it can be done now: 1, 0 or -1.
int shake_hands_some(::esp_tls& t) {
  const tls::Step step = t.stream->connection().handshake();
  if (step == tls::Step::done) {
    t.state = ESP_TLS_DONE;
    return 1;
  }
  const bool late = tls::attached_host()->port().now() >= t.until;
  return step == tls::Step::failed || late ? failed_handshake(t, step != tls::Step::failed) : 0;
}

ssize_t failed_transfer(::esp_tls& t) {
  const tls::Error error = t.stream->error();
  if (error == tls::Error::timed_out) return ESP_TLS_ERR_SSL_TIMEOUT;
  fail(t, error == tls::Error::truncated ? ESP_ERR_ESP_TLS_TCP_CLOSED_FIN : ESP_FAIL,
       t.stream->connection().library_error());
  return -1;
}

/// A call that does not wait: what it moved, or ESP-IDF's number for why nothing moves.
template <typename Act>
ssize_t transfer_some(::esp_tls& t, Act act) {
  std::size_t count = 0;
  switch (act(t.stream->connection(), count)) {
    case tls::Step::want_read:
      return ESP_TLS_ERR_SSL_WANT_READ;
    case tls::Step::want_write:
      return ESP_TLS_ERR_SSL_WANT_WRITE;
    case tls::Step::failed:
      return failed_transfer(t);
    default:
      return static_cast<ssize_t>(count);
  }
}

bool takes_calls(const ::esp_tls* t, const void* arguments) {
  return t != nullptr && arguments != nullptr && tls::attached_host() != nullptr;
}

struct Place {
  std::string_view host;
  int port = 443;
};

/// The host and the port of a https URL; nullopt: it is none.
std::optional<Place> place_of(const char* url) {
  const std::string_view text = url != nullptr ? url : "";
  constexpr std::string_view scheme = "https://";
  if (!text.starts_with(scheme)) return std::nullopt;
  Place place{text.substr(scheme.size())};
  place.host = place.host.substr(0, place.host.find_first_of("/?#"));
  const std::size_t colon = place.host.rfind(':');
  if (colon != std::string_view::npos && place.host.find(']', colon) == std::string_view::npos) {
    place.port = 0;
    for (const char c : place.host.substr(colon + 1)) {
      if (c < '0' || c > '9' || place.port > 65535) return std::nullopt;
      place.port = place.port * 10 + (c - '0');
    }
    place.host = place.host.substr(0, colon);
  }
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

}  // namespace
}  // namespace linnet::esp_tls

extern "C" {

esp_tls_t* esp_tls_init(void) { return new esp_tls; }

int esp_tls_conn_new_sync(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg,
                          esp_tls_t* t) {
  if (!own::takes_calls(t, cfg) || hostname == nullptr || hostlen <= 0) return -1;
  if (t->state != ESP_TLS_INIT) return own::fail(*t, ESP_ERR_INVALID_STATE);
  t->host.assign(hostname, static_cast<std::size_t>(hostlen));
  if (!own::connect(*t, t->host, port, own::timeout_of(*cfg))) return -1;
  return own::prepare_client(*t, *cfg) ? own::shake_hands(*t) : -1;
}

int esp_tls_conn_new_async(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg,
                           esp_tls_t* t) {
  if (!own::takes_calls(t, cfg) || hostname == nullptr || hostlen <= 0) return -1;
  if (t->state == ESP_TLS_DONE) return 1;
  if (t->state == ESP_TLS_HANDSHAKE) return own::shake_hands_some(*t);
  if (t->state != ESP_TLS_INIT) return -1;
  t->host.assign(hostname, static_cast<std::size_t>(hostlen));
  if (!own::connect(*t, t->host, port, own::timeout_of(*cfg))) return -1;
  return own::prepare_client(*t, *cfg) ? own::shake_hands_some(*t) : -1;
}

int esp_tls_conn_http_new_sync(const char* url, const esp_tls_cfg_t* cfg, esp_tls_t* t) {
  const auto place = own::place_of(url);
  if (t == nullptr || !place) return -1;
  return esp_tls_conn_new_sync(place->host.data(), static_cast<int>(place->host.size()), place->port, cfg, t);
}
int esp_tls_conn_http_new_async(const char* url, const esp_tls_cfg_t* cfg, esp_tls_t* t) {
  const auto place = own::place_of(url);
  if (t == nullptr || !place) return -1;
  return esp_tls_conn_new_async(place->host.data(), static_cast<int>(place->host.size()), place->port, cfg,
                                t);
}

esp_err_t esp_tls_plain_tcp_connect(const char* host, int hostlen, int port, const esp_tls_cfg_t* cfg,
                                    esp_tls_error_handle_t error_handle, int* sockfd) {
  if (host == nullptr || hostlen <= 0 || cfg == nullptr || error_handle == nullptr || sockfd == nullptr ||
      tls::attached_host() == nullptr) {
    return ESP_ERR_INVALID_ARG;
  }
  esp_tls t;
  const std::string name(host, static_cast<std::size_t>(hostlen));
  if (!own::connect(t, name, port, own::timeout_of(*cfg))) {
    *error_handle = t.error;
    return t.error.last_error;
  }
  *sockfd = t.socket.fd;
  return ESP_OK;
}

int esp_tls_server_session_create(esp_tls_cfg_server_t* cfg, int sockfd, esp_tls_t* t) {
  if (!own::takes_calls(t, cfg)) return -1;
  if (t->state != ESP_TLS_INIT) return own::fail(*t, ESP_ERR_INVALID_STATE);
  t->socket.fd = sockfd;
  if (cfg->servercert_buf == nullptr ||
      !own::load_identity(*t, {cfg->servercert_buf, cfg->servercert_bytes},
                          {cfg->serverkey_buf, cfg->serverkey_bytes}, cfg->serverkey_password,
                          cfg->serverkey_password_len)) {
    return own::fail(*t, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED);
  }
  if (cfg->cacert_buf != nullptr && t->trust.add({cfg->cacert_buf, cfg->cacert_bytes}) == 0) {
    return own::fail(*t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED);
  }
  own::take_protocols(*t, cfg->alpn_protos);
  const bool asks = cfg->cacert_buf != nullptr;
  const Duration limit = Duration::milliseconds(own::usual_timeout_ms);
  t->state = ESP_TLS_HANDSHAKE;
  t->stream = std::make_unique<tls::Stream>(
      *tls::attached_host(), sockfd,
      tls::Options{
          .role = tls::Role::server,
          .client_certificate = asks ? tls::ClientCertificate::required : tls::ClientCertificate::not_asked,
          .trust = asks ? &t->trust : nullptr,
          .identity = &t->identity,
          .protocols = t->protocols},
      tls::Limits{.flight = limit, .read = limit, .write = limit});
  return own::shake_hands(*t) == 1 ? 0 : -1;
}

void esp_tls_server_session_delete(esp_tls_t* t) { esp_tls_conn_destroy(t); }

esp_tls_client_session_t* esp_tls_get_client_session(esp_tls_t* t) {
  if (t == nullptr || t->stream == nullptr) return nullptr;
  auto session = std::make_unique<esp_tls_client_session>();
  session->bytes.resize(own::largest_session);
  session->bytes.resize(t->stream->connection().save_session(session->bytes));
  return session->bytes.empty() ? nullptr : session.release();
}
void esp_tls_free_client_session(esp_tls_client_session_t* session) { delete session; }

ssize_t esp_tls_conn_read(esp_tls_t* t, void* data, size_t length) {
  if (t == nullptr || t->stream == nullptr || length == 0) return -1;
  const linnet::MutableBytes to(static_cast<std::uint8_t*>(data), length);
  if (t->non_block) {
    return own::transfer_some(*t, [to](tls::Connection& c, std::size_t& count) { return c.read(to, count); });
  }
  const std::ptrdiff_t got = t->stream->read(to);
  return got >= 0 ? got : own::failed_transfer(*t);
}

ssize_t esp_tls_conn_write(esp_tls_t* t, const void* data, size_t length) {
  if (t == nullptr || t->stream == nullptr) return -1;
  const linnet::Bytes bytes(static_cast<const std::uint8_t*>(data), length);
  if (t->non_block) {
    return own::transfer_some(
        *t, [bytes](tls::Connection& c, std::size_t& count) { return c.write(bytes, count); });
  }
  if (!t->stream->write(bytes)) return own::failed_transfer(*t);
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
