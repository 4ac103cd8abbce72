// SPDX-License-Identifier: Apache-2.0
// Which socket has which port: bind, connect, ephemeral ports (RFC 6056), and IPV6_V6ONLY (RFC 3493 5.3).
#include "core/udp/test_udp_host.hpp"

namespace linnet::udp::test {
namespace {

struct Binding {
  IpAddress address;
  bool v6_only = false;
  std::uint8_t interface = ip::any_interface;
  bool reuse = false;
  std::uint16_t port = 7;
};

struct Pair {
  const char* what;
  Binding first;
  Binding second;
  bool in_use;
};

TEST(UdpPorts, two_sockets_are_never_both_the_one_that_a_datagram_is_for) {
  const IpAddress any4 = IpAddress::any_v4();
  const IpAddress any6 = IpAddress::any_v6();
  const Pair rows[] = {
      {"the same", {our_address}, {our_address}, true},
      {"another port", {our_address}, {our_address, false, ip::any_interface, false, 8}, false},
      {"only the first shares", {any4, false, ip::any_interface, true}, {any4}, true},
      {"only the second shares", {any4}, {any4, false, ip::any_interface, true}, true},
      {"both share", {any4, false, ip::any_interface, true}, {any4, false, ip::any_interface, true}, false},
      {"two interfaces", {any4, false, 0}, {any4, false, 1}, false},
      {"one interface", {any4, false, 1}, {any4, false, 1}, true},
      {"the first by one interface only", {any4, false, 1}, {any4}, true},
      {"the second by one interface only", {any4}, {any4, false, 1}, true},
      {":: takes IPv4 as well", {any6}, {any4}, true},
      {"and the other way round", {any4}, {any6}, true},
      {"RFC 3493 5.3: unless it is told not to", {any6, true}, {any4}, false},
      {"and the other way round", {any4}, {any6, true}, false},
      {"two of IPv6 only", {any6, true}, {any6, true}, true},
      {"an address of IPv4 within ::", {any6}, {our_address}, true},
      {"beside ::, of IPv6 only", {any6, true}, {our_address}, false},
      {"an address of IPv6 within ::", {any6, true}, {v6::our_global}, true},
      {"an address of IPv6 beside 0.0.0.0", {any4}, {v6::our_global}, false},
      {"two addresses", {our_address}, {v6::our_global}, false},
  };
  for (const Pair& row : rows) {
    SCOPED_TRACE(row.what);
    UdpHost6 host;
    const auto bind = [&](const Binding& b) {
      const SocketHandle socket = *host.udp.open();
      host.udp.options(socket)->v6_only = b.v6_only;
      host.udp.options(socket)->interface = b.interface;
      return host.udp.bind(socket, {b.address, b.port}, b.reuse);
    };
    ASSERT_TRUE(bind(row.first));
    const auto second = bind(row.second);
    EXPECT_EQ(!second, row.in_use);
    if (!second) {
      EXPECT_EQ(second.error(), Error::address_in_use);
    }
  }
}

TEST(UdpPorts, RFC6056_a_chosen_port_is_none_that_an_other_socket_has_even_by_an_other_address) {
  UdpHost host({.sockets = 3, .first_ephemeral_port = 50000, .last_ephemeral_port = 50001});
  host.bound({our_address, 50000});
  const SocketHandle socket = host.bound({IpAddress::loopback_v4(), 0});
  EXPECT_EQ(host.udp.local(socket).port, 50001);
}

TEST(UdpPorts, RFC6056_a_wide_range_that_is_full_is_searched_no_further_than_there_are_sockets) {
  // Of 40 ports 33 are taken, so that a random choice misses often, but what is free is found in time.
  UdpHost host({.sockets = 40, .first_ephemeral_port = 50000, .last_ephemeral_port = 50039});
  for (std::uint16_t i = 0; i < 39; ++i) host.bound({our_address, static_cast<std::uint16_t>(50000 + i)});
  const SocketHandle last = host.bound({IpAddress::any_v4(), 0});
  EXPECT_EQ(host.udp.local(last).port, 50039);
}

TEST(UdpPorts, RFC6056_a_stack_whose_range_holds_fewer_ports_than_sockets_may_find_none) {
  // The range is searched to its end, not beyond it: 49999 and 50002 are nobody's.
  UdpHost host({.sockets = 4, .first_ephemeral_port = 50000, .last_ephemeral_port = 50001});
  host.bound({our_address, 50000});
  host.bound({our_address, 50001});
  const SocketHandle socket = *host.udp.open();
  EXPECT_EQ(host.udp.bind(socket, {our_address, 0}, false).error(), Error::address_not_available);
  EXPECT_EQ(host.udp.connect(socket, peer_end, host.now).error(), Error::address_not_available);
  EXPECT_EQ(host.udp.remote(socket).port, 0) << "it is not connected either";
}

TEST(UdpPorts, connect_wants_a_port_and_a_way) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  EXPECT_EQ(host.udp.connect(socket, {peer, 0}, host.now).error(), Error::invalid);
  ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
  EXPECT_EQ(host.udp.connect(socket, {remote, 9}, host.now).error(), Error::no_route);
  EXPECT_EQ(host.udp.remote(socket).port, 0);
  EXPECT_EQ(host.udp.local(socket).port, 0);
}

TEST(UdpPorts, a_second_connect_chooses_the_local_address_anew) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, {IpAddress::loopback_v4(), 9}, host.now));
  const std::uint16_t port = host.udp.local(socket).port;
  EXPECT_EQ(host.udp.local(socket).address, IpAddress::loopback_v4());
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  EXPECT_EQ(host.udp.local(socket), (Endpoint{our_address, port})) << "the port stays";
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {our_address, port}, pattern(3))));
  EXPECT_EQ(host.read(socket), pattern(3));
}

