// SPDX-License-Identifier: Apache-2.0
// By which way datagrams go out, and what is said when they do not: RFC 768, RFC 1122 4.1.3.5, RFC 1112 6.
#include "core/udp/test_udp_host.hpp"

namespace linnet::udp::test {
namespace {

constexpr IpAddress group = IpAddress::v4(224, 0, 0, 251);
constexpr Endpoint group_end{group, 7};

TEST(UdpSend, what_cannot_be_a_destination) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  EXPECT_EQ(host.send(socket, pattern(1)).error(), Error::not_connected);
  const Endpoint nowhere[] = {{IpAddress::any_v4(), 9}, {IpAddress::any_v6(), 9}, {peer, 0}};
  for (const Endpoint& to : nowhere) EXPECT_EQ(host.send(socket, pattern(1), &to).error(), Error::invalid);
  EXPECT_EQ(host.udp.local(socket).port, 0) << "and no port is taken for it";
}

TEST(UdpSend, RFC3493_5_3_a_socket_of_one_family_sends_nothing_of_the_other) {
  UdpHost6 host;
  const SocketHandle both = host.bound({IpAddress::any_v6(), 7});
  EXPECT_TRUE(host.send(both, pattern(1), &peer_end));
  EXPECT_TRUE(host.send(both, pattern(1), &peer_end6));
  host.udp.options(both)->v6_only = true;
  EXPECT_EQ(host.send(both, pattern(1), &peer_end).error(), Error::no_route);
  EXPECT_TRUE(host.send(both, pattern(1), &peer_end6));
  const SocketHandle v4 = host.bound({IpAddress::any_v4(), 8});
  EXPECT_EQ(host.send(v4, pattern(1), &peer_end6).error(), Error::no_route);
  const SocketHandle one = host.bound({our_address, 9});
  EXPECT_EQ(host.send(one, pattern(1), &peer_end6).error(), Error::no_route);
}

TEST(UdpSend, RFC8200_over_ipv6_a_datagram_may_have_twenty_bytes_more) {
  UdpHost6 host;
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 7});
  EXPECT_EQ(*host.send(socket, pattern(65527), &peer_end6), 65527u);
  EXPECT_EQ(host.send(socket, pattern(65528), &peer_end6).error(), Error::too_big);
  EXPECT_EQ(host.send(socket, pattern(65508), &peer_end).error(), Error::too_big);
}

TEST(UdpSend, sixteen_pieces_and_any_number_of_empty_ones) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  const Buffer one = pattern(1);
  std::vector<Bytes> pieces(Udp::maximum_pieces, Bytes(one));
  pieces.insert(pieces.begin(), Bytes());
  pieces.push_back(Bytes());
  EXPECT_EQ(*host.udp.send(socket, pieces, &peer_end, {}, host.now), Udp::maximum_pieces);
  pieces.push_back(Bytes(one));
  EXPECT_EQ(host.udp.send(socket, pieces, &peer_end, {}, host.now).error(), Error::invalid);
}

TEST(UdpSend, a_path_that_is_remembered_is_asked_anew_when_routes_change) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, {remote, 9}, host.now));
  EXPECT_TRUE(host.send(socket, pattern(1)));
  ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
  EXPECT_EQ(host.send(socket, pattern(1)).error(), Error::no_route);
}

TEST(UdpSend, a_path_that_is_remembered_is_no_way_round_the_interface_asked_for) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  host.udp.options(socket)->interface = 1;
  EXPECT_TRUE(host.send(socket, pattern(1))) << "the path leads by it";
  host.udp.options(socket)->interface = 0;
  EXPECT_EQ(host.send(socket, pattern(1)).error(), Error::no_route);
  host.udp.options(socket)->interface = ip::any_interface;
  EXPECT_TRUE(host.send(socket, pattern(1)));
  EXPECT_EQ(host.send(socket, pattern(1), nullptr, {.interface = 0}).error(), Error::no_route);
  EXPECT_TRUE(host.send(socket, pattern(1), nullptr, {.interface = 1}));
  EXPECT_EQ(host.send(socket, pattern(1), nullptr, {.interface = 9}).error(), Error::no_route) << "none such";
}

