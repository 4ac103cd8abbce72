// SPDX-License-Identifier: Apache-2.0
// What is remembered of routers and paths, at its edges: routes, path MTUs, name servers, addresses of
// prefixes.
#include "core/ip/path_mtu.hpp"
#include "core/ip/test_advertisement.hpp"

namespace linnet::ip::test {
namespace {

constexpr Instant at(std::int64_t seconds) { return Instant::from_microseconds(seconds * 1000000); }

TEST(PathMtuTable, RFC1191_3_never_more_than_the_link_takes_and_never_raised) {
  Config config;
  config.path_mtu_entries = 2;
  Buffer memory(PathMtu::memory_needed(config) + Arena::alignment);
  Arena arena{MutableBytes(memory)};
  PathMtu table(config, arena);
  const IpAddress a = address("2001:db8::a"), b = address("2001:db8::b"), c = address("2001:db8::c");
  EXPECT_EQ(table.get(a, 1500), 1500);
  EXPECT_TRUE(table.lower(a, 1400, at(1)));
  EXPECT_FALSE(table.lower(a, 1400, at(1)));
  EXPECT_FALSE(table.lower(a, 1450, at(1)));
  EXPECT_EQ(table.get(a, 1500), 1400);
  EXPECT_EQ(table.get(a, 1300), 1300) << "by a smaller link";
  EXPECT_EQ(table.get(b, 1500), 1500);
  EXPECT_TRUE(table.lower(b, 1400, at(100)));
  EXPECT_FALSE(table.expire(at(600)));
  EXPECT_TRUE(table.expire(at(601))) << "RFC 1191 6.3";
  EXPECT_EQ(table.get(a, 1500), 1500);
  EXPECT_EQ(table.get(b, 1500), 1400);
  EXPECT_EQ(table.next_deadline(), at(700));
  EXPECT_TRUE(table.lower(a, 1400, at(650)));
  EXPECT_TRUE(table.lower(c, 1400, at(660)));
  EXPECT_EQ(table.get(b, 1500), 1500) << "the oldest made room";
}

TEST(PathMtuTable, without_room_nothing_is_remembered) {
  Config config;
  config.path_mtu_entries = 0;
  Arena arena{MutableBytes()};
  PathMtu table(config, arena);
  EXPECT_FALSE(table.lower(address("2001:db8::a"), 1400, at(1)));
  EXPECT_EQ(table.get(address("2001:db8::a"), 1500), 1500);
}

struct RouteTable {
  RouteTable() : memory(Routes::memory_needed({}) + Arena::alignment), arena(memory), routes({}, arena) {}
  Route way(const char* gateway, std::uint8_t interface, RouteOrigin origin) {
    return {.destination = {address("2001:db8:7::7"), 128},
            .gateway = address(gateway),
            .interface = interface,
            .origin = origin,
            .expires = at(100)};
  }
  Buffer memory;
  Arena arena;
  Routes routes;
};

TEST(RouteTable, each_part_of_a_route_tells_it_from_others) {
  RouteTable t;
  const Route one = t.way("fe80::1", 1, RouteOrigin::advertised);
  ASSERT_TRUE(t.routes.add(one));
  const Prefix other_length{address("2001:db8:7::"), 64}, other_address{address("2001:db8:7::8"), 128};
  EXPECT_FALSE(t.routes.remove(other_length, one.gateway, 1, one.origin));
  EXPECT_FALSE(t.routes.remove(other_address, one.gateway, 1, one.origin));
  EXPECT_FALSE(t.routes.remove(one.destination, address("fe80::2"), 1, one.origin));
  EXPECT_FALSE(t.routes.remove(one.destination, one.gateway, 2, one.origin));
  EXPECT_FALSE(t.routes.remove(one.destination, one.gateway, 1));
  EXPECT_TRUE(t.routes.remove(one.destination, one.gateway, 1, one.origin));
}

TEST(RouteTable, RFC4861_8_3_only_what_a_redirect_said_of_a_destination_on_that_link_is_replaced) {
  RouteTable t;
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 1, RouteOrigin::advertised)));
  ASSERT_TRUE(t.routes.add(t.way("fe80::2", 1, RouteOrigin::redirect)));
  ASSERT_TRUE(t.routes.add(t.way("fe80::3", 2, RouteOrigin::redirect)));
  t.routes.remove_redirect(address("2001:db8:7::8"), 1);
  EXPECT_EQ(t.routes.all().size(), 3u) << "of another destination";
  t.routes.remove_redirect(address("2001:db8:7::7"), 1);
  ASSERT_EQ(t.routes.all().size(), 2u);
  for (const Route& route : t.routes.all()) EXPECT_NE(route.gateway, address("fe80::2"));
}

