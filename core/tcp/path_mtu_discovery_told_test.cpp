// SPDX-License-Identifier: Apache-2.0
// "Fragmentation needed": what it does (RFC 1191), and which is believed (RFC 5927 7.2).
#include "core/tcp/test_path_mtu.hpp"

namespace linnet::tcp::test {
namespace {

/// "Fragmentation needed" about our segment at `seq`, of a packet of `quoted` bytes.
void fragmentation_needed(Harness& h, std::uint32_t seq, std::uint16_t mtu, std::uint16_t quoted = 1500) {
  std::vector<std::uint8_t> m(8 + 20 + 8);
  m[0] = 3;
  m[1] = 4;
  store16(m.data() + 6, mtu);
  m[8] = 0x45;
  store16(m.data() + 10, quoted);
  m[16] = 64;
  m[17] = ip::protocol::tcp;
  store32(m.data() + 20, Harness::our_address.v4_value());
  store32(m.data() + 24, Harness::peer_address.v4_value());
  Checksum header;
  header.add(Bytes(m).subspan(8, 20));
  store16(m.data() + 18, header.finish());
  store16(m.data() + 28, h.our_port);
  store16(m.data() + 30, h.peer_port);
  store32(m.data() + 32, seq);
  Checksum sum;
  sum.add(m);
  store16(m.data() + 2, sum.finish());
  h.deliver_payload(ip::protocol::icmp, m);
  h.poll();
}

TEST(PathMtuDiscovery, RFC1191_6_4_what_was_too_large_goes_out_again_smaller) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(5840));
  h.discard_sent();
  const std::uint32_t window = h.tcp.status(c)->congestion_window;
  fragmentation_needed(h, h.our_nxt, 1300);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260);
  EXPECT_EQ(h.tcp.status(c)->congestion_window, window / 1460 * 1260) << "RFC 4821 4: as many packets as before";
  std::string again;
  while (auto wire = h.sent()) {
    EXPECT_LE(wire->data.size(), 1260u);
    again += wire->data;
  }
  EXPECT_EQ(again, pattern(5840));
}

TEST(PathMtuDiscovery, RFC5927_7_2_what_cannot_be_is_not_believed) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(5840));
  h.discard_sent();
  fragmentation_needed(h, h.our_nxt, 1400, 1000);  // that packet was smaller
  fragmentation_needed(h, h.our_nxt, 1500);        // nothing that large is sent
  fragmentation_needed(h, h.our_nxt, 9000, 9001);
  fragmentation_needed(h, h.our_nxt + 5840, 1300);  // not sent yet
  fragmentation_needed(h, h.our_nxt - 1, 1300);     // acknowledged
  EXPECT_EQ(h.drops.of(Drop::icmp_quote), 5u);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
  h.expect_silence();
  fragmentation_needed(h, h.our_nxt, 68);  // a router that says so lies, or fragments (RFC 5927 7.2)
  EXPECT_EQ(h.tcp.status(c)->segment_size, 552 - 40);
}

TEST(PathMtuDiscovery, RFC5927_7_2_sizes_that_arrived_are_given_up_only_after_a_timeout) {
  for (const bool arrives : {true, false}) {
    Harness h(sender(PathMtuProbing::off));
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(2920));
    h.discard_sent();
    h.inject(h.ack_of(h.our_nxt + 2920));  // full-sized segments get through
    h.write(c, pattern(2920));
    h.discard_sent();
    fragmentation_needed(h, h.our_nxt + 2920, 1300);
    EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
    h.expect_silence();
    if (arrives) {
      h.inject(h.ack_of(h.our_nxt + 5840));
      h.write(c, pattern(2920));
    }
    h.advance(Duration::seconds(3));
    EXPECT_EQ(h.tcp.status(c)->segment_size, arrives ? 1460 : 1260);
    if (arrives) continue;
    std::size_t largest = 0;
    std::string last;
    while (auto wire = h.sent()) last = wire->data;
    h.inject(h.ack_of(h.our_nxt + 2920 + 1260));
    while (auto wire = h.sent()) largest = std::max(largest, wire->data.size());
    EXPECT_LE(largest, 1260u);
  }
}

