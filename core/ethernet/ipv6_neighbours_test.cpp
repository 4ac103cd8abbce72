// SPDX-License-Identifier: Apache-2.0
// What the link layer does for IPv6 neighbours (RFC 4861): whom to solicit, what others teach, and what
// becomes of packets that wait, our own and those of others.
#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

using Reachability = Ethernet::Reachability;

const IpAddress host = *IpAddress::parse("fe80::2");
const IpAddress other_host = *IpAddress::parse("fe80::3");
const IpAddress own = *IpAddress::parse("fe80::1");

/// An IPv6 header with that source and one byte of payload.
Buffer packet_from(const IpAddress& source, std::uint8_t last = 1) {
  Buffer packet(41, last);
  packet[0] = 0x60;
  copy_bytes(packet.data() + 8, Bytes(source.bytes()));
  copy_bytes(packet.data() + 24, Bytes(host.bytes()));
  return packet;
}

Send send6(Station& station, const IpAddress& to, const Buffer& packet = packet_from(own),
           bool transit = false) {
  Frame frame;
  frame.add_payload(packet);
  frame.transit = transit;
  return station.ethernet.send(frame, 0, to, ethertype::ipv6, station.now);
}

/// Lets everybody who is due be asked until nobody is: whom, and how often.
std::size_t solicit_all(Station& station, const IpAddress& whom) {
  std::size_t asked = 0;
  while (const Neighbour* due = station.ethernet.next_to_solicit(station.now)) {
    asked += due->address == whom ? 1 : 0;
  }
  return asked;
}

/// Nobody answers: three solicitations, a second apart.
void let_fail(Station& station, const IpAddress& whom) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(solicit_all(station, whom), 1u);
    station.now = station.now + Duration::seconds(1);
  }
  EXPECT_EQ(solicit_all(station, whom), 0u);
}

TEST(Ipv6Neighbours, RFC4861_7_2_2_packets_wait_for_the_advertisement) {
  Station station;
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::unknown);
  EXPECT_EQ(send6(station, host), Send::queued);
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::unknown) << "nobody has answered yet";
  EXPECT_TRUE(station.device.out.empty()) << "soliciting is done above";
  EXPECT_EQ(solicit_all(station, host), 1u);
  const auto learned = station.ethernet.learn_advertisement(
      0, host, &peer_mac, {.solicited = true, .override = true}, station.now);
  EXPECT_EQ(learned.solicit, nullptr);
  EXPECT_FALSE(learned.routes_no_more);
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv6, packet_from(own)));
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::reachable);
  EXPECT_EQ(send6(station, host), Send::sent);
}

TEST(Ipv6Neighbours, RFC4861_7_2_5_an_advertisement_of_somebody_unknown_says_nothing) {
  Station station;
  const auto before = station.digest();
  const auto learned =
      station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true}, station.now);
  EXPECT_EQ(learned.solicit, nullptr);
  EXPECT_FALSE(learned.routes_no_more);
  EXPECT_EQ(station.digest(), before);
}

TEST(Ipv6Neighbours, RFC4861_7_2_5_a_router_that_says_it_is_none_routes_no_more) {
  Station station;
  station.ethernet.mark_router(0, host);  // of somebody unknown: nothing to mark
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
  const std::uint32_t unknown = station.ethernet.reachability_version();
  station.ethernet.learn_source(0, host, peer_mac, true, station.now);
  const std::uint32_t known = station.ethernet.reachability_version();
  EXPECT_NE(known, unknown) << "another router may be the better one now";
  station.ethernet.mark_router(0, host);
  EXPECT_EQ(station.ethernet.reachability_version(), known) << "no news";
  const AdvertisementFlags still{.router = true, .solicited = true, .override = true};
  EXPECT_FALSE(station.ethernet.learn_advertisement(0, host, &peer_mac, still, station.now).routes_no_more);
  const AdvertisementFlags no_more{.router = false, .solicited = true, .override = true};
  EXPECT_TRUE(station.ethernet.learn_advertisement(0, host, &peer_mac, no_more, station.now).routes_no_more);
  EXPECT_FALSE(station.ethernet.learn_advertisement(0, host, &peer_mac, no_more, station.now).routes_no_more)
      << "told once";
  // A neighbour that is no router changes nothing for routes.
  const std::uint32_t version = station.ethernet.reachability_version();
  station.ethernet.learn_source(0, other_host, other_mac, false, station.now);
  EXPECT_EQ(station.ethernet.reachability_version(), version);
}

