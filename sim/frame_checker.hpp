// SPDX-License-Identifier: Apache-2.0
// FrameChecker: judges what a host sends, frame by frame and across frames, by the RFCs alone: it shares no
// code with the stack. It takes no memory for a frame that is in order, but the first time that it sees a
// peer.
#pragma once

#include "sim/frame_fragments.hpp"
#include "sim/frame_history.hpp"
#include "sim/frame_ipv6_fragments.hpp"
#include "sim/frame_ipv6_history.hpp"
#include "sim/frame_nd_history.hpp"

namespace linnet::sim {

/// One for each host and interface.
class FrameChecker {
 public:
  explicit FrameChecker(const FrameCheckerConfig& config) : config_(config), ipv6_addresses_(config) {}

  /// An address that the host may send from: now, or once it was probed and announced. Leases are learned
  /// from what arrives.
  void address_added(std::uint32_t address, std::uint8_t prefix_length, AddressUse use = AddressUse::usable) {
    addresses_.add(address, prefix_length, use);
  }
  void address_removed(std::uint32_t address) { addresses_.remove(address); }
  /// The same of IPv6: now, or once it was probed (RFC 4862 5.4). Those that the host makes of prefixes that
  /// arrive, and its link-local ones, need not be told.
  void address_added_v6(const std::array<std::uint8_t, 16>& address, std::uint8_t prefix_length,
                        AddressUse use = AddressUse::usable) {
    ipv6_addresses_.add(load_ipv6(address.data()), prefix_length, use);
  }
  void address_removed_v6(const std::array<std::uint8_t, 16>& address) {
    ipv6_addresses_.remove(load_ipv6(address.data()));
  }
  /// What waited before may be asked and announced again at once.
  void link_came_up();

  void mtu_changed(std::uint16_t mtu) { config_.mtu = mtu; }

  /// A frame that the host sends, as it goes over the wire. Nothing: it is in order.
  std::optional<FrameViolation> sent(Bytes frame, Instant now);
  /// A frame that arrives at the host, in whatever order it is.
  void received(Bytes frame, Instant now);

  std::uint64_t frames() const { return frames_; }

 private:
  void check_bare(FrameJudge& judge, Bytes frame, Instant now);
  void check_framed(FrameJudge& judge, Bytes frame, Instant now);
  void check_framed_ipv4(FrameJudge& judge, Bytes frame, const EthernetParts& parts, Instant now);
  void check_payload(FrameJudge& judge, const Ipv4Parts& ip, Instant now);
  void check_segment(FrameJudge& judge, const Carrier& ip, Instant now);
  void check_datagram(FrameJudge& judge, const Ipv4Parts& ip);
  void check_query(FrameJudge& judge, const Carrier& ip, const UdpParts& udp);
  void received_ipv4(Bytes packet, Instant now);

  void check_framed_ipv6(FrameJudge& judge, Bytes frame, const EthernetParts& parts, Instant now);
  void check_ipv6_payload(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  void check_ipv6_fragment(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  /// `whole`: `ip` went out in one piece.
  void check_ipv6_upper(FrameJudge& judge, const Ipv6Parts& ip, bool whole, Instant now);
  void check_icmpv6_message(FrameJudge& judge, const Ipv6Parts& ip, bool whole, Instant now);
  void check_neighbour_discovery(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  /// `from` and `to`: the stations of its frame.
  void received_ipv6(Bytes packet, Station from, Station to, Instant now);

  FrameCheckerConfig config_;
  FrameAddresses addresses_;
  FrameHistory history_;
  FrameFragments fragments_;
  FrameIpv6Addresses ipv6_addresses_;
  FrameIpv6History ipv6_history_;
  FrameIpv6Fragments ipv6_fragments_;
  FrameNeighbours neighbours_;
  std::uint64_t frames_ = 0;
};

}  // namespace linnet::sim
