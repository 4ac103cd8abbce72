// SPDX-License-Identifier: Apache-2.0
// A host that speaks IPv6, seen from its link: RFC 8200, RFC 4443, RFC 4861, RFC 4862.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

TEST(Ipv6Host, RFC4862_5_4_begins_with_duplicate_address_detection_and_reports_its_groups) {
  Host6 host;
  host.run_for(Duration::seconds(3));
  std::vector<IpAddress> probed;
  bool reported = false;
  bool asked_for_routers = false;
  for (const Sent& sent : host.take_all()) {
    if (sent.type() == 135) {
      EXPECT_TRUE(sent.source().is_unspecified());
      EXPECT_EQ(sent.hop_limit(), 255);
      EXPECT_EQ(sent.bytes.size(), 72u);
      EXPECT_EQ(sent.bytes[64], 14) << "a nonce, and no link-layer address";
      const IpAddress target = IpAddress::v6(std::span<const std::uint8_t, 16>(sent.bytes.data() + 48, 16));
      EXPECT_EQ(sent.destination(), nd::solicited_node(target));
      probed.push_back(target);
    }
    asked_for_routers = asked_for_routers || sent.type() == 133;
    if (sent.next_header() == 0) {  // hop-by-hop options: MLD
      reported = true;
      EXPECT_EQ(sent.hop_limit(), 1);
      EXPECT_EQ(sent.destination(), address("ff02::16"));
      EXPECT_EQ(sent.bytes[42], 5) << "router alert";
    }
  }
  EXPECT_EQ(probed.size(), 2u);
  EXPECT_TRUE(reported);
  EXPECT_TRUE(asked_for_routers);
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
  EXPECT_TRUE(host.ip.is_own(host.link_local()));
}

TEST(Ipv6Host, RFC4862_5_4_a_tentative_address_receives_nothing) {
  Host6 host;
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 1, {1, 2, 3})), Drop::ip_not_for_us);
}

TEST(Ipv6Host, RFC4862_5_4_what_could_not_be_probed_is_not_used) {
  Host6 host;
  host.device.busy = 1000000;
  host.run_for(Duration::seconds(3));
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::probing);
  host.device.busy = 0;
  host.run_for(Duration::seconds(3));
  EXPECT_TRUE(host.take(135));
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
}

TEST(Ipv6Host, RFC4862_5_4_what_was_added_while_the_link_was_down_is_probed_when_it_is_up) {
  Host6 host;
  host.settle();
  host.device.up = false;
  host.run_for(Duration::seconds(1));
  const IpAddress another = address("2001:db8::55");
  EXPECT_TRUE(host.ip.add_address(1, {another, 64}, true, host.now));
  host.run_for(Duration::seconds(10));
  EXPECT_EQ(host.ip.address_state(1, another), ethernet::AddressState::probing);
  host.take_all();
  host.device.up = true;
  host.run_for(Duration::milliseconds(1));
  EXPECT_FALSE(host.ip.is_own(another));
  EXPECT_TRUE(host.ip.is_own(our_global));
  host.run_for(Duration::seconds(3));
  EXPECT_EQ(host.ip.address_state(1, another), ethernet::AddressState::usable);
}

/// RFC 4429 3.3: a neighbour cache must not learn what may be another's.
TEST(Ipv6Host, RFC4429_3_3_an_optimistic_address_asks_for_nobody) {
  Config config;
  config.optimistic_detection = true;
  Host6 host(config);
  host.run_for(Duration::milliseconds(1000));
  ASSERT_TRUE(host.ip.is_own(our_global));
  EXPECT_EQ(host.send({1}, {.destination = address("2001:db8::77"), .protocol = experimental}), Send::sent);
  host.run_for(Duration::milliseconds(500));
  for (const Sent& sent : host.take_all()) {
    EXPECT_TRUE(sent.source().is_unspecified() || host.ip.neighbour_discovery().addresses().find(1, sent.source())->settled())
        << int{sent.type()};
  }
  host.run_for(Duration::seconds(1));
  const auto question = host.take(135);
  ASSERT_TRUE(question) << "once it is the host's, it may ask";
  EXPECT_EQ(question->source(), our_global);
}

