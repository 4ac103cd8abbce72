// SPDX-License-Identifier: Apache-2.0
// RFC 8981: addresses that change, in virtual time.
#include <algorithm>

#include "core/ip/test_advertisement.hpp"

namespace linnet::ip::test {
namespace {

constexpr std::uint32_t week = 7 * 24 * hour;
constexpr Duration day = Duration::seconds(24 * hour);

Config with_temporary() {
  Config config;
  config.temporary_addresses = true;
  return config;
}

struct TemporaryHost : DiscoveringHost {
  explicit TemporaryHost(const Config& c = with_temporary()) : DiscoveringHost(c) {}
  std::vector<const Ipv6Address*> temporary() const {
    std::vector<const Ipv6Address*> list;
    for (const Ipv6Address* a : own()) {
      if (a->origin == AddressOrigin::temporary) list.push_back(a);
    }
    return list;
  }
  std::size_t preferred() const {
    const auto list = temporary();
    return static_cast<std::size_t>(std::count_if(list.begin(), list.end(), [](const Ipv6Address* a) {
      return a->state == Ipv6AddressState::preferred;
    }));
  }
  /// Both tables do what is due until then.
  void live(Duration during) {
    const Instant end = now + during;
    while (true) {
      const Instant next = earlier(discovery.next_deadline(), addresses.next_deadline());
      if (next > end) break;
      now = std::max(now, next);
      while (discovery.next_due(now)) {
      }
      while (Ipv6Address* own = addresses.next_due(now, [](std::uint8_t) { return Duration::seconds(1); })) {
        addresses.solicited(*own, true, now);
      }
    }
    now = end;
  }
  void hear_prefix(std::uint32_t valid = week, std::uint32_t preferred_lifetime = week) {
    hear(Advertisement{}.prefix("2001:db8::", valid, preferred_lifetime));
  }
};

TEST(TemporaryAddresses, RFC8981_3_4_beside_the_stable_one_and_unlike_it) {
  TemporaryHost host;
  host.hear_prefix();
  ASSERT_EQ(host.own().size(), 2u);
  ASSERT_EQ(host.temporary().size(), 1u);
  EXPECT_NE(host.own()[0]->address, host.own()[1]->address);
  TemporaryHost other;
  other.random.next64();
  other.hear_prefix();
  EXPECT_NE(host.temporary()[0]->address, other.temporary()[0]->address) << "nothing of the device is in it";
}

TEST(TemporaryAddresses, off_by_default) {
  TemporaryHost host{Config{}};
  host.hear_prefix();
  EXPECT_TRUE(host.temporary().empty());
}

TEST(TemporaryAddresses, RFC8981_3_4_lifetimes_are_the_lesser_of_both) {
  TemporaryHost host;
  host.hear_prefix(3 * hour, 2 * hour);
  ASSERT_EQ(host.temporary().size(), 1u);
  const Lifetimes left = host.temporary()[0]->lifetimes_left(host.now);
  EXPECT_EQ(left.valid, Duration::seconds(3 * hour));
  EXPECT_EQ(left.preferred, Duration::seconds(2 * hour));
  host.hear_prefix(week, week);
  const Lifetimes later = host.temporary()[0]->lifetimes_left(host.now);
  EXPECT_EQ(later.valid, day * 2) << "TEMP_VALID_LIFETIME";
  EXPECT_LE(later.preferred, day);
  EXPECT_GE(later.preferred, day * 6 / 10) << "DESYNC_FACTOR";
}

TEST(TemporaryAddresses, RFC8981_3_4_none_of_a_preferred_lifetime_that_ends_at_once) {
  TemporaryHost host;
  host.hear_prefix(hour, 5);
  EXPECT_TRUE(host.temporary().empty());
}

TEST(TemporaryAddresses, RFC8981_3_5_a_successor_is_there_before_the_old_one_is_deprecated) {
  TemporaryHost host;
  host.hear_prefix();
  const IpAddress first = host.temporary()[0]->address;
  for (int hours = 0; hours < 30; ++hours) {
    host.live(Duration::seconds(hour));
    host.hear_prefix();
    EXPECT_GE(host.preferred(), 1u) << "after " << hours << " h";
    EXPECT_LE(host.temporary().size(), 2u);
  }
  EXPECT_EQ(host.temporary().size(), 2u);
  const auto* old = host.addresses.find(1, first);
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->state, Ipv6AddressState::deprecated);
  host.live(day);
  EXPECT_EQ(host.addresses.find(1, first), nullptr) << "no advertisement makes it last longer";
}

TEST(TemporaryAddresses, RFC8981_3_4_a_duplicate_is_replaced_a_bounded_number_of_times) {
  TemporaryHost host;
  host.hear_prefix();
  for (int i = 0; i < 3; ++i) {
    const IpAddress address = host.temporary().at(0)->address;
    ASSERT_EQ(host.addresses.claimed(1, address, nullptr), Ipv6Addresses::Claim::duplicate);
    const Ipv6Address copy = *host.addresses.find(1, address);
    ASSERT_TRUE(host.discovery.replace_duplicate(copy, host.now)) << i;
    EXPECT_NE(host.temporary().at(0)->address, address);
  }
  const IpAddress last = host.temporary().at(0)->address;
  host.addresses.claimed(1, last, nullptr);
  EXPECT_FALSE(host.discovery.replace_duplicate(*host.addresses.find(1, last), host.now));
}

TEST(TemporaryAddresses, C11_08_a_flood_of_prefixes_leaves_room) {
  TemporaryHost host;
  for (int i = 0; i < 64; ++i) {
    const std::string prefix = "2001:db8:" + std::to_string(i + 1) + "::";
    host.hear(Advertisement{}.prefix(prefix.c_str(), week, week));
  }
  EXPECT_LE(host.temporary().size(), 2u);
  EXPECT_LE(host.own().size(), 6u);
}

}  // namespace
}  // namespace linnet::ip::test
