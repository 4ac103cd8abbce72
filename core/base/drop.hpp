// SPDX-License-Identifier: Apache-2.0
// Every packet that the stack throws away is counted under exactly one of these reasons.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace linnet {

enum class Drop : std::uint8_t {
  none,
  // link
  l2_short,           ///< shorter than an Ethernet header
  l2_long,            ///< longer than the interface's MTU allows
  l2_not_for_us,      ///< unicast to another station
  l2_protocol,        ///< EtherType unknown, or an 802.3 length
  vlan_short,         ///< ends inside the 802.1Q tag
  vlan_not_member,    ///< tagged for a VLAN that the interface is not in
  arp_malformed,      ///< wrong types or lengths (RFC 826)
  arp_bad_sender,     ///< sender address zero where forbidden, broadcast, multicast, or not on the link
  arp_unsolicited,    ///< a reply that nobody asked for
  neighbour_failed,   ///< no answer to address resolution
  neighbour_queue_full,
  // IP
  ip_short,
  ip_version,
  ip_header_length,
  ip_length,
  ip_checksum,
  ip_options,         ///< malformed options
  ip_source_route,    ///< RFC 7126: source routed
  ip_martian,         ///< a source or destination that may not appear here
  ip_not_for_us,
  ip_no_route,
  ip_ttl,
  ip_protocol,        ///< nobody speaks that protocol
  ip_too_big,
  fragment_size,      ///< reassembled datagram would be too large, or a length not a multiple of 8
  fragment_overlap,
  fragment_timeout,
  fragment_limit,     ///< no room for another reassembly
  ip_not_forwarded,   ///< for others, but between addresses, or by a link, from which no router forwards
  ip_reverse_path,    ///< for others, by an interface that does not lead back to its source (RFC 3704)
  napt_protocol,      ///< nothing that port translation can translate: another protocol, or a message cut short
  napt_filtered,      ///< to a port that others use, from somebody whom they do not speak with (RFC 4787 5)
  napt_full,          ///< no room for another translation
  ipv6_jumbo,         ///< RFC 2675: a payload of more than 65,535 bytes
  ipv6_extension,     ///< extension headers out of order, too many, or longer than the packet
  ipv6_option,        ///< an option malformed, too much of padding, or unknown and not to be skipped (RFC 8200 4.2)
  // ICMP
  icmp_short,
  icmp_checksum,
  icmp_type,          ///< a type that a host ignores
  icmp_quote,         ///< the quoted packet is too short or not ours
  icmp_broadcast,     ///< echo to a broadcast or multicast address
  icmp_rate_limit,
  nd_hop_limit,       ///< RFC 4861: forwarded by a router, since the hop limit is not 255
  nd_malformed,       ///< RFC 4861 6.1, 7.1, 8.1: a message to be discarded silently
  mld_malformed,      ///< RFC 3810 6.2, 8.1: length, source, hop limit or Router Alert wrong
  igmp_malformed,     ///< RFC 3376 4, 7.1, 9.1: length, group, TTL or Router Alert wrong
  igmp_checksum,
  igmp_type,          ///< a message that a host ignores, or does not know (RFC 3376 4)
  // UDP
  udp_length,
  udp_checksum,
  udp_port_zero,
  udp_no_port,
  udp_queue_full,
  // TCP
  tcp_header_length,
  tcp_checksum,
  tcp_options,
  tcp_bad_address,    ///< broadcast, multicast or unspecified peer (RFC 9293 MUST-57, MUST-63)
  tcp_port_zero,
  tcp_no_connection,  ///< answered by a reset, unless it was one
  tcp_sequence,       ///< outside the receive window
  tcp_paws,           ///< RFC 7323 5: old timestamp
  tcp_no_ack,         ///< ACK bit missing where needed
  tcp_bad_ack,        ///< acknowledges what was never sent, or too old (RFC 5961 5)
  tcp_challenged,     ///< RST or SYN answered by a challenge ACK (RFC 5961)
  tcp_backlog,        ///< listener full
  tcp_after_close,    ///< data that nobody will read any more
  tcp_state,          ///< not meaningful in the connection's state
  tcp_memory,         ///< receive queue or reassembly full
  // resources and device
  no_block,           ///< block pool empty
  device_busy,
  device_gone,
  raw_queue_full,
  count_,             // not a reason: how many there are
};

/// A short English text for status pages and capture comments.
std::string_view drop_text(Drop reason);

class DropCounters {
 public:
  void add(Drop reason) {
    ++counts_[static_cast<std::size_t>(reason)];
    ++total_;
    last_ = reason;
  }
  std::uint64_t of(Drop reason) const { return counts_[static_cast<std::size_t>(reason)]; }
  std::uint64_t total() const { return total_; }
  Drop last() const { return last_; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count_)> counts_{};
  std::uint64_t total_ = 0;
  Drop last_ = Drop::none;
};

}  // namespace linnet
