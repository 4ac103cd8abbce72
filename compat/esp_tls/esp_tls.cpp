// SPDX-License-Identifier: Apache-2.0
// Connections to servers, and the bytes of all of them.
#include <cstring>
#include <optional>
#include <utility>

#include "compat/esp_tls/handle.hpp"

namespace linnet::esp_tls {

Random::Seed new_seed() {
  Random::Seed seed{};
  tls::attached_host()->port().fill_entropy(seed);
  return seed;
}

int fail(::esp_tls& t, esp_err_t error, int code) {
  t.state = ESP_TLS_FAIL;
  t.error.last_error = error;
  t.error.esp_tls_error_code = code;
  return -1;
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

bool takes_calls(const ::esp_tls* t, const void* arguments) {
  return t != nullptr && arguments != nullptr && tls::attached_host() != nullptr;
}

namespace {

namespace tcp = sockets::tcp_option;

constexpr std::size_t largest_session = 16384;  // a server's certificate is in it
constexpr esp_tls_cfg_t no_tls = [] {
  esp_tls_cfg_t cfg{};
  cfg.is_plain_tcp = true;
  return cfg;
}();

/// Whom `cfg` trusts; null when that cannot be read.
const tls::Trust* trust_of(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  if (cfg.crt_bundle_attach != nullptr)
    return cfg.crt_bundle_attach(&t) == ESP_OK ? bundled_authorities() : nullptr;
  if (cfg.use_global_ca_store) return global_authorities();
  if (cfg.cacert_buf == nullptr) return nullptr;
  return t.trust.add({cfg.cacert_buf, cfg.cacert_bytes}) > 0 ? &t.trust : nullptr;
}

int timeout_of(const esp_tls_cfg_t& cfg) { return cfg.timeout_ms > 0 ? cfg.timeout_ms : usual_timeout_ms; }

/// Before the connection: which addresses count, and what the socket is to be like.
struct Before {
  const esp_tls_cfg_t* cfg;
  bool refused_option = false;

  static bool prepare(void* self, int fd, const Endpoint& remote) {
    auto& before = *static_cast<Before*>(self);
    const esp_tls_addr_family_t family = before.cfg->addr_family;
    if (family == (remote.address.is_v4() ? ESP_TLS_AF_INET6 : ESP_TLS_AF_INET)) return false;
    if (before.apply(fd)) return true;
    before.refused_option = true;
    return false;
  }
  bool apply(int fd) const {
    sockets::Sockets& s = tls::attached_host()->sockets();
    if (cfg->if_name != nullptr || s.set_send_timeout(fd, Duration::milliseconds(timeout_of(*cfg))) < 0)
      return false;
    const tls_keep_alive_cfg_t* alive = cfg->keep_alive_cfg;
    if (alive == nullptr || !alive->keep_alive_enable) return true;
    bool good = s.set_option(fd, sockets::sol::socket, sockets::so::keepalive, 1) == 0;
    for (const auto& [name, value] : {std::pair{tcp::keep_idle, alive->keep_alive_idle},
                                      std::pair{tcp::keep_interval, alive->keep_alive_interval},
                                      std::pair{tcp::keep_count, alive->keep_alive_count}}) {
      if (value != 0) good = good && s.set_option(fd, sockets::ipproto::tcp, name, value) == 0;
    }
    return good;
  }
};

bool connect(::esp_tls& t, const std::string& host, int port, const esp_tls_cfg_t& cfg) {
  t.state = ESP_TLS_CONNECTING;
  Before before{&cfg};
  const int result =
      tls::connect_stream(host.c_str(), std::to_string(port).c_str(), {&before, Before::prepare});
  if (result >= 0) {
    t.socket.fd = result;
    return true;
  }
  esp_err_t error = ESP_ERR_ESP_TLS_FAILED_CONNECT_TO_HOST;
  if (result == MBEDTLS_ERR_NET_UNKNOWN_HOST) error = ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME;
  if (result == MBEDTLS_ERR_NET_SOCKET_FAILED) error = ESP_ERR_ESP_TLS_CANNOT_CREATE_SOCKET;
  if (before.refused_option) error = ESP_ERR_ESP_TLS_SOCKET_SETOPT_FAILED;
  fail(t, error, result);
  return false;
}

/// The key of `cfg`, if it is to be used.
std::optional<tls::SharedKey> shared_key_of(const esp_tls_cfg_t& cfg) {
  const psk_hint_key_t* given = cfg.psk_hint_key;
  const bool certificates = cfg.cacert_buf != nullptr || cfg.crt_bundle_attach != nullptr ||
                            cfg.use_global_ca_store || cfg.clientcert_buf != nullptr;
  if (given == nullptr || certificates) return std::nullopt;
  return tls::SharedKey{.identity = given->hint != nullptr ? given->hint : "",
                        .key = {given->key, given->key_size}};
}

/// Certificates and versions that can be spoken with here; 0, or what stands in the way.
esp_err_t unsupported_in(const esp_tls_cfg_t& cfg) {
  if (cfg.use_ecdsa_peripheral || cfg.use_secure_element || cfg.ds_data != nullptr)
    return ESP_ERR_ESP_TLS_SE_FAILED;
  if (cfg.tls_version == ESP_TLS_VER_TLS_1_3 && !tls::library::has_tls13)
    return ESP_ERR_MBEDTLS_SSL_CONFIG_DEFAULTS_FAILED;
  return ESP_OK;
}

/// The stream, before its handshake.
bool prepare_client(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  if (const esp_err_t error = unsupported_in(cfg); error != ESP_OK) return fail(t, error) == 0;
  const std::optional<tls::SharedKey> key = shared_key_of(cfg);
  const tls::Trust* trust = key ? nullptr : trust_of(t, cfg);
  // Without anybody to trust there is no connection: ESP-IDF, too, refuses unless its menu says otherwise.
  if (!key && (trust == nullptr || trust->count() == 0))
    return fail(t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED) == 0;
  if (!load_identity(t, {cfg.clientcert_buf, cfg.clientcert_bytes}, {cfg.clientkey_buf, cfg.clientkey_bytes},
                     cfg.clientkey_password, cfg.clientkey_password_len)) {
    return fail(t, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED) == 0;
  }
  if (cfg.common_name != nullptr) t.host = cfg.common_name;
  take_protocols(t, cfg.alpn_protos);
  tls::Options options{
      .version = cfg.tls_version == ESP_TLS_VER_TLS_1_2 ? tls::Version::tls_1_2 : tls::Version::newest,
      .verify = cfg.skip_common_name ? tls::Verify::chain : tls::Verify::full,
      .host_name = t.host,
      .trust = trust,
      .identity = &t.identity,
      .protocols = t.protocols};
  if (key) options.shared_key = &*key;
  if (cfg.ciphersuites_list != nullptr) options.suites = cfg.ciphersuites_list;
  if (cfg.client_session != nullptr) options.session = cfg.client_session->bytes;
  const Duration limit = Duration::milliseconds(timeout_of(cfg));
  t.state = ESP_TLS_HANDSHAKE;
  t.non_block = cfg.non_block;
  t.until = tls::attached_host()->port().now() + limit;
  t.stream = std::make_unique<tls::Stream>(*tls::attached_host(), t.socket.fd, options,
                                           tls::Limits{.flight = limit, .read = limit, .write = limit});
  if (key && t.stream->error() == tls::Error::setup) return fail(t, ESP_ERR_MBEDTLS_SSL_CONF_PSK_FAILED) == 0;
  return true;
}

/// TCP alone, as soon as it is connected.
int finish_plain(::esp_tls& t, const esp_tls_cfg_t& cfg) {
  sockets::Sockets& s = tls::attached_host()->sockets();
  if (cfg.non_block) s.set_non_blocking(t.socket.fd, true);
  s.set_receive_timeout(t.socket.fd, Duration::milliseconds(timeout_of(cfg)));
  t.plain = true;
  t.state = ESP_TLS_DONE;
  return 1;
}

int failed_handshake(::esp_tls& t, bool late) {
  tls::Connection& connection = t.stream->connection();
  const std::uint32_t flags = mbedtls_ssl_get_verify_result(&connection.library());
  t.error.esp_tls_flags = flags != 0xffffffffu ? static_cast<int>(flags) : 0;
  return fail(t, late ? ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT : ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED,
              connection.library_error());
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

/// The same for TCP alone, from a socket call's result.
ssize_t plain_result(::esp_tls& t, std::ptrdiff_t result, int would_block) {
  if (result >= 0) return result;
  const int flags = tls::attached_host()->sockets().fcntl(t.socket.fd, sockets::fcntl_command::get_flags);
  const bool waits = flags < 0 || (flags & sockets::status_flag::nonblock) == 0;
  if (result == -sockets::error::try_again) return waits ? ESP_TLS_ERR_SSL_TIMEOUT : would_block;
  fail(t, ESP_FAIL, static_cast<int>(result));
  return -1;
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

int shake_hands(::esp_tls& t) {
  if (!t.stream->handshake()) return failed_handshake(t, t.stream->error() == tls::Error::timed_out);
  t.state = ESP_TLS_DONE;
  return 1;
}

int shake_hands_some(::esp_tls& t, tls::Step& step) {
  step = t.stream->connection().handshake();
  if (step == tls::Step::done) {
    t.state = ESP_TLS_DONE;
    return 1;
  }
  const bool late = tls::attached_host()->port().now() >= t.until;
  return step == tls::Step::failed || late ? failed_handshake(t, step != tls::Step::failed) : 0;
}

}  // namespace linnet::esp_tls

namespace own = linnet::esp_tls;
namespace tls = linnet::tls;
using linnet::Bytes;

extern "C" {

esp_tls_t* esp_tls_init(void) { return new esp_tls; }

int esp_tls_conn_new_sync(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg,
                          esp_tls_t* t) {
  if (cfg == nullptr) cfg = &own::no_tls;
  if (!own::takes_calls(t, cfg) || hostname == nullptr || hostlen <= 0) return -1;
  if (t->state != ESP_TLS_INIT) return own::fail(*t, ESP_ERR_INVALID_STATE);
  t->host.assign(hostname, static_cast<std::size_t>(hostlen));
  if (!own::connect(*t, t->host, port, *cfg)) return -1;
  if (cfg->is_plain_tcp) return own::finish_plain(*t, *cfg);
  return own::prepare_client(*t, *cfg) ? own::shake_hands(*t) : -1;
}

int esp_tls_conn_new_async(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg,
                           esp_tls_t* t) {
  if (cfg == nullptr) cfg = &own::no_tls;
  if (!own::takes_calls(t, cfg) || hostname == nullptr || hostlen <= 0) return -1;
  tls::Step step = tls::Step::failed;
  if (t->state == ESP_TLS_DONE) return 1;
  if (t->state == ESP_TLS_HANDSHAKE) return own::shake_hands_some(*t, step);
  if (t->state != ESP_TLS_INIT) return -1;
  t->host.assign(hostname, static_cast<std::size_t>(hostlen));
  if (!own::connect(*t, t->host, port, *cfg)) return -1;
  if (cfg->is_plain_tcp) return own::finish_plain(*t, *cfg);
  return own::prepare_client(*t, *cfg) ? own::shake_hands_some(*t, step) : -1;
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
  if (!own::connect(t, name, port, *cfg)) {
    *error_handle = t.error;
    return t.error.last_error;
  }
  *sockfd = t.socket.fd;
  return ESP_OK;
}

esp_tls_t* esp_tls_conn_new(const char* hostname, int hostlen, int port, const esp_tls_cfg_t* cfg) {
  esp_tls_t* t = esp_tls_init();
  if (esp_tls_conn_new_sync(hostname, hostlen, port, cfg, t) == 1) return t;
  esp_tls_conn_destroy(t);
  return nullptr;
}
esp_tls_t* esp_tls_conn_http_new(const char* url, const esp_tls_cfg_t* cfg) {
  esp_tls_t* t = esp_tls_init();
  if (esp_tls_conn_http_new_sync(url, cfg, t) == 1) return t;
  esp_tls_conn_destroy(t);
  return nullptr;
}
void esp_tls_conn_delete(esp_tls_t* t) { static_cast<void>(esp_tls_conn_destroy(t)); }

esp_tls_client_session_t* esp_tls_get_client_session(esp_tls_t* t) {
  if (t == nullptr || t->stream == nullptr) return nullptr;
  auto session = std::make_unique<esp_tls_client_session>();
  session->bytes.resize(own::largest_session);
  session->bytes.resize(t->stream->connection().save_session(session->bytes));
  return session->bytes.empty() ? nullptr : session.release();
}
void esp_tls_free_client_session(esp_tls_client_session_t* session) { delete session; }

ssize_t esp_tls_conn_read(esp_tls_t* t, void* data, size_t length) {
  if (t == nullptr || length == 0 || (t->stream == nullptr && !t->plain)) return -1;
  const linnet::MutableBytes to(static_cast<std::uint8_t*>(data), length);
  if (t->plain) {
    return own::plain_result(*t, tls::attached_host()->sockets().recv(t->socket.fd, to),
                             ESP_TLS_ERR_SSL_WANT_READ);
  }
  if (t->non_block) {
    return own::transfer_some(*t, [to](tls::Connection& c, std::size_t& count) { return c.read(to, count); });
  }
  const std::ptrdiff_t got = t->stream->read(to);
  return got >= 0 ? got : own::failed_transfer(*t);
}

ssize_t esp_tls_conn_write(esp_tls_t* t, const void* data, size_t length) {
  if (t == nullptr || (t->stream == nullptr && !t->plain)) return -1;
  const Bytes bytes(static_cast<const std::uint8_t*>(data), length);
  if (t->plain) {
    return own::plain_result(*t, tls::attached_host()->sockets().send(t->socket.fd, bytes),
                             ESP_TLS_ERR_SSL_WANT_WRITE);
  }
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
esp_err_t esp_tls_set_conn_sockfd(esp_tls_t* t, int sockfd) {
  if (t == nullptr || sockfd < 0) return ESP_ERR_INVALID_ARG;
  if (t->stream != nullptr) return ESP_ERR_INVALID_STATE;  // it reads from the one that it has
  t->socket.fd = sockfd;
  return ESP_OK;
}
esp_err_t esp_tls_get_conn_state(esp_tls_t* t, esp_tls_conn_state_t* state) {
  if (t == nullptr || state == nullptr) return ESP_ERR_INVALID_ARG;
  *state = t->state;
  return ESP_OK;
}
esp_err_t esp_tls_set_conn_state(esp_tls_t* t, esp_tls_conn_state_t state) {
  if (t == nullptr || state < ESP_TLS_INIT || state > ESP_TLS_DONE) return ESP_ERR_INVALID_ARG;
  t->state = state;
  return ESP_OK;
}
const int* esp_tls_get_ciphersuites_list(void) { return tls::strong_suites; }
void* esp_tls_get_ssl_context(esp_tls_t* t) {
  return t != nullptr && t->stream != nullptr ? &t->stream->connection().library() : nullptr;
}

}  // extern "C"
