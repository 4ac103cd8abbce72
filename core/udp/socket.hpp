// SPDX-License-Identifier: Apache-2.0
// Socket and its queue, as Udp keeps them; users hold handles.
#pragma once

#include "core/base/hash_table.hpp"
#include "core/base/intrusive_list.hpp"
#include "core/udp/types.hpp"

namespace linnet::udp {

struct QueueTag;
struct ChangedTag;
struct PortTag;

/// A datagram that waits to be read: the block it came in, or a copy.
struct QueuedDatagram : ListNode<QueueTag> {
  Packet packet;  ///< the payload
  Endpoint source;
  IpAddress destination;
  std::uint8_t interface = 0;
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
  bool reassembled = false;
};

class Socket : public HashNode<Socket, PortTag>, public ListNode<ChangedTag> {
 public:
  Endpoint local;   ///< port 0: not bound yet
  Endpoint remote;  ///< port 0: not connected
  IpAddress bound;  ///< local address as bound: what dissolving a connection goes back to
  bool reuse = false;
  bool port_chosen = false;  ///< the port was picked for the connection, not bound
  Options options;
  std::optional<Error> error;
  ip::Path path;    ///< of a connected socket; generation 0: to be asked
  IntrusiveList<QueuedDatagram, QueueTag> queue;
  std::uint16_t queued = 0;
  std::uint32_t queued_bytes = 0;
  std::uint64_t dropped = 0;
  std::uint32_t tag = 0;

  bool is_connected() const { return remote.port != 0; }
};

}  // namespace linnet::udp
