// SPDX-License-Identifier: Apache-2.0
// What acknowledgments mean for losses and the window: RFC 5681 and 6582 without SACK, RFC 6675 and 8985 with
// it.
#include <algorithm>

#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Recovery, RFC8985_6_2_step_5_a_gap_is_lost_when_the_reordering_window_is_over) {
  for (const std::uint16_t recoveries : {1, 0}) {
    HarnessOptions options = sender_options();
    options.tcp.recoveries = recoveries;
    Sender h(options);
    EXPECT_EQ(h.send(10).size(), 10u);
    h.advance(round_trip);
    h.acknowledge(0, {{1, 4}});
    EXPECT_EQ(h.doing(), CongestionState::disorder);
    h.advance(ms(49));
    EXPECT_TRUE(h.gone().empty()) << "half the least round trip";
    h.advance(ms(1));
    EXPECT_EQ(h.gone(), Segments{0});
    EXPECT_EQ(h.doing(), CongestionState::recovery);
    EXPECT_TRUE(h.reduced());
    h.acknowledge(10);
    EXPECT_EQ(h.doing(), CongestionState::open);
    EXPECT_EQ(h.status().retransmissions, 1u);
  }
}

TEST(Recovery, RFC8985_6_2_step_5_the_window_is_waited_for_in_recovery_too) {
  Sender h;
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 2}});
  h.advance(ms(10));
  h.acknowledge(2);  // it came late: a quarter of the round trip is waited from now on
  h.acknowledge(2, {{3, 4}});
  h.advance(ms(24));
  EXPECT_TRUE(h.gone().empty());
  h.advance(ms(1));
  EXPECT_EQ(h.gone(), Segments{2});
  ASSERT_EQ(h.doing(), CongestionState::recovery);
  const std::uint32_t threshold = h.status().slow_start_threshold;
  h.acknowledge(2, {{3, 4}, {6, 7}});
  EXPECT_TRUE(h.gone().empty());
  EXPECT_EQ(h.status().measured.lost, 1u);
  h.advance(ms(26));
  EXPECT_EQ(h.status().measured.lost, 3u);
  h.acknowledge(2, {{3, 4}, {6, 10}});  // RFC 6937: as much goes as has left
  EXPECT_EQ(h.gone(), (Segments{4, 5}));
  EXPECT_EQ(h.status().slow_start_threshold, threshold) << "one reduction for all of them";
  h.acknowledge(4, {{6, 10}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(Recovery, RFC2018_5_blocks_count_whatever_else_the_acknowledgment_tells) {
  Sender h;
  h.send(10);
  h.advance(round_trip);
  h.window = 60000;  // RFC 5681 2: another window is no duplicate acknowledgment
  h.acknowledge(0, {{1, 2}});
  EXPECT_EQ(h.doing(), CongestionState::disorder);
  EXPECT_EQ(h.status().measured.sacked, 1u);
}

TEST(Recovery, RFC2018_4_blocks_come_in_any_order) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{5, 6}, {2, 3}});
  EXPECT_EQ(h.status().measured.sacked, 2u);
  h.acknowledge(0, {{2, 3}, {5, 6}});
  EXPECT_EQ(h.status().measured.duplicates_reported, 0u);
  EXPECT_EQ(h.status().measured.sacked, 2u);
  h.acknowledge(0, {{5.5, 6.5}, {5, 6}});
  EXPECT_EQ(h.status().measured.duplicates_reported, 0u) << "half of it lies beyond the second";
}

TEST(Recovery, RFC2883_4_a_report_of_what_is_far_older_than_the_window_is_none) {
  Sender h(by_count());
  h.send(4);
  h.advance(round_trip);
  h.acknowledge(4);
  h.acknowledge(4, {{-90, -89}});
  EXPECT_EQ(h.status().measured.duplicates_reported, 0u);
  h.acknowledge(4, {{3, 4}});
  EXPECT_EQ(h.status().measured.duplicates_reported, 1u) << "it counts though nothing is outstanding";
  h.acknowledge(4);
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(Recovery, RFC6675_4_what_is_marked_lost_once_is_not_marked_again) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{2, 5}});
  EXPECT_EQ(h.gone(), (Segments{0, 1}));
  for (const double to : {6., 7., 8.}) h.acknowledge(0, {{2, to}});
  EXPECT_TRUE(h.gone().empty());
  EXPECT_EQ(h.status().retransmissions, 2u);
}

