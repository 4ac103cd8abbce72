// SPDX-License-Identifier: Apache-2.0
// RFC 7323 by rule: window scale and timestamps.
#include <set>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

ConnectionHandle accept_with_timestamps(Harness& h) { return h.accept(syn_options(1460, -1, true, true, 1000)); }

/// A segment of the peer's at `offset` from its next number.
Wire timed(const Harness& h, std::uint32_t value, std::string data, std::uint32_t offset = 0) {
  return {.seq = h.peer_nxt + offset, .ack = h.our_nxt, .flags = Flags::ack, .data = std::move(data),
          .options = timestamp_option(value, 0)};
}

// --- 2: window scale ---

TEST(RequirementsTimestamps, RFC7323_2_2_the_options_are_answered_only_when_they_were_offered) {
  for (int offered = 0; offered < 8; ++offered) {
    const bool scale = (offered & 1) != 0;
    const bool timestamps = (offered & 2) != 0;
    const bool sack = (offered & 4) != 0;
    Harness h;
    h.listen(80);
    h.inject({.seq = h.peer_iss, .flags = Flags::syn, .options = syn_options(1460, scale ? 3 : -1, sack, timestamps)});
    const Wire reply = h.expect_sent();
    EXPECT_EQ(reply.parsed.window_scale.has_value(), scale);
    EXPECT_EQ(reply.parsed.has_timestamp, timestamps);
    EXPECT_EQ(reply.parsed.sack_permitted, sack);
  }
}

TEST(RequirementsTimestamps, RFC7323_2_2_a_scale_in_a_segment_without_SYN_is_ignored) {
  Harness h;
  const auto c = h.accept(syn_options(1460, 2), {}, 1000);
  EXPECT_EQ(h.tcp.status(c)->send_window, 1000u << 2);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 1000, .options = {1, 3, 3, 9}});
  EXPECT_EQ(h.tcp.status(c)->send_window, 1000u << 2);
}

TEST(RequirementsTimestamps, RFC7323_2_3_no_side_scales_unless_both_offered) {
  HarnessOptions options;
  options.tcp.receive_buffer = 1 << 20;
  Harness h(options);
  const auto c = h.accept(syn_options(1460), {}, 1000);
  EXPECT_EQ(h.tcp.status(c)->send_window, 1000u);
  EXPECT_LE(h.tcp.status(c)->receive_window, 65535u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "x"});
  h.advance(Duration::seconds(1));
  EXPECT_GT(h.expect_sent().window, 32767);  // unscaled, so it is large
}

TEST(RequirementsTimestamps, RFC7323_2_2_the_peers_SYN_ACK_window_is_not_scaled) {
  Harness h;
  const auto c = h.connect();
  h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .window = 5000,
            .options = syn_options(1460, 7)});
  EXPECT_EQ(h.tcp.status(c)->send_window, 5000u);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .window = 5000});
  EXPECT_EQ(h.tcp.status(c)->send_window, 5000u << 7);
}

TEST(RequirementsTimestamps, RFC7323_2_3_our_windows_are_shifted_right_and_the_edge_stays) {
  HarnessOptions options;
  options.tcp.receive_buffer = 300000;
  Harness h(options);
  const auto c = h.accept(syn_options(1460, 0));
  std::uint32_t edge = h.peer_nxt;
  for (int i = 0; i < 40; ++i) {  // odd lengths: the edge falls between two units
    h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = std::string(977, 'a')});
    h.peer_nxt += 977;
    while (const auto wire = h.sent()) {
      const std::uint32_t right = wire->ack + (std::uint32_t{wire->window} << 3);  // 300000 needs a shift of 3
      EXPECT_GE(right, edge);  // 2.4: rounding never takes back what was offered
      edge = right;
    }
    h.read(c);
  }
  EXPECT_GT(edge - h.peer_nxt, 65535u);
}

// --- 3: timestamps ---

