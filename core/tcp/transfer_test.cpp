// SPDX-License-Identifier: Apache-2.0
// Data: sending, receiving, acknowledging, windows; RFC 9293 3.8, RFC 5681, RFC 6298, RFC 6582, RFC 7323, RFC 2018.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

std::string pattern(std::size_t size, std::size_t from = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i) % 23);
  return text;
}

TEST(Receive, RFC9293_MUST_58_acknowledges_every_second_full_segment) {
  Harness h;
  const auto c = h.accept();
  for (int i = 0; i < 16; ++i) {  // use up the quick acknowledgments of the start
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1)});
    h.peer_nxt += 1;
    h.read(c);
  }
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000)});
  h.peer_nxt += 1000;
  h.expect_silence();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000)});
  h.peer_nxt += 1000;
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(10)});
  h.peer_nxt += 10;
  h.expect_silence();
  h.advance(Duration::milliseconds(39));
  h.expect_silence();
  h.advance(Duration::milliseconds(2));  // MUST-40: within half a second
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
}

TEST(Receive, RFC5681_4_2_out_of_order_is_acknowledged_at_once_with_sack) {
  Harness h;
  const auto c = h.accept(syn_options(1460, -1, true));
  h.inject({.seq = h.peer_nxt + 100, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(50, 100)});
  Wire ack = h.expect_sent();
  EXPECT_EQ(ack.ack, h.peer_nxt);
  ASSERT_EQ(ack.parsed.sack_count, 1);
  EXPECT_EQ(ack.parsed.sack[0].left.value(), h.peer_nxt + 100);
  EXPECT_EQ(ack.parsed.sack[0].right.value(), h.peer_nxt + 150);
  h.inject({.seq = h.peer_nxt + 300, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(50, 300)});
  ack = h.expect_sent();
  ASSERT_EQ(ack.parsed.sack_count, 2);  // RFC 2018 4: the latest first
  EXPECT_EQ(ack.parsed.sack[0].left.value(), h.peer_nxt + 300);
  EXPECT_EQ(ack.parsed.sack[1].left.value(), h.peer_nxt + 100);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(100)});
  ack = h.expect_sent();
  EXPECT_EQ(ack.ack, h.peer_nxt + 150);
  EXPECT_EQ(ack.parsed.sack_count, 1);
  h.inject({.seq = h.peer_nxt + 150, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(150, 150)});
  ack = h.expect_sent();
  EXPECT_EQ(ack.ack, h.peer_nxt + 350);
  EXPECT_EQ(ack.parsed.sack_count, 0);
  EXPECT_EQ(h.read(c), pattern(350));
  EXPECT_TRUE(h.pool.full());
}

TEST(Receive, C18_07_bytes_outside_the_window_are_trimmed) {
  HarnessOptions options;
  options.tcp.receive_buffer = 1000;
  Harness h(options);
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(500)});
  // Straddles the left edge and the right one.
  h.inject({.seq = h.peer_nxt + 400, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(900, 400)});
  h.advance(Duration::milliseconds(100));
  EXPECT_EQ(h.read(c), pattern(1000));
}

TEST(Receive, RFC9293_SHLD_14_the_window_never_shrinks) {
  HarnessOptions options;
  options.tcp.receive_buffer = 4000;
  Harness h(options);
  const auto c = h.accept();
  std::uint32_t edge = h.peer_nxt + 4000;
  for (int i = 0; i < 4; ++i) {
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000)});
    h.peer_nxt += 1000;
    while (auto wire = h.sent()) {
      EXPECT_GE(wire->ack + wire->window, edge);
      edge = wire->ack + wire->window;
    }
  }
  h.advance(Duration::milliseconds(100));
  h.discard_sent();
  // Zero window: data is refused, but acknowledged (MUST-66 lets ACKs in).
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  const Wire closed = h.expect_sent();
  EXPECT_EQ(closed.window, 0);
  EXPECT_EQ(closed.ack, h.peer_nxt);
  // MUST-39: reading a little does not open it, reading much does.
  EXPECT_EQ(h.read(c, 100).size(), 100u);
  h.expect_silence();
  EXPECT_EQ(h.read(c, 3900).size(), 3900u);
  EXPECT_EQ(h.expect_sent().window, 4000);
}

