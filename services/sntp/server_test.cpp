// SPDX-License-Identifier: Apache-2.0
#include "services/sntp/server.hpp"

#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

constexpr IpAddress asker = IpAddress::v4(192, 0, 2, 90);

class SntpServer : public SntpTest {
 protected:
  SntpServer() { make_server({}); }
  void make_server(const ServerConfig& config) {
    server.reset();
    server_memory.assign(sntp::Server::memory_needed(config) + Arena::alignment, 0);
    Arena arena(server_memory);
    server = std::make_unique<sntp::Server>(link.stack, config, *client, arena);
    EXPECT_FALSE(arena.exhausted());
    ASSERT_TRUE(server->start());
    link.stations[asker] = link.station_mac;
    link.service = [this, inner = link.service](Instant now) {
      return earlier(server->poll(now), inner(now));
    };
  }
  static Message request() { return {.poll = 6, .transmit = 0x0123456789abcdef}; }
  /// What comes back, if anything.
  std::optional<Message> ask(const Buffer& bytes, const IpAddress& from = asker, std::uint16_t port = 4000,
                             const IpAddress& to = own_address) {
    link.udp_sent.clear();
    link.inject_udp({from, port}, {to, 123}, bytes, to == own_address ? own_mac : MacAddress::broadcast());
    link.run_for(Duration::milliseconds(1));
    if (link.udp_sent.empty()) return std::nullopt;
    const UdpFrame& frame = link.udp_sent.back();
    EXPECT_EQ(link.udp_sent.size(), 1u);
    EXPECT_EQ(frame.destination, (Endpoint{from, port}));
    EXPECT_EQ(frame.source, (Endpoint{own_address, 123}));
    EXPECT_LE(frame.payload.size(), bytes.size()) << "no amplification";
    return Message::parse(frame.payload);
  }
  std::optional<Message> ask(const Message& message) { return ask(bytes_of(message)); }

  std::vector<std::uint8_t> server_memory;
  std::unique_ptr<sntp::Server> server;
};

TEST_F(SntpServer, RFC4330_6_answers_with_the_clock_that_was_synchronised) {
  start();
  link.run_for(Duration::seconds(10));
  const auto answer = ask(request());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->mode, PacketMode::server);
  EXPECT_EQ(answer->version, 4);
  EXPECT_EQ(answer->leap, Leap::none);
  EXPECT_EQ(answer->stratum, 3);
  EXPECT_EQ(answer->poll, 6);
  EXPECT_EQ(answer->reference_id, server_at(0).v4_value());
  EXPECT_EQ(answer->origin, request().transmit);
  EXPECT_GE(from_short(answer->root_delay), Duration::milliseconds(25));
  EXPECT_GT(from_short(answer->root_dispersion), Duration());
  const Duration off = to_unix(answer->transmit) - truth();
  EXPECT_LE(off, Duration::milliseconds(1));
  EXPECT_GE(off, Duration::milliseconds(-1));
  // RFC 4330 4, Reference Timestamp: when the clock was last set. The answer is a millisecond old.
  const Duration age = link.now - client->status(link.now).synchronised_at;
  EXPECT_LE(to_unix(answer->transmit) - to_unix(answer->reference), age);
  EXPECT_GE(to_unix(answer->transmit) - to_unix(answer->reference), age - Duration::milliseconds(2));
  EXPECT_LE(answer->receive, answer->transmit);
  Message old = request();
  old.version = 1;
  EXPECT_EQ(ask(old)->version, 1);
}

TEST_F(SntpServer, RFC4330_6_without_the_time_it_says_so) {
  const auto answer = ask(request());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->leap, Leap::unsynchronised);
  EXPECT_EQ(answer->stratum, 16);
  EXPECT_EQ(answer->transmit, 0u);
  server->stop();
  make_server({.local_stratum = 10});
  EXPECT_EQ(ask(request())->leap, Leap::unsynchronised) << "not even a clock";
  client->set_unix_time(truth(), link.now);
  EXPECT_EQ(ask(request())->stratum, 10);
}