TEST(Ipv6Host, RFC4862_5_4_5_a_duplicate_is_not_used) {
  Host6 host;
  host.run_for(Duration::milliseconds(500));
  const Envelope e{neighbour, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, with_address(our_global, mac_option(2, peer_mac)), e), all_nodes_mac),
            Drop::none);
  host.run_for(Duration::seconds(5));
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::conflict);
  EXPECT_FALSE(host.ip.is_own(our_global));
}

/// RFC 4862 5.4.4, RFC 4429 3.3: its owner speaks from it, and must be heard although we use it already.
TEST(Ipv6Host, RFC4862_5_4_4_an_optimistic_address_is_given_up_to_its_owner) {
  Config config;
  config.optimistic_detection = true;
  config.duplicate_detection_transmits = 4;
  Host6 host(config);
  host.run_for(Duration::milliseconds(1500));
  ASSERT_TRUE(host.ip.is_own(our_global));
  const Envelope e{our_global, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, with_address(our_global, mac_option(2, peer_mac)), e), all_nodes_mac),
            Drop::none);
  EXPECT_FALSE(host.ip.is_own(our_global));
}

TEST(Ipv6Host, C11_13_a_claimed_link_local_address_is_replaced) {
  Host6 host;
  const IpAddress first = host.link_local();
  const Envelope e{IpAddress{}, nd::solicited_node(first), 255};
  const MacAddress group{{0x33, 0x33, 0xff, first.bytes()[13], first.bytes()[14], first.bytes()[15]}};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(first), e), group), Drop::none);
  EXPECT_NE(host.link_local(), first);
  host.run_for(Duration::seconds(5));
  EXPECT_TRUE(host.ip.is_own(host.link_local()));
}

TEST(Ipv6Host, RFC4429_3_2_nobody_is_asked_from_an_optimistic_address) {
  Config config;
  config.optimistic_detection = true;
  config.duplicate_detection_transmits = 4;
  Host6 host(config);
  host.run_for(Duration::milliseconds(1500));
  ASSERT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
  ASSERT_EQ(host.ip.neighbour_discovery().addresses().find(1, our_global)->state, Ipv6AddressState::tentative);
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}), Send::sent);
  host.solicit(router);  // whose link-layer address is known
  EXPECT_EQ(host.send({2}, {.destination = router, .protocol = experimental}), Send::sent) << "it is in use";
  host.run_for(Duration::seconds(1));
  bool used = false;
  for (const Sent& sent : host.take_all()) {
    const bool asks = sent.type() == 133 || sent.type() == 135;
    EXPECT_TRUE(!asks || sent.source().is_unspecified()) << int{sent.type()};
    EXPECT_TRUE(!asks || sent.bytes.size() == (sent.type() == 133 ? 48u : 72u)) << "without its link-layer address";
    used = used || sent.next_header() == experimental;
  }
  EXPECT_TRUE(used);
}

TEST(Ipv6Host, RFC4443_4_2_answers_echo) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 0x12345678, {9, 8, 7})), Drop::none);
  const auto reply = host.take(echo_reply);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->source(), our_global);
  EXPECT_EQ(reply->destination(), neighbour);
  EXPECT_EQ(reply->hop_limit(), 64);
  EXPECT_EQ(reply->payload().size(), 11u);
  EXPECT_EQ(load32(reply->bytes.data() + 44), 0x12345678u);
  EXPECT_NE(load32(reply->bytes.data()) & 0xfffff, 0u) << "RFC 6437: a flow label";
}

TEST(Ipv6Host, C10_10_no_echo_for_groups) {
  Host6 host;
  host.settle();
  const Envelope e{neighbour, address("ff02::1"), 64};
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 1, {}, e), all_nodes_mac), Drop::icmp_broadcast);
  EXPECT_TRUE(host.take_all().empty());
}

