// SPDX-License-Identifier: Apache-2.0
// The IP headers of IGMP and MLD: RFC 3376 4, RFC 3810 5.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

/// An IPv4 packet that went out, or none.
std::optional<Buffer> take_igmp(Host6& host) {
  std::optional<Buffer> found;
  while (!host.device.out.empty()) {
    const Buffer frame = host.device.take();
    const bool igmp = load16(frame.data() + 12) == ethernet::ethertype::ipv4 && frame[14 + 9] == 2;
    if (igmp && !found) found = Buffer(frame.begin() + 14, frame.end());
  }
  return found;
}

/// A packet to `to` with IGMP in it, with or without Router Alert.
Buffer igmp_packet(const Buffer& message, const IpAddress& to, bool alert = true, std::uint8_t ttl = 1) {
  const Buffer options = alert ? Buffer{0x94, 4, 0, 0} : Buffer{};
  return ipv4_packet({.destination = to, .protocol = 2, .ttl = ttl, .options = options}, message);
}

Buffer general_query() {
  Buffer query{0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0};
  store16(query.data() + 2, reference_checksum(query));
  return query;
}

TEST(Multicast, RFC3376_4_reports_have_a_TTL_of_1_internetwork_control_and_router_alert) {
  Host6 host;
  host.settle();
  const IpAddress group = IpAddress::v4(239, 1, 2, 3);
  EXPECT_EQ(host.ip.groups().set({1, 1, group}, {FilterMode::exclude}, host.now), GroupError::none);
  host.ip.poll(host.now);
  const auto report = take_igmp(host);
  ASSERT_TRUE(report);
  const Buffer& bytes = *report;
  EXPECT_EQ(bytes[0], 0x46);
  EXPECT_EQ(bytes[1], 0xc0);
  EXPECT_EQ(bytes[8], 1);
  EXPECT_EQ(load32(bytes.data() + 12), our_address.v4_value());
  EXPECT_EQ(load32(bytes.data() + 16), 0xe0000016u) << "224.0.0.22";
  EXPECT_EQ(load32(bytes.data() + 20), 0x94040000u);
  EXPECT_EQ(reference_checksum(Bytes(bytes).first(24)), 0);
  EXPECT_EQ(reference_checksum(Bytes(bytes).subspan(24)), 0) << "4.2.2";
  EXPECT_EQ(bytes[24], 0x22);
  EXPECT_EQ(bytes[32], 4) << "CHANGE_TO_EXCLUDE_MODE";
  EXPECT_EQ(bytes[33], 0) << "4.2.6: no auxiliary data";
  host.ip.groups().leave_all(1, host.now);
}

TEST(Multicast, RFC3376_4_1_12_a_query_to_any_address_of_ours_is_answered) {
  Host6 host;
  host.settle();
  const IpAddress group = IpAddress::v4(239, 1, 2, 3);
  EXPECT_EQ(host.ip.groups().set({1, 1, group}, {FilterMode::exclude}, host.now), GroupError::none);
  host.run_for(Duration::seconds(5));
  take_igmp(host);
  EXPECT_EQ(host.inject(igmp_packet(general_query(), our_address)), Drop::none);
  host.run_for(Duration::seconds(2));
  EXPECT_TRUE(take_igmp(host));
  const MacAddress all_systems{{1, 0, 0x5e, 0, 0, 1}};
  EXPECT_EQ(host.inject(igmp_packet(general_query(), IpAddress::v4(224, 0, 0, 1)), all_systems), Drop::none);
  host.run_for(Duration::seconds(2));
  EXPECT_TRUE(take_igmp(host));
  EXPECT_EQ(host.inject(igmp_packet(general_query(), our_address, false)), Drop::igmp_malformed) << "9.1";
  EXPECT_EQ(host.inject(igmp_packet(general_query(), our_address, true, 2)), Drop::igmp_malformed);
  host.ip.groups().leave_all(1, host.now);
}

TEST(Multicast, RFC3810_5_reports_come_from_a_link_local_address_with_a_hop_limit_of_1_and_router_alert) {
  Host6 host;
  host.settle();
  EXPECT_EQ(host.ip.groups().set({1, 1, address("ff15::1234")}, {FilterMode::exclude}, host.now),
            GroupError::none);
  host.ip.poll(host.now);
  const auto all = host.take_all();
  ASSERT_EQ(all.size(), 1u);
  const Sent& report = all[0];
  EXPECT_EQ(report.source(), host.link_local());
  EXPECT_EQ(report.destination(), address("ff02::16"));
  EXPECT_EQ(report.hop_limit(), 1);
  EXPECT_EQ(report.next_header(), 0);
  EXPECT_EQ(Buffer(report.bytes.begin() + 40, report.bytes.begin() + 48), (Buffer{58, 0, 5, 2, 0, 0, 1, 0}));
  const Buffer message(report.bytes.begin() + 48, report.bytes.end());
  EXPECT_EQ(message[0], 143);
  EXPECT_EQ(
      reference_checksum(message, pseudo_sum_v6(report.source(), report.destination(), 58, message.size())),
      0);
  host.ip.groups().leave_all(1, host.now);
}

TEST(Multicast, RFC3810_5_2_13_without_a_link_local_address_they_come_from_nobody) {
  Host6 host;  // its addresses are tentative
  host.run_for(Duration::milliseconds(1));
  bool reported = false;
  for (const Sent& sent : host.take_all()) {
    if (sent.next_header() != 0) continue;
    EXPECT_TRUE(sent.source().is_unspecified());
    reported = true;
  }
  EXPECT_TRUE(reported);
}

}  // namespace
}  // namespace linnet::ip::test::v6
