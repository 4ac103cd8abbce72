// SPDX-License-Identifier: Apache-2.0
// Several own addresses, links and devices side by side: which address ARP speaks for, who is on the link,
// and what a link that goes down or changes its MTU means for them.
#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

constexpr IpAddress ten = IpAddress::v4(10, 0, 0, 1);
constexpr IpAddress ten_peer = IpAddress::v4(10, 9, 9, 9);

ArpPacket::Values question_of(const IpAddress& sender, const MacAddress& mac,
                              const IpAddress& target = our_address) {
  return {.sender_mac = mac, .sender = sender, .target = target};
}

TEST(SeveralAddresses, RFC1122_3_3_4_3_ARP_asks_from_the_address_that_is_nearest_to_the_target) {
  for (const bool ten_first : {false, true}) {
    Station station({}, {}, false);
    const Prefix prefixes[] = {{our_address, 24}, {ten, 8}};
    EXPECT_TRUE(station.ethernet.add_address(0, prefixes[ten_first ? 1 : 0], false, station.now));
    EXPECT_TRUE(station.ethernet.add_address(0, prefixes[ten_first ? 0 : 1], false, station.now));
    station.device.out.clear();
    EXPECT_EQ(station.send(ten_peer), Send::queued);
    EXPECT_EQ(arp_in(station.device.take()).sender(), ten);
    EXPECT_EQ(station.send(peer), Send::queued);
    EXPECT_EQ(arp_in(station.device.take()).sender(), our_address);
  }
}

TEST(SeveralAddresses, RFC5227_2_1_an_address_under_probe_is_no_source) {
  Station station;
  ASSERT_TRUE(station.ethernet.add_address(0, {ten, 8}, true, station.now));
  EXPECT_EQ(station.send(ten_peer), Send::queued);
  EXPECT_EQ(arp_in(station.device.take()).sender(), our_address) << "the only one that is ours already";
}

TEST(SeveralAddresses, an_address_of_32_bits_says_nothing_about_who_else_is_there) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 32}, false, station.now));
  station.device.out.clear();
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), question_of(ten_peer, peer_mac))), Drop::none);
  EXPECT_EQ(arp_in(station.device.take()).target(), ten_peer);
  EXPECT_TRUE(station.neighbour(ten_peer));
}

TEST(SeveralAddresses, RFC3021_a_prefix_of_31_bits_has_no_broadcast_address) {
  Station station({}, {}, false);
  const IpAddress even = IpAddress::v4(192, 0, 2, 8);
  const IpAddress odd = IpAddress::v4(192, 0, 2, 9);
  ASSERT_TRUE(station.ethernet.add_address(0, {even, 31}, false, station.now));
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), question_of(odd, peer_mac, even))), Drop::none);
  EXPECT_TRUE(station.neighbour(odd));
  const IpAddress beyond = IpAddress::v4(192, 0, 2, 10);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), question_of(beyond, peer_mac, even))),
            Drop::arp_bad_sender);
}

TEST(SeveralAddresses, what_is_another_links_is_not_this_ones) {
  Config config;
  config.links = 3;
  Station station(config);
  RecordingDevice second;
  ASSERT_EQ(station.ethernet.add_link(second), 1);
  ASSERT_TRUE(station.ethernet.add_address(1, {ten, 8}, false, station.now));
  station.run_for(Duration::seconds(10));
  second.out.clear();
  station.device.out.clear();
  EXPECT_EQ(station.ethernet.address_state(0, ten), AddressState::absent);
  EXPECT_EQ(station.ethernet.address_state(1, our_address), AddressState::absent);
  EXPECT_EQ(station.ethernet.address_state(1, ten), AddressState::usable);
  // Neither a question for it, nor its neighbours, nor its broadcast address.
  const IpAddress ten_broadcast = IpAddress::v4(10, 255, 255, 255);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), question_of(peer, peer_mac, ten))), Drop::none);
  EXPECT_FALSE(station.neighbour(peer)) << "not asked, and not known";
  EXPECT_EQ(station.inject(arp_frame(our_mac, question_of(ten_peer, peer_mac))), Drop::arp_bad_sender);
  EXPECT_EQ(station.inject(arp_frame(our_mac, question_of(ten_broadcast, peer_mac)), 1), Drop::none);
  EXPECT_FALSE(station.neighbour(ten_broadcast)) << "the question was for nobody here";
  EXPECT_EQ(station.inject(arp_frame(our_mac, question_of(ten_broadcast, peer_mac, ten)), 1),
            Drop::arp_bad_sender);
  EXPECT_TRUE(station.device.out.empty() && second.out.empty());
  // Who is asked for by the one is asked by the other's address on the other link.
  EXPECT_EQ(station.send(ten_peer, {0x45}, 1), Send::queued);
  EXPECT_EQ(arp_in(second.take()).sender(), ten);
  station.ethernet.forget_neighbours(0);
  EXPECT_TRUE(station.neighbour(ten_peer));
  station.ethernet.forget_neighbours(1);
  EXPECT_FALSE(station.neighbour(ten_peer));
}

