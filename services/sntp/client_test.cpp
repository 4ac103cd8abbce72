// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

TEST_F(SntpTest, one_server_gives_the_time) {
  start();
  EXPECT_FALSE(client->unix_time(link.now));
  EXPECT_EQ(client->status(link.now).progress, Progress::none);
  link.run_for(Duration::seconds(1));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(error(), Duration());
  const Status status = client->status(link.now);
  EXPECT_EQ(status.server, server_at(0));
  EXPECT_EQ(status.stratum, 2);
  EXPECT_EQ(status.delay, Duration::milliseconds(20));
  EXPECT_EQ(status.version, 1u);
  EXPECT_EQ(status.progress, Progress::complete);
  EXPECT_EQ(server_status(0).reach, 1);
  EXPECT_EQ(server_status(0).opinion, Opinion::chosen);
}

TEST_F(SntpTest, RFC4330_5_a_request_tells_nothing_of_us) {
  start();
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(servers[server_at(0)].requests.size(), 1u);
  const Buffer& bytes = servers[server_at(0)].requests[0].payload;
  ASSERT_EQ(bytes.size(), 48u);
  EXPECT_EQ(bytes[0], 0x23) << "leap 0, version 4, mode 3";
  for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(bytes[i], 0) << i;
}

TEST_F(SntpTest, RFC4330_10_a_random_wait_at_the_start) {
  Config config;
  config.startup_delay = Duration::seconds(5);
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    make_client(config);
    servers.clear();
    const Instant from = link.now;
    start();
    link.run_for(Duration::seconds(6));
    ASSERT_EQ(requests(), 1u);
    waits.push_back((servers[server_at(0)].requests[0].at - from).as_milliseconds());
    EXPECT_LE(waits.back(), 5000);
  }
  std::sort(waits.begin(), waits.end());
  EXPECT_GT(waits.back() - waits.front(), 500);
}

TEST_F(SntpTest, RFC4330_10_never_more_often_than_every_15_seconds) {
  Config config = quick();
  config.interval = Duration::seconds(1);
  config.first_retry = Duration::seconds(1);
  make_client(config);
  for (const bool answers : {true, false}) {
    servers[server_at(0)].answers = answers;
    start();
    for (int i = 0; i < 100; ++i) {
      client->synchronise(link.now);
      link.run_for(Duration::seconds(1));
    }
    const auto& sent = servers[server_at(0)].requests;
    ASSERT_GE(sent.size(), 4u);
    for (std::size_t i = 1; i < sent.size(); ++i) {
      EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(15));
    }
  }
}

TEST_F(SntpTest, RFC4330_10_silence_is_waited_out_longer_each_time) {
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration::seconds(4 * 3600));
  const auto& sent = servers[server_at(0)].requests;
  ASSERT_GE(sent.size(), 6u);
  EXPECT_LE(sent.size(), 12u);
  for (std::size_t i = 2; i < 6; ++i)
    EXPECT_GT(sent[i].at - sent[i - 1].at, (sent[i - 1].at - sent[i - 2].at) * 3 / 2);
  EXPECT_EQ(server_status(0).reach, 0);
  servers[server_at(0)].answers = true;
  link.run_for(Duration::seconds(3700));
  EXPECT_TRUE(synchronised());
  EXPECT_EQ(error(), Duration());
}

TEST_F(SntpTest, RFC4330_10_a_silent_server_is_replaced_by_the_next) {
  Config config = quick();
  config.compared = 1;
  make_client(config);
  servers[server_at(0)].answers = false;
  servers[server_at(1)].answers = false;
  start(3);
  link.run_for(Duration::seconds(7));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(client->status(link.now).server, server_at(2));
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(server_status(0).opinion, Opinion::silent);
}

