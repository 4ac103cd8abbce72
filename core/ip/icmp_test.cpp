// SPDX-License-Identifier: Apache-2.0
// ICMP: RFC 792, RFC 1122 3.2.2, hostile-packet rows C10.
#include <map>

#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

Buffer echo(const PacketOptions& o, const Buffer& body, std::uint8_t type = 8) {
  PacketOptions with_protocol = o;
  with_protocol.protocol = protocol::icmp;
  return ipv4_packet(with_protocol, icmp_message(type, 0, 0x12340001, body));
}

/// An ICMP error about a UDP datagram that we sent to `remote`.
Buffer error_about(std::uint8_t type, std::uint8_t code, std::uint32_t rest, Buffer quote,
                   IpAddress reporter = gateway) {
  return ipv4_packet({.source = reporter, .protocol = protocol::icmp}, icmp_message(type, code, rest, quote));
}
Buffer our_datagram(std::size_t payload = 8) {
  return ipv4_packet({.source = our_address, .destination = remote, .protocol = 17}, pattern(payload));
}

TEST(Icmp, RFC1122_3_2_2_6_echo_reply_holds_what_came) {
  Host host;
  for (const std::size_t size : {0u, 1u, 56u, 1472u}) {
    EXPECT_EQ(host.inject(echo({.traffic_class = 0x48}, pattern(size))), Drop::none);
    EXPECT_FALSE(host.datagram);
    const Buffer reply = host.sent();
    ASSERT_EQ(reply.size(), 28 + size);
    EXPECT_EQ(reply[1], 0x48);
    EXPECT_EQ(load32(reply.data() + 12), our_address.v4_value());
    EXPECT_EQ(load32(reply.data() + 16), peer.v4_value());
    EXPECT_EQ(reply[20], 0);
    EXPECT_EQ(reply[21], 0);
    EXPECT_EQ(load32(reply.data() + 24), 0x12340001u);
    EXPECT_EQ(reference_checksum(Bytes(reply).subspan(20)), 0);
    EXPECT_EQ(Buffer(reply.begin() + 28, reply.end()), pattern(size));
  }
}

TEST(Icmp, echo_of_65507_bytes_in_fragments) {
  Host host;
  const Buffer message = icmp_message(8, 0, 7, pattern(65507));
  for (std::size_t from = 0; from < message.size(); from += 1480) {
    const std::size_t to = std::min(from + 1480, message.size());
    host.inject(ipv4_packet(
        {.protocol = 1, .more = to < message.size(), .offset = static_cast<std::uint32_t>(from)},
        Buffer(message.begin() + static_cast<long>(from), message.begin() + static_cast<long>(to))));
  }
  Buffer reply;
  while (!host.device.out.empty()) {
    const Buffer packet = host.sent();
    reply.insert(reply.end(), packet.begin() + 20, packet.end());
  }
  ASSERT_EQ(reply.size(), message.size());
  EXPECT_EQ(reference_checksum(reply), 0);
  EXPECT_TRUE(std::equal(reply.begin() + 8, reply.end(), message.begin() + 8));
}

TEST(Icmp, C04_02_echo_with_options_is_answered_without) {
  Host host;
  EXPECT_EQ(host.inject(echo({.options = {7, 7, 4, 0, 0, 0, 0, 0}}, pattern(8))), Drop::none);
  EXPECT_EQ(host.sent().size(), 36u);
}

TEST(Icmp, C10_01_C10_02_messages_shorter_than_8_bytes) {
  Host host;
  for (const std::uint8_t type : {0, 3, 5, 8, 11, 12}) {
    for (std::size_t size = 0; size < 8; ++size) {
      Buffer message(size, 0);
      if (size > 0) message[0] = type;
      if (size >= 4) store16(message.data() + 2, reference_checksum(message));
      EXPECT_EQ(host.reject(ipv4_packet({.protocol = 1}, message)), Drop::icmp_short);
    }
  }
}

TEST(Icmp, C10_03_every_bit_is_covered_by_the_checksum) {
  Host host;
  const Buffer good = echo({}, pattern(3));
  for (std::size_t bit = 160; bit < good.size() * 8; ++bit) {
    Buffer packet = good;
    packet[bit / 8] = static_cast<std::uint8_t>(packet[bit / 8] ^ (0x80 >> bit % 8));
    EXPECT_EQ(host.reject(packet), Drop::icmp_checksum) << bit;
  }
}

