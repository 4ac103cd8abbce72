// SPDX-License-Identifier: Apache-2.0
// What a client does where there is no room, nobody answers for long, or its owner does something else.
#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

class DhcpLimits : public DhcpTest {
 protected:
  std::size_t sockets() {
    std::size_t count = 0;
    link.stack.udp().for_each([&count](const udp::SocketView&) { ++count; });
    return count;
  }
  Digest::Value digest() const {
    Digest digest;
    client->digest(digest);
    return digest.value();
  }
};

TEST_F(DhcpLimits, without_memory_or_port_68_it_does_not_start) {
  Arena nothing{MutableBytes()};
  Client poor(link.stack, link.interface, fast_config(), nothing);
  EXPECT_FALSE(poor.start(link.now));
  EXPECT_FALSE(poor.inform(link.now));
  const auto other = link.stack.udp().open();
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(link.stack.udp().bind(*other, {IpAddress::any_v4(), client_port}, false).ok());
  EXPECT_FALSE(client->start(link.now));
  EXPECT_FALSE(client->inform(link.now));
  EXPECT_EQ(state(), State::stopped);
  EXPECT_EQ(sockets(), 1u) << "what failed holds no socket";
  link.stack.udp().close(*other);
  EXPECT_TRUE(client->inform(link.now));
}

TEST_F(DhcpLimits, calls_that_mean_nothing_do_nothing) {
  const auto stopped = digest();
  client->release(link.now);
  client->link_changed(false, link.now);
  client->link_changed(true, link.now);
  client->stop(link.now, true);
  EXPECT_TRUE(digest() == stopped) << "of one that does not run";
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  const auto selecting = digest();
  client->release(link.now);
  client->link_changed(true, link.now);
  EXPECT_TRUE(client->inform(link.now)) << "it runs";
  EXPECT_TRUE(digest() == selecting);
  EXPECT_EQ(sent.size(), 1u) << "nothing to be released";
}

TEST_F(DhcpLimits, RFC2131_4_4_6_without_a_link_nothing_is_released) {
  bind();
  client->link_changed(false, link.now);
  client->stop(link.now, true);
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(sent.empty());
}

TEST_F(DhcpLimits, RFC2131_3_1_5_without_a_link_nothing_is_declined) {
  bind();
  client->link_changed(false, link.now);
  for (int i = 0; i < 3; ++i) {
    link.inject_arp(
        {.sender_mac = {{0x02, 0, 0, 0, 0, 0x77}}, .sender = first_address, .target = first_address}, {},
        MacAddress::broadcast());
    link.run_for(Duration::seconds(1));
  }
  EXPECT_FALSE(has_address()) << "RFC 5227 2.4: it is given up all the same";
  EXPECT_EQ(client->status().conflicts, 1u);
  EXPECT_TRUE(sent.empty());
}

TEST_F(DhcpLimits, RFC2132_9_14_client_identifiers_of_another_size_give_way_to_the_mac_address) {
  const Buffer by_mac = {1, 2, 0, 0, 0, 0, 1};
  for (const std::size_t size : {1u, 2u, 32u, 33u}) {
    const Buffer id(size, 9);
    Config config = fast_config();
    config.client_id = id;
    make_client(config);
    sent.clear();
    ASSERT_TRUE(client->start(link.now));
    link.run_for(Duration::milliseconds(1));
    EXPECT_EQ(sent.at(0).value(61), size == 2 || size == 32 ? id : by_mac) << size;
  }
}

TEST_F(DhcpLimits, RFC2132_9_10_the_largest_message_is_announced_within_bounds) {
  const std::pair<int, int> rows[] = {{0, 576},     {575, 576},   {576, 576},
                                      {1472, 1472}, {1473, 1472}, {65535, 1472}};
  for (const auto& [configured, announced] : rows) {
    Config config = fast_config();
    config.message_size = static_cast<std::uint16_t>(configured);
    make_client(config);
    sent.clear();
    ASSERT_TRUE(client->start(link.now));
    link.run_for(Duration::milliseconds(1));
    EXPECT_EQ(sent.at(0).message().u16(57), announced);
  }
}

TEST_F(DhcpLimits, a_message_that_the_owners_options_make_too_large_is_not_sent) {
  Config config = fast_config();
  config.message_size = 576;
  config.option_bytes = 600;
  make_client(config);
  ASSERT_TRUE(client->set_option(43, Buffer(255, 1)));
  ASSERT_TRUE(client->set_option(77, Buffer(255, 1)));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(state(), State::selecting);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(client->status().sent, 0u);
  ASSERT_TRUE(client->set_option(77, {}));
  link.run_for(Duration::seconds(70));
  EXPECT_EQ(state(), State::bound) << "it goes on by the same timer";
}

