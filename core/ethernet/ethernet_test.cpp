// SPDX-License-Identifier: Apache-2.0
// Framing: hostile-packet rows C01, VLANs, groups, back-pressure.
#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

constexpr std::array<std::uint8_t, 18> literal_tagged = {2, 0, 0, 0, 0, 1, 2, 0,    0,    0,    0,   2,
                                                         0x81, 0, 0x60, 0x07, 8, 0};
static_assert(EthernetHeader::parse(literal_tagged)->destination() == our_mac);
static_assert(EthernetHeader::parse(literal_tagged)->source() == peer_mac);
static_assert(EthernetHeader::parse(literal_tagged)->type() == ethertype::vlan);
static_assert(VlanTag::parse(Bytes(literal_tagged).subspan(14))->id() == 7);
static_assert(VlanTag::parse(Bytes(literal_tagged).subspan(14))->type() == ethertype::ipv4);
static_assert(!EthernetHeader::parse(Bytes(literal_tagged).first(13)));
static_assert(!VlanTag::parse(Bytes(literal_tagged).subspan(15)));
static_assert(group_mac(IpAddress::v4(224, 129, 2, 3)) == MacAddress{{1, 0, 0x5e, 1, 2, 3}});  // RFC 1112 6.4
static_assert(group_mac(IpAddress::broadcast_v4()) == MacAddress::broadcast());
static_assert(!group_mac(peer));

TEST(Ethernet, C01_01_frames_shorter_than_a_header) {
  Station station;
  for (std::size_t size = 0; size < 14; ++size) {
    const auto before = station.digest();
    EXPECT_EQ(station.inject(Buffer(size, 0xff)), Drop::l2_short) << size;
    EXPECT_EQ(station.digest(), before);
  }
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Ethernet, C01_02_frames_that_end_inside_the_vlan_tag) {
  Station station;
  for (std::size_t size = 14; size < 18; ++size) {
    Buffer frame = ethernet_frame(MacAddress::broadcast(), peer_mac, ethertype::vlan, {0, 7, 8, 0});
    frame.resize(size);
    EXPECT_EQ(station.inject(frame), Drop::vlan_short) << size;
  }
  for (std::size_t size = 18; size < 22; ++size) {  // a tag inside a tag
    Buffer frame =
        ethernet_frame(MacAddress::broadcast(), peer_mac, ethertype::vlan, {0, 7, 0x81, 0, 0, 8, 8, 0});
    frame.resize(size);
    EXPECT_EQ(station.inject(frame), Drop::vlan_short) << size;
  }
}

TEST(Ethernet, C01_03_bare_ip_device_gets_nothing_or_one_byte) {
  Station station({}, {.link = LinkType::ip});
  EXPECT_EQ(station.inject({}), Drop::l2_short);
  EXPECT_EQ(station.inject({0x55}), Drop::ip_version);
  EXPECT_EQ(station.inject({0x45}), Drop::none);
  ASSERT_TRUE(station.passed);
  EXPECT_EQ(station.passed->info.ethertype, ethertype::ipv4);
  EXPECT_EQ(station.inject({0x60}), Drop::none);
  EXPECT_EQ(station.passed->info.ethertype, ethertype::ipv6);
  station.passed.reset();
}

TEST(Ethernet, C01_05_RFC1122_2_3_3_a_length_is_no_ethertype) {
  Station station;
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, 0x05dc, Buffer(46, 0xaa))), Drop::l2_protocol);
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, 0x88a8, Buffer(46, 0xaa))), Drop::l2_protocol);
}

TEST(Ethernet, C01_06_frames_longer_than_the_mtu) {
  Station station;
  for (const std::size_t size : {1501u, 1502u, 1600u, 4000u, 9004u}) {
    EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::ipv4, Buffer(size))), Drop::l2_long)
        << size;
  }
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::ipv4, Buffer(1500))), Drop::none);
  station.passed.reset();
}

TEST(Ethernet, coalesced_segments_may_be_longer_than_the_mtu) {
  Station station;
  Packet packet = station.wire.packet(ethernet_frame(our_mac, peer_mac, ethertype::ipv4, Buffer(3000)));
  packet.info.segment_size = 1448;
  EXPECT_TRUE(station.ethernet.receive(std::move(packet), station.now));
}