TEST(Ipv6Host, RFC4861_7_2_4_solicitations_are_answered) {
  Host6 host;
  host.settle();
  const Envelope e{neighbour, nd::solicited_node(our_global), 255};
  const MacAddress group{{0x33, 0x33, 0xff, 0, 0, 1}};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), e), group), Drop::none);
  const auto answer = host.take(136);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->hop_limit(), 255);
  EXPECT_EQ(answer->destination(), neighbour);
  EXPECT_EQ(answer->bytes[44], 0x60) << "solicited, override, no router";
  EXPECT_EQ(answer->bytes[64], 2) << "target link-layer address";
}

TEST(Ipv6Host, RFC4862_5_4_3_somebody_who_probes_our_address_hears_of_us) {
  Host6 host;
  host.settle();
  const Envelope e{IpAddress{}, nd::solicited_node(our_global), 255};
  const MacAddress group{{0x33, 0x33, 0xff, 0, 0, 1}};
  EXPECT_EQ(host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global), e), group), Drop::none);
  const auto answer = host.take(136);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->destination(), address("ff02::1"));
  EXPECT_EQ(answer->bytes[44], 0x20) << "not solicited: a group did not ask";
}

TEST(Ipv6Host, RFC6980_5_neighbour_discovery_in_fragments_is_dropped) {
  Host6 host;
  host.settle();
  const Envelope e{neighbour, our_global, 255};
  Buffer whole = icmpv6_message(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), e);
  Buffer fragment = test6::fragment_header(58, 0, false);
  fragment.insert(fragment.end(), whole.begin(), whole.end());
  EXPECT_EQ(host.inject6(packet(44, fragment, e)), Drop::nd_malformed);
  EXPECT_FALSE(host.take(136));
}

TEST(Ipv6Host, resolves_a_neighbour_and_sends_what_waited) {
  Host6 host;
  host.run_for(Duration::seconds(20));
  host.take_all();
  const IpAddress other = address("2001:db8::77");
  EXPECT_EQ(host.send({1, 2, 3}, {.destination = other, .protocol = experimental}), Send::sent);
  EXPECT_LE(host.ethernet.next_deadline(), host.now) << "the next poll asks, at once";
  host.ip.poll(host.now);
  const auto question = host.take(135);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->destination(), nd::solicited_node(other));
  EXPECT_EQ(question->source(), our_global);
  const Envelope e{other, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(other, mac_option(2, peer_mac)), e)), Drop::none);
  const auto all = host.take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].next_header(), experimental);
  EXPECT_EQ(all[0].to, peer_mac);
}

/// What waits for a neighbour when its source goes away, by its owner or by its lifetime, does not leave (C19-12).
TEST(Ipv6Host, C19_12_what_waits_does_not_outlive_its_source) {
  constexpr IpAddress leased = IpAddress::v6(std::array<std::uint8_t, 16>{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99});
  for (const bool expires : {false, true}) {
    Host6 host;
    host.settle();
    ASSERT_TRUE(host.ip.lease_address(1, leased, {Duration::seconds(5), Duration::seconds(5)}, host.now));
    host.run_for(Duration::milliseconds(4500));
    host.take_all();
    const IpAddress other = address("2001:db8::77");
    EXPECT_EQ(host.send({1}, {.source = leased, .destination = other, .protocol = experimental}), Send::sent);
    EXPECT_EQ(host.send({2}, {.source = our_global, .destination = other, .protocol = experimental}), Send::sent);
    if (!expires) {
      EXPECT_TRUE(host.ip.remove_address(1, leased));
    }
    host.run_for(Duration::seconds(1));
    host.take_all();
    const Envelope e{other, our_global, 255};
    EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(other, mac_option(2, peer_mac)), e)), Drop::none);
    const auto all = host.take_all();
    ASSERT_EQ(all.size(), 1u) << expires;
    EXPECT_EQ(all[0].source(), our_global);
  }
}

TEST(Ipv6Host, RFC4861_7_2_2_three_questions_then_it_has_failed) {
  Host6 host;
  host.run_for(Duration::seconds(20));
  host.take_all();
  EXPECT_EQ(host.send({1}, {.destination = address("2001:db8::77"), .protocol = experimental}), Send::sent);
  host.run_for(Duration::milliseconds(5500));
  std::size_t questions = 0;
  for (const Sent& sent : host.take_all()) questions += sent.type() == 135 ? 1 : 0;
  EXPECT_EQ(questions, 3u);
  EXPECT_EQ(host.send({1}, {.destination = address("2001:db8::77"), .protocol = experimental}), Send::unreachable);
}