TEST(Receive, C16_01_urgent_pointers_leave_the_stream_exact) {
  for (const std::uint16_t pointer : {0, 1, 5, 10, 11, 65535}) {
    Harness h;
    const auto c = h.accept();
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = pattern(10),
              .urgent = pointer});
    EXPECT_EQ(h.tcp.readiness(c).urgent, pointer > 0);
    const std::string before_mark = h.read(c);
    EXPECT_EQ(before_mark.size(), pointer > 1 && pointer <= 10 ? pointer - 1u : 10u);
    EXPECT_EQ(before_mark + h.read(c), pattern(10));
    EXPECT_EQ(h.tcp.readiness(c).urgent, pointer > 10);
  }
}

TEST(Receive, RFC6093_urgent_byte_apart_when_not_inline) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.urgent_inline = false});
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::invalid);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .data = "abcXdef", .urgent = 4});
  EXPECT_FALSE(h.tcp.at_mark(c));
  EXPECT_EQ(h.tcp.receive_urgent(c).value(), 'X');
  EXPECT_EQ(h.tcp.receive_urgent(c).error(), Error::invalid);
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
  EXPECT_EQ(h.read(c), "abc");
  EXPECT_TRUE(h.tcp.at_mark(c));
  EXPECT_EQ(h.read(c), "def");
  EXPECT_FALSE(h.tcp.at_mark(c));
}

TEST(Receive, RFC7323_5_3_paws_drops_old_timestamps_with_an_ack) {
  Harness h;
  const auto c = h.accept(syn_options(1460, -1, false, true, 1000));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "new",
            .options = timestamp_option(2000, 0)});
  h.peer_nxt += 3;
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "old",
            .options = timestamp_option(1500, 0)});
  EXPECT_EQ(h.drops.of(Drop::tcp_paws), 1u);
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);
  EXPECT_EQ(h.read(c), "new");
  // A reset is exempt.
  h.inject({.seq = h.peer_nxt, .flags = Flags::rst, .options = timestamp_option(1500, 0)});
  EXPECT_EQ(h.state(c), State::closed);
}

TEST(Receive, C17_04_one_byte_segments_out_of_order_hold_bounded_memory) {
  HarnessOptions options;
  options.tcp.receive_buffer = 5000;
  options.tcp.reassembly_blocks = 8;
  Harness h(options);
  const auto c = h.accept();
  const std::string text = pattern(4001);
  for (std::size_t i = 4000; i > 0; i -= 2) {
    h.inject({.seq = h.peer_nxt + static_cast<std::uint32_t>(i), .ack = h.our_nxt, .flags = Flags::ack,
              .data = text.substr(i, 1)});
  }
  EXPECT_GE(h.pool.small_free() + 8, h.pool.small_count());
  for (std::size_t i = 0; i < text.size(); i += 100) {
    h.inject({.seq = h.peer_nxt + static_cast<std::uint32_t>(i), .ack = h.our_nxt, .flags = Flags::ack,
              .data = text.substr(i, 100)});
  }
  EXPECT_EQ(h.read(c), text);
  EXPECT_TRUE(h.pool.full());
}

TEST(Send, RFC9293_MUST_61_push_on_the_last_segment_only) {
  Harness h;
  const auto c = h.accept();
  EXPECT_EQ(h.write(c, pattern(3000)), 3000u);
  Wire first = h.expect_sent();
  Wire second = h.expect_sent();
  Wire third = h.expect_sent();
  EXPECT_TRUE(first.data + second.data + third.data == pattern(3000));
  EXPECT_EQ(first.data.size(), 1460u);
  EXPECT_FALSE(first.has(Flags::psh));
  EXPECT_TRUE(third.has(Flags::psh));
  h.expect_silence();
}

