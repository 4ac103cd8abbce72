// SPDX-License-Identifier: Apache-2.0
// What port translation reads of a packet, and writes into it (RFC 3022 4, RFC 5508 4).
#pragma once

#include <optional>

#include "core/base/bytes.hpp"

namespace linnet::ip {

/// An IPv4 address in host order, and a port of TCP or UDP or the identifier of ICMP's echo.
struct NaptEndpoint {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  constexpr bool operator==(const NaptEndpoint&) const = default;
};

/// Who speaks with whom in an IPv4 packet. An ICMP error counts as a packet of the conversation that it is
/// about, from where it met its fate to who began it: the endpoints are those of the quoted packet, turned
/// around.
struct NaptFlow {
  NaptEndpoint source;
  NaptEndpoint destination;
  std::uint8_t protocol = 0;
  std::uint8_t tcp_flags = 0;
  bool error = false;
  bool opens = false;  ///< of a kind that begins a conversation: no answer, no reset
};

constexpr std::uint8_t tcp_fin = 0x01;
constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_rst = 0x04;
constexpr std::uint8_t tcp_ack = 0x10;

/// Of a whole packet with a good header, or nothing: another protocol, a message of ICMP that has no
/// conversation, a fragment, or a header that is cut short.
std::optional<NaptFlow> flow_of(Bytes packet);

/// Writes another source, or destination, into a packet of which flow_of knew the flow, and corrects its
/// checksums (RFC 1624). In an ICMP error what it quotes is changed with it.
void rewrite_source(MutableBytes packet, const NaptFlow& flow, const NaptEndpoint& to);
void rewrite_destination(MutableBytes packet, const NaptFlow& flow, const NaptEndpoint& to);

}  // namespace linnet::ip