TEST(Ipv6Host, RFC8200_4_an_unknown_protocol_is_a_parameter_problem) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.inject6(packet(experimental, pattern(40))), Drop::none);
  ASSERT_TRUE(host.datagram);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  const auto error = host.take(4);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->bytes[41], 1) << "unrecognized Next Header";
  EXPECT_EQ(load32(error->bytes.data() + 44), 6u) << "RFC 4443 3.4: where it stands";
  EXPECT_EQ(error->payload().size(), 8u + 80u) << "with the whole packet";
}

TEST(Ipv6Host, RFC4443_2_4_c_an_error_fits_into_the_least_mtu) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.inject6(packet(experimental, pattern(1400))), Drop::none);
  host.ip.protocol_unreachable(*host.datagram, host.now);
  const auto error = host.take(4);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->bytes.size(), 1280u);
}

TEST(Ipv6Host, RFC4443_2_4_e_no_error_for_groups_errors_and_nobody) {
  Host6 host;
  host.settle();
  const Buffer option = test6::extension(experimental, {0x80, 0, 0, 0, 0, 0});  // "10": an error, but not to groups' senders
  for (const Envelope& e : {Envelope{neighbour, address("ff02::1"), 64}, Envelope{IpAddress{}, address("ff02::1"), 64}}) {
    Buffer body = test6::extension(experimental, {0xc0, 0, 0, 0, 0, 0});
    EXPECT_NE(host.inject6(packet(60, body, e), all_nodes_mac), Drop::none);
  }
  EXPECT_TRUE(host.take_all().empty()) << "action 11 is silent for groups";
  EXPECT_EQ(host.inject6(packet(60, option)), Drop::ipv6_option);
  EXPECT_TRUE(host.take(4));
}

TEST(Ipv6Host, C10_09_errors_are_limited) {
  Host6 host;
  host.settle();
  for (int i = 0; i < 1000; ++i) {
    host.inject6(packet(experimental, pattern(10)));
    if (host.datagram) host.ip.protocol_unreachable(*host.datagram, host.now);
  }
  EXPECT_LE(host.take_all().size(), 16u);
}

TEST(Ipv6Host, RFC8200_4_5_fragments_in_any_order) {
  for (const bool backwards : {false, true}) {
    Host6 host;
    host.settle();
    const Buffer payload = pattern(3000);
    std::vector<Buffer> parts;
    for (std::size_t at = 0; at < payload.size(); at += 1000) {
      Buffer part = test6::fragment_header(experimental, static_cast<std::uint16_t>(at), at + 1000 < payload.size());
      part.insert(part.end(), payload.begin() + static_cast<std::ptrdiff_t>(at), payload.begin() + static_cast<std::ptrdiff_t>(at + 1000));
      parts.push_back(packet(44, part));
    }
    if (backwards) std::reverse(parts.begin(), parts.end());
    for (const Buffer& part : parts) EXPECT_EQ(host.inject6(part), Drop::none);
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.payload(), payload);
    EXPECT_EQ(host.datagram->protocol, experimental);
    EXPECT_EQ(host.datagram->header_length, 40);
  }
}

TEST(Ipv6Host, RFC5722_3_an_overlap_spoils_the_datagram) {
  Host6 host;
  host.settle();
  const auto part = [](std::uint16_t offset, bool more, std::size_t size) {
    Buffer bytes = test6::fragment_header(experimental, offset, more);
    const Buffer data = pattern(size, offset);
    bytes.insert(bytes.end(), data.begin(), data.end());
    return packet(44, bytes);
  };
  EXPECT_EQ(host.inject6(part(0, true, 1000)), Drop::none);
  EXPECT_EQ(host.inject6(part(800, false, 400)), Drop::fragment_overlap);
  EXPECT_EQ(host.inject6(part(1000, false, 200)), Drop::fragment_overlap) << "nothing of it is believed any more";
  EXPECT_FALSE(host.datagram);
}

