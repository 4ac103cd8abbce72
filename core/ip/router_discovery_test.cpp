// SPDX-License-Identifier: Apache-2.0
// RFC 4861 6.3 and RFC 4862 5.5: what a host makes of advertisements, and how it asks for them.
#include <algorithm>

#include "core/ip/test_advertisement.hpp"

namespace linnet::ip::test {
namespace {

TEST(RouterDiscovery, RFC7559_2_solicitations_go_on_with_growing_intervals) {
  DiscoveringHost host;
  const std::vector<Duration> times = host.solicitations(Duration::seconds(20000));
  ASSERT_GE(times.size(), 12u);
  EXPECT_LE(times[0], Duration::seconds(1)) << "RFC 4861 6.3.7";
  double expected = 4;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double interval = static_cast<double>((times[i] - times[i - 1]).as_milliseconds()) / 1000;
    EXPECT_GE(interval, expected * 0.89) << i;
    EXPECT_LE(interval, expected * 1.11) << i;
    expected = std::min(expected * 2, 3600.0);
  }
}

TEST(RouterDiscovery, RFC7559_2_until_a_router_answers_that_is_one) {
  DiscoveringHost host;
  host.hear({.lifetime = 0});
  EXPECT_FALSE(host.solicitations(Duration::seconds(10)).empty()) << "it is no default router";
  host.hear({});
  EXPECT_TRUE(host.solicitations(Duration::seconds(10000)).empty());
}

TEST(RouterDiscovery, RFC4861_6_3_4_default_routers_come_and_go) {
  DiscoveringHost host;
  host.hear({.flags = 0x18}, "fe80::1");  // preference low
  host.hear({}, "fe80::2");
  EXPECT_EQ(host.way_to("2001:db8::1"), "fe80::2");
  host.hear({.lifetime = 0}, "fe80::2");
  EXPECT_EQ(host.way_to("2001:db8::1"), "fe80::1");
  host.routes.expire(host.now + Duration::seconds(1800));
  EXPECT_EQ(host.way_to("2001:db8::1"), "none");
}

TEST(RouterDiscovery, RFC4861_6_3_4_more_than_two_routers_are_remembered) {
  DiscoveringHost host;
  const std::vector<const char*> routers{"fe80::1", "fe80::2", "fe80::3", "fe80::4"};
  for (const char* router : routers) host.hear({}, router);
  std::vector<std::string> used;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    used.push_back(host.way_to("2001:db8::1"));
    host.hear({.lifetime = 0}, used.back().c_str());
  }
  std::sort(used.begin(), used.end());
  EXPECT_TRUE(std::equal(used.begin(), used.end(), routers.begin(), routers.end()));
  EXPECT_EQ(host.way_to("2001:db8::1"), "none");
}

TEST(RouterDiscovery, RFC4861_6_3_4_prefixes_on_the_link) {
  DiscoveringHost host;
  host.hear({.lifetime = 0}, "fe80::1");
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour, 0x80));
  EXPECT_EQ(host.way_to("2001:db8:1::5"), "::") << "on the link";
  EXPECT_EQ(host.way_to("2001:db8:2::5"), "fe80::1");
  EXPECT_TRUE(host.own().empty()) << "the A flag is not set";
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour, 0x00));
  EXPECT_EQ(host.way_to("2001:db8:1::5"), "::") << "without the L flag nothing is said";
  host.hear(Advertisement{}.prefix("2001:db8:1::", 0, 0, 0x80));
  EXPECT_EQ(host.way_to("2001:db8:1::5"), "fe80::1");
  host.hear(Advertisement{}.prefix("fe80::", hour, hour, 0x80));
  EXPECT_EQ(host.routes.all().size(), 1u) << "the link-local prefix is ignored";
}

TEST(RouterDiscovery, RFC4862_5_5_3_d_an_address_for_each_prefix_and_RFC7217_a_stable_one) {
  DiscoveringHost host;
  host.hear(Advertisement{}.prefix("2001:db8:1::", 2 * hour, hour).prefix("2001:db8:2::", 2 * hour, hour));
  ASSERT_EQ(host.own().size(), 2u);
  const Ipv6Address& first = *host.own()[0];
  EXPECT_EQ(first.state, Ipv6AddressState::tentative);
  EXPECT_EQ(first.origin, AddressOrigin::stable);
  EXPECT_TRUE((Prefix{address("2001:db8:1::"), 64}.contains(first.address)));
  EXPECT_EQ(first.valid_until - host.now, Duration::seconds(2 * hour));
  EXPECT_EQ(first.preferred_until - host.now, Duration::seconds(hour));
  EXPECT_NE(load64(first.address.bytes().data() + 8), load64(host.own()[1]->address.bytes().data() + 8))
      << "RFC 7217: nobody can tell from both that they are one host's";
  EXPECT_NE(host.own()[0]->address, with_identifier(address("2001:db8:1::"), modified_eui64(mac)));
  const IpAddress before = first.address;
  host.discovery.stop(1);
  EXPECT_TRUE(host.own().empty());
  host.discovery.start(1, mac, 1500, host.now);
  host.hear(Advertisement{}.prefix("2001:db8:1::", 2 * hour, hour));
  EXPECT_EQ(host.own()[0]->address, before) << "back in that network: the same";
}

