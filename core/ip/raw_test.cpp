// SPDX-License-Identifier: Apache-2.0
#include "core/ip/raw.hpp"

#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

struct RawHost : Host {
  explicit RawHost(const Config& c = {})
      : Host(c),
        raw_memory(RawSockets::memory_needed(c)),
        raw_arena(raw_memory),
        raw(c, raw_arena, ip, drops) {}
  bool deliver(const Buffer& packet) {
    inject(packet);
    const bool wanted = datagram && raw.receive(*datagram, now);
    if (wanted) datagram.reset();
    return wanted;
  }
  Buffer raw_memory;
  Arena raw_arena;
  RawSockets raw;
};

Buffer echo_reply(const IpAddress& from, const Buffer& body) {
  return ipv4_packet({.source = from, .protocol = 1, .ttl = 57}, icmp_message(0, 0, 0x00010002, body));
}

TEST(Raw, ping) {
  RawHost host;
  const RawHandle socket = *host.raw.open(protocol::icmp);
  host.raw.set_tag(socket, 42);
  const Buffer body = pattern(48);
  const Buffer header{8, 0, 0xde, 0xad, 0, 1, 0, 2};
  const Bytes pieces[] = {Bytes(header).first(5), Bytes(header).subspan(5), body};
  EXPECT_EQ(*host.raw.send(socket, pieces, &peer, host.now), 56u);
  const Buffer sent = host.sent();
  ASSERT_EQ(sent.size(), 76u);
  EXPECT_EQ(reference_checksum(Bytes(sent).subspan(20)), 0) << "filled in";
  EXPECT_EQ(sent[20], 8);
  EXPECT_EQ(load32(sent.data() + 24), 0x00010002u);
  EXPECT_EQ(Buffer(sent.begin() + 28, sent.end()), body);

  EXPECT_FALSE(host.raw.take_changed());
  EXPECT_TRUE(host.deliver(echo_reply(peer, body)));
  EXPECT_EQ(host.raw.take_changed(), 42u);
  EXPECT_FALSE(host.raw.take_changed());
  Buffer to(20);
  RawReceived got = *host.raw.receive(socket, to, true);
  EXPECT_EQ(got.size, 20u);
  EXPECT_EQ(got.datagram_size, 56u);
  to.resize(100);
  got = *host.raw.receive(socket, to, false);
  EXPECT_EQ(got.size, 56u);
  EXPECT_EQ(got.source, peer);
  EXPECT_EQ(got.destination, our_address);
  EXPECT_EQ(got.ttl, 57);
  EXPECT_EQ(got.received, host.now);
  EXPECT_EQ(host.raw.receive(socket, to, false).error(), RawError::would_block);
  EXPECT_TRUE(host.pool.full());
}

TEST(Raw, errors_about_what_it_sent_come_with_their_kind) {
  RawHost host;
  const RawHandle socket = *host.raw.open(protocol::icmp);
  ASSERT_TRUE(host.raw.connect(socket, remote));
  const Buffer quoted =
      ipv4_packet({.source = our_address, .destination = remote, .protocol = 1}, icmp_message(8, 0, 7, {}));
  EXPECT_TRUE(host.deliver(ipv4_packet({.source = gateway, .protocol = 1}, icmp_message(11, 0, 0, quoted))));
  Buffer to(100);
  const RawReceived got = *host.raw.receive(socket, to, false);
  EXPECT_EQ(got.error, ErrorKind::time_exceeded);
  EXPECT_EQ(got.reporter, gateway);
  EXPECT_EQ(got.destination, remote);
  EXPECT_EQ(got.size, 8u);
}

TEST(Raw, only_the_sockets_that_fit_get_it_and_all_of_them) {
  RawHost host;
  const RawHandle any = *host.raw.open(253);
  const RawHandle bound = *host.raw.open(253);
  const RawHandle connected = *host.raw.open(253);
  const RawHandle elsewhere = *host.raw.open(252);
  ASSERT_TRUE(host.raw.bind(bound, our_address));
  ASSERT_TRUE(host.raw.connect(connected, gateway));
  EXPECT_EQ(host.raw.bind(bound, peer).error(), RawError::address_not_available);
  EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10))));
  EXPECT_EQ(host.raw.queued(any), 1);
  EXPECT_EQ(host.raw.queued(bound), 1);
  EXPECT_EQ(host.raw.queued(connected), 0);
  EXPECT_EQ(host.raw.queued(elsewhere), 0);
  EXPECT_FALSE(host.deliver(ipv4_packet({.protocol = 251}, pattern(10))));
  Buffer one(10), two(10);
  EXPECT_EQ(host.raw.receive(any, one, false)->size, 10u);
  EXPECT_EQ(host.raw.receive(bound, two, false)->size, 10u);
  EXPECT_EQ(one, pattern(10));
  EXPECT_EQ(two, pattern(10));
  host.raw.options(any)->interface = 0;
  host.raw.close(bound);
  EXPECT_FALSE(host.deliver(ipv4_packet({}, pattern(10)))) << "not by that interface";
}

