// SPDX-License-Identifier: Apache-2.0
// Neighbour discovery of a whole host, what RFC 4861 asks in 6.3, 7.2, 7.3 and 8.3.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

const IpAddress far_away = address("2001:db8:99::1");
constexpr MacAddress all_routers_mac{{0x33, 0x33, 0, 0, 0, 2}};

/// What of those is a neighbour solicitation.
std::vector<Sent> questions(Host6& host) {
  std::vector<Sent> found;
  for (Sent& sent : host.take_all()) {
    if (sent.type() == 135) found.push_back(std::move(sent));
  }
  return found;
}

void advertise_without_address(Host6& host, const IpAddress& from, std::uint16_t lifetime = 1800) {
  const Envelope e{from, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(134, 0, lifetime, Buffer(8), e), all_nodes_mac), Drop::none);
}

Drop advertise_neighbour(Host6& host, const IpAddress& target, std::uint32_t flags,
                         const MacAddress& mac = peer_mac) {
  const Envelope e{target, our_global, 255};
  return host.inject6(icmpv6_packet(136, 0, flags, with_address(target, mac_option(2, mac)), e));
}

TEST(NeighbourDiscovery, RFC4861_4_6_4_an_MTU_counts_in_advertisements_of_routers_only) {
  Host6 host;
  host.settle();
  Buffer options = mac_option(1, peer_mac);
  options.insert(options.end(), {5, 1, 0, 0, 0, 0, 5, 0});
  const Envelope e{neighbour, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, options), e)), Drop::none);
  EXPECT_EQ(host.ip.path(neighbour)->mtu, 1500);
  host.advertise_router(1800, router, {5, 1, 0, 0, 0, 0, 5, 0});
  host.ip.poll(host.now);
  EXPECT_EQ(host.ip.path(neighbour)->mtu, 1280);
}

TEST(NeighbourDiscovery, RFC4861_5_2_a_group_is_on_the_link_whatever_routers_there_are) {
  Host6 host;
  host.settle();
  host.advertise_router();
  for (const char* group : {"ff02::1", "ff05::2", "ff0e::1"}) {
    EXPECT_EQ(host.ip.path(address(group))->next_hop, address(group));
  }
}

TEST(NeighbourDiscovery, RFC4862_5_3_the_link_local_address_lasts_for_ever) {
  Host6 host;
  host.settle();
  const Ipv6Address* own = host.ip.neighbour_discovery().addresses().find(1, host.link_local());
  ASSERT_NE(own, nullptr);
  EXPECT_TRUE(own->valid_until.is_never());
  EXPECT_TRUE(own->preferred_until.is_never());
}

TEST(NeighbourDiscovery, RFC4861_6_3_4_whoever_advertises_is_a_router_even_without_its_address) {
  Host6 host;
  host.settle();
  host.solicit(router);  // known, and nothing says that it routes
  advertise_without_address(host, router);
  EXPECT_EQ(host.ip.path(far_away)->next_hop, router);
  host.solicit(router);
  EXPECT_TRUE(host.ip.path(far_away)) << "7.2.3: who asks loses nothing by it";
  EXPECT_EQ(advertise_neighbour(host, router, 0x60000000), Drop::none);
  EXPECT_FALSE(host.ip.path(far_away)) << "7.2.5: its IsRouter flag was true, and is false now";
}

TEST(NeighbourDiscovery, RFC4861_6_3_5_whose_lifetime_ends_is_no_router_and_paths_are_looked_for_again) {
  Host6 host;
  host.settle();
  host.advertise_router(100);
  EXPECT_TRUE(host.ip.path(far_away));
  const std::uint32_t generation = host.ip.generation();
  host.run_for(Duration::milliseconds(99500));
  EXPECT_TRUE(host.ip.path(far_away));
  host.run_for(Duration::seconds(1));
  EXPECT_FALSE(host.ip.path(far_away));
  EXPECT_NE(host.ip.generation(), generation);
}

TEST(NeighbourDiscovery, RFC4861_6_3_6_routers_of_which_nothing_is_known_are_tried_before_one_that_failed) {
  Host6 host;
  host.settle();
  const IpAddress second = address("fe80::ff");
  advertise_without_address(host, router);
  advertise_without_address(host, second);
  const IpAddress first = host.ip.path(far_away)->next_hop;
  EXPECT_EQ(host.send({1}, {.destination = far_away, .protocol = experimental}), Send::sent);
  host.run_for(Duration::seconds(5));  // three questions, and no answer
  EXPECT_NE(host.ip.path(far_away)->next_hop, first);
}

TEST(NeighbourDiscovery, RFC4861_6_3_7_and_4_1_router_solicitations) {
  Host6 host;
  host.run_for(Duration::seconds(10));
  std::size_t named = 0;
  for (const Sent& sent : host.take_all()) {
    if (sent.type() != 133) continue;
    EXPECT_EQ(sent.destination(), address("ff02::2"));
    EXPECT_EQ(sent.to, all_routers_mac);
    EXPECT_EQ(sent.hop_limit(), 255);
    EXPECT_EQ(load32(sent.bytes.data() + 44), 0u) << "reserved";
    EXPECT_EQ(sent.bytes.size(), sent.source().is_unspecified() ? 48u : 56u)
        << "with its address if it has one";
    named += sent.source().is_unspecified() ? 0 : 1;
  }
  EXPECT_GE(named, 1u);
}

