// SPDX-License-Identifier: Apache-2.0
#include "tls/connection.hpp"

#include <algorithm>

#include "tls/clock.hpp"
#include "tls/words.hpp"

namespace linnet::tls {
namespace {

constexpr int tries_of_nothing = 64;  // reads that yield neither bytes nor an end

Random::Seed seed_from(sockets::Port& port) {
  Random::Seed seed{};
  port.fill_entropy(seed);
  return seed;
}

/// A source of entropy that gives nothing, or the same byte for ever, has failed (SP 800-90B 4.4.1): keys
/// made from it are known to everybody.
bool is_stuck(const Random::Seed& seed) {
  return std::ranges::all_of(seed, [&seed](std::uint8_t byte) { return byte == seed[0]; });
}

unsigned char fragment_code(std::uint16_t bytes) {
  switch (bytes) {
    case 512:
      return MBEDTLS_SSL_MAX_FRAG_LEN_512;
    case 1024:
      return MBEDTLS_SSL_MAX_FRAG_LEN_1024;
    case 2048:
      return MBEDTLS_SSL_MAX_FRAG_LEN_2048;
    case 4096:
      return MBEDTLS_SSL_MAX_FRAG_LEN_4096;
    default:
      return MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
  }
}

/// A host as certificates and server_name have it: without the dot of the root (RFC 6066 3), and an address
/// without its zone, which is of this machine.
std::string_view bare(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return host.substr(0, host.find('%'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

}  // namespace

Connection::Connection(sockets::Port& port, const Options& options, const Transport& transport)
    : Connection(port, options, transport, seed_from(port)) {}

Connection::Connection(sockets::Port& port, const Options& options, const Transport& transport,
                       const Random::Seed& seed)
    : port_(&port), options_(options), transport_(transport), random_(seed) {
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
  if (is_stuck(seed)) {
    fail(Error::setup, "this machine's source of entropy has failed: there are no secret keys without it");
    return;
  }
  if (check_options() == Step::failed) return;
  if (!set_up()) fail(Error::setup, "there is no memory for a TLS connection");
}

Connection::~Connection() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
}

Step Connection::check_options() {
  const Options& o = options_;
  const bool client = o.role == Role::client;
  if (o.host_name.size() > 255) return fail(Error::setup, "the host name is too long");
  if (o.protocols.size() > Options::most_protocols)
    return fail(Error::setup, "too many application protocols");
  if (o.shared_key != nullptr) {
    const SharedKey& k = *o.shared_key;
    const bool good = !k.key.empty() && k.key.size() <= SharedKey::most_bytes && !k.identity.empty() &&
                      k.identity.size() <= 255;
    return good ? Step::done : fail(Error::setup, "a shared key has 1 to 32 bytes, and a name");
  }
  if (client && o.verify == Verify::full && bare(o.host_name).empty()) {
    return fail(Error::setup, "there is no host name that the certificate could be checked for");
  }
  const bool wants_trust =
      client ? o.verify == Verify::full : o.client_certificate != ClientCertificate::not_asked;
  if (wants_trust && (o.trust == nullptr || o.trust->count() == 0)) {
    return fail(Error::setup, "there is no authority whose certificates would be accepted");
  }
  if (!client && (o.identity == nullptr || !o.identity->loaded())) {
    return fail(Error::setup, "a server needs a certificate");
  }
  return Step::done;
}

bool Connection::set_up() {
  const bool client = options_.role == Role::client;
  if (!library::begin()) return false;
  if (mbedtls_ssl_config_defaults(
          &config_, client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
          options_.datagram ? MBEDTLS_SSL_TRANSPORT_DATAGRAM : MBEDTLS_SSL_TRANSPORT_STREAM,
          MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return false;
  }
  const bool newest = options_.version == Version::newest && !options_.datagram;
  library::restrict_protocol(config_, newest && options_.shared_key == nullptr);
  mbedtls_ssl_conf_ciphersuites(&config_, options_.suites);
  mbedtls_ssl_conf_cert_profile(&config_, &mbedtls_x509_crt_profile_next);
  mbedtls_ssl_conf_renegotiation(&config_, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
  mbedtls_ssl_conf_legacy_renegotiation(&config_, MBEDTLS_SSL_LEGACY_NO_RENEGOTIATION);
  mbedtls_ssl_conf_rng(&config_, random_bytes, &random_);
  mbedtls_ssl_conf_verify(&config_, check_certificate, this);
  if (options_.shared_key != nullptr) {
    if (!set_up_shared_key()) return false;
  } else {
    if (options_.trust != nullptr) mbedtls_ssl_conf_ca_chain(&config_, options_.trust->chain(), nullptr);
    if (options_.identity != nullptr && options_.identity->loaded() &&
        mbedtls_ssl_conf_own_cert(&config_, options_.identity->chain(), options_.identity->key()) != 0) {
      return false;
    }
  }
  if (!options_.protocols.empty()) {
    std::copy(options_.protocols.begin(), options_.protocols.end(), protocols_.begin());
    if (mbedtls_ssl_conf_alpn_protocols(&config_, protocols_.data()) != 0) return false;
  }
  if (!set_up_role() || mbedtls_ssl_setup(&ssl_, &config_) != 0) return false;
  mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
  if (options_.datagram && !set_up_datagrams()) return false;
  if (!client) return true;
  // RFC 6066 3: an address is no server name. Its certificate is checked by check_host.
  const std::string name(bare(options_.host_name));
  host_address_ = IpAddress::parse(name);
  const bool named = !host_address_ && !name.empty();
  return mbedtls_ssl_set_hostname(&ssl_, named ? name.c_str() : nullptr) == 0 && load_session();
}

bool Connection::set_up_role() {
  if (options_.role == Role::client) {
    // Optional: the check is made, and its result told, in any case.
    mbedtls_ssl_conf_authmode(&config_, options_.verify != Verify::none ? MBEDTLS_SSL_VERIFY_REQUIRED
                                                                        : MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    library::hear_of_tickets(config_);
    return mbedtls_ssl_conf_max_frag_len(&config_, fragment_code(options_.maximum_fragment)) == 0;
  }
  int mode = MBEDTLS_SSL_VERIFY_NONE;
  if (options_.client_certificate == ClientCertificate::optional) mode = MBEDTLS_SSL_VERIFY_OPTIONAL;
  if (options_.client_certificate == ClientCertificate::required) mode = MBEDTLS_SSL_VERIFY_REQUIRED;
  mbedtls_ssl_conf_authmode(&config_, mode);
  if (options_.choose != nullptr || options_.named != nullptr)
    mbedtls_ssl_conf_sni(&config_, choose_identity, this);
  if (options_.tickets != nullptr && options_.tickets->ok()) {
    mbedtls_ssl_conf_session_tickets_cb(&config_, write_ticket, parse_ticket, this);
  }
  return true;
}

/// No certificate is believed then: those who know the key prove it by the Finished messages.
bool Connection::set_up_shared_key() {
  const SharedKey& shared = *options_.shared_key;
  if (options_.suites == strong_suites) mbedtls_ssl_conf_ciphersuites(&config_, shared_key_suites);
#if defined(MBEDTLS_DHM_C) && defined(MBEDTLS_SSL_CLI_C)
  mbedtls_ssl_conf_dhm_min_bitlen(&config_, 2048);  // RFC 9325 4.2.1: no smaller group from a server
#endif
  const auto* name = reinterpret_cast<const unsigned char*>(shared.identity.data());
  return mbedtls_ssl_conf_psk(&config_, shared.key.data(), shared.key.size(), name, shared.identity.size()) ==
         0;
}

bool Connection::set_up_datagrams() {
  mbedtls_ssl_set_timer_cb(&ssl_, this, set_timer, timer);
  mbedtls_ssl_set_mtu(&ssl_, options_.datagram_size);
  if (options_.role == Role::client) return true;
  if (options_.cookies == nullptr) {
    mbedtls_ssl_conf_dtls_cookies(&config_, nullptr, nullptr, nullptr);
    return true;
  }
  mbedtls_ssl_conf_dtls_cookies(&config_, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check,
                                &options_.cookies->context());
  return mbedtls_ssl_set_client_transport_id(&ssl_, options_.client_id.data(), options_.client_id.size()) ==
         0;
}

// --- steps

Step Connection::handshake() {
  if (error_ != Error::none) return Step::failed;
  if (established_) return Step::done;
  const ClockOf clock(*port_, &random_);
  const int result = mbedtls_ssl_handshake(&ssl_);
  if (result == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
    // The cookie is out; whoever brings it back is met by a connection that knows nothing of this.
    if (mbedtls_ssl_session_reset(&ssl_) != 0 ||
        mbedtls_ssl_set_client_transport_id(&ssl_, options_.client_id.data(), options_.client_id.size()) !=
            0) {
      return fail(Error::setup, error_words(MBEDTLS_ERR_SSL_ALLOC_FAILED));
    }
    return Step::want_read;
  }
  if (result != 0) return step_of(result);
  established_ = true;
  tell_other_problems();
  // With a shared key there is never a certificate, and mbedTLS does not tell what was resumed.
  if (options_.role == Role::client) resumed_ = !certificate_checked_ && options_.shared_key == nullptr;
  return Step::done;
}

Step Connection::read(MutableBytes to, std::size_t& count) {
  count = 0;
  if (const Step step = handshake(); step != Step::done) return step;
  if (closed_) return Step::closed;
  if (to.empty()) return Step::done;
  const ClockOf clock(*port_, &random_);
  for (int i = 0; i < tries_of_nothing; ++i) {
    const int result = mbedtls_ssl_read(&ssl_, to.data(), to.size());
    if (result > 0) {
      count = static_cast<std::size_t>(result);
      return Step::done;
    }
    if (library::is_ticket(result)) continue;
    if (result != 0) return step_of(result);
    // 0 is the end of the transport, but an empty record, too (C27-02).
    if (transport_ended_) return step_of(MBEDTLS_ERR_SSL_CONN_EOF);
  }
  return fail(Error::protocol, "the other side sends nothing but empty records");
}

Step Connection::write(Bytes bytes, std::size_t& count) {
  count = 0;
  if (const Step step = handshake(); step != Step::done) return step;
  if (close_sent_) return fail(Error::setup, "nothing can be sent after close");
  if (bytes.empty()) return Step::done;
  std::size_t size = half_written_;
  if (size == 0) {
    const int most = mbedtls_ssl_get_max_out_record_payload(&ssl_);
    if (most <= 0) return step_of(most);
    size = std::min(bytes.size(), static_cast<std::size_t>(most));
  }
  if (bytes.size() < size) return fail(Error::setup, "other bytes than before");
  const int result = mbedtls_ssl_write(&ssl_, bytes.data(), size);
  half_written_ = result == MBEDTLS_ERR_SSL_WANT_WRITE ? size : 0;
  if (result < 0) return step_of(result);
  count = static_cast<std::size_t>(result);
  return Step::done;
}

Step Connection::close() {
  if (error_ != Error::none) return Step::failed;
  if (!established_ || close_sent_) return Step::done;
  const int result = mbedtls_ssl_close_notify(&ssl_);
  if (result != 0) return step_of(result);
  close_sent_ = true;
  return Step::done;
}

Step Connection::step_of(int result) {
  library_error_ = result;
  switch (result) {
    case MBEDTLS_ERR_SSL_WANT_READ:
      return Step::want_read;
    case MBEDTLS_ERR_SSL_WANT_WRITE:
      return Step::want_write;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      closed_ = true;
      if (!established_)
        return fail(Error::refused, "the other side closed the connection during the handshake");
      return Step::closed;
    case MBEDTLS_ERR_SSL_CONN_EOF:
      return fail(Error::truncated,
                  established_
                      ? "the connection ended without the word that it was complete: something may be missing"
                      : "the connection ended during the handshake");
    case MBEDTLS_ERR_SSL_TIMEOUT:
      return fail(Error::timed_out, error_words(result));
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return fail(Error::refused, alert_words(library::alert_description(ssl_)));
    default:
      break;
  }
  if (transport_failed_) return fail(Error::transport, "the connection broke");
  if (library::is_certificate_error(result)) {
    tell_other_problems();
    return fail(Error::certificate,
                certificate_words_.empty() ? "the certificate is made for another use" : certificate_words_);
  }
  if (result == MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE) {
    return fail(Error::certificate, "the client showed no certificate");
  }
  return fail(Error::protocol, error_words(result));
}

Step Connection::fail(Error error, std::string words) {
  if (error_ == Error::none) {
    error_ = error;
    words_ = std::move(words);
  }
  return Step::failed;
}

// --- what mbedTLS calls

int Connection::send(void* self, const unsigned char* bytes, std::size_t size) {
  auto& connection = *static_cast<Connection*>(self);
  const std::ptrdiff_t sent = connection.transport_.send(connection.transport_.context, {bytes, size});
  // mbedTLS takes 0 for "all is out" (C27-02).
  if (sent == 0 || sent == Transport::would_block) return MBEDTLS_ERR_SSL_WANT_WRITE;
  if (sent > 0 && static_cast<std::size_t>(sent) <= size) {
    connection.bytes_sent_ += static_cast<std::size_t>(sent);
    return static_cast<int>(sent);
  }
  connection.transport_failed_ = true;
  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

int Connection::receive(void* self, unsigned char* to, std::size_t size) {
  auto& connection = *static_cast<Connection*>(self);
  const std::ptrdiff_t got = connection.transport_.receive(connection.transport_.context, {to, size});
  if (got == Transport::would_block) return MBEDTLS_ERR_SSL_WANT_READ;
  if (got == 0 && connection.options_.datagram) return MBEDTLS_ERR_SSL_WANT_READ;
  if (got == 0) connection.transport_ended_ = true;
  if (got >= 0 && static_cast<std::size_t>(got) <= size) return static_cast<int>(got);
  connection.transport_failed_ = true;
  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

void Connection::set_timer(void* self, std::uint32_t intermediate_ms, std::uint32_t final_ms) {
  auto& connection = *static_cast<Connection*>(self);
  const Instant now = connection.port_->now();
  connection.intermediate_ = final_ms == 0 ? Instant::never() : now + Duration::milliseconds(intermediate_ms);
  connection.final_ = final_ms == 0 ? Instant::never() : now + Duration::milliseconds(final_ms);
}

int Connection::timer(void* self) {
  const auto& connection = *static_cast<const Connection*>(self);
  if (connection.final_.is_never()) return -1;
  const Instant now = connection.port_->now();
  if (now >= connection.final_) return 2;
  return now >= connection.intermediate_ ? 1 : 0;
}

int Connection::choose_identity(void* self, mbedtls_ssl_context* ssl, const unsigned char* name,
                                std::size_t size) {
  const Options& options = static_cast<const Connection*>(self)->options_;
  const std::string_view asked(reinterpret_cast<const char*>(name), size);
  if (options.named != nullptr) return options.named(options.choose_context, *ssl, asked);
  const Identity* chosen = options.choose(options.choose_context, asked);
  // RFC 6066 3 lets a server go on with what it has; the client sees that the name is not its.
  if (chosen == nullptr || !chosen->loaded()) return 0;
  return mbedtls_ssl_set_hs_own_cert(ssl, chosen->chain(), chosen->key());
}

int Connection::write_ticket(void* self, const mbedtls_ssl_session* session, unsigned char* start,
                             const unsigned char* end, std::size_t* length, std::uint32_t* lifetime) {
  Tickets& tickets = *static_cast<Connection*>(self)->options_.tickets;
  return mbedtls_ssl_ticket_write(&tickets.context(), session, start, end, length, lifetime);
}

int Connection::parse_ticket(void* self, mbedtls_ssl_session* session, unsigned char* bytes,
                             std::size_t size) {
  auto& connection = *static_cast<Connection*>(self);
  const int result = mbedtls_ssl_ticket_parse(&connection.options_.tickets->context(), session, bytes, size);
  // A ticket of where nobody was asked, under the same keys, is no way around a certificate here.
  if (result == 0 && connection.options_.client_certificate == ClientCertificate::required &&
      !library::has_accepted_peer(*session)) {
    return MBEDTLS_ERR_SSL_SESSION_TICKET_EXPIRED;
  }
  if (result == 0) connection.resumed_ = true;
  return result;
}

// --- what the handshake came to

std::string_view Connection::suite() const {
  const char* name = mbedtls_ssl_get_ciphersuite(&ssl_);
  return name != nullptr ? name : std::string_view{};
}

std::string_view Connection::alpn() const {
  const char* name = mbedtls_ssl_get_alpn_protocol(&ssl_);
  return name != nullptr ? name : std::string_view{};
}

bool Connection::peer_verified() const {
  // A session of TLS 1.3 keeps no certificate; that it was checked is why load_session took it.
  if (established_ && resumed_ && options_.role == Role::client && peer_certificate() == nullptr) {
    return options_.verify != Verify::none;
  }
  return established_ && peer_certificate() != nullptr && mbedtls_ssl_get_verify_result(&ssl_) == 0;
}

/// What is before the bytes that mbedTLS writes: how the other side was known, who may vouch for it, and its
/// name. A session is for nothing but the same: it must spare nobody else the proof of who he is, and what
/// was not checked then, or was vouched for by others, is not to be taken for checked.
std::vector<std::uint8_t> Connection::session_head() const {
  const int known_by = options_.shared_key != nullptr ? 0x80 : static_cast<int>(options_.verify);
  const Fingerprint trusted = options_.trust != nullptr ? options_.trust->digest() : Fingerprint{};
  std::vector<std::uint8_t> head(2 + trusted.size() + options_.host_name.size());
  head[0] = static_cast<std::uint8_t>(known_by);
  head[1] = static_cast<std::uint8_t>(options_.host_name.size());
  std::ranges::copy(options_.host_name, std::ranges::copy(trusted, head.begin() + 2).out);
  return head;
}

std::size_t Connection::save_session(MutableBytes to) const {
  const std::vector<std::uint8_t> head = session_head();
  if (!established_ || options_.role != Role::client || to.size() <= head.size()) return 0;
  mbedtls_ssl_session session;
  mbedtls_ssl_session_init(&session);
  std::size_t size = 0;
  const MutableBytes rest = to.subspan(head.size());
  const bool saved = mbedtls_ssl_get_session(&ssl_, &session) == 0 &&
                     mbedtls_ssl_session_save(&session, rest.data(), rest.size(), &size) == 0;
  mbedtls_ssl_session_free(&session);
  if (!saved) return 0;
  std::copy(head.begin(), head.end(), to.begin());
  return head.size() + size;
}

bool Connection::load_session() {
  if (options_.session.empty()) return true;
  const std::vector<std::uint8_t> head = session_head();
  if (options_.session.size() <= head.size() ||
      !std::equal(head.begin(), head.end(), options_.session.begin())) {
    return true;
  }
  const Bytes saved = options_.session.subspan(head.size());
  mbedtls_ssl_session session;
  mbedtls_ssl_session_init(&session);
  // What another version of the library wrote is of no use: the handshake is a full one then.
  const bool known = mbedtls_ssl_session_load(&session, saved.data(), saved.size()) == 0;
  const bool done = !known || mbedtls_ssl_set_session(&ssl_, &session) == 0;
  mbedtls_ssl_session_free(&session);
  return done;
}

}  // namespace linnet::tls
