// SPDX-License-Identifier: Apache-2.0
// What port translation reads and writes in packets: RFC 3022, RFC 5508 4.2, RFC 1624.
#include "core/ip/napt_packet.hpp"

#include "core/ip/test_host.hpp"

namespace linnet::ip {
namespace {

using test::Buffer;
using test::icmp_message;
using test::ipv4_packet;

constexpr std::uint32_t outside = 0xcb007101;  // 203.0.113.1
constexpr NaptEndpoint inside{0x0a010002, 5000};
constexpr NaptEndpoint server{0xc6336407, 80};
constexpr NaptEndpoint stranger{0xc6336408, 80};

constexpr IpAddress a = IpAddress::v4(10, 1, 0, 2);
constexpr IpAddress b = IpAddress::v4(198, 51, 100, 7);

/// A transport packet whose checksum is right, from `from` to `to`.
Buffer transport_packet(std::uint8_t protocol, const NaptEndpoint& from, const NaptEndpoint& to,
                        std::size_t size = 20) {
  Buffer bytes = test::pattern(size, 3);
  const std::size_t field = protocol == protocol::tcp ? 16 : 6;
  store16(bytes.data(), from.port);
  store16(bytes.data() + 2, to.port);
  if (protocol == protocol::udp) store16(bytes.data() + 4, static_cast<std::uint16_t>(size));
  store16(bytes.data() + field, 0);
  store16(bytes.data() + field,
          test::reference_checksum(bytes, test::pseudo_sum(IpAddress::v4(from.address),
                                                           IpAddress::v4(to.address), protocol, size)));
  return ipv4_packet(
      {.source = IpAddress::v4(from.address), .destination = IpAddress::v4(to.address), .protocol = protocol},
      bytes);
}

TEST(NaptPacket, RewrittenIsWhatTheOtherEndpointWouldHaveSent) {
  const NaptEndpoint ours{outside, 40000};
  for (const std::uint8_t protocol : {protocol::tcp, protocol::udp}) {
    for (std::uint32_t i = 0; i < 300; ++i) {
      const NaptEndpoint from{inside.address + i, static_cast<std::uint16_t>(1 + i * 211)};
      Buffer packet = transport_packet(protocol, from, server, 20 + i % 3);
      const auto flow = flow_of(packet);
      ASSERT_TRUE(flow);
      EXPECT_EQ(flow->source, from);
      EXPECT_EQ(flow->destination, server);
      rewrite_source(packet, *flow, ours);
      EXPECT_EQ(packet, transport_packet(protocol, ours, server, 20 + i % 3));
      rewrite_destination(packet, *flow, stranger);
      EXPECT_EQ(packet, transport_packet(protocol, ours, stranger, 20 + i % 3));
    }
  }
}

TEST(NaptPacket, RFC768_no_checksum_stays_none) {
  Buffer packet = transport_packet(protocol::udp, inside, server);
  store16(packet.data() + 26, 0);
  rewrite_source(packet, *flow_of(packet), {outside, 40000});
  EXPECT_EQ(load16(packet.data() + 26), 0);
}

TEST(NaptPacket, RFC5508_echo_has_its_identifier_rewritten) {
  Buffer packet = ipv4_packet({.source = a, .destination = b, .protocol = protocol::icmp},
                              icmp_message(icmp::echo, 0, 0x12340001, {1, 2, 3}));
  const auto flow = flow_of(packet);
  ASSERT_TRUE(flow && flow->opens);
  EXPECT_EQ(flow->source.port, 0x1234);
  rewrite_source(packet, *flow, {outside, 0x4321});
  EXPECT_EQ(packet,
            ipv4_packet({.source = IpAddress::v4(outside), .destination = b, .protocol = protocol::icmp},
                        icmp_message(icmp::echo, 0, 0x43210001, {1, 2, 3})));
  const auto reply =
      flow_of(ipv4_packet({.protocol = protocol::icmp}, icmp_message(icmp::echo_reply, 0, 0x12340001, {})));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->destination.port, 0x1234);
  EXPECT_FALSE(reply->opens);
}

TEST(NaptPacket, RFC5508_4_2_an_error_and_what_it_quotes_are_rewritten_alike) {
  const IpAddress hop = IpAddress::v4(192, 0, 2, 99);
  const NaptEndpoint ours{outside, 40000};
  for (const std::uint8_t protocol : {protocol::tcp, protocol::udp}) {
    for (const std::size_t quoted : {std::size_t{28}, std::size_t{40}}) {
      const auto error_about = [&](const NaptEndpoint& sender) {
        Buffer quote = transport_packet(protocol, sender, server);
        quote.resize(quoted);
        return ipv4_packet(
            {.source = hop, .destination = IpAddress::v4(sender.address), .protocol = protocol::icmp},
            icmp_message(icmp::time_exceeded, 0, 0, quote));
      };
      Buffer packet = error_about(ours);  // what went out under our name
      const auto flow = flow_of(packet);
      ASSERT_TRUE(flow && flow->error);
      EXPECT_EQ(flow->source, server);
      EXPECT_EQ(flow->destination, ours);
      rewrite_destination(packet, *flow, inside);
      EXPECT_EQ(packet, error_about(inside));
    }
  }
}

TEST(NaptPacket, WhatCannotBeTranslatedIsTold) {
  const Buffer udp = transport_packet(protocol::udp, inside, server, 8);
  EXPECT_TRUE(flow_of(udp));
  EXPECT_FALSE(flow_of(ipv4_packet({.protocol = 253}, test::pattern(20))));
  EXPECT_FALSE(flow_of(ipv4_packet({.protocol = protocol::udp}, test::pattern(7))));
  EXPECT_FALSE(flow_of(ipv4_packet({.protocol = protocol::tcp}, test::pattern(17))));
  EXPECT_FALSE(flow_of(ipv4_packet({.protocol = protocol::udp, .more = true}, test::pattern(20))));
  EXPECT_FALSE(flow_of(ipv4_packet({.protocol = protocol::icmp}, icmp_message(13, 0, 0, test::pattern(12)))));
  Buffer no_port = udp;
  store16(no_port.data() + 20, 0);
  EXPECT_FALSE(flow_of(no_port));
  for (std::size_t cut = 0; cut < 28; ++cut) {  // C10_02: quotes that are too short
    Buffer quote(udp.begin(), udp.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_FALSE(
        flow_of(ipv4_packet({.protocol = protocol::icmp}, icmp_message(icmp::time_exceeded, 0, 0, quote))))
        << cut;
  }
}

TEST(NaptPacket, RFC768_a_checksum_that_becomes_zero_is_all_ones_for_udp_alone) {
  for (const std::uint8_t protocol : {protocol::tcp, protocol::udp}) {
    const Buffer before = transport_packet(protocol, inside, server);
    const auto flow = flow_of(before);
    ASSERT_TRUE(flow);
    const std::size_t field = 20 + (protocol == protocol::tcp ? 16u : 6u);
    int zeros = 0;
    for (std::uint32_t port = 1; port < 65536; ++port) {
      Buffer packet = before;
      rewrite_source(packet, *flow, {outside, static_cast<std::uint16_t>(port)});
      const std::uint16_t sum = load16(packet.data() + field);
      if (sum != 0 && sum != 0xffff) continue;
      ++zeros;
      EXPECT_EQ(sum, protocol == protocol::udp ? 0xffff : 0);
      const std::uint32_t pseudo =
          test::pseudo_sum(IpAddress::v4(outside), IpAddress::v4(server.address), protocol, 20);
      EXPECT_EQ(test::reference_checksum(Bytes(packet).subspan(20), pseudo), 0) << "it is right";
    }
    EXPECT_EQ(zeros, 1);
  }
}

TEST(NaptPacket, RFC5508_4_2_an_error_from_inside_and_what_it_quotes_are_rewritten_alike) {
  const NaptEndpoint ours{outside, 40000};
  const auto error_from = [&](const NaptEndpoint& us) {
    return ipv4_packet(
        {.source = IpAddress::v4(us.address), .destination = IpAddress::v4(server.address), .protocol = 1},
        icmp_message(icmp::destination_unreachable, 3, 0, transport_packet(protocol::udp, server, us)));
  };
  Buffer packet = error_from(inside);
  const auto flow = flow_of(packet);
  ASSERT_TRUE(flow && flow->error);
  EXPECT_EQ(flow->source, inside);
  rewrite_source(packet, *flow, ours);
  EXPECT_EQ(packet, error_from(ours));
}

TEST(NaptPacket, C10_05_what_tells_no_flow) {
  const Buffer udp = transport_packet(protocol::udp, inside, server);
  EXPECT_FALSE(flow_of(Bytes(udp).first(19)));
  Buffer no_destination = udp;
  store16(no_destination.data() + 22, 0);
  EXPECT_FALSE(flow_of(no_destination));
  const auto quoting = [](const Buffer& quote) {
    return flow_of(ipv4_packet({.protocol = protocol::icmp}, icmp_message(icmp::time_exceeded, 0, 0, quote)));
  };
  EXPECT_TRUE(quoting(udp));
  EXPECT_FALSE(quoting(no_destination));
  EXPECT_FALSE(quoting(ipv4_packet({.protocol = 253}, test::pattern(20)))) << "of another protocol";
  EXPECT_FALSE(quoting(ipv4_packet({.protocol = protocol::udp, .offset = 800}, test::pattern(20))))
      << "a later fragment";
}

}  // namespace
}  // namespace linnet::ip
