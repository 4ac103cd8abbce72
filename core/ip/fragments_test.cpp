// SPDX-License-Identifier: Apache-2.0
// Reassembly: RFC 791 3.2, RFC 815, hostile-packet rows C06.
#include <map>
#include <random>

#include "core/ip/test_host.hpp"

namespace linnet::ip::test {
namespace {

TEST(Fragments, RFC815_every_order_of_five_fragments_and_none_missing_one) {
  const Buffer whole = pattern(40 * 8 + 3);
  const std::array<std::size_t, 6> cuts = {0, 64, 128, 200, 264, whole.size()};
  std::array<std::size_t, 5> order = {0, 1, 2, 3, 4};
  Host host;
  std::uint16_t id = 0;
  do {
    ++id;
    for (std::size_t i = 0; i < 5; ++i) {
      ASSERT_EQ(host.inject(ipv4_fragment(whole, cuts[order[i]], cuts[order[i] + 1], {.identification = id})),
                Drop::none);
      ASSERT_EQ(host.datagram.has_value(), i == 4) << "C09-04: not before the last hole is filled";
    }
    ASSERT_EQ(host.payload(), whole);
    ASSERT_EQ(host.datagram->header_length, 20);
    ASSERT_EQ(host.ip.reassemblies(), 0u);
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(id, 120);
}

TEST(Fragments, one_of_65535_bytes) {
  const Buffer whole = pattern(65515);
  Host host;
  for (std::size_t from = 0; from < whole.size(); from += 1480) {
    ASSERT_EQ(host.inject(ipv4_fragment(whole, from, std::min(from + 1480, whole.size()))), Drop::none);
  }
  EXPECT_EQ(host.payload(), whole);
  host.datagram->packet.restore(host.datagram->header_length);
  const Bytes header = host.datagram->packet.bytes();
  EXPECT_EQ(load16(header.data() + 2), 65535);
  EXPECT_EQ(reference_checksum(header.first(20)), 0) << "quotable";
}

TEST(Fragments, without_large_blocks_what_fits_a_small_one) {
  Host host({}, {}, {.small_size = 1664, .small_count = 32, .large_size = 0, .large_count = 0});
  const Buffer fits = pattern(1590);
  EXPECT_EQ(host.inject(ipv4_fragment(fits, 0, 800)), Drop::none);
  EXPECT_EQ(host.inject(ipv4_fragment(fits, 800, 1590)), Drop::none);
  EXPECT_EQ(host.payload(), fits);
  const Buffer too_long = pattern(1608);
  EXPECT_EQ(host.inject(ipv4_fragment(too_long, 0, 800)), Drop::none);
  EXPECT_EQ(host.reject(ipv4_fragment(too_long, 800, 1608)), Drop::fragment_size);
}

TEST(Fragments, C06_01_C06_02_ends_beyond_the_largest_datagram) {
  Host host;
  EXPECT_EQ(host.reject(ipv4_packet({.offset = 65528}, Buffer(1480))), Drop::fragment_size)
      << "ping of death";
  EXPECT_EQ(host.reject(ipv4_packet({.offset = 65528}, Buffer(8))), Drop::fragment_size);
  EXPECT_EQ(host.reject(ipv4_packet({.more = true, .offset = 65512}, Buffer(8))), Drop::fragment_size);
  EXPECT_EQ(host.reject(ipv4_packet({.offset = 65512}, Buffer(4))), Drop::fragment_size);
  EXPECT_EQ(host.ip.reassemblies(), 0u);
  EXPECT_EQ(host.inject(ipv4_packet({.offset = 65512}, Buffer(3))), Drop::none) << "65,535 in all";
  // A first fragment with a longer header makes it too long after all.
  Buffer options(8, 1);
  const Buffer rest(65512);
  Drop last = Drop::none;
  for (std::size_t from = 0; from < rest.size(); from += 1472) {
    PacketOptions o{.more = true, .offset = static_cast<std::uint32_t>(from)};
    if (from == 0) o.options = options;
    last = host.inject(ipv4_packet(o, slice(rest, from, std::min(from + 1472, rest.size()))));
  }
  EXPECT_EQ(last, Drop::fragment_size);
  EXPECT_EQ(host.ip.reassemblies(), 0u);
}

TEST(Fragments, lengths_that_are_no_multiple_of_8_and_empty_ones) {
  Host host;
  for (std::size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(host.reject(ipv4_packet({.more = true, .offset = 8}, Buffer(size))), Drop::fragment_size);
  }
  EXPECT_EQ(host.reject(ipv4_packet({.offset = 8}, {})), Drop::fragment_size);
}

TEST(Fragments, C06_03_RFC5722_every_kind_of_overlap_discards_the_datagram) {
  struct Case {
    const char* name;
    std::size_t from, to;
    bool more;
  };
  // [64, 128) is there, [0, 64) and [128, ...) are not.
  const Case cases[] = {{"head", 32, 72, true},        {"tail", 120, 160, true},
                        {"around", 56, 136, true},     {"inside", 72, 80, true},
                        {"equal", 64, 128, true},      {"left edge", 64, 136, true},
                        {"right edge", 56, 128, true}, {"last", 120, 150, false},
                        {"early end", 64, 100, false}, {"ends before", 8, 40, false}};
  for (const Case& c : cases) {
    Host host;
    const Buffer whole = pattern(256);
    ASSERT_EQ(host.inject(ipv4_fragment(whole, 64, 128)), Drop::none);
    const Buffer other = pattern(c.to - c.from, 99);
    EXPECT_EQ(host.inject(ipv4_packet({.more = c.more, .offset = static_cast<std::uint32_t>(c.from)}, other)),
              Drop::fragment_overlap)
        << c.name;
    EXPECT_EQ(host.pool.large_free(), host.pool.large_count()) << "its memory is free at once";
    // The rest, even if it were right, is not taken any more.
    for (const auto& [from, to] : {std::pair{0u, 64u}, {64u, 128u}, {128u, 256u}}) {
      EXPECT_EQ(host.inject(ipv4_fragment(whole, from, to)), Drop::fragment_overlap) << c.name;
      EXPECT_FALSE(host.datagram);
    }
    host.run_for(host.config.reassembly_timeout + Duration::seconds(1));
    EXPECT_EQ(host.ip.reassemblies(), 0u);
    EXPECT_TRUE(host.device.out.empty()) << "no message about it";
  }
}

TEST(Fragments, C06_03_C06_07_exact_duplicates_are_ignored) {
  Host host;
  const Buffer whole = pattern(300);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 200, 300)), Drop::none);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 200, 300)), Drop::fragment_overlap);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 104)), Drop::none);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 104)), Drop::fragment_overlap);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 104, 200)), Drop::none);
  EXPECT_EQ(host.payload(), whole);
}