TEST(Ipv6Host, RFC6946_4_an_atomic_fragment_waits_for_nobody) {
  Host6 host;
  host.settle();
  Buffer bytes = test6::fragment_header(experimental, 0, false);
  bytes.insert(bytes.end(), {1, 2, 3});
  EXPECT_EQ(host.inject6(packet(44, bytes)), Drop::none);
  EXPECT_EQ(host.payload(), (Buffer{1, 2, 3}));
  EXPECT_EQ(host.ip.reassemblies(), 0u);
}

TEST(Ipv6Host, RFC4443_3_3_a_datagram_whose_rest_never_comes_is_reported) {
  Host6 host;
  host.settle();
  Buffer bytes = test6::fragment_header(experimental, 0, true);
  const Buffer data = pattern(800);
  bytes.insert(bytes.end(), data.begin(), data.end());
  const Buffer first = packet(44, bytes);
  EXPECT_EQ(host.inject6(first), Drop::none);
  Buffer second = test6::fragment_header(experimental, 800, true);
  second.insert(second.end(), data.begin(), data.end());
  EXPECT_EQ(host.inject6(packet(44, second)), Drop::none);
  host.run_for(Duration::seconds(28));
  host.solicit(neighbour);  // so that it is known when the time is up
  host.run_for(Duration::seconds(4));
  const auto error = host.take(3);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->bytes[41], 1) << "fragment reassembly time exceeded";
  EXPECT_EQ(Buffer(error->bytes.begin() + 48, error->bytes.end()), first) << "2.4 (c): the first fragment, as it came";
}

TEST(Ipv6Host, RFC8200_4_5_sends_fragments_that_make_the_whole) {
  Host6 host;
  host.settle();
  const Buffer payload = pattern(5000);
  EXPECT_EQ(host.send(payload, {.destination = neighbour, .protocol = experimental}), Send::sent);
  Buffer got;
  std::optional<std::uint32_t> identification;
  for (const Sent& sent : host.take_all()) {
    ASSERT_EQ(sent.next_header(), 44);
    EXPECT_LE(sent.bytes.size(), 1500u);
    EXPECT_EQ(sent.bytes[40], experimental);
    EXPECT_EQ(load16(sent.bytes.data() + 42) & 0xfff8u, got.size());
    EXPECT_EQ(load32(sent.bytes.data() + 44), identification.value_or(load32(sent.bytes.data() + 44)));
    identification = load32(sent.bytes.data() + 44);
    got.insert(got.end(), sent.bytes.begin() + 48, sent.bytes.end());
    EXPECT_EQ((load16(sent.bytes.data() + 42) & 1) != 0, got.size() < payload.size());
  }
  EXPECT_EQ(got, payload);
  EXPECT_EQ(host.send(payload, {.destination = neighbour, .protocol = experimental, .dont_fragment = true}), Send::too_big);
}

TEST(Ipv6Host, RFC8201_4_packet_too_big) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.send(pattern(1400), {.destination = neighbour, .protocol = experimental}), Send::sent);
  const Buffer ours = host.take_all().at(0).bytes;
  const Buffer quote(ours.begin(), ours.begin() + 600);
  EXPECT_EQ(host.inject6(icmpv6_packet(2, 0, 1279, quote)), Drop::icmp_quote) << "C12-02: below the least MTU";
  EXPECT_EQ(host.inject6(icmpv6_packet(2, 0, 1300, quote)), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->error, ErrorKind::fragmentation_needed);
  EXPECT_EQ(host.datagram->mtu, 1300);
  EXPECT_EQ(host.ip.path_mtu_update(neighbour, 1300, host.now), 1300);
  EXPECT_EQ(host.ip.path_mtu_update(neighbour, 700, host.now), 1280);
  EXPECT_EQ(host.ip.path(neighbour)->mtu, 1280);
}

