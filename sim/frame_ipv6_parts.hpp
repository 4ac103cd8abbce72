// SPDX-License-Identifier: Apache-2.0
// The parts of a sent IPv6 frame, as frame_parts.hpp has those of IPv4.
#pragma once

#include "sim/frame_parts.hpp"

namespace linnet::sim {

class FrameIpv6Addresses;

namespace extension {
constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragment = 44, authentication = 51, destination = 60;
}
namespace icmpv6_type {
constexpr std::uint8_t unreachable = 1, too_big = 2, time_exceeded = 3, parameter_problem = 4, echo = 128,
                       echo_reply = 129, listener_query = 130, listener_report = 131, listener_done = 132,
                       router_solicitation = 133, router_advertisement = 134, neighbour_solicitation = 135,
                       neighbour_advertisement = 136, redirect = 137, listener_report_v2 = 143;
}
constexpr bool is_icmpv6_error(std::uint8_t type) { return type < 128; }
constexpr bool is_mld(std::uint8_t type) {
  return (type >= icmpv6_type::listener_query && type <= icmpv6_type::listener_done) ||
         type == icmpv6_type::listener_report_v2;
}
constexpr bool is_neighbour_discovery(std::uint8_t type) {
  return type >= icmpv6_type::router_solicitation && type <= icmpv6_type::redirect;
}
/// RFC 8200 5: what every link carries, and what no error is larger than (RFC 4443 2.4 c).
constexpr std::size_t least_ipv6_mtu = 1280;

struct Ipv6Parts {
  Bytes packet;           ///< without padding
  Bytes header;           ///< the first 40 bytes
  Bytes payload;          ///< behind all extension headers; of a fragment: its piece
  Bytes fragment_header;  ///< empty: none
  Ipv6Address source{};
  Ipv6Address destination{};
  std::uint8_t protocol = 0;  ///< of what `payload` is, or is a piece of
  bool router_alert = false;
  bool is_fragment() const { return !fragment_header.empty(); }
  std::size_t fragment_offset() const { return load16(fragment_header.data() + 2) & 0xfff8u; }
  bool more_fragments() const { return (fragment_header[3] & 1) != 0; }
  std::uint32_t identification() const { return load32(fragment_header.data() + 4); }
  std::uint32_t flow_label() const { return load32(header.data()) & 0xfffffu; }
  bool is_icmpv6(std::uint8_t type) const {
    return protocol == protocol_number::icmpv6 && !payload.empty() && payload[0] == type;
  }
};

/// Neighbour solicitation, advertisement and router solicitation.
struct NdParts {
  std::uint8_t type = 0;
  Ipv6Address target{};
  bool router = false;
  bool solicited = false;
  bool override_flag = false;
  bool has_link_layer = false;  ///< the source or target link-layer address option
};

/// Of a packet that arrived or is quoted, what can be made of it: extension headers are passed over, whatever
/// is in them. Nothing: not even a header, or headers without end.
std::optional<Ipv6Parts> read_ipv6(Bytes packet);

std::optional<Ipv6Parts> check_ipv6(FrameJudge& judge, Bytes packet, bool padded,
                                    const FrameCheckerConfig& config);
void check_ipv6_extensions(FrameJudge& judge, Ipv6Parts& ip);
void check_ipv6_addresses(FrameJudge& judge, const Ipv6Parts& ip, FrameIpv6Addresses& own, Instant now);
/// RFC 2464 7: groups go to their groups of stations, and nothing else to groups.
void check_ipv6_station(FrameJudge& judge, Bytes frame, Station to, const Ipv6Parts& ip);
Carrier carrier_of(const Ipv6Parts& ip);

/// `whole`: it went out in one piece. Yields whether a message is there to be looked at.
bool check_icmpv6(FrameJudge& judge, const Ipv6Parts& ip, bool whole);
void check_icmpv6_error(FrameJudge& judge, const Ipv6Parts& ip);
std::optional<NdParts> check_nd(FrameJudge& judge, const Ipv6Parts& ip, const FrameCheckerConfig& config);
void check_mld(FrameJudge& judge, const Ipv6Parts& ip);

}  // namespace linnet::sim