TEST(RouterDiscovery, RFC4862_5_5_3_e_later_advertisements_update_lifetimes) {
  DiscoveringHost host;
  host.hear(Advertisement{}.prefix("2001:db8:1::", 24 * hour, hour));
  host.now = host.now + Duration::seconds(60);
  host.hear(Advertisement{}.prefix("2001:db8:1::", 0, 0));
  ASSERT_EQ(host.own().size(), 1u);
  EXPECT_EQ(host.own()[0]->valid_until - host.now, Duration::seconds(2 * hour)) << "two hours (C11-15)";
  EXPECT_LE(host.own()[0]->preferred_until, host.now);
}

TEST(RouterDiscovery, RFC4862_5_5_3_prefixes_that_make_no_address) {
  for (const Advertisement& a :
       {Advertisement{}.prefix("fe80::", hour, hour), Advertisement{}.prefix("2001:db8::", hour, hour + 1),
        Advertisement{}.prefix("2001:db8::", 0, 0),
        Advertisement{}.prefix("2001:db8::", hour, hour, 0xc0, 63),
        Advertisement{}.prefix("2001:db8::", hour, hour, 0xc0, 65),
        Advertisement{}.prefix("2001:db8::", hour, hour, 0xc0, 0),
        Advertisement{}.prefix("2001:db8::", hour, hour, 0xc0, 128)}) {
    DiscoveringHost host;
    host.hear(a);
    EXPECT_TRUE(host.own().empty());
  }
}

TEST(RouterDiscovery, RFC7217_6_another_address_when_it_is_taken_three_times_at_most) {
  DiscoveringHost host;
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour));
  std::vector<IpAddress> tried;
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(host.own().size(), 1u);
    const Ipv6Address& own = *host.own()[0];
    EXPECT_EQ(std::count(tried.begin(), tried.end(), own.address), 0);
    tried.push_back(own.address);
    host.addresses.claimed(1, own.address, nullptr);
    EXPECT_EQ(host.discovery.replace_duplicate(own, host.now), i < 3);
  }
  EXPECT_EQ(host.own()[0]->state, Ipv6AddressState::duplicate);
}

TEST(RouterDiscovery, C11_06_no_router_lowers_the_hop_limit) {
  DiscoveringHost host;
  for (const int value : {0, 1, 63}) host.hear({.hop_limit = static_cast<std::uint8_t>(value)});
  EXPECT_EQ(host.discovery.parameters(1).hop_limit, 64);
  host.hear({.hop_limit = 255});
  EXPECT_EQ(host.discovery.parameters(1).hop_limit, 255);
}

TEST(RouterDiscovery, C11_07_an_MTU_that_cannot_be_is_ignored) {
  DiscoveringHost host;
  for (const std::uint32_t value : {0u, 1279u, 1501u, 0xffffffffu}) host.hear(Advertisement{}.mtu(value));
  EXPECT_EQ(host.discovery.parameters(1).mtu, 0);
  host.hear(Advertisement{}.mtu(1280));
  EXPECT_EQ(host.discovery.parameters(1).mtu, 1280);
  host.hear(Advertisement{}.mtu(1500));
  EXPECT_EQ(host.discovery.parameters(1).mtu, 1500);
}

TEST(RouterDiscovery, RFC4861_6_3_4_times_of_the_link) {
  DiscoveringHost host;
  host.hear({.reachable = 10000, .retransmit = 500});
  const LinkParameters first = host.discovery.parameters(1);
  EXPECT_GE(first.reachable_time, Duration::seconds(5));
  EXPECT_LE(first.reachable_time, Duration::seconds(15));
  EXPECT_EQ(first.retransmit_time, Duration::milliseconds(500));
  host.hear({.reachable = 10000});
  EXPECT_EQ(host.discovery.parameters(1).reachable_time, first.reachable_time)
      << "drawn anew only when it changes";
  for (const std::uint32_t wrong : {2001u, 3600000u, 0xffffffffu}) host.hear({.retransmit = wrong});
  host.hear({.reachable = 3600001, .retransmit = 1});
  EXPECT_EQ(host.discovery.parameters(1).base_reachable_time, Duration::seconds(10)) << "RFC 4861 6.2.1";
  EXPECT_EQ(host.discovery.parameters(1).retransmit_time, Duration::milliseconds(500));
}

TEST(RouterDiscovery, C11_08_a_flood_leaves_what_there_was) {
  DiscoveringHost host;
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour).servers({"2001:db8:1::53"}, hour));
  const IpAddress before = host.own()[0]->address;
  for (int i = 0; i < 10000; ++i) {
    const std::string router = "fe80::" + std::to_string(i % 9000 + 100);
    const std::string prefix = "2001:db8:" + std::to_string(i % 9000 + 100) + "::";
    const std::string server = prefix + "53";
    host.hear(Advertisement{}.prefix(prefix.c_str(), hour, hour).servers({server.c_str()}, hour),
              router.c_str());
  }
  EXPECT_EQ(host.way_to("2001:4860::1"), "fe80::1");
  EXPECT_EQ(host.own()[0]->address, before);
  EXPECT_LE(host.own().size(), host.config.addresses_v6 / 2u);
  EXPECT_LE(host.routes.all().size(), host.config.learned_routes);
  EXPECT_EQ(host.discovery.servers()[0].address, address("2001:db8:1::53"));
  EXPECT_LE(host.discovery.servers().size(), host.config.advertised_servers);
}