TEST(Ipv6Host, RFC4443_2_4_d_errors_go_to_whom_they_concern_only) {
  Host6 host;
  host.settle();
  const Buffer foreign = packet(experimental, pattern(20), {neighbour, router, 64});
  EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, foreign)), Drop::icmp_quote) << "not from us";
  const Buffer ours = packet(17, pattern(20), {our_global, neighbour, 64});
  EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, ours)), Drop::none);
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->error, ErrorKind::port_unreachable);
  EXPECT_EQ(host.datagram->protocol, 17);
  EXPECT_EQ(host.datagram->destination, neighbour);
  for (std::size_t cut = 0; cut < 48; ++cut) {  // C10-05
    const Buffer quote(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_EQ(host.inject6(icmpv6_packet(1, 4, 0, quote)), Drop::icmp_quote) << cut;
  }
}

TEST(Ipv6Host, martians) {
  Host6 host;
  host.settle();
  const struct {
    const char* why;
    Envelope envelope;
    MacAddress to;
    Drop reason;
  } rows[] = {
      {"a group cannot send", {address("ff02::1"), our_global, 64}, our_mac, Drop::ip_martian},
      {"loopback never left its host", {address("::1"), our_global, 64}, our_mac, Drop::ip_martian},
      {"nor is it reached from outside", {neighbour, address("::1"), 64}, our_mac, Drop::ip_martian},
      {"our own address (LAND)", {our_global, our_global, 64}, our_mac, Drop::ip_martian},
      {"mapped addresses (C08)", {address("::ffff:10.0.0.1"), our_global, 64}, our_mac, Drop::ip_martian},
      {"no destination", {neighbour, IpAddress{}, 64}, our_mac, Drop::ip_martian},
      {"no source, to one host", {IpAddress{}, our_global, 64}, our_mac, Drop::ip_martian},
      {"one host by a group's frame", {neighbour, our_global, 64}, all_nodes_mac, Drop::ip_martian},
      {"a group of the node alone", {neighbour, address("ff01::1"), 64}, all_nodes_mac, Drop::ip_martian},
      {"somebody else's address", {neighbour, address("2001:db8::9"), 64}, our_mac, Drop::ip_not_for_us},
      {"a group nobody joined", {neighbour, address("ff02::1234"), 64}, all_nodes_mac, Drop::ip_not_for_us},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(host.inject6(packet(experimental, {1, 2, 3}, row.envelope), row.to), row.reason) << row.why;
    EXPECT_TRUE(host.take_all().empty()) << row.why;
  }
}

TEST(Ipv6Host, off_until_it_is_enabled) {
  Host host;
  EXPECT_EQ(host.inject(packet(experimental, {1}), our_mac, 1, ethernet::ethertype::ipv6), Drop::l2_protocol);
  EXPECT_FALSE(host.ip.add_address(1, {our_global, 64}, true, host.now));
}

TEST(Ipv6Host, RFC4861_6_3_4_a_router_advertisement_brings_a_default_route) {
  Host6 host;
  host.settle();
  const IpAddress far_away = address("2001:db8:99::1");
  EXPECT_FALSE(host.ip.path(far_away));
  host.advertise_router();
  ASSERT_TRUE(host.ip.path(far_away));
  EXPECT_EQ(host.ip.path(far_away)->next_hop, router);
  EXPECT_EQ(host.ip.path(far_away)->source, our_global);
  host.advertise_router(0);
  EXPECT_FALSE(host.ip.path(far_away)) << "a lifetime of zero";
}

TEST(Ipv6Host, RFC4861_6_3_6_a_router_that_answers_comes_before_one_that_does_not) {
  Host6 host;
  host.settle();
  const IpAddress second = address("fe80::ff");
  host.advertise_router(1800, router);
  host.advertise_router(1800, second);
  const IpAddress far_away = address("2001:db8:99::1");
  const IpAddress first_choice = host.ip.path(far_away)->next_hop;
  EXPECT_EQ(host.send({1}, {.destination = far_away, .protocol = experimental}), Send::sent);
  const std::uint32_t generation = host.ip.generation();
  host.run_for(Duration::seconds(15));  // it is probed three times, and silent
  EXPECT_NE(host.ip.generation(), generation) << "connections ask anew";
  EXPECT_NE(host.ip.path(far_away)->next_hop, first_choice);
}

