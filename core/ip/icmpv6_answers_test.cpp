// SPDX-License-Identifier: Apache-2.0
// ICMPv6 at its edges: RFC 4443 2.4, 3 and 4, and RFC 8200 4 for what is owed an error.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

constexpr std::uint8_t udp = 17, tcp = 6, icmp6 = 58;
const IpAddress all_nodes = address("ff02::1");

Buffer ours(std::size_t size = 20) { return packet(udp, pattern(size), {our_global, neighbour, 64}); }

TEST(Icmpv6Answers, RFC4443_3_errors_name_what_they_are_about) {
  Host6 host;
  host.settle();
  struct Row {
    std::uint8_t type, code;
    ErrorKind kind;
  };
  const Row rows[] = {
      {1, 0, ErrorKind::net_unreachable},
      {1, 1, ErrorKind::administratively_prohibited},
      {1, 2, ErrorKind::net_unreachable},
      {1, 3, ErrorKind::host_unreachable},
      {1, 4, ErrorKind::port_unreachable},
      {1, 5, ErrorKind::administratively_prohibited},
      {1, 6, ErrorKind::administratively_prohibited},
      {1, 77, ErrorKind::host_unreachable},
      {2, 0, ErrorKind::fragmentation_needed},
      {3, 0, ErrorKind::time_exceeded},
      {3, 1, ErrorKind::time_exceeded},
      {4, 0, ErrorKind::parameter_problem},
      {4, 1, ErrorKind::protocol_unreachable},
      {4, 2, ErrorKind::parameter_problem},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(host.inject6(icmpv6_packet(row.type, row.code, row.type == 2 ? 1400 : 0, ours())), Drop::none);
    ASSERT_TRUE(host.datagram) << int{row.type} << "/" << int{row.code};
    EXPECT_EQ(host.datagram->error, row.kind) << int{row.type} << "/" << int{row.code};
    EXPECT_EQ(host.datagram->icmp_type, row.type);
    EXPECT_EQ(host.datagram->icmp_code, row.code);
    EXPECT_EQ(host.datagram->mtu, row.type == 2 ? 1400 : 0);
  }
  EXPECT_EQ(host.inject6(icmpv6_packet(100, 0, 0, ours())), Drop::icmp_type) << "of no known type";
  EXPECT_EQ(host.inject6(icmpv6_packet(2, 0, 100000, ours())), Drop::none);
  EXPECT_EQ(host.datagram->mtu, 65535) << "no path takes more that counts";
}

TEST(Icmpv6Answers, C10_05_C10_07_quotes_that_show_no_packet_of_ours) {
  Host6 host;
  host.settle();
  const Envelope from_us{our_global, neighbour, 64};
  Buffer later_fragment{udp, 0, 0, 8, 0, 0, 0, 9};
  later_fragment.resize(40, 7);
  Buffer cut_options{udp, 9, 0, 0, 0, 0, 0, 0};
  cut_options.resize(24);
  const struct {
    const char* what;
    Buffer quote;
  } rows[] = {
      {"a later fragment", packet(44, later_fragment, from_us)},
      {"extension headers that do not end", packet(60, cut_options, from_us)},
      {"from nobody", packet(udp, pattern(20), {IpAddress{}, neighbour, 64})},
      {"from a neighbour", packet(udp, pattern(20), {neighbour, our_global, 64})},
      {"to a group", packet(udp, pattern(20), {our_global, all_nodes, 64})},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, row.quote)), Drop::icmp_quote) << row.what;
    EXPECT_FALSE(host.datagram) << row.what;
  }
  const Envelope to_group{neighbour, all_nodes, 64};
  EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, ours(), to_group), all_nodes_mac), Drop::icmp_quote)
      << "told to a group";
}

TEST(Icmpv6Answers, an_error_about_link_local_ends_has_their_zone) {
  Host6 host;
  host.settle();
  const IpAddress other = address("fe80::2");
  const Buffer quote = packet(udp, pattern(20), {host.link_local(), other, 64});
  EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, quote)), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->source, host.link_local().with_zone(2));
  EXPECT_EQ(host.datagram->destination, other.with_zone(2));
}

