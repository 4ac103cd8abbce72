// SPDX-License-Identifier: Apache-2.0
#include "services/dhcpv6/lease.hpp"

#include <gtest/gtest.h>

#include "services/dhcpv6/test_message.hpp"

namespace linnet::dhcpv6::test {
namespace {

const Config config;

std::optional<Grant> grant_of(const Buffer& ia) {
  ServerMessage message(MessageType::reply);
  const Buffer bytes = message.raw(ia).exact();
  const auto parsed = Message::parse(bytes);
  return parsed.ok() ? read_grant(*parsed, client_iaid) : std::nullopt;
}

TEST(Dhcpv6Lease, RFC8415_21_6_preferred_beyond_valid_is_discarded) {
  const auto grant = grant_of(ia_na({{.address = ip("2001:db8::1"), .preferred = 3601, .valid = 3600},
                                     {.address = ip("2001:db8::2"), .preferred = 3600, .valid = 3600},
                                     {.address = ip("2001:db8::3"), .preferred = infinity, .valid = 3600},
                                     {.address = ip("2001:db8::4"), .preferred = 0, .valid = 0}}));
  ASSERT_TRUE(grant);
  ASSERT_EQ(grant->addresses.size(), 2u);
  EXPECT_EQ(grant->addresses[0].address, ip("2001:db8::2"));
  EXPECT_EQ(grant->addresses[1].valid, Duration()) << "taken back";
  EXPECT_EQ(grant->usable(config), 1u);
}

TEST(Dhcpv6Lease, addresses_that_are_taken_back_are_of_no_use_however_short_leases_may_be) {
  Config any;
  any.minimum_valid_lifetime = Duration();
  const auto grant = grant_of(ia_na({{.address = ip("2001:db8::1"), .preferred = 0, .valid = 0},
                                     {.address = ip("2001:db8::2"), .preferred = 0, .valid = 1}}));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->usable(any), 1u);
  any.minimum_valid_lifetime = Duration::seconds(1);
  EXPECT_EQ(grant->usable(any), 1u);
  any.minimum_valid_lifetime = Duration::seconds(2);
  EXPECT_EQ(grant->usable(any), 0u);
}

TEST(Dhcpv6Lease, RFC8415_7_7_infinity_is_for_ever) {
  const auto grant =
      grant_of(ia_na({{.address = ip("2001:db8::1"), .preferred = infinity, .valid = infinity}}));
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->addresses[0].valid, Duration::max());
  const ExtensionTimes times = choose_times(grant->t1, grant->t2, grant->addresses, config);
  EXPECT_EQ(times.t1, Duration::max()) << "21.4: then T1 and T2 are infinite, too";
  EXPECT_EQ(times.t2, Duration::max());
}

TEST(Dhcpv6Lease, RFC8415_21_13_status_of_ia_and_of_address) {
  const Granted good{.address = ip("2001:db8::1")};
  for (const StatusCode code : {StatusCode::unspec_fail, StatusCode::no_addrs_avail, StatusCode::no_binding,
                                StatusCode::not_on_link, static_cast<StatusCode>(999)}) {
    const auto grant = grant_of(ia_na({good}, 0, 0, status(code, "no")));
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->status, code);
    EXPECT_EQ(grant->usable(config), 0u);
    const auto one = grant_of(ia_na({good, {.address = ip("2001:db8::2"), .options = status(code)}}));
    ASSERT_TRUE(one);
    EXPECT_EQ(one->addresses.size(), 1u);
  }
}

TEST(Dhcpv6Lease, C23_04_addresses_that_no_host_may_have_are_left_out) {
  for (const IpAddress& bad :
       {ip("::"), ip("::1"), ip("ff02::1"), ip("ff0e::1"), ip("fe80::1"), IpAddress::v4(192, 0, 2, 1)}) {
    const auto grant = grant_of(ia_na({{.address = bad}}));
    ASSERT_TRUE(grant);
    EXPECT_TRUE(grant->addresses.empty()) << AddressText(bad).view();
  }
  EXPECT_TRUE(is_assignable(ip("fd00::1")));
  EXPECT_TRUE(is_assignable(ip("2001:db8::")));
}

