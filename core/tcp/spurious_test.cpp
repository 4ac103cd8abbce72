// SPDX-License-Identifier: Apache-2.0
// Retransmissions that were not needed: RFC 3522 and 4015 (Eifel), RFC 3708 (D-SACK), RFC 5682 (F-RTO).
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

TEST(Eifel, RFC3522_3_2_a_partial_acknowledgment_of_the_original_ends_recovery) {
  Sender h(by_count(), {.timestamps = true});
  h.send(10);
  h.echo = h.last.parsed.timestamp_value;  // of the originals, all along
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  ASSERT_TRUE(h.reduced());
  h.acknowledge(2, {{2, 4}});
  EXPECT_EQ(h.doing(), CongestionState::disorder) << "the gap behind it is still there";
  EXPECT_FALSE(h.reduced());
  EXPECT_GE(h.cwnd(), 9.8);
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_EQ(h.status().retransmissions, 1u);
}

TEST(Eifel, RFC3522_3_2_each_retransmission_is_judged_by_its_own_acknowledgment) {
  Sender h(by_count(), {.timestamps = true});
  h.send(10);
  h.echo = h.last.parsed.timestamp_value;
  h.advance(round_trip);
  h.acknowledge(0, {{2, 6}});
  EXPECT_EQ(h.gone().size(), 2u);
  h.acknowledge(1, {{2, 6}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_TRUE(h.reduced()) << "the second may have been lost";
  h.acknowledge(6);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
}

TEST(Eifel, RFC3522_3_2_the_echo_of_the_retransmission_or_none_proves_nothing) {
  for (const int kind : {0, 1, 2}) {
    Sender h(by_count(), {.timestamps = true});
    h.send(10);
    h.advance(round_trip);
    h.echo = h.last.parsed.timestamp_value;
    h.acknowledge(0, {{1, 4}});
    h.gone();
    if (kind == 0) h.echo = h.last.parsed.timestamp_value;
    if (kind == 1) h.echo = 0;
    if (kind == 2) {
      Wire bare = h.acknowledgment(4);
      bare.options.clear();
      h.inject(bare);
    } else {
      h.acknowledge(4);
    }
    EXPECT_EQ(h.doing(), CongestionState::recovery) << kind;
    EXPECT_TRUE(h.reduced());
  }
}

TEST(DuplicateSackUndo, RFC3708_4_a_recovery_whose_every_retransmission_came_twice_is_taken_back) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(4, {{0, 1}});
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
  EXPECT_GE(h.cwnd(), 9.8);
}

TEST(DuplicateSackUndo, RFC3708_4_when_the_report_comes_after_recovery) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  h.gone();
  h.acknowledge(10);
  ASSERT_EQ(h.doing(), CongestionState::open);
  ASSERT_TRUE(h.reduced());
  h.acknowledge(10, {{0, 1}});
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
}

TEST(DuplicateSackUndo, RFC3708_4_reports_of_what_was_sent_before_count_for_nothing) {
  Sender h(by_count());
  h.send(4);
  h.acknowledge(4);
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(4, {{5, 8}});
  EXPECT_EQ(h.gone(), Segments{4});
  h.acknowledge(4, {{3, 4}, {5, 8}});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_TRUE(h.reduced());
  h.acknowledge(8, {{4, 5}});
  EXPECT_FALSE(h.reduced());
  h.acknowledge(8, {{4, 5}});  // once more: there is nothing left to take back
  EXPECT_EQ(h.status().measured.duplicates_reported, 3u);
  EXPECT_FALSE(h.reduced());
}

TEST(DuplicateSackUndo, RFC3708_4_what_is_lost_still_is) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  h.link.busy = true;
  h.acknowledge(4, {{0, 1}, {5, 9}});  // 0 came twice; and 4 is lost
  h.link.busy = false;
  h.poll();
  EXPECT_EQ(h.gone(), Segments{4});
}

// --- F-RTO ---

/// Ten segments, of which nothing was heard for a retransmission timeout; the first one went again.
struct TimedOut : Sender {
  explicit TimedOut(const Peer& peer = {}, double unsent = 2) : Sender(by_count(), peer) {
    EXPECT_EQ(send(10).size(), 10u);
    if (unsent > 0) {
      EXPECT_TRUE(send(unsent).empty());
    }
    echo = last.parsed.timestamp_value;
    advance(ms(310));
    EXPECT_EQ(gone(), Segments{0});
    EXPECT_EQ(doing(), CongestionState::loss);
    EXPECT_TRUE(reduced());
  }
};

