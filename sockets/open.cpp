// SPDX-License-Identifier: Apache-2.0
// socket, close, shutdown.
#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

/// The protocol of a socket of that type, or a negated errno value.
int protocol_of(int type, int protocol) {
  if (type == sock::stream) {
    return protocol == 0 || protocol == ipproto::tcp ? ipproto::tcp : -error::protocol_not_supported;
  }
  if (type == sock::dgram) {
    return protocol == 0 || protocol == ipproto::udp ? ipproto::udp : -error::protocol_not_supported;
  }
  if (type != sock::raw) return -error::type_not_supported;
  // TCP and UDP are the stack's own: nobody else sees or sends their segments.
  const bool possible =
      protocol > 0 && protocol < ipproto::raw && protocol != ipproto::tcp && protocol != ipproto::udp;
  return possible ? protocol : -error::protocol_not_supported;
}

}  // namespace

int Sockets::socket(int domain, int type, int protocol) {
  if (domain != af::inet && domain != af::inet6) return -error::family_not_supported;
  const bool v6 = domain == af::inet6;
  const int plain_type = type & ~(sock::nonblock | sock::cloexec);
  const int chosen = protocol_of(plain_type, protocol);
  if (chosen < 0) return chosen;
  SocketState state{.non_blocking = (type & sock::nonblock) != 0,
                    .v6 = v6,
                    .protocol = static_cast<std::uint8_t>(chosen)};
  const Call call(*this);
  if (table_.used() == table_.capacity()) return -error::file_table_overflow;
  int failure = 0;
  if (plain_type == sock::stream) {
    state.kind = Kind::stream;  // the stack hears of it with bind, listen or connect
  } else if (plain_type == sock::dgram) {
    state.kind = Kind::datagram;
    const auto handle = stack_.udp().open(v6 ? IpAddress::any_v6() : IpAddress::any_v4());
    if (handle) state.datagram = *handle;
    failure = handle ? 0 : errno_of(handle.error());
  } else {
    state.kind = Kind::raw;
    const auto handle = stack_.raw().open(state.protocol, v6);
    if (handle) state.raw = *handle;
    failure = handle ? 0 : errno_of(handle.error());
  }
  if (failure != 0) return -failure;
  Descriptor& row = *table_.allocate(state);
  if (row.kind == Kind::datagram) stack_.udp().set_tag(row.datagram, table_.tag_of(row));
  if (row.kind == Kind::raw) stack_.raw().set_tag(row.raw, table_.tag_of(row));
  return table_.number_of(row);
}

int Sockets::close(int fd) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  driver_.closed(*row);
  const Instant now = driver_.now();
  if (row->kind == Kind::datagram) {
    stack_.ip().groups().leave_all(udp::Udp::owner_of(row->datagram), now);
    stack_.udp().close(row->datagram);
  }
  if (row->kind == Kind::raw) stack_.raw().close(row->raw);
  if (row->listener) stack_.tcp().close(row->listener, now);
  // Who selects or polls on it finds that it is closed, before its number can be somebody else's.
  const bool non_blocking = row->non_blocking;
  row->kind = Kind::lingering;
  driver_.ask_conditions();
  if (row->connection) {
    if (!non_blocking || config_.linger_always) linger(*row, now);
    stack_.tcp().close(row->connection, driver_.now());
  }
  table_.release(*row);
  return 0;
}

/// SO_LINGER with a time: waits until the peer has acknowledged all, FIN included.
void Sockets::linger(Descriptor& row, Instant now) {
  const tcp::Options* options = stack_.tcp().options(row.connection);
  if (options == nullptr || !options->linger || options->linger_time == Duration()) return;
  const auto before = stack_.tcp().status(row.connection);
  if (!before || before->receive_queue > 0) return;  // unread data: a reset follows at once (RFC 2525 2.17)
  const Instant deadline = now + options->linger_time;
  if (!stack_.tcp().shutdown_send(row.connection, now)) return;

  struct Drained : Waiter {
    Stack* stack = nullptr;
    tcp::ConnectionHandle connection;
    bool done() const {
      const auto status = stack->tcp().status(connection);
      return !status || status->state == tcp::State::fin_wait_2 || status->state == tcp::State::time_wait ||
             status->state == tcp::State::closed;
    }
  } drained;
  drained.stack = &stack_;
  drained.connection = row.connection;
  drained.ready = [](Waiter& self) { return static_cast<Drained&>(self).done(); };
  if (!drained.done()) driver_.wait(drained, deadline);
}

int Sockets::shutdown(int fd, int how) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (how != shut::read && how != shut::write && how != shut::both) return fail(*row, error::invalid);
  const bool read = how != shut::write;
  const bool write = how != shut::read;
  if (row->kind == Kind::stream) {
    if (const int result = shut_stream(*row, read, write); result < 0) return result;
  } else {
    const bool connected = row->kind == Kind::datagram ? stack_.udp().remote(row->datagram).port != 0
                                                       : !stack_.raw().remote(row->raw).is_unspecified();
    if (!connected) return fail(*row, error::not_connected);
    row->receive_shut = row->receive_shut || read;
    row->send_shut = row->send_shut || write;
  }
  driver_.notify(*row);  // who polls or selects is asked by who drives
  return 0;
}

int Sockets::shut_stream(Descriptor& row, bool read, bool write) {
  if (row.listening) {
    if (read) stop_listening(row);
    return 0;
  }
  if (!connection_lives(row)) return fail(row, error::not_connected);
  Result<void, tcp::Error> result;
  if (write) result = stack_.tcp().shutdown_send(row.connection, driver_.now());
  if (result && read) result = stack_.tcp().shutdown_receive(row.connection);
  return result ? 0 : fail(row, error::not_connected);
}

/// What was not accepted is reset; the socket keeps its name, as on Linux.
void Sockets::stop_listening(Descriptor& row) {
  const auto status = stack_.tcp().status(row.listener);
  stack_.tcp().close(row.listener, driver_.now());
  row.listener = {};
  row.listening = false;
  if (status) bind_stream(row, status->local);
}

std::size_t Sockets::used() const {
  port_.lock();
  const std::size_t used = table_.used();
  port_.unlock();
  return used;
}

std::optional<tcp::Status> Sockets::status(int fd) {
  const Call call(*this);
  const Descriptor* row = call.find(fd);
  if (row == nullptr || !row->connection) return std::nullopt;
  return stack_.tcp().status(row->connection);
}

}  // namespace linnet::sockets
