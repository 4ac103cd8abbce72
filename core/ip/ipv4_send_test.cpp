// SPDX-License-Identifier: Apache-2.0
// Sending IPv4: routes, source addresses, fragments, identification, path MTU.
#include <map>
#include <set>

#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

TEST(Send, a_whole_datagram) {
  Host host;
  EXPECT_EQ(host.send(pattern(100),
                      {.destination = peer, .protocol = 253, .traffic_class = 0x28, .dont_fragment = true}),
            Send::sent);
  const Buffer packet = host.sent();
  ASSERT_EQ(packet.size(), 120u);
  EXPECT_EQ(packet[1], 0x28);
  EXPECT_EQ(load16(packet.data() + 6), 0x4000);
  EXPECT_EQ(packet[8], 64);
  EXPECT_EQ(packet[9], 253);
  EXPECT_EQ(load32(packet.data() + 12), our_address.v4_value());
  EXPECT_EQ(load32(packet.data() + 16), peer.v4_value());
  EXPECT_EQ(Buffer(packet.begin() + 20, packet.end()), pattern(100));
}

TEST(Send, RFC1122_3_3_1_longest_prefix_then_metric) {
  Host host;
  const IpAddress other_gateway = IpAddress::v4(192, 0, 2, 253);
  EXPECT_EQ(host.ip.path(peer)->next_hop, peer) << "on the link";
  EXPECT_EQ(host.ip.path(remote)->next_hop, gateway);
  ASSERT_TRUE(host.ip.add_route({IpAddress::v4(198, 51, 100, 0), 24}, other_gateway, 1));
  EXPECT_EQ(host.ip.path(remote)->next_hop, other_gateway);
  ASSERT_TRUE(host.ip.add_route({remote, 32}, IpAddress{}, 1));
  EXPECT_EQ(host.ip.path(remote)->next_hop, remote);
  ASSERT_TRUE(host.ip.remove_route({remote, 32}, IpAddress::any_v4(), 1));
  ASSERT_TRUE(host.ip.add_route({IpAddress::v4(198, 51, 100, 0), 24}, gateway, 1, 10));
  EXPECT_EQ(host.ip.path(remote)->next_hop, other_gateway) << "the smaller metric";
  ASSERT_TRUE(host.ip.remove_route({IpAddress::v4(198, 51, 100, 0), 24}, other_gateway, 1));
  EXPECT_EQ(host.ip.path(remote)->next_hop, gateway);
  EXPECT_FALSE(host.ip.remove_route({IpAddress::v4(198, 51, 100, 0), 24}, other_gateway, 1));
  EXPECT_FALSE(host.ip.add_route({remote, 32}, IpAddress{}, 5)) << "no such interface";
}

TEST(Send, the_route_table_is_bounded) {
  Config config;
  config.routes = 3;
  config.addresses = 2;
  Host host(config);  // two on-link routes and the default route are there
  std::uint8_t added = 0;
  while (added < 20 && host.ip.add_route({IpAddress::v4(10, added, 0, 0), 16}, gateway, 1)) ++added;
  EXPECT_EQ(added, 2);
  EXPECT_FALSE(host.ip.add_address(1, {IpAddress::v4(10, 0, 0, 1), 8}, false, host.now));
}

TEST(Send, RFC1122_3_3_4_3_source_address_choice) {
  Host host;
  const IpAddress second = IpAddress::v4(10, 1, 0, 1);
  ASSERT_TRUE(host.ip.add_address(1, {second, 16}, false, host.now));
  EXPECT_EQ(host.ip.path(IpAddress::v4(10, 1, 7, 7))->source, second);
  EXPECT_EQ(host.ip.path(peer)->source, our_address);
  EXPECT_EQ(host.ip.path(remote)->source, our_address) << "the one on the gateway's link";
  EXPECT_EQ(host.ip.path(remote, second)->source, second) << "as asked";
  EXPECT_FALSE(host.ip.path(remote, IpAddress::v4(10, 1, 0, 2))) << "not ours";
  EXPECT_FALSE(host.ip.path(remote, IpAddress::loopback_v4())) << "127/8 never leaves";
  EXPECT_EQ(
      host.send(pattern(8), {.source = IpAddress::v4(10, 1, 0, 2), .destination = remote, .protocol = 253}),
      Send::bad_source);
  EXPECT_EQ(host.ip.path(our_address)->interface, 0);
  EXPECT_EQ(host.ip.path(our_address)->source, our_address);
  EXPECT_EQ(host.ip.path(IpAddress::v4(127, 3, 3, 3))->source, IpAddress::loopback_v4());
}

