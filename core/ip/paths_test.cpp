// SPDX-License-Identifier: Apache-2.0
// By which way packets of either family leave, where there are several or none: RFC 1122 3.3, RFC 4007, RFC
// 4861 5.2.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

const IpAddress second_global = address("2001:db8:1::1");
const IpAddress all_nodes = address("ff02::1");
const IpAddress wide_group = address("ff0e::77");
const IpAddress far_away = address("2001:db8:99::1");

Config three_interfaces() {
  Config config;
  config.interfaces = 3;
  return config;
}

/// Two links besides loopback, 1 and 2.
struct TwoLinks : Host {
  explicit TwoLinks(bool speaks_v6 = true) : Host(three_interfaces()) {
    add_second();
    for (std::uint8_t i = 0; speaks_v6 && i < 3; ++i) EXPECT_TRUE(ip.enable_ipv6(i, now));
    if (!speaks_v6) return;
    EXPECT_TRUE(ip.add_address(1, {our_global, 64}, false, now));
    EXPECT_TRUE(ip.add_address(2, {second_global, 64}, false, now));
    run_for(Duration::seconds(20));
    device.out.clear();
    second.out.clear();
  }
  IpAddress link_local(std::uint8_t interface) const {
    for (const Ipv6Address& own : ip.neighbour_discovery().addresses().all()) {
      if (own.origin == AddressOrigin::link_local && own.interface == interface) return own.address;
    }
    return {};
  }
  /// Which interface a path leads by; -1: there is none.
  int by(const IpAddress& to, const IpAddress& from = {}, std::uint8_t interface = any_interface) const {
    const auto path = ip.path(to, from, interface);
    return path ? path->interface : -1;
  }
};

/// One link, and no loopback.
struct Alone {
  Alone()
      : memory(ethernet::Ethernet::memory_needed({}) + Ip::memory_needed({}) +
               BlockPool::memory_needed(Host::default_blocks) + Arena::alignment),
        arena(memory),
        pool(arena, Host::default_blocks),
        ethernet({}, arena, pool, random, drops),
        ip({}, arena, pool, random, ethernet, drops) {
    EXPECT_EQ(ethernet.add_link(device), 0);
    ip.add_interface(0);
    EXPECT_TRUE(ip.add_address(0, {our_address, 24}, false, now));
    EXPECT_TRUE(ip.enable_ipv6(0, now));
    EXPECT_TRUE(ip.add_address(0, {our_global, 64}, false, now));
    ip.poll(now);
    device.out.clear();
  }
  Instant now = Instant::from_microseconds(1000000);
  Random random{Random::Seed{1}};
  DropCounters drops;
  ethernet::test::RecordingDevice device;
  Buffer memory;
  Arena arena;
  BlockPool pool;
  ethernet::Ethernet ethernet;
  Ip ip;
};

TEST(Paths, what_leads_nowhere) {
  Host6 host;
  host.settle();
  EXPECT_FALSE(host.ip.path(IpAddress::any_v4()));
  EXPECT_FALSE(host.ip.path(IpAddress::any_v6()));
  EXPECT_FALSE(host.ip.path(peer, our_global)) << "from the other family";
  EXPECT_FALSE(host.ip.path(neighbour, our_address));
  EXPECT_FALSE(host.ip.path(neighbour, address("2001:db8::77"))) << "from an address that is not ours";
  EXPECT_FALSE(host.ip.path(neighbour, {}, 9)) << "by no such interface";
  EXPECT_FALSE(host.ip.path(neighbour, IpAddress::loopback_v6())) << "::1 never leaves";
  EXPECT_FALSE(host.ip.path(far_away)) << "nobody leads there";
}

TEST(Paths, to_ourselves_from_where_was_asked) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.ip.path(our_address, IpAddress::loopback_v4())->source, IpAddress::loopback_v4());
  EXPECT_EQ(host.ip.path(our_global, host.link_local())->source, host.link_local());
  EXPECT_EQ(host.ip.path(our_global)->source, our_global);
  EXPECT_EQ(host.ip.path(our_global)->interface, 0);
}

