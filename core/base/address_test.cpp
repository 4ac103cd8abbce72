// SPDX-License-Identifier: Apache-2.0
#include "core/base/address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace linnet {
namespace {

std::string text(const auto& address) {
  const AddressText printed(address);
  EXPECT_EQ(printed.view(), std::string_view(printed.c_str())) << "zero-terminated";
  return std::string(printed.view());
}
/// Parsed and printed again, or "-" when it is not an address.
std::string canonical(std::string_view input) {
  const auto address = IpAddress::parse(input);
  return address ? text(*address) : "-";
}

TEST(MacAddress, parses_and_prints) {
  const auto mac = MacAddress::parse("02:00:5E:aB:cd:0f");
  ASSERT_TRUE(mac);
  EXPECT_EQ(*mac, (MacAddress{{0x02, 0x00, 0x5e, 0xab, 0xcd, 0x0f}}));
  EXPECT_EQ(text(*mac), "02:00:5e:ab:cd:0f");
  EXPECT_EQ(MacAddress::parse("02-00-5e-ab-cd-0f"), mac);
  for (const char* bad : {"", "02:00:5e:ab:cd", "02:00:5e:ab:cd:0f:11", "02:00:5e:ab:cd-0f", "02005eabcd0f",
                          "02:00:5e:ab:cd:0g", "2:0:5e:ab:cd:0f", "02:00:5e:ab:cd:f ", "02.00.5e.ab.cd.0f"}) {
    EXPECT_FALSE(MacAddress::parse(bad)) << bad;
  }
}

TEST(MacAddress, knows_its_kinds) {
  static_assert(MacAddress::broadcast().is_broadcast() && MacAddress::broadcast().is_multicast());
  static_assert(MacAddress{{1, 0, 0x5e, 0, 0, 1}}.is_multicast() &&
                !MacAddress{{1, 0, 0x5e, 0, 0, 1}}.is_broadcast());
  static_assert(!MacAddress{{2, 0, 0, 0, 0, 1}}.is_multicast() && MacAddress{}.is_zero());
}

TEST(IpAddress, ipv4_is_four_decimal_parts_and_nothing_else) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1"), IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(canonical("0.0.0.0"), "0.0.0.0");
  EXPECT_EQ(canonical("255.255.255.255"), "255.255.255.255");
  for (const char* bad : {"",         "1",        "1.2",        "1.2.3",     "1.2.3.4.5",        ".1.2.3",
                          "1.2.3.",   "1..2.3",   "256.1.1.1",  "1.1.1.256", "1.2.3.999",        "1.2.3.-4",
                          "1.2.3.+4", " 1.2.3.4", "1.2.3.4 ",   "1.2.3.4\n", "0x1.2.3.4",        "1.2.3.4/8",
                          "1,2,3,4",  "a.b.c.d",  "4294967296", "1.2.3.4%1", "1.2.3.99999999999"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, C25_07_leading_zeros_are_not_octal_but_wrong) {
  for (const char* bad :
       {"01.2.3.4", "1.02.3.4", "1.2.003.4", "1.2.3.04", "00.0.0.0", "0.0.0.00", "010.0.0.1"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, C25_07_long_texts_are_refused) {
  for (const std::string& unit : {std::string("1"), std::string("1."), std::string(":"), std::string("1:"),
                                  std::string("%"), std::string("f"), std::string("0.0.0.0:")}) {
    std::string longer;
    while (longer.size() < 1024) longer += unit;
    EXPECT_FALSE(IpAddress::parse(longer));
    EXPECT_FALSE(Endpoint::parse(longer));
    EXPECT_FALSE(Endpoint::parse(longer + ":80"));
    EXPECT_FALSE(Prefix::parse(longer + "/8"));
    EXPECT_FALSE(MacAddress::parse(longer));
  }
  EXPECT_FALSE(IpAddress::parse(std::string(1024, '\0')));
}

TEST(IpAddress, RFC4291_2_2_forms) {
  EXPECT_EQ(canonical("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789"), "abcd:ef01:2345:6789:abcd:ef01:2345:6789");
  EXPECT_EQ(canonical("2001:DB8:0:0:8:800:200C:417A"), "2001:db8::8:800:200c:417a");
  EXPECT_EQ(canonical("FF01:0:0:0:0:0:0:101"), "ff01::101");
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:0"), "::");
  EXPECT_EQ(canonical("::"), "::");
  EXPECT_EQ(canonical("::1"), "::1");
  EXPECT_EQ(canonical("1::"), "1::");
  EXPECT_EQ(canonical("0:0:0:0:0:0:13.1.68.3"), "::d01:4403");
  EXPECT_EQ(canonical("::13.1.68.3"), "::d01:4403");
  EXPECT_EQ(canonical("0:0:0:0:0:FFFF:129.144.52.38"), "129.144.52.38");
  EXPECT_EQ(canonical("::FFFF:129.144.52.38"), "129.144.52.38");
  EXPECT_EQ(canonical("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
  EXPECT_EQ(canonical("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(canonical("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(IpAddress, RFC4291_2_2_what_is_no_form) {
  for (const char* bad : {":",
                          ":::",
                          "::::",
                          "1",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1::2::3",
                          ":1::2",
                          "1::2:",
                          "1:",
                          ":1",
                          "12345::",
                          "g::",
                          "::1.2.3",
                          "::1.2.3.4.5",
                          "::1.2.3.4:5",
                          "1.2.3.4::",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "::01.2.3.4",
                          "::256.1.1.1",
                          "1:2:3:4::5:6:7:8",
                          "::1 ",
                          " ::1",
                          "[::1]",
                          "::1/64",
                          "::0x1",
                          "::-1",
                          "1.2.3.4::1"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, RFC5952_1_and_2_many_texts_one_address) {
  for (const char* form :
       {"2001:db8:0:0:1:0:0:1", "2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8::0:1:0:0:1",
        "2001:0db8::1:0:0:1", "2001:db8:0:0:1::1", "2001:db8:0000:0:1::1", "2001:DB8:0:0:1::1"}) {
    EXPECT_EQ(canonical(form), "2001:db8::1:0:0:1") << form;
  }
  EXPECT_EQ(canonical("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001"), "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1");
  EXPECT_EQ(canonical("2001:db8:aaaa:bbbb:cccc:dddd:0:1"), "2001:db8:aaaa:bbbb:cccc:dddd:0:1");
}

TEST(IpAddress, RFC5952_4_1_leading_zeros_are_suppressed) {
  EXPECT_EQ(canonical("2001:0db8::0001"), "2001:db8::1");
  EXPECT_EQ(canonical("2001:db8::0:0abc"), "2001:db8::abc");
}

TEST(IpAddress, RFC5952_4_2_1_shortens_as_much_as_possible) {
  EXPECT_EQ(canonical("2001:db8:0:0:0:0:2:1"), "2001:db8::2:1");
  EXPECT_EQ(canonical("2001:db8::0:1"), "2001:db8::1");
}

TEST(IpAddress, RFC5952_4_2_2_one_zero_group_is_not_shortened) {
  EXPECT_EQ(canonical("2001:db8::1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
}

TEST(IpAddress, RFC5952_4_2_3_the_longest_run_then_the_first) {
  EXPECT_EQ(canonical("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
  EXPECT_EQ(canonical("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(canonical("0:0:1:0:0:0:0:0"), "0:0:1::");
}

TEST(IpAddress, RFC5952_4_3_lower_case) { EXPECT_EQ(canonical("ABCD::EF"), "abcd::ef"); }

TEST(IpAddress, RFC5952_5_embedded_ipv4) {
  EXPECT_EQ(canonical("64:ff9b::c000:221"), "64:ff9b::192.0.2.33");
  EXPECT_EQ(canonical("64:ff9b::192.0.2.33"), "64:ff9b::192.0.2.33");
  EXPECT_EQ(canonical("64:ff9b::"), "64:ff9b::0.0.0.0");
  EXPECT_EQ(canonical("64:ff9b:1::c000:221"), "64:ff9b:1::c000:221");
}

TEST(IpAddress, RFC4007_zones_are_numbers) {
  const auto address = IpAddress::parse("fe80::1%7");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->zone(), 7);
  EXPECT_EQ(text(*address), "fe80::1%7");
  EXPECT_NE(*address, *IpAddress::parse("fe80::1"));
  EXPECT_EQ(address->with_zone(0), *IpAddress::parse("fe80::1"));
  EXPECT_EQ(canonical("fe80::1%255"), "fe80::1%255");
  for (const char* bad : {"fe80::1%", "fe80::1%0", "fe80::1%256", "fe80::1%01", "fe80::1%eth0", "fe80::1%1%1",
                          "%1", "fe80::1% 1", "::ffff:1.2.3.4%1"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, RFC4291_2_5_5_2_a_mapped_address_is_the_ipv4_address) {
  const auto mapped = IpAddress::parse("::ffff:192.0.2.1");
  ASSERT_TRUE(mapped);
  EXPECT_TRUE(mapped->is_v4());
  EXPECT_EQ(*mapped, IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(mapped->v4_value(), 0xc0000201u);
  EXPECT_FALSE(IpAddress().is_v4());
  EXPECT_TRUE(IpAddress::parse("::fffe:1.2.3.4")->is_v6());
  EXPECT_TRUE(IpAddress::parse("0:0:0:0:1:ffff:1.2.3.4")->is_v6());
}

TEST(IpAddress, knows_its_kinds) {
  const auto ip = [](std::string_view t) { return *IpAddress::parse(t); };
  EXPECT_TRUE(ip("0.0.0.0").is_unspecified() && ip("::").is_unspecified());
  EXPECT_FALSE(ip("0.0.0.1").is_unspecified() || ip("::1").is_unspecified());
  EXPECT_TRUE(ip("127.0.0.1").is_loopback() && ip("127.255.255.255").is_loopback() &&
              ip("::1").is_loopback());
  EXPECT_FALSE(ip("126.255.255.255").is_loopback() || ip("128.0.0.0").is_loopback() ||
               ip("::2").is_loopback());
  EXPECT_TRUE(ip("224.0.0.0").is_multicast() && ip("239.255.255.255").is_multicast() &&
              ip("ff02::1").is_multicast());
  EXPECT_FALSE(ip("223.255.255.255").is_multicast() || ip("240.0.0.0").is_multicast() ||
               ip("fe80::1").is_multicast());
  EXPECT_TRUE(ip("255.255.255.255").is_limited_broadcast());
  EXPECT_FALSE(ip("255.255.255.254").is_limited_broadcast() || ip("ffff::ffff:ffff").is_limited_broadcast());
  EXPECT_TRUE(ip("169.254.0.1").is_link_local() && ip("fe80::1").is_link_local() &&
              ip("febf::").is_link_local());
  EXPECT_FALSE(ip("169.253.255.255").is_link_local() || ip("fec0::").is_link_local() ||
               ip("fe7f::").is_link_local());
}

/// inet_pton accepts nothing but RFC texts (no zone), so it decides what random texts are.
void compare_with_inet_pton(const std::string& input) {
  std::array<std::uint8_t, 16> bytes{};
  const bool v6 = input.find(':') != std::string::npos;
  const bool expected = inet_pton(v6 ? AF_INET6 : AF_INET, input.c_str(), bytes.data()) == 1;
  const auto address = IpAddress::parse(input);
  ASSERT_EQ(address.has_value(), expected) << '"' << input << '"';
  if (!expected) return;
  const IpAddress theirs = v6 ? IpAddress::v6(bytes) : IpAddress::v4(std::span(bytes).first<4>());
  ASSERT_EQ(*address, theirs) << input;
  ASSERT_EQ(IpAddress::parse(text(*address)), theirs) << "does not survive its own text: " << input;
}

TEST(IpAddress, C25_07_agrees_with_inet_pton_on_random_texts) {
  std::mt19937_64 random(1);
  constexpr std::string_view letters = "0123456789abcdefABCDEF::::....";
  for (int i = 0; i < 300'000; ++i) {
    std::string input;
    const std::size_t length = random() % 24;
    for (std::size_t c = 0; c < length; ++c) input += letters[random() % letters.size()];
    compare_with_inet_pton(input);
  }
}

TEST(IpAddress, C25_07_agrees_with_inet_pton_on_almost_right_texts) {
  std::mt19937_64 random(2);
  const auto pick = [&random](auto... choices) {
    const std::array<std::string, sizeof...(choices)> all{std::string(choices)...};
    return all[random() % all.size()];
  };
  for (int i = 0; i < 300'000; ++i) {
    std::string input;
    if (random() % 2 == 0) {
      const int parts = random() % 8 == 0 ? static_cast<int>(random() % 7) : 4;
      for (int p = 0; p < parts; ++p) {
        if (p > 0) input += ".";
        input += random() % 16 == 0 ? pick("", "00", "01", "256", "1234", "-1", "a")
                                    : std::to_string(random() % 256);
      }
    } else {
      const int groups =
          random() % 4 == 0 ? static_cast<int>(random() % 10) : 1 + static_cast<int>(random() % 8);
      for (int g = 0; g < groups; ++g) {
        if (g > 0) input += pick(":", ":", ":", "::");
        input += random() % 16 == 0 ? pick("", "12345", "g", "1.2.3.4", "0000")
                                    : pick("0", "1", "ffff", "a0", "0db8");
      }
      if (random() % 8 == 0) input = "::" + input;
      if (random() % 8 == 0) input += pick("::", ":", ":1.2.3.4");
    }
    if (!input.empty() && random() % 16 == 0) input.erase(random() % input.size(), 1);
    compare_with_inet_pton(input);
  }
}

TEST(IpAddress, every_group_pattern_prints_as_inet_ntop_does) {
  std::mt19937_64 random(3);
  for (unsigned zeros = 0; zeros < 256; ++zeros) {
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned g = 0; g < 8; ++g) {
      if ((zeros >> g & 1) == 0)
        store16(bytes.data() + 2 * g, static_cast<std::uint16_t>(1 + random() % 0xfffe));
    }
    // The library prints ::a.b.c.d for the deprecated IPv4-compatible addresses; RFC 5952 asks for that no
    // more.
    if ((zeros & 0x3f) == 0x3f) continue;
    std::array<char, INET6_ADDRSTRLEN> theirs{};
    ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), theirs.data(), theirs.size()), nullptr);
    EXPECT_EQ(text(IpAddress::v6(bytes)), theirs.data());
  }
}

TEST(Prefix, parses_and_contains) {
  const auto ten = Prefix::parse("10.1.2.3/8");
  ASSERT_TRUE(ten);
  EXPECT_EQ(ten->length, 8);
  EXPECT_TRUE(ten->contains(IpAddress::v4(10, 255, 0, 0)));
  EXPECT_FALSE(ten->contains(IpAddress::v4(11, 0, 0, 0)));
  const auto all = Prefix::parse("0.0.0.0/0");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->contains(IpAddress::broadcast_v4()));
  EXPECT_FALSE(all->contains(IpAddress::any_v6())) << "the other family";
  EXPECT_TRUE(Prefix::parse("::/0")->contains(*IpAddress::parse("ffff::")));
  EXPECT_FALSE(Prefix::parse("::/0")->contains(IpAddress::v4(1, 2, 3, 4)));
  const auto host = Prefix::parse("fe80::1/128");
  EXPECT_TRUE(host->contains(*IpAddress::parse("fe80::1%3")));
  EXPECT_FALSE(host->contains(*IpAddress::parse("fe80::2")));
  EXPECT_EQ(Prefix::parse("::ffff:10.0.0.0/104"), (Prefix{IpAddress::v4(10, 0, 0, 0), 8}));
  for (const char* bad : {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1",
                          "::/129", "10.0.0.0/8/8", "/8", "10.0.0/8", "::ffff:10.0.0.0/95"}) {
    EXPECT_FALSE(Prefix::parse(bad)) << bad;
  }
}

TEST(Prefix, every_length_splits_where_it_should) {
  for (unsigned length = 1; length <= 128; ++length) {
    std::array<std::uint8_t, 16> bytes{0x20};
    const Prefix prefix{IpAddress::v6(bytes), static_cast<std::uint8_t>(length)};
    const unsigned inside = length;    // the first bit behind the prefix
    const unsigned last = length - 1;  // the last bit of it
    bytes[last / 8] = static_cast<std::uint8_t>(bytes[last / 8] ^ (0x80u >> last % 8));
    EXPECT_FALSE(prefix.contains(IpAddress::v6(bytes))) << length;
    bytes[last / 8] = static_cast<std::uint8_t>(bytes[last / 8] ^ (0x80u >> last % 8));
    if (inside < 128)
      bytes[inside / 8] = static_cast<std::uint8_t>(bytes[inside / 8] ^ (0x80u >> inside % 8));
    EXPECT_TRUE(prefix.contains(IpAddress::v6(bytes))) << length;
  }
}

TEST(Prefix, its_network_has_zeros_behind_its_length) {
  EXPECT_EQ(Prefix::parse("2001:db8:ffff:ffff::1/45")->network().address,
            *IpAddress::parse("2001:db8:fff8::"));
  EXPECT_EQ(Prefix::parse("2001:db8::ffff/48")->network().address, *IpAddress::parse("2001:db8::"));
  EXPECT_EQ(Prefix::parse("ffff::ff/128")->network().address, *IpAddress::parse("ffff::ff"));
  EXPECT_EQ(Prefix::parse("10.1.255.7/20")->network().address, *IpAddress::parse("10.1.240.0"));
}

TEST(Endpoint, parses_and_prints) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1:80"), (Endpoint{IpAddress::v4(192, 0, 2, 1), 80}));
  const auto v6 = Endpoint::parse("[2001:db8::1]:65535");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->port, 65535);
  EXPECT_EQ(text(*v6), "[2001:db8::1]:65535");
  EXPECT_EQ(text(*Endpoint::parse("[fe80::1%4]:0")), "[fe80::1%4]:0");
  EXPECT_EQ(text(*Endpoint::parse("0.0.0.0:1")), "0.0.0.0:1");
  EXPECT_EQ(text(Endpoint{
                IpAddress::v6(std::array<std::uint8_t, 16>{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                              255),
                65535}),
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%255]:65535")
      << "the longest of all fits";
  for (const char* bad : {"", ":", ":80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:080", "1.2.3.4:-1",
                          "1.2.3.4:8o", "::1:80", "[::1]", "[::1]80", "[::1:80", "::1]:80", "[1.2.3.4]:80",
                          "[]:80", "1.2.3.4:99999999999999", "[[::1]]:80"}) {
    EXPECT_FALSE(Endpoint::parse(bad)) << bad;
  }
}

TEST(Netmask, RFC950_lengths_and_masks) {
  for (std::uint8_t length = 0; length <= 32; ++length) {
    EXPECT_EQ(prefix_length_of_mask(mask_of_prefix_length(length)), length);
  }
  static_assert(mask_of_prefix_length(24) == 0xffffff00 && mask_of_prefix_length(0) == 0);
  for (const std::uint32_t bad : {0x00ffffffu, 0xff00ff00u, 0x00000001u, 0xfffffffdu, 0x7fffffffu}) {
    EXPECT_FALSE(prefix_length_of_mask(bad)) << bad;
  }
}

TEST(MacAddress, RFC7042_2_1_the_group_bit_and_the_address_of_nobody) {
  const std::array<std::uint8_t, 6> bytes{0x01, 0, 0x5e, 1, 2, 3};
  const MacAddress group = MacAddress::from(bytes);
  EXPECT_TRUE(group.is_multicast());
  EXPECT_FALSE(group.is_zero());
  EXPECT_FALSE(MacAddress{}.is_multicast());
  EXPECT_TRUE(MacAddress{}.is_zero());
}

TEST(Prefix, an_address_lies_in_all_prefixes_of_its_own) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(0x1f + 0x13 * i);
  for (unsigned length = 0; length <= 128; ++length) {
    const Prefix prefix{IpAddress::v6(bytes), static_cast<std::uint8_t>(length)};
    EXPECT_TRUE(prefix.contains(IpAddress::v6(bytes))) << length;
    EXPECT_TRUE(prefix.contains(prefix.network().address)) << length;
  }
}

TEST(Prefix, RFC4291_2_5_5_2_the_mapped_prefix_is_all_of_IPv4) {
  EXPECT_EQ(Prefix::parse("::ffff:10.1.2.3/96"), (Prefix{IpAddress::v4(10, 1, 2, 3), 0}));
  EXPECT_EQ(Prefix::parse("::ffff:10.1.2.3/128"), (Prefix{IpAddress::v4(10, 1, 2, 3), 32}));
}

TEST(IpAddress, RFC3927_and_RFC4291_2_5_6_both_parts_say_that_an_address_is_link_local) {
  for (const char* text : {"169.253.0.1", "168.254.0.1", "10.254.0.1", "fec0::1", "ff80::1", "fd80::1"})
    EXPECT_FALSE(IpAddress::parse(text)->is_link_local()) << text;
}

}  // namespace
}  // namespace linnet
