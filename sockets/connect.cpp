// SPDX-License-Identifier: Apache-2.0
// bind, listen, accept, connect, and the names of both ends.
#include <algorithm>

#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

/// An endpoint that nobody has set yet: 0.0.0.0:0 or [::]:0, as the socket's family writes it.
Endpoint unnamed(const SocketState& row, std::uint16_t port = 0) {
  return {row.v6 ? IpAddress::any_v6() : IpAddress::any_v4(), port};
}

Endpoint shown(const SocketState& row, const Endpoint& endpoint) {
  return endpoint.address.is_unspecified() ? unnamed(row, endpoint.port) : endpoint;
}

}  // namespace

/// What speaks against an address as this socket's peer, or its own: 0, or an errno value (RFC 3493 3.7, 5.3).
int Sockets::family_error(const Descriptor& row, const IpAddress& address) {
  if (!row.v6) return address.is_v4() ? 0 : error::family_not_supported;
  if (!address.is_v4()) return 0;
  if (row.kind == Kind::raw) return error::family_not_supported;
  const bool v6_only = row.kind == Kind::datagram ? stack_.udp().options(row.datagram)->v6_only
                                                  : stream_options(row).v6_only;
  return v6_only ? error::network_unreachable : 0;
}

int Sockets::bind(int fd, const Endpoint& local) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (const int wrong = family_error(*row, local.address); wrong != 0) {
    return fail(*row, row->v6 && wrong == error::network_unreachable ? error::invalid : wrong);
  }
  if (row->kind == Kind::stream) return bind_stream(*row, local);
  if (row->kind == Kind::datagram) {
    const auto result = stack_.udp().bind(row->datagram, local, row->reuse_address || row->reuse_port);
    return result ? 0 : fail(*row, errno_of(result.error()));
  }
  const auto result = stack_.raw().bind(row->raw, local.address);
  return result ? 0 : fail(*row, errno_of(result.error()));
}

int Sockets::bind_stream(Descriptor& row, const Endpoint& local) {
  const bool over = row.connection && !connection_lives(row);
  if (row.listener || (row.connection && !over)) return fail(row, error::invalid);
  if (over) {
    // A failed attempt, or what both ends have finished: the socket is as new, but its error was not told yet.
    row.untold_error = errno_of(stack_.tcp().take_error(row.connection));
    forget_connection(row);
  }
  const auto listener = stack_.tcp().bind(local, row.reuse_address || row.reuse_port, row.options);
  if (!listener) return fail(row, errno_of(listener.error()));
  row.listener = *listener;
  stack_.tcp().set_tag(row.listener, table_.tag_of(row));
  return 0;
}

int Sockets::listen(int fd, int backlog) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (row->kind != Kind::stream) return fail(*row, error::not_supported);
  if (row->connection) return fail(*row, error::invalid);
  if (!row->listener) {
    const int bound = bind_stream(*row, unnamed(*row));
    if (bound < 0) return bound;
  }
  row->backlog = static_cast<std::uint16_t>(std::clamp(backlog, 1, 0xffff));
  const auto result = stack_.tcp().listen(row->listener, row->backlog, row->options);
  if (!result) return fail(*row, errno_of(result.error()));
  row->listening = true;
  if (row->fast_open_keys) stack_.tcp().set_fast_open_keys(row->listener, *row->fast_open_keys);
  return 0;
}