TEST(Icmp, C10_10_RFC1122_3_2_2_6_echo_to_groups_and_from_nobody_is_silent) {
  Host host;
  for (const IpAddress& to :
       {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1)}) {
    EXPECT_EQ(host.reject(echo({.destination = to}, pattern(8)), MacAddress::broadcast()),
              Drop::icmp_broadcast);
    EXPECT_EQ(host.reject(echo({.source = IpAddress::any_v4(), .destination = to}, pattern(8)),
                          MacAddress::broadcast()),
              to == IpAddress::v4(192, 0, 2, 255) ? Drop::ip_martian : Drop::icmp_broadcast);
  }
  Config config;
  config.answer_broadcast_echo = true;
  Host willing(config);
  EXPECT_EQ(
      willing.inject(echo({.destination = IpAddress::broadcast_v4()}, pattern(8)), MacAddress::broadcast()),
      Drop::none);
  EXPECT_EQ(load32(willing.sent().data() + 12), our_address.v4_value())
      << "from an address, not from the group";
}

TEST(Icmp, what_is_neither_echo_nor_error_goes_up) {
  Host host;
  EXPECT_EQ(host.inject(echo({}, pattern(20), 0)), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->protocol, protocol::icmp);
  EXPECT_EQ(host.datagram->error, ErrorKind::none);
  EXPECT_EQ(host.payload().size(), 28u);
}

TEST(Icmp, C10_06_redirect_and_source_quench_change_nothing) {
  Host host;
  EXPECT_EQ(host.reject(error_about(5, 1, peer.v4_value(), our_datagram())), Drop::icmp_type);
  EXPECT_EQ(host.reject(error_about(4, 0, 0, our_datagram())), Drop::icmp_type);
}

TEST(Icmp, RFC1122_3_2_2_1_errors_name_what_they_are_about) {
  const std::map<std::pair<int, int>, ErrorKind> kinds = {
      {{3, 0}, ErrorKind::net_unreachable},    {{3, 1}, ErrorKind::host_unreachable},
      {{3, 2}, ErrorKind::protocol_unreachable}, {{3, 3}, ErrorKind::port_unreachable},
      {{3, 4}, ErrorKind::fragmentation_needed}, {{3, 5}, ErrorKind::host_unreachable},
      {{3, 6}, ErrorKind::net_unreachable},    {{3, 7}, ErrorKind::host_unreachable},
      {{3, 9}, ErrorKind::administratively_prohibited}, {{3, 10}, ErrorKind::administratively_prohibited},
      {{3, 11}, ErrorKind::net_unreachable},   {{3, 12}, ErrorKind::host_unreachable},
      {{3, 13}, ErrorKind::administratively_prohibited}, {{11, 0}, ErrorKind::time_exceeded},
      {{12, 0}, ErrorKind::parameter_problem}};
  Host host;
  for (const auto& [message, kind] : kinds) {
    const auto before = host.digest();
    EXPECT_EQ(host.inject(error_about(static_cast<std::uint8_t>(message.first),
                                      static_cast<std::uint8_t>(message.second), 0, our_datagram(20))),
              Drop::none);
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->error, kind) << message.first << "/" << message.second;
    EXPECT_EQ(host.datagram->icmp_type, message.first);
    EXPECT_EQ(host.datagram->icmp_code, message.second);
    EXPECT_EQ(host.datagram->source, our_address);
    EXPECT_EQ(host.datagram->destination, remote);
    EXPECT_EQ(host.datagram->reporter, gateway);
    EXPECT_EQ(host.datagram->protocol, 17);
    EXPECT_EQ(host.payload(), pattern(20));
    EXPECT_TRUE(host.digest() == before) << "the transport decides whether it is true";
  }
  EXPECT_TRUE(host.device.out.empty());
}

