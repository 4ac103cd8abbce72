// SPDX-License-Identifier: Apache-2.0
// ARP and the neighbour cache: RFC 826, RFC 1122 2.3.2, hostile-packet rows C02.
#include <map>

#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {
namespace {

constexpr std::array<std::uint8_t, 28> literal = {0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2,
                                                  2, 0, 0, 0, 0, 1, 192, 0, 2, 1};
static_assert(ArpPacket::parse(literal)->operation() == ArpPacket::reply);
static_assert(ArpPacket::parse(literal)->sender_mac() == peer_mac);
static_assert(ArpPacket::parse(literal)->sender() == peer);
static_assert(ArpPacket::parse(literal)->target_mac() == our_mac);
static_assert(ArpPacket::parse(literal)->target() == our_address);
static_assert([] {
  std::array<std::uint8_t, 28> written{};
  ArpPacket::write(written.data(), {ArpPacket::reply, peer_mac, peer, our_mac, our_address});
  return written == literal;
}());

ArpPacket::Values request_from(const IpAddress& sender, const MacAddress& mac) {
  return {.operation = ArpPacket::request, .sender_mac = mac, .sender = sender, .target = our_address};
}
ArpPacket::Values reply_from(const IpAddress& sender, const MacAddress& mac) {
  return {ArpPacket::reply, mac, sender, our_mac, our_address};
}

TEST(Arp, RFC826_answers_a_request_and_learns_the_sender) {
  Station station;
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), request_from(peer, peer_mac))), Drop::none);
  const Buffer answer = station.device.take();
  EXPECT_EQ(destination_of(answer), peer_mac);
  EXPECT_EQ(arp_in(answer).operation(), ArpPacket::reply);
  EXPECT_EQ(arp_in(answer).sender_mac(), our_mac);
  EXPECT_EQ(arp_in(answer).sender(), our_address);
  EXPECT_EQ(arp_in(answer).target(), peer);
  ASSERT_TRUE(station.neighbour(peer));
  EXPECT_EQ(station.neighbour(peer)->state, NeighbourState::stale);
  EXPECT_EQ(station.send(peer), Send::sent) << "no request needed";
}

TEST(Arp, requests_for_others_are_not_answered_and_teach_nothing) {
  Station station;
  auto values = request_from(peer, peer_mac);
  values.target = IpAddress::v4(192, 0, 2, 77);
  const auto before = station.digest();
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), values)), Drop::none);
  EXPECT_EQ(station.digest(), before);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, resolves_and_sends_what_waited) {
  Station station;
  EXPECT_EQ(station.send(peer, {0x45, 1}), Send::queued);
  const Buffer request = station.device.take();
  EXPECT_EQ(destination_of(request), MacAddress::broadcast());
  EXPECT_EQ(arp_in(request).sender(), our_address);
  EXPECT_EQ(arp_in(request).target(), peer);
  EXPECT_EQ(station.send(peer, {0x45, 2}), Send::queued);
  EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(peer, peer_mac))), Drop::none);
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv4, {0x45, 1}));
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv4, {0x45, 2}));
  EXPECT_TRUE(station.device.out.empty());
  EXPECT_EQ(station.neighbour(peer)->state, NeighbourState::reachable);
}

TEST(Arp, a_waiting_packet_keeps_its_checksum_request) {
  Station station({}, {.transmit_checksum = true});
  Frame frame;
  const Buffer payload(10, 0x11);
  frame.add_payload(payload);
  std::uint8_t* header = frame.prepend(28);
  std::memset(header, 0x22, 28);
  store32(header + 12, our_address.v4_value());
  frame.checksum = {.header_from_end = 8, .field = 6};
  EXPECT_EQ(station.ethernet.send(frame, 0, peer, ethertype::ipv4, station.now), Send::queued);
  station.device.take();
  station.inject(arp_frame(our_mac, reply_from(peer, peer_mac)));
  EXPECT_EQ(station.device.take().size(), 14u + 38u);
  EXPECT_EQ(station.device.last_checksum.header_from_end, 8);
  EXPECT_EQ(station.device.last_checksum.field, 6);
}

