// SPDX-License-Identifier: Apache-2.0
// UDP: RFC 768, RFC 1122 4.1, RFC 6056, hostile-packet rows C14.
#include "core/udp/udp.hpp"

#include <set>

#include "core/udp/test_udp_host.hpp"
#include "core/udp/wire.hpp"

namespace linnet::udp::test {
namespace {

constexpr std::array<std::uint8_t, 8> literal = {0x12, 0x34, 0, 53, 0, 8, 0xab, 0xcd};
static_assert(Header::parse(literal)->source_port() == 0x1234 &&
              Header::parse(literal)->destination_port() == 53);
static_assert(Header::parse(literal)->length() == 8 && Header::parse(literal)->checksum() == 0xabcd);
static_assert(!Header::parse(Bytes(literal).first(7)));
static_assert([] {
  std::array<std::uint8_t, 8> written{};
  Header::write(written.data(), 0x1234, 53, 8);
  return load64(written.data()) == 0x1234003500080000u;
}());

TEST(Udp, RFC768_both_ways) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.udp.set_tag(socket, 9);
  EXPECT_FALSE(host.udp.readable(socket));
  for (const std::size_t size : {0u, 1u, 17u, 1472u}) {
    EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(size))));
    EXPECT_EQ(host.udp.take_changed(), 9u);
    EXPECT_FALSE(host.udp.take_changed());
    EXPECT_TRUE(host.udp.readable(socket));
    EXPECT_EQ(host.udp.next_size(socket), size);
    EXPECT_EQ(host.read(socket), pattern(size));
    EXPECT_EQ(host.last.source, peer_end);
    EXPECT_EQ(host.last.destination, our_end);
    EXPECT_EQ(host.last.ttl, 64);
    EXPECT_EQ(host.last.interface, 1);

    EXPECT_EQ(*host.send(socket, pattern(size), &peer_end), size);
    const Buffer packet = host.sent();
    EXPECT_EQ(Buffer(packet.begin() + 20, packet.end()), udp_datagram(our_end, peer_end, pattern(size)));
  }
}

TEST(Udp, datagrams_of_65507_bytes) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  const Buffer whole = pattern(65507);
  const Bytes pieces[] = {
      Bytes(whole).first(1), {}, Bytes(whole).subspan(1, 30000), Bytes(whole).subspan(30001)};
  EXPECT_EQ(*host.udp.send(socket, pieces, &peer_end, {}, host.now), 65507u);
  while (!host.device.out.empty()) {  // back, as the peer's answer
    Buffer packet = host.sent();
    std::swap_ranges(packet.begin() + 12, packet.begin() + 16, packet.begin() + 16);
    if ((load16(packet.data() + 6) & 0x1fff) == 0)
      std::swap_ranges(packet.begin() + 20, packet.begin() + 22, packet.begin() + 22);
    fix_checksum(packet, 20);
    host.deliver(packet);
  }
  EXPECT_EQ(host.read(socket), whole) << "the peer's, with addresses and ports exchanged";
  EXPECT_EQ(host.send(socket, pattern(65508), &peer_end).error(), Error::too_big);
}

TEST(Udp, C14_01_lengths) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(host.dropped(ipv4_packet({.protocol = 17}, Buffer(size))), Drop::udp_length);
  }
  const Buffer good = udp_datagram(peer_end, our_end, pattern(20));
  for (const std::uint32_t length : {0u, 1u, 7u, 29u, 30u, 32768u, 65535u}) {
    Buffer bad = good;
    store16(bad.data() + 4, static_cast<std::uint16_t>(length));
    EXPECT_EQ(host.dropped(ipv4_packet({.protocol = 17}, bad)), Drop::udp_length) << length;
  }
  for (std::size_t size = 0; size <= 20; ++size) {  // bytes behind the datagram are none of its own
    Buffer packet = udp_datagram(peer_end, our_end, pattern(size));
    packet.resize(40, 0xee);
    EXPECT_TRUE(host.deliver(ipv4_packet({.protocol = 17}, packet)));
    EXPECT_EQ(host.read(socket), pattern(size));
  }
}

