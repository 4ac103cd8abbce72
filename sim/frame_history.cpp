// SPDX-License-Identifier: Apache-2.0
// ARP, neighbours, identifications and ICMP across frames. TCP, DHCP and DNS are in
// frame_history_transport.cpp.
#include "sim/frame_history.hpp"

#include <algorithm>

namespace linnet::sim {
namespace {

constexpr Duration arp_interval = Duration::seconds(1);  // RFC 1122 2.3.2.1: one a second and destination
constexpr Duration longest_life =
    Duration::seconds(120);  // RFC 791's time to live in its old sense: RFC 6864 4.3
constexpr std::uint8_t icmp_echo = 8;
constexpr std::uint8_t icmp_echo_reply = 0;

}  // namespace

bool ErrorBucket::take(std::uint16_t per_second, Instant now) {
  constexpr std::int64_t token = 1000000;
  const std::int64_t most = 2 * token * per_second;
  const std::int64_t elapsed = std::min<std::int64_t>((now - filled_).as_microseconds(), 2 * token);
  tokens_ = begun_ ? std::min(most, tokens_ + elapsed * per_second) : most;
  begun_ = true;
  filled_ = now;
  const bool may = tokens_ >= token;
  tokens_ -= std::min(tokens_, token);
  return may;
}

void FrameHistory::sent_arp(FrameJudge& judge, Bytes packet, Station to, const ArpParts& arp, Instant now) {
  if (!judge.ok()) return;
  if (arp.operation == 2) {
    std::uint32_t* open = questions_.find({arp.target_hardware, arp.target, arp.sender});
    const bool was_asked = open != nullptr && *open > 0;
    judge.require(was_asked || questions_.forgot(), Rule::arp_unsolicited_reply, packet, 14, arp.sender,
                  "a request for that address before");
    if (was_asked) --*open;
    return;
  }
  if (arp.is_probe() || arp.is_announcement()) return;
  if (to != broadcast_station) {
    judge.require(neighbours_.find({arp.target, to}) != nullptr || neighbours_.forgot(),
                  Rule::arp_request_destination, packet, 24, to,
                  "the station that the address was heard from");
  }
  Asked& asked = asked_.get(arp.target);
  judge.require(!asked.ever || now - asked.last >= arp_interval, Rule::arp_rate, packet, 24, arp.target,
                "a second since the last request");
  asked = {.ever = true, .last = now};
}

void FrameHistory::received_arp(Bytes packet, Station own_station, FrameAddresses& own) {
  if (packet.size() < 28) return;
  const Station sender_hardware = station(packet.data() + 8);
  const std::uint32_t sender = load32(packet.data() + 14);
  const std::uint32_t target = load32(packet.data() + 24);
  if (sender_hardware == own_station) return;
  if (sender != 0) {
    neighbours_.get({sender, sender_hardware}) = true;
    stations_.get(sender_hardware) = true;
    own.claimed(sender);
  }
  if (load16(packet.data() + 6) != 1) return;
  if (sender == 0) own.claimed(target);
  ++questions_.get({sender_hardware, sender, target});
}

void FrameHistory::sent_to_station(FrameJudge& judge, Bytes frame, Station to, const Ipv4Parts& ip,
                                   const FrameAddresses& own) {
  if (is_group(to)) return;
  const bool known = stations_.find(to) != nullptr || stations_.forgot();
  judge.require(known, Rule::ethernet_unresolved, frame, 0, to, "a station that ARP has named");
  if (!own.on_link(ip.destination)) return;
  const bool right = neighbours_.find({ip.destination, to}) != nullptr || neighbours_.forgot();
  judge.require(right, Rule::ethernet_wrong_neighbour, frame, 0, to,
                "the station that has the IP destination");
}

/// RFC 6864 4.3: the identification of a datagram that may be in pieces, or come to be, is its own for two
/// minutes.
void FrameHistory::sent_ipv4(FrameJudge& judge, const Ipv4Parts& ip, Instant now) {
  const bool atomic = ip.dont_fragment && !ip.is_fragment();
  if (atomic || ip.source == 0 || !judge.ok()) return;
  Identifications& ids = identifications_.get({ip.source, ip.destination, ip.protocol});
  const std::uint32_t size = static_cast<std::uint32_t>(ids.value.size());
  bool seen = false;
  for (std::uint32_t i = 0; i < std::min(ids.count, size); ++i) {
    seen = seen || (ids.value[i] == ip.identification && now - ids.sent[i] < longest_life);
  }
  // Later fragments repeat it; of a datagram whose first fragment was never sent they are the first that is
  // seen.
  judge.require(!seen || ip.fragment_offset != 0, Rule::ip_identification, ip.header, 4, ip.identification,
                "a value not used for two minutes");
  if (seen) return;
  ids.value[ids.count % size] = ip.identification;
  ids.sent[ids.count % size] = now;
  ++ids.count;
}

void FrameHistory::sent_icmp(FrameJudge& judge, const Ipv4Parts& ip, std::uint16_t errors_per_second,
                             Instant now) {
  if (!judge.ok()) return;
  const std::uint8_t type = ip.payload[0];
  if (type == icmp_echo) return;
  if (type == icmp_echo_reply) {
    std::uint32_t* open = echoes_.find({ip.destination, fingerprint(ip.payload.subspan(4))});
    const bool was_asked = open != nullptr && *open > 0;
    judge.require(was_asked || echoes_.forgot() || echo_fragments_, Rule::icmp_unsolicited_reply, ip.payload,
                  0, type, "an echo request with that identifier, number and data before");
    if (was_asked) --*open;
    return;
  }
  if (errors_per_second == 0) return;
  judge.require(buckets_.get(ip.destination).take(errors_per_second, now), Rule::icmp_rate, ip.payload, 0,
                type, "fewer errors to one destination");
}

void FrameHistory::received_icmp(Bytes packet, std::size_t header) {
  if ((load16(packet.data() + 6) & 0x3fff) != 0) {
    echo_fragments_ = true;
    return;
  }
  const std::size_t total = std::min<std::size_t>(load16(packet.data() + 2), packet.size());
  if (total < header + 8 || packet[header] != icmp_echo) return;
  const Bytes message = packet.subspan(header, total - header);
  ++echoes_.get({load32(packet.data() + 12), fingerprint(message.subspan(4))});
}

}  // namespace linnet::sim