TEST(Icmpv6Answers, RFC4443_4_1_echo_from_nobody_and_to_groups) {
  Config config;
  config.answer_broadcast_echo = true;
  Host6 host(config);
  host.settle();
  const Envelope from_nobody{IpAddress{}, all_nodes, 64};
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 1, {1}, from_nobody), all_nodes_mac),
            Drop::ip_martian);
  const Envelope to_group{neighbour, all_nodes, 64};
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 1, {1}, to_group), all_nodes_mac), Drop::none);
  const auto reply = host.take(echo_reply);
  ASSERT_TRUE(reply) << "when configured so";
  EXPECT_EQ(reply->source(), our_global) << "from an address, not from the group";
}

TEST(Icmpv6Answers, we_answer_ourselves_by_loopback) {
  Host6 host;
  host.settle();
  for (const IpAddress& to : {our_global, host.link_local(), IpAddress::loopback_v6()}) {
    const Buffer request = icmpv6_message(echo_request, 0, 1, {1, 2, 3}, {to, to, 64});
    EXPECT_EQ(host.send(request, {.destination = to, .protocol = icmp6}), Send::sent);
    host.pass_loopback();
    EXPECT_FALSE(host.datagram) << "the request ends here";
    host.pass_loopback();
    ASSERT_TRUE(host.datagram) << AddressText(to).c_str();
    EXPECT_EQ(host.payload()[0], echo_reply);
    EXPECT_EQ(host.datagram->source.bytes(), to.bytes());
    host.datagram.reset();
  }
}

TEST(Icmpv6Answers, what_came_by_loopback_needs_no_checksum) {
  Host6 host;
  host.settle();
  Buffer reply = icmpv6_message(echo_reply, 0, 1, {1, 2, 3}, {our_global, our_global, 64});
  reply[2] ^= 1;
  EXPECT_EQ(host.send(reply, {.destination = our_global, .protocol = icmp6}), Send::sent);
  host.pass_loopback();
  EXPECT_TRUE(host.datagram) << "the device vouches";
  host.datagram.reset();
  EXPECT_EQ(host.inject6(packet(icmp6, reply)), Drop::icmp_checksum) << "a wire does not";
}

TEST(Icmpv6Answers, RFC4443_3_1_a_port_that_nobody_has) {
  Host6 host;
  host.settle();
  const Buffer bytes = packet(udp, pattern(30));
  ASSERT_EQ(host.inject6(bytes), Drop::none);
  host.ip.transport_unreachable(*host.datagram, host.now);
  const auto told = host.take(1);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->payload()[1], 4);
  EXPECT_EQ(told->source(), our_global);
  EXPECT_EQ(Buffer(told->bytes.begin() + 48, told->bytes.end()), bytes) << "as it came";
  EXPECT_EQ(host.payload(), pattern(30)) << "and the datagram is as it was";
}

TEST(Icmpv6Answers, RFC4443_2_4_e_1_no_error_about_an_error_or_a_message_of_icmp) {
  Host6 host;
  host.settle();
  for (const Buffer& bytes : {icmpv6_packet(1, 4, 0, ours()), icmpv6_packet(echo_reply, 0, 1, {1})}) {
    ASSERT_EQ(host.inject6(bytes), Drop::none);
    ASSERT_TRUE(host.datagram);
    host.ip.transport_unreachable(*host.datagram, host.now);
    host.ip.protocol_unreachable(*host.datagram, host.now);
    EXPECT_TRUE(host.take_all().empty());
  }
}

