// SPDX-License-Identifier: Apache-2.0
// HyStart++ by itself, and what the congestion window makes of it.
#include "core/tcp/hystart.hpp"

#include <gtest/gtest.h>

#include "core/tcp/congestion.hpp"

namespace linnet::tcp {
namespace {

constexpr std::uint32_t mss = 1000;
constexpr Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
constexpr Duration us(std::int64_t n) { return Duration::microseconds(n); }

/// Numbers that move on by a window each round.
struct Numbers {
  SequenceNumber una{0};
  SequenceNumber nxt{1000};
  void next_round() {
    una = nxt;
    nxt += 1000;
  }
};

/// Slow start as HyStart++ sees it: a round is some samples of one value.
struct SlowStart : Numbers {
  SlowStart() { h.start(nxt); }
  bool sample(Duration rtt) { return h.sample(rtt, una, nxt); }
  bool round(Duration rtt, int samples = 8) {
    bool over = false;
    for (int i = 0; i < samples; ++i) over = sample(rtt) || over;
    next_round();
    return over;
  }
  HyStart h;
};

/// The window in its first slow start, with the configuration that everybody has.
struct Window : Numbers {
  Window() { c.start(mss, nxt, Config{}); }
  void round(Duration rtt) {
    for (int i = 0; i < 8; ++i) c.measured(rtt, una, nxt);
    next_round();
  }
  /// How much an acknowledgment of `bytes` makes it grow.
  std::uint32_t growth(std::uint32_t bytes) {
    const std::uint32_t before = c.window();
    c.acknowledged({.acked = bytes, .limited = true, .minimum_rtt = ms(50), .now = Instant()});
    return c.window() - before;
  }
  Congestion c;
};

TEST(HyStart, RFC9406_4_2_growing_round_trips_end_slow_start_after_five_rounds) {
  HyStart h;
  h.start(SequenceNumber(1000));
  SequenceNumber una(0), nxt(1000);
  const auto one_round = [&](std::int64_t ms) {
    bool over = false;
    for (int i = 0; i < 10; ++i) over = h.sample(Duration::milliseconds(ms), una, nxt) || over;
    una = nxt;
    nxt += 1000;
    return over;
  };
  EXPECT_FALSE(one_round(50));
  EXPECT_FALSE(one_round(50));
  EXPECT_FALSE(h.conservative);
  EXPECT_FALSE(one_round(60));  // more than an eighth above the last one
  EXPECT_TRUE(h.conservative);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(one_round(60)) << i;
  EXPECT_TRUE(one_round(60));
}

TEST(HyStart, RFC9406_4_2_a_round_trip_that_shrinks_again_was_only_a_spike) {
  HyStart h;
  h.start(SequenceNumber(1000));
  SequenceNumber una(0), nxt(1000);
  for (const int ms : {50, 60, 50}) {
    for (int i = 0; i < 10; ++i) h.sample(Duration::milliseconds(ms), una, nxt);
    una = nxt;
    nxt += 1000;
  }
  EXPECT_FALSE(h.conservative);
}

TEST(HyStart, RFC9406_4_2_a_round_keeps_the_smallest_of_its_samples) {
  SlowStart s;
  for (const int rtt : {60, 40, 50}) s.sample(ms(rtt));
  EXPECT_EQ(s.h.current_minimum, 40000u);
  EXPECT_EQ(s.h.samples, 3);
  EXPECT_EQ(s.h.last_minimum, HyStart::none);
  s.nxt += 5000;
  s.sample(ms(70));  // what is sent meanwhile does not end the round
  EXPECT_EQ(s.h.samples, 4);
  s.una = SequenceNumber(1000);
  s.sample(ms(55));
  EXPECT_EQ(s.h.last_minimum, 40000u);
  EXPECT_EQ(s.h.current_minimum, 55000u);
  EXPECT_EQ(s.h.samples, 1);
  EXPECT_EQ(s.h.window_end, s.nxt);
}

TEST(HyStart, RFC9406_4_2_the_threshold_is_an_eighth_between_4_and_16_ms) {
  struct Row {
    Duration last, threshold;
  };
  for (const Row& row : {Row{ms(1), ms(4)}, Row{ms(32), ms(4)}, Row{ms(64), ms(8)}, Row{ms(100), us(12500)},
                         Row{ms(128), ms(16)}, Row{ms(400), ms(16)}}) {
    for (const bool reached : {false, true}) {
      SlowStart s;
      s.round(row.last);
      s.round(row.last + row.threshold - us(reached ? 0 : 1));
      EXPECT_EQ(s.h.conservative, reached) << row.last.as_milliseconds();
    }
  }
}

TEST(HyStart, RFC9406_4_3_fewer_than_8_samples_of_a_round_decide_nothing) {
  SlowStart s;
  s.round(ms(50));
  for (int i = 0; i < 7; ++i) s.sample(ms(90));
  EXPECT_FALSE(s.h.conservative);
  s.sample(ms(90));
  EXPECT_TRUE(s.h.conservative);
  s.next_round();
  for (int i = 0; i < 7; ++i) s.sample(ms(50));  // nor do they take it back
  EXPECT_TRUE(s.h.conservative);
  s.sample(ms(50));
  EXPECT_FALSE(s.h.conservative);
}

TEST(HyStart, RFC9406_4_2_a_quarter_of_the_growth_in_conservative_slow_start) {
  Window w;
  w.round(ms(50));
  EXPECT_EQ(w.growth(4 * mss), 4 * mss);
  w.round(ms(90));
  EXPECT_EQ(w.growth(4 * mss), mss);
  w.round(ms(50));  // only a spike
  EXPECT_EQ(w.growth(4 * mss), 4 * mss);
}

TEST(HyStart, RFC9406_4_2_after_five_rounds_ssthresh_is_cwnd) {
  Window w;
  w.growth(30 * mss);
  w.round(ms(50));
  for (int i = 0; i < 5; ++i) w.round(ms(90));  // the round in which it began counts
  EXPECT_TRUE(w.c.slow_start());
  EXPECT_EQ(w.c.threshold(), Congestion::unlimited);
  w.c.measured(ms(90), w.una, w.nxt);
  EXPECT_FALSE(w.c.slow_start());
  EXPECT_EQ(w.c.threshold(), 40 * mss);
  EXPECT_EQ(w.c.window(), 40 * mss);
  EXPECT_LE(w.growth(40 * mss), mss);  // congestion avoidance
}

TEST(HyStart, RFC9406_4_2_a_reduction_ends_it_whatever_the_phase) {
  for (const bool conservative : {false, true}) {
    Window w;
    w.growth(90 * mss);
    w.round(ms(50));
    if (conservative) w.round(ms(90));
    w.c.reduce_threshold();  // for a loss or a mark
    w.c.timed_out(mss);      // slow start again
    EXPECT_EQ(w.growth(8 * mss), 8 * mss);
    for (int i = 0; i < 10; ++i) w.round(ms(90));
    EXPECT_TRUE(w.c.slow_start());
    EXPECT_EQ(w.c.threshold(), 70 * mss) << "five rounds of conservative slow start would have lowered it";
  }
}

TEST(HyStart, RFC9406_4_3_serves_the_first_slow_start_only) {
  Window w;
  w.growth(90 * mss);
  w.c.reduce_threshold();
  w.c.timed_out(mss);
  w.round(ms(50));
  w.round(ms(90));
  EXPECT_EQ(w.growth(8 * mss), 8 * mss);
  for (int i = 0; i < 10; ++i) w.round(ms(90));
  EXPECT_TRUE(w.c.slow_start());
  EXPECT_EQ(w.c.threshold(), 70 * mss);
}

TEST(HyStart, RFC9406_4_2_a_round_of_any_number_of_samples_is_one_round) {
  SlowStart s;
  s.round(ms(100));
  EXPECT_FALSE(s.round(ms(100), 600));
  EXPECT_FALSE(s.h.conservative);
  EXPECT_FALSE(s.round(ms(120)));
  EXPECT_TRUE(s.h.conservative);
}

}  // namespace
}  // namespace linnet::tcp
