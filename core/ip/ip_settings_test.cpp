// SPDX-License-Identifier: Apache-2.0
// What Ip is told: interfaces, families, addresses and path MTUs, and what it answers to what cannot be.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

Config interfaces(std::uint8_t count) {
  Config config;
  config.interfaces = count;
  return config;
}

TEST(IpSettings, an_interface_is_a_link_that_there_is_room_for) {
  Host host(interfaces(3));  // two links
  host.ip.add_interface(2);
  EXPECT_FALSE(host.ip.interfaces().valid(2)) << "no such link";
  EXPECT_EQ(host.ethernet.add_link(host.second), 2);
  host.ip.add_interface(2);
  EXPECT_TRUE(host.ip.interfaces().valid(2));
  Host small;
  EXPECT_EQ(small.ethernet.add_link(small.second), 2);
  small.ip.add_interface(2);
  EXPECT_FALSE(small.ip.interfaces().valid(2)) << "no room";
}

TEST(IpSettings, what_is_told_of_no_interface_changes_nothing) {
  Host host;
  const auto before = host.digest();
  EXPECT_FALSE(host.ip.enable_ipv6(9, host.now));
  host.ip.disable_ipv6(9, host.now);
  host.ip.disable_ipv6(1, host.now);  // which speaks none
  host.ip.set_accept_any(9, true);
  EXPECT_FALSE(host.ip.add_route({IpAddress::v4(10, 0, 0, 0), 8}, gateway, 9));
  EXPECT_FALSE(host.ip.set_mtu_v4(9, 1400));
  EXPECT_FALSE(host.ip.set_clat(9, true, host.now));
  EXPECT_FALSE(host.ip.set_clat(1, true, host.now)) << "without IPv6";
  EXPECT_TRUE(host.digest() == before);
  host.ip.set_accept_any(1, true);
  EXPECT_FALSE(host.digest() == before) << "but this does";
}

TEST(IpSettings, RFC8200_5_no_ipv6_where_1280_bytes_do_not_fit) {
  Host host;
  host.device.link_mtu = 1279;
  host.run_for(Duration::milliseconds(1));
  EXPECT_FALSE(host.ip.enable_ipv6(1, host.now));
  host.device.link_mtu = 1280;
  host.run_for(Duration::milliseconds(1));
  EXPECT_TRUE(host.ip.enable_ipv6(1, host.now));
}

TEST(IpSettings, without_room_for_its_address_loopback_speaks_no_ipv6) {
  Config config;
  config.addresses_v6 = 0;
  Host host(config);
  EXPECT_FALSE(host.ip.enable_ipv6(0, host.now));
}

TEST(IpSettings, ipv6_can_be_disabled_while_the_link_is_down) {
  Host6 host;
  host.settle();
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  host.ip.disable_ipv6(1, host.now);
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::absent);
  host.device.up = true;
  host.run_for(Duration::seconds(5));
  EXPECT_TRUE(host.take_all().empty()) << "nothing is sent";
}

TEST(IpSettings, addresses_of_ipv6_that_cannot_be_or_have_no_room) {
  Config config;
  config.addresses_v6 = 3;  // ::1, the link-local one, and one more
  Host6 host(config);
  EXPECT_FALSE(host.ip.add_address(1, {our_global, 129}, false, host.now));
  EXPECT_FALSE(host.ip.add_address(1, {address("2001:db8::5"), 64}, false, host.now)) << "the table is full";
  EXPECT_FALSE(host.ip.add_address(1, {address("ff02::5"), 64}, false, host.now));
}

TEST(IpSettings, an_address_without_a_net_of_its_own_brings_no_route) {
  Host6 host;
  host.settle();
  const std::size_t before = host.ip.routes().size();
  EXPECT_TRUE(host.ip.add_address(1, {address("2001:db8:5::5"), 128}, false, host.now));
  EXPECT_TRUE(host.ip.add_address(1, {address("fe80::5"), 64}, false, host.now));
  EXPECT_EQ(host.ip.routes().size(), before);
  EXPECT_FALSE(host.ip.path(address("2001:db8:5::6")));
  EXPECT_TRUE(host.ip.add_address(0, {address("2001:db8:6::6"), 128}, true, host.now)) << "on loopback";
  EXPECT_EQ(host.ip.address_state(0, address("2001:db8:6::6")), ethernet::AddressState::usable)
      << "where nobody else could have it";
}