TEST(RouteTable, RFC4861_7_2_5_a_router_is_forgotten_on_its_link_alone) {
  RouteTable t;
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 1, RouteOrigin::advertised)));
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 2, RouteOrigin::advertised)));
  EXPECT_TRUE(t.routes.forget_gateway(address("fe80::1"), 2));
  ASSERT_EQ(t.routes.all().size(), 1u);
  EXPECT_EQ(t.routes.all()[0].interface, 1);
}

TEST(RouteTable, what_one_link_told_goes_with_it_and_nothing_else) {
  RouteTable t;
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 1, RouteOrigin::advertised)));
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 2, RouteOrigin::redirect)));
  ASSERT_TRUE(t.routes.add(t.way("fe80::1", 1, RouteOrigin::configured)));
  t.routes.forget_learned(1);
  ASSERT_EQ(t.routes.all().size(), 2u);
  t.routes.forget_learned(2);
  ASSERT_EQ(t.routes.all().size(), 1u);
  EXPECT_EQ(t.routes.all()[0].origin, RouteOrigin::configured);
}

TEST(LearnedServers, RFC8106_what_is_no_name_server) {
  DiscoveringHost host;
  host.hear(Advertisement{}.servers({"::", "::1", "ff02::fb", "::ffff:192.0.2.1", "2001:db8::53", "fe80::53"},
                                    600));
  std::vector<IpAddress> known;
  for (const AdvertisedServer& server : host.discovery.servers()) known.push_back(server.address);
  EXPECT_EQ(known, (std::vector{address("2001:db8::53"), address("fe80::53").with_zone(2)}));
  Digest with, without;
  host.discovery.digest(with);
  host.hear(Advertisement{}.servers({"2001:db8::53"}, 0));
  host.discovery.digest(without);
  EXPECT_FALSE(with.value() == without.value());
}

TEST(LearnedOptions, RFC4861_6_1_2_an_option_that_is_malformed_says_nothing) {
  DiscoveringHost host;
  Advertisement a;
  const auto option = [&](std::uint8_t type, std::uint8_t units, const Buffer& body) {
    Buffer bytes{type, units};
    bytes.insert(bytes.end(), body.begin(), body.end());
    bytes.resize(units * 8u);
    a.options.insert(a.options.end(), bytes.begin(), bytes.end());
  };
  a.lifetime = 0;
  option(3, 4, {200, 0xc0, 0, 0, 0xff, 0xff});       // a prefix of 200 bits
  option(24, 4, {64, 0, 0, 0, 0xff, 0xff});          // a route of four units
  option(5, 2, {0, 0, 0, 0, 5, 0xdc});               // an MTU of two
  option(25, 2, {0, 0, 0, 0, 0xff, 0xff, 0x20, 1});  // no whole server
  option(31, 1, {0, 0, 0, 0, 0xff, 0xff});           // no name
  option(38, 1, {2, 0x58, 0, 0x64, 0xff, 0x9b});     // half a prefix of NAT64
  option(200, 1, {1, 2, 3});                         // nobody knows it
  host.hear(a);
  EXPECT_TRUE(host.routes.all().empty());
  EXPECT_TRUE(host.own().empty());
  EXPECT_TRUE(host.discovery.servers().empty());
  EXPECT_TRUE(host.discovery.domains().empty());
  EXPECT_EQ(host.discovery.parameters(1).mtu, 0);
  EXPECT_EQ(host.discovery.nat64(1).length, 0);
}