TEST(UdpSend, RFC1122_4_1_3_5_a_datagram_may_choose_its_source) {
  UdpHost host;
  const IpAddress second = IpAddress::v4(192, 0, 2, 9);
  ASSERT_TRUE(host.ip.add_address(1, {second, 24}, false, host.now));
  host.run_for(Duration::seconds(5));
  host.device.out.clear();  // it was announced
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  EXPECT_TRUE(host.send(socket, pattern(1), nullptr, {.source = second}));
  EXPECT_EQ(IpAddress::v4(load32(host.sent().data() + 12)), second);
  EXPECT_TRUE(host.send(socket, pattern(1)));
  EXPECT_EQ(IpAddress::v4(load32(host.sent().data() + 12)), our_address) << "and that is not remembered";
  ASSERT_TRUE(host.ip.remove_address(1, second));
  EXPECT_EQ(host.send(socket, pattern(1), nullptr, {.source = second}).error(), Error::address_not_available);
}

TEST(UdpSend, from_a_socket_bound_to_a_group_an_address_of_ours_is_chosen) {
  UdpHost host;
  const SocketHandle of_group = host.bound(group_end);
  EXPECT_TRUE(host.send(of_group, pattern(1), &peer_end));
  EXPECT_EQ(IpAddress::v4(load32(host.sent().data() + 12)), our_address);
  const SocketHandle of_broadcast = host.bound({IpAddress::v4(192, 0, 2, 255), 9});
  EXPECT_TRUE(host.send(of_broadcast, pattern(1), &peer_end));
  EXPECT_EQ(IpAddress::v4(load32(host.sent().data() + 12)), our_address);
}

TEST(UdpSend, RFC1122_3_2_1_3_nobody_sends_from_nowhere_by_mistake) {
  UdpHost6 host;
  ASSERT_TRUE(host.ip.remove_address(1, our_address));
  host.device.out.clear();
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 68});
  host.udp.options(socket)->broadcast = true;
  host.udp.options(socket)->interface = 1;
  const Endpoint everybody{IpAddress::broadcast_v4(), 67};
  EXPECT_EQ(host.send(socket, pattern(9), &everybody).error(), Error::address_not_available);
  EXPECT_TRUE(host.send(socket, pattern(9), &everybody, {.source_unspecified = true}));
  EXPECT_EQ(load32(host.sent().data() + 12), 0u);
  const Endpoint routers{v6::address("ff02::2"), 67};
  EXPECT_TRUE(host.send(socket, pattern(9), &routers, {.source_unspecified = true}));
  const Buffer frame = host.device.take();
  EXPECT_EQ(frame.size(), 14u + 40 + 8 + 9);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(frame[14 + 8 + i], 0) << "::";
}

TEST(UdpSend, RFC1112_6_groups_have_an_interface_a_time_to_live_and_a_copy_of_their_own) {
  UdpHost host({.sockets = 4});
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  ASSERT_EQ(host.ip.groups().set({Udp::owner_of(socket), 1, group}, {ip::FilterMode::exclude, {}}, host.now),
            ip::GroupError::none);
  host.run_for(Duration::seconds(20));
  host.device.out.clear();
  Options& options = *host.udp.options(socket);
  options.ttl = 9;
  options.multicast_ttl = 3;
  const auto copies = [&] {
    const std::size_t waiting = host.loopback.waiting();
    host.drain_loopback();
    return waiting;
  };
  EXPECT_TRUE(host.send(socket, pattern(1), &group_end));
  EXPECT_EQ(host.sent()[8], 3) << "not that of unicast";
  EXPECT_EQ(copies(), 1u) << "6.4: a member on this host hears it";
  EXPECT_TRUE(host.send(socket, pattern(1), &group_end, {.ttl = 5}));
  EXPECT_EQ(host.sent()[8], 5);
  EXPECT_EQ(copies(), 1u);
  options.multicast_loop = false;
  EXPECT_TRUE(host.send(socket, pattern(1), &group_end));
  EXPECT_EQ(copies(), 0u);
  options.multicast_loop = true;
  host.device.out.clear();
  options.multicast_ttl = 0;
  EXPECT_TRUE(host.send(socket, pattern(1), &group_end));
  EXPECT_TRUE(host.device.out.empty()) << "6.1: to this host only";
  EXPECT_EQ(copies(), 1u);
  EXPECT_TRUE(host.send(socket, pattern(1), &group_end, {.ttl = 2}));
  EXPECT_EQ(host.sent()[8], 2) << "the datagram's own counts";
  EXPECT_EQ(copies(), 1u);
  options.ttl = 0;
  EXPECT_TRUE(host.send(socket, pattern(1), &peer_end));
  EXPECT_EQ(host.sent()[8], 64) << "0: the usual";
  EXPECT_EQ(copies(), 0u);
}