TEST(ForwardRto, RFC5682_2_1_step_3b_a_timeout_that_was_none_is_taken_back) {
  TimedOut h;
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{10, 11})) << "step 2b: new data";
  h.acknowledge(2);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
  EXPECT_GE(h.cwnd(), 9.8);
  h.acknowledge(12);
  EXPECT_EQ(h.status().retransmissions, 1u);
}

TEST(ForwardRto, RFC5682_3_1_step_3b_with_retransmissions_on_their_way) {
  TimedOut h;
  h.acknowledge(0, {{3, 4}});  // an original: nothing but the first went again
  EXPECT_EQ(h.doing(), CongestionState::disorder);
  EXPECT_FALSE(h.reduced());
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(ForwardRto, RFC5682_2_1_step_2c_without_room_for_new_data_recovery_is_the_usual_one) {
  for (const int kind : {0, 1, 2}) {
    TimedOut h({}, kind == 0 ? 0 : 2);
    if (kind == 1) h.window = 9500;  // nine are outstanding
    if (kind == 2) {
      h.window = 10000;
      h.acknowledge(1);
      EXPECT_EQ(h.gone(), Segments{10});
      continue;
    }
    h.acknowledge(1);
    EXPECT_EQ(h.gone(), (Segments{1, 2})) << kind;
    EXPECT_EQ(h.doing(), CongestionState::loss);
    h.acknowledge(3);
    EXPECT_TRUE(h.reduced()) << "it was given up to find out";
  }
}

TEST(ForwardRto, RFC5682_2_1_step_2_a_FIN_that_is_outstanding_leaves_no_new_data) {
  Sender h(by_count());
  h.send(9);
  EXPECT_TRUE(h.tcp.shutdown_send(h.c, h.now).ok());
  h.gone();
  h.advance(ms(310));
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{1, 2}));
  h.acknowledge(9);
  EXPECT_EQ(h.tcp.status(h.c)->state, State::fin_wait_1) << "the FIN is not acknowledged";
  h.inject(h.ack_of(h.place(9) + 1));
  EXPECT_EQ(h.tcp.status(h.c)->state, State::fin_wait_2);
}

TEST(ForwardRto, RFC5682_2_1_step_3a_a_duplicate_after_new_data_shows_that_the_rest_was_lost) {
  for (const bool sack : {true, false}) {
    TimedOut h({.sack = sack});
    h.acknowledge(1);
    EXPECT_EQ(h.gone(), (Segments{10, 11}));
    for (const double to : {11., 12.})
      h.acknowledge(1, sack ? std::vector<Sender::Range>{{10, to}} : std::vector<Sender::Range>{});
    EXPECT_EQ(h.doing(), CongestionState::loss);
    EXPECT_EQ(h.gone(), (Segments{1, 2}));
    EXPECT_TRUE(h.reduced());
    h.acknowledge(10);
    EXPECT_TRUE(h.reduced());
  }
}

TEST(ForwardRto, RFC5682_2_1_step_2_duplicates_before_anything_new_was_sent_say_nothing) {
  TimedOut h({.sack = false});
  const double before = h.cwnd();
  h.acknowledge(0);
  h.window = 60000;
  h.acknowledge(0);
  EXPECT_EQ(h.cwnd(), before);
  EXPECT_TRUE(h.gone().empty());
  EXPECT_EQ(h.doing(), CongestionState::loss);
}

TEST(ForwardRto, RFC3168_6_1_2_what_a_mark_confirms_is_not_taken_back) {
  TimedOut h({.ecn = true});
  const double before = h.cwnd();
  h.acknowledge(1, {}, Flags::ece);
  EXPECT_EQ(h.cwnd(), before) << "no growth by what tells of congestion";
  h.gone();
  h.acknowledge(2);
  EXPECT_TRUE(h.reduced());
}

TEST(Eifel, RFC4015_3_2_a_timeout_that_the_echo_of_an_original_disproves) {
  for (const bool sack : {true, false}) {
    TimedOut h({.sack = sack, .timestamps = true});
    h.acknowledge(1);
    EXPECT_FALSE(h.reduced()) << sack;
    EXPECT_GE(h.cwnd(), 9.7);
    h.acknowledge(12);
    EXPECT_EQ(h.doing(), CongestionState::open);
  }
}

}  // namespace
}  // namespace linnet::tcp::test
