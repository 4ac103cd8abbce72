// SPDX-License-Identifier: Apache-2.0
// A client that runs out of something, hears too much, or is told twice.
#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

class SntpLimits : public SntpTest {
 protected:
  std::vector<udp::SocketHandle> take_all_sockets() {
    std::vector<udp::SocketHandle> taken;
    while (const auto socket = link.stack.udp().open()) taken.push_back(*socket);
    return taken;
  }
  void listen() {
    Config config = quick();
    config.operation = Operation::listen;
    make_client(config);
    ASSERT_TRUE(client->start(link.now));
  }
  Message broadcast_of(Duration off) {
    const UdpFrame nothing{
        .to = {}, .from = {}, .source = {}, .destination = {}, .payload = Buffer(48), .at = {}};
    Message message = answer_to(nothing, {});
    message.mode = PacketMode::broadcast;
    message.version = 4;
    message.transmit = message.reference = to_timestamp(truth() + off - quick().broadcast_delay);
    return message;
  }
  void broadcast(const IpAddress& from, const Buffer& bytes, std::uint16_t port = ntp_port) {
    link.inject_udp({from, port}, {IpAddress::v4(192, 0, 2, 255), ntp_port}, bytes, MacAddress::broadcast());
  }
  void hear_broadcast(const IpAddress& from, Duration off) {
    broadcast(from, bytes_of(broadcast_of(off)));
    link.run_for(Duration());
  }
};

TEST_F(SntpLimits, eight_servers_are_the_most_and_one_the_least) {
  for (const auto& [wished, room] : {std::pair<std::uint8_t, std::size_t>{0, 1}, {1, 1}, {8, 8}, {200, 8}}) {
    Config config = quick();
    config.servers = wished;
    config.offered_servers = 200;
    make_client(config);
    EXPECT_TRUE(client->set_server(room - 1, server_at(0), link.now)) << room;
    EXPECT_FALSE(client->set_server(room, server_at(0), link.now)) << room;
    EXPECT_FALSE(client->set_server_name(room, "a", link.now)) << room;
    std::vector<IpAddress> offered;
    for (std::uint8_t i = 1; i <= 20; ++i) offered.push_back(IpAddress::v4(10, 0, 0, i));
    client->set_offered_servers(offered, link.now);
    std::size_t count = 0;
    client->for_each_server([&](const ServerStatus& status) { count += status.offered ? 1 : 0; });
    EXPECT_EQ(count, 8u);
  }
}

TEST_F(SntpLimits, without_somebody_who_resolves_them_names_are_refused_and_can_be_taken_away) {
  Arena arena(memory);
  client.reset();
  client = std::make_unique<Client>(link.stack, quick(), arena, nullptr);
  EXPECT_FALSE(client->set_server_name(0, "ntp.example", link.now));
  EXPECT_TRUE(client->set_server_name(0, "192.0.2.1", link.now));
  EXPECT_EQ(server_status(0).address, server_at(0));
  EXPECT_TRUE(client->set_server_name(0, "", link.now));
  client->for_each_server([](const ServerStatus&) { ADD_FAILURE() << "none is set"; });
}

TEST_F(SntpLimits, what_is_set_or_offered_again_goes_on_as_it_was) {
  names.known["ntp.example"] = {server_at(0)};
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
  client->set_offered_servers(std::array{server_at(2)}, link.now);
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  const Digest::Value before = digest();
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
  client->set_offered_servers(std::array{server_at(2)}, link.now);
  EXPECT_TRUE(digest() == before);
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(requests(), 3u);
  ASSERT_TRUE(client->set_server_name(0, "other.example", link.now));
  EXPECT_FALSE(digest() == before);
}