TEST(UdpSend, groups_go_by_the_interface_set_for_them_unless_something_else_says) {
  UdpHost6 host;
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 7});
  host.udp.options(socket)->multicast_interface = 9;
  const Endpoint everybody{v6::address("ff02::fb"), 7};
  EXPECT_EQ(host.send(socket, pattern(1), &everybody).error(), Error::no_route) << "none such";
  const Endpoint by_zone{everybody.address.with_zone(2), 7};
  EXPECT_TRUE(host.send(socket, pattern(1), &by_zone)) << "RFC 4007 6: the zone says";
  EXPECT_TRUE(host.send(socket, pattern(1), &everybody, {.interface = 1})) << "the datagram says";
  EXPECT_TRUE(host.send(socket, pattern(1), &peer_end6)) << "no group";
  host.udp.options(socket)->interface = 1;
  EXPECT_TRUE(host.send(socket, pattern(1), &everybody)) << "the socket says";
  host.udp.options(socket)->interface = ip::any_interface;
  host.udp.options(socket)->multicast_interface = 1;
  EXPECT_TRUE(host.send(socket, pattern(1), &everybody));
}

TEST(UdpSend, what_went_wrong_below_is_told) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  host.device.gone = true;
  EXPECT_EQ(host.send(socket, pattern(1), &peer_end).error(), Error::unreachable);
  host.device.gone = false;
  host.udp.options(socket)->dont_fragment = true;
  EXPECT_EQ(host.send(socket, pattern(1473), &peer_end).error(), Error::too_big);
  EXPECT_EQ(*host.send(socket, pattern(1472), &peer_end), 1472u);
  std::vector<Block> held;
  while (host.pool.small_free() > 0) held.push_back(host.pool.allocate(1));
  while (host.pool.large_free() > 0) held.push_back(host.pool.allocate_large());
  const Endpoint unknown{IpAddress::v4(192, 0, 2, 99), 9};
  EXPECT_EQ(host.send(socket, pattern(1), &unknown).error(), Error::no_memory) << "where would it wait?";
  held.clear();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  host.device.up = false;
  host.ethernet.poll(host.now);
  host.ip.poll(host.now);
  EXPECT_EQ(host.send(socket, pattern(1)).error(), Error::no_route) << "of a link that is down";
}

TEST(UdpSend, RFC7915_4_1_what_goes_to_groups_has_no_path_by_the_translator) {
  UdpHost6 host;
  Buffer pref64{38, 2, 2, 0x58, 0, 0x64, 0xff, 0x9b};  // RFC 8781 4: 64:ff9b::/96 for 600 s
  pref64.resize(16);
  Buffer body(8);
  body.insert(body.end(), pref64.begin(), pref64.end());
  ASSERT_TRUE(host.ip.set_clat(1, true, host.now));
  const v6::Envelope e{v6::router, v6::address("ff02::1"), 255};
  EXPECT_EQ(
      host.inject(v6::icmpv6_packet(134, 0, 1800, body, e), v6::all_nodes_mac, 1, ethernet::ethertype::ipv6),
      Drop::none);
  host.run_for(Duration::seconds(5));
  ASSERT_TRUE(host.ip.clat().active());
  const SocketHandle socket = host.bound({ip::clat::host_address, 7});
  EXPECT_EQ(host.send(socket, pattern(1), &group_end, {.interface = 1}).error(), Error::no_route);
}

}  // namespace
}  // namespace linnet::udp::test
