// SPDX-License-Identifier: Apache-2.0
// An Ip on a loopback (0) and an Ethernet interface (1) of which a test plays the wire. Packets are put
// together here by code of its own, so that a mistake in the stack's is not made twice.
#pragma once

#include <algorithm>

#include "core/device/loopback.hpp"
#include "core/ethernet/test_station.hpp"
#include "core/ip/ip.hpp"

namespace linnet::ip::test {

using ethernet::test::Buffer;
using ethernet::test::our_address;
using ethernet::test::our_mac;
using ethernet::test::peer;
using ethernet::test::peer_mac;
constexpr IpAddress gateway = IpAddress::v4(192, 0, 2, 254);
constexpr IpAddress remote = IpAddress::v4(198, 51, 100, 7);

/// RFC 1071, the plain way.
inline std::uint16_t reference_checksum(Bytes bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

inline std::uint32_t pseudo_sum(const IpAddress& source, const IpAddress& destination, std::uint32_t protocol,
                                std::size_t length) {
  std::uint32_t sum = protocol + static_cast<std::uint32_t>(length);
  for (const IpAddress& a : {source, destination}) sum += (a.v4_value() >> 16) + (a.v4_value() & 0xffff);
  return sum;
}

struct PacketOptions {
  IpAddress source = peer;
  IpAddress destination = our_address;
  std::uint8_t protocol = 253;  // RFC 3692: for experiments
  std::uint16_t identification = 1;
  bool more = false;
  bool dont_fragment = false;
  std::uint32_t offset = 0;  // bytes
  std::uint8_t ttl = 64;
  std::uint8_t traffic_class = 0;
  Buffer options{};
};

inline void fix_checksum(Buffer& packet, std::size_t header_length) {
  packet[10] = packet[11] = 0;
  store16(packet.data() + 10, reference_checksum(Bytes(packet).first(header_length)));
}

inline Buffer ipv4_packet(const PacketOptions& o, const Buffer& payload) {
  Buffer packet(20);
  packet.insert(packet.end(), o.options.begin(), o.options.end());
  const std::size_t header_length = packet.size();
  packet[0] = static_cast<std::uint8_t>(0x40 | (header_length / 4));
  packet[1] = o.traffic_class;
  store16(packet.data() + 2, static_cast<std::uint16_t>(header_length + payload.size()));
  store16(packet.data() + 4, o.identification);
  store16(packet.data() + 6, static_cast<std::uint16_t>((o.more ? 0x2000u : 0u) |
                                                        (o.dont_fragment ? 0x4000u : 0u) | (o.offset / 8)));
  packet[8] = o.ttl;
  packet[9] = o.protocol;
  store32(packet.data() + 12, o.source.v4_value());
  store32(packet.data() + 16, o.destination.v4_value());
  fix_checksum(packet, header_length);
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}
inline Buffer slice(const Buffer& whole, std::size_t from, std::size_t to) {
  return {whole.begin() + static_cast<long>(from), whole.begin() + static_cast<long>(to)};
}
/// The fragment [from, to) of `whole`.
inline Buffer ipv4_fragment(const Buffer& whole, std::size_t from, std::size_t to, PacketOptions o = {}) {
  o.offset = static_cast<std::uint32_t>(from);
  o.more = to < whole.size();
  return ipv4_packet(o, slice(whole, from, to));
}

inline Buffer icmp_message(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Buffer& body) {
  Buffer message{type, code, 0, 0};
  message.resize(8);
  store32(message.data() + 4, rest);
  message.insert(message.end(), body.begin(), body.end());
  store16(message.data() + 2, reference_checksum(message));
  return message;
}

inline Buffer pattern(std::size_t size, std::uint32_t seed = 1) {
  Buffer bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(seed >> 24);
  }
  return bytes;
}

struct Host {
  static constexpr BlockPoolConfig default_blocks{
      .small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};

  explicit Host(const Config& c = {}, const Capabilities& offers = {},
                const BlockPoolConfig& blocks = default_blocks, std::uint8_t seed = 7)
      : config(c),
        memory(ethernet::Ethernet::memory_needed(link_config) + Ip::memory_needed(c) +
               BlockPool::memory_needed(blocks) + Loopback::memory_needed({}) + Arena::alignment),
        arena(memory),
        random(Random::Seed{seed}),
        pool(arena, blocks),
        loopback(arena, pool),
        ethernet(link_config, arena, pool, random, drops),
        ip(config, arena, pool, random, ethernet, drops) {
    EXPECT_FALSE(arena.exhausted());
    device.offers = offers;
    EXPECT_EQ(ethernet.add_link(loopback), 0);
    EXPECT_EQ(ethernet.add_link(device), 1);
    ip.add_interface(0);
    ip.add_interface(1);
    EXPECT_TRUE(ip.add_address(0, {IpAddress::loopback_v4(), 8}, false, now));
    EXPECT_TRUE(ip.add_address(1, {our_address, 24}, false, now));
    EXPECT_TRUE(ip.add_route({IpAddress::any_v4(), 0}, gateway, 1));
    for (const IpAddress& a : {peer, gateway}) resolve(a);
    run_for(Duration::seconds(5));
    device.out.clear();
  }
  ~Host() {
    datagram.reset();
    drain_fragments();
    drain_loopback();
    ethernet.forget_neighbours(ethernet::Ethernet::every_interface);
    EXPECT_TRUE(pool.full()) << "a block was lost";
  }