TEST(Udp, RFC1122_4_1_3_4_every_bit_is_covered_by_the_checksum) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  const Buffer good = udp_datagram(peer_end, our_end, pattern(5));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Buffer bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (0x80 >> bit % 8));
    const Drop reason = host.dropped(ipv4_packet({.protocol = 17}, bad));
    EXPECT_TRUE(reason == Drop::udp_checksum || reason == Drop::udp_length) << bit;
  }
  Buffer without = good;
  store16(without.data() + 6, 0);
  EXPECT_TRUE(host.deliver(ipv4_packet({.protocol = 17}, without))) << "RFC 768: none was made";
  EXPECT_EQ(host.read(socket), pattern(5));
  host.udp.options(socket)->checksum = false;
  EXPECT_TRUE(host.send(socket, pattern(5), &peer_end));
  EXPECT_EQ(load16(host.sent().data() + 26), 0);
}

TEST(Udp, C14_02_over_ipv6_a_checksum_is_a_must) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  ip::Datagram datagram;
  datagram.source = *IpAddress::parse("2001:db8::2");
  datagram.destination = *IpAddress::parse("2001:db8::1");
  datagram.protocol = 17;
  Buffer bytes = udp_datagram(peer_end, our_end, {});
  store16(bytes.data() + 6, 0);
  datagram.packet = host.wire.packet(bytes, 1);
  EXPECT_TRUE(host.udp.receive(datagram, host.now));
  EXPECT_EQ(host.drops.last(), Drop::udp_checksum);
  EXPECT_FALSE(host.udp.readable(socket));
}

TEST(Udp, C14_04_port_zero) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  EXPECT_EQ(host.dropped(udp_packet(peer_end, {our_address, 0}, pattern(4))), Drop::udp_port_zero);
  EXPECT_TRUE(host.deliver(udp_packet({peer, 0}, our_end, pattern(4)))) << "no answer wanted, but data";
  EXPECT_EQ(host.read(socket), pattern(4));
  const Endpoint nowhere{peer, 0};
  EXPECT_EQ(host.send(socket, pattern(4), &nowhere).error(), Error::invalid);
}

TEST(Udp, nobody_at_the_port) {
  UdpHost host;
  EXPECT_FALSE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
  const SocketHandle socket = host.bound(our_end);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
  host.udp.close(socket);
  EXPECT_TRUE(host.pool.full()) << "what nobody read is given back";
  EXPECT_FALSE(host.deliver(udp_packet(peer_end, our_end, pattern(4))));
}

TEST(Udp, the_closest_match_gets_it) {
  UdpHost host;
  ASSERT_TRUE(host.ip.add_address(1, {IpAddress::v4(192, 0, 2, 9), 24}, false, host.now));
  const SocketHandle any = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle address = host.bound(our_end, true);
  const SocketHandle connected = host.bound({IpAddress::any_v4(), 7}, true);
  ASSERT_TRUE(host.udp.connect(connected, peer_end, host.now));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(1))));
  EXPECT_EQ(host.udp.queued(connected), 1);
  EXPECT_TRUE(host.deliver(udp_packet({peer, 5001}, our_end, pattern(1))));
  EXPECT_EQ(host.udp.queued(address), 1);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {IpAddress::v4(192, 0, 2, 9), 7}, pattern(1))));
  EXPECT_EQ(host.udp.queued(any), 1);
}

TEST(Udp, RFC1122_4_1_3_6_broadcasts_reach_all_who_share_the_port) {
  UdpHost host;
  const SocketHandle a = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle b = host.bound({IpAddress::any_v4(), 7}, true);
  const SocketHandle c = host.bound({our_address, 7}, true);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {IpAddress::broadcast_v4(), 7}, pattern(99)),
                           MacAddress::broadcast()));
  EXPECT_EQ(host.read(a), pattern(99));
  EXPECT_EQ(host.last.destination.address, IpAddress::broadcast_v4());
  EXPECT_EQ(host.read(b), pattern(99));
  EXPECT_EQ(host.udp.queued(c), 0) << "bound to another address";
  EXPECT_TRUE(host.pool.full());
}

