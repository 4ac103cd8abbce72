// SPDX-License-Identifier: Apache-2.0
// Hostile packets C24 (docs/hostile-packets.md).
#include <set>

#include "services/sntp/test_sntp.hpp"

namespace linnet::sntp::test {
namespace {

class SntpHostile : public SntpTest {
 protected:
  /// A client that waits for the answer of its one server.
  void ask() {
    servers[server_at(0)].answers = false;
    start();
    link.run_for(Duration::milliseconds(10));
    ASSERT_EQ(requests(), 1u);
    request = servers[server_at(0)].requests[0];
  }
  Digest::Value state() const {
    Digest digest;
    client->digest(digest);
    return digest.value();
  }
  /// `bytes` changes nothing, and the true answer still counts.
  void expect_ignored(const Buffer& bytes, const char* what) {
    const Digest::Value before = state();
    const std::uint32_t ignored = client->status(link.now).ignored;
    send(request, bytes);
    link.run_for(Duration());
    EXPECT_TRUE(state() == before) << what;
    EXPECT_FALSE(synchronised()) << what;
    EXPECT_EQ(client->status(link.now).ignored, ignored + 1) << what;
    EXPECT_EQ(link.udp_sent.size(), 1u) << what;
  }
  void expect_ignored(const Message& message, const char* what) { expect_ignored(bytes_of(message), what); }
  Message good() { return answer_to(request, {}); }

