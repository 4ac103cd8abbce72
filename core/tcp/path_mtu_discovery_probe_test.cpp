// SPDX-License-Identifier: Apache-2.0
// RFC 4821 7.3 and 7.4: which size is tried next, when a probe may go, and what is no answer to one.
#include "core/tcp/test_path_mtu.hpp"

namespace linnet::tcp::test {
namespace {

/// The sizes of what was sent since it was last asked.
std::vector<std::size_t> sizes(Harness& h) {
  std::vector<std::size_t> out;
  while (const auto wire = h.sent()) out.push_back(wire->data.size());
  return out;
}

HarnessOptions by_halves() {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.largest_probe_first = false;
  return options;
}

TEST(PathMtuProbe, RFC4821_7_3_what_is_left_to_be_won_is_worth_it_or_not) {
  struct Row {
    std::uint16_t mtu;
    std::size_t first;
  };
  for (const Row& row : {Row{1056, 984}, Row{1057, 1000}}) {  // 1040 is half way to 1057
    HarnessOptions options = by_halves();
    options.mtu = row.mtu;
    Harness h(options);
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(8000));
    const auto sent = sizes(h);
    ASSERT_GE(sent.size(), 8u) << "at once";
    EXPECT_EQ(sent[0], row.first);
    EXPECT_EQ(sent[1], 984u);
    EXPECT_EQ(h.tcp.status(c)->bytes_out, 8000u);
  }
}

TEST(PathMtuProbe, RFC4821_7_3_search_low_is_the_base_until_what_is_used_has_arrived) {
  for (const bool proven : {false, true}) {
    HarnessOptions options = by_halves();
    options.tcp.base_path_mtu = 552;
    Harness h(options);
    h.ip.path_mtu_update(Harness::peer_address, 1000, h.now);
    const auto c = h.accept(syn_options(1460, -1, true));
    ASSERT_EQ(h.tcp.status(c)->segment_size, 960);
    std::uint32_t written = 0;
    if (proven) {
      h.write(c, pattern(960));
      h.inject(h.ack_of(h.our_nxt + (written = 960)));
    }
    h.advance(told_lifetime + Duration::seconds(1));
    h.discard_sent();
    h.write(c, pattern(8000, written));
    EXPECT_EQ(sizes(h).front(), (proven ? 1000u + 1500 : 552u + 1500) / 2 - 40);
  }
}

TEST(PathMtuProbe, RFC4821_7_2_where_the_path_was_used_to_the_full_there_is_nothing_to_be_careful_of) {
  for (const std::uint16_t mtu : {1024, 1300}) {  // the base, or found by a probe
    Harness h(sender(PathMtuProbing::always));
    h.ip.path_mtu_update(Harness::peer_address, mtu, h.now);
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(8000));
    EXPECT_EQ(sizes(h).front(), mtu - 40u);
    h.inject(h.ack_of(h.our_nxt + 8000));
    EXPECT_EQ(h.tcp.status(c)->segment_size, mtu - 40);
    h.advance(told_lifetime + Duration::seconds(1));
    h.write(c, "x");
    EXPECT_EQ(h.tcp.status(c)->segment_size, 1460);
  }
}

TEST(PathMtuProbe, RFC4821_7_4_the_peers_window_must_take_it_with_what_follows) {
  for (const std::uint16_t window : {1460 + 3 * 984 - 1, 1460 + 3 * 984}) {
    Harness h(sender(PathMtuProbing::always));
    const auto c = h.accept(syn_options(1460, -1, true), {}, window);
    h.write(c, pattern(8000));
    EXPECT_EQ(sizes(h).front(), window == 1460 + 3 * 984 ? 1460u : 984u);
  }
}

TEST(PathMtuProbe, RFC4821_7_4_so_must_the_congestion_window) {
  for (const std::uint8_t segments : {4, 5}) {
    HarnessOptions options = sender(PathMtuProbing::always);
    options.tcp.base_path_mtu = 770;  // segments of half a probe
    options.tcp.initial_window = segments;
    Harness h(options);
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(8000));
    EXPECT_EQ(sizes(h).front(), segments == 5 ? 1460u : 730u);
  }
}

TEST(PathMtuProbe, RFC4821_7_4_what_is_under_way_leaves_just_room_for_it) {
  for (const bool by_peer : {false, true}) {
    HarnessOptions options = sender(PathMtuProbing::always);
    options.tcp.base_path_mtu = 770;
    options.tcp.initial_window = by_peer ? 10 : 5;
    Harness h(options);
    const auto c = h.accept(syn_options(1460, -1, true), {.no_delay = true}, by_peer ? 5 * 730 : 65535);
    h.write(c, pattern(3 * 730));
    EXPECT_EQ(sizes(h).size(), 3u);
    h.write(c, pattern(20000));
    EXPECT_EQ(sizes(h), std::vector<std::size_t>{1460}) << by_peer;
  }
}