TEST(UdpPorts, connect_leaves_the_address_that_was_bound) {
  UdpHost host;
  ASSERT_TRUE(host.ip.add_address(1, {IpAddress::v4(192, 0, 2, 9), 24}, false, host.now));
  const Endpoint own{IpAddress::v4(192, 0, 2, 9), 7};
  const SocketHandle socket = host.bound(own);
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  EXPECT_EQ(host.udp.local(socket), own);
  ASSERT_TRUE(host.udp.connect(socket, {}, host.now));
  EXPECT_EQ(host.udp.local(socket), own);
}

TEST(UdpPorts, what_was_never_connected_can_be_dissolved_and_has_no_port_from_it) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  EXPECT_TRUE(host.udp.connect(socket, {}, host.now));
  EXPECT_EQ(host.udp.local(socket).port, 0);
}

TEST(UdpPorts, connect_clears_the_error_of_the_peer_before) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  host.deliver(error_about(3, 3, 0, host.udp.local(socket), peer_end));
  ASSERT_TRUE(host.udp.has_error(socket));
  ASSERT_TRUE(host.udp.connect(socket, {peer, 5001}, host.now));
  EXPECT_FALSE(host.udp.has_error(socket));
}

TEST(UdpPorts, a_link_local_address_is_bound_with_its_zone) {
  UdpHost6 host;
  IpAddress own;
  for (const ip::Ipv6Address& a : host.ip.neighbour_discovery().addresses().all()) {
    if (a.origin == ip::AddressOrigin::link_local && a.usable() && a.interface == 1) own = a.address;
  }
  ASSERT_TRUE(own.is_link_local());
  const SocketHandle socket = host.bound({own, 7});
  EXPECT_EQ(host.udp.local(socket).address, own.with_zone(2)) << "RFC 4007 6";
  const Endpoint from{v6::address("fe80::2"), 5000};
  EXPECT_TRUE(host.deliver6(udp_packet6(from, {own, 7}, pattern(3))));
  EXPECT_EQ(host.read(socket), pattern(3));
  EXPECT_EQ(host.last.source.address, from.address.with_zone(2)) << "an answer finds its link";
}

TEST(UdpPorts, stale_handles_do_nothing) {
  UdpHost host({.sockets = 2});
  const SocketHandle stale = host.bound(our_end);
  host.deliver(udp_packet(peer_end, our_end, pattern(5)));
  host.udp.close(stale);
  const SocketHandle other = *host.udp.open();
  EXPECT_EQ(host.udp.next_size(stale), 0u);
  EXPECT_EQ(host.udp.queued(stale), 0);
  EXPECT_FALSE(host.udp.has_error(stale));
  EXPECT_FALSE(host.udp.take_error(stale));
  EXPECT_EQ(host.udp.local(stale), Endpoint{});
  EXPECT_EQ(host.udp.remote(stale), Endpoint{});
  host.udp.set_tag(stale, 9);
  ASSERT_TRUE(host.udp.bind(other, our_end, false));
  EXPECT_EQ(host.udp.next_size(other), 0u) << "nothing waits";
  host.deliver(udp_packet(peer_end, our_end, pattern(5)));
  EXPECT_EQ(host.udp.take_changed(), 0u) << "the tag of who has the place now is his own";
}

TEST(UdpPorts, the_digest_tells_what_sockets_differ_in) {
  UdpHost host({.sockets = 2});
  const auto digest = [&] {
    Digest d;
    host.udp.digest(d);
    return d.value();
  };
  std::vector<Digest::Value> seen{digest()};
  const auto is_new = [&] {
    const Digest::Value now = digest();
    const bool is = std::none_of(seen.begin(), seen.end(), [&](const auto& v) { return v == now; });
    seen.push_back(now);
    return is;
  };
  const SocketHandle socket = *host.udp.open(IpAddress::any_v4());
  EXPECT_TRUE(is_new()) << "open";
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  EXPECT_TRUE(is_new()) << "connected";
  host.deliver(udp_packet(peer_end, host.udp.local(socket), pattern(5)));
  EXPECT_TRUE(is_new()) << "a datagram waits";
  host.deliver(error_about(3, 3, 0, host.udp.local(socket), peer_end));
  EXPECT_TRUE(is_new()) << "an error waits";
}

TEST(UdpPorts, ports_that_share_a_place_in_the_table_are_two) {
  constexpr std::uint16_t first = 1, second = 50550;
  UdpHost6 host({.first_ephemeral_port = second, .last_ephemeral_port = second});
  const SocketHandle a = host.bound({IpAddress::any_v6(), first});
  EXPECT_FALSE(host.deliver(udp_packet(peer_end, {our_address, second}, pattern(1))));
  const Endpoint far{v6::address("2001:db8:ffff::1"), 9};
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, v6::neighbour, 1));
  const v6::Envelope e{v6::router, v6::our_global, 64};
  const Buffer quote = udp_packet6({v6::our_global, second}, far, pattern(8));
  EXPECT_TRUE(host.deliver6(v6::icmpv6_packet(2, 0, 1300, quote, e)));
  EXPECT_EQ(host.drops.last(), Drop::icmp_quote) << "nobody sent from there";
  const SocketHandle b = host.bound({IpAddress::any_v6(), 0});
  ASSERT_EQ(host.udp.local(b).port, second) << "it is free";
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {our_address, second}, pattern(2))));
  EXPECT_EQ(host.udp.queued(a), 0);
  EXPECT_EQ(host.read(b), pattern(2));
  const SocketHandle c = *host.udp.open();
  EXPECT_EQ(host.udp.bind(c, {IpAddress::any_v6(), second}, false).error(), Error::address_in_use);
}

}  // namespace
}  // namespace linnet::udp::test
