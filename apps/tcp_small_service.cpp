// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "apps/small_services.hpp"

namespace linnet::apps {
namespace {

constexpr std::size_t scratch_size = 256 * 1024;
constexpr int rounds_per_turn = 4;
constexpr std::size_t line_cycle = 95 * 74;  // bytes after which the lines repeat

}  // namespace

std::vector<std::uint8_t> chargen_lines(std::uint64_t first, std::size_t count) {
  std::vector<std::uint8_t> lines;
  lines.reserve(count * 74);
  for (std::size_t line = 0; line < count; ++line) {
    for (std::size_t i = 0; i < 72; ++i) {
      lines.push_back(static_cast<std::uint8_t>(' ' + (first + line + i) % 95));
    }
    lines.push_back('\r');
    lines.push_back('\n');
  }
  return lines;
}

TcpSmallService::TcpSmallService(sockets::Sockets& sockets, SmallService service, std::uint16_t port,
                                 int backlog)
    : sockets_(&sockets),
      service_(service),
      listener_(listen_on(sockets, port, backlog)),
      scratch_(scratch_size),
      lines_(service == SmallService::chargen ? chargen_lines(0, 95 * 10) : std::vector<std::uint8_t>()) {}

void TcpSmallService::fill(std::vector<sockets::PollEntry>& entries) {
  const bool accepting = connections_.size() < max_connections && accept_again_ == Instant();
  entries.push_back({.fd = accepting ? listener_ : -1, .events = sockets::event::in});
  for (const Connection& connection : connections_) {
    const bool sends = !connection.unsent.empty() || service_ == SmallService::chargen;
    // Echo takes nothing more while the peer does not take its own bytes back.
    const bool reads = !connection.input_ended && connection.unsent.empty();
    const int events = (sends ? sockets::event::out : 0) | (reads ? sockets::event::in : 0);
    entries.push_back({.fd = connection.fd, .events = static_cast<std::uint16_t>(events)});
  }
}

void TcpSmallService::process(std::span<const sockets::PollEntry> entries, Instant now) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    Connection& connection = connections_[i - 1];
    if (entries[i].revents == 0 || serve(connection, entries[i].revents)) continue;
    sockets_->close(connection.fd);
    connection.fd = -1;
  }
  std::erase_if(connections_, [](const Connection& connection) { return connection.fd < 0; });
  if (entries[0].revents != 0) accept(now);
}

void TcpSmallService::accept(Instant now) {
  while (connections_.size() < max_connections) {
    const int fd = sockets_->accept(listener_, nullptr, sockets::sock::nonblock);
    if (fd == -sockets::error::file_table_overflow || fd == -sockets::error::no_buffers) {
      accept_again_ = now + Duration::milliseconds(100);
    }
    if (fd < 0) return;
    // A peer that went away without a word must not hold its place for ever.
    sockets_->set_option(fd, sockets::sol::socket, sockets::so::keepalive, 1);
    connections_.push_back({.fd = fd});
  }
}

bool TcpSmallService::serve(Connection& connection, std::uint16_t events) {
  // A reset counts as the end whether or not reading would show it: chargen and a full echo do not read.
  if ((events & sockets::event::err) != 0) return false;
  switch (service_) {
    case SmallService::echo:
      return serve_echo(connection);
    case SmallService::discard:
      return drain(connection) && !connection.input_ended;
    case SmallService::chargen:
      return serve_chargen(connection);
  }
  return false;
}

bool TcpSmallService::serve_echo(Connection& connection) {
  for (int round = 0; round < rounds_per_turn; ++round) {
    if (!send_unsent(connection)) return false;
    if (!connection.unsent.empty()) return true;
    if (connection.input_ended) return false;
    const std::ptrdiff_t n = sockets_->recv(connection.fd, scratch_);
    if (n == -sockets::error::try_again) return true;
    if (n <= 0) return false;  // all that came before was sent back: close() sends our FIN behind it
    const Bytes received = Bytes(scratch_).first(static_cast<std::size_t>(n));
    const std::ptrdiff_t sent = sockets_->send(connection.fd, received);
    if (sent < 0 && sent != -sockets::error::try_again) return false;
    const Bytes rest = received.subspan(static_cast<std::size_t>(std::max<std::ptrdiff_t>(sent, 0)));
    connection.unsent.assign(rest.begin(), rest.end());
  }
  return true;
}

bool TcpSmallService::send_unsent(Connection& connection) {
  if (connection.unsent.empty()) return true;
  const Bytes rest = Bytes(connection.unsent).subspan(connection.unsent_begin);
  const std::ptrdiff_t sent = sockets_->send(connection.fd, rest);
  if (sent == -sockets::error::try_again) return true;
  if (sent < 0) return false;
  connection.unsent_begin += static_cast<std::size_t>(sent);
  if (connection.unsent_begin == connection.unsent.size()) {
    connection.unsent = {};
    connection.unsent_begin = 0;
  }
  return true;
}

bool TcpSmallService::serve_chargen(Connection& connection) {
  if (!drain(connection) || connection.input_ended) return false;  // RFC 864: until the user closes
  for (int round = 0; round < rounds_per_turn; ++round) {
    const std::ptrdiff_t sent = sockets_->send(connection.fd, Bytes(lines_).subspan(connection.line_at));
    if (sent == -sockets::error::try_again) return true;
    if (sent < 0) return false;
    connection.line_at = (connection.line_at + static_cast<std::size_t>(sent)) % line_cycle;
  }
  return true;
}

bool TcpSmallService::drain(Connection& connection) {
  for (int round = 0; round < rounds_per_turn; ++round) {
    const std::ptrdiff_t n = sockets_->recv(connection.fd, scratch_);
    if (n == -sockets::error::try_again) return true;
    if (n < 0) return false;
    if (n == 0) {
      connection.input_ended = true;
      return true;
    }
  }
  return true;
}

void TcpSmallService::stop() {
  for (const Connection& connection : connections_) sockets_->close(connection.fd);
  connections_.clear();
  if (listener_ >= 0) sockets_->close(listener_);
  listener_ = -1;
}

}  // namespace linnet::apps
