// SPDX-License-Identifier: Apache-2.0
// What calls take and give beside bytes.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "core/ip/datagram.hpp"

namespace linnet::sockets {

/// How a datagram came in or is to go out: IP_PKTINFO, IP_TTL, IP_TOS as control data.
struct PacketInfo {
  std::uint8_t interface = ip::any_interface;
  IpAddress
      address;  ///< of ours: the datagram's destination, or the source to send from (unspecified: chosen)
  std::uint8_t ttl = 0;
  std::uint8_t traffic_class = 0;
};

struct SendMessage {
  std::span<const Bytes> parts;
  const Endpoint* to = nullptr;
  PacketInfo info{};
};

struct ReceiveMessage {
  std::span<const MutableBytes> parts;
  Endpoint from;       ///< out
  PacketInfo info;     ///< out, for datagrams
  int flags = 0;       ///< out: msg::trunc when the datagram was longer than the parts
};

/// What can be done to a socket's membership of a multicast group (RFC 3678 4.1).
enum class GroupChange : std::uint8_t { join, leave, join_source, leave_source, block_source, unblock_source };

struct PollEntry {
  int fd = -1;  ///< negative: the entry is left out
  std::uint16_t events = 0;
  std::uint16_t revents = 0;
};

/// The values of the options that are no int.
struct TimeValue {  // SO_RCVTIMEO, SO_SNDTIMEO
  std::int64_t seconds = 0;
  std::int32_t microseconds = 0;
};
struct Linger {  // SO_LINGER
  int on = 0;
  int seconds = 0;
};

/// poll's milliseconds: negative is for ever.
constexpr std::optional<Duration> poll_timeout(std::int64_t milliseconds) {
  if (milliseconds < 0) return std::nullopt;
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1000;
  return Duration::milliseconds(milliseconds < most ? milliseconds : most);
}

}  // namespace linnet::sockets