/// A destination options header with an option that is not known and asks for an error, even to groups.
Buffer refused_option(std::uint8_t next_header, const Buffer& rest) {
  Buffer bytes{next_header, 0, 0x80, 4, 0, 0, 0, 0};
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

TEST(Icmpv6Answers, RFC8200_4_2_who_is_told_of_an_option_that_is_refused) {
  struct Row {
    const char* what;
    Buffer packet;
    bool told;
    MacAddress to = our_mac;
  };
  const Envelope to_group{neighbour, all_nodes, 64};
  const Row rows[] = {
      {"a datagram", packet(60, refused_option(udp, pattern(8))), true},
      {"an echo", packet(60, refused_option(icmp6, {echo_request, 0, 0, 0, 0, 0, 0, 0})), true},
      {"RFC 4443 2.4 (e.1): an error", packet(60, refused_option(icmp6, {1, 4, 0, 0, 0, 0, 0, 0})), false},
      {"(e.2): a redirect", packet(60, refused_option(icmp6, {137, 0, 0, 0, 0, 0, 0, 0})), false},
      {"a message of which nothing is there", packet(60, refused_option(icmp6, {})), true},
      {"a chain that does not end", packet(60, refused_option(43, {icmp6, 9, 0, 0})), true},
      {"(e.3): one to a group, where the option asks for it",
       packet(60, refused_option(udp, pattern(8)), to_group), true, all_nodes_mac},
      {"(e.6): from nobody", packet(60, refused_option(udp, pattern(8)), {IpAddress{}, all_nodes, 64}), false,
       all_nodes_mac},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Host6 host;
    host.settle();
    EXPECT_EQ(host.inject6(row.packet, row.to), Drop::ipv6_option);
    EXPECT_FALSE(host.datagram);
    const auto told = host.take(4);
    EXPECT_EQ(told.has_value(), row.told);
    if (!told) continue;
    EXPECT_EQ(told->payload()[1], 2);
    EXPECT_EQ(load32(told->payload().data() + 4), 42u) << "the option's place";
    EXPECT_EQ(told->source(), our_global);
    EXPECT_EQ(told->destination(), neighbour);
  }
}

TEST(Icmpv6Answers, RFC7112_5_a_first_fragment_that_hides_the_transport_header) {
  Host6 host;
  host.settle();
  Buffer fragment{tcp, 0, 0, 1, 0, 0, 0, 9};
  const Buffer begins = pattern(16);
  fragment.insert(fragment.end(), begins.begin(), begins.end());
  EXPECT_EQ(host.inject6(packet(44, fragment)), Drop::ipv6_extension);
  const auto told = host.take(4);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->payload()[1], 3) << "incomplete header chain";
  fragment[3] = 1 | 8;  // a later one shows none, and may
  EXPECT_EQ(host.inject6(packet(44, fragment)), Drop::none);
}

TEST(Icmpv6Answers, RFC8200_4_5_options_behind_the_fragment_header_take_effect_when_all_is_there) {
  Host6 host;
  host.settle();
  const Buffer whole = refused_option(udp, pattern(40));
  const auto piece = [&](std::size_t offset, std::size_t length, bool more) {
    Buffer bytes(8);
    FragmentHeader::write(bytes.data(), 60, static_cast<std::uint16_t>(offset), more, 77);
    bytes.insert(bytes.end(), whole.begin() + static_cast<std::ptrdiff_t>(offset),
                 whole.begin() + static_cast<std::ptrdiff_t>(offset + length));
    return host.inject6(packet(44, bytes));
  };
  EXPECT_EQ(piece(0, 24, true), Drop::none);
  EXPECT_TRUE(host.take_all().empty());
  EXPECT_EQ(piece(24, 24, false), Drop::ipv6_option);
  EXPECT_TRUE(host.take(4));
  EXPECT_FALSE(host.datagram);
}

TEST(Icmpv6Answers, RFC3168_5_3_a_mark_on_one_fragment_marks_the_datagram_if_anybody_reads_it) {
  for (const std::uint8_t ect : {0, 2}) {
    Host6 host;
    host.settle();
    const auto piece = [&](std::uint16_t offset, bool more, std::uint8_t ecn) {
      Buffer bytes(8);
      FragmentHeader::write(bytes.data(), udp, offset, more, 77);
      bytes.resize(16 + 8);
      Buffer all = packet(44, bytes);
      all[1] = static_cast<std::uint8_t>(ecn << 4);
      return host.inject6(all);
    };
    EXPECT_EQ(piece(0, true, ect), Drop::none);
    EXPECT_EQ(piece(16, false, 3), Drop::none);
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->traffic_class, ect == 0 ? 0 : 3);
  }
}

TEST(Icmpv6Answers, RFC4443_3_3_a_first_fragment_that_is_all_that_came) {
  Host6 host;
  host.settle();
  for (const bool two : {false, true}) {
    Buffer bytes(8);
    FragmentHeader::write(bytes.data(), udp, 0, true, two ? 78u : 77u);
    bytes.resize(8 + 16);
    const Buffer first = packet(44, bytes);
    EXPECT_EQ(host.inject6(first), Drop::none);
    if (two) {
      FragmentHeader::write(bytes.data(), udp, 16, true, 78);
      EXPECT_EQ(host.inject6(packet(44, bytes)), Drop::none);
    }
    host.run_for(Duration::seconds(28));
    host.solicit(neighbour);  // so that it is known when the time is up
    host.run_for(Duration::seconds(4));
    const auto told = host.take(3);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->payload()[1], 1);
    EXPECT_EQ(Buffer(told->bytes.begin() + 48, told->bytes.end()), first) << "the first fragment alone";
  }
}

}  // namespace
}  // namespace linnet::ip::test::v6
