// SPDX-License-Identifier: Apache-2.0
// Windows, acknowledgments, urgent data and keep-alive by requirement of RFC 9293 3.8.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

std::string pattern(std::size_t size, std::size_t from = 0) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i) % 23);
  return text;
}

HarnessOptions large_send_buffer() {
  HarnessOptions options;
  options.tcp.send_buffer = 120000;
  return options;
}

Wire with_window(Wire wire, std::uint16_t window) {
  wire.window = window;
  return wire;
}

// --- 3.8.6: windows ---

TEST(RequirementsData, RFC9293_MUST_1_a_window_above_32767_is_not_negative) {
  Harness h(large_send_buffer());
  const auto c = h.accept(syn_options(1460), {}, 65535);
  h.write(c, pattern(120000));
  std::uint32_t acked = 0;
  std::uint32_t most = 0;
  std::uint32_t edge = 0;
  for (int round = 0; round < 200 && acked < 120000; ++round) {
    while (const auto wire = h.sent()) {
      edge = std::max(edge, wire->seq - h.our_nxt + static_cast<std::uint32_t>(wire->data.size()));
    }
    most = std::max(most, edge - acked);
    acked = std::min(acked + 2920, edge);
    h.inject(with_window(h.ack_of(h.our_nxt + acked), 65535));
  }
  EXPECT_EQ(acked, 120000u);
  EXPECT_GT(most, 32768u);
  EXPECT_LE(most, 65535u);
}

TEST(RequirementsData, RFC9293_MUST_34_SHLD_15_SHLD_16_a_window_that_shrinks) {
  HarnessOptions options = large_send_buffer();
  options.tcp.forward_rto = false;  // this peer keeps nothing that comes out of order
  Harness h(options);
  const auto c = h.accept(syn_options(1000), {}, 8000);
  h.write(c, pattern(20000));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.expect_silence();
  // The right edge moves left by 5000: 2000 bytes stay, the usable window is negative.
  h.inject(with_window(h.ack_of(h.our_nxt + 1000), 2000));
  h.expect_silence();
  // What is within is retransmitted as ever, what is beyond is not sent, old or new.
  h.advance(Duration::seconds(20));
  std::uint32_t right = 0;
  int retransmissions = 0;
  while (const auto wire = h.sent()) {
    EXPECT_EQ(wire->seq, h.our_nxt + 1000);
    right = std::max(right, wire->seq - h.our_nxt + static_cast<std::uint32_t>(wire->data.size()));
    ++retransmissions;
  }
  EXPECT_LE(right, 3000u);
  EXPECT_GE(retransmissions, 3);
  EXPECT_EQ(h.state(c), State::established);
  // It opens again: everything arrives.
  std::uint32_t acked = 1000;
  std::string got = pattern(1000);
  for (int round = 0; round < 400 && got.size() < 20000; ++round) {
    h.inject(with_window(h.ack_of(h.our_nxt + acked), 8000));
    h.advance(ms(50));
    while (const auto wire = h.sent()) {
      if (wire->seq == h.our_nxt + acked) {
        got += wire->data;
        acked += static_cast<std::uint32_t>(wire->data.size());
      }
    }
  }
  EXPECT_TRUE(got == pattern(20000));
}

TEST(RequirementsData, RFC9293_SHLD_17_what_lies_beyond_a_closed_window_times_nothing_out) {
  Harness h(large_send_buffer());
  const auto c = h.accept(syn_options(1000), {}, 8000);
  h.write(c, pattern(8000));
  h.discard_sent();
  h.inject(with_window(h.ack_of(h.our_nxt + 1000), 0));  // 7000 bytes are out beyond the edge
  int probes = 0;
  for (int i = 0; i < 3600; ++i) {  // an hour, in which R2 would have ended it many times
    h.advance(Duration::seconds(1));
    while (const auto wire = h.sent()) {
      EXPECT_LE(wire->data.size(), 1u);
      ++probes;
      h.inject(with_window(h.ack_of(h.our_nxt + 1000), 0));
    }
  }
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_GT(probes, 30);
}

