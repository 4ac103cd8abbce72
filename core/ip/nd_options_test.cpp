// SPDX-License-Identifier: Apache-2.0
// Options of neighbour discovery: RFC 4861 4.6, RFC 4191, RFC 8106, RFC 8781, hostile-packet rows C11.
#include "core/ip/nd_options.hpp"

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::nd {
namespace {

using test6::address;
using test6::Buffer;
using test6::joined;

Option option_of(const Buffer& bytes) { return {bytes[0], bytes}; }

/// An option of `units` * 8 bytes, what follows its length given, and zeros.
Buffer padded(std::uint8_t type, std::size_t units, const Buffer& body = {}) {
  Buffer bytes = {type, static_cast<std::uint8_t>(units)};
  bytes.insert(bytes.end(), body.begin(), body.end());
  bytes.resize(units * 8);
  bytes.shrink_to_fit();
  return bytes;
}

static_assert([] {
  constexpr std::array<std::uint8_t, 24> bytes = {5, 1, 0, 0, 0, 0, 5, 0xdc, 9, 2, 0, 0,
                                                  0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0};
  Options options(bytes);
  const auto first = options.next();
  const auto second = options.next();
  return first->type == 5 && first->bytes.size() == 8 && second->type == 9 && second->bytes.size() == 16 &&
         !options.next() && options.ok();
}());

TEST(NdOptions, the_failure_of_the_cursor_sticks) {
  const Buffer bytes = {1, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0};
  Options options(bytes);
  EXPECT_TRUE(options.next());
  EXPECT_TRUE(options.ok());
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(options.next());
    EXPECT_FALSE(options.ok());
  }
}

TEST(NdOptions, C11_10_C11_11_link_layer_addresses_of_every_length) {
  for (const std::uint8_t type : {option::source_link_layer_address, option::target_link_layer_address}) {
    for (std::size_t units = 1; units < 256; ++units) {
      const Buffer bytes = padded(type, units, {2, 0, 0, 0, 0, 9});
      const auto mac = link_layer_address(option_of(bytes), type);
      EXPECT_EQ(mac.has_value(), units == 1) << units;
      if (mac) {
        EXPECT_EQ(*mac, (MacAddress{{2, 0, 0, 0, 0, 9}}));
      }
      EXPECT_FALSE(link_layer_address(option_of(bytes), static_cast<std::uint8_t>(3 - type)));
    }
    EXPECT_FALSE(link_layer_address(option_of(padded(type, 1, {1, 0, 0, 0, 0, 9})), type)) << "a group";
    EXPECT_FALSE(link_layer_address(option_of(padded(type, 1)), type)) << "none";
  }
}

Buffer prefix_information(std::uint8_t length, std::string_view prefix, std::size_t units = 4) {
  Buffer body = {length, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 7, 8, 0, 0, 0, 0};
  const IpAddress a = address(prefix);
  body.insert(body.end(), a.bytes().begin(), a.bytes().end());
  return padded(option::prefix_information, units, body);
}

TEST(NdOptions, C11_03_prefix_information) {
  const auto parsed = PrefixInformation::parse(option_of(prefix_information(64, "2001:db8:1:2:3:4:5:6")));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->prefix, (Prefix{address("2001:db8:1:2::"), 64}));
  EXPECT_TRUE(parsed->on_link && parsed->autonomous);
  EXPECT_EQ(parsed->valid_lifetime, 3600u);
  EXPECT_EQ(parsed->preferred_lifetime, 1800u);
  for (std::size_t units = 1; units < 256; ++units) {
    const Buffer bytes = prefix_information(64, "2001:db8::", units);
    EXPECT_EQ(PrefixInformation::parse(option_of(bytes)).has_value(), units == 4) << units;
  }
  for (unsigned length = 0; length < 256; ++length) {
    const auto any = PrefixInformation::parse(option_of(
        prefix_information(static_cast<std::uint8_t>(length), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")));
    ASSERT_EQ(any.has_value(), length <= 128) << length;
    if (!any) continue;
    EXPECT_EQ(any->prefix.length, length);
    for (std::size_t bit = length; bit < 128; ++bit)
      EXPECT_EQ(any->prefix.address.bytes()[bit / 8] & (0x80 >> bit % 8), 0);
  }
  EXPECT_FALSE(PrefixInformation::parse(option_of(prefix_information(64, "ff02::1"))));
  EXPECT_FALSE(PrefixInformation::parse(option_of(prefix_information(96, "::ffff:192.0.2.1"))));
}

TEST(NdOptions, C11_07_mtu) {
  const Buffer bytes = padded(option::mtu, 1, {0, 0, 0, 0, 5, 0xdc});
  EXPECT_EQ(link_mtu(option_of(bytes)), 1500u);
  EXPECT_FALSE(link_mtu(option_of(padded(option::mtu, 2))));
}

TEST(NdOptions, RFC4861_4_6_3_redirected_header) {
  const Buffer bytes = padded(option::redirected_header, 7, {0, 0, 0, 0, 0, 0, 0x60});
  const auto packet = redirected_packet(option_of(bytes));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->size(), 48u);
  EXPECT_EQ((*packet)[0], 0x60);
  EXPECT_TRUE(redirected_packet(option_of(padded(option::redirected_header, 1)))->empty());
}

TEST(NdOptions, RFC4191_2_3_route_information_of_one_to_three_units) {
  for (std::size_t units = 1; units < 256; ++units) {
    for (unsigned length = 0; length < 256; ++length) {
      const Buffer bytes =
          padded(option::route_information, units, {static_cast<std::uint8_t>(length), 0x08, 0, 0, 2, 88});
      const bool fits = units <= 3 && length <= (units - 1) * 64;
      const auto parsed = RouteInformation::parse(option_of(bytes));
      ASSERT_EQ(parsed.has_value(), fits) << units << " " << length;
      if (!parsed) continue;
      EXPECT_EQ(parsed->preference, Preference::high);
      EXPECT_EQ(parsed->lifetime, 600u);
    }
  }
  EXPECT_FALSE(RouteInformation::parse(option_of(padded(option::route_information, 1, {0, 0x10}))))
      << "reserved";
  const auto low = RouteInformation::parse(option_of(
      padded(option::route_information, 2, {48, 0x18, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 1, 2, 3})));
  ASSERT_TRUE(low);
  EXPECT_EQ(low->preference, Preference::low);
  EXPECT_EQ(low->prefix, (Prefix{address("2001:db8:1::"), 48}));
}

TEST(NdOptions, C11_04_recursive_dns_of_every_length) {
  for (std::size_t units = 1; units < 256; ++units) {
    Buffer bytes = padded(option::recursive_dns, units, {0, 0, 0, 0, 0, 9});
    const auto parsed = RecursiveDns::parse(option_of(bytes));
    ASSERT_EQ(parsed.has_value(), units >= 3 && units % 2 == 1) << units;
    if (!parsed) continue;
    EXPECT_EQ(parsed->lifetime(), 9u);
    EXPECT_EQ(parsed->size(), (units - 1) / 2);
    bytes.back() = 7;
    EXPECT_EQ(parsed->server(parsed->size() - 1), address("::7"));
  }
}

TEST(NdOptions, RFC8106_5_2_dns_search_list) {
  EXPECT_FALSE(DnsSearchList::parse(option_of(padded(option::dns_search_list, 1))));
  const Buffer bytes =
      padded(option::dns_search_list, 3, {0, 0, 0xff, 0xff, 0xff, 0xff, 3, 'l', 'a', 'n', 0});
  const auto parsed = DnsSearchList::parse(option_of(bytes));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->lifetime, infinite);
  EXPECT_EQ(parsed->names.size(), 16u);
  EXPECT_EQ(parsed->names[0], 3);
}

TEST(NdOptions, RFC8781_4_pref64_lengths_and_scaled_lifetime) {
  const std::array<std::uint8_t, 6> lengths = {96, 64, 56, 48, 40, 32};
  for (std::uint8_t code = 0; code < 8; ++code) {
    const Buffer bytes =
        padded(option::pref64, 2, {0x02, static_cast<std::uint8_t>(0x58 | code), 0, 0x64, 0xff, 0x9b});
    const auto parsed = Pref64::parse(option_of(bytes));
    ASSERT_EQ(parsed.has_value(), code < 6);
    if (!parsed) continue;
    EXPECT_EQ(parsed->lifetime, 600u);
    EXPECT_EQ(parsed->prefix, (Prefix{address("64:ff9b::"), lengths[code]}));
  }
  EXPECT_EQ(Pref64::parse(option_of(padded(option::pref64, 2, {0xff, 0xf8})))->lifetime, 65528u);
  EXPECT_FALSE(Pref64::parse(option_of(padded(option::pref64, 1))));
  EXPECT_FALSE(Pref64::parse(option_of(padded(option::pref64, 3))));
}

TEST(NdOptions, RFC3971_5_3_2_nonces_have_six_bytes_or_more) {
  EXPECT_EQ(nonce(option_of(padded(option::nonce, 1)))->size(), 6u);
  EXPECT_EQ(nonce(option_of(padded(option::nonce, 2)))->size(), 14u);
  EXPECT_FALSE(nonce(option_of(padded(option::mtu, 1))));
}

TEST(NdOptions, each_is_read_as_what_it_is_and_whole_alone) {
  struct Row {
    const char* what;
    std::uint8_t type;
    std::size_t least;  // bytes
    bool (*reads)(const Option&);
  };
  const Row rows[] = {
      {"redirected header", option::redirected_header, 8,
       [](const Option& o) { return redirected_packet(o).has_value(); }},
      {"route", option::route_information, 8,
       [](const Option& o) { return RouteInformation::parse(o).has_value(); }},
      {"name servers", option::recursive_dns, 24,
       [](const Option& o) { return RecursiveDns::parse(o).has_value(); }},
      {"search list", option::dns_search_list, 16,
       [](const Option& o) { return DnsSearchList::parse(o).has_value(); }},
      {"nonce", option::nonce, 8, [](const Option& o) { return nonce(o).has_value(); }},
      {"mtu", option::mtu, 8, [](const Option& o) { return link_mtu(o).has_value(); }},
      {"NAT64", option::pref64, 16, [](const Option& o) { return Pref64::parse(o).has_value(); }},
      {"prefix", option::prefix_information, 32,
       [](const Option& o) { return PrefixInformation::parse(o).has_value(); }},
  };
  for (const Row& row : rows) {
    const Buffer whole = padded(row.type, row.least / 8);
    EXPECT_TRUE(row.reads(option_of(whole))) << row.what;
    EXPECT_FALSE(row.reads({static_cast<std::uint8_t>(row.type ^ 0x80), whole})) << row.what;
    const Buffer cut = test6::prefix_of(whole, row.least - 1);
    EXPECT_FALSE(row.reads({row.type, cut})) << row.what;
  }
}

TEST(NdOptions, RFC4861_4_6_2_a_prefix_of_groups_is_none) {
  EXPECT_FALSE(RouteInformation::parse(
      option_of(padded(option::route_information, 2, {16, 0, 0, 0, 0, 9, 0xff, 0x0e}))));
  EXPECT_FALSE(Pref64::parse(option_of(padded(option::pref64, 2, {0, 0, 0xff, 0x0e}))));
}

}  // namespace
}  // namespace linnet::ip::nd