TEST(Udp, C14_05_a_connected_socket_hears_its_peer_only) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  const Endpoint local = host.udp.local(socket);
  EXPECT_EQ(local.address, our_address);
  EXPECT_EQ(host.udp.remote(socket), peer_end);
  EXPECT_FALSE(host.deliver(udp_packet({gateway, 5000}, local, pattern(1))));
  EXPECT_FALSE(host.deliver(udp_packet({peer, 5001}, local, pattern(1))));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, local, pattern(1))));
  EXPECT_EQ(*host.send(socket, pattern(3)), 3u);
  EXPECT_EQ(host.sent().size(), 31u);
  ASSERT_TRUE(host.udp.connect(socket, {}, host.now)) << "dissolved";
  EXPECT_EQ(host.udp.remote(socket).port, 0);
  EXPECT_TRUE(host.udp.local(socket).address.is_unspecified());
  EXPECT_EQ(host.send(socket, pattern(3)).error(), Error::not_connected);
  EXPECT_TRUE(host.deliver(udp_packet({gateway, 5000}, {our_address, local.port}, pattern(1))));
}

TEST(Udp, RFC1122_4_1_3_3_errors_of_connected_sockets) {
  const std::pair<std::pair<int, int>, Error> cases[] = {
      {{3, 3}, Error::connection_refused}, {{3, 2}, Error::connection_refused},
      {{3, 1}, Error::host_unreachable},   {{3, 0}, Error::net_unreachable},
      {{3, 13}, Error::host_unreachable},  {{11, 0}, Error::host_unreachable}};
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  host.udp.set_tag(socket, 5);
  ASSERT_TRUE(host.udp.connect(socket, peer_end, host.now));
  const Endpoint local = host.udp.local(socket);
  Buffer to(1);
  for (const auto& [message, error] : cases) {
    const Buffer packet = error_about(static_cast<std::uint8_t>(message.first),
                                      static_cast<std::uint8_t>(message.second), 0, local, peer_end);
    host.deliver(packet);
    EXPECT_EQ(host.udp.take_changed(), 5u);
    EXPECT_TRUE(host.udp.readable(socket));
    EXPECT_EQ(host.udp.receive(socket, to, false).error(), error);
    EXPECT_EQ(host.udp.receive(socket, to, false).error(), Error::would_block) << "reported once";
    host.deliver(packet);
    EXPECT_EQ(host.send(socket, pattern(1)).error(), error);
    EXPECT_TRUE(host.send(socket, pattern(1)));
    host.deliver(packet);
    EXPECT_EQ(host.udp.take_error(socket), error);
    EXPECT_FALSE(host.udp.take_error(socket));
    while (host.udp.take_changed()) continue;
  }
  const Endpoint others[][2] = {
      {local, {peer, 5001}}, {local, {gateway, 5000}}, {{our_address, 1}, peer_end}};
  for (const auto& [from, about] : others) {
    host.deliver(error_about(3, 3, 0, from, about));
    EXPECT_EQ(host.drops.last(), Drop::icmp_quote);
    EXPECT_FALSE(host.udp.has_error(socket)) << "C14-05: another four-tuple";
  }
}

TEST(Udp, errors_about_unconnected_sockets_are_not_theirs) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.deliver(error_about(3, 3, 0, our_end, peer_end));
  EXPECT_FALSE(host.udp.has_error(socket));
}

