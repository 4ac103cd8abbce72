// SPDX-License-Identifier: Apache-2.0
// TCP connections of the client commands, with or without TLS, with errors in words.
#pragma once

#include <string>

#include "apps/machine.hpp"
#include "tls/stream.hpp"

namespace linnet::apps {

/// A connected stream socket: closed at its end.
class Stream {
 public:
  /// Resolves `host` and tries its addresses in order, each for `patience`. Throws Problem.
  Stream(Machine& machine, const std::string& host, std::uint16_t port, Duration patience);
  /// Takes over a descriptor.
  Stream(Machine& machine, int fd) : host_(&machine.host()), sockets_(&machine.sockets()), fd_(fd) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { sockets_->close(fd_); }

  /// From here on by TLS, as its client; what `options` points to must outlive the stream. Throws Problem,
  /// saying what is wrong with the server's certificate.
  void secure(const tls::Options& options, const tls::Limits& limits);
  /// Null before secure().
  const tls::Stream* tls() const { return tls_.get(); }
  /// Says by TLS, if that is spoken, that nothing more will be sent.
  void finish();

  int fd() const { return fd_; }
  Endpoint peer() const;
  /// Sends all of it. Throws Problem.
  void send_all(Bytes bytes);
  /// Bytes received, 0 at the end of the stream. Throws Problem.
  std::size_t receive(MutableBytes to);

 private:
  [[noreturn]] void throw_tls_problem(const std::string& what) const;

  sockets::Host* host_;
  sockets::Sockets* sockets_;
  int fd_;
  std::unique_ptr<tls::Stream> tls_;
};

/// "10.0.2.2:80".
std::string endpoint_words(const Endpoint& endpoint);

/// What a negated errno value means to a user; "interrupted" throws with exit_code::interrupted.
[[noreturn]] void throw_socket_error(const std::string& what, int negated);

}  // namespace linnet::apps
