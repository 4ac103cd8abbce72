// SPDX-License-Identifier: Apache-2.0
#include "core/ip/routes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ip/test_ipv6.hpp"

namespace linnet::ip::test {
namespace {

using test6::address;
Prefix prefix(const char* text) { return *Prefix::parse(text); }
constexpr Instant at(std::int64_t seconds) { return Instant::from_microseconds(seconds * 1000000); }

struct Table {
  explicit Table(const Config& c = {})
      : memory(Routes::memory_needed(c) + Arena::alignment), arena(memory), routes(c, arena) {}
  bool advertise(const char* destination, const char* gateway, std::int64_t expires,
                 nd::Preference preference = nd::Preference::medium) {
    return routes.add({.destination = prefix(destination),
                       .gateway = address(gateway),
                       .interface = 1,
                       .origin = RouteOrigin::advertised,
                       .preference = preference,
                       .expires = at(expires)});
  }
  bool redirect(const char* destination, const char* gateway, std::int64_t expires) {
    return routes.add({.destination = prefix(destination),
                       .gateway = address(gateway),
                       .interface = 1,
                       .origin = RouteOrigin::redirect,
                       .expires = at(expires)});
  }
  std::string way_to(const char* destination) const {
    const Route* route = routes.find(address(destination), [](const Route&) { return true; });
    return route != nullptr ? AddressText(route->gateway).c_str() : "none";
  }
  std::vector<std::uint8_t> memory;
  Arena arena;
  Routes routes;
};

TEST(Routes, RFC4861_6_3_4_default_routers_live_as_long_as_they_said) {
  Table t;
  EXPECT_TRUE(t.advertise("::/0", "fe80::1", 100));
  EXPECT_TRUE(t.advertise("::/0", "fe80::2", 200));
  EXPECT_EQ(t.way_to("2001:db8::1"), "fe80::1") << "the first of equals";
  EXPECT_EQ(t.routes.next_deadline(), at(100));
  EXPECT_FALSE(t.routes.expire(at(99)));
  EXPECT_TRUE(t.routes.expire(at(100)));
  EXPECT_EQ(t.way_to("2001:db8::1"), "fe80::2");
  EXPECT_TRUE(t.advertise("::/0", "fe80::2", 900))
      << "another advertisement: a new lifetime, no second route";
  EXPECT_EQ(t.routes.all().size(), 1u);
  EXPECT_EQ(t.routes.next_deadline(), at(900));
  EXPECT_TRUE(t.routes.remove(prefix("::/0"), address("fe80::2"), 1, RouteOrigin::advertised));
  EXPECT_EQ(t.way_to("2001:db8::1"), "none");
  EXPECT_TRUE(t.routes.next_deadline().is_never());
}

TEST(Routes, RFC4191_3_2_the_longest_prefix_then_the_higher_preference) {
  Table t;
  t.advertise("::/0", "fe80::1", 100, nd::Preference::low);
  t.advertise("::/0", "fe80::2", 100, nd::Preference::high);
  t.advertise("::/0", "fe80::3", 100);
  t.advertise("2001:db8:7::/48", "fe80::4", 100, nd::Preference::low);
  EXPECT_EQ(t.way_to("2001:db8::1"), "fe80::2");
  EXPECT_EQ(t.way_to("2001:db8:7::1"), "fe80::4");
}

TEST(Routes, RFC4861_7_2_5_a_router_that_is_none_any_more_is_forgotten) {
  Table t;
  t.routes.add({.destination = prefix("2001:db8:9::/48"), .gateway = address("fe80::1"), .interface = 1});
  t.advertise("::/0", "fe80::1", 100);
  t.redirect("2001:db8::7/128", "fe80::1", 100);
  t.advertise("::/0", "fe80::2", 100);
  EXPECT_TRUE(t.routes.forget_gateway(address("fe80::1"), 1));
  EXPECT_FALSE(t.routes.forget_gateway(address("fe80::1"), 1));
  EXPECT_EQ(t.way_to("2001:db8::7"), "fe80::2");
  EXPECT_EQ(t.way_to("2001:db8:9::1"), "fe80::1") << "what was configured stays";
}

TEST(Routes, C11_08_a_flood_of_advertisements_pushes_nothing_out) {
  Config config;
  config.learned_routes = 4;
  Table t(config);
  EXPECT_TRUE(t.advertise("::/0", "fe80::1", 100));
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "2001:db8:" + std::to_string(i) + "::/48";
    t.advertise(text.c_str(), "fe80::bad", 1000);
  }
  EXPECT_EQ(t.way_to("2001:dead::1"), "fe80::1");
  EXPECT_EQ(t.routes.all().size(), 4u);
  EXPECT_TRUE(t.advertise("::/0", "fe80::1", 200)) << "who is there may stay";
  for (int i = 0; i < config.routes + config.addresses; ++i) {
    const std::string text = "10." + std::to_string(i) + ".0.0/16";
    EXPECT_TRUE(t.routes.add({.destination = prefix(text.c_str()), .interface = 1}))
        << "configured routes have their room";
  }
  EXPECT_FALSE(t.routes.add({.destination = prefix("10.200.0.0/16"), .interface = 1}));
}

TEST(Routes, a_redirect_takes_the_place_of_another_redirect_only) {
  Config config;
  config.learned_routes = 3;
  Table t(config);
  t.advertise("::/0", "fe80::1", 10);
  EXPECT_TRUE(t.redirect("2001:db8::1/128", "fe80::2", 50));
  EXPECT_TRUE(t.redirect("2001:db8::2/128", "fe80::3", 40));
  EXPECT_TRUE(t.redirect("2001:db8::3/128", "fe80::4", 60));
  EXPECT_EQ(t.way_to("2001:db8::1"), "fe80::2");
  EXPECT_EQ(t.way_to("2001:db8::2"), "fe80::1") << "the one that would have expired first";
  EXPECT_EQ(t.way_to("2001:db8::3"), "fe80::4");
  Table full(config);
  for (const char* text : {"2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:3::/48"})
    full.advertise(text, "fe80::1", 10);
  EXPECT_FALSE(full.redirect("2001:db8::1/128", "fe80::2", 50));
}

TEST(Routes, an_advertised_prefix_and_a_configured_one_do_not_touch_each_other) {
  Table t;
  t.routes.add({.destination = prefix("2001:db8::/64"), .interface = 1});
  t.advertise("2001:db8::/64", "::", 10);
  EXPECT_EQ(t.routes.all().size(), 2u);
  EXPECT_TRUE(t.routes.remove(prefix("2001:db8::/64"), {}, 1, RouteOrigin::advertised));
  EXPECT_EQ(t.way_to("2001:db8::1"), "::");
}

TEST(Routes, what_was_learned_on_an_interface_is_forgotten_alone) {
  Table t;
  t.advertise("2001:db8:1::/48", "fe80::1", 100);
  t.routes.add({.destination = prefix("2001:db8:2::/48"), .interface = 1});
  t.routes.add({.destination = prefix("2001:db8:3::/48"), .interface = 2, .origin = RouteOrigin::advertised});
  t.routes.forget_learned(1);
  ASSERT_EQ(t.routes.all().size(), 2u);
  for (const Route& left : t.routes.all()) EXPECT_NE(left.destination.address, address("2001:db8:1::"));
}

TEST(Routes, those_of_an_interface_go_with_it) {
  Table t;
  t.advertise("::/0", "fe80::1", 100);
  t.routes.add({.destination = prefix("::/0"), .gateway = address("fe80::2"), .interface = 2, .metric = 9});
  t.routes.remove_interface(1);
  EXPECT_EQ(t.way_to("2001:db8::1"), "fe80::2");
  EXPECT_TRUE(t.routes.next_deadline().is_never());
}

}  // namespace
}  // namespace linnet::ip::test
