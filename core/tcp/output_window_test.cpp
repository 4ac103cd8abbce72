// SPDX-License-Identifier: Apache-2.0
// How much may go: the windows, what of the congestion window is in use, and what is worth a frame.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

HarnessOptions cutting_device(std::uint16_t segmentation = 65000) {
  HarnessOptions options = by_count();
  options.link.segmentation = segmentation;
  options.link.transmit_checksum = true;
  options.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};
  return options;
}

/// How many segments went out, frame by frame.
Segments frames(Sender& s) {
  Segments out;
  while (const auto wire = s.sent()) out.push_back(static_cast<double>(wire->data.size()) / mss);
  return out;
}

TEST(OutputWindow, a_frame_holds_whole_segments_as_many_as_the_device_cuts) {
  Sender s(cutting_device(3900));
  s.write(s.c, std::string(10000, 'x'));
  EXPECT_EQ(frames(s), (Segments{3, 3, 3, 1}));
}

TEST(OutputWindow, RFC9293_3_8_6_a_frame_holds_whole_segments_within_the_window) {
  Sender s(cutting_device(), {.window = 2600});
  s.write(s.c, std::string(10000, 'x'));
  EXPECT_EQ(frames(s), Segments{2});
}

TEST(OutputWindow, RFC5681_3_1_after_a_timeout_a_frame_holds_what_the_window_has_room_for) {
  HarnessOptions options = cutting_device();
  options.tcp.forward_rto = false;
  Sender s(options);
  s.send(10);
  s.advance(s.status().retransmission_timeout);
  EXPECT_EQ(frames(s), Segments{1});
  s.acknowledge(1);
  EXPECT_EQ(frames(s), Segments{2});
  s.acknowledge(2);  // three may be under way, and one is
  EXPECT_EQ(frames(s), Segments{2});
}

TEST(OutputWindow, a_super_segment_is_waited_for_while_the_acknowledgment_that_makes_room_is_near) {
  struct Case {
    std::int64_t round_trip;  // microseconds
    double waits;             // of it, for the acknowledgment
    double least;             // that go at once
  };
  for (const Case& each : {Case{499, 1, 8}, Case{500, 1, 3}, Case{100000, 1, 3}, Case{100000, 0.4, 1}}) {
    SCOPED_TRACE(each.round_trip);
    HarnessOptions options = cutting_device();
    options.tcp.initial_window = 24;
    options.tcp.send_buffer = 100000;
    Harness h(options);
    const ListenerHandle listener = h.listen(80);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .window = 24000, .options = syn_options(mss)});
    h.our_nxt = h.expect_sent().seq + 1;
    h.peer_nxt = h.peer_iss + 1;
    h.now = h.now + Duration::microseconds(each.round_trip);
    Wire ack = h.ack_of(h.our_nxt);
    ack.window = 24000;
    h.inject(ack);
    const ConnectionHandle c = h.tcp.accept(listener).value();
    h.write(c, std::string(60000, 'x'));
    EXPECT_EQ(h.expect_sent().data.size(), 24000u);
    h.now = h.now + Duration::microseconds(
                        static_cast<std::int64_t>(static_cast<double>(each.round_trip) * each.waits));
    double room = 1;
    for (; room < 24; ++room) {
      ack.ack += mss;
      h.inject(ack);
      if (!h.link.frames.empty()) break;
    }
    EXPECT_EQ(room, each.least);
    EXPECT_EQ(h.expect_sent().data.size(), each.least * mss);
  }
}

TEST(OutputWindow, RFC9293_3_8_6_2_1_half_of_the_largest_window_is_worth_a_segment) {
  Harness h;
  const ConnectionHandle c = h.accept(syn_options(1460), {}, 1000);
  h.write(c, std::string(3000, 'x'));
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1000, .flags = Flags::ack, .window = 500});
  EXPECT_EQ(h.expect_sent().data.size(), 500u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1500, .flags = Flags::ack, .window = 499});
  h.expect_silence();
}

TEST(OutputWindow, RFC5681_3_1_a_full_congestion_window_has_no_room_for_a_byte) {
  Sender s(by_count());
  s.send(10);
  s.write(s.c, "x");
  s.expect_silence();
  EXPECT_EQ(s.status().unsent, 1u);
}

