// SPDX-License-Identifier: Apache-2.0
// The link layer at its edges: what the version and the digest tell, who is in use to the moment, and which
// ARP packets are a conflict.
#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

constexpr IpAddress near = IpAddress::v4(10, 9, 0, 1);
constexpr IpAddress far = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress target = IpAddress::v4(10, 9, 9, 9);
constexpr IpAddress third = IpAddress::v4(192, 0, 2, 3);

/// A packet of IPv6 with that source, waiting for `to`.
Send send6(Station& station, const IpAddress& to, const IpAddress& source, std::uint8_t last) {
  Buffer packet(41, last);
  packet[0] = 0x60;
  copy_bytes(packet.data() + 8, source.bytes());
  Frame frame;
  frame.add_payload(packet);
  return station.ethernet.send(frame, 0, to, ethertype::ipv6, station.now);
}

TEST(EthernetEdges, the_version_moves_with_a_link_that_is_added_and_an_address_that_is_removed) {
  Config config;
  config.links = 3;
  Station station(config);
  const std::uint32_t first = station.ethernet.version();
  ASSERT_TRUE(station.ethernet.add_link(station.device, 7));
  const std::uint32_t second = station.ethernet.version();
  EXPECT_NE(second, first);
  station.ethernet.remove_address(0, our_address);
  EXPECT_NE(station.ethernet.version(), second);
}

TEST(EthernetEdges, each_thing_that_is_known_of_a_link_is_part_of_the_digest) {
  const auto with = [](std::uint16_t vlan, std::uint16_t mtu, bool up) {
    Config config;
    config.links = 3;
    Station station(config);
    RecordingDevice second;
    second.link_mtu = mtu;
    second.up = up;
    EXPECT_TRUE(station.ethernet.add_link(second, vlan));
    return station.digest();
  };
  const auto digest = with(0, 1500, true);
  EXPECT_EQ(with(0, 1500, true), digest);
  EXPECT_NE(with(7, 1500, true), digest) << "VLAN";
  EXPECT_NE(with(0, 1400, true), digest) << "MTU";
  EXPECT_NE(with(0, 1500, false), digest) << "down";
}

TEST(EthernetEdges, each_thing_that_is_known_of_an_own_address_is_part_of_the_digest) {
  const auto with = [](std::uint8_t interface, const Prefix& prefix, bool probe, Duration after) {
    Config config;
    config.links = 3;
    Station station(config, {}, false);
    RecordingDevice second;
    EXPECT_TRUE(station.ethernet.add_link(second));
    EXPECT_TRUE(station.ethernet.add_address(interface, prefix, probe, station.now));
    station.run_for(after);
    return station.digest();
  };
  const Duration soon = Duration::milliseconds(100);
  const auto digest = with(0, {far, 8}, false, soon);
  EXPECT_EQ(with(0, {far, 8}, false, soon), digest);
  EXPECT_NE(with(0, {near, 8}, false, soon), digest) << "address";
  EXPECT_NE(with(0, {far, 9}, false, soon), digest) << "length of its prefix";
  EXPECT_NE(with(1, {far, 8}, false, soon), digest) << "interface";
  EXPECT_NE(with(0, {far, 8}, false, Duration::seconds(5)), digest) << "announcements";
  // One probe was sent in the first case, one announcement in the other: only the state differs.
  EXPECT_NE(with(0, {far, 8}, true, Duration::milliseconds(1001)), digest) << "state";
}

TEST(EthernetEdges, what_is_known_of_neighbours_is_part_of_the_digest) {
  Station station;
  const auto nobody = station.digest();
  station.resolve(peer, peer_mac);
  const auto one = station.digest();
  EXPECT_NE(one, nobody);
  station.ethernet.learn_source(0, *IpAddress::parse("fe80::2"), peer_mac, false, station.now);
  EXPECT_NE(station.digest(), one);
}

