// SPDX-License-Identifier: Apache-2.0
#include "core/device/impairments.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linnet {
namespace {

TEST(ParseProbability, is_exact) {
  EXPECT_EQ(parse_probability("1%"), 10'000u);
  EXPECT_EQ(parse_probability("0.25%"), 2'500u);
  EXPECT_EQ(parse_probability("0.0001%"), 1u);
  EXPECT_EQ(parse_probability("100%"), 1'000'000u);
  EXPECT_EQ(parse_probability("500ppm"), 500u);
  EXPECT_EQ(parse_probability("0"), 0u);
  EXPECT_EQ(parse_probability("0%"), 0u);
  for (const char* bad : {"", "%", "1", "0.5", "-1%", "101%", "100.0001%", "1 %", "1%%", "1.%", ".5%", "1e1%",
                          "ppm", "0.1234567%", "9999999999%", "1000001ppm", " 1%"}) {
    EXPECT_FALSE(parse_probability(bad)) << bad;
  }
}

TEST(ParseDuration, is_exact) {
  EXPECT_EQ(parse_duration("10ms"), Duration::milliseconds(10));
  EXPECT_EQ(parse_duration("1.5s"), Duration::milliseconds(1500));
  EXPECT_EQ(parse_duration("0.000001s"), Duration::microseconds(1));
  EXPECT_EQ(parse_duration("250us"), Duration::microseconds(250));
  EXPECT_EQ(parse_duration("2min"), Duration::seconds(120));
  EXPECT_EQ(parse_duration("86400s"), Duration::seconds(86'400));
  EXPECT_EQ(parse_duration("0"), Duration());
  for (const char* bad : {"", "10", "ms", "-1ms", "1h", "86401s", "10 ms", "1..5s", "1,5s", "999999999min"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(ParseRate, is_exact) {
  EXPECT_EQ(parse_rate("5Mbit"), 625'000u);
  EXPECT_EQ(parse_rate("64kbit"), 8'000u);
  EXPECT_EQ(parse_rate("1.5Gbit"), 187'500'000u);
  EXPECT_EQ(parse_rate("8bit"), 1u);
  EXPECT_EQ(parse_rate("100kB"), 100'000u);
  EXPECT_EQ(parse_rate("2MB/s"), 2'000'000u);
  EXPECT_EQ(parse_rate("10Mbit/s"), 1'250'000u);
  EXPECT_EQ(parse_rate("999999999GB"), 999'999'999'000'000'000u);
  for (const char* bad :
       {"", "5", "0Mbit", "7bit", "5mbit", "5M", "-5Mbit", "5Mbit/h", "/s", "5Mbit/s/s", "Mbit"}) {
    EXPECT_FALSE(parse_rate(bad)) << bad;
  }
}

TEST(ParseCount, has_limits) {
  EXPECT_EQ(parse_count("1", 1, 3), 1u);
  EXPECT_EQ(parse_count("3", 1, 3), 3u);
  for (const char* bad : {"", "0", "4", "-1", "1.0", "1 ", "99999999999"})
    EXPECT_FALSE(parse_count(bad, 1, 3)) << bad;
}

TEST(SetImpairments, sets_what_is_named) {
  Impairments got;
  EXPECT_TRUE(got.none());
  const auto error =
      set_impairments(got,
                      "loss=1%,burst=0.1%,burst-length=7,burst-loss=50%,delay=10ms,jitter=2ms,reorder=3%,"
                      "reorder-delay=4ms,duplicate=5%,duplicate-copies=2,duplicate-delay=1s,corrupt=6ppm,"
                      "rate=5Mbit,queue=20");
  EXPECT_FALSE(error);
  const Impairments expected{.loss = 10'000,
                             .burst = 1'000,
                             .burst_length = 7,
                             .burst_loss = 500'000,
                             .delay = Duration::milliseconds(10),
                             .jitter = Duration::milliseconds(2),
                             .reorder = 30'000,
                             .reorder_delay = Duration::milliseconds(4),
                             .duplicate = 50'000,
                             .duplicate_copies = 2,
                             .duplicate_delay = Duration::seconds(1),
                             .corrupt = 6,
                             .rate = 625'000,
                             .queue = 20};
  EXPECT_EQ(got, expected);
  EXPECT_FALSE(got.none());
}

TEST(SetImpairments, says_what_is_wrong_and_what_is_accepted) {
  struct Wrong {
    const char* list;
    const char* name;
    const char* accepted;
  };
  for (const auto& [list, name, accepted] :
       {Wrong{"loss=1", "loss", "1%"}, Wrong{"delay=1%", "delay", "10ms"},
        Wrong{"rate=fast", "rate", "5Mbit"}, Wrong{"queue=0", "queue", "1024"},
        Wrong{"queue=1025", "queue", "1024"}, Wrong{"duplicate-copies=4", "duplicate-copies", "3"},
        Wrong{"speed=1", "speed", "jitter"}, Wrong{"loss=1%,loss", "loss", "name=value"},
        Wrong{"=1%", "", "one of"}, Wrong{"loss=", "loss", "1%"}}) {
    Impairments into;
    const auto error = set_impairments(into, list);
    ASSERT_TRUE(error) << list;
    EXPECT_EQ(error->name, name) << list;
    EXPECT_NE(std::string(error->accepted).find(accepted), std::string::npos) << error->accepted;
  }
}

TEST(Impairments, each_fault_alone_makes_a_link_that_has_some) {
  EXPECT_TRUE(Impairments{}.none());
  for (const char* fault : {"loss=1ppm", "burst=1ppm", "delay=1us", "jitter=1us", "reorder=1ppm",
                            "duplicate=1ppm", "corrupt=1ppm", "rate=8bit"}) {
    Impairments set;
    EXPECT_FALSE(set_impairments(set, fault));
    EXPECT_FALSE(set.none()) << fault;
  }
  // What says only how a fault is, and not that there is one.
  for (const char* how : {"burst-length=9", "burst-loss=1%", "reorder-delay=1s", "duplicate-copies=3",
                          "duplicate-delay=1s", "queue=1"}) {
    Impairments set;
    EXPECT_FALSE(set_impairments(set, how));
    EXPECT_TRUE(set.none()) << how;
  }
}

TEST(SetImpairments, an_empty_list_changes_nothing) {
  Impairments into;
  EXPECT_FALSE(set_impairments(into, ""));
  EXPECT_TRUE(into.none());
}

}  // namespace
}  // namespace linnet
