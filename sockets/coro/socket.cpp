// SPDX-License-Identifier: Apache-2.0
#include "sockets/coro/socket.hpp"

namespace linnet::sockets::coro {

Connect::Connect(Executor& executor, int fd, const Endpoint& remote, Instant deadline)
    : Operation(executor, attempt, fd, event::out, deadline), fd_(fd), remote_(remote) {}

Outcome Connect::attempt(Operation& operation) {
  auto& self = static_cast<Connect&>(operation);
  Sockets& sockets = self.executor_.sockets();
  if (!self.begun_) {
    const int result = sockets.connect(self.fd_, self.remote_);
    self.begun_ = result == -error::in_progress;
    return self.begun_ ? -error::try_again : result;
  }
  const int error = sockets.option(self.fd_, sol::socket, so::error);
  return error > 0 ? -error : error;
}

Accept::Accept(Executor& executor, int fd, Endpoint* peer, Instant deadline)
    : Operation(executor, attempt, fd, event::in, deadline), fd_(fd), peer_(peer) {}

Outcome Accept::attempt(Operation& operation) {
  auto& self = static_cast<Accept&>(operation);
  return self.executor_.sockets().accept(self.fd_, self.peer_, sock::nonblock);
}

Receive::Receive(Executor& executor, int fd, MutableBytes to, bool all, Endpoint* from, Instant deadline)
    : Operation(executor, attempt, fd, event::in, deadline), fd_(fd), rest_(to), all_(all), from_(from) {}

Outcome Receive::attempt(Operation& operation) {
  auto& self = static_cast<Receive&>(operation);
  for (;;) {
    const Outcome result =
        self.executor_.sockets().recvfrom(self.fd_, self.rest_, msg::dont_wait, self.from_);
    if (result == -error::try_again) return result;
    if (result < 0) return self.done_ > 0 ? self.done_ : result;
    self.done_ += result;
    self.rest_ = self.rest_.subspan(std::min(self.rest_.size(), static_cast<std::size_t>(result)));
    if (!self.all_ || result == 0 || self.rest_.empty()) return self.done_;
  }
}

Send::Send(Executor& executor, int fd, Bytes data, const Endpoint* to, Instant deadline)
    : Operation(executor, attempt, fd, event::out, deadline),
      fd_(fd),
      rest_(data),
      to_(to != nullptr ? *to : Endpoint{}),
      named_(to != nullptr) {}

Outcome Send::attempt(Operation& operation) {
  auto& self = static_cast<Send&>(operation);
  do {
    const Outcome result = self.executor_.sockets().sendto(self.fd_, self.rest_, msg::dont_wait,
                                                           self.named_ ? &self.to_ : nullptr);
    if (result == -error::try_again) return result;
    if (result < 0) return self.done_ > 0 ? self.done_ : result;
    self.done_ += result;
    self.rest_ = self.rest_.subspan(static_cast<std::size_t>(result));
  } while (!self.rest_.empty());
  return self.done_;
}

}  // namespace linnet::sockets::coro
