// SPDX-License-Identifier: Apache-2.0
// How a recovery begins and ends, and what is left of it: the window, what a late D-SACK gives back, what the
// next one finds (RFC 6675 5, RFC 6937 3, RFC 3708).
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

HarnessOptions large_window() {
  HarnessOptions options = by_count();
  options.tcp.initial_window = 20;
  return options;
}

TEST(RecoveryEnd, a_part_of_a_segment_counts_as_one_that_was_delivered) {
  Sender s(without_probes());
  std::uint32_t delivered = s.status().measured.delivered;
  for (const std::uint32_t bytes : {1000u, 1u, 1001u, 999u}) {
    s.write(s.c, std::string(bytes, 'x'));
    s.our_nxt += bytes;
    s.acknowledge(0);
    delivered += bytes > 1000 ? 2 : 1;
    EXPECT_EQ(s.status().measured.delivered, delivered) << bytes;
  }
}

TEST(RecoveryEnd, RFC6675_5_A_the_acknowledgment_that_ends_it_may_tell_of_another_gap) {
  Sender s(by_count());
  s.send(12);
  s.acknowledge(0, {{1, 4}});
  s.acknowledge(0, {{1, 10}});
  EXPECT_EQ(s.gone(), (Segments{0, 10, 11}));
  s.acknowledge(10, {{11, 12}});
  EXPECT_EQ(s.doing(), CongestionState::disorder);
  EXPECT_EQ(s.status().measured.sacked, 1u);
  EXPECT_NEAR(s.cwnd(), 7, 0.2);  // RFC 6937 3: ssthresh
}

TEST(RecoveryEnd, RFC6675_5_1_after_a_timeout_the_acknowledgment_of_all_may_tell_of_another_gap) {
  HarnessOptions options = by_count();
  options.tcp.forward_rto = false;
  Sender s(options);
  s.send(4);
  s.advance(s.status().retransmission_timeout);
  s.acknowledge(1);
  s.acknowledge(3);
  EXPECT_EQ(s.gone(), (Segments{0, 1, 2, 3}));
  s.send(3);
  s.acknowledge(4, {{5, 6}});
  EXPECT_EQ(s.status().measured.sacked, 1u);
}

TEST(RecoveryEnd, RFC5681_3_1_slow_start_goes_on_where_the_state_after_a_timeout_ends) {
  HarnessOptions options = by_count();
  options.tcp.forward_rto = false;
  Sender s(options);
  s.send(2);
  s.advance(s.status().retransmission_timeout);
  s.acknowledge(2);
  EXPECT_EQ(s.doing(), CongestionState::open);
  EXPECT_EQ(s.cwnd(), 3);  // one, and what was acknowledged; not ssthresh
}

TEST(RecoveryEnd, RFC3708_a_duplicate_may_be_reported_in_the_round_trip_after_the_end) {
  for (const double reported_at : {15, 18}) {
    Sender s(by_count());
    s.send(12);
    s.acknowledge(0, {{1, 4}});
    s.acknowledge(0, {{1, 10}});
    s.acknowledge(10);
    s.acknowledge(12);
    ASSERT_EQ(s.doing(), CongestionState::open);
    s.send(4);
    s.acknowledge(13);  // what went after the end of recovery: a round trip is over
    s.acknowledge(14);
    if (reported_at > 15) {
      s.acknowledge(16);
      s.send(3);
      s.acknowledge(17);  // and another one
    }
    s.acknowledge(reported_at, {{0, 1}});
    EXPECT_EQ(s.cwnd() >= 10, reported_at == 15) << s.cwnd();
    EXPECT_LT(s.cwnd(), 30);
  }
}

TEST(RecoveryEnd, RFC3708_what_a_timeout_sent_again_must_be_reported_too) {
  HarnessOptions options = without_probes();
  options.tcp.rack.patient_at_first = false;
  options.tcp.forward_rto = false;
  Sender s(options);
  s.send(10);
  s.advance(ms(310));
  s.advance(round_trip);
  s.acknowledge(1);
  s.advance(round_trip);
  s.gone();
  s.acknowledge(1, {{2, 3}});  // of 1 and 2, which went again, the later one has come
  ASSERT_EQ(s.doing(), CongestionState::recovery);
  ASSERT_EQ(s.gone().front(), 1);
  s.acknowledge(3, {{1, 2}});
  EXPECT_LT(s.cwnd(), 7);
}

