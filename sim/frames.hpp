// SPDX-License-Identifier: Apache-2.0
// Frames as the world's own stations read and write them: code of its own, so that a mistake in the stack's
// is not made twice.
#pragma once

#include <optional>
#include <vector>

#include "core/base/address.hpp"
#include "core/base/bytes.hpp"
#include "sim/tcp_flags.hpp"

namespace linnet::sim {

using Buffer = std::vector<std::uint8_t>;

/// What a frame is, for faults that choose.
enum class FrameClass : std::uint8_t {
  other,
  arp_request,  ///< or a neighbour solicitation
  arp_reply,    ///< or a neighbour advertisement
  icmp,
  udp,
  dhcp,  ///< from a client
  syn,
  syn_ack,
  fin,  ///< whatever else it carries
  reset,
  data,
  bare_ack,  ///< and window updates
};
inline constexpr std::size_t frame_classes = 12;
FrameClass frame_class(Bytes frame);

/// Where a TCP segment's fields are, of a whole, unfragmented one over IPv4 or IPv6 and Ethernet.
struct TcpView {
  IpAddress source{};
  IpAddress destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint16_t window = 0;
  std::uint8_t flags = 0;
  std::size_t transport = 0;  ///< offset in the frame
  std::size_t payload = 0;    ///< offset in the frame
  std::size_t size = 0;       ///< of the payload
};
std::optional<TcpView> tcp_view(Bytes frame);

/// RFC 1071 over an even beginning, the plain way.
std::uint16_t plain_checksum(Bytes bytes, std::uint32_t sum = 0);
/// Makes the checksums of an Ethernet frame right: of IPv4, and of a whole ICMP, UDP or TCP in either version.
void fix_checksums(MutableBytes frame);

struct FrameEnds {
  MacAddress source_mac{};
  MacAddress destination_mac{};
  IpAddress source{};
  IpAddress destination{};
};
/// An Ethernet frame with one IPv4 packet.
Buffer ipv4_frame(const FrameEnds& addresses, std::uint8_t protocol, Bytes payload,
                  std::uint16_t identification = 0);
Buffer arp_frame(std::uint16_t operation, const FrameEnds& addresses, const MacAddress& target);
Buffer tcp_segment(const TcpView& fields, Bytes options, Bytes payload);
Buffer udp_datagram(std::uint16_t from, std::uint16_t to, Bytes payload);

/// ICMP "fragmentation needed" about an IPv4 frame, from the router that it did not pass.
Buffer fragmentation_needed(Bytes frame, const IpAddress& router, const MacAddress& router_mac,
                            std::uint16_t mtu);
/// What a router makes of a frame that is longer than the MTU and may be fragmented.
std::vector<Buffer> fragments_of(Bytes frame, std::uint16_t mtu);

}  // namespace linnet::sim
