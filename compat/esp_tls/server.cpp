// SPDX-License-Identifier: Apache-2.0
// Handshakes of accepted connections.
#include "compat/esp_tls/handle.hpp"

namespace linnet::esp_tls {
namespace {

/// The stream, before its handshake; false: the reason is told.
bool prepare_server(::esp_tls& t, const esp_tls_cfg_server_t& cfg, int sockfd) {
  t.socket.fd = sockfd;
  if (cfg.use_ecdsa_peripheral || cfg.use_secure_element) return fail(t, ESP_ERR_ESP_TLS_SE_FAILED) == 0;
  if (cfg.servercert_buf == nullptr ||
      !load_identity(t, {cfg.servercert_buf, cfg.servercert_bytes}, {cfg.serverkey_buf, cfg.serverkey_bytes},
                     cfg.serverkey_password, cfg.serverkey_password_len)) {
    return fail(t, ESP_ERR_MBEDTLS_PK_PARSE_KEY_FAILED) == 0;
  }
  const bool asks = cfg.cacert_buf != nullptr;
  if (asks && t.trust.add({cfg.cacert_buf, cfg.cacert_bytes}) == 0) {
    return fail(t, ESP_ERR_MBEDTLS_X509_CRT_PARSE_FAILED) == 0;
  }
  take_protocols(t, cfg.alpn_protos);
  tls::Options options{
      .role = tls::Role::server,
      .client_certificate = asks ? tls::ClientCertificate::required : tls::ClientCertificate::not_asked,
      .trust = asks ? &t.trust : nullptr,
      .identity = &t.identity,
      .protocols = t.protocols,
      .tickets = cfg.ticket_ctx != nullptr ? &cfg.ticket_ctx->tickets : nullptr};
  if (cfg.cert_select_cb != nullptr) {
    t.named = cfg.cert_select_cb;
    options.choose_context = &t;
    options.named = [](void* self, mbedtls_ssl_context& ssl, std::string_view) {
      return static_cast<::esp_tls*>(self)->named(&ssl);
    };
  }
  const Duration limit = Duration::milliseconds(usual_timeout_ms);
  t.state = ESP_TLS_HANDSHAKE;
  t.until = tls::attached_host()->port().now() + limit;
  t.stream = std::make_unique<tls::Stream>(*tls::attached_host(), sockfd, options,
                                           tls::Limits{.flight = limit, .read = limit, .write = limit});
  tls::library::set_user_data(t.stream->connection().library(), cfg.userdata);
  return true;
}

}  // namespace
}  // namespace linnet::esp_tls

namespace own = linnet::esp_tls;
namespace tls = linnet::tls;

extern "C" {

int esp_tls_server_session_create(esp_tls_cfg_server_t* cfg, int sockfd, esp_tls_t* t) {
  if (esp_tls_server_session_init(cfg, sockfd, t) != ESP_OK) return -1;
  return own::shake_hands(*t) == 1 ? 0 : -1;
}

esp_err_t esp_tls_server_session_init(esp_tls_cfg_server_t* cfg, int sockfd, esp_tls_t* t) {
  if (!own::takes_calls(t, cfg)) return ESP_ERR_INVALID_ARG;
  if (t->state != ESP_TLS_INIT) {
    own::fail(*t, ESP_ERR_INVALID_STATE);
    return ESP_ERR_INVALID_STATE;
  }
  return own::prepare_server(*t, *cfg, sockfd) ? ESP_OK : t->error.last_error;
}

int esp_tls_server_session_continue_async(esp_tls_t* t) {
  if (t == nullptr || t->stream == nullptr) return -1;
  if (t->state == ESP_TLS_DONE) return 0;
  tls::Step step = tls::Step::failed;
  const int result = own::shake_hands_some(*t, step);
  if (result != 0) return result == 1 ? 0 : -1;
  return step == tls::Step::want_write ? ESP_TLS_ERR_SSL_WANT_WRITE : ESP_TLS_ERR_SSL_WANT_READ;
}

void esp_tls_server_session_delete(esp_tls_t* t) { esp_tls_conn_destroy(t); }

esp_err_t esp_tls_cfg_server_session_tickets_init(esp_tls_cfg_server_t* cfg) {
  if (cfg == nullptr || cfg->ticket_ctx != nullptr || tls::attached_host() == nullptr)
    return ESP_ERR_INVALID_ARG;
  std::unique_ptr<esp_tls_server_session_ticket_ctx> made(
      new esp_tls_server_session_ticket_ctx{tls::Tickets(own::new_seed())});
  if (!made->tickets.ok()) return ESP_FAIL;
  cfg->ticket_ctx = made.release();
  return ESP_OK;
}
void esp_tls_cfg_server_session_tickets_free(esp_tls_cfg_server_t* cfg) {
  if (cfg == nullptr) return;
  delete cfg->ticket_ctx;
  cfg->ticket_ctx = nullptr;
}

}  // extern "C"
