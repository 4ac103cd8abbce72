// SPDX-License-Identifier: Apache-2.0
// What is left of a reduction that was not needed, or of one of which that stayed open: nothing that later
// losses could feel (RFC 5682, RFC 4015, RFC 3708).
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

/// Ten segments, of which nothing was heard for a retransmission timeout; the first one went again, and two
/// are unsent.
struct AfterTimeout : Sender {
  explicit AfterTimeout(const Peer& peer = {}) : Sender(by_count(), peer) {
    before = status().retransmission_timeout;
    send(12);
    echo = last.parsed.timestamp_value;
    advance(ms(310));
    EXPECT_EQ(gone(), Segments{0});
  }
  Duration before;
};

TEST(SpuriousAfter, RFC5682_2_1_new_data_goes_before_lost_only_until_it_is_known_what_was_lost) {
  for (const bool proven : {true, false}) {  // or all of it arrived, and nobody knows which copies
    SCOPED_TRACE(proven);
    AfterTimeout h({.sack = false});
    h.acknowledge(proven ? 1 : 10);
    EXPECT_EQ(h.gone(), (Segments{10, 11}));
    if (proven) h.acknowledge(2);
    EXPECT_EQ(h.doing(), CongestionState::open);
    EXPECT_EQ(h.reduced(), !proven);
    h.ip.path_mtu_update(Harness::peer_address, 640, h.now);  // RFC 1191 6.4: what was sent larger is lost
    h.acknowledge(proven ? 3 : 11);
    const Segments again = h.gone();
    ASSERT_FALSE(again.empty());
    EXPECT_EQ(again.front(), proven ? 3 : 11);
    h.acknowledge(proven ? 3.6 : 11.6);
    EXPECT_EQ(h.doing(), CongestionState::loss) << "no timeout, of which F-RTO would judge";
  }
}

TEST(SpuriousAfter, RFC5682_2_1_step_2_an_acknowledgment_of_everything_leaves_nothing_to_find_out) {
  AfterTimeout h({.sack = false});
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_TRUE(h.reduced());
}

TEST(SpuriousAfter, RFC5682_2_1_step_2_a_duplicate_first_does_not_hold_back_what_is_lost) {
  AfterTimeout h({.sack = false});
  h.acknowledge(0);
  h.window = 9500;  // step 2c: nine are outstanding, and no new one fits
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{1, 2}));
}

TEST(SpuriousAfter, RFC5682_2_1_step_2c_once_given_up_an_original_proves_nothing) {
  AfterTimeout h;
  h.window = 9500;
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{1, 2}));
  h.acknowledge(4);  // the last of it went once
  EXPECT_TRUE(h.reduced());
  EXPECT_EQ(h.doing(), CongestionState::loss);
}

TEST(SpuriousAfter, RFC5682_3_1_step_3b_the_copy_and_an_original_by_one_acknowledgment) {
  for (const bool sack : {true, false}) {
    AfterTimeout h({.sack = sack});
    h.acknowledge(3);
    EXPECT_EQ(h.doing(), sack ? CongestionState::open : CongestionState::loss);
    EXPECT_EQ(h.reduced(), !sack)
        << "RFC 5682 2.1: without SACK the receiver may have held what is behind the copy";
  }
}

TEST(SpuriousAfter, RFC5681_3_2_duplicates_are_counted_from_nothing) {
  AfterTimeout h({.sack = false});
  h.acknowledge(1);
  h.acknowledge(2);
  EXPECT_EQ(h.doing(), CongestionState::open);
  h.gone();
  for (int i = 0; i < 2; ++i) h.acknowledge(2);
  EXPECT_TRUE(h.gone().empty());
  h.acknowledge(2);
  EXPECT_EQ(h.gone(), Segments{2});
}

TEST(SpuriousAfter, RFC3168_6_1_2_what_stays_reduced_ends_as_usual) {
  AfterTimeout h({.ecn = true});
  h.acknowledge(1, {}, Flags::ece);
  h.acknowledge(2);
  h.acknowledge(12);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_TRUE(h.reduced());
}

TEST(SpuriousAfter, RFC4015_3_2_the_echo_of_an_original_ends_the_state_at_once_or_with_what_was_outstanding) {
  for (const bool sack : {true, false}) {
    SCOPED_TRACE(sack);
    AfterTimeout h({.sack = sack, .timestamps = true});
    h.acknowledge(1);
    EXPECT_FALSE(h.reduced());
    EXPECT_EQ(h.doing(), sack ? CongestionState::open : CongestionState::loss)
        << "duplicates of copies may come";
    h.acknowledge(2);
    h.acknowledge(11);
    EXPECT_EQ(h.doing(), CongestionState::open);
  }
}

TEST(SpuriousAfter, RFC3708_4_a_report_of_the_only_copy_takes_a_timeout_back_with_its_back_off) {
  AfterTimeout h;
  EXPECT_EQ(h.status().retransmission_timeout, h.before * 2);
  h.acknowledge(1, {{0, 1}});
  EXPECT_FALSE(h.reduced());
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_EQ(h.status().retransmission_timeout, h.before) << "nothing was measured, and nothing lost";
}

TEST(SpuriousAfter, RFC3708_4_a_report_with_the_last_acknowledgment_of_recovery) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(10, {{0, 1}});
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_FALSE(h.reduced());
  EXPECT_GE(h.cwnd(), 9.8);
}

TEST(SpuriousAfter, RFC3708_4_a_gap_that_is_left_is_disorder) {
  Sender h(by_count());
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(4, {{0, 1}, {5, 6}});
  EXPECT_FALSE(h.reduced());
  EXPECT_EQ(h.doing(), CongestionState::disorder);
  h.acknowledge(10);
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(SpuriousAfter, RFC3522_3_2_an_acknowledgment_that_disproves_one_loss_is_no_sign_of_another) {
  Sender h(by_count(), {.timestamps = true});
  h.send(10);
  h.echo = h.last.parsed.timestamp_value;
  h.advance(round_trip);
  h.acknowledge(0, {{1, 4}});
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(4, {{5, 8}});
  EXPECT_EQ(h.doing(), CongestionState::disorder);
  EXPECT_FALSE(h.reduced());
  EXPECT_TRUE(h.gone().empty());
}

TEST(SpuriousAfter, RFC3522_3_2_nor_while_another_copy_is_still_to_be_judged) {
  Sender h(by_count(), {.timestamps = true});
  h.send(10);
  h.echo = h.last.parsed.timestamp_value;
  h.advance(round_trip);
  h.acknowledge(0, {{2, 5}});
  EXPECT_EQ(h.gone().size(), 2u);
  h.acknowledge(1, {{2, 5}, {6, 9}});  // 0 was an original; 5 would be lost by what is behind it
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_TRUE(h.gone().empty());
  h.acknowledge(9);
  EXPECT_FALSE(h.reduced());
}

}  // namespace
}  // namespace linnet::tcp::test