TEST(RequirementsTimestamps, RFC7323_3_2_every_segment_carries_them_once_negotiated) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.write(c, std::string(2000, 'a'));                                // data
  h.inject(timed(h, 1100, "in order"));                              // a bare ACK
  h.peer_nxt += 8;
  h.inject(timed(h, 1101, "gap", 100));                              // one with SACK blocks
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack});  // a challenge ACK
  h.advance(Duration::seconds(3));                                   // a retransmission
  EXPECT_TRUE(h.tcp.shutdown_send(c, h.now).ok());                   // FIN
  int seen = 0;
  while (const auto wire = h.sent()) {
    EXPECT_TRUE(wire->parsed.has_timestamp);
    EXPECT_GE(wire->parsed.timestamp_echo, 1000u);
    EXPECT_EQ(load32(wire->options.data()), 0x0101080au);  // appendix A: NOP, NOP, the option
    ++seen;
  }
  EXPECT_GE(seen, 6);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 2001, .flags = Flags::ack, .options = timestamp_option(1200, 0)});
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 2001, .flags = Flags::fin | Flags::ack,
            .options = timestamp_option(1201, 0)});
  EXPECT_TRUE(h.expect_sent().parsed.has_timestamp);  // of TIME-WAIT
}

TEST(RequirementsTimestamps, RFC7323_3_2_a_reset_of_the_connection_carries_them) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.tcp.abort(c, h.now);
  const Wire reset = h.expect_sent();
  ASSERT_TRUE(reset.has(Flags::rst));
  EXPECT_TRUE(reset.parsed.has_timestamp);
  EXPECT_EQ(reset.parsed.timestamp_echo, 1001u);
}

TEST(RequirementsTimestamps, RFC7323_3_2_none_unless_the_peer_offered_them) {
  Harness h;
  const auto c = h.accept(syn_options(1460));
  h.write(c, "data");
  EXPECT_FALSE(h.expect_sent().parsed.has_timestamp);
  // Nor does one that turns up later count.
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 4, .flags = Flags::ack, .data = "x",
            .options = timestamp_option(7, 7)});
  EXPECT_EQ(h.read(c), "x");
  EXPECT_FALSE(h.expect_sent().parsed.has_timestamp);
  h.inject({.seq = h.peer_nxt + 1, .ack = h.our_nxt + 4, .flags = Flags::ack, .data = "y",
            .options = timestamp_option(6, 7)});
  EXPECT_EQ(h.read(c), "y");  // no PAWS
}

TEST(RequirementsTimestamps, RFC7323_3_2_a_segment_that_lacks_them_aborts_nothing) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack, .data = "bare"});
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.read(c), "bare");  // taken: some middleboxes strip options
  h.peer_nxt += 4;
  h.discard_sent();
  h.inject(timed(h, 1100, "timed"));
  EXPECT_EQ(h.read(c), "timed");
}

TEST(RequirementsTimestamps, RFC7323_3_2_the_echo_of_a_SYN_without_ACK_is_ignored) {
  Harness h;
  h.listen(80);
  h.inject({.seq = h.peer_iss, .flags = Flags::syn,
            .options = syn_options(1460, -1, false, true, 1000, 0xdeadbeef)});
  const Wire reply = h.expect_sent();
  EXPECT_EQ(reply.parsed.timestamp_echo, 1000u);
  EXPECT_NE(reply.parsed.timestamp_value, 0xdeadbeefu);
}

// --- 4: measuring and echoing ---

TEST(RequirementsTimestamps, RFC7323_4_1_an_ACK_that_acknowledges_nothing_new_measures_nothing) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.write(c, "data");
  const Wire sent = h.expect_sent();
  h.advance(Duration::seconds(5));  // retransmitted: only timestamps could tell
  h.discard_sent();
  const Duration before = h.tcp.status(c)->smoothed_rtt;
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt, .flags = Flags::ack,
            .options = timestamp_option(1100, sent.parsed.timestamp_value)});
  EXPECT_EQ(h.tcp.status(c)->smoothed_rtt, before);
  h.inject({.seq = h.peer_nxt, .ack = h.our_nxt + 4, .flags = Flags::ack,
            .options = timestamp_option(1101, sent.parsed.timestamp_value)});
  EXPECT_GT(h.tcp.status(c)->smoothed_rtt, before);
}

TEST(RequirementsTimestamps, RFC7323_4_3_A_a_delayed_ACK_echoes_the_first_segment_that_it_covers) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  for (std::uint32_t i = 0; i < 16; ++i) {  // use up the quick acknowledgments of the start
    h.inject(timed(h, 1100 + i, "q"));
    h.peer_nxt += 1;
    h.read(c);
  }
  h.discard_sent();
  h.inject(timed(h, 2000, std::string(1000, 'a')));
  h.peer_nxt += 1000;
  h.expect_silence();
  h.inject(timed(h, 2010, std::string(1000, 'b')));
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
}

