// SPDX-License-Identifier: Apache-2.0
// What comes to ourselves: by loopback, to groups that we listen to (RFC 1112 6.4), and under addresses not
// yet ours.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

constexpr IpAddress group4 = IpAddress::v4(239, 1, 2, 3);
const IpAddress group6 = address("ff15::1234");

struct Member : Host6 {
  explicit Member(const Config& c = {}) : Host6(c) {
    settle();
    for (const IpAddress& group : {group4, group6})
      EXPECT_EQ(ip.groups().set({1, 1, group}, {FilterMode::exclude}, now), GroupError::none);
    run_for(Duration::seconds(20));
    device.out.clear();
  }
  ~Member() { ip.groups().leave_all(1, now); }
  /// As the loopback device hands it up; what became of it.
  Drop by_loopback(const Buffer& bytes) {
    const std::uint64_t before = drops.total();
    Packet packet = wire.packet(bytes, 0);
    packet.info.ethertype = bytes[0] >> 4 == 4 ? ethernet::ethertype::ipv4 : ethernet::ethertype::ipv6;
    datagram.reset();
    datagram = ip.receive(std::move(packet), now);
    return drops.total() == before ? Drop::none : drops.last();
  }
  std::size_t copies() {
    const std::size_t waiting = loopback.waiting();
    drain_loopback();
    return waiting;
  }
};

TEST(OwnPackets, RFC1122_3_2_1_3_what_may_come_by_loopback) {
  const IpAddress l4 = IpAddress::loopback_v4();
  const IpAddress l6 = IpAddress::loopback_v6();
  struct Row {
    const char* what;
    IpAddress from, to;
    Drop reason;
  };
  const Row rows[] = {
      {"from 127.0.0.1 to itself", l4, l4, Drop::none},
      {"to another of 127/8", l4, IpAddress::v4(127, 9, 9, 9), Drop::none},
      {"from 127.0.0.1 to our address", l4, our_address, Drop::none},
      {"from our address to itself", our_address, our_address, Drop::none},
      {"from somebody else", peer, our_address, Drop::ip_martian},
      {"to somebody else", our_address, peer, Drop::ip_not_for_us},
      {"to class E", our_address, IpAddress::v4(240, 0, 0, 1), Drop::ip_not_for_us},
      {"a copy to our group", our_address, group4, Drop::none},
      {"to a group of nobody", our_address, IpAddress::v4(239, 9, 9, 9), Drop::ip_not_for_us},
      {"from 127/8 but no address of ours to a group", IpAddress::v4(127, 9, 9, 9), group4,
       Drop::ip_not_for_us},
      {"from ::1 to itself", l6, l6, Drop::none},
      {"from our address of IPv6", our_global, our_global, Drop::none},
      {"from a neighbour", neighbour, our_global, Drop::ip_martian},
      {"to a neighbour", our_global, neighbour, Drop::ip_not_for_us},
      {"a copy to our group of IPv6", our_global, group6, Drop::none},
      {"to a group of IPv6 of nobody", our_global, address("ff15::99"), Drop::ip_not_for_us},
  };
  Member host;
  for (const Row& row : rows) {
    const Buffer bytes = row.from.is_v4()
                             ? ipv4_packet({.source = row.from, .destination = row.to}, pattern(8))
                             : packet(experimental, pattern(8), {row.from, row.to, 64});
    EXPECT_EQ(host.by_loopback(bytes), row.reason) << row.what;
    EXPECT_EQ(host.datagram.has_value(), row.reason == Drop::none) << row.what;
    if (host.datagram && row.to.is_multicast()) {
      EXPECT_TRUE(host.datagram->group) << row.what;
      EXPECT_EQ(host.datagram->interface, 1) << "that of its source: " << row.what;
    }
  }
}