TEST_F(SntpServer, only_requests_of_mode_3_are_answered) {
  client->set_unix_time(truth(), link.now);
  for (int mode = 0; mode < 8; ++mode) {
    Message message = request();
    message.mode = static_cast<PacketMode>(mode);
    EXPECT_EQ(ask(message).has_value(), mode == 3) << mode;
  }
  for (int version = 0; version < 8; ++version) {
    link.run_for(Duration::seconds(10));
    Message message = request();
    message.version = static_cast<std::uint8_t>(version);
    EXPECT_EQ(ask(message).has_value(), version >= 1 && version <= 4) << version;
  }
  const Buffer whole = bytes_of(request());
  for (std::size_t size = 0; size < 48; ++size)
    EXPECT_FALSE(ask(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
  EXPECT_FALSE(ask(whole, asker, 4000, IpAddress::v4(192, 0, 2, 255))) << "asked of everybody";
}

TEST_F(SntpServer, RFC5905_7_4_too_many_requests_are_told_once_and_then_not_answered) {
  client->set_unix_time(truth(), link.now);
  const ServerConfig config{.local_stratum = 5};
  server->stop();
  make_server(config);
  int times = 0, kisses = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto answer = ask(request());
    if (!answer) continue;
    if (answer->stratum == 0) {
      EXPECT_EQ(answer->reference_id, kiss::rate);
      EXPECT_EQ(answer->leap, Leap::unsynchronised);
      EXPECT_EQ(answer->origin, request().transmit);
      EXPECT_EQ(answer->transmit, 0u);
      ++kisses;
    } else {
      ++times;
    }
  }
  EXPECT_EQ(times, 8);
  EXPECT_EQ(kisses, 1);
  link.stations[IpAddress::v4(192, 0, 2, 92)] = link.station_mac;
  EXPECT_EQ(ask(bytes_of(request()), IpAddress::v4(192, 0, 2, 92))->stratum, 5) << "others are not meant";
  link.run_for(Duration::seconds(4));
  EXPECT_EQ(ask(request())->stratum, 5);
}

TEST_F(SntpServer, a_port_that_is_taken_is_no_start) {
  Arena arena(server_memory);
  sntp::Server second(link.stack, {}, *client, arena);
  EXPECT_FALSE(second.start());
  server->stop();
  EXPECT_TRUE(second.start());
}

TEST_F(SntpServer, without_memory_or_a_socket_it_does_not_start) {
  server->stop();
  Arena none({});
  sntp::Server empty(link.stack, {}, *client, none);
  EXPECT_FALSE(empty.start());
  EXPECT_TRUE(empty.poll(link.now).is_never());
  std::vector<udp::SocketHandle> taken;
  while (const auto socket = link.stack.udp().open()) taken.push_back(*socket);
  EXPECT_FALSE(server->start());
  for (const udp::SocketHandle socket : taken) link.stack.udp().close(socket);
  EXPECT_TRUE(server->start());
  EXPECT_TRUE(server->start()) << "it runs already";
}

TEST_F(SntpServer, one_source_is_counted_even_if_none_are_wished) {
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.sources = 0, .burst = 0, .local_stratum = 1});
  EXPECT_EQ(ask(request())->stratum, 1) << "the highest there is; and a burst of one";
  EXPECT_EQ(ask(request())->stratum, 0) << "the kiss";
  EXPECT_FALSE(ask(request()));
  EXPECT_EQ(server->counters().answered, 1u);
  EXPECT_EQ(server->counters().kisses, 1u);
  EXPECT_EQ(server->counters().ignored, 1u);
}

TEST_F(SntpServer, RFC5905_7_3_no_stratum_is_above_fifteen) {
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.local_stratum = 16});
  EXPECT_EQ(ask(request())->leap, Leap::unsynchronised) << "16 is no stratum of who has the time";
  servers[server_at(0)].edit = [](Message& message) { message.stratum = 15; };
  start();
  link.run_for(Duration::seconds(10));
  ASSERT_TRUE(synchronised());
  const auto answer = ask(request());
  EXPECT_EQ(answer->stratum, 16) << "one more than 15";
  EXPECT_EQ(answer->leap, Leap::unsynchronised);
  EXPECT_EQ(answer->transmit, 0u);
}

TEST_F(SntpServer, requests_that_no_answer_could_reach_or_that_went_to_many_are_ignored) {
  client->set_unix_time(truth(), link.now);
  const Buffer bytes = bytes_of(request());
  EXPECT_FALSE(ask(bytes, asker, 0));
  EXPECT_FALSE(ask(bytes, asker, 4000, IpAddress::v4(192, 0, 2, 255)));
  const IpAddress all_hosts = IpAddress::v4(224, 0, 0, 1);
  link.udp_sent.clear();
  link.inject_udp({asker, 4000}, {all_hosts, 123}, bytes, {{0x01, 0, 0x5e, 0, 0, 1}});
  link.run_for(Duration::milliseconds(1));
  EXPECT_TRUE(link.udp_sent.empty());
  EXPECT_EQ(server->counters().ignored, 3u);
}