TEST(Paths, without_loopback_nobody_reaches_himself) {
  Alone host;
  EXPECT_FALSE(host.ip.path(our_address));
  EXPECT_FALSE(host.ip.path(our_global));
  EXPECT_TRUE(host.ip.path(peer));
  // And nobody gets a copy of what goes to his own group.
  const IpAddress group = IpAddress::v4(239, 1, 2, 3);
  ASSERT_EQ(host.ip.groups().set({1, 0, group}, {FilterMode::exclude}, host.now), GroupError::none);
  Frame frame;
  const Buffer payload = pattern(8);
  frame.add_payload(payload);
  EXPECT_EQ(host.ip.send(frame, {.destination = group, .protocol = 253, .multicast_loop = true}, host.now),
            Send::sent);
  EXPECT_EQ(host.device.out.size(), 1u);
}

TEST(Paths, RFC3927_2_6_2_a_link_local_destination_is_on_the_link_whatever_leads_beyond) {
  Host host;
  const IpAddress local = IpAddress::v4(169, 254, 1, 1);
  EXPECT_EQ(host.ip.path(local)->next_hop, local);
  EXPECT_EQ(host.ip.path(remote)->next_hop, gateway);
}

TEST(Paths, no_route_leads_out_by_loopback) {
  Host6 host;
  host.settle();
  ASSERT_TRUE(host.ip.add_route({IpAddress::v4(198, 51, 100, 0), 24}, {}, 0));
  ASSERT_TRUE(host.ip.add_route({address("2001:db8:99::"), 48}, {}, 0));
  EXPECT_EQ(host.ip.path(remote)->interface, 1) << "by the next best";
  EXPECT_FALSE(host.ip.path(far_away));
}

TEST(Paths, RFC1112_6_1_a_group_without_a_route_goes_by_the_first_link_that_is_up) {
  TwoLinks host(false);
  const IpAddress group = IpAddress::v4(224, 0, 0, 251);
  ASSERT_TRUE(host.ip.remove_route({IpAddress::any_v4(), 0}, gateway, 1));
  EXPECT_EQ(host.by(group), 1);
  EXPECT_EQ(host.by(group, {}, 2), 2);
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.by(group), 2);
  EXPECT_EQ(host.by(group, {}, 1), -1) << "it is down";
  host.second.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.by(group), -1);
}

TEST(Paths, RFC4007_6_which_link_a_scoped_destination_is_on) {
  TwoLinks host;
  const IpAddress other = address("fe80::77");
  struct Row {
    const char* what;
    IpAddress to;
    IpAddress from{};
    std::uint8_t interface = any_interface;
    int by = -1;
  };
  const Row rows[] = {
      {"nobody knows", other},
      {"the zone says", other.with_zone(3), {}, any_interface, 2},
      {"the caller says", other, {}, 2, 2},
      {"both say the same", other.with_zone(3), {}, 2, 2},
      {"they contradict each other", other.with_zone(3), {}, 1, -1},
      {"a zone that there is not", other.with_zone(9)},
      {"an interface that there is not", other, {}, 8},
      {"the source's link", other, host.link_local(2).with_zone(3), any_interface, 2},
      {"a group: the first", all_nodes, {}, any_interface, 1},
      {"a group by its zone", all_nodes.with_zone(3), {}, any_interface, 2},
      {"a group by its source", all_nodes, host.link_local(2).with_zone(3), any_interface, 2},
      {"a wide group: the first", wide_group, {}, any_interface, 1},
  };
  for (const Row& row : rows) EXPECT_EQ(host.by(row.to, row.from, row.interface), row.by) << row.what;
  host.ip.disable_ipv6(2, host.now);
  EXPECT_EQ(host.by(other), 1) << "the only one that there is";
  EXPECT_EQ(host.by(other.with_zone(3)), -1) << "which speaks no IPv6";
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.by(other), -1);
  EXPECT_EQ(host.by(all_nodes), -1);
  EXPECT_EQ(host.by(wide_group), -1);
  EXPECT_EQ(host.by(all_nodes.with_zone(2)), -1) << "it is down";
}

TEST(Paths, a_link_that_is_down_or_speaks_no_ipv6_is_no_second_one) {
  const IpAddress other = address("fe80::77");
  TwoLinks host;
  host.second.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.by(other), 1);
  TwoLinks none(false);
  EXPECT_EQ(none.by(other), -1);
  EXPECT_EQ(none.by(all_nodes), -1);
  EXPECT_EQ(none.by(wide_group), -1);
}