TEST(RequirementsData, RFC9293_SHLD_29_the_first_probe_goes_after_one_RTO) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 10);
  h.write(c, pattern(100));
  EXPECT_EQ(h.expect_sent().data.size(), 10u);
  h.inject(with_window(h.ack_of(h.our_nxt + 10), 0));
  const Duration rto = h.tcp.status(c)->retransmission_timeout;
  h.advance(rto - Duration::microseconds(1));
  h.expect_silence();
  h.advance(Duration::microseconds(1));
  EXPECT_EQ(h.expect_sent().data, pattern(1, 10));
}

TEST(RequirementsData, RFC9293_MUST_36_a_window_closed_from_the_start_is_probed) {
  Harness h;
  const auto c = h.accept(syn_options(1460), {}, 0);
  h.write(c, "data");
  h.expect_silence();
  h.advance(Duration::seconds(2));
  EXPECT_EQ(h.expect_sent().data, "d");
  EXPECT_EQ(h.state(c), State::established);
}

/// A receiver whose window of 1000 bytes is full.
struct Full {
  Harness h;
  ConnectionHandle c;
  static HarnessOptions options() {
    HarnessOptions o;
    o.tcp.receive_buffer = 1000;
    return o;
  }
  Full() : h(options()), c(h.accept()) {
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(1000)});
    h.peer_nxt += 1000;
    h.advance(ms(100));
    h.discard_sent();
    EXPECT_EQ(h.tcp.status(c)->receive_window, 0u);
  }
};

TEST(RequirementsData, RFC9293_MUST_66_a_reset_is_processed_at_a_zero_window) {
  Full f;
  f.h.inject({.seq = f.h.peer_nxt, .ack = f.h.our_nxt, .flags = Flags::rst | Flags::ack});
  EXPECT_EQ(f.h.state(f.c), State::closed);
}

TEST(RequirementsData, RFC9293_MUST_66_urgent_and_acknowledgment_are_processed_at_a_zero_window) {
  for (const std::string& text : {std::string(), std::string("u")}) {  // alone, and on data that finds no room
    Full f;
    f.h.write(f.c, "data");
    f.h.discard_sent();
    f.h.inject({.seq = f.h.peer_nxt, .ack = f.h.our_nxt + 4, .flags = Flags::ack | Flags::urg, .data = text, .urgent = 5});
    EXPECT_TRUE(f.h.tcp.readiness(f.c).urgent);
    EXPECT_EQ(f.h.tcp.status(f.c)->send_queue, 0u);
    EXPECT_EQ(f.h.read(f.c), pattern(1000));
  }
}

TEST(RequirementsData, RFC9293_MAY_8_MUST_39_the_window_stays_closed_until_it_is_worth_opening) {
  Full f;
  f.h.advance(Duration::seconds(3600));
  f.h.expect_silence();
  EXPECT_EQ(f.h.read(f.c, 400).size(), 400u);
  f.h.inject({.seq = f.h.peer_nxt, .ack = f.h.our_nxt, .flags = Flags::ack, .data = "p"});
  const Wire reply = f.h.expect_sent();
  EXPECT_EQ(reply.window, 0);  // less than half the buffer and than a segment
  EXPECT_EQ(reply.ack, f.h.peer_nxt);
  EXPECT_EQ(f.h.read(f.c, 100).size(), 100u);
  EXPECT_EQ(f.h.expect_sent().window, 500);
}

// --- 3.8.6.3, 3.10.7.4: acknowledgments ---

TEST(RequirementsData, RFC9293_MUST_58_MUST_59_what_is_queued_is_processed_before_one_acknowledgment) {
  Harness h;
  const auto c = h.accept();
  for (std::uint32_t i = 0; i < 5; ++i) {
    h.deliver({.seq = h.peer_nxt + i * 500, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(500, i * 500)});
  }
  h.expect_silence();
  h.poll();
  const Wire ack = h.expect_sent();
  EXPECT_EQ(ack.ack, h.peer_nxt + 2500);
  h.expect_silence();
  EXPECT_EQ(h.read(c), pattern(2500));
}