TEST(Fragments, C06_03_the_last_fragment_said_to_be_followed_by_more_is_a_contradiction) {
  Host host;
  const Buffer whole = pattern(304);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 200, 304)), Drop::none);
  EXPECT_EQ(host.inject(ipv4_packet({.more = true, .offset = 200}, slice(whole, 200, 304))),
            Drop::fragment_overlap);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 200)), Drop::fragment_overlap);
  EXPECT_FALSE(host.datagram);
}

TEST(Fragments, C06_03_teardrop_never_delivers_anything_but_what_was_sent) {
  // Random fragments of two different contents: a datagram that comes out is one of the two, whole.
  std::mt19937 random(4);
  const std::array<Buffer, 2> whole = {pattern(400, 1), pattern(400, 2)};
  int delivered = 0;
  Host host;
  for (std::uint32_t round = 0; round < 3000; ++round) {
    const auto id = static_cast<std::uint16_t>(round);
    const bool pure = round % 3 == 0;
    for (int i = 0; i < 12; ++i) {
      const Buffer& from_whole = whole[pure ? 0 : random() % 2];
      const std::size_t from = random() % 5 * 80;
      const std::size_t to = std::min<std::size_t>(400, from + (random() % 4 == 0 ? 160 : 80));
      host.inject(ipv4_fragment(from_whole, from, to, {.identification = id}));
      if (!host.datagram) continue;
      ++delivered;
      const Buffer got = host.payload();
      ASSERT_EQ(got.size(), 400u);
      for (std::size_t at = 0; at < 400; at += 80) {
        const Buffer part = slice(got, at, at + 80);
        ASSERT_TRUE(part == slice(whole[0], at, at + 80) || part == slice(whole[1], at, at + 80));
      }
      if (pure) {
        ASSERT_EQ(got, whole[0]);
      }
      break;
    }
    host.drain_fragments();
    host.device.out.clear();
    host.datagram.reset();
    ASSERT_EQ(host.pool.large_free(), host.pool.large_count());
  }
  EXPECT_GT(delivered, 100);
}

