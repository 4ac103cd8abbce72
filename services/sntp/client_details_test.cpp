// SPDX-License-Identifier: Apache-2.0
// What a client says of a server, keeps of it, and forgets.
#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

class SntpDetails : public SntpTest {
 protected:
  std::vector<ServerStatus> told() const {
    std::vector<ServerStatus> all;
    client->for_each_server([&](const ServerStatus& status) { all.push_back(status); });
    return all;
  }
  void listen(Duration interval = quick().interval) {
    Config config = quick();
    config.operation = Operation::listen;
    config.interval = interval;
    make_client(config);
    ASSERT_TRUE(client->start(link.now));
  }
  void hear(int index, Duration off = {}) {
    const UdpFrame nothing{
        .to = {}, .from = {}, .source = {}, .destination = {}, .payload = Buffer(48), .at = {}};
    Message message = answer_to(nothing, {});
    message.mode = PacketMode::broadcast;
    message.version = 4;
    message.transmit = message.reference = to_timestamp(truth() + off - quick().broadcast_delay);
    link.inject_udp({server_at(index), ntp_port}, {IpAddress::v4(192, 0, 2, 255), ntp_port},
                    bytes_of(message), MacAddress::broadcast());
    link.run_for(Duration());
  }
  /// A new client, asked for what it is after a second with a server whose answers are `edit`ed.
  Digest::Value after(const std::function<void(Message&)>& edit, Duration error = {}) {
    make_client(quick());
    servers.clear();
    servers[server_at(0)].edit = edit;
    servers[server_at(0)].error = error;
    start();
    link.run_for(Duration::seconds(1));
    return digest();
  }
};

TEST_F(SntpDetails, whatever_differs_shows_in_its_digest) {
  const auto kiss = [](std::uint32_t code) {
    return [code](Message& m) {
      m.stratum = 0;
      m.reference_id = code;
    };
  };
  const auto unsynchronised = [](Message& m) { m.leap = Leap::unsynchronised; };
  const Digest::Value plain = after(nullptr);
  EXPECT_TRUE(after(nullptr) == plain) << "the same again";
  EXPECT_FALSE(after([](Message& m) { m.stratum = 3; }) == plain) << "stratum";
  EXPECT_FALSE(after(nullptr, Duration::seconds(1)) == plain) << "offset";
  const Digest::Value failed = after(unsynchronised);
  EXPECT_TRUE(after(unsynchronised) == failed);
  EXPECT_FALSE(after(kiss(kiss::deny)) == failed) << "refused";
  EXPECT_FALSE(after(kiss(kiss::rate)) == failed) << "RATE";

  after(nullptr);
  link.run_for(quick().interval);
  EXPECT_FALSE(digest() == plain) << "reach";

  make_client(quick());
  Digest::Value before = digest();
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  EXPECT_FALSE(digest() == before) << "address";
  before = digest();
  ASSERT_TRUE(client->start(link.now));
  EXPECT_FALSE(digest() == before) << "running";
  before = digest();
  servers[server_at(0)].answers = false;
  link.run_for(Duration::seconds(4));
  EXPECT_FALSE(digest() == before) << "phase";
  before = digest();
  const std::size_t asked = requests();
  link.run_for(Duration::seconds(20));
  EXPECT_GT(requests(), asked);
  EXPECT_TRUE(digest() == before) << "nobody answered again: nothing is left of it";

  ASSERT_TRUE(client->set_server(0, server_at(1), link.now));
  servers[server_at(1)].answers = false;
  link.run_for(Duration::milliseconds(10));
  before = digest();
  ASSERT_TRUE(client->set_server(0, server_at(2), link.now));
  ASSERT_TRUE(client->set_server(0, server_at(1), link.now));
  link.run_for(Duration::milliseconds(10));
  EXPECT_FALSE(digest() == before) << "it is asked once more, by another timestamp";
}

TEST_F(SntpDetails, places_of_DHCP_are_not_the_owners) {
  struct Nobody final : Security {
    std::uint16_t port() const override { return 4123; }
    Bytes secure(Bytes) override { return {}; }
    MutableBytes room() override { return {}; }
    bool accept(Bytes) override { return false; }
  } nobody;
  client->set_offered_servers(std::array{server_at(3)}, link.now);
  EXPECT_FALSE(client->set_server_name(quick().servers, "", link.now));
  EXPECT_FALSE(client->set_security(quick().servers, nobody));
  ASSERT_EQ(told().size(), 1u);
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(client->status(link.now).server, server_at(3)) << "asked as ever";
}

