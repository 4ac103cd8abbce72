// SPDX-License-Identifier: Apache-2.0
// The small helpers: entropy, addresses, interface names.
#include <gtest/gtest.h>

#include <set>

#include "platform/linux/entropy.hpp"
#include "platform/linux/interface_info.hpp"
#include "platform/linux/mac.hpp"

namespace linnet::platform {
namespace {

TEST(Entropy, differs_each_time) {
  std::set<Random::Seed> seeds;
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 100; ++i) {
    seeds.insert(entropy_seed());
    numbers.insert(entropy64());
  }
  EXPECT_EQ(seeds.size(), 100u);
  EXPECT_EQ(numbers.size(), 100u);
}

TEST(Mac, is_unicast_and_locally_administered) {
  static_assert(local_mac(0) == MacAddress{{2, 0, 0, 0, 0, 0}});
  static_assert(local_mac(0x0605040302ff) == MacAddress{{0xfe, 2, 3, 4, 5, 6}});
  for (std::uint64_t seed = 0; seed < 256; ++seed) EXPECT_EQ(local_mac(seed).bytes[0] & 3, 2);
}

TEST(InterfaceInfo, knows_the_loopback_interface_and_no_other_names) {
  const auto lo = interface_info("lo");
  ASSERT_TRUE(lo);
  EXPECT_GT(lo->index, 0);
  EXPECT_FALSE(lo->ethernet);
  EXPECT_GE(lo->mtu, 1500);
  EXPECT_FALSE(interface_info("no-such-if"));
  EXPECT_FALSE(interface_info(""));
}

TEST(InterfaceInfo, names_are_those_that_the_kernel_takes) {
  for (const char* name : {"a", "tap0", "eth0.100", "fifteen-letters", "..."})
    EXPECT_TRUE(valid_interface_name(name)) << name;
  for (const char* name : {"", ".", "..", "a/b", "a b", "a\tb", "a:1", "sixteen-letters!"}) {
    EXPECT_FALSE(valid_interface_name(name)) << name;
  }
}

}  // namespace
}  // namespace linnet::platform
