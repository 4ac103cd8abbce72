// SPDX-License-Identifier: Apache-2.0
// What a client does in the stack beside its address, what it counts, and when.
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

class DhcpUpkeep : public DhcpTest {
 protected:
  /// RFC 2131 4.1: whether UDP to port 68 is taken whatever its destination.
  bool takes_any() { return link.stack.ip().interfaces()[link.interface].accept_any; }
  std::size_t routes() {
    std::size_t count = 0;
    for (const ip::Route& route : link.stack.ip().routes())
      count += route.interface == link.interface ? 1 : 0;
    return count;
  }
};

TEST_F(DhcpUpkeep, RFC2131_4_1_messages_to_any_address_are_taken_only_where_there_is_none) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  EXPECT_TRUE(takes_any());
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(takes_any()) << "an offer may come to the offered address";
  client->stop(link.now, false);
  EXPECT_FALSE(takes_any()) << "nobody is there to read them";

  answers = true;
  bind();
  EXPECT_FALSE(takes_any());
  client->link_changed(false, link.now);
  client->link_changed(true, link.now);
  ASSERT_EQ(state(), State::rebooting);
  EXPECT_FALSE(takes_any()) << "verified with the address in use";
  client->stop(link.now, false);

  ASSERT_TRUE(client->start(link.now, first_address));
  EXPECT_TRUE(takes_any()) << "4.3.2: INIT-REBOOT, without an address in use";
  link.run_for(Duration::seconds(12));
  ASSERT_EQ(state(), State::bound);
  EXPECT_FALSE(takes_any());
}

/// A client on one of two links.
class DhcpOfTwo : public ::testing::Test {
 protected:
  static linnet::Config config_of_two() {
    linnet::Config config = ScriptedLink::default_config();
    config.ip.interfaces = config.ethernet.links = 3;
    return config;
  }

  linnet::test::ScriptedDevice other;
  ScriptedLink link{1, config_of_two()};
};

TEST_F(DhcpOfTwo, what_comes_on_another_link_is_not_for_this_client) {
  ASSERT_TRUE(link.stack.add_interface(other).has_value());
  Config config;
  config.probe = Probe::none;
  std::vector<std::uint8_t> memory(Client::memory_needed(config) + Arena::alignment);
  Arena arena(memory);
  Client client(link.stack, link.interface, config, arena);
  std::vector<UdpFrame> discovers;
  link.service = [&client](Instant now) { return client.poll(now); };
  link.on_udp = [&discovers](const UdpFrame& frame) { discovers.push_back(frame); };
  ASSERT_TRUE(client.start(link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(discovers.size(), 1u);
  ServerMessage offer(MessageType::offer, load32(discovers[0].payload.data() + 4));
  offer.address(54, server_address).yiaddr(first_address).u32(51, 3600);
  const auto arrives = [&] {
    link.inject_udp({server_address, server_port}, {IpAddress::broadcast_v4(), client_port}, offer.finish(),
                    MacAddress::broadcast());
  };
  arrives();
  std::swap(link.device.in, other.in);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(client.status().state, State::selecting);
  EXPECT_EQ(client.status().received + client.status().ignored, 0u) << "it has not even read it";
  arrives();
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(client.status().state, State::requesting);
}

TEST_F(DhcpUpkeep, without_a_startup_delay_it_begins_at_once) {
  answers = false;
  for (int i = 0; i < 20; ++i) {
    sent.clear();
    const Instant begin = link.now;
    ASSERT_TRUE(client->start(begin));
    link.run_for(Duration::seconds(1));
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].at, begin) << i;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpUpkeep, begun_again_the_link_is_what_the_device_says) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  client->link_changed(false, link.now);
  client->stop(link.now, false);
  answers = true;
  bind();
}

