// SPDX-License-Identifier: Apache-2.0
// RFC 6724: the examples of its section 10, and each rule by itself.
#include "core/ip/address_selection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test {
namespace {

using test6::address;

SourceCandidate source(const char* text, std::uint8_t length = 64) {
  const IpAddress a = address(text);
  return {.address = a, .prefix_length = a.is_v4() ? std::uint8_t{24} : length};
}
SourceCandidate deprecated(const char* text) {
  SourceCandidate s = source(text);
  s.deprecated = true;
  return s;
}
SourceCandidate temporary(const char* text) {
  SourceCandidate s = source(text);
  s.temporary = true;
  return s;
}

/// The choice must not depend on the order of the candidates.
std::string chosen(const char* destination, std::vector<SourceCandidate> candidates, const SourceRules& rules = {}) {
  const SourceCandidate* forward = choose_source(candidates, address(destination), rules);
  if (forward == nullptr) return "none";
  const std::string text = AddressText(forward->address).c_str();
  const std::vector<SourceCandidate> reversed(candidates.rbegin(), candidates.rend());
  EXPECT_EQ(AddressText(choose_source(reversed, address(destination), rules)->address).view(), text);
  return text;
}

TEST(AddressSelection, RFC6724_10_1_source_selection) {
  EXPECT_EQ(chosen("2001:db8:1::1", {source("2001:db8:3::1"), source("fe80::1")}), "2001:db8:3::1");
  EXPECT_EQ(chosen("ff05::1", {source("2001:db8:3::1"), source("fe80::1")}), "2001:db8:3::1");
  EXPECT_EQ(chosen("2001:db8:1::1", {deprecated("2001:db8:1::1"), source("2001:db8:2::1")}), "2001:db8:1::1");
  EXPECT_EQ(chosen("fe80::1", {deprecated("fe80::2"), source("2001:db8:1::1")}), "fe80::2");
  EXPECT_EQ(chosen("2001:db8:1::1", {source("2001:db8:1::2"), source("2001:db8:3::2")}), "2001:db8:1::2");
  EXPECT_EQ(chosen("2002:c633:6401::1", {temporary("2002:c633:6401::d5e3:7953:13eb:22e8"), source("2001:db8:1::2")}),
            "2002:c633:6401:0:d5e3:7953:13eb:22e8");
  EXPECT_EQ(chosen("2001:db8:1::d5e3:0:0:1", {source("2001:db8:1::2"), temporary("2001:db8:1::d5e3:7953:13eb:22e8")}),
            "2001:db8:1:0:d5e3:7953:13eb:22e8");
}

TEST(AddressSelection, RFC6724_5_rule_2_no_scope_is_large_enough) {
  EXPECT_EQ(chosen("2001:db8::1", {source("fe80::1"), source("fec0::1")}), "fec0::1");
}

TEST(AddressSelection, RFC6724_5_rule_3_deprecated_addresses_come_last) {
  EXPECT_EQ(chosen("2001:db8:1::1", {deprecated("2001:db8:1::2"), source("2001:db8:9::2")}), "2001:db8:9::2");
}

TEST(AddressSelection, RFC6724_5_rule_5_the_outgoing_interface) {
  SourceCandidate near = source("2001:db8:1::2");
  SourceCandidate out = source("2001:db8:9::2");
  near.interface = 1;
  out.interface = 2;
  SourceRules rules;
  rules.interface = 2;
  EXPECT_EQ(chosen("2001:db8:1::1", {near, out}, rules), "2001:db8:9::2");
}

TEST(AddressSelection, RFC6724_5_rule_5_5_a_prefix_of_the_next_hop) {
  SourceCandidate advertised = source("2001:db8:9::2");
  advertised.of_next_hop = true;
  EXPECT_EQ(chosen("2001:db8:1::1", {source("2001:db8:1::2"), advertised}), "2001:db8:9::2");
}

TEST(AddressSelection, RFC6724_5_rule_7_may_be_turned_round) {
  const std::vector<SourceCandidate> both{temporary("2001:db8:1::99"), source("2001:db8:1::2")};
  EXPECT_EQ(chosen("2001:db8:1::98", both), "2001:db8:1::99");
  SourceRules rules;
  rules.prefer_temporary = false;
  EXPECT_EQ(chosen("2001:db8:1::98", both, rules), "2001:db8:1::2");
}

TEST(AddressSelection, RFC6724_2_2_bits_behind_the_prefix_do_not_count) {
  const std::vector<SourceCandidate> both{source("2001:db8:1::2"), source("2001:db8:1::ff01")};
  EXPECT_EQ(choose_source(both, address("2001:db8:1::ff02"), {}), &both[0]) << "equals: the first";
  EXPECT_EQ(chosen("198.51.100.9", {source("198.51.100.1"), source("203.0.113.1")}), "198.51.100.1");
}

TEST(AddressSelection, a_source_has_the_family_of_its_destination) {
  EXPECT_EQ(chosen("198.51.100.9", {source("2001:db8::1")}), "none");
  EXPECT_EQ(chosen("2001:db8::2", {source("198.51.100.1")}), "none");
}

/// The destinations in their order, each with the source that section 5 gives it.
std::string sorted(std::vector<SourceCandidate> sources, std::vector<const char*> destinations) {
  const auto order = [&](bool reverse) {
    std::vector<DestinationCandidate> list;
    for (const char* text : destinations) {
      DestinationCandidate d{.address = address(text)};
      const SourceCandidate* s = choose_source(sources, d.address, {});
      d.usable = s != nullptr;
      if (s != nullptr) d.source = *s;
      list.push_back(d);
    }
    if (reverse) std::reverse(list.begin(), list.end());
    sort_destinations(list);
    std::string text;
    for (const DestinationCandidate& d : list) {
      text += std::string(text.empty() ? "" : " ") + AddressText(d.address).c_str();
      if (d.usable) text += std::string("<") + AddressText(d.source.address).c_str();
    }
    return text;
  };
  EXPECT_EQ(order(false), order(true));
  return order(false);
}

TEST(AddressSelection, RFC6724_10_2_destination_selection) {
  EXPECT_EQ(sorted({source("2001:db8:1::2"), source("fe80::1"), source("169.254.13.78")},
                   {"2001:db8:1::1", "198.51.100.121"}),
            "2001:db8:1::1<2001:db8:1::2 198.51.100.121<169.254.13.78");
  EXPECT_EQ(sorted({source("fe80::1"), source("198.51.100.117")}, {"2001:db8:1::1", "198.51.100.121"}),
            "198.51.100.121<198.51.100.117 2001:db8:1::1<fe80::1");
  EXPECT_EQ(sorted({source("2001:db8:1::2"), source("fe80::1"), source("10.1.2.4")}, {"2001:db8:1::1", "10.1.2.3"}),
            "2001:db8:1::1<2001:db8:1::2 10.1.2.3<10.1.2.4");
  EXPECT_EQ(sorted({source("2001:db8:1::2"), source("fe80::2")}, {"2001:db8:1::1", "fe80::1"}),
            "fe80::1<fe80::2 2001:db8:1::1<2001:db8:1::2");
  EXPECT_EQ(sorted({source("2001:db8:1::2"), deprecated("fe80::2")}, {"2001:db8:1::1", "fe80::1"}),
            "2001:db8:1::1<2001:db8:1::2 fe80::1<fe80::2");
  EXPECT_EQ(sorted({source("2001:db8:1::2"), source("2001:db8:3f44::2"), source("fe80::2")},
                   {"2001:db8:1::1", "2001:db8:3ffe::1"}),
            "2001:db8:1::1<2001:db8:1::2 2001:db8:3ffe::1<2001:db8:3f44::2");
  EXPECT_EQ(sorted({source("2002:c633:6401::2"), source("fe80::2")}, {"2002:c633:6401::1", "2001:db8:1::1"}),
            "2002:c633:6401::1<2002:c633:6401::2 2001:db8:1::1<2002:c633:6401::2");
  EXPECT_EQ(sorted({source("2002:c633:6401::2"), source("2001:db8:1::2"), source("fe80::2")},
                   {"2002:c633:6401::1", "2001:db8:1::1"}),
            "2001:db8:1::1<2001:db8:1::2 2002:c633:6401::1<2002:c633:6401::2");
}

TEST(AddressSelection, RFC6724_6_rule_1_unusable_destinations_come_last) {
  EXPECT_EQ(sorted({source("198.51.100.1")}, {"2001:db8:1::1", "198.51.100.121"}),
            "198.51.100.121<198.51.100.1 2001:db8:1::1");
}

TEST(AddressSelection, RFC6724_6_rule_10_else_the_order_stays) {
  std::vector<DestinationCandidate> list;
  for (const char* text : {"2001:db8:1::2", "2001:db8:1::3", "2001:db8:1::1"}) {
    list.push_back({.address = address(text), .source = source("2001:db8:1::9")});
  }
  sort_destinations(list);
  EXPECT_EQ(list[0].address, address("2001:db8:1::2"));
  EXPECT_EQ(list[2].address, address("2001:db8:1::1"));
}

TEST(AddressSelection, RFC6724_2_1_the_standard_policy_table) {
  const PolicyTable table = PolicyTable::standard();
  struct Row {
    const char* address;
    int precedence, label;
  };
  for (const Row& row : {Row{"::1", 50, 0}, {"2001:db8::1", 40, 1}, {"192.0.2.1", 35, 4}, {"2002:c000:201::1", 30, 2},
                         {"2001::1", 5, 5}, {"fd00::1", 3, 13}, {"::192.0.2.1", 1, 3}, {"fec0::1", 1, 11},
                         {"3ffe::1", 1, 12}}) {
    EXPECT_EQ(table.precedence(address(row.address)), row.precedence) << row.address;
    EXPECT_EQ(table.label(address(row.address)), row.label) << row.address;
  }
}

TEST(AddressSelection, RFC6724_3_1_and_3_2_scopes) {
  struct Row {
    const char* address;
    Scope scope;
  };
  for (const Row& row : {Row{"::1", Scope::link_local}, {"fe80::1", Scope::link_local}, {"fec0::1", Scope::site_local},
                         {"fd00::1", Scope::global}, {"2001:db8::1", Scope::global}, {"ff01::1", Scope::interface_local},
                         {"ff02::1", Scope::link_local}, {"ff05::2", Scope::site_local}, {"ff0e::1", Scope::global},
                         {"127.0.0.1", Scope::link_local}, {"169.254.1.1", Scope::link_local},
                         {"10.0.0.1", Scope::global}, {"224.0.0.251", Scope::link_local},
                         {"239.255.1.1", Scope::site_local}, {"239.195.0.1", Scope::organization_local},
                         {"239.196.0.1", Scope::global}}) {
    EXPECT_EQ(scope_of(address(row.address)), row.scope) << row.address;
  }
}

TEST(AddressSelection, RFC6724_6_rule_1_of_each_pair) {
  const DestinationCandidate good{.address = address("2001:db8::1"),
                                  .source = {.address = address("2001:db8::2")}};
  DestinationCandidate bad = good;
  bad.usable = false;
  const PolicyTable policy = PolicyTable::standard();
  EXPECT_TRUE(better_destination(good, bad, policy));
  EXPECT_FALSE(better_destination(bad, good, policy));
  EXPECT_FALSE(better_destination(bad, bad, policy)) << "neither";
}

TEST(AddressSelection, RFC6724_6_rule_9_is_for_addresses_of_one_family) {
  const Policy rows[] = {{IpAddress::any_v6(), 0, 40, 1}};  // that tells the families apart by nothing
  const DestinationCandidate v4{.address = IpAddress::v4(198, 51, 100, 1),
                                .source = {.address = IpAddress::v4(198, 51, 100, 2), .prefix_length = 24}};
  const DestinationCandidate v6{.address = address("2001:db8:1::1"),
                                .source = {.address = address("2001:db8:2::1"), .prefix_length = 64}};
  EXPECT_FALSE(better_destination(v4, v6, PolicyTable(rows)));
  EXPECT_FALSE(better_destination(v6, v4, PolicyTable(rows)));
}

TEST(AddressSelection, RFC4291_2_4_what_only_looks_like_a_site_local_address_is_global) {
  EXPECT_EQ(scope_of(address("fec0::1")), Scope::site_local);
  EXPECT_EQ(scope_of(address("feff::1")), Scope::site_local);
  EXPECT_EQ(scope_of(address("fe40::1")), Scope::global);
  EXPECT_EQ(scope_of(address("fdc0::1")), Scope::global);
}

}  // namespace
}  // namespace linnet::ip::test