TEST(Fragments, C06_04_tiny_fragments_cost_no_more_than_64_holes) {
  Host host;
  const Buffer whole = pattern(4000);
  Drop last = Drop::none;
  std::size_t taken = 0;
  for (std::size_t from = 0; from + 8 < whole.size() && last == Drop::none; from += 16) {
    last = host.inject(ipv4_fragment(whole, from, from + 8));
    taken += last == Drop::none ? 1 : 0;
  }
  EXPECT_EQ(last, Drop::fragment_limit);
  EXPECT_EQ(taken, 64u);
}

TEST(Fragments, C06_04_another_flow_gets_through_a_flood_of_fragments) {
  Config config;
  config.reassemblies = 4;
  Host host(config);
  const Buffer whole = pattern(2000);
  std::mt19937 random(9);
  int delivered = 0;
  for (std::uint16_t round = 0; round < 200; ++round) {
    const auto flood = [&] {
      for (int i = 0; i < 50; ++i) {
        host.inject(ipv4_packet({.source = IpAddress::v4(192, 0, 2, 66),
                                 .identification = static_cast<std::uint16_t>(random()),
                                 .more = true,
                                 .offset = static_cast<std::uint32_t>(random() % 100 * 8)},
                                Buffer(8)));
      }
    };
    flood();
    host.inject(ipv4_fragment(whole, 0, 1000, {.identification = round}));
    flood();
    host.inject(ipv4_fragment(whole, 1000, 2000, {.identification = round}));
    delivered += host.datagram ? 1 : 0;
    host.run_for(Duration::milliseconds(10));
  }
  EXPECT_EQ(delivered, 200);
  EXPECT_LE(host.ip.reassemblies(), 4u);
}

TEST(Fragments, C06_05_the_oldest_makes_room_and_silence_is_reported_once) {
  Config config;
  config.reassemblies = 2;
  config.icmp_errors_per_second = 100;
  Host host(config);
  const Buffer whole = pattern(200);
  host.inject(ipv4_fragment(whole, 0, 104, {.identification = 1}));
  host.run_for(Duration::milliseconds(1));
  host.inject(ipv4_fragment(whole, 0, 104, {.identification = 2}));
  host.run_for(Duration::milliseconds(1));
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 104, 200, {.source = gateway, .identification = 3})),
            Drop::fragment_limit);
  EXPECT_EQ(host.ip.reassemblies(), 2u);
  host.run_for(host.config.reassembly_timeout - Duration::milliseconds(10));
  EXPECT_EQ(host.ip.reassemblies(), 2u);
  EXPECT_TRUE(host.device.out.empty());
  host.run_for(Duration::milliseconds(20));
  EXPECT_EQ(host.ip.reassemblies(), 0u);
  EXPECT_EQ(host.drops.of(Drop::fragment_timeout), 2u);
  // RFC 1122 3.3.2: a message about number 2, whose first fragment came, and none about number 3.
  const Buffer message = host.sent();
  ASSERT_EQ(message.size(), 20u + 8 + 20 + 104);
  EXPECT_EQ(message[20], 11);
  EXPECT_EQ(message[21], 1);
  EXPECT_EQ(reference_checksum(Bytes(message).subspan(20)), 0);
  EXPECT_EQ(slice(message, 28, message.size()), ipv4_fragment(whole, 0, 104, {.identification = 2}));
  EXPECT_TRUE(host.device.out.empty());
}

