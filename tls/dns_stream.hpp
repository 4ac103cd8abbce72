// SPDX-License-Identifier: Apache-2.0
// DnsStream: DNS over TLS (RFC 7858) for the resolver: a connection of our TCP with TLS upon it, in steps
// that never wait.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/stack.hpp"
#include "services/dns/secure_stream.hpp"
#include "tls/connection.hpp"

namespace linnet::tls {

constexpr std::uint16_t dns_port = 853;  ///< RFC 7858 3.1

/// Who the server has to be (RFC 8310 6). Where both a name and pins are given, it has to prove both.
struct DnsServer {
  std::string name{};               ///< the authentication domain name: its certificate has to be for it
  std::vector<Fingerprint> pins{};  ///< SHA-256 of the keys (SubjectPublicKeyInfo) that it may have, of which
                                    ///< one is enough (RFC 7858 4.2)
  /// False: whoever it is (opportunistic privacy). What could be proved is not asked for.
  bool authenticated = true;
  const Trust* trust = nullptr;   ///< for `name`
  std::uint16_t port = dns_port;  ///< any but 53 (RFC 7858 3.1)
};

/// "rPqb...=", base64 of a pin's 32 bytes; nothing for anything else.
std::optional<Fingerprint> pin_from_text(std::string_view text);
std::string pin_words(const Fingerprint& pin);
/// The pin of a certificate's key.
Fingerprint pin_of(const mbedtls_x509_crt& certificate);

/// Its handshake is computed in `poll`: on a small processor that takes a while, in which the stack waits.
class DnsStream final : public dns::SecureStream {
 public:
  /// `stack` and `port`, who gives entropy and time, and what `server` points to must outlive the stream; the
  /// stream outlives the stack's resolver.
  DnsStream(Stack& stack, sockets::Port& port, DnsServer server);
  ~DnsStream() = default;
  DnsStream(const DnsStream&) = delete;
  DnsStream& operator=(const DnsStream&) = delete;

  void open(const IpAddress& server, Instant now) override;
  dns::StreamState poll(Instant now) override;
  std::size_t send(Bytes bytes, Instant now) override;
  std::size_t receive(MutableBytes to, Instant now) override;
  void close(Instant now) override;
  std::uint16_t port() const override { return server_.port; }
  std::string_view words() const override { return words_; }

  const DnsServer& server() const { return server_; }
  /// Of the connection that is open: its keys are those of an earlier one (RFC 7858 3.4).
  bool resumed() const { return tls_ && tls_->resumed(); }

 private:
  bool connected();
  bool is_server();
  void fail(std::string words);
  void end(const Connection& tls);
  void save_session();
  static std::ptrdiff_t send_bytes(void* self, Bytes bytes);
  static std::ptrdiff_t receive_bytes(void* self, MutableBytes to);

  Stack& stack_;
  sockets::Port& port_;
  DnsServer server_;
  dns::StreamState state_ = dns::StreamState::closed;
  tcp::ConnectionHandle connection_;
  std::optional<Connection> tls_;
  std::vector<std::uint8_t> session_;
  std::string words_;
  Instant now_;  // of the call that is running
};

}  // namespace linnet::tls