TEST(Arp, RFC1122_2_3_2_2_the_latest_packets_are_kept) {
  Config config;
  config.queued_per_neighbour = 2;
  Station station(config);
  for (std::uint8_t i = 0; i < 5; ++i) EXPECT_EQ(station.send(peer, {0x45, i}), Send::queued);
  EXPECT_EQ(station.drops.of(Drop::neighbour_queue_full), 3u);
  station.device.out.clear();
  station.inject(arp_frame(our_mac, reply_from(peer, peer_mac)));
  EXPECT_EQ(station.device.take().back(), 3);
  EXPECT_EQ(station.device.take().back(), 4);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, all_queues_together_are_bounded) {
  Config config;
  config.queued_packets = 4;
  Station station(config);
  for (std::uint8_t i = 10; i < 20; ++i) EXPECT_EQ(station.send(IpAddress::v4(192, 0, 2, i)), Send::queued);
  EXPECT_EQ(station.pool.small_count() - station.pool.small_free(), 4u);
  EXPECT_EQ(station.drops.of(Drop::neighbour_queue_full), 6u);
}

TEST(Arp, RFC1122_2_3_2_1_C02_04_requests_at_most_once_a_second) {
  Station station;
  std::vector<Instant> requests;
  for (int i = 0; i < 30000; ++i) {  // 1,000 packets a second to a host that is not there
    station.send(peer);
    while (!station.device.out.empty()) {
      EXPECT_EQ(arp_in(station.device.take()).operation(), ArpPacket::request);
      requests.push_back(station.now);
    }
    station.run_for(Duration::milliseconds(1));
  }
  ASSERT_GE(requests.size(), 5u);
  for (std::size_t i = 1; i < requests.size(); ++i) {
    EXPECT_GE(requests[i] - requests[i - 1], Duration::milliseconds(999)) << i;
  }
}

/// When each address was asked for while 1,000 packets a second go to `hosts` that are not there, in turn.
std::map<IpAddress, std::vector<Instant>> flood(Station& station, std::uint32_t hosts, int packets) {
  std::map<IpAddress, std::vector<Instant>> asked;
  for (int i = 0; i < packets; ++i) {
    station.send(IpAddress::v4(0xc0000200u + 3 + static_cast<std::uint32_t>(i) % hosts));
    while (!station.device.out.empty()) asked[arp_in(station.device.take()).target()].push_back(station.now);
    station.run_for(Duration::milliseconds(1));
  }
  return asked;
}

TEST(Arp, RFC1122_2_3_2_1_once_a_second_also_when_others_push_the_entry_out) {
  Config config;
  config.neighbours = 16;
  Station station(config);
  std::size_t requests = 0;
  for (const auto& [target, times] : flood(station, 100, 5000)) {
    requests += times.size();
    for (std::size_t i = 1; i < times.size(); ++i) {
      ASSERT_GE(times[i] - times[i - 1], Duration::seconds(1)) << target.v4_value();
    }
  }
  EXPECT_GE(requests, 250u) << "nor is anybody forgotten";
}

TEST(Arp, a_flood_keeps_nobody_from_being_found) {
  Config config;
  config.neighbours = 16;
  Station station(config);
  flood(station, 100, 1000);
  station.device.out.clear();
  const IpAddress other = IpAddress::v4(192, 0, 2, 120);  // whose place in the table no target of the flood has
  EXPECT_EQ(station.send(other), Send::queued);
  ASSERT_FALSE(station.device.out.empty()) << "it was not asked for before: at once";
  station.inject(arp_frame(our_mac, reply_from(other, peer_mac)));
  EXPECT_EQ(station.send(other), Send::sent);
}

