// SPDX-License-Identifier: Apache-2.0
// RFC 8985 7.
#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

/// Three segments, and the copy of the last one that goes after two round trips.
struct Probed : Sender {
  explicit Probed(const HarnessOptions& options = sender_options(), const Peer& peer = {})
      : Sender(options, peer) {
    EXPECT_EQ(send(3).size(), 3u);
    advance(ms(201));
    EXPECT_TRUE(gone().empty());
    advance(ms(1));
    EXPECT_EQ(gone(), Segments{2});
  }
};

TEST(TailLossProbe, RFC8985_7_4_2_a_loss_that_the_probe_repaired_is_congestion) {
  Probed h;
  h.acknowledge(3);
  EXPECT_FALSE(h.reduced()) << "both copies may still be under way";
  h.send(1);
  h.acknowledge(4);
  EXPECT_TRUE(h.reduced());
  EXPECT_EQ(h.doing(), CongestionState::open) << "nothing is left to be done";
  EXPECT_EQ(h.cwnd(), 7);
  h.send(1);
  h.acknowledge(5);
  EXPECT_GE(h.cwnd(), 7);
}

TEST(TailLossProbe, RFC8985_7_4_2_a_D_SACK_shows_that_nothing_was_lost) {
  Probed h;
  h.acknowledge(3, {{2, 3}});
  h.send(1);
  h.acknowledge(4);
  EXPECT_FALSE(h.reduced());
}

TEST(TailLossProbe, RFC8985_7_4_2_a_D_SACK_of_something_else_shows_nothing) {
  Probed h;
  h.acknowledge(3, {{1, 2}});
  h.send(1);
  h.acknowledge(4);
  EXPECT_TRUE(h.reduced());
}

TEST(TailLossProbe, RFC8985_7_4_2_a_duplicate_acknowledgment_is_the_second_copys) {
  for (const int kind : {0, 1, 2}) {
    Probed h;
    h.acknowledge(3);
    h.send(2);
    if (kind == 1) h.window = 60000;  // no duplicate
    h.acknowledge(3, kind == 2 ? std::vector<Sender::Range>{{4, 5}} : std::vector<Sender::Range>{});
    h.acknowledge(5);
    EXPECT_EQ(h.reduced(), kind != 0) << kind;
  }
}

TEST(TailLossProbe, RFC8985_7_3_new_data_is_the_better_probe) {
  for (const double unsent : {2., 0.5}) {
    Sender h(sender_options(), {.user = {.no_delay = true}});
    EXPECT_EQ(h.send(10).size(), 10u);
    EXPECT_TRUE(h.send(unsent).empty());
    h.advance(ms(202));
    EXPECT_EQ(h.gone(), Segments{10});
    EXPECT_EQ(h.status().retransmissions, 0u);
    h.acknowledge(9);
    h.acknowledge(9, {{0, 1}});  // RFC 2883: no copy of a probe
    h.acknowledge(11);
    EXPECT_FALSE(h.reduced()) << "there is no copy whose original could have been lost";
  }
}

TEST(TailLossProbe, RFC8985_7_3_a_window_that_is_full_has_the_last_segment_probe) {
  HarnessOptions options = sender_options();
  Sender h(options, {.window = 3000});
  EXPECT_EQ(h.send(5), (Segments{0, 1, 2}));
  h.advance(ms(202));
  EXPECT_EQ(h.gone(), Segments{2});
  h.acknowledge(1);
  EXPECT_EQ(h.gone(), Segments{3});
}

TEST(TailLossProbe, RFC8985_7_3_a_busy_device_leaves_it_to_the_retransmission_timeout) {
  Sender h;
  h.send(3);
  h.link.busy = true;
  h.advance(ms(210));
  h.link.busy = false;
  h.advance(ms(80));
  EXPECT_TRUE(h.gone().empty());
  h.advance(ms(20));
  EXPECT_EQ(h.gone(), Segments{0});
  EXPECT_EQ(h.doing(), CongestionState::loss);
}

TEST(TailLossProbe, RFC6298_5_1_whoever_goes_on_writing_does_not_put_the_timeout_off) {
  Sender h(sender_options(), {.user = {.no_delay = true}});
  h.send(0.001);
  const Instant began = h.now;
  // New data every 50 ms, of which nothing is heard: 300 ms are the timeout, and what the probe adds to it.
  while (h.doing() != CongestionState::loss) {
    ASSERT_LT(h.now - began, Duration::seconds(1)) << "as long as the window has room";
    h.advance(ms(50));
    h.send(0.001);
  }
}

