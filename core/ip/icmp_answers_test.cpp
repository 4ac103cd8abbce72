// SPDX-License-Identifier: Apache-2.0
// ICMP at its edges: what becomes of answers that cannot be sent, and of whom errors are told (RFC
// 1122 3.2.2).
#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

Buffer echo_from(const IpAddress& from) {
  return ipv4_packet({.source = from, .protocol = protocol::icmp}, icmp_message(8, 0, 1, pattern(8)));
}

TEST(IcmpAnswers, an_echo_reply_that_cannot_be_sent_is_counted_with_its_reason) {
  const IpAddress unknown = IpAddress::v4(192, 0, 2, 77);
  {
    Host host;
    ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
    EXPECT_EQ(host.inject(echo_from(remote)), Drop::ip_no_route);
  }
  {
    Host host;
    host.device.busy = 1;
    EXPECT_EQ(host.inject(echo_from(peer)), Drop::device_busy);
  }
  {
    Host host;
    host.device.gone = true;
    EXPECT_EQ(host.inject(echo_from(peer)), Drop::neighbour_failed);
  }
  {
    Host host;
    std::vector<Block> held;
    while (host.pool.small_free() > 0) held.push_back(host.pool.allocate(1));
    while (host.pool.large_free() > 0) held.push_back(host.pool.allocate_large());
    EXPECT_EQ(host.inject(echo_from(unknown)), Drop::no_block) << "where would it wait for its neighbour?";
  }
}

TEST(IcmpAnswers, what_came_by_loopback_needs_no_checksum) {
  Host host;
  const auto by_loopback = [&](Buffer message) {
    Packet packet = host.wire.packet(
        ipv4_packet({.source = our_address, .destination = our_address, .protocol = 1}, message), 0);
    packet.info.ethertype = ethernet::ethertype::ipv4;
    return host.ip.receive(std::move(packet), host.now).has_value();
  };
  Buffer reply = icmp_message(0, 0, 1, pattern(8));
  reply[2] ^= 1;
  EXPECT_TRUE(by_loopback(reply)) << "the device vouches";
  EXPECT_EQ(host.inject(ipv4_packet({.protocol = 1}, reply)), Drop::icmp_checksum) << "a wire does not";
}

TEST(IcmpAnswers, C10_07_an_error_to_a_group_concerns_nobody) {
  Host host;
  const Buffer quote =
      ipv4_packet({.source = our_address, .destination = remote, .protocol = 17}, pattern(8));
  const Buffer error =
      ipv4_packet({.source = gateway, .destination = IpAddress::broadcast_v4(), .protocol = 1},
                  icmp_message(3, 3, 0, quote));
  EXPECT_EQ(host.reject(error, MacAddress::broadcast()), Drop::icmp_quote);
  for (const IpAddress& to : {IpAddress::v4(224, 0, 0, 9), IpAddress::v4(192, 0, 2, 255)}) {
    const Buffer to_group =
        ipv4_packet({.source = our_address, .destination = to, .protocol = 17}, pattern(8));
    EXPECT_EQ(host.reject(ipv4_packet({.source = gateway, .protocol = 1}, icmp_message(3, 3, 0, to_group))),
              Drop::icmp_quote)
        << "about what went to a group";
  }
}

TEST(IcmpAnswers, RFC1122_3_2_2_no_error_once_the_address_is_gone_or_when_all_of_the_link_got_it) {
  for (const bool gone : {false, true}) {
    Host host;
    ASSERT_EQ(host.inject(ipv4_packet({.protocol = 17}, pattern(8))), Drop::none);
    if (gone) {
      ASSERT_TRUE(host.ip.remove_address(1, our_address));
    } else {
      host.datagram->packet.info.link_broadcast = true;
    }
    host.ip.transport_unreachable(*host.datagram, host.now);
    EXPECT_TRUE(host.device.out.empty()) << gone;
  }
}

TEST(IcmpAnswers, only_udp_has_a_checksum_that_is_finished_for_the_quote) {
  Host host;
  struct Row {
    std::uint8_t protocol;
    std::size_t size;
  };
  for (const Row& row : {Row{253, 20}, Row{17, 7}}) {
    const Buffer packet = ipv4_packet({.protocol = row.protocol}, pattern(row.size));
    ASSERT_EQ(host.inject(packet), Drop::none);
    host.datagram->packet.info.checksum_verified = true;
    host.ip.transport_unreachable(*host.datagram, host.now);
    const Buffer told = host.sent();
    ASSERT_GE(told.size(), 28u);
    EXPECT_EQ(Buffer(told.begin() + 28, told.end()), packet) << "as it came";
  }
}

TEST(IcmpAnswers, RFC1812_4_3_2_8_what_was_saved_is_no_more_than_a_burst) {
  Random random(Random::Seed{3});
  IcmpLimiter limiter(10, random);
  Instant now = Instant::from_microseconds(1000000);
  for (int i = 0; i < 50; ++i) {  // uses one of nine that it earns
    EXPECT_TRUE(limiter.allow(peer, now));
    now = now + Duration::milliseconds(900);
  }
  int burst = 0;
  while (limiter.allow(peer, now)) ++burst;
  EXPECT_GE(burst, 6);
  EXPECT_LE(burst, 16) << "half to one and a half seconds' worth";
}

}  // namespace
}  // namespace linnet::ip::test
