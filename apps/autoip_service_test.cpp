// SPDX-License-Identifier: Apache-2.0
// Link-local addresses and DHCP together: RFC 3927 1.9 and 2.11.
#include "apps/autoip_service.hpp"

#include "services/dhcp/test_server.hpp"

namespace linnet::apps {
namespace {

struct AutoipServiceTest : dhcp::test::DhcpTest {
  AutoipServiceTest() : service(link.stack, link.interface, *client, 2) {
    link.service = [this](Instant now) {
      const Instant next = client->poll(now);
      return earlier(next, service.poll(now));
    };
  }
  AutoipService service;
};

TEST_F(AutoipServiceTest, BeginsAfterTwoQuestionsWithoutAnAnswer) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  while (sent.size() < 3) {
    EXPECT_EQ(service.status().state, autoip::State::stopped);
    link.run_for(Duration::seconds(1));
    ASSERT_LT(link.now, Instant::from_microseconds(60000000));
  }
  EXPECT_EQ(service.status().state, autoip::State::probing);
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(service.status().state, autoip::State::bound);
  EXPECT_TRUE(has_address(service.status().address));
}

TEST_F(AutoipServiceTest, DhcpGoesOnAskingAndTakesOver) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(120));
  ASSERT_EQ(service.status().state, autoip::State::bound);
  const std::size_t before = sent.size();
  EXPECT_EQ(sent.back().frame.source.address, IpAddress::any_v4())
      << "RFC 2131 4.1: not from the link-local one";
  answers = true;
  link.run_for(Duration::seconds(70));
  EXPECT_GT(sent.size(), before);
  EXPECT_TRUE(has_address());
  EXPECT_EQ(service.status().state, autoip::State::stopped);
  EXPECT_EQ(addresses(), 1u);
}

TEST_F(AutoipServiceTest, WithAServerThereIsNone) {
  bind();
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(service.status().state, autoip::State::stopped);
  EXPECT_EQ(addresses(), 1u);
}

TEST_F(AutoipServiceTest, StoppedWithDhcp) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(60));
  client->stop(link.now, true);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(addresses(), 0u);
}

}  // namespace
}  // namespace linnet::apps
