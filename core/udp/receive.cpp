// SPDX-License-Identifier: Apache-2.0
// What comes in: RFC 768, RFC 1122 4.1.3.
#include "core/base/checksum.hpp"
#include "core/ip/bound_address.hpp"
#include "core/udp/udp.hpp"
#include "core/udp/wire.hpp"

namespace linnet::udp {

/// A datagram on its way to a socket.
struct Udp::Delivery {
  Endpoint source;
  Endpoint destination;
  std::uint8_t interface = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  bool reassembled = false;
};

namespace {

bool checksum_good(const ip::Datagram& datagram, const Header& header, Bytes bytes) {
  // RFC 768: zero says that the sender made none; RFC 8200 8.1: over IPv6 it must.
  if (header.checksum() == 0) return datagram.source.is_v4();
  if (datagram.packet.info.checksum_verified) return true;
  Checksum checksum =
      pseudo_header_checksum(datagram.source, datagram.destination, ip::protocol::udp, header.length());
  checksum.add(bytes.first(header.length()));
  return checksum.good();
}

}  // namespace

bool Udp::receive(ip::Datagram& datagram, Instant) {
  const auto fail = [&](Drop reason) {
    drops_.add(reason);
    return true;
  };
  const Bytes bytes = datagram.packet.bytes();
  const auto header = Header::parse(bytes);
  if (!header) return fail(Drop::udp_length);
  if (!checksum_good(datagram, *header, bytes)) return fail(Drop::udp_checksum);
  if (header->destination_port() == 0) return fail(Drop::udp_port_zero);
  const Delivery delivery{.source = {datagram.source, header->source_port()},
                          .destination = {datagram.destination, header->destination_port()},
                          .interface = datagram.interface,
                          .ttl = datagram.ttl,
                          .traffic_class = datagram.traffic_class,
                          .reassembled = datagram.packet.info.reassembled};
  Socket* socket = best_match(delivery);
  if (socket == nullptr) return false;
  const std::uint16_t length = header->length();
  datagram.packet.truncate(length);  // RFC 768: what is behind it is not of the datagram (C14-01)
  datagram.packet.consume(Header::size);
  if (datagram.group && socket->reuse) {
    deliver_to_group(delivery, *socket, datagram);
  } else {
    queue(*socket, delivery, std::move(datagram.packet));
  }
  return true;
}

/// How closely a socket fits, or -1 when it does not.
int Udp::match(const Socket& socket, const Delivery& delivery) const {
  if (socket.local.port != delivery.destination.port) return -1;
  int score = 0;
  if (socket.options.interface != ip::any_interface) {
    if (socket.options.interface != delivery.interface) return -1;
    score += 1;
  }
  if (!ip::covers(socket.local.address, socket.options.v6_only, delivery.destination.address)) return -1;
  if (!socket.local.address.is_unspecified()) score += 2;
  if (socket.is_connected()) {
    if (socket.remote != delivery.source) return -1;
    score += 4;
  }
  // RFC 3376 3.1, RFC 3678 1: a group that one socket has joined is no other's.
  if (delivery.destination.address.is_multicast()) {
    const ip::Membership who{.owner = owner_of(sockets_.handle_of(socket)),
                             .interface = delivery.interface,
                             .group = delivery.destination.address};
    if (!ip_.groups().allows(who, delivery.source.address)) return -1;
  }
  return score;
}

Socket* Udp::best_match(const Delivery& delivery) const {
  Socket* best = nullptr;
  int best_score = -1;
  ports_.find(hash(delivery.destination.port), [&](Socket& socket) {
    if (const int score = match(socket, delivery); score > best_score) {
      best_score = score;
      best = &socket;
    }
    return false;
  });
  return best;
}

/// A broadcast or multicast goes to all who share the port: copies to all but `best`.
void Udp::deliver_to_group(const Delivery& delivery, Socket& best, ip::Datagram& datagram) {
  ports_.find(hash(delivery.destination.port), [&](Socket& socket) {
    if (&socket == &best || match(socket, delivery) < 0) return false;
    if (Block copy = copy_of(datagram.packet.bytes())) {
      queue(socket, delivery, Packet(std::move(copy), 0, datagram.packet.size()));
    } else {
      ++socket.dropped;
      drops_.add(Drop::no_block);
    }
    return false;
  });
  queue(best, delivery, std::move(datagram.packet));
}

Block Udp::copy_of(Bytes payload) {
  BlockPool& pool = ip_.pool();
  Block copy = pool.plenty() ? pool.allocate(payload.size()) : Block();
  if (copy) copy_bytes(copy.data(), payload);
  return copy;
}

/// Whether one more datagram may be held: the last quarter of the queue's places, and the pool's reserve, are
/// for sockets that hold none, so that one that nobody reads starves no other.
bool Udp::room_for(const Socket& socket, std::size_t size) const {
  if (items_.free() == 0) return false;
  if (socket.queued == 0) return true;
  const BlockPool& pool = ip_.pool();
  const std::uint32_t limit =
      socket.options.receive_buffer != 0 ? socket.options.receive_buffer : config_.receive_buffer;
  const bool blocks =
      pool.plenty() && (pool.large_count() == 0 || pool.large_free() > pool.large_count() / 8);
  return blocks && items_.free() > items_.capacity() / 4 && size <= limit &&
         socket.queued_bytes <= limit - size;
}

void Udp::queue(Socket& socket, const Delivery& delivery, Packet packet) {
  QueuedDatagram* item = room_for(socket, packet.size()) ? items_.create() : nullptr;
  if (item == nullptr) {
    ++socket.dropped;
    return drops_.add(Drop::udp_queue_full);
  }
  // A little datagram does not keep a block of 64 KiB: it was reassembled there.
  Block small = packet.size() <= ip_.pool().small_size() && packet.capacity() > ip_.pool().small_size()
                    ? copy_of(packet.bytes())
                    : Block();
  item->packet = small ? Packet(std::move(small), 0, packet.size()) : std::move(packet);
  item->source = delivery.source;
  item->destination = delivery.destination.address;
  item->interface = delivery.interface;
  item->ttl = delivery.ttl;
  item->traffic_class = delivery.traffic_class;
  item->reassembled = delivery.reassembled;
  socket.queue.push_back(*item);
  ++socket.queued;
  socket.queued_bytes += item->packet.size();
  mark_changed(socket);
}

bool Udp::sends_from(const Endpoint& local) const {
  return ports_.find(hash(local.port), [&](const Socket& s) {
           return s.local.port == local.port && !s.is_connected() &&
                  ip::covers(s.local.address, s.options.v6_only, local.address);
         }) != nullptr;
}

void Udp::error(const ip::Datagram& datagram, Instant now) {
  const auto header = Header::parse_quoted(datagram.packet.bytes());
  if (!header) return drops_.add(Drop::icmp_quote);
  // RFC 1122 4.1.3.3, and only for connected sockets (C14-05): others cannot tell which peer it is about.
  const Endpoint local{datagram.source, header->source_port()};
  const Endpoint remote{datagram.destination, header->destination_port()};
  Socket* socket = ports_.find(hash(local.port), [&](const Socket& s) {
    return s.local == local && s.is_connected() && s.remote == remote;
  });
  if (socket == nullptr) {
    // RFC 8201 4: nobody else splits what an unconnected socket sends by IPv6.
    if (datagram.error != ip::ErrorKind::fragmentation_needed || local.address.is_v4() || !sends_from(local)) {
      return drops_.add(Drop::icmp_quote);
    }
    ip_.path_mtu_update(datagram.destination, datagram.mtu, now);
    return;
  }
  switch (datagram.error) {
    case ip::ErrorKind::port_unreachable:
    case ip::ErrorKind::protocol_unreachable: socket->error = Error::connection_refused; break;
    case ip::ErrorKind::net_unreachable: socket->error = Error::net_unreachable; break;
    case ip::ErrorKind::host_unreachable:
    case ip::ErrorKind::administratively_prohibited:
    case ip::ErrorKind::time_exceeded: socket->error = Error::host_unreachable; break;
    case ip::ErrorKind::fragmentation_needed:
      ip_.path_mtu_update(datagram.destination, datagram.mtu, now);
      if (!socket->options.dont_fragment) return;
      socket->error = Error::too_big;
      break;
    case ip::ErrorKind::parameter_problem:
    case ip::ErrorKind::none: return;
  }
  mark_changed(*socket);
}

}  // namespace linnet::udp
