// SPDX-License-Identifier: Apache-2.0
// What a machine's digest tells apart: each of these differs from its like in one thing alone.
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Digest : public MachineTest {
 protected:
  /// A new machine with the random numbers of all others, at the same instant.
  void begin_anew() {
    make_machine({});
    now = Instant::from_microseconds(1000000);
    sent.clear();
    pending.clear();
  }
  void flap() {
    machine->link_changed(false, now);
    machine->link_changed(true, now);
  }
  /// Whether a message that is taken, or refused, leaves a trace.
  bool changed_by(const ServerMessage& message) {
    const auto before = digest();
    deliver(message);
    return !(digest() == before);
  }
};

TEST_F(Dhcpv6Digest, of_a_machine_that_was_stopped_is_that_of_a_new_one) {
  const auto fresh = digest();
  for (const State from : all_states) {
    SCOPED_TRACE(state_text(from));
    begin_anew();
    reach(from);
    if (from == State::soliciting) deliver(answer(server(), MessageType::advertise, sent.back().xid));
    if (from == State::confirming) {
      deliver(head(MessageType::reply, sent.back().xid).raw(status(StatusCode::not_on_link)));
    }
    if (from == State::requesting) {
      deliver(head(MessageType::reply, sent.back().xid).raw(status(StatusCode::no_addrs_avail)));
    }
    machine->link_changed(false, now);
    machine->stop(now, false);
    EXPECT_TRUE(digest() == fresh);
  }
}

TEST_F(Dhcpv6Digest, RFC8415_16_1_of_the_transaction) {
  reach(State::soliciting);
  const auto before = digest();
  flap();
  ASSERT_EQ(state(), State::soliciting);
  EXPECT_FALSE(digest() == before) << "an answer to the one is none to the other";
}

TEST_F(Dhcpv6Digest, of_the_link) {
  reach(State::soliciting);
  const auto before = digest();
  machine->link_changed(false, now);
  EXPECT_FALSE(digest() == before);
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_9_of_offers_and_of_what_servers_say_of_SOL_MAX_RT_and_INF_MAX_RT) {
  reach(State::soliciting);
  const auto no_addresses = [this] { return head(MessageType::advertise, sent.back().xid); };
  EXPECT_FALSE(changed_by(no_addresses()));
  EXPECT_TRUE(changed_by(no_addresses().u32(option::sol_max_rt, 100)));
  EXPECT_FALSE(changed_by(no_addresses().u32(option::sol_max_rt, 100)));
  EXPECT_TRUE(changed_by(no_addresses().u32(option::inf_max_rt, 100)));
  EXPECT_TRUE(changed_by(answer(server(), MessageType::advertise, sent.back().xid)));
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_10_3_of_what_was_said_to_a_confirm) {
  reach(State::confirming);
  EXPECT_TRUE(changed_by(head(MessageType::reply, sent.back().xid).raw(status(StatusCode::not_on_link))));
  ASSERT_EQ(state(), State::confirming);
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_4_of_the_state) {
  const auto after = [this](State wanted) {
    begin_anew();
    server().answers = true;
    bind();
    const Status status = machine->status();
    now = wanted == State::renewing ? status.renew_at : status.rebind_at;
    machine->next_message(now);
    EXPECT_EQ(state(), wanted);
    return digest();
  };
  EXPECT_FALSE(after(State::renewing) == after(State::rebinding)) << "only one server may answer the one";
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_12_of_what_is_to_be_confirmed) {
  server().addresses = {{.address = ip("2001:db8::1"), .preferred = 1800, .valid = 3600},
                        {.address = ip("2001:db8::2"), .preferred = 1800, .valid = 3600}};
  const auto declining = [this](bool to_confirm) {
    begin_anew();
    server().answers = true;
    bind();
    server().answers = false;
    if (to_confirm) flap();
    run_until(to_confirm ? now + Duration::seconds(1) : machine->status().renew_at);
    EXPECT_EQ(sent.size(), 1u);
    machine->declined(ip("2001:db8::1"), now);
    EXPECT_EQ(state(), State::declining);
    return digest();
  };
  EXPECT_FALSE(declining(true) == declining(false));
}

TEST_F(Dhcpv6Digest, RFC8415_14_1_of_the_failures_that_are_to_be_waited_for) {
  const auto soliciting = [this](bool refused) {
    begin_anew();
    reach(State::requesting);
    if (refused) {
      deliver(head(MessageType::reply, sent.back().xid).raw(status(StatusCode::no_addrs_avail)));
    } else {
      flap();
    }
    EXPECT_EQ(state(), State::soliciting);
    return digest();
  };
  EXPECT_FALSE(soliciting(true) == soliciting(false));
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_4_of_the_server_that_is_asked) {
  const auto bound_to = [this](std::uint8_t number) {
    begin_anew();
    server().number = number;
    bind();
    return digest();
  };
  EXPECT_FALSE(bound_to(1) == bound_to(2));
}

TEST_F(Dhcpv6Digest, RFC8415_18_2_6_of_whether_information_is_in_force) {
  const auto informing = [this](bool informed) {
    begin_anew();
    server().answers = false;
    machine->start(Mode::stateless, now);
    run_for(Duration::milliseconds(1001));
    EXPECT_EQ(sent.size(), 1u);
    if (informed) {
      EXPECT_TRUE(deliver(head(MessageType::reply, sent[0].xid)));
    }
    flap();
    EXPECT_EQ(state(), State::informing);
    EXPECT_EQ(machine->status().information != nullptr, informed);
    return digest();
  };
  EXPECT_FALSE(informing(true) == informing(false));
}

}  // namespace
}  // namespace linnet::dhcpv6::test
