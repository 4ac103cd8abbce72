// SPDX-License-Identifier: Apache-2.0
// The table of port translation, row by row of RFC 4787, RFC 5382 and RFC 5508; and what it does to packets.
#include "core/ip/napt.hpp"

#include "core/ip/test_host.hpp"

namespace linnet::ip {
namespace {

using test::Buffer;

constexpr std::uint32_t outside = 0xcb007101;  // 203.0.113.1
constexpr NaptEndpoint inside{0x0a010002, 5000};
constexpr NaptEndpoint inside_b{0x0a010003, 5000};
constexpr NaptEndpoint server{0xc6336407, 80};
constexpr NaptEndpoint server_other_port{0xc6336407, 81};
constexpr NaptEndpoint stranger{0xc6336408, 80};

struct Table {
  explicit Table(std::uint16_t entries = 4, std::uint8_t maps = 2) {
    config.napt_entries = entries;
    config.port_maps = maps;
    memory.resize(Napt::memory_needed(config) + Arena::alignment);
    arena.emplace(MutableBytes(memory));
    napt.emplace(config, *arena, random);
    EXPECT_FALSE(arena->exhausted());
  }
  Napt::Translation out(std::uint8_t protocol, const NaptEndpoint& from, const NaptEndpoint& to,
                        std::uint8_t flags = 0) {
    return napt->outbound(flow(protocol, from, to, flags), outside, now);
  }
  Napt::Translation in(std::uint8_t protocol, const NaptEndpoint& from, const NaptEndpoint& to,
                       std::uint8_t flags = 0) {
    return napt->inbound(flow(protocol, from, to, flags), now);
  }
  static NaptFlow flow(std::uint8_t protocol, const NaptEndpoint& from, const NaptEndpoint& to,
                       std::uint8_t flags) {
    return {.source = from,
            .destination = to,
            .protocol = protocol,
            .tcp_flags = flags,
            .opens = protocol != protocol::tcp || (flags & tcp_rst) == 0};
  }
  /// A connection that is up; yields the outside endpoint.
  NaptEndpoint connect(const NaptEndpoint& from = inside, const NaptEndpoint& to = server) {
    const NaptEndpoint ours = out(protocol::tcp, from, to, tcp_syn).to;
    in(protocol::tcp, to, ours, tcp_syn | tcp_ack);
    out(protocol::tcp, from, to, tcp_ack);
    return ours;
  }
  /// True when one more session fits only by the end of another.
  void pass(Duration time) {
    now = now + time;
    napt->expire(now);
  }
  Config config;
  Buffer memory;
  std::optional<Arena> arena;
  Random random{Random::Seed{1}};
  std::optional<Napt> napt;
  Instant now = Instant::from_microseconds(1000000);
};

TEST(Napt, RFC4787_REQ_1_an_inside_endpoint_has_one_outside_endpoint) {
  Table t;
  const auto first = t.out(protocol::udp, inside, server);
  EXPECT_TRUE(first.found);
  EXPECT_EQ(first.to.address, outside);
  EXPECT_EQ(t.out(protocol::udp, inside, stranger).to, first.to);
  EXPECT_EQ(t.out(protocol::udp, inside, server).to, first.to);
  EXPECT_NE(t.out(protocol::udp, inside_b, server).to, first.to) << "REQ-3: nobody shares it";
  EXPECT_EQ(t.napt->sessions(), 3u);
}

TEST(Napt, RFC4787_REQ_8_udp_is_let_in_by_address) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::udp, inside, server).to;
  EXPECT_EQ(t.in(protocol::udp, server, ours).to, inside);
  EXPECT_EQ(t.in(protocol::udp, server_other_port, ours).to, inside);
  EXPECT_EQ(t.in(protocol::udp, stranger, ours).reason, Drop::napt_filtered);
  EXPECT_FALSE(t.in(protocol::udp, server, {outside, 1}).found) << "ours, if anybody's";
  EXPECT_FALSE(t.in(protocol::tcp, server, ours, tcp_syn).found) << "another protocol's port";
}

