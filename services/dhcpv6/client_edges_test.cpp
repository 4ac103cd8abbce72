// SPDX-License-Identifier: Apache-2.0
// A client whose interface, or whose owner, does something else meanwhile.
#include "services/dhcpv6/test_client.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6ClientEdges : public Dhcpv6ClientTest {
 protected:
  /// The stack alone, while nobody asks the client.
  void run_without_client(Duration duration) {
    for (const Instant until = now + duration; now < until; now = now + Duration::milliseconds(100)) {
      stack.poll(now);
      drain();
    }
  }
};

TEST_F(Dhcpv6ClientEdges, start_of_one_that_runs_does_not_hide_that_the_link_is_back) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_EQ(state(), State::bound);
  device.up = false;
  run_for(Duration::seconds(10));
  device.up = true;
  run_without_client(Duration::seconds(10));
  sent.clear();
  ASSERT_TRUE(client->start(Mode::stateful, now)) << "as a Router Advertisement makes its owner do";
  run_for(Duration::seconds(10));
  EXPECT_EQ(types(), std::vector{MessageType::confirm}) << "RFC 8415 18.2.12";
  run_for(Duration::seconds(1000));
  EXPECT_EQ(types(), (std::vector{MessageType::confirm, MessageType::renew})) << "18.2.4";
}

TEST_F(Dhcpv6ClientEdges, what_the_owner_configures_while_the_leased_addresses_are_gone_is_the_owners) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered));
  stack.ip().disable_ipv6(interface, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(stack.ip().enable_ipv6(interface, now));
  ASSERT_TRUE(stack.ip().add_address(interface, {offered, 64}, false, now));
  run_for(Duration::seconds(10));
  EXPECT_TRUE(has(offered));
  client->stop(now, false);
  EXPECT_TRUE(has(offered)) << "left to who brought it";
}

TEST_F(Dhcpv6ClientEdges, what_the_owner_takes_away_stays_away_until_the_lease_changes) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(stack.ip().remove_address(interface, offered));
  run_for(Duration::seconds(100));
  EXPECT_FALSE(has(offered));
  run_for(Duration::seconds(1000));
  EXPECT_TRUE(has(offered)) << "renewed";
}

/// A client on one of two links.
class Dhcpv6ClientOfTwo : public Dhcpv6ClientTest {
 protected:
  static linnet::Config config_of_two() {
    linnet::Config config = ScriptedLink::default_config();
    config.ip.interfaces = config.ethernet.links = 3;
    return config;
  }
  Dhcpv6ClientOfTwo() : Dhcpv6ClientTest(config_of_two()) { EXPECT_EQ(client->interface(), interface); }

  ScriptedDevice other;
};

TEST_F(Dhcpv6ClientOfTwo, what_comes_on_another_link_is_not_for_this_client) {
  const auto second = stack.add_interface(other);
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(stack.ip().enable_ipv6(*second, now));
  answers = false;
  client->start(Mode::stateless, now);
  run_for(Duration::seconds(5));
  ASSERT_FALSE(sent.empty());
  IpAddress there;
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    if (own.interface == *second && own.address.is_link_local() && own.usable()) there = own.address;
  }
  ASSERT_TRUE(there.is_link_local());
  ServerMessage reply(MessageType::reply, sent.back().xid);
  reply.server(1).client(Duid::link_layer(device.mac()).bytes());
  inject(there, reply.bytes);
  std::swap(device.in, other.in);
  run_for(Duration::milliseconds(10));
  EXPECT_EQ(state(), State::informing);
  EXPECT_EQ(client->status().received, 0u);
  inject(sent.back().source, reply.bytes);
  run_for(Duration::milliseconds(10));
  EXPECT_EQ(state(), State::informed);
}

}  // namespace
}  // namespace linnet::dhcpv6::test
