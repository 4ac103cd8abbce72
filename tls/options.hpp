// SPDX-License-Identifier: Apache-2.0
// How a connection is to be made, and what several of a server share.
#pragma once

#include <mbedtls/ssl_cookie.h>

#include <optional>
#include <span>
#include <string_view>

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "tls/credentials.hpp"

namespace linnet::tls {

enum class Role : std::uint8_t { client, server };

/// What a client does with the server's certificate.
enum class Verify : std::uint8_t {
  full,   ///< its chain must lead to `trust`, its dates must be right, and it must be for `host_name`
  chain,  ///< as full, but whoever the certificate is for
  none,   ///< it is looked at, for Connection::certificate_words, and believed whatever it says
};

/// What a server asks of clients.
enum class ClientCertificate : std::uint8_t {
  not_asked,
  optional,  ///< one that is not accepted is as good as none: see Connection::peer_verified
  required,
};

/// The keys of a server's session tickets (RFC 5077), changed every `lifetime`. From any thread.
class Tickets {
 public:
  explicit Tickets(const Random::Seed& seed, Duration lifetime = Duration::seconds(86400));
  ~Tickets() { mbedtls_ssl_ticket_free(&context_); }
  Tickets(const Tickets&) = delete;
  Tickets& operator=(const Tickets&) = delete;
  bool ok() const { return ok_; }
  mbedtls_ssl_ticket_context& context() { return context_; }

 private:
  Random random_;
  mbedtls_ssl_ticket_context context_;
  bool ok_;
};

/// The key of a server's DTLS cookies (RFC 6347 4.2.1): who has not shown that he gets what is sent to him
/// costs nothing.
class Cookies {
 public:
  explicit Cookies(const Random::Seed& seed);
  ~Cookies() { mbedtls_ssl_cookie_free(&context_); }
  Cookies(const Cookies&) = delete;
  Cookies& operator=(const Cookies&) = delete;
  bool ok() const { return ok_; }
  mbedtls_ssl_cookie_ctx& context() { return context_; }

 private:
  Random random_;
  mbedtls_ssl_cookie_ctx context_;
  bool ok_;
};

/// TLS 1.2 is the oldest that is spoken, always.
enum class Version : std::uint8_t {
  tls_1_2,
  newest,  ///< what the library knows: TLS 1.3 with mbedTLS 3.6, TLS 1.2 with 2.28. DTLS stays 1.2.
};

/// AEAD with forward secrecy (RFC 9325 4.2), zero at the end.
extern const int* const strong_suites;
/// The same with a key that both ends know, instead of certificates (RFC 4279, RFC 5487, RFC 7905).
extern const int* const shared_key_suites;

/// What both ends of a connection know beforehand (RFC 4279), from `identity` on the wire.
struct SharedKey {
  static constexpr std::size_t most_bytes = 32;  ///< mbedTLS's MBEDTLS_PSK_MAX_LEN as Debian builds it
  std::string_view identity{};                   ///< the key's name: 1 to 255 bytes
  Bytes key{};                                   ///< 1 to most_bytes, secret ones
};

struct Options {
  static constexpr std::size_t most_protocols = 4;

  Role role = Role::client;
  bool datagram = false;  ///< DTLS
  Version version = Version::newest;
  Verify verify = Verify::full;
  ClientCertificate client_certificate = ClientCertificate::not_asked;
  /// Client: whom it means to reach, a name or an address; what the certificate must be for. At most 255
  /// bytes.
  std::string_view host_name{};
  const Trust* trust = nullptr;
  /// A server's; a client's, for servers that ask.
  const Identity* identity = nullptr;
  /// Server: another identity for the name that the client asks for, or null.
  const Identity* (*choose)(void* context, std::string_view name) = nullptr;
  void* choose_context = nullptr;
  /// Server, instead of `choose`: what is to be done with mbedTLS's own settings of this handshake
  /// (mbedtls_ssl_set_hs_...) once the client has named a host; 0, or mbedTLS's number of an error that ends
  /// it. With `choose_context`.
  int (*named)(void* context, mbedtls_ssl_context& ssl, std::string_view name) = nullptr;
  /// ALPN (RFC 7301), the preferred one first; zero-terminated, at most most_protocols.
  std::span<const char* const> protocols{};
  /// Client: 512, 1024, 2048 or 4096 bytes as the most in a record (RFC 6066 4); 0: as the protocol has it.
  std::uint16_t maximum_fragment = 0;
  /// Client: what Connection::save_session gave of a connection to the same host with the same `verify` and
  /// `trust`; anything else is ignored.
  Bytes session{};
  Tickets* tickets = nullptr;  ///< server
  Cookies* cookies = nullptr;  ///< DTLS server
  /// DTLS server: what tells clients apart for the cookies, an address and a port usually.
  Bytes client_id{};
  std::uint16_t datagram_size = 1400;  ///< DTLS: the most that is sent in one
  /// Instead of certificates: TLS 1.2, and shared_key_suites unless `suites` says otherwise. Neither `trust`
  /// nor `identity` is used, and `host_name` is only what is asked for. Copied by the connection.
  const SharedKey* shared_key = nullptr;
  const int* suites = strong_suites;
};

}  // namespace linnet::tls