TEST_F(SntpLimits, a_server_that_cannot_be_asked_has_had_its_turn) {
  ASSERT_TRUE(client->set_server(0, IpAddress::v4(198, 51, 100, 1), link.now)) << "no way leads to it";
  ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(synchronised());
  client->stop();
  client->set_server(0, {}, link.now);
  client->set_server(1, {}, link.now);
  make_client(quick());
  const auto taken = take_all_sockets();
  start();
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(server_status(0).opinion, Opinion::silent) << "no socket";
  for (const udp::SocketHandle socket : taken) link.stack.udp().close(socket);
  link.run_for(Duration::seconds(60));
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpLimits, names_that_cannot_be_looked_up_or_lead_nowhere_are_passed_over) {
  names.known["empty.example"] = {};
  names.known["ways.example"] = {IpAddress::v4(198, 51, 100, 1), server_at(2)};
  names.known["no.example"] = {IpAddress::v4(198, 51, 100, 1), IpAddress::v4(198, 51, 100, 2)};
  ASSERT_TRUE(client->set_server_name(0, "empty.example", link.now));
  ASSERT_TRUE(client->set_server_name(1, "ways.example", link.now));
  ASSERT_TRUE(client->set_server_name(2, "no.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(client->status(link.now).server, server_at(2)) << "the address to which there is a way";
  EXPECT_EQ(names.open, 0);
  names.refuses = true;
  make_client(quick());
  ASSERT_TRUE(client->set_server_name(0, "ways.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(synchronised());
  names.refuses = false;
  link.run_for(Duration::seconds(60));
  EXPECT_TRUE(synchronised()) << "later it can";
  EXPECT_EQ(names.open, 0);
}

TEST_F(SntpLimits, RFC4330_10_synchronise_counts_only_between_rounds) {
  client->synchronise(link.now);
  EXPECT_TRUE(client->poll(link.now).is_never()) << "it does not run";
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration::seconds(1));
  client->synchronise(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(requests(), 1u) << "it is asking";
  listen();
  client->synchronise(link.now);
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(requests(), 1u);
}

TEST_F(SntpLimits, of_many_false_answers_at_once_some_are_read_and_then_the_true_one) {
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration::milliseconds(10));
  const UdpFrame request = servers[server_at(0)].requests.at(0);
  Message wrong = answer_to(request, {});
  ++wrong.origin;
  link.service = nullptr;
  for (int i = 0; i < 12; ++i) send(request, wrong);
  send(request, answer_to(request, {}));
  link.run_for(Duration());
  EXPECT_EQ(client->poll(link.now), link.now) << "there is more";
  EXPECT_EQ(client->status(link.now).ignored, 8u);
  client->poll(link.now);
  EXPECT_EQ(client->status(link.now).ignored, 12u);
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpLimits, RFC5905_7_4_a_server_that_answers_again_is_asked_more_often_again) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  int answers = 0;
  servers[server_at(0)].edit = [&](Message& message) {
    if (answers++ != 0 && answers != 4) return;
    message.stratum = 0;
    message.reference_id = kiss::rate;
  };
  start();
  link.run_for(Duration::seconds(1200));
  const auto& sent = servers[server_at(0)].requests;
  ASSERT_GE(sent.size(), 6u);
  EXPECT_GE(sent[1].at - sent[0].at, Duration::seconds(120)) << "after the first kiss";
  EXPECT_LT(sent[2].at - sent[1].at, Duration::seconds(65));
  EXPECT_GE(sent[4].at - sent[3].at, Duration::seconds(120)) << "after the second, which is like a first";
  EXPECT_LT(sent[4].at - sent[3].at, Duration::seconds(130));
}

TEST_F(SntpLimits, the_best_answer_of_a_round_counts_also_when_it_comes_last) {
  for (int i = 0; i < 2; ++i) {
    servers[server_at(i)].error = Duration::milliseconds(20);
    servers[server_at(i)].edit = [](Message& message) { message.root_dispersion = 0x4000; };  // 250 ms
  }
  servers[server_at(2)].one_way = Duration::milliseconds(50);
  start(3);
  link.run_for(Duration::milliseconds(60));
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(error(), Duration::milliseconds(20)) << "two of three agree";
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(error(), Duration());
  EXPECT_EQ(client->status(link.now).server, server_at(2));
  EXPECT_EQ(client->status(link.now).rounds, 1u);
}

TEST_F(SntpLimits, C24_08_a_large_step_is_believed_at_once_when_two_say_so) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  start(2);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(error(), Duration());
  for (int i = 0; i < 2; ++i) servers[server_at(i)].error = Duration::seconds(5000);
  link.run_for(Duration::seconds(65));
  EXPECT_EQ(error(), Duration::seconds(5000));
  EXPECT_EQ(client->status(link.now).suspicions, 0u);
}

TEST_F(SntpLimits, C24_08_two_large_steps_that_differ_are_two_suspicions) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  config.compared = 1;
  make_client(config);
  start(2);
  servers[server_at(1)].answers = false;
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(error(), Duration());
  servers[server_at(0)].error = Duration::seconds(5000);
  link.run_for(Duration::seconds(70));
  EXPECT_EQ(client->status(link.now).suspicions, 1u)
      << "counted once, though another was asked in that round";
  EXPECT_GE(servers[server_at(1)].requests.size(), 1u);
  servers[server_at(0)].error = Duration::seconds(9000);
  for (int i = 0; i < 60 && client->status(link.now).suspicions < 2; ++i) link.run_for(Duration::seconds(1));
  EXPECT_EQ(client->status(link.now).suspicions, 2u);
  EXPECT_EQ(error(), Duration()) << "each was said once";
  link.run_for(Duration::seconds(120));
  EXPECT_EQ(error(), Duration::seconds(9000));
}