TEST(SeveralAddresses, a_VLAN_of_another_device_is_another_link) {
  Config config;
  config.links = 3;
  Station station(config);
  RecordingDevice second;
  ASSERT_EQ(station.ethernet.add_link(second, 7), 1);
  const auto tagged = ethernet_frame(our_mac, peer_mac, ethertype::vlan, {0, 7, 8, 0, 0x45, 0});
  EXPECT_EQ(station.inject(tagged), Drop::vlan_not_member);
  EXPECT_EQ(station.inject(tagged, 1), Drop::none);
  EXPECT_FALSE(station.ethernet.add_link(second, 4095)) << "IEEE 802.1Q: reserved";
  EXPECT_EQ(station.ethernet.add_link(second, 4094), 2);
  station.passed.reset();
}

TEST(SeveralAddresses, what_cannot_be_added) {
  Station station;
  const auto before = station.digest();
  EXPECT_FALSE(station.ethernet.add_address(1, {ten, 8}, false, station.now)) << "there is no such link";
  EXPECT_FALSE(station.ethernet.add_address(0, {*IpAddress::parse("fe80::1"), 64}, false, station.now))
      << "ARP is for IPv4";
  const std::uint32_t version = station.ethernet.version();
  station.ethernet.remove_address(0, ten);
  EXPECT_EQ(station.ethernet.version(), version) << "it never was there";
  EXPECT_EQ(station.digest(), before);
}

TEST(SeveralAddresses, RFC5227_2_3_what_is_usable_is_announced_when_its_link_comes_up) {
  Config config;
  config.links = 3;
  Station station(config);
  RecordingDevice second;
  ASSERT_EQ(station.ethernet.add_link(second), 1);
  ASSERT_TRUE(station.ethernet.add_address(1, {ten, 8}, false, station.now));
  station.run_for(Duration::seconds(10));
  const IpAddress lost = IpAddress::v4(192, 0, 2, 50);
  ASSERT_TRUE(station.ethernet.add_address(0, {lost, 24}, true, station.now));
  station.inject(arp_frame(our_mac, question_of(lost, peer_mac, lost)));
  ASSERT_EQ(station.ethernet.address_state(0, lost), AddressState::conflict);
  const auto up = station.digest();
  station.device.up = false;
  station.ethernet.poll(station.now);
  EXPECT_NE(station.digest(), up);
  station.device.out.clear();
  second.out.clear();
  station.run_for(Duration::seconds(10));
  EXPECT_TRUE(station.device.out.empty());
  station.device.up = true;
  station.run_for(Duration::seconds(10));
  EXPECT_EQ(station.device.out.size(), 2u) << "one address, announced twice";
  while (!station.device.out.empty()) EXPECT_EQ(arp_in(station.device.take()).sender(), our_address);
  EXPECT_TRUE(second.out.empty()) << "that one was up all the time";
}

