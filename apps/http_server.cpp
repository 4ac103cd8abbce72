// SPDX-License-Identifier: Apache-2.0
#include "apps/http_server.hpp"

#include <algorithm>

namespace linnet::apps {
namespace {

constexpr int rounds_per_turn = 4;  // then the others have theirs

}  // namespace

HttpServer::HttpServer(sockets::Host& host, std::uint16_t port, int backlog, HttpSite& site)
    : host_(&host),
      sockets_(&host.sockets()),
      site_(&site),
      listener_(listen_on(host.sockets(), port, backlog)),
      scratch_(HttpSession::buffer_size) {}

void HttpServer::fill(std::vector<sockets::PollEntry>& entries) {
  const bool accepting = connections_.size() < max_connections && accept_again_ == Instant();
  entries.push_back({.fd = accepting ? listener_ : -1, .events = sockets::event::in});
  for (Connection& connection : connections_) {
    std::uint16_t events = connection.session.wants_input() ? sockets::event::in : 0;
    if (!connection.session.output().empty() && !connection.tls_reads) events |= sockets::event::out;
    if (connection.tls_reads) events |= sockets::event::in;
    if (connection.tls_writes) events |= sockets::event::out;
    entries.push_back({.fd = connection.fd, .events = events});
  }
}

void HttpServer::process(std::span<const sockets::PollEntry> entries, Instant now) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].revents == 0) continue;
    Connection& connection = connections_[i - 1];
    if (serve(connection, entries[i].revents, now)) continue;
    sockets_->close(connection.fd);
    connection.fd = -1;
  }
  remove_closed();
  if (entries[0].revents != 0) accept(now);
}

void HttpServer::accept(Instant now) {
  while (connections_.size() < max_connections) {
    const int fd = sockets_->accept(listener_, nullptr, sockets::sock::nonblock);
    if (fd == -sockets::error::file_table_overflow || fd == -sockets::error::no_buffers) {
      accept_again_ = now + Duration::milliseconds(100);
    }
    if (fd < 0) return;
    // What is written here is written in large pieces: Nagle's algorithm could only delay the last one.
    sockets_->set_option(fd, sockets::ipproto::tcp, sockets::tcp_option::no_delay, 1);
    add(fd, now);
    if (serve(connections_.back(), sockets::event::in, now)) continue;
    sockets_->close(fd);
    connections_.pop_back();
  }
}

void HttpServer::add(int fd, Instant now) {
  connections_.push_back({.fd = fd, .session = HttpSession(*site_, now)});
  if (tls_options_) connections_.back().tls = std::make_unique<tls::Stream>(*host_, fd, *tls_options_);
}

std::ptrdiff_t HttpServer::receive(Connection& connection) {
  if (connection.tls == nullptr) return sockets_->recv(connection.fd, scratch_);
  std::size_t count = 0;
  const tls::Step step = connection.tls->connection().read(scratch_, count);
  return result_of(connection, step, count);
}

std::ptrdiff_t HttpServer::send(Connection& connection, Bytes bytes) {
  if (connection.tls == nullptr) return sockets_->send(connection.fd, bytes);
  std::size_t count = 0;
  const tls::Step step = connection.tls->connection().write(bytes, count);
  return result_of(connection, step, count);
}

/// As the socket's calls have it, where anything but "not now" is the end.
std::ptrdiff_t HttpServer::result_of(Connection& connection, tls::Step step, std::size_t count) {
  connection.tls_reads = step == tls::Step::want_read && !connection.tls->connection().established();
  connection.tls_writes = step == tls::Step::want_write;
  if (step == tls::Step::want_read || step == tls::Step::want_write) return -sockets::error::try_again;
  if (step == tls::Step::failed) return -sockets::error::connection_aborted;
  return static_cast<std::ptrdiff_t>(count);
}

/// Nothing more will be sent: TLS has a word for that, too.
void HttpServer::shut(Connection& connection) {
  if (connection.tls != nullptr) {
    connection.tls_writes = connection.tls->connection().close() == tls::Step::want_write;
    if (connection.tls_writes) return;
  }
  connection.shut = true;
  sockets_->shutdown(connection.fd, sockets::shut::write);
}

bool HttpServer::serve(Connection& connection, std::uint16_t events, Instant now) {
  bool moved = false;
  for (int round = 0; round < rounds_per_turn; ++round) {
    bool moved_now = false;
    if (!take_input(connection, now, moved_now) || !give_output(connection, now, moved_now)) return false;
    moved = moved || moved_now;
    if (!moved_now) break;
  }
  const HttpSession::Stage stage = connection.session.stage();
  if (stage == HttpSession::Stage::over) return false;
  if (stage == HttpSession::Stage::draining && !connection.shut) shut(connection);
  // A connection that is dead, and on which nothing can be done to find that out, would be ready for ever.
  return moved || (events & (sockets::event::err | sockets::event::hup)) == 0;
}

bool HttpServer::take_input(Connection& connection, Instant now, bool& moved) {
  if (!connection.session.wants_input()) return true;
  const std::ptrdiff_t n = receive(connection);
  if (n == -sockets::error::try_again) return true;
  if (n < 0) return false;
  moved = true;
  if (n == 0) {
    connection.session.end_of_input();
  } else {
    connection.session.receive(Bytes(scratch_).first(static_cast<std::size_t>(n)), now);
  }
  return true;
}

bool HttpServer::give_output(Connection& connection, Instant now, bool& moved) {
  const Bytes output = connection.session.output();
  if (output.empty()) return true;
  const std::ptrdiff_t n = send(connection, output);
  if (n == -sockets::error::try_again) return true;
  if (n < 0) return false;
  moved = true;
  connection.session.sent(static_cast<std::size_t>(n), now);
  return true;
}

void HttpServer::remove_closed() {
  std::erase_if(connections_, [](const Connection& connection) { return connection.fd < 0; });
}

Instant HttpServer::deadline() const {
  Instant first = accept_again_ == Instant() ? Instant::never() : accept_again_;
  for (const Connection& connection : connections_) first = earlier(first, connection.session.deadline());
  return first;
}

void HttpServer::expire(Instant now) {
  if (accept_again_ <= now) accept_again_ = Instant();
  for (Connection& connection : connections_) {
    if (connection.session.deadline() > now) continue;
    connection.session.expire(now);
    if (serve(connection, 0, now)) continue;
    sockets_->close(connection.fd);
    connection.fd = -1;
  }
  remove_closed();
}

void HttpServer::stop() {
  for (Connection& connection : connections_) sockets_->close(connection.fd);
  connections_.clear();
  if (listener_ >= 0) sockets_->close(listener_);
  listener_ = -1;
}

}  // namespace linnet::apps
