// SPDX-License-Identifier: Apache-2.0
// Forwarding, packet by packet: what goes on and how it looks then, and what does not and why.
#include "core/ip/test_router.hpp"

namespace linnet::ip {
namespace {

using test::Buffer;
using test::ipv4_packet;
using test::PacketOptions;
using test::pattern;
using test::peer;
using test::router_config;
using test::Router;
using test::to_neighbour;
constexpr IpAddress neighbour = test::inside_host;

TEST(Forward, RFC1812_5_3_1_one_hop_less_and_the_checksum_follows) {
  Router router;
  for (int ttl = 2; ttl < 256; ++ttl) {
    PacketOptions options = to_neighbour();
    options.ttl = static_cast<std::uint8_t>(ttl);
    options.identification = static_cast<std::uint16_t>(ttl * 257);
    const Buffer body = pattern(40, static_cast<std::uint32_t>(ttl));
    EXPECT_EQ(router.inject(ipv4_packet(options, body)), Drop::none);
    --options.ttl;
    EXPECT_EQ(router.forwarded(), ipv4_packet(options, body)) << ttl;
  }
  EXPECT_TRUE(router.device.out.empty());
}

TEST(Forward, RFC1812_5_2_3_nothing_for_others_is_delivered_here) {
  Router router;
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::none);
  EXPECT_FALSE(router.datagram);
  EXPECT_EQ(router.inject(ipv4_packet({.destination = Router::second_address}, pattern(40))), Drop::none);
  EXPECT_TRUE(router.datagram) << "our address, by the other interface";
}

TEST(Forward, EverythingElseOfThePacketStays) {
  Router router;
  PacketOptions options = to_neighbour();
  options.traffic_class = 0xb9;
  options.dont_fragment = true;
  options.options = {7, 7, 4, 0, 0, 0, 0, 0};  // record route
  const Buffer body = pattern(100);
  EXPECT_EQ(router.inject(ipv4_packet(options, body)), Drop::none);
  --options.ttl;
  EXPECT_EQ(router.forwarded(), ipv4_packet(options, body));
}

TEST(Forward, RFC792_the_last_hop_is_told) {
  for (const std::uint8_t ttl : {0, 1}) {
    Router router;
    PacketOptions options = to_neighbour();
    options.ttl = ttl;
    const Buffer packet = ipv4_packet(options, pattern(40));
    EXPECT_EQ(router.inject(packet), Drop::ip_ttl);
    const auto told = router.told();
    EXPECT_EQ(told.type, icmp::time_exceeded);
    EXPECT_EQ(told.code, 0);
    EXPECT_EQ(told.quote, packet) << "as it came";
    EXPECT_TRUE(router.forwarded().empty());
  }
}

TEST(Forward, RFC1812_5_2_7_1_no_route) {
  Router router;
  router.ip.remove_route({IpAddress::any_v4(), 0}, test::gateway, 1);
  EXPECT_EQ(router.inject(ipv4_packet({.destination = test::remote}, pattern(40))), Drop::ip_no_route);
  const auto told = router.told();
  EXPECT_EQ(told.type, icmp::destination_unreachable);
  EXPECT_EQ(told.code, 0);
}

TEST(Forward, RFC1812_5_2_7_1_a_silent_host) {
  Router router;
  const Buffer packet = ipv4_packet({.destination = IpAddress::v4(10, 0, 0, 99)}, pattern(40));
  EXPECT_EQ(router.inject(packet), Drop::none) << "waits for an answer";
  router.run_for(Duration::seconds(4));
  EXPECT_EQ(router.drops.of(Drop::neighbour_failed), 1u);
  auto told = router.told();
  EXPECT_EQ(told.type, icmp::destination_unreachable);
  EXPECT_EQ(told.code, 1);
  EXPECT_EQ(router.inject(packet), Drop::neighbour_failed) << "known to be silent";
  told = router.told();
  EXPECT_EQ(told.code, 1);
}

TEST(Forward, APacketOfOthersWaitsForItsNextHop) {
  Router router;
  constexpr IpAddress unknown = IpAddress::v4(10, 0, 0, 8);
  EXPECT_EQ(router.inject(ipv4_packet({.destination = unknown}, pattern(40))), Drop::none);
  router.second.out.clear();  // the question
  const auto reply = ethernet::test::arp_frame(test::our_mac, {.operation = 2,
                                                               .sender_mac = test::peer_mac,
                                                               .sender = unknown,
                                                               .target_mac = test::our_mac,
                                                               .target = Router::second_address});
  EXPECT_FALSE(router.ethernet.receive(router.wire.packet(reply, 2), router.now));
  EXPECT_EQ(router.forwarded(), ipv4_packet({.destination = unknown, .ttl = 63}, pattern(40)));
}

struct Refused {
  const char* what;
  PacketOptions packet;
  Drop reason;
  bool broadcast_frame = false;
};

TEST(Forward, WhatNoRouterForwards) {
  const IpAddress link_local = IpAddress::v4(169, 254, 1, 1);
  const std::vector<Refused> rows = {
      {"RFC 1812 5.3.4: a link broadcast", {.destination = neighbour}, Drop::ip_not_forwarded, true},
      {"RFC 2644: a directed broadcast",
       {.destination = IpAddress::v4(10, 255, 255, 255)},
       Drop::ip_not_forwarded},
      {"RFC 3927 7: to a link-local address", {.destination = link_local}, Drop::ip_not_forwarded},
      {"RFC 3927 7: from a link-local address",
       {.source = link_local, .destination = neighbour},
       Drop::ip_not_forwarded},
      {"RFC 1812 5.3.7: from loopback",
       {.source = IpAddress::v4(127, 0, 0, 1), .destination = neighbour},
       Drop::ip_martian},
      {"to loopback", {.destination = IpAddress::v4(127, 0, 0, 2)}, Drop::ip_martian},
      {"from nowhere", {.source = IpAddress::any_v4(), .destination = neighbour}, Drop::ip_martian},
      {"to nowhere", {.destination = IpAddress::v4(0, 0, 0, 5)}, Drop::ip_martian},
      {"from a group", {.source = IpAddress::v4(224, 0, 0, 9), .destination = neighbour}, Drop::ip_martian},
      {"to a group", {.destination = IpAddress::v4(239, 1, 1, 1)}, Drop::ip_not_for_us},
      {"to class E", {.destination = IpAddress::v4(240, 1, 1, 1)}, Drop::ip_martian},
      {"from our own address",
       {.source = Router::second_address, .destination = neighbour},
       Drop::ip_martian},
      {"RFC 3704: from where it cannot be",
       {.source = IpAddress::v4(10, 0, 0, 9), .destination = neighbour},
       Drop::ip_reverse_path},
      {"RFC 7126: source routed",
       {.destination = neighbour, .options = {131, 7, 4, 10, 0, 0, 7, 0}},
       Drop::ip_source_route},
  };
  for (const Refused& row : rows) {
    Router router;
    const MacAddress to = row.broadcast_frame ? MacAddress::broadcast() : test::our_mac;
    EXPECT_EQ(router.reject(ipv4_packet(row.packet, pattern(40)), to), row.reason) << row.what;
    EXPECT_TRUE(router.second.out.empty()) << row.what;
  }
}

TEST(Forward, RFC3704_can_be_left_out) {
  Config config = router_config();
  config.check_reverse_path = false;
  Router router(config);
  EXPECT_EQ(router.inject(
                ipv4_packet({.source = IpAddress::v4(10, 0, 0, 9), .destination = neighbour}, pattern(40))),
            Drop::none);
  EXPECT_FALSE(router.forwarded().empty());
}

TEST(Forward, WithoutTheSettingItIsNotForUs) {
  Config config = router_config();
  config.forward = false;
  Router router(config);
  EXPECT_EQ(router.reject(ipv4_packet(to_neighbour(), pattern(40))), Drop::ip_not_for_us);
  EXPECT_EQ(router.reject(ipv4_packet({.destination = Router::second_address}, pattern(40))),
            Drop::ip_not_for_us);
}

TEST(Forward, RFC1191_too_large_and_not_to_be_fragmented) {
  Router router;
  router.second.link_mtu = 600;
  router.ethernet.poll(router.now);
  PacketOptions options = to_neighbour();
  options.dont_fragment = true;
  EXPECT_EQ(router.inject(ipv4_packet(options, pattern(580))), Drop::none);
  EXPECT_EQ(router.forwarded().size(), 600u);
  const Buffer packet = ipv4_packet(options, pattern(581));
  EXPECT_EQ(router.inject(packet), Drop::ip_too_big);
  const auto told = router.told();
  EXPECT_EQ(told.type, icmp::destination_unreachable);
  EXPECT_EQ(told.code, 4);
  EXPECT_EQ(told.mtu, 600);
  EXPECT_EQ(told.quote, Buffer(packet.begin(), packet.begin() + 548)) << "RFC 1812 4.3.2.3";
}

/// Puts together what the fragments hold; they must be in order.
Buffer joined(Router& router, std::size_t header_of_first, std::size_t header_of_others, std::size_t begin,
              bool more) {
  Buffer data;
  std::size_t header = header_of_first;
  while (true) {
    const Buffer packet = router.forwarded();
    if (packet.empty()) break;
    EXPECT_LE(packet.size(), router.second.link_mtu);
    EXPECT_EQ((packet[0] & 0x0fu) * 4, header);
    EXPECT_EQ(test::reference_checksum(Bytes(packet).first(header)), 0);
    EXPECT_EQ(load16(packet.data() + 2), packet.size());
    EXPECT_EQ(load16(packet.data() + 4), 77) << "of one datagram";
    EXPECT_EQ((load16(packet.data() + 6) & 0x1fffu) * 8, begin + data.size());
    const bool last = router.second.out.empty();
    EXPECT_EQ((load16(packet.data() + 6) & 0x2000) != 0, !last || more);
    data.insert(data.end(), packet.begin() + static_cast<std::ptrdiff_t>(header), packet.end());
    header = header_of_others;
  }
  return data;
}

TEST(Forward, RFC791_3_2_fragments_and_fragments_of_fragments) {
  Router router;
  router.second.link_mtu = 300;
  router.ethernet.poll(router.now);
  PacketOptions options = to_neighbour();
  const Buffer body = pattern(1000);
  EXPECT_EQ(router.inject(ipv4_packet(options, body)), Drop::none);
  EXPECT_EQ(joined(router, 20, 20, 0, false), body);
  options.offset = 4000;
  options.more = true;
  EXPECT_EQ(router.inject(ipv4_packet(options, body)), Drop::none);
  EXPECT_EQ(joined(router, 20, 20, 4000, true), body);
}

TEST(Forward, RFC791_3_1_options_that_are_copied_and_those_that_are_not) {
  Router router;
  router.second.link_mtu = 300;
  router.ethernet.poll(router.now);
  PacketOptions options = to_neighbour();
  options.options = {7, 7, 4,   0, 0, 0,
                     0, 1, 148, 4, 0, 0};  // record route stays in front, router alert goes with each
  const Buffer body = pattern(1000);
  EXPECT_EQ(router.inject(ipv4_packet(options, body)), Drop::none);
  EXPECT_EQ(joined(router, 32, 24, 0, false), body);
}

TEST(Forward, RFC791_a_fragment_that_ends_behind_the_largest_datagram_is_not_cut) {
  Router router;
  router.second.link_mtu = 300;
  router.ethernet.poll(router.now);
  PacketOptions options = to_neighbour();
  options.offset = 65528;
  EXPECT_EQ(router.inject(ipv4_packet(options, pattern(400))), Drop::ip_too_big);
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(Forward, RFC1812_4_3_2_7_about_what_nothing_is_told) {
  Router router;
  const auto expired = [](PacketOptions options, const Buffer& body) {
    options.ttl = 1;
    return ipv4_packet(options, body);
  };
  PacketOptions options = to_neighbour();
  options.offset = 800;
  EXPECT_EQ(router.reject(expired(options, pattern(40))), Drop::ip_ttl) << "a later fragment";
  options = to_neighbour();
  options.protocol = protocol::icmp;
  EXPECT_EQ(router.reject(expired(options, test::icmp_message(3, 1, 0, pattern(28)))), Drop::ip_ttl)
      << "an error";
  EXPECT_EQ(router.reject(expired(options, {3, 1})), Drop::ip_ttl) << "what may be one";
  EXPECT_EQ(router.inject(expired(options, test::icmp_message(8, 0, 0, pattern(28)))), Drop::ip_ttl);
  EXPECT_EQ(router.told().type, icmp::time_exceeded) << "but an echo: traceroute";
}

TEST(Forward, C10_09_errors_are_limited) {
  Config config = router_config();
  config.icmp_errors_per_second = 10;
  Router router(config);
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    PacketOptions options = to_neighbour();
    options.ttl = 1;
    EXPECT_EQ(router.inject(ipv4_packet(options, pattern(40))), Drop::ip_ttl);
    told += router.told().type == icmp::time_exceeded ? 1 : 0;
  }
  EXPECT_GE(told, 1);
  EXPECT_LE(told, 16);
}

TEST(Forward, ABusyDeviceIsAskedTwiceThenThePacketIsCounted) {
  Router router;
  router.second.busy = 2;
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::device_busy);
  router.second.busy = 1;
  EXPECT_EQ(router.inject(ipv4_packet(to_neighbour(), pattern(40))), Drop::none);
}

