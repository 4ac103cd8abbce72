// SPDX-License-Identifier: Apache-2.0
// A host with the translator of 464XLAT on a network that has only IPv6: RFC 6877, RFC 7915.
#include "core/ip/test_clat.hpp"

namespace linnet::ip::test::v6 {
namespace {

constexpr std::uint8_t udp = 17, tcp = 6;

TEST(Clat, RFC6877_6_3_an_address_of_its_own_and_192_0_0_1_for_sockets) {
  ClatHost host;
  EXPECT_TRUE(host.ip.clat().active());
  EXPECT_TRUE(Prefix({our_global, 64}).contains(host.own()));
  EXPECT_NE(host.own(), our_global);
  EXPECT_TRUE(host.ip.is_own(host4));
  const auto path = host.ip.path(remote);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->source, host4);
  EXPECT_EQ(path->interface, 1);
  EXPECT_EQ(host.ip.path(remote6)->source, our_global);
}

TEST(Clat, RFC6877_6_3_the_address_is_no_source_of_anything_else_and_goes_with_its_prefix) {
  ClatHost host;
  ASSERT_TRUE(host.ip.remove_address(1, our_global));
  ASSERT_TRUE(host.ip.clat().active()) << "until the next poll it is the only global one";
  EXPECT_FALSE(host.ip.path(address("2001:db8:5::1")));
  host.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(host.ip.clat().active());
  EXPECT_FALSE(host.ip.is_own(host4));
}

TEST(Clat, RFC8781_nothing_without_a_prefix_and_an_end_with_it) {
  ClatHost host;
  host.advertise_router(1800, router, pref64(0));
  host.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(host.ip.clat().active());
  EXPECT_FALSE(host.ip.is_own(host4));
  EXPECT_FALSE(host.ip.path(remote));
  host.advertise_router(1800, router, pref64());
  host.run_for(Duration::seconds(5));
  EXPECT_TRUE(host.ip.clat().active());
  host.run_for(Duration::seconds(600));
  EXPECT_FALSE(host.ip.clat().active()) << "it was to last for 600 s";
}

TEST(Clat, RFC6877_is_a_setting) {
  ClatHost host;
  EXPECT_TRUE(host.ip.set_clat(1, false, host.now));
  EXPECT_FALSE(host.ip.is_own(host4));
  EXPECT_FALSE(host.ip.path(remote));
  host.run_for(Duration::seconds(5));
  EXPECT_FALSE(host.ip.clat().active());
  EXPECT_FALSE(host.ip.set_clat(0, true, host.now)) << "loopback";
}

TEST(Clat, RFC8585_what_IPv4_reaches_itself_goes_by_it) {
  ClatHost host;
  EXPECT_EQ(host.ip.path(peer)->source, our_address);
  EXPECT_EQ(host.ip.path(peer, host4)->source, host4) << "unless it is asked for";
  EXPECT_FALSE(host.ip.path(remote, our_address));
}

TEST(Clat, RFC7915_4_1_the_header_of_what_is_sent) {
  ClatHost host;
  EXPECT_EQ(host.send_datagram(100, {.ttl = 9, .traffic_class = 0x2e}), Send::sent);
  const auto all = host.take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].source(), host.own());
  EXPECT_EQ(all[0].destination(), remote6);
  EXPECT_EQ(all[0].next_header(), udp);
  EXPECT_EQ(all[0].hop_limit(), 9);
  EXPECT_EQ(load16(all[0].bytes.data()) & 0x0ff0, 0x02e0);
  EXPECT_EQ(all[0].bytes.size(), 40u + 8 + 100);
  EXPECT_EQ(reference_checksum(all[0].payload(), pseudo_sum_v6(host.own(), remote6, udp, 108)), 0);
}

TEST(Clat, RFC7915_4_1_what_does_not_fit_goes_in_fragments_or_not_at_all) {
  ClatHost host;
  EXPECT_EQ(host.ip.path(remote)->mtu, 1480);
  EXPECT_EQ(host.send_datagram(1452, {.dont_fragment = true}), Send::sent);
  EXPECT_EQ(host.take_all().at(0).bytes.size(), 1500u);
  EXPECT_EQ(host.send_datagram(1453, {.dont_fragment = true}), Send::too_big);
  EXPECT_EQ(host.send_datagram(3000), Send::sent);
  const auto all = host.take_all();
  ASSERT_EQ(all.size(), 3u);
  for (const Sent& sent : all) EXPECT_EQ(sent.next_header(), 44);
}

