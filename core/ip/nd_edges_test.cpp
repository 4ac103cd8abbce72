// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery of a whole host at its edges: RFC 4861 7.2 and 8, RFC 4862 5.4, RFC 7527, and links
// without addresses.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

const IpAddress far_away = address("2001:db8:99::1");

/// Our first solicitation for our_global (RFC 4862 5.4.2).
std::optional<Sent> probe(Host6& host) {
  for (int i = 0; i < 20; ++i) {
    host.run_for(Duration::milliseconds(100));
    for (Sent& sent : host.take_all()) {
      const bool for_it =
          sent.type() == 135 && sent.source().is_unspecified() &&
          std::equal(our_global.bytes().begin(), our_global.bytes().end(), sent.bytes.begin() + 48);
      if (for_it) return std::move(sent);
    }
  }
  return std::nullopt;
}

TEST(NdEdges, RFC7527_4_1_whose_nonce_is_our_own_is_nobody) {
  Host6 host;
  const auto sent = probe(host);
  ASSERT_TRUE(sent);
  EXPECT_EQ(host.inject6(sent->bytes, sent->to), Drop::none) << "it came back";
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::probing);
  host.run_for(Duration::seconds(10));
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
}

TEST(NdEdges, RFC7527_4_2_any_other_is_another_node) {
  const Buffer six{14, 1, 9, 9, 9, 9, 9, 9};
  Buffer fourteen{14, 2};
  fourteen.resize(16, 9);
  const Buffer none{};
  for (const Buffer& option : {six, fourteen, none}) {
    Host6 host;
    const auto sent = probe(host);
    ASSERT_TRUE(sent);
    const Envelope e{IpAddress{}, nd::solicited_node(our_global), 255};
    EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, option), e), sent->to),
              Drop::none);
    EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::conflict) << option.size();
    const Envelope asks{neighbour, nd::solicited_node(our_global), 255};
    EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), asks),
                           sent->to),
              Drop::ip_not_for_us)
        << "nobody is found under it";
  }
}

TEST(NdEdges, RFC4862_5_4_3_who_resolves_a_tentative_address_gets_no_answer) {
  Host6 host;
  const auto sent = probe(host);
  ASSERT_TRUE(sent);
  const Envelope asks{neighbour, nd::solicited_node(our_global), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), asks),
                         sent->to),
            Drop::ip_not_for_us);
  EXPECT_FALSE(host.take(136));
}

TEST(NdEdges, RFC4862_5_4_4_a_claim_that_comes_late_takes_nothing) {
  Host6 host;
  host.settle();
  const Envelope e{neighbour, our_global, 255};
  EXPECT_EQ(
      host.inject6(icmpv6_packet(136, 0, 0x20000000, with_address(our_global, mac_option(2, peer_mac)), e)),
      Drop::none);
  EXPECT_TRUE(host.ip.is_own(our_global));
}

TEST(NdEdges, RFC4861_7_2_5_an_advertisement_without_an_address_says_that_the_neighbour_is_there) {
  Host6 host;
  host.settle();
  const Envelope e{neighbour, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(neighbour), e)), Drop::none);
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}), Send::sent);
  ASSERT_EQ(host.device.out.size(), 1u);
  EXPECT_EQ(ethernet::test::destination_of(host.device.take()), peer_mac);
}

TEST(NdEdges, RFC4861_7_2_5_a_router_that_is_none_any_more_and_led_nowhere) {
  Host6 host;
  host.settle();
  host.advertise_router(0);  // a router, but no default one
  const std::uint32_t generation = host.ip.generation();
  const Envelope e{router, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(router, mac_option(2, peer_mac)), e)),
            Drop::none);
  EXPECT_FALSE(host.ip.path(far_away));
  host.advertise_router(1800);
  ASSERT_TRUE(host.ip.path(far_away));
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(router, mac_option(2, peer_mac)), e)),
            Drop::none);
  EXPECT_FALSE(host.ip.path(far_away)) << "R is not set";
  EXPECT_NE(host.ip.generation(), generation);
}

TEST(NdEdges, RFC4861_7_3_3_a_neighbour_in_use_that_says_it_has_moved_is_asked_there_at_once) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}),
            Send::sent);  // it is in use
  host.run_for(Duration::seconds(2));
  host.take_all();
  const MacAddress other{{2, 0, 0, 0, 0, 0x66}};
  const Envelope e{neighbour, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, with_address(neighbour, mac_option(2, other)), e)),
            Drop::none);
  const auto question = host.take(135);
  ASSERT_TRUE(question) << "nobody solicited it";
  EXPECT_EQ(question->to, other);
  EXPECT_EQ(question->destination(), neighbour);
}

Buffer redirect(const IpAddress& from, const IpAddress& target, const IpAddress& destination) {
  const Buffer body = with_address(target, Buffer(destination.bytes().begin(), destination.bytes().end()));
  return icmpv6_packet(137, 0, 0, body, {from, our_global, 255});
}