TEST(Icmp, C10_05_C10_07_quotes_that_are_short_or_not_ours) {
  Host host;
  const Buffer quote = our_datagram();
  for (const std::uint8_t type : {3, 11, 12}) {
    for (std::size_t size = 0; size < 28; ++size) {
      EXPECT_EQ(host.reject(
                    error_about(type, 0, 0, Buffer(quote.begin(), quote.begin() + static_cast<long>(size)))),
                Drop::icmp_quote);
    }
  }
  for (const std::uint8_t first : {0x4f, 0x44, 0x40, 0x65, 0x46}) {
    Buffer bad = quote;
    bad[0] = first;
    EXPECT_EQ(host.reject(error_about(3, 3, 0, bad)), Drop::icmp_quote) << int{first};
  }
  Buffer zero_length = quote;
  store16(zero_length.data() + 2, 0);
  EXPECT_EQ(host.reject(error_about(3, 3, 0, zero_length)), Drop::icmp_quote);
  EXPECT_EQ(host.reject(error_about(
                3, 3, 0, ipv4_packet({.source = peer, .destination = remote, .protocol = 17}, pattern(8)))),
            Drop::icmp_quote);
  for (const IpAddress& group :
       {IpAddress::v4(224, 0, 0, 9), IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255)}) {
    EXPECT_EQ(
        host.reject(error_about(
            3, 3, 0, ipv4_packet({.source = our_address, .destination = group, .protocol = 17}, pattern(8)))),
        Drop::icmp_quote);
  }
  EXPECT_EQ(host.reject(error_about(
                3, 3, 0,
                ipv4_packet({.source = our_address, .destination = remote, .protocol = 17, .offset = 8},
                            pattern(8)))),
            Drop::icmp_quote);
  // A first fragment and options are fine.
  EXPECT_EQ(host.inject(error_about(3, 3, 0,
                                    ipv4_packet({.source = our_address,
                                                 .destination = remote,
                                                 .protocol = 17,
                                                 .more = true,
                                                 .options = Buffer(40, 1)},
                                                pattern(8)))),
            Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.payload(), pattern(8));
}

TEST(Icmp, RFC1191_fragmentation_needed_carries_an_mtu_or_the_next_plateau) {
  Host host;
  const auto mtu_for = [&](std::uint16_t next_hop, std::size_t size) {
    Buffer quote = our_datagram(size);
    quote.resize(28);
    EXPECT_EQ(host.inject(error_about(3, 4, next_hop, quote)), Drop::none);
    return host.datagram ? host.datagram->mtu : 0;
  };
  EXPECT_EQ(mtu_for(1400, 1480), 1400);
  EXPECT_EQ(mtu_for(0, 1480), 1492) << "of an old router";
  EXPECT_EQ(mtu_for(0, 1400), 1006);
  EXPECT_EQ(mtu_for(68, 1480), 552) << "RFC 5927 7.2";
  EXPECT_EQ(host.ip.path(remote)->mtu, 1500) << "only the transport knows whether to believe it";
}