TEST(PathMtuProbe, RFC4821_7_4_none_goes_while_there_are_gaps) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.rack.enabled = false;  // nothing is lost yet
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true), {.no_delay = true});
  h.write(c, pattern(3 * 984));
  EXPECT_EQ(sizes(h).size(), 3u);
  OptionsWriter writer;
  const std::array block{SackBlock{SequenceNumber(h.our_nxt + 984), SequenceNumber(h.our_nxt + 2 * 984)}};
  writer.sack(block);
  const Bytes bytes = writer.finish();
  Wire gap = h.ack_of(h.our_nxt);
  gap.options.assign(bytes.begin(), bytes.end());
  h.deliver(gap);
  h.write(c, pattern(5000, 3 * 984));
  for (const std::size_t size : sizes(h)) EXPECT_LE(size, 984u);
}

TEST(PathMtuProbe, RFC4821_7_7_after_a_full_stop_none_goes_for_five_seconds) {
  for (const bool later : {false, true}) {
    HarnessOptions options = sender(PathMtuProbing::on_black_hole);
    options.tcp.pacing = false;
    options.tcp.congestion = CongestionControl::reno;
    Harness h(options);
    const auto c = h.accept(syn_options(1460, -1, true));
    h.write(c, pattern(1460));
    while (h.tcp.status(c)->timeouts < 4) h.advance(ms(10));
    for (int i = 0; i < 30; ++i) {  // the window grows until it has room for a probe and more
      h.inject(h.ack_of(h.our_nxt + static_cast<std::uint32_t>(h.tcp.status(c)->bytes_out)));
      h.write(c, pattern(1968, h.tcp.status(c)->bytes_out));
    }
    h.inject(h.ack_of(h.our_nxt + static_cast<std::uint32_t>(h.tcp.status(c)->bytes_out)));
    EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
    if (later) h.advance(Duration::seconds(5));
    h.discard_sent();
    h.write(c, pattern(8000, h.tcp.status(c)->bytes_out));
    EXPECT_EQ(h.expect_sent().data.size(), later ? 1460u : 984u);
  }
}

TEST(PathMtuProbe, RFC4821_7_7_a_second_full_stop_halves) {
  HarnessOptions options = sender(PathMtuProbing::on_black_hole);
  options.tcp.least_path_mtu = 200;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460));
  for (const int timeouts : {4, 5, 6, 7}) {
    while (h.tcp.status(c)->timeouts < timeouts) h.advance(ms(10));
    const int packet = timeouts == 4 ? 1024 : timeouts == 5 ? 512 : timeouts == 6 ? 256 : 200;
    EXPECT_EQ(h.tcp.status(c)->segment_size, packet - 40);
  }
}

TEST(PathMtuProbe, RFC4821_7_5_1_a_probe_whose_bytes_went_again_in_pieces_has_proven_nothing) {
  Harness h(sender(PathMtuProbing::always));
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(8000));
  ASSERT_EQ(sizes(h).front(), 1460u);
  h.ip.path_mtu_update(Harness::peer_address, 700, h.now);
  h.write(c, pattern(100, 8000));
  EXPECT_EQ(sizes(h).front(), 660u);
  h.inject(h.ack_of(h.our_nxt + 8000));
  h.inject(h.ack_of(h.our_nxt + 8100));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 660);
  h.advance(told_lifetime + Duration::seconds(1));
  h.write(c, "x");
  EXPECT_EQ(h.tcp.status(c)->segment_size, 984) << "which of the copies arrived?";
}

TEST(PathMtuProbe, RFC5681_4_1_a_probe_after_a_pause_begins_a_window_anew) {
  HarnessOptions options = sender(PathMtuProbing::always);
  options.tcp.hystart = false;
  options.tcp.pacing = false;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, -1, true));
  h.write(c, pattern(1460 + 3 * 984));
  ASSERT_EQ(sizes(h).front(), 1460u);
  OptionsWriter writer;
  std::uint32_t end = 1460 + 3 * 984;
  const std::array block{SackBlock{SequenceNumber(h.our_nxt + 1460), SequenceNumber(h.our_nxt + end)}};
  writer.sack(block);
  const Bytes bytes = writer.finish();
  Wire lost = h.ack_of(h.our_nxt);
  lost.options.assign(bytes.begin(), bytes.end());
  h.inject(lost);
  h.advance(ms(10));
  EXPECT_EQ(sizes(h).front(), 984u) << "it failed, and goes again in pieces";
  h.inject(h.ack_of(h.our_nxt + end));
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t window = h.tcp.status(c)->congestion_window;
    h.write(c, pattern(window, end));
    h.inject(h.ack_of(h.our_nxt + (end += window)));
  }
  h.discard_sent();
  const std::uint32_t grown = h.tcp.status(c)->congestion_window;
  ASSERT_GT(grown, 40u * 984);
  h.advance(Duration::seconds(60));
  h.write(c, pattern(8000, end));
  EXPECT_EQ(sizes(h).front(), (1024u + 1500) / 2 - 40);
  EXPECT_LE(h.tcp.status(c)->congestion_window, 10u * 984);
}

}  // namespace
}  // namespace linnet::tcp::test