TEST(IpSettings, the_state_of_an_address) {
  Host6 host;
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::probing);
  host.settle();
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
  EXPECT_EQ(host.ip.address_state(1, neighbour), ethernet::AddressState::absent);
}

TEST(IpSettings, an_on_link_route_stays_only_for_an_address_of_the_same_net_and_interface) {
  struct Row {
    const char* what;
    Prefix other;
    std::uint8_t interface;
    bool stays;
  };
  const IpAddress target = IpAddress::v4(172, 16, 0, 77);
  const Row rows[] = {
      {"another of the net", {IpAddress::v4(172, 16, 0, 2), 24}, 1, true},
      {"of a net of another length", {IpAddress::v4(172, 16, 0, 2), 32}, 1, false},
      {"of another net", {IpAddress::v4(172, 16, 1, 2), 24}, 1, false},
      {"by another link", {IpAddress::v4(172, 16, 0, 2), 24}, 0, false},
  };
  for (const Row& row : rows) {
    Host host;
    const IpAddress first = IpAddress::v4(172, 16, 0, 1);
    ASSERT_TRUE(host.ip.add_address(1, {first, 24}, false, host.now));
    ASSERT_TRUE(host.ip.add_address(row.interface, row.other, false, host.now));
    ASSERT_TRUE(host.ip.remove_address(1, first));
    const auto path = host.ip.path(target);
    ASSERT_TRUE(path) << row.what;
    EXPECT_EQ(path->next_hop == target, row.stays) << row.what;
  }
}

TEST(IpSettings, an_ethernet_without_room_for_an_address_refuses_it) {
  Config config;
  config.addresses = 200;
  Host host(config);
  unsigned added = 0;
  while (added < 200 &&
         host.ip.add_address(1, {IpAddress::v4(10, 0, static_cast<std::uint8_t>(added), 1), 32}, false,
                             host.now)) {
    ++added;
  }
  EXPECT_LT(added, 198u);
  EXPECT_EQ(host.ip.addresses().size(), added + 2u) << "the one refused is not half there";
}

TEST(IpSettings, RFC4861_6_3_4_the_mtu_that_a_router_tells) {
  for (const std::uint32_t mtu : {1400u, 1500u}) {
    Host6 host;
    host.settle();
    host.advertise_router(
        1800, router,
        {5, 1, 0, 0, 0, 0, static_cast<std::uint8_t>(mtu >> 8), static_cast<std::uint8_t>(mtu & 0xff)});
    EXPECT_EQ(host.ip.path(neighbour)->mtu, mtu);
    EXPECT_EQ(host.ip.path(peer)->mtu, 1500) << "IPv4 knows nothing of it";
    host.device.link_mtu = 1300;
    host.run_for(Duration::milliseconds(1));
    EXPECT_EQ(host.ip.path(neighbour)->mtu, 1300);
  }
}

TEST(IpSettings, the_path_mtu_of_a_destination_that_cannot_be_reached_now) {
  Host host;
  const IpAddress nowhere = address("2001:db8:99::1");
  EXPECT_EQ(host.ip.path_mtu_update(nowhere, 1400, host.now), 1400);
  EXPECT_EQ(host.ip.path_mtu_update(nowhere, 1450, host.now), 1400) << "RFC 1191 3: never raised";
  const std::uint32_t generation = host.ip.generation();
  EXPECT_EQ(host.ip.path_mtu_update(nowhere, 1400, host.now), 1400);
  EXPECT_EQ(host.ip.generation(), generation);
  EXPECT_EQ(host.ip.path_mtu_update(nowhere, 100, host.now), 1280) << "RFC 8200 5";
}

TEST(IpSettings, a_device_that_queues_says_so_to_transports) {
  Host queues({}, {.queues = true});
  EXPECT_TRUE(queues.ip.path(peer)->device_queues);
  Host host;
  EXPECT_FALSE(host.ip.path(peer)->device_queues);
  EXPECT_TRUE(host.ip.path(our_address)->device_queues) << "loopback";
}