TEST(Udp, fragmentation_needed_lowers_the_path_and_is_an_error_only_with_dont_fragment) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  const Endpoint far{remote, 9};
  ASSERT_TRUE(host.udp.connect(socket, far, host.now));
  EXPECT_TRUE(host.send(socket, pattern(1400)));
  host.device.out.clear();
  host.deliver(error_about(3, 4, 1000, host.udp.local(socket), far));
  EXPECT_FALSE(host.udp.has_error(socket));
  EXPECT_TRUE(host.send(socket, pattern(1400)));
  EXPECT_EQ(host.device.out.size(), 2u) << "by the lower path MTU, though the path was remembered";
  host.udp.options(socket)->dont_fragment = true;
  EXPECT_EQ(host.send(socket, pattern(1400)).error(), Error::too_big);
  host.deliver(error_about(3, 4, 900, host.udp.local(socket), far));
  EXPECT_EQ(host.udp.take_error(socket), Error::too_big);
}

TEST(Udp, RFC6056_ephemeral_ports_are_random_and_free) {
  UdpHost host({.sockets = 200, .queue_datagrams = 4});
  std::set<std::uint16_t> ports;
  int ascending = 0;
  std::uint16_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const SocketHandle socket = host.bound({IpAddress::any_v4(), 0});
    const std::uint16_t port = host.udp.local(socket).port;
    EXPECT_GE(port, 49152);
    EXPECT_TRUE(ports.insert(port).second);
    ascending += port > last ? 1 : 0;
    last = port;
  }
  EXPECT_GT(ascending, 60);
  EXPECT_LT(ascending, 140);
}

TEST(Udp, RFC6056_the_last_free_port_is_found_and_then_there_is_none) {
  UdpHost host({.sockets = 16, .first_ephemeral_port = 50000, .last_ephemeral_port = 50009});
  for (int i = 0; i < 10; ++i) host.bound({IpAddress::any_v4(), 0});
  const SocketHandle socket = *host.udp.open();
  EXPECT_EQ(host.udp.bind(socket, {IpAddress::any_v4(), 0}, false).error(), Error::address_not_available);
  EXPECT_EQ(host.send(socket, pattern(1), &peer_end).error(), Error::address_not_available);
}

TEST(Udp, bind_conflicts) {
  UdpHost host({.sockets = 32});
  ASSERT_TRUE(host.ip.add_address(1, {IpAddress::v4(192, 0, 2, 9), 24}, false, host.now));
  const Endpoint second{IpAddress::v4(192, 0, 2, 9), 7};
  const auto try_bind = [&](const Endpoint& local, bool reuse) {
    const SocketHandle socket = *host.udp.open();
    const auto result = host.udp.bind(socket, local, reuse);
    const std::optional<Error> error = result ? std::nullopt : std::optional(result.error());
    host.udp.close(socket);
    return error;
  };
  const SocketHandle first = host.bound(our_end);
  EXPECT_EQ(host.udp.bind(first, our_end, false).error(), Error::invalid) << "bound already";
  EXPECT_EQ(try_bind(our_end, false), Error::address_in_use);
  EXPECT_EQ(try_bind(our_end, true), Error::address_in_use) << "both must agree";
  EXPECT_EQ(try_bind({IpAddress::any_v4(), 7}, false), Error::address_in_use);
  EXPECT_EQ(try_bind(second, false), std::nullopt);
  EXPECT_EQ(try_bind({our_address, 8}, false), std::nullopt);
  EXPECT_EQ(try_bind({peer, 8}, false), Error::address_not_available);
  EXPECT_EQ(try_bind({IpAddress::v4(224, 0, 0, 251), 5353}, true), std::nullopt);
  EXPECT_EQ(try_bind({IpAddress::v4(192, 0, 2, 255), 9}, true), std::nullopt);
  host.udp.close(first);
  EXPECT_EQ(try_bind(our_end, false), std::nullopt);
}

TEST(Udp, RFC1122_3_3_6_broadcast_needs_leave) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  for (const IpAddress& to : {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255)}) {
    const Endpoint everybody{to, 9};
    host.udp.options(socket)->broadcast = false;
    EXPECT_EQ(host.send(socket, pattern(1), &everybody).error(), Error::access);
    EXPECT_EQ(host.udp.connect(socket, everybody, host.now).error(), Error::access);
    host.udp.options(socket)->broadcast = true;
    EXPECT_TRUE(host.send(socket, pattern(1), &everybody));
    EXPECT_EQ(ethernet::test::destination_of(host.device.take()), MacAddress::broadcast());
  }
}