TEST(OutputWindow, RFC5681_4_1_an_idle_RTO_is_over_when_it_is_exceeded) {
  for (const bool exceeded : {false, true}) {
    Sender s(by_count());
    s.send(10);
    s.advance(round_trip);
    s.acknowledge(10);
    const double grown = s.cwnd();
    EXPECT_EQ(grown, 20);
    s.advance(s.status().retransmission_timeout - round_trip + Duration::microseconds(exceeded ? 1 : 0));
    s.send(1);
    EXPECT_EQ(s.cwnd(), exceeded ? grown / 2 : grown);
  }
}

TEST(OutputWindow, RFC5681_4_1_who_sends_each_half_RTO_is_not_idle) {
  Sender s(by_count());
  s.send(10);
  s.acknowledge(10);
  const double grown = s.cwnd();
  for (double i = 11; i < 16; ++i) {
    s.advance(s.status().retransmission_timeout / 2);
    s.send(1);
    s.acknowledge(i);
    EXPECT_EQ(s.status().last_data_sent, s.now);
  }
  EXPECT_EQ(s.cwnd(), grown);
}

TEST(OutputWindow, RFC2861_2_1_one_time_of_idleness_counts_once) {
  Sender s(by_count());
  double sent = 10;
  s.send(10);
  s.acknowledge(10);
  for (int i = 0; i < 2; ++i) {
    const double window = s.cwnd();
    s.send(window);
    s.acknowledge(sent += window);
  }
  EXPECT_EQ(s.cwnd(), 80);
  s.advance(s.status().retransmission_timeout * 3 / 2);
  s.write(s.c, "x", {.more = true});
  EXPECT_EQ(s.cwnd(), 40);
  s.write(s.c, "y", {.more = true});
  EXPECT_EQ(s.cwnd(), 40);
}

/// Writes so many segments, and acknowledges a window each round trip until all have arrived.
void transfer(Sender& s, double segments) {
  s.send(segments);
  while (s.status().send_queue > 0) {
    s.advance(round_trip);
    s.our_nxt += s.status().send_queue - s.status().unsent;
    s.acknowledge(0);
  }
}

TEST(OutputWindow, RFC9438_5_8_silence_is_no_time_of_congestion_avoidance) {
  double window[2];
  for (const bool silence : {false, true}) {
    HarnessOptions options = by_count();
    options.tcp.slow_start_after_idle = false;
    options.tcp.send_buffer = 400 * mss;
    options.blocks.small_count = 512;
    Sender s(options);
    transfer(s, 70);
    s.send(20);
    s.our_nxt += 1000;
    s.acknowledge(0, {{1, 10}});
    s.gone();
    s.our_nxt += 19000;
    s.acknowledge(0);
    transfer(s, 60);
    if (silence) s.advance(Duration::seconds(60));
    transfer(s, 60);
    window[silence] = s.cwnd();
  }
  EXPECT_NEAR(window[1], window[0], 1);
}

/// One acknowledgment for each of `count` segments that lie behind the first `from`.
void acknowledge_each(Sender& s, double from, double count) {
  for (double i = 1; i <= count; ++i) s.acknowledge(from + i);
}

TEST(OutputWindow, RFC7661_4_3_in_slow_start_a_window_grows_to_twice_what_was_outstanding) {
  for (const double outstanding : {5, 6, 8}) {
    SCOPED_TRACE(outstanding);
    Sender s(by_count());
    s.send(outstanding);
    acknowledge_each(s, 0, outstanding);
    EXPECT_EQ(s.cwnd(), std::max(10.0, 2 * outstanding));
    // The next round trip counts anew.
    const double before = s.cwnd();
    s.send(2);
    acknowledge_each(s, outstanding, 2);
    EXPECT_EQ(s.cwnd(), before);
  }
}

TEST(OutputWindow, RFC7661_4_3_a_window_that_the_peer_or_the_user_keeps_empty_does_not_grow) {
  struct Case {
    std::uint16_t window;
    double written;
    bool grows;
  };
  for (const Case& each : {Case{5000, 40, false}, Case{10000, 40, true}, Case{20000, 5, false}}) {
    SCOPED_TRACE(each.window);
    Sender s(by_count(), {.window = each.window});
    s.send(each.written);
    acknowledge_each(s, 0, 5);
    EXPECT_EQ(s.cwnd() > 10, each.grows);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