TEST(Send, RFC9293_SHLD_7_nagle_and_MUST_17_no_delay) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "a");
  EXPECT_EQ(h.expect_sent().data, "a");
  h.write(c, "b");
  h.write(c, "c");
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.expect_sent().data, "bc");
  h.tcp.set_options(c, {.no_delay = true}, h.now);
  h.write(c, "d");
  EXPECT_EQ(h.expect_sent().data, "d");
}

TEST(Send, more_flag_holds_back_a_short_segment_for_a_while) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "head", {.more = true});
  h.expect_silence();
  h.write(c, "tail");
  EXPECT_EQ(h.expect_sent().data, "headtail");
  h.inject(h.ack_of(h.our_nxt + 8));
  h.write(c, "alone", {.more = true});
  h.expect_silence();
  h.advance(Duration::milliseconds(1000));
  EXPECT_EQ(h.expect_sent().data, "alone");
}

TEST(Send, RFC9293_MUST_38_silly_window_is_avoided) {
  Harness h;
  const auto c = h.accept(syn_options(1000), {}, 4000);
  h.write(c, pattern(5000));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.expect_silence();
  // 100 bytes of window are not worth a segment while others are on their way.
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1000, .flags = Flags::ack, .window = 3100});
  h.expect_silence();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1000, .flags = Flags::ack, .window = 4000});
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
}

TEST(Send, RFC6298_5_retransmission_timer_doubles_and_restarts) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  h.expect_sent();
  const Instant sent_at = h.now;
  const Duration rto = h.tcp.status(c)->retransmission_timeout;
  h.advance(rto - Duration::microseconds(1));
  h.expect_silence();
  h.advance(Duration::microseconds(1));
  EXPECT_EQ(h.expect_sent().data, "data");
  EXPECT_EQ((h.now - sent_at).as_microseconds(), rto.as_microseconds());
  h.advance(rto * 2 - Duration::microseconds(1));
  h.expect_silence();
  h.advance(Duration::microseconds(1));
  EXPECT_EQ(h.expect_sent().data, "data");
  EXPECT_EQ(h.tcp.status(c)->congestion_window, 1460u);  // the loss window
  h.inject(h.ack_of(h.our_nxt + 4));
  h.advance(Duration::seconds(300));
  h.expect_silence();
}

TEST(Send, RFC9293_3_8_3_R2_gives_up_with_an_error) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "data");
  h.discard_sent();
  h.advance(Duration::seconds(1200));
  EXPECT_EQ(h.state(c), State::closed);
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
  h.tcp.close(c, h.now);
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(Send, RFC5482_user_timeout) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.user_timeout = Duration::seconds(3)});
  h.write(c, "data");
  h.advance(Duration::milliseconds(2900));
  EXPECT_EQ(h.state(c), State::established);
  h.advance(Duration::milliseconds(200));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Send, RFC6298_3_karn_no_sample_from_retransmissions) {
  Harness h;
  const auto c = h.accept();  // the handshake gave a first sample of almost nothing
  const Duration before = h.tcp.status(c)->smoothed_rtt;
  h.write(c, "data");
  h.advance(Duration::milliseconds(500));
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 4));
  EXPECT_EQ(h.tcp.status(c)->smoothed_rtt, before);
}

TEST(Send, RFC5681_3_2_third_duplicate_ack_retransmits_at_once) {
  Harness h;
  const auto c = h.accept();
  h.write(c, pattern(5840));
  for (int i = 0; i < 4; ++i) h.expect_sent();
  h.inject(h.ack_of(h.our_nxt));
  h.inject(h.ack_of(h.our_nxt));
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt));
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_EQ(again.data, pattern(1460));
  h.expect_silence();
  EXPECT_EQ(h.tcp.status(c)->slow_start_threshold, 7 * 1460u);  // RFC 9438 4.6: 0.7 of ten segments
  // RFC 6582: a partial acknowledgment brings out the next hole, without waiting for more duplicates.
  h.inject(h.ack_of(h.our_nxt + 1460));
  const Wire next = h.expect_sent();
  EXPECT_EQ(next.seq, h.our_nxt + 1460);
  EXPECT_EQ(next.data.size(), 1460u);
  h.inject(h.ack_of(h.our_nxt + 5840));
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 2u);
}