TEST(Fragments, RFC1122_3_2_2_time_exceeded_quotes_the_first_fragment_alone) {
  Host host;
  const Buffer whole = pattern(400);
  host.inject(ipv4_fragment(whole, 0, 104, {}));
  host.inject(ipv4_fragment(whole, 104, 200, {}));
  host.run_for(host.config.reassembly_timeout + Duration::milliseconds(10));
  const Buffer message = host.sent();
  ASSERT_EQ(message.size(), 20u + 8 + 20 + 104);
  EXPECT_EQ(slice(message, 28, message.size()), ipv4_fragment(whole, 0, 104, {}));
}

TEST(Fragments, C06_06_a_tiny_first_fragment_shows_no_ports) {
  Host host;
  const Buffer whole = pattern(40);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 8, {.protocol = 6})), Drop::none);
  EXPECT_FALSE(host.datagram);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 8, 40, {.protocol = 6})), Drop::none);
  EXPECT_EQ(host.payload(), whole);
}

TEST(Fragments, C06_08_no_block) {
  Host host;
  std::vector<Block> all;
  while (Block block = host.pool.allocate_large()) all.push_back(std::move(block));
  while (Block block = host.pool.allocate(1)) all.push_back(std::move(block));
  EXPECT_EQ(host.reject(ipv4_fragment(pattern(100), 0, 56)), Drop::no_block);
  EXPECT_EQ(host.ip.reassemblies(), 0u);
}

TEST(Fragments, C06_10_an_address_or_a_link_that_goes_takes_its_fragments_along) {
  for (const bool link : {false, true}) {
    Host host;
    host.inject(ipv4_fragment(pattern(200), 0, 104));
    ASSERT_EQ(host.ip.reassemblies(), 1u);
    if (link) {
      host.device.up = false;
      host.ethernet.poll(host.now);
      host.ip.poll(host.now);
    } else {
      host.ip.remove_address(1, our_address);
    }
    EXPECT_EQ(host.ip.reassemblies(), 0u);
    EXPECT_EQ(host.pool.large_free(), host.pool.large_count());
  }
}

TEST(Fragments, C06_11_what_differs_in_any_part_of_the_key_is_never_mixed) {
  const Buffer whole = pattern(200);
  const PacketOptions others[] = {{.source = gateway},
                                  {.protocol = 252},
                                  {.identification = 2},
                                  {.destination = IpAddress::v4(192, 0, 2, 255)}};
  for (const PacketOptions& other : others) {
    Host host;
    host.inject(ipv4_fragment(whole, 0, 104));
    EXPECT_EQ(host.inject(ipv4_fragment(whole, 104, 200, other),
                          other.destination == our_address ? our_mac : MacAddress::broadcast()),
              Drop::none);
    EXPECT_FALSE(host.datagram);
    EXPECT_EQ(host.ip.reassemblies(), 2u);
  }
}

TEST(Fragments, C06_11_nor_what_came_by_another_interface) {
  Config config;
  config.interfaces = 3;
  Host host(config);
  host.add_second();
  ASSERT_TRUE(host.ip.add_address(2, {our_address, 32}, false, host.now));  // one address on two links
  const Buffer whole = pattern(200);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 104)), Drop::none);
  EXPECT_EQ(host.inject(ipv4_fragment(whole, 104, 200), our_mac, 2), Drop::none);
  EXPECT_FALSE(host.datagram);
  EXPECT_EQ(host.ip.reassemblies(), 2u);
}

TEST(Fragments, RFC3168_5_3_a_mark_on_one_fragment_marks_the_datagram) {
  Host host;
  const Buffer whole = pattern(200);
  host.inject(ipv4_fragment(whole, 0, 104, {.traffic_class = 2}));
  host.inject(ipv4_fragment(whole, 104, 200, {.traffic_class = 3}));
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->traffic_class, 3);
}

