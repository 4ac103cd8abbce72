// SPDX-License-Identifier: Apache-2.0
// The states of RFC 2131 Figure 5 with a server that does as it should.
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

class DhcpClient : public DhcpTest {};

TEST_F(DhcpClient, RFC2131_3_1_new_address_by_four_messages) {
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].type, MessageType::discover);
  EXPECT_EQ(sent[1].type, MessageType::request);
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
  EXPECT_TRUE(has_default_route());
  const Status status = client->status();
  ASSERT_NE(status.lease, nullptr);
  EXPECT_EQ(status.lease->prefix, (Prefix{first_address, 24}));
  EXPECT_EQ(status.lease->dns_servers[0], server_address);
  EXPECT_EQ(status.expires_at, sent[1].at + Duration::seconds(3600));
  EXPECT_EQ(status.sent, 2u);
  EXPECT_EQ(status.received, 2u);
}

TEST_F(DhcpClient, RFC2131_Table5_discover) {
  Config config = fast_config();
  config.host_name = "box";
  config.vendor_class = "linnet";
  make_client(config);
  answers = false;
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  const Sent& discover = sent[0];
  EXPECT_EQ(discover.frame.source, (Endpoint{IpAddress::any_v4(), 68}));
  EXPECT_EQ(discover.frame.destination, (Endpoint{IpAddress::broadcast_v4(), 67}));
  EXPECT_EQ(discover.frame.to, MacAddress::broadcast());
  const Message message = discover.message();
  EXPECT_EQ(message.op(), Op::request);
  EXPECT_EQ(message.hardware_type(), 1);
  EXPECT_EQ(message.hardware_length(), 6);
  EXPECT_EQ(message.mac(), client_mac);
  EXPECT_EQ(message.flags(), 0);
  for (const IpAddress& address : {message.ciaddr(), message.yiaddr(), message.siaddr(), message.giaddr()}) {
    EXPECT_TRUE(address.is_unspecified());
  }
  EXPECT_FALSE(discover.has(50));
  EXPECT_FALSE(discover.has(54));
  EXPECT_EQ(discover.value(61), (Buffer{1, 2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(discover.value(12), (Buffer{'b', 'o', 'x'}));
  EXPECT_EQ(discover.value(60), (Buffer{'l', 'i', 'n', 'n', 'e', 't'}));
  EXPECT_EQ(message.u16(57), 1024);
  EXPECT_EQ(discover.value(55), (Buffer{1, 3, 6, 12, 15, 119, 26, 42, 51, 58, 59}));
}

TEST_F(DhcpClient, RFC2131_Table5_request_in_selecting) {
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  const Sent& discover = sent.at(0);
  const Sent& request = sent.at(1);
  EXPECT_EQ(request.xid, discover.xid) << "4.4.1: the xid of the DHCPOFFER";
  EXPECT_EQ(request.message().secs(), discover.message().secs());
  EXPECT_EQ(request.frame.destination.address, IpAddress::broadcast_v4());
  EXPECT_TRUE(request.frame.source.address.is_unspecified());
  EXPECT_TRUE(request.message().ciaddr().is_unspecified());
  EXPECT_EQ(request.address(50), first_address);
  EXPECT_EQ(request.address(54), server_address);
  EXPECT_EQ(request.value(55), discover.value(55)) << "the same list (3.5)";
  EXPECT_EQ(request.value(61), discover.value(61));
}

TEST_F(DhcpClient, answers_by_unicast_to_the_offered_address_are_taken) {
  answers = false;
  on_message = [this](const Sent& message) {
    send(reply(message.type == MessageType::discover ? MessageType::offer : MessageType::ack, message.xid),
         server_address, first_address);
  };
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, RFC2131_4_1_discover_backs_off_from_4_to_64_seconds_randomised) {
  answers = false;
  client->start(link.now);
  link.run_for(Duration::seconds(600));
  ASSERT_GE(sent.size(), 10u);
  const std::array<std::int64_t, 9> expected = {4, 8, 16, 32, 64, 64, 64, 64, 64};
  bool random = false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Duration gap = sent[i + 1].at - sent[i].at;
    EXPECT_GE(gap, Duration::seconds(expected[i] - 1));
    EXPECT_LE(gap, Duration::seconds(expected[i] + 1));
    random = random || gap != Duration::seconds(expected[i]);
    EXPECT_EQ(sent[i].type, MessageType::discover);
    EXPECT_EQ(sent[i].xid, sent[0].xid) << "a late offer counts";
    EXPECT_EQ(sent[i].message().secs(), (sent[i].at - sent[0].at).as_seconds());
  }
  EXPECT_TRUE(random);
  EXPECT_EQ(state(), State::selecting);
}

TEST_F(DhcpClient, RFC2131_4_4_1_startup_delay_is_random_when_asked_for) {
  Config config = fast_config();
  config.startup_delay = Duration::seconds(10);
  make_client(config);
  const Instant begin = link.now;
  client->start(link.now);
  link.run_for(Duration::seconds(11));
  ASSERT_GE(sent.size(), 2u);
  EXPECT_GT(sent[0].at, begin);
  EXPECT_LE(sent[0].at, begin + Duration::seconds(10));
}

TEST_F(DhcpClient, RFC2131_3_1_5_request_without_an_answer_goes_back_to_init) {
  on_message = [this](const Sent& message) {
    answers = message.type == MessageType::discover && sent.size() == 1;
  };
  client->start(link.now);
  link.run_for(Duration::seconds(90));
  std::vector<MessageType> types;
  for (const Sent& message : sent) types.push_back(message.type);
  ASSERT_GE(types.size(), 6u);
  for (std::size_t i = 1; i <= 4; ++i) EXPECT_EQ(types[i], MessageType::request);
  EXPECT_EQ(types[5], MessageType::discover);
  EXPECT_NE(sent[5].xid, sent[0].xid);
  EXPECT_GE(sent[5].at - sent[1].at, Duration::seconds(56));
  EXPECT_LE(sent[5].at - sent[1].at, Duration::seconds(64));
}

TEST_F(DhcpClient, RFC2131_4_4_5_renews_by_unicast_at_t1) {
  bind();
  const Instant t1 = client->status().renew_at;
  const Instant expiry = client->status().expires_at;
  link.run_until(t1 - Duration::milliseconds(1));
  EXPECT_TRUE(sent.empty());
  link.run_until(t1 + Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  const Sent& request = sent[0];
  EXPECT_EQ(request.type, MessageType::request);
  EXPECT_EQ(request.frame.source.address, first_address);
  EXPECT_EQ(request.frame.destination.address, server_address);
  EXPECT_EQ(request.frame.to, server_mac);
  EXPECT_EQ(request.message().ciaddr(), first_address);
  EXPECT_FALSE(request.has(50));
  EXPECT_FALSE(request.has(54));
  EXPECT_EQ(request.message().secs(), 0);
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(client->status().expires_at, request.at + Duration::seconds(3600));
  EXPECT_GT(client->status().expires_at, expiry);
}

TEST_F(DhcpClient, C23_10_silent_server_renewing_then_rebinding_then_expiry) {
  lease_seconds = 7200;
  bind();
  answers = false;
  const Status status = client->status();
  link.run_until(status.expires_at - Duration::milliseconds(1));
  ASSERT_GE(sent.size(), 4u);
  EXPECT_EQ(state(), State::rebinding);
  EXPECT_TRUE(has_address()) << "kept until the lease ends";
  std::vector<std::uint32_t> xids;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const bool rebinding = sent[i].at >= status.rebind_at;
    EXPECT_EQ(sent[i].frame.destination.address, rebinding ? IpAddress::broadcast_v4() : server_address);
    EXPECT_EQ(sent[i].message().ciaddr(), first_address);
    EXPECT_EQ(sent[i].frame.source.address, first_address);
    EXPECT_FALSE(sent[i].has(54));
    if (i == 0) continue;
    const Instant until = rebinding ? status.expires_at : status.rebind_at;
    const Duration gap = sent[i].at - sent[i - 1].at;
    EXPECT_GE(gap, Duration::seconds(60)) << i;
    // Half of what was left, or the change to REBINDING.
    if (sent[i].at != status.rebind_at) {
      EXPECT_GE(gap, std::min((until - sent[i - 1].at) / 2, Duration::seconds(3600))) << i;
    }
  }
  EXPECT_EQ(sent[0].at, status.renew_at);
  EXPECT_NE(sent[0].xid, sent[1].xid);
  sent.clear();
  link.run_until(status.expires_at);
  EXPECT_FALSE(has_address());
  EXPECT_EQ(addresses(), 0u);
  EXPECT_FALSE(has_default_route());
  EXPECT_EQ(client->status().lease, nullptr);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::discover);
}

TEST_F(DhcpClient, C23_10_server_back_after_t2_extends_the_lease) {
  bind();
  answers = false;
  const Status status = client->status();
  link.run_until(status.rebind_at + Duration::seconds(1));
  EXPECT_EQ(state(), State::rebinding);
  answers = true;
  link.run_until(status.expires_at - Duration::seconds(1));
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
  EXPECT_GT(client->status().expires_at, status.expires_at);
}

TEST_F(DhcpClient, RFC2131_4_4_5_any_server_may_answer_in_rebinding_and_is_asked_from_then_on) {
  bind();
  answers = false;
  const Status status = client->status();
  link.run_until(status.rebind_at - Duration::seconds(1));
  on_message = [this](const Sent& message) {
    ServerMessage answer(MessageType::ack, message.xid);
    answer.yiaddr(first_address)
        .address(54, other_server)
        .u32(51, 600)
        .address(1, IpAddress::v4(255, 255, 255, 0));
    send(answer, other_server);
  };
  link.run_for(Duration::seconds(2));
  ASSERT_EQ(state(), State::bound);
  EXPECT_EQ(client->status().lease->server, other_server);
  EXPECT_FALSE(has_default_route()) << "the new server names no router";
  link.stations[other_server] = server_mac;
  on_message = nullptr;
  sent.clear();
  link.run_until(client->status().renew_at + Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].frame.destination.address, other_server);
}