TEST_F(SntpLimits, who_listens_needs_a_socket_and_a_port_that_is_free) {
  Config config = quick();
  config.operation = Operation::listen;
  make_client(config);
  const auto taken = take_all_sockets();
  EXPECT_FALSE(client->start(link.now));
  for (const udp::SocketHandle socket : taken) link.stack.udp().close(socket);
  const auto selfish = *link.stack.udp().open();
  ASSERT_TRUE(link.stack.udp().bind(selfish, {IpAddress::any_v6(), ntp_port}, false));
  EXPECT_FALSE(client->start(link.now));
  EXPECT_FALSE(client->running());
  link.stack.udp().close(selfish);
  EXPECT_TRUE(client->start(link.now));
  EXPECT_TRUE(client->start(link.now)) << "it runs already";
}

TEST_F(SntpLimits, RFC4330_5_which_broadcasts_are_ignored) {
  listen();
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  const Buffer good = bytes_of(broadcast_of({}));
  broadcast(server_at(0), Buffer(good.begin(), good.end() - 1));
  broadcast(server_at(0), good, 124);
  broadcast(server_at(1), good);
  link.run_for(Duration());
  EXPECT_FALSE(synchronised());
  EXPECT_EQ(client->status(link.now).ignored, 3u);
  broadcast(server_at(0), good);
  link.run_for(Duration());
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpLimits, of_many_broadcasts_at_once_some_are_read_and_then_the_others) {
  listen();
  link.service = nullptr;
  for (int i = 0; i < 12; ++i) broadcast(server_at(0), {});
  link.run_for(Duration());
  EXPECT_EQ(client->poll(link.now), link.now);
  EXPECT_EQ(client->status(link.now).ignored, 8u);
  EXPECT_TRUE(client->poll(link.now).is_never());
  EXPECT_EQ(client->status(link.now).ignored, 12u);
}