TEST(Ipv6Host, RFC4861_8_1_redirects_are_taken_from_the_router_in_use_only) {
  Host6 host;
  host.settle();
  host.advertise_router();
  const IpAddress far_away = address("2001:db8:99::1");
  const IpAddress better = address("fe80::bb");
  const auto redirect = [&](const IpAddress& from) {
    Buffer body = with_address(better, Buffer(far_away.bytes().begin(), far_away.bytes().end()));
    const Buffer option = mac_option(2, peer_mac);
    body.insert(body.end(), option.begin(), option.end());
    return icmpv6_packet(137, 0, 0, body, {from, our_global, 255});
  };
  EXPECT_EQ(host.inject6(redirect(address("fe80::66"))), Drop::nd_malformed);
  EXPECT_EQ(host.ip.path(far_away)->next_hop, router);
  EXPECT_EQ(host.inject6(redirect(router)), Drop::none);
  EXPECT_EQ(host.ip.path(far_away)->next_hop, better);
  EXPECT_EQ(host.ip.path(address("2001:db8:99::2"))->next_hop, router) << "others go as before";
}

TEST(Ipv6Host, RFC4861_8_1_no_router_redirects_what_is_on_the_link) {
  Host6 host;
  host.settle();
  host.advertise_router();
  Buffer body = with_address(address("fe80::bb"), Buffer(neighbour.bytes().begin(), neighbour.bytes().end()));
  EXPECT_EQ(host.inject6(icmpv6_packet(137, 0, 0, body, {router, our_global, 255})), Drop::nd_malformed);
  EXPECT_EQ(host.ip.path(neighbour)->next_hop, neighbour);
}

TEST(Ipv6Host, RFC4291_2_5_6_no_link_local_source_for_what_is_routed) {
  Host6 host;
  host.run_for(Duration::seconds(20));
  EXPECT_TRUE(host.ip.remove_address(1, our_global));
  host.advertise_router();
  EXPECT_FALSE(host.ip.path(address("2001:db8:99::1")));
  EXPECT_TRUE(host.ip.path(address("fe80::99"))) << "RFC 4007 6: the only link there is";
}

TEST(Ipv6Host, RFC4007_11_zones) {
  Host6 host;
  host.settle();
  EXPECT_TRUE(host.ip.path(address("fe80::99%2")));
  EXPECT_FALSE(host.ip.path(address("fe80::99%1"))) << "loopback has no neighbours";
  EXPECT_FALSE(host.ip.path(address("fe80::99%9"))) << "no such interface";
  EXPECT_FALSE(host.ip.path(address("fe80::99%2"), {}, 0)) << "a zone and an interface that contradict each other";
  EXPECT_TRUE(host.ip.is_own(host.link_local().with_zone(2)));
  EXPECT_FALSE(host.ip.is_own(host.link_local().with_zone(1)));
}

TEST(Ipv6Host, what_we_send_to_ourselves_comes_by_loopback) {
  Host6 host;
  host.settle();
  for (const IpAddress& own : {our_global, address("::1"), host.link_local().with_zone(2)}) {
    EXPECT_EQ(host.send({1, 2, 3}, {.destination = own, .protocol = experimental}), Send::sent);
    host.pass_loopback();
    ASSERT_TRUE(host.datagram) << AddressText(own).view();
    EXPECT_EQ(host.datagram->destination, own);
    EXPECT_EQ(host.datagram->source, own);
  }
  EXPECT_TRUE(host.take_all().empty());
}

TEST(Ipv6Host, link_down_and_up_begins_anew) {
  Host6 host;
  host.settle();
  host.advertise_router();
  host.device.up = false;
  host.run_for(Duration::seconds(1));
  EXPECT_FALSE(host.ip.path(address("2001:db8:99::1")));
  host.device.up = true;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.ip.neighbour_discovery().addresses().find(1, our_global)->state, Ipv6AddressState::tentative)
      << "RFC 4862 5.4: on whatever link this is";
  EXPECT_TRUE(host.ip.is_own(our_global)) << "connections have it still";
  host.run_for(Duration::seconds(5));
  EXPECT_EQ(host.ip.address_state(1, our_global), ethernet::AddressState::usable);
}