TEST_F(DhcpClient, RFC2131_3_3_infinite_lease_is_never_renewed) {
  lease_seconds = 0xffffffff;
  bind();
  EXPECT_TRUE(client->status().expires_at.is_never());
  EXPECT_TRUE(client->poll(link.now).is_never());
  link.run_for(Duration::seconds(400LL * 86400));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, RFC2131_3_2_remembered_address_is_asked_for_at_once) {
  client->start(link.now, first_address);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::request);
  EXPECT_EQ(sent[0].address(50), first_address);
  EXPECT_FALSE(sent[0].has(54)) << "Table 5: MUST NOT in INIT-REBOOT";
  EXPECT_TRUE(sent[0].message().ciaddr().is_unspecified());
  EXPECT_EQ(sent[0].frame.destination.address, IpAddress::broadcast_v4());
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, RFC2131_3_2_refused_remembered_address_begins_anew) {
  refuses = true;
  on_message = [this](const Sent& message) {
    refuses = message.type == MessageType::request && sent.size() == 1;
  };
  client->start(link.now, IpAddress::v4(10, 0, 0, 1));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(sent_of(MessageType::discover).size(), 1u);
  EXPECT_EQ(client->status().refusals, 1u);
}

TEST_F(DhcpClient, RFC2131_3_2_nobody_answers_for_the_remembered_address) {
  on_message = [this](const Sent& message) {
    answers = message.type != MessageType::request || sent.size() > 3;
  };
  client->start(link.now, IpAddress::v4(10, 0, 0, 1));
  link.run_for(Duration::seconds(40));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(sent.at(0).type, MessageType::request);
  EXPECT_EQ(sent.at(1).type, MessageType::request);
  EXPECT_EQ(sent.at(2).type, MessageType::discover);
}