TEST(Udp, RFC2131_4_1_what_a_dhcp_client_needs) {
  UdpHost host;
  host.ip.remove_address(1, our_address);
  host.device.out.clear();
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 68});
  host.udp.options(socket)->broadcast = true;
  host.udp.options(socket)->interface = 1;
  const Endpoint server{IpAddress::broadcast_v4(), 67};
  EXPECT_TRUE(host.send(socket, pattern(300), &server, {.source_unspecified = true}));
  const Buffer packet = host.sent();
  EXPECT_EQ(load32(packet.data() + 12), 0u);
  EXPECT_EQ(load32(packet.data() + 16), 0xffffffffu);
  host.ip.set_accept_any(1, true);
  EXPECT_TRUE(host.deliver(udp_packet({peer, 67}, {IpAddress::v4(192, 0, 2, 77), 68}, pattern(240))));
  EXPECT_EQ(host.read(socket), pattern(240));
  EXPECT_TRUE(host.deliver(udp_packet({peer, 67}, {IpAddress::broadcast_v4(), 68}, pattern(240)),
                           MacAddress::broadcast()));
  host.ip.set_accept_any(1, false);
  EXPECT_FALSE(host.deliver(udp_packet({peer, 67}, {IpAddress::v4(192, 0, 2, 77), 68}, pattern(240))));
}

TEST(Udp, a_socket_that_nobody_reads_starves_no_other) {
  UdpHost host({.sockets = 4, .queue_datagrams = 8});
  const SocketHandle flooded = host.bound({IpAddress::any_v4(), 7});
  const SocketHandle other = host.bound({IpAddress::any_v4(), 53});
  for (int i = 0; i < 100; ++i) host.deliver(udp_packet(peer_end, our_end, pattern(10)));
  EXPECT_LT(host.udp.queued(flooded), 8);
  EXPECT_EQ(host.drops.of(Drop::udp_queue_full), 100u - host.udp.queued(flooded));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, {our_address, 53}, pattern(10))));
  EXPECT_EQ(host.read(other), pattern(10));
  std::uint64_t dropped = 0;
  host.udp.for_each([&](const SocketView& view) { dropped += view.dropped; });
  EXPECT_EQ(dropped, host.drops.of(Drop::udp_queue_full));
}

TEST(Udp, the_receive_buffer_bounds_bytes_but_takes_one_datagram_always) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.udp.options(socket)->receive_buffer = 1000;
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(1400))));
  EXPECT_EQ(host.udp.queued(socket), 1);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(10))));
  EXPECT_EQ(host.udp.queued(socket), 1);
  host.read(socket);
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(500))));
  EXPECT_TRUE(host.deliver(udp_packet(peer_end, our_end, pattern(500))));
  EXPECT_EQ(host.udp.queued(socket), 2);
}

TEST(Udp, peek_and_short_buffers) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  host.deliver(udp_packet(peer_end, our_end, pattern(100)));
  Buffer to(10);
  auto got = host.udp.receive(socket, to, true);
  EXPECT_EQ(got->size, 10u);
  EXPECT_EQ(got->datagram_size, 100u);
  got = host.udp.receive(socket, to, false);
  EXPECT_EQ(got->size, 10u);
  EXPECT_FALSE(host.udp.readable(socket)) << "the rest is gone, as with every datagram socket";
}

TEST(Udp, a_small_reassembled_datagram_does_not_keep_a_large_block) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  const Buffer whole = udp_datagram(peer_end, our_end, pattern(600));
  host.deliver(ipv4_packet({.protocol = 17, .more = true}, Buffer(whole.begin(), whole.begin() + 400)));
  host.deliver(ipv4_packet({.protocol = 17, .offset = 400}, Buffer(whole.begin() + 400, whole.end())));
  EXPECT_EQ(host.udp.queued(socket), 1);
  EXPECT_EQ(host.pool.large_free(), host.pool.large_count());
  EXPECT_EQ(host.read(socket), pattern(600));
}