TEST(Recovery, RFC3168_6_1_2_a_loss_after_a_mark_reduces_the_window_once) {
  Sender h(by_count(), {.ecn = true});
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(1, {}, Flags::ece);
  ASSERT_EQ(h.doing(), CongestionState::window_reduced);
  const std::uint32_t threshold = h.status().slow_start_threshold;
  h.acknowledge(1, {{2, 5}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_EQ(h.gone(), Segments{1});
  EXPECT_EQ(h.status().slow_start_threshold, threshold);
}

TEST(Recovery, a_gap_behind_a_reduction_is_still_there_after_it) {
  Sender h(by_count(), {.ecn = true});
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(1, {}, Flags::ece);
  h.acknowledge(9);
  EXPECT_EQ(h.send(5), (Segments{10, 11, 12, 13, 14}));
  h.acknowledge(9, {{12, 13}});
  EXPECT_EQ(h.doing(), CongestionState::window_reduced);
  h.acknowledge(11, {{12, 13}});
  EXPECT_EQ(h.doing(), CongestionState::disorder);
  h.acknowledge(11, {{12, 15}});
  EXPECT_EQ(h.gone(), Segments{11});
}

TEST(Recovery, RFC8985_7_2_no_probe_while_a_gap_is_known_though_the_window_is_being_reduced) {
  HarnessOptions options = by_count();
  options.tcp.tail_loss_probe = true;
  Sender h(options, {.ecn = true});
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(1, {}, Flags::ece);
  h.acknowledge(1, {{9, 10}});
  EXPECT_EQ(h.doing(), CongestionState::window_reduced);
  h.advance(ms(190));
  EXPECT_TRUE(h.gone().empty());
  h.advance(ms(20));
  EXPECT_EQ(h.gone(), Segments{1});
  EXPECT_EQ(h.doing(), CongestionState::loss) << "the retransmission timeout";
}

TEST(Recovery, RFC3168_6_1_2_a_mark_without_memory_to_remember_it) {
  HarnessOptions options = by_count();
  options.tcp.recoveries = 0;
  Sender h(options, {.ecn = true});
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(1, {}, Flags::ece);
  EXPECT_EQ(h.cwnd(), 7);
  h.acknowledge(1, {{2, 5}});
  EXPECT_EQ(h.gone(), Segments{1});
  h.acknowledge(3, {{3, 5}});  // RFC 6582 3.2: a partial one
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_EQ(h.cwnd(), 7);
}

TEST(Recovery, RFC8985_6_2_a_retransmission_that_is_lost_after_a_timeout_is_congestion_anew) {
  HarnessOptions options = without_probes();
  options.tcp.rack.patient_at_first = false;
  options.tcp.forward_rto = false;
  Sender h(options);
  h.send(10);
  h.advance(ms(310));
  EXPECT_EQ(h.gone(), Segments{0});
  ASSERT_EQ(h.doing(), CongestionState::loss);
  const std::uint32_t threshold = h.status().slow_start_threshold;
  h.advance(round_trip);
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{1, 2}));
  h.advance(round_trip);
  h.acknowledge(1, {{2, 3}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_EQ(h.gone().front(), 1);
  EXPECT_LT(h.status().slow_start_threshold, threshold);
}

TEST(Recovery, RFC8985_6_2_step_5_after_a_timeout_the_reordering_window_is_waited_for) {
  HarnessOptions options = without_probes();
  options.tcp.forward_rto = false;
  Sender h(options);
  h.send(10);
  h.advance(ms(310));
  h.gone();
  h.advance(round_trip);
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{1, 2}));
  h.advance(round_trip);
  h.acknowledge(1, {{2, 3}});
  const Segments more = h.gone();
  EXPECT_EQ(std::count(more.begin(), more.end(), 1), 0);
  h.advance(ms(60));
  const Segments again = h.gone();
  EXPECT_EQ(std::count(again.begin(), again.end(), 1), 1);
  EXPECT_EQ(h.doing(), CongestionState::loss);
}

TEST(Recovery, RFC8985_6_3_what_was_sent_a_moment_ago_is_not_lost_because_the_oldest_is) {
  Sender h(without_probes());
  h.send(4);
  h.advance(round_trip);
  h.acknowledge(1);
  h.advance(ms(290));
  h.gone();
  EXPECT_EQ(h.send(2), (Segments{4, 5}));
  h.advance(ms(20));
  ASSERT_EQ(h.doing(), CongestionState::loss);
  EXPECT_EQ(h.gone(), Segments{1});
  EXPECT_EQ(h.status().measured.lost, 3u);
}

// --- without SACK ---

TEST(Recovery, RFC6582_3_2_a_partial_acknowledgment_that_passes_more_than_duplicates_told) {
  Sender h(without_probes(), {.sack = false});
  h.send(10);
  h.advance(round_trip);
  for (int i = 0; i < 3; ++i) h.acknowledge(0);
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(6);  // the duplicates of two more were lost
  EXPECT_EQ(h.gone(), Segments{6});
  EXPECT_EQ(h.status().measured.sacked, 0u);
  h.window = 60000;
  h.acknowledge(6);  // no duplicate: it stands for nothing that arrived
  EXPECT_EQ(h.status().measured.sacked, 0u);
  h.acknowledge(6);
  EXPECT_EQ(h.status().measured.sacked, 1u);
}

