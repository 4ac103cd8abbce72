// SPDX-License-Identifier: Apache-2.0
// Reassembly: what a whole datagram says of itself, who makes room for whom, and what the digest sees.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

/// Behind a header of destination options, which each fragment has anew.
Buffer fragment6(const Buffer& whole, std::size_t from, std::size_t to, std::uint8_t traffic_class = 0) {
  Buffer part = test6::extension(44, {});
  const Buffer header =
      test6::fragment_header(experimental, static_cast<std::uint16_t>(from), to < whole.size());
  part.insert(part.end(), header.begin(), header.end());
  const Buffer data = slice(whole, from, to);
  part.insert(part.end(), data.begin(), data.end());
  Buffer bytes = packet(60, part);
  bytes[0] = static_cast<std::uint8_t>(0x60 | traffic_class >> 4);
  bytes[1] = static_cast<std::uint8_t>(traffic_class << 4 & 0xf0);
  return bytes;
}

TEST(FragmentsEdges, RFC8200_4_5_the_payload_length_is_that_of_the_whole) {
  Host6 host;
  host.settle();
  const Buffer whole = pattern(2000);
  EXPECT_EQ(host.inject6(fragment6(whole, 0, 1000)), Drop::none);
  EXPECT_EQ(host.inject6(fragment6(whole, 1000, 2000)), Drop::none);
  ASSERT_EQ(host.payload(), whole);
  host.datagram->packet.restore(host.datagram->header_length);
  const Bytes bytes = host.datagram->packet.bytes();
  EXPECT_EQ(load16(bytes.data() + 4) + 40u, bytes.size());
}

TEST(FragmentsEdges, RFC4443_3_3_what_is_quoted_is_a_fragment_of_the_right_length) {
  Host6 host;
  host.settle();
  const Buffer whole = pattern(2000);
  EXPECT_EQ(host.inject6(fragment6(whole, 0, 800)), Drop::none);
  host.run_for(host.config.reassembly_timeout - Duration::seconds(2));
  host.solicit(neighbour);
  host.run_for(Duration::seconds(4));
  const auto error = host.take(3);
  ASSERT_TRUE(error);
  const Bytes quoted = Bytes(error->bytes).subspan(48);
  EXPECT_EQ(quoted[6], 44) << "the fragment header follows at once";
  EXPECT_EQ(load16(quoted.data() + 4), 8 + 800);
  EXPECT_EQ(Buffer(quoted.begin() + 48, quoted.end()), slice(whole, 0, 800));
}

TEST(FragmentsEdges, RFC3168_5_3_congestion_experienced_by_a_fragment_marks_what_may_be_marked) {
  struct Row {
    std::uint8_t first, second, whole;
  };
  // ECT(1) is 1, ECT(0) is 2, CE is 3; 4 is a bit of the DSCP.
  const Row rows[] = {{1, 3, 3}, {2, 3, 3}, {0, 3, 0}, {4, 7, 4}, {2, 2, 2}, {1, 1, 1}, {3, 2, 3}};
  const Buffer data = pattern(200);
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << int{row.first} << ' ' << int{row.second});
    Host6 host;
    host.settle();
    host.inject6(fragment6(data, 0, 104, row.first));
    host.inject6(fragment6(data, 104, 200, row.second));
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->traffic_class, row.whole);
    host.inject(ipv4_fragment(data, 0, 104, {.traffic_class = row.first}));
    host.inject(ipv4_fragment(data, 104, 200, {.traffic_class = row.second}));
    ASSERT_TRUE(host.datagram);
    EXPECT_EQ(host.datagram->traffic_class, row.whole) << "IPv4";
  }
}

TEST(FragmentsEdges, what_was_put_together_says_so_and_is_no_train_of_segments) {
  Host host;
  const Buffer whole = pattern(200);
  for (const auto& [from, to] : {std::pair{0u, 104u}, {104u, 200u}}) {
    Packet part = host.wire.packet(ipv4_fragment(whole, from, to), 1);
    part.info.ethertype = ethernet::ethertype::ipv4;
    part.info.segment_size = 8;
    host.datagram = host.ip.receive(std::move(part), host.now);
  }
  ASSERT_TRUE(host.datagram);
  EXPECT_TRUE(host.datagram->packet.info.reassembled);
  EXPECT_EQ(host.datagram->packet.info.segment_size, 0);
}