TEST(NdEdges, RFC4861_8_2_redirects_can_be_refused_and_routers_never_take_any) {
  for (const bool router_too : {false, true}) {
    Config config;
    config.accept_redirects = router_too;
    config.forward_v6 = router_too;
    Host6 host(config);
    host.settle();
    ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, router, 1));
    EXPECT_EQ(host.inject6(redirect(router, address("fe80::bb"), far_away)), Drop::icmp_type);
    EXPECT_EQ(host.ip.path(far_away)->next_hop, router);
  }
}

TEST(NdEdges, RFC4861_8_1_only_who_leads_there_may_redirect) {
  Host6 host(Config{.interfaces = 3});
  host.settle();
  host.add_second();
  ASSERT_TRUE(host.ip.enable_ipv6(2, host.now));
  EXPECT_EQ(host.inject6(redirect(router, address("fe80::bb"), far_away)), Drop::nd_malformed)
      << "nobody leads there";
  ASSERT_TRUE(host.ip.add_route({address("2001:db8:99::"), 48}, address("fe80::aa"), 2));
  EXPECT_EQ(host.inject6(redirect(address("fe80::aa"), address("fe80::bb"), far_away)), Drop::nd_malformed)
      << "by another link";
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, router, 1));
  ASSERT_TRUE(host.ip.add_route({address("2001:db8:99::"), 48}, address("fe80::cc"), 1));
  EXPECT_EQ(host.inject6(redirect(router, address("fe80::bb"), far_away)), Drop::nd_malformed)
      << "the default router, though somebody leads there";
  EXPECT_EQ(host.inject6(redirect(address("fe80::cc"), address("fe80::bb"), far_away)), Drop::none)
      << "without the target's address, which is looked for";
  EXPECT_EQ(host.ip.path(far_away, {}, 1)->next_hop, address("fe80::bb"));
}

/// A link whose frames are bare packets, as of a tunnel.
struct Tunnel {
  Tunnel()
      : memory(ethernet::Ethernet::memory_needed({}) + Ip::memory_needed({}) +
               BlockPool::memory_needed(Host::default_blocks) + Arena::alignment),
        arena(memory),
        pool(arena, Host::default_blocks),
        ethernet({}, arena, pool, random, drops),
        ip({}, arena, pool, random, ethernet, drops) {
    device.offers.link = LinkType::ip;
    EXPECT_EQ(ethernet.add_link(device), 0);
    ip.add_interface(0);
    EXPECT_TRUE(ip.enable_ipv6(0, now));
    run_for(Duration::seconds(1));
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (; now < end; now = now + Duration::milliseconds(10)) {
      ethernet.poll(now);
      ip.poll(now);
    }
  }
  const Ipv6Address& link_local() const { return ip.neighbour_discovery().addresses().all()[0]; }
  /// The first ICMPv6 message of that type that went out.
  Buffer sent(std::uint8_t type) {
    while (!device.out.empty()) {
      const Buffer bytes = device.take();
      if (bytes.size() > 40 && bytes[6] == 58 && bytes[40] == type) return bytes;
    }
    return {};
  }
  Instant now = Instant::from_microseconds(1000000);
  Random random{Random::Seed{1}};
  DropCounters drops;
  ethernet::test::Wire wire;
  ethernet::test::RecordingDevice device;
  Buffer memory;
  Arena arena;
  BlockPool pool;
  ethernet::Ethernet ethernet;
  Ip ip;
};

TEST(NdEdges, RFC4862_5_4_where_nobody_else_can_be_no_duplicate_is_looked_for) {
  Tunnel host;
  EXPECT_TRUE(host.link_local().address.is_link_local());
  EXPECT_EQ(host.link_local().state, Ipv6AddressState::preferred);
  const Buffer asks = host.sent(133);
  ASSERT_EQ(asks.size(), 48u) << "RFC 4861 4.1: no link-layer address, since there is none";
  EXPECT_TRUE(std::equal(asks.begin() + 8, asks.begin() + 24, host.link_local().address.bytes().begin()));
}

TEST(NdEdges, RFC4861_7_2_3_nothing_is_learned_of_a_link_without_addresses) {
  Tunnel host;
  host.device.out.clear();
  const IpAddress other = address("fe80::2");
  const IpAddress own = host.link_local().address;
  Packet packet = host.wire.packet(
      icmpv6_packet(135, 0, 0, with_address(own, mac_option(1, peer_mac)), {other, own, 255}), 0);
  auto up = host.ethernet.receive(std::move(packet), host.now);
  ASSERT_TRUE(up);
  EXPECT_FALSE(host.ip.receive(std::move(*up), host.now));
  EXPECT_EQ(host.drops.total(), 0u);
  EXPECT_FALSE(host.sent(136).empty()) << "but who asks is answered";
}

}  // namespace
}  // namespace linnet::ip::test::v6
