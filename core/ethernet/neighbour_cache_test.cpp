// SPDX-License-Identifier: Apache-2.0
// The neighbour cache by itself: whom it forgets for whom, what it believes in each state, and what it does
// without memory.
#include "core/base/failing_allocations.hpp"
#include "core/ethernet/test_neighbour_table.hpp"

namespace linnet::ethernet::test {
namespace {

TEST(NeighbourCache, C02_05_it_looks_at_sixteen_entries_at_most_for_one_that_is_idle) {
  Table t(17);
  for (std::uint32_t i = 1; i <= 17; ++i) t.reachable(i);
  t.now = t.now + Duration::seconds(40);
  for (std::uint32_t i = 1; i <= 16; ++i) t.cache.find(0, nth(i))->used = t.now;
  t.cache.learn_source(0, nth(50), other_mac, t.now);
  EXPECT_EQ(t.cache.find(0, nth(50)), nullptr) << "sixteen were in use";
  t.cache.learn_source(0, nth(50), other_mac, t.now);
  EXPECT_NE(t.cache.find(0, nth(50)), nullptr) << "they stand at the end now";
  EXPECT_EQ(t.cache.find(0, nth(17)), nullptr);
  EXPECT_EQ(t.cache.size(), 17u);
}

TEST(NeighbourCache, C02_05_who_is_being_verified_makes_no_room_for_others) {
  Table t(2);
  Neighbour& known = t.reachable(1);
  t.now = t.now + Duration::seconds(31);
  EXPECT_TRUE(t.cache.use(known, t.now));
  t.pass(NeighbourCache::first_probe_delay);
  ASSERT_EQ(known.state, State::probe);
  t.reachable(2).used = t.now;
  EXPECT_EQ(t.cache.create(0, nth(3), t.now), nullptr);
  EXPECT_EQ(t.cache.find(0, nth(1)), &known);
}

TEST(NeighbourCache, who_asks_does_not_push_out_whom_we_ask_for) {
  Table t(1);
  Neighbour* asked = t.cache.create(0, nth(1), t.now);
  EXPECT_EQ(t.cache.learn_sender(0, nth(2), other_mac, true, t.now), Learned::nothing);
  EXPECT_EQ(t.cache.find(0, nth(1)), asked);
  EXPECT_EQ(t.cache.find(0, nth(2)), nullptr);
  EXPECT_NE(t.cache.create(0, nth(3), t.now), nullptr) << "another one that we need does";
  EXPECT_EQ(t.cache.find(0, nth(1)), nullptr);
}

TEST(NeighbourCache, RFC826_others_questions_create_nothing) {
  Table t;
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), other_mac, false, t.now), Learned::nothing);
  EXPECT_EQ(t.cache.size(), 0u);
  Neighbour* asked = t.cache.create(0, nth(1), t.now);
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), other_mac, false, t.now), Learned::resolved)
      << "but answer our own";
  EXPECT_EQ(asked->mac, other_mac);
  EXPECT_EQ(asked->state, State::stale);
}

TEST(NeighbourCache, one_address_on_two_links_is_two_neighbours) {
  Table t;
  Neighbour* first = t.cache.create(0, nth(1), t.now);
  Neighbour* second = t.cache.create(1, nth(1), t.now);
  ASSERT_NE(first, second);
  EXPECT_EQ(t.cache.find(0, nth(1)), first);
  EXPECT_EQ(t.cache.find(1, nth(1)), second);
  // Addresses whose last bytes are the same share a place in what is remembered.
  Neighbour* third = t.cache.create(0, IpAddress::v4(10, 0, 0, 1), t.now);
  EXPECT_EQ(t.cache.find(0, nth(1)), first);
  EXPECT_EQ(t.cache.find(0, IpAddress::v4(10, 0, 0, 1)), third);
  EXPECT_EQ(t.cache.find(0, nth(17)), nullptr);
  EXPECT_EQ(t.cache.find(1, nth(16)), nullptr);
  t.cache.forget(1);
  EXPECT_EQ(t.cache.find(1, nth(1)), nullptr);
  EXPECT_EQ(t.cache.find(0, nth(1)), first);
}

TEST(NeighbourCache, RFC4861_7_3_3_an_answer_before_the_first_probe_is_no_answer) {
  Table t;
  Neighbour& n = t.reachable(1);
  t.now = t.now + Duration::seconds(31);
  EXPECT_TRUE(t.cache.use(n, t.now));
  ASSERT_EQ(n.state, State::probe);
  EXPECT_EQ(t.cache.learn_answer(&n, peer_mac, t.now), Learned::nothing);
  EXPECT_EQ(n.state, State::probe);
  EXPECT_TRUE(t.cache.use(n, t.now)) << "packets go meanwhile";
  t.pass(NeighbourCache::first_probe_delay);
  EXPECT_EQ(t.cache.learn_answer(&n, peer_mac, t.now), Learned::resolved);
  EXPECT_EQ(n.state, State::reachable);
}