TEST(Napt, RFC5382_REQ_4_tcp_is_let_in_from_the_peer_alone) {
  Table t;
  const NaptEndpoint ours = t.connect();
  EXPECT_EQ(t.in(protocol::tcp, server, ours, tcp_ack).to, inside);
  EXPECT_EQ(t.in(protocol::tcp, server_other_port, ours, tcp_syn).reason, Drop::napt_filtered);
  EXPECT_EQ(t.in(protocol::tcp, stranger, ours, tcp_syn).reason, Drop::napt_filtered);
}

TEST(Napt, RFC5382_REQ_2_a_simultaneous_open_passes) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::tcp, inside, server, tcp_syn).to;
  EXPECT_EQ(t.in(protocol::tcp, server, ours, tcp_syn).to, inside);
}

TEST(Napt, PortsOfTheRangeAreKept) {
  Table t;
  EXPECT_EQ(t.out(protocol::udp, {inside.address, 30000}, server).to.port, 30000);
  const std::uint16_t taken = t.out(protocol::udp, {inside_b.address, 30000}, server).to.port;
  EXPECT_NE(taken, 30000);
  EXPECT_GE(taken, 20000);
  EXPECT_LE(taken, 49151);
}

TEST(Napt, NoPortIsFree) {
  Table t;
  t.config.napt_first_port = t.config.napt_last_port = 20000;
  Arena again(t.memory);
  Napt narrow(t.config, again, t.random);
  EXPECT_TRUE(narrow.outbound(Table::flow(protocol::udp, inside, server, 0), outside, t.now).found);
  EXPECT_EQ(narrow.outbound(Table::flow(protocol::udp, inside_b, server, 0), outside, t.now).reason,
            Drop::napt_full);
}

struct Lifetime {
  const char* what;
  std::uint8_t protocol;
  std::vector<std::pair<bool, std::uint8_t>> packets;  // out?, flags
  int seconds;
};

TEST(Napt, SessionsLiveAsLongAsTheRfcsSay) {
  constexpr std::uint8_t syn_ack = tcp_syn | tcp_ack;
  constexpr std::uint8_t fin_ack = tcp_fin | tcp_ack;
  const std::vector<Lifetime> rows = {
      {"RFC 5508 REQ-2", protocol::icmp, {{true, 0}}, 60},
      {"RFC 4787 REQ-5", protocol::udp, {{true, 0}}, 300},
      {"RFC 4787 REQ-5, answered", protocol::udp, {{true, 0}, {false, 0}}, 300},
      {"RFC 5382 REQ-5: a SYN", protocol::tcp, {{true, tcp_syn}}, 240},
      {"an answered SYN", protocol::tcp, {{true, tcp_syn}, {false, syn_ack}}, 240},
      {"established", protocol::tcp, {{true, tcp_syn}, {false, syn_ack}, {true, tcp_ack}}, 7440},
      {"half closed",
       protocol::tcp,
       {{true, tcp_syn}, {false, syn_ack}, {true, tcp_ack}, {true, fin_ack}, {false, tcp_ack}},
       7440},
      {"closed",
       protocol::tcp,
       {{true, tcp_syn},
        {false, syn_ack},
        {true, tcp_ack},
        {true, fin_ack},
        {false, fin_ack},
        {true, tcp_ack}},
       240},
      {"reset", protocol::tcp, {{true, tcp_syn}, {false, syn_ack}, {true, tcp_ack}, {false, tcp_rst}}, 240},
      {"the same ports again",
       protocol::tcp,
       {{true, tcp_syn}, {false, tcp_rst | tcp_ack}, {true, tcp_syn}, {false, syn_ack}, {true, tcp_ack}},
       7440},
      {"taken up in the middle", protocol::tcp, {{true, tcp_ack}, {false, tcp_ack}, {true, tcp_ack}}, 7440},
  };
  for (const Lifetime& row : rows) {
    Table t;
    NaptEndpoint ours;
    for (const auto& [outwards, flags] : row.packets) {
      if (outwards) ours = t.out(row.protocol, inside, server, flags).to;
      if (!outwards) {
        EXPECT_EQ(t.in(row.protocol, server, ours, flags).to, inside) << row.what;
      }
    }
    EXPECT_EQ(t.napt->next_deadline(), t.now + Duration::seconds(row.seconds)) << row.what;
    t.pass(Duration::seconds(row.seconds) - Duration::microseconds(1));
    EXPECT_EQ(t.napt->sessions(), 1u) << row.what;
    t.pass(Duration::microseconds(1));
    EXPECT_EQ(t.napt->sessions(), 0u) << row.what;
    EXPECT_FALSE(t.napt->is_outside(row.protocol, ours)) << row.what;
    EXPECT_EQ(t.napt->next_deadline(), Instant::never());
  }
}

