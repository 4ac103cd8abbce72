// SPDX-License-Identifier: Apache-2.0
// Which sockets get what comes in, and what is thrown away for want of room: RFC 768, RFC 1122 4.1.3, RFC
// 3678 1.
#include "core/udp/test_udp_host.hpp"

namespace linnet::udp::test {
namespace {

constexpr IpAddress group = IpAddress::v4(224, 0, 0, 251);
constexpr Endpoint group_end{group, 7};
constexpr MacAddress group_mac{{1, 0, 0x5e, 0, 0, 251}};

TEST(UdpReceive, a_socket_of_another_interface_gets_nothing) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.udp.options(socket)->interface = 0;
  EXPECT_FALSE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
  host.udp.options(socket)->interface = 1;
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
}

TEST(UdpReceive, a_socket_of_the_interface_is_closer_than_one_of_any) {
  for (const bool closer_first : {true, false}) {
    UdpHost host;
    const SocketHandle first = host.bound({IpAddress::any_v4(), 7}, true);
    const SocketHandle second = host.bound({IpAddress::any_v4(), 7}, true);
    const SocketHandle closer = closer_first ? first : second;
    host.udp.options(closer)->interface = 1;
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
    EXPECT_EQ(host.udp.queued(closer), 1) << closer_first;
  }
}

TEST(UdpReceive, RFC3493_3_7_both_families_reach_a_socket_of_both) {
  UdpHost6 host;
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 7});
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
  EXPECT_TRUE(host.deliver6(udp_packet6(peer_end6, our_end6, pattern(5))));
  EXPECT_EQ(host.read(socket), pattern(4));
  EXPECT_EQ(host.last.source, peer_end);
  EXPECT_EQ(host.read(socket), pattern(5));
  EXPECT_EQ(host.last.source, peer_end6);
  host.udp.options(socket)->v6_only = true;
  EXPECT_FALSE(host.deliver(udp_packet(peer_end, our_end, pattern(4)))) << "RFC 3493 5.3";
  EXPECT_TRUE(host.deliver6(udp_packet6(peer_end6, our_end6, pattern(5))));
}

TEST(UdpReceive, RFC8200_8_1_every_bit_is_covered_by_the_checksum) {
  UdpHost6 host;
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 7});
  const Buffer good = udp_packet6(peer_end6, our_end6, pattern(5));
  for (std::size_t bit = 40 * 8; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (0x80 >> bit % 8));
    EXPECT_TRUE(host.deliver6(bad));
    const Drop reason = host.drops.last();
    EXPECT_TRUE(reason == Drop::udp_checksum || reason == Drop::udp_length) << bit;
  }
  EXPECT_EQ(host.udp.queued(socket), 0);
}

TEST(UdpReceive, RFC3678_1_a_group_reaches_its_members_and_no_others) {
  UdpHost host;
  const SocketHandle member = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle other = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle without_port = host.bound({IpAddress::any_v4(), 8}, true);
  const auto join = [&](SocketHandle socket, ip::FilterMode mode, std::span<const IpAddress> sources) {
    return host.ip.groups().set({Udp::owner_of(socket), 1, group}, {mode, sources}, host.now);
  };
  ASSERT_EQ(join(without_port, ip::FilterMode::exclude, {}), ip::GroupError::none);
  const auto arrive = [&] { return host.deliver(udp_packet(peer_end, group_end, pattern(9)), group_mac); };
  EXPECT_FALSE(arrive()) << "nobody at the port has joined";
  ASSERT_EQ(join(member, ip::FilterMode::exclude, {}), ip::GroupError::none);
  EXPECT_TRUE(arrive());
  EXPECT_EQ(host.read(member), pattern(9));
  EXPECT_EQ(host.last.destination, group_end);
  EXPECT_EQ(host.udp.queued(other), 0);
  ASSERT_EQ(join(other, ip::FilterMode::include, {&peer, 1}), ip::GroupError::none);
  EXPECT_TRUE(arrive());
  EXPECT_EQ(host.read(member), pattern(9));
  EXPECT_EQ(host.read(other), pattern(9));
  ASSERT_EQ(join(member, ip::FilterMode::exclude, {&peer, 1}), ip::GroupError::none);
  EXPECT_TRUE(arrive()) << "RFC 3376 3.1: a source that it does not want";
  EXPECT_EQ(host.udp.queued(member), 0);
  EXPECT_EQ(host.read(other), pattern(9));
}