TEST(RecoveryEnd, RFC3168_6_1_2_what_a_mark_has_reduced_no_duplicate_gives_back) {
  Sender s(by_count(), {.ecn = true});
  s.send(10);
  s.acknowledge(1, {}, Flags::ece);
  s.acknowledge(1, {{2, 5}});
  EXPECT_EQ(s.gone(), Segments{1});
  s.acknowledge(5, {{1, 2}});
  EXPECT_TRUE(s.reduced());
  EXPECT_LT(s.cwnd(), 10);
}

TEST(RecoveryEnd, RFC6937_3_each_reduction_is_counted_from_its_own_beginning) {
  Sender s(large_window());
  s.send(20);
  s.acknowledge(0, {{1, 4}});
  EXPECT_EQ(s.gone(), Segments{0});
  s.acknowledge(20);
  s.send(40);
  EXPECT_EQ(s.cwnd(), 14);
  s.acknowledge(20, {{21, 24}});
  EXPECT_EQ(s.gone(), (Segments{20, 34}));  // 0.64 of three, rounded up
}

TEST(RecoveryEnd, RFC6937_3_1_an_acknowledgment_that_tells_of_further_losses_is_not_safe) {
  Sender s(large_window());
  s.send(22);
  s.acknowledge(0, {{4, 7}});
  EXPECT_EQ(s.gone(), Segments{0});
  s.acknowledge(1, {{4, 7}, {11, 14}});
  EXPECT_EQ(s.gone(), (Segments{1, 2, 3, 7, 8, 9}));  // four have arrived now, and two were left of three
  s.acknowledge(2, {{4, 7}, {11, 14}});
  EXPECT_EQ(s.gone(), (Segments{10, 20}));  // one has arrived, and one more may go
}

TEST(RecoveryEnd, RFC8985_6_3_what_the_timer_finds_lost_lets_no_burst_out) {
  Sender s;
  s.send(20);
  s.advance(round_trip);
  s.acknowledge(0, {{3, 6}});
  EXPECT_EQ(s.gone().back(), 12);  // RFC 3042
  s.advance(ms(50));
  EXPECT_EQ(s.doing(), CongestionState::recovery);
  EXPECT_EQ(s.gone(), Segments{0});
}

TEST(RecoveryEnd, RFC8985_6_2_step_4_a_first_loss_that_was_one_ends_the_patience) {
  Sender s;
  s.send(10);
  s.advance(round_trip);
  s.acknowledge(0, {{1, 4}});
  s.advance(ms(50));
  s.acknowledge(10);
  s.gone();
  s.send(7);
  s.advance(round_trip);
  s.acknowledge(10, {{11, 14}});
  EXPECT_EQ(s.gone().front(), 10);
}

TEST(RecoveryEnd, RFC5681_3_1_what_an_acknowledgment_tells_beyond_a_gap_does_not_grow_the_window) {
  Sender s(by_count());
  s.send(10);
  s.acknowledge(1, {{2, 3}});
  EXPECT_EQ(s.cwnd(), 11);
}

TEST(RecoveryEnd, RFC6675_5_a_recovery_after_a_mark_lasts_for_all_that_was_outstanding) {
  Sender s(by_count(), {.ecn = true});
  s.send(20);
  s.acknowledge(1, {}, Flags::ece);
  s.acknowledge(1, {{4, 10}});
  EXPECT_EQ(s.doing(), CongestionState::recovery);
  EXPECT_EQ(s.gone().back(), 13);
  s.acknowledge(10);
  EXPECT_EQ(s.doing(), CongestionState::recovery) << "what went after the mark is not acknowledged";
  s.acknowledge(14);
  EXPECT_EQ(s.doing(), CongestionState::open);
}

TEST(RecoveryEnd, RFC2018_4_a_single_byte_beyond_a_gap_is_a_gap) {
  Sender s(by_count());
  s.send(10);
  s.acknowledge(0, {{1, 1.0015}});
  EXPECT_EQ(s.doing(), CongestionState::disorder);
}

// --- tail loss probes and timeouts (RFC 8985 7, RFC 6298 5) ---