Config two_links() {
  Config config;
  config.interfaces = 3;
  return config;
}

TEST(Send, RFC1122_3_3_4_2_strong_model_a_packet_leaves_where_its_source_lives) {
  Host host(two_links());
  host.add_second();
  const IpAddress second_gateway = IpAddress::v4(10, 0, 0, 254);
  EXPECT_EQ(host.ip.path(IpAddress::v4(10, 5, 5, 5))->interface, 2);
  EXPECT_EQ(host.ip.path(remote)->interface, 1);
  EXPECT_EQ(host.ip.path(remote, Host::second_address)->interface, 1) << "no other way";
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v4(), 0}, second_gateway, 2, 100));
  EXPECT_EQ(host.ip.path(remote)->interface, 1) << "the smaller metric";
  EXPECT_EQ(host.ip.path(remote, Host::second_address)->interface, 2);
  EXPECT_EQ(host.ip.path(remote, Host::second_address)->next_hop, second_gateway);
  EXPECT_EQ(host.ip.path(remote, {}, 2)->source, Host::second_address);
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.ip.path(remote)->interface, 2) << "the other link takes over";
}

TEST(Send, a_group_goes_by_the_interface_asked_for_or_that_of_its_source) {
  Host host(two_links());
  host.add_second();
  EXPECT_EQ(host.ip.path(IpAddress::broadcast_v4(), {}, 2)->source, Host::second_address);
  EXPECT_EQ(host.ip.path(IpAddress::v4(224, 0, 0, 251), Host::second_address)->interface, 2);
  EXPECT_EQ(host.ip.path(IpAddress::v4(10, 255, 255, 255))->interface, 2);
  EXPECT_TRUE(host.ip.path(IpAddress::v4(10, 255, 255, 255))->next_hop.is_limited_broadcast());
  EXPECT_EQ(host.ip.path(IpAddress::broadcast_v4())->interface, 1) << "where the default route goes";
  EXPECT_FALSE(host.ip.path(remote, {}, 9));
}

TEST(Send, generation_moves_with_what_a_path_depends_on) {
  Host host;
  std::uint32_t last = host.ip.generation();
  const auto moved = [&] {
    const std::uint32_t before = std::exchange(last, host.ip.generation());
    return before != last;
  };
  EXPECT_FALSE(moved());
  host.ip.add_route({IpAddress::v4(10, 0, 0, 0), 8}, gateway, 1);
  EXPECT_TRUE(moved());
  host.ip.add_address(1, {IpAddress::v4(10, 1, 0, 1), 16}, false, host.now);
  EXPECT_TRUE(moved());
  host.ip.remove_address(1, IpAddress::v4(10, 1, 0, 1));
  EXPECT_TRUE(moved());
  host.ip.path_mtu_update(remote, 1400, host.now);
  EXPECT_TRUE(moved());
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_TRUE(moved());
  EXPECT_FALSE(host.ip.path(remote));
  EXPECT_EQ(host.send(pattern(8), {.destination = remote, .protocol = 253}), Send::no_route);
  host.device.up = true;
  host.run_for(Duration::milliseconds(1));
  EXPECT_TRUE(moved());
  EXPECT_TRUE(host.ip.path(remote));
  host.run_for(Duration::seconds(1));
  EXPECT_FALSE(moved());
}

