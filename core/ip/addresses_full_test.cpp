// SPDX-License-Identifier: Apache-2.0
// Addresses of interfaces: tables that are full, and what an address takes with it when it goes.
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test {
namespace {

const IpAddress static_v6 = v6::our_global;
constexpr IpAddress another(std::uint8_t last) { return IpAddress::v4(192, 0, 2, last); }

TEST(Addresses, what_is_no_address_of_an_interface) {
  Host host;
  EXPECT_FALSE(host.ip.add_address(7, {another(9), 24}, false, host.now)) << "no such interface";
  EXPECT_FALSE(host.ip.add_address(1, {another(9), 33}, false, host.now));
  EXPECT_FALSE(host.ip.add_address(1, {static_v6, 64}, false, host.now)) << "IPv6 is off";
  EXPECT_FALSE(host.ip.lease_address(1, static_v6, {}, host.now));
  EXPECT_FALSE(host.ip.lease_address(7, static_v6, {}, host.now));
  EXPECT_FALSE(host.ip.remove_address(1, another(9)));
  EXPECT_FALSE(host.ip.remove_address(1, static_v6));
}

TEST(Addresses, one_too_many_leaves_nothing_behind) {
  Config config;
  config.addresses = 3;  // the host has two
  Host host(config);
  EXPECT_TRUE(host.ip.add_address(1, {another(9), 24}, false, host.now));
  const auto before = host.digest();
  EXPECT_FALSE(host.ip.add_address(1, {another(10), 24}, false, host.now));
  EXPECT_EQ(host.digest(), before);
  EXPECT_FALSE(host.ip.is_own(another(10)));
}

TEST(Addresses, without_room_for_its_on_link_route_there_is_no_address) {
  Config config;
  config.addresses = 3;
  config.routes = 1;
  Host host(config);
  for (std::uint8_t i = 0; host.ip.add_route({IpAddress::v4(10, i, 0, 0), 16}, gateway, 1); ++i)
    ASSERT_LT(i, 100);
  EXPECT_FALSE(host.ip.add_address(1, {IpAddress::v4(172, 16, 0, 1), 24}, false, host.now));
  EXPECT_FALSE(host.ip.is_own(IpAddress::v4(172, 16, 0, 1)));
  EXPECT_TRUE(host.ip.enable_ipv6(1, host.now));
  EXPECT_FALSE(host.ip.add_address(1, {static_v6, 64}, false, host.now));
  EXPECT_FALSE(host.ip.is_own(static_v6));
}

TEST(Addresses, the_on_link_route_stays_as_long_as_an_address_is_on_that_link) {
  Host host;
  EXPECT_TRUE(host.ip.add_address(1, {another(9), 24}, false, host.now));
  EXPECT_TRUE(host.ip.remove_address(1, our_address));
  ASSERT_TRUE(host.ip.path(another(77)));
  EXPECT_EQ(host.ip.path(another(77))->next_hop, another(77));
  EXPECT_TRUE(host.ip.remove_address(1, another(9)));
  EXPECT_FALSE(host.ip.path(another(77)) && host.ip.path(another(77))->next_hop == another(77));
}

TEST(Addresses, RFC8415_a_lease_has_its_own_addresses_and_new_lifetimes) {
  Config config;
  config.addresses_v6 = 4;
  Host host(config);
  EXPECT_TRUE(host.ip.enable_ipv6(1, host.now));
  EXPECT_TRUE(host.ip.add_address(1, {static_v6, 64}, false, host.now));
  EXPECT_FALSE(host.ip.lease_address(1, static_v6, {}, host.now)) << "it is configured by hand";
  const IpAddress leased = v6::address("2001:db8::100");
  EXPECT_TRUE(host.ip.lease_address(1, leased, {Duration::seconds(5), Duration::seconds(10)}, host.now));
  host.run_for(Duration::seconds(4));
  EXPECT_TRUE(host.ip.lease_address(1, leased, {Duration::seconds(50), Duration::seconds(100)}, host.now));
  host.run_for(Duration::seconds(90));
  EXPECT_TRUE(host.ip.is_own(leased));
  unsigned more = 0;
  while (
      host.ip.lease_address(1, v6::address(("2001:db8::20" + std::to_string(more)).c_str()), {}, host.now)) {
    ASSERT_LT(++more, 9u);
  }
  host.run_for(Duration::seconds(20));
  EXPECT_FALSE(host.ip.is_own(leased));
}

TEST(Addresses, the_secret_of_stable_addresses_may_be_set) {
  const auto link_local = [](const SipKey& secret) {
    Host host;
    host.ip.set_address_secret(secret);
    EXPECT_TRUE(host.ip.enable_ipv6(1, host.now));
    for (const Ipv6Address& own : host.ip.neighbour_discovery().addresses().all()) {
      if (own.interface == 1 && own.address.is_link_local()) return own.address;
    }
    return IpAddress{};
  };
  const IpAddress first = link_local({1, 2});
  EXPECT_TRUE(first.is_link_local());
  EXPECT_EQ(first, link_local({1, 2}));
  EXPECT_NE(first, link_local({1, 3}));
}

}  // namespace
}  // namespace linnet::ip::test