TEST(PathMtuDiscovery, RFC1191_6_4_who_has_nothing_outstanding_only_sends_smaller_ones) {
  Harness h(sender(PathMtuProbing::off));
  const auto listener = h.listen(80);
  std::vector<ConnectionHandle> both;
  std::vector<std::uint32_t> iss;
  for (const std::uint16_t port : {4321, 1002}) {
    h.inject({.seq = 100, .flags = Flags::syn, .options = syn_options(1460, -1, true), .remote_port = port});
    iss.push_back(h.expect_sent().seq);
    h.inject({.seq = 101, .ack = iss.back() + 1, .flags = Flags::ack, .remote_port = port});
    both.push_back(h.tcp.accept(listener).value());
  }
  h.write(both[0], pattern(1460));
  h.discard_sent();
  fragmentation_needed(h, iss[0] + 1, 1300);
  h.discard_sent();
  h.write(both[1], pattern(1400));
  EXPECT_EQ(h.expect_sent().data.size(), 1260u);
  EXPECT_EQ(h.tcp.status(both[1])->retransmissions, 0u);
}

TEST(PathMtuDiscovery, RFC1191_6_3_a_larger_path_is_used_when_what_was_told_is_old) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  fragmentation_needed(h, h.our_nxt, 1300);
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 1460));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260);
  h.advance(Duration::seconds(660));
  h.discard_sent();
  h.write(c, pattern(1460, 1460));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
}

TEST(PathMtuDiscovery, RFC5927_7_2_what_was_told_waits_for_the_segment_that_it_is_about) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.write(c, pattern(4380));
  h.discard_sent();
  fragmentation_needed(h, h.our_nxt + 2920, 1300);
  h.inject(h.ack_of(h.our_nxt + 2920));  // up to that one: it may still be lost
  h.discard_sent();
  h.advance(Duration::seconds(3));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260);
}

TEST(PathMtuDiscovery, RFC5927_7_2_what_is_told_of_a_SYN_is_believed_at_once) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.connect();
  fragmentation_needed(h, h.our_iss, 1300, 1500);
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(1460)});
  h.discard_sent();
  h.write(c, pattern(3000));
  EXPECT_EQ(h.expect_sent().data.size(), 1260u);
}

TEST(PathMtuDiscovery, RFC5927_7_2_a_segment_from_before_the_path_grew_proves_no_larger_size) {
  Harness h(sender(PathMtuProbing::off));
  h.ip.path_mtu_update(Harness::peer_address, 1300, h.now);
  const Instant end = h.now + told_lifetime;
  const auto c = h.accept(syn_options(1460, -1, true));
  h.advance(end - h.now - Duration::milliseconds(10));
  h.write(c, pattern(1260));
  EXPECT_EQ(h.expect_sent().data.size(), 1260u);
  h.advance(Duration::milliseconds(20));
  h.write(c, pattern(1460));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
  h.inject(h.ack_of(h.our_nxt + 1260));
  fragmentation_needed(h, h.our_nxt + 1260, 1300);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260) << "believed at once";
}

TEST(PathMtuDiscovery, RFC5927_7_2_a_packet_that_the_told_MTU_has_room_for_was_not_too_large) {
  for (const std::uint16_t quoted : {0, 1301, 1300, 1299}) {
    Harness h(sender(PathMtuProbing::off));
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(1460));
    h.discard_sent();
    fragmentation_needed(h, h.our_nxt, 1300, quoted);
    const bool believed = quoted > 1300;
    EXPECT_EQ(h.tcp.status(c)->segment_size, believed ? 1260 : 1460) << quoted;
    EXPECT_EQ(h.drops.of(Drop::icmp_quote), believed ? 0u : 1u) << quoted;
  }
}

