// SPDX-License-Identifier: Apache-2.0
// A host with an address of its own asks for parameters (RFC 2131 3.4, 4.4.3).
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

constexpr Prefix own{IpAddress::v4(192, 0, 2, 9), 24};

class DhcpInform : public DhcpTest {
 protected:
  DhcpInform() {
    on_message = [this](const Sent& message) {
      if (message.type == MessageType::inform && informs)
        send(information(message.xid), server_address, own.address);
    };
  }
  ServerMessage information(std::uint32_t xid) const {
    ServerMessage message(MessageType::ack, xid);
    message.ciaddr(own.address).address(54, server_address).address(1, IpAddress::v4(255, 255, 0, 0));
    message.address(3, server_address).address(6, server_address).address(42, other_server).u16(26, 1400);
    return message;
  }
  void begin() {
    ASSERT_TRUE(link.stack.ip().add_address(link.interface, own, false, link.now));
    ASSERT_TRUE(client->inform(link.now));
    link.run_for(Duration::seconds(1));
  }

  bool informs = true;
};

TEST_F(DhcpInform, RFC2131_Table5_the_fields_of_DHCPINFORM) {
  informs = false;
  begin();
  ASSERT_EQ(sent.size(), 1u);
  const Sent& inform = sent[0];
  EXPECT_EQ(inform.type, MessageType::inform);
  EXPECT_EQ(inform.frame.source, (Endpoint{own.address, 68}));
  EXPECT_EQ(inform.frame.destination, (Endpoint{IpAddress::broadcast_v4(), 67}))
      << "4.4.3: no server is known";
  const Message message = inform.message();
  EXPECT_EQ(message.ciaddr(), own.address) << "4.4.3";
  EXPECT_EQ(message.flags(), 0);
  EXPECT_NE(message.xid(), 0u);
  for (const IpAddress& address : {message.yiaddr(), message.siaddr(), message.giaddr()}) {
    EXPECT_TRUE(address.is_unspecified());
  }
  for (const std::uint8_t forbidden : {option::requested_address, option::lease_time, option::server_id})
    EXPECT_FALSE(inform.has(forbidden)) << int{forbidden};
  EXPECT_EQ(inform.value(55), (Buffer{1, 3, 6, 12, 15, 119, 26, 42})) << "4.4.3: no times of a lease";
  EXPECT_EQ(inform.value(61), (Buffer{1, 2, 0, 0, 0, 0, 1})) << "RFC 4361 6.1: in each message";
}

TEST_F(DhcpInform, RFC2131_Table5_who_has_an_address_asks_for_no_broadcast) {
  Config config = fast_config();
  config.broadcast = true;
  make_client(config);
  begin();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].message().flags(), 0);
}

TEST_F(DhcpInform, RFC2131_3_4_parameters_are_taken_over_and_the_address_stays_the_owners) {
  begin();
  EXPECT_EQ(state(), State::informed);
  const Status status = client->status();
  ASSERT_NE(status.lease, nullptr);
  EXPECT_EQ(status.lease->prefix, own) << "a mask that a server tells does not count";
  EXPECT_EQ(status.lease->server, server_address);
  EXPECT_EQ(status.lease->dns_servers[0], server_address);
  EXPECT_EQ(status.lease->ntp_servers[0], other_server);
  EXPECT_EQ(status.lease->mtu, 1400);
  EXPECT_TRUE(status.expires_at.is_never());
  EXPECT_EQ(status.attempts, 0) << "none in this state";
  EXPECT_EQ(status.received, 1u);
  EXPECT_EQ(status.ignored, 0u);
  EXPECT_NE(status.version, 0u) << "they have come";
  EXPECT_TRUE(has_default_route());
  EXPECT_TRUE(client->poll(link.now).is_never()) << "nothing is due any more";
  link.run_for(Duration::seconds(100000));
  EXPECT_EQ(sent.size(), 1u) << "4.4.3: finished";
  const std::uint32_t version = client->status().version;
  client->stop(link.now, true);
  EXPECT_EQ(sent_of(MessageType::release).size(), 0u) << "there is no lease to give back";
  EXPECT_NE(client->status().version, version);
  EXPECT_EQ(client->status().lease, nullptr);
  EXPECT_FALSE(has_default_route());
  EXPECT_TRUE(has_address(own.address));
}