TEST(Icmp, errors_about_our_datagrams_to_ports_and_protocols_that_nobody_serves) {
  Host host;
  const Buffer offending = ipv4_packet({.protocol = 17, .options = {7, 7, 4, 0, 0, 0, 0, 0}}, pattern(30));
  ASSERT_EQ(host.inject(offending), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  Buffer message = host.sent();
  ASSERT_EQ(message.size(), 20 + 8 + offending.size());
  EXPECT_EQ(message[20], 3);
  EXPECT_EQ(message[21], 3);
  EXPECT_EQ(load32(message.data() + 24), 0u);
  EXPECT_EQ(reference_checksum(Bytes(message).subspan(20)), 0);
  EXPECT_EQ(load32(message.data() + 12), our_address.v4_value());
  EXPECT_TRUE(std::equal(offending.begin(), offending.end(), message.begin() + 28))
      << "header and data, as they came";

  ASSERT_EQ(host.inject(ipv4_packet({.protocol = 253}, pattern(1400))), Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  message = host.sent();
  EXPECT_EQ(message[21], 2);
  EXPECT_EQ(message.size(), 576u) << "RFC 1812 4.3.2.3";
}

TEST(Icmp, a_checksum_that_the_own_kernel_left_undone_is_quoted_as_a_wire_would_have_carried_it) {
  Host host;
  Buffer udp = pattern(31);
  store16(udp.data() + 4, static_cast<std::uint16_t>(udp.size()));
  const std::uint32_t pseudo = pseudo_sum(peer, our_address, 17, udp.size());
  const auto quoted_checksum = [&](std::uint16_t came, bool vouched) {
    store16(udp.data() + 6, came);
    EXPECT_EQ(host.inject(ipv4_packet({.protocol = 17}, udp)), Drop::none);
    host.datagram->packet.info.checksum_verified = vouched;
    host.ip.transport_unreachable(*host.datagram, host.now);
    const Buffer message = host.sent();
    return message.size() == 20 + 8 + 20 + udp.size() ? load16(message.data() + 54) : 0;
  };
  const auto undone = static_cast<std::uint16_t>(~reference_checksum({}, pseudo));
  store16(udp.data() + 6, 0);
  const std::uint16_t right = reference_checksum(udp, pseudo);
  EXPECT_EQ(quoted_checksum(undone, true), right);
  EXPECT_EQ(quoted_checksum(right, true), right) << "done already";
  EXPECT_EQ(quoted_checksum(undone, false), undone) << "from a wire: as it came";
}

TEST(Icmp, C10_04_the_quote_ends_with_the_packet) {
  Config config;
  config.icmp_errors_per_second = 10000;
  Host host(config);
  for (std::size_t size = 0; size <= 1480; size += 13) {
    ASSERT_EQ(host.inject(ipv4_packet({.protocol = 253}, pattern(size))), Drop::none);
    host.ip.protocol_unreachable(*host.datagram, host.now);
    EXPECT_EQ(host.sent().size(), 28 + std::min<std::size_t>(548, 20 + size));
  }
}

TEST(Icmp, C10_08_RFC1122_3_2_2_no_error_about_errors_and_groups) {
  Host host;
  EXPECT_EQ(host.inject(error_about(3, 3, 0, our_datagram())), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  EXPECT_EQ(host.inject(echo({}, pattern(8), 0)), Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  for (const IpAddress& to :
       {IpAddress::broadcast_v4(), IpAddress::v4(192, 0, 2, 255), IpAddress::v4(224, 0, 0, 1)}) {
    EXPECT_EQ(
        host.inject(ipv4_packet({.destination = to, .protocol = 17}, pattern(8)), MacAddress::broadcast()),
        Drop::none);
    host.ip.transport_unreachable(*host.datagram, host.now);
  }
  EXPECT_EQ(host.inject(ipv4_packet({.source = IpAddress::any_v4(), .destination = IpAddress::broadcast_v4()},
                                    pattern(8)),
                        MacAddress::broadcast()),
            Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  EXPECT_TRUE(host.device.out.empty());
}

TEST(Icmp, C10_09_errors_are_limited_per_destination) {
  Host host;
  int errors = 0;
  for (int i = 0; i < 10000; ++i) {  // in one second
    ASSERT_EQ(host.inject(ipv4_packet({}, pattern(8))), Drop::none);
    host.ip.protocol_unreachable(*host.datagram, host.now);
    errors += static_cast<int>(host.device.out.size());
    host.device.out.clear();
    host.run_for(Duration::microseconds(100));
  }
  EXPECT_GE(errors, 10);
  EXPECT_LE(errors, 25);
  int answered = 0;
  for (std::uint8_t i = 10; i < 74; ++i) {
    IcmpLimiter limiter(10, host.random);
    for (int flood = 0; flood < 100; ++flood) limiter.allow(peer, host.now);
    answered += limiter.allow(IpAddress::v4(192, 0, 2, i), host.now) ? 1 : 0;
  }
  EXPECT_GE(answered, 50) << "others are hardly touched";
}

TEST(Icmp, C21_07_the_depth_of_a_bucket_is_not_known) {
  std::map<int, int> depths;
  Random random(Random::Seed{5});
  for (int i = 0; i < 200; ++i) {
    IcmpLimiter limiter(10, random);
    const Instant now = Instant::from_microseconds(i * 5000000);
    int allowed = 0;
    while (limiter.allow(peer, now)) ++allowed;
    ++depths[allowed];
  }
  EXPECT_GE(depths.size(), 8u);
  EXPECT_GE(depths.begin()->first, 1);
  EXPECT_LE(depths.rbegin()->first, 16);
}

TEST(Icmp, no_errors_when_configured_so) {
  Config config;
  config.icmp_errors_per_second = 0;
  Host host(config);
  ASSERT_EQ(host.inject(ipv4_packet({}, pattern(8))), Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  EXPECT_TRUE(host.device.out.empty());
}

}  // namespace
}  // namespace linnet::ip::test
