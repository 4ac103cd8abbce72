// SPDX-License-Identifier: Apache-2.0
// The addresses of a host put into order by what this one knows of its own (RFC 6724 6).
#include "core/ip/test_host6.hpp"

namespace linnet::ip::test::v6 {
namespace {

using Addresses = std::vector<IpAddress>;

Addresses ordered(const Host6& host, Addresses addresses) {
  host.ip.order_destinations(addresses);
  return addresses;
}

const IpAddress far_v4 = IpAddress::v4(198, 51, 100, 1);
const IpAddress far_v6 = address("2001:db8:1::1");

TEST(DestinationOrder, RFC6724_6_rule_6_ipv6_is_tried_before_ipv4) {
  Host6 host;
  host.settle();
  EXPECT_EQ(ordered(host, {far_v4, neighbour}), (Addresses{neighbour, far_v4}));
  EXPECT_EQ(ordered(host, {neighbour, far_v4}), (Addresses{neighbour, far_v4}));
}

TEST(DestinationOrder, RFC6724_6_rule_1_to_which_there_is_no_way_comes_last) {
  Host6 host;
  host.settle();
  EXPECT_EQ(ordered(host, {far_v6, far_v4, neighbour}), (Addresses{neighbour, far_v4, far_v6}));
}

TEST(DestinationOrder, RFC6724_6_rule_3_whose_source_is_deprecated_comes_later) {
  Host6 host;
  host.settle();
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, router, 1));
  ASSERT_TRUE(host.ip.remove_address(1, our_global));
  ASSERT_TRUE(
      host.ip.lease_address(1, our_global, {Duration::seconds(60), Duration::seconds(3600)}, host.now));
  host.run_for(Duration::seconds(20));
  EXPECT_EQ(ordered(host, {far_v4, far_v6}), (Addresses{far_v6, far_v4}));
  host.run_for(Duration::seconds(60));
  EXPECT_EQ(ordered(host, {far_v6, far_v4}), (Addresses{far_v4, far_v6})) << "its preferred lifetime is over";
}

TEST(DestinationOrder, RFC6724_6_rule_9_the_longest_prefix_that_a_source_shares) {
  Host6 host;
  host.settle();
  const IpAddress same_net = IpAddress::v4(192, 0, 2, 9);
  const IpAddress next_net = IpAddress::v4(192, 1, 0, 1);
  EXPECT_EQ(ordered(host, {next_net, same_net}), (Addresses{same_net, next_net}));
  ASSERT_TRUE(host.ip.add_route({IpAddress::any_v6(), 0}, router, 1));
  EXPECT_EQ(ordered(host, {far_v6, neighbour}), (Addresses{neighbour, far_v6}));
}

TEST(DestinationOrder, those_beyond_the_most_stay_where_they_are) {
  Host6 host;
  host.settle();
  Addresses many(Ip::most_destinations, far_v4);
  many.push_back(neighbour);
  EXPECT_EQ(ordered(host, many), many);
  many[Ip::most_destinations - 1] = neighbour;
  EXPECT_EQ(ordered(host, many)[0], neighbour) << "the last that counts";
}

}  // namespace
}  // namespace linnet::ip::test::v6