TEST_F(SntpTest, one_that_lies_among_three_is_outvoted) {
  for (int liar = 0; liar < 3; ++liar) {
    make_client(quick());
    servers.clear();
    servers[server_at(liar)].error = Duration::seconds(300);
    servers[server_at(liar)].one_way = Duration::milliseconds(1);
    client->set_unix_time(truth() + Duration::seconds(7), link.now);
    start(3);
    link.run_for(Duration::seconds(10));
    ASSERT_TRUE(synchronised()) << liar;
    EXPECT_EQ(error(), Duration()) << liar;
    EXPECT_EQ(server_status(liar).opinion, Opinion::outvoted);
    EXPECT_EQ(server_status(liar).offset, Duration::seconds(300) + server_status((liar + 1) % 3).offset);
    EXPECT_EQ(server_status((liar + 1) % 3).offset, Duration::seconds(-7));
  }
}

TEST_F(SntpTest, two_that_disagree_are_decided_by_a_third_or_not_at_all) {
  Config config = quick();
  config.compared = 2;
  make_client(config);
  servers[server_at(0)].error = Duration::seconds(300);
  start(2);
  link.run_for(Duration::seconds(10));
  EXPECT_FALSE(synchronised());
  EXPECT_EQ(client->status(link.now).disagreements, 1u);
  client->stop();

  make_client(config);
  start(3);
  link.run_for(Duration::seconds(20));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(error(), Duration());
}

TEST_F(SntpTest, a_majority_does_not_wait_for_the_dead) {
  servers[server_at(1)].answers = false;
  start(3);
  link.run_for(Duration::milliseconds(100));
  EXPECT_TRUE(synchronised());
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(server_status(1).reach, 0);
  EXPECT_EQ(server_status(2).reach, 1);
}