TEST(Clat, RFC7915_4_2_echo_is_asked_and_answered_in_IPv6) {
  ClatHost host;
  Frame frame;
  const Buffer body = pattern(32);
  frame.add_payload(body);
  IcmpHeader::write(frame.prepend(8), icmp::echo, 0, 0x00010002);
  frame.checksum = {.header_from_end = 8, .field = 2};
  EXPECT_EQ(host.ip.send(frame, {.destination = remote, .protocol = 1}, host.now), Send::sent);
  EXPECT_EQ(frame.header()[0], icmp::echo) << "the frame is as it was";
  const auto request = host.take(128);  // its checksum verified
  ASSERT_TRUE(request);
  EXPECT_EQ(load32(request->bytes.data() + 44), 0x00010002u);
  EXPECT_EQ(host.arrive_icmp(129, 0, 0x00010002, body), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->source, remote);
  EXPECT_EQ(host.datagram->destination, host4);
  EXPECT_EQ(host.datagram->ttl, 50);
  EXPECT_EQ(host.payload(), icmp_message(0, 0, 0x00010002, body));
  EXPECT_EQ(host.arrive_icmp(128, 0, 0x00030004, body), Drop::none);
  const auto answer = host.take(129);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->destination(), remote6);
  EXPECT_EQ(answer->source(), host.own());
}

TEST(Clat, RFC7915_5_1_UDP_arrives_as_IPv4_with_a_right_checksum) {
  ClatHost host;
  for (std::size_t size = 0; size < 40; ++size) {
    EXPECT_EQ(host.arrive(udp, host.datagram6(pattern(size, static_cast<std::uint32_t>(size)))), Drop::none);
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->source, remote);
    EXPECT_EQ(host.datagram->destination, host4);
    EXPECT_EQ(host.datagram->header_length, 20);
    EXPECT_TRUE(checksum_good_v4(host.payload(), udp)) << size;
  }
}

TEST(Clat, RFC7915_5_1_TCP_too_and_its_header_can_be_quoted) {
  ClatHost host;
  Buffer segment(20);
  store32(segment.data(), 0x00501388);
  segment[12] = 0x50;
  store16(segment.data() + 16,
          reference_checksum(segment, pseudo_sum_v6(remote6, host.own(), tcp, segment.size())));
  EXPECT_EQ(host.arrive(tcp, segment), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_TRUE(checksum_good_v4(host.payload(), tcp));
  host.datagram->packet.restore(host.datagram->header_length);
  const auto header = Ipv4Header::parse_quoted(host.datagram->packet.bytes());
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->checksum_good());
  EXPECT_EQ(header->total_length(), 40);
}