TEST(Ipv6Neighbours, RFC4861_6_3_6_routers_that_are_found_or_lost_move_the_version) {
  Station station;
  EXPECT_EQ(send6(station, host), Send::queued);
  station.ethernet.mark_router(0, host);
  std::uint32_t version = station.ethernet.reachability_version();
  EXPECT_EQ(station.ethernet.learn_source(0, host, peer_mac, false, station.now).solicit, nullptr);
  EXPECT_NE(station.ethernet.reachability_version(), version) << "now its link address is known";
  EXPECT_EQ(station.device.out.size(), 1u) << "what waited for it went out";
  version = station.ethernet.reachability_version();
  station.ethernet.forget_neighbours(0);
  EXPECT_NE(station.ethernet.reachability_version(), version);
}

TEST(Ipv6Neighbours, RFC4861_7_3_3_a_router_that_does_not_answer_is_no_better_than_an_unknown_one) {
  Station station;
  EXPECT_EQ(send6(station, host), Send::queued);
  station.ethernet.mark_router(0, host);
  const std::uint32_t version = station.ethernet.reachability_version();
  let_fail(station, host);
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::failed);
  EXPECT_EQ(station.drops.of(Drop::neighbour_failed), 1u);
  EXPECT_NE(station.ethernet.reachability_version(), version);
  const std::uint32_t failed = station.ethernet.reachability_version();
  station.ethernet.forget_neighbours(0);
  EXPECT_EQ(station.ethernet.reachability_version(), failed) << "it was of no use before";
}

TEST(Ipv6Neighbours, C11_14_whoever_takes_over_an_address_in_use_is_asked_at_once) {
  Station station;
  send6(station, host);
  solicit_all(station, host);
  station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true, .override = true},
                                       station.now);
  station.now = station.now + Duration::seconds(2);
  EXPECT_EQ(send6(station, host), Send::sent);
  const auto learned = station.ethernet.learn_source(0, host, other_mac, false, station.now);
  ASSERT_NE(learned.solicit, nullptr);
  EXPECT_EQ(learned.solicit->address, host);
  EXPECT_EQ(learned.solicit->mac, other_mac);
  EXPECT_EQ(learned.solicit->state, NeighbourState::probe) << "by unicast";
}

TEST(Ipv6Neighbours, RFC4861_7_3_1_progress_of_a_transport_confirms_only_who_is_known) {
  Station station;
  station.ethernet.confirm(0, host, station.now);
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
  send6(station, host);
  station.ethernet.confirm(0, host, station.now);
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::unknown) << "whose link address is it?";
  solicit_all(station, host);
  station.ethernet.learn_source(0, host, peer_mac, false, station.now);
  ASSERT_EQ(station.neighbour(host)->state, NeighbourState::stale);
  station.ethernet.confirm(0, host, station.now);
  EXPECT_EQ(station.neighbour(host)->state, NeighbourState::reachable);
  station.now = station.now + Duration::seconds(1);
  station.ethernet.confirm(0, host, station.now);
  EXPECT_EQ(station.neighbour(host)->updated, station.now);
}

TEST(Ipv6Neighbours, RFC4861_6_3_4_routers_say_how_long_a_neighbour_is_known_and_how_often_it_is_asked) {
  Station station;
  station.ethernet.set_times(
      0, {.reachable_time = Duration::seconds(5), .request_interval = Duration::seconds(2)});
  EXPECT_EQ(send6(station, host), Send::queued);
  EXPECT_EQ(solicit_all(station, host), 1u);
  station.now = station.now + Duration::seconds(1);
  EXPECT_EQ(solicit_all(station, host), 0u);
  station.now = station.now + Duration::seconds(1);
  EXPECT_EQ(solicit_all(station, host), 1u);
  station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true}, station.now);
  station.now = station.now + Duration::milliseconds(4999);
  EXPECT_EQ(send6(station, host), Send::sent);
  EXPECT_EQ(station.neighbour(host)->state, NeighbourState::reachable);
  station.now = station.now + Duration::milliseconds(1);
  EXPECT_EQ(send6(station, host), Send::sent);
  EXPECT_EQ(station.neighbour(host)->state, NeighbourState::probe) << "to be verified";
}

TEST(Ipv6Neighbours, RFC2464_7_groups_have_link_addresses_of_their_own) {
  Station station;
  EXPECT_EQ(send6(station, *IpAddress::parse("ff02::1:ff12:3456")), Send::sent);
  EXPECT_EQ(destination_of(station.device.take()), (MacAddress{{0x33, 0x33, 0xff, 0x12, 0x34, 0x56}}));
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
}

