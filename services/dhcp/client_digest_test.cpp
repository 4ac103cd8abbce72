// SPDX-License-Identifier: Apache-2.0
// What a client's digest tells apart: each of these clients differs from its like in one thing alone.
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

constexpr Prefix own{IpAddress::v4(192, 0, 2, 9), 24};

/// One that is told what to do by a test, always with the same random numbers.
class Subject : public DhcpTest {
 public:
  Subject() { answers = false; }
  Digest::Value digest() const {
    Digest digest;
    client->digest(digest);
    return digest.value();
  }
  /// Asks for parameters, and is told them.
  void be_informed() {
    ASSERT_TRUE(link.stack.ip().add_address(link.interface, own, false, link.now));
    ASSERT_TRUE(client->inform(link.now));
    link.run_for(Duration::seconds(1));
    ServerMessage ack(MessageType::ack, sent.back().xid);
    send(ack.ciaddr(own.address).address(54, server_address), server_address, own.address);
    link.run_for(Duration::seconds(1));
    ASSERT_EQ(state(), State::informed);
  }
  /// Asks for an address that it is offered, is refused it, and asks again.
  void request_again_after_a_refusal() {
    on_message = [this](const Sent& message) {
      if (message.type == MessageType::discover) send(reply(MessageType::offer, message.xid));
      if (message.type == MessageType::request && sent_of(MessageType::request).size() == 1) {
        send(reply(MessageType::nak, message.xid));
      }
    };
    ASSERT_TRUE(client->start(link.now));
    link.run_for(Duration::seconds(1));
    ASSERT_EQ(state(), State::requesting);
    ASSERT_EQ(sent_of(MessageType::request).size(), 2u);
  }

  using DhcpTest::client;
  using DhcpTest::link;
  using DhcpTest::reply;
  using DhcpTest::send;
  using DhcpTest::sent;
  using DhcpTest::state;

 private:
  void TestBody() override {}
};

TEST(DhcpDigest, RFC2131_4_1_of_the_transaction) {
  Subject subject;
  ASSERT_TRUE(subject.client->start(subject.link.now));
  subject.link.run_for(Duration::seconds(1));
  const auto first = subject.digest();
  subject.client->stop(subject.link.now, false);
  ASSERT_TRUE(subject.client->start(subject.link.now));
  subject.link.run_for(Duration::seconds(1));
  ASSERT_NE(subject.sent.at(1).xid, subject.sent.at(0).xid);
  EXPECT_FALSE(subject.digest() == first) << "an answer to the one is none to the other";
}

TEST(DhcpDigest, RFC2131_4_4_3_of_the_state) {
  Subject subject;
  ASSERT_TRUE(subject.link.stack.ip().add_address(subject.link.interface, own, false, subject.link.now));
  ASSERT_TRUE(subject.client->inform(subject.link.now));
  subject.link.run_for(Duration::seconds(40));
  ASSERT_EQ(subject.sent.size(), 4u);
  ASSERT_EQ(subject.state(), State::informing);
  const auto informing = subject.digest();
  subject.link.run_for(Duration::seconds(40));
  ASSERT_EQ(subject.sent.size(), 4u);
  ASSERT_EQ(subject.state(), State::uninformed);
  EXPECT_FALSE(subject.digest() == informing) << "an answer is waited for no more";
}

TEST(DhcpDigest, RFC2131_3_4_of_whether_parameters_are_in_force) {
  Subject kept;
  kept.be_informed();
  kept.client->link_changed(false, kept.link.now);
  kept.client->link_changed(true, kept.link.now);
  kept.client->poll(kept.link.now);
  Subject gone;
  gone.be_informed();
  gone.link.stack.ip().remove_address(gone.link.interface, own.address);
  gone.client->poll(gone.link.now);
  ASSERT_TRUE(gone.link.stack.ip().add_address(gone.link.interface, own, false, gone.link.now));
  gone.client->poll(gone.link.now);
  ASSERT_EQ(kept.state(), State::informing);
  ASSERT_EQ(gone.state(), State::informing);
  ASSERT_NE(kept.client->status().lease, nullptr);
  ASSERT_EQ(gone.client->status().lease, nullptr);
  EXPECT_FALSE(kept.digest() == gone.digest());
}

TEST(DhcpDigest, RFC2131_3_1_of_the_failures_that_are_to_be_waited_for) {
  Subject refused;
  refused.request_again_after_a_refusal();
  refused.send(refused.reply(MessageType::nak, refused.sent.back().xid));
  refused.link.run_for(Duration::milliseconds(1));
  ASSERT_EQ(refused.state(), State::init) << "it waits";
  refused.client->link_changed(false, refused.link.now);
  Subject cut;
  cut.request_again_after_a_refusal();
  cut.client->link_changed(false, cut.link.now);
  ASSERT_EQ(cut.state(), State::init);
  EXPECT_FALSE(refused.digest() == cut.digest());
}

}  // namespace
}  // namespace linnet::dhcp::test