TEST(Send, an_address_under_probe_is_no_source) {
  Host host;
  const IpAddress probed = IpAddress::v4(10, 1, 0, 1);
  ASSERT_TRUE(host.ip.add_address(1, {probed, 16}, true, host.now));
  EXPECT_FALSE(host.ip.is_own(probed));
  EXPECT_FALSE(host.ip.path(remote, probed));
  EXPECT_EQ(host.reject(ipv4_packet({.destination = probed}, Buffer(8))), Drop::ip_not_for_us);
  host.run_for(Duration::seconds(12));
  EXPECT_TRUE(host.ip.is_own(probed));
  EXPECT_TRUE(host.ip.path(remote, probed));
  ASSERT_TRUE(host.ip.remove_address(1, probed));
  EXPECT_FALSE(host.ip.is_own(probed));
  EXPECT_FALSE(host.ip.remove_address(1, probed));
}

TEST(Send, broadcasts_and_multicasts_need_no_neighbour) {
  Host host;
  const auto mac_of = [&](const IpAddress& to, std::uint8_t interface = any_interface) {
    EXPECT_EQ(host.send(pattern(8), {.destination = to, .protocol = 253, .interface = interface}),
              Send::sent);
    return ethernet::test::destination_of(host.device.take());
  };
  EXPECT_EQ(mac_of(IpAddress::broadcast_v4()), MacAddress::broadcast());
  EXPECT_EQ(mac_of(IpAddress::broadcast_v4(), 1), MacAddress::broadcast());
  EXPECT_EQ(mac_of(IpAddress::v4(192, 0, 2, 255)), MacAddress::broadcast());
  EXPECT_EQ(mac_of(IpAddress::v4(224, 0, 0, 251), 1), (MacAddress{{1, 0, 0x5e, 0, 0, 251}}));
}

TEST(Send, RFC2131_4_1_from_0_0_0_0_before_there_is_an_address) {
  Host host;
  host.ip.remove_address(1, our_address);
  EXPECT_EQ(host.send(pattern(8), {.destination = remote, .protocol = 17, .interface = 1}), Send::no_route);
  EXPECT_EQ(host.send(pattern(8), {.destination = IpAddress::broadcast_v4(), .protocol = 17, .interface = 1}),
            Send::sent);
  EXPECT_EQ(load32(host.sent().data() + 12), 0u);
  ASSERT_TRUE(host.ip.add_address(1, {our_address, 24}, false, host.now));
  host.run_for(Duration::seconds(5));
  host.device.out.clear();
  EXPECT_EQ(host.send(pattern(8), {.destination = IpAddress::broadcast_v4(),
                                   .protocol = 17,
                                   .keep_unspecified = true,
                                   .interface = 1}),
            Send::sent);
  EXPECT_EQ(load32(host.sent().data() + 12), 0u) << "also with an address";
}

TEST(Send, C06_09_fragments_of_every_size_through_every_mtu_come_back_whole) {
  for (const std::uint16_t mtu : {68, 296, 576, 1280, 1500}) {
    Host host;
    host.device.link_mtu = mtu;
    host.run_for(Duration::milliseconds(1));
    for (std::size_t size = 1; size <= 65515; size = size < 3000 ? size + 37 : size + 7919) {
      const Buffer whole = pattern(size);
      ASSERT_EQ(host.send(whole, {.destination = peer, .protocol = 253}), Send::sent);
      while (!host.device.out.empty()) {
        Buffer packet = host.sent();
        const bool more = (load16(packet.data() + 6) & 0x2000) != 0;
        if (more) {
          ASSERT_EQ((packet.size() - 20) % 8, 0u);
        }
        // Back to ourselves, as if the peer had sent it.
        store32(packet.data() + 12, peer.v4_value());
        store32(packet.data() + 16, our_address.v4_value());
        fix_checksum(packet, 20);
        ASSERT_EQ(host.inject(packet), Drop::none);
      }
      ASSERT_EQ(host.payload(), whole) << mtu << " " << size;
    }
    EXPECT_EQ(host.send(pattern(65516), {.destination = peer, .protocol = 253}), Send::too_big);
  }
}

