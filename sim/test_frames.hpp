// SPDX-License-Identifier: Apache-2.0
// Frames for the tests of FrameChecker, written byte by byte from the RFCs' pictures; only the checksums are
// filled in. All are sent by 02:00:00:00:00:01, 10.0.0.1/24; its peer is 02:00:00:00:00:02, 10.0.0.2, its
// router .fe, 10.0.0.254.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/frame_checker.hpp"

namespace linnet::sim::test {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint32_t own_address = 0x0a000001;
constexpr std::uint32_t peer_address = 0x0a000002;
constexpr std::size_t ip_at = 14;
constexpr std::size_t transport_at = 34;
constexpr std::size_t dhcp_at = 42;
constexpr std::size_t dhcp_options_at = dhcp_at + 240;
constexpr std::size_t dns_at = 42;

/// Bytes out of hexadecimal digits; anything between them is for the reader.
Buffer hex(std::string_view digits);
Buffer operator+(Buffer a, const Buffer& b);
void put(Buffer& frame, std::size_t at, std::string_view digits);
void insert(Buffer& frame, std::size_t at, std::string_view digits);
/// Fills in the checksums of an IPv4 or IPv6 frame; `lengths`: those of IP and UDP as well.
Buffer finished(Buffer frame, bool lengths = false);

Buffer arp_request();
Buffer arp_reply();
Buffer arp_probe();
Buffer arp_announcement();
Buffer echo();
Buffer echo_reply();
Buffer port_unreachable();
Buffer protocol_unreachable();  ///< about a datagram without data
Buffer reassembly_exceeded();
Buffer parameter_problem();
Buffer first_fragment();
Buffer last_fragment();
Buffer with_ip_options();
Buffer datagram();
Buffer broadcast_datagram();
Buffer multicast_datagram();
Buffer tagged_datagram();
Buffer syn();
Buffer syn_ack();
Buffer data();
Buffer acknowledgment();  ///< with timestamps and two SACK blocks, the first RFC 2883's
Buffer fin();
Buffer rst();
Buffer fast_open_syn();
Buffer dhcp_discover();
Buffer dhcp_request();  ///< the answer to an offer
Buffer dhcp_reboot();
Buffer dhcp_renewal();
Buffer dhcp_decline();
Buffer dhcp_release();
Buffer dhcp_inform();
Buffer dns_query();
Buffer dns_query_with_edns();

/// What the peer sends: not judged, but known from then on.
Buffer peers_arp_request(std::string_view sender_hardware = "020000000002",
                         std::string_view sender = "0a000002", std::string_view target = "0a000001");
Buffer peers_echo();
Buffer dhcp_ack(std::uint32_t seconds, std::uint32_t xid = 0x11223344);

/// A checker that knows the two neighbours, has been asked for its address and has been pinged, once each.
struct Bench {
  explicit Bench(FrameCheckerConfig config = {});
  std::optional<FrameViolation> sent(const Buffer& frame) { return checker.sent(frame, now); }
  /// One that is in order.
  void send(const Buffer& frame);
  void received(const Buffer& frame) { checker.received(frame, now); }
  void wait(Duration time) { now = now + time; }

  FrameChecker checker;
  Instant now = Instant::from_microseconds(1000000000);
};

/// One way to break one rule.
struct Rejection {
  Rule rule = Rule::none;
  std::function<Buffer()> golden{};
  std::function<void(Buffer&)> edit{};   ///< before the checksums are filled in
  std::function<void(Buffer&)> after{};  ///< and after
  std::function<void(FrameCheckerConfig&)> config{};
  std::function<void(Bench&)> before{};  ///< what happens first
  bool lengths = false;                  ///< the edit changes the size
  bool ipv6 = false;                     ///< the host speaks IPv6
};

std::vector<Rejection> link_rejections();
std::vector<Rejection> ip_rejections();
std::vector<Rejection> icmp_rejections();
std::vector<Rejection> transport_rejections();
std::vector<Rejection> dhcp_rejections();
std::vector<Rejection> dns_rejections();
std::vector<Rejection> history_rejections();

}  // namespace linnet::sim::test