TEST(RouterDiscovery, C11_12_options_in_every_order_mean_the_same) {
  const std::array<Advertisement, 4> parts{
      Advertisement{}.mtu(1400), Advertisement{}.prefix("2001:db8:1::", hour, hour),
      Advertisement{.options = {1, 1, 2, 0, 0, 0, 0, 9}}, Advertisement{}.servers({"2001:db8:1::53"}, hour)};
  std::array<std::size_t, 4> order{0, 1, 2, 3};
  do {
    DiscoveringHost host;
    Advertisement whole;
    for (const std::size_t i : order) {
      whole.options.insert(whole.options.end(), parts[i].options.begin(), parts[i].options.end());
    }
    host.hear(whole);
    EXPECT_EQ(host.discovery.parameters(1).mtu, 1400);
    EXPECT_EQ(host.own().size(), 1u);
    EXPECT_EQ(host.way_to("2001:db8:1::5"), "::");
    ASSERT_EQ(host.discovery.servers().size(), 1u);
    EXPECT_EQ(host.discovery.servers()[0].address, address("2001:db8:1::53"));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(RouterDiscovery, RFC8106_5_1_name_servers_with_their_lifetimes) {
  DiscoveringHost host;
  host.hear(
      Advertisement{}.servers({"fe80::53", "2001:db8::53", "ff02::fb", "::", "::ffff:192.0.2.53"}, 600));
  ASSERT_EQ(host.discovery.servers().size(), 2u) << "what is no host is no server";
  EXPECT_EQ(host.discovery.servers()[0].address, address("fe80::53").with_zone(2)) << "of interface 1";
  host.hear(Advertisement{}.servers({"fe80::53"}, 0));
  ASSERT_EQ(host.discovery.servers().size(), 1u);
  host.now = host.now + Duration::seconds(600);
  EXPECT_EQ(host.discovery.next_deadline(), host.now);
  host.discovery.next_due(host.now);
  EXPECT_TRUE(host.discovery.servers().empty());
}

TEST(RouterDiscovery, RFC4191_routes_and_their_preference) {
  DiscoveringHost host;
  host.hear(Advertisement{}.route("2001:db8:7::", 48, 0x08, hour), "fe80::1");
  host.hear(Advertisement{}.route("2001:db8:7::", 48, 0x18, hour), "fe80::2");
  EXPECT_EQ(host.way_to("2001:db8:7::1"), "fe80::1") << "high before low";
  host.hear(Advertisement{}.route("2001:db8:7::", 48, 0x10, hour), "fe80::3");
  EXPECT_EQ(std::count_if(host.routes.all().begin(), host.routes.all().end(),
                          [](const Route& r) { return r.destination.length == 48; }),
            2)
      << "RFC 4191 2.3: the reserved preference spoils the option";
  host.hear(Advertisement{}.route("2001:db8:7::", 48, 0x08, 0), "fe80::1");
  EXPECT_EQ(host.way_to("2001:db8:7::1"), "fe80::2");
}

/// LWIP_IPV6_ND6_ROUTE_INFO_OPTION_SUPPORT: RFC 4191 3 has hosts of type A and B, which do not know the option.
TEST(RouterDiscovery, RFC4191_3_routes_are_not_looked_at_where_they_are_switched_off) {
  DiscoveringHost host(Config{.route_information = false});
  host.hear({}, "fe80::1");
  host.hear(Advertisement{.lifetime = 0}.route("2001:db8:5::", 48, 0x00, 600), "fe80::2");
  EXPECT_EQ(host.way_to("2001:db8:5::1"), "fe80::1");
}

/// LWIP_IPV6_AUTOCONFIG: what routers say of the link counts all the same (RFC 4862 5.5: a setting of the node).
TEST(RouterDiscovery, RFC4862_5_5_no_addresses_where_autoconfiguration_is_switched_off) {
  DiscoveringHost host(Config{.autoconfigure = false, .temporary_addresses = true});
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour, 0xc0), "fe80::1");
  EXPECT_TRUE(host.own().empty());
  EXPECT_EQ(host.way_to("2001:db8:1::5"), "::") << "on the link";
  EXPECT_EQ(host.way_to("2001:db8:2::5"), "fe80::1");
}

TEST(RouterDiscovery, an_interface_that_was_not_started_hears_nothing) {
  DiscoveringHost host;
  host.discovery.stop(1);
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour));
  EXPECT_TRUE(host.own().empty());
  EXPECT_TRUE(host.routes.all().empty());
  EXPECT_TRUE(host.discovery.next_deadline().is_never());
}

}  // namespace
}  // namespace linnet::ip::test
