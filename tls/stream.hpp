// SPDX-License-Identifier: Apache-2.0
// Stream: TLS over a connected stream socket, or DTLS over a connected datagram socket. Each call waits, but
// no longer than it is told to.
#pragma once

#include "sockets/host.hpp"
#include "tls/connection.hpp"

namespace linnet::tls {

struct Limits {
  /// For each flight of the peer's in the handshake, whole: bytes that trickle in do not make it longer.
  /// DTLS: for all.
  Duration flight = Duration::seconds(10);
  Duration read = Duration::max();   ///< for the next byte
  Duration write = Duration::max();  ///< until the peer takes more
};

/// The descriptor stays its owner's, who closes it after the stream has ended; it may be blocking or not. For
/// programs with a loop of their own: `connection()` has the steps, of which none waits.
class Stream {
 public:
  Stream(sockets::Host& host, int fd, const Options& options, const Limits& limits = {});
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// False: error() says why. The other calls make the handshake if this one was not called.
  bool handshake();
  /// Bytes read; 0: the peer said that it is done; negative: error(). `to` is not empty.
  std::ptrdiff_t read(MutableBytes to);
  /// All of it, or false. DTLS: a datagram each record's size (Connection::write), 0 bytes are none.
  bool write(Bytes bytes);
  /// Says that nothing more will be sent; what the peer still sends can be read.
  bool close();

  Error error() const { return error_ != Error::none ? error_ : connection_.error(); }
  std::string_view words() const;

  Connection& connection() { return connection_; }
  const Connection& connection() const { return connection_; }
  int fd() const { return fd_; }

 private:
  template <typename Act>
  Step run(Duration limit, Act act);
  bool wait(Step step, Instant until);
  bool wait_on_socket(Step step, Instant until);
  static std::ptrdiff_t send(void* self, Bytes bytes);
  static std::ptrdiff_t receive(void* self, MutableBytes to);

  sockets::Host* host_;
  int fd_;
  bool datagram_;
  Limits limits_;
  Error error_ = Error::none;  // of waiting; the connection has its own
  Connection connection_;
};

}  // namespace linnet::tls
