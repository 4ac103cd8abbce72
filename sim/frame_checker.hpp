// SPDX-License-Identifier: Apache-2.0
// FrameChecker: judges what a host sends, frame by frame and across frames, by the RFCs alone: it shares no
// code with the stack. It takes no memory for a frame that is in order, but the first time that it sees a
// peer.
#pragma once

#include "sim/frame_fragments.hpp"
#include "sim/frame_history.hpp"

namespace linnet::sim {

/// One for each host and interface.
class FrameChecker {
 public:
  explicit FrameChecker(const FrameCheckerConfig& config) : config_(config) {}

  /// An address that the host may send from: now, or once it was probed and announced. Leases are learned
  /// from what arrives.
  void address_added(std::uint32_t address, std::uint8_t prefix_length, AddressUse use = AddressUse::usable) {
    addresses_.add(address, prefix_length, use);
  }
  void address_removed(std::uint32_t address) { addresses_.remove(address); }
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
  void check_datagram(FrameJudge& judge, const Ipv4Parts& ip);
  void received_ipv4(Bytes packet, Instant now);

  FrameCheckerConfig config_;
  FrameAddresses addresses_;
  FrameHistory history_;
  FrameFragments fragments_;
  std::uint64_t frames_ = 0;
};

}  // namespace linnet::sim
