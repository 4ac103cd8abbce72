// SPDX-License-Identifier: Apache-2.0
// The agent: a machine on a stack, with its socket, memberships and addresses.
#include "services/mdns/agent.hpp"

#include "core/test_link.hpp"
#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;
using linnet::test::ScriptedLink;
using linnet::test::UdpFrame;

constexpr IpAddress own = IpAddress::v4(192, 0, 2, 50);
constexpr IpAddress neighbour = IpAddress::v4(192, 0, 2, 1);
constexpr IpAddress far_away = IpAddress::v4(198, 51, 100, 7);
constexpr MacAddress group_mac{{0x01, 0, 0x5e, 0, 0, 0xfb}};
constexpr MacAddress own_mac{{0x02, 0, 0, 0, 0, 1}};

class MdnsAgent : public ::testing::Test {
 protected:
  MdnsAgent() {
    link.stations[neighbour] = link.stations[far_away] = link.station_mac;
    EXPECT_TRUE(link.stack.ip().add_address(link.interface, {own, 24}, false, link.now));
    EXPECT_TRUE(link.stack.ip().add_route({IpAddress::any_v4(), 0}, neighbour, link.interface));
    link.run_for(Duration::seconds(5));
    make({});
    link.service = [this](Instant now) { return agent->poll(now); };
    link.on_udp = [this](const UdpFrame& frame) {
      if (frame.source.port != port) return;
      frames.push_back(frame);
      const bool group = frame.destination.address == group_v4;
      sent.push_back(
          take_apart(frame.payload, frame.at, group ? std::nullopt : std::optional(frame.destination)));
    };
  }
  ~MdnsAgent() override { agent.reset(); }
  void make(const Config& config) {
    agent.reset();
    memory.assign(Agent::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    agent = std::make_unique<Agent>(link.stack, link.interface, config, arena);
    EXPECT_FALSE(arena.exhausted());
  }
  void begin() {
    ASSERT_TRUE(agent->start("host", link.now));
    link.run_for(Duration::seconds(20));
    frames.clear();
    sent.clear();
  }
  void inject(const ServerMessage& message, const Endpoint& source, bool group = true) {
    link.inject_udp(source, {group ? group_v4 : own, port}, message.finish(), group ? group_mac : own_mac);
  }

  ScriptedLink link;
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Agent> agent;
  std::vector<UdpFrame> frames;
  std::vector<Sent> sent;
};

TEST_F(MdnsAgent, RFC6762_8_a_host_with_the_addresses_of_its_interface_is_announced) {
  ASSERT_TRUE(agent->start("host", link.now));
  EXPECT_FALSE(agent->start("host", link.now)) << "it runs";
  link.run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent.back().find("host.local", type::a)->data, a_data(own));
  for (const UdpFrame& frame : frames) {
    EXPECT_EQ(frame.to, group_mac);
    EXPECT_EQ(frame.source.port, 5353) << "RFC 6762 6";
    EXPECT_EQ(frame.destination.port, 5353);
  }
}

TEST_F(MdnsAgent, RFC6762_8_who_only_asked_gets_a_name_and_another_one) {
  EXPECT_FALSE(agent->set_host_name("host", link.now)) << "it does not run";
  ASSERT_TRUE(agent->start({}, link.now));
  link.run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  EXPECT_FALSE(agent->set_host_name("a.b", link.now));
  ASSERT_TRUE(agent->set_host_name("host", link.now));
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(sent.back().find("host.local", type::a)->data, a_data(own));
  ASSERT_TRUE(agent->set_host_name("other", link.now));
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(sent.back().find("other.local", type::a)->data, a_data(own));
}

TEST_F(MdnsAgent, RFC6762_6_a_question_to_the_group_is_answered_to_it) {
  begin();
  inject(query_message().ask("host.local", type::a), {neighbour, 5353});
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].to);
  EXPECT_EQ(sent[0].find("host.local", type::a)->data, a_data(own));
}

TEST_F(MdnsAgent, C22_03_only_neighbours_are_answered_alone) {
  begin();
  inject(query_message(7).ask("host.local", type::a), {neighbour, 40000});
  inject(query_message(7).ask("host.local", type::a), {neighbour, 40001}, false);
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(*sent[0].to, (Endpoint{neighbour, 40000}));
  EXPECT_EQ(*sent[1].to, (Endpoint{neighbour, 40001}));
  sent.clear();
  for (const std::uint16_t from : {std::uint16_t{40000}, port}) {
    inject(query_message(7).ask("host.local", type::a), {far_away, from}, false);
  }
  inject(query_message(7).ask("host.local", type::a), {far_away, 40000}, true);
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(agent->status().dropped(Drop::off_link), 2u);
}

