// SPDX-License-Identifier: Apache-2.0
// Udp: RFC 768 and RFC 1122 4.1, over either family.
#pragma once

#include "core/base/digest.hpp"
#include "core/base/object_pool.hpp"
#include "core/base/result.hpp"
#include "core/ip/ip.hpp"
#include "core/udp/config.hpp"
#include "core/udp/socket.hpp"

namespace linnet::udp {

/// The UDP of one stack. Never calls its user back: ask `take_changed` after each poll.
class Udp {
 public:
  static constexpr std::size_t maximum_payload = 65507;     ///< over IPv4: 65,535 less 20 and 8
  static constexpr std::size_t maximum_payload_v6 = 65527;  ///< over IPv6, whose length counts no header: less 8
  static constexpr std::size_t maximum_pieces = 16;  ///< of a datagram's payload; fragments need room beside
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<Socket>::memory_needed(config.sockets) +
           ObjectPool<QueuedDatagram>::memory_needed(config.queue_datagrams) +
           HashTable<Socket, PortTag>::memory_needed(config.sockets);
  }
  Udp(const Config& config, Arena& arena, Random& random, ip::Ip& ip, DropCounters& drops);
  ~Udp();
  Udp(const Udp&) = delete;
  Udp& operator=(const Udp&) = delete;

  /// Errors: no_memory.
  /// `any`: the unspecified address of the family that the socket speaks: 0.0.0.0, or :: for both.
  Result<SocketHandle, Error> open(const IpAddress& any = IpAddress::any_v6());
  /// By which Ip::groups() knows the socket. What is sent to a group reaches only sockets that are members of it where
  /// it comes in; who closes a socket takes its memberships away (Groups::leave_all).
  static std::uint32_t owner_of(SocketHandle socket) {
    return (std::uint32_t{socket.index} << 16) | socket.generation;
  }
  /// Gives the handle back; what was queued is gone. A stale handle does nothing.
  void close(SocketHandle socket);
  /// Port 0 picks one (RFC 6056). `reuse`: others that say so too may have the same endpoint. Errors: invalid
  /// (bound already), address_in_use, address_not_available.
  Result<void, Error> bind(SocketHandle socket, const Endpoint& local, bool reuse);
  /// From now on only datagrams from `remote` are received, its ICMP errors are reported, and `send` needs no
  /// address. A remote with an unspecified address dissolves that. Errors: no_route, invalid (port 0),
  /// access.
  Result<void, Error> connect(SocketHandle socket, const Endpoint& remote, Instant now);
  /// Sends one datagram made of the pieces of `payload` (at most maximum_pieces that are not empty),
  /// to `to`, or if that is null to the connected peer. Binds the socket on its first use. A pending ICMP
  /// error is reported first, instead of sending. Yields the number of bytes.
  Result<std::size_t, Error> send(SocketHandle socket, std::span<const Bytes> payload, const Endpoint* to,
                                  const SendOptions& options, Instant now);
  /// Copies the oldest datagram and, unless `peek`, removes it. A pending ICMP error is reported first.
  Result<Received, Error> receive(SocketHandle socket, MutableBytes to, bool peek);
  /// The pending ICMP error of a connected socket, cleared by asking.
  std::optional<Error> take_error(SocketHandle socket);
  /// Null when the handle is stale.
  Options* options(SocketHandle socket);

  /// True when `receive` would not say would_block.
  bool readable(SocketHandle socket) const;
  /// Payload bytes of the datagram that is next, 0 if there is none.
  std::size_t next_size(SocketHandle socket) const;
  std::uint16_t queued(SocketHandle socket) const;
  bool has_error(SocketHandle socket) const;
  /// Port 0: not bound, not connected, or stale.
  Endpoint local(SocketHandle socket) const;
  Endpoint remote(SocketHandle socket) const;

  /// A number of the user's own that `take_changed` yields: the descriptor.
  void set_tag(SocketHandle socket, std::uint32_t tag);
  /// The tag of a socket that got a datagram or an error since its last turn; each change once.
  std::optional<std::uint32_t> take_changed();

  /// Takes a datagram from IP; false, and the datagram untouched, when no socket has the port.
  bool receive(ip::Datagram& datagram, Instant now);
  /// Takes an ICMP message about a datagram of ours.
  void error(const ip::Datagram& datagram, Instant now);

  /// visit(const SocketView&)
  template <typename Visit>
  void for_each(Visit&& visit) const {
    sockets_.for_each([&](const Socket& s) {
      visit(SocketView{s.local, s.remote, s.queued, s.queued_bytes, s.dropped});
    });
  }
  const Config& config() const { return config_; }
  void digest(Digest& digest) const;

 private:
  // ports.cpp
  static std::uint32_t hash(std::uint16_t port) { return port * 0x9e3779b1u >> 16; }
  bool conflicts(const Socket& socket, const Endpoint& local, bool reuse) const;
  bool port_free(std::uint16_t port) const;
  std::uint16_t choose_port();
  bool bind_ephemeral(Socket& socket);
  void enter_port(Socket& socket, const Endpoint& local);

  // receive.cpp
  struct Delivery;
  int match(const Socket& socket, const Delivery& delivery) const;
  bool sends_from(const Endpoint& local) const;
  Socket* best_match(const Delivery& delivery) const;
  void deliver_to_group(const Delivery& delivery, Socket& best, ip::Datagram& datagram);
  Block copy_of(Bytes payload);
  bool room_for(const Socket& socket, std::size_t size) const;
  void queue(Socket& socket, const Delivery& delivery, Packet packet);
  void drop_queue(Socket& socket);
  void mark_changed(Socket& socket);

  // send.cpp
  IpAddress source_of(const Socket& socket) const;
  Result<ip::Path, Error> path_for(Socket& socket, const IpAddress& to, bool connected,
                                   const SendOptions& options);
  Result<std::size_t, Error> transmit(const Socket& socket, Frame& frame, const Endpoint& destination,
                                      const ip::Path& path, const SendOptions& options, Instant now);

  Config config_;
  Random& random_;
  ip::Ip& ip_;
  DropCounters& drops_;
  ObjectPool<Socket> sockets_;
  ObjectPool<QueuedDatagram> items_;
  HashTable<Socket, PortTag> ports_;
  IntrusiveList<Socket, ChangedTag> changed_;
};

}  // namespace linnet::udp
