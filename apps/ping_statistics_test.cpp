// SPDX-License-Identifier: Apache-2.0
#include "apps/ping_statistics.hpp"

#include <gtest/gtest.h>

namespace linnet::apps {
namespace {

TEST(PingStatistics, sums_up_as_ping_does) {
  PingStatistics statistics;
  for (std::uint32_t i = 1; i <= 4; ++i) statistics.sent(i);
  EXPECT_TRUE(statistics.received(1, Duration::microseconds(1000)));
  EXPECT_TRUE(statistics.received(2, Duration::microseconds(3000)));
  EXPECT_FALSE(statistics.received(2, Duration::microseconds(9000)));
  EXPECT_FALSE(statistics.received(9, Duration::microseconds(9000)));
  EXPECT_EQ(statistics.summary(Duration::milliseconds(3004)),
            "4 packets transmitted, 2 received, +2 duplicates, 50% packet loss, time 3004 ms\n"
            "rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms");
}

TEST(PingStatistics, without_replies_there_is_no_rtt) {
  PingStatistics statistics;
  EXPECT_EQ(statistics.summary(Duration()), "0 packets transmitted, 0 received, 0% packet loss, time 0 ms");
  for (std::uint32_t i = 1; i <= 3; ++i) statistics.sent(i);
  statistics.error();
  EXPECT_EQ(statistics.summary(Duration::seconds(2)),
            "3 packets transmitted, 0 received, +1 errors, 100% packet loss, time 2000 ms");
}

TEST(PingStatistics, milliseconds) {
  EXPECT_EQ(milliseconds_text(Duration::microseconds(214)), "0.214");
  EXPECT_EQ(milliseconds_text(Duration::microseconds(2140)), "2.14");
  EXPECT_EQ(milliseconds_text(Duration::microseconds(21400)), "21.4");
  EXPECT_EQ(milliseconds_text(Duration::microseconds(214000)), "214");
}

}  // namespace
}  // namespace linnet::apps