TEST_F(SntpLimits, of_those_who_broadcast_who_fell_silent_has_no_voice) {
  Config config = quick();
  config.operation = Operation::listen;
  config.interval = Duration::seconds(60);
  make_client(config);
  ASSERT_TRUE(client->start(link.now));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client->set_server(static_cast<std::size_t>(i), server_at(i), link.now));
  }
  hear_broadcast(server_at(0), {});
  hear_broadcast(server_at(1), {});
  ASSERT_TRUE(synchronised());
  const Duration wrong = Duration::seconds(5);
  link.run_for(Duration::seconds(100));
  hear_broadcast(server_at(1), wrong);
  EXPECT_LT(error(), Duration::seconds(1)) << "one against one";
  link.run_for(Duration::seconds(100));
  hear_broadcast(server_at(1), wrong);
  EXPECT_GT(error(), Duration::seconds(4)) << "the other has said nothing for more than two intervals";
}

TEST_F(SntpLimits, names_have_room_of_their_own_and_may_fill_it) {
  Config config = quick();
  config.name_size = 6;
  make_client(config);
  EXPECT_TRUE(client->set_server_name(0, "abc.de", link.now));
  EXPECT_TRUE(client->set_server_name(1, "xyz.de", link.now));
  EXPECT_FALSE(client->set_server_name(2, "abcd.de", link.now));
  EXPECT_FALSE(client->set_server_name(config.servers, "a.de", link.now)) << "no place of the owner's";
  EXPECT_FALSE(client->set_server(config.servers, server_at(0), link.now));
  std::vector<std::string> told;
  client->for_each_server([&](const ServerStatus& status) { told.emplace_back(status.name); });
  EXPECT_EQ(told, (std::vector<std::string>{"abc.de", "xyz.de"}));
}

TEST_F(SntpLimits, what_is_told_of_a_client_and_its_server) {
  EXPECT_FALSE(client->status(link.now).running);
  servers[server_at(0)].edit = [](Message& message) { message.reference_id = 0x01020304; };
  start();
  link.run_for(Duration::seconds(1));
  const Status status = client->status(link.now);
  EXPECT_TRUE(status.running);
  EXPECT_EQ(status.sent, 1u);
  EXPECT_EQ(status.reference_id, 0x01020304u);
  EXPECT_EQ(status.correction, Duration()) << "the first time";
  const ServerStatus told = server_status(0);
  EXPECT_EQ(told.reference_id, 0x01020304u);
  EXPECT_EQ(told.stratum, 2);
  EXPECT_EQ(told.reach, 1);
  EXPECT_GE(told.delay, Duration::milliseconds(20)) << "there and back";
  EXPECT_LE(told.delay, Duration::milliseconds(25));
  EXPECT_LE(told.answered_at, link.now);
  EXPECT_GE(told.answered_at, link.now - Duration::seconds(1));
  client->stop();
  EXPECT_FALSE(client->status(link.now).running);
}

TEST_F(SntpLimits, RFC4330_5_without_servers_any_one_that_broadcasts_counts_but_no_two_together) {
  listen();
  hear_broadcast(server_at(0), {});
  ASSERT_TRUE(synchronised());
  EXPECT_EQ(client->status(link.now).server, server_at(0));
  link.run_for(Duration::seconds(100));
  hear_broadcast(server_at(1), Duration::seconds(5));
  EXPECT_EQ(client->status(link.now).server, server_at(1));
  EXPECT_GT(error(), Duration::seconds(4)) << "what the first said is forgotten";
}

TEST_F(SntpLimits, who_listens_gives_its_port_back_and_sees_who_is_heard) {
  Digest before;
  link.stack.udp().digest(before);
  listen();
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  for (int i = 0; i < 3; ++i) {
    hear_broadcast(server_at(0), {});
    link.run_for(Duration::seconds(64));
  }
  EXPECT_EQ(server_status(0).reach, 7);
  EXPECT_EQ(server_status(0).delay, quick().broadcast_delay * 2);
  client->stop();
  Digest after;
  link.stack.udp().digest(after);
  EXPECT_TRUE(after.value() == before.value());
}

}  // namespace
}  // namespace linnet::sntp::test
