// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/retransmission.hpp"

#include <gtest/gtest.h>

#include "services/dhcpv6/offers.hpp"
#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {
namespace {

constexpr Instant start = Instant::from_microseconds(1000000);

TEST(Dhcpv6Retransmission, RFC8415_15_rt_doubles_up_to_mrt_each_randomized_by_a_tenth) {
  const RetransmissionParameters parameters{.irt = Duration::seconds(1), .mrt = Duration::seconds(30)};
  for (std::uint8_t seed = 0; seed < 50; ++seed) {
    Random random(Random::Seed{seed});
    Retransmission retransmission;
    Instant now = start;
    double previous = 0;
    bool differs = false;
    for (int i = 0; i < 12; ++i) {
      const Instant due = retransmission.sent(parameters, now, random);
      const double rt = static_cast<double>((due - now).as_microseconds());
      if (i == 0) {
        EXPECT_GE(rt, 0.9e6);
        EXPECT_LE(rt, 1.1e6);
      } else if (2.1 * previous < 30e6) {
        EXPECT_GE(rt, 1.9 * previous - 1);
        EXPECT_LE(rt, 2.1 * previous + 1);
      }
      EXPECT_LE(rt, 33e6) << "MRT + RAND * MRT";
      if (i > 8) {
        EXPECT_GE(rt, 27e6);
      }
      differs = differs || (i > 8 && rt != previous);
      previous = rt;
      now = due;
    }
    EXPECT_TRUE(differs);
    EXPECT_FALSE(retransmission.exhausted(parameters)) << "MRC 0: no end";
  }
}

TEST(Dhcpv6Retransmission, RFC8415_15_without_mrt_there_is_no_upper_limit) {
  const RetransmissionParameters parameters{.irt = Duration::seconds(1), .mrc = 4};
  Random random(Random::Seed{1});
  Retransmission retransmission;
  Instant now = start;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(retransmission.exhausted(parameters));
    now = retransmission.sent(parameters, now, random);
  }
  EXPECT_TRUE(retransmission.exhausted(parameters)) << "MRC";
  EXPECT_GE(now - start, Duration::milliseconds(900 * 11));
}

TEST(Dhcpv6Retransmission, RFC8415_18_2_1_first_rt_of_a_solicit_is_strictly_longer) {
  const RetransmissionParameters parameters{
      .irt = Duration::seconds(1), .mrt = Duration::seconds(3600), .first_longer = true};
  Random random(Random::Seed{2});
  for (int i = 0; i < 5000; ++i) {
    Retransmission retransmission;
    const Duration rt = retransmission.sent(parameters, start, random) - start;
    EXPECT_GT(rt, Duration::seconds(1));
    EXPECT_LE(rt, Duration::milliseconds(1100));
  }
}

TEST(Dhcpv6Retransmission, a_day_as_mrt_is_randomized_too) {
  const RetransmissionParameters parameters{.irt = Duration::seconds(80000), .mrt = Duration::seconds(86400)};
  Random random(Random::Seed{3});
  Retransmission retransmission;
  Instant now = start;
  for (int i = 0; i < 100; ++i) {
    const Instant due = retransmission.sent(parameters, now, random);
    EXPECT_GE(due - now, Duration::seconds(72000));
    EXPECT_LE(due - now, Duration::seconds(95040));
    now = due;
  }
}

TEST(Dhcpv6Retransmission, RFC8415_21_9_elapsed_time_in_hundredths_up_to_its_limit) {
  Random random(Random::Seed{4});
  Retransmission retransmission;
  EXPECT_EQ(retransmission.elapsed_time(start + Duration::seconds(5)), 0) << "nothing sent yet";
  retransmission.sent({.irt = Duration::seconds(1)}, start, random);
  EXPECT_EQ(retransmission.elapsed_time(start), 0);
  EXPECT_EQ(retransmission.elapsed_time(start + Duration::milliseconds(1019)), 101);
  EXPECT_EQ(retransmission.elapsed_time(start + Duration::seconds(655)), 65500);
  EXPECT_EQ(retransmission.elapsed_time(start + Duration::seconds(656)), 0xffff);
  EXPECT_EQ(retransmission.elapsed_time(start + Duration::seconds(1000000)), 0xffff);
}

TEST(Dhcpv6Retransmission, RFC8415_14_1_twenty_packets_in_twenty_seconds) {
  RateLimit limit;
  int sent = 0;
  for (std::int64_t ms = 0; ms < 20000; ms += 10) {
    const Instant now = start + Duration::milliseconds(ms);
    if (now < limit.allowed()) continue;
    limit.sent(now);
    ++sent;
    if (ms < 10) {
      EXPECT_EQ(sent, 1);
    }
  }
  EXPECT_GE(sent, 20);
  EXPECT_LE(sent, 40) << "a burst, and one a second";
}

TEST(Dhcpv6Retransmission, RFC8415_21_24_sol_max_rt_between_60_and_86400) {
  MaximumRt maximum(parameter::sol_max_rt);
  for (const std::uint32_t bad : {0u, 59u, 86401u, 0xffffffffu}) {
    maximum.replied(bad);
    maximum.advertised(bad);
    EXPECT_EQ(maximum.value(), Duration::seconds(3600)) << bad;
  }
  for (const std::uint32_t good : {60u, 86400u}) {
    maximum.replied(good);
    EXPECT_EQ(maximum.value(), Duration::seconds(good));
  }
}

TEST(Dhcpv6Retransmission, RFC8415_18_2_9_advertises_that_differ_leave_the_default) {
  MaximumRt maximum(parameter::sol_max_rt);
  maximum.advertised(100);
  maximum.advertised(100);
  EXPECT_EQ(maximum.value(), Duration::seconds(100));
  maximum.advertised(200);
  EXPECT_EQ(maximum.value(), Duration::seconds(3600));
  maximum.advertised(200);
  maximum.advertised(100);
  EXPECT_EQ(maximum.value(), Duration::seconds(3600)) << "once different, different";
  maximum.begin();
  maximum.advertised(200);
  EXPECT_EQ(maximum.value(), Duration::seconds(200));
}

Offer offer(std::uint8_t number, std::uint8_t preference, std::size_t addresses) {
  Offer made{.server = *Duid::from(server_duid(number)), .preference = preference, .addresses = {}};
  for (std::size_t i = 0; i < addresses; ++i) made.addresses.add(ip("2001:db8::1"));
  return made;
}

TEST(Dhcpv6Offers, RFC8415_18_2_9_by_preference_then_by_addresses_then_by_arrival) {
  Offers offers;
  offers.add(offer(1, 0, 4));
  offers.add(offer(2, 10, 1));
  offers.add(offer(3, 10, 2));
  offers.add(offer(4, 10, 2));
  const std::uint8_t order[] = {3, 4, 2, 1};
  for (const std::uint8_t number : order) {
    EXPECT_TRUE(offers.best().server.is(server_duid(number))) << int{number};
    offers.remove_best();
  }
  EXPECT_TRUE(offers.empty());
}

TEST(Dhcpv6Offers, a_server_counts_once_and_of_255_the_best_are_kept) {
  Offers offers;
  for (int number = 255; number > 0; --number) {
    const auto n = static_cast<std::uint8_t>(number);
    offers.add(offer(n, n, 1));
    offers.add(offer(n, n, 1));
  }
  EXPECT_EQ(offers.size(), Offers::capacity);
  for (const std::uint8_t number : {255, 254, 253, 252}) {
    EXPECT_TRUE(offers.best().server.is(server_duid(number)));
    offers.remove_best();
  }
}

}  // namespace
}  // namespace linnet::dhcpv6::test