TEST(Arp, who_was_asked_for_lately_and_pushed_out_is_asked_for_when_the_second_is_over) {
  Config config;
  config.neighbours = 4;
  Station station(config);
  station.send(peer);
  for (std::uint8_t i = 10; i < 14; ++i) station.send(IpAddress::v4(192, 0, 2, i));
  ASSERT_FALSE(station.neighbour(peer)) << "pushed out";
  station.run_for(Duration::milliseconds(400));
  station.device.out.clear();
  EXPECT_EQ(station.send(peer, {0x45, 7}), Send::queued);
  EXPECT_TRUE(station.device.out.empty());
  station.run_for(Duration::milliseconds(599));
  EXPECT_TRUE(station.device.out.empty());
  station.run_for(Duration::milliseconds(1));
  bool asked = false;  // beside the others, whose second is over, too
  while (!station.device.out.empty()) asked = arp_in(station.device.take()).target() == peer || asked;
  EXPECT_TRUE(asked);
  station.inject(arp_frame(our_mac, reply_from(peer, peer_mac)));
  EXPECT_EQ(station.device.take(), ethernet_frame(peer_mac, our_mac, ethertype::ipv4, {0x45, 7}));
}

TEST(Arp, a_link_that_was_down_is_another_link_and_everybody_may_be_asked_for) {
  Station station;
  station.send(peer);
  station.device.up = false;
  station.run_for(Duration::milliseconds(1));
  station.device.up = true;
  station.run_for(Duration::milliseconds(1));
  station.device.out.clear();
  station.send(peer);
  ASSERT_FALSE(station.device.out.empty());
  EXPECT_EQ(arp_in(station.device.out.back()).target(), peer);
}

TEST(Arp, C02_07_an_answer_in_time_sends_once_and_silence_drops_once) {
  for (const bool answered : {true, false}) {
    Station station;
    station.send(peer, {0x45, 9});
    station.run_for(Duration::milliseconds(answered ? 2990 : 3010));
    station.device.out.clear();
    const Drop reason = station.inject(arp_frame(our_mac, reply_from(peer, peer_mac)));
    EXPECT_EQ(reason, Drop::none) << "a late answer is still one";
    EXPECT_EQ(station.device.out.size(), answered ? 1u : 0u);
    EXPECT_EQ(station.drops.of(Drop::neighbour_failed), answered ? 0u : 1u);
    EXPECT_TRUE(station.pool.full());
  }
}

TEST(Arp, failure_is_told_to_the_next_sender_for_a_while) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.run_for(Duration::milliseconds(3001));
  EXPECT_EQ(station.neighbour(peer)->state, NeighbourState::failed);
  EXPECT_EQ(station.send(peer), Send::unreachable);
  station.run_for(Duration::milliseconds(2990));
  EXPECT_EQ(station.send(peer), Send::unreachable);
  station.run_for(Duration::milliseconds(20));
  EXPECT_EQ(station.send(peer), Send::queued) << "then it is tried again";
}

TEST(Arp, C02_01_short_or_foreign_packets) {
  Station station;
  const Buffer good = arp_frame(our_mac, request_from(peer, peer_mac));
  const auto before = station.digest();
  for (std::size_t size = 14; size < 42; ++size) {
    EXPECT_EQ(station.inject(Buffer(good.begin(), good.begin() + static_cast<long>(size))),
              Drop::arp_malformed);
  }
  for (const std::size_t at : {15u, 16u, 17u, 18u, 19u}) {
    for (int value = 0; value < 256; ++value) {
      Buffer frame = good;
      if (frame[at] == value) continue;
      frame[at] = static_cast<std::uint8_t>(value);
      EXPECT_EQ(station.inject(frame), Drop::arp_malformed) << at << " " << value;
    }
  }
  EXPECT_EQ(station.digest(), before);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, C02_02_reverse_and_inverse_arp_are_not_spoken) {
  Station station;
  const auto before = station.digest();
  for (std::uint16_t operation = 0; operation < 30; ++operation) {
    if (operation == 1 || operation == 2) continue;
    auto values = reply_from(peer, peer_mac);
    values.operation = operation;
    EXPECT_EQ(station.inject(arp_frame(our_mac, values)), Drop::arp_malformed);
  }
  EXPECT_EQ(station.inject(ethernet_frame(our_mac, peer_mac, 0x8035, Buffer(46))), Drop::l2_protocol);
  EXPECT_EQ(station.digest(), before);
}

