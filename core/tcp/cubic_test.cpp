// SPDX-License-Identifier: Apache-2.0
// CUBIC: the curve by itself, and the window across losses, timeouts and times of little to send.
#include "core/tcp/cubic.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/tcp/congestion.hpp"

namespace linnet::tcp {
namespace {

constexpr std::uint32_t mss = 1000;
constexpr Duration rtt = Duration::milliseconds(100);
constexpr Instant at(std::int64_t ms) { return Instant::from_microseconds(ms * 1000); }

/// The RFC's curve in segments, `t` seconds after its epoch began.
double curve(double plateau, double start, double t) {
  const double k = std::cbrt((plateau - start) / 0.4);
  return plateau + 0.4 * std::pow(t - k, 3);
}

/// A window of congestion avoidance whose acknowledgments come all the time.
struct Flow {
  explicit Flow(bool hystart = false) {
    Config config;
    config.hystart = hystart;
    c.start(mss, SequenceNumber(0), config);
  }
  /// Lost at `segments`; the window is at ssthresh.
  static Flow after_loss(std::uint32_t segments) {
    Flow flow;
    flow.lose(segments);
    return flow;
  }
  void lose(std::uint32_t segments) {
    c.set_window(segments * mss);
    c.reduce_threshold();
    c.set_window(c.threshold());
  }
  void acknowledge(std::uint32_t bytes, std::int64_t ms, bool limited = true) {
    c.acknowledged({.acked = bytes, .limited = limited, .minimum_rtt = rtt, .now = at(ms)});
  }
  /// A window's worth of acknowledgments each round trip in [from, to) ms.
  void run(std::int64_t from, std::int64_t to, bool limited = true) {
    for (std::int64_t ms = from; ms < to; ms += 100) {
      for (std::uint32_t left = c.window(); left >= mss; left -= mss) acknowledge(mss, ms, limited);
    }
  }
  double segments() const { return static_cast<double>(c.window()) / mss; }
  Congestion c;
};

TEST(Cubic, RFC9438_4_2_the_target_is_the_curve_a_round_trip_ahead) {
  CubicEpoch epoch;
  const CubicHistory lost_at_400{.plateau = 400 * mss, .prior = 400 * mss};
  const Duration second = Duration::seconds(1);
  cubic_acknowledged(epoch, 280 * mss, lost_at_400, mss, 0, second, at(0));
  // An acknowledgment of the whole window moves it to the target.
  const std::uint32_t window = cubic_acknowledged(epoch, 300 * mss, lost_at_400, mss, 300 * mss, second, at(1000));
  EXPECT_NEAR(window, curve(400, 280, 2) * mss, mss);
}

TEST(Cubic, RFC9438_4_2_the_target_lies_between_the_window_and_one_and_a_half) {
  CubicEpoch epoch;
  const CubicHistory lost_at_400{.plateau = 400 * mss, .prior = 400 * mss};
  cubic_acknowledged(epoch, 280 * mss, lost_at_400, mss, 0, rtt, at(0));
  EXPECT_EQ(cubic_acknowledged(epoch, 350 * mss, lost_at_400, mss, 350 * mss, rtt, at(100)), 350 * mss)
      << "above the curve it waits for it";
  EXPECT_EQ(cubic_acknowledged(epoch, 350 * mss, lost_at_400, mss, 350 * mss, rtt, at(60000)), 525 * mss)
      << "far below the curve it grows slower than slow start";
}

TEST(Cubic, RFC9438_4_2_times_of_an_unused_window_do_not_count) {
  Flow busy = Flow::after_loss(400);
  Flow paused = Flow::after_loss(400);
  busy.run(0, 2000);
  paused.run(0, 2000);
  const std::uint32_t before = paused.c.window();
  paused.run(2000, 62000, false);  // a minute of less than the window
  EXPECT_EQ(paused.c.window(), before);
  for (std::int64_t ms = 2000; ms < 12000; ms += 100) {
    busy.run(ms, ms + 100);
    paused.run(60000 + ms, 60100 + ms);
    ASSERT_EQ(paused.c.window(), busy.c.window()) << ms;
  }
  EXPECT_GT(busy.segments(), 400);
}

TEST(Cubic, RFC9438_5_8_times_of_silence_do_not_count) {
  Flow busy = Flow::after_loss(400);
  Flow idle = Flow::after_loss(400);
  busy.run(0, 2000);
  idle.run(0, 2000);
  idle.c.resumed(Duration::seconds(60));
  busy.run(2000, 12000);
  idle.run(62000, 72000);
  EXPECT_EQ(idle.c.window(), busy.c.window());
  EXPECT_GT(busy.segments(), 400);
}

TEST(Cubic, RFC9438_4_3_alpha_is_one_from_where_the_window_was_reduced) {
  CubicEpoch epoch;
  // Fast convergence: the plateau lies below the window that was lost.
  const CubicHistory history{.plateau = 17 * mss, .prior = 20 * mss};
  std::uint32_t window = 14 * mss;
  const auto slope = [&] {  // bytes that W_est grows for a window of acknowledgments
    const std::uint32_t before = window;
    window = cubic_acknowledged(epoch, window, history, mss, window, Duration::milliseconds(1), at(0));
    EXPECT_EQ(window, epoch.estimate);
    return window - before;
  };
  while (window < 20 * mss) ASSERT_NEAR(slope(), 3 * 0.3 / 1.7 * mss, 2) << window;
  for (int i = 0; i < 5; ++i) EXPECT_NEAR(slope(), mss, 2);
}

TEST(Cubic, RFC9438_4_3_reno_begins_with_the_part_of_a_segment_that_ssthresh_was_cut_by) {
  CubicEpoch epoch;
  // 0.7 of eight segments, cut to five: the first acknowledgment makes it 5.6 and a little.
  const CubicHistory history{.plateau = 8 * mss, .prior = 8 * mss, .reduced = 56 * mss / 10};
  const std::uint32_t window = cubic_acknowledged(epoch, 5 * mss, history, mss, mss, Duration::milliseconds(1), at(0));
  EXPECT_NEAR(window, 56 * mss / 10 + 542 * mss / 1024 / 5, 2);
  // A window that is another one, as after a timeout, has nothing of it.
  CubicEpoch other;
  EXPECT_LT(cubic_acknowledged(other, 3 * mss, history, mss, mss, Duration::milliseconds(1), at(0)), 4 * mss);
}

TEST(Cubic, RFC9438_4_3_what_is_less_than_a_byte_is_not_lost) {
  CubicEpoch epoch;
  std::uint32_t window = 100 * mss;
  // A tenth of a byte for each of them: nothing by itself, a segment for the whole window.
  for (int i = 0; i < 10000; ++i) {
    window = cubic_acknowledged(epoch, window, {}, mss, 10, Duration::milliseconds(1), at(0));
  }
  EXPECT_NEAR(window, 101 * mss, 10);
}

TEST(Cubic, RFC9438_4_8_after_a_timeout_the_curve_begins_flat) {
  Flow flow;
  flow.c.set_window(400 * mss);
  flow.c.reduce_threshold();
  flow.c.timed_out(mss);
  for (int i = 0; i < 10; ++i) flow.run(i * 100, i * 100 + 100);  // 1, 2, 4 ... 280
  EXPECT_TRUE(flow.c.window() >= 280 * mss);
  ASSERT_LT(flow.segments(), 282);
  flow.run(1000, 3000);
  // Two seconds are some three segments of the curve, and ten of Reno's. Towards the old plateau they would be 60.
  EXPECT_GT(flow.segments(), 288);
  EXPECT_LT(flow.segments(), 294);
  flow.run(3000, 11000);
  EXPECT_NEAR(flow.segments(), 280 + 0.4 * std::pow(10, 3), 50) << "W_max is where slow start ended";
}

TEST(Cubic, RFC9438_4_9_1_a_spurious_timeout_gives_the_epoch_back) {
  Flow calm = Flow::after_loss(100);
  calm.run(0, 8000);  // beyond the plateau, where the curve is steep
  ASSERT_GT(calm.segments(), 120);
  Flow hit = calm;
  const auto saved = hit.c.save();
  hit.c.reduce_threshold();
  hit.c.timed_out(mss);
  hit.run(8000, 8100);
  hit.c.restore(saved);
  calm.run(8100, 12000);
  hit.run(8100, 12000);
  EXPECT_EQ(hit.c.window(), calm.c.window());
  EXPECT_EQ(hit.c.save().history.plateau, 100 * mss);  // W_max
  EXPECT_EQ(hit.c.save().history.prior, 100 * mss);    // cwnd_prior
}

TEST(Cubic, RFC9438_4_9_2_a_spurious_fast_retransmit_gives_the_epoch_back) {
  Flow calm = Flow::after_loss(100);
  calm.run(0, 8000);
  Flow hit = calm;
  const auto saved = hit.c.save();
  hit.c.reduce_threshold();
  hit.c.set_window(hit.c.threshold());
  hit.c.restore(saved);
  EXPECT_EQ(hit.c.window(), calm.c.window());
  calm.run(8000, 12000);
  hit.run(8000, 12000);
  EXPECT_EQ(hit.c.window(), calm.c.window());
}

TEST(Cubic, RFC9438_4_9_2_a_window_that_has_grown_beyond_keeps_what_it_has) {
  Flow flow = Flow::after_loss(100);
  flow.run(0, 2000);
  const auto saved = flow.c.save();
  flow.lose(90);
  flow.run(2000, 9000);
  ASSERT_GT(flow.c.window(), saved.window);
  Flow other = flow;
  flow.c.restore(saved);
  EXPECT_EQ(flow.c.window(), other.c.window());
  EXPECT_EQ(flow.c.threshold(), other.c.threshold());
  flow.run(9000, 12000);
  other.run(9000, 12000);
  EXPECT_EQ(flow.c.window(), other.c.window());
}

TEST(Cubic, RFC9438_4_10_without_a_loss_the_curve_begins_flat_where_slow_start_ended) {
  Flow flow(true);
  SequenceNumber una(0), nxt(1);
  flow.run(0, 300);  // 10, 20, 40, 80
  ASSERT_EQ(flow.c.window(), 80 * mss);
  for (int round = 0; round < 7; ++round) {  // HyStart++ ends it
    for (int i = 0; i < 8; ++i) flow.c.measured(Duration::milliseconds(round == 0 ? 50 : 90), una, nxt);
    una = nxt;
    nxt += 1;
  }
  ASSERT_EQ(flow.c.threshold(), 80 * mss);
  flow.run(1000, 3000);
  // cwnd_prior is cwnd: Reno's own segment for each of 20 round trips, where the curve has three.
  EXPECT_NEAR(flow.segments(), 100, 1);
  flow.run(3000, 11000);
  EXPECT_NEAR(flow.segments(), 80 + 0.4 * std::pow(10, 3), 25);
}

}  // namespace
}  // namespace linnet::tcp