TEST(Fragments, a_reassembled_datagram_is_not_vouched_for_by_the_device) {
  Host host;
  const Buffer whole = pattern(200);
  for (const auto& [from, to] : {std::pair{0u, 104u}, {104u, 200u}}) {
    Packet packet = host.wire.packet(ipv4_fragment(whole, from, to), 1);
    packet.info.ethertype = ethernet::ethertype::ipv4;
    packet.info.checksum_verified = true;
    host.datagram = host.ip.receive(std::move(packet), host.now);
  }
  ASSERT_TRUE(host.datagram);
  EXPECT_FALSE(host.datagram->packet.info.checksum_verified);
}

TEST(Fragments, RFC3168_5_3_no_mark_where_the_first_fragment_says_that_nobody_reads_it) {
  Host host;
  const Buffer whole = pattern(200);
  host.inject(ipv4_fragment(whole, 0, 104, {.traffic_class = 0xb8}));
  host.inject(ipv4_fragment(whole, 104, 200, {.traffic_class = 0xbb}));
  ASSERT_TRUE(host.datagram);
  EXPECT_EQ(host.datagram->traffic_class, 0xb8);
}

TEST(Fragments, without_room_for_any_there_is_no_reassembly) {
  Host host(Config{.reassemblies = 0});
  EXPECT_EQ(host.reject(ipv4_fragment(pattern(200), 0, 104)), Drop::no_block);
  EXPECT_EQ(host.inject(ipv4_packet({}, pattern(20))), Drop::none);
  EXPECT_TRUE(host.datagram) << "what is whole needs none";
}

TEST(Fragments, a_first_piece_that_fits_no_block_leaves_nothing_behind) {
  Host host({}, {}, {.small_size = 1664, .small_count = 32, .large_size = 0, .large_count = 0});
  EXPECT_EQ(host.reject(ipv4_fragment(pattern(4000), 3200, 3400)), Drop::fragment_size);
  EXPECT_EQ(host.ip.reassemblies(), 0u);
}

TEST(Fragments, C06_05_of_a_datagram_that_was_given_up_nothing_is_counted_again) {
  const Buffer whole = pattern(400);
  for (const bool forgotten : {false, true}) {
    Host host(Config{.interfaces = 3, .reassemblies = 1});
    host.inject(ipv4_fragment(whole, 0, 104));
    const auto before = host.digest();
    EXPECT_EQ(host.inject(ipv4_fragment(whole, 96, 200)), Drop::fragment_overlap);
    EXPECT_FALSE(host.digest() == before) << "it waits to be forgotten";
    ASSERT_EQ(host.ip.reassemblies(), 1u);
    const std::uint64_t counted = host.drops.total();
    if (forgotten) {
      host.add_second();
      ASSERT_TRUE(host.ip.remove_address(2, Host::second_address));
      EXPECT_EQ(host.ip.reassemblies(), 1u) << "it is not of that interface";
      ASSERT_TRUE(host.ip.remove_address(1, our_address));
      EXPECT_EQ(host.ip.reassemblies(), 0u);
    } else {
      EXPECT_EQ(host.inject(ipv4_fragment(whole, 0, 104, {.identification = 2})), Drop::none);
    }
    EXPECT_EQ(host.drops.total(), counted);
  }
}

TEST(Fragments, RFC1122_3_2_2_no_error_about_the_rest_of_an_error_or_of_what_went_to_all) {
  struct Row {
    const char* what;
    PacketOptions options;
    MacAddress to = our_mac;
  };
  const Row rows[] = {
      {"ICMP", {.protocol = 1}},
      {"a broadcast", {.destination = IpAddress::v4(192, 0, 2, 255)}, MacAddress::broadcast()},
  };
  for (const Row& row : rows) {
    Host host;
    EXPECT_EQ(host.inject(ipv4_fragment(pattern(200), 0, 104, row.options), row.to), Drop::none) << row.what;
    ASSERT_EQ(host.ip.reassemblies(), 1u);
    host.drain_fragments();
    EXPECT_EQ(host.drops.of(Drop::fragment_timeout), 1u);
    EXPECT_TRUE(host.device.out.empty()) << row.what;
  }
}

}  // namespace
}  // namespace linnet::ip::test