TEST(RecoveryEnd, RFC8985_7_4_2_a_probe_before_a_reduction_is_no_reason_for_another) {
  for (const bool timeout : {true, false}) {
    HarnessOptions options = by_count();
    options.tcp.tail_loss_probe = true;
    options.tcp.forward_rto = false;
    Sender s(options);
    s.send(10);
    s.advance(ms(210));
    EXPECT_EQ(s.gone().back(), 9);
    if (timeout) {
      s.advance(ms(400));
      ASSERT_EQ(s.doing(), CongestionState::loss);
    } else {
      s.acknowledge(0, {{1, 4}});
      ASSERT_EQ(s.doing(), CongestionState::recovery);
    }
    s.acknowledge(10);
    const std::uint32_t threshold = s.status().slow_start_threshold;
    s.send(1);
    s.acknowledge(11);
    EXPECT_EQ(s.status().slow_start_threshold, threshold);
  }
}

TEST(RecoveryEnd, RFC8985_7_2_a_timeout_in_place_of_a_probe_counts_from_when_the_oldest_was_sent) {
  HarnessOptions options = by_count();
  options.tcp.tail_loss_probe = true;
  Sender s(options);
  s.send(10);
  s.advance(round_trip);
  s.acknowledge(1, {{3, 4}});
  s.advance(s.status().retransmission_timeout - round_trip - ms(1));
  EXPECT_EQ(s.gone(), Segments{});
  s.advance(ms(1));
  EXPECT_EQ(s.gone(), Segments{1});
}

TEST(RecoveryEnd, RFC6298_5_a_single_byte_is_sent_again_too) {
  Sender s(without_probes(), {.user = {.no_delay = true}});
  s.write(s.c, "a");
  s.write(s.c, "b");
  s.acknowledge(0.001);
  s.gone();
  s.advance(s.status().retransmission_timeout);
  EXPECT_EQ(s.expect_sent().data, "b");
}

TEST(RecoveryEnd, RFC5681_3_1_the_threshold_goes_down_once_for_what_is_outstanding) {
  HarnessOptions options = by_count();
  options.tcp.forward_rto = false;
  Sender s(options);
  s.send(10);
  s.advance(s.status().retransmission_timeout);
  EXPECT_EQ(s.status().slow_start_threshold, 7 * mss);
  s.advance(s.status().retransmission_timeout);
  EXPECT_EQ(s.status().slow_start_threshold, 7 * mss);  // the same segment timed out again
  s.gone();
  s.acknowledge(1);
  s.acknowledge(3);
  s.acknowledge(6);
  EXPECT_EQ(s.cwnd(), 7);
  s.advance(s.status().retransmission_timeout);
  EXPECT_EQ(s.status().slow_start_threshold, 4 * mss);  // another one
}

TEST(RecoveryEnd, RFC5682_2_1_a_timeout_that_interrupts_a_recovery) {
  Sender s(by_count());
  s.send(20);
  s.acknowledge(0, {{1, 4}});
  s.gone();
  s.advance(s.status().retransmission_timeout);
  ASSERT_EQ(s.doing(), CongestionState::loss);
  EXPECT_EQ(s.status().slow_start_threshold, 7 * mss);
  EXPECT_EQ(s.status().measured.sacked, 3u);
  EXPECT_EQ(s.gone(), Segments{0});
  s.acknowledge(4);
  EXPECT_EQ(s.gone().front(), 4) << "no new data: it is known that something was lost";
}

TEST(RecoveryEnd, RFC8985_6_3_at_a_timeout_what_is_younger_than_a_late_segment_is_not_lost) {
  struct Case {
    std::int64_t age;
    std::uint32_t lost;
  };
  for (const Case& each : {Case{149, 3}, Case{150, 5}}) {  // a round trip and half of one
    Sender s(without_probes());
    s.send(4);
    s.advance(round_trip);
    s.acknowledge(1);
    s.advance(ms(300 - each.age));
    EXPECT_EQ(s.send(2), (Segments{4, 5}));
    s.advance(ms(each.age));
    ASSERT_EQ(s.doing(), CongestionState::loss);
    EXPECT_EQ(s.status().measured.lost, each.lost);
  }
}

TEST(RecoveryEnd, RFC1191_6_4_what_a_smaller_path_loses_is_no_congestion) {
  Sender s(by_count());
  s.send(10);
  s.gone();
  s.ip.path_mtu_update(Harness::peer_address, 640, s.now);
  s.poll();
  s.write(s.c, "x");
  EXPECT_FALSE(s.gone().empty());
  for (const double acked : {2., 5., 7.}) {
    s.acknowledge(acked);
    EXPECT_FALSE(s.reduced()) << acked;
    s.acknowledge(acked, {{acked + 1, acked + 1.5}});
    EXPECT_FALSE(s.reduced()) << acked;
  }
}

}  // namespace
}  // namespace linnet::tcp::test
