// SPDX-License-Identifier: Apache-2.0
// RFC 2131 Table 5: secs, client identifier and source of what a client sends.
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

class DhcpSent : public DhcpTest {};

TEST_F(DhcpSent, RFC2131_4_4_1_the_request_has_the_secs_of_the_discover_that_was_answered) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(9));
  const std::vector<Sent> discovers = sent_of(MessageType::discover);
  ASSERT_EQ(discovers.size(), 2u);
  ASSERT_GE(discovers[1].message().secs(), 3);
  send(reply(MessageType::offer, discovers[1].xid));
  link.run_for(Duration::seconds(1));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  ASSERT_EQ(requests.size(), 1u);
  ASSERT_GE(requests[0].at - discovers[1].at, Duration::seconds(2));
  EXPECT_EQ(requests[0].message().secs(), discovers[1].message().secs());
}

TEST_F(DhcpSent, RFC2131_Table_5_secs_count_from_when_the_client_began) {
  answers = false;
  ASSERT_TRUE(client->start(link.now, first_address));
  link.run_for(Duration::seconds(6));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].message().secs(), 0);
  EXPECT_GE(sent[1].message().secs(), 3) << "INIT-REBOOT";
  client->stop(link.now, false);

  answers = true;
  bind();
  answers = false;
  const Instant t1 = client->status().renew_at;
  link.run_until(client->status().rebind_at);
  ASSERT_GE(sent.size(), 2u);
  for (const Sent& request : sent) {
    EXPECT_EQ(request.message().secs(), (request.at - t1).as_seconds()) << "RENEWING, REBINDING";
  }
}

TEST_F(DhcpSent, RFC2131_Table_5_a_decline) {
  Config config;
  config.probe = Probe::arp_check;
  config.broadcast = true;
  make_client(config);
  link.stations[first_address] = {{0x02, 0, 0, 0, 0, 0x77}};
  on_message = [this](const Sent& message) {
    answers = message.type != MessageType::discover || message.message().secs() >= 3;  // the second one
  };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(7));
  const std::vector<Sent> declines = sent_of(MessageType::decline);
  ASSERT_EQ(declines.size(), 1u);
  const Sent& decline = declines[0];
  EXPECT_NE(decline.xid, 0u);
  for (const MessageType type : {MessageType::discover, MessageType::request})
    EXPECT_NE(decline.xid, sent_of(type).at(0).xid) << "an exchange of its own";
  EXPECT_EQ(decline.message().secs(), 0);
  EXPECT_EQ(decline.message().flags(), 0);
  EXPECT_TRUE(decline.message().ciaddr().is_unspecified());
  EXPECT_EQ(decline.address(50), first_address);
  EXPECT_EQ(decline.address(54), server_address);
  EXPECT_EQ(decline.value(61), (Buffer{1, 2, 0, 0, 0, 0, 1})) << "4.2: the same in every message";
  EXPECT_FALSE(decline.has(55));
  EXPECT_EQ(decline.frame.destination, (Endpoint{IpAddress::broadcast_v4(), 67})) << "4.4.4";
  EXPECT_TRUE(decline.frame.source.address.is_unspecified());
}

TEST_F(DhcpSent, RFC2131_Table_5_a_release_is_an_exchange_of_its_own) {
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(5));
  ASSERT_NE(client->status().lease, nullptr);
  client->stop(link.now, true);
  link.run_for(Duration::seconds(1));
  const std::vector<Sent> releases = sent_of(MessageType::release);
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_NE(releases[0].xid, 0u);
  EXPECT_NE(releases[0].xid, sent_of(MessageType::request).at(0).xid);
  EXPECT_EQ(releases[0].message().secs(), 0) << "Table 5";
}

TEST_F(DhcpSent, RFC2131_4_4_5_a_renewal_comes_from_the_leased_address) {
  bind();
  // Another address has more bits in common with the server's.
  ASSERT_TRUE(
      link.stack.ip().add_address(link.interface, {IpAddress::v4(192, 0, 2, 9), 28}, false, link.now));
  link.run_until(client->status().renew_at + Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].frame.destination.address, server_address);
  EXPECT_EQ(sent[0].frame.source.address, first_address);
}

}  // namespace
}  // namespace linnet::dhcp::test