TEST(Send, RFC3042_limited_transmit) {
  HarnessOptions options;
  options.tcp.send_buffer = 60000;
  Harness h(options);
  const auto c = h.accept();
  h.write(c, pattern(30000));
  int sent = 0;
  while (h.sent()) ++sent;
  EXPECT_EQ(sent, 10);  // RFC 6928: the initial window
  h.inject(h.ack_of(h.our_nxt));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 14600);
  h.inject(h.ack_of(h.our_nxt));
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt + 16060);
  h.expect_silence();
}

TEST(Send, RFC9293_MUST_35_zero_window_is_probed_for_ever) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 10);
  h.write(c, pattern(100));
  EXPECT_EQ(h.expect_sent().data, pattern(10));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 0});
  std::vector<Instant> probes;
  for (int i = 0; i < 36000; ++i) {  // an hour
    h.advance(Duration::milliseconds(100));
    while (auto wire = h.sent()) {
      EXPECT_EQ(wire->data, pattern(1, 10));
      EXPECT_EQ(wire->seq, h.our_nxt + 10);
      probes.push_back(h.now);
      h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 0});
    }
  }
  EXPECT_EQ(h.state(c), State::established);  // MUST-37
  ASSERT_GT(probes.size(), 20u);
  EXPECT_GT(probes[5] - probes[4], probes[2] - probes[1]);              // SHLD-30: back-off
  EXPECT_LE(probes[10] - probes[9], Duration::seconds(61));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 65535});
  std::string rest;
  std::uint32_t edge = h.our_nxt + 10;
  while (auto wire = h.sent()) {
    EXPECT_EQ(wire->seq, edge);
    rest += wire->data;
    edge += static_cast<std::uint32_t>(wire->data.size());
  }
  h.inject(h.ack_of(edge));
  while (auto wire = h.sent()) rest += wire->data;
  EXPECT_EQ(rest, pattern(90, 10));
}

TEST(Send, RFC9293_MUST_35_a_probe_that_was_taken_counts) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 10);
  h.write(c, pattern(100));
  h.expect_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 0});
  h.advance(Duration::seconds(2));
  while (h.sent()) {
  }
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 11, .flags = Flags::ack, .window = 1000});
  const Wire rest = h.expect_sent();
  EXPECT_EQ(rest.seq, h.our_nxt + 11);
  EXPECT_EQ(rest.data, pattern(89, 11));
}

TEST(Send, C17_05_an_orphan_at_a_closed_window_is_given_up) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 10);
  h.write(c, pattern(100));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 0});
  h.tcp.close(c, h.now);
  for (int i = 0; i < 1200; ++i) {
    h.advance(Duration::seconds(1));
    while (auto wire = h.sent()) {
      if (!wire->has(Flags::rst)) {
        h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 10, .flags = Flags::ack, .window = 0});
      }
    }
  }
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(Send, RFC9293_MUST_25_keepalive_is_off_and_MUST_28_waits_two_hours) {
  Harness h;
  const auto c = h.accept();
  h.advance(Duration::seconds(10000));
  h.expect_silence();
  h.tcp.set_options(c, {.keepalive = true}, h.now);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  h.advance(Duration::milliseconds(100));
  h.discard_sent();
  h.advance(Duration::seconds(7198));
  h.expect_silence();
  h.advance(Duration::seconds(3));
  const Wire probe = h.expect_sent();
  EXPECT_EQ(probe.seq, h.our_nxt - 1);
  EXPECT_TRUE(probe.data.empty());  // SHLD-12
  for (int i = 0; i < 9; ++i) h.advance(Duration::seconds(76));
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

TEST(Send, device_busy_is_back_pressure_not_loss) {
  Harness h;
  const auto c = h.accept();
  h.link.busy = true;
  EXPECT_EQ(h.write(c, pattern(5000)), 5000u);
  EXPECT_LE(h.poll() - h.now, Duration::milliseconds(1));
  h.link.busy = false;
  h.poll();
  std::string got;
  while (auto wire = h.sent()) got += wire->data;
  EXPECT_TRUE(got == pattern(5000));
  EXPECT_EQ(h.tcp.status(c)->retransmissions, 0u);
}

HarnessOptions with_super_segments() {
  HarnessOptions options;
  options.link.segmentation = 65000;
  options.link.transmit_checksum = true;
  options.tcp.send_buffer = 60000;
  options.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};
  return options;
}