TEST(FragmentsEdges, C06_04_who_has_half_of_the_table_makes_room_for_itself) {
  struct Row {
    std::uint16_t table, own;
    bool own_goes;
  };
  const Row rows[] = {{4, 2, true},  {4, 3, true},  {2, 1, true},  {6, 3, true},
                      {4, 1, false}, {6, 2, false}, {5, 2, false}, {3, 1, false}};
  const Buffer whole = pattern(200);
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::Message() << row.own << " of " << row.table);
    Config config;
    config.reassemblies = row.table;
    Host host(config, {}, {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 8});
    // The others came first; `id` 1 is the oldest of them, and 101 that of the one who wants more.
    const auto begin = [&](const IpAddress& source, std::uint16_t id) {
      host.run_for(Duration::milliseconds(1));
      return host.inject(ipv4_fragment(whole, 0, 104, {.source = source, .identification = id}));
    };
    for (std::uint16_t i = 1; i <= row.table - row.own; ++i) EXPECT_EQ(begin(gateway, i), Drop::none);
    for (std::uint16_t i = 101; i < 101 + row.own; ++i) EXPECT_EQ(begin(peer, i), Drop::none);
    EXPECT_EQ(begin(peer, 200), Drop::fragment_limit);
    const auto completes = [&](const IpAddress& source, std::uint16_t id) {
      host.inject(ipv4_fragment(whole, 104, 200, {.source = source, .identification = id}));
      return host.datagram.has_value();
    };
    const bool kept = row.own_goes ? completes(gateway, 1) : completes(peer, 101);
    EXPECT_TRUE(kept);
    EXPECT_FALSE(row.own_goes ? completes(peer, 101) : completes(gateway, 1));
  }
}

TEST(FragmentsEdges, whatever_differs_shows_in_the_digest) {
  const IpAddress other = IpAddress::v4(192, 0, 2, 99);
  const Buffer whole = pattern(200);
  const auto with = [&](const std::vector<Buffer>& fragments) {
    Host host;
    EXPECT_TRUE(host.ip.add_address(1, {other, 24}, false, host.now));
    host.run_for(Duration::seconds(5));
    for (const Buffer& one : fragments) EXPECT_EQ(host.inject(one), Drop::none);
    return host.digest();
  };
  const Buffer first = ipv4_fragment(whole, 0, 104);
  const Buffer second = ipv4_fragment(whole, 0, 104, {.identification = 2});
  const auto plain = with({first});
  EXPECT_TRUE(with({first}) == plain);
  EXPECT_TRUE(with({first, second}) == with({second, first})) << "wherever they stand in the table";
  struct Row {
    const char* what;
    Buffer bytes;
  };
  const Row rows[] = {
      {"source", ipv4_fragment(whole, 0, 104, {.source = gateway})},
      {"destination", ipv4_fragment(whole, 0, 104, {.destination = other})},
      {"identification", second},
      {"protocol", ipv4_fragment(whole, 0, 104, {.protocol = 254})},
      {"length of the header", ipv4_fragment(whole, 0, 104, {.options = Buffer(4, 1)})},
      {"what is there", ipv4_fragment(whole, 0, 96)},
  };
  for (const Row& row : rows) {
    const auto digest = with({row.bytes});
    EXPECT_NE(digest.high, plain.high) << row.what;
    EXPECT_NE(digest.low, plain.low) << row.what;
  }
}

TEST(FragmentsEdges, C06_04_what_is_no_fragment_makes_nobody_leave) {
  Host host(Config{.reassemblies = 1});
  const Buffer whole = pattern(200);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 104)), Drop::none);
  const PacketOptions other{.identification = 2, .offset = 8};
  EXPECT_EQ(host.inject(ipv4_packet(other, {})), Drop::fragment_size) << "empty";
  PacketOptions followed = other;
  followed.more = true;
  EXPECT_EQ(host.inject(ipv4_packet(followed, pattern(12))), Drop::fragment_size) << "no multiple of 8";
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 104, 200)), Drop::none);
  EXPECT_EQ(host.payload(), whole);
}

}  // namespace
}  // namespace linnet::ip::test::v6
