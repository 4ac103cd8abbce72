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

}  // namespace
}  // namespace linnet::ip::test