TEST(Clat, RFC7915_5_1_fragments_are_put_together_first) {
  ClatHost host;
  const Buffer whole = host.datagram6(pattern(92));
  const auto piece = [&](std::size_t offset, std::size_t length, bool more) {
    Buffer bytes(8);
    FragmentHeader::write(bytes.data(), udp, static_cast<std::uint16_t>(offset), more, 77);
    bytes.insert(bytes.end(), whole.begin() + static_cast<std::ptrdiff_t>(offset),
                 whole.begin() + static_cast<std::ptrdiff_t>(offset + length));
    return host.arrive(44, bytes);
  };
  EXPECT_EQ(piece(0, 48, true), Drop::none);
  EXPECT_FALSE(host.datagram);
  EXPECT_EQ(piece(48, 52, false), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_TRUE(checksum_good_v4(host.payload(), udp));
}

TEST(Clat, RFC7915_4_5_UDP_without_a_checksum_gets_one_and_none_comes_without) {
  ClatHost host;
  Buffer bytes = host.datagram6({1, 2, 3});
  bytes[6] = bytes[7] = 0;
  EXPECT_EQ(host.arrive(udp, bytes), Drop::udp_checksum);
  Frame frame;
  const Buffer body{1, 2, 3, 4};
  frame.add_payload(body);
  std::uint8_t* header = frame.prepend(8);
  store32(header, 0x00073039);
  store32(header + 4, 12u << 16);
  EXPECT_EQ(host.ip.send(frame, {.destination = remote, .protocol = udp}, host.now), Send::sent);
  EXPECT_EQ(frame.checksum.header_from_end, 0) << "the frame is as it was";
  EXPECT_EQ(reference_checksum(host.take_all().at(0).payload(), pseudo_sum_v6(host.own(), remote6, udp, 12)),
            0);
}

TEST(Clat, RFC7915_5_2_errors_of_routers_reach_whom_they_concern) {
  ClatHost host;
  ASSERT_EQ(host.send_datagram(1400), Send::sent);
  const Buffer ours = host.take_all().at(0).bytes;
  struct Row {
    std::uint8_t type, code;
    std::uint32_t rest;
    ErrorKind kind;
    IpAddress from, reporter;
  };
  const Row rows[] = {
      {1, 4, 0, ErrorKind::port_unreachable, remote6, remote},
      {1, 0, 0, ErrorKind::host_unreachable, far_router, clat::dummy_address},
      {3, 0, 0, ErrorKind::time_exceeded, far_router, clat::dummy_address},
      {2, 0, 1400, ErrorKind::fragmentation_needed, far_router, clat::dummy_address},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(host.arrive_icmp(row.type, row.code, row.rest, {ours.begin(), ours.begin() + 600}, row.from),
              Drop::none);
    ASSERT_TRUE(host.datagram) << int{row.type};
    EXPECT_EQ(host.datagram->error, row.kind);
    EXPECT_EQ(host.datagram->source, host4);
    EXPECT_EQ(host.datagram->destination, remote);
    EXPECT_EQ(host.datagram->reporter, row.reporter);
    EXPECT_EQ(host.datagram->protocol, udp);
    EXPECT_EQ(load32(host.payload().data()), 0x00073039u);
    EXPECT_EQ(host.datagram->mtu, row.type == 2 ? 1380 : 0);
  }
  host.ip.path_mtu_update(remote, 1380, host.now);
  EXPECT_EQ(host.ip.path(remote)->mtu, 1380);
  EXPECT_EQ(host.send_datagram(1352, {.dont_fragment = true}), Send::sent);
  EXPECT_EQ(host.take_all().at(0).bytes.size(), 1400u);
  EXPECT_EQ(host.send_datagram(1353, {.dont_fragment = true}), Send::too_big);
}

TEST(Clat, RFC7915_4_3_our_errors_quote_the_packet_as_it_came) {
  ClatHost host;
  const Buffer bytes = host.datagram6(pattern(100));
  ASSERT_EQ(host.arrive(udp, bytes), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  const auto error = host.take(1);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->bytes[41], 4);
  EXPECT_EQ(error->source(), host.own());
  EXPECT_EQ(error->destination(), remote6);
  Buffer quote(error->bytes.begin() + 48, error->bytes.end());
  const Buffer came = packet(udp, bytes, {remote6, host.own(), 50});
  ASSERT_EQ(quote.size(), came.size());
  EXPECT_TRUE(std::equal(quote.begin(), quote.begin() + 46, came.begin())) << "all up to the checksum";
  EXPECT_TRUE(std::equal(quote.begin() + 48, quote.end(), came.begin() + 48)) << "and all behind it";
}

TEST(ClatHostile, only_what_passed_the_translator_comes_in) {
  ClatHost host;
  const auto before = host.digest();
  EXPECT_EQ(host.arrive(udp, host.datagram6({1}, neighbour), neighbour), Drop::ip_not_for_us);
  EXPECT_EQ(host.arrive(tcp, Buffer(20), neighbour), Drop::ip_not_for_us);
  EXPECT_EQ(host.arrive(1, icmp_message(8, 0, 1, {1})), Drop::ip_protocol) << "IPv4's ICMP";
  EXPECT_EQ(host.arrive(2, Buffer(8)), Drop::ip_protocol) << "IGMP";
  EXPECT_EQ(host.arrive(58, Buffer(7)), Drop::ip_protocol) << "cut short";
  EXPECT_TRUE(host.digest() == before);
  EXPECT_TRUE(host.take_all().empty());
}

TEST(ClatHostile, sources_that_no_packet_may_have) {
  ClatHost host;
  for (const char* from : {"64:ff9b::127.0.0.1", "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1",
                           "64:ff9b::255.255.255.255", "64:ff9b::192.0.0.1"}) {
    EXPECT_EQ(host.arrive(udp, host.datagram6({1}, address(from)), address(from)), Drop::ip_martian) << from;
  }
}

TEST(ClatHostile, destinations_that_no_packet_may_have) {
  ClatHost host;
  for (const IpAddress& to :
       {IpAddress::v4(0, 1, 2, 3), IpAddress::v4(169, 254, 1, 1), IpAddress::v4(240, 0, 0, 1)}) {
    EXPECT_FALSE(host.ip.path(to)) << AddressText(to).c_str();
  }
  EXPECT_TRUE(host.ip.path(IpAddress::v4(223, 255, 255, 1))) << "the last one that may";
  for (const IpAddress& group : {IpAddress::v4(224, 0, 0, 1), IpAddress::broadcast_v4()}) {
    const SendInfo info{.source = host4, .destination = group, .protocol = experimental, .interface = 1};
    EXPECT_EQ(host.send({1}, info), Send::no_route);
  }
  host.run_for(Duration::milliseconds(10));
  for (const Sent& sent : host.take_all()) EXPECT_NE(sent.source(), host.own());
}

TEST(ClatHostile, errors_that_quote_nothing_of_ours) {
  ClatHost host;
  ASSERT_EQ(host.send_datagram(100), Send::sent);
  const Buffer ours = host.take_all().at(0).bytes;
  for (std::size_t size = 0; size < 48; ++size) {
    EXPECT_EQ(host.arrive_icmp(1, 4, 0, {ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(size)}),
              Drop::icmp_quote)
        << size;
  }
  Buffer others = ours;
  others[23] ^= 1;  // its source
  EXPECT_EQ(host.arrive_icmp(1, 4, 0, others), Drop::icmp_quote);
  others = ours;
  others[24] ^= 1;  // its destination: no address of the NAT64
  EXPECT_EQ(host.arrive_icmp(1, 4, 0, others), Drop::icmp_quote);
  others = ours;
  store16(others.data() + 4, 0);  // shorter than its headers
  EXPECT_EQ(host.arrive_icmp(1, 4, 0, others), Drop::none)
      << "RFC 792: a quote may say anything of its length";
  others = ours;
  others[6] = 58;  // an error about an error
  others[40] = 1;
  EXPECT_EQ(host.arrive_icmp(1, 4, 0, others), Drop::icmp_quote);
  EXPECT_EQ(host.arrive_icmp(100, 0, 0, ours), Drop::icmp_type);
}

TEST(ClatHostile, a_wrong_checksum_stays_wrong) {
  ClatHost host;
  Buffer bytes = host.datagram6({1, 2, 3, 4});
  bytes[9] ^= 0x10;
  EXPECT_EQ(host.arrive(udp, bytes), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_FALSE(checksum_good_v4(host.payload(), udp));
  const Envelope e{remote6, host.own(), 50};
  Buffer echo = icmpv6_packet(128, 0, 1, {1, 2, 3}, e);
  echo.back() ^= 1;
  EXPECT_EQ(host.inject6(echo), Drop::icmp_checksum);
}

/// Every byte of a datagram and of an error changed, and every length: nothing but drops and datagrams for
/// 192.0.0.1.
TEST(ClatHostile, mutilated_packets_do_no_harm) {
  ClatHost host;
  ASSERT_EQ(host.send_datagram(20), Send::sent);
  const Buffer ours = host.take_all().at(0).bytes;
  const Envelope e{remote6, host.own(), 50};
  for (const Buffer& good :
       {packet(udp, host.datagram6(pattern(20)), e), icmpv6_packet(2, 0, 1300, ours, e)}) {
    for (std::size_t at = 4; at < good.size(); ++at) {
      for (const int value : {0x00, 0x01, 0x2b, 0x2c, 0x3a, 0x80, 0xff}) {
        Buffer bad = good;
        bad[at] = static_cast<std::uint8_t>(value);
        static_cast<void>(host.inject6(bad));
        if (host.datagram && host.datagram->source.is_v4()) {
          EXPECT_TRUE(host.datagram->destination == host4 || host.datagram->source == host4);
        }
      }
      Buffer cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
      static_cast<void>(host.inject6(cut));
      if (at >= 40) store16(cut.data() + 4, static_cast<std::uint16_t>(at - 40));
      static_cast<void>(host.inject6(cut));
    }
  }
  EXPECT_TRUE(host.ip.clat().active());
}

}  // namespace
}  // namespace linnet::ip::test::v6
