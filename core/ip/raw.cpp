// SPDX-License-Identifier: Apache-2.0
#include "core/ip/raw.hpp"

namespace linnet::ip {
namespace {

RawError error_of(Send result) {
  switch (result) {
    case Send::busy: return RawError::would_block;
    case Send::too_big: return RawError::too_big;
    case Send::unreachable: return RawError::unreachable;
    case Send::no_memory: return RawError::no_memory;
    case Send::bad_source: return RawError::address_not_available;
    case Send::sent:
    case Send::no_route: break;
  }
  return RawError::no_route;
}

}  // namespace

RawSockets::RawSockets(const Config& config, Arena& arena, Ip& ip, DropCounters& drops)
    : ip_(ip), drops_(drops), sockets_(arena, config.raw_sockets), items_(arena, config.raw_queue) {}

RawSockets::~RawSockets() {
  while (RawSocket* socket = all_.front()) close(sockets_.handle_of(*socket));
}

Result<RawHandle, RawError> RawSockets::open(std::uint8_t protocol, bool v6) {
  if (protocol == protocol::tcp || protocol == protocol::udp) return Failure{RawError::invalid};
  RawSocket* socket = sockets_.create();
  if (socket == nullptr) return Failure{RawError::no_memory};
  socket->protocol = protocol;
  socket->v6 = v6;
  all_.push_back(*socket);
  return sockets_.handle_of(*socket);
}

void RawSockets::close(RawHandle handle) {
  RawSocket* socket = sockets_.find(handle);
  if (socket == nullptr) return;
  while (RawItem* item = socket->queue.pop_front()) items_.destroy(*item);
  socket->unlink();
  sockets_.destroy(*socket);
}

Result<void, RawError> RawSockets::bind(RawHandle handle, const IpAddress& local) {
  RawSocket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{RawError::closed};
  if (!local.is_unspecified() && !ip_.is_own(local)) return Failure{RawError::address_not_available};
  socket->local = ip_.scoped_own(local);
  return {};
}

Result<void, RawError> RawSockets::connect(RawHandle handle, const IpAddress& remote) {
  RawSocket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{RawError::closed};
  if (remote.is_unspecified()) {
    socket->remote = remote;
    return {};
  }
  const auto path = ip_.path(remote, socket->local, socket->options.interface);
  if (!path || remote.is_v4() == socket->v6) return Failure{RawError::no_route};
  socket->remote = ip_.scoped(remote, path->interface);
  return {};
}

Result<std::size_t, RawError> RawSockets::send(RawHandle handle, std::span<const Bytes> payload,
                                               const IpAddress* to, Instant now) {
  const RawSocket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{RawError::closed};
  const IpAddress& destination = to != nullptr ? *to : socket->remote;
  if (destination.is_unspecified()) return Failure{RawError::not_connected};
  if (destination.is_v4() == socket->v6) return Failure{RawError::no_route};
  const RawOptions& options = socket->options;
  if (!options.broadcast && ip_.is_broadcast(destination, options.interface))
    return Failure{RawError::access};
  Frame frame;
  for (const Bytes piece : payload) {
    if (!frame.add_payload(piece)) return Failure{RawError::invalid};
  }
  const std::size_t size = frame.payload_size();
  std::array<std::uint8_t, IcmpHeader::size> header{};
  if (socket->protocol == (socket->v6 ? protocol::icmpv6 : protocol::icmp)) {  // RFC 3542 3.1
    // Its header moves into the frame's own, where the checksum can be filled in.
    if (size < header.size()) return Failure{RawError::invalid};
    Frame whole;
    frame.slice_payload_into(whole, 0, header.size());
    whole.gather(header.data());
    Frame message;
    frame.slice_payload_into(message, header.size(), size - header.size());
    copy_bytes(message.prepend(header.size()), header);
    message.checksum = {.header_from_end = IcmpHeader::size, .field = 2};
    return sent(*socket, message, destination, size, now);
  }
  return sent(*socket, frame, destination, size, now);
}

Result<std::size_t, RawError> RawSockets::sent(const RawSocket& socket, Frame& frame,
                                               const IpAddress& destination, std::size_t size, Instant now) {
  const RawOptions& options = socket.options;
  const SendInfo info{.source = socket.local,
                      .destination = destination,
                      .protocol = socket.protocol,
                      .ttl = options.ttl,
                      .traffic_class = options.traffic_class,
                      .dont_fragment = options.dont_fragment,
                      .interface = options.interface};
  const Send result = ip_.send(frame, info, now);
  if (result != Send::sent) return Failure{error_of(result)};
  return size;
}

Result<RawReceived, RawError> RawSockets::receive(RawHandle handle, MutableBytes to, bool peek) {
  RawSocket* socket = sockets_.find(handle);
  if (socket == nullptr) return Failure{RawError::closed};
  RawItem* item = socket->queue.front();
  if (item == nullptr) return Failure{RawError::would_block};
  RawReceived info = item->info;
  const Bytes bytes = item->packet.bytes();
  info.size = bytes.size() < to.size() ? bytes.size() : to.size();
  copy_bytes(to.data(), bytes.first(info.size));
  if (!peek) {
    item->unlink();
    items_.destroy(*item);
    --socket->count;
  }
  return info;
}

RawOptions* RawSockets::options(RawHandle handle) {
  RawSocket* socket = sockets_.find(handle);
  return socket != nullptr ? &socket->options : nullptr;
}

bool RawSockets::readable(RawHandle handle) const { return queued(handle) > 0; }

std::uint16_t RawSockets::queued(RawHandle handle) const {
  const RawSocket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->count : std::uint16_t{0};
}

std::uint8_t RawSockets::protocol(RawHandle handle) const {
  const RawSocket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->protocol : std::uint8_t{0};
}

IpAddress RawSockets::local(RawHandle handle) const {
  const RawSocket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->local : IpAddress{};
}

IpAddress RawSockets::remote(RawHandle handle) const {
  const RawSocket* socket = sockets_.find(handle);
  return socket != nullptr ? socket->remote : IpAddress{};
}

void RawSockets::set_tag(RawHandle handle, std::uint32_t tag) {
  if (RawSocket* socket = sockets_.find(handle)) socket->tag = tag;
}

std::optional<std::uint32_t> RawSockets::take_changed() {
  // Few sockets: a walk, but only when there was news.
  for (RawSocket* socket = news_ ? all_.front() : nullptr; socket != nullptr; socket = all_.next(*socket)) {
    if (!socket->changed) continue;
    socket->changed = false;
    return socket->tag;
  }
  news_ = false;
  return std::nullopt;
}

bool RawSockets::wants(const RawSocket& socket, const Datagram& datagram) {
  // Of an error, `source` and `destination` are those of a packet of ours: the other way round.
  const bool error = datagram.error != ErrorKind::none;
  const IpAddress& local = error ? datagram.source : datagram.destination;
  const IpAddress& remote = error ? datagram.destination : datagram.source;
  return socket.protocol == datagram.protocol && socket.v6 != local.is_v4() && (socket.local.is_unspecified() || socket.local == local) &&
         (socket.remote.is_unspecified() || socket.remote == remote) &&
         (socket.options.interface == any_interface || socket.options.interface == datagram.interface);
}

RawSocket* RawSockets::next_wanting(RawSocket* socket, const Datagram& datagram) {
  while (socket != nullptr && !wants(*socket, datagram)) socket = all_.next(*socket);
  return socket;
}

bool RawSockets::receive(Datagram& datagram, Instant now) {
  RawSocket* socket = next_wanting(all_.front(), datagram);
  if (socket == nullptr) return false;
  while (RawSocket* next = next_wanting(all_.next(*socket), datagram)) {
    const Bytes bytes = datagram.packet.bytes();
    Block copy = ip_.pool().plenty() ? ip_.pool().allocate(bytes.size()) : Block();
    if (copy) {
      copy_bytes(copy.data(), bytes);
      queue(*socket, datagram, Packet(std::move(copy), 0, datagram.packet.size()), now);
    } else {
      drops_.add(Drop::no_block);
    }
    socket = next;
  }
  queue(*socket, datagram, std::move(datagram.packet), now);
  return true;
}

void RawSockets::queue(RawSocket& socket, const Datagram& datagram, Packet packet, Instant now) {
  // A pool that runs low is left to those who empty their queues.
  const bool room = ip_.pool().plenty() || socket.count == 0;
  RawItem* item = room ? items_.create() : nullptr;
  if (item == nullptr) return drops_.add(Drop::raw_queue_full);
  item->info = {.source = datagram.source,
                .destination = datagram.destination,
                .protocol = datagram.protocol,
                .interface = datagram.interface,
                .ttl = datagram.ttl,
                .traffic_class = datagram.traffic_class,
                .size = 0,
                .datagram_size = packet.size(),
                .received = now,
                .error = datagram.error,
                .icmp_type = datagram.icmp_type,
                .icmp_code = datagram.icmp_code,
                .mtu = datagram.mtu,
                .reporter = datagram.reporter};
  item->packet = std::move(packet);
  socket.queue.push_back(*item);
  ++socket.count;
  socket.changed = true;
  news_ = true;
}

void RawSockets::digest(Digest& digest) const {
  sockets_.for_each([&](const RawSocket& socket) {
    digest.add(socket.local.bytes());
    digest.add(socket.remote.bytes());
    digest.add((std::uint64_t{socket.protocol} << 16) | socket.count);
  });
}

}  // namespace linnet::ip
