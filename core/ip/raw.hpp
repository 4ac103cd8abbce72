// SPDX-License-Identifier: Apache-2.0
// RawSockets: datagrams of one protocol as IP hands them up, for ping and for protocols that the stack does
// not speak. TCP and UDP are never seen here.
#pragma once

#include "core/base/object_pool.hpp"
#include "core/base/result.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip {

enum class RawError : std::uint8_t {
  no_memory,
  invalid,
  closed,            ///< the handle is stale
  not_connected,     ///< send without a destination
  address_not_available,
  access,            ///< a broadcast destination without RawOptions::broadcast
  no_route,
  too_big,
  would_block,       ///< nothing to read, or the device has no room now
  unreachable,       ///< the next hop does not answer, or the device is gone
};

class RawSocket;
using RawHandle = Handle<RawSocket>;

struct RawOptions {
  bool broadcast = false;
  bool dont_fragment = false;
  std::uint8_t ttl = 0;           ///< 0: the configured default
  std::uint8_t traffic_class = 0;
  std::uint8_t interface = any_interface;  ///< only by this interface
};

/// What `receive` says about the datagram that it copied.
struct RawReceived {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint8_t interface = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  std::size_t size = 0;           ///< bytes copied
  std::size_t datagram_size = 0;  ///< bytes that there were, IP header excepted: more than `size` if cut
  Instant received;               ///< when it came in
  ErrorKind error =
      ErrorKind::none;  ///< set: an ICMP message; addresses and bytes are those of the quoted packet
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t mtu = 0;
  IpAddress reporter;             ///< who sent the ICMP message
};

struct RawTag;

struct RawItem : ListNode<RawTag> {
  RawReceived info;
  Packet packet;
};

class RawSocket : public ListNode<RawTag> {
 public:
  std::uint8_t protocol = 0;
  bool v6 = false;   ///< which family's packets it sees
  IpAddress local;   ///< unspecified: any
  IpAddress remote;  ///< unspecified: any
  RawOptions options;
  std::uint32_t tag = 0;
  bool changed = false;
  std::uint16_t count = 0;
  IntrusiveList<RawItem, RawTag> queue;
};

class RawSockets {
 public:
  static constexpr std::size_t memory_needed(const Config& config) {
    return ObjectPool<RawSocket>::memory_needed(config.raw_sockets) +
           ObjectPool<RawItem>::memory_needed(config.raw_queue);
  }
  RawSockets(const Config& config, Arena& arena, Ip& ip, DropCounters& drops);
  ~RawSockets();
  RawSockets(const RawSockets&) = delete;
  RawSockets& operator=(const RawSockets&) = delete;

  /// `protocol`: any but TCP and UDP. `v6`: of IPv6's packets, else of IPv4's.
  Result<RawHandle, RawError> open(std::uint8_t protocol, bool v6 = false);
  void close(RawHandle socket);
  /// Only datagrams to `local` (an own address; unspecified: any) are received, and it is the source of what
  /// is sent.
  Result<void, RawError> bind(RawHandle socket, const IpAddress& local);
  /// Only datagrams from `remote` are received (unspecified: any), and `send` needs no address.
  Result<void, RawError> connect(RawHandle socket, const IpAddress& remote);
  /// Sends a packet of the socket's protocol, IP header excepted; an ICMP message's checksum is filled in.
  Result<std::size_t, RawError> send(RawHandle socket, std::span<const Bytes> payload, const IpAddress* to,
                                     Instant now);
  /// Copies the oldest datagram and, unless `peek`, removes it.
  Result<RawReceived, RawError> receive(RawHandle socket, MutableBytes to, bool peek);
  /// Null when the handle is stale.
  RawOptions* options(RawHandle socket);
  bool readable(RawHandle socket) const;
  std::uint16_t queued(RawHandle socket) const;
  std::uint8_t protocol(RawHandle socket) const;
  IpAddress local(RawHandle socket) const;
  IpAddress remote(RawHandle socket) const;

  /// A number of the user's own that `take_changed` yields: the descriptor.
  void set_tag(RawHandle socket, std::uint32_t tag);
  /// The tag of a socket that became readable since its last turn.
  std::optional<std::uint32_t> take_changed();

  /// Every socket that wants the datagram gets it; false, and the datagram untouched, when none does.
  bool receive(Datagram& datagram, Instant now);
  /// visit(const RawSocket&)
  template <typename Visit>
  void for_each(Visit&& visit) const {
    sockets_.for_each(visit);
  }
  void digest(Digest& digest) const;

 private:
  Result<std::size_t, RawError> sent(const RawSocket& socket, Frame& frame, const IpAddress& destination,
                                     std::size_t size, Instant now);
  static bool wants(const RawSocket& socket, const Datagram& datagram);
  RawSocket* next_wanting(RawSocket* socket, const Datagram& datagram);
  void queue(RawSocket& socket, const Datagram& datagram, Packet packet, Instant now);

  Ip& ip_;
  DropCounters& drops_;
  ObjectPool<RawSocket> sockets_;
  ObjectPool<RawItem> items_;
  IntrusiveList<RawSocket, RawTag> all_;
  bool news_ = false;  ///< some socket's `changed` may be set
};

}  // namespace linnet::ip
