// SPDX-License-Identifier: Apache-2.0
// Sessions: saved, set, and resumed only where that proves no more than it did. (mbedTLS looks at no
// certificate when it resumes.)
#include <utility>

#include "compat/openssl/setup.hpp"
#include "tls/clock.hpp"

namespace linnet::openssl {
namespace {

bool verifies(const SSL& s) { return (s.settings.verify_mode & SSL_VERIFY_PEER) != 0; }

/// A client whose certificate the program let pass gets no ticket: it would come back as one that is good.
int write_ticket(void* self, const mbedtls_ssl_session* session, unsigned char* start,
                 const unsigned char* end, std::size_t* length, std::uint32_t* lifetime) {
  SSL& s = *static_cast<SSL*>(self);
  if (s.verify_result != X509_V_OK) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  return mbedtls_ssl_ticket_write(&s.tickets->context(), session, start, end, length, lifetime);
}

int parse_ticket(void* self, mbedtls_ssl_session* session, unsigned char* bytes, std::size_t size) {
  SSL& s = *static_cast<SSL*>(self);
  const int result = mbedtls_ssl_ticket_parse(&s.tickets->context(), session, bytes, size);
  if (result != 0) return result;
  // The context's tickets live as long as the context says; this connection may want younger ones.
  const std::int64_t start = tls::library::start_of(*session);
  if (start != 0 && tls::clock_seconds() - start > s.settings.timeout)
    return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
  // A ticket of where nobody was asked, under the same keys, is no way around a certificate here.
  const bool demands = verifies(s) && (s.settings.verify_mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0;
  if (demands && !uses_shared_key(s) && !tls::library::has_accepted_peer(*session))
    return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
  s.resumed = true;
  return 0;
}

}  // namespace

/// Without a name to be checked, the one that is asked for is checked, which OpenSSL leaves to programs.
const std::string& checked_name(const SSL& s) { return s.param.host.empty() ? s.server_name : s.param.host; }

SSL_SESSION* session_to_offer(const SSL& s) {
  SSL_SESSION* session = s.session;
  if (session == nullptr || s.endpoint != MBEDTLS_SSL_IS_CLIENT) return nullptr;
  const SessionProof& proof = session->proof;
  if (proof.shared_key != uses_shared_key(s) || proof.host != checked_name(s)) return nullptr;
  const bool proven = proof.peer_checked && proof.verify_result == X509_V_OK;
  if (verifies(s) && !proof.shared_key && !proven) return nullptr;
  const std::int64_t age = tls::clock_seconds() - proof.time;
  return age >= 0 && age <= proof.timeout ? session : nullptr;
}

bool set_up_tickets(SSL& s) {
  const long timeout = s.ctx->settings.timeout;
  if ((s.settings.options & SSL_OP_NO_TICKET) != 0 || timeout <= 0 || s.settings.timeout <= 0) return true;
  if (s.ctx->tickets == nullptr) {
    Random::Seed seed{};
    seeded_random().fill(seed);
    s.ctx->tickets = std::make_shared<tls::Tickets>(seed, Duration::seconds(timeout));
  }
  s.tickets = s.ctx->tickets;
  if (!s.tickets->ok()) return false;
  mbedtls_ssl_conf_session_tickets_cb(&s.config, write_ticket, parse_ticket, &s);
  return true;
}

void note_resumption(SSL& s) {
  if (s.endpoint != MBEDTLS_SSL_IS_CLIENT || s.session == nullptr) return;
  s.resumed = tls::library::has_secret_of(s.ssl, s.session->session);
  if (!s.resumed) return;
  s.peer_checked = s.session->proof.peer_checked;
  s.verify_result = s.session->proof.verify_result;
}

}  // namespace linnet::openssl

namespace own = linnet::openssl;

extern "C" {

SSL_SESSION* SSL_SESSION_new(void) { return new ssl_session_st; }
void SSL_SESSION_free(SSL_SESSION* session) { delete session; }
SSL_SESSION* SSL_get1_session(SSL* ssl) {
  if (!ssl->established) return nullptr;
  SSL_SESSION* session = SSL_SESSION_new();
  if (mbedtls_ssl_get_session(&ssl->ssl, &session->session) != 0) {
    SSL_SESSION_free(session);
    return nullptr;
  }
  // One that was resumed is as old as the handshake that proved who the server is.
  const bool again = ssl->resumed && ssl->session != nullptr;
  const long proven = again ? ssl->session->proof.time : static_cast<long>(linnet::tls::clock_seconds());
  session->proof = {.peer_checked = ssl->peer_checked && ssl->endpoint == MBEDTLS_SSL_IS_CLIENT,
                    .verify_result = ssl->verify_result,
                    .host = own::checked_name(*ssl),
                    .shared_key = own::uses_shared_key(*ssl),
                    .time = ssl->time != 0 ? ssl->time : proven,
                    .timeout = ssl->settings.timeout};
  return session;
}
int SSL_set_session(SSL* ssl, SSL_SESSION* session) {
  if (session == nullptr || ssl->set_up) return 0;
  // By its bytes: a session cannot be copied otherwise.
  std::vector<unsigned char> bytes(16384);
  std::size_t size = 0;
  if (mbedtls_ssl_session_save(&session->session, bytes.data(), bytes.size(), &size) != 0) return 0;
  SSL_SESSION* copy = SSL_SESSION_new();
  const bool loaded = mbedtls_ssl_session_load(&copy->session, bytes.data(), size) == 0;
  linnet::tls::library::wipe(bytes);
  if (!loaded) {
    SSL_SESSION_free(copy);
    return 0;
  }
  copy->proof = session->proof;
  SSL_SESSION_free(std::exchange(ssl->session, copy));
  return 1;
}
int SSL_session_reused(const SSL* ssl) { return ssl->established && ssl->resumed ? 1 : 0; }

}  // extern "C"