TEST(Send, dont_fragment_is_told_too_big) {
  Host host;
  EXPECT_EQ(host.send(pattern(1480), {.destination = peer, .protocol = 253, .dont_fragment = true}),
            Send::sent);
  EXPECT_EQ(host.send(pattern(1481), {.destination = peer, .protocol = 253, .dont_fragment = true}),
            Send::too_big);
}

TEST(Send, RFC2132_5_1_the_owner_of_a_link_may_say_what_it_takes) {
  Host host;
  const std::uint32_t generation = host.ip.generation();
  ASSERT_TRUE(host.ip.set_mtu_v4(1, 600));
  EXPECT_NE(host.ip.generation(), generation) << "paths are to be asked for anew";
  EXPECT_EQ(host.ip.path(peer)->mtu, 600);
  EXPECT_EQ(host.ip.path(peer)->link_mtu, 600);
  EXPECT_EQ(host.send(pattern(581), {.destination = peer, .protocol = 253, .dont_fragment = true}), Send::too_big);
  EXPECT_EQ(host.send(pattern(580), {.destination = peer, .protocol = 253, .dont_fragment = true}), Send::sent);
  ASSERT_TRUE(host.ip.set_mtu_v4(1, 9000));
  EXPECT_EQ(host.ip.path(peer)->mtu, 1500) << "never more than the device takes";
  ASSERT_TRUE(host.ip.set_mtu_v4(1, 68));
  EXPECT_EQ(host.send(pattern(100), {.destination = peer, .protocol = 253, .dont_fragment = true}), Send::sent)
      << "below what is believed, somebody may fragment";
  for (const std::uint16_t little : {1, 67}) EXPECT_FALSE(host.ip.set_mtu_v4(1, little)) << little;
  EXPECT_FALSE(host.ip.set_mtu_v4(5, 600)) << "no such interface";
  ASSERT_TRUE(host.ip.set_mtu_v4(1, 0));
  EXPECT_EQ(host.ip.path(peer)->mtu, 1500);
}

TEST(Send, a_busy_device_is_asked_to_empty_itself_between_fragments) {
  Host host;
  host.device.busy = 1;
  EXPECT_EQ(host.send(pattern(4000), {.destination = peer, .protocol = 253}), Send::sent);
  EXPECT_EQ(host.device.flushes, 1);
  EXPECT_EQ(host.device.out.size(), 3u);
  host.device.out.clear();
  host.device.busy = 2;
  EXPECT_EQ(host.send(pattern(4000), {.destination = peer, .protocol = 253}), Send::busy);
  EXPECT_TRUE(host.device.out.empty());
}

TEST(Send, a_device_that_never_has_room_for_all_fragments_is_not_waited_for) {
  Host host;
  host.device.room = 2;
  EXPECT_EQ(host.send(pattern(4000), {.destination = peer, .protocol = 253}), Send::no_memory)
      << "another try would begin anew, and come no further";
  EXPECT_EQ(host.device.out.size(), 2u);
  EXPECT_EQ(host.send(pattern(4000), {.destination = peer, .protocol = 253}), Send::busy)
      << "nothing has gone";
}

