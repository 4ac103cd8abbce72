// SPDX-License-Identifier: Apache-2.0
// 464XLAT at its edges: what begins and ends it, and what does not fit through: RFC 6877, RFC 7915, RFC 8585.
#include "core/ip/test_clat.hpp"

namespace linnet::ip::test::v6 {
namespace {

constexpr std::uint8_t udp = 17, tcp = 6;

TEST(ClatEdges, one_interface_has_it) {
  Config config;
  config.interfaces = 3;
  ClatHost host(config);
  host.add_second();
  ASSERT_TRUE(host.ip.enable_ipv6(2, host.now));
  EXPECT_FALSE(host.ip.set_clat(2, true, host.now)) << "another one has it";
  EXPECT_TRUE(host.ip.set_clat(1, true, host.now)) << "once more";
  EXPECT_TRUE(host.ip.clat().active());
  EXPECT_TRUE(host.ip.set_clat(1, false, host.now));
  EXPECT_TRUE(host.ip.set_clat(2, true, host.now)) << "it is free now";
}

TEST(ClatEdges, without_room_for_its_address_of_ipv4_it_does_not_begin) {
  Config config;
  config.addresses = 2;  // as many as the host has
  ClatHost host(config);
  EXPECT_FALSE(host.ip.clat().active());
  EXPECT_FALSE(host.ip.is_own(host4));
  EXPECT_FALSE(host.ip.path(remote));
}

TEST(ClatEdges, an_address_that_somebody_took_away_is_no_obstacle_to_its_end) {
  ClatHost host;
  ASSERT_TRUE(host.ip.remove_address(0, host4));
  host.advertise_router(1800, router, pref64(0));
  host.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(host.ip.clat().active());
}

TEST(ClatEdges, RFC8781_5_a_prefix_that_another_router_takes_back_stays) {
  ClatHost host;
  Buffer other = pref64(0);
  other[7] = 0x9c;
  host.advertise_router(1800, router, other);
  host.run_for(Duration::milliseconds(10));
  EXPECT_TRUE(host.ip.clat().active());
  other[2] = 2;  // but one that is told takes its place
  host.advertise_router(1800, router, other);
  host.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(clat::extract(host.ip.clat().nat64, remote6));
}

TEST(ClatEdges, which_paths_lead_by_it) {
  Config config;
  config.interfaces = 3;
  ClatHost host(config);
  host.add_second();
  EXPECT_TRUE(host.ip.path(remote, {}, 1));
  EXPECT_FALSE(host.ip.path(remote, {}, 2)) << "not by that interface";
  EXPECT_FALSE(host.ip.path(remote, Host::second_address)) << "not from that address";
  host.advertise_router(0, router, pref64());
  host.run_for(Duration::milliseconds(10));
  ASSERT_TRUE(host.ip.clat().active());
  EXPECT_FALSE(host.ip.path(remote)) << "nobody leads to the NAT64 any more";
}

TEST(ClatEdges, a_path_of_yesterday_takes_nothing) {
  ClatHost host;
  const auto path = host.ip.path(remote);
  ASSERT_TRUE(path);
  host.advertise_router(1800, router, pref64(0));
  host.run_for(Duration::milliseconds(10));
  host.take_all();
  Frame frame;
  const SendInfo info{.source = host4, .destination = remote, .protocol = 253};
  EXPECT_EQ(host.ip.send(frame, *path, info, host.now), Send::no_route);
  EXPECT_TRUE(host.take_all().empty());
}

TEST(ClatEdges, RFC7915_4_2_of_icmp_only_echo_can_be_sent) {
  ClatHost host;
  for (const std::uint8_t type : {icmp::destination_unreachable, icmp::time_exceeded, std::uint8_t{13}}) {
    Frame frame;
    IcmpHeader::write(frame.prepend(8), type, 0, 0);
    frame.checksum = {.header_from_end = 8, .field = 2};
    EXPECT_EQ(host.ip.send(frame, {.destination = remote, .protocol = 1}, host.now), Send::no_route)
        << int{type};
    EXPECT_EQ(frame.header()[0], type) << "the frame is as it was";
  }
  Frame none;
  const Buffer message = icmp_message(8, 0, 1, {1});
  none.add_payload(message);
  EXPECT_EQ(host.ip.send(none, {.destination = remote, .protocol = 1}, host.now), Send::no_route)
      << "whose header is not where it could be changed";
  EXPECT_TRUE(host.take_all().empty());
}

TEST(ClatEdges, RFC7915_4_2_our_error_quotes_as_much_as_fits_the_least_mtu) {
  ClatHost host;
  ASSERT_EQ(host.arrive(udp, host.datagram6(Buffer(200))), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  EXPECT_EQ(host.take(1)->bytes.size(), 40u + 8 + 40 + 208);
  Buffer segment(1400);
  segment[12] = 0x50;
  store16(segment.data() + 16,
          reference_checksum(segment, pseudo_sum_v6(remote6, host.own(), tcp, segment.size())));
  ASSERT_EQ(host.arrive(tcp, segment), Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  EXPECT_EQ(host.take(4)->bytes.size(), 1280u);
}

TEST(ClatEdges, what_is_not_translated_gets_errors_of_its_own_family) {
  ClatHost host;
  ASSERT_EQ(host.inject(ipv4_packet({.protocol = 17}, pattern(20))), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  const Buffer told = host.sent();
  ASSERT_GE(told.size(), 28u);
  EXPECT_EQ(told[20], icmp::destination_unreachable);
}

/// A packet that a device vouches for.
std::optional<Datagram> vouched(ClatHost& host, std::uint8_t protocol, const Buffer& payload) {
  Packet up = host.wire.packet(packet(protocol, payload, {remote6, host.own(), 50}), 1);
  up.info.ethertype = ethernet::ethertype::ipv6;
  up.info.checksum_verified = true;
  return host.ip.receive(std::move(up), host.now);
}

TEST(ClatEdges, a_checksum_that_was_left_undone_stays_so_in_the_other_family) {
  for (const std::uint8_t protocol : {tcp, udp}) {
    ClatHost host;
    Buffer transport = pattern(60);
    const std::size_t field = protocol == tcp ? 16 : 6;
    const std::uint32_t v6 = pseudo_sum_v6(remote6, host.own(), protocol, transport.size());
    store16(transport.data() + field, static_cast<std::uint16_t>((v6 & 0xffff) + (v6 >> 16)));
    host.datagram = vouched(host, protocol, transport);
    ASSERT_TRUE(host.datagram);
    const std::uint32_t v4 = pseudo_sum(remote, host4, protocol, transport.size());
    EXPECT_EQ(load16(host.payload().data() + field), static_cast<std::uint16_t>((v4 & 0xffff) + (v4 >> 16)));
    // And one that is done is right there, too.
    store16(transport.data() + field, 0);
    store16(transport.data() + field, reference_checksum(transport, v6));
    host.datagram = vouched(host, protocol, transport);
    ASSERT_TRUE(host.datagram);
    EXPECT_TRUE(checksum_good_v4(host.payload(), protocol));
  }
}

TEST(ClatEdges, RFC768_a_checksum_that_becomes_zero_is_all_ones_for_udp_alone) {
  ClatHost host;
  Buffer body(2);
  const Buffer header{0x30, 0x39, 0, 7, 0, 10, 0, 0};
  store16(body.data(), reference_checksum(header, pseudo_sum(remote, host4, udp, 10)));
  ASSERT_EQ(host.arrive(udp, host.datagram6(body)), Drop::none);
  EXPECT_EQ(load16(host.payload().data() + 6), 0xffff);
  Buffer segment(20);
  segment[12] = 0x50;
  store16(segment.data() + 4, reference_checksum(segment, pseudo_sum(remote, host4, tcp, 20)));
  store16(segment.data() + 16, reference_checksum(segment, pseudo_sum_v6(remote6, host.own(), tcp, 20)));
  ASSERT_EQ(host.arrive(tcp, segment), Drop::none);
  EXPECT_EQ(load16(host.payload().data() + 16), 0);
}

TEST(ClatEdges, RFC7915_1_1_a_neighbour_reaches_the_address_by_ipv6) {
  ClatHost host;
  EXPECT_EQ(host.arrive_icmp(echo_request, 0, 1, {1, 2}, neighbour), Drop::none);
  const auto reply = host.take(echo_reply);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->source(), host.own());
  EXPECT_EQ(reply->destination(), neighbour);
}

TEST(ClatEdges, RFC7915_5_1_what_is_too_long_for_ipv4) {
  ClatHost host;
  constexpr std::size_t size = 65535;
  for (std::size_t at = 0; at < size; at += 1400) {
    const std::size_t length = std::min<std::size_t>(1400, size - at);
    Buffer bytes(8);
    FragmentHeader::write(bytes.data(), experimental, static_cast<std::uint16_t>(at), at + length < size, 77);
    bytes.resize(8 + length);
    EXPECT_EQ(host.arrive(44, bytes), at + length < size ? Drop::none : Drop::ip_length);
  }
  EXPECT_FALSE(host.datagram);
}

TEST(ClatEdges, RFC7915_5_3_an_error_about_our_echo_quotes_it_as_it_was) {
  ClatHost host;
  Frame frame;
  const Buffer body = pattern(8);
  frame.add_payload(body);
  IcmpHeader::write(frame.prepend(8), icmp::echo, 0, 0x00010002);
  frame.checksum = {.header_from_end = 8, .field = 2};
  ASSERT_EQ(host.ip.send(frame, {.destination = remote, .protocol = 1}, host.now), Send::sent);
  const Buffer ours = host.take(128)->bytes;
  EXPECT_EQ(host.arrive_icmp(3, 0, 0, ours, far_router), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->error, ErrorKind::time_exceeded);
  EXPECT_EQ(host.datagram->protocol, protocol::icmp);
  EXPECT_EQ(host.payload()[0], icmp::echo);
}

TEST(ClatEdges, RFC7915_5_3_quotes_that_show_nothing_of_ours) {
  ClatHost host;
  const Envelope ours{host.own(), remote6, 50};
  Buffer later_fragment{udp, 0, 0, 8, 0, 0, 0, 9};
  later_fragment.resize(40);
  Buffer endless{udp, 9, 0, 0, 0, 0, 0, 0};
  endless.resize(24);
  const struct {
    const char* what;
    Buffer quote;
  } rows[] = {
      {"a later fragment", packet(44, later_fragment, ours)},
      {"extension headers that do not end", packet(60, endless, ours)},
      {"neighbour discovery", packet(58, {135, 0, 0, 0, 0, 0, 0, 0}, ours)},
      {"an error", packet(58, {3, 0, 0, 0, 0, 0, 0, 0}, ours)},
      {"a packet to somebody who is not behind the NAT64",
       packet(udp, pattern(20), {host.own(), neighbour, 50})},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(host.arrive_icmp(1, 0, 0, row.quote), Drop::icmp_quote) << row.what;
    EXPECT_FALSE(host.datagram);
  }
}

TEST(ClatEdges, RFC7335_3_an_address_of_ipv4_that_is_there_already_stays) {
  Host6 host;
  ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
  ASSERT_TRUE(host.ip.add_address(0, {host4, 32}, false, host.now));
  ASSERT_TRUE(host.ip.set_clat(1, true, host.now));
  host.settle();
  host.advertise_router(1800, router, pref64());
  host.run_for(Duration::seconds(5));
  EXPECT_TRUE(host.ip.clat().active());
  EXPECT_TRUE(host.ip.is_own(host4));
}

TEST(ClatEdges, paths_are_asked_anew_when_it_ends_even_where_its_address_went_before) {
  ClatHost host;
  ASSERT_TRUE(host.ip.remove_address(0, host4));
  const std::uint32_t before = host.ip.generation();
  ASSERT_TRUE(host.ip.set_clat(1, false, host.now));
  EXPECT_NE(host.ip.generation(), before);
}

TEST(ClatEdges, RFC7915_1_3_both_mtus_of_a_path_are_20_bytes_less) {
  ClatHost host;
  const auto path = host.ip.path(remote);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->link_mtu, 1480);
  host.ip.path_mtu_update(remote, 1380, host.now);
  EXPECT_EQ(host.ip.path(remote)->mtu, 1380);
  EXPECT_EQ(host.ip.path(remote)->link_mtu, 1480) << "the link's own";
}

TEST(ClatEdges, RFC7915_4_1_the_time_to_live_is_that_of_ipv4) {
  Config config;
  config.default_ttl = 77;
  ClatHost host(config);
  for (const std::uint8_t ttl : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    EXPECT_EQ(host.send_datagram(10, {.ttl = ttl}), Send::sent);
    EXPECT_EQ(host.take_all().at(0).hop_limit(), ttl == 0 ? 77 : ttl);
  }
}

/// Their transports have no checksum that is known, or not all of it is there.
TEST(ClatEdges, RFC7915_4_1_and_5_1_what_has_no_checksum_to_correct_passes_as_it_is) {
  ClatHost host;
  const Buffer body = pattern(24);
  Frame frame;
  copy_bytes(frame.prepend(24), body);
  EXPECT_EQ(host.ip.send(frame, {.destination = remote, .protocol = experimental}, host.now), Send::sent);
  EXPECT_EQ(host.take_all().at(0).payload(), body);
  struct Row {
    std::uint8_t protocol;
    std::size_t size;
  };
  for (const Row& row : {Row{experimental, 24}, {tcp, 17}, {tcp, 14}, {udp, 7}, {udp, 4}, {udp, 0}}) {
    SCOPED_TRACE(testing::Message() << int{row.protocol} << ' ' << row.size);
    const Buffer sent = pattern(row.size, 9);
    EXPECT_EQ(host.arrive(row.protocol, sent), Drop::none);
    EXPECT_EQ(host.payload(), sent);
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->packet.info.ethertype, ethernet::ethertype::ipv4) << "which it is now";
  }
}

TEST(ClatEdges, RFC4861_7_2_neighbours_ask_for_the_address_whoever_they_are) {
  ClatHost host;
  const Envelope e{remote6, host.own(), 255};  // 255: from the link itself
  const Buffer question = with_address(host.own(), mac_option(1, peer_mac));
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, question, e)), Drop::none);
  const auto answer = host.take(136);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->destination(), remote6);
}

