// SPDX-License-Identifier: Apache-2.0
// To whom the stack hands what comes up, ICMP errors above all, and what it says of interfaces that cannot
// be.
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "core/ip/test_host6.hpp"
#include "core/stack.hpp"

namespace linnet::test {
namespace {

using ip::test::Buffer;
using ip::test::icmp_message;
using ip::test::ipv4_packet;
using ip::test::our_address;
using ip::test::pattern;
using ip::test::peer;

const IpAddress our_v6 = *IpAddress::parse("2001:db8::1");
const IpAddress peer_v6 = *IpAddress::parse("2001:db8::2");

/// A link without addresses, so that nobody has to be asked for.
class BareDevice final : public Device {
 public:
  std::size_t receive(BlockPool& pool, std::span<Packet> batch) override {
    std::size_t count = 0;
    for (; count < batch.size() && !in.empty(); ++count) {
      Block block = pool.allocate(in.front().size());
      copy_bytes(block.data(), in.front());
      batch[count] = Packet(std::move(block), 0, static_cast<std::uint32_t>(in.front().size()));
      in.pop_front();
    }
    return count;
  }
  Transmit transmit(const Frame& frame) override {
    Buffer bytes(frame.size());
    frame.gather(bytes.data());
    out.push_back(std::move(bytes));
    return Transmit::taken;
  }
  std::uint16_t mtu() const override { return 1500; }
  MacAddress mac() const override { return {}; }
  Capabilities capabilities() const override { return {.link = LinkType::ip}; }