TEST(UdpReceive, a_group_reaches_the_one_socket_that_does_not_share) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {IpAddress::v4(192, 0, 2, 255), 7}, pattern(9)),
                           MacAddress::broadcast()));
  EXPECT_EQ(host.read(socket), pattern(9));
}

/// Holds blocks until the pool is as a flood would leave it.
std::vector<Block> hold_small(UdpHost& host) {
  std::vector<Block> held;
  while (host.pool.plenty()) held.push_back(host.pool.allocate(1));
  return held;
}

TEST(UdpReceive, without_blocks_one_of_those_who_share_a_port_gets_a_broadcast) {
  UdpHost host;
  const SocketHandle a = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle b = host.bound({IpAddress::any_v4(), 7}, true);
  {
    const std::vector<Block> held = hold_small(host);
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, {IpAddress::broadcast_v4(), 7}, pattern(9)),
                             MacAddress::broadcast()));
    EXPECT_EQ(host.udp.queued(a) + host.udp.queued(b), 1);
    EXPECT_EQ(host.drops.of(Drop::no_block), 1u);
    std::uint64_t dropped = 0;
    host.udp.for_each([&](const SocketView& view) { dropped += view.dropped; });
    EXPECT_EQ(dropped, 1u);
  }
}

TEST(UdpReceive, a_small_reassembled_datagram_stays_where_it_is_when_no_block_is_free) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  const std::vector<Block> held = hold_small(host);
  const Buffer whole = udp_datagram(peer_end, our_end, pattern(600));
  host.deliver(ipv4_packet({.protocol = 17, .more = true}, Buffer(whole.begin(), whole.begin() + 400)));
  host.deliver(ipv4_packet({.protocol = 17, .offset = 400}, Buffer(whole.begin() + 400, whole.end())));
  EXPECT_EQ(host.pool.large_free() + 1, host.pool.large_count());
  EXPECT_EQ(host.read(socket), pattern(600));
  EXPECT_TRUE(host.last.reassembled);
}

TEST(UdpReceive, when_blocks_run_low_only_sockets_that_hold_nothing_get_more) {
  for (const bool large : {false, true}) {
    UdpHost host;
    const SocketHandle first = host.bound({IpAddress::any_v4(), 7});
    const SocketHandle second = host.bound({IpAddress::any_v4(), 53});
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
    std::vector<Block> held;
    if (!large) held = hold_small(host);
    while (large && host.pool.large_free() > 0) held.push_back(host.pool.allocate_large());
    EXPECT_EQ(host.dropped(udp_packet(peer_end, our_end, pattern(10))), Drop::udp_queue_full) << large;
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, {our_address, 53}, pattern(10))));
    EXPECT_EQ(host.udp.queued(second), 1) << large;
    held.clear();
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
    EXPECT_EQ(host.udp.queued(first), 2) << large;
  }
}

TEST(UdpReceive, a_pool_without_large_blocks_does_not_run_low_of_them) {
  UdpHost host({}, {.small_size = 1664, .small_count = 64, .large_size = 0, .large_count = 0});
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
  EXPECT_EQ(host.udp.queued(socket), 2);
}

TEST(UdpReceive, no_place_in_the_queue_for_anybody) {
  UdpHost host({.sockets = 2, .queue_datagrams = 1});
  const SocketHandle first = host.bound({IpAddress::any_v4(), 7});
  const SocketHandle second = host.bound({IpAddress::any_v4(), 53});
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
  EXPECT_EQ(host.dropped(udp_packet(peer_end, {our_address, 53}, pattern(10))), Drop::udp_queue_full);
  EXPECT_EQ(host.udp.queued(second), 0);
  EXPECT_EQ(host.read(first), pattern(10));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {our_address, 53}, pattern(10))));
}

TEST(UdpReceive, a_datagram_larger_than_the_buffer_waits_for_no_other) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.udp.options(socket)->receive_buffer = 1000;
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
  EXPECT_EQ(host.dropped(udp_packet(peer_end, our_end, pattern(1001))), Drop::udp_queue_full);
  EXPECT_EQ(host.dropped(udp_packet(peer_end, our_end, pattern(991))), Drop::udp_queue_full);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(990))));
  EXPECT_EQ(host.udp.queued(socket), 2);
}

TEST(UdpReceive, each_change_is_told_once) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.udp.set_tag(socket, 9);
  host.deliver(udp_packet(peer_end, our_end, pattern(1)));
  host.deliver(udp_packet(peer_end, our_end, pattern(2)));
  EXPECT_EQ(host.udp.take_changed(), 9u);
  EXPECT_FALSE(host.udp.take_changed());
}

