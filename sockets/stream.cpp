// SPDX-License-Identifier: Apache-2.0
// The data calls, and what they do on streams.
#include <algorithm>

#include "sockets/call.hpp"
#include "sockets/events.hpp"

namespace linnet::sockets {

namespace {

bool must_wait(tcp::Error error) {
  return error == tcp::Error::would_block || error == tcp::Error::in_progress;
}

}  // namespace

std::ptrdiff_t Sockets::sendto(int fd, Bytes data, int flags, const Endpoint* to) {
  return sendmsg(fd, {.parts = {&data, 1}, .to = to}, flags);
}

std::ptrdiff_t Sockets::sendmsg(int fd, const SendMessage& message, int flags) {
  const Call call(*this);
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (row->untold_error != 0) return fail(*row, std::exchange(row->untold_error, 0));
  // Streams do not look at `to` (POSIX: it may be ignored; Linux and lwIP do so), but with MSG_FASTOPEN.
  return row->kind == Kind::stream ? send_stream(*row, message.parts, flags, message.to)
                                   : send_datagram(*row, message, flags);
}

std::ptrdiff_t Sockets::recvfrom(int fd, MutableBytes to, int flags, Endpoint* from) {
  ReceiveMessage message;
  message.parts = {&to, 1};
  const std::ptrdiff_t result = recvmsg(fd, message, flags);
  if (result >= 0 && from != nullptr) *from = message.from;
  return result;
}

std::ptrdiff_t Sockets::readv(int fd, std::span<const MutableBytes> parts) {
  ReceiveMessage message;
  message.parts = parts;
  return recvmsg(fd, message);
}

std::ptrdiff_t Sockets::recvmsg(int fd, ReceiveMessage& message, int flags) {
  const Call call(*this);
  message.flags = 0;
  Descriptor* row = call.find(fd);
  if (row == nullptr) return -error::bad_descriptor;
  if (row->untold_error != 0) return fail(*row, std::exchange(row->untold_error, 0));
  if (row->kind != Kind::stream) return receive_datagram(*row, message, flags);
  return receive_stream(*row, message.parts, flags);
}

std::ptrdiff_t Sockets::send_stream(Descriptor& row, std::span<const Bytes> parts, int flags, const Endpoint* to) {
  std::size_t on_syn = 0;
  if ((flags & msg::fast_open) != 0 || row.deferred.port != 0) {
    bool connected = false;
    const std::ptrdiff_t begun = connect_with_data(row, parts, flags, to, connected);
    if (!connected) return begun;
    on_syn = static_cast<std::size_t>(begun);
  }
  if (!row.connection) return fail(row, error::not_connected);
  Waiting waiting(*this, row, event::out | event::err | event::hup, row.send_timeout,
                  (flags & msg::dont_wait) != 0);
  Instant now = driver_.now();
  std::ptrdiff_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = std::all_of(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end(),
                                  [](const Bytes& part) { return part.empty(); });
    const tcp::SendFlags send_flags{.more = !last || (flags & msg::more) != 0,
                                    .urgent = last && (flags & msg::oob) != 0};
    const std::size_t sent_before = std::min(on_syn, parts[i].size());
    on_syn -= sent_before;
    total += static_cast<std::ptrdiff_t>(sent_before);
    Bytes rest = parts[i].subspan(sent_before);
    do {
      const auto sent = stack_.tcp().send(row.connection, rest, send_flags, now);
      if (sent) {
        total += static_cast<std::ptrdiff_t>(*sent);
        rest = rest.subspan(*sent);
        continue;
      }
      if (!must_wait(sent.error())) return fail_or(total, row, errno_of(sent.error()));
      if (total > 0 && !waiting.waits()) return total;
      // What waits here for the handshake's end acknowledges the SYN-ACK (as on Linux).
      if (sent.error() == tcp::Error::in_progress && waiting.waits()) stack_.tcp().set_quick_ack(row.connection, false, now);
      if (!waiting.may_try_again()) {
        if (waiting.closed()) return total > 0 ? total : -error::bad_descriptor;
        return fail_or(total, row, waiting.error());
      }
      now = driver_.now();
    } while (!rest.empty());
  }
  return total;
}

