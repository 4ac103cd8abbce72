// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_fragments.hpp"

namespace linnet::sim {
void FrameFragments::sent(FrameJudge& judge, const Ipv4Parts& ip, const FrameCheckerConfig& config) {
  if (ip.fragment_offset == 0) {
    const bool udp = ip.protocol == protocol_number::udp && ip.payload.size() >= 8;
    open_ = udp || ip.protocol == protocol_number::icmp;
    source_ = ip.source;
    destination_ = ip.destination;
    identification_ = ip.identification;
    protocol_ = ip.protocol;
    next_ = 0;
    sum_ = 0;
    udp_length_ = udp ? load16(ip.payload.data() + 4) : 0;
    without_checksum_ = udp && load16(ip.payload.data() + 6) == 0;
  }
  // One that was thrown away in between, such as while an address was being resolved, leaves nothing to say.
  open_ = open_ && ip.source == source_ && ip.destination == destination_ && ip.protocol == protocol_ &&
          ip.identification == identification_ && ip.fragment_offset == next_;
  if (!open_) return;
  sum_ += internet_sum(ip.payload);
  next_ += ip.payload.size();
  if (ip.more_fragments) return;
  open_ = false;
  check(judge, ip, next_, config);
}

void FrameFragments::check(FrameJudge& judge, const Ipv4Parts& ip, std::size_t size,
                           const FrameCheckerConfig& config) const {
  if (protocol_ == protocol_number::icmp) {
    judge.equal(Rule::icmp_checksum, ip.payload, 0, internet_sum({}, sum_), 0xffff);
    return;
  }
  judge.equal(Rule::udp_length, ip.payload, 0, udp_length_, size);
  if (without_checksum_) {
    judge.require(config.udp_without_checksum, Rule::udp_no_checksum, ip.payload, 0, 0, "a checksum");
    return;
  }
  const std::uint64_t pseudo = std::uint64_t{source_} + destination_ + protocol_ + size;
  judge.equal(Rule::udp_checksum, ip.payload, 0, internet_sum({}, sum_ + pseudo), 0xffff);
}

}  // namespace linnet::sim
