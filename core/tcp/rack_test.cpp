// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/rack.hpp"

#include <gtest/gtest.h>

#include "core/tcp/rtt.hpp"

namespace linnet::tcp {
namespace {

constexpr Instant at(std::int64_t ms) { return Instant::from_microseconds(ms * 1000); }
constexpr Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
/// What the RFC recommends; our default is more patient at first.
constexpr RackSettings by_the_rfc{.patient_at_first = false};
constexpr SequenceNumber seq(std::uint32_t n) { return SequenceNumber(n); }

TEST(Rack, RFC8985_6_2_step_2_the_latest_sent_counts_not_the_latest_that_arrived) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(20), at(50));
  rack.delivered(at(5), seq(1000), false, ms(20), at(51));
  EXPECT_TRUE(rack.sent_before(at(9), seq(9000)));
  EXPECT_TRUE(rack.sent_before(at(10), seq(2000)));
  EXPECT_FALSE(rack.sent_before(at(10), seq(3000)));
  EXPECT_FALSE(rack.sent_before(at(11), seq(1000)));
}

TEST(Rack, RFC8985_6_2_of_one_clock_tick_what_was_sent_again_went_after_what_was_outstanding) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(0), at(10));
  EXPECT_FALSE(rack.sent_again_before(at(10), seq(1000), seq(5000)));
  EXPECT_TRUE(rack.sent_again_before(at(9), seq(1000), seq(5000)));
  rack.delivered(at(10), seq(6000), false, ms(0), at(11));  // new since the recovery began
  EXPECT_TRUE(rack.sent_again_before(at(10), seq(1000), seq(5000)));
  rack.delivered(at(12), seq(2000), true, ms(0), at(13));
  EXPECT_TRUE(rack.sent_again_before(at(12), seq(1000), seq(5000)));
  EXPECT_FALSE(rack.sent_again_before(at(12), seq(3000), seq(5000)));
}

TEST(Rack, the_degree_of_reordering_is_the_largest_and_counted_once_an_acknowledgment) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(20), at(50));
  EXPECT_EQ(rack.degree(), 3);
  rack.reordered(at(9), 5, true, at(52));
  rack.reordered(at(9), 4, false, at(52));
  EXPECT_EQ(rack.degree(), 5);
  EXPECT_EQ(rack.reorderings(), 1u);
  rack.reordered(at(9), 5000, true, at(53));
  EXPECT_EQ(rack.degree(), 300);
}

TEST(Rack, RFC8985_6_2_step_2_an_acknowledgment_sooner_than_any_round_trip_is_of_the_original) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(20), at(50));
  rack.delivered(at(45), seq(1000), true, ms(20), at(50));
  EXPECT_FALSE(rack.sent_before(at(40), seq(1000)));
  EXPECT_EQ(rack.rtt(), ms(40));
  rack.delivered(at(45), seq(1000), true, ms(20), at(70));
  EXPECT_TRUE(rack.sent_before(at(40), seq(1000)));
}

TEST(Rack, RFC8985_6_2_step_4_no_window_after_three_duplicates_until_reordering_was_seen) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(40), at(50));
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), Duration());
  EXPECT_EQ(rack.window(false, ms(40), ms(50), by_the_rfc), ms(10));
  rack.reordered(at(5), 1, true, at(46));
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), ms(10));
}

TEST(Rack, until_the_first_gap_is_understood_half_a_round_trip_is_waited) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(40), at(50));
  EXPECT_EQ(rack.window(true, ms(40), ms(50), {}), ms(20));
  EXPECT_EQ(rack.window(false, ms(40), ms(50), {}), ms(20));
  rack.recovered();  // it was a loss: as the RFC has it from now on
  EXPECT_EQ(rack.window(true, ms(40), ms(50), {}), Duration());
  EXPECT_EQ(rack.window(false, ms(40), ms(50), {}), ms(10));
}

TEST(Rack, a_segment_that_came_late_widens_the_window_to_what_it_took) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(40), at(50));
  rack.reordered(at(9), 5, true, at(69));  // 60 ms, where the round trip is 40
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), ms(25));
}

TEST(Rack, RFC8985_6_2_step_4_duplicates_widen_the_window_once_a_round_trip_up_to_the_round_trip) {
  Rack rack;
  rack.delivered(at(10), seq(3000), false, ms(40), at(50));
  rack.duplicate_sacked(seq(1000), seq(5000));
  rack.duplicate_sacked(seq(2000), seq(6000));  // the same round trip
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), ms(20));
  rack.duplicate_sacked(seq(5000), seq(9000));
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), ms(30));
  for (std::uint32_t i = 0; i < 300; ++i) rack.duplicate_sacked(seq(9000 + 1000 * i), seq(10000 + 1000 * i));
  EXPECT_EQ(rack.window(true, ms(40), ms(50), by_the_rfc), ms(50));
  EXPECT_EQ(rack.steps(), 255);
}

TEST(Rack, RFC8985_6_2_step_4_sixteen_recoveries_without_duplicates_narrow_it_again) {
  Rack rack;
  rack.duplicate_sacked(seq(1000), seq(5000));
  for (int i = 0; i < 15; ++i) rack.recovered();
  EXPECT_EQ(rack.steps(), 2);
  rack.recovered();
  EXPECT_EQ(rack.steps(), 1);
}

TEST(Rack, RFC8985_6_2_step_1_a_longer_path_is_learnt_when_the_least_round_trip_is_old) {
  const Config config;
  RoundTripTime rtt(config);
  const auto sample = [&](std::int64_t value, std::int64_t seconds) {
    rtt.sample(ms(value), seq(0), seq(0), config, at(seconds * 1000));
    return rtt.minimum();
  };
  EXPECT_EQ(sample(20, 0), ms(20));
  EXPECT_EQ(sample(50, 1), ms(20));
  EXPECT_EQ(sample(10, 100), ms(10));
  EXPECT_EQ(sample(50, 399), ms(10)) << "it is believed for 300 s";
  EXPECT_EQ(sample(60, 400), ms(60));
  EXPECT_EQ(sample(50, 401), ms(50));
}

}  // namespace
}  // namespace linnet::tcp