TEST_F(DhcpClient, RFC2131_3_7_link_up_again_verifies_the_address_and_keeps_it_meanwhile) {
  bind();
  link.device.up = false;
  link.run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  link.device.up = true;
  answers = false;
  link.stack.poll(link.now);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(state(), State::rebooting);
  EXPECT_EQ(addresses(), 1u);
  EXPECT_EQ(sent[0].address(50), first_address);
  EXPECT_TRUE(sent[0].frame.source.address.is_unspecified());
  answers = true;
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, lease_ends_though_the_link_is_down) {
  bind();
  link.device.up = false;
  const Instant expiry = client->status().expires_at;
  link.run_until(expiry + Duration::seconds(100));
  EXPECT_EQ(addresses(), 0u);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state(), State::init);
  link.device.up = true;
  link.run_for(Duration::seconds(5));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, use_unconfirmed_lease_is_a_setting) {
  Config config = fast_config();
  for (const bool use : {false, true}) {
    config.use_unconfirmed_lease = use;
    make_client(config);
    answers = true;
    bind();
    answers = false;
    client->link_changed(false, link.now);
    client->link_changed(true, link.now);
    link.run_for(Duration::seconds(100));
    EXPECT_EQ(state(), use ? State::bound : State::selecting);
    EXPECT_EQ(addresses(), use ? 1u : 0u);
    client->stop(link.now, false);
    sent.clear();
  }
}

