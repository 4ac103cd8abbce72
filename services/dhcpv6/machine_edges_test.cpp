// SPDX-License-Identifier: Apache-2.0
// What is left of one exchange in the next, and what comes at the very moment that something ends.
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Edges : public MachineTest {
 protected:
  void flap() {
    machine->link_changed(false, now);
    machine->link_changed(true, now);
  }
  bool version_moved() {
    const std::uint32_t before = version;
    version = machine->status().version;
    return version != before;
  }
  Duration longest_gap() const {
    Duration longest;
    for (std::size_t i = 1; i < sent.size(); ++i) longest = std::max(longest, sent[i].at - sent[i - 1].at);
    return longest;
  }
  std::uint32_t version = 0;
};

TEST_F(Dhcpv6Edges, the_mode_is_told) {
  EXPECT_EQ(machine->status().mode, Mode::stateless);
  machine->start(Mode::stateful, now);
  EXPECT_EQ(machine->status().mode, Mode::stateful);
  machine->start(Mode::stateless, now);
  EXPECT_EQ(machine->status().mode, Mode::stateless);
}

TEST_F(Dhcpv6Edges, begun_in_another_mode_the_link_counts_as_up) {
  machine->start(Mode::stateful, now);
  machine->link_changed(false, now);
  ASSERT_TRUE(machine->next_deadline().is_never());
  machine->start(Mode::stateless, now);
  run_for(Duration::seconds(2));
  EXPECT_EQ(state(), State::informed);
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_8_what_was_to_be_released_is_not_declined) {
  bind();
  server().answers = false;
  machine->stop(now, true);
  ASSERT_EQ(state(), State::releasing);
  server().answers = true;
  server().addresses[0].address = ip("2001:db8::51");
  bind();
  machine->declined(ip("2001:db8::51"), now);
  pump();
  ASSERT_EQ(count(MessageType::decline), 1u);
  EXPECT_EQ(sent[0].addresses(), std::vector{ip("2001:db8::51")});
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_8_what_was_declined_is_not_declined_again) {
  server().addresses = {{.address = ip("2001:db8::1")}, {.address = ip("2001:db8::2")}};
  bind();
  machine->declined(ip("2001:db8::1"), now);
  run_for(Duration::seconds(1));
  ASSERT_EQ(state(), State::bound);
  machine->declined(ip("2001:db8::2"), now);
  pump();
  const std::vector<Sent> declines = sent_of(MessageType::decline);
  ASSERT_EQ(declines.size(), 2u);
  EXPECT_EQ(declines[1].addresses(), std::vector{ip("2001:db8::2")});
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_12_what_was_confirmed_is_not_confirmed_again) {
  server().addresses = {{.address = ip("2001:db8::1")}, {.address = ip("2001:db8::2")}};
  bind();
  flap();
  run_for(Duration::seconds(2));
  ASSERT_EQ(state(), State::bound);
  ASSERT_EQ(count(MessageType::confirm), 1u);
  machine->declined(ip("2001:db8::1"), now);
  run_for(Duration::seconds(2));
  EXPECT_EQ(count(MessageType::decline), 1u);
  EXPECT_EQ(count(MessageType::confirm), 1u);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Edges, what_has_expired_while_nobody_looked_is_not_confirmed_nor_extended) {
  bind();
  server().answers = false;
  const Instant end = machine->status().addresses[0].valid_until;
  machine->link_changed(false, now);
  now = end;
  machine->link_changed(true, now);
  EXPECT_TRUE(addresses().empty());
  EXPECT_EQ(state(), State::soliciting);

  server().answers = true;
  bind();
  server().answers = false;
  run_until(machine->status().addresses[0].valid_until - Duration::microseconds(1));
  ASSERT_EQ(state(), State::rebinding);
  now = machine->status().addresses[0].valid_until;
  EXPECT_FALSE(deliver(answer(server(), MessageType::reply, sent.back().xid)));
  EXPECT_TRUE(addresses().empty()) << "it was valid until that moment";
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_9_each_collection_of_advertises_has_its_own_max_rts) {
  server().answers = false;
  const auto told = [&](std::uint32_t seconds) {
    deliver(head(MessageType::advertise, sent.back().xid)
                .u32(option::sol_max_rt, seconds)
                .u32(option::inf_max_rt, seconds));
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(1));
  told(60);
  flap();
  run_for(Duration::seconds(1));
  told(100);
  sent.clear();
  run_for(Duration::seconds(3000));
  EXPECT_GE(longest_gap(), Duration::seconds(90));
  EXPECT_LE(longest_gap(), Duration::seconds(110)) << "all of this collection said 100 s";
  machine->start(Mode::stateless, now);
  sent.clear();
  run_for(Duration::seconds(3000));
  EXPECT_GE(longest_gap(), Duration::seconds(90));
  EXPECT_LE(longest_gap(), Duration::seconds(110));
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_9_advertises_that_differ_leave_the_default_whichever_comes_last) {
  server().answers = false;
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(1));
  for (const std::uint32_t seconds : {100u, 60u}) {
    deliver(head(MessageType::advertise, sent.back().xid).u32(option::sol_max_rt, seconds));
  }
  run_for(Duration::seconds(3000));
  EXPECT_GT(longest_gap(), Duration::seconds(500));
}