TEST(Arp, C02_03_an_unsolicited_reply_creates_nothing) {
  Station station;
  const auto before = station.digest();
  EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(peer, peer_mac))), Drop::arp_unsolicited);
  EXPECT_EQ(station.inject(arp_frame(MacAddress::broadcast(), reply_from(peer, peer_mac))),
            Drop::arp_unsolicited);
  EXPECT_EQ(station.digest(), before);
}

TEST(Arp, C02_03_another_station_must_outlast_the_known_one) {
  for (const bool by_request : {false, true}) {
    Station station;
    station.resolve(peer, peer_mac);
    station.run_for(Duration::seconds(2));
    station.inject(
        arp_frame(our_mac, by_request ? request_from(peer, other_mac) : reply_from(peer, other_mac)));
    EXPECT_EQ(station.neighbour(peer)->mac, peer_mac);
    const Buffer probe = station.device.take();
    EXPECT_EQ(destination_of(probe), peer_mac) << "the known one is asked";
    EXPECT_EQ(arp_in(probe).operation(), ArpPacket::request);
    station.device.out.clear();
    EXPECT_EQ(station.send(peer), Send::sent);
    EXPECT_EQ(destination_of(station.device.take()), peer_mac);

    station.inject(
        arp_frame(our_mac, reply_from(peer, peer_mac)));  // it is alive: the other one was an impostor
    EXPECT_EQ(station.neighbour(peer)->state, NeighbourState::reachable);
    EXPECT_EQ(station.neighbour(peer)->mac, peer_mac);

    station.run_for(Duration::seconds(2));
    station.inject(arp_frame(our_mac, reply_from(peer, other_mac)));
    station.run_for(Duration::milliseconds(1001));  // this time it is silent: the address has moved
    station.device.out.clear();
    EXPECT_EQ(station.send(peer), Send::queued);
    EXPECT_EQ(destination_of(station.device.take()), MacAddress::broadcast());
    station.inject(arp_frame(our_mac, reply_from(peer, other_mac)));
    EXPECT_EQ(station.neighbour(peer)->mac, other_mac);
  }
}

TEST(Arp, C02_03_false_claims_do_not_make_a_flood_of_probes) {
  Station station;
  station.resolve(peer, peer_mac);
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    station.inject(arp_frame(our_mac, reply_from(peer, other_mac)));
    sent += station.device.out.size();
    station.device.out.clear();
    station.inject(arp_frame(our_mac, reply_from(peer, peer_mac)));
    station.run_for(Duration::milliseconds(10));
  }
  EXPECT_LE(sent, 11u) << "ten seconds";
  EXPECT_EQ(station.neighbour(peer)->mac, peer_mac);
}

TEST(Arp, C02_05_a_scan_evicts_nobody_in_use) {
  Config config;
  config.neighbours = 16;
  Station station(config);
  const IpAddress used = IpAddress::v4(192, 0, 2, 200);
  station.resolve(used, peer_mac);
  for (std::uint32_t i = 0; i < 10000; ++i) {
    const IpAddress spoofed = IpAddress::v4(0xc0000200u + 3 + i % 190);
    const MacAddress mac{
        {2, 1, 1, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i & 0xff)}};
    station.inject(arp_frame(our_mac, request_from(spoofed, mac)));
    if (i % 100 == 0) {
      EXPECT_EQ(station.send(used), Send::sent);
      station.ethernet.confirm(0, used, station.now);  // an open connection goes on
    }
    station.device.out.clear();
    station.run_for(Duration::milliseconds(10));  // 100 s in all
    ASSERT_LE(station.ethernet.neighbour_count(), 16u);
    ASSERT_TRUE(station.neighbour(used)) << i;
  }
}