TEST(EthernetEdges, C02_05_who_was_sent_to_while_fresh_is_in_use_for_reachable_time_from_then_on) {
  Config config;
  config.neighbours = 1;
  Station station(config);
  station.resolve(peer, peer_mac);
  station.run_for(Duration::seconds(25));
  EXPECT_EQ(station.send(peer), Send::sent);
  station.run_for(Duration::seconds(29));
  EXPECT_EQ(station.send(third), Send::no_memory) << "sent to 29 s ago";
  station.run_for(Duration::seconds(2));
  EXPECT_EQ(station.send(third), Send::queued) << "sent to 31 s ago";
  EXPECT_FALSE(station.neighbour(peer));
}

TEST(EthernetEdges, C02_05_who_was_sent_to_before_it_was_known_is_in_use_as_well) {
  Config config;
  config.neighbours = 1;
  Station station(config);
  EXPECT_EQ(station.send(peer), Send::queued);
  station.run_for(Duration::milliseconds(2500));
  EXPECT_EQ(station.send(peer), Send::queued);
  const Instant sent = station.now;
  // It asks for us: where it is is known now, not that it hears us.
  station.inject(
      arp_frame(MacAddress::broadcast(), {.sender_mac = peer_mac, .sender = peer, .target = our_address}));
  ASSERT_EQ(station.neighbour(peer)->state, NeighbourState::stale);
  station.run_for(sent + Duration::seconds(29) - station.now);
  EXPECT_EQ(station.send(third), Send::no_memory);
  station.run_for(Duration::seconds(2));
  EXPECT_EQ(station.send(third), Send::queued);
}

TEST(EthernetEdges, who_failed_is_asked_anew_at_the_moment_when_failed_time_is_over_and_is_there_once) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  // Asked three times, a second apart; a second later it has failed.
  const Instant over = station.now + Duration::seconds(3) + station.config.failed_time;
  station.run_for(over - station.now - Duration::microseconds(1));
  EXPECT_EQ(station.send(peer), Send::unreachable);
  station.now = over;
  EXPECT_EQ(station.send(peer), Send::queued);
  EXPECT_EQ(station.ethernet.neighbour_count(), 1u) << "what had failed is gone";
}

TEST(EthernetEdges, a_link_without_headers_leaves_the_frame_as_it_was_and_is_told_when_it_is_down) {
  Station station({}, {.link = LinkType::ip});
  const Buffer packet{0x45, 1, 2, 3};
  EXPECT_EQ(station.send(peer, packet), Send::sent);
  EXPECT_EQ(station.device.take(), packet);
  station.device.up = false;
  station.ethernet.poll(station.now);
  EXPECT_EQ(station.send(peer, packet), Send::unreachable);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(EthernetEdges, RFC1122_3_3_4_3_the_nearest_of_several_that_share_bits_with_the_target) {
  for (const bool near_first : {false, true}) {
    Station station({}, {}, false);
    EXPECT_TRUE(station.ethernet.add_address(0, {near_first ? near : far, 8}, false, station.now));
    EXPECT_TRUE(station.ethernet.add_address(0, {near_first ? far : near, 8}, false, station.now));
    station.device.out.clear();
    EXPECT_EQ(station.send(target), Send::queued);
    EXPECT_EQ(arp_in(station.device.take()).sender(), near);
  }
}

TEST(EthernetEdges, a_broadcast_address_of_another_link_may_be_a_host_of_this_one) {
  Config config;
  config.links = 3;
  Station station(config, {}, false);
  RecordingDevice second;
  ASSERT_EQ(station.ethernet.add_link(second), 1);
  ASSERT_TRUE(
      station.ethernet.add_address(0, {our_address, 32}, false, station.now));  // anybody may be there
  ASSERT_TRUE(station.ethernet.add_address(1, {far, 8}, false, station.now));
  const IpAddress last = IpAddress::v4(10, 255, 255, 255);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(),
                                     {.sender_mac = peer_mac, .sender = last, .target = our_address})),
            Drop::none);
  EXPECT_TRUE(station.neighbour(last));
}