TEST(IpSettings, an_address_being_probed_is_no_source) {
  Host host;
  const IpAddress closer = IpAddress::v4(192, 0, 2, 3);
  ASSERT_TRUE(host.ip.add_address(1, {closer, 24}, true, host.now));
  EXPECT_EQ(host.ip.path(peer)->source, our_address);
  host.run_for(Duration::seconds(12));
  EXPECT_EQ(host.ip.path(peer)->source, closer) << "RFC 1122 3.3.4.3";
}

TEST(IpSettings, what_is_no_packet_of_either_family) {
  Host6 host;
  Packet packet = host.wire.packet(ipv4_packet({}, pattern(8)), 1);
  packet.info.ethertype = 0x1234;
  EXPECT_FALSE(host.ip.receive(std::move(packet), host.now));
  EXPECT_EQ(host.drops.last(), Drop::l2_protocol);
}

TEST(IpSettings, the_digest_tells_what_changes) {
  Config config = interfaces(3);
  Host host(config);
  std::vector<Digest::Value> seen{host.digest()};
  const auto is_new = [&] {
    const auto now = host.digest();
    const bool is = std::none_of(seen.begin(), seen.end(), [&](const auto& v) { return v == now; });
    seen.push_back(now);
    return is;
  };
  host.ip.path_mtu_update(remote, 1400, host.now);
  EXPECT_TRUE(is_new()) << "a path MTU";
  host.ip.path_mtu_update(remote, 1300, host.now);
  EXPECT_TRUE(is_new());
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_TRUE(is_new()) << "a link";
}

/// Interfaces by themselves, on an Ethernet with one device.
TEST(Interfaces, a_loopback_that_is_down_is_none) {
  const Config config;
  Buffer memory(Interfaces::memory_needed(config) + Ipv6Addresses::memory_needed(config) +
                ethernet::Ethernet::memory_needed({}) + BlockPool::memory_needed(Host::default_blocks) + 64);
  Arena arena{MutableBytes(memory)};
  Random random{Random::Seed{1}};
  DropCounters drops;
  BlockPool pool(arena, Host::default_blocks);
  ethernet::Ethernet ethernet({}, arena, pool, random, drops);
  const Ipv6Addresses v6(config, arena, random);
  Interfaces interfaces(config, arena, v6);
  ethernet::test::RecordingDevice device;
  device.offers.loopback = true;
  device.up = false;
  ASSERT_EQ(ethernet.add_link(device), 0);
  interfaces[0].present = true;
  interfaces.refresh(ethernet);
  EXPECT_FALSE(interfaces.loopback());
  device.up = true;
  ethernet.poll(Instant::from_microseconds(1));
  EXPECT_TRUE(interfaces.refresh(ethernet)) << "it changed";
  EXPECT_EQ(interfaces.loopback(), 0);
  EXPECT_FALSE(interfaces.refresh(ethernet));
  ASSERT_TRUE(interfaces.add_address(0, {our_address, 24}, ethernet::AddressState::usable));
  EXPECT_FALSE(interfaces.remove_address(0, peer));
  EXPECT_FALSE(interfaces.remove_address(1, our_address));
  EXPECT_TRUE(interfaces.is_own(our_address));
  EXPECT_TRUE(interfaces.remove_address(0, our_address));
  EXPECT_FALSE(interfaces.is_own(our_address));
}

TEST(IpSettings, an_on_link_route_stays_for_any_of_several) {
  Host host;
  for (const std::uint8_t last : {1, 2, 3})
    ASSERT_TRUE(host.ip.add_address(1, {IpAddress::v4(172, 16, 0, last), 24}, false, host.now));
  ASSERT_TRUE(host.ip.remove_address(1, IpAddress::v4(172, 16, 0, 1)));
  EXPECT_EQ(host.ip.path(IpAddress::v4(172, 16, 0, 77))->next_hop, IpAddress::v4(172, 16, 0, 77));
}

}  // namespace
}  // namespace linnet::ip::test::v6
