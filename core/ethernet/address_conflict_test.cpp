// SPDX-License-Identifier: Apache-2.0
// RFC 5227: probing, announcing, defending.
#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

ArpPacket::Values probe_from(const MacAddress& mac) { return {.sender_mac = mac, .target = our_address}; }
ArpPacket::Values claim_from(const MacAddress& mac) {
  return {.sender_mac = mac, .sender = our_address, .target = our_address};
}

AddressState state(const Station& station) { return station.ethernet.address_state(0, our_address); }

TEST(AddressConflict, RFC5227_2_1_1_and_2_3_three_probes_then_two_announcements) {
  Station station({}, {}, false);
  const Instant start = station.now;
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  EXPECT_EQ(state(station), AddressState::probing);
  std::vector<Instant> times;
  std::vector<Buffer> frames;
  for (int i = 0; i < 15000; ++i) {
    station.run_for(Duration::milliseconds(1));
    while (!station.device.out.empty()) {
      frames.push_back(station.device.take());
      times.push_back(station.now);
    }
  }
  ASSERT_EQ(frames.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    const ArpPacket packet = arp_in(frames[i]);
    EXPECT_EQ(destination_of(frames[i]), MacAddress::broadcast());
    EXPECT_EQ(packet.operation(), ArpPacket::request);
    EXPECT_EQ(packet.target(), our_address);
    EXPECT_TRUE(packet.target_mac().is_zero());
    EXPECT_EQ(packet.sender(), i < 3 ? IpAddress::any_v4() : our_address);
  }
  EXPECT_LE(times[0] - start, Duration::milliseconds(1001));
  for (const std::size_t i : {1u, 2u}) {
    EXPECT_GE(times[i] - times[i - 1], Duration::milliseconds(999));
    EXPECT_LE(times[i] - times[i - 1], Duration::milliseconds(2001));
  }
  EXPECT_EQ((times[3] - times[2]).as_milliseconds() / 10, 200);
  EXPECT_EQ((times[4] - times[3]).as_milliseconds() / 10, 200);
  EXPECT_EQ(state(station), AddressState::usable);
  EXPECT_TRUE(station.ethernet.poll(station.now).is_never());
}

TEST(AddressConflict, an_address_under_probe_is_neither_answered_for_nor_sent_from) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  auto question = probe_from(peer_mac);
  question.sender = peer;
  station.inject(arp_frame(MacAddress::broadcast(), question));
  EXPECT_TRUE(station.device.out.empty());
  EXPECT_EQ(station.send(peer), Send::unreachable);
}

TEST(AddressConflict, RFC5227_2_1_1_any_sender_with_the_address_is_a_conflict) {
  for (const std::uint16_t operation : {ArpPacket::request, ArpPacket::reply}) {
    Station station({}, {}, false);
    ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
    const std::uint32_t version = station.ethernet.version();
    auto claim = claim_from(peer_mac);
    claim.operation = operation;
    EXPECT_EQ(station.inject(arp_frame(our_mac, claim)), Drop::arp_bad_sender);
    EXPECT_EQ(state(station), AddressState::conflict);
    EXPECT_NE(station.ethernet.version(), version);
    station.run_for(Duration::seconds(20));
    EXPECT_TRUE(station.device.out.empty()) << "no more of it";
  }
}

TEST(AddressConflict, RFC5227_2_1_1_two_hosts_that_probe_at_once) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), probe_from(our_mac))), Drop::arp_bad_sender);
  EXPECT_EQ(state(station), AddressState::probing) << "our own probe, looped back, is none";
  station.inject(arp_frame(MacAddress::broadcast(), probe_from(peer_mac)));
  EXPECT_EQ(state(station), AddressState::conflict);
}

TEST(AddressConflict, a_probe_for_a_usable_address_is_answered) {
  Station station;
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), probe_from(peer_mac))), Drop::none);
  EXPECT_EQ(state(station), AddressState::usable);
  const Buffer answer = station.device.take();
  EXPECT_EQ(arp_in(answer).operation(), ArpPacket::reply);
  EXPECT_EQ(arp_in(answer).sender(), our_address);
  EXPECT_EQ(destination_of(answer), peer_mac);
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u) << "a probe's sender has no address";
}