  std::deque<Buffer> in;
  std::deque<Buffer> out;
};

Config roomy() {
  Config config;
  config.ethernet.links = config.ip.interfaces = 3;
  config.blocks.small_count = 96;
  return config;
}

struct Bare {
  Bare() : memory(Stack::memory_needed(roomy())), stack(roomy(), memory, Random::Seed{1}) {
    EXPECT_TRUE(stack.ok());
    EXPECT_EQ(stack.add_interface(device), 1);
    EXPECT_TRUE(stack.ip().add_address(1, {our_address, 24}, false, now));
    EXPECT_TRUE(stack.ip().enable_ipv6(1, now));
    EXPECT_TRUE(stack.ip().add_address(1, {our_v6, 64}, false, now));
    run_for(Duration::seconds(20));
    device.out.clear();
  }
  void run_for(Duration duration) {
    const Instant end = now + duration;
    for (int turns = 0; turns < 10000; ++turns) {
      const Instant next = stack.poll(now);
      if (next > end) break;
      now = next;
    }
    now = end;
  }
  void inject(const Buffer& packet) {
    device.in.push_back(packet);
    stack.poll(now);
  }
  Instant now = Instant::from_microseconds(1000000);
  BareDevice device;
  Buffer memory;
  Stack stack;
};

/// Our packet of that protocol, its transport header all `fill`, as an ICMP error quotes it.
Buffer quote_v4(std::uint8_t protocol) {
  return ipv4_packet({.source = our_address, .destination = peer, .protocol = protocol}, Buffer(16, 7));
}

Buffer packet_v6(std::uint8_t next_header, const IpAddress& from, const IpAddress& to,
                 const Buffer& payload) {
  Buffer packet(40);
  packet[0] = 0x60;
  store16(packet.data() + 4, static_cast<std::uint16_t>(payload.size()));
  packet[6] = next_header;
  packet[7] = 64;
  copy_bytes(packet.data() + 8, Bytes(from.bytes()));
  copy_bytes(packet.data() + 24, Bytes(to.bytes()));
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

Buffer icmpv6_from_peer(std::uint8_t type, std::uint32_t rest, const Buffer& body) {
  Buffer message{type, 0, 0, 0, 0, 0, 0, 0};
  store32(message.data() + 4, rest);
  message.insert(message.end(), body.begin(), body.end());
  Checksum sum;
  sum.add(Bytes(peer_v6.bytes()));
  sum.add(Bytes(our_v6.bytes()));
  sum.add32(static_cast<std::uint32_t>(message.size()));
  sum.add16(58);
  sum.add(message);
  store16(message.data() + 2, sum.finish());
  return packet_v6(58, peer_v6, our_v6, message);
}

TEST(StackConfig, a_host_has_several_interfaces_thousands_of_connections_and_super_segments) {
  Config (*const made[])() = {&Config::device, &Config::linux_host};  // while it runs, as programs do
  const Config device = made[0]();
  const Config host = made[1]();
  EXPECT_EQ(device.ip.interfaces, 2) << "one beside loopback";
  EXPECT_GT(host.ip.interfaces, 2);
  EXPECT_EQ(host.ethernet.links, host.ip.interfaces) << "each has its link";
  EXPECT_EQ(device.ethernet.links, device.ip.interfaces);
  EXPECT_GE(host.tcp.connections, 1000);
  EXPECT_GE(host.blocks.large_size, 65535u);
  EXPECT_GT(host.blocks.large_count, 0u);
  EXPECT_GT(host.tcp.maximum_receive_buffer, host.tcp.receive_buffer) << "windows grow by need";
}

TEST(StackDispatch, without_room_for_loopback_there_is_no_stack) {
  Config config;
  config.ip.interfaces = 0;
  Buffer memory(Stack::memory_needed(config));
  EXPECT_FALSE(Stack(config, memory, Random::Seed{1}).ok());
}

TEST(StackDispatch, an_interface_that_cannot_be_takes_no_number) {
  Bare bare;
  BareDevice second;
  EXPECT_FALSE(bare.stack.add_interface(second, {.vlan = 4095})) << "IEEE 802.1Q: reserved";
  EXPECT_EQ(bare.stack.add_interface(second), 2);
  EXPECT_EQ(bare.stack.ethernet().links().size(), 3u);
  EXPECT_EQ(bare.stack.config().ip.interfaces, 3);
}

TEST(StackDispatch, RFC9293_3_5_2_a_segment_for_no_connection_is_reset) {
  Bare bare;
  Buffer syn(20);
  store16(syn.data(), 4321);
  store16(syn.data() + 2, 80);
  syn[12] = 0x50;
  syn[13] = 2;
  Checksum sum;
  sum.add(Bytes(peer.v4_bytes()));
  sum.add(Bytes(our_address.v4_bytes()));
  sum.add16(6);
  sum.add16(20);
  sum.add(syn);
  store16(syn.data() + 16, sum.finish());
  bare.inject(ipv4_packet({.protocol = 6}, syn));
  EXPECT_EQ(bare.stack.drops().last(), Drop::tcp_no_connection);
  ASSERT_EQ(bare.device.out.size(), 1u);
  EXPECT_EQ(bare.device.out.front()[20 + 13], 0x14) << "RST and ACK";
}

TEST(StackDispatch, a_raw_socket_gets_what_nobody_else_takes) {
  Bare bare;
  const auto socket = bare.stack.raw().open(253);
  ASSERT_TRUE(socket);
  bare.inject(ipv4_packet({.protocol = 253}, pattern(20)));
  EXPECT_EQ(bare.stack.drops().total(), 0u);
  EXPECT_TRUE(bare.device.out.empty()) << "no protocol unreachable";
  Buffer to(64);
  const auto received = bare.stack.raw().receive(*socket, to, false);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size, 20u);
  bare.stack.raw().close(*socket);
}

TEST(StackDispatch, C03_07_each_family_has_an_ICMP_of_its_own) {
  Bare bare;
  bare.inject(icmpv6_from_peer(200, 0, pattern(8)));  // RFC 4443 2.1: for experiments, informational
  EXPECT_EQ(bare.stack.drops().last(), Drop::icmp_type);
  EXPECT_TRUE(bare.device.out.empty());
  bare.inject(packet_v6(1, peer_v6, our_v6, icmp_message(8, 0, 1, pattern(8))));
  EXPECT_EQ(bare.stack.drops().last(), Drop::ip_protocol) << "ICMP over IPv6 is any unknown protocol";
  EXPECT_EQ(bare.device.out.size(), 1u);
}

TEST(StackDispatch, an_ICMP_error_goes_to_whoever_sent_what_it_quotes) {
  for (const std::uint8_t protocol : {6, 17, 253}) {
    Bare bare;
    bare.inject(ipv4_packet({.protocol = 1}, icmp_message(3, 1, 0, quote_v4(protocol))));
    EXPECT_EQ(bare.stack.drops().last(), Drop::icmp_quote) << int{protocol} << ": nobody did";
    EXPECT_EQ(bare.stack.drops().total(), 1u);
    EXPECT_TRUE(bare.device.out.empty()) << "RFC 1122 3.2.2: no error about an error";
  }
  Bare bare;
  const auto socket = bare.stack.raw().open(253);
  ASSERT_TRUE(socket);
  bare.inject(ipv4_packet({.protocol = 1}, icmp_message(3, 1, 0, quote_v4(253))));
  EXPECT_EQ(bare.stack.drops().total(), 0u);
  Buffer to(64);
  const auto received = bare.stack.raw().receive(*socket, to, false);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->error, ip::ErrorKind::host_unreachable);
  EXPECT_EQ(received->reporter, peer);
  bare.stack.raw().close(*socket);
}

TEST(StackDispatch, RFC8201_4_a_packet_too_big_of_any_protocol_lowers_the_path_MTU) {
  for (const bool v6 : {false, true}) {
    Bare bare;
    const IpAddress& to = v6 ? peer_v6 : peer;
    ASSERT_EQ(bare.stack.ip().path(to)->mtu, 1500u);
    if (v6) {
      Buffer quoted = packet_v6(253, our_v6, peer_v6, Buffer(1460, 7));
      quoted.resize(1232);  // RFC 4443 2.4 (c): as much as fits the least MTU
      bare.inject(icmpv6_from_peer(2, 1300, quoted));
    } else {
      bare.inject(ipv4_packet({.protocol = 1}, icmp_message(3, 4, 1300, quote_v4(253))));
    }
    EXPECT_EQ(bare.stack.ip().path(to)->mtu, v6 ? 1300u : 1500u) << "IPv4's routers split what is too large";
  }
}

TEST(StackDispatch, a_full_batch_of_any_device_means_poll_again_at_once) {
  for (const bool first : {false, true}) {
    Bare bare;
    BareDevice second;
    ASSERT_EQ(bare.stack.add_interface(second), 2);
    bare.stack.poll(bare.now);
    auto& in = (first ? bare.device : second).in;
    for (std::size_t i = 0; i < Stack::batch_size; ++i) in.push_back({0x20});
    EXPECT_EQ(bare.stack.poll(bare.now), bare.now);
    EXPECT_GT(bare.stack.poll(bare.now), bare.now);
    EXPECT_EQ(bare.stack.drops().of(Drop::ip_version), Stack::batch_size);
  }
}

}  // namespace
}  // namespace linnet::test