TEST(OwnPackets, RFC1112_6_4_a_copy_for_the_members_on_this_host) {
  Member host;
  for (const IpAddress& group : {group4, group6}) {
    SCOPED_TRACE(AddressText(group).c_str());
    const SendInfo usual{.destination = group, .protocol = 253, .multicast_loop = true, .interface = 1};
    EXPECT_EQ(host.send(pattern(8), usual), Send::sent);
    EXPECT_EQ(host.device.out.size(), 1u);
    EXPECT_EQ(host.copies(), 1u);
    SendInfo info = usual;
    info.multicast_loop = false;
    EXPECT_EQ(host.send(pattern(8), info), Send::sent);
    EXPECT_EQ(host.copies(), 0u) << "not asked for";
    info = usual;
    info.host_only = true;
    host.device.out.clear();
    EXPECT_EQ(host.send(pattern(8), info), Send::sent);
    EXPECT_TRUE(host.device.out.empty()) << "6.1: a time to live of zero";
    EXPECT_EQ(host.copies(), 1u);
    info = usual;
    info.keep_unspecified = true;
    EXPECT_EQ(host.send(pattern(8), info), Send::sent);
    EXPECT_EQ(host.copies(), 0u) << "from nobody";
    info = usual;
    info.destination = group.is_v4() ? IpAddress::v4(239, 9, 9, 9) : address("ff15::99");
    EXPECT_EQ(host.send(pattern(8), info), Send::sent);
    EXPECT_EQ(host.copies(), 0u) << "nobody here listens";
    info = usual;
    info.destination = group.is_v4() ? peer : neighbour;
    EXPECT_EQ(host.send(pattern(8), info), Send::sent);
    EXPECT_EQ(host.copies(), 0u) << "no group";
    host.device.out.clear();
  }
  const SendInfo by_loopback{.source = IpAddress::loopback_v4(),
                             .destination = group4,
                             .protocol = 253,
                             .multicast_loop = true,
                             .interface = 0};
  EXPECT_EQ(host.send(pattern(8), by_loopback), Send::sent);
  EXPECT_EQ(host.copies(), 1u) << "once";
}

TEST(OwnPackets, RFC1112_6_4_the_checksum_of_a_copy_does_not_spoil_that_of_the_packet) {
  Member host;
  Frame frame;
  const Buffer body = pattern(9);
  copy_bytes(frame.prepend(8), Buffer{0, 7, 0, 7, 0, 17, 0, 0});
  frame.add_payload(body);
  frame.checksum = {.header_from_end = 8, .field = 6};
  const SendInfo info{.destination = group4, .protocol = 17, .multicast_loop = true, .interface = 1};
  EXPECT_EQ(host.ip.send(frame, info, host.now), Send::sent);
  EXPECT_EQ(frame.checksum.header_from_end, 8) << "the frame is as it was";
  const Buffer out = host.sent();
  EXPECT_EQ(reference_checksum(Bytes(out).subspan(20), pseudo_sum(our_address, group4, 17, 17)), 0);
  host.pass_loopback();
  EXPECT_TRUE(host.datagram);
}

TEST(OwnPackets, RFC2131_4_1_what_is_accepted_before_there_is_an_address) {
  const IpAddress offered = IpAddress::v4(192, 0, 2, 77);
  Buffer to_client = pattern(12);
  store16(to_client.data() + 2, 68);
  Buffer to_server = to_client;
  store16(to_server.data() + 2, 67);
  struct Row {
    const char* what;
    PacketOptions options;
    Buffer payload;
    bool accepted;
  };
  const Row rows[] = {
      {"UDP to port 68", {.destination = offered, .protocol = 17}, to_client, true},
      {"to another port", {.destination = offered, .protocol = 17}, to_server, false},
      {"of another protocol", {.destination = offered, .protocol = 6}, to_client, false},
      {"cut short",
       {.destination = offered, .protocol = 17},
       Buffer(to_client.begin(), to_client.begin() + 7),
       false},
      {"a fragment",
       {.destination = offered, .protocol = 17, .more = true},
       Buffer(to_client.begin(), to_client.begin() + 8),
       false},
  };
  Host host;
  host.ip.set_accept_any(1, true);
  for (const Row& row : rows) {
    EXPECT_EQ(host.inject(ipv4_packet(row.options, row.payload)),
              row.accepted ? Drop::none : Drop::ip_not_for_us)
        << row.what;
    EXPECT_EQ(host.datagram.has_value(), row.accepted) << row.what;
  }
}