TEST(AddressConflict, RFC5227_2_4_b_defends_once_in_ten_seconds) {
  Station station;
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), claim_from(peer_mac))), Drop::arp_bad_sender);
  EXPECT_EQ(state(station), AddressState::usable);
  ASSERT_EQ(station.device.out.size(), 1u);
  EXPECT_EQ(arp_in(station.device.take()).sender(), our_address);
  station.run_for(Duration::seconds(11));
  station.inject(arp_frame(MacAddress::broadcast(), claim_from(peer_mac)));
  EXPECT_EQ(state(station), AddressState::usable) << "the second one comes too late to count";
  station.run_for(Duration::seconds(9));
  station.device.out.clear();
  station.inject(arp_frame(MacAddress::broadcast(), claim_from(peer_mac)));
  EXPECT_EQ(state(station), AddressState::conflict);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(AddressConflict, who_won_an_address_is_a_neighbour_like_others) {
  Station station;
  const IpAddress second = IpAddress::v4(192, 0, 2, 50);
  ASSERT_TRUE(station.ethernet.add_address(0, {second, 24}, true, station.now));
  station.inject(
      arp_frame(our_mac, {.sender_mac = peer_mac, .sender = second, .target_mac = {}, .target = second}));
  ASSERT_EQ(station.ethernet.address_state(0, second), AddressState::conflict);
  station.resolve(second, peer_mac);
  ASSERT_TRUE(station.neighbour(second));
  EXPECT_EQ(station.neighbour(second)->mac, peer_mac);
}

TEST(AddressConflict, RFC5227_2_1_1_who_begins_anew_keeps_the_distance_to_the_last_probe) {
  // A DHCP client that starts over after a link flap takes its address away and adds it again.
  for (int seed = 0; seed < 20; ++seed) {
    Station station({}, {}, false);
    for (int i = 0; i < seed; ++i) station.random.next32();
    ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
    while (station.device.out.empty()) station.run_for(Duration::milliseconds(1));
    station.device.out.clear();
    const Instant probed = station.now;
    station.ethernet.remove_address(0, our_address);
    ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
    while (station.device.out.empty()) station.run_for(Duration::milliseconds(1));
    EXPECT_GE(station.now - probed, Duration::milliseconds(999));
  }
}

TEST(AddressConflict, RFC5227_2_1_1_after_ten_conflicts_slowly) {
  Station station({}, {}, false);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
    station.inject(arp_frame(our_mac, claim_from(peer_mac)));
    station.ethernet.remove_address(0, our_address);
  }
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  station.run_for(Duration::seconds(59));
  EXPECT_TRUE(station.device.out.empty());
  station.run_for(Duration::seconds(3));
  EXPECT_FALSE(station.device.out.empty());
}

TEST(AddressConflict, without_a_probe_it_is_announced_at_once) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, false, station.now));
  EXPECT_EQ(state(station), AddressState::usable);
  ASSERT_EQ(station.device.out.size(), 1u);
  EXPECT_EQ(arp_in(station.device.take()).sender(), our_address);
  station.run_for(Duration::seconds(10));
  EXPECT_EQ(station.device.out.size(), 1u);
}

TEST(AddressConflict, links_without_arp_do_not_probe) {
  Station station({}, {.link = LinkType::ip}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  EXPECT_EQ(state(station), AddressState::usable);
  station.run_for(Duration::seconds(10));
  EXPECT_TRUE(station.device.out.empty());
}

TEST(AddressConflict, the_table_is_bounded_and_removing_makes_room) {
  Config config;
  config.addresses = 2;
  Station station(config);
  EXPECT_TRUE(station.ethernet.add_address(0, {peer, 24}, false, station.now));
  EXPECT_FALSE(station.ethernet.add_address(0, {IpAddress::v4(192, 0, 2, 9), 24}, false, station.now));
  station.ethernet.remove_address(0, our_address);
  EXPECT_EQ(state(station), AddressState::absent);
  EXPECT_TRUE(station.ethernet.add_address(0, {IpAddress::v4(192, 0, 2, 9), 24}, false, station.now));
}

}  // namespace
}  // namespace linnet::ethernet::test
