// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/proportional_rate.hpp"

#include <gtest/gtest.h>

namespace linnet::tcp {
namespace {

constexpr std::uint32_t mss = 1000;

TEST(ProportionalRate, RFC6937_3_sends_in_proportion_while_above_the_threshold) {
  ProportionalRate rate{.delivered = 0, .out = 0, .flight_size = 20 * mss};
  std::uint32_t sent = 0;
  std::uint32_t pipe = 19 * mss;
  for (int i = 0; i < 18; ++i) {
    pipe -= mss;
    const std::uint32_t count = rate.allowance(mss, pipe, 10 * mss, mss, false);
    rate.out += count;
    pipe += count;
    sent += count;
  }
  EXPECT_EQ(sent, 9 * mss);  // one for every two that arrive
  EXPECT_EQ(pipe, 10 * mss);
}

TEST(ProportionalRate, RFC6937_3_the_first_retransmission_never_waits) {
  ProportionalRate rate{.delivered = 0, .out = 0, .flight_size = 10 * mss};
  EXPECT_EQ(rate.allowance(0, 9 * mss, 7 * mss, mss, false), mss);
}

TEST(ProportionalRate, RFC6937_3_below_the_threshold_what_left_may_enter_and_one_more_when_that_is_safe) {
  ProportionalRate rate{.delivered = 0, .out = 0, .flight_size = 20 * mss};
  rate.out = 5 * mss;
  rate.delivered = 5 * mss;
  EXPECT_EQ(rate.allowance(2 * mss, 3 * mss, 10 * mss, mss, false), 2 * mss);
  EXPECT_EQ(rate.allowance(2 * mss, 3 * mss, 10 * mss, mss, true), 5 * mss);
  rate.out = rate.delivered;
  EXPECT_EQ(rate.allowance(2 * mss, 9 * mss, 10 * mss, mss, true), mss);  // never above the threshold
}

TEST(ProportionalRate, RFC6937_3_the_count_is_never_negative) {
  // Above ssthresh: the fast retransmit and limited transmit were more than the share of what has arrived.
  ProportionalRate above{.delivered = 0, .out = 5 * mss, .flight_size = 20 * mss};
  EXPECT_EQ(above.allowance(2 * mss, 15 * mss, 10 * mss, mss, false), 0u);
  EXPECT_EQ(above.allowance(2 * mss, 15 * mss, 10 * mss, mss, true), 0u);
  // Below it: more was sent than has arrived, and nothing arrived now.
  ProportionalRate below{.delivered = 2 * mss, .out = 5 * mss, .flight_size = 20 * mss};
  EXPECT_EQ(below.allowance(0, 4 * mss, 10 * mss, mss, false), 0u);
  EXPECT_EQ(below.allowance(0, 10 * mss, 10 * mss, mss, true), 0u);  // at ssthresh itself there is no room
}

}  // namespace
}  // namespace linnet::tcp