std::ptrdiff_t Sockets::receive_stream(Descriptor& row, std::span<const MutableBytes> parts, int flags) {
  if (row.deferred.port != 0) {
    // What waits for the first write to connect has nothing to read; a reader that waits writes nothing before.
    if (row.non_blocking || (flags & msg::dont_wait) != 0) return fail(row, error::try_again);
    const int begun = begin_connection(row, row.deferred, true);
    if (begun < 0) return begun;
  }
  if (!row.connection) return fail(row, error::not_connected);
  if ((flags & msg::oob) != 0) return receive_urgent(row, parts.empty() ? MutableBytes() : parts.front());
  const bool peek = (flags & msg::peek) != 0;
  const bool discard = (flags & msg::discard) != 0;
  const std::ptrdiff_t target = least_read(row, parts, (flags & msg::wait_all) != 0);
  Waiting waiting(*this, row, any_data | event::err | event::hup, row.receive_timeout,
                  (flags & msg::dont_wait) != 0);
  Instant now = driver_.now();
  std::ptrdiff_t total = 0;
  for (MutableBytes rest : parts) {
    while (!rest.empty()) {
      const std::size_t offset = peek ? static_cast<std::size_t>(total) : 0;
      const auto count = discard ? stack_.tcp().discard(row.connection, rest.size(), peek, now, offset)
                                 : stack_.tcp().receive(row.connection, rest, peek, now, offset);
      if (count) {
        if (*count == 0) return total;  // end of file
        total += static_cast<std::ptrdiff_t>(*count);
        rest = rest.subspan(*count);
        if (!rest.empty() && total >= target) return total;  // that was all there is
        if (!peek && stack_.tcp().at_mark(row.connection)) return total;
        continue;
      }
      if (!must_wait(count.error())) return fail_or(total, row, errno_of(count.error()));
      if (total > 0 && (total >= target || !waiting.waits() || (peek && window_closed(row)))) return total;
      if (!waiting.may_try_again()) {
        if (waiting.closed()) return total > 0 ? total : -error::bad_descriptor;
        return fail_or(total, row, waiting.error());
      }
      now = driver_.now();
    }
  }
  return total;
}

/// What recv waits for: all of its room (MSG_WAITALL), or as much of it as SO_RCVLOWAT says.
std::ptrdiff_t Sockets::least_read(const Descriptor& row, std::span<const MutableBytes> parts, bool all) const {
  std::size_t room = 0;
  for (const MutableBytes& part : parts) room += part.size();
  if (!all) {
    const tcp::Options* options = stack_.tcp().options(row.connection);
    room = std::min<std::size_t>(room, options != nullptr ? options->receive_low_water : 1);
  }
  return static_cast<std::ptrdiff_t>(std::max<std::size_t>(room, 1));
}

/// More cannot come before something is read: peeking for more than the receive buffer holds would wait for
/// ever.
bool Sockets::window_closed(const Descriptor& row) const {
  const auto status = stack_.tcp().status(row.connection);
  return !status || status->receive_window < status->segment_size;
}

/// MSG_OOB: RFC 6093 advises against it, old programs have it. It never waits, as on other systems.
std::ptrdiff_t Sockets::receive_urgent(Descriptor& row, MutableBytes to) {
  if (to.empty()) return 0;
  auto byte = stack_.tcp().receive_urgent(row.connection);
  if (!byte) {
    driver_.poll(port_.now());
    byte = stack_.tcp().receive_urgent(row.connection);
  }
  if (!byte) return fail(row, errno_of(byte.error()));
  to.front() = *byte;
  return 1;
}

}  // namespace linnet::sockets