TEST(EthernetEdges, RFC5227_2_1_1_neither_a_question_nor_a_reply_without_sender_is_a_probe) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  // Somebody wants to talk to whoever has the address: he does not want it for himself.
  station.inject(
      arp_frame(MacAddress::broadcast(), {.sender_mac = peer_mac, .sender = peer, .target = our_address}));
  EXPECT_EQ(station.ethernet.address_state(0, our_address), AddressState::probing);
  station.inject(
      arp_frame(our_mac, {.operation = ArpPacket::reply, .sender_mac = peer_mac, .target = our_address}));
  EXPECT_EQ(station.ethernet.address_state(0, our_address), AddressState::probing);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(EthernetEdges, what_was_looked_through_for_orphans_leaves_nothing_in_the_queue) {
  Station station;
  const IpAddress host = *IpAddress::parse("fe80::2");
  const IpAddress ours = *IpAddress::parse("fe80::1");
  const IpAddress gone = *IpAddress::parse("2001:db8::1");
  for (const std::uint8_t round : {std::uint8_t{10}, std::uint8_t{20}}) {
    EXPECT_EQ(send6(station, host, ours, round), Send::queued);
    EXPECT_EQ(send6(station, host, ours, static_cast<std::uint8_t>(round + 1)), Send::queued);
    station.ethernet.drop_orphans(0, gone);
    station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true}, station.now);
    ASSERT_EQ(station.device.out.size(), 2u);
    EXPECT_EQ(station.device.take().back(), round);
    EXPECT_EQ(station.device.take().back(), round + 1);
    station.device.up = false;  // everybody is forgotten
    station.ethernet.poll(station.now);
    station.device.up = true;
    station.ethernet.poll(station.now);
    station.device.out.clear();
  }
}

TEST(EthernetEdges, one_queue_that_is_emptied_twice_sends_what_waits_then) {
  Station station;
  const IpAddress host = *IpAddress::parse("fe80::2");
  const IpAddress ours = *IpAddress::parse("fe80::1");
  const IpAddress gone = *IpAddress::parse("2001:db8::1");
  for (std::uint8_t i = 1; i <= 3; ++i)
    EXPECT_EQ(send6(station, host, i == 2 ? gone : ours, i), Send::queued);
  station.ethernet.drop_orphans(0, gone);
  station.ethernet.drop_orphans(0, ours);  // now nothing waits any more
  EXPECT_EQ(station.drops.of(Drop::ip_no_route), 3u);
  for (std::uint8_t i = 4; i <= 5; ++i) EXPECT_EQ(send6(station, host, ours, i), Send::queued);
  station.ethernet.learn_advertisement(0, host, &peer_mac, {.solicited = true}, station.now);
  ASSERT_EQ(station.device.out.size(), 2u);
  EXPECT_EQ(station.device.take().back(), 4);
  EXPECT_EQ(station.device.take().back(), 5);
}

TEST(EthernetEdges, what_waited_and_finds_the_device_busy_goes_when_it_was_flushed) {
  Station station;
  const Buffer packet{0x45, 1, 2, 3};
  EXPECT_EQ(station.send(peer, packet), Send::queued);
  station.device.out.clear();
  station.device.busy = 1;
  EXPECT_EQ(station.peer_answers(), Drop::none);
  EXPECT_EQ(station.device.flushes, 1);
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv4, packet));
}

TEST(EthernetEdges, RFC5227_2_4_what_ends_before_its_port_is_no_release_whatever_lay_there_before) {
  Station station;
  Buffer release(22);
  release[0] = 0x45;
  release[9] = 17;
  copy_bytes(release.data() + 12, IpAddress::v4(192, 0, 2, 66).v4_bytes());  // no address of ours
  store16(release.data() + 20, 68);
  EXPECT_EQ(station.send(peer, release), Send::queued);
  station.ethernet.forget_neighbours(0);  // the block is free for the next
  EXPECT_EQ(station.send(peer, Buffer(release.begin(), release.begin() + 20)), Send::queued);
  station.run_for(Duration::seconds(1));
  EXPECT_EQ(station.peer_answers(), Drop::ip_no_route);
}

}  // namespace
}  // namespace linnet::ethernet::test
