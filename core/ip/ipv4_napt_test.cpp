// SPDX-License-Identifier: Apache-2.0
// Port translation in a router, packet by packet: RFC 3022, RFC 4787, RFC 5382, RFC 5508.
#include "core/ip/test_router.hpp"

namespace linnet::ip::test {
namespace {

constexpr std::uint8_t udp = protocol::udp, tcp = protocol::tcp;
constexpr IpAddress other_host = IpAddress::v4(10, 0, 0, 9);
constexpr Endpoint inside{inside_host, 5000};
constexpr Endpoint other{other_host, 6000};
constexpr Endpoint server{remote, 80};
constexpr Endpoint mapped{our_address, 8080};

Config napt_config() {
  Config config = router_config();
  config.napt_entries = 4;
  config.port_maps = 2;
  return config;
}

/// What an IPv4 packet with TCP or UDP says of its ends; its checksums are verified.
struct Ends {
  Endpoint from;
  Endpoint to;
};
Ends ends_of(const Buffer& packet) {
  EXPECT_GE(packet.size(), 28u);
  if (packet.size() < 28) return {};
  const Ends ends{{IpAddress::v4(load32(packet.data() + 12)), load16(packet.data() + 20)},
                  {IpAddress::v4(load32(packet.data() + 16)), load16(packet.data() + 22)}};
  const std::size_t size = packet.size() - 20;
  const std::uint32_t pseudo = pseudo_sum(ends.from.address, ends.to.address, packet[9], size);
  EXPECT_EQ(reference_checksum(Bytes(packet).subspan(20), pseudo), 0);
  EXPECT_EQ(reference_checksum(Bytes(packet).first(20)), 0);
  return ends;
}

/// 10.0.0.0/8 is inside.
struct NaptRouter : Router {
  explicit NaptRouter(const Config& c = napt_config()) : Router(c) {
    resolve_inside(other_host);
    EXPECT_TRUE(ip.set_napt(2, true));
  }
  Drop from_inside(const Buffer& packet) { return inject(packet, our_mac, 2); }
  Drop from_outside(const Buffer& packet) { return inject(packet, our_mac, 1); }
  /// What a first datagram looks like outside.
  Endpoint open(const Endpoint& from = inside, const Endpoint& to = server, std::uint8_t protocol = udp) {
    EXPECT_EQ(from_inside(transport_packet(protocol, from, to)), Drop::none);
    return ends_of(sent()).from;
  }
};

TEST(NaptRouter, is_a_setting_of_routers_with_room_for_it) {
  NaptRouter router;
  EXPECT_FALSE(router.ip.set_napt(0, true)) << "loopback";
  EXPECT_FALSE(router.ip.set_napt(9, true)) << "no such interface";
  Config no_room = napt_config();
  no_room.napt_entries = 0;
  EXPECT_FALSE(Router(no_room).ip.set_napt(2, true));
  Config no_router = napt_config();
  no_router.forward = false;
  Router host(no_router);
  EXPECT_FALSE(host.ip.set_napt(2, true));
  EXPECT_TRUE(host.ip.set_napt(2, false));
}

TEST(NaptRouter, RFC3022_what_comes_from_inside_leaves_by_our_name_and_answers_find_back) {
  for (const std::uint8_t protocol : {udp, tcp}) {
    NaptRouter router;
    const Endpoint outside = router.open(inside, server, protocol);
    EXPECT_EQ(outside.address, our_address);
    EXPECT_NE(outside.port, 0);
    EXPECT_EQ(router.from_outside(transport_packet(protocol, server, outside)), Drop::none);
    EXPECT_FALSE(router.datagram) << "not for us";
    const Ends answer = ends_of(router.forwarded());
    EXPECT_EQ(answer.from, server);
    EXPECT_EQ(answer.to, inside);
    EXPECT_EQ(router.ip.napt().sessions(), 1u);
  }
}

TEST(NaptRouter, the_end_of_the_setting_ends_the_sessions) {
  NaptRouter router;
  const Endpoint outside = router.open();
  ASSERT_TRUE(router.ip.set_napt(1, true)) << "another one, too";
  ASSERT_TRUE(router.ip.set_napt(2, false));
  EXPECT_EQ(router.ip.napt().sessions(), 1u) << "one interface is inside still";
  ASSERT_TRUE(router.ip.set_napt(1, false));
  EXPECT_EQ(router.ip.napt().sessions(), 0u);
  EXPECT_EQ(router.from_outside(transport_packet(udp, server, outside)), Drop::none);
  EXPECT_TRUE(router.datagram) << "ours, if anybody's";
}

TEST(NaptRouter, sessions_end_with_the_address_and_with_time) {
  NaptRouter router;
  router.open();
  router.run_for(Duration::seconds(301));
  EXPECT_EQ(router.ip.napt().sessions(), 0u) << "RFC 4787 REQ-5";
  router.open();
  ASSERT_TRUE(router.ip.remove_address(1, our_address));
  EXPECT_EQ(router.ip.napt().sessions(), 0u);
}

TEST(NaptRouter, RFC6864_5_3_1_identifications_are_made_anew_where_they_mean_something) {
  NaptRouter router;
  PacketOptions options;
  options.identification = 77;
  options.dont_fragment = true;
  EXPECT_EQ(router.from_inside(transport_packet(udp, inside, server, options)), Drop::none);
  EXPECT_EQ(load16(router.sent().data() + 4), 77);
  options.dont_fragment = false;
  std::vector<std::uint16_t> seen;
  for (const Endpoint& from : {inside, other}) {
    EXPECT_EQ(router.from_inside(transport_packet(udp, from, server, options)), Drop::none);
    seen.push_back(load16(router.sent().data() + 4));
  }
  EXPECT_NE(seen[0], seen[1]) << "though both hosts chose the same";
}

TEST(NaptRouter, what_is_for_ourselves_comes_to_us) {
  NaptRouter router;
  router.open();
  EXPECT_EQ(router.from_outside(transport_packet(udp, server, {our_address, 7})), Drop::none);
  EXPECT_TRUE(router.datagram);
  EXPECT_EQ(router.from_inside(transport_packet(udp, inside, {our_address, 7})), Drop::none);
  EXPECT_TRUE(router.datagram) << "from inside, by the outer address";
  EXPECT_EQ(router.from_inside(transport_packet(udp, inside, {Router::second_address, 7})), Drop::none);
  EXPECT_TRUE(router.datagram);
  EXPECT_EQ(router.from_outside(ipv4_packet({.source = remote, .protocol = 253}, pattern(40))), Drop::none);
  EXPECT_TRUE(router.datagram) << "of a protocol that has no ports";
  EXPECT_EQ(router.inject(ipv4_packet({.destination = IpAddress::broadcast_v4()}, pattern(20)),
                          MacAddress::broadcast()),
            Drop::none);
  EXPECT_TRUE(router.datagram) << "a broadcast";
}

TEST(NaptRouter, RFC4787_5_from_outside_nobody_gets_in_uninvited) {
  NaptRouter router;
  const Endpoint outside = router.open();
  EXPECT_EQ(router.from_outside(transport_packet(udp, {gateway, 80}, outside)), Drop::napt_filtered);
  EXPECT_EQ(router.from_outside(transport_packet(udp, server, inside)), Drop::napt_filtered)
      << "who knows the inner address";
  EXPECT_TRUE(router.forwarded().empty());
}

TEST(NaptRouter, between_interfaces_of_one_side_nothing_is_translated) {
  NaptRouter router;
  const Buffer packet = transport_packet(udp, other, inside);
  EXPECT_EQ(router.from_inside(packet), Drop::none);
  EXPECT_EQ(ends_of(router.forwarded()).from, other);
  EXPECT_EQ(router.ip.napt().sessions(), 0u);
}

TEST(NaptRouter, what_cannot_be_translated_stays_inside) {
  NaptRouter router;
  const auto gre = ipv4_packet({.source = inside_host, .destination = remote, .protocol = 47}, pattern(40));
  EXPECT_EQ(router.from_inside(gre), Drop::napt_protocol);
  EXPECT_EQ(router.from_inside(transport_packet(tcp, inside, server, {}, 4)), Drop::napt_filtered)
      << "a reset begins nothing";
  for (std::uint16_t i = 0; i < 4; ++i) {
    const Endpoint from{inside_host, static_cast<std::uint16_t>(i + 1)};
    const Endpoint outside = router.open(from);
    EXPECT_EQ(router.from_outside(transport_packet(udp, server, outside)), Drop::none) << "in use";
  }
  EXPECT_EQ(router.from_inside(transport_packet(udp, other, server)), Drop::napt_full);
  EXPECT_TRUE(router.sent().empty());
}

TEST(NaptRouter, without_an_address_outside_nothing_leaves) {
  NaptRouter router;
  ASSERT_TRUE(router.ip.remove_address(1, our_address));
  EXPECT_EQ(router.from_inside(transport_packet(udp, inside, server)), Drop::napt_protocol);
  EXPECT_TRUE(router.sent().empty());
}

/// The two halves of a packet.
std::pair<Buffer, Buffer> halves(const Endpoint& from, const Endpoint& to) {
  const Buffer whole = transport_bytes(udp, from, to, 0, 40);
  PacketOptions options{.source = from.address, .destination = to.address, .protocol = udp, .more = true};
  const Buffer first = ipv4_packet(options, Buffer(whole.begin(), whole.begin() + 16));
  options.more = false;
  options.offset = 16;
  return {first, ipv4_packet(options, Buffer(whole.begin() + 16, whole.end()))};
}

TEST(NaptRouter, RFC4787_REQ_14_fragments_are_put_together_in_whichever_order_they_come) {
  NaptRouter router;
  const auto out = halves(inside, server);
  EXPECT_EQ(router.from_inside(out.second), Drop::none);
  EXPECT_TRUE(router.sent().empty()) << "whose it is, only the first tells";
  EXPECT_EQ(router.from_inside(out.first), Drop::none);
  const Endpoint outside = ends_of(router.sent()).from;
  EXPECT_EQ(outside.address, our_address);
  const auto back = halves(server, outside);
  EXPECT_EQ(router.from_outside(back.second), Drop::none);
  EXPECT_EQ(router.from_outside(back.first), Drop::none);
  EXPECT_EQ(ends_of(router.forwarded()).to, inside);
}

TEST(NaptRouter, a_port_map_leads_in) {
  NaptRouter router;
  EXPECT_FALSE(router.ip.add_port_map(tcp, {IpAddress::loopback_v6(), 8080}, inside));
  EXPECT_FALSE(router.ip.add_port_map(tcp, mapped, {IpAddress::loopback_v6(), 80}));
  ASSERT_TRUE(router.ip.add_port_map(tcp, mapped, inside));
  EXPECT_EQ(router.from_outside(transport_packet(tcp, server, mapped)), Drop::none);
  const Ends in = ends_of(router.forwarded());
  EXPECT_EQ(in.from, server);
  EXPECT_EQ(in.to, inside);
  EXPECT_EQ(router.from_inside(transport_packet(tcp, inside, server, {}, 0x12)), Drop::none);
  EXPECT_EQ(ends_of(router.sent()).from, mapped);
  EXPECT_TRUE(router.ip.remove_port_map(tcp, mapped.port));
  EXPECT_EQ(router.from_outside(transport_packet(tcp, {gateway, 81}, mapped)), Drop::none);
  EXPECT_TRUE(router.datagram) << "ours again";
}

TEST(NaptRouter, a_host_that_the_map_leads_to_through_the_last_hop_or_is_too_small_for_it) {
  NaptRouter router;
  ASSERT_TRUE(router.ip.add_port_map(tcp, mapped, inside));
  const Buffer expired = transport_packet(tcp, server, mapped, {.ttl = 1});
  EXPECT_EQ(router.from_outside(expired), Drop::ip_ttl);
  const Buffer told = router.sent();
  ASSERT_GE(told.size(), 28u);
  EXPECT_EQ(told[20], icmp::time_exceeded);
  EXPECT_EQ(Buffer(told.begin() + 28, told.end()), expired) << "as it came";
}

TEST(NaptRouter, RFC4787_REQ_9_hosts_inside_reach_each_other_by_their_outer_endpoints) {
  NaptRouter router;
  ASSERT_TRUE(router.ip.add_port_map(tcp, mapped, inside));
  EXPECT_EQ(router.from_inside(transport_packet(tcp, other, mapped)), Drop::none);
  const Ends there = ends_of(router.forwarded());
  EXPECT_EQ(there.from.address, our_address) << "seen by its outer endpoint";
  EXPECT_NE(there.from, other);
  EXPECT_EQ(there.to, inside);
  EXPECT_EQ(router.from_inside(transport_packet(tcp, inside, there.from, {}, 0x12)), Drop::none);
  const Ends back = ends_of(router.forwarded());
  EXPECT_EQ(back.from, mapped);
  EXPECT_EQ(back.to, other);
}

TEST(NaptRouter, RFC4787_REQ_9_nobody_inside_gets_round_the_filter_or_the_bounds) {
  NaptRouter router;
  const Endpoint outside = router.open();
  EXPECT_EQ(router.from_inside(transport_packet(udp, other, outside)), Drop::napt_filtered)
      << "it spoke with somebody else";
  ASSERT_TRUE(router.ip.add_port_map(tcp, mapped, inside));
  EXPECT_EQ(router.from_inside(transport_packet(tcp, other, mapped, {}, 4)), Drop::napt_filtered)
      << "a reset begins nothing";
}

TEST(NaptRouter, RFC5508_REQ_3_errors_of_others_find_whom_they_concern) {
  NaptRouter router;
  EXPECT_EQ(router.from_inside(transport_packet(udp, inside, server)), Drop::none);
  const Buffer went_out = router.sent();
  const Buffer error = ipv4_packet({.source = gateway, .protocol = protocol::icmp},
                                   icmp_message(icmp::destination_unreachable, 1, 0, went_out));
  EXPECT_EQ(router.from_outside(error), Drop::none);
  EXPECT_FALSE(router.datagram);
  const Buffer told = router.forwarded();
  ASSERT_GE(told.size(), 56u);
  EXPECT_EQ(IpAddress::v4(load32(told.data() + 16)), inside_host);
  EXPECT_EQ(reference_checksum(Bytes(told).subspan(20)), 0);
  const Ends quoted = ends_of(Buffer(told.begin() + 28, told.end()));
  EXPECT_EQ(quoted.from, inside);
  EXPECT_EQ(quoted.to, server);
}

TEST(NaptRouter, RFC5508_REQ_4_our_error_about_what_was_translated_shows_what_was_sent) {
  struct Row {
    const char* what;
    Buffer packet;
    bool session_ends;
  };
  const Endpoint silent{IpAddress::v4(192, 0, 2, 99), 80};
  const Buffer echo = ipv4_packet({.source = inside_host, .destination = silent.address, .protocol = 1},
                                  icmp_message(icmp::echo, 0, 0x12340001, pattern(20)));
  for (const Row& row : {Row{"UDP", transport_packet(udp, inside, silent), false}, Row{"echo", echo, false},
                         Row{"of a session that is over", transport_packet(udp, inside, silent), true}}) {
    SCOPED_TRACE(row.what);
    NaptRouter router;
    EXPECT_EQ(router.from_inside(row.packet), Drop::none) << "waits for an answer";
    if (row.session_ends) {
      ASSERT_TRUE(router.ip.set_napt(2, false));
      ASSERT_TRUE(router.ip.set_napt(2, true));
    }
    router.run_for(Duration::seconds(4));
    Buffer told = router.forwarded();
    if (row.session_ends) {
      EXPECT_TRUE(told.empty()) << "whose it was nobody knows";
      continue;
    }
    ASSERT_GE(told.size(), 56u);
    EXPECT_EQ(told[20], icmp::destination_unreachable);
    EXPECT_EQ(told[21], icmp::host_unreachable);
    EXPECT_EQ(IpAddress::v4(load32(told.data() + 16)), inside_host);
    const Buffer quote(told.begin() + 28, told.end());
    ASSERT_EQ(quote.size(), row.packet.size());
    EXPECT_EQ(IpAddress::v4(load32(quote.data() + 12)), inside_host);
    EXPECT_EQ(Buffer(quote.begin() + 20, quote.end()), Buffer(row.packet.begin() + 20, row.packet.end()));
  }
}

TEST(NaptRouter, RFC1122_3_2_2_the_rest_of_a_fragment_of_others_that_never_comes_is_nobodys_error) {
  NaptRouter router;
  EXPECT_EQ(router.from_inside(halves(inside, server).first), Drop::none);
  router.drain_fragments();
  EXPECT_EQ(router.drops.of(Drop::fragment_timeout), 1u);
  EXPECT_TRUE(router.forwarded().empty());
  EXPECT_TRUE(router.sent().empty());
}

TEST(NaptRouter, an_error_about_what_was_not_translated_shows_it_as_it_was) {
  NaptRouter router;
  const IpAddress silent = IpAddress::v4(10, 0, 0, 99);
  Buffer packet = ipv4_packet({.source = other_host, .destination = silent, .protocol = 253}, pattern(40));
  EXPECT_EQ(router.from_inside(packet), Drop::none) << "waits for an answer";
  EXPECT_EQ(router.from_inside(ipv4_packet({.source = other_host, .destination = silent, .protocol = 1},
                                           icmp_message(icmp::time_exceeded, 0, 0, pattern(28)))),
            Drop::none)
      << "and an error, about which nobody is told";
  router.run_for(Duration::seconds(4));
  std::vector<Buffer> told;
  for (Buffer out = router.forwarded(); !out.empty(); out = router.forwarded()) {
    if (out.size() > 28 && out[0] == 0x45 && out[9] == 1) told.push_back(out);
  }
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0][20], icmp::destination_unreachable);
  const Buffer quote(told[0].begin() + 28, told[0].end());
  EXPECT_EQ(quote, ipv4_packet({.source = other_host, .destination = silent, .protocol = 253, .ttl = 63},
                               pattern(40)));
}

}  // namespace
}  // namespace linnet::ip::test