TEST(NeighbourDiscovery, RFC4861_7_2_2_questions_are_one_RetransTimer_apart_and_carry_our_address) {
  Host6 host;
  host.run_for(Duration::seconds(20));
  host.take_all();
  const IpAddress other = address("2001:db8::77");
  EXPECT_EQ(host.send({1}, {.destination = other, .protocol = experimental}), Send::sent);
  for (int i = 0; i < 30; ++i) {
    host.send({2},
              {.destination = other, .protocol = experimental});  // more traffic is no reason to ask more
    host.run_for(Duration::milliseconds(100));
  }
  const auto asked = questions(host);
  ASSERT_EQ(asked.size(), 3u);
  for (const Sent& sent : asked) {
    EXPECT_EQ(sent.hop_limit(), 255);
    EXPECT_EQ(sent.destination(), nd::solicited_node(other));
    EXPECT_EQ(Buffer(sent.bytes.begin() + 64, sent.bytes.end()), mac_option(1, our_mac));
  }
}

TEST(NeighbourDiscovery, RFC4861_7_2_3_who_has_no_address_teaches_none) {
  Host6 host;
  host.settle();
  const std::size_t known = host.ethernet.neighbour_count();
  const MacAddress group{{0x33, 0x33, 0xff, 0, 0, 1}};
  const Envelope nobody{IpAddress{}, nd::solicited_node(our_global), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global), nobody), group), Drop::none);
  EXPECT_EQ(host.ethernet.neighbour_count(), known);
  const Envelope somebody{address("2001:db8::99"), nd::solicited_node(our_global), 255};
  EXPECT_EQ(
      host.inject6(
          icmpv6_packet(135, 0, 0, with_address(address("2001:db8::98"), mac_option(1, peer_mac)), somebody),
          group),
      Drop::ip_not_for_us);
  EXPECT_EQ(host.ethernet.neighbour_count(), known) << "nor who asks for another's";
}

TEST(NeighbourDiscovery, RFC4861_7_2_4_who_asks_without_its_address_is_looked_for) {
  Host6 host;
  host.settle();
  const IpAddress other = address("2001:db8::99");
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global), {other, our_global, 255})),
            Drop::none);
  host.ip.poll(host.now);
  const auto sent = host.take_all();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type(), 135);
  EXPECT_EQ(sent[0].destination(), nd::solicited_node(other));
  EXPECT_EQ(advertise_neighbour(host, other, 0x60000000), Drop::none);
  const auto answer = host.take(136);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->destination(), other);
  EXPECT_EQ(Buffer(answer->bytes.begin() + 64, answer->bytes.end()), mac_option(2, our_mac));
}

TEST(NeighbourDiscovery, RFC4861_7_3_1_what_nobody_solicited_confirms_nothing) {
  Host6 host;
  host.settle();
  host.advertise_router();
  host.run_for(Duration::seconds(60));
  EXPECT_EQ(host.send({1}, {.destination = far_away, .protocol = experimental}), Send::sent);
  host.run_for(Duration::seconds(3));
  host.advertise_router();
  EXPECT_EQ(advertise_neighbour(host, router, 0xa0000000), Drop::none) << "not solicited";
  host.take_all();
  host.run_for(Duration::milliseconds(2500));
  EXPECT_EQ(questions(host).size(), 1u) << "it is asked all the same";
}

TEST(NeighbourDiscovery,
     RFC4861_7_3_3_a_stale_neighbour_in_use_is_asked_by_unicast_and_forgotten_when_it_is_silent) {
  Host6 host;
  host.settle();
  host.run_for(Duration::seconds(60));
  host.take_all();
  host.solicit(neighbour);  // recorded as stale, and answered: it is in use
  const auto answer = host.take_all();
  ASSERT_EQ(answer.size(), 1u) << "sent at once, and nobody is asked yet";
  EXPECT_EQ(answer[0].to, peer_mac);
  host.run_for(Duration::milliseconds(4900));
  EXPECT_TRUE(host.take_all().empty()) << "DELAY_FIRST_PROBE_TIME";
  host.run_for(Duration::milliseconds(3200));
  const auto asked = questions(host);
  ASSERT_EQ(asked.size(), 3u);
  for (const Sent& sent : asked) {
    EXPECT_EQ(sent.destination(), neighbour);
    EXPECT_EQ(sent.to, peer_mac);
    EXPECT_EQ(Buffer(sent.bytes.begin() + 64, sent.bytes.end()), mac_option(1, our_mac));
  }
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}), Send::sent);
  host.ip.poll(host.now);
  const auto anew = host.take_all();
  ASSERT_EQ(anew.size(), 1u);
  EXPECT_EQ(anew[0].destination(), nd::solicited_node(neighbour)) << "everybody is asked";
}

TEST(NeighbourDiscovery, RFC4861_8_3_a_destination_that_is_on_the_link_after_all) {
  Host6 host;
  host.settle();
  host.advertise_router();
  const Buffer body = with_address(far_away, {far_away.bytes().begin(), far_away.bytes().end()});
  EXPECT_EQ(host.inject6(icmpv6_packet(137, 0, 0, body, {router, our_global, 255})), Drop::none);
  EXPECT_EQ(host.ip.path(far_away)->next_hop, far_away);
}

TEST(NeighbourDiscovery, RFC8200_3_the_destination_takes_a_hop_limit_of_zero) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 7, {1}, {neighbour, our_global, 0})), Drop::none);
  EXPECT_TRUE(host.take(echo_reply));
}

}  // namespace
}  // namespace linnet::ip::test::v6