TEST(Arp, C02_05_own_requests_for_silent_hosts_leave_live_ones_alone) {
  Config config;
  config.neighbours = 8;
  Station station(config);
  for (std::uint8_t i = 0; i < 4; ++i)
    station.resolve(IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(200 + i)), peer_mac);
  for (std::uint32_t i = 0; i < 190; ++i) station.send(IpAddress::v4(0xc0000200u + 3 + i));
  for (std::uint8_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(station.neighbour(IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(200 + i))));
  }
  station.run_for(Duration::seconds(10));
  EXPECT_EQ(station.ethernet.neighbour_count(), 4u);
}

TEST(Arp, a_table_full_of_neighbours_in_use_takes_no_more) {
  Config config;
  config.neighbours = 4;
  Station station(config);
  for (std::uint8_t i = 0; i < 4; ++i)
    station.resolve(IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(200 + i)), peer_mac);
  EXPECT_EQ(station.send(peer), Send::no_memory);
  station.run_for(Duration::seconds(31));
  EXPECT_EQ(station.send(peer), Send::queued) << "unused for long enough";
}

TEST(Arp, C02_06_senders_that_cannot_be) {
  Station station;
  const auto before = station.digest();
  const IpAddress bad[] = {IpAddress::broadcast_v4(),     IpAddress::v4(192, 0, 2, 255),
                           IpAddress::v4(224, 0, 0, 1),   IpAddress::v4(127, 0, 0, 1),
                           IpAddress::v4(0, 1, 2, 3),     IpAddress::v4(240, 0, 0, 1),
                           IpAddress::v4(198, 51, 100, 1) /* not on the link */};
  for (const IpAddress& sender : bad) {
    EXPECT_EQ(station.inject(arp_frame(our_mac, request_from(sender, peer_mac))), Drop::arp_bad_sender);
    EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(sender, peer_mac))), Drop::arp_bad_sender);
  }
  const MacAddress bad_macs[] = {MacAddress::broadcast(), {{1, 0, 0x5e, 0, 0, 1}}, {}, our_mac};
  for (const MacAddress& mac : bad_macs) {
    EXPECT_EQ(station.inject(arp_frame(our_mac, request_from(peer, mac))), Drop::arp_bad_sender);
    EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(peer, mac))), Drop::arp_bad_sender);
  }
  EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(IpAddress::any_v4(), peer_mac))),
            Drop::arp_bad_sender);
  EXPECT_EQ(station.digest(), before);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, RFC1122_2_3_2_1_a_neighbour_in_use_is_verified_by_unicast) {
  Station station;
  station.resolve(peer, peer_mac);
  station.run_for(Duration::seconds(31));
  EXPECT_EQ(station.send(peer), Send::sent) << "its address is still good enough";
  station.device.out.clear();
  station.run_for(Duration::milliseconds(4900));
  EXPECT_TRUE(station.device.out.empty());
  station.run_for(Duration::milliseconds(200));
  ASSERT_EQ(station.device.out.size(), 1u);
  EXPECT_EQ(destination_of(station.device.take()), peer_mac);
  station.run_for(Duration::milliseconds(2500));
  EXPECT_EQ(station.device.out.size(), 2u);
  EXPECT_TRUE(station.neighbour(peer));
  station.run_for(Duration::seconds(1));
  EXPECT_FALSE(station.neighbour(peer)) << "silent: resolved anew when used";
}

TEST(Arp, RFC4861_7_3_1_progress_of_a_transport_spares_the_probes) {
  Station station;
  station.resolve(peer, peer_mac);
  for (int i = 0; i < 100; ++i) {
    station.run_for(Duration::seconds(2));
    EXPECT_EQ(station.send(peer), Send::sent);
    station.ethernet.confirm(0, peer, station.now);
  }
  EXPECT_EQ(station.device.out.size(), 100u) << "data, and nothing else";
}

