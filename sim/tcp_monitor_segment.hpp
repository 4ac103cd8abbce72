// SPDX-License-Identifier: Apache-2.0
// What the TCP monitor reads from a frame: addresses, header and options, with all checksums verified. It is a parser
// of its own, so that a mistake of the stack's is not made twice.
#pragma once

#include <array>
#include <optional>

#include "core/base/bytes.hpp"
#include "sim/tcp_flags.hpp"

namespace linnet::sim {

/// An IPv6 address, or an IPv4 one in its mapped form.
using MonitorAddress = std::array<std::uint8_t, 16>;

struct SackBlock {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
};

struct MonitoredSegment {
  MonitorAddress source{};
  MonitorAddress destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  Bytes payload;
  std::uint8_t option_bytes = 0;
  bool checksum_right = false;  ///< of the IPv4 header and of TCP

  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool sack_permitted = false;
  bool timestamps = false;
  std::uint32_t ts_value = 0;
  std::uint32_t ts_echo = 0;
  bool fast_open = false;
  std::uint8_t sack_count = 0;
  std::array<SackBlock, 4> sack{};

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// SEG.LEN: SYN and FIN count (RFC 9293 3.4).
  std::uint32_t length() const {
    return static_cast<std::uint32_t>(payload.size()) + (has(tcp_flag::syn) ? 1u : 0u) + (has(tcp_flag::fin) ? 1u : 0u);
  }
};

enum class FrameKind : std::uint8_t {
  other,
  tcp,
  icmp,        ///< or ICMPv6, but no neighbour discovery
  resolution,  ///< asks for a neighbour's link address: what is sent meanwhile may be held back, or lost
};

struct MonitoredFrame {
  FrameKind kind = FrameKind::other;
  MonitoredSegment segment;  ///< when it is TCP, not fragmented, and its header is whole
};

/// `ethernet`: the frame begins with an Ethernet header, else with IP.
MonitoredFrame read_frame(Bytes frame, bool ethernet);

}  // namespace linnet::sim