TEST(Udp, what_the_device_said_of_the_checksum_is_believed) {
  UdpHost host;
  const SocketHandle socket = host.bound({IpAddress::any_v4(), 7});
  Buffer packet = udp_packet(peer_end, our_end, pattern(10));
  packet[26] = static_cast<std::uint8_t>(packet[26] ^ 1);
  Packet received = host.wire.packet(packet, 1);
  received.info.ethertype = ethernet::ethertype::ipv4;
  received.info.checksum_verified = true;
  auto datagram = host.ip.receive(std::move(received), host.now);
  ASSERT_TRUE(datagram);
  EXPECT_TRUE(host.udp.receive(*datagram, host.now));
  EXPECT_EQ(host.udp.queued(socket), 1);
}

TEST(Udp, per_datagram_options) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  host.udp.options(socket)->ttl = 9;
  host.udp.options(socket)->traffic_class = 0x10;
  EXPECT_TRUE(host.send(socket, pattern(1), &peer_end));
  Buffer packet = host.sent();
  EXPECT_EQ(packet[8], 9);
  EXPECT_EQ(packet[1], 0x10);
  EXPECT_TRUE(host.send(socket, pattern(1), &peer_end, {.ttl = 3, .traffic_class = 0}));
  packet = host.sent();
  EXPECT_EQ(packet[8], 3);
  EXPECT_EQ(packet[1], 0);
  const Endpoint group{IpAddress::v4(224, 0, 0, 251), 5353};
  EXPECT_TRUE(host.send(socket, pattern(1), &group));
  EXPECT_EQ(host.sent()[8], 1) << "RFC 1112 6.1";
  EXPECT_EQ(host.send(socket, pattern(1), &peer_end, {.source = peer}).error(), Error::address_not_available);
}

TEST(Udp, a_busy_device_is_told_and_a_silent_neighbour_too) {
  UdpHost host;
  const SocketHandle socket = *host.udp.open();
  host.device.busy = 1;
  EXPECT_EQ(host.send(socket, pattern(1), &peer_end).error(), Error::would_block);
  EXPECT_TRUE(host.send(socket, pattern(1), &peer_end));
  const Endpoint silent{IpAddress::v4(192, 0, 2, 99), 9};
  EXPECT_TRUE(host.send(socket, pattern(1), &silent));
  host.run_for(Duration::milliseconds(3100));
  EXPECT_EQ(host.send(socket, pattern(1), &silent).error(), Error::unreachable);
}

TEST(Udp, stale_handles_and_limits) {
  UdpHost host({.sockets = 2});
  const SocketHandle a = *host.udp.open();
  EXPECT_TRUE(host.udp.open());
  EXPECT_EQ(host.udp.open().error(), Error::no_memory);
  host.udp.close(a);
  host.udp.close(a);
  Buffer to(1);
  EXPECT_EQ(host.udp.receive(a, to, false).error(), Error::closed);
  EXPECT_EQ(host.send(a, pattern(1), &peer_end).error(), Error::closed);
  EXPECT_EQ(host.udp.bind(a, our_end, false).error(), Error::closed);
  EXPECT_EQ(host.udp.connect(a, peer_end, host.now).error(), Error::closed);
  EXPECT_EQ(host.udp.options(a), nullptr);
  EXPECT_TRUE(host.udp.readable(a)) << "a read does not wait";
  const SocketHandle b = *host.udp.open();
  EXPECT_NE(a, b);
  std::vector<Bytes> pieces(17, Bytes(to));
  EXPECT_EQ(host.udp.send(b, pieces, &peer_end, {}, host.now).error(), Error::invalid);
}

}  // namespace
}  // namespace linnet::udp::test