TEST_F(DhcpClient, RFC2131_4_4_6_release_is_unicast_once) {
  bind();
  link.run_for(Duration::seconds(10));
  client->stop(link.now, true);
  link.run_for(Duration::seconds(100));
  ASSERT_EQ(sent.size(), 1u);
  const Sent& release = sent[0];
  EXPECT_EQ(release.type, MessageType::release);
  EXPECT_EQ(release.frame.destination.address, server_address);
  EXPECT_EQ(release.message().ciaddr(), first_address);
  EXPECT_EQ(release.address(54), server_address);
  EXPECT_EQ(release.message().secs(), 0) << "Table 5";
  EXPECT_FALSE(release.has(50));
  EXPECT_FALSE(release.has(55));
  EXPECT_FALSE(release.has(57));
  EXPECT_EQ(release.value(61), (Buffer{1, 2, 0, 0, 0, 0, 1}));
  EXPECT_EQ(addresses(), 0u);
  EXPECT_FALSE(has_default_route());
  EXPECT_EQ(state(), State::stopped);
}

TEST_F(DhcpClient, stop_without_release_says_nothing_and_leaves_nothing) {
  const Digest::Value fresh = link.stack.digest();
  bind();
  client->stop(link.now, false);
  client->stop(link.now, true);
  link.run_for(Duration::seconds(700));
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(link.stack.pool().full());
  EXPECT_TRUE(client->poll(link.now).is_never());
  EXPECT_EQ(link.stack.digest(), fresh);
}

TEST_F(DhcpClient, parameters_that_change_with_a_renewal_are_taken_over) {
  bind();
  const std::uint32_t version = client->status().version;
  edit = [](ServerMessage& message) {
    message = ServerMessage(MessageType::ack, load32(message.bytes.data() + 4));
    message.yiaddr(first_address).address(54, server_address).u32(51, 1200);
    message.address(1, IpAddress::v4(255, 255, 0, 0)).address(6, other_server);
  };
  link.run_until(client->status().renew_at + Duration::seconds(1));
  EXPECT_NE(client->status().version, version);
  EXPECT_EQ(client->status().lease->prefix.length, 16);
  EXPECT_EQ(client->status().lease->dns_servers[0], other_server);
  EXPECT_FALSE(has_default_route());
  EXPECT_EQ(addresses(), 1u);
  EXPECT_TRUE(has_address());
}

TEST_F(DhcpClient, router_outside_of_the_subnet_is_no_default_route) {
  edit = [](ServerMessage& message) {
    message = ServerMessage(static_cast<MessageType>(message.bytes[242]), load32(message.bytes.data() + 4));
    message.yiaddr(first_address).address(54, server_address).u32(51, 1200);
    message.address(1, IpAddress::v4(255, 255, 255, 0)).option(3, {10, 0, 0, 1, 192, 0, 2, 1});
  };
  bind();
  EXPECT_TRUE(has_default_route()) << "the second router is inside";
}

TEST_F(DhcpClient, start_needs_a_socket) {
  std::vector<udp::SocketHandle> all;
  while (const auto socket = link.stack.udp().open()) all.push_back(*socket);
  EXPECT_FALSE(client->start(link.now));
  EXPECT_EQ(state(), State::stopped);
  link.stack.udp().close(all.back());
  EXPECT_TRUE(client->start(link.now));
  EXPECT_TRUE(client->start(link.now)) << "once is enough";
}

TEST_F(DhcpClient, late_polls_act_once) {
  bind();
  link.now = client->status().expires_at + Duration::seconds(1000);
  link.run_for(Duration::seconds(5));
  EXPECT_EQ(sent_of(MessageType::discover).size(), 1u);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpClient, clock_near_its_start_and_far_from_it) {
  for (const std::int64_t start : {0LL, (1LL << 31) - 1, (1LL << 32) - 1, 4294967295000000LL, 1LL << 61}) {
    link.now = Instant::from_microseconds(start);
    sent.clear();
    bind();
    link.run_until(client->status().renew_at + Duration::seconds(1));
    EXPECT_EQ(sent.size(), 1u);
    EXPECT_EQ(state(), State::bound);
    client->stop(link.now, false);
  }
}

}  // namespace
}  // namespace linnet::dhcp::test
