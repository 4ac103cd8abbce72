// SPDX-License-Identifier: Apache-2.0
#include "core/ip/clat_wire.hpp"

#include <gtest/gtest.h>

#include "core/ip/icmpv6_wire.hpp"

namespace linnet::ip::clat {
namespace {

const std::uint32_t v4 = IpAddress::v4(192, 0, 2, 33).v4_value();

Prefix prefix(const char* text) { return *Prefix::parse(text); }
IpAddress address(const char* text) { return *IpAddress::parse(text); }

/// The table of the RFC's own examples.
TEST(ClatWire, RFC6052_2_4_addresses_in_prefixes_of_every_length) {
  const std::pair<const char*, const char*> examples[] = {
      {"2001:db8::/32", "2001:db8:c000:221::"},
      {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
      {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
      {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
      {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
      {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
      {"64:ff9b::/96", "64:ff9b::192.0.2.33"},
  };
  for (const auto& [net, whole] : examples) {
    EXPECT_EQ(embed(prefix(net), v4), address(whole)) << net;
    EXPECT_EQ(extract(prefix(net), address(whole)), v4) << net;
    EXPECT_FALSE(extract(prefix(net), address("2001:db9::1"))) << net;
  }
}

TEST(ClatWire, RFC6052_2_2_bits_64_to_71_are_zero) {
  EXPECT_FALSE(extract(prefix("2001:db8:122:344::/64"), address("2001:db8:122:344:1c0:2:2100::")));
  EXPECT_EQ(extract(prefix("2001:db8:122:344:100::/96"), address("2001:db8:122:344:100::192.0.2.33")), v4)
      << "or what the prefix itself has there";
}

TEST(ClatWire, RFC7915_4_2_echo_and_answers) {
  EXPECT_EQ(to_v6({icmp::echo, 0, 0x12345678}), (IcmpWords{128, 0, 0x12345678}));
  EXPECT_EQ(to_v6({icmp::echo_reply, 0, 7}), (IcmpWords{129, 0, 7}));
}

TEST(ClatWire, RFC7915_4_2_destination_unreachable) {
  constexpr int no = -1;
  const int codes[] = {0, 0, no, 4, no, 0, 0, 0, 0, 1, 1, 0, 0, 1, no, 1, no};
  for (std::uint8_t code = 0; code < std::size(codes); ++code) {
    if (code == 2 || code == 4) continue;
    const auto got = to_v6({icmp::destination_unreachable, code});
    EXPECT_EQ(got ? int{got->code} : no, codes[code]) << int{code};
    EXPECT_EQ(got ? int{got->type} : 1, 1);
  }
  EXPECT_EQ(to_v6({icmp::destination_unreachable, 2}), (IcmpWords{4, 1, 6}));
}

TEST(ClatWire, RFC7915_4_2_fragmentation_needed_is_20_bytes_more_and_1280_at_least) {
  EXPECT_EQ(to_v6({icmp::destination_unreachable, 4, 1480}), (IcmpWords{2, 0, 1500}));
  EXPECT_EQ(to_v6({icmp::destination_unreachable, 4, 576}), (IcmpWords{2, 0, 1280}));
  EXPECT_EQ(to_v6({icmp::destination_unreachable, 4, 0}), (IcmpWords{2, 0, 1280}));
}

TEST(ClatWire, RFC7915_4_2_time_exceeded_and_parameter_problem) {
  EXPECT_EQ(to_v6({icmp::time_exceeded, 1}), (IcmpWords{3, 1, 0}));
  const int pointers[] = {0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24, -1};
  for (std::uint32_t from = 0; from < std::size(pointers); ++from) {
    const auto got = to_v6({icmp::parameter_problem, 0, from << 24});
    EXPECT_EQ(got ? static_cast<int>(got->rest) : -1, pointers[from]) << from;
  }
  EXPECT_TRUE(to_v6({icmp::parameter_problem, 2}));
  EXPECT_FALSE(to_v6({icmp::parameter_problem, 1}));
}

TEST(ClatWire, RFC7915_4_2_what_is_of_a_single_hop_or_obsolete_is_dropped) {
  for (const int type : {4, 5, 9, 10, 13, 14, 15, 16, 17, 18, 6, 40, 255}) {
    EXPECT_FALSE(to_v6({static_cast<std::uint8_t>(type)})) << type;
  }
}

TEST(ClatWire, RFC7915_5_2_echo_and_answers) {
  EXPECT_EQ(to_v4({icmpv6::echo_request, 0, 0x12345678}), (IcmpWords{8, 0, 0x12345678}));
  EXPECT_EQ(to_v4({icmpv6::echo_reply, 0, 7}), (IcmpWords{0, 0, 7}));
}

TEST(ClatWire, RFC7915_5_2_destination_unreachable) {
  const int codes[] = {1, 10, 1, 1, 3, -1, -1, -1};
  for (std::uint8_t code = 0; code < std::size(codes); ++code) {
    const auto got = to_v4({icmpv6::destination_unreachable, code});
    EXPECT_EQ(got ? int{got->code} : -1, codes[code]) << int{code};
  }
}

TEST(ClatWire, RFC7915_5_2_packet_too_big_is_20_bytes_less) {
  EXPECT_EQ(to_v4({icmpv6::packet_too_big, 0, 1400}), (IcmpWords{3, 4, 1380}));
  EXPECT_EQ(to_v4({icmpv6::packet_too_big, 0, 100}), (IcmpWords{3, 4, 1260}));
  EXPECT_EQ(to_v4({icmpv6::packet_too_big, 0, 0xffffffff}), (IcmpWords{3, 4, 0xffff}));
}

TEST(ClatWire, RFC7915_5_2_time_exceeded_and_parameter_problem) {
  EXPECT_EQ(to_v4({icmpv6::time_exceeded, 0}), (IcmpWords{11, 0, 0}));
  EXPECT_EQ(to_v4({icmpv6::parameter_problem, 1, 6}), (IcmpWords{3, 2, 0}));
  EXPECT_FALSE(to_v4({icmpv6::parameter_problem, 2, 40}));
  const int pointers[] = {0, 1, -1, -1, 2, 2, 9, 8, 12, 12};
  for (std::uint32_t from = 0; from < std::size(pointers); ++from) {
    const auto got = to_v4({icmpv6::parameter_problem, 0, from});
    EXPECT_EQ(got ? static_cast<int>(got->rest >> 24) : -1, pointers[from]) << from;
    if (got) {
      EXPECT_EQ(int{got->type}, 12);
      EXPECT_EQ(int{got->code}, 0);
    }
  }
  EXPECT_EQ(to_v4({icmpv6::parameter_problem, 0, 23})->rest >> 24, 12u);
  EXPECT_EQ(to_v4({icmpv6::parameter_problem, 0, 24})->rest >> 24, 16u);
  EXPECT_EQ(to_v4({icmpv6::parameter_problem, 0, 39})->rest >> 24, 16u);
  EXPECT_FALSE(to_v4({icmpv6::parameter_problem, 0, 40}));
  EXPECT_FALSE(to_v4({icmpv6::parameter_problem, 0, 0xffffffff}));
}

TEST(ClatWire, RFC7915_5_2_neighbour_and_listener_discovery_are_dropped) {
  for (int type = 130; type < 256; ++type) EXPECT_FALSE(to_v4({static_cast<std::uint8_t>(type)})) << type;
}

}  // namespace
}  // namespace linnet::ip::clat