TEST_F(MdnsAgent, C22_09_what_this_host_said_itself_is_no_conflict) {
  begin();
  const auto other_data =
      response_message()
          .record(labels("host.local"), type::a, 120, a_data(IpAddress::v4(10, 0, 0, 9)), flush_in)
          .count(6);
  // From another of our interfaces on the same link: its address is one of ours.
  const Agent& watched = *agent;
  const auto loop = [&](const Endpoint& source) {
    inject(other_data, source);
    link.run_for(Duration::milliseconds(10));
    return watched.machine().responder().host(watched.host())->claim.state;
  };
  ASSERT_TRUE(link.stack.ip().add_address(Stack::loopback_interface, {IpAddress::v4(10, 0, 0, 9), 32}, false,
                                          link.now));
  EXPECT_EQ(loop({IpAddress::v4(10, 0, 0, 9), port}), ClaimState::established);
  // From another program of this host, whose groups are looped back.
  const auto socket = *link.stack.udp().open();
  link.stack.udp().options(socket)->interface = link.interface;
  ASSERT_TRUE(link.stack.udp().bind(socket, {IpAddress::any_v4(), port}, true));
  const auto bytes = other_data.finish();
  const Bytes payload = bytes;
  const Endpoint group{group_v4, port};
  ASSERT_TRUE(link.stack.udp().send(socket, {&payload, 1}, &group, {}, link.now));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(watched.machine().responder().host(watched.host())->claim.state, ClaimState::established);
  EXPECT_EQ(watched.status().dropped(Drop::own), 1u);
  link.stack.udp().close(socket);
  EXPECT_EQ(loop({neighbour, port}), ClaimState::waiting) << "from anybody else it would be one";
}

TEST_F(MdnsAgent, C22_02_a_thousand_empty_datagrams_are_taken_and_forgotten) {
  begin();
  for (int i = 0; i < 1000; ++i) {
    link.inject_udp({neighbour, port}, {group_v4, port}, {}, group_mac);
    if (i % 8 == 0) link.run_for(Duration::microseconds(1));
  }
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(agent->status().dropped(Drop::too_short), 1000u);
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsAgent, RFC6762_8_4_a_new_address_of_the_interface_is_announced) {
  begin();
  const IpAddress later = IpAddress::v4(192, 0, 2, 51);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {later, 24}, false, link.now));
  ASSERT_TRUE(link.stack.ip().remove_address(link.interface, own));
  link.run_for(Duration::seconds(5));
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.back().find("host.local", type::a)->data, a_data(later));
}

TEST_F(MdnsAgent, RFC5227_an_address_that_is_not_known_to_be_ours_is_not_told) {
  begin();
  const IpAddress later = IpAddress::v4(192, 0, 2, 51);
  ASSERT_TRUE(link.stack.ip().add_address(link.interface, {later, 24}, true, link.now));
  link.run_for(Duration());
  EXPECT_TRUE(sent.empty()) << "it is probed for";
  link.run_for(Duration::seconds(10));
  ASSERT_FALSE(sent.empty());
  std::size_t told = 0;
  for (const SentRecord& record : sent.back().records)
    told += record.name == "host.local" && record.type == type::a ? 1 : 0;
  EXPECT_EQ(told, 2u);
}

TEST_F(MdnsAgent, RFC6762_8_a_link_that_comes_back_is_probed_anew) {
  begin();
  link.device.up = false;
  link.run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  link.device.up = true;
  link.run_for(Duration::seconds(10));
  ASSERT_GE(sent.size(), 5u);
  EXPECT_FALSE(sent[0].is_response());
}

TEST_F(MdnsAgent, RFC6762_10_1_stopping_says_goodbye_and_gives_everything_back) {
  Digest before;
  link.stack.udp().digest(before);
  begin();
  EXPECT_TRUE(agent->running());
  agent->stop(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(agent->running());
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].find("host.local", type::a)->ttl, 0u);
  Digest after;
  link.stack.udp().digest(after);
  EXPECT_TRUE(after.value() == before.value()) << "the socket is closed";
  EXPECT_FALSE(link.stack.ip().groups().wants(link.interface, group_v4, neighbour));
  EXPECT_TRUE(agent->start("host", link.now)) << "and it can begin again";
}