TEST_F(DhcpUpkeep, RFC2131_3_7_each_time_that_the_link_comes_back_the_address_is_asked_for_twice) {
  bind();
  answers = false;
  for (int i = 0; i < 3; ++i) {
    client->link_changed(false, link.now);
    client->link_changed(true, link.now);
    link.run_for(Duration::seconds(8));
    ASSERT_EQ(state(), State::rebooting);
  }
  ASSERT_EQ(sent.size(), 6u);
  for (std::size_t i = 0; i < 6; i += 2) EXPECT_EQ(sent[i + 1].xid, sent[i].xid);
  EXPECT_NE(sent[2].xid, sent[0].xid) << "an answer from the link before counts no more";
  EXPECT_NE(sent[4].xid, sent[2].xid);
}

TEST_F(DhcpUpkeep, RFC2131_4_1_waits_grow_to_the_longest_and_no_further) {
  Config config = fast_config();
  config.last_retransmission = Duration::seconds(6);
  make_client(config);
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(100));
  ASSERT_GT(sent.size(), 10u);
  for (std::size_t i = 2; i < sent.size(); ++i) {
    EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(5));
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(7));
  }
}

TEST_F(DhcpUpkeep, the_messages_sent_in_each_state_are_counted) {
  lease_seconds = 7200;
  bind();
  EXPECT_EQ(client->status().attempts, 0);
  answers = false;
  const Instant t2 = client->status().rebind_at;
  link.run_until(client->status().renew_at);
  ASSERT_EQ(state(), State::renewing);
  EXPECT_EQ(client->status().attempts, 1);
  link.run_until(t2 - Duration::seconds(1));
  EXPECT_EQ(client->status().attempts, sent.size());
  const std::size_t renewals = sent.size();
  link.run_until(t2 + Duration::seconds(1));
  ASSERT_EQ(state(), State::rebinding);
  EXPECT_EQ(client->status().attempts, sent.size() - renewals);
  answers = true;
  link.run_for(Duration::seconds(800));
  ASSERT_EQ(state(), State::bound);
  EXPECT_EQ(client->status().attempts, 0);
}

TEST_F(DhcpUpkeep, one_poll_does_all_that_is_due) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  EXPECT_GT(client->poll(link.now), link.now);
  EXPECT_EQ(client->status().sent, 1u);
  EXPECT_EQ(state(), State::selecting);
}

TEST_F(DhcpUpkeep, refused_for_hours_it_never_asks_sooner_again) {
  refuses = true;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(300 * 66));
  const std::vector<Sent> discovers = sent_of(MessageType::discover);
  ASSERT_GT(discovers.size(), 290u);
  for (std::size_t i = 8; i < discovers.size(); ++i) {
    ASSERT_GE(discovers[i].at - discovers[i - 1].at, Duration::seconds(63)) << i;
  }
}

TEST_F(DhcpUpkeep, however_short_the_waits_are_to_be_they_are_a_tenth_of_a_second) {
  Config config = fast_config();
  config.first_retransmission = config.last_retransmission = Duration();
  make_client(config);
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(20));
  ASSERT_GT(sent.size(), 20u);
  Duration least = Duration::seconds(9);
  for (std::size_t i = 1; i < sent.size(); ++i) least = std::min(least, sent[i].at - sent[i - 1].at);
  EXPECT_EQ(least, Duration::milliseconds(100)) << "where chance would have taken all of it and more";
}