TEST_F(DhcpLimits, a_stack_without_room_for_the_address_is_asked_for_it_again) {
  std::vector<IpAddress> all;
  for (std::uint8_t i = 0;; ++i) {
    const IpAddress address = IpAddress::v4(10, 0, 0, i);
    if (!link.stack.ip().add_address(link.interface, {address, 8}, false, link.now)) break;
    all.push_back(address);
  }
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(60));
  EXPECT_NE(state(), State::bound);
  EXPECT_EQ(client->status().lease, nullptr);
  EXPECT_LE(sent.size(), 20u) << "and the server not as fast as it answers";
  link.stack.ip().remove_address(link.interface, all.back());
  link.run_for(Duration::seconds(70));
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
}

TEST_F(DhcpLimits, an_address_that_the_owner_takes_away_is_not_sent_from) {
  bind();
  const std::uint32_t before = client->status().sent;
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, first_address));
  link.run_until(bound_request + Duration::seconds(1900));
  EXPECT_EQ(state(), State::renewing);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(client->status().sent, before) << "counted is what was sent";
}

TEST_F(DhcpLimits, RFC2131_4_1_unanswered_for_long_it_asks_about_once_a_minute) {
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(40 * 64));
  EXPECT_EQ(client->status().attempts, 16) << "counted so far";
  ASSERT_GT(sent.size(), 30u);
  for (std::size_t i = 6; i < sent.size(); ++i) {
    EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(63));
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(65));
    EXPECT_EQ(sent[i].xid, sent[0].xid) << "so that a late offer still counts";
  }
}

TEST_F(DhcpLimits, refused_for_long_it_asks_about_once_a_minute) {
  refuses = true;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(40 * 64));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  ASSERT_GT(requests.size(), 30u);
  for (std::size_t i = 8; i < requests.size(); ++i) {
    EXPECT_GE(requests[i].at - requests[i - 1].at, Duration::seconds(63));
    EXPECT_LE(requests[i].at - requests[i - 1].at, Duration::seconds(66));
  }
}

TEST_F(DhcpLimits, a_flood_is_read_a_bounded_number_at_a_time) {
  bind();
  const std::uint32_t before = client->status().ignored;
  for (int i = 0; i < 20; ++i) send(ServerMessage(MessageType::ack, 99));
  link.stack.poll(link.now);
  EXPECT_EQ(client->poll(link.now), link.now) << "again at once";
  EXPECT_EQ(client->status().ignored, before + 8);
  link.run_for(Duration::milliseconds(1));
  EXPECT_EQ(client->status().ignored, before + 20);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpLimits, the_default_route_is_a_setting) {
  Config config = fast_config();
  config.default_route = false;
  make_client(config);
  bind();
  EXPECT_FALSE(has_default_route());
  EXPECT_EQ(client->status().lease->routers.size(), 1u) << "whoever wants it knows";
}

TEST_F(DhcpLimits, RFC2131_Table3_ciaddr_of_an_ack_is_zero_or_the_address) {
  bind();
  edit = [](ServerMessage& message) { message.ciaddr(first_address); };
  link.run_until(bound_request + Duration::seconds(1900));
  EXPECT_EQ(state(), State::bound);
  EXPECT_GT(client->status().expires_at, bound_request + Duration::seconds(3600)) << "renewed";
}

TEST_F(DhcpLimits, RFC4039_an_ack_that_cannot_be_used_leaves_the_discovery_as_it_was) {
  Config config = fast_config();
  config.rapid_commit = true;
  make_client(config);
  answers = false;
  bool good = false;
  on_message = [&](const Sent& message) {
    if (message.type != MessageType::discover) return;
    ServerMessage ack = reply(MessageType::ack, message.xid).option(80, {});
    if (!good) ack.yiaddr(IpAddress::broadcast_v4());
    send(ack);
  };
  ASSERT_TRUE(client->start(link.now));
  const auto selecting = [&] {
    link.run_for(Duration::milliseconds(100));
    return state() == State::selecting && client->status().lease == nullptr && addresses() == 0;
  };
  EXPECT_TRUE(selecting());
  good = true;
  link.run_for(Duration::seconds(6));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(DhcpLimits, RFC8925_an_ack_to_discover_may_prefer_ipv6_too) {
  Config config = fast_config();
  config.rapid_commit = config.ipv6_only = true;
  make_client(config);
  answers = false;
  on_message = [&](const Sent& message) {
    send(reply(MessageType::ack, message.xid).option(80, {}).u32(108, 900));
  };
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(890));
  EXPECT_EQ(state(), State::init);
  EXPECT_EQ(addresses(), 0u);
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(DhcpLimits, RFC2131_3_4_an_address_that_is_still_being_looked_for_is_not_told) {
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {first_address, 24}, true, link.now));
  ASSERT_TRUE(client->inform(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(sent.empty()) << "RFC 5227 2.1";
  link.run_for(Duration::seconds(10));
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent[0].message().ciaddr(), first_address);
}

