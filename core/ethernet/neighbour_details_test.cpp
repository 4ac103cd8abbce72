// SPDX-License-Identifier: Apache-2.0
// The neighbour cache to the moment: when somebody is asked again, who stays, and what packets that wait
// keep.
#include "core/ethernet/test_neighbour_table.hpp"

namespace linnet::ethernet::test {
namespace {

constexpr Duration second = Duration::seconds(1);

class NeighbourDetails : public ::testing::Test {
 protected:
  Send enqueue(Neighbour& n, const Buffer& packet = Buffer(40, 0x45)) {
    return t.enqueue(n, false, packet, ethertype::ipv6);
  }
  Table t;
};

TEST_F(NeighbourDetails, who_was_never_asked_for_is_asked_at_once_however_young_the_clock_is) {
  t.now = Instant::from_microseconds(1000);
  EXPECT_EQ(t.cache.create(0, nth(1), t.now)->deadline, t.now);
}

TEST_F(NeighbourDetails, C02_05_whom_we_asked_for_a_moment_ago_makes_no_room) {
  Table one(1);
  Neighbour* n = one.cache.create(0, nth(1), one.now);
  EXPECT_EQ(one.cache.learn_sender(0, nth(1), peer_mac, false, one.now), Learned::resolved);
  ASSERT_EQ(n->state, State::stale);
  one.now = one.now + second;
  EXPECT_EQ(one.cache.create(0, nth(2), one.now), nullptr) << "a packet is about to go to it";
  one.now = one.now + Duration::seconds(30);
  EXPECT_NE(one.cache.create(0, nth(2), one.now), nullptr);
}

TEST_F(NeighbourDetails, RFC1122_2_3_2_1_it_is_looked_for_who_is_unused_when_stale_time_is_over) {
  t.reachable(1);
  EXPECT_EQ(t.cache.next_deadline(), t.now + t.config.stale_time);
}

TEST_F(NeighbourDetails, RFC1122_2_3_2_1_who_says_that_it_has_moved_was_heard_of_then) {
  t.cache.learn_sender(0, nth(1), peer_mac, true, t.now);
  t.pass(Duration::seconds(500));
  EXPECT_EQ(t.cache.learn_sender(0, nth(1), other_mac, true, t.now), Learned::nothing);
  t.pass(Duration::seconds(101));
  Neighbour* n = t.cache.find(0, nth(1));
  ASSERT_NE(n, nullptr);
  EXPECT_EQ(n->mac, other_mac);
  EXPECT_EQ(n->state, State::stale);
}

TEST_F(NeighbourDetails, C02_03_whoever_is_being_asked_is_not_asked_out_of_turn_though_a_second_has_passed) {
  Neighbour& n = t.reachable(1);
  t.now = t.now + Duration::seconds(31);
  t.cache.use(n, t.now);
  EXPECT_EQ(t.pass(NeighbourCache::first_probe_delay), 1);
  ASSERT_EQ(n.asked, 1);
  EXPECT_EQ(t.cache.learn_answer(&n, other_mac, t.now + second + second / 2), Learned::nothing);
  EXPECT_EQ(n.asked, 1);
}

TEST_F(NeighbourDetails,
       RFC1122_2_3_2_1_a_doubt_is_asked_about_a_second_after_the_last_request_and_has_a_second) {
  Neighbour& n = t.reachable(1);
  EXPECT_EQ(t.cache.learn_answer(&n, other_mac, t.now + second - Duration::microseconds(1)),
            Learned::nothing);
  t.now = t.now + second;
  EXPECT_EQ(t.cache.learn_answer(&n, other_mac, t.now), Learned::doubted);
  EXPECT_EQ(t.cache.next_deadline(), t.now + second);
}

TEST_F(NeighbourDetails, RFC4861_7_3_3_three_probes_without_an_answer_are_all) {
  Neighbour& n = t.reachable(1);
  t.now = t.now + Duration::seconds(31);
  t.cache.use(n, t.now);
  EXPECT_EQ(t.pass(Duration::seconds(20)), 3);
  EXPECT_EQ(t.cache.find(0, nth(1)), nullptr);
}

TEST_F(NeighbourDetails, RFC4861_7_2_5_another_link_address) {
  Neighbour& used = t.reachable(1);
  t.now = t.now + second;
  EXPECT_EQ(t.cache.learn_source(0, nth(1), other_mac, t.now), Learned::doubted);
  EXPECT_EQ(used.asked, 1) << "MAX_UNICAST_SOLICIT: two more follow";
  EXPECT_EQ(t.pass(Duration::seconds(10)), 2);

  Neighbour& idle = t.reachable(2);
  t.now = t.now + Duration::seconds(31);
  EXPECT_EQ(t.cache.learn_source(0, nth(2), other_mac, t.now), Learned::nothing);
  EXPECT_EQ(idle.state, State::stale);
}

TEST_F(NeighbourDetails, RFC4861_7_2_5_the_first_advertisement_says_whether_it_is_a_router) {
  for (const bool router : {false, true}) {
    Neighbour* n = t.cache.create(0, nth(1), t.now);
    t.cache.learn_advertisement(n, &peer_mac, {.router = router, .solicited = true}, t.now);
    EXPECT_EQ(n->router, router);
    t.cache.remove(*n, Drop::none);
  }
}

TEST_F(NeighbourDetails, each_thing_that_is_known_of_a_neighbour_is_part_of_the_digest) {
  Neighbour& n = t.reachable(1);
  const auto before = t.digest();
  const auto tells = [&](auto&& change, const char* what) {
    const IpAddress address = n.address;
    const State state = n.state;
    const auto asked = n.asked;
    change();
    EXPECT_NE(t.digest(), before) << what;
    n.address = address, n.state = state, n.asked = asked, n.interface = 0;
    EXPECT_EQ(t.digest(), before) << what;
  };
  tells([&] { n.address = nth(2); }, "address");
  tells([&] { n.interface = 1; }, "interface");
  tells([&] { n.state = State::stale; }, "state");
  tells([&] { ++n.asked; }, "requests");
  EXPECT_EQ(enqueue(n), Send::queued);
  EXPECT_NE(t.digest(), before) << "packets that wait";
  t.cache.forget(0);
}

// --- packets that wait ---

Buffer ipv6_from(const IpAddress& source) {
  Buffer packet(40);
  packet[0] = 0x60;
  copy_bytes(packet.data() + 8, source.bytes());
  return packet;
}

TEST_F(NeighbourDetails, a_single_packet_whose_source_is_gone_is_dropped_and_others_stay) {
  const IpAddress gone = *IpAddress::parse("2001:db8::1");
  const IpAddress ours = *IpAddress::parse("2001:db8::2");
  Neighbour& n = *t.cache.create(0, nth(1), t.now);
  EXPECT_EQ(enqueue(n, ipv6_from(gone)), Send::queued);
  t.cache.drop_orphans(0, gone);
  EXPECT_EQ(n.queued, 0u);
  EXPECT_EQ(t.drops.of(Drop::ip_no_route), 1u);

  for (int i = 0; i < 2; ++i) EXPECT_EQ(enqueue(n, ipv6_from(ours)), Send::queued);
  t.cache.drop_orphans(0, gone);
  EXPECT_EQ(n.queued, 2u);
  t.pass(Duration::seconds(4));  // nobody answers
  ASSERT_EQ(n.state, State::failed);
  EXPECT_EQ(n.queued, 0u);
  EXPECT_TRUE(t.pool.full());
  EXPECT_EQ(enqueue(n, ipv6_from(ours)), Send::queued);
  t.cache.forget(0);
  EXPECT_TRUE(t.pool.full()) << "nothing of the packets before was left in the queue";
}

TEST_F(NeighbourDetails, RFC1812_4_3_3_packets_of_others_that_fail_are_told_of_with_their_link_each_time) {
  Table b(4, {.queued_packets = 2});
  for (int turn = 0; turn < 4; ++turn) {
    Neighbour& n = *b.cache.create(1, nth(1), b.now);
    EXPECT_EQ(b.enqueue(n, true, Buffer(40, 0x60), ethertype::ipv6), Send::queued);
    b.pass(Duration::seconds(4));
    const std::optional<Packet> told = b.cache.take_undelivered();
    ASSERT_TRUE(told) << turn;
    EXPECT_EQ(told->info.interface, 1);
    EXPECT_EQ(told->info.ethertype, ethertype::ipv6);
    EXPECT_FALSE(b.cache.take_undelivered());
    b.cache.forget(1);
  }
}

TEST_F(NeighbourDetails, a_frame_that_waited_is_as_it_was_also_in_what_the_device_is_to_cut_it_into) {
  Station station;
  Frame frame;
  const Buffer packet(60, 0);
  frame.add_payload(packet);
  frame.segment_size = 20;
  EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv6, station.now), Send::queued);
  frame.transit = true;
  EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv4, station.now), Send::queued);
  station.peer_answers();
  EXPECT_EQ(station.device.last_segment_size, 20);
}