TEST(RequirementsData, RFC9293_SHLD_18_an_acknowledgment_travels_with_data) {
  Harness h;
  const auto c = h.accept();
  for (int i = 0; i < 16; ++i) {  // use up the quick acknowledgments of the start
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "q"});
    h.peer_nxt += 1;
    h.read(c);
  }
  h.discard_sent();
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "request"});
  h.expect_silence();
  h.write(c, "answer");
  const Wire answer = h.expect_sent();
  EXPECT_EQ(answer.data, "answer");
  EXPECT_EQ(answer.ack, h.peer_nxt + 7);
  h.advance(ms(150));
  h.expect_silence();
}

TEST(RequirementsData, RFC9293_SHLD_31_MAY_13_out_of_order_segments_are_queued) {
  Harness h;
  const auto c = h.accept();
  for (const std::uint32_t at : {400u, 200u, 300u, 100u}) {
    h.inject({.seq = h.peer_nxt + at, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(100, at)});
    EXPECT_EQ(h.expect_sent().ack, h.peer_nxt);  // each is acknowledged at once
  }
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(100)});
  EXPECT_EQ(h.expect_sent().ack, h.peer_nxt + 500);
  EXPECT_EQ(h.read(c), pattern(500));
}

// --- 3.8.5: urgent data ---

TEST(RequirementsData, RFC9293_MUST_31_urgent_data_of_any_length) {
  HarnessOptions options;
  options.tcp.receive_buffer = 60000;
  Harness h(options);
  const auto c = h.accept();
  // The pointer is 5000 bytes ahead, four segments away.
  std::string got;
  for (std::uint32_t at = 0; at < 6000; at += 1000) {
    const bool still = at < 5000;
    h.inject({.seq = h.peer_nxt + at, .ack = h.our_nxt,
              .flags = static_cast<std::uint8_t>(Flags::ack | (still ? Flags::urg : 0)), .data = pattern(1000, at),
              .urgent = static_cast<std::uint16_t>(still ? 5000 - at : 0)});
    if (still) {
      EXPECT_TRUE(h.tcp.readiness(c).urgent) << at;
    }
    got += h.read(c);
  }
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
  EXPECT_TRUE(got == pattern(6000));
}

TEST(RequirementsData, RFC9293_MUST_32_MUST_33_the_user_is_told_when_urgent_data_is_announced_and_advances) {
  Harness h;
  const auto c = h.accept();
  h.tcp.set_tag(c, 42);
  while (h.tcp.take_changed()) {
  }
  const auto announce = [&](std::uint16_t pointer) {
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack | Flags::urg, .urgent = pointer});
  };
  announce(10);
  EXPECT_EQ(h.tcp.take_changed(), 42u);
  EXPECT_TRUE(h.tcp.readiness(c).urgent);
  announce(10);
  EXPECT_FALSE(h.tcp.take_changed().has_value());  // nothing new
  announce(20);
  EXPECT_EQ(h.tcp.take_changed(), 42u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = pattern(19)});
  h.read(c);
  EXPECT_TRUE(h.tcp.readiness(c).urgent);  // one byte is to come
  h.inject({.seq = h.peer_nxt + 19, .ack = h.our_nxt, .flags = Flags::ack, .data = "u"});
  h.read(c);
  EXPECT_FALSE(h.tcp.readiness(c).urgent);
}

TEST(RequirementsData, RFC9293_MUST_62_MUST_30_the_pointer_names_the_byte_behind_the_urgent_ones) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "abc", {.urgent = true});
  const Wire first = h.expect_sent();
  EXPECT_TRUE(first.has(Flags::urg));
  EXPECT_EQ(first.urgent, 3);
  h.advance(Duration::seconds(2));
  const Wire again = h.expect_sent();  // and so does the retransmission
  EXPECT_TRUE(again.has(Flags::urg));
  EXPECT_EQ(again.urgent, 3);
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 3));
  h.write(c, "plain");
  EXPECT_FALSE(h.expect_sent().has(Flags::urg));
}