  UdpFrame request;
};

TEST_F(SntpHostile, C24_01_only_our_own_random_timestamp_is_an_origin) {
  ask();
  Message message = good();
  const Timestamp cookie = message.origin;
  message.origin = 0;
  expect_ignored(message, "0");
  for (int bit = 0; bit < 64; ++bit) {
    message.origin = cookie ^ (std::uint64_t{1} << bit);
    expect_ignored(message, "one bit");
  }
  message.origin = message.transmit;
  expect_ignored(message, "its own");
  send(request, good());
  link.run_for(Duration());
  EXPECT_TRUE(synchronised());
  send(request, good());  // a copy that comes late finds nobody
  link.run_for(Duration());
  EXPECT_EQ(client->status(link.now).version, 1u);
}

TEST_F(SntpHostile, C24_01_all_bits_of_the_timestamp_are_random) {
  Config config = quick();
  config.interval = minimum_interval;
  make_client(config);
  start();
  link.run_for(Duration::seconds(15 * 60));
  std::uint64_t ever = 0;
  std::uint64_t always = ~std::uint64_t{0};
  for (const UdpFrame& frame : servers[server_at(0)].requests) {
    const Timestamp cookie = Message::parse(frame.payload)->transmit;
    ever |= cookie;
    always &= cookie;
  }
  EXPECT_GE(servers[server_at(0)].requests.size(), 50u);
  EXPECT_EQ(ever, ~std::uint64_t{0});
  EXPECT_EQ(always, 0u);
}

TEST_F(SntpHostile, C24_02_a_kiss_without_our_timestamp_is_ignored) {
  ask();
  for (const std::uint32_t code : {kiss::deny, kiss::rstr, kiss::rate}) {
    Message message = good();
    message.stratum = 0;
    message.leap = Leap::unsynchronised;
    message.reference_id = code;
    message.origin ^= 1;
    expect_ignored(message, "kiss");
  }
  send(request, good());
  link.run_for(Duration());
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpHostile, C24_02_RATE_is_obeyed_by_asking_half_as_often) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  servers[server_at(0)].edit = [](Message& message) {
    message.stratum = 0;
    message.leap = Leap::unsynchronised;
    message.reference_id = kiss::rate;
  };
  start();
  link.run_for(Duration::seconds(4 * 3600));
  const auto& sent = servers[server_at(0)].requests;
  ASSERT_GE(sent.size(), 5u);
  EXPECT_LE(sent.size(), 12u);
  EXPECT_GE(sent[1].at - sent[0].at, Duration::seconds(120));
  EXPECT_GE(sent[2].at - sent[1].at, Duration::seconds(240));
  EXPECT_FALSE(synchronised());
}

TEST_F(SntpHostile, C24_02_DENY_and_RSTR_turn_to_another_server) {
  for (const std::uint32_t code : {kiss::deny, kiss::rstr}) {
    Config config = quick();
    config.compared = 1;
    config.interval = Duration::seconds(60);
    make_client(config);
    servers.clear();
    servers[server_at(0)].edit = [code](Message& message) {
      message.stratum = 0;
      message.leap = Leap::unsynchronised;
      message.reference_id = code;
    };
    start(2);
    link.run_for(Duration::seconds(3600));
    EXPECT_EQ(servers[server_at(0)].requests.size(), 1u) << "never again";
    EXPECT_GE(servers[server_at(1)].requests.size(), 50u);
    EXPECT_TRUE(server_status(0).refused);
    EXPECT_TRUE(synchronised());
    EXPECT_EQ(error(), Duration());
  }
}

TEST_F(SntpHostile, C24_03_a_thousand_kisses_leave_nothing_behind) {
  Config config = quick();
  config.interval = minimum_interval;
  make_client(config);
  servers[server_at(0)].edit = [](Message& message) {
    message.stratum = 0;
    message.reference_id = kiss::rate;
  };
  start();
  const std::uint32_t free = link.stack.pool().small_free();
  for (int hour = 0; hour < 1000 && client->status(link.now).kisses < 1000; ++hour) {
    link.run_for(Duration::seconds(3600));
  }
  EXPECT_GE(client->status(link.now).kisses, 1000u);
  client->stop();
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(link.stack.pool().small_free(), free);
  std::size_t sockets = 0;
  link.stack.udp().for_each([&](const udp::SocketView&) { ++sockets; });
  EXPECT_EQ(sockets, 0u);
}

TEST_F(SntpHostile, C24_04_every_field_that_makes_no_sense_is_ignored) {
  ask();
  const auto with = [&](auto change) {
    Message message = good();
    change(message);
    return message;
  };
  for (const int mode : {0, 1, 2, 3, 5, 6, 7}) {
    expect_ignored(with([&](Message& m) { m.mode = static_cast<PacketMode>(mode); }), "mode");
  }
  for (const int version : {0, 5, 6, 7}) {
    expect_ignored(with([&](Message& m) { m.version = static_cast<std::uint8_t>(version); }), "version");
  }
  expect_ignored(with([](Message& m) { m.transmit = 0; }), "transmit 0");
  expect_ignored(with([](Message& m) { m.receive = 0; }), "receive 0");
  expect_ignored(with([](Message& m) { m.root_delay = 0x10001; }), "root delay above 1 s");
  expect_ignored(with([](Message& m) { m.root_delay = 0xffffffff; }), "root delay below 0");
  expect_ignored(with([](Message& m) { m.root_dispersion = 0x10001; }), "root dispersion above 1 s");
  expect_ignored(with([](Message& m) { m.root_dispersion = 0x80000000; }), "root dispersion below 0");
  expect_ignored(with([](Message& m) {
                   m.root_delay = m.root_dispersion = 0x10000;
                   m.root_delay = 0x10000;
                   m.reference = m.transmit + 1 + (1ull << 32);
                 }),
                 "set after it answered");
  expect_ignored(with([](Message& m) { m.transmit -= 1ull << 32; }), "left before it came");
  expect_ignored(with([](Message& m) {
                   m.receive -= 7ull << 32;
                   m.reference = 0;
                 }),
                 "kept for longer than we waited");
  for (std::size_t size = 0; size < 48; ++size) {
    Buffer bytes = bytes_of(good());
    bytes.resize(size);
    bytes.shrink_to_fit();
    expect_ignored(bytes, "short");
  }
  send(request, good());
  link.run_for(Duration());
  EXPECT_TRUE(synchronised());
}

TEST_F(SntpHostile, C24_04_a_server_without_the_time_is_not_believed) {
  for (int kind = 0; kind < 5; ++kind) {
    make_client(quick());
    servers.clear();
    servers[server_at(0)].edit = [kind](Message& message) {
      if (kind == 4) message.reference_id = 0x58585858;  // RFC 5905 7.4: a kiss that means nothing to us
      if (kind == 4) message.stratum = 0;
      if (kind == 0) message.leap = Leap::unsynchronised;
      if (kind == 1) message.stratum = 0;
      if (kind == 2) message.stratum = 16;
      if (kind == 3) message.stratum = 255;
    };
    start(2);
    link.run_for(Duration::seconds(1));
    EXPECT_EQ(client->status(link.now).server, server_at(1)) << kind;
    EXPECT_EQ(server_status(0).stratum, 0) << kind;
    EXPECT_EQ(client->status(link.now).accepted, 1u) << kind;
  }
}

TEST_F(SntpHostile, C24_05_the_clock_is_right_in_every_era) {
  // 1970, 2036-02-07 06:28:15 to 17 (the NTP roll-over), 2038 (32-bit time_t), 2104-02-26.
  for (const std::int64_t seconds :
       {std::int64_t{1}, std::int64_t{2085978495}, std::int64_t{2085978496}, std::int64_t{2085978497},
        std::int64_t{2147483648}, std::int64_t{4233462000}}) {
    Config config = quick();
    config.interval = minimum_interval;
    make_client(config);
    epoch = UnixTime::from_seconds(seconds);
    begin = link.now;
    servers.clear();
    start();
    link.run_for(Duration::milliseconds(500));
    ASSERT_TRUE(synchronised()) << seconds;
    EXPECT_LE(error(), Duration::microseconds(2)) << seconds;
    UnixTime last = *client->unix_time(link.now);
    for (int i = 0; i < 60; ++i) {
      link.run_for(Duration::seconds(1));
      EXPECT_GT(*client->unix_time(link.now), last);
      last = *client->unix_time(link.now);
      EXPECT_GE(error(), Duration::microseconds(-2));
      EXPECT_LE(error(), Duration::microseconds(2));
    }
    EXPECT_GE(client->status(link.now).version, 3u);
  }
}

TEST_F(SntpHostile, C24_06_ports_are_random_and_only_the_server_is_heard) {
  Config config = quick();
  config.interval = minimum_interval;
  make_client(config);
  start();
  link.run_for(Duration::seconds(15 * 40));
  std::set<std::uint16_t> ports;
  for (const UdpFrame& frame : servers[server_at(0)].requests) {
    EXPECT_GE(frame.source.port, 1024);
    ports.insert(frame.source.port);
  }
  EXPECT_GE(ports.size(), servers[server_at(0)].requests.size() - 2);

  make_client(config);
  servers.clear();
  ask();
  const std::uint32_t accepted = client->status(link.now).accepted;
  const Buffer right = bytes_of(good());
  link.inject_udp({server_at(1), 123}, request.source, right, own_mac);
  link.inject_udp({server_at(0), 124}, request.source, right, own_mac);
  link.inject_udp({server_at(0), 123}, {own_address, static_cast<std::uint16_t>(request.source.port ^ 1)},
                  right, own_mac);
  link.run_for(Duration::milliseconds(1));
  EXPECT_EQ(client->status(link.now).accepted, accepted);
  link.inject_unreachable(request, 3, server_at(0));
  link.run_for(Duration::milliseconds(1));
  send(request, good());
  link.run_for(Duration());
  EXPECT_EQ(client->status(link.now).accepted, accepted + 1) << "ICMP ends nothing";
}

TEST_F(SntpHostile, C24_07_stopped_and_changed_in_every_state) {
  names.known["time.example"] = {server_at(0)};
  for (int state = 0; state < 6; ++state) {
    make_client(quick());
    names.pending = state == 1;
    servers[server_at(0)].answers = state == 4;
    if (state != 0) {
      ASSERT_TRUE(client->set_server_name(0, "time.example", link.now));
    }
    ASSERT_TRUE(client->start(link.now));
    if (state != 2) link.run_for(Duration::milliseconds(state == 5 ? 10000 : 5));
    client->set_offered_servers(std::span<const IpAddress>(&own_address, 1), link.now);
    ASSERT_TRUE(client->set_server(0, {}, link.now));
    client->set_offered_servers({}, link.now);
    client->stop();
    client->stop();
    EXPECT_TRUE(client->poll(link.now).is_never());
    link.run_for(Duration::seconds(10));
    EXPECT_EQ(names.open, 0) << state;
    std::size_t sockets = 0;
    link.stack.udp().for_each([&](const udp::SocketView&) { ++sockets; });
    EXPECT_EQ(sockets, 0u) << state;
    ASSERT_TRUE(client->start(link.now)) << "and begun again";
    client.reset();
    link.service = nullptr;
  }
}

TEST_F(SntpHostile, C24_08_a_large_step_is_not_one_packets_word) {
  Config config = quick();
  config.interval = Duration::seconds(60);
  make_client(config);
  start();
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(error(), Duration());
  const Duration years = Duration::seconds(30LL * 365 * 86400);
  int answers = 0;
  servers[server_at(0)].edit = [&](Message& message) {
    if (answers++ > 0) return;
    for (Timestamp* time : {&message.reference, &message.receive, &message.transmit}) {
      *time -= static_cast<std::uint64_t>(years.as_seconds()) << 32;
    }
  };
  link.run_for(Duration::seconds(61));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(client->status(link.now).suspicions, 1u);
  EXPECT_EQ(error(), Duration()) << "one packet";
  link.run_for(Duration::seconds(120));
  EXPECT_EQ(error(), Duration()) << "which the next one denied";
  servers[server_at(0)].edit = nullptr;
  servers[server_at(0)].error = -years;
  link.run_for(Duration::seconds(120));
  EXPECT_LE(error() + years, Duration::microseconds(2)) << "said twice it counts";
  EXPECT_GE(error() + years, Duration::microseconds(-2));
}

}  // namespace
}  // namespace linnet::sntp::test