TEST(Paths, RFC4291_2_7_a_group_is_on_the_link_that_the_route_names_and_no_further) {
  TwoLinks host;
  ASSERT_TRUE(host.ip.add_route({address("ff0e::"), 16}, address("2001:db8:1::fe"), 2));
  const auto path = host.ip.path(wide_group);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->interface, 2);
  EXPECT_EQ(path->next_hop, wide_group);
}

TEST(Paths, RFC1122_3_3_4_2_for_ipv6_too_a_packet_leaves_where_its_source_lives) {
  TwoLinks host;
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, address("2001:db8::fe"), 1));
  EXPECT_EQ(host.by(far_away, second_global), 1) << "no other way";
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, address("2001:db8:1::fe"), 2, 100));
  EXPECT_EQ(host.by(far_away), 1) << "the smaller metric";
  EXPECT_EQ(host.by(far_away, second_global), 2);
  EXPECT_EQ(host.by(far_away, {}, 2), 2);
  host.device.up = false;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.by(far_away), 2) << "the other link takes over";
  host.device.up = true;
  host.run_for(Duration::seconds(5));
  EXPECT_EQ(host.by(far_away), 1);
}

TEST(Paths, without_an_address_only_groups_can_be_reached) {
  Host host;
  EXPECT_TRUE(host.ip.enable_ipv6(1, host.now));
  ASSERT_TRUE(host.ip.add_route({address("2001:db8::"), 32}, {}, 1));
  EXPECT_FALSE(host.ip.path(neighbour)) << "while addresses are being detected";
  const auto path = host.ip.path(all_nodes);
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->source.is_unspecified());
}

TEST(Paths, an_unspecified_source_is_kept_where_it_was_asked_for) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.send({1}, {.destination = all_nodes, .protocol = 17, .keep_unspecified = true}), Send::sent);
  EXPECT_TRUE(host.take_all().at(0).source().is_unspecified());
}

// --- what becomes of frames ---

TEST(Paths, a_path_whose_link_went_down_takes_nothing) {
  Host6 host;
  host.settle();
  for (const IpAddress& to : {peer, neighbour}) {
    const auto path = host.ip.path(to);
    ASSERT_TRUE(path);
    host.device.up = false;
    host.run_for(Duration::milliseconds(1));
    Frame frame;
    EXPECT_EQ(
        host.ip.send(frame, *path, {.source = path->source, .destination = to, .protocol = 253}, host.now),
        Send::no_route);
    host.device.up = true;
    host.run_for(Duration::seconds(5));
  }
}

TEST(Paths, a_frame_that_no_packet_can_hold) {
  Host6 host;
  host.settle();
  const Buffer tiny = pattern(1);
  const Buffer large = pattern(3000);
  for (const IpAddress& to : {peer, neighbour}) {
    const SendInfo info{.destination = to, .protocol = 253};
    Frame full;
    static_cast<void>(full.prepend(Frame::header_capacity - 19));
    EXPECT_EQ(host.ip.send(full, info, host.now), Send::no_memory) << "no room for a header";
    Frame pieces;
    for (std::size_t i = 1; i < Frame::max_payload_spans; ++i) pieces.add_payload(tiny);
    pieces.add_payload(large);
    static_cast<void>(pieces.prepend(8));
    EXPECT_EQ(host.ip.send(pieces, info, host.now), Send::too_big) << "more pieces than a fragment points at";
    const Buffer huge = pattern(65536);
    EXPECT_EQ(host.send(huge, info), Send::too_big);
    Frame super;
    super.add_payload(large);
    super.segment_size = 1000;
    EXPECT_EQ(host.ip.send(super, info, host.now), Send::too_big)
        << "a super-segment that the device cannot cut";
  }
}

TEST(Paths, RFC8200_4_5_a_device_without_room_for_all_fragments) {
  Host6 host;
  host.settle();
  host.device.busy = 2;
  EXPECT_EQ(host.send(pattern(3000), {.destination = neighbour, .protocol = experimental}), Send::busy);
  EXPECT_TRUE(host.take_all().empty()) << "no later one goes out";
}

