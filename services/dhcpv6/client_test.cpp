// SPDX-License-Identifier: Apache-2.0
// The machine in a stack: messages on the wire, addresses in use.
#include "services/dhcpv6/test_client.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Client : public Dhcpv6ClientTest {};

TEST_F(Dhcpv6Client, RFC8415_13_from_a_link_local_address_to_all_servers_and_the_address_is_used) {
  ASSERT_TRUE(client->start(Mode::stateful, now));
  run_for(Duration::seconds(10));
  ASSERT_EQ(types(), (std::vector{MessageType::solicit, MessageType::request}));
  for (const Datagram& datagram : sent) {
    EXPECT_TRUE(datagram.source.is_link_local());
    EXPECT_EQ(datagram.source_port, 546);
    EXPECT_EQ(datagram.destination, ip("ff02::1:2"));
    EXPECT_EQ(datagram.to, (MacAddress{{0x33, 0x33, 0, 1, 0, 2}}));
  }
  EXPECT_EQ(client->status().sent, 2u) << "none in vain, before there was an address to send from";
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has(offered));
  for (const ip::Route& route : stack.ip().routes()) {
    EXPECT_FALSE(route.destination.length < 128 && route.destination.contains(offered))
        << "18.2.10.1: MUST NOT assume that anything is on the link";
  }
  EXPECT_EQ(client->status().information->dns_servers[0],
            ip("fe80::53").with_zone(static_cast<std::uint8_t>(interface + 1)));
}

TEST_F(Dhcpv6Client, expired_address_is_taken_out_of_the_stack) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered));
  answers = false;
  run_for(Duration::seconds(3595));
  EXPECT_FALSE(has(offered));
  EXPECT_EQ(state(), State::soliciting);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_8_duplicate_address_is_declined) {
  taken = offered;
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(5));
  offered = ip("2001:db8::51");
  run_for(Duration::seconds(15));
  const auto all = types();
  EXPECT_NE(std::find(all.begin(), all.end(), MessageType::decline), all.end());
  EXPECT_FALSE(has(*taken));
  EXPECT_TRUE(has(offered));
  EXPECT_GE(client->status().conflicts, 1u);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_7_release_and_nothing_is_left) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  sent.clear();
  client->stop(now, true);
  EXPECT_FALSE(has(offered)) << "before the Release is sent";
  run_for(Duration::seconds(1));
  EXPECT_EQ(types(), std::vector{MessageType::release});
  EXPECT_EQ(state(), State::stopped);
  EXPECT_TRUE(client->poll(now).is_never());
  EXPECT_TRUE(stack.pool().full());
  ASSERT_TRUE(client->start(Mode::stateful, now)) << "the port is free again";
  client->stop(now, false);
  EXPECT_TRUE(client->poll(now).is_never());
}

TEST_F(Dhcpv6Client, RFC8415_18_2_12_confirm_waits_for_the_link_local_address) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  sent.clear();
  device.up = false;
  run_for(Duration::seconds(10));
  device.up = true;
  run_for(Duration::seconds(10));
  ASSERT_EQ(types(), std::vector{MessageType::confirm});
  EXPECT_TRUE(sent[0].source.is_link_local());
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has(offered));
}

TEST_F(Dhcpv6Client, address_is_back_when_ipv6_is) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  stack.ip().disable_ipv6(interface, now);
  run_for(Duration::seconds(10));
  EXPECT_FALSE(has(offered));
  ASSERT_TRUE(stack.ip().enable_ipv6(interface, now));
  run_for(Duration::seconds(10));
  EXPECT_TRUE(has(offered));
  EXPECT_EQ(sent.back().type, MessageType::confirm);
}

TEST_F(Dhcpv6Client, RFC8415_18_2_6_stateless) {
  client->start(Mode::stateless, now);
  run_for(Duration::seconds(10));
  EXPECT_EQ(types(), std::vector{MessageType::information_request});
  EXPECT_EQ(state(), State::informed);
  EXPECT_EQ(client->status().information->dns_servers.size(), 1u);
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, an_address_that_the_stack_has_already_is_left_alone) {
  ASSERT_TRUE(stack.ip().add_address(interface, {offered, 64}, false, now));
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::bound);
  client->stop(now, false);
  EXPECT_TRUE(has(offered));
}

TEST_F(Dhcpv6Client, several_addresses_come_last_and_go_each_for_itself) {
  const IpAddress second = ip("2001:db8::60");
  const IpAddress third = ip("2001:db8::70");
  also = {{.address = second, .preferred = infinity, .valid = infinity}, {.address = third}};
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered) && has(second) && has(third));
  EXPECT_TRUE(find(second)->valid_until.is_never()) << "RFC 8415 7.7: infinity";
  const Instant until = find(offered)->valid_until;
  EXPECT_EQ(until, client->status().addresses[2].valid_until);
  also[1].preferred = also[1].valid = 0;  // taken back
  run_for(Duration::seconds(1000));
  EXPECT_FALSE(has(third));
  EXPECT_TRUE(has(second));
  ASSERT_TRUE(has(offered));
  EXPECT_GT(find(offered)->valid_until, until) << "renewed";
  client->stop(now, false);
  EXPECT_FALSE(has(second) || has(offered));
}