TEST(Napt, RFC4787_REQ_6_traffic_keeps_a_session_alive) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::udp, inside, server).to;
  for (int i = 0; i < 5; ++i) {
    t.pass(Duration::seconds(200));
    EXPECT_EQ(t.in(protocol::udp, server, ours).to, inside);
  }
  for (int i = 0; i < 2; ++i) {
    t.pass(Duration::seconds(200));
    EXPECT_EQ(t.out(protocol::udp, inside, server).to, ours);
  }
}

TEST(Napt, AFullTableGivesUpWhatIsIdleAndNotUp) {
  Table t(3);
  t.connect();
  t.pass(Duration::seconds(1));
  const NaptEndpoint half = t.out(protocol::tcp, inside_b, server, tcp_syn).to;
  t.pass(Duration::seconds(1));
  t.out(protocol::icmp, inside_b, server);
  t.pass(Duration::seconds(1));
  EXPECT_TRUE(t.out(protocol::udp, inside_b, server).found);
  EXPECT_FALSE(t.in(protocol::tcp, server, half, tcp_syn | tcp_ack).found) << "the oldest went";
  EXPECT_TRUE(t.out(protocol::udp, inside_b, stranger).found) << "echo went";
  EXPECT_EQ(t.napt->sessions(), 3u);
}

TEST(Napt, WhatIsUpStaysAndOthersFindNoRoom) {
  Table t(2);
  const NaptEndpoint first = t.connect();
  const NaptEndpoint ours = t.out(protocol::udp, inside, server).to;
  t.in(protocol::udp, server, ours);
  EXPECT_EQ(t.out(protocol::udp, inside_b, server).reason, Drop::napt_full);
  EXPECT_EQ(t.out(protocol::tcp, inside_b, server, tcp_syn).reason, Drop::napt_full);
  EXPECT_EQ(t.in(protocol::tcp, server, first, tcp_ack).to, inside);
  EXPECT_EQ(t.in(protocol::udp, server, ours).to, inside);
}

TEST(Napt, WhatBeginsNothingOpensNothing) {
  Table t;
  EXPECT_EQ(t.out(protocol::tcp, inside, server, tcp_rst).reason, Drop::napt_filtered);
  NaptFlow error = Table::flow(protocol::udp, inside, server, 0);
  error.error = true;
  EXPECT_EQ(t.napt->outbound(error, outside, t.now).reason, Drop::icmp_quote);
  EXPECT_FALSE(t.napt->inbound(error, t.now).found);
  EXPECT_EQ(t.napt->sessions(), 0u);
}

TEST(Napt, RFC5508_REQ_3_an_error_keeps_nothing_alive) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::udp, inside, server).to;
  t.pass(Duration::seconds(200));
  NaptFlow error = Table::flow(protocol::udp, server, ours, 0);
  error.error = true;
  EXPECT_EQ(t.napt->inbound(error, t.now).to, inside);
  t.pass(Duration::seconds(100));
  EXPECT_EQ(t.napt->sessions(), 0u);
}

TEST(Napt, AnotherAddressOfOursMakesAnotherMapping) {
  Table t;
  const NaptEndpoint before = t.out(protocol::udp, inside, server).to;
  const auto after = t.napt->outbound(Table::flow(protocol::udp, inside, server, 0), outside + 1, t.now);
  EXPECT_EQ(after.to.address, outside + 1);
  EXPECT_FALSE(t.in(protocol::udp, server, before).found);
  t.napt->forget(outside + 1);
  EXPECT_EQ(t.napt->sessions(), 0u);
}