TEST(OwnPackets, RFC1122_3_3_4_2_strong_model_an_address_of_ipv6_belongs_to_its_interface) {
  Host host(Config{.interfaces = 3});
  host.add_second();
  for (const std::uint8_t i : {0, 1, 2}) ASSERT_TRUE(host.ip.enable_ipv6(i, host.now));
  const IpAddress second_global = address("2001:db8:1::1");
  ASSERT_TRUE(host.ip.add_address(1, {our_global, 64}, false, host.now));
  ASSERT_TRUE(host.ip.add_address(2, {second_global, 64}, false, host.now));
  const Buffer bytes = packet(experimental, pattern(8), {neighbour, second_global, 64});
  EXPECT_EQ(host.inject(bytes, our_mac, 1, ethernet::ethertype::ipv6), Drop::ip_not_for_us);
  EXPECT_EQ(host.inject(bytes, our_mac, 2, ethernet::ethertype::ipv6), Drop::none);
}

TEST(OwnPackets, RFC4291_2_5_2_only_discovery_begins_without_an_address) {
  Host6 host;
  host.settle();
  const Envelope e{IpAddress{}, address("ff02::1"), 64};
  EXPECT_EQ(host.inject6(packet(17, pattern(20), e), all_nodes_mac), Drop::ip_martian);
  EXPECT_FALSE(host.datagram);
}

TEST(OwnPackets, RFC4862_5_4_4_of_those_who_use_our_addresses_only_the_owner_of_a_tentative_one_is_heard) {
  Host6 host;
  host.settle();
  const Envelope ours{our_global, address("ff02::1"), 255};
  const Buffer claim = with_address(our_global, mac_option(2, peer_mac));
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, claim, ours), all_nodes_mac), Drop::ip_martian)
      << "it is settled";
  EXPECT_EQ(host.inject6(packet(58, {}, ours), all_nodes_mac), Drop::ip_martian) << "that claims nothing";
  const Envelope loopback{IpAddress::loopback_v6(), address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, claim, loopback), all_nodes_mac),
            Drop::ip_martian);
  EXPECT_TRUE(host.ip.is_own(our_global));
}

TEST(OwnPackets, RFC4862_5_4_4_from_an_optimistic_address_nothing_but_a_claim_is_heard) {
  Config config;
  config.optimistic_detection = true;
  config.duplicate_detection_transmits = 4;
  Host6 host(config);
  host.run_for(Duration::milliseconds(1500));
  ASSERT_TRUE(host.ip.is_own(our_global));
  const Envelope ours{our_global, address("ff02::1"), 255};
  EXPECT_EQ(host.inject6(icmpv6_packet(128, 0, 0, pattern(4), ours), all_nodes_mac), Drop::ip_martian);
  EXPECT_EQ(host.inject6(packet(17, Buffer(8, 136), ours), all_nodes_mac), Drop::ip_martian)
      << "begins as one does";
  const Buffer claim = with_address(our_global, mac_option(2, peer_mac));
  EXPECT_EQ(host.inject6(icmpv6_packet(136, 0, 0x20000000, claim, ours), all_nodes_mac), Drop::none);
}

TEST(OwnPackets, without_room_for_groups_neighbours_find_us_all_the_same) {
  for (const bool routes : {false, true}) {
    Config config;
    config.groups = 1;
    config.forward_v6 = routes;
    Host6 host(config);
    host.run_for(Duration::seconds(20));
    host.take_all();
    const IpAddress asked = nd::solicited_node(our_global);
    const Envelope e{neighbour, asked, 255};
    const MacAddress group{{0x33, 0x33, 0xff, asked.bytes()[13], asked.bytes()[14], asked.bytes()[15]}};
    EXPECT_EQ(
        host.inject6(icmpv6_packet(135, 0, 0, with_address(our_global, mac_option(1, peer_mac)), e), group),
        Drop::none);
    EXPECT_TRUE(host.take(136)) << routes;
  }
}

