// SPDX-License-Identifier: Apache-2.0
// What an SSL does: handshake, bytes, end.
#include <mbedtls/net_sockets.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "compat/openssl/setup.hpp"

namespace own = linnet::openssl;

namespace {

constexpr int tries_of_nothing = 64;

/// What mbedTLS says, as OpenSSL says it: the result, and what SSL_get_error tells of it.
int result_of(SSL& s, int result) {
  s.want = SSL_NOTHING;
  switch (result) {
    case MBEDTLS_ERR_SSL_WANT_READ:
      s.want = SSL_READING;
      s.last_error = SSL_ERROR_WANT_READ;
      return -1;
    case MBEDTLS_ERR_SSL_WANT_WRITE:
      s.want = SSL_WRITING;
      s.last_error = SSL_ERROR_WANT_WRITE;
      return -1;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      s.shutdown |= SSL_RECEIVED_SHUTDOWN;
      s.last_error = SSL_ERROR_ZERO_RETURN;
      return 0;
    case MBEDTLS_ERR_SSL_CONN_EOF:  // no close_notify: not the clean end, which 0 with ZERO_RETURN would be
    case MBEDTLS_ERR_NET_CONN_RESET:
    case MBEDTLS_ERR_NET_SEND_FAILED:
    case MBEDTLS_ERR_NET_RECV_FAILED:
    case MBEDTLS_ERR_NET_INVALID_CONTEXT:
      // The transport's.
      own::push_error(ERR_LIB_SSL, result, __FILE__, __LINE__);
      s.last_error = SSL_ERROR_SYSCALL;
      return -1;
    default:
      own::push_error(ERR_LIB_SSL, result, __FILE__, __LINE__);
      s.last_error = SSL_ERROR_SSL;
      return -1;
  }
}

void tell(const SSL& s, int type, int value) {
  if (s.info != nullptr) s.info(&s, type, value);
}

int bad_use(SSL& s) {
  own::push_error(ERR_LIB_SSL, MBEDTLS_ERR_SSL_BAD_INPUT_DATA, __FILE__, __LINE__);
  s.last_error = SSL_ERROR_SSL;
  return -1;
}

int no_version(SSL& s) {
  ERR_put_error(ERR_LIB_SSL, 0, SSL_R_NO_PROTOCOLS_AVAILABLE, __FILE__, __LINE__);
  s.last_error = SSL_ERROR_SSL;
  return -1;
}

/// The program's word on which certificate to show, now that the server has asked. Above 0: the handshake
/// goes on.
int choose_client_certificate(SSL& s) {
  X509* x509 = nullptr;
  EVP_PKEY* key = nullptr;
  const int answer = s.settings.client_certificate(&s, &x509, &key);
  if (answer < 0) {
    s.want = SSL_X509_LOOKUP;
    s.last_error = SSL_ERROR_WANT_X509_LOOKUP;
    return -1;
  }
  s.client_certificate_asked = true;
  bool good = answer == 0;
  if (answer > 0 && x509 != nullptr && key != nullptr) {
    good = SSL_use_certificate(&s, x509) == 1 && SSL_use_PrivateKey(&s, key) == 1 &&
           mbedtls_ssl_conf_own_cert(&s.config, &s.settings.certificate->chain, &s.settings.key->key) == 0;
  }
  X509_free(x509);
  EVP_PKEY_free(key);
  return good ? 1 : bad_use(s);
}

/// mbedTLS's steps, with the program's between them where it has one. Above 0: done; 0: `result` is
/// mbedTLS's.
int steps(SSL& s, int& result) {
  result = 0;
  if (s.settings.client_certificate == nullptr || s.settings.certificate != nullptr) {
    result = mbedtls_ssl_handshake(&s.ssl);
    return result == 0 ? 1 : 0;
  }
  while (!linnet::tls::library::is_handshake_over(s.ssl)) {
    if (!s.client_certificate_asked && linnet::tls::library::is_at_client_certificate(s.ssl)) {
      if (const int answer = choose_client_certificate(s); answer <= 0) return answer;
    }
    if ((result = mbedtls_ssl_handshake_step(&s.ssl)) != 0) return 0;
  }
  return 1;
}

int handshake(SSL& s) {
  if (s.established) return 1;
  const bool first = !s.set_up;
  if (!own::has_version(s)) return no_version(s);
  if (!own::set_up(s)) return bad_use(s);
  const int state = s.endpoint == MBEDTLS_SSL_IS_CLIENT ? SSL_ST_CONNECT : SSL_ST_ACCEPT;
  if (first) tell(s, SSL_CB_HANDSHAKE_START, 1);
  int result = 0;
  const int done = steps(s, result);
  if (done <= 0) {
    const int told = done < 0 ? done : result_of(s, result);
    tell(s, state | SSL_CB_EXIT, told);
    return told;
  }
  s.established = true;
  own::note_resumption(s);
  s.want = SSL_NOTHING;
  s.last_error = SSL_ERROR_NONE;
  tell(s, SSL_CB_HANDSHAKE_DONE, 1);
  tell(s, state | SSL_CB_EXIT, 1);
  return 1;
}

int begin(SSL* ssl, int endpoint) {
  if (ssl->endpoint != endpoint && ssl->set_up) return bad_use(*ssl);
  const int allowed = ssl->settings.method->endpoint;
  if (allowed >= 0 && allowed != endpoint) return bad_use(*ssl);
  ssl->endpoint = endpoint;
  return handshake(*ssl);
}

int take_peeked(SSL& s, void* buffer, std::size_t size, bool keep) {
  const std::size_t count = std::min(size, s.peeked.size());
  std::memcpy(buffer, s.peeked.data(), count);
  if (!keep) s.peeked.erase(0, count);
  s.last_error = SSL_ERROR_NONE;
  return static_cast<int>(count);
}

int read(SSL& s, unsigned char* buffer, std::size_t size) {
  if (const int done = handshake(s); done != 1) return done;
  if ((s.shutdown & SSL_RECEIVED_SHUTDOWN) != 0) return result_of(s, MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
  for (int i = 0; i < tries_of_nothing; ++i) {
    const int result = mbedtls_ssl_read(&s.ssl, buffer, size);
    if (result < 0) return result_of(s, result);
    if (result > 0) {
      s.want = SSL_NOTHING;
      s.last_error = SSL_ERROR_NONE;
      return result;
    }
    if (s.transport_ended) break;  // else it was an empty record
  }
  return result_of(s, MBEDTLS_ERR_SSL_CONN_EOF);
}

}  // namespace

extern "C" {

int SSL_connect(SSL* ssl) { return begin(ssl, MBEDTLS_SSL_IS_CLIENT); }
int SSL_accept(SSL* ssl) { return begin(ssl, MBEDTLS_SSL_IS_SERVER); }
int SSL_do_handshake(SSL* ssl) { return handshake(*ssl); }
void SSL_set_connect_state(SSL* ssl) { ssl->endpoint = MBEDTLS_SSL_IS_CLIENT; }
void SSL_set_accept_state(SSL* ssl) { ssl->endpoint = MBEDTLS_SSL_IS_SERVER; }

int SSL_read(SSL* ssl, void* buffer, int length) {
  if (length <= 0) return bad_use(*ssl);
  const auto size = static_cast<std::size_t>(length);
  if (!ssl->peeked.empty()) return take_peeked(*ssl, buffer, size, false);
  return read(*ssl, static_cast<unsigned char*>(buffer), size);
}

int SSL_peek(SSL* ssl, void* buffer, int length) {
  if (length <= 0) return bad_use(*ssl);
  const auto size = static_cast<std::size_t>(length);
  if (ssl->peeked.empty()) {
    std::string piece(size, '\0');
    const int got = read(*ssl, reinterpret_cast<unsigned char*>(piece.data()), size);
    if (got <= 0) return got;
    piece.resize(static_cast<std::size_t>(got));
    ssl->peeked = std::move(piece);
  }
  return take_peeked(*ssl, buffer, size, true);
}

/// All of it, record by record, unless SSL_MODE_ENABLE_PARTIAL_WRITE is set or the transport takes no more.
int SSL_write(SSL* ssl, const void* buffer, int length) {
  if (length <= 0) return bad_use(*ssl);
  if (const int done = handshake(*ssl); done != 1) return done;
  if ((ssl->shutdown & SSL_SENT_SHUTDOWN) != 0) return bad_use(*ssl);
  const auto size = static_cast<std::size_t>(length);
  // With fewer bytes than are on their way mbedTLS would tell the wrong count; OpenSSL: a bad write retry.
  if (size < ssl->waiting_write) return bad_use(*ssl);
  ssl->waiting_write = size;
  const auto* bytes = static_cast<const unsigned char*>(buffer);
  const bool partial = (ssl->settings.mode & SSL_MODE_ENABLE_PARTIAL_WRITE) != 0;
  while (ssl->half_written < size) {
    const int result = mbedtls_ssl_write(&ssl->ssl, bytes + ssl->half_written, size - ssl->half_written);
    if (result < 0) return result_of(*ssl, result);  // the same call again goes on where this one stopped
    ssl->half_written += static_cast<std::size_t>(result);
    if (partial) break;
  }
  ssl->want = SSL_NOTHING;
  ssl->last_error = SSL_ERROR_NONE;
  ssl->waiting_write = 0;
  return static_cast<int>(std::exchange(ssl->half_written, 0));
}

int SSL_pending(const SSL* ssl) {
  return static_cast<int>(ssl->peeked.size() + (ssl->set_up ? mbedtls_ssl_get_bytes_avail(&ssl->ssl) : 0));
}
int SSL_has_pending(const SSL* ssl) {
  return SSL_pending(ssl) > 0 || (ssl->set_up && mbedtls_ssl_check_pending(&ssl->ssl) != 0) ? 1 : 0;
}
int SSL_renegotiate(SSL*) { return 0; }
long SSL_total_renegotiations(SSL*) { return 0; }

int SSL_shutdown(SSL* ssl) {
  if (!ssl->established) return bad_use(*ssl);
  if (ssl->settings.quiet_shutdown) {
    ssl->shutdown = SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN;
    return 1;
  }
  if ((ssl->shutdown & SSL_SENT_SHUTDOWN) == 0) {
    const int result = mbedtls_ssl_close_notify(&ssl->ssl);
    if (result != 0) return result_of(*ssl, result);
    ssl->shutdown |= SSL_SENT_SHUTDOWN;
    return (ssl->shutdown & SSL_RECEIVED_SHUTDOWN) != 0 ? 1 : 0;
  }
  std::array<unsigned char, 256> rest{};
  while ((ssl->shutdown & SSL_RECEIVED_SHUTDOWN) == 0) {
    const int got = read(*ssl, rest.data(), rest.size());
    if (got < 0) return -1;
  }
  return 1;
}

int SSL_get_error(const SSL* ssl, int result) { return result > 0 ? SSL_ERROR_NONE : ssl->last_error; }
OSSL_HANDSHAKE_STATE SSL_get_state(const SSL* ssl) {
  return ssl->established ? TLS_ST_OK : ssl->set_up ? TLS_ST_HANDSHAKE : TLS_ST_BEFORE;
}
int SSL_is_init_finished(const SSL* ssl) { return ssl->established ? 1 : 0; }
int SSL_want(const SSL* ssl) { return ssl->want; }
int SSL_want_nothing(const SSL* ssl) { return ssl->want == SSL_NOTHING ? 1 : 0; }
int SSL_want_read(const SSL* ssl) { return ssl->want == SSL_READING ? 1 : 0; }
int SSL_want_write(const SSL* ssl) { return ssl->want == SSL_WRITING ? 1 : 0; }
int SSL_want_x509_lookup(const SSL* ssl) { return ssl->want == SSL_X509_LOOKUP ? 1 : 0; }

}  // extern "C"