TEST(SeveralAddresses, nothing_is_sent_on_a_link_that_is_down) {
  Station station;
  station.resolve(peer, peer_mac);
  station.device.up = false;  // before the next poll finds out
  EXPECT_EQ(station.send(peer), Send::sent) << "the device may still take it";
  station.ethernet.poll(station.now);
  station.device.out.clear();
  EXPECT_EQ(station.send(peer), Send::unreachable);
  EXPECT_TRUE(station.ethernet.add_address(0, {ten, 8}, false, station.now));
  EXPECT_TRUE(station.device.out.empty()) << "no announcement that nobody hears";
  // A frame that was on its way up is heard still: the neighbour it teaches is of no use, and gets no answer.
  EXPECT_EQ(station.inject(arp_frame(our_mac, question_of(peer, peer_mac))), Drop::none);
  EXPECT_TRUE(station.device.out.empty());
  EXPECT_EQ(station.send(peer), Send::unreachable);
}

TEST(SeveralAddresses, another_MTU_is_news_but_no_reason_to_announce) {
  Station station;
  station.resolve(peer, peer_mac);
  const std::uint32_t version = station.ethernet.version();
  station.device.link_mtu = 1400;
  station.run_for(Duration::seconds(5));
  EXPECT_NE(station.ethernet.version(), version);
  EXPECT_EQ(station.ethernet.link(0).mtu, 1400);
  EXPECT_TRUE(station.device.out.empty());
  EXPECT_TRUE(station.neighbour(peer));
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::ipv6, Buffer(1401))), Drop::l2_long);
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::ipv6, Buffer(1400))), Drop::none);
  ASSERT_TRUE(station.passed);
  EXPECT_EQ(station.passed->info.ethertype, ethertype::ipv6);
  station.passed.reset();
}

TEST(SeveralAddresses, C01_06_bare_packets_longer_than_the_mtu) {
  Station station({}, {.link = LinkType::ip});
  Buffer packet(1501, 0x45);
  EXPECT_EQ(station.inject(packet), Drop::l2_long);
  Packet coalesced = station.wire.packet(packet);
  coalesced.info.segment_size = 1448;
  EXPECT_TRUE(station.ethernet.receive(std::move(coalesced), station.now));
  packet.pop_back();
  EXPECT_EQ(station.inject(packet), Drop::none);
  station.passed.reset();
}

TEST(SeveralAddresses, a_frame_without_room_for_a_link_header_is_told) {
  Station station;
  station.resolve(peer, peer_mac);
  Frame frame;
  ASSERT_NE(frame.prepend(Frame::header_capacity - 13), nullptr);
  EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv4, station.now), Send::no_memory);
  EXPECT_EQ(frame.size(), Frame::header_capacity - 13) << "as it was";
  EXPECT_TRUE(station.device.out.empty());
}

TEST(SeveralAddresses, a_second_probe_for_an_address_that_was_lost_changes_nothing) {
  Station station({}, {}, false);
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  station.inject(arp_frame(MacAddress::broadcast(), {.sender_mac = peer_mac, .target = our_address}));
  ASSERT_EQ(station.ethernet.address_state(0, our_address), AddressState::conflict);
  const auto lost = station.digest();
  EXPECT_EQ(
      station.inject(arp_frame(MacAddress::broadcast(), {.sender_mac = other_mac, .target = our_address})),
      Drop::none);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), {.sender_mac = other_mac, .target = peer})),
            Drop::none);
  EXPECT_EQ(station.digest(), lost);
  EXPECT_TRUE(station.device.out.empty()) << "neither is ours to answer for";
}

TEST(SeveralAddresses, RFC5227_2_1_1_more_than_ten_conflicts_are_as_slow_as_ten) {
  Station station({}, {}, false);
  for (int i = 0; i < 300; ++i) {  // more than a counter of eight bits holds
    ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
    station.inject(arp_frame(our_mac, question_of(our_address, peer_mac, our_address)));
    station.ethernet.remove_address(0, our_address);
  }
  ASSERT_TRUE(station.ethernet.add_address(0, {our_address, 24}, true, station.now));
  station.run_for(Duration::seconds(59));
  EXPECT_TRUE(station.device.out.empty());
}

}  // namespace
}  // namespace linnet::ethernet::test