TEST(Dhcpv6Lease, addresses_count_once_and_up_to_four) {
  std::vector<Granted> many;
  for (int i = 0; i < 40; ++i) many.push_back({.address = ip("2001:db8::" + std::to_string(i / 2 + 1))});
  const auto grant = grant_of(ia_na(many));
  ASSERT_TRUE(grant);
  ASSERT_EQ(grant->addresses.size(), 4u);
  EXPECT_EQ(grant->addresses[3].address, ip("2001:db8::4"));
}

TEST(Dhcpv6Lease, no_ia_of_ours_is_no_grant) {
  EXPECT_FALSE(grant_of(ia_na({{.address = ip("2001:db8::1")}}, 0, 0, {}, client_iaid + 1)));
  EXPECT_FALSE(grant_of(ia_na({{.address = ip("2001:db8::1")}}, 5, 4))) << "T1 > T2";
  EXPECT_FALSE(grant_of({}));
}

TEST(Dhcpv6Lease, C23_08_t1_and_t2_in_order_and_never_a_storm) {
  struct Row {
    const char* what;
    std::uint32_t t1, t2, preferred, valid;
    std::int64_t expected_t1, expected_t2;  // seconds; -1: never
  };
  const Row rows[] = {
      {"as the server says", 1000, 2000, 3600, 7200, 1000, 2000},
      {"21.4: 0 leaves them to the client", 0, 0, 3600, 7200, 1800, 2880},
      {"T1 only", 1000, 0, 3600, 7200, 1000, 2880},
      {"T1 behind our own T2", 3000, 0, 3600, 7200, 3000, 3000},
      {"T2 only", 0, 2000, 3600, 7200, 1800, 2000},
      {"T2 in front of our own T1", 0, 800, 3600, 7200, 500, 800},
      {"14.2: not at once", 1, 1, 3600, 7200, 60, 60},
      {"a short lease", 1, 2, 20, 40, 20, 20},
      {"deprecated from the beginning", 0, 0, 0, 1000, 500, 800},
      {"7.7: never renewed", infinity, infinity, 3600, 7200, -1, -1},
      {"7.7: never rebound", 1000, infinity, 3600, 7200, 1000, -1},
      {"infinite lease", 0, 0, infinity, infinity, -1, -1},
      {"infinite lease, checked nevertheless", 300, 600, infinity, infinity, 300, 600},
      {"preferred for a while, valid for ever", 0, 0, 1000, infinity, 500, 800},
      {"the longest numbers", 0xfffffffe, 0xfffffffe, 0xfffffffe, 0xfffffffe, 0xfffffffe, 0xfffffffe},
  };
  for (const Row& row : rows) {
    const auto grant = grant_of(ia_na(
        {{.address = ip("2001:db8::1"), .preferred = row.preferred, .valid = row.valid}}, row.t1, row.t2));
    ASSERT_TRUE(grant) << row.what;
    const ExtensionTimes times = choose_times(grant->t1, grant->t2, grant->addresses, config);
    const auto seconds = [](std::int64_t n) { return n < 0 ? Duration::max() : Duration::seconds(n); };
    EXPECT_EQ(times.t1, seconds(row.expected_t1)) << row.what;
    EXPECT_EQ(times.t2, seconds(row.expected_t2)) << row.what;
  }
}

TEST(Dhcpv6Lease, RFC8415_21_4_the_shortest_preferred_lifetime_counts) {
  const auto grant = grant_of(ia_na({{.address = ip("2001:db8::1"), .preferred = 5000, .valid = 9000},
                                     {.address = ip("2001:db8::2"), .preferred = 1000, .valid = 9000},
                                     {.address = ip("2001:db8::3"), .preferred = 0, .valid = 0}}));
  ASSERT_TRUE(grant);
  const ExtensionTimes times = choose_times(0, 0, grant->addresses, config);
  EXPECT_EQ(times.t1, Duration::seconds(500));
  EXPECT_EQ(times.t2, Duration::seconds(800));
}

}  // namespace
}  // namespace linnet::dhcpv6::test