TEST(LearnedPrefixes, RFC4862_5_5_3_a_prefix_on_two_links_makes_an_address_on_each) {
  DiscoveringHost host({.interfaces = 3});
  host.discovery.start(2, {{2, 0, 0, 0, 0, 2}}, 1500, host.now);
  const Buffer bytes = Advertisement{}.prefix("2001:db8::", hour, hour).bytes();
  Drop reason = Drop::none;
  const auto message = nd::RouterAdvertisement::parse(
      bytes, {.source = address("fe80::1"), .destination = address("ff02::1"), .hop_limit = 255}, reason);
  ASSERT_TRUE(message);
  for (const std::uint8_t interface : {1, 2, 1})
    host.discovery.receive(interface, address("fe80::1"), *message, host.now);
  ASSERT_EQ(host.own().size(), 2u);
  EXPECT_NE(host.own()[0]->interface, host.own()[1]->interface);
}

TEST(LearnedPrefixes, RFC7217_6_only_made_up_addresses_are_replaced_and_only_duplicates) {
  struct Row {
    AddressOrigin origin;
    bool replaced;
  };
  const Row rows[] = {{AddressOrigin::configured, false}, {AddressOrigin::dhcpv6, false},
                      {AddressOrigin::stable, true},      {AddressOrigin::link_local, true},
                      {AddressOrigin::translator, true},  {AddressOrigin::temporary, true}};
  for (const Row& row : rows) {
    DiscoveringHost host;
    const IpAddress own = address("2001:db8::5");
    ASSERT_NE(host.addresses.add({.address = own, .interface = 1, .origin = row.origin}, host.now), nullptr);
    EXPECT_FALSE(host.discovery.replace_duplicate(*host.addresses.find(1, own), host.now)) << "it is none";
    ASSERT_EQ(host.addresses.claimed(1, own, nullptr), Ipv6Addresses::Claim::duplicate);
    const Ipv6Address copy = *host.addresses.find(1, own);
    EXPECT_EQ(host.discovery.replace_duplicate(copy, host.now), row.replaced) << static_cast<int>(row.origin);
    EXPECT_EQ(host.addresses.find(1, own) == nullptr, row.replaced);
  }
}

TEST(LearnedPrefixes, RFC6877_6_3_of_which_prefix_the_translator_takes_its_address) {
  struct Row {
    const char* what;
    Ipv6Addresses::Wanted own;
    bool serves;
  };
  const IpAddress own = address("2001:db8::5");
  const Row rows[] = {
      {"a configured one", {.address = own, .interface = 1, .detect = false}, true},
      {"a stable one",
       {.address = own, .interface = 1, .origin = AddressOrigin::stable, .detect = false},
       true},
      {"one of DHCPv6",
       {.address = own, .interface = 1, .origin = AddressOrigin::dhcpv6, .detect = false},
       false},
      {"one without a net", {.address = own, .prefix_length = 128, .interface = 1, .detect = false}, false},
      {"one not proved yet", {.address = own, .interface = 1}, false},
      {"a link-local one", {.address = address("fe80::5"), .interface = 1, .detect = false}, false},
      {"one of another link", {.address = own, .interface = 0, .detect = false}, false},
  };
  for (const Row& row : rows) {
    DiscoveringHost host;
    ASSERT_NE(host.addresses.add(row.own, host.now), nullptr);
    EXPECT_TRUE(host.discovery.follow_translator(1, true, host.now).is_unspecified())
        << "it is being detected";
    EXPECT_EQ(host.own().size(), row.serves ? 2u : 1u) << row.what;
  }
  DiscoveringHost host;
  ASSERT_NE(host.addresses.add({.address = own, .interface = 1, .detect = false}, host.now), nullptr);
  ASSERT_NE(
      host.addresses.add({.address = address("2001:db8:1::5"), .interface = 1, .detect = false}, host.now),
      nullptr);
  host.discovery.follow_translator(1, true, host.now);
  ASSERT_EQ(host.own().size(), 3u) << "one is enough";
  EXPECT_TRUE(Prefix({own, 64}).contains(host.own()[2]->address)) << "of the first";
  ASSERT_TRUE(host.addresses.remove(1, own));
  host.discovery.follow_translator(1, true, host.now);
  ASSERT_EQ(host.own().size(), 2u);
  std::size_t of_second = 0;
  for (const Ipv6Address* a : host.own())
    of_second += Prefix({address("2001:db8:1::"), 64}).contains(a->address) ? 1 : 0;
  EXPECT_EQ(of_second, 2u) << "it moves with what is there";
}