TEST(ClatEdges, RFC7915_5_1_the_longest_that_ipv4_takes) {
  ClatHost host;
  constexpr std::size_t size = 65535 - 20;
  for (std::size_t at = 0; at < size; at += 1400) {
    const std::size_t length = std::min<std::size_t>(1400, size - at);
    Buffer bytes(8);
    FragmentHeader::write(bytes.data(), experimental, static_cast<std::uint16_t>(at), at + length < size, 77);
    bytes.resize(8 + length);
    EXPECT_EQ(host.arrive(44, bytes), Drop::none);
  }
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.payload().size(), size);
}

TEST(ClatEdges, RFC792_a_quote_of_8_bytes_of_the_transport_is_enough) {
  ClatHost host;
  ASSERT_EQ(host.send_datagram(100), Send::sent);
  const Buffer ours = host.take_all().at(0).bytes;
  EXPECT_EQ(host.arrive_icmp(1, 4, 0, {ours.begin(), ours.begin() + 48}), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->error, ErrorKind::port_unreachable);
  EXPECT_EQ(host.payload().size(), 8u);
}

/// Nothing behind a quote that ends early is taken for a part of it.
TEST(ClatEdges, RFC7915_5_3_a_quoted_echo_cut_short_is_refused_and_not_written_to) {
  ClatHost host;
  const Buffer echo = packet(58, {128, 0, 0, 0, 0, 1, 0, 2}, {host.own(), remote6, 50});
  for (std::size_t size = 40; size < 48; ++size) {
    const Buffer quote(echo.begin(), echo.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(host.arrive_icmp(3, 0, 0, quote), Drop::icmp_quote) << size;
  }
  EXPECT_EQ(host.arrive_icmp(3, 0, 0, echo), Drop::none);
}

}  // namespace
}  // namespace linnet::ip::test::v6