TEST_F(Dhcpv6Edges, RFC8415_14_1_a_lease_that_lasted_is_no_failure) {
  bind();
  server().answers = false;
  const Instant end = machine->status().addresses[0].valid_until;
  run_until(end);
  ASSERT_EQ(state(), State::soliciting);
  EXPECT_LE(machine->next_deadline(), end + Duration::seconds(1)) << "SOL_MAX_DELAY and no more";
}

TEST_F(Dhcpv6Edges, RFC8415_14_1_a_lease_that_lasted_excuses_no_refusals_after_it) {
  bind();
  server().addresses[0].preferred = server().addresses[0].valid = 0;  // from the renewal on
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] == 2)
      message =
          answer({.addresses = {{.address = ip("2001:db8::50")}}}, MessageType::advertise, message.xid());
  };
  run_until(machine->status().renew_at + Duration::seconds(600));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  ASSERT_GE(requests.size(), 5u);
  EXPECT_LE(requests.size(), 12u) << "each waited for twice as long";
}

TEST_F(Dhcpv6Edges, RFC8415_14_1_refusals_are_waited_for_twice_as_long_each_up_to_4096_seconds) {
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] == 2) message.u32(option::sol_max_rt, 86400);
    if (message.bytes[0] != 7) return;
    message = head(MessageType::reply, message.xid()).raw(status(StatusCode::no_addrs_avail));
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(20000));
  const std::vector<Sent> requests = sent_of(MessageType::request);
  const std::vector<Sent> solicits = sent_of(MessageType::solicit);
  ASSERT_GE(requests.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i) {
    const Instant refused = requests[i].at + server().delay;
    const auto wait =
        Duration::seconds(i == 0 ? 0 : std::min(std::int64_t{1} << (i - 1), std::int64_t{4096}));
    EXPECT_GE(solicits[i + 1].at - refused, wait) << i;
    EXPECT_LE(solicits[i + 1].at - refused, wait + Duration::seconds(1)) << i << ": SOL_MAX_DELAY";
  }
}

TEST_F(Dhcpv6Edges, RFC8415_18_2_3_a_lease_whose_T1_came_while_it_was_to_be_confirmed_is_renewed_at_once) {
  server().t1 = 100;
  server().t2 = 1000;
  bind();
  run_until(bound_at + Duration::seconds(95));
  server().answers_this = [](const Sent& message) { return message.type != MessageType::confirm; };
  flap();
  run_for(Duration::seconds(12));
  ASSERT_GE(sent.size(), 2u);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].type, i + 1 < sent.size() ? MessageType::confirm : MessageType::renew) << i;
  }
  EXPECT_EQ(sent.back().at, sent.front().at + Duration::seconds(10)) << "CNF_MAX_RD";
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Edges, an_address_that_is_just_valid_for_long_enough_is_asked_for) {
  server().addresses = {{.address = ip("2001:db8::50"), .preferred = 10, .valid = 10}};
  reach(State::requesting);
  EXPECT_EQ(sent.back().addresses(), std::vector{ip("2001:db8::50")});
}

TEST_F(Dhcpv6Edges, the_version_moves_when_one_address_of_two_expires) {
  server().addresses = {{.address = ip("2001:db8::1"), .preferred = 100, .valid = 100},
                        {.address = ip("2001:db8::2"), .preferred = 5000, .valid = 5000}};
  server().t1 = 4000;
  server().t2 = 4500;
  bind();
  EXPECT_TRUE(version_moved());
  run_until(bound_at + Duration::seconds(100) - Duration::microseconds(1));
  EXPECT_FALSE(version_moved());
  run_for(Duration::microseconds(1));
  EXPECT_TRUE(version_moved());
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::2")});
}

TEST_F(Dhcpv6Edges, the_version_moves_when_information_or_addresses_go) {
  reach(State::informed);
  EXPECT_TRUE(version_moved());
  machine->stop(now, false);
  EXPECT_TRUE(version_moved());
  EXPECT_EQ(machine->status().information, nullptr);
  bind();
  EXPECT_TRUE(version_moved());
  machine->stop(now, false);
  EXPECT_TRUE(version_moved());
}

}  // namespace
}  // namespace linnet::dhcpv6::test