TEST_F(DhcpInform, RFC2131_4_4_3_four_tries_in_a_minute_and_then_without) {
  informs = false;
  begin();
  link.run_for(Duration::seconds(200));
  ASSERT_EQ(sent.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(sent[i].xid, sent[0].xid) << "a late answer counts";
  EXPECT_GE(sent[3].at - sent[0].at, Duration::seconds(4 + 8 + 16 - 3));
  EXPECT_LE(sent[3].at - sent[0].at, Duration::seconds(4 + 8 + 16 + 3));
  EXPECT_EQ(state(), State::uninformed);
  EXPECT_EQ(client->status().lease, nullptr);
  EXPECT_TRUE(has_address(own.address));
  send(information(sent[3].xid), server_address, own.address);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::uninformed);
}

TEST_F(DhcpInform, RFC2131_4_4_3_only_an_answer_to_our_own_question_counts) {
  informs = false;
  begin();
  const std::uint32_t xid = sent.at(0).xid;
  const auto ignored = [&](const ServerMessage& message, const char* why) {
    send(message, server_address, own.address);
    link.run_for(Duration::milliseconds(10));
    EXPECT_EQ(state(), State::informing) << why;
  };
  ignored(information(xid + 1), "another xid");
  ignored(information(xid).mac({{2, 0, 0, 0, 0, 7}}), "another's hardware address");
  ignored(information(xid).ciaddr(first_address), "another's address");
  ServerMessage anonymous(MessageType::ack, xid);
  ignored(anonymous.ciaddr(own.address), "no server identifier (Table 3: MUST)");
  ServerMessage loop(MessageType::ack, xid);
  ignored(loop.address(54, server_address).address(3, own.address), "we would be our own router");
  ignored(reply(MessageType::nak, xid), "DHCPNAK");
  ignored(reply(MessageType::offer, xid), "DHCPOFFER");
  EXPECT_EQ(client->status().ignored, 7u);
  send(information(xid).yiaddr(first_address), server_address, own.address);
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(state(), State::informed);
  EXPECT_EQ(client->status().lease->prefix, own) << "4.3.5: yiaddr does not count";
}

TEST_F(DhcpInform, a_link_that_is_up_again_is_asked_anew_and_the_parameters_stay_meanwhile) {
  begin();
  ASSERT_EQ(state(), State::informed);
  informs = false;
  link.device.up = false;
  link.run_for(Duration::seconds(100));
  EXPECT_EQ(state(), State::informing);
  EXPECT_EQ(sent.size(), 1u) << "nothing is sent without a link";
  link.device.up = true;
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[1].xid, sent[0].xid);
  EXPECT_EQ(sent[1].message().secs(), 0) << "Table 5: since it began anew";
  EXPECT_TRUE(has_default_route());
  link.run_for(Duration::seconds(100));
  EXPECT_EQ(state(), State::uninformed);
  EXPECT_TRUE(has_default_route()) << "with those of before";
}

TEST_F(DhcpInform, what_is_told_anew_takes_the_place_of_what_was_told_before) {
  begin();
  ASSERT_TRUE(has_default_route());
  informs = false;
  on_message = [this](const Sent& message) {
    ServerMessage without_router(MessageType::ack, message.xid);
    send(without_router.ciaddr(own.address).address(54, server_address), server_address, own.address);
  };
  link.device.up = false;
  link.run_for(Duration::seconds(1));
  link.device.up = true;
  const std::uint32_t version = client->status().version;
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(state(), State::informed);
  EXPECT_EQ(client->status().lease->routers.size(), 0u);
  EXPECT_FALSE(has_default_route());
  EXPECT_EQ(link.stack.ip().path(server_address)->mtu, 1500);
  EXPECT_NE(client->status().version, version);
}

TEST_F(DhcpInform, the_owners_address_is_waited_for_and_another_one_is_asked_for_anew) {
  ASSERT_TRUE(client->inform(link.now));
  link.run_for(Duration::seconds(100));
  EXPECT_EQ(state(), State::informing);
  EXPECT_EQ(sent.size(), 0u);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, own, false, link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::informed);
  informs = false;
  link.stack.ip().remove_address(link.interface, own.address);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(client->status().lease, nullptr);
  EXPECT_EQ(sent.size(), 1u);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {first_address, 24}, false, link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1].message().ciaddr(), first_address);
}

TEST_F(DhcpInform, further_options_and_those_of_the_owner) {
  Config config = fast_config();
  config.requested_options.add(66);
  config.kept_option_bytes = 24;
  config.option_bytes = 8;
  make_client(config);
  ASSERT_TRUE(client->set_option(77, Buffer{3, 'c', 'a', 'r'}));
  informs = false;
  begin();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].value(77), (Buffer{3, 'c', 'a', 'r'}));
  send(information(sent[0].xid).text(66, "tftp"), server_address, own.address);
  link.run_for(Duration::milliseconds(10));
  ASSERT_TRUE(client->option(66));
  EXPECT_EQ(client->option(66)->size(), 4u);
}

}  // namespace
}  // namespace linnet::dhcp::test
