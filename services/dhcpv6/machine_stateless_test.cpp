// SPDX-License-Identifier: Apache-2.0
// Information without addresses (RFC 8415 18.2.6), and the changes between the modes.
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Stateless : public MachineTest {
 protected:
  /// The instant at which the information came.
  Instant inform() {
    machine->start(Mode::stateless, now);
    run_for(Duration::seconds(3));
    EXPECT_EQ(state(), State::informed);
    return sent.back().at + server().delay;
  }
};

TEST_F(Dhcpv6Stateless, RFC8415_18_2_6_information_request) {
  const Instant begin = now;
  machine->start(Mode::stateless, now);
  EXPECT_GT(machine->next_deadline(), begin) << "MUST be delayed at random";
  EXPECT_LE(machine->next_deadline(), begin + Duration::seconds(1)) << "INF_MAX_DELAY";
  run_for(Duration::seconds(3));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::information_request);
  EXPECT_TRUE(sent[0].has(option::client_id));
  EXPECT_FALSE(sent[0].has(option::server_id));
  EXPECT_FALSE(sent[0].has(option::ia_na)) << "16.12";
  EXPECT_EQ(sent[0].elapsed(), 0);
  for (const std::uint16_t code : {option::inf_max_rt, option::information_refresh_time, option::dns_servers,
                                   option::domain_list, option::sntp_servers, option::ntp_server}) {
    EXPECT_TRUE(sent[0].asks_for(code)) << code;
  }
  const Status status = machine->status();
  EXPECT_EQ(status.state, State::informed);
  EXPECT_TRUE(status.addresses.empty());
  ASSERT_NE(status.information, nullptr);
  EXPECT_EQ(status.information->dns_servers[0], ip("2001:db8::53"));
}

TEST_F(Dhcpv6Stateless, RFC8415_18_2_6_repeated_up_to_inf_max_rt) {
  server().answers = false;
  machine->start(Mode::stateless, now);
  run_for(Duration::seconds(40000));
  ASSERT_GE(sent.size(), 18u);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(3960));
    EXPECT_EQ(sent[i].xid, sent[0].xid);
  }
  EXPECT_LE(sent[1].at - sent[0].at, Duration::milliseconds(1100));
}

TEST_F(Dhcpv6Stateless, RFC8415_21_23_refresh_time_default_minimum_and_infinity) {
  struct Row {
    std::optional<std::uint32_t> option;
    Duration expected;
  };
  const Row rows[] = {{std::nullopt, Duration::seconds(86400)}, {0u, Duration::seconds(600)},
                      {599u, Duration::seconds(600)},           {601u, Duration::seconds(601)},
                      {1000000u, Duration::seconds(1000000)},   {infinity, Duration::max()}};
  for (const Row& row : rows) {
    make_machine({});
    server().edit = [&row](ServerMessage& message) {
      if (row.option) message.u32(option::information_refresh_time, *row.option);
    };
    const Instant informed = inform();
    EXPECT_EQ(machine->status().refresh_at, informed + row.expected);
    EXPECT_EQ(machine->next_deadline(), informed + row.expected);
  }
}

TEST_F(Dhcpv6Stateless, RFC8415_21_23_refreshes_after_a_random_delay) {
  const Instant informed = inform();
  const std::uint32_t version = machine->status().version;
  sent.clear();
  run_until(informed + Duration::seconds(86400));
  EXPECT_TRUE(sent.empty());
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_GT(sent[0].at, informed + Duration::seconds(86400));
  EXPECT_LE(sent[0].at, informed + Duration::seconds(86401));
  EXPECT_EQ(state(), State::informed);
  EXPECT_EQ(machine->status().version, version) << "nothing is new";
}

TEST_F(Dhcpv6Stateless, version_moves_when_a_refresh_says_something_else) {
  Buffer domain = {3, 'l', 'a', 'n', 0};
  server().edit = [&](ServerMessage& message) { message.add(option::domain_list, domain); };
  inform();
  const std::uint32_t version = machine->status().version;
  run_for(Duration::seconds(86500));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(machine->status().version, version);
  domain[1] = 'w';
  run_for(Duration::seconds(86500));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(machine->status().version, version);
  EXPECT_EQ(machine->status().information->domains[0].view(), "wan");
}

TEST_F(Dhcpv6Stateless, information_stays_while_a_refresh_is_unanswered) {
  inform();
  server().answers = false;
  run_for(Duration::seconds(100000));
  EXPECT_EQ(state(), State::informing);
  ASSERT_NE(machine->status().information, nullptr);
  EXPECT_EQ(machine->status().information->dns_servers.size(), 1u);
}

TEST_F(Dhcpv6Stateless, RFC8415_21_25_inf_max_rt_of_a_reply_counts_from_then_on) {
  server().edit = [](ServerMessage& message) { message.u32(option::inf_max_rt, 60); };
  inform();
  server().answers = false;
  run_for(Duration::seconds(86400 + 2000));
  sent.erase(sent.begin());
  ASSERT_GE(sent.size(), 20u);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(66));
  }
}

TEST_F(Dhcpv6Stateless, reply_that_says_no_is_waited_out) {
  server().edit = [this](ServerMessage& message) {
    if (sent.size() < 3) message.raw(status(StatusCode::unspec_fail));
  };
  machine->start(Mode::stateless, now);
  run_for(Duration::seconds(20));
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_EQ(machine->status().dropped(Drop::status), 2u);
  EXPECT_EQ(state(), State::informed);
}

TEST_F(Dhcpv6Stateless, from_stateless_to_stateful_and_back) {
  inform();
  sent.clear();
  machine->start(Mode::stateless, now);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty()) << "running so already";
  machine->start(Mode::stateful, now);
  EXPECT_NE(machine->status().information, nullptr) << "good until there is better";
  run_for(Duration::seconds(5));
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(machine->status().refresh_at.is_never());
  sent.clear();
  machine->start(Mode::stateless, now);
  EXPECT_TRUE(addresses().empty());
  run_for(Duration::seconds(5));
  EXPECT_EQ(state(), State::informed);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::information_request);
}

}  // namespace
}  // namespace linnet::dhcpv6::test
