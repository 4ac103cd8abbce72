// SPDX-License-Identifier: Apache-2.0
#include "tls/stream.hpp"

namespace linnet::tls {
namespace {

/// What ICMP or a neighbour that does not answer says about a datagram that was sent before. Anybody can
/// forge it, and the next flight may get through: for DTLS that datagram is lost, and no more.
bool is_loss(std::ptrdiff_t result) {
  return result == -sockets::error::host_unreachable || result == -sockets::error::network_unreachable ||
         result == -sockets::error::connection_refused;
}

}  // namespace

Stream::Stream(sockets::Host& host, int fd, const Options& options, const Limits& limits)
    : host_(&host),
      fd_(fd),
      datagram_(options.datagram),
      limits_(limits),
      connection_(host.port(), options, {this, send, receive}) {}

std::string_view Stream::words() const {
  if (error_ == Error::timed_out) return "the other side did nothing for too long";
  if (error_ == Error::interrupted) return "interrupted";
  if (error_ == Error::transport) return "the connection broke";
  return connection_.words();
}

std::ptrdiff_t Stream::send(void* self, Bytes bytes) {
  const auto& stream = *static_cast<Stream*>(self);
  const std::ptrdiff_t sent = stream.host_->sockets().send(stream.fd_, bytes, sockets::msg::dont_wait);
  if (sent == -sockets::error::try_again) return Transport::would_block;
  if (stream.datagram_ && is_loss(sent)) return static_cast<std::ptrdiff_t>(bytes.size());
  return sent < 0 ? Transport::failed : sent;
}

std::ptrdiff_t Stream::receive(void* self, MutableBytes to) {
  const auto& stream = *static_cast<Stream*>(self);
  const std::ptrdiff_t got = stream.host_->sockets().recv(stream.fd_, to, sockets::msg::dont_wait);
  if (got == -sockets::error::try_again || (stream.datagram_ && is_loss(got))) return Transport::would_block;
  return got < 0 ? Transport::failed : got;
}

/// Until the step can be made, or `until`; DTLS has messages to repeat before that, perhaps.
bool Stream::wait(Step step, Instant until) {
  if (const Instant repeat = connection_.deadline(); repeat < until) {
    if (wait_on_socket(step, repeat)) return true;
    if (error_ != Error::timed_out) return false;
    error_ = Error::none;
    return true;
  }
  return wait_on_socket(step, until);
}

bool Stream::wait_on_socket(Step step, Instant until) {
  const Instant now = host_->port().now();
  sockets::PollEntry entry{.fd = fd_,
                           .events = step == Step::want_read ? sockets::event::in : sockets::event::out};
  const int ready = until <= now       ? 0
                    : until.is_never() ? host_->sockets().poll({&entry, 1}, std::nullopt)
                                       : host_->sockets().poll({&entry, 1}, until - now);
  if (ready > 0) return true;
  error_ = ready == 0                              ? Error::timed_out
           : ready == -sockets::error::interrupted ? Error::interrupted
                                                   : Error::transport;
  return false;
}

/// Steps until one of them ends. `limit` begins anew with each flight that we send, and never with what the
/// peer does. (DTLS sends flights again, so there it is the limit of all of them.)
template <typename Act>
Step Stream::run(Duration limit, Act act) {
  if (error_ == Error::timed_out || error_ == Error::interrupted) error_ = Error::none;
  Instant until = host_->port().now() + limit;
  std::uint64_t sent = connection_.bytes_sent();
  while (true) {
    const Step step = act();
    if (step != Step::want_read && step != Step::want_write) return step;
    if (connection_.bytes_sent() != sent && !datagram_) {
      sent = connection_.bytes_sent();
      until = host_->port().now() + limit;
    }
    if (!wait(step, until)) return Step::failed;
  }
}

bool Stream::handshake() {
  return run(limits_.flight, [this] { return connection_.handshake(); }) == Step::done;
}

std::ptrdiff_t Stream::read(MutableBytes to) {
  if (!connection_.established() && !handshake()) return -1;
  std::size_t count = 0;
  const Step step = run(limits_.read, [&] { return connection_.read(to, count); });
  if (step == Step::closed) return 0;
  return step == Step::done ? static_cast<std::ptrdiff_t>(count) : -1;
}

bool Stream::write(Bytes bytes) {
  if (!connection_.established() && !handshake()) return false;
  while (!bytes.empty()) {
    std::size_t count = 0;
    if (run(limits_.write, [&] { return connection_.write(bytes, count); }) != Step::done) return false;
    bytes = bytes.subspan(count);
  }
  return true;
}

bool Stream::close() {
  return run(limits_.flight, [this] { return connection_.close(); }) == Step::done;
}

}  // namespace linnet::tls