TEST(LearnedParameters, the_digest_tells_what_routers_said) {
  DiscoveringHost host;
  std::vector<Digest::Value> seen;
  for (const std::uint8_t flags : {0x00, 0x80, 0x40, 0xc0}) {
    host.hear({.flags = flags});
    EXPECT_EQ(host.discovery.parameters(1).managed, (flags & 0x80) != 0);
    EXPECT_EQ(host.discovery.parameters(1).other_configuration, (flags & 0x40) != 0);
    Digest d;
    host.discovery.digest(d);
    for (const auto& before : seen) EXPECT_FALSE(before == d.value());
    seen.push_back(d.value());
  }
}

// --- temporary addresses ---

std::size_t count(const DiscoveringHost& host, AddressOrigin origin) {
  std::size_t n = 0;
  for (const Ipv6Address* a : host.own()) n += a->origin == origin ? 1 : 0;
  return n;
}

Config with_temporary_addresses() {
  Config config;
  config.interfaces = 3;
  config.temporary_addresses = true;
  return config;
}

TEST(LearnedPrefixes, RFC8981_3_4_each_prefix_and_each_link_has_a_temporary_address_of_its_own) {
  DiscoveringHost host(with_temporary_addresses());
  host.discovery.start(2, {{2, 0, 0, 0, 0, 2}}, 1500, host.now);
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour));
  const Buffer bytes = Advertisement{}.prefix("2001:db8:1::", hour, hour).bytes();
  Drop reason = Drop::none;
  const auto message = nd::RouterAdvertisement::parse(
      bytes, {.source = address("fe80::1"), .destination = address("ff02::1"), .hop_limit = 255}, reason);
  ASSERT_TRUE(message);
  host.discovery.receive(2, address("fe80::1"), *message, host.now);
  EXPECT_EQ(count(host, AddressOrigin::temporary), 2u);
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour));
  EXPECT_EQ(count(host, AddressOrigin::temporary), 2u) << "known";
}

TEST(LearnedPrefixes, RFC8981_3_4_without_room_there_is_no_temporary_address) {
  Config config = with_temporary_addresses();
  config.addresses_v6 = 4;
  DiscoveringHost host(config);
  for (const char* text : {"2001:db8:9::1", "2001:db8:9::2", "2001:db8:9::3"})
    ASSERT_NE(host.addresses.add({.address = address(text), .interface = 1}, host.now), nullptr);
  host.hear(Advertisement{}.prefix("2001:db8:1::", hour, hour));
  EXPECT_EQ(count(host, AddressOrigin::stable), 1u);
  EXPECT_EQ(count(host, AddressOrigin::temporary), 0u);
}

TEST(LearnedPrefixes, RFC8981_3_5_a_successor_has_the_prefix_of_a_stable_address_that_is_still_there) {
  for (const bool stable_goes : {false, true}) {
    DiscoveringHost host(with_temporary_addresses());
    host.hear(Advertisement{}.prefix("2001:db8:1::", 40 * hour, 40 * hour));
    ASSERT_EQ(count(host, AddressOrigin::temporary), 1u);
    for (const Ipv6Address* a : host.own()) {
      if (stable_goes && a->origin == AddressOrigin::stable) {
        ASSERT_TRUE(host.addresses.remove(1, a->address));
      }
    }
    host.now = host.now + Duration::seconds(25 * hour);
    static_cast<void>(host.discovery.next_due(host.now));
    EXPECT_EQ(count(host, AddressOrigin::temporary), stable_goes ? 1u : 2u);
  }
}

TEST(RouteTable, the_redirect_that_would_expire_first_makes_room_wherever_it_stands) {
  for (const bool first_goes : {true, false}) {
    RouteTable t;
    for (std::uint8_t i = 0; i < 8; ++i) {
      Route route = t.way("fe80::1", static_cast<std::uint8_t>(i + 1), RouteOrigin::redirect);
      const bool goes = i == (first_goes ? 0 : 7);
      route.expires = at(goes ? 50 : 100 + i);
      ASSERT_TRUE(t.routes.add(route));
    }
    ASSERT_TRUE(t.routes.add(t.way("fe80::9", 9, RouteOrigin::redirect)));
    EXPECT_EQ(t.routes.all().size(), 8u);
    for (const Route& route : t.routes.all()) EXPECT_NE(route.expires, at(50));
  }
}

}  // namespace
}  // namespace linnet::ip::test