TEST(NeighbourCache, C02_03_whoever_is_being_asked_is_not_asked_once_more) {
  Table t;
  Neighbour& n = t.reachable(1);
  t.now = t.now + Duration::seconds(31);
  t.cache.use(n, t.now);
  EXPECT_EQ(t.cache.learn_answer(&n, other_mac, t.now), Learned::doubted) << "not asked yet: now";
  ASSERT_EQ(n.state, State::probe);
  t.now = t.now + Duration::milliseconds(1);
  EXPECT_EQ(t.cache.learn_answer(&n, other_mac, t.now), Learned::nothing);
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), other_mac, true, t.now), Learned::nothing);
  EXPECT_EQ(n.mac, peer_mac);
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), peer_mac, true, t.now), Learned::nothing)
      << "a question is no proof";
  EXPECT_EQ(n.state, State::probe);
}

TEST(NeighbourCache, RFC826_a_stale_neighbour_that_we_send_to_is_asked_before_another_is_believed) {
  Table t;
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), peer_mac, true, t.now), Learned::nothing);
  Neighbour* n = t.cache.find(0, nth(1));
  ASSERT_EQ(n->state, State::stale);
  t.now = t.now + Duration::seconds(5);
  n->used = t.now;
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), other_mac, true, t.now), Learned::doubted);
  EXPECT_EQ(n->mac, peer_mac);
}

TEST(NeighbourCache, RFC1122_2_3_2_1_only_who_is_neither_used_nor_confirmed_is_forgotten) {
  Table t(8);
  Neighbour& unused = t.reachable(1);
  Neighbour& confirmed = t.reachable(2);
  Neighbour& used = t.reachable(3);
  t.now = t.now + Duration::seconds(500);
  t.cache.confirm(confirmed, t.now);
  used.used = t.now;
  EXPECT_EQ(unused.address, nth(1));
  t.pass(Duration::seconds(100));  // 600 s since the first of them: the sweep
  EXPECT_EQ(t.cache.find(0, nth(1)), nullptr);
  EXPECT_EQ(t.cache.find(0, nth(2)), &confirmed);
  EXPECT_EQ(t.cache.find(0, nth(3)), &used);
  EXPECT_FALSE(t.cache.next_deadline().is_never());
  t.pass(Duration::seconds(600));
  EXPECT_EQ(t.cache.size(), 0u);
  EXPECT_TRUE(t.cache.next_deadline().is_never());
}

TEST(NeighbourCache, without_room_for_packets_none_waits) {
  for (const Config& config : {Config{.queued_per_neighbour = 0}, Config{.queued_packets = 0}}) {
    Table t(4, config);
    Neighbour* n = t.cache.create(0, nth(1), t.now);
    EXPECT_EQ(t.enqueue(*n), Send::no_memory);
    EXPECT_TRUE(t.pool.full());
    EXPECT_EQ(t.drops.total(), 0u) << "whoever sent it is told";
  }
}

TEST(NeighbourCache, RFC1122_2_3_2_2_the_latest_packet_takes_the_place_of_anybodys_oldest) {
  Table t(4, {.queued_per_neighbour = 8, .queued_packets = 2});
  Neighbour* empty = t.cache.create(0, nth(1), t.now);
  Neighbour* first = t.cache.create(0, nth(2), t.now);
  Neighbour* second = t.cache.create(0, nth(3), t.now);
  EXPECT_EQ(empty->queued, 0u);
  EXPECT_EQ(t.enqueue(*first), Send::queued);
  EXPECT_EQ(t.enqueue(*first), Send::queued);
  EXPECT_EQ(t.enqueue(*second), Send::queued);
  EXPECT_EQ(first->queued, 1u);
  EXPECT_EQ(t.enqueue(*second), Send::queued);
  EXPECT_EQ(second->queued, 1u) << "its own oldest goes first";
  EXPECT_EQ(t.drops.of(Drop::neighbour_queue_full), 2u);
  t.cache.forget(0);
  EXPECT_TRUE(t.pool.full());
}