TEST(Send, super_segments_are_cut_to_whole_segments) {
  Harness h(with_super_segments());
  const auto c = h.accept();
  h.write(c, pattern(14600));
  const Wire one = h.expect_sent();
  EXPECT_EQ(one.data, pattern(14600));
  EXPECT_EQ(h.last_segment_size, 1460);
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 14600));
  h.write(c, pattern(2000));
  const Wire two = h.expect_sent();
  EXPECT_EQ(two.data.size(), 2000u);  // nothing is outstanding: Nagle lets the tail go
  EXPECT_EQ(h.last_segment_size, 1460);
  // A loss inside a super-segment is repaired by an ordinary segment.
  h.advance(Duration::milliseconds(1000));
  EXPECT_EQ(h.expect_sent().data.size(), 1460u);
}

TEST(Send, a_super_segment_waits_for_the_acknowledgment_that_makes_room_for_it) {
  HarnessOptions options = with_super_segments();
  options.tcp.initial_window = 20;
  Harness h(options);
  const auto c = h.accept(syn_options(1460), {}, 29200);
  h.write(c, pattern(58400));
  EXPECT_EQ(h.expect_sent().data, pattern(29200));
  h.advance(Duration::milliseconds(10));
  // A segment's room is less than an eighth of the window: 27,740 bytes are under way, their ACK is near.
  Wire ack = h.ack_of(h.our_nxt + 1460);
  ack.window = 29200;
  h.inject(ack);
  h.expect_silence();
  // Two are worth a frame.
  ack.ack = h.our_nxt + 2920;
  h.inject(ack);
  EXPECT_EQ(h.expect_sent().data, pattern(2920, 29200));
  EXPECT_EQ(h.last_segment_size, 1460);
  // The end of what there is to send does not wait.
  ack.ack = h.our_nxt + 32120;
  h.inject(ack);
  std::string rest;
  while (auto wire = h.sent()) rest += wire->data;
  EXPECT_TRUE(rest == pattern(26280, 32120));
}

TEST(Send, a_small_window_waits_for_no_super_segment) {
  Harness h(with_super_segments());
  const auto c = h.accept(syn_options(1460), {}, 14600);
  h.write(c, pattern(43800));
  EXPECT_EQ(h.expect_sent().data, pattern(14600));
  h.advance(Duration::milliseconds(10));
  Wire ack = h.ack_of(h.our_nxt + 1460);
  ack.window = 14600;
  h.inject(ack);
  EXPECT_EQ(h.expect_sent().data, pattern(1460, 14600));
}

TEST(Send, RFC3042_limited_transmit_waits_for_no_super_segment) {
  Harness h(with_super_segments());
  const auto c = h.accept();
  h.write(c, pattern(43800));
  EXPECT_EQ(h.expect_sent().data, pattern(14600));  // RFC 6928: the initial window
  h.inject(h.ack_of(h.our_nxt));
  EXPECT_EQ(h.expect_sent().data, pattern(1460, 14600));
  h.inject(h.ack_of(h.our_nxt));
  EXPECT_EQ(h.expect_sent().data, pattern(1460, 16060));
}