TEST(NaptPortMap, LetsEverybodyInAndIsTheInsidesMapping) {
  Table t;
  const PortMap map{protocol::tcp, {outside, 8080}, inside};
  ASSERT_TRUE(t.napt->add_port_map(map));
  for (const NaptEndpoint& from : {server, stranger}) {
    EXPECT_EQ(t.in(protocol::tcp, from, map.outside, tcp_syn).to, inside);
    EXPECT_EQ(t.out(protocol::tcp, inside, from, tcp_syn | tcp_ack).to, map.outside);
  }
  EXPECT_EQ(t.out(protocol::tcp, inside, server_other_port, tcp_syn).to, map.outside);
  EXPECT_EQ(t.in(protocol::tcp, server_other_port, map.outside, tcp_rst).to, inside)
      << "of a session that is there";
  EXPECT_EQ(t.in(protocol::tcp, {1, 1}, map.outside, tcp_rst).reason, Drop::napt_filtered);
  t.pass(Duration::seconds(7440));
  EXPECT_EQ(t.napt->sessions(), 0u);
  EXPECT_TRUE(t.napt->is_outside(protocol::tcp, map.outside)) << "it stays";
}

TEST(NaptPortMap, BoundsAndRefusals) {
  Table t;
  const PortMap map{protocol::udp, {outside, 8080}, inside};
  EXPECT_FALSE(t.napt->add_port_map({protocol::icmp, {outside, 8080}, inside}));
  EXPECT_FALSE(t.napt->add_port_map({protocol::udp, {outside, 0}, inside}));
  EXPECT_FALSE(t.napt->add_port_map({protocol::udp, {0, 8080}, inside}));
  EXPECT_FALSE(t.napt->add_port_map({protocol::udp, {outside, 8080}, {inside.address, 0}}));
  EXPECT_TRUE(t.napt->add_port_map(map));
  EXPECT_TRUE(t.napt->add_port_map({protocol::udp, {outside, 8080}, inside_b})) << "in place of the other";
  EXPECT_EQ(t.in(protocol::udp, server, map.outside).to, inside_b);
  EXPECT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 8080}, inside}));
  EXPECT_FALSE(t.napt->add_port_map({protocol::tcp, {outside, 8081}, inside})) << "no more than configured";
  const NaptEndpoint dynamic = t.out(protocol::udp, inside, server).to;
  EXPECT_TRUE(t.napt->remove_port_map(protocol::tcp, 8080));
  EXPECT_FALSE(t.napt->add_port_map({protocol::udp, dynamic, inside})) << "a translation's";
  EXPECT_TRUE(t.napt->remove_port_map(protocol::udp, 8080));
  EXPECT_EQ(t.napt->sessions(), 1u) << "its session went with it";
  int maps = 0;
  t.napt->for_each_port_map([&](const PortMap&) { ++maps; });
  EXPECT_EQ(maps, 0);
}

TEST(NaptPortMap, TwoToOneEndpointDoNotMixOnePeersConnections) {
  Table t;
  ASSERT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 80}, inside}));
  ASSERT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 8080}, inside}));
  EXPECT_EQ(t.in(protocol::tcp, server, {outside, 8080}, tcp_syn).to, inside);
  EXPECT_EQ(t.in(protocol::tcp, server, {outside, 80}, tcp_syn).reason, Drop::napt_filtered);
  EXPECT_EQ(t.out(protocol::tcp, inside, server, tcp_ack).to.port, 8080);
}

TEST(Napt, NoEntriesNoMemoryToSpeakOf) {
  EXPECT_LT(Napt::memory_needed(Config{}), 256u);
  Table none(0, 0);
  EXPECT_EQ(none.out(protocol::udp, inside, server).reason, Drop::napt_full);
  EXPECT_FALSE(none.in(protocol::udp, server, {outside, 20000}).found);
}

TEST(Napt, RFC5382_REQ_5_a_connection_is_up_only_when_a_handshake_is_over) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::tcp, inside, server, tcp_syn).to;
  t.in(protocol::tcp, server, ours, tcp_syn | tcp_ack);
  t.out(protocol::tcp, inside, server, tcp_syn);
  t.in(protocol::tcp, server, ours, tcp_syn | tcp_ack);
  t.pass(Duration::seconds(240));
  EXPECT_EQ(t.napt->sessions(), 0u) << "segments from both sides are none yet";
}