TEST(Arp, RFC1122_2_3_2_1_unused_entries_are_forgotten_and_then_nothing_is_due) {
  Station station;
  station.resolve(peer, peer_mac);
  station.run_for(Duration::seconds(1201));
  EXPECT_EQ(station.ethernet.neighbour_count(), 0u);
  EXPECT_TRUE(station.ethernet.poll(station.now).is_never()) << "an idle stack sleeps";
}

TEST(Arp, an_interface_without_address_asks_for_nobody) {
  Station station({}, {}, false);
  EXPECT_EQ(station.send(peer), Send::unreachable);
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, no_block_to_wait_in_is_told) {
  Station station;
  std::vector<Block> all;
  while (Block block = station.pool.allocate(1)) all.push_back(std::move(block));
  EXPECT_EQ(station.send(peer), Send::no_memory);
  EXPECT_EQ(station.device.out.size(), 1u) << "the question goes out all the same";
}

constexpr IpAddress other = IpAddress::v4(192, 0, 2, 3);

TEST(Arp, a_sender_finds_a_failure_that_is_over_and_asks_anew) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.run_for(Duration::milliseconds(3001));
  station.device.out.clear();
  station.now = station.now + Duration::seconds(3);  // no poll in between
  EXPECT_EQ(station.send(peer), Send::queued);
  EXPECT_EQ(arp_in(station.device.take()).target(), peer);
}

TEST(Arp, what_has_failed_makes_room_for_others) {
  Station station({.neighbours = 2});
  station.resolve(other, other_mac);
  EXPECT_EQ(station.send(peer), Send::queued);
  station.run_for(Duration::milliseconds(3001));
  EXPECT_EQ(station.neighbour(peer)->state, NeighbourState::failed);
  EXPECT_EQ(station.send(IpAddress::v4(192, 0, 2, 99)), Send::queued);
  EXPECT_FALSE(station.neighbour(peer));
  EXPECT_TRUE(station.neighbour(other));
}

TEST(Arp, RFC826_a_station_that_nobody_relies_on_may_have_moved) {
  Station station;
  station.inject(arp_frame(MacAddress::broadcast(), request_from(peer, peer_mac)));
  station.run_for(Duration::seconds(100));
  station.device.out.clear();
  station.inject(arp_frame(MacAddress::broadcast(), request_from(peer, other_mac)));
  EXPECT_EQ(station.neighbour(peer)->mac, other_mac);
  EXPECT_EQ(destination_of(station.device.take()), other_mac) << "the answer, and no probe";
  EXPECT_TRUE(station.device.out.empty());
}

TEST(Arp, what_waited_and_finds_the_device_busy_is_not_lost_silently) {
  Station station;
  EXPECT_EQ(station.send(peer), Send::queued);
  station.device.out.clear();
  station.device.busy = 9;
  EXPECT_EQ(station.inject(arp_frame(our_mac, reply_from(peer, peer_mac))), Drop::device_busy);
  EXPECT_EQ(station.device.flushes, 1) << "it was given another chance";
}

TEST(Arp, RFC5227_2_4_what_waits_is_not_sent_from_an_address_that_was_given_up) {
  Station station;
  Buffer packet(20, 0);
  packet[0] = 0x45;
  packet[9] = 6;
  copy_bytes(packet.data() + 12, Bytes(our_address.v4_bytes()));
  EXPECT_EQ(station.send(peer, packet), Send::queued);
  station.device.out.clear();
  EXPECT_TRUE(station.ethernet.add_address(0, {other, 24}, false, station.now));
  station.ethernet.remove_address(0, our_address);
  ArpPacket::Values reply = reply_from(peer, peer_mac);
  reply.target = other;
  EXPECT_EQ(station.inject(arp_frame(our_mac, reply)), Drop::ip_no_route);
}

}  // namespace
}  // namespace linnet::ethernet::test
