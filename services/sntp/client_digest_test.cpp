// SPDX-License-Identifier: Apache-2.0
// Two clients that differ in one thing only have other digests; and what polls, sockets and memory are for.
#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

struct OwnWord final : Security {
  std::uint16_t port() const override { return ntp_port; }
  Bytes secure(Bytes) override { return {}; }
  MutableBytes room() override { return {}; }
  bool accept(Bytes) override { return false; }
};

class SntpDigest : public SntpTest {
 protected:
  /// A client that had the time once.
  void synchronise(Duration error = {}) {
    Config config = quick();
    config.interval = Duration::seconds(60);
    config.first_retry = Duration::seconds(60);
    make_client(config);
    servers.clear();
    servers[server_at(0)].error = error;
    start();
    link.run_for(Duration::seconds(1));
    ASSERT_TRUE(synchronised());
  }
  /// What is left when it has stopped and has no server.
  Digest::Value left() {
    client->stop();
    EXPECT_TRUE(client->set_server(0, {}, link.now));
    return digest();
  }
};

TEST_F(SntpDigest, what_a_client_did_last_is_part_of_it) {
  synchronise();
  const Digest::Value applied = left();
  synchronise();
  EXPECT_TRUE(left() == applied) << "the same again";
  synchronise(Duration::seconds(1));
  EXPECT_FALSE(left() == applied) << "another offset";

  synchronise();
  servers[server_at(0)].answers = false;
  link.run_for(Duration::seconds(70));
  const Digest::Value not_applied = left();
  EXPECT_FALSE(not_applied == applied) << "a round that brought nothing";

  synchronise();
  servers[server_at(0)].error = Duration::seconds(5000);
  link.run_for(Duration::seconds(60));
  ASSERT_EQ(client->status(link.now).suspicions, 1u);
  EXPECT_FALSE(left() == not_applied) << "a step that is suspected";
}

TEST_F(SntpDigest, samples_and_rounds_are_part_of_it) {
  OwnWord word;
  synchronise();
  client->stop();
  const Digest::Value with_sample = digest();
  ASSERT_TRUE(client->set_security(0, word));
  EXPECT_FALSE(digest() == with_sample) << "what it said before does not count";

  std::array<Digest::Value, 2> values;
  for (const bool in_round : {false, true}) {
    make_client(quick());
    servers.clear();
    servers[server_at(0)].answers = false;
    start();
    if (in_round) link.run_for(Duration::milliseconds(1));
    ASSERT_EQ(requests(), in_round ? 1u : 0u);
    ASSERT_TRUE(client->set_security(0, word));
    values[in_round] = digest();
  }
  EXPECT_FALSE(values[0] == values[1]);
}

TEST_F(SntpDigest, who_waits_for_an_answer_wants_no_poll_before_its_time) {
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration());
  ASSERT_EQ(requests(), 1u);
  EXPECT_EQ(servers[server_at(0)].requests[0].payload.size(), message_size);
  EXPECT_EQ(client->poll(link.now), link.now + quick().timeout);
}

TEST_F(SntpDigest, RFC4330_5_an_answer_behind_an_icmp_error_is_read_in_the_same_poll) {
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration());
  const UdpFrame request = servers[server_at(0)].requests.at(0);
  link.service = nullptr;
  link.inject_unreachable(request, 3, server_at(0));
  send(request, answer_to(request, {}));
  link.run_for(Duration());
  client->poll(link.now);
  EXPECT_TRUE(synchronised()) << "anybody can say that nobody listens";
}

TEST_F(SntpDigest, a_port_that_is_taken_leaves_no_socket) {
  Config config = quick();
  config.operation = Operation::listen;
  make_client(config);
  const auto selfish = *link.stack.udp().open();
  ASSERT_TRUE(link.stack.udp().bind(selfish, {IpAddress::any_v6(), ntp_port}, false));
  EXPECT_FALSE(client->start(link.now));
  EXPECT_EQ(sockets(), 1u);
}

TEST_F(SntpDigest, who_broadcasts_instead_of_another_begins_anew) {
  Config config = quick();
  config.operation = Operation::listen;
  make_client(config);
  ASSERT_TRUE(client->start(link.now));
  const auto hear = [this](int index) {
    const UdpFrame nothing{
        .to = {}, .from = {}, .source = {}, .destination = {}, .payload = Buffer(48), .at = {}};
    Message message = answer_to(nothing, {});
    message.mode = PacketMode::broadcast;
    message.version = 4;
    link.inject_udp({server_at(index), ntp_port}, {IpAddress::v4(192, 0, 2, 255), ntp_port},
                    bytes_of(message), MacAddress::broadcast());
    link.run_for(Duration::seconds(64));
  };
  for (int i = 0; i < 3; ++i) hear(0);
  EXPECT_EQ(server_status(0).reach, 7);
  hear(1);
  EXPECT_EQ(server_status(1).reach, 1);
}

TEST_F(SntpDigest, names_stay_within_the_memory_of_their_client) {
  const Config config = quick();
  Buffer both(2 * (Client::memory_needed(config) + Arena::alignment));
  Arena arena(both);
  Client one(link.stack, config, arena, &names);
  Client other(link.stack, config, arena, &names);
  ASSERT_FALSE(arena.exhausted());
  ASSERT_TRUE(other.set_server(0, server_at(1), link.now));
  Digest before;
  other.digest(before);
  for (std::size_t i = 0; i < config.servers; ++i) {
    ASSERT_TRUE(one.set_server_name(i, std::string(config.name_size, 'a'), link.now));
  }
  Digest after;
  other.digest(after);
  EXPECT_TRUE(after.value() == before.value());
}

}  // namespace
}  // namespace linnet::sntp::test