TEST(Napt, PortsThatCannotBeARange) {
  Table t;
  t.config.napt_first_port = 0;
  t.config.napt_last_port = 0;
  Arena again(t.memory);
  Napt zero(t.config, again, t.random);
  EXPECT_EQ(zero.outbound(Table::flow(protocol::udp, inside, server, 0), outside, t.now).to.port, 1)
      << "0 is no port";
  t.config.napt_first_port = 30000;
  t.config.napt_last_port = 20000;
  Arena once_more(t.memory);
  Napt reversed(t.config, once_more, t.random);
  EXPECT_EQ(reversed.outbound(Table::flow(protocol::udp, inside, server, 0), outside, t.now).to.port, 30000);
}

TEST(Napt, PortsBesideTheRangeAreNotKept) {
  Table t;
  for (const std::uint16_t port : {std::uint16_t{19999}, std::uint16_t{49152}}) {
    const std::uint16_t got = t.out(protocol::udp, {inside.address, port}, server).to.port;
    EXPECT_GE(got, 20000);
    EXPECT_LE(got, 49151);
  }
}

TEST(Napt, RFC5508_REQ_4_an_error_from_inside_leaves_as_what_it_answers) {
  Table t;
  const NaptEndpoint ours = t.out(protocol::udp, inside, server).to;
  NaptFlow error = Table::flow(protocol::udp, inside, server, 0);
  error.error = true;
  const auto translated = t.napt->outbound(error, outside, t.now);
  EXPECT_TRUE(translated.found);
  EXPECT_EQ(translated.to, ours);
  EXPECT_EQ(t.napt->inside_of(Table::flow(protocol::udp, ours, server, 0)), inside);
  EXPECT_FALSE(t.napt->inside_of(Table::flow(protocol::udp, ours, stranger, 0)));
}

TEST(NaptPortMap, WhoComesInByItFindsRoomAsOthersDo) {
  Table t(1, 1);
  ASSERT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 8080}, inside}));
  t.out(protocol::udp, inside_b, server);
  EXPECT_EQ(t.in(protocol::tcp, server, {outside, 8080}, tcp_syn).to, inside) << "in place of what was idle";
  t.out(protocol::tcp, inside, server, tcp_syn | tcp_ack);
  t.in(protocol::tcp, server, {outside, 8080}, tcp_ack);
  EXPECT_EQ(t.in(protocol::tcp, stranger, {outside, 8080}, tcp_syn).reason, Drop::napt_full)
      << "what is up stays";
}

TEST(NaptPortMap, IsRemovedByItsProtocolAndPortAlone) {
  Table t;
  ASSERT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 8080}, inside}));
  const std::uint16_t dynamic = t.out(protocol::tcp, inside_b, server, tcp_syn).to.port;
  EXPECT_FALSE(t.napt->remove_port_map(protocol::udp, 8080));
  EXPECT_FALSE(t.napt->remove_port_map(protocol::tcp, 8081));
  EXPECT_FALSE(t.napt->remove_port_map(protocol::tcp, dynamic)) << "no map";
  std::vector<std::uint16_t> maps;
  t.napt->for_each_port_map([&](const PortMap& map) { maps.push_back(map.outside.port); });
  EXPECT_EQ(maps, std::vector<std::uint16_t>{8080}) << "translations are none";
  EXPECT_TRUE(t.napt->remove_port_map(protocol::tcp, 8080));
}

TEST(Napt, TheDigestTellsSessionsAndMapsApart) {
  Table t;
  const auto digest = [&] {
    Digest d;
    t.napt->digest(d);
    return d.value();
  };
  const auto empty = digest();
  t.out(protocol::udp, inside, server);
  const auto one = digest();
  EXPECT_FALSE(one == empty);
  ASSERT_TRUE(t.napt->add_port_map({protocol::tcp, {outside, 8080}, inside}));
  EXPECT_FALSE(digest() == one);
  EXPECT_TRUE(t.napt->remove_port_map(protocol::tcp, 8080));
  EXPECT_TRUE(digest() == one);
  t.napt->forget();
  EXPECT_TRUE(digest() == empty);
}

}  // namespace
}  // namespace linnet::ip