TEST_F(SntpDetails, a_name_ends_what_was_under_way_in_its_place_and_is_asked_at_once) {
  names.known["ntp.example"] = {server_at(1)};
  names.known["slow.example"] = {server_at(2)};
  servers[server_at(0)].answers = false;
  start();
  link.run_for(Duration::milliseconds(10));
  ASSERT_EQ(sockets(), 1u);
  names.pending = true;
  ASSERT_TRUE(client->set_server_name(0, "slow.example", link.now));
  EXPECT_EQ(sockets(), 0u);
  EXPECT_EQ(names.open, 1);
  names.pending = false;
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  link.run_for(Duration::milliseconds(100));
  EXPECT_EQ(client->status(link.now).server, server_at(1));
  EXPECT_EQ(names.open, 0) << "each lookup is given back";
}

TEST_F(SntpDetails, what_a_server_said_before_it_was_secured_does_not_count) {
  struct Word final : Security {
    std::uint16_t port() const override { return ntp_port; }
    Bytes secure(Bytes message) override {
      request.assign(message.begin(), message.end());
      return request;
    }
    MutableBytes room() override { return received; }
    bool accept(Bytes) override { return true; }
    Buffer request;
    std::array<std::uint8_t, 48> received{};
  } word;
  servers[server_at(0)].error = Duration::seconds(5);
  servers[server_at(0)].one_way = Duration::milliseconds(1);
  start();
  link.run_for(Duration::seconds(20));
  ASSERT_EQ(error(), Duration::seconds(5));
  servers[server_at(0)].error = {};
  servers[server_at(0)].one_way = Duration::milliseconds(50);
  ASSERT_TRUE(client->set_security(0, word));
  client->synchronise(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(error(), Duration());
  EXPECT_EQ(client->status(link.now).correction, Duration::seconds(-5));
}

TEST_F(SntpDetails, what_was_known_of_an_offered_server_is_not_told_of_the_next) {
  client->set_offered_servers(std::array{server_at(0)}, link.now);
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(server_status(0).reach, 1);
  client->stop();
  client->set_offered_servers(std::array{server_at(1)}, link.now);
  const ServerStatus next = server_status(1);
  EXPECT_TRUE(next.offered);
  EXPECT_EQ(next.reach, 0);
  EXPECT_EQ(next.stratum, 0);
  EXPECT_EQ(next.opinion, Opinion::none);
  EXPECT_TRUE(next.answered_at.is_never());
}

TEST_F(SntpDetails, reach_is_the_last_eight_times_the_latest_lowest) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  config.first_retry = Duration::seconds(60);
  make_client(config);
  int turn = 0;
  servers[server_at(0)].edit = [&](Message& m) {
    if (++turn == 2) m.leap = Leap::unsynchronised;
  };
  start();
  link.run_for(Duration::seconds(1));
  for (const int reach : {0b1, 0b10, 0b101, 0b1011}) {
    EXPECT_EQ(server_status(0).reach, reach);
    link.run_for(Duration::seconds(60));
  }
  EXPECT_EQ(client->status(link.now).ignored, 1u) << "who has not the time";
}

TEST_F(SntpDetails, RFC5905_A_5_5_2_distance_is_half_the_delays_and_the_dispersion) {
  servers[server_at(0)].edit = [](Message& m) {
    m.root_delay = to_short(Duration::milliseconds(600));
    m.root_dispersion = to_short(Duration::milliseconds(100));
  };
  start();
  link.run_for(Duration::seconds(1));
  const Duration distance = client->status(link.now).distance;
  EXPECT_GE(distance, Duration::milliseconds(10 + 300 + 100 + 1));
  EXPECT_LE(distance, Duration::milliseconds(10 + 300 + 100 + 2));
}

TEST_F(SntpDetails, RFC5905_7_4_RATE_is_obeyed_five_times_over_at_most) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  servers[server_at(0)].edit = [](Message& m) {
    m.stratum = 0;
    m.reference_id = kiss::rate;
  };
  start();
  link.run_for(Duration::seconds(60 * (2 + 4 + 8 + 16 + 32 + 32 + 32 + 1)));
  const auto& sent = servers[server_at(0)].requests;
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < sent.size(); ++i)
    gaps.push_back((sent[i].at - sent[i - 1].at).as_seconds() / 60);
  EXPECT_EQ(gaps, (std::vector<std::int64_t>{2, 4, 8, 16, 32, 32, 32})) << "intervals";
}