TEST_F(Dhcpv6Client, start_changes_the_mode_of_a_client_that_runs) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(offered));
  ASSERT_TRUE(client->start(Mode::stateless, now)) << "with the socket that it has";
  run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::informed);
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, without_memory_a_free_socket_or_the_port_it_does_not_start) {
  Arena nothing{MutableBytes()};
  Client poor(stack, interface, Config{}, nothing);
  EXPECT_FALSE(poor.start(Mode::stateless, now));

  const auto other = stack.udp().open();
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(stack.udp().bind(*other, {IpAddress::any_v6(), client_port}, false).ok());
  EXPECT_FALSE(client->start(Mode::stateless, now));
  std::vector<udp::SocketHandle> all{*other};
  while (const auto socket = stack.udp().open()) all.push_back(*socket);
  EXPECT_EQ(all.size(), ScriptedLink::default_config().udp.sockets) << "what failed holds no socket";
  EXPECT_FALSE(client->start(Mode::stateless, now));
  EXPECT_EQ(state(), State::stopped);
  for (const udp::SocketHandle& socket : all) stack.udp().close(socket);
  EXPECT_TRUE(client->start(Mode::stateless, now));
  client->stop(now, false);
}

TEST_F(Dhcpv6Client, a_flood_is_read_a_bounded_number_at_a_time) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_EQ(state(), State::bound);
  for (int i = 0; i < 20; ++i) inject(sent.back().source, {7, 0, 0});
  stack.poll(now);
  EXPECT_EQ(client->poll(now), now) << "again at once";
  EXPECT_EQ(client->status().dropped(Drop::too_short), 8u);
  run_for(Duration::milliseconds(1));
  EXPECT_EQ(client->status().dropped(Drop::too_short), 20u);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Client, a_renewed_address_is_in_use_all_the_time) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  const Instant until = find(offered)->valid_until;
  run_for(Duration::seconds(880));
  for (int i = 0; i < 3000; ++i) {
    run_for(Duration::milliseconds(10));
    ASSERT_TRUE(has(offered)) << i;
  }
  EXPECT_GT(find(offered)->valid_until, until) << "it was renewed meanwhile";
}

TEST_F(Dhcpv6Client, after_many_renewals_what_comes_anew_is_taken_out_as_well) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(20000));
  const IpAddress second = ip("2001:db8::60");
  also = {{.address = second, .preferred = 1800, .valid = 3600}};
  run_for(Duration::seconds(1000));
  ASSERT_TRUE(has(offered) && has(second));
  client->stop(now, false);
  EXPECT_FALSE(has(offered) || has(second));
}

TEST_F(Dhcpv6Client, what_was_taken_back_is_the_clients_no_longer) {
  const IpAddress second = ip("2001:db8::60");
  also = {{.address = second, .preferred = 1800, .valid = 3600}};
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  ASSERT_TRUE(has(second));
  also[0].preferred = also[0].valid = 0;
  run_for(Duration::seconds(1000));
  ASSERT_FALSE(has(second));
  ASSERT_TRUE(stack.ip().add_address(interface, {second, 64}, false, now)) << "by the owner";
  run_for(Duration::seconds(10));
  client->stop(now, false);
  EXPECT_TRUE(has(second));
  EXPECT_FALSE(has(offered));
}

TEST_F(Dhcpv6Client, an_address_is_out_of_use_the_moment_that_it_expires) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  answers = false;
  const Instant until = client->status().addresses[0].valid_until;
  run_for(until - now - Duration::microseconds(1));
  ASSERT_EQ(client->status().addresses.size(), 1u);
  now = until;
  client->poll(now);
  EXPECT_EQ(client->status().addresses.size(), 0u);
  for (const ip::Ipv6Address& own : stack.ip().neighbour_discovery().addresses().all()) {
    EXPECT_FALSE(own.address == offered && own.state != ip::Ipv6AddressState::absent);
  }
}

TEST_F(Dhcpv6Client, what_is_stopped_holds_no_socket_and_what_runs_none_of_ipv4) {
  client->start(Mode::stateful, now);
  EXPECT_EQ(sockets(), 1u);
  const auto other = stack.udp().open();
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(stack.udp().bind(*other, {IpAddress::any_v4(), client_port}, false).ok());
  stack.udp().close(*other);
  client->stop(now, false);
  EXPECT_EQ(sockets(), 0u) << "at once";
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  client->stop(now, true);
  EXPECT_EQ(sockets(), 1u) << "for the Release";
  run_for(Duration::seconds(1));
  EXPECT_EQ(sockets(), 0u);
}

TEST_F(Dhcpv6Client, nothing_is_said_where_there_is_no_link) {
  client->start(Mode::stateful, now);
  run_for(Duration::seconds(10));
  const auto before = client->status().sent;
  device.up = false;
  run_for(Duration::seconds(1500));
  EXPECT_EQ(client->status().sent, before) << "neither Renew nor Rebind";
  EXPECT_EQ(state(), State::bound);
  device.up = true;
  run_for(Duration::seconds(20));
  EXPECT_TRUE(has(offered));
  client->stop(now, false);
  EXPECT_FALSE(has(offered));
}

}  // namespace
}  // namespace linnet::dhcpv6::test