TEST_F(NeighbourDetails, RFC2131_4_4_6_a_release_is_known_by_its_port_which_may_be_the_end_of_what_is_there) {
  Station station;
  Buffer packet(22);
  packet[0] = 0x45;
  packet[9] = 17;
  copy_bytes(packet.data() + 12, IpAddress::v4(192, 0, 2, 66).v4_bytes());
  store16(packet.data() + 20, 68);
  EXPECT_EQ(station.send(peer, packet), Send::queued);
  EXPECT_EQ(station.peer_answers(), Drop::none);
}

// --- whom ARP believes ---

TEST(ArpSenders, RFC1122_3_2_1_3_what_is_no_hosts_address_teaches_nothing) {
  struct Row {
    IpAddress sender;
    bool host;
  };
  const Row rows[] = {
      {IpAddress::v4(0, 0, 0, 5), false},   {IpAddress::v4(0, 255, 255, 255), false},
      {IpAddress::v4(1, 0, 0, 0), true},    {IpAddress::v4(1, 2, 3, 4), true},
      {IpAddress::v4(126, 1, 1, 1), true},  {IpAddress::v4(127, 0, 0, 1), false},
      {IpAddress::v4(128, 0, 0, 1), true},  {IpAddress::v4(223, 255, 255, 254), true},
      {IpAddress::v4(224, 0, 0, 0), false}, {IpAddress::v4(255, 255, 255, 255), false},
  };
  for (const Row& row : rows) {
    Station station({}, {}, false);
    ASSERT_TRUE(
        station.ethernet.add_address(0, {our_address, 32}, false, station.now));  // anybody may be there
    station.run_for(Duration::seconds(10));
    station.device.out.clear();
    const Drop reason = station.inject(arp_frame(
        MacAddress::broadcast(), {.sender_mac = peer_mac, .sender = row.sender, .target = our_address}));
    EXPECT_EQ(reason, row.host ? Drop::none : Drop::arp_bad_sender) << row.sender.v4_value();
    EXPECT_EQ(station.device.out.size(), row.host ? 1u : 0u) << row.sender.v4_value();
    EXPECT_EQ(station.neighbour(row.sender).has_value(), row.host) << row.sender.v4_value();
  }
}

TEST(ArpSenders, RFC3021_2_1_a_prefix_of_30_bits_has_a_broadcast_address_and_one_of_31_has_none) {
  for (const std::uint8_t length : {30, 31}) {
    Station station({}, {}, false);
    const IpAddress own = IpAddress::v4(192, 0, 2, 2);
    const IpAddress last = IpAddress::v4(192, 0, 2, 3);
    ASSERT_TRUE(station.ethernet.add_address(0, {own, length}, false, station.now));
    station.run_for(Duration::seconds(10));
    const Drop reason = station.inject(
        arp_frame(MacAddress::broadcast(), {.sender_mac = peer_mac, .sender = last, .target = own}));
    EXPECT_EQ(reason, length == 31 ? Drop::none : Drop::arp_bad_sender);
  }
}

}  // namespace
}  // namespace linnet::ethernet::test
