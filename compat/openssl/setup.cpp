// SPDX-License-Identifier: Apache-2.0
// From what was set on a connection to mbedTLS's configuration, when the handshake begins.
#include "compat/openssl/setup.hpp"

#include <mbedtls/net_sockets.h>

#include <algorithm>
#include <array>

#include "tls/attach.hpp"
#include "tls/calendar.hpp"
#include "tls/credentials.hpp"
#include "tls/options.hpp"

namespace linnet::openssl {
namespace {

/// The store of the connection, or that of its context.
mbedtls_x509_crt* trusted(SSL& s) {
  mbedtls_x509_crt& chain = s.own_store ? s.store.trusted.chain : s.ctx->store->trusted.chain;
  return chain.raw.p != nullptr ? &chain : nullptr;
}

int authentication(const SSL& s) {
  const int mode = s.settings.verify_mode;
  // OpenSSL's client checks and goes on when asked not to care, so that SSL_get_verify_result can tell.
  if ((mode & SSL_VERIFY_PEER) == 0) {
    return s.endpoint == MBEDTLS_SSL_IS_CLIENT ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_NONE;
  }
  const bool required = s.endpoint == MBEDTLS_SSL_IS_CLIENT || (mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0;
  return required ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_OPTIONAL;
}

/// Each certificate, from the authority's down: depth, and the program's own opinion.
int check_certificate(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags) {
  SSL& s = *static_cast<SSL*>(self);
  // By the clock of the host that is attached; mbedTLS has asked the C library's, which a device may never
  // set.
  if (sockets::Host* host = tls::attached_host())
    *flags =
        (*flags & ~tls::date_flags) | tls::date_problem(*certificate, host->port().wall_clock().as_seconds());
  // Neither the peer's certificate nor the trusted one counts, which is the first that we hear of.
  const bool trusted = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
  const bool too_long = depth - (trusted ? 1 : 0) > s.settings.verify_depth;
  if (too_long) *flags |= MBEDTLS_X509_BADCERT_OTHER;
  long error = too_long ? X509_V_ERR_CERT_CHAIN_TOO_LONG : verify_error_of(*flags, certificate);
  if (s.settings.verify_callback != nullptr) {
    x509_st current;
    append_certificate(current, *certificate);
    X509_STORE_CTX context{static_cast<int>(error), depth, &current, &s};
    if (s.settings.verify_callback(error == X509_V_OK ? 1 : 0, &context) != 0) {
      *flags = 0;
    } else if (*flags == 0) {
      *flags = MBEDTLS_X509_BADCERT_OTHER;
      if (error == X509_V_OK) error = X509_V_ERR_UNSPECIFIED;
    }
  }
  s.peer_checked = true;
  if (s.verify_result == X509_V_OK) s.verify_result = error;
  return 0;
}

int send(void* self, const unsigned char* bytes, std::size_t size) {
  SSL& s = *static_cast<SSL*>(self);
  if (s.write_bio == nullptr) {
    mbedtls_net_context socket{s.write_fd};
    return mbedtls_net_send(&socket, bytes, size);
  }
  const int sent = BIO_write(s.write_bio, bytes, static_cast<int>(std::min<std::size_t>(size, 1u << 20)));
  if (sent > 0) return sent;
  return BIO_should_retry(s.write_bio) != 0 ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_NET_SEND_FAILED;
}

int receive_from_transport(SSL& s, unsigned char* to, std::size_t size) {
  if (s.read_bio == nullptr) {
    mbedtls_net_context socket{s.read_fd};
    const int got = mbedtls_net_recv(&socket, to, size);
    s.transport_ended = s.transport_ended || got == 0;
    return got;
  }
  const int got = BIO_read(s.read_bio, to, static_cast<int>(std::min<std::size_t>(size, 1u << 20)));
  if (got > 0) return got;
  if (BIO_should_retry(s.read_bio) != 0) return MBEDTLS_ERR_SSL_WANT_READ;
  s.transport_ended = true;
  return 0;
}

bool asks_program(const SSL& s) {
  return s.endpoint == MBEDTLS_SSL_IS_SERVER && s.ctx->alpn.select != nullptr;
}

int receive(void* self, unsigned char* to, std::size_t size) {
  SSL& s = *static_cast<SSL*>(self);
  if (!asks_program(s)) return receive_from_transport(s, to, size);
  // The whole ClientHello first, since mbedTLS answers it as soon as it has it.
  while (!s.hello.done()) {
    std::array<unsigned char, 1024> piece{};
    const int got = receive_from_transport(s, piece.data(), std::min(piece.size(), s.hello.wanted()));
    if (got < 0) return got;
    if (got == 0) s.hello.give_up();
    s.hello.push({piece.data(), static_cast<std::size_t>(got)});
    if (s.hello.done()) choose_protocol(s);
  }
  const std::size_t replayed = s.hello.replay({to, size});
  return replayed > 0 ? static_cast<int>(replayed) : receive_from_transport(s, to, size);
}

struct Versions {
  int least;
  int most;
};
/// What is left of the settings' versions by SSL_OP_NO_... and by mbedTLS (3.6 has none below TLS 1.2);
/// nothing if `least` is above `most`.
Versions versions_of(const Settings& settings) {
  const auto is_off = [&settings](int version) {
    switch (version) {
      case TLS1_VERSION:
        return (settings.options & SSL_OP_NO_TLSv1) != 0;
      case TLS1_1_VERSION:
        return (settings.options & SSL_OP_NO_TLSv1_1) != 0;
      default:
        return (settings.options & SSL_OP_NO_TLSv1_2) != 0;
    }
  };
  Versions left{std::max(settings.least, tls::library::oldest_version), settings.most};
  while (left.most >= left.least && is_off(left.most)) --left.most;
  while (left.most >= left.least && is_off(left.least)) ++left.least;
  return left;
}

bool configure(SSL& s) {
  if (mbedtls_ssl_config_defaults(&s.config, s.endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                  MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return false;
  }
  tls::library::restrict_protocol(s.config);
  const Versions versions = versions_of(s.settings);
  tls::library::set_versions(s.config, versions.least, versions.most);
  if (s.settings.suites.empty()) {
    // An older version, asked for by name, has none of the strong ones.
    if (versions.most >= TLS1_2_VERSION) mbedtls_ssl_conf_ciphersuites(&s.config, tls::strong_suites);
  } else {
    mbedtls_ssl_conf_ciphersuites(&s.config, s.settings.suites.data());
  }
  mbedtls_ssl_conf_renegotiation(&s.config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
  mbedtls_ssl_conf_rng(&s.config, tls::random_bytes, &s.random);
  mbedtls_ssl_conf_authmode(&s.config, authentication(s));
  mbedtls_ssl_conf_verify(&s.config, check_certificate, &s);
  mbedtls_ssl_conf_ca_chain(&s.config, trusted(s), nullptr);
  if (s.endpoint == MBEDTLS_SSL_IS_CLIENT) {
    const bool off = (s.settings.options & SSL_OP_NO_TICKET) != 0;
    mbedtls_ssl_conf_session_tickets(
        &s.config, off ? MBEDTLS_SSL_SESSION_TICKETS_DISABLED : MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
  } else if (!set_up_tickets(s)) {
    return false;
  }
  for (const std::string& name : s.settings.protocols) s.protocols.push_back(name.c_str());
  if (!s.protocols.empty() && !asks_program(s)) {
    s.protocols.push_back(nullptr);
    if (mbedtls_ssl_conf_alpn_protocols(&s.config, s.protocols.data()) != 0) return false;
  }
  if (s.settings.client_authorities != nullptr && s.settings.client_authorities->list.items.empty())
    mbedtls_ssl_conf_cert_req_ca_list(&s.config, MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
  if (uses_shared_key(s)) return set_up_shared_key(s);
  if (s.settings.certificate == nullptr || s.settings.key == nullptr)
    return s.endpoint == MBEDTLS_SSL_IS_CLIENT;
  return mbedtls_ssl_conf_own_cert(&s.config, &s.settings.certificate->chain, &s.settings.key->key) == 0;
}

}  // namespace

bool has_version(const SSL& s) {
  const Versions versions = versions_of(s.settings);
  return versions.least <= versions.most;
}

bool set_up(SSL& s) {
  if (s.set_up) return true;
  if (s.endpoint < 0) return false;
  if (!configure(s) || mbedtls_ssl_setup(&s.ssl, &s.config) != 0) return false;
  const std::string& name = checked_name(s);
  if (s.endpoint == MBEDTLS_SSL_IS_CLIENT &&
      mbedtls_ssl_set_hostname(&s.ssl, name.empty() ? nullptr : name.c_str()) != 0) {
    return false;
  }
  SSL_SESSION* known = session_to_offer(s);
  if (known != nullptr && mbedtls_ssl_set_session(&s.ssl, &known->session) != 0) return false;
  mbedtls_ssl_set_bio(&s.ssl, &s, send, receive, nullptr);
  s.set_up = true;
  return true;
}

void tear_down(SSL& s) {
  mbedtls_ssl_free(&s.ssl);
  mbedtls_ssl_config_free(&s.config);
  mbedtls_ssl_init(&s.ssl);
  mbedtls_ssl_config_init(&s.config);
  s.protocols.clear();
  s.hello = {};
  s.selected.clear();
  s.set_up = s.established = s.transport_ended = false;
  s.shutdown = 0;
  s.want = SSL_NOTHING;
  s.last_error = SSL_ERROR_NONE;
  s.verify_result = X509_V_OK;
  s.peer_checked = s.resumed = false;
  s.tickets.reset();
  s.peeked.clear();
  s.peer_chain.clear();
  s.peer_chain_list.items.clear();
  s.key_identity.clear();
  s.client_certificate_asked = false;
  s.half_written = s.waiting_write = 0;
}

}  // namespace linnet::openssl