TEST(Send, RFC1191_smaller_path_mtu_cuts_segments_anew) {
  Harness h;
  const auto c = h.accept();
  h.write(c, pattern(1460));
  const Wire big = h.expect_sent();
  // ICMP type 3 code 4, next-hop MTU 1000, quoting IP header and the first 8 bytes of TCP.
  const auto icmp = [&](std::uint32_t seq) {
    std::vector<std::uint8_t> m(8 + 20 + 8);
    m[0] = 3;
    m[1] = 4;
    store16(m.data() + 6, 1000);
    m[8] = 0x45;
    store16(m.data() + 10, 1500);
    m[16] = 64;
    m[17] = 6;
    store32(m.data() + 20, Harness::our_address.v4_value());
    store32(m.data() + 24, Harness::peer_address.v4_value());
    Checksum quoted;
    quoted.add(Bytes(m).subspan(8, 20));
    store16(m.data() + 18, quoted.finish());
    store16(m.data() + 28, h.our_port);
    store16(m.data() + 30, h.peer_port);
    store32(m.data() + 32, seq);
    Checksum sum;
    sum.add(m);
    store16(m.data() + 2, sum.finish());
    return m;
  };
  h.deliver_payload(ip::protocol::icmp, icmp(big.seq + 5000));  // RFC 5927: not a segment in flight
  h.poll();
  h.expect_silence();
  h.deliver_payload(ip::protocol::icmp, icmp(big.seq));
  h.poll();
  EXPECT_EQ(h.expect_sent().data, pattern(960));
  EXPECT_EQ(h.expect_sent().data, pattern(500, 960));
  EXPECT_EQ(h.tcp.status(c)->segment_size, 960);
}

TEST(Close, RFC9293_3_6_half_close_then_time_wait) {
  Harness h;
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  EXPECT_EQ(h.expect_sent().flags, Flags::fin | Flags::ack);
  EXPECT_EQ(h.tcp.send(c, {}, {}, h.now).error(), Error::closed);
  h.inject(h.ack_of(h.our_nxt + 1));
  EXPECT_EQ(h.state(c), State::fin_wait_2);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack, .data = "still talking"});
  EXPECT_EQ(h.state(c), State::time_wait);
  h.discard_sent();
  EXPECT_EQ(h.read(c), "still talking");
  EXPECT_EQ(h.tcp.receive(c, {}, false, h.now).value(), 0u);
  h.tcp.close(c, h.now);
  EXPECT_NE(h.digest(), h.fresh);
  // A repeated FIN is acknowledged again; a reset does not end the wait (RFC 1337).
  h.inject({.seq = h.peer_nxt + 13, .ack = h.our_nxt + 1, .flags = Flags::fin | Flags::ack});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 14);
  h.inject({.seq = h.peer_nxt + 14, .flags = Flags::rst});
  h.expect_silence();
  h.advance(Duration::seconds(59));
  EXPECT_NE(h.digest(), h.fresh);
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Close, RFC9293_SHLD_3_unread_data_resets) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "unread"});
  h.discard_sent();
  h.tcp.close(c, h.now);
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_EQ(h.digest(), h.fresh);
  EXPECT_TRUE(h.pool.full());
}

TEST(Close, RFC2525_2_16_data_after_close_resets) {
  Harness h;
  const auto c = h.accept();
  h.tcp.close(c, h.now);
  EXPECT_TRUE(h.expect_sent().has(Flags::fin));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack, .data = "late"});
  EXPECT_TRUE(h.expect_sent().has(Flags::rst));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Close, linger_zero_resets) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {.linger = true});
  h.tcp.close(c, h.now);
  const Wire reset = h.expect_sent();
  EXPECT_TRUE(reset.has(Flags::rst));
  EXPECT_EQ(reset.seq, h.our_nxt);
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Close, C19_11_fin_wait_2_of_an_orphan_ends) {
  Harness h;
  const auto c = h.accept();
  h.tcp.close(c, h.now);
  h.inject(h.ack_of(h.our_nxt + 1));
  h.advance(Duration::seconds(61));
  EXPECT_EQ(h.digest(), h.fresh);
}

