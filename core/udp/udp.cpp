// SPDX-License-Identifier: Apache-2.0
// Udp: the calls of its users. Ports are in ports.cpp, what comes in in receive.cpp, what goes out in
// send.cpp.
#include "core/udp/udp.hpp"

namespace linnet::udp {

Udp::Udp(const Config& config, Arena& arena, Random& random, ip::Ip& ip, DropCounters& drops)
    : config_(config),
      random_(random),
      ip_(ip),
      drops_(drops),
      sockets_(arena, config.sockets),
      items_(arena, config.queue_datagrams),
      ports_(arena, config.sockets) {}

Udp::~Udp() {
  sockets_.for_each([&](Socket& socket) { drop_queue(socket); });
}

Result<SocketHandle, Error> Udp::open(const IpAddress& any) {
  Socket* socket = sockets_.create();
  if (socket == nullptr) return Failure{Error::no_memory};
  socket->bound = any;
  socket->local.address = any;
  return sockets_.handle_of(*socket);
}

void Udp::close(SocketHandle handle) {
  Socket* socket = sockets_.find(handle);
  if (socket == nullptr) return;
  drop_queue(*socket);
  if (socket->local.port != 0) ports_.remove(*socket);
  socket->unlink();
  sockets_.destroy(*socket);
}

Result<Received, Error> Udp::receive(SocketHandle handle, MutableBytes to, bool peek) {
  Socket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{Error::closed};
  if (socket->error) return Failure{*std::exchange(socket->error, std::nullopt)};
  QueuedDatagram* item = socket->queue.front();
  if (item == nullptr) return Failure{Error::would_block};
  const Bytes bytes = item->packet.bytes();
  const Received received{.source = item->source,
                          .destination = {item->destination, socket->local.port},
                          .interface = item->interface,
                          .ttl = item->ttl,
                          .traffic_class = item->traffic_class,
                          .reassembled = item->reassembled,
                          .size = bytes.size() < to.size() ? bytes.size() : to.size(),
                          .datagram_size = bytes.size()};
  copy_bytes(to.data(), bytes.first(received.size));
  if (!peek) {
    socket->queued_bytes -= item->packet.size();
    --socket->queued;
    item->unlink();
    items_.destroy(*item);
  }
  return received;
}

void Udp::drop_queue(Socket& socket) {
  while (QueuedDatagram* item = socket.queue.pop_front()) items_.destroy(*item);
  socket.queued = 0;
  socket.queued_bytes = 0;
}

std::optional<Error> Udp::take_error(SocketHandle handle) {
  Socket* socket = sockets_.find(handle);
  return socket != nullptr ? std::exchange(socket->error, std::nullopt) : std::nullopt;
}

Options* Udp::options(SocketHandle handle) {
  Socket* socket = sockets_.find(handle);
  return socket != nullptr ? &socket->options : nullptr;
}

bool Udp::readable(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket == nullptr || socket->queued > 0 || socket->error.has_value();
}

std::size_t Udp::next_size(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket == nullptr || socket->queued == 0 ? 0 : socket->queue.front()->packet.size();
}

std::uint16_t Udp::queued(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->queued : std::uint16_t{0};
}

bool Udp::has_error(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket != nullptr && socket->error.has_value();
}

Endpoint Udp::local(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->local : Endpoint{};
}

Endpoint Udp::remote(SocketHandle handle) const {
  const Socket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->remote : Endpoint{};
}

void Udp::set_tag(SocketHandle handle, std::uint32_t tag) {
  if (Socket* socket = sockets_.find(handle)) socket->tag = tag;
}

std::optional<std::uint32_t> Udp::take_changed() {
  const Socket* socket = changed_.pop_front();
  return socket != nullptr ? std::optional(socket->tag) : std::nullopt;
}

void Udp::mark_changed(Socket& socket) {
  if (!socket.linked()) changed_.push_back(socket);
}

void Udp::digest(Digest& digest) const {
  sockets_.for_each([&](const Socket& socket) {
    digest.add(socket.local.address.bytes());
    digest.add(socket.remote.address.bytes());
    digest.add((std::uint64_t{socket.local.port} << 32) | (std::uint64_t{socket.remote.port} << 16) |
               socket.queued);
    digest.add((std::uint64_t{socket.queued_bytes} << 8) |
               (socket.error ? static_cast<unsigned>(*socket.error) + 1u : 0u));
  });
}

}  // namespace linnet::udp