TEST(Raw, misuse) {
  Config config;
  config.raw_sockets = 2;
  RawHost host(config);
  EXPECT_EQ(host.raw.open(protocol::tcp).error(), RawError::invalid);
  EXPECT_EQ(host.raw.open(protocol::udp).error(), RawError::invalid);
  const RawHandle a = *host.raw.open(1);
  const RawHandle b = *host.raw.open(253);
  EXPECT_EQ(host.raw.open(1).error(), RawError::no_memory);
  const Buffer short_message(7);
  const Bytes pieces[] = {short_message};
  EXPECT_EQ(host.raw.send(a, pieces, nullptr, host.now).error(), RawError::not_connected);
  EXPECT_EQ(host.raw.send(a, pieces, &peer, host.now).error(), RawError::invalid) << "no ICMP header";
  const IpAddress broadcast = IpAddress::broadcast_v4();
  EXPECT_EQ(host.raw.send(b, pieces, &broadcast, host.now).error(), RawError::access);
  host.raw.options(b)->broadcast = true;
  EXPECT_TRUE(host.raw.send(b, pieces, &broadcast, host.now));
  host.device.busy = 1;
  EXPECT_EQ(host.raw.send(b, pieces, &peer, host.now).error(), RawError::would_block);
  host.raw.close(a);
  host.raw.close(a);
  Buffer to(1);
  EXPECT_EQ(host.raw.receive(a, to, false).error(), RawError::closed);
  EXPECT_EQ(host.raw.options(a), nullptr);
  EXPECT_NE(*host.raw.open(1), a) << "a stale handle stays stale";
}

TEST(Raw, the_queue_is_bounded) {
  Config config;
  config.raw_queue = 3;
  RawHost host(config);
  const RawHandle socket = *host.raw.open(253);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10))));
  EXPECT_EQ(host.raw.queued(socket), 3);
  EXPECT_EQ(host.drops.of(Drop::raw_queue_full), 2u);
}

TEST(Raw, a_socket_that_is_gone) {
  RawHost host;
  const RawHandle socket = *host.raw.open(253);
  host.raw.close(socket);
  const Buffer bytes(9);
  const Bytes pieces[] = {bytes};
  EXPECT_EQ(host.raw.bind(socket, our_address).error(), RawError::closed);
  EXPECT_EQ(host.raw.connect(socket, peer).error(), RawError::closed);
  EXPECT_EQ(host.raw.send(socket, pieces, &peer, host.now).error(), RawError::closed);
  EXPECT_FALSE(host.raw.readable(socket));
  EXPECT_EQ(host.raw.queued(socket), 0);
  EXPECT_EQ(host.raw.protocol(socket), 0);
  EXPECT_TRUE(host.raw.local(socket).is_unspecified());
  EXPECT_TRUE(host.raw.remote(socket).is_unspecified());
  host.raw.set_tag(socket, 5);
  EXPECT_FALSE(host.raw.take_changed());
}

TEST(Raw, what_it_is_bound_to_and_where_it_is_connected) {
  RawHost host;
  const RawHandle socket = *host.raw.open(253);
  const auto digest = [&] {
    Digest d;
    host.raw.digest(d);
    return d.value();
  };
  const auto fresh = digest();
  EXPECT_EQ(host.raw.bind(socket, peer).error(), RawError::address_not_available);
  EXPECT_TRUE(host.raw.bind(socket, our_address));
  EXPECT_TRUE(host.raw.connect(socket, peer));
  EXPECT_EQ(host.raw.protocol(socket), 253);
  EXPECT_EQ(host.raw.local(socket), our_address);
  EXPECT_EQ(host.raw.remote(socket), peer);
  EXPECT_FALSE(digest() == fresh);
  EXPECT_EQ(host.raw.connect(socket, *IpAddress::parse("2001:db8::1")).error(), RawError::no_route);
  EXPECT_TRUE(host.raw.connect(socket, {}));
  EXPECT_TRUE(host.raw.remote(socket).is_unspecified());
  EXPECT_TRUE(host.raw.bind(socket, {}));
  EXPECT_TRUE(digest() == fresh);
  const IpAddress v6 = *IpAddress::parse("2001:db8::1");
  const Buffer bytes(9);
  const Bytes pieces[] = {bytes};
  EXPECT_EQ(host.raw.send(socket, pieces, &v6, host.now).error(), RawError::no_route);
}