TEST(Close, C19_05_simultaneous_close_with_every_packet_lost_once) {
  Harness h;
  const auto c = h.accept();
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());
  h.discard_sent();  // our FIN is lost
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::fin | Flags::ack});
  EXPECT_EQ(h.state(c), State::closing);
  h.discard_sent();  // and so is our ACK of theirs
  h.advance(Duration::seconds(2));
  const Wire again = h.expect_sent();
  EXPECT_TRUE(again.has(Flags::fin));  // CLOSING repeats its FIN
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_EQ(again.ack, h.peer_nxt + 1);
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt + 1, .flags = Flags::ack});
  EXPECT_EQ(h.state(c), State::time_wait);
}

TEST(Close, C19_06_fin_behind_a_gap_ends_the_stream_exactly) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt + 5, .ack = h.our_nxt, .flags = Flags::ack | Flags::fin, .data = "67890"});
  // Data beyond the FIN is nobody's.
  h.inject({.seq = h.peer_nxt + 10, .ack = h.our_nxt, .flags = Flags::ack, .data = "beyond"});
  EXPECT_EQ(h.state(c), State::established);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "12345"});
  EXPECT_EQ(h.state(c), State::close_wait);
  EXPECT_EQ(h.read(c), "1234567890");
  EXPECT_EQ(h.tcp.receive(c, {}, false, h.now).value(), 0u);
  EXPECT_TRUE(h.pool.full());
}

TEST(Security, C18_03_RFC5961_3_2_only_the_exact_reset_resets) {
  Harness h;
  const auto c = h.accept();
  h.inject({.seq = h.peer_nxt + 10, .flags = Flags::rst});
  const Wire challenge = h.expect_sent();
  EXPECT_EQ(challenge.flags, Flags::ack);
  EXPECT_EQ(challenge.ack, h.peer_nxt);
  h.inject({.seq = h.peer_nxt - 1, .flags = Flags::rst});
  h.inject({.seq = h.peer_nxt + 100000, .flags = Flags::rst});
  h.expect_silence();
  EXPECT_EQ(h.state(c), State::established);
  h.inject({.seq = h.peer_nxt, .flags = Flags::rst});
  EXPECT_EQ(h.tcp.take_error(c), Error::reset);
}

TEST(Security, C18_06_RFC5961_7_challenges_are_limited_per_connection) {
  Harness h;
  h.accept();
  int challenges = 0;
  for (int i = 0; i < 100; ++i) {
    h.inject({.seq = h.peer_nxt + 10, .flags = Flags::rst});
    while (h.sent()) ++challenges;
  }
  EXPECT_EQ(challenges, 10);
  h.advance(Duration::seconds(5));
  h.inject({.seq = h.peer_nxt + 10, .flags = Flags::rst});
  h.expect_sent();
}

TEST(Security, C18_05_ack_of_what_was_never_sent_is_challenged) {
  Harness h;
  const auto c = h.accept(syn_options(1460, 14));
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt - 1073725300u, .flags = Flags::ack, .data = "injected"});
  EXPECT_TRUE(h.read(c).empty());
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 1, .flags = Flags::ack, .data = "injected"});
  EXPECT_TRUE(h.read(c).empty());
  EXPECT_EQ(h.drops.of(Drop::tcp_bad_ack), 2u);
}

TEST(Security, C15_10_everything_works_across_the_sequence_wrap) {
  for (const std::uint32_t iss : {0xfffffff0u, 0x7ffffff0u, 0u, 0xffffffffu}) {
    HarnessOptions options;
    options.tcp.receive_buffer = 60000;
    Harness h(options);
    h.peer_iss = iss;
    const auto c = h.accept(syn_options(1460, -1, true));
    h.inject({.seq = h.peer_nxt + 1000, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000, 1000)});
    const Wire sack = h.expect_sent();
    EXPECT_EQ(sack.parsed.sack[0].left.value(), h.peer_nxt + 1000);
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000)});
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 2000);
    EXPECT_EQ(h.read(c), pattern(2000));
  }
}

}  // namespace
}  // namespace linnet::tcp::test