TEST(Ethernet, only_our_own_and_group_addresses_are_for_us) {
  Station station;
  EXPECT_EQ(station.inject(ethernet_frame(other_mac, peer_mac, ethertype::ipv4, Buffer(46))),
            Drop::l2_not_for_us);
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::ipv4, Buffer(46))), Drop::none);
  ASSERT_TRUE(station.passed);
  EXPECT_FALSE(station.passed->info.link_broadcast);
  EXPECT_EQ(station.passed->size(), 46u);
  for (const MacAddress& to : {MacAddress::broadcast(), MacAddress{{1, 0, 0x5e, 0, 0, 1}}}) {
    EXPECT_EQ(station.inject(ethernet_frame(to, peer_mac, ethertype::ipv4, Buffer(46))), Drop::none);
    ASSERT_TRUE(station.passed);
    EXPECT_TRUE(station.passed->info.link_broadcast);
  }
  station.passed.reset();
}

TEST(Ethernet, vlan_interfaces_share_a_device) {
  Config config;
  config.links = 3;
  Station station(config);
  ASSERT_EQ(station.ethernet.add_link(station.device, 7), 1);
  ASSERT_EQ(station.ethernet.add_link(station.device, 8), 2);
  EXPECT_FALSE(station.ethernet.add_link(station.device, 9)) << "no more than configured";
  const auto tagged = [](std::uint8_t high, std::uint8_t low) {
    return ethernet_frame(our_mac, peer_mac, ethertype::vlan, {high, low, 8, 0, 0x45, 0});
  };
  EXPECT_EQ(station.inject(tagged(0x60, 8)), Drop::none);  // the priority bits do not matter
  ASSERT_TRUE(station.passed);
  EXPECT_EQ(station.passed->info.interface, 2);
  EXPECT_EQ(station.inject(tagged(0, 9)), Drop::vlan_not_member);
  EXPECT_EQ(station.inject(tagged(0xe0, 0)), Drop::none) << "a priority tag is no VLAN";
  EXPECT_EQ(station.passed->info.interface, 0);
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, ethertype::vlan, {0, 7, 0x81, 0, 0, 8, 8, 0})),
            Drop::l2_protocol);
  station.passed.reset();

  ASSERT_TRUE(station.ethernet.add_address(1, {IpAddress::v4(10, 0, 0, 1), 8}, false, station.now));
  EXPECT_THAT(station.device.take(), testing::SizeIs(14 + 4 + 28)) << "the announcement carries the tag";
  EXPECT_EQ(station.send(IpAddress::broadcast_v4(), {0x45}, 1), Send::sent);
  const Buffer sent = station.device.take();
  EXPECT_EQ(sent, (Buffer{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 7, 8, 0, 0x45}));
}

TEST(Ethernet, RFC1112_6_4_multicast_and_broadcast_need_no_resolution) {
  Station station;
  EXPECT_EQ(station.send(IpAddress::v4(224, 0, 0, 251)), Send::sent);
  EXPECT_EQ(destination_of(station.device.take()), (MacAddress{{1, 0, 0x5e, 0, 0, 251}}));
  EXPECT_EQ(station.send(IpAddress::broadcast_v4()), Send::sent);
  EXPECT_EQ(destination_of(station.device.take()), MacAddress::broadcast());
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
}

TEST(Ethernet, busy_and_gone_are_told) {
  Station station;
  station.resolve(peer, peer_mac);
  station.device.busy = 1;
  EXPECT_EQ(station.send(peer), Send::busy);
  EXPECT_EQ(station.send(peer), Send::sent);
  station.device.gone = true;
  EXPECT_EQ(station.send(peer), Send::unreachable);
  station.device.gone = false;
  station.device.up = false;
  const std::uint32_t version = station.ethernet.version();
  station.ethernet.poll(station.now);
  EXPECT_NE(station.ethernet.version(), version);
  EXPECT_EQ(station.send(peer), Send::unreachable);
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u) << "who was on the link may be gone when it comes back";
  station.device.up = true;
  station.device.out.clear();
  station.ethernet.poll(station.now);
  EXPECT_EQ(arp_in(station.device.take()).sender(), our_address) << "announced anew";
}

}  // namespace
}  // namespace linnet::ethernet::test