TEST(Recovery, RFC6582_4_1_duplicates_of_our_own_retransmissions_are_no_loss) {
  Sender h(without_probes(), {.sack = false});
  h.send(10);
  h.advance(round_trip);
  for (int i = 0; i < 3; ++i) h.acknowledge(0);
  h.gone();
  h.send(3);  // RFC 6582 3.2: they wait for the window
  for (int i = 0; i < 6; ++i) h.acknowledge(0);
  EXPECT_FALSE(h.gone().empty());
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::recovery) << "it ends with what is acknowledged beyond";
  const std::uint64_t before = h.status().retransmissions;
  for (int i = 0; i < 4; ++i) h.acknowledge(10);
  EXPECT_EQ(h.status().retransmissions, before);
}

TEST(Recovery, RFC5681_3_2_the_first_segment_goes_again_whatever_its_length) {
  for (const double length : {1., 0.5}) {
    Sender h(without_probes(), {.sack = false, .user = {.no_delay = true}});
    for (int i = 0; i < 5; ++i) {
      h.send(length);
      h.advance(ms(1));
    }
    h.advance(round_trip);
    for (int i = 0; i < 3; ++i) h.acknowledge(0);
    EXPECT_EQ(h.gone(), Segments{0});
    h.acknowledge(length);
    EXPECT_EQ(h.gone(), Segments{length});
  }
}

TEST(Recovery, RFC5681_3_2_a_device_that_was_busy_sends_the_retransmission_later) {
  for (const bool sack : {true, false}) {
    Sender h(by_count(), {.sack = sack});
    h.send(10);
    h.advance(round_trip);
    h.link.busy = true;
    for (const double to : {2., 3., 4.})
      h.acknowledge(0, sack ? std::vector<Sender::Range>{{1, to}} : std::vector<Sender::Range>{});
    EXPECT_EQ(h.doing(), CongestionState::recovery);
    h.acknowledge(0.5, sack ? std::vector<Sender::Range>{{1, 4}} : std::vector<Sender::Range>{});
    EXPECT_EQ(h.status().retransmissions, 0u);
    h.link.busy = false;
    h.poll();
    EXPECT_EQ(h.gone().front(), 0.5);
    h.acknowledge(10);
    EXPECT_EQ(h.doing(), CongestionState::open);
  }
}

TEST(Recovery, a_reduction_that_nothing_was_sent_again_for_is_not_taken_back) {
  Sender h(by_count(), {.timestamps = true});
  h.send(10);
  h.advance(round_trip);
  h.echo = h.last.parsed.timestamp_value;
  h.link.busy = true;
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  h.acknowledge(0, {{-0.001, 0}, {1, 4}});  // RFC 2883: nothing of this recovery
  EXPECT_TRUE(h.reduced());
  h.acknowledge(2, {{2, 4}});
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_TRUE(h.reduced());
  EXPECT_EQ(h.status().retransmissions, 0u);
}

TEST(Recovery, a_record_in_use_is_not_taken_from_whoever_repairs_a_loss) {
  HarnessOptions options = by_count();
  options.tcp.recoveries = 1;
  Sender h(options);
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  ASSERT_EQ(h.doing(), CongestionState::recovery);
  // Another connection times out, and there is no record for it.
  h.gone();
  const auto other = h.tcp.connect({}, {Harness::peer_address, 99}, {}, h.now);
  ASSERT_TRUE(other.ok());
  const Wire syn = h.expect_sent();
  h.inject({.seq = 1,
            .ack = syn.seq + 1,
            .flags = Flags::syn | Flags::ack,
            .options = syn_options(mss, -1, true),
            .local_port = syn.local_port,
            .remote_port = 99});
  EXPECT_EQ(h.write(*other, "abc"), 3u);
  h.advance(ms(250));
  EXPECT_EQ(h.tcp.status(*other)->measured.state, CongestionState::loss);
  // The first one's is untouched: a D-SACK takes its reduction back.
  h.acknowledge(4, {{0, 1}});
  EXPECT_GE(h.cwnd(), 10);
}

TEST(Recovery, RFC5681_3_1_patience_that_is_switched_off_counts_what_came_late_as_it_comes) {
  for (const bool patient : {true, false}) {
    HarnessOptions options = sender_options();
    options.tcp.rack.patient_at_first = patient;
    Sender h(options);
    h.send(30);
    h.gone();
    h.advance(round_trip);
    h.acknowledge(0, {{1, 2}});
    h.acknowledge(0, {{1, 3}});
    h.acknowledge(3);
    EXPECT_EQ(h.cwnd(), patient ? 13 : 11);
    EXPECT_EQ(h.status().retransmissions, 0u);
  }
}

TEST(Recovery, RFC8985_6_3_a_poll_that_comes_late_leaves_a_moment_between_the_window_and_the_timeout) {
  Sender h(without_probes());
  h.send(5);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 2}});
  h.now =
      h.now + Duration::seconds(10);  // whoever polls was held up: the retransmission timeout is over as well
  h.link.busy = true;
  EXPECT_GT(h.poll(), h.now);
  h.poll();
  EXPECT_EQ(h.doing(), CongestionState::recovery) << "the device takes no repair yet";
  h.link.busy = false;
  h.poll();
  EXPECT_EQ(h.gone(), Segments{0});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
}

}  // namespace
}  // namespace linnet::tcp::test
