// SPDX-License-Identifier: Apache-2.0
// The congestion window by itself: numbers in, windows out. CUBIC and HyStart++ have tests of their own beside this.
#include "core/tcp/congestion.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace linnet::tcp {
namespace {

constexpr std::uint32_t mss = 1000;
constexpr Instant at(std::int64_t ms) { return Instant::from_microseconds(ms * 1000); }

Congestion begun(CongestionControl algorithm = CongestionControl::cubic, bool hystart = false) {
  Config config;
  config.hystart = hystart;
  Congestion c;
  c.set_algorithm(algorithm);
  c.start(mss, SequenceNumber(0), config);
  return c;
}

Congestion::Progress progress(std::uint32_t acked, std::int64_t ms, Duration rtt = Duration::milliseconds(100)) {
  return {.acked = acked, .limited = true, .minimum_rtt = rtt, .now = at(ms)};
}

/// What a round trip of acknowledgments for the whole window does.
void round(Congestion& c, std::int64_t ms, Duration rtt = Duration::milliseconds(100)) {
  for (std::uint32_t left = c.window(); left >= mss; left -= mss) c.acknowledged(progress(mss, ms, rtt));
}

TEST(Congestion, RFC6928_2_initial_window) {
  EXPECT_EQ(begun().window(), 10 * mss);
  Config config;
  Congestion jumbo;
  jumbo.start(8948, SequenceNumber(0), config);
  EXPECT_EQ(jumbo.window(), 2 * 8948u);
}

TEST(Congestion, RFC5681_3_1_slow_start_doubles_a_round_trip) {
  Congestion c = begun();
  round(c, 100);
  EXPECT_EQ(c.window(), 20 * mss);
}

TEST(Congestion, RFC7661_an_unused_window_does_not_grow) {
  Congestion c = begun();
  auto p = progress(mss, 1);
  p.limited = false;
  c.acknowledged(p);
  EXPECT_EQ(c.window(), 10 * mss);
}

TEST(Congestion, RFC5681_3_1_reno_grows_by_one_segment_a_round_trip_and_halves) {
  Congestion c = begun(CongestionControl::reno);
  c.reduce_threshold();
  EXPECT_EQ(c.threshold(), 5 * mss);
  c.set_window(c.threshold());
  round(c, 100);
  EXPECT_EQ(c.window(), 6 * mss);
}

TEST(Congestion, RFC9438_4_6_multiplicative_decrease_is_0_7) {
  Congestion c = begun();
  c.set_window(100 * mss);
  c.reduce_threshold();
  EXPECT_EQ(c.threshold(), 70 * mss);
}

TEST(Congestion, RFC5681_4_threshold_is_two_segments_at_least) {
  Congestion c = begun();
  c.set_window(2 * mss);
  c.reduce_threshold();
  EXPECT_EQ(c.threshold(), 2 * mss);
}

TEST(Congestion, RFC9438_4_2_the_curve_is_flat_at_the_plateau_and_passes_it_after_K) {
  Congestion c = begun();
  c.set_window(400 * mss);
  c.reduce_threshold();
  c.set_window(c.threshold());
  const double k = std::cbrt(120 / 0.4);  // seconds: 400 * 0.3 segments below the plateau
  std::int64_t ms = 0;
  double worst = 0;
  for (; ms < 16000; ms += 100) {
    round(c, ms);
    const double t = static_cast<double>(ms) / 1000 + 0.1;
    const double curve = 400 + 0.4 * std::pow(t - k, 3);
    worst = std::max(worst, std::abs(static_cast<double>(c.window()) / mss - curve) / curve);
  }
  EXPECT_LT(worst, 0.05);
  EXPECT_GT(c.window(), 600 * mss);
}

TEST(Congestion, RFC9438_4_3_where_reno_is_faster_so_is_cubic) {
  Congestion c = begun();
  c.set_window(20 * mss);
  c.reduce_threshold();
  c.set_window(c.threshold());
  // At a round trip of 1 ms the curve needs seconds where Reno's slope takes a few round trips.
  for (int i = 0; i < 40; ++i) round(c, i, Duration::milliseconds(1));
  EXPECT_GE(c.window(), 14 * mss + 40 * mss / 2);
}

TEST(Congestion, RFC9438_4_7_fast_convergence_lowers_the_plateau_of_who_lost_again) {
  EXPECT_EQ(cubic_plateau(100000, 0), 100000u);
  EXPECT_EQ(cubic_plateau(100000, 90000), 100000u);
  EXPECT_EQ(cubic_plateau(100000, 120000), 100000u * (1024 + 717) / 2048);
}

TEST(Congestion, cube_root_is_exact) {
  for (std::uint64_t n : {0ull, 1ull, 2ull, 7ull, 8ull, 9ull, 1000ull, 2642244ull}) {
    const std::uint64_t cube = n * n * n;
    EXPECT_EQ(cube_root(cube), n);
    if (n > 1) {
      EXPECT_EQ(cube_root(cube - 1), n - 1);
    }
    EXPECT_EQ(cube_root(cube + 1), n == 0 ? 1u : n);
  }
  EXPECT_EQ(cube_root(~0ull), 2642245u);
}

TEST(Congestion, RFC9438_4_9_a_spurious_reduction_is_taken_back) {
  Congestion c = begun();
  c.set_window(100 * mss);
  const auto before = c.save();
  c.reduce_threshold();
  c.set_window(mss);
  c.restore(before);
  EXPECT_EQ(c.window(), 100 * mss);
  EXPECT_EQ(c.threshold(), Congestion::unlimited);
}

TEST(Congestion, RFC2861_2_1_the_window_halves_for_each_timeout_of_idleness) {
  Congestion c = begun();
  c.reduce_threshold();
  c.set_window(64 * mss);
  c.idle(Duration::milliseconds(650), Duration::milliseconds(200));
  EXPECT_EQ(c.window(), 10 * mss);  // three halvings, but never below the restart window
  EXPECT_EQ(c.threshold(), 48 * mss);
  c.set_window(64 * mss);
  c.idle(Duration::milliseconds(250), Duration::milliseconds(200));
  EXPECT_EQ(c.window(), 32 * mss);
}

TEST(Congestion, RFC7323_2_3_no_window_is_larger_than_a_gibibyte) {
  constexpr std::uint32_t largest = 1u << 30;
  Congestion slow_start = begun();
  for (int i = 0; i < 8; ++i) slow_start.acknowledged(progress(largest / 4, i));
  EXPECT_EQ(slow_start.window(), largest);
  Congestion reno = begun(CongestionControl::reno);
  reno.reduce_threshold();
  reno.set_window(largest - mss / 2);
  reno.acknowledged(progress(largest, 1));
  EXPECT_EQ(reno.window(), largest);
}

}  // namespace
}  // namespace linnet::tcp