int Sockets::accept(int fd, Endpoint* peer, int flags) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (row->kind != Kind::stream) return fail(*row, error::not_supported);
  Waiting waiting(*this, *row, event::in | event::err | event::hup, row->receive_timeout, false);
  for (;;) {
    if (!row->listening) return fail(*row, error::invalid);  // it was shut down meanwhile
    // Before a connection is taken: without a descriptor for it, it stays in the queue.
    if (table_.used() == table_.capacity()) return fail(*row, error::file_table_overflow);
    if (const auto connection = stack_.tcp().accept(row->listener)) {
      SocketState state{.kind = Kind::stream,
                        .non_blocking = (flags & sock::nonblock) != 0,
                        .v6 = row->v6,
                        .reuse_address = row->reuse_address,
                        .protocol = row->protocol};
      state.connection = *connection;
      state.receive_timeout = row->receive_timeout;
      state.send_timeout = row->send_timeout;
      Descriptor& accepted = *table_.allocate(state);
      stack_.tcp().set_tag(accepted.connection, table_.tag_of(accepted));
      if (peer != nullptr) {
        const auto status = stack_.tcp().status(accepted.connection);
        *peer = status ? status->remote : unnamed(accepted);
      }
      return table_.number_of(accepted);
    }
    if (waiting.may_try_again()) continue;
    return waiting.closed() ? -error::bad_descriptor : fail(*row, waiting.error());
  }
}

int Sockets::connect(int fd, const Endpoint& remote) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (row->kind != Kind::stream) return connect_datagram(*row, remote);
  if (remote == Endpoint{}) return dissolve(*row);
  return connect_stream(*row, remote);
}

int Sockets::adopt(tcp::ConnectionHandle connection, int flags) {
  const Call call(*this);
  const auto status = stack_.tcp().status(connection);
  if (!status) return -error::bad_descriptor;
  SocketState state{.kind = Kind::stream,
                    .non_blocking = (flags & sock::nonblock) != 0,
                    .v6 = status->remote.address.is_v6(),
                    .protocol = ipproto::tcp};
  state.connection = connection;
  Descriptor* row = table_.allocate(state);
  if (row == nullptr) {
    stack_.tcp().abort(connection, driver_.now());
    return -error::file_table_overflow;
  }
  stack_.tcp().set_tag(connection, table_.tag_of(*row));
  return table_.number_of(*row);
}

int Sockets::connect_stream(Descriptor& row, const Endpoint& remote) {
  if (row.listening) return fail(row, error::not_supported);
  if (row.connection) {
    const auto status = stack_.tcp().status(row.connection);
    const tcp::State state = status ? status->state : tcp::State::closed;
    if (opening(state)) return row.non_blocking ? fail(row, error::already) : await_connection(row, error::already);
    const bool untold = std::exchange(row.connecting, false) && config_.connect_tells_success;
    if (state != tcp::State::closed) return untold ? 0 : fail(row, error::is_connected);
    // A failed attempt whose result nobody asked for is told now; the next call begins another one.
    const int error = errno_of(stack_.tcp().take_error(row.connection));
    forget_connection(row);
    if (error != 0) return fail(row, error);
  }
  if (const int wrong = family_error(row, remote.address); wrong != 0) return fail(row, wrong);
  if (row.deferred.port != 0) return fail(row, error::is_connected);
  if (defer_connection(row, remote)) return 0;
  const int begun = begin_connection(row, remote, row.fast_open_connect);
  if (begun < 0) return begun;
  row.connecting = row.non_blocking;
  return row.non_blocking ? fail(row, error::in_progress) : await_connection(row, error::in_progress);
}

int Sockets::begin_connection(Descriptor& row, Endpoint remote, bool fast_open, std::span<const Bytes> data) {
  if (remote.port == 0) return fail(row, error::address_not_available);
  row.options.fast_open = fast_open;
  row.deferred = {};
  row.connecting = false;
  const auto connection = stack_.tcp().connect(row.listener, remote, row.options, driver_.now(), data);
  if (!connection) return fail(row, errno_of(connection.error()));
  row.listener = {};
  row.connection = *connection;
  stack_.tcp().set_tag(row.connection, table_.tag_of(row));
  return 0;
}