TEST(Send, checksums_in_software_or_left_to_the_device) {
  for (const bool offload : {false, true}) {
    for (const bool fragmented : {false, true}) {
      Host host({}, {.transmit_checksum = offload});
      const Buffer body = pattern(fragmented ? 3001 : 101);
      Frame frame;
      frame.add_payload(Bytes(body).first(33));
      frame.add_payload(Bytes(body).subspan(33));
      std::uint8_t* udp = frame.prepend(8);
      std::memset(udp, 7, 8);
      store16(udp + 6, 0xbeef);  // whatever a first attempt left there
      frame.checksum = {.header_from_end = 8, .field = 6};
      ASSERT_EQ(host.ip.send(frame, {.destination = peer, .protocol = 17}, host.now), Send::sent);
      EXPECT_EQ(frame.checksum.header_from_end, 8) << "ready for another try";
      Buffer datagram;
      while (!host.device.out.empty()) {
        const Buffer packet = host.sent();
        datagram.insert(datagram.end(), packet.begin() + 20, packet.end());
      }
      ASSERT_EQ(datagram.size(), body.size() + 8);
      const std::uint32_t pseudo = pseudo_sum(our_address, peer, 17, datagram.size());
      if (offload && !fragmented) {
        EXPECT_EQ(host.device.last_checksum.field, 6);
        EXPECT_EQ(load16(datagram.data() + 6), static_cast<std::uint16_t>(~reference_checksum({}, pseudo)));
      } else {
        EXPECT_EQ(host.device.last_checksum.header_from_end, 0);
        EXPECT_EQ(reference_checksum(datagram, pseudo), 0);
      }
    }
  }
}

TEST(Send, RFC768_a_checksum_that_computes_to_zero_is_sent_as_ffff) {
  Host host;
  int zeros = 0;
  for (std::uint32_t value = 0; value < 65536; ++value) {
    Buffer body(2);
    store16(body.data(), static_cast<std::uint16_t>(value));
    Frame frame;
    frame.add_payload(body);
    std::memset(frame.prepend(8), 1, 8);
    frame.checksum = {.header_from_end = 8, .field = 6};
    ASSERT_EQ(host.ip.send(frame, {.destination = peer, .protocol = 17}, host.now), Send::sent);
    const Buffer packet = host.sent();
    ASSERT_NE(load16(packet.data() + 26), 0);
    zeros += load16(packet.data() + 26) == 0xffff ? 1 : 0;
  }
  EXPECT_EQ(zeros, 1);
}

TEST(Send, super_segments_go_to_devices_that_cut_them) {
  Host host({}, {.transmit_checksum = true, .segmentation = 65535});
  EXPECT_EQ(host.ip.path(peer)->segmentation, 65535u);
  const Buffer body = pattern(30000);
  Frame frame;
  frame.add_payload(body);
  std::memset(frame.prepend(20), 0, 20);
  frame.checksum = {.header_from_end = 20, .field = 16};
  frame.segment_size = 1460;
  EXPECT_EQ(host.ip.send(frame, *host.ip.path(peer),
                         {.destination = peer, .protocol = 6, .dont_fragment = true}, host.now),
            Send::sent);
  EXPECT_EQ(host.device.out.size(), 1u);
  EXPECT_EQ(host.device.take().size(), 14u + 20 + 20 + 30000);
  Host plain;
  EXPECT_EQ(plain.ip.send(frame, *plain.ip.path(peer), {.destination = peer, .protocol = 6}, plain.now),
            Send::too_big);
}

TEST(Identification, RFC6864_4_1_atomic_datagrams_need_none_others_differ) {
  Host host;
  EXPECT_EQ(host.send(pattern(8), {.destination = peer, .protocol = 253, .dont_fragment = true}), Send::sent);
  EXPECT_EQ(load16(host.sent().data() + 4), 0);
  std::set<std::uint16_t> ids;
  Identification identification(host.random);
  for (int i = 0; i < 65536; ++i) ids.insert(identification.next(1, 2, 17));
  EXPECT_EQ(ids.size(), 65536u) << "RFC 6864 4.3: none comes back before all were used";
}