TEST_F(SntpTest, names_are_resolved_and_again_when_silent) {
  names.known["time.example"] = {server_at(0), server_at(1)};
  servers[server_at(0)].answers = false;
  ASSERT_TRUE(client->set_server_name(0, "time.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(10));
  EXPECT_FALSE(synchronised());
  link.run_for(Duration::seconds(60));
  ASSERT_TRUE(synchronised()) << "by the name's other address";
  EXPECT_EQ(client->status(link.now).server, server_at(1));
  EXPECT_EQ(names.asked.size(), 2u);
  EXPECT_EQ(names.open, 0);
}

TEST_F(SntpTest, names_that_are_unknown_or_slow_are_passed_over) {
  names.pending = true;
  ASSERT_TRUE(client->set_server_name(0, "slow.example", link.now));
  ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(20));
  EXPECT_TRUE(synchronised());
  EXPECT_EQ(names.open, 0);
  EXPECT_FALSE(client->set_server_name(0, std::string(65, 'a'), link.now));
  EXPECT_FALSE(client->set_server_name(4, "a", link.now));
  EXPECT_FALSE(client->set_server(4, server_at(0), link.now));
}

TEST_F(SntpTest, the_text_of_an_address_is_no_name) {
  ASSERT_TRUE(client->set_server_name(0, "192.0.2.1", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(synchronised());
  EXPECT_TRUE(names.asked.empty());
}

TEST_F(SntpTest, names_that_lead_to_one_server_are_one_voice) {
  names.known["a.example"] = names.known["b.example"] = {server_at(0)};
  servers[server_at(0)].error = Duration::seconds(300);
  ASSERT_TRUE(client->set_server_name(0, "a.example", link.now));
  ASSERT_TRUE(client->set_server_name(1, "b.example", link.now));
  ASSERT_TRUE(client->set_server(2, server_at(1), link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(servers[server_at(0)].requests.size(), 1u);
  EXPECT_FALSE(synchronised()) << "one against one";
}

TEST_F(SntpTest, servers_of_DHCP_stand_beside_those_that_were_set) {
  const std::array<IpAddress, 2> offered = {server_at(0), server_at(1)};
  servers[server_at(0)].answers = false;
  start(1);
  client->set_offered_servers(offered, link.now);
  link.run_for(Duration::seconds(10));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(client->status(link.now).server, server_at(1));
  EXPECT_EQ(servers[server_at(0)].requests.size(), 1u) << "one that is set and offered is asked once";
  client->set_offered_servers({}, link.now);
  std::size_t left = 0;
  client->for_each_server([&](const ServerStatus& status) {
    ++left;
    EXPECT_FALSE(status.offered);
    EXPECT_EQ(status.address, server_at(0));
  });
  EXPECT_EQ(left, 1u);
}

TEST_F(SntpTest, smooth_does_not_jump) {
  Config config = quick();
  config.sync_mode = SyncMode::smooth;
  config.interval = Duration::seconds(600);
  make_client(config);
  servers[server_at(0)].error = Duration::seconds(2);
  start();
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(error(), Duration::seconds(2)) << "the first time is set at once";
  servers[server_at(0)].error = Duration();
  UnixTime last = *client->unix_time(link.now);
  for (int i = 0; i < 800; ++i) {
    link.run_for(Duration::seconds(1));
    const UnixTime time = *client->unix_time(link.now);
    ASSERT_GT(time, last);
    last = time;
    if (i == 610) {
      EXPECT_EQ(client->status(link.now).progress, Progress::slewing);
    }
  }
  EXPECT_EQ(error(), Duration());
  EXPECT_EQ(client->status(link.now).progress, Progress::complete);
  servers[server_at(0)].error = Duration::seconds(40 * 60);
  link.run_for(Duration::seconds(1800));
  EXPECT_EQ(error(), Duration::seconds(40 * 60)) << "set, when too far to slew";
}

TEST_F(SntpTest, a_slow_way_out_is_half_of_the_error_only) {
  start();
  link.run_for(Duration::seconds(1));
  const Sample sample{.offset = Duration(), .delay = Duration::milliseconds(20), .at = link.now};
  EXPECT_GE(client->status(link.now).distance, sample.delay / 2);
}

TEST_F(SntpTest, listening_takes_broadcasts_and_sends_nothing) {
  Config config = quick();
  config.operation = Operation::listen;
  make_client(config);
  ASSERT_TRUE(client->start(link.now));
  const auto broadcast = [&](const IpAddress& from, Duration off, PacketMode mode = PacketMode::broadcast) {
    Message message = answer_to(
        {.to = {}, .from = {}, .source = {}, .destination = {}, .payload = Buffer(48), .at = {}}, {});
    message.mode = mode;
    message.version = 4;
    message.transmit = to_timestamp(truth() + off - config.broadcast_delay);
    message.reference = message.transmit;
    link.inject_udp({from, 123}, {IpAddress::v4(192, 0, 2, 255), 123}, bytes_of(message),
                    MacAddress::broadcast());
    link.run_for(Duration());
  };
  broadcast(server_at(0), Duration(), PacketMode::server);
  EXPECT_FALSE(synchronised());
  broadcast(server_at(0), Duration());
  ASSERT_TRUE(synchronised());
  EXPECT_LE(error(), Duration::microseconds(1));
  EXPECT_GE(error(), Duration::microseconds(-1));
  ASSERT_TRUE(client->set_server(0, server_at(1), link.now));
  link.run_for(Duration::seconds(100));
  broadcast(server_at(2), Duration::seconds(60));
  EXPECT_LE(error(), Duration::microseconds(1)) << "only the servers that are set count";
  broadcast(server_at(1), Duration::seconds(5));
  EXPECT_GE(error(), Duration::seconds(4));
  EXPECT_EQ(link.udp_sent.size(), 0u);
}

/// Adds a word to requests, and wants another one at the end of answers.
class TestSecurity final : public Security {
 public:
  std::uint16_t port() const override { return 4123; }
  Bytes secure(Bytes message) override {
    if (empty) return {};
    request.assign(message.begin(), message.end());
    request.insert(request.end(), {1, 2, 3, 4});
    return request;
  }
  MutableBytes room() override { return received; }
  bool accept(Bytes answer) override { return answer.back() == 99; }

  bool empty = false;
  Buffer request;
  std::array<std::uint8_t, 200> received{};
};

TEST_F(SntpTest, a_secured_server_is_asked_and_believed_by_its_security_only) {
  TestSecurity security;
  std::vector<UdpFrame> asked;
  link.on_udp = [&](const UdpFrame& frame) { asked.push_back(frame); };
  EXPECT_FALSE(client->set_security(0, security)) << "there is no server yet";
  EXPECT_FALSE(client->set_security(4, security)) << "nor room for one";
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  ASSERT_TRUE(client->set_security(0, security));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::milliseconds(10));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].destination.port, 4123);
  ASSERT_EQ(asked[0].payload.size(), 52u);
  EXPECT_EQ(asked[0].payload.back(), 4);
  Buffer answer = bytes_of(answer_to(asked[0], {}));
  send(asked[0], answer);
  link.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(synchronised());
  EXPECT_EQ(client->status(link.now).ignored, 1u);
  answer.insert(answer.end(), {0, 0, 0, 99});
  send(asked[0], answer);
  link.run_for(Duration::milliseconds(10));
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpTest, security_that_can_make_no_request_is_a_server_that_does_not_answer) {
  TestSecurity security;
  security.empty = true;
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  ASSERT_TRUE(client->set_security(0, security));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(link.udp_sent.size(), 0u);
  EXPECT_EQ(client->status(link.now).sent, 0u);
  EXPECT_EQ(server_status(0).reach, 0);
  ASSERT_TRUE(client->set_server(0, server_at(1), link.now)) << "which is asked without";
  link.run_for(Duration::seconds(60));
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpTest, security_that_comes_while_a_server_is_looked_up_asked_or_believed_ends_that) {
  names.known["ntp.example"] = {server_at(0)};
  for (int state = 0; state < 3; ++state) {
    SCOPED_TRACE(state);
    Config config = quick();
    config.compared = 2;
    make_client(config);
    TestSecurity security;
    servers.clear();
    names.pending = state == 0;
    servers[server_at(0)].answers = state == 2;
    servers[server_at(1)].answers = false;
    std::vector<UdpFrame> asked;
    link.on_udp = [&, inner = link.on_udp](const UdpFrame& frame) {
      if (frame.destination.port == 4123) asked.push_back(frame);
      inner(frame);
    };
    ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
    ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
    ASSERT_TRUE(client->start(link.now));
    link.run_for(Duration::milliseconds(100));
    ASSERT_TRUE(client->set_security(0, security));
    EXPECT_EQ(names.open, 0) << "each lookup is given back, once";
    names.pending = false;
    const std::size_t in_plain = servers[server_at(0)].requests.size();
    link.run_for(Duration::seconds(40));
    EXPECT_EQ(names.open, 0);
    ASSERT_GE(asked.size(), 1u) << "the round does not hang";
    EXPECT_EQ(servers[server_at(0)].requests.size(), in_plain);
    EXPECT_FALSE(synchronised()) << "what was said without it does not count";
    client.reset();
    link.service = nullptr;
  }
}

TEST_F(SntpTest, security_that_asks_for_more_than_a_datagram_holds_is_a_server_that_does_not_answer) {
  class Endless final : public Security {
   public:
    std::uint16_t port() const override { return 4123; }
    Bytes secure(Bytes) override { return request; }
    MutableBytes room() override { return request; }
    bool accept(Bytes) override { return true; }
    Buffer request = Buffer(70000);
  } security;
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  ASSERT_TRUE(client->set_security(0, security));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(client->status(link.now).sent, 0u);
  EXPECT_EQ(server_status(0).opinion, Opinion::silent);
}

TEST_F(SntpTest, without_memory_it_does_not_start) {
  TestSecurity security;
  Arena arena({});
  Client none(link.stack, quick(), arena, nullptr);
  EXPECT_FALSE(none.set_server_name(0, "192.0.2.1", link.now));
  EXPECT_FALSE(none.set_security(0, security));
  none.set_offered_servers(std::array{server_at(0)}, link.now);
  none.for_each_server([](const ServerStatus&) { ADD_FAILURE() << "there is no room for any"; });
  EXPECT_FALSE(none.set_server(0, server_at(0), link.now));
  EXPECT_FALSE(none.start(link.now));
}

TEST_F(SntpTest, without_servers_it_waits_for_some) {
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(100));
  EXPECT_TRUE(client->poll(link.now).is_never());
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(synchronised());
}

}  // namespace
}  // namespace linnet::sntp::test
