// SPDX-License-Identifier: Apache-2.0
#include "apps/stream.hpp"

#include <fmt/format.h>

#include "apps/interrupt.hpp"
#include "apps/problem.hpp"

namespace linnet::apps {
namespace {

/// Whether there was no way to the address yet.
bool no_way(int negated) {
  namespace error = sockets::error;
  return negated == -error::host_unreachable || negated == -error::network_unreachable ||
         negated == -error::address_not_available;
}

}  // namespace

std::string endpoint_words(const Endpoint& endpoint) { return std::string(AddressText(endpoint).view()); }

void throw_socket_error(const std::string& what, int negated) {
  const bool interrupted = negated == -sockets::error::interrupted || Interrupt::requested();
  throw Problem(fmt::format("{}: {}", what, interrupted ? "interrupted" : sockets::error_text(-negated)),
                interrupted ? exit_code::interrupted : exit_code::failure);
}

Stream::Stream(Machine& machine, const std::string& host, std::uint16_t port, Duration patience)
    : host_(&machine.host()), sockets_(&machine.sockets()), fd_(-1) {
  const Instant deadline = machine.now() + patience;
  sockets::Connected made = machine.names().connect(host, port, deadline);
  if (made.fd < 0 && made.remote.port != 0 && made.remote.address.is_v6() && no_way(made.fd)) {
    machine.await_path(made.remote.address);
    made = machine.names().connect(host, port, deadline);
  }
  fd_ = made.fd;
  if (fd_ >= 0) return;
  const Endpoint remote = made.remote;
  const std::string at = endpoint_words(remote);
  const bool same = at.starts_with(host + ":");
  throw_socket_error(
      same ? fmt::format("cannot connect to {}", at) : fmt::format("cannot connect to {} ({})", host, at),
      fd_);
}

Endpoint Stream::peer() const {
  Endpoint remote;
  sockets_->getpeername(fd_, remote);
  return remote;
}

void Stream::secure(const tls::Options& options, const tls::Limits& limits) {
  tls_ = std::make_unique<tls::Stream>(*host_, fd_, options, limits);
  if (!tls_->handshake()) throw_tls_problem("TLS");
}

void Stream::finish() {
  if (tls_ != nullptr) static_cast<void>(tls_->close());
}

void Stream::throw_tls_problem(const std::string& what) const {
  const bool interrupted = tls_->error() == tls::Error::interrupted || Interrupt::requested();
  throw Problem(fmt::format("{}: {}", what, interrupted ? "interrupted" : tls_->words()),
                interrupted ? exit_code::interrupted : exit_code::failure);
}

void Stream::send_all(Bytes bytes) {
  if (tls_ != nullptr) {
    if (!tls_->write(bytes)) throw_tls_problem("sending failed");
    return;
  }
  while (!bytes.empty()) {
    const std::ptrdiff_t n = sockets_->send(fd_, bytes);
    if (n == -sockets::error::try_again) throw Problem("the other side took no data for too long");
    if (n < 0) throw_socket_error("sending failed", static_cast<int>(n));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::size_t Stream::receive(MutableBytes to) {
  if (tls_ != nullptr) {
    const std::ptrdiff_t n = tls_->read(to);
    if (n < 0) throw_tls_problem("receiving failed");
    return static_cast<std::size_t>(n);
  }
  const std::ptrdiff_t n = sockets_->recv(fd_, to);
  if (n == -sockets::error::try_again) throw Problem("nothing came for too long");
  if (n < 0) throw_socket_error("receiving failed", static_cast<int>(n));
  return static_cast<std::size_t>(n);
}

}  // namespace linnet::apps