TEST(NeighbourCache, the_digest_tells_what_is_known_apart) {
  Table t;
  const auto digest = [&] {
    Digest d;
    t.cache.digest(d);
    return d.value();
  };
  const auto empty = digest();
  Neighbour& n = t.reachable(1);
  const auto known = digest();
  EXPECT_NE(known, empty);
  n.mac = other_mac;
  EXPECT_NE(digest(), known);
  n.mac = peer_mac;
  EXPECT_EQ(digest(), known);
  t.cache.forget(0);
  EXPECT_EQ(digest(), empty);
}

TEST(NeighbourCache, a_pool_that_yields_nothing_is_told_and_leaves_nothing_behind) {
  if (!FailingAllocations::possible) GTEST_SKIP() << "takes do not fail in this build";
  Table t;
  failing_allocations.begin(1);
  EXPECT_EQ(t.cache.create(0, nth(1), t.now), nullptr);
  failing_allocations.begin(1);
  EXPECT_EQ(t.cache.learn_source(0, nth(1), peer_mac, t.now), Learned::nothing);
  failing_allocations.begin(0);
  EXPECT_EQ(t.cache.size(), 0u);
  Neighbour* n = t.cache.create(0, nth(1), t.now);
  failing_allocations.begin(1);
  EXPECT_EQ(t.enqueue(*n), Send::no_memory);
  failing_allocations.begin(0);
  EXPECT_EQ(t.enqueue(*n), Send::queued);
  t.cache.forget(0);
}

// --- what leaves when the answer comes, or does not ---

/// An IPv4 header with that source and protocol; `port`, if not 0: a UDP source port.
Buffer ipv4_from(const IpAddress& source, std::uint8_t protocol, std::uint16_t port = 0,
                 std::size_t size = 28) {
  Buffer packet(size, 0);
  packet[0] = 0x45;
  if (size > 9) packet[9] = protocol;
  if (size >= 16) copy_bytes(packet.data() + 12, Bytes(source.v4_bytes()));
  if (size >= 22) store16(packet.data() + 20, port);
  return packet;
}

TEST(NeighbourQueue, RFC5227_2_4_which_packets_go_though_their_source_is_ours_no_more) {
  constexpr IpAddress gone = IpAddress::v4(192, 0, 2, 66);
  struct Row {
    const char* what;
    Buffer packet;
    bool transit;
    bool sent;
  };
  const Row rows[] = {
      {"RFC 2131 4.4.6: a DHCPRELEASE", ipv4_from(gone, 17, 68), false, true},
      {"another port", ipv4_from(gone, 17, 67), false, false},
      {"no UDP", ipv4_from(gone, 6, 68), false, false},
      {"UDP cut before its port", ipv4_from(gone, 17, 0, 21), false, false},
      {"RFC 1122 3.2.1.3: who has no address yet", ipv4_from(IpAddress::any_v4(), 17, 67), false, true},
      {"a packet of others", ipv4_from(gone, 6), true, true},
      {"our own", ipv4_from(our_address, 6), false, true},
      {"no IP header to look at", ipv4_from(gone, 6, 0, 19), false, true}};
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    Station station;
    Frame frame;
    frame.add_payload(row.packet);
    frame.transit = row.transit;
    EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv4, station.now), Send::queued);
    station.device.out.clear();
    const Drop reason = station.peer_answers();
    EXPECT_EQ(reason, row.sent ? Drop::none : Drop::ip_no_route);
    EXPECT_EQ(station.device.out.size(), row.sent ? 1u : 0u);
  }
}

TEST(NeighbourQueue, a_device_that_is_gone_when_the_answer_comes) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.device.gone = true;
  EXPECT_EQ(station.peer_answers(), Drop::device_gone);
  EXPECT_TRUE(station.pool.full());
}

TEST(NeighbourQueue, RFC1122_2_3_2_1_nobody_is_asked_for_without_an_address_to_ask_from) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.device.out.clear();
  station.ethernet.remove_address(0, our_address);
  station.run_for(Duration::milliseconds(3001));
  EXPECT_TRUE(station.device.out.empty());
  EXPECT_EQ(station.drops.of(Drop::neighbour_failed), 1u);
}

TEST(NeighbourQueue, RFC826_a_question_for_another_host_by_somebody_known_is_read) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.device.out.clear();
  const IpAddress third = IpAddress::v4(192, 0, 2, 77);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(),
                                     {.sender_mac = peer_mac, .sender = peer, .target = third})),
            Drop::none);
  ASSERT_EQ(station.device.out.size(), 1u) << "what waited, and no answer";
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv4, {0x45, 1, 2, 3}));
}

}  // namespace
}  // namespace linnet::ethernet::test
