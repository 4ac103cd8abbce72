// SPDX-License-Identifier: Apache-2.0
// Stream: TLS or DTLS whose calls are awaited: tls::Stream for coroutines.
#pragma once

#include "sockets/coro/executor.hpp"
#include "tls/stream.hpp"

namespace linnet::tls::coro {

using sockets::coro::Executor;
using sockets::coro::Task;

/// The descriptor stays its owner's, who closes it after the stream has ended. What the calls point at must
/// live until they are over. They yield what their words say, or an errno value negated: -timed_out,
/// -interrupted (cancelled), and -connection_aborted for everything else; then error() and words() tell.
class Stream {
 public:
  Stream(Executor& executor, int fd, const Options& options, const Limits& limits = {})
      : executor_(&executor),
        datagram_(options.datagram),
        limits_(limits),
        stream_(executor.host(), fd, options, limits) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// 0. The other calls make the handshake if this one was not called.
  Task handshake() { return drive(*executor_, *this, Call::handshake, {}, {}); }
  /// Bytes read; 0: the peer said that it is done. `to` is not empty.
  Task read(MutableBytes to) { return drive(*executor_, *this, Call::read, to, {}); }
  /// All of it: its size.
  Task write(Bytes bytes) { return drive(*executor_, *this, Call::write, {}, bytes); }
  /// Says that nothing more will be sent: 0. What the peer still sends can be read.
  Task close() { return drive(*executor_, *this, Call::close, {}, {}); }

  Error error() const { return late_ ? Error::timed_out : connection().error(); }
  std::string_view words() const {
    return late_ ? "the other side did nothing for too long" : connection().words();
  }
  Connection& connection() { return stream_.connection(); }
  const Connection& connection() const { return stream_.connection(); }
  int fd() const { return stream_.fd(); }

 private:
  enum class Call : std::uint8_t { handshake, read, write, close };
  static Task drive(Executor& executor, Stream& self, Call call, MutableBytes to, Bytes from);
  Step step(Call call, MutableBytes to, Bytes from, std::size_t& count);
  Duration limit_of(Call call) const;

  Executor* executor_;
  bool datagram_;
  Limits limits_;
  tls::Stream stream_;  // its connection and its transport, neither of which waits
  bool late_ = false;
};

}  // namespace linnet::tls::coro
