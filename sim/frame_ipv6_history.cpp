// SPDX-License-Identifier: Apache-2.0
#include "sim/frame_ipv6_history.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

// RFC 8200 4.5: as long as a fragment may be on its way and wait to be put together.
constexpr Duration longest_life = Duration::seconds(60);
constexpr Duration flow_life = Duration::seconds(120);  // RFC 6437 3
// The host may keep what arrived so long before it says what was wrong: until a neighbour is found, or the
// rest of a packet has not come (RFC 8200 4.5).
constexpr Duration soon = Duration::seconds(10);
constexpr Duration reassembly = Duration::seconds(120);

/// What tells one packet from another. An error quotes of it no more than fits (RFC 4443 2.4 c).
std::uint64_t packet_key(Bytes packet) {
  const Bytes quoted = packet.first(std::min(packet.size(), least_ipv6_mtu - 48));
  const std::uint64_t head = fingerprint(quoted.first(std::min<std::size_t>(quoted.size(), 96)));
  return (head * 0x100000001b3u) ^ (std::uint64_t{internet_sum(quoted)} << 16) ^ quoted.size();
}

}  // namespace

void FrameIpv6History::sent_fragment(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  if (!judge.ok()) return;
  Identifications& ids = identifications_.get({ip.source, ip.destination});
  const std::uint32_t size = static_cast<std::uint32_t>(ids.value.size());
  bool seen = false;
  for (std::uint32_t i = 0; i < std::min(ids.count, size); ++i) {
    seen = seen || (ids.value[i] == ip.identification() && now - ids.sent[i] < longest_life);
  }
  judge.require(!seen || ip.fragment_offset() != 0, Rule::ipv6_identification, ip.fragment_header, 4,
                ip.identification(), "a value not used for a minute");
  if (seen) return;
  ids.value[ids.count % size] = ip.identification();
  ids.sent[ids.count % size] = now;
  ++ids.count;
}

void FrameIpv6History::sent_in_flow(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  if (!judge.ok()) return;
  const std::uint32_t label = ip.flow_label();
  const std::uint8_t flags = ip.protocol == protocol_number::tcp ? ip.payload[13] : 0;
  const Tuple tuple{{ip.source, ip.destination}, load32(ip.payload.data()), ip.protocol};
  // A reset to somebody without a connection is no flow.
  if ((flags & tcp_flag::rst) != 0 && flows_.find(tuple) == nullptr) return;
  Flow& flow = flows_.get(tuple);
  const bool first = !flow.begun;
  // A SYN begins another connection, which may be another flow.
  const bool another = (flags & tcp_flag::syn) != 0 || now - flow.last >= flow_life;
  judge.require(first || another || label == flow.label, Rule::ipv6_flow_label, ip.header, 0, label,
                "the label of the flow's other packets");
  flow = {.begun = true, .label = label, .last = now};
  if (!first) return;
  // RFC 6437 3: labels of many flows look like numbers drawn at random; neither all the same nor counted.
  judge.require(!labels_.foretold(label, 0xfffff), Rule::ipv6_flow_label_predictable, ip.header, 0, label,
                "a label that nobody foretells");
}

void FrameIpv6History::sent_echo_reply(FrameJudge& judge, const Ipv6Parts& ip, Instant now) {
  if (!judge.ok()) return;
  const std::uint64_t message = fingerprint(ip.payload.subspan(4));
  // RFC 4443 4.2: from the address that was asked, but for a group.
  std::uint32_t* open = echoes_.find({ip.destination, ip.source, message});
  if (open == nullptr || *open == 0) open = echoes_.find({ip.destination, {}, message});
  const bool was_asked = open != nullptr && *open > 0;
  judge.require(was_asked || echoes_.forgot() || now < pieces_until_, Rule::icmpv6_unsolicited_reply,
                ip.payload, 0, ip.payload[0],
                "an echo request to that address with that identifier, number and data before");
  if (was_asked) --*open;
}

/// RFC 4443 2.4 c and e: about a packet that really came, and came to this station alone.
void FrameIpv6History::check_quote(FrameJudge& judge, const Ipv6Parts& ip, Instant now) const {
  const Bytes message = ip.payload;
  const std::uint64_t key = packet_key(message.subspan(8));
  const std::size_t known = std::min(arrived_, arrivals_.size());
  const auto end = arrivals_.begin() + static_cast<std::ptrdiff_t>(known);
  // The same packet may have come both ways; then it is answered for the one that came to this station alone.
  const auto came = [&](bool to_group) {
    return std::any_of(arrivals_.begin(), end,
                       [&](const Arrival& a) { return a.packet == key && a.to_group == to_group; });
  };
  const bool alone = came(false);
  if (!alone && !came(true)) {
    const Duration wait = message[0] == icmpv6_type::time_exceeded ? reassembly : soon;
    const Arrival& oldest = arrivals_[arrived_ % arrivals_.size()];
    const bool forgot = arrived_ >= arrivals_.size() && now - oldest.at < wait;
    judge.require(forgot || now < pieces_until_, Rule::icmpv6_quote, message, 8, message.size() - 8,
                  "a packet that arrived");
    return;
  }
  const bool option = message[0] == icmpv6_type::parameter_problem && message[1] == 2;
  judge.require(alone || option, Rule::icmpv6_quoted_group, message, 8, message[0],
                "a packet that came to this station alone");
}

void FrameIpv6History::sent_error(FrameJudge& judge, const Ipv6Parts& ip, std::uint16_t errors_per_second,
                                  Instant now) {
  if (!judge.ok()) return;
  check_quote(judge, ip, now);
  if (errors_per_second == 0) return;
  judge.require(buckets_.get(ip.destination).take(errors_per_second, now), Rule::icmpv6_rate, ip.payload, 0,
                ip.payload[0], "fewer errors to one destination");
}

/// RFC 3810 8.2.1: a host speaks version 1 once somebody asked in it.
void FrameIpv6History::sent_listener_report(FrameJudge& judge, const Ipv6Parts& ip) {
  judge.require(ip.payload[0] == icmpv6_type::listener_report_v2 || old_query_arrived_, Rule::mld_version,
                ip.payload, 0, ip.payload[0], "version 2, before a query of version 1");
}

void FrameIpv6History::received(const Ipv6Parts& ip, bool to_group, Instant now) {
  arrivals_[arrived_++ % arrivals_.size()] = {packet_key(ip.packet), to_group, now};
  if (ip.is_fragment()) {
    pieces_until_ = now + reassembly;
    return;
  }
  if (ip.is_icmpv6(icmpv6_type::listener_query) && ip.payload.size() == 24) old_query_arrived_ = true;
  if (!ip.is_icmpv6(icmpv6_type::echo) || ip.payload.size() < 8) return;
  const Ipv6Address asked = is_multicast_address(ip.destination) ? Ipv6Address{} : ip.destination;
  ++echoes_.get({ip.source, asked, fingerprint(ip.payload.subspan(4))});
}

}  // namespace linnet::sim