TEST(Ipv6Neighbours, what_waits_with_a_source_that_was_taken_away_is_dropped_and_the_rest_in_order) {
  Station station;
  station.ethernet.drop_orphans(0, own);  // nothing waits
  const IpAddress leaving = *IpAddress::parse("2001:db8::1");
  EXPECT_EQ(send6(station, host, packet_from(own, 1)), Send::queued);
  EXPECT_EQ(send6(station, host, packet_from(leaving, 2)), Send::queued);
  EXPECT_EQ(send6(station, host, packet_from(own, 3)), Send::queued);
  station.ethernet.drop_orphans(1, leaving);
  EXPECT_EQ(station.drops.of(Drop::ip_no_route), 0u) << "of another interface";
  station.ethernet.drop_orphans(0, leaving);
  EXPECT_EQ(station.drops.of(Drop::ip_no_route), 1u);
  station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true}, station.now);
  EXPECT_EQ(station.device.take().back(), 1);
  EXPECT_EQ(station.device.take().back(), 3);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Ipv6Neighbours, RFC4443_3_1_packets_of_others_that_cannot_be_delivered_are_kept_for_the_error) {
  Config config;
  config.queued_packets = 2;
  Station station(config);
  EXPECT_FALSE(station.ethernet.take_undelivered());
  EXPECT_EQ(send6(station, host, packet_from(other_host, 7), true), Send::queued);
  EXPECT_EQ(send6(station, host, packet_from(own, 8)), Send::queued);
  let_fail(station, host);
  EXPECT_EQ(station.drops.of(Drop::neighbour_failed), 2u);
  auto undelivered = station.ethernet.take_undelivered();
  ASSERT_TRUE(undelivered);
  EXPECT_EQ(undelivered->info.interface, 0);
  EXPECT_EQ(undelivered->info.ethertype, ethertype::ipv6);
  const Bytes bytes = undelivered->bytes();
  EXPECT_EQ(Buffer(bytes.begin(), bytes.end()), packet_from(other_host, 7));
  EXPECT_FALSE(station.ethernet.take_undelivered()) << "our own sender is told by its next call";
}

TEST(Ipv6Neighbours, RFC792_packets_of_others_for_IPv4_neighbours_come_first) {
  Station station;
  const Buffer packet(28, 0x45);
  Frame frame;
  frame.add_payload(packet);
  frame.transit = true;
  EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv4, station.now), Send::queued);
  station.run_for(Duration::milliseconds(3001));
  EXPECT_EQ(send6(station, host, packet_from(other_host), true), Send::queued);
  let_fail(station, host);
  EXPECT_EQ(station.ethernet.take_undelivered()->info.ethertype, ethertype::ipv4);
  EXPECT_EQ(station.ethernet.take_undelivered()->info.ethertype, ethertype::ipv6);
  EXPECT_FALSE(station.ethernet.take_undelivered());
}

TEST(Ipv6Neighbours, C11_09_a_router_that_finds_no_room_is_not_remembered) {
  Config config;
  config.neighbours_v6 = 1;
  Station station(config);
  EXPECT_EQ(send6(station, host), Send::queued);
  const std::uint32_t version = station.ethernet.reachability_version();
  EXPECT_EQ(station.ethernet.learn_source(0, other_host, other_mac, true, station.now).solicit, nullptr);
  EXPECT_EQ(station.ethernet.reachability(0, other_host), Reachability::unknown);
  EXPECT_EQ(station.ethernet.reachability_version(), version);
}

TEST(Ipv6Neighbours, undelivered_packets_of_others_are_bounded_and_go_with_their_interface) {
  Config config;
  config.queued_packets = 2;
  Station station(config);
  for (const IpAddress& to : {host, other_host}) {
    EXPECT_EQ(send6(station, to, packet_from(own, 9), true), Send::queued);
    EXPECT_EQ(send6(station, to, packet_from(own, 9), true), Send::queued);
    let_fail(station, to);
  }
  EXPECT_EQ(station.pool.small_count() - station.pool.small_free(), 2u) << "as many as may wait at once";
  station.ethernet.forget_neighbours(0);
  EXPECT_TRUE(station.pool.full());
  EXPECT_FALSE(station.ethernet.take_undelivered());
}

TEST(Ipv6Neighbours, a_link_without_addresses_has_no_neighbours) {
  Station station({}, {.link = LinkType::ip});
  EXPECT_EQ(station.ethernet.reachability(0, host), Reachability::reachable);
  station.ethernet.confirm(0, host, station.now);
  EXPECT_EQ(send6(station, host), Send::sent);
  EXPECT_EQ(station.device.take(), packet_from(own)) << "as it is";
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
  station.device.up = false;
  station.ethernet.poll(station.now);
  EXPECT_EQ(send6(station, host), Send::unreachable);
  EXPECT_TRUE(station.device.out.empty());
}

}  // namespace
}  // namespace linnet::ethernet::test
