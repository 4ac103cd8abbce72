// SPDX-License-Identifier: Apache-2.0
// The data calls on datagram and raw sockets.
#include <algorithm>

#include "sockets/call.hpp"
#include "sockets/events.hpp"
#include "sockets/raw_header.hpp"

namespace linnet::sockets {

namespace {

/// A datagram that was read, or would_block, or the socket's error.
struct Incoming {
  int error = 0;
  std::size_t size = 0;   // bytes copied
  std::size_t whole = 0;  // bytes that there were
  Endpoint from{};
  PacketInfo info{};
};

Incoming receive_udp(udp::Udp& udp, udp::SocketHandle socket, MutableBytes to, bool peek) {
  const auto received = udp.receive(socket, to, peek);
  if (!received) return {.error = errno_of(received.error())};
  return {.error = 0,
          .size = received->size,
          .whole = received->datagram_size,
          .from = received->source,
          .info = {.interface = received->interface,
                   .address = received->destination.address,
                   .ttl = received->ttl,
                   .traffic_class = received->traffic_class}};
}

/// A raw socket shows the IP header in front of the payload.
Incoming receive_raw(ip::RawSockets& raw, ip::RawHandle socket, MutableBytes to, bool peek) {
  const auto next = raw.receive(socket, {}, true);
  if (!next) return {.error = errno_of(next.error())};
  std::array<std::uint8_t, raw_prefix_limit> prefix{};
  const std::size_t prefix_size = raw_prefix(*next, prefix);
  const std::size_t in_front = std::min(prefix_size, to.size());
  copy_bytes(to.data(), Bytes(prefix).first(in_front));
  const auto received = raw.receive(socket, to.subspan(in_front), peek);
  const bool error = next->error != ip::ErrorKind::none;
  return {.error = 0,
          .size = in_front + (received ? received->size : 0),
          .whole = prefix_size + next->datagram_size,
          .from = {error ? next->reporter : next->source, 0},
          .info = {.interface = next->interface,
                   .address = error ? next->source : next->destination,
                   .ttl = next->ttl,
                   .traffic_class = next->traffic_class}};
}

Incoming receive_one(Stack& stack, const Descriptor& row, MutableBytes to, bool peek) {
  return row.kind == Kind::datagram ? receive_udp(stack.udp(), row.datagram, to, peek)
                                    : receive_raw(stack.raw(), row.raw, to, peek);
}

std::size_t total_size(std::span<const MutableBytes> parts) {
  std::size_t size = 0;
  for (const MutableBytes& part : parts) size += part.size();
  return size;
}

std::size_t scatter(Bytes from, std::span<const MutableBytes> parts) {
  std::size_t done = 0;
  for (const MutableBytes& part : parts) {
    const std::size_t count = std::min(part.size(), from.size() - done);
    copy_bytes(part.data(), from.subspan(done, count));
    done += count;
  }
  return done;
}

/// The stack copies to one place: into several parts it goes by way of a block of the pool.
Incoming receive_into(Stack& stack, const Descriptor& row, std::span<const MutableBytes> parts, bool peek) {
  if (parts.size() <= 1) return receive_one(stack, row, parts.empty() ? MutableBytes() : parts.front(), peek);
  Incoming incoming = receive_one(stack, row, {}, true);
  if (incoming.error != 0) return incoming;
  const std::size_t size = std::min(incoming.whole, total_size(parts));
  const Block block = stack.pool().allocate(size);
  if (!block) return {.error = error::no_buffers};
  incoming = receive_one(stack, row, {block.data(), size}, peek);
  if (incoming.error == 0) scatter({block.data(), incoming.size}, parts);
  return incoming;
}

/// One attempt; 0, or a positive errno value.
int send_one(Stack& stack, const Descriptor& row, std::span<const Bytes> parts, const SendMessage& message,
             Instant now) {
  const PacketInfo& info = message.info;
  if (row.kind == Kind::datagram) {
    udp::SendOptions options{
        .source = info.address, .ttl = info.ttl, .traffic_class = {}, .interface = info.interface};
    if (info.traffic_class != 0) options.traffic_class = info.traffic_class;
    const auto sent = stack.udp().send(row.datagram, parts, message.to, options, now);
    return sent ? 0 : errno_of(sent.error());
  }
  ip::RawOptions& options = *stack.raw().options(row.raw);
  const ip::RawOptions kept = options;
  if (info.ttl != 0) options.ttl = info.ttl;
  if (info.traffic_class != 0) options.traffic_class = info.traffic_class;
  if (info.interface != ip::any_interface) options.interface = info.interface;
  const auto sent =
      stack.raw().send(row.raw, parts, message.to == nullptr ? nullptr : &message.to->address, now);
  options = kept;
  return sent ? 0 : errno_of(sent.error());
}

}  // namespace

std::ptrdiff_t Sockets::send_datagram(Descriptor& row, const SendMessage& message, int flags) {
  if ((flags & msg::oob) != 0) return fail(row, error::not_supported);
  if (message.to != nullptr) {
    if (const int wrong = family_error(row, message.to->address); wrong != 0) return fail(row, wrong);
  }
  if (row.send_shut) return fail(row, error::broken_pipe);
  std::size_t size = 0;
  for (const Bytes& part : message.parts) size += part.size();
  if (size > udp::Udp::maximum_payload_v6) return fail(row, error::message_too_long);

  Block gathered;  // more parts than a frame points at
  Bytes whole;
  std::span<const Bytes> parts = message.parts;
  if (parts.size() > Frame::max_payload_spans) {
    gathered = stack_.pool().allocate(size);
    if (!gathered) return fail(row, error::no_buffers);
    std::size_t done = 0;
    for (const Bytes& part : parts) {
      copy_bytes(gathered.data() + done, part);
      done += part.size();
    }
    whole = {gathered.data(), size};
    parts = {&whole, 1};
  }

  Waiting waiting(*this, row, event::out, row.send_timeout, (flags & msg::dont_wait) != 0);
  for (;;) {
    const int failure = send_one(stack_, row, parts, message, driver_.now());
    if (failure == 0) return static_cast<std::ptrdiff_t>(size);
    if (failure != error::try_again) return fail(row, failure);
    if (waiting.may_try_device_again()) continue;
    return waiting.closed() ? -error::bad_descriptor : fail(row, waiting.error());
  }
}

std::ptrdiff_t Sockets::receive_datagram(Descriptor& row, ReceiveMessage& message, int flags) {
  Waiting waiting(*this, row, event::in | event::err, row.receive_timeout, (flags & msg::dont_wait) != 0);
  for (;;) {
    const Incoming incoming = receive_into(stack_, row, message.parts, (flags & msg::peek) != 0);
    if (incoming.error == 0) {
      message.from = incoming.from;
      message.info = incoming.info;
      message.flags = incoming.whole > incoming.size ? msg::trunc : 0;
      return static_cast<std::ptrdiff_t>((flags & msg::trunc) != 0 ? incoming.whole : incoming.size);
    }
    if (incoming.error != error::try_again) return fail(row, incoming.error);
    if (row.receive_shut) return 0;
    if (waiting.may_try_again()) continue;
    return waiting.closed() ? -error::bad_descriptor : fail(row, waiting.error());
  }
}

}  // namespace linnet::sockets