TEST_F(MdnsAgent, RFC6762_8_who_starts_again_claims_a_name_again_and_joins_the_group_again) {
  begin();
  agent->stop(link.now);
  link.run_for(Duration::seconds(5));
  sent.clear();
  const auto generation = link.stack.ip().generation();
  ASSERT_TRUE(agent->start("host", link.now));
  EXPECT_EQ(link.stack.ip().generation(), generation) << "nothing but the agent has changed";
  link.run_for(Duration::seconds(20));
  ASSERT_EQ(sent.size(), 5u) << "three probes, two announcements";
  EXPECT_EQ(sent.back().find("host.local", type::a)->data, a_data(own));
  sent.clear();
  inject(query_message().ask("host.local", type::a), {neighbour, 5353});
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(MdnsAgent, who_starts_again_without_a_name_may_take_one_later) {
  begin();
  agent->stop(link.now);
  link.run_for(Duration::seconds(5));
  ASSERT_TRUE(agent->start({}, link.now));
  ASSERT_TRUE(agent->set_host_name("other", link.now));
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(sent.back().find("other.local", type::a)->data, a_data(own));
}

/// Those who listen have queues that end.
TEST_F(MdnsAgent, of_hundreds_of_services_no_more_than_four_messages_are_sent_in_ten_milliseconds) {
  constexpr std::uint16_t count = 600;
  make({.services = count, .subtypes = 0, .txt_size = 8});
  ASSERT_TRUE(agent->start("host", link.now));
  for (std::uint16_t i = 0; i < count; ++i) {
    const std::string name = "S" + std::to_string(i);
    ASSERT_TRUE(agent->machine().responder().add_service({.instance = name, .type = "_many._tcp", .port = 1},
                                                         link.now));
  }
  link.run_for(Duration::seconds(20));
  const auto in_time = [&] {
    for (std::size_t i = 4; i < frames.size(); ++i) {
      if (frames[i].at - frames[i - 4].at < Duration::milliseconds(10)) return false;
    }
    return frames.size() > 4;
  };
  EXPECT_TRUE(in_time());
  frames.clear();
  sent.clear();
  agent->leave(link.now);
  EXPECT_TRUE(agent->leaving());
  link.run_for(Duration::seconds(1));
  EXPECT_FALSE(agent->leaving());
  EXPECT_TRUE(in_time());
  std::size_t goodbyes = 0;
  for (const Sent& message : sent) {
    for (const SentRecord& record : message.records) {
      EXPECT_EQ(record.ttl, 0u);
      goodbyes += record.type == type::ptr && record.name == "_many._tcp.local" ? 1 : 0;
    }
  }
  EXPECT_EQ(goodbyes, count);
  sent.clear();
  agent->stop(link.now);
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(sent.size(), 0u) << "all has been said";
  ASSERT_TRUE(agent->start("host", link.now));
  EXPECT_FALSE(agent->leaving());
}

TEST_F(MdnsAgent, RFC6762_15_the_port_is_shared) {
  const auto other = link.stack.udp().open();
  ASSERT_TRUE(other);
  ASSERT_TRUE(link.stack.udp().bind(*other, {IpAddress::any_v6(), port}, true));
  EXPECT_TRUE(agent->start({}, link.now));
  agent->stop(link.now);
  link.stack.udp().close(*other);
  const auto selfish = link.stack.udp().open();
  ASSERT_TRUE(link.stack.udp().bind(*selfish, {IpAddress::any_v6(), port}, false));
  EXPECT_FALSE(agent->start({}, link.now));
  link.stack.udp().close(*selfish);
  EXPECT_FALSE(agent->start("not a host's name", link.now));
}

TEST_F(MdnsAgent, without_memory_or_a_socket_it_does_not_start) {
  memory.clear();
  Arena none(memory);
  Agent empty(link.stack, link.interface, {}, none);
  EXPECT_FALSE(empty.start("host", link.now));
  std::vector<udp::SocketHandle> taken;
  while (const auto socket = link.stack.udp().open()) taken.push_back(*socket);
  EXPECT_FALSE(agent->start("host", link.now));
  for (const udp::SocketHandle socket : taken) link.stack.udp().close(socket);
  EXPECT_TRUE(agent->start("host", link.now));
}

TEST_F(MdnsAgent, who_does_not_run_has_nothing_to_leave) {
  agent->leave(link.now);
  EXPECT_FALSE(agent->leaving());
  agent->stop(link.now);
  EXPECT_TRUE(agent->poll(link.now).is_never());
  link.run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  ASSERT_TRUE(agent->start("host", link.now));
  link.run_for(Duration::seconds(5));
  EXPECT_FALSE(agent->leaving()) << "it was not told to";
  EXPECT_FALSE(sent.empty());
}

TEST(MdnsAgentAddresses, of_more_than_sixteen_addresses_the_first_are_told) {
  linnet::Config with = ScriptedLink::default_config();
  with.ethernet.addresses = with.ip.addresses = 24;
  ScriptedLink link(1, with);
  for (std::uint8_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(
        link.stack.ip().add_address(link.interface, {IpAddress::v4(192, 0, 2, i), 32}, false, link.now));
  }
  const Config many{.addresses = 20};
  std::vector<std::uint8_t> memory(Agent::memory_needed(many) + Arena::alignment);
  Arena arena(memory);
  Agent agent(link.stack, link.interface, many, arena);
  link.service = [&](Instant now) { return agent.poll(now); };
  std::size_t told = 0;
  link.on_udp = [&](const UdpFrame& frame) {
    told = 0;
    for (const SentRecord& record : take_apart(frame.payload, frame.at, std::nullopt).records)
      told += record.type == type::a ? 1 : 0;
  };
  ASSERT_TRUE(agent.start("host", link.now));
  link.run_for(Duration::seconds(20));
  EXPECT_EQ(told, 16u);
}

TEST_F(MdnsAgent, what_arrives_at_once_is_read_in_several_turns) {
  begin();
  link.service = nullptr;
  for (int i = 0; i < 20; ++i) link.inject_udp({neighbour, port}, {group_v4, port}, {}, group_mac);
  link.run_for(Duration());
  EXPECT_EQ(agent->poll(link.now), link.now);
  EXPECT_EQ(agent->status().dropped(Drop::too_short), 16u) << "others have their turn";
  agent->poll(link.now);
  EXPECT_EQ(agent->status().dropped(Drop::too_short), 20u);
  EXPECT_GT(agent->poll(link.now), link.now);
}

TEST_F(MdnsAgent, RFC6762_11_who_cannot_be_reached_at_all_is_no_neighbour) {
  ASSERT_TRUE(link.stack.ip().remove_route({IpAddress::any_v4(), 0}, neighbour, link.interface));
  begin();
  inject(query_message(7).ask("host.local", type::a), {far_away, 40000}, false);
  link.run_for(Duration::seconds(1));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(agent->status().dropped(Drop::off_link), 1u);
}

TEST_F(MdnsAgent, RFC6762_14_what_comes_by_another_interface_is_for_another_agent) {
  begin();
  const auto socket = *link.stack.udp().open();
  const Bytes payload;
  const Endpoint to{IpAddress::v4(127, 0, 0, 1), port};
  ASSERT_TRUE(link.stack.udp().send(socket, {&payload, 1}, &to, {}, link.now));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(agent->status().dropped(Drop::own), 0u);
  EXPECT_EQ(agent->status().dropped(Drop::too_short), 0u);
  link.stack.udp().close(socket);
}

TEST_F(MdnsAgent, who_could_not_start_leaves_no_socket_behind) {
  const auto digest = [&] {
    Digest d;
    link.stack.udp().digest(d);
    return d.value();
  };
  const auto selfish = link.stack.udp().open();
  ASSERT_TRUE(link.stack.udp().bind(*selfish, {IpAddress::any_v6(), port}, false));
  const Digest::Value taken = digest();
  EXPECT_FALSE(agent->start({}, link.now));
  EXPECT_TRUE(digest() == taken);
  link.stack.udp().close(*selfish);
  const Digest::Value before = digest();
  EXPECT_FALSE(agent->start("not a host's name", link.now));
  EXPECT_TRUE(digest() == before);
}

TEST_F(MdnsAgent, RFC6762_8_a_name_is_claimed_as_soon_as_it_is_wished_and_given_up_with_the_link) {
  const auto state = [&] { return agent->machine().responder().host(agent->host())->claim.state; };
  ASSERT_TRUE(agent->start({}, link.now));
  ASSERT_TRUE(agent->set_host_name("host", link.now));
  EXPECT_EQ(state(), ClaimState::waiting) << "before anything is polled";
  link.run_for(Duration::seconds(5));
  EXPECT_EQ(state(), ClaimState::established);
  link.device.up = false;
  link.run_for(Duration::seconds(1));
  EXPECT_EQ(state(), ClaimState::idle);
  agent->stop(link.now);
  link.device.up = true;
  link.run_for(Duration::seconds(1));
  ASSERT_TRUE(agent->start("host", link.now));
  EXPECT_EQ(state(), ClaimState::waiting);
}

}  // namespace
}  // namespace linnet::mdns