TEST_F(DhcpLimits, RFC2131_3_4_an_answer_that_comes_when_the_address_is_gone_means_nothing) {
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {first_address, 24}, false, link.now));
  ASSERT_TRUE(client->inform(link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(state(), State::informing);
  Random guess = link.stack.random();  // somebody who knows what the next question's xid will be
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, first_address));
  client->poll(link.now);
  const std::uint32_t ignored = client->status().ignored;
  for (int i = 0; i < 7; ++i)
    send(ServerMessage(MessageType::ack, guess.next32()).address(54, server_address));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::informing);
  EXPECT_EQ(client->status().lease, nullptr);
  EXPECT_EQ(client->status().ignored, ignored + 7);
}

TEST_F(DhcpLimits, RFC2131_4_4_5_it_is_not_asked_again_within_a_minute_nor_in_the_minute_before_T2) {
  struct Row {
    std::uint32_t t2;
    std::vector<std::int64_t> asked;  // seconds from the lease's beginning
  };
  const Row rows[] = {
      {1920, {1800, 1860, 1920}},  // a minute after T1, which is a minute before T2
      {1919, {1800, 1919}},
      {1922, {1800, 1861, 1922}},
      {2040, {1800, 1920, 1980, 2040}},  // half of the time that is left, then a minute
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.t2);
    edit = [&](ServerMessage& message) { message.u32(58, 1800).u32(59, row.t2); };
    answers = true;
    bind();
    answers = false;
    link.run_until(bound_request + Duration::seconds(row.t2 + 5));
    ASSERT_EQ(sent.size(), row.asked.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(sent[i].at - bound_request, Duration::seconds(row.asked[i]));
      const bool last = i + 1 == sent.size();
      EXPECT_EQ(sent[i].frame.destination.address, last ? IpAddress::broadcast_v4() : server_address);
    }
    client->stop(link.now, false);
    sent.clear();
  }
}

struct Told {
  IpAddress address = first_address;
  IpAddress mask = IpAddress::v4(255, 255, 255, 0);
  IpAddress server = server_address;
  IpAddress router = server_address;
  IpAddress dns_server = server_address;
  std::uint16_t mtu = 1400;
};

/// A client like the others, but for what its server says.
class DhcpOther : public DhcpLimits {
 public:
  Digest::Value bound(const Told& told) {
    answers = false;
    on_message = [&](const Sent& message) {
      const bool asks = message.type == MessageType::discover;
      send(ServerMessage(asks ? MessageType::offer : MessageType::ack, message.xid)
               .yiaddr(told.address)
               .u32(51, 3600)
               .address(1, told.mask)
               .address(54, told.server)
               .address(3, told.router)
               .address(6, told.dns_server)
               .u16(26, told.mtu));
    };
    client->start(link.now);
    link.run_for(Duration::seconds(12));
    EXPECT_EQ(state(), State::bound);
    return digest();
  }

 private:
  void TestBody() override {}
};

TEST_F(DhcpLimits, a_digest_is_of_the_lease) {
  struct Row {
    const char* name;
    Told told;
  };
  const Row rows[] = {
      {"another address", {.address = IpAddress::v4(192, 0, 2, 51)}},
      {"another mask", {.mask = IpAddress::v4(255, 255, 0, 0)}},
      {"another server", {.server = other_server}},
      {"another router", {.router = other_server}},
      {"another name server", {.dns_server = other_server}},
      {"another MTU", {.mtu = 1401}},
  };
  const Digest::Value usual = DhcpOther().bound({});
  EXPECT_TRUE(DhcpOther().bound({}) == usual);
  for (const Row& row : rows) EXPECT_FALSE(DhcpOther().bound(row.told) == usual) << row.name;
}

TEST_F(DhcpLimits, a_digest_is_of_the_link_and_of_the_messages_sent) {
  Config late = fast_config();
  late.startup_delay = Duration::seconds(3000);
  make_client(late);
  answers = false;
  ASSERT_TRUE(client->start(link.now));
  const Digest::Value waiting = digest();
  client->link_changed(false, link.now);
  ASSERT_EQ(state(), State::init);
  EXPECT_FALSE(digest() == waiting) << "for a link";
  client->link_changed(true, link.now);
  link.run_for(Duration::seconds(1));
  const Digest::Value asked = digest();
  link.run_for(Duration::seconds(6));
  ASSERT_EQ(state(), State::selecting);
  EXPECT_FALSE(digest() == asked) << "twice";
}

TEST_F(DhcpLimits, begun_again_the_first_refusal_is_not_waited_for) {
  refuses = true;
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1000));
  client->stop(link.now, false);
  sent.clear();
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(10));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  const std::vector<Sent> discovers = sent_of(MessageType::discover);
  ASSERT_EQ(discovers.size(), 3u);
  EXPECT_LT(discovers[1].at - requests.at(0).at, Duration::milliseconds(100));
  EXPECT_GE(discovers[2].at - requests.at(1).at, Duration::seconds(3)) << "the second is: RFC 2131 4.1";
}

}  // namespace
}  // namespace linnet::dhcp::test
