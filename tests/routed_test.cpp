// SPDX-License-Identifier: Apache-2.0
// Through a router: transfers, errors on the way, path MTUs; and the same behind port translation.
#include "tests/test_routed.hpp"

namespace linnet::test {
namespace {

constexpr std::uint64_t some = 300000;

/// A transfer through the router, and what the server saw of its client.
Endpoint transfer(Routed& net, sim::Host& client, sim::Host& server, std::uint16_t port,
                  const Endpoint& remote, std::uint64_t bytes = some) {
  Transfer& program = net.add_transfer(client, server, bytes);
  program.begin(port, remote, net.world.now());
  net.world.run(net.world.now() + Duration::seconds(60), [&] { return program.done(); });
  EXPECT_TRUE(program.done()) << program.received() << " bytes came";
  net.run_for(Duration::seconds(150));  // TIME-WAIT is over, too
  return program.seen();
}

/// The errors that come about an echo request, or its reply (no error).
ip::RawReceived ping(Routed& net, sim::Host& from, const IpAddress& to, std::uint8_t ttl,
                     std::size_t size = 16) {
  ip::RawSockets& raw = from.stack().raw();
  const bool v6 = to.is_v6();
  const auto socket = raw.open(v6 ? ip::protocol::icmpv6 : ip::protocol::icmp, v6);
  EXPECT_TRUE(socket);
  raw.options(*socket)->ttl = ttl;
  std::vector<std::uint8_t> message(size);
  message[0] = v6 ? 128 : 8;
  store16(message.data() + 4, 77);
  const Bytes piece(message);
  EXPECT_TRUE(raw.send(*socket, {&piece, 1}, &to, net.world.now()));
  ip::RawReceived got{};
  std::vector<std::uint8_t> buffer(2000);
  net.world.run(net.world.now() + Duration::seconds(5), [&] { return raw.readable(*socket); });
  if (const auto received = raw.receive(*socket, buffer, false)) got = *received;
  raw.close(*socket);
  return got;
}

struct Families : ::testing::TestWithParam<bool> {
  bool v6() const { return GetParam(); }
  IpAddress far() const { return v6() ? address_of("fd02::2") : Routed::far_v4; }
  IpAddress near() const { return v6() ? address_of("fd01::2") : Routed::near_v4; }
};
INSTANTIATE_TEST_SUITE_P(Both, Families, ::testing::Bool(), [](const auto& family) {
  return family.param ? std::string("IPv6") : std::string("IPv4");
});

TEST_P(Families, ATransferGoesBothWaysThroughARouter) {
  Routed net;
  EXPECT_EQ(transfer(net, net.near, net.far, 80, {far(), 80}).address, near());
  EXPECT_EQ(transfer(net, net.far, net.near, 81, {near(), 81}).address, far());
  for (const Drop reason :
       {Drop::ip_not_forwarded, Drop::ip_reverse_path, Drop::ip_no_route, Drop::neighbour_failed}) {
    EXPECT_EQ(net.dropped(reason), 0u) << drop_text(reason);
  }
}

TEST_P(Families, NothingGoesOnWithoutTheSetting) {
  RoutedConfig config;
  config.router.ip.forward = config.router.ip.forward_v6 = false;
  Routed net(config);
  const std::uint64_t before = net.dropped(Drop::ip_not_for_us);  // others' multicasts
  EXPECT_EQ(ping(net, net.near, far(), 64).size, 0u);
  EXPECT_EQ(net.dropped(Drop::ip_not_for_us), before + 1);
}

TEST_P(Families, RFC1812_5_3_1_the_last_hop_is_told) {
  Routed net;
  const ip::RawReceived expired = ping(net, net.near, far(), 1);
  EXPECT_EQ(expired.error, ip::ErrorKind::time_exceeded);
  EXPECT_EQ(expired.reporter, v6() ? address_of("fd01::1") : Routed::inside_v4);
  EXPECT_EQ(net.dropped(Drop::ip_ttl), 1u);
  const ip::RawReceived reply = ping(net, net.near, far(), 2);
  EXPECT_EQ(reply.error, ip::ErrorKind::none);
  EXPECT_EQ(reply.source, far());
  EXPECT_EQ(reply.ttl, 63) << "one hop was taken";
}

TEST_P(Families, RFC1812_5_2_7_1_no_route_and_no_neighbour_are_told) {
  Routed net;
  const ip::RawReceived nowhere =
      ping(net, net.near, v6() ? address_of("2001:db8::1") : IpAddress::v4(198, 51, 100, 1), 64);
  EXPECT_EQ(nowhere.error, ip::ErrorKind::net_unreachable);
  EXPECT_EQ(net.dropped(Drop::ip_no_route), 1u);
  const ip::RawReceived silent =
      ping(net, net.near, v6() ? address_of("fd02::99") : IpAddress::v4(203, 0, 113, 99), 64);
  EXPECT_EQ(silent.error, ip::ErrorKind::host_unreachable) << "after three questions";
  const ip::RawReceived known =
      ping(net, net.near, v6() ? address_of("fd02::99") : IpAddress::v4(203, 0, 113, 99), 64);
  EXPECT_EQ(known.error, ip::ErrorKind::host_unreachable) << "at once";
  EXPECT_EQ(net.dropped(Drop::neighbour_failed), 2u);
}

TEST_P(Families, TheRoutersOwnAddressesAnswerByWhicheverInterface) {
  Routed net;
  const IpAddress other_side = v6() ? address_of("fd02::1") : Routed::outside_v4;
  EXPECT_EQ(ping(net, net.near, other_side, 64).source, other_side);
}

TEST_P(Families, C09_06_RFC1191_RFC8200_5_a_narrow_link_is_found_by_its_errors) {
  RoutedConfig config;
  config.outside_mtu = v6() ? 1280 : 1000;
  config.far_mtu = 1500;  // does not warn by its segment size
  Routed net(config);
  transfer(net, net.near, net.far, 80, {far(), 80});
  EXPECT_GE(net.dropped(Drop::ip_too_big), 1u);
  EXPECT_LE(net.dropped(Drop::ip_too_big), 20u) << "the sender learns it once";
  EXPECT_EQ(net.near.stack().ip().path(far())->mtu, config.outside_mtu);
}

TEST_P(Families, CoalescedSegmentsAreCutWhereTheNextDeviceDoesNot) {
  const Capabilities offload{.transmit_checksum = true, .receive_checksum = true, .segmentation = 65000};
  for (const bool inside : {true, false}) {
    for (const bool outside : {true, false}) {
      RoutedConfig config;
      if (inside) config.inside = offload;
      if (outside) config.outside = offload;
      Routed net(config);
      transfer(net, net.near, net.far, 80, {far(), 80});
      transfer(net, net.far, net.near, 81, {near(), 81});
    }
  }
}

TEST(Forward, RFC791_3_2_what_may_be_is_fragmented) {
  RoutedConfig config;
  config.outside_mtu = 600;
  Routed net(config);
  const ip::RawReceived reply = ping(net, net.near, Routed::far_v4, 64, 1400);
  EXPECT_EQ(reply.error, ip::ErrorKind::none);
  EXPECT_EQ(reply.datagram_size, 1400u);
}

TEST(Forward, RFC3704_a_source_from_elsewhere_does_not_pass) {
  Routed net;
  ASSERT_TRUE(net.near.stack().ip().add_address(net.inner.left_interface(),
                                                {IpAddress::v4(172, 16, 0, 1), 32}, false, net.world.now()));
  ip::RawSockets& raw = net.near.stack().raw();
  const auto socket = raw.open(ip::protocol::icmp);
  ASSERT_TRUE(raw.bind(*socket, IpAddress::v4(172, 16, 0, 1)));
  const std::array<std::uint8_t, 8> echo{8};
  const Bytes piece(echo);
  ASSERT_TRUE(raw.send(*socket, {&piece, 1}, &Routed::far_v4, net.world.now()));
  net.run_for(Duration::seconds(1));
  raw.close(*socket);
  EXPECT_EQ(net.dropped(Drop::ip_reverse_path), 1u);
}

// --- port translation ---

struct Translated : Routed {
  explicit Translated(const RoutedConfig& config = {.route_back = false}) : Routed(config) {
    EXPECT_TRUE(router.stack().ip().set_napt(inner.right_interface(), true));
  }
  const ip::Napt& napt() { return router.stack().ip().napt(); }
  bool map(std::uint16_t port, std::uint16_t inside_port, std::uint8_t protocol = ip::protocol::tcp) {
    return router.stack().ip().add_port_map(protocol, {outside_v4, port}, {near_v4, inside_port});
  }
};

TEST(NaptPath, RFC3022_a_transfer_leaves_by_the_routers_address_and_is_forgotten) {
  Translated net;
  const Endpoint seen = transfer(net, net.near, net.far, 80, {Routed::far_v4, 80});
  EXPECT_EQ(seen.address, Routed::outside_v4);
  EXPECT_GE(seen.port, 20000);
  EXPECT_LE(seen.port, 49151);
  EXPECT_EQ(net.napt().sessions(), 1u) << "for four minutes more (RFC 5382 REQ-5)";
  net.run_for(Duration::seconds(240));
  EXPECT_EQ(net.napt().sessions(), 0u);
}

TEST(NaptPath, CoalescedSegmentsAreTranslatedToo) {
  const Capabilities offload{.transmit_checksum = true, .receive_checksum = true, .segmentation = 65000};
  for (const bool outside : {true, false}) {
    RoutedConfig config{.route_back = false};
    config.inside = offload;
    if (outside) config.outside = offload;
    Translated net(config);
    EXPECT_EQ(transfer(net, net.near, net.far, 80, {Routed::far_v4, 80}).address, Routed::outside_v4);
    ASSERT_TRUE(net.map(8080, 81));
    transfer(net, net.far, net.near, 81, {Routed::outside_v4, 8080});
  }
}

TEST(NaptPath, RFC5508_echo_and_its_errors_pass) {
  Translated net;
  EXPECT_EQ(ping(net, net.near, Routed::far_v4, 64).source, Routed::far_v4);
  EXPECT_EQ(ping(net, net.near, Routed::far_v4, 1).error, ip::ErrorKind::time_exceeded);
  const ip::RawReceived silent = ping(net, net.near, IpAddress::v4(203, 0, 113, 99), 64);
  EXPECT_EQ(silent.error, ip::ErrorKind::host_unreachable);
  EXPECT_EQ(silent.destination, IpAddress::v4(203, 0, 113, 99));
}

TEST(NaptPath, RFC5508_4_2_an_error_from_outside_finds_who_sent_the_packet) {
  Translated net;
  udp::Udp& udp = net.near.stack().udp();
  const auto socket = udp.open(IpAddress::any_v4());
  ASSERT_TRUE(socket);
  ASSERT_TRUE(udp.connect(*socket, {Routed::far_v4, 9}, net.world.now()));
  const std::array<std::uint8_t, 4> bytes{};
  const Bytes piece(bytes);
  ASSERT_TRUE(udp.send(*socket, {&piece, 1}, nullptr, {}, net.world.now()));
  net.run_for(Duration::seconds(1));
  EXPECT_EQ(udp.take_error(*socket), udp::Error::connection_refused);
  udp.close(*socket);
}

TEST(NaptPath, ANarrowLinkIsFoundThroughTheTranslation) {
  RoutedConfig config{.outside_mtu = 1000, .far_mtu = 1500, .route_back = false};
  Translated net(config);
  transfer(net, net.near, net.far, 80, {Routed::far_v4, 80});
  EXPECT_EQ(net.near.stack().ip().path(Routed::far_v4)->mtu, 1000);
}

TEST(NaptPath, FragmentsAreReassembledForIt) {
  RoutedConfig config{.outside_mtu = 600, .route_back = false};
  Translated net(config);
  EXPECT_EQ(ping(net, net.near, Routed::far_v4, 64, 1400).datagram_size, 1400u)
      << "in pieces outside, whole inside";
  EXPECT_EQ(ping(net, net.near, Routed::far_v4, 64, 1900).datagram_size, 1900u) << "in pieces on both sides";
}

TEST(NaptPath, APortMapLetsEverybodyIn) {
  Translated net;
  ASSERT_TRUE(net.map(8080, 80));
  EXPECT_EQ(transfer(net, net.far, net.near, 80, {Routed::outside_v4, 8080}).address, Routed::far_v4);
  ASSERT_TRUE(net.router.stack().ip().remove_port_map(ip::protocol::tcp, 8080));
  EXPECT_FALSE(net.router.stack().ip().remove_port_map(ip::protocol::tcp, 8080));
  EXPECT_EQ(net.napt().sessions(), 0u);
}

TEST(NaptPath, RFC4787_REQ_9_who_is_inside_reaches_a_port_map_from_inside) {
  Translated net;
  ASSERT_TRUE(net.map(8080, 80));
  const Endpoint seen = transfer(net, net.near, net.near, 80, {Routed::outside_v4, 8080}, 20000);
  EXPECT_EQ(seen.address, Routed::outside_v4) << "by the outside endpoint";
}

TEST(NaptPath, NobodyOutsideReachesWhatIsInside) {
  Translated net({.route_back = true});
  EXPECT_EQ(ping(net, net.far, Routed::near_v4, 64).size, 0u);
  EXPECT_EQ(net.dropped(Drop::napt_filtered), 1u);
  EXPECT_EQ(ping(net, net.far, Routed::outside_v4, 64).source, Routed::outside_v4)
      << "the router itself answers";
  EXPECT_EQ(net.napt().sessions(), 0u);
}

}  // namespace
}  // namespace linnet::test