TEST(Paths, RFC791_3_2_a_link_so_small_that_the_transport_header_is_cut) {
  Host host;
  host.device.link_mtu = 27;
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.send(pattern(8), {.destination = peer, .protocol = 253}), Send::too_big) << "no 8 bytes fit";
  host.device.link_mtu = 36;
  host.run_for(Duration::milliseconds(1));
  Frame frame;
  const Buffer header = pattern(20, 2);
  const Buffer payload = pattern(15, 3);
  copy_bytes(frame.prepend(header.size()), header);
  frame.add_payload(payload);
  EXPECT_EQ(host.ip.send(frame, {.destination = peer, .protocol = 253}, host.now), Send::sent);
  Buffer all;
  while (!host.device.out.empty()) {
    const Buffer packet = host.sent();
    all.insert(all.end(), packet.begin() + 20, packet.end());
  }
  Buffer whole = header;
  whole.insert(whole.end(), payload.begin(), payload.end());
  EXPECT_EQ(all, whole);
}

/// A frame of 8 header bytes whose checksum, at 6 for UDP and 2 for ICMP, is to be filled in.
Send send_with_checksum(Host& host, const IpAddress& to, std::uint8_t protocol, const Buffer& body,
                        std::uint16_t field) {
  Frame frame;
  copy_bytes(frame.prepend(8), Buffer{0x80, 0, 0, 0, 0, 16, 0, 0});
  frame.add_payload(body);
  frame.checksum = {.header_from_end = 8, .field = field};
  return host.ip.send(frame, {.destination = to, .protocol = protocol}, host.now);
}

TEST(Paths, checksums_are_left_to_a_device_that_does_them_but_for_icmp) {
  Host host({}, {.transmit_checksum = true});
  for (const std::uint8_t i : {0, 1}) ASSERT_TRUE(host.ip.enable_ipv6(i, host.now));
  ASSERT_TRUE(host.ip.add_address(1, {our_global, 64}, false, host.now));
  host.run_for(Duration::seconds(20));
  const Envelope e{neighbour, our_global, 255};
  const Buffer asks = with_address(our_global, mac_option(1, peer_mac));
  ASSERT_EQ(host.inject(icmpv6_packet(135, 0, 0, asks, e), our_mac, 1, ethernet::ethertype::ipv6),
            Drop::none);
  host.device.out.clear();
  const Buffer body = pattern(8);
  EXPECT_EQ(send_with_checksum(host, neighbour, 17, body, 6), Send::sent);
  EXPECT_EQ(host.device.last_checksum.header_from_end, 8);
  const Buffer udp = host.device.take();
  const std::uint32_t pseudo = pseudo_sum_v6(our_global, neighbour, 17, 16);
  EXPECT_EQ(load16(udp.data() + 14 + 40 + 6), static_cast<std::uint16_t>((pseudo & 0xffff) + (pseudo >> 16)));
  EXPECT_EQ(send_with_checksum(host, neighbour, 58, body, 2), Send::sent);
  EXPECT_EQ(host.device.last_checksum.header_from_end, 0) << "RFC 4443 2.3";
  const Buffer icmp6 = host.device.take();
  EXPECT_EQ(reference_checksum(Bytes(icmp6).subspan(54), pseudo_sum_v6(our_global, neighbour, 58, 16)), 0);
  EXPECT_EQ(send_with_checksum(host, peer, 1, body, 2), Send::sent);
  EXPECT_EQ(host.device.last_checksum.header_from_end, 0) << "RFC 792";
  EXPECT_EQ(reference_checksum(Bytes(host.sent()).subspan(20)), 0);
}

TEST(Paths, RFC9293_3_1_only_udp_writes_a_checksum_of_zero_as_all_ones) {
  Host6 host;
  host.settle();
  Buffer body(2);
  const std::uint32_t pseudo = pseudo_sum_v6(our_global, neighbour, 253, 10);
  store16(body.data(), reference_checksum(Buffer{0x80, 0, 0, 0, 0, 16, 0, 0}, pseudo));  // all together: zero
  EXPECT_EQ(send_with_checksum(host, neighbour, 253, body, 6), Send::sent);
  EXPECT_EQ(load16(host.take_all().at(0).bytes.data() + 46), 0);
  const std::uint32_t pseudo_udp = pseudo_sum_v6(our_global, neighbour, 17, 10);
  store16(body.data(), reference_checksum(Buffer{0x80, 0, 0, 0, 0, 16, 0, 0}, pseudo_udp));
  EXPECT_EQ(send_with_checksum(host, neighbour, 17, body, 6), Send::sent);
  EXPECT_EQ(load16(host.take_all().at(0).bytes.data() + 46), 0xffff);
}