/// `when_late` is what the time-out of sending makes of it: EINPROGRESS for who began, EALREADY for others.
int Sockets::await_connection(Descriptor& row, int when_late) {
  Waiting waiting(*this, row, event::out | event::err | event::hup, row.send_timeout, false);
  for (;;) {
    const auto status = stack_.tcp().status(row.connection);
    const tcp::State state = status ? status->state : tcp::State::closed;
    if (state == tcp::State::closed) {
      const int error =
          status ? errno_of(stack_.tcp().take_error(row.connection)) : 0;  // AF_UNSPEC: it is gone
      forget_connection(row);
      return fail(row, error == 0 ? error::connection_aborted : error);
    }
    if (!opening(state)) return 0;
    if (waiting.may_try_again()) continue;
    if (waiting.closed()) return -error::bad_descriptor;
    row.connecting = true;
    return fail(row, waiting.timed_out() ? when_late : waiting.error());
  }
}

/// Is there a connection that was opened, or is being opened, and that is not over in both directions?
bool Sockets::connection_lives(const Descriptor& row) const {
  const auto status = stack_.tcp().status(row.connection);
  return status && status->state != tcp::State::closed && status->state != tcp::State::time_wait;
}

/// AF_UNSPEC, as on Linux: the connection is reset, and the socket as new but for its options.
int Sockets::dissolve(Descriptor& row) {
  if (row.listening) stop_listening(row);
  if (row.connection) {
    if (const tcp::Options* options = stack_.tcp().options(row.connection)) row.options = *options;
    stack_.tcp().abort(row.connection, driver_.now());
    row.connection = {};
  }
  row.deferred = {};
  row.untold_error = 0;
  row.last_error = 0;
  driver_.notify(row);
  return 0;
}

/// The descriptor goes back to what socket() made of it, with its options.
void Sockets::forget_connection(Descriptor& row) {
  if (const tcp::Options* options = stack_.tcp().options(row.connection)) row.options = *options;
  stack_.tcp().close(row.connection, driver_.now());
  row.connection = {};
}

int Sockets::connect_datagram(Descriptor& row, const Endpoint& remote) {
  const bool dissolve = remote == Endpoint{};
  if (const int wrong = dissolve ? 0 : family_error(row, remote.address); wrong != 0) return fail(row, wrong);
  if (!dissolve && remote.address.is_unspecified()) return fail(row, error::address_not_available);
  row.receive_shut = false;
  row.send_shut = false;
  if (row.kind == Kind::datagram) {
    if (!dissolve && remote.port == 0) return fail(row, error::address_not_available);
    const auto result = stack_.udp().connect(row.datagram, remote, driver_.now());
    return result ? 0 : fail(row, errno_of(result.error()));
  }
  const auto result = stack_.raw().connect(row.raw, remote.address);
  return result ? 0 : fail(row, errno_of(result.error()));
}

int Sockets::getsockname(int fd, Endpoint& local) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  local = unnamed(*row);
  if (row->kind == Kind::datagram) local = shown(*row, stack_.udp().local(row->datagram));
  if (row->kind == Kind::raw) local = shown(*row, {stack_.raw().local(row->raw), 0});
  if (row->connection) {
    if (const auto status = stack_.tcp().status(row->connection)) local = status->local;
  } else if (row->listener) {
    if (const auto status = stack_.tcp().status(row->listener)) local = shown(*row, status->local);
  }
  return 0;
}

int Sockets::getpeername(int fd, Endpoint& remote) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  Endpoint peer = unnamed(*row);
  if (row->kind == Kind::datagram) peer = stack_.udp().remote(row->datagram);
  if (row->kind == Kind::raw) peer = {stack_.raw().remote(row->raw), 0};
  if (row->connection) {
    const auto status = stack_.tcp().status(row->connection);
    if (connection_lives(*row) && status->state >= tcp::State::syn_received) peer = status->remote;
  }
  if (peer.address.is_unspecified()) return fail(*row, error::not_connected);
  remote = peer;
  return 0;
}

}  // namespace linnet::sockets
