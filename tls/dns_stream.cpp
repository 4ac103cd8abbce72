// SPDX-License-Identifier: Apache-2.0
#include "tls/dns_stream.hpp"

#include <mbedtls/base64.h>

#include <algorithm>

#include "services/dns/wire.hpp"

namespace linnet::tls {
namespace {

using dns::StreamState;

constexpr std::uint32_t service_tag = 0;  // no descriptor's: whoever drives the stack polls the services then
constexpr std::size_t largest_session = 8192;  // what the library keeps, the server's certificate included

}  // namespace

std::optional<Fingerprint> pin_from_text(std::string_view text) {
  Fingerprint pin{};
  std::array<std::uint8_t, 33> bytes{};
  std::size_t size = 0;
  const int result = mbedtls_base64_decode(bytes.data(), bytes.size(), &size,
                                           reinterpret_cast<const unsigned char*>(text.data()), text.size());
  if (result != 0 || size != pin.size()) return std::nullopt;
  std::copy_n(bytes.begin(), pin.size(), pin.begin());
  return pin;
}

std::string pin_words(const Fingerprint& pin) {
  std::array<unsigned char, 48> text{};
  std::size_t size = 0;
  if (mbedtls_base64_encode(text.data(), text.size(), &size, pin.data(), pin.size()) != 0) return {};
  return {reinterpret_cast<const char*>(text.data()), size};
}

Fingerprint pin_of(const mbedtls_x509_crt& certificate) {
  Fingerprint pin{};
  library::sha256({certificate.pk_raw.p, certificate.pk_raw.len}, pin.data());
  return pin;
}

DnsStream::DnsStream(Stack& stack, sockets::Port& port, DnsServer server)
    : stack_(stack), port_(port), server_(std::move(server)) {}

void DnsStream::open(const IpAddress& server, Instant now) {
  now_ = now;
  words_.clear();
  if (server_.authenticated && server_.name.empty() && server_.pins.empty()) {
    return fail("there is neither a name nor a key that the server could prove to have");
  }
  if (server_.port == dns::server_port) return fail("port 53 is for what anybody may read");
  const auto connection = stack_.tcp().connect({}, {server, server_.port}, {}, now);
  if (!connection) return fail("there is no way to it");
  connection_ = *connection;
  stack_.tcp().set_tag(connection_, service_tag);
  state_ = StreamState::opening;
}

/// The handshake of TCP is over. False also where it failed.
bool DnsStream::connected() {
  const auto status = stack_.tcp().status(connection_);
  if (status && (status->state == tcp::State::syn_sent || status->state == tcp::State::syn_received)) {
    return false;
  }
  if (status && status->state != tcp::State::closed) return true;
  const tcp::Error error = stack_.tcp().take_error(connection_);
  fail(error == tcp::Error::refused ? "nobody listens at port " + std::to_string(server_.port)
                                    : "it cannot be reached");
  return false;
}

StreamState DnsStream::poll(Instant now) {
  now_ = now;
  if (state_ != StreamState::opening) return state_;
  if (!tls_) {
    if (!connected()) return state_;
    const bool by_name = server_.authenticated && !server_.name.empty();
    tls_.emplace(port_,
                 Options{.verify = by_name ? Verify::full : Verify::none,
                         .host_name = server_.name,
                         .trust = server_.trust,
                         .session = session_},
                 Transport{this, send_bytes, receive_bytes});
  }
  const Step step = tls_->handshake();
  if (step == Step::failed) {
    fail(std::string(tls_->words()));
  } else if (step == Step::done && is_server()) {
    state_ = StreamState::open;
    save_session();
  }
  return state_;
}

/// RFC 7858 4.2: by its key; the name was checked with the certificate. A session that is resumed was proved
/// when it began. Nothing was sent but TLS's own messages yet.
bool DnsStream::is_server() {
  if (!server_.authenticated || server_.pins.empty()) return true;
  const mbedtls_x509_crt* certificate = tls_->peer_certificate();
  if (certificate == nullptr && tls_->resumed() && !session_.empty()) return true;  // TLS 1.3 keeps none
  if (certificate != nullptr) {
    const Fingerprint pin = pin_of(*certificate);
    if (std::find(server_.pins.begin(), server_.pins.end(), pin) != server_.pins.end()) return true;
    fail("its key is another: " + pin_words(pin));
  } else {
    fail("it shows no key");
  }
  return false;
}

std::size_t DnsStream::send(Bytes bytes, Instant now) {
  now_ = now;
  if (state_ != StreamState::open) return 0;
  std::size_t count = 0;
  if (tls_->write(bytes, count) == Step::failed) end(*tls_);
  return count;
}

std::size_t DnsStream::receive(MutableBytes to, Instant now) {
  now_ = now;
  if (state_ != StreamState::open) return 0;
  std::size_t count = 0;
  const Step step = tls_->read(to, count);
  if (step == Step::failed || step == Step::closed) end(*tls_);
  return count;
}

void DnsStream::close(Instant now) {
  now_ = now;
  if (state_ == StreamState::opening) fail("it does not answer");
  if (tls_ && tls_->established() && state_ == StreamState::open) {
    save_session();
    (void)tls_->close();
  }
  if (connection_) {
    (void)stack_.tcp().discard(connection_, SIZE_MAX, false,
                               now);  // what is unread would reset the connection
    stack_.tcp().close(connection_, now);
  }
  connection_ = {};
  tls_.reset();
  state_ = StreamState::closed;
}

void DnsStream::fail(std::string words) {
  words_ = std::move(words);
  state_ = StreamState::failed;
}

void DnsStream::end(const Connection& tls) {
  words_ = tls.error() == Error::none ? std::string_view("it closed the connection") : tls.words();
  state_ = StreamState::ended;
}

/// For the next connection (RFC 7858 3.4). With TLS 1.3 there is one only after something was read.
void DnsStream::save_session() {
  std::vector<std::uint8_t> session(largest_session);
  session.resize(tls_->save_session(session));
  if (session.empty()) return;
  library::wipe(session_);
  session_ = std::move(session);
}

std::ptrdiff_t DnsStream::send_bytes(void* self, Bytes bytes) {
  auto& stream = *static_cast<DnsStream*>(self);
  const auto sent = stream.stack_.tcp().send(stream.connection_, bytes, {}, stream.now_);
  if (sent) return static_cast<std::ptrdiff_t>(*sent);
  return sent.error() == tcp::Error::would_block ? Transport::would_block : Transport::failed;
}

std::ptrdiff_t DnsStream::receive_bytes(void* self, MutableBytes to) {
  auto& stream = *static_cast<DnsStream*>(self);
  const auto got = stream.stack_.tcp().receive(stream.connection_, to, false, stream.now_);
  if (got) return static_cast<std::ptrdiff_t>(*got);
  return got.error() == tcp::Error::would_block ? Transport::would_block : Transport::failed;
}

}  // namespace linnet::tls