TEST(Forward, TheChecksumThatADeviceVouchedForIsFilledInForTheNext) {
  for (const std::uint8_t protocol : {protocol::tcp, protocol::udp}) {
    Router router;
    Buffer body = pattern(60);
    body[12] = 0x50;  // a TCP header of 20 bytes
    if (protocol == protocol::udp) store16(body.data() + 4, 60);
    const std::size_t field = protocol == protocol::tcp ? 16 : 6;
    PacketOptions options = to_neighbour();
    options.protocol = protocol;
    const std::uint32_t pseudo = test::pseudo_sum(options.source, options.destination, protocol, body.size());
    store16(body.data() + field,
            static_cast<std::uint16_t>((pseudo & 0xffff) + (pseudo >> 16)));  // as a kernel leaves it
    Packet packet = router.wire.packet(
        ethernet::test::ethernet_frame(test::our_mac, test::peer_mac, ethernet::ethertype::ipv4,
                                       ipv4_packet(options, body)),
        1);
    packet.info.checksum_verified = true;
    auto up = router.ethernet.receive(std::move(packet), router.now);
    ASSERT_TRUE(up);
    EXPECT_FALSE(router.ip.receive(std::move(*up), router.now));
    const Buffer out = router.forwarded();
    ASSERT_EQ(out.size(), 80u);
    EXPECT_EQ(test::reference_checksum(Bytes(out).subspan(20), pseudo), 0);
  }
}

}  // namespace
}  // namespace linnet::ip