TEST(OwnPackets, a_zone_is_of_link_local_addresses_of_ipv6_on_a_link_that_there_is) {
  Host6 host;
  host.settle();
  const IpAddress other = address("fe80::77");
  EXPECT_EQ(with_zone(other, 1), other.with_zone(2));
  EXPECT_EQ(with_zone(IpAddress::v4(169, 254, 1, 1), 1), IpAddress::v4(169, 254, 1, 1));
  EXPECT_EQ(host.ip.scoped(other, 1), other.with_zone(2));
  EXPECT_EQ(host.ip.scoped(other, 9), other);
  EXPECT_EQ(host.ip.scoped(IpAddress::v4(169, 254, 1, 1), 1), IpAddress::v4(169, 254, 1, 1));
  EXPECT_EQ(host.ip.scoped(neighbour, 1), neighbour);
  EXPECT_EQ(host.ip.scoped(host.link_local(), 0), host.link_local().with_zone(2))
      << "by loopback: its own link's";
}

// --- IGMP and MLD at the door ---

TEST(OwnPackets, RFC2113_where_router_alert_stands_among_the_options) {
  Buffer query{0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0};
  store16(query.data() + 2, reference_checksum(query));
  struct Row {
    const char* what;
    Buffer options;
    Drop reason;
  };
  const Row rows[] = {
      {"alone", {148, 4, 0, 0}, Drop::none},
      {"behind a no-operation", {1, 148, 4, 0, 0, 0, 0, 0}, Drop::none},
      {"behind another option", {7, 4, 4, 0, 148, 4, 0, 0}, Drop::none},
      {"behind the end of the list", {0, 148, 4, 0}, Drop::igmp_malformed},
      {"only another one", {7, 4, 4, 0}, Drop::igmp_malformed},
      {"none at all", {}, Drop::igmp_malformed},
  };
  for (const Row& row : rows) {
    Host host;
    EXPECT_EQ(host.inject(ipv4_packet({.protocol = 2, .ttl = 1, .options = row.options}, query)), row.reason)
        << row.what;
  }
}

TEST(OwnPackets, RFC3810_6_2_a_query_without_router_alert_is_dropped) {
  Host6 host;
  host.settle();
  Buffer query(24);
  query[2] = 125;
  const Envelope e{router, address("ff02::1"), 1};
  Buffer bytes(16);
  EXPECT_EQ(host.inject6(icmpv6_packet(130, 0, 0, bytes, e), all_nodes_mac), Drop::mld_malformed);
}

TEST(OwnPackets, a_link_too_small_for_any_report_gets_none) {
  Host host;
  for (const std::uint16_t mtu : {20, 31}) {
    host.device.link_mtu = mtu;
    host.run_for(Duration::milliseconds(1));
    EXPECT_EQ(host.ip.groups().set({1, 1, group4}, {FilterMode::exclude}, host.now), GroupError::none);
    host.run_for(Duration::seconds(20));
    EXPECT_TRUE(host.device.out.empty()) << mtu;
    host.ip.groups().leave_all(1, host.now);
    host.run_for(Duration::seconds(20));
  }
}

TEST(OwnPackets, RFC3810_6_2_a_query_is_answered) {
  Member host;
  const Envelope e{router, address("ff02::1"), 1};
  Buffer query{130, 0, 0, 0, 0, 100, 0, 0};  // in 100 ms
  query.resize(28);
  query[24] = 2;
  query[25] = 125;
  store16(query.data() + 2,
          reference_checksum(query, pseudo_sum_v6(e.source, e.destination, 58, query.size())));
  Buffer payload{58, 0, 5, 2, 0, 0, 1, 0};  // hop-by-hop: Router Alert
  payload.insert(payload.end(), query.begin(), query.end());
  EXPECT_EQ(host.inject6(packet(0, payload, e), all_nodes_mac), Drop::none);
  host.run_for(Duration::seconds(1));
  bool reported = false;
  for (const Sent& sent : host.take_all())
    reported = reported || (sent.next_header() == 0 && sent.bytes[48] == 143);
  EXPECT_TRUE(reported);
}

}  // namespace
}  // namespace linnet::ip::test::v6