TEST(Raw, every_reason_for_not_sending_is_told) {
  RawHost host;
  const RawHandle socket = *host.raw.open(253);
  const Buffer bytes = pattern(2000);
  const Bytes pieces[] = {bytes};
  host.raw.options(socket)->dont_fragment = true;
  EXPECT_EQ(host.raw.send(socket, pieces, &peer, host.now).error(), RawError::too_big);
  host.raw.options(socket)->dont_fragment = false;
  EXPECT_TRUE(host.raw.send(socket, pieces, &peer, host.now));
  const Bytes one[] = {Bytes(bytes).first(10)};
  const IpAddress silent = IpAddress::v4(192, 0, 2, 200);
  {
    std::vector<Block> all;
    while (Block block = host.pool.allocate(1)) all.push_back(std::move(block));
    EXPECT_EQ(host.raw.send(socket, one, &silent, host.now).error(), RawError::no_memory);
  }
  host.run_for(Duration::seconds(4));  // it does not answer
  EXPECT_EQ(host.raw.send(socket, one, &silent, host.now).error(), RawError::unreachable);
  std::vector<Bytes> many(Frame::max_payload_spans + 1, Bytes(bytes).first(1));
  EXPECT_EQ(host.raw.send(socket, many, &peer, host.now).error(), RawError::invalid);
  EXPECT_TRUE(host.raw.bind(socket, our_address));
  EXPECT_TRUE(host.ip.remove_address(1, our_address));
  EXPECT_FALSE(host.raw.send(socket, one, &peer, host.now));
}

TEST(Raw, a_pool_that_runs_low_serves_one_socket) {
  RawHost host;
  const RawHandle first = *host.raw.open(253);
  const RawHandle second = *host.raw.open(253);
  std::vector<Block> all;
  while (host.pool.plenty()) all.push_back(host.pool.allocate(1));
  EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10))));
  EXPECT_EQ(host.raw.queued(first) + host.raw.queued(second), 1);
  EXPECT_EQ(host.drops.of(Drop::no_block), 1u);
  EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10))));
  EXPECT_EQ(host.raw.queued(first) + host.raw.queued(second), 1) << "nobody empties its queue";
  EXPECT_EQ(host.drops.of(Drop::raw_queue_full), 1u);
}

TEST(Raw, a_socket_sees_and_sends_one_family) {
  RawHost host;
  ASSERT_TRUE(host.ip.enable_ipv6(0, host.now));
  ASSERT_TRUE(host.ip.enable_ipv6(1, host.now));
  const IpAddress own = *IpAddress::parse("2001:db8::1");
  ASSERT_TRUE(host.ip.add_address(1, {own, 64}, false, host.now));
  host.run_for(Duration::seconds(20));
  const RawHandle v6 = *host.raw.open(253, true);
  const RawHandle v4 = *host.raw.open(253);
  EXPECT_EQ(host.raw.connect(v6, peer).error(), RawError::no_route);
  EXPECT_EQ(host.raw.connect(v4, own).error(), RawError::no_route);
  EXPECT_TRUE(host.raw.connect(v6, own));
  EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10))));
  EXPECT_EQ(host.raw.queued(v6), 0);
  EXPECT_EQ(host.raw.queued(v4), 1);
  const Buffer bytes = pattern(10);
  const Bytes pieces[] = {bytes};
  EXPECT_EQ(*host.raw.send(v6, pieces, nullptr, host.now), 10u);
  host.pass_loopback();
  ASSERT_TRUE(host.datagram);
  EXPECT_TRUE(host.raw.receive(*host.datagram, host.now));
  host.datagram.reset();
  EXPECT_EQ(host.raw.queued(v6), 1);
  EXPECT_EQ(host.raw.queued(v4), 1);
}

TEST(Raw, RFC3542_3_1_the_checksum_of_icmpv6_is_filled_in) {
  RawHost host;
  ASSERT_TRUE(host.ip.enable_ipv6(0, host.now));
  const IpAddress to = IpAddress::loopback_v6();
  const RawHandle socket = *host.raw.open(protocol::icmpv6, true);
  const RawHandle of_v4 = *host.raw.open(protocol::icmp, true);  // which is no ICMP there
  const Buffer reply{129, 0, 0xde, 0xad, 0, 1, 0, 2, 9};
  const Bytes pieces[] = {reply};
  EXPECT_EQ(*host.raw.send(socket, pieces, &to, host.now), reply.size());
  host.pass_loopback();
  ASSERT_TRUE(host.datagram);
  EXPECT_NE(load16(host.payload().data() + 2), 0xdead);
  host.datagram.reset();
  EXPECT_EQ(*host.raw.send(of_v4, pieces, &to, host.now), reply.size());
  host.pass_loopback();
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.payload(), reply) << "as it is";
  host.datagram.reset();
}

TEST(Raw, without_a_way_nothing_is_sent) {
  RawHost host;
  const RawHandle socket = *host.raw.open(253);
  const Buffer bytes = pattern(10);
  const Bytes pieces[] = {bytes};
  ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
  EXPECT_EQ(host.raw.send(socket, pieces, &remote, host.now).error(), RawError::no_route);
  host.raw.options(socket)->interface = 1;
  EXPECT_TRUE(host.deliver(ipv4_packet({}, pattern(10)))) << "by that interface";
}

}  // namespace
}  // namespace linnet::ip::test