TEST_F(SntpDetails, C24_08_a_change_as_large_as_may_be_needs_nobody_to_confirm_it) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  start();
  link.run_for(Duration::seconds(1));
  servers[server_at(0)].error = config.unconfirmed_step;
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(error(), config.unconfirmed_step);
  EXPECT_EQ(client->status(link.now).suspicions, 0u);
  servers[server_at(0)].error = Duration::microseconds(-1);
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(client->status(link.now).suspicions, 1u);
}

TEST_F(SntpDetails, a_lookup_is_waited_for_four_times_as_long_as_an_answer) {
  names.known["ntp.example"] = {server_at(0)};
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::milliseconds(1));
  EXPECT_EQ(requests(), 1u) << "what is known is not waited for";

  names.pending = true;
  make_client(quick());
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  EXPECT_EQ(client->poll(link.now), link.now + Duration::milliseconds(250)) << "to see whether it is there";
  link.run_for(quick().timeout * 4 - Duration::milliseconds(1));
  EXPECT_EQ(names.open, 1);
  link.run_for(Duration::milliseconds(2));
  EXPECT_EQ(names.open, 0);
}

TEST_F(SntpDetails, RFC4330_10_4_who_falls_silent_is_replaced_by_the_next_address_of_its_name) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  names.known["ntp.example"] = {server_at(0), server_at(1)};
  servers[server_at(0)].answers = false;
  servers[server_at(1)].error = Duration::seconds(5);
  servers[server_at(1)].one_way = Duration::milliseconds(1);
  ASSERT_TRUE(client->set_server_name(0, "ntp.example", link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(30));
  ASSERT_EQ(client->status(link.now).server, server_at(1));
  ASSERT_EQ(error(), Duration::seconds(5));
  servers[server_at(0)].answers = true;
  servers[server_at(1)].answers = false;
  const std::size_t before = servers[server_at(1)].requests.size();
  link.run_for(Duration::seconds(100));
  EXPECT_EQ(client->status(link.now).server, server_at(0));
  EXPECT_EQ(servers[server_at(1)].requests.size(), before + 1) << "once was enough";
  EXPECT_EQ(error(), Duration()) << "what the other said is forgotten";
}

TEST_F(SntpDetails, a_server_to_which_no_way_leads_leaves_no_socket) {
  ASSERT_TRUE(client->set_server(0, IpAddress::v4(198, 51, 100, 1), link.now));
  ASSERT_TRUE(client->start(link.now));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(sockets(), 0u);
}

TEST_F(SntpDetails, who_broadcast_a_moment_ago_has_a_voice) {
  listen(Duration::seconds(60));
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  ASSERT_TRUE(client->set_server(1, server_at(1), link.now));
  link.run_for(Duration::seconds(600));
  hear(0);
  ASSERT_TRUE(synchronised());
  hear(1, Duration::seconds(5));
  EXPECT_LT(error(), Duration::seconds(1)) << "one against one";
  EXPECT_EQ(client->status(link.now).disagreements, 1u);
}

TEST_F(SntpDetails, C24_08_a_large_step_that_is_broadcast_twice_is_believed) {
  listen();
  ASSERT_TRUE(client->set_server(0, server_at(0), link.now));
  hear(0);
  link.run_for(Duration::seconds(64));
  for (int turn = 0; turn < 9 && client->status(link.now).suspicions == 0; ++turn) {
    hear(0, Duration::seconds(2000));
    link.run_for(Duration::seconds(64));
  }
  ASSERT_LT(error(), Duration::seconds(1));
  hear(0, Duration::seconds(2000));
  EXPECT_GT(error(), Duration::seconds(1999));
}

TEST_F(SntpDetails, RFC4330_5_who_broadcast_before_servers_were_set_is_not_listed_beside_them) {
  for (const int next : {1, 2}) {
    listen();
    hear(0);
    ASSERT_EQ(told().size(), 1u);
    EXPECT_FALSE(told()[0].offered);
    EXPECT_EQ(told()[0].address, server_at(0));
    ASSERT_TRUE(client->set_server(0, server_at(1), link.now));
    hear(next);
    ASSERT_EQ(told().size(), 1u) << "whether it is the one that was set or another";
    EXPECT_EQ(told()[0].address, server_at(1));
  }
}

}  // namespace
}  // namespace linnet::sntp::test