TEST(Ipv6Host, disabled_there_is_nothing_left) {
  Host6 host;
  host.settle();
  host.advertise_router();
  host.ip.disable_ipv6(1, host.now);
  EXPECT_FALSE(host.ip.is_own(our_global));
  EXPECT_FALSE(host.ip.path(neighbour));
  EXPECT_EQ(host.inject6(icmpv6_packet(echo_request, 0, 1, {})), Drop::l2_protocol);
}

TEST(Ipv6Host, C11_09_a_scan_does_not_push_out_who_is_in_use) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}), Send::sent);
  const Envelope e{neighbour, our_global, 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x60000000, with_address(neighbour, mac_option(2, peer_mac)), e)), Drop::none);
  for (int i = 0; i < 2000; ++i) {
    Buffer bytes(neighbour.bytes().begin(), neighbour.bytes().end());
    store16(bytes.data() + 12, static_cast<std::uint16_t>(i + 1));
    const IpAddress nobody = IpAddress::v6(std::span<const std::uint8_t, 16>(bytes.data(), 16));
    host.send({1}, {.destination = nobody, .protocol = experimental});
  }
  host.take_all();
  EXPECT_EQ(host.send({1}, {.destination = neighbour, .protocol = experimental}), Send::sent);
  const auto all = host.take_all();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all[0].next_header(), experimental) << "sent, not asked for";
}

Config router_config() {
  Config config;
  config.forward_v6 = true;
  return config;
}

TEST(Ipv6Router, RFC4861_6_2_says_so_and_asks_for_no_other) {
  Host6 host(router_config());
  host.run_for(Duration::seconds(20));
  EXPECT_FALSE(host.take(133)) << "a router solicits none";
  for (const char* group : {"ff02::2", "ff05::2"}) {
    EXPECT_TRUE(host.ip.groups().wants(1, address(group), neighbour)) << "RFC 4291 2.8";
  }
  host.solicit(neighbour);
  const auto advertisement = host.take(136);
  ASSERT_TRUE(advertisement);
  EXPECT_EQ(advertisement->payload()[4] & 0xe0, 0xe0) << "RFC 4861 4.4: R, S and O";
  host.ip.disable_ipv6(1, host.now);
  EXPECT_FALSE(host.ip.groups().wants(1, address("ff02::2"), neighbour));
}

TEST(Ipv6Router, RFC4861_6_2_7_obeys_other_routers_only_when_told) {
  const Envelope e{router, address("ff02::1"), 255};
  const Buffer advertisement = icmpv6_packet(134, 0, 1800, Buffer(8), e);
  for (const bool told : {false, true}) {
    Config config = router_config();
    config.router_accepts_advertisements = told;
    Host6 host(config);
    host.settle();
    EXPECT_EQ(host.inject6(advertisement, all_nodes_mac), told ? Drop::none : Drop::icmp_type);
    EXPECT_EQ(host.ip.path(address("2001:db8:9::1")).has_value(), told);
  }
}

TEST(Ipv6Router, RFC4007_9_what_is_link_local_stays_on_its_link) {
  Host6 host(router_config());
  host.settle();
  const IpAddress other = address("fe80::2");
  host.solicit(other);
  host.take_all();
  EXPECT_EQ(host.inject6(packet(experimental, pattern(40), {other, address("2001:db8:9::1"), 64})), Drop::ip_not_forwarded);
  const auto told = host.take(1);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->payload()[1], 2) << "RFC 4443 3.1: beyond scope of source address";
  EXPECT_EQ(told->destination(), other);
  EXPECT_EQ(host.inject6(packet(experimental, pattern(40), {neighbour, address("fe80::77"), 64})), Drop::ip_not_forwarded);
  EXPECT_EQ(host.inject6(packet(experimental, pattern(40), {neighbour, address("2001:db8:9::1"), 64}), all_nodes_mac),
            Drop::ip_martian)
      << "the link's groups hold no packets of unicast";
  EXPECT_TRUE(host.take_all().empty());
}

}  // namespace
}  // namespace linnet::ip::test::v6