  void resolve(const IpAddress& address) {
    Frame frame;
    ethernet.send(frame, 1, address, ethernet::ethertype::ipv4, now);
    const auto reply = ethernet::test::arp_frame(our_mac, {.operation = 2,
                                                           .sender_mac = peer_mac,
                                                           .sender = address,
                                                           .target_mac = our_mac,
                                                           .target = our_address});
    EXPECT_FALSE(ethernet.receive(wire.packet(reply, 1), now));
  }
  /// What came of a packet: the reason it was dropped for, or none; `datagram` holds what IP handed up.
  Drop inject(const Buffer& packet, const MacAddress& to = our_mac, std::uint8_t interface = 1,
              std::uint16_t type = ethernet::ethertype::ipv4) {
    const std::uint64_t before = drops.total();
    datagram.reset();
    auto up = ethernet.receive(
        wire.packet(ethernet::test::ethernet_frame(to, peer_mac, type, packet), interface),
        now);
    if (up) datagram = ip.receive(std::move(*up), now);
    if (drops.total() == before) return Drop::none;
    EXPECT_EQ(drops.total(), before + 1) << "counted twice";
    EXPECT_FALSE(datagram) << "dropped and delivered";
    return drops.last();
  }
  /// The same, expecting that nothing changes and nothing goes out.
  Drop reject(const Buffer& packet, const MacAddress& to = our_mac) {
    const auto before = digest();
    const Drop reason = inject(packet, to);
    EXPECT_FALSE(datagram);
    EXPECT_TRUE(device.out.empty());
    EXPECT_TRUE(digest() == before);
    return reason;
  }
  /// A second Ethernet, interface 2, with 10.0.0.1/8; needs Config::interfaces = 3.
  void add_second() {
    ASSERT_EQ(ethernet.add_link(second), 2);
    ip.add_interface(2);
    ASSERT_TRUE(ip.add_address(2, {second_address, 8}, false, now));
    run_for(Duration::seconds(5));
    second.out.clear();
    device.out.clear();
  }
  static constexpr IpAddress second_address = IpAddress::v4(10, 0, 0, 1);
  /// Passes one packet that waits in the loopback device.
  void pass_loopback() {
    std::array<Packet, 1> batch;
    datagram.reset();
    if (loopback.receive(pool, batch) == 0) return;
    batch[0].info.interface = 0;
    auto up = ethernet.receive(std::move(batch[0]), now);
    if (up) datagram = ip.receive(std::move(*up), now);
  }
  Send send(const Buffer& payload, const SendInfo& info) {
    Frame frame;
    frame.add_payload(payload);
    const Send result = ip.send(frame, info, now);
    EXPECT_EQ(frame.size(), payload.size());
    return result;
  }
  /// The next IP packet that went out, its header checksum checked; empty when there is none.
  Buffer sent() {
    Buffer frame = device.take();
    if (frame.empty()) return frame;
    Buffer packet(frame.begin() + 14, frame.end());
    EXPECT_EQ(packet[0], 0x45);
    EXPECT_EQ(reference_checksum(Bytes(packet).first(20)), 0);
    EXPECT_EQ(load16(packet.data() + 2), packet.size());
    EXPECT_LE(packet.size(), device.link_mtu);
    return packet;
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (int turns = 0; turns < 100000; ++turns) {
      ethernet.poll(now);
      const Instant ip_deadline = ip.poll(now);
      const Instant next = earlier(ethernet.next_deadline(), ip_deadline);
      if (next > end) break;
      EXPECT_GT(next, now);
      now = next;
    }
    now = end;
  }
  void drain_fragments() {
    run_for(config.reassembly_timeout + Duration::seconds(1));
    EXPECT_EQ(ip.reassemblies(), 0u);
  }
  void drain_loopback() {
    while (loopback.waiting() > 0) pass_loopback();
    datagram.reset();
  }
  Digest::Value digest() const {
    Digest d;
    ethernet.digest(d);
    ip.digest(d);
    return d.value();
  }
  Buffer payload() const {
    if (!datagram) return {};
    const Bytes bytes = datagram->packet.bytes();
    return {bytes.begin(), bytes.end()};
  }

  static constexpr ethernet::Config link_config{.links = 3};
  ethernet::test::Wire wire;
  Config config;
  Buffer memory;
  Arena arena;
  Random random;
  DropCounters drops;
  BlockPool pool;
  Loopback loopback;
  ethernet::test::RecordingDevice device;
  ethernet::test::RecordingDevice second;
  Instant now = Instant::from_microseconds(1000000);
  std::optional<Datagram> datagram;
  ethernet::Ethernet ethernet;
  Ip ip;
};

}  // namespace linnet::ip::test
