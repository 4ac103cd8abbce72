// SPDX-License-Identifier: Apache-2.0
#include "tls/coro/stream.hpp"

namespace linnet::tls::coro {
namespace {

namespace error = sockets::error;
using sockets::coro::Outcome;

/// Yields 0 once the descriptor is ready for `step`.
class Ready : public sockets::coro::Operation {
 public:
  Ready(Executor& executor, int fd, Step step, Instant deadline)
      : Operation(executor, attempt, fd, step == Step::want_read ? sockets::event::in : sockets::event::out,
                  deadline) {}

 private:
  /// The step itself said that it must wait: it is ready when it is asked again.
  static Outcome attempt(Operation& operation) {
    auto& self = static_cast<Ready&>(operation);
    return std::exchange(self.waited_, true) ? 0 : -error::try_again;
  }
  bool waited_ = false;
};

}  // namespace

Step Stream::step(Call call, MutableBytes to, Bytes from, std::size_t& count) {
  switch (call) {
    case Call::handshake:
      return connection().handshake();
    case Call::read:
      return connection().read(to, count);
    case Call::write:
      return from.empty() ? Step::done : connection().write(from, count);
    case Call::close:
      break;
  }
  return connection().close();
}

Duration Stream::limit_of(Call call) const {
  return call == Call::read ? limits_.read : call == Call::write ? limits_.write : limits_.flight;
}

/// As tls::Stream::run: the limit begins anew with each flight that we send, and never with what the peer
/// does.
Task Stream::drive(Executor& executor, Stream& self, Call call, MutableBytes to, Bytes from) {
  const Bytes all = from;
  self.late_ = false;
  Call now = self.connection().established() ? call : Call::handshake;
  std::uint64_t sent = self.connection().bytes_sent();
  Instant until = executor.now() + self.limit_of(now);
  for (;;) {
    std::size_t count = 0;
    const Step step = self.step(now, to, from, count);
    if (step == Step::closed) co_return 0;
    if (step == Step::failed) co_return -error::connection_aborted;
    if (step == Step::done) {
      if (now == Call::write) from = from.subspan(count);
      if (now == call && from.empty()) {
        co_return call == Call::read ? static_cast<Outcome>(count)
        : call == Call::write        ? static_cast<Outcome>(all.size())
                                     : 0;
      }
      now = call;
    }
    if (step == Step::done || (self.connection().bytes_sent() != sent && !self.datagram_)) {
      sent = self.connection().bytes_sent();
      until = executor.now() + self.limit_of(now);
      if (step == Step::done) continue;
    }
    const Instant next = earlier(until, self.connection().deadline());
    const Outcome ready = co_await Ready(executor, self.fd(), step, next);
    if (ready == -error::timed_out && next < until) continue;  // DTLS: a flight is to be repeated
    self.late_ = ready == -error::timed_out;
    if (ready < 0) co_return ready;
  }
}

}  // namespace linnet::tls::coro
