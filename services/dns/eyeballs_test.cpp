// SPDX-License-Identifier: Apache-2.0
#include "services/dns/eyeballs.hpp"

#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

class DnsEyeballs : public ::testing::Test {
 protected:
  /// What is tried until nothing is left, and when: "6.1@0 4.1@250 ".
  std::string run() {
    std::string text;
    for (int steps = 0; steps < 100; ++steps) {
      while (const auto address = eyeballs.next(now)) {
        const int last = address->bytes()[15];
        text += std::string(address->is_v4() ? "4." : "6.") + std::to_string(last) + "@" +
                std::to_string((now - Instant()).as_microseconds() / 1000) + " ";
      }
      if (eyeballs.deadline().is_never()) break;
      EXPECT_GT(eyeballs.deadline(), now);
      now = eyeballs.deadline();
    }
    return text;
  }
  void know_v6(std::initializer_list<IpAddress> addresses) {
    eyeballs.known(Families::v6, {addresses.begin(), addresses.size()}, now);
  }
  void know_v4(std::initializer_list<IpAddress> addresses) {
    eyeballs.known(Families::v4, {addresses.begin(), addresses.size()}, now);
  }
  void wait(int milliseconds) { now = now + Duration::milliseconds(milliseconds); }

  Eyeballs eyeballs;
  Instant now;
};

TEST_F(DnsEyeballs, RFC8305_4_families_take_turns_and_what_is_left_of_one_comes_last) {
  know_v6({six(1), six(2)});
  know_v4({four(1), four(2), four(3), four(4)});
  EXPECT_EQ(run(), "6.1@0 4.1@250 6.2@500 4.2@750 4.3@1000 4.4@1250 ");
  EXPECT_TRUE(eyeballs.exhausted());
}

TEST_F(DnsEyeballs, RFC8305_3_addresses_of_ipv6_begin_at_once) {
  know_v6({six(1), six(2)});
  EXPECT_EQ(run(), "6.1@0 6.2@250 ");
  EXPECT_FALSE(eyeballs.exhausted()) << "IPv4 is not known";
  know_v4({four(1)});
  EXPECT_EQ(run(), "4.1@500 ");
  EXPECT_TRUE(eyeballs.exhausted());
}

TEST_F(DnsEyeballs, RFC8305_3_addresses_of_ipv4_wait_50_ms_for_those_of_ipv6) {
  know_v4({four(1)});
  EXPECT_EQ(eyeballs.next(now), std::nullopt);
  EXPECT_EQ(run(), "4.1@50 ");
  know_v6({six(1)});
  EXPECT_EQ(run(), "6.1@300 ") << "what comes later is tried, too";
}

TEST_F(DnsEyeballs, RFC8305_3_addresses_of_ipv6_that_come_within_50_ms_begin) {
  know_v4({four(1)});
  wait(49);
  know_v6({six(1)});
  EXPECT_EQ(run(), "6.1@49 4.1@299 ");
}

TEST_F(DnsEyeballs, RFC8305_3_that_there_is_no_ipv6_ends_the_waiting) {
  know_v4({four(1)});
  wait(10);
  know_v6({});
  EXPECT_EQ(run(), "4.1@10 ");
  EXPECT_TRUE(eyeballs.exhausted());
}

TEST_F(DnsEyeballs, RFC8305_5_failure_lets_the_next_begin_at_once) {
  know_v6({six(1)});
  know_v4({four(1), four(2)});
  EXPECT_EQ(eyeballs.next(now), six(1));
  wait(20);
  EXPECT_EQ(eyeballs.next(now), std::nullopt);
  eyeballs.failed(now);
  EXPECT_EQ(run(), "4.1@20 4.2@270 ");
}

TEST_F(DnsEyeballs, RFC8305_4_family_that_is_preferred_begins) {
  know_v6({six(1)});
  know_v4({four(1)});
  eyeballs.prefer(Families::v4);
  EXPECT_EQ(run(), "4.1@0 6.1@250 ");
}

TEST_F(DnsEyeballs, name_without_addresses_is_exhausted) {
  know_v6({});
  EXPECT_FALSE(eyeballs.exhausted());
  know_v4({});
  EXPECT_EQ(run(), "");
  EXPECT_TRUE(eyeballs.exhausted());
}

}  // namespace
}  // namespace linnet::dns::test
