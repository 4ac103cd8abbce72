// SPDX-License-Identifier: Apache-2.0
// What others got wrong, and servers that do not do as they should.
#include <random>

#include "services/dhcp/test_server.hpp"

namespace linnet::dhcp::test {
namespace {

class DhcpHostile : public DhcpTest {};

/// One wrong field at a time, in OFFER and in ACK.
struct Wrong {
  const char* what;
  void (*make)(ServerMessage&);
};
const Wrong wrong_fields[] = {
    {"op", [](ServerMessage& m) { m.bytes[0] = 1; }},
    {"htype", [](ServerMessage& m) { m.bytes[1] = 6; }},
    {"hlen", [](ServerMessage& m) { m.bytes[2] = 16; }},
    {"hlen 0", [](ServerMessage& m) { m.bytes[2] = 0; }},
    {"xid", [](ServerMessage& m) { m.bytes[7] ^= 1; }},
    {"chaddr", [](ServerMessage& m) { m.bytes[33] ^= 1; }},
    {"ciaddr", [](ServerMessage& m) { m.ciaddr(IpAddress::v4(192, 0, 2, 51)); }},
    {"cookie", [](ServerMessage& m) { m.bytes[236] = 0; }},
    {"yiaddr", [](ServerMessage& m) { m.yiaddr(IpAddress::v4(0u)); }},
    {"second server identifier", [](ServerMessage& m) { m.address(54, server_address); }},
    {"second message type", [](ServerMessage& m) { m.option(53, {5}); }},
};

TEST_F(DhcpHostile, C23_07_offer_with_one_wrong_field_is_ignored_and_discover_goes_on) {
  for (const Wrong& wrong : wrong_fields) {
    edit = wrong.make;
    sent.clear();
    client->start(link.now);
    link.run_for(Duration::seconds(20));
    EXPECT_EQ(state(), State::selecting) << wrong.what;
    EXPECT_EQ(sent_of(MessageType::request).size(), 0u) << wrong.what;
    EXPECT_GE(sent_of(MessageType::discover).size(), 3u) << wrong.what;  // C23-14
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_14_an_offer_that_is_refused_stops_no_timer) {
  edit = [](ServerMessage& message) { message.yiaddr(IpAddress::broadcast_v4()); };
  on_message = [this](const Sent&) { answers = sent.size() == 1; };  // one bad offer, then silence
  client->start(link.now);
  link.run_for(Duration::seconds(200));
  EXPECT_EQ(state(), State::selecting);
  const auto discovers = sent_of(MessageType::discover);
  ASSERT_GE(discovers.size(), 5u);
  const int seconds[] = {4, 8, 16, 32};
  for (std::size_t i = 0; i < 4; ++i) {  // RFC 2131 4.1, give or take a second
    const Duration gap = discovers[i + 1].at - discovers[i].at;
    EXPECT_GE(gap, Duration::seconds(seconds[i] - 1)) << i;
    EXPECT_LE(gap, Duration::seconds(seconds[i] + 1)) << i;
  }
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DhcpHostile, C23_07_ack_with_one_wrong_field_is_ignored) {
  for (const Wrong& wrong : wrong_fields) {
    edit = [&wrong](ServerMessage& message) {
      if (message.bytes[242] == 5) wrong.make(message);
    };
    sent.clear();
    client->start(link.now);
    link.run_for(Duration::seconds(20));
    EXPECT_EQ(state(), State::requesting) << wrong.what;
    EXPECT_EQ(addresses(), 0u) << wrong.what;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_07_ack_from_another_server_or_for_another_address_is_ignored) {
  edit = [](ServerMessage& message) {
    if (message.bytes[242] == 5) store32(message.bytes.data() + 245, other_server.v4_value());
  };
  client->start(link.now);
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(state(), State::requesting);
  edit = [](ServerMessage& message) {
    if (message.bytes[242] == 5) message.yiaddr(IpAddress::v4(192, 0, 2, 77));
  };
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(state(), State::requesting);
  EXPECT_EQ(addresses(), 0u);
}

TEST_F(DhcpHostile, C23_07_ack_without_a_request_changes_nothing) {
  answers = false;
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  const std::uint32_t xid = sent.at(0).xid;
  send(reply(MessageType::ack, xid));
  send(reply(MessageType::nak, xid));
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::selecting);
  EXPECT_EQ(client->status().ignored, 2u);
  EXPECT_EQ(addresses(), 0u);
}

TEST_F(DhcpHostile, C23_15_nothing_that_arrives_in_bound_changes_anything) {
  bind();
  const Digest::Value before = link.stack.digest();
  Digest client_before;
  client->digest(client_before);
  for (std::uint8_t type = 0; type < 20; ++type) {
    for (const std::uint32_t xid : {0u, 1u, 0x12345678u}) {
      send(reply(static_cast<MessageType>(type), xid));
      send(reply(static_cast<MessageType>(type), xid), server_address, first_address);
      link.run_for(Duration::milliseconds(1));
    }
  }
  link.run_for(Duration::seconds(1));
  Digest client_after;
  client->digest(client_after);
  EXPECT_EQ(client_after.value(), client_before.value());
  EXPECT_EQ(link.stack.digest(), before);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(client->status().ignored, 120u);
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DhcpHostile, C23_15_nak_while_renewing_counts_only_with_xid_and_server_right) {
  bind();
  answers = false;
  link.run_until(client->status().renew_at + Duration::seconds(1));
  ASSERT_EQ(state(), State::renewing);
  const std::uint32_t xid = sent.back().xid;
  send(reply(MessageType::nak, xid ^ 1));
  ServerMessage other(MessageType::nak, xid);
  send(other.address(54, other_server), other_server);
  send(ServerMessage(MessageType::nak, xid));  // without a server identifier
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), State::renewing);
  EXPECT_TRUE(has_address());
  send(reply(MessageType::nak, xid));
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(has_address());
  EXPECT_EQ(state(), State::selecting) << "RFC 2131 4.4.5: stops at once and begins anew";
}

TEST_F(DhcpHostile, refusal_after_refusal_slows_the_client_down) {
  refuses = true;
  client->start(link.now);
  link.run_for(Duration::seconds(600));
  // Without a brake this would be a message for each turn of the loop.
  EXPECT_LE(sent.size(), 40u);
  EXPECT_GE(sent.size(), 10u);
}

TEST_F(DhcpHostile, C23_04_offer_of_an_impossible_address_is_ignored) {
  for (const IpAddress& bad : {IpAddress::v4(0u), IpAddress::broadcast_v4(), IpAddress::v4(224, 0, 0, 251),
                               IpAddress::v4(127, 0, 0, 1), server_address, IpAddress::v4(250, 1, 1, 1),
                               IpAddress::v4(192, 0, 2, 255), IpAddress::v4(192, 0, 2, 0)}) {
    offers = bad;
    client->start(link.now);
    link.run_for(Duration::seconds(3));
    EXPECT_EQ(state(), State::selecting) << AddressText(bad).view();
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_08_messages_of_a_long_lease_are_a_minute_apart_whatever_its_times) {
  for (const auto& [t1, t2] :
       {std::pair{0u, 0u}, {1u, 2u}, {1u, 1u}, {0u, 1u}, {5000u, 1u}, {4000u, 5000u}}) {
    sent.clear();
    edit = [t1 = t1, t2 = t2](ServerMessage& message) { message.u32(58, t1).u32(59, t2); };
    bind();
    answers = false;
    link.run_for(Duration::seconds(3500));
    for (std::size_t i = 1; i < sent.size(); ++i) {
      EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(59)) << t1 << " " << t2;
    }
    EXPECT_GE(sent.front().at - bound_request, Duration::seconds(60));
    answers = true;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_08_short_leases_are_no_storm) {
  for (const std::uint32_t seconds : {0u, 1u, 2u, 9u, 10u, 59u}) {
    lease_seconds = seconds;
    sent.clear();
    client->start(link.now);
    link.run_for(Duration::seconds(600));
    EXPECT_LE(sent.size(), 150u) << seconds;  // at T1 of the shortest: every five seconds
    EXPECT_EQ(addresses(), seconds >= 10 ? 1u : 0u) << seconds;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_01_any_option_of_any_length_leaves_the_message_to_be_judged_on_the_rest) {
  std::mt19937 random(1);
  for (unsigned code = 1; code < 255; ++code) {
    if (code == 53 || code == 54 || code == 51) continue;  // joined to the right ones they make them wrong
    edit = [&](ServerMessage& message) {
      const std::size_t length = random() % 256;
      Buffer value(length);
      for (std::uint8_t& byte : value) byte = static_cast<std::uint8_t>(random());
      message.option(static_cast<std::uint8_t>(code), value);
    };
    client->start(link.now);
    link.run_for(Duration::seconds(2));
    EXPECT_EQ(state(), State::bound) << code;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpHostile, C23_06_short_messages_and_larger_ones_than_asked_for_are_dropped) {
  answers = false;
  client->start(link.now);
  link.run_for(Duration::seconds(1));
  const ServerMessage offer = reply(MessageType::offer, sent.at(0).xid);
  const Buffer whole = offer.finish();
  for (std::size_t length = 0; length < 242; ++length) {
    link.inject_udp({server_address, 67}, {IpAddress::broadcast_v4(), 68}, Bytes(whole).first(length),
                    MacAddress::broadcast());
    link.run_for(Duration::milliseconds(1));
  }
  Buffer huge = whole;
  huge.resize(1300);
  link.inject_udp({server_address, 67}, {IpAddress::broadcast_v4(), 68}, huge, MacAddress::broadcast());
  link.run_for(Duration::milliseconds(100));
  EXPECT_EQ(state(), State::selecting);
  EXPECT_EQ(client->status().ignored, 243u);
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DhcpHostile, C23_01_every_truncation_of_offer_and_ack) {
  for (std::size_t length = 0; length < 280; ++length) {
    answers = false;
    on_message = [this, length](const Sent& message) {
      const MessageType type = message.type == MessageType::discover ? MessageType::offer : MessageType::ack;
      const Buffer whole = reply(type, message.xid).finish();
      link.inject_udp({server_address, 67}, {IpAddress::broadcast_v4(), 68},
                      Bytes(whole).first(std::min(length, whole.size())), MacAddress::broadcast());
    };
    client->start(link.now);
    link.run_for(Duration::milliseconds(100));
    // Behind the lease time the rest is welcome, but not needed.
    const bool enough = length >= 240 + 3 + 6 + 6 + 1 && state() == State::bound;
    EXPECT_TRUE(enough || state() == State::selecting) << length;
    client->stop(link.now, false);
  }
}

class DhcpConflict : public DhcpTest {
 protected:
  void answer_probes_of_somebody_else() {
    link.stations[first_address] = MacAddress{{0x02, 0, 0, 0, 0, 0x77}};
  }
};

TEST_F(DhcpConflict, RFC2131_4_4_1_arp_check_before_use) {
  Config config;
  make_client(config);
  client->start(link.now);
  link.run_for(Duration::milliseconds(100));
  EXPECT_EQ(state(), State::checking);
  EXPECT_FALSE(has_address());
  link.run_for(Duration::seconds(2));
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(has_address());
  ASSERT_FALSE(link.arp_sent.empty());
  EXPECT_TRUE(link.arp_sent[0].sender.is_unspecified()) << "RFC 5227 2.1.1: a probe";
  EXPECT_EQ(link.arp_sent[0].target, first_address);
  EXPECT_EQ(link.arp_sent.back().sender, first_address) << "RFC 5227 2.3: announced";
}

TEST_F(DhcpConflict, RFC5227_full_probe) {
  Config config;
  config.probe = Probe::full;
  make_client(config);
  client->start(link.now);
  link.run_for(Duration::seconds(3));
  EXPECT_EQ(state(), State::checking);
  link.run_for(Duration::seconds(8));
  EXPECT_EQ(state(), State::bound);
  unsigned probes = 0;
  for (const ArpFrame& arp : link.arp_sent) {
    probes += arp.sender.is_unspecified() && arp.target == first_address ? 1 : 0;
  }
  EXPECT_EQ(probes, 3u);
}

TEST_F(DhcpConflict, RFC2131_3_1_5_address_in_use_is_declined_and_ten_seconds_waited) {
  for (const Probe probe : {Probe::arp_check, Probe::full}) {
    Config config;
    config.probe = probe;
    make_client(config);
    answer_probes_of_somebody_else();
    sent.clear();
    client->start(link.now);
    link.run_for(Duration::seconds(3));
    const auto declines = sent_of(MessageType::decline);
    ASSERT_EQ(declines.size(), 1u);
    const Sent& decline = declines[0];
    EXPECT_EQ(decline.frame.destination.address, IpAddress::broadcast_v4());
    EXPECT_TRUE(decline.frame.source.address.is_unspecified());
    EXPECT_EQ(decline.address(50), first_address);
    EXPECT_EQ(decline.address(54), server_address);
    EXPECT_TRUE(decline.message().ciaddr().is_unspecified());
    EXPECT_FALSE(decline.has(55));
    EXPECT_EQ(state(), State::declined);
    EXPECT_EQ(addresses(), 0u);
    EXPECT_EQ(client->status().conflicts, 1u);
    offers = IpAddress::v4(192, 0, 2, 60);
    link.run_until(decline.at + Duration::seconds(10) - Duration::milliseconds(1));
    EXPECT_EQ(state(), State::declined);
    link.run_for(Duration::seconds(12));
    EXPECT_EQ(state(), State::bound);
    EXPECT_TRUE(has_address(offers));
    offers = first_address;
    client->stop(link.now, false);
  }
}

TEST_F(DhcpConflict, RFC5227_2_4_address_lost_to_somebody_else_in_bound_is_declined) {
  bind();
  const MacAddress other{{0x02, 0, 0, 0, 0, 0x77}};
  for (int i = 0; i < 3; ++i) {
    link.inject_arp({.operation = 1, .sender_mac = other, .sender = first_address, .target = first_address},
                    {}, MacAddress::broadcast());
    link.run_for(Duration::seconds(1));
  }
  EXPECT_EQ(sent_of(MessageType::decline).size(), 1u);
  EXPECT_FALSE(has_address());
  EXPECT_EQ(state(), State::declined);
}

TEST_F(DhcpHostile, C23_11_link_flaps_in_every_state_and_everything_is_given_back) {
  Config config;
  config.probe = Probe::arp_check;
  make_client(config);
  const Digest::Value fresh = link.stack.digest();
  std::array<unsigned, 10> seen{};
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    if (random() % 4 == 0) link.stations[first_address] = MacAddress{{0x02, 0, 0, 0, 0, 0x77}};
    lease_seconds = 10 + random() % 300;
    if (random() % 3 == 0) {
      client->start(link.now, first_address);
    } else {
      client->start(link.now);
    }
    for (int step = 0; step < 6; ++step) {
      answers = random() % 3 != 0;
      const bool only_offers = random() % 5 == 0;
      on_message = [this, only_offers, does = answers](const Sent& message) {
        answers = does && (!only_offers || message.type == MessageType::discover);
      };
      refuses = random() % 5 == 0;
      const std::int64_t most = random() % 2 == 0 ? 2000 : 200000;
      link.run_for(Duration::milliseconds(static_cast<std::int64_t>(random()) % most));
      ++seen[static_cast<std::size_t>(state())];
      link.device.up = random() % 2 == 0;
      link.run_for(Duration::milliseconds(random() % 300));
      link.device.up = true;
    }
    on_message = nullptr;
    // Whatever happened: with a server that answers, there is an address again.
    answers = true;
    refuses = false;
    link.stations.erase(first_address);
    link.run_for(Duration::seconds(150));
    ASSERT_NE(client->status().lease, nullptr) << "seed " << seed;
    client->stop(link.now, random() % 2 == 0);
    link.run_for(Duration::milliseconds(10));
    ASSERT_EQ(addresses(), 0u);
    sent.clear();
    link.udp_sent.clear();
    link.arp_sent.clear();
  }
  link.stack.ethernet().forget_neighbours(ethernet::Ethernet::every_interface);
  link.run_for(Duration::seconds(1000));
  EXPECT_TRUE(link.stack.pool().full());
  EXPECT_EQ(link.stack.digest(), fresh);
  for (const State state : {State::selecting, State::requesting, State::checking, State::declined,
                            State::rebooting, State::bound, State::renewing, State::rebinding}) {
    EXPECT_GT(seen[static_cast<std::size_t>(state)], 0u) << state_text(state);
  }
}

TEST_F(DhcpHostile, random_messages_in_every_state_are_survived) {
  std::mt19937 random(9);
  for (int round = 0; round < 3000; ++round) {
    if (state() == State::stopped) client->start(link.now);
    answers = random() % 2 == 0;
    const std::uint32_t xid = sent.empty() ? 0 : sent.back().xid;
    ServerMessage message = reply(static_cast<MessageType>(random() % 9), random() % 4 == 0 ? random() : xid);
    for (unsigned i = 0; i < random() % 6; ++i) {
      Buffer value(random() % 40);
      for (std::uint8_t& byte : value) byte = static_cast<std::uint8_t>(random());
      message.option(static_cast<std::uint8_t>(random()), value);
    }
    for (unsigned i = 0; i < random() % 4; ++i) {
      message.bytes[random() % message.bytes.size()] = static_cast<std::uint8_t>(random());
    }
    send(message);
    link.run_for(Duration::milliseconds(random() % 5000));
    if (random() % 50 == 0) client->stop(link.now, true);
    ASSERT_LE(addresses(), 1u);
  }
  client->stop(link.now, false);
  link.run_for(Duration::seconds(100));
  EXPECT_TRUE(link.stack.pool().full());
  EXPECT_EQ(addresses(), 0u);
}

TEST_F(DhcpConflict, RFC2131_Table5_a_decline_asks_for_no_broadcast) {
  Config config;
  config.probe = Probe::arp_check;
  config.broadcast = true;
  make_client(config);
  answer_probes_of_somebody_else();
  sent.clear();
  client->start(link.now);
  link.run_for(Duration::seconds(3));
  ASSERT_EQ(sent_of(MessageType::decline).size(), 1u);
  EXPECT_EQ(sent_of(MessageType::decline)[0].message().flags(), 0);
  EXPECT_EQ(sent_of(MessageType::decline)[0].message().secs(), 0);
}

}  // namespace
}  // namespace linnet::dhcp::test