TEST(UdpReceive, RFC1122_4_1_3_3_an_error_that_says_nothing_of_the_destination_is_not_reported) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  host.deliver(error_about(12, 0, 0, host.udp.local(socket), peer_end));  // parameter problem
  EXPECT_FALSE(host.udp.has_error(socket));
  EXPECT_FALSE(host.udp.take_changed());
}

TEST(UdpReceive, C14_05_an_error_that_quotes_too_little) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  const Buffer quote = udp_datagram(host.udp.local(socket), peer_end, {});
  ip::Datagram error;
  error.source = our_address;
  error.destination = peer;
  error.protocol = 17;
  error.error = ip::ErrorKind::port_unreachable;
  error.packet = host.wire.packet(Buffer(quote.begin(), quote.end() - 1), 1);
  host.udp.error(error, host.now);
  EXPECT_EQ(host.drops.last(), Drop::icmp_quote);
  EXPECT_FALSE(host.udp.has_error(socket));
}

/// A router says that 1,300 bytes are the most that it forwards to the far end.
Buffer too_big(const Endpoint& from, const Endpoint& to) {
  const v6::Envelope e{v6::router, from.address, 64};
  return v6::icmpv6_packet(2, 0, 1300, udp_packet6(from, to, pattern(8)), e);
}

TEST(UdpReceive, RFC8201_4_the_path_of_an_unconnected_socket_is_lowered_only_if_it_could_have_sent_that) {
  const Endpoint far{v6::address("2001:db8:ffff::1"), 9};
  struct Row {
    const char* what;
    Endpoint bound;
    bool v6_only;
    bool connected;
    bool lowers;
  };
  const Row rows[] = {
      {"bound to the port", {IpAddress::any_v6(), 7}, false, false, true},
      {"bound to address and port", our_end6, false, false, true},
      {"of IPv6 only", {IpAddress::any_v6(), 7}, true, false, true},
      {"of IPv4", {IpAddress::any_v4(), 7}, false, false, false},
      {"bound to another port", {IpAddress::any_v6(), 8}, false, false, false},
      {"connected to another peer", {IpAddress::any_v6(), 7}, false, true, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    UdpHost6 host;
    ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, v6::neighbour, 1));
    const SocketHandle socket = *host.udp.open(row.bound.address);
    host.udp.options(socket)->v6_only = row.v6_only;
    ASSERT_TRUE(host.udp.bind(socket, row.bound, false));
    if (row.connected) {
      ASSERT_TRUE(host.udp.connect(socket, peer_end6, host.now));
    }
    EXPECT_TRUE(host.deliver6(too_big(our_end6, far)));
    const auto path = host.ip.path(far.address);
    ASSERT_TRUE(path);
    EXPECT_EQ(path->mtu, row.lowers ? 1300 : 1500);
    EXPECT_EQ(host.drops.of(Drop::icmp_quote), row.lowers ? 0u : 1u);
    EXPECT_FALSE(host.udp.has_error(socket));
  }
}

TEST(UdpReceive, of_ipv4_and_of_other_errors_unconnected_sockets_learn_nothing) {
  UdpHost6 host;
  const SocketHandle socket = host.bound({IpAddress::any_v6(), 7});
  const Endpoint far{remote, 9};
  EXPECT_TRUE(host.deliver(error_about(3, 4, 1000, our_end, far)));
  EXPECT_EQ(host.ip.path(remote)->mtu, 1500) << "others split what it sends by IPv4";
  const v6::Envelope e{v6::router, v6::our_global, 64};
  EXPECT_TRUE(host.deliver6(v6::icmpv6_packet(1, 4, 0, udp_packet6(our_end6, peer_end6, pattern(8)), e)));
  EXPECT_EQ(host.drops.of(Drop::icmp_quote), 2u);
  EXPECT_FALSE(host.udp.has_error(socket));
}

TEST(UdpReceive, queued_datagrams_end_with_udp) {
  UdpHost host;
  {
    Buffer memory(Udp::memory_needed({}));
    Arena arena{MutableBytes(memory)};
    Udp other({}, arena, host.random, host.ip, host.drops);
    const SocketHandle socket = *other.open();
    ASSERT_TRUE(other.bind(socket, our_end, false));
    host.inject(udp_packet(peer_end, our_end, pattern(9)));
    ASSERT_TRUE(host.datagram);
    EXPECT_TRUE(other.receive(*host.datagram, host.now));
    host.datagram.reset();
    EXPECT_FALSE(host.pool.full());
  }
  EXPECT_TRUE(host.pool.full());
}

}  // namespace
}  // namespace linnet::udp::test