TEST_F(SntpServer, of_many_requests_at_once_some_are_answered_and_then_the_others) {
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.burst = 20, .local_stratum = 5});
  link.service = nullptr;
  const Buffer bytes = bytes_of(request());
  for (int i = 0; i < 12; ++i) link.inject_udp({asker, 4000}, {own_address, 123}, bytes, own_mac);
  link.run_for(Duration());
  EXPECT_EQ(server->poll(link.now), link.now);
  EXPECT_EQ(server->counters().answered, 8u);
  EXPECT_TRUE(server->poll(link.now).is_never());
  EXPECT_EQ(server->counters().answered, 12u);
}

TEST_F(SntpServer, RFC4330_4_what_an_answer_tells_of_its_time) {
  auto answer = ask(request());
  EXPECT_EQ(answer->reference_id, 0x494e4954u) << "INIT";
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.local_stratum = 5});
  answer = ask(request());
  EXPECT_EQ(answer->reference_id, 0x4c4f434cu) << "LOCL";
  EXPECT_EQ(answer->reference, answer->transmit);
  servers[server_at(0)].edit = [](Message& message) {
    message.stratum = 14;
    message.leap = Leap::added_second;
  };
  start();
  link.run_for(Duration::seconds(10));
  answer = ask(request());
  EXPECT_EQ(answer->stratum, 15) << "the lowest there is";
  EXPECT_EQ(answer->leap, Leap::added_second) << "as it was told";
}

TEST_F(SntpServer, RFC5905_7_4_who_was_told_and_waited_is_told_again) {
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.burst = 1, .local_stratum = 5});
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(ask(request())->stratum, 5) << turn;
    EXPECT_EQ(ask(request())->stratum, 0) << turn;
    EXPECT_FALSE(ask(request())) << turn;
    link.run_for(Duration::seconds(3));
  }
}

TEST_F(SntpServer, of_more_sources_than_are_counted_the_one_that_was_heard_of_longest_ago_is_forgotten) {
  client->set_unix_time(truth(), link.now);
  server->stop();
  make_server({.sources = 2, .burst = 1, .local_stratum = 5});
  const auto stratum = [&](std::uint8_t last) {
    const IpAddress from = IpAddress::v4(192, 0, 2, last);
    link.stations[from] = link.station_mac;
    const auto answer = ask(bytes_of(request()), from);
    return answer ? int{answer->stratum} : -1;
  };
  EXPECT_EQ(stratum(91), 5);
  EXPECT_EQ(stratum(92), 5);
  EXPECT_EQ(stratum(91), 0) << "too soon";
  EXPECT_EQ(stratum(93), 5) << "in the place of 92";
  EXPECT_EQ(stratum(91), -1) << "it is known still, and was told";
  EXPECT_EQ(stratum(92), 5) << "forgotten";
}

TEST_F(SntpServer, who_could_not_start_leaves_no_socket_behind) {
  server->stop();
  const auto selfish = *link.stack.udp().open();
  ASSERT_TRUE(link.stack.udp().bind(selfish, {IpAddress::any_v6(), ntp_port}, false));
  Digest before;
  link.stack.udp().digest(before);
  EXPECT_FALSE(server->start());
  Digest after;
  link.stack.udp().digest(after);
  EXPECT_TRUE(after.value() == before.value());
  link.stack.udp().close(selfish);
}

TEST_F(SntpServer, answers_leave_from_the_address_that_was_asked) {
  const IpAddress second = IpAddress::v4(192, 0, 2, 51);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {second, 24}, false, link.now));
  link.run_for(Duration::seconds(10));
  for (const IpAddress& asked : {own_address, second}) {
    link.udp_sent.clear();
    link.inject_udp({asker, 4000}, {asked, ntp_port}, bytes_of(request()), own_mac);
    link.run_for(Duration::milliseconds(1));
    ASSERT_EQ(link.udp_sent.size(), 1u);
    EXPECT_EQ(link.udp_sent[0].source, (Endpoint{asked, ntp_port}));
  }
}

}  // namespace
}  // namespace linnet::sntp::test
