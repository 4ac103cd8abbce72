// SPDX-License-Identifier: Apache-2.0
// TcpSocket, TcpListener, UdpSocket whose calls are awaited.
#pragma once

#include "sockets/coro/executor.hpp"
#include "sockets/typed_sockets.hpp"

namespace linnet::sockets::coro {

/// All of these: `deadline` passed: -error::timed_out; cancelled: -error::interrupted. What they point at
/// (bytes, socket) must live until they are over, as everything that the coroutine which awaits them holds
/// does.
class Connect : public Operation {
 public:
  Connect(Executor& executor, int fd, const Endpoint& remote, Instant deadline);

 private:
  static Outcome attempt(Operation& operation);
  int fd_;
  Endpoint remote_;
  bool begun_ = false;
};

class Accept : public Operation {
 public:
  Accept(Executor& executor, int fd, Endpoint* peer, Instant deadline);

 private:
  static Outcome attempt(Operation& operation);
  int fd_;
  Endpoint* peer_;
};

class Receive : public Operation {
 public:
  Receive(Executor& executor, int fd, MutableBytes to, bool all, Endpoint* from, Instant deadline);

 private:
  static Outcome attempt(Operation& operation);
  int fd_;
  MutableBytes rest_;
  bool all_;
  Endpoint* from_;
  Outcome done_ = 0;
};

class Send : public Operation {
 public:
  Send(Executor& executor, int fd, Bytes data, const Endpoint* to, Instant deadline);

 private:
  static Outcome attempt(Operation& operation);
  int fd_;
  Bytes rest_;
  Endpoint to_;
  bool named_;
  Outcome done_ = 0;
};

class TcpSocket : public sockets::TcpSocket {
 public:
  explicit TcpSocket(Executor& executor, int domain = af::inet)
      : sockets::TcpSocket(executor.sockets(), domain), executor_(&executor) {
    set_non_blocking(true);
  }
  /// Takes a connection over, as TcpListener::accept yields it; a negative errno is kept as `error()`.
  TcpSocket(Executor& executor, Outcome accepted)
      : sockets::TcpSocket(Adopt{}, executor.sockets(), static_cast<int>(accepted)), executor_(&executor) {}

  Connect connect(const Endpoint& remote, Instant deadline = Instant::never()) {
    return {*executor_, fd(), remote, deadline};
  }
  /// Yields the bytes received, 0 at the end of the stream.
  Receive receive(MutableBytes to, Instant deadline = Instant::never()) {
    return {*executor_, fd(), to, false, nullptr, deadline};
  }
  /// The same, but less than all only at the end of the stream.
  Receive receive_all(MutableBytes to, Instant deadline = Instant::never()) {
    return {*executor_, fd(), to, true, nullptr, deadline};
  }
  /// Sends all; yields how many bytes were taken, less than all before an error or the deadline.
  Send send(Bytes data, Instant deadline = Instant::never()) {
    return {*executor_, fd(), data, nullptr, deadline};
  }

 private:
  Executor* executor_;
};

class TcpListener : public sockets::TcpListener {
 public:
  explicit TcpListener(Executor& executor, int domain = af::inet)
      : sockets::TcpListener(executor.sockets(), domain), executor_(&executor) {
    set_non_blocking(true);
  }
  /// Yields a descriptor for `TcpSocket(executor, ...)`, or an errno value negated.
  Accept accept(Endpoint* peer = nullptr, Instant deadline = Instant::never()) {
    return {*executor_, fd(), peer, deadline};
  }

 private:
  Executor* executor_;
};

class UdpSocket : public sockets::UdpSocket {
 public:
  explicit UdpSocket(Executor& executor, int domain = af::inet)
      : sockets::UdpSocket(executor.sockets(), domain), executor_(&executor) {
    set_non_blocking(true);
  }
  Receive receive_from(MutableBytes to, Endpoint* from = nullptr, Instant deadline = Instant::never()) {
    return {*executor_, fd(), to, false, from, deadline};
  }
  Send send_to(Bytes data, const Endpoint& to, Instant deadline = Instant::never()) {
    return {*executor_, fd(), data, &to, deadline};
  }

 private:
  Executor* executor_;
};

}  // namespace linnet::sockets::coro
