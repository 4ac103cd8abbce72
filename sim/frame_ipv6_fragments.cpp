// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_ipv6_fragments.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

constexpr std::size_t header_size = 40;
constexpr std::size_t largest = 65535;

}  // namespace

void FrameIpv6Fragments::begin(const Ipv6Parts& ip) {
  if (packet_.empty()) packet_.resize(header_size + largest);
  std::copy(ip.header.begin(), ip.header.end(), packet_.begin());
  packet_[6] = ip.protocol;
  begun_ = true;
  open_ = true;
  source_ = ip.source;
  destination_ = ip.destination;
  identification_ = ip.identification();
  next_ = 0;
}

std::optional<Bytes> FrameIpv6Fragments::sent(FrameJudge& judge, const Ipv6Parts& ip) {
  const std::size_t offset = ip.fragment_offset();
  if (offset == 0) begin(ip);
  const bool same = begun_ && ip.source == source_ && ip.destination == destination_ &&
                    ip.identification() == identification_;
  if (!same) return std::nullopt;
  judge.require(offset >= next_, Rule::ipv6_fragment_overlap, ip.fragment_header, 2, offset,
                "a piece behind the one before");
  // One that was thrown away in between, such as while an address was being resolved, leaves nothing to say.
  open_ = open_ && offset == next_;
  next_ = std::max(next_, offset + ip.payload.size());
  if (!open_ || !judge.ok()) return std::nullopt;
  std::copy(ip.payload.begin(), ip.payload.end(),
            packet_.begin() + static_cast<std::ptrdiff_t>(header_size + offset));
  if (ip.more_fragments()) return std::nullopt;
  open_ = false;
  store16(packet_.data() + 4, static_cast<std::uint16_t>(next_));
  return Bytes(packet_).first(header_size + next_);
}

}  // namespace linnet::sim