TEST(RequirementsData, RFC9293_MUST_30_urgent_mode_is_told_in_every_segment_before_the_pointer) {
  Harness h(large_send_buffer());
  const auto c = h.accept();
  h.write(c, pattern(3000), {.urgent = true});
  std::uint32_t at = 0;
  int seen = 0;
  while (const auto wire = h.sent()) {
    EXPECT_TRUE(wire->has(Flags::urg));
    EXPECT_EQ(wire->urgent, 3000 - at);
    at += static_cast<std::uint32_t>(wire->data.size());
    ++seen;
  }
  EXPECT_EQ(seen, 3);
}

// --- 3.8.4: keep-alive ---

Options keepalive(std::int64_t idle_seconds, std::int64_t interval_seconds, std::uint8_t count) {
  return {.keepalive = true, .keepalive_count = count, .keepalive_idle = Duration::seconds(idle_seconds),
          .keepalive_interval = Duration::seconds(interval_seconds)};
}

TEST(RequirementsData, RFC9293_MUST_24_MUST_26_MUST_27_probes_only_after_the_configured_idle_time) {
  Harness h;
  const auto c = h.accept(syn_options(1460), keepalive(10, 3, 4));
  h.advance(Duration::seconds(9));
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt));  // any segment counts
  h.advance(Duration::seconds(9));
  h.expect_silence();
  // Data that waits for its acknowledgment: the retransmission timer's affair.
  h.write(c, "data");
  h.advance(Duration::seconds(30));
  while (const auto wire = h.sent()) EXPECT_EQ(wire->data, "data");
  h.inject(h.ack_of(h.our_nxt + 4));
  h.advance(ms(9900));
  h.expect_silence();
  h.advance(ms(3200));
  const Wire probe = h.expect_sent();
  EXPECT_EQ(probe.seq, h.our_nxt + 3);
  EXPECT_TRUE(probe.data.empty());
}

TEST(RequirementsData, RFC9293_MUST_29_one_answer_to_many_probes_keeps_the_connection) {
  Harness h;
  const auto c = h.accept(syn_options(1460), keepalive(10, 3, 4));
  for (int cycle = 0; cycle < 3; ++cycle) {
    h.advance(Duration::seconds(10 + 3 * 3) + ms(500));  // four probes, three of them lost
    int probes = 0;
    while (h.sent()) ++probes;
    EXPECT_EQ(probes, 4);
    h.inject(h.ack_of(h.our_nxt));
    EXPECT_EQ(h.state(c), State::established);
  }
  h.advance(Duration::seconds(10 + 4 * 3 + 1));  // none is answered
  EXPECT_EQ(h.tcp.take_error(c), Error::timed_out);
}

// --- 3.8.2, 3.9.1: push ---

TEST(RequirementsData, RFC9293_MUST_60_SHLD_27_nothing_is_kept_back_for_ever_and_pushes_collapse) {
  Harness h;
  const auto c = h.accept();
  h.write(c, "a");
  EXPECT_TRUE(h.expect_sent().has(Flags::psh));
  for (int i = 0; i < 10; ++i) h.write(c, "b");  // Nagle: they wait for one acknowledgment
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 1));
  const Wire all = h.expect_sent();
  EXPECT_EQ(all.data, "bbbbbbbbbb");
  EXPECT_TRUE(all.has(Flags::psh));
  h.expect_silence();
  h.inject(h.ack_of(h.our_nxt + 11));
  h.write(c, "held", {.more = true});
  h.advance(Duration::seconds(1));
  EXPECT_EQ(h.expect_sent().data, "held");
}

}  // namespace
}  // namespace linnet::tcp::test