TEST(Identification, C07_01_RFC7739_neither_values_nor_steps_show_a_counter) {
  Random random(Random::Seed{3});
  Identification identification(random);
  constexpr std::size_t count = 4096;
  for (std::uint32_t destination = 1; destination < 20; ++destination) {
    std::array<int, 64> steps{};
    std::array<int, 64> values{};
    std::uint16_t last = identification.next(9, destination, 17);
    for (std::size_t i = 0; i < count; ++i) {
      identification.next(9, 1000 + destination, 17);  // traffic to somebody else
      const std::uint16_t id = identification.next(9, destination, 17);
      ++steps[static_cast<std::uint16_t>(id - last) >> 10];
      ++values[id >> 10];
      last = id;
    }
    for (const auto& bins : {steps, values}) {
      double chi_square = 0;
      for (const int n : bins) chi_square += (n - 64.0) * (n - 64.0) / 64.0;
      EXPECT_LT(chi_square, 120) << destination << ": 63 degrees of freedom, p = 0.00002";
    }
  }
}

TEST(PathMtu, RFC1191_lowered_never_raised_forgotten_in_time) {
  Host host;
  EXPECT_EQ(host.ip.path_mtu_update(remote, 1400, host.now), 1400);
  EXPECT_EQ(host.ip.path(remote)->mtu, 1400);
  EXPECT_EQ(host.ip.path(peer)->mtu, 1500);
  const std::uint32_t generation = host.ip.generation();
  EXPECT_EQ(host.ip.path_mtu_update(remote, 1450, host.now), 1400) << "RFC 1191 3: never raised";
  EXPECT_EQ(host.ip.path_mtu_update(peer, 9000, host.now), 1500);
  EXPECT_EQ(host.ip.generation(), generation);
  EXPECT_EQ(host.send(pattern(1390), {.destination = remote, .protocol = 253, .dont_fragment = true}),
            Send::too_big);
  EXPECT_EQ(host.send(pattern(1390), {.destination = remote, .protocol = 253}), Send::sent);
  EXPECT_EQ(host.device.out.size(), 2u) << "in fragments";
  host.device.out.clear();
  host.run_for(host.config.path_mtu_lifetime + Duration::seconds(1));
  EXPECT_EQ(host.ip.path(remote)->mtu, 1500) << "RFC 1191 6.3, C12-04";
  EXPECT_NE(host.ip.generation(), generation);
}

TEST(PathMtu, C12_02_RFC5927_a_floor_below_which_routers_may_fragment) {
  for (const std::uint16_t mtu : {0, 1, 67, 68, 296, 551}) {
    Host host;
    EXPECT_EQ(host.ip.path_mtu_update(remote, mtu, host.now), 552);
    EXPECT_EQ(host.send(pattern(500), {.destination = remote, .protocol = 253, .dont_fragment = true}),
              Send::sent);
    const Buffer packet = host.sent();
    EXPECT_EQ(load16(packet.data() + 6), 0) << "don't fragment would make it a black hole";
  }
}

TEST(PathMtu, C12_01_the_table_is_bounded_and_the_oldest_goes) {
  Host host;
  for (std::uint8_t i = 0; i < 100; ++i) {
    host.ip.path_mtu_update(IpAddress::v4(198, 51, 100, i), 1000, host.now);
    host.run_for(Duration::milliseconds(1));
  }
  int lowered = 0;
  for (std::uint8_t i = 0; i < 100; ++i)
    lowered += host.ip.path(IpAddress::v4(198, 51, 100, i))->mtu == 1000 ? 1 : 0;
  EXPECT_EQ(lowered, host.config.path_mtu_entries);
  for (std::uint8_t i = 0; i < host.config.path_mtu_entries; ++i) {
    EXPECT_EQ(host.ip.path(IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(99 - i)))->mtu, 1000) << "the latest stay";
  }
}

TEST(PathMtu, RFC1191_7_plateaus) {
  std::uint16_t above = 65535;
  for (const std::uint16_t plateau : {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68}) {
    EXPECT_EQ(plateau_below(above), plateau);
    EXPECT_EQ(plateau_below(static_cast<std::uint16_t>(plateau + 1)), plateau);
    above = plateau;
  }
  EXPECT_EQ(plateau_below(1500), 1492);
  EXPECT_EQ(plateau_below(10), 68);
}

}  // namespace
}  // namespace linnet::ip::test
