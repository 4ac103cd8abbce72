// SPDX-License-Identifier: Apache-2.0
// UDP: RFC 768, RFC 1122 4.1, RFC 8200 8.1.
#include "sim/frame_parts.hpp"

namespace linnet::sim {

std::optional<UdpParts> check_udp(FrameJudge& judge, const Carrier& ip, const FrameCheckerConfig& config) {
  const Bytes datagram = ip.payload;
  if (!judge.require(datagram.size() >= 8, Rule::udp_length, ip.header, ip.length_at(), datagram.size(),
                     "8 bytes at least")) {
    return std::nullopt;
  }
  const UdpParts parts{.source_port = load16(datagram.data()),
                       .destination_port = load16(datagram.data() + 2),
                       .payload = datagram.subspan(8)};
  judge.equal(Rule::udp_length, datagram, 4, load16(datagram.data() + 4), datagram.size());
  judge.require(parts.source_port != 0, Rule::udp_port, datagram, 0, 0, "a port");
  judge.require(parts.destination_port != 0, Rule::udp_port, datagram, 2, 0, "a port");
  if (load16(datagram.data() + 6) == 0) {
    // Of IPv6 the header has none: a datagram without would be unprotected.
    judge.require(!ip.ipv6, Rule::udp_no_checksum_ipv6, datagram, 6, 0, "a checksum");
    judge.require(config.udp_without_checksum, Rule::udp_no_checksum, datagram, 6, 0, "a checksum");
  } else if (config.transport_checksums) {
    judge.equal(Rule::udp_checksum, datagram, 6, internet_sum(datagram, ip.pseudo_header_sum), 0xffff);
  }
  if (!judge.ok()) return std::nullopt;
  return parts;
}

}  // namespace linnet::sim
