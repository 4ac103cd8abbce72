// SPDX-License-Identifier: Apache-2.0
// IPv6 frames for the tests of FrameChecker. All are sent by 02:00:00:00:00:01, fe80::1 and 2001:db8::1/64;
// its peer is 02:00:00:00:00:02, fe80::2 and 2001:db8::2, its router .fe, fe80::fe, which advertises
// 2001:db8:1::/64.
#pragma once

#include "sim/test_frames.hpp"

namespace linnet::sim::test {

constexpr std::size_t upper_at = ip_at + 40;  ///< of a packet without extension headers

using V6 = std::array<std::uint8_t, 16>;
constexpr V6 own_v6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr V6 own_link_local = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

std::uint16_t sum_of(Bytes bytes, std::uint16_t sum = 0);
void set16(Buffer& frame, std::size_t at, std::size_t value);
Buffer finished_ipv6(Buffer frame, std::size_t ip, bool lengths);
/// The bench has its addresses, and has heard from its peer and its router.
void introduce_ipv6(Bench& bench);

/// A packet of `protocol` from 2001:db8::1 to 2001:db8::2.
Buffer to_peer_v6(std::uint8_t protocol, const Buffer& payload);

Buffer echo_v6();
Buffer echo_reply_v6();
Buffer port_unreachable_v6();
Buffer large_unreachable_v6();  ///< quotes as much as fits
Buffer parameter_problem_v6();
Buffer reassembly_exceeded_v6();
Buffer datagram_v6();
Buffer multicast_datagram_v6();
Buffer first_fragment_v6();
Buffer last_fragment_v6();
Buffer syn_v6();
Buffer data_v6();
Buffer rst_v6();
Buffer dns_query_v6();
Buffer solicitation();          ///< for 2001:db8::3
Buffer unicast_solicitation();  ///< for fe80::2
Buffer probe_v6();              ///< for 2001:db8:1::1
Buffer probe_with_nonce();
Buffer advertisement();  ///< to the peer, that asked the group
Buffer unsolicited_advertisement();
Buffer router_solicitation();
Buffer router_solicitation_without_source();
Buffer listener_report();
Buffer listener_report_without_source();
Buffer old_listener_report();
Buffer listener_done();

// What the others send.
Buffer peers_solicitation();  ///< for 2001:db8::1, to its group
Buffer peers_link_local_solicitation();
Buffer peers_probe();          ///< for 2001:db8:1::1
Buffer peers_advertisement();  ///< of 2001:db8:1::1
Buffer routers_advertisement(std::string_view valid_lifetime = "00000e10",
                             std::string_view retrans = "00000000");
Buffer peers_echo_v6();
Buffer peers_datagram_v6(std::size_t data = 4);
Buffer peers_fragment_v6();
Buffer old_query();

std::vector<Rejection> ipv6_rejections();
std::vector<Rejection> ipv6_history_rejections();
std::vector<Rejection> icmpv6_rejections();
std::vector<Rejection> nd_rejections();

}  // namespace linnet::sim::test