TEST(TailLossProbe, RFC6675_5_what_an_acknowledgment_says_of_a_probe_ends_no_recovery) {
  HarnessOptions options = sender_options();
  options.tcp.rack.enabled = false;
  Sender h(options, {.ecn = true});
  h.send(10);
  h.advance(round_trip);
  h.acknowledge(1, {}, Flags::ece);
  ASSERT_EQ(h.doing(), CongestionState::window_reduced);
  h.advance(ms(203));
  EXPECT_EQ(h.gone(), Segments{9});
  h.acknowledge(5);
  EXPECT_EQ(h.send(2), (Segments{10, 11}));
  h.acknowledge(5, {{6, 9}});
  EXPECT_EQ(h.gone(), Segments{5});
  ASSERT_EQ(h.doing(), CongestionState::recovery);
  h.acknowledge(11);  // beyond the probe, but not all that was outstanding when recovery began
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  h.acknowledge(12);
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(TailLossProbe, RFC8985_7_2_none_before_the_handshake_is_over) {
  HarnessOptions options = sender_options();
  Harness h(options);
  OptionsWriter writer;
  writer.syn({.maximum_segment_size = mss, .sack_permitted = true, .fast_open = FastOpenCookie{}},
             OptionOrder::compact);
  const Bytes bytes = writer.finish();
  const auto listener = h.tcp.bind({IpAddress::any_v4(), 443}, false);
  ASSERT_TRUE(h.tcp.listen(*listener, 8, {.fast_open_without_cookie = true, .fast_open_queue = 4}).ok());
  h.inject({.seq = 100,
            .flags = Flags::syn,
            .data = "GET",
            .options = {bytes.begin(), bytes.end()},
            .local_port = 443});
  const Wire reply = h.expect_sent();
  const auto c = h.tcp.accept(*listener);
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(h.write(*c, std::string(3 * mss, 'x')), 3u * mss);
  while (const auto wire = h.sent()) EXPECT_NE(wire->seq, reply.seq);
  h.advance(Duration::seconds(5));
  unsigned syns = 0;
  while (const auto wire = h.sent()) {
    EXPECT_TRUE(wire->has(Flags::syn)) << "RFC 7413 4.2.2: the SYN-ACK alone is sent again";
    ++syns;
  }
  EXPECT_GE(syns, 1u);
}

TEST(TailLossProbe, RFC8985_7_1_the_SACK_that_a_probe_brings_shows_what_is_missing) {
  Probed h;
  h.advance(round_trip);
  h.acknowledge(0, {{2, 3}});
  EXPECT_EQ(h.gone(), Segments{0});
  EXPECT_EQ(h.doing(), CongestionState::recovery);
  EXPECT_EQ(h.status().measured.lost, 2u);
  h.acknowledge(1, {{2, 3}});
  EXPECT_EQ(h.gone(), Segments{1});
  h.acknowledge(3);
  EXPECT_EQ(h.doing(), CongestionState::open);
  EXPECT_EQ(h.status().measured.retransmitted, 0u);
}

TEST(TailLossProbe, RFC8985_7_3_the_last_segment_is_sent_again_and_nothing_before_it) {
  Sender h(sender_options(), {.user = {.no_delay = true}});
  EXPECT_EQ(h.send(2.001), (Segments{0, 1, 2}));
  h.advance(ms(201) + Duration::milliseconds(1));
  EXPECT_EQ(h.gone(), Segments{2});
  EXPECT_EQ(h.last.data.size(), 1u);
}

TEST(TailLossProbe, RFC8985_7_3_not_a_byte_beyond_the_peers_window) {
  Sender h(sender_options(), {.window = 3000, .user = {.no_delay = true}});
  EXPECT_EQ(h.send(3.001), (Segments{0, 1, 2}));
  h.advance(ms(202));
  EXPECT_EQ(h.gone(), Segments{2});
}

TEST(TailLossProbe, RFC9293_MUST_60_a_probe_of_new_data_is_pushed_when_it_is_the_last) {
  for (const double unsent : {1., 2.}) {
    Sender h;
    EXPECT_EQ(h.send(10).size(), 10u);
    h.send(unsent);
    h.advance(ms(202));
    EXPECT_EQ(h.gone(), Segments{10});
    EXPECT_EQ(h.last.has(Flags::psh), unsent == 1);
  }
}

TEST(TailLossProbe, RFC8985_7_4_2_a_probe_of_new_data_after_one_that_was_a_copy_shows_no_loss) {
  Probed h;
  h.acknowledge(3, {{2, 3}});  // both copies arrived
  const double window = h.cwnd();
  h.send(window);
  EXPECT_TRUE(h.send(1).empty());
  h.advance(h.status().smoothed_rtt * 2 + ms(2));
  ASSERT_EQ(h.gone(), Segments{3 + window});
  h.acknowledge(4 + window);
  h.send(1);
  h.acknowledge(5 + window);
  EXPECT_FALSE(h.reduced());
}

TEST(TailLossProbe, RFC8985_7_4_2_after_a_loss_that_a_probe_repaired_the_next_flight_is_probed_too) {
  Probed h;
  h.acknowledge(3);
  h.send(1);
  h.acknowledge(4);
  ASSERT_TRUE(h.reduced());
  h.gone();
  h.send(3);
  h.advance(ms(1) + h.status().smoothed_rtt * 2 + ms(2));
  EXPECT_EQ(h.gone(), Segments{6});
  EXPECT_EQ(h.doing(), CongestionState::open);
}

TEST(TailLossProbe, RFC6298_5_3_an_acknowledgment_behind_a_probe_begins_the_timeout_anew) {
  Probed h;
  h.advance(ms(150));
  h.acknowledge(1);
  const Duration timeout = h.status().retransmission_timeout;
  h.advance(timeout - ms(1));
  EXPECT_TRUE(h.gone().empty());
  h.advance(ms(2));
  EXPECT_EQ(h.gone(), Segments{1});
}

TEST(TailLossProbe, RFC8985_7_2_an_acknowledgment_begins_the_two_round_trips_anew) {
  Sender h;
  h.send(1);
  h.advance(ms(10));
  h.send(2);
  h.advance(ms(180));
  h.gone();
  h.acknowledge(1);
  const Duration wait = h.status().smoothed_rtt * 2 + ms(2);
  h.advance(wait - ms(1));
  EXPECT_TRUE(h.gone().empty());
  h.advance(ms(1));
  EXPECT_EQ(h.gone(), Segments{2});
}

}  // namespace
}  // namespace linnet::tcp::test