TEST(PathMtuDiscovery, RFC5927_7_2_the_size_that_arrived_is_no_reason_to_wait_if_the_router_names_it) {
  for (const std::uint16_t mtu : {1300, 1299}) {
    Harness h(sender(PathMtuProbing::off));
    h.ip.path_mtu_update(Harness::peer_address, 1300, h.now);
    const Instant end = h.now + told_lifetime;
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(1260));
    h.inject(h.ack_of(h.our_nxt + 1260));  // 1300 bytes get through
    h.advance(end - h.now);
    h.write(c, pattern(1460));
    h.discard_sent();
    fragmentation_needed(h, h.our_nxt + 1260, mtu);
    EXPECT_EQ(h.tcp.status(c)->segment_size, mtu == 1300 ? 1260 : 1460);
  }
}

TEST(PathMtuDiscovery, RFC5927_7_2_a_retransmission_that_arrives_proves_no_size) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  h.advance(Duration::seconds(2));  // it goes again, maybe fragmented, and nobody knows which copy came
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.discard_sent();
  h.write(c, pattern(1400));
  fragmentation_needed(h, h.our_nxt + 1460, 1300);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260);
}

TEST(PathMtuDiscovery, RFC5927_7_2_a_segment_that_is_not_full_proves_nothing) {
  for (const std::size_t length : {1459, 1460}) {
    Harness h(sender(PathMtuProbing::off));
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(length));
    h.inject(h.ack_of(h.our_nxt + static_cast<std::uint32_t>(length)));
    h.discard_sent();
    h.write(c, pattern(1400));
    fragmentation_needed(h, h.our_nxt + static_cast<std::uint32_t>(length), 1300);
    EXPECT_EQ(h.tcp.status(c)->segment_size, length == 1460 ? 1460 : 1260);
  }
}

TEST(PathMtuDiscovery, RFC5927_7_2_what_the_path_is_known_to_take_is_no_news) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(5840));
  for (const std::uint64_t drops : {0, 1}) {
    fragmentation_needed(h, h.our_nxt, 1300);
    EXPECT_EQ(h.drops.of(Drop::icmp_quote), drops);
    EXPECT_EQ(h.tcp.status(c)->segment_size, 1260);
  }
}

TEST(PathMtuDiscovery, RFC5927_7_2_a_segment_that_arrived_proves_its_size_whatever_went_again_behind_it) {
  Harness h(sender(PathMtuProbing::off));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(2920));
  h.discard_sent();
  h.advance(ms(10));
  ASSERT_EQ(h.expect_sent().seq, h.our_nxt + 1460) << "a tail loss probe";
  h.inject(h.ack_of(h.our_nxt + 2920));
  h.write(c, pattern(1460));
  h.discard_sent();
  fragmentation_needed(h, h.our_nxt + 2920, 1300);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1460) << "not before a timeout";
}

TEST(PathMtuDiscovery, RFC4821_7_7_a_full_stop_behind_what_was_told_is_still_one) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.write(c, pattern(2920));
  fragmentation_needed(h, h.our_nxt + 1460, 1300);
  h.advance(ms(400));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 1260) << "believed, but that is not enough";
  h.advance(Duration::seconds(10));
  EXPECT_LE(h.tcp.status(c)->segment_size, 984);
}

TEST(PathMtuDiscovery, RFC5927_7_2_after_a_full_stop_nothing_is_proven_any_more) {
  Harness h(sender(PathMtuProbing::on_black_hole));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  h.inject(h.ack_of(h.our_nxt + 1460));
  h.write(c, pattern(1460));
  while (h.tcp.status(c)->timeouts < 4) h.advance(ms(10));
  ASSERT_EQ(h.tcp.status(c)->segment_size, 984);
  fragmentation_needed(h, h.our_nxt + 1460, 700, 1024);
  EXPECT_EQ(h.tcp.status(c)->segment_size, 660);
}

}  // namespace
}  // namespace linnet::tcp::test
