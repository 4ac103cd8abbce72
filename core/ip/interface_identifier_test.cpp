// SPDX-License-Identifier: Apache-2.0
#include "core/ip/interface_identifier.hpp"

#include <gtest/gtest.h>

#include <set>

namespace linnet::ip::test {
namespace {

constexpr SipKey secret{1, 2};
constexpr MacAddress mac{{2, 0, 0, 0, 0, 7}};

StableInputs inputs() { return {.prefix = *IpAddress::parse("2001:db8:1::"), .mac = mac, .network = {}}; }

TEST(InterfaceIdentifier, RFC7217_5_the_same_inputs_give_the_same_identifier) {
  StableInputs a = inputs();
  StableInputs b = inputs();
  b.prefix = *IpAddress::parse("2001:db8:1::ffff");  // the prefix ends before
  EXPECT_EQ(stable_identifier(secret, a), stable_identifier(secret, b));
  EXPECT_EQ(a.dad_counter, 0);
}

TEST(InterfaceIdentifier, RFC7217_5_each_input_counts) {
  std::set<InterfaceIdentifier> all;
  StableInputs plain = inputs();
  all.insert(stable_identifier(secret, plain));
  all.insert(stable_identifier({1, 3}, plain));
  StableInputs other = inputs();
  other.prefix = *IpAddress::parse("2001:db8:2::");
  all.insert(stable_identifier(secret, other));
  other = inputs();
  other.mac.bytes[5] = 8;
  all.insert(stable_identifier(secret, other));
  other = inputs();
  other.dad_counter = 1;
  all.insert(stable_identifier(secret, other));
  other = inputs();
  constexpr std::array<std::uint8_t, 4> network{'h', 'o', 'm', 'e'};
  other.network = network;
  all.insert(stable_identifier(secret, other));
  EXPECT_EQ(all.size(), 6u);
}

TEST(InterfaceIdentifier, RFC5453_reserved_identifiers) {
  EXPECT_TRUE(is_reserved({}));
  EXPECT_TRUE(is_reserved({0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80}));
  EXPECT_TRUE(is_reserved({0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(is_reserved({0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}));
  EXPECT_TRUE(is_reserved({0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x52, 0x13}));
  EXPECT_FALSE(is_reserved({0x02, 0x00, 0x5e, 0xff, 0xff, 0x00, 0x00, 0x00}));
  EXPECT_FALSE(is_reserved({0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(InterfaceIdentifier, RFC8981_3_3_1_temporary_ones_differ) {
  Random random(Random::Seed{1});
  std::set<InterfaceIdentifier> all;
  for (int i = 0; i < 100; ++i) all.insert(temporary_identifier(random));
  EXPECT_EQ(all.size(), 100u);
}

TEST(InterfaceIdentifier, RFC4291_appendix_A_modified_eui64) {
  EXPECT_EQ(with_identifier(*IpAddress::parse("fe80::"), modified_eui64({{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}})),
            *IpAddress::parse("fe80::3656:78ff:fe9a:bcde"));
}

}  // namespace
}  // namespace linnet::ip::test