TEST(Paths, RFC6437_3_a_flow_has_one_label_and_ports_make_the_flow) {
  Host6 host;
  host.settle();
  const auto label_of = [&](std::uint8_t protocol, const Buffer& header) {
    Frame frame;
    if (!header.empty()) copy_bytes(frame.prepend(header.size()), header);
    EXPECT_EQ(host.ip.send(frame, {.destination = neighbour, .protocol = protocol}, host.now), Send::sent);
    return load32(host.take_all().at(0).bytes.data()) & 0xfffff;
  };
  for (const std::uint8_t protocol : {6, 17}) {
    const std::uint32_t first = label_of(protocol, {0x12, 0x34, 0, 80, 1, 1});
    EXPECT_NE(first, 0u);
    EXPECT_EQ(label_of(protocol, {0x12, 0x34, 0, 80, 2, 2, 2}), first);
    EXPECT_NE(label_of(protocol, {0x12, 0x35, 0, 80, 1, 1}), first);
    EXPECT_EQ(label_of(protocol, {0x12, 0x34, 0}), label_of(protocol, {})) << "no ports: one flow";
  }
  EXPECT_EQ(label_of(253, {1, 2, 3, 4}), label_of(253, {5, 6, 7, 8})) << "nor where there are none";
}

TEST(Paths, a_route_by_a_link_that_speaks_no_ipv6_any_more_leads_nowhere) {
  TwoLinks host;
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, address("2001:db8:1::fe"), 2));
  EXPECT_EQ(host.by(far_away), 2);
  host.ip.disable_ipv6(2, host.now);
  EXPECT_EQ(host.by(far_away), -1);
}

TEST(Paths, an_interface_that_is_not_there_is_no_other_link) {
  Alone host;
  EXPECT_EQ(host.ip.path(IpAddress::broadcast_v4())->interface, 0);
  host.device.up = false;
  host.ethernet.poll(host.now);
  host.ip.poll(host.now);
  EXPECT_FALSE(host.ip.path(IpAddress::broadcast_v4()));
  EXPECT_FALSE(host.ip.path(all_nodes));
  Host6 one(three_interfaces());
  one.settle();
  EXPECT_TRUE(one.ip.path(address("fe80::77"))) << "of three one is there that could be meant";
}

TEST(Paths, a_device_that_cuts_fills_in_the_checksums_of_what_it_cuts) {
  Host host({}, {.segmentation = 4000});
  for (const std::uint8_t i : {0, 1}) ASSERT_TRUE(host.ip.enable_ipv6(i, host.now));
  ASSERT_TRUE(host.ip.add_address(1, {our_global, 64}, false, host.now));
  host.run_for(Duration::seconds(20));
  const Envelope e{neighbour, our_global, 255};
  const Buffer asks = with_address(our_global, mac_option(1, peer_mac));
  ASSERT_EQ(host.inject(icmpv6_packet(135, 0, 0, asks, e), our_mac, 1, ethernet::ethertype::ipv6),
            Drop::none);
  const Buffer body = pattern(3000);
  for (const IpAddress& to : {peer, neighbour}) {
    Frame super;
    super.add_payload(body);
    Buffer header(20);
    header[12] = 0x50;
    copy_bytes(super.prepend(header.size()), header);
    super.segment_size = 1000;
    super.checksum = {.header_from_end = 20, .field = 16};
    host.device.out.clear();
    EXPECT_EQ(host.ip.send(super, {.destination = to, .protocol = 6}, host.now), Send::sent);
    EXPECT_EQ(host.device.last_checksum.header_from_end, 20) << "left to it";
    host.device.out.clear();
  }
}

}  // namespace
}  // namespace linnet::ip::test::v6