TEST_F(DhcpUpkeep, another_mask_in_a_renewal_is_that_of_the_stack_too) {
  bind();
  edit = [](ServerMessage& message) {
    message = ServerMessage(MessageType::ack, load32(message.bytes.data() + 4));
    message.yiaddr(first_address).address(54, server_address).u32(51, 1200);
    message.address(1, IpAddress::v4(255, 255, 0, 0));
  };
  EXPECT_FALSE(link.stack.ip().path(IpAddress::v4(192, 0, 9, 9)) &&
               link.stack.ip().path(IpAddress::v4(192, 0, 9, 9))->next_hop == IpAddress::v4(192, 0, 9, 9));
  link.run_until(client->status().renew_at + Duration::seconds(1));
  ASSERT_EQ(client->status().lease->prefix.length, 16);
  ASSERT_TRUE(link.stack.ip().path(IpAddress::v4(192, 0, 9, 9)));
  EXPECT_EQ(link.stack.ip().path(IpAddress::v4(192, 0, 9, 9))->next_hop, IpAddress::v4(192, 0, 9, 9))
      << "on the link now";
  for (const ip::AddressView& view : link.stack.ip().addresses()) {
    if (view.interface == link.interface) {
      EXPECT_EQ(view.prefix, (Prefix{first_address, 16}));
    }
  }
}

TEST_F(DhcpUpkeep, RFC3442_no_route_is_left_of_a_lease_that_is_given_up) {
  Config config = fast_config();
  config.classless_routes = true;
  make_client(config);
  edit = [](ServerMessage& message) {
    message.option(121, {8, 10, 192, 0, 2, 9, 32, 198, 51, 100, 1, 0, 0, 0, 0, 0, 192, 0, 2, 8});
  };
  ASSERT_EQ(routes(), 0u);
  bind();
  EXPECT_EQ(routes(), 4u) << "with that of the subnet";
  client->stop(link.now, false);
  EXPECT_EQ(routes(), 0u);
}

TEST_F(DhcpUpkeep, the_version_moves_when_the_lease_comes_changes_and_goes) {
  std::uint32_t version = client->status().version;
  const auto moved = [&] {
    const std::uint32_t before = version;
    version = client->status().version;
    return version != before;
  };
  ASSERT_TRUE(client->start(link.now));
  EXPECT_FALSE(moved());
  link.run_for(Duration::seconds(12));
  EXPECT_TRUE(moved()) << "it has come";
  link.run_until(client->status().renew_at - Duration::seconds(1));
  EXPECT_FALSE(moved());
  link.run_for(Duration::seconds(2));
  EXPECT_TRUE(moved()) << "it has changed";
  client->stop(link.now, false);
  EXPECT_TRUE(moved()) << "it has gone";
}

TEST_F(DhcpUpkeep, a_refusal_that_is_obeyed_is_a_message_received) {
  refuses = true;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::milliseconds(100));
  const Status status = client->status();
  ASSERT_GE(status.refusals, 1u);
  EXPECT_EQ(status.received, 2 * status.refusals) << "with the offer before each";
  EXPECT_EQ(status.ignored, 0u);
}

TEST_F(DhcpUpkeep, RFC2131_4_4_1_a_lease_that_is_over_when_it_is_granted_is_not_used) {
  lease_seconds = 10;  // from the DHCPREQUEST on
  answers = false;
  on_message = [this](const Sent& message) {
    if (message.type == MessageType::discover) send(reply(MessageType::offer, message.xid));
  };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  const Sent request = sent_of(MessageType::request).at(0);
  link.run_until(request.at + Duration::seconds(10));
  const std::uint32_t version = client->status().version;
  send(reply(MessageType::ack, request.xid));
  link.run_for(Duration::microseconds(1));
  EXPECT_EQ(state(), State::requesting);
  EXPECT_EQ(client->status().version, version) << "not even for a moment";
}

TEST_F(DhcpUpkeep, an_address_that_nobody_objects_to_is_used_by_the_poll_that_its_time_has_come_with) {
  Config config;
  config.probe = Probe::arp_check;
  make_client(config);
  ASSERT_TRUE(client->start(link.now));
  while (state() != State::checking) link.run_for(Duration::milliseconds(1));
  const Instant until = link.now + config.arp_check_time;
  link.run_until(until - Duration::milliseconds(2));
  ASSERT_EQ(state(), State::checking);
  link.now = until;
  link.stack.poll(link.now);
  client->poll(link.now);
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
}

}  // namespace
}  // namespace linnet::dhcp::test