TEST(RequirementsTimestamps, RFC7323_4_3_B_a_segment_behind_a_hole_is_not_echoed) {
  Harness h;
  accept_with_timestamps(h);
  h.inject(timed(h, 2000, "aaaa"));
  h.peer_nxt += 4;
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
  h.inject(timed(h, 2010, "cccc", 4));
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
  // (C) What fills the hole is the one to echo.
  h.inject(timed(h, 2020, "bbbb"));
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2020u);
}

TEST(RequirementsTimestamps, RFC7323_5_3_R3_a_value_as_old_as_the_last_is_no_older) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.inject(timed(h, 2000, "aaaa"));
  h.peer_nxt += 4;
  h.discard_sent();
  h.inject(timed(h, 2000, "bbbb"));
  EXPECT_EQ(h.read(c), "aaaabbbb");
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
}

// --- 5: PAWS ---

TEST(RequirementsTimestamps, RFC7323_5_2_values_are_compared_around_the_wrap) {
  Harness h;
  // The SYN comes before the wrap of the peer's clock, the ACK with 1001 behind it.
  const auto c = h.accept(syn_options(1460, -1, false, true, 0xfffffff0u));
  ASSERT_EQ(h.state(c), State::established);
  h.inject(timed(h, 0xfffffffeu, "old"));
  EXPECT_EQ(h.read(c), "");
  EXPECT_EQ(h.drops.of(Drop::tcp_paws), 1u);
  h.inject(timed(h, 1001, "new"));
  EXPECT_EQ(h.read(c), "new");
}

TEST(RequirementsTimestamps, RFC7323_5_2_a_reset_changes_nothing_by_its_timestamp) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.inject(timed(h, 2000, "aaaa"));
  h.peer_nxt += 4;
  h.discard_sent();
  // Overlaps what was received, so that it is in the window without being exact: challenged.
  h.inject({.seq = h.peer_nxt - 2, .ack = h.our_nxt, .flags = Flags::rst | Flags::ack, .data = "xxxx",
            .options = timestamp_option(0x70000000u, 0)});
  EXPECT_EQ(h.state(c), State::established);
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 2000u);
  h.inject(timed(h, 2001, "bbbb"));
  EXPECT_EQ(h.read(c), "aaaabbbb");
}

TEST(RequirementsTimestamps, RFC7323_5_3_R1_what_is_too_old_is_acknowledged_and_dropped) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.inject(timed(h, 2000, "aaaa"));
  h.peer_nxt += 4;
  h.discard_sent();
  h.inject(timed(h, 1999, "bbbb"));
  const Wire ack = h.expect_sent();
  EXPECT_EQ(ack.flags, Flags::ack);
  EXPECT_EQ(ack.ack, h.peer_nxt);
  EXPECT_EQ(ack.parsed.timestamp_echo, 2000u);
  EXPECT_EQ(h.read(c), "aaaa");
}

TEST(RequirementsTimestamps, RFC7323_5_5_after_24_idle_days_any_value_is_believed) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.inject(timed(h, 2000, "aaaa"));
  h.peer_nxt += 4;
  h.advance(Duration::seconds(23 * 24 * 3600));
  h.inject(timed(h, 1999, "early"));
  EXPECT_EQ(h.read(c), "aaaa");
  h.advance(Duration::seconds(2 * 24 * 3600));
  h.inject(timed(h, 1999, "late"));
  EXPECT_EQ(h.read(c), "late");
  h.discard_sent();
  h.peer_nxt += 4;
  h.inject(timed(h, 1999, "x"));
  EXPECT_EQ(h.expect_sent().parsed.timestamp_echo, 1999u);  // and counts from then on
}

TEST(RequirementsTimestamps, RFC7323_5_4_the_clock_ticks_each_millisecond) {
  Harness h;
  const auto c = accept_with_timestamps(h);
  h.tcp.set_options(c, {.no_delay = true}, h.now);
  h.write(c, "a");
  const std::uint32_t first = h.expect_sent().parsed.timestamp_value;
  h.advance(Duration::milliseconds(100));
  h.write(c, "b");
  EXPECT_EQ(h.expect_sent().parsed.timestamp_value - first, 100u);
}

TEST(RequirementsTimestamps, RFC7323_7_1_each_connection_has_an_offset_of_its_own) {
  Harness h;
  const Secrets secrets(h.random);
  std::set<std::uint32_t> seen;
  for (std::uint16_t port = 1; port < 1000; ++port) {
    seen.insert(secrets.timestamp({Harness::our_address, 80}, {Harness::peer_address, port}, h.now) >> 16);
  }
  EXPECT_GT(seen.size(), 900u);
}

}  // namespace
}  // namespace linnet::tcp::test
