// SPDX-License-Identifier: Apache-2.0
// What a sender takes from SACK options: which blocks are reports, and of what (RFC 2018, 2883, 8985 6.2).
#include <algorithm>

#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

/// RACK as the RFC has it: without patience for the first gap.
HarnessOptions by_the_rfc() {
  HarnessOptions options = without_probes();
  options.tcp.rack.patient_at_first = false;
  return options;
}

TEST(Sack, RFC2883_4_a_D_SACK_may_be_either_end_of_the_block_behind_it_or_all_of_it) {
  for (const Sender::Range& twice : {Sender::Range{4, 5}, {5, 6}, {4, 6}}) {
    Sender h(by_count());
    h.send(10);
    h.advance(round_trip);
    h.acknowledge(0, {{4, 6}});
    h.acknowledge(0, {twice, {4, 6}, {8, 9}});
    EXPECT_EQ(h.status().measured.duplicates_reported, 1u) << twice.first;
    EXPECT_EQ(h.status().measured.sacked, 3u);
  }
}

TEST(Sack, RFC2018_4_blocks_of_a_peer_that_may_not_send_any_say_nothing) {
  Sender h(by_count(), {.sack = false});
  h.send(4);
  h.acknowledge(4);
  h.send(6);
  h.advance(round_trip);
  h.acknowledge(4, {{2, 3}, {5, 6}});
  EXPECT_EQ(h.status().measured.duplicates_reported, 0u);
  h.window = 60000;  // no duplicate acknowledgment either
  h.acknowledge(4, {{6, 8}});
  EXPECT_EQ(h.status().measured.sacked, 1u) << "the one duplicate acknowledgment";
}

TEST(Sack, RFC2018_4_only_what_is_outstanding_can_be_held_by_the_receiver) {
  for (const Sender::Range& block : {Sender::Range{3, 5}, {9, 11}, {8, 7}, {7, 7}}) {
    Sender h(by_count());
    h.send(4);
    h.acknowledge(4);
    h.send(6);
    h.advance(round_trip);
    h.acknowledge(4, {block});
    EXPECT_EQ(h.status().measured.sacked, 0u) << block.first;
  }
  for (const Sender::Range& block : {Sender::Range{4, 5}, {9, 10}, {4, 10}}) {
    Sender h(by_count());
    h.send(4);
    h.acknowledge(4);
    h.send(6);
    h.advance(round_trip);
    h.acknowledge(4, {block});
    EXPECT_EQ(h.status().measured.sacked, block.second - block.first) << block.first;
  }
}

TEST(Sack, RFC8985_6_2_step_2_what_one_acknowledgment_tells_is_taken_in_the_order_in_which_it_was_sent) {
  Sender h(by_the_rfc());
  h.send(3);
  h.advance(ms(40));
  h.send(3);
  h.advance(ms(60));
  h.acknowledge(0, {{4, 6}, {1, 3}});  // RACK.rtt is that of what was sent last, wherever its block stands
  EXPECT_EQ(h.status().measured.lost, 2u);
  EXPECT_EQ(h.gone(), (Segments{0, 3}));
}

TEST(Sack, RFC8985_6_2_step_3_what_was_sent_again_and_came_first_is_no_reordering) {
  HarnessOptions options = by_the_rfc();
  options.tcp.forward_rto = false;
  Sender h(options);
  h.send(4);
  h.advance(ms(310));
  EXPECT_EQ(h.gone(), Segments{0});
  h.acknowledge(1);
  h.acknowledge(2);
  EXPECT_EQ(h.status().measured.reorderings_seen, 0u);
}

TEST(Sack, RFC8985_6_2_step_3_what_came_late_and_was_never_sent_again_is_reordering) {
  Sender h;
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(0, {{4, 5}});
  h.acknowledge(0, {{6, 7}});
  EXPECT_EQ(h.status().measured.reorderings_seen, 0u) << "behind all that is known to have come";
  h.acknowledge(0, {{2, 3}, {4, 5}, {6, 7}});
  EXPECT_EQ(h.status().measured.reorderings_seen, 1u);
  EXPECT_EQ(h.status().measured.reordering, 5u) << "segments from its first byte to the highest";
}

TEST(Sack, RFC8985_6_2_step_4_a_D_SACK_widens_the_reordering_window) {
  for (const bool duplicate : {false, true}) {
    Sender h(by_the_rfc());
    h.send(4);
    h.advance(round_trip);
    h.acknowledge(4);
    if (duplicate) h.acknowledge(4, {{3, 4}});
    h.send(10);
    h.advance(round_trip);
    h.acknowledge(4, {{5, 8}});  // three behind it: lost at once, unless the path reorders
    EXPECT_EQ(h.gone().empty(), duplicate);
    h.advance(ms(49));
    EXPECT_TRUE(h.gone().empty()) << "two quarters of the round trip";
    h.advance(ms(1));
    EXPECT_EQ(h.gone(), duplicate ? Segments{4} : Segments{});
  }
}

TEST(Sack, RFC5682_3_1_step_3b_the_last_segment_that_was_outstanding_shows_it_as_well) {
  Sender h(without_probes());
  h.send(10);
  h.advance(ms(310));
  EXPECT_EQ(h.gone(), Segments{0});
  ASSERT_EQ(h.doing(), CongestionState::loss);
  h.send(2);
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), (Segments{10, 11})) << "two new ones, to see whose acknowledgments come";
  h.acknowledge(1, {{9, 10}});
  EXPECT_FALSE(h.reduced());
  EXPECT_EQ(h.doing(), CongestionState::disorder);
}

TEST(Sack, RFC6298_3_nothing_is_learnt_from_an_acknowledgment_that_a_retransmission_brought) {
  for (const bool sack : {false, true}) {
    Sender h(by_count(), {.sack = sack});
    h.send(10);
    h.advance(round_trip);
    h.acknowledge(1);
    const Duration before = h.status().smoothed_rtt;
    h.advance(ms(50));
    for (const double to : {3., 4., 5.})
      h.acknowledge(1, sack ? std::vector<Sender::Range>{{2, to}} : std::vector<Sender::Range>{});
    const Duration sacked = h.status().smoothed_rtt;
    EXPECT_EQ(sacked > before, sack) << "what is SACKed was sent once";
    EXPECT_EQ(h.gone(), Segments{1});
    h.advance(round_trip);
    h.acknowledge(10);  // of nine segments, one of which was sent twice
    EXPECT_EQ(h.status().smoothed_rtt, sacked);
  }
}

TEST(Sack, RFC9406_4_2_round_trips_that_grow_end_the_doubling) {
  HarnessOptions options = sender_options();
  options.tcp.send_buffer = 300 * mss;
  const auto grown = [&](Duration later) {
    Sender h(options, {.window = 65535});
    h.send(200);
    double acknowledged = 0;
    for (int round = 0; round < 3; ++round) {
      const double end = acknowledged + h.cwnd();
      h.advance(round == 0 ? round_trip : later);
      for (; acknowledged < end; acknowledged += 1) h.acknowledge(acknowledged + 1);
    }
    return h.cwnd();
  };
  EXPECT_EQ(grown(round_trip), 80);
  EXPECT_LT(grown(ms(130)), 60);
}

}  // namespace
}  // namespace linnet::tcp::test
