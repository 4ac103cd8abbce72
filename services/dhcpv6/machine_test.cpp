// SPDX-License-Identifier: Apache-2.0
// How addresses are found, requested and kept with servers that do as they should.
#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Machine : public MachineTest {};

TEST_F(Dhcpv6Machine, RFC8415_18_new_address_by_four_messages) {
  server().addresses = {{.address = ip("2001:db8::50"), .preferred = 1800, .valid = 3600}};
  const std::uint32_t version = machine->status().version;
  machine->start(Mode::stateful, now);
  EXPECT_TRUE(addresses().empty());
  run_for(Duration::seconds(4));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].type, MessageType::solicit);
  EXPECT_EQ(sent[1].type, MessageType::request);
  const Status status = machine->status();
  EXPECT_EQ(status.state, State::bound);
  ASSERT_EQ(status.addresses.size(), 1u);
  const Instant bound = sent[1].at + Duration::milliseconds(1);
  EXPECT_EQ(status.addresses[0].address, ip("2001:db8::50"));
  EXPECT_EQ(status.addresses[0].preferred_until, bound + Duration::seconds(1800));
  EXPECT_EQ(status.addresses[0].valid_until, bound + Duration::seconds(3600));
  EXPECT_EQ(status.renew_at, bound + Duration::seconds(900));
  EXPECT_EQ(status.rebind_at, bound + Duration::seconds(1440));
  ASSERT_NE(status.information, nullptr);
  EXPECT_EQ(status.information->dns_servers[0], ip("2001:db8::53"));
  EXPECT_NE(status.version, version);
  EXPECT_EQ(status.sent, 2u);
  EXPECT_EQ(status.received, 2u);
  EXPECT_EQ(all_drops(), 0u);
  EXPECT_EQ(machine->next_deadline(), status.renew_at) << "nothing else to do";
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_solicit) {
  server().answers = false;
  const Instant begin = now;
  machine->start(Mode::stateful, now);
  EXPECT_GT(machine->next_deadline(), begin) << "SOL_MAX_DELAY, random";
  EXPECT_LE(machine->next_deadline(), begin + Duration::seconds(1));
  run_for(Duration::milliseconds(1001));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].value(option::client_id), (Buffer{0, 3, 0, 1, 2, 0, 0x5e, 0x10, 0x20, 0x30}));
  EXPECT_FALSE(sent[0].has(option::server_id));
  EXPECT_EQ(sent[0].elapsed(), 0);
  ASSERT_TRUE(sent[0].message().ia_na(client_iaid));
  EXPECT_TRUE(sent[0].addresses().empty());
  EXPECT_TRUE(sent[0].asks_for(option::sol_max_rt)) << "MUST";
  EXPECT_TRUE(sent[0].asks_for(option::dns_servers));
  EXPECT_TRUE(sent[0].asks_for(option::domain_list));
  EXPECT_FALSE(sent[0].asks_for(option::information_refresh_time)) << "21.23: only in Information-request";
  EXPECT_FALSE(sent[0].has(option::rapid_commit));
  EXPECT_FALSE(sent[0].has(option::reconfigure_accept)) << "not willing to";
}

TEST_F(Dhcpv6Machine, RFC8415_11_duid_and_iaid_are_settings) {
  const Buffer duid = {0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  make_machine({.duid = duid, .iaid = 77});
  server().answers = false;
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(1));
  EXPECT_EQ(sent.at(0).value(option::client_id), duid);
  EXPECT_TRUE(sent[0].message().ia_na(77));
  EXPECT_EQ(machine->iaid(), 77u);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_solicit_is_repeated_for_ever_with_the_same_transaction_id) {
  server().answers = false;
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(40000));
  ASSERT_GE(sent.size(), 18u);
  double previous = 0;
  for (std::size_t i = 0; i + 1 < sent.size(); ++i) {
    EXPECT_EQ(sent[i].xid, sent[0].xid) << "16.1: MUST leave it unchanged";
    EXPECT_EQ(sent[i].elapsed(),
              std::min<std::int64_t>((sent[i].at - sent[0].at).as_milliseconds() / 10, 0xffff));
    const auto gap = static_cast<double>((sent[i + 1].at - sent[i].at).as_microseconds());
    if (i == 0) {
      EXPECT_GT(gap, 1e6) << "strictly greater than IRT";
    } else if (previous * 2.1 < 3600e6) {
      EXPECT_GE(gap, 1.9 * previous - 1);
      EXPECT_LE(gap, 2.1 * previous + 1);
    }
    EXPECT_LE(gap, 3960e6) << "SOL_MAX_RT";
    previous = gap;
  }
  EXPECT_GE(previous, 3240e6);
  EXPECT_EQ(state(), State::soliciting);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_advertises_are_collected_for_the_first_rt) {
  servers = {
      {.number = 1, .addresses = {{.address = ip("2001:db8::1")}}, .preference = 10},
      {.number = 2,
       .addresses = {{.address = ip("2001:db8::2")}},
       .preference = 20,
       .delay = Duration::milliseconds(900)},
      {.number = 3, .addresses = {{.address = ip("2001:db8::3")}}, .delay = Duration::milliseconds(500)}};
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(4));
  const auto requests = sent_of(MessageType::request);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_TRUE(requests[0].is_for(2)) << "the highest preference, though the last to come";
  EXPECT_GT(requests[0].at, sent[0].at + Duration::seconds(1));
  EXPECT_EQ(requests[0].addresses(), std::vector{ip("2001:db8::2")});
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::2")});
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_preference_255_ends_the_collection) {
  servers = {{.number = 1, .addresses = {{.address = ip("2001:db8::1")}}, .preference = 254},
             {.number = 2,
              .addresses = {{.address = ip("2001:db8::2")}},
              .preference = 255,
              .delay = Duration::milliseconds(20)}};
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(3));
  const auto requests = sent_of(MessageType::request);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_TRUE(requests[0].is_for(2));
  EXPECT_EQ(requests[0].at, sent[0].at + Duration::milliseconds(20));
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_after_the_first_rt_any_advertise_is_taken_at_once) {
  server().answers_this = [this](const Sent& message) {
    return message.type != MessageType::solicit || sent.size() >= 3;
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(20));
  ASSERT_GE(sent.size(), 4u);
  EXPECT_EQ(sent[2].type, MessageType::solicit);
  EXPECT_EQ(sent[3].type, MessageType::request);
  EXPECT_EQ(sent[3].at, sent[2].at + Duration::milliseconds(1));
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_2_request) {
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(4));
  const Sent& request = sent.at(1);
  EXPECT_TRUE(request.is_for(1)) << "MUST include the server identifier of the Advertise";
  EXPECT_EQ(request.value(option::client_id), sent[0].value(option::client_id));
  EXPECT_EQ(request.elapsed(), 0);
  EXPECT_NE(request.xid, sent[0].xid) << "16.1: a new one for each new message";
  EXPECT_TRUE(request.asks_for(option::sol_max_rt)) << "MUST";
  EXPECT_EQ(request.addresses(), std::vector{ip("2001:db8::50")});
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_2_request_ten_times_then_the_next_server_then_discovery) {
  servers.push_back({.number = 2, .addresses = {{.address = ip("2001:db8::51")}}});
  for (Server& each : servers) {
    each.answers_this = [](const Sent& message) { return message.type == MessageType::solicit; };
  }
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(700));
  ASSERT_GE(sent.size(), 22u);
  EXPECT_EQ(sent[0].type, MessageType::solicit);
  for (std::size_t i = 1; i <= 20; ++i) {
    EXPECT_EQ(sent[i].type, MessageType::request) << i;
    EXPECT_TRUE(sent[i].is_for(i <= 10 ? 1 : 2)) << i;
    EXPECT_EQ(sent[i].xid, sent[i <= 10 ? 1 : 11].xid) << i;
    if (i != 1 && i != 11) {
      EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(33)) << "REQ_MAX_RT";
    }
  }
  EXPECT_NE(sent[11].xid, sent[1].xid);
  EXPECT_EQ(sent[21].type, MessageType::solicit);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_rapid_commit_takes_two_messages) {
  make_machine({.rapid_commit = true});
  server().rapid = true;
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(3));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].has(option::rapid_commit));
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(machine->status().addresses[0].valid_until,
            sent[0].at + Duration::milliseconds(1) + Duration::seconds(3600));
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_10_1_rapid_commit_that_says_no_is_waited_out) {
  make_machine({.rapid_commit = true});
  server().rapid = true;
  server().edit = [](ServerMessage& message) { message.raw(status(StatusCode::no_addrs_avail)); };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(3));
  EXPECT_EQ(state(), State::soliciting);
  EXPECT_GE(count(MessageType::solicit), 2u) << "the timer goes on";
  EXPECT_EQ(machine->status().dropped(Drop::status), sent.size());
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_rapid_commit_with_a_server_that_does_not) {
  make_machine({.rapid_commit = true});
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(3));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_FALSE(sent[1].has(option::rapid_commit)) << "21.14: in a Solicit only";
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_1_reply_to_a_solicit_without_rapid_commit_is_discarded) {
  for (const bool asked : {false, true}) {
    make_machine({.rapid_commit = asked});
    reach(State::soliciting);
    ServerMessage reply = answer(server(), MessageType::reply, sent.back().xid);
    if (!asked) reply.add(option::rapid_commit, {});
    EXPECT_FALSE(deliver(reply));
    EXPECT_EQ(machine->status().dropped(Drop::no_rapid_commit), 1u);
    EXPECT_EQ(state(), State::soliciting);
  }
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_4_renews_at_t1) {
  server().t1 = 1000;
  server().t2 = 2000;
  server().addresses[0].valid = 4000;
  bind();
  run_until(bound_at + Duration::seconds(1000) - Duration::milliseconds(1));
  EXPECT_TRUE(sent.empty());
  const std::uint32_t version = machine->status().version;
  run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::renew);
  EXPECT_EQ(sent[0].at, bound_at + Duration::seconds(1000));
  EXPECT_TRUE(sent[0].is_for(1)) << "MUST";
  EXPECT_EQ(sent[0].addresses(), std::vector{ip("2001:db8::50")});
  EXPECT_EQ(sent[0].elapsed(), 0);
  EXPECT_TRUE(sent[0].asks_for(option::sol_max_rt));
  EXPECT_EQ(state(), State::bound);
  const Instant renewed = sent[0].at + Duration::milliseconds(1);
  EXPECT_EQ(machine->status().addresses[0].valid_until, renewed + Duration::seconds(4000));
  EXPECT_EQ(machine->status().renew_at, renewed + Duration::seconds(1000));
  EXPECT_NE(machine->status().version, version);
}

TEST_F(Dhcpv6Machine, C23_10_silent_server_renewing_then_rebinding_then_expiry) {
  server().t1 = 10000;
  server().t2 = 20000;
  server().addresses[0] = {.address = ip("2001:db8::50"), .preferred = 30000, .valid = 40000};
  bind();
  server().answers = false;
  run_until(bound_at + Duration::seconds(40000) - Duration::milliseconds(1));
  EXPECT_EQ(state(), State::rebinding);
  EXPECT_EQ(addresses().size(), 1u) << "kept until it expires";
  const Instant t2 = bound_at + Duration::seconds(20000);
  bool renewed = false;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const bool rebinding = sent[i].at >= t2;
    EXPECT_EQ(sent[i].type, rebinding ? MessageType::rebind : MessageType::renew);
    EXPECT_EQ(sent[i].has(option::server_id), !rebinding) << "18.2.5: no server identifier";
    EXPECT_EQ(sent[i].addresses(), std::vector{ip("2001:db8::50")});
    EXPECT_EQ(sent[i].xid, sent_of(sent[i].type)[0].xid);
    renewed = renewed || !rebinding;
    if (i == 0 || sent[i].type != sent[i - 1].type) continue;
    EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(9)) << "REN_TIMEOUT, REB_TIMEOUT";
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(660)) << "REN_MAX_RT, REB_MAX_RT";
  }
  EXPECT_TRUE(renewed);
  EXPECT_EQ(sent_of(MessageType::rebind).at(0).at, t2);
  EXPECT_EQ(sent_of(MessageType::renew).at(0).at, bound_at + Duration::seconds(10000));
  const std::uint32_t version = machine->status().version;
  run_for(Duration::seconds(3));
  EXPECT_TRUE(addresses().empty());
  EXPECT_EQ(machine->status().information, nullptr);
  EXPECT_EQ(state(), State::soliciting);
  EXPECT_NE(machine->status().version, version);
  EXPECT_EQ(sent.back().type, MessageType::solicit);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_5_another_server_answers_the_rebind) {
  bind();
  server().answers = false;
  servers.push_back({.number = 2, .addresses = {{.address = ip("2001:db8::50")}}});
  run_until(machine->status().rebind_at + Duration::seconds(1));
  EXPECT_EQ(state(), State::bound);
  sent.clear();
  run_until(machine->status().renew_at + Duration::seconds(1));
  ASSERT_FALSE(sent.empty());
  EXPECT_TRUE(sent[0].is_for(2)) << "18.2.4: the server most recently communicated with";
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_10_1_addresses_added_updated_taken_back_and_left) {
  server().addresses = {{.address = ip("2001:db8::1")},
                        {.address = ip("2001:db8::2")},
                        {.address = ip("2001:db8::3"), .preferred = 1800, .valid = 9000}};
  bind();
  const Instant left_until = machine->status().addresses[2].valid_until;
  server().addresses = {{.address = ip("2001:db8::1"), .preferred = 4000, .valid = 5000},
                        {.address = ip("2001:db8::2"), .preferred = 0, .valid = 0},
                        {.address = ip("2001:db8::4")}};
  run_until(machine->status().renew_at + Duration::seconds(1));
  EXPECT_EQ(addresses(), (std::vector{ip("2001:db8::1"), ip("2001:db8::3"), ip("2001:db8::4")}));
  const Status status = machine->status();
  EXPECT_EQ(status.addresses[0].valid_until,
            sent[0].at + Duration::milliseconds(1) + Duration::seconds(5000));
  EXPECT_EQ(status.addresses[1].valid_until, left_until) << "not mentioned: unchanged";
}

TEST_F(Dhcpv6Machine, one_of_two_addresses_expires) {
  server().addresses = {{.address = ip("2001:db8::1"), .preferred = 100, .valid = 100},
                        {.address = ip("2001:db8::2"), .preferred = 5000, .valid = 5000}};
  server().t1 = 4000;
  server().t2 = 4500;
  bind();
  run_until(bound_at + Duration::seconds(100));
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::2")});
  EXPECT_EQ(state(), State::bound);
  EXPECT_TRUE(sent.empty());
}

TEST_F(Dhcpv6Machine, an_address_that_is_valid_for_moments_is_not_taken) {
  server().addresses.push_back({.address = ip("2001:db8::51"), .preferred = 5, .valid = 5});
  bind();
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::50")});
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_10_5_information_that_is_not_repeated_is_not_kept) {
  server().edit = [](ServerMessage& message) { message.add(option::domain_list, {1, 'a', 0}); };
  bind();
  ASSERT_EQ(machine->status().information->domains.size(), 1u);
  server().edit = nullptr;
  run_until(machine->status().renew_at + Duration::seconds(1));
  EXPECT_TRUE(machine->status().information->domains.empty());
  EXPECT_EQ(machine->status().information->dns_servers.size(), 1u);
}

TEST_F(Dhcpv6Machine, RFC8415_7_7_infinite_lease_is_never_renewed) {
  server().addresses[0] = {.address = ip("2001:db8::50"), .preferred = infinity, .valid = infinity};
  server().t1 = server().t2 = infinity;
  bind();
  EXPECT_TRUE(machine->next_deadline().is_never());
  run_for(Duration::seconds(1000000000));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(addresses().size(), 1u);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_7_release_after_the_addresses_are_gone) {
  bind();
  const std::uint32_t version = machine->status().version;
  server().answers = false;
  machine->stop(now, true);
  EXPECT_TRUE(addresses().empty()) << "MUST stop using them before the Release";
  EXPECT_EQ(machine->status().information, nullptr);
  EXPECT_NE(machine->status().version, version);
  EXPECT_EQ(state(), State::releasing);
  run_for(Duration::seconds(60));
  ASSERT_EQ(sent.size(), 4u) << "REL_MAX_RC";
  for (const Sent& message : sent) {
    EXPECT_EQ(message.type, MessageType::release);
    EXPECT_TRUE(message.is_for(1));
    EXPECT_EQ(message.addresses(), std::vector{ip("2001:db8::50")});
    EXPECT_FALSE(message.has(option::option_request));
    EXPECT_EQ(message.xid, sent[0].xid);
  }
  EXPECT_EQ(state(), State::stopped);
  EXPECT_TRUE(machine->next_deadline().is_never());
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_10_2_any_reply_completes_a_release) {
  for (const StatusCode code : {StatusCode::success, StatusCode::no_binding, StatusCode::unspec_fail}) {
    bind();
    server().edit = [code](ServerMessage& message) { message.raw(status(code)); };
    machine->stop(now, true);
    run_for(Duration::seconds(1));
    EXPECT_EQ(sent.size(), 1u);
    EXPECT_EQ(state(), State::stopped);
    server().edit = nullptr;
  }
}

TEST_F(Dhcpv6Machine, stopping_without_release_or_without_addresses_says_nothing) {
  const Digest::Value fresh = digest();
  bind();
  machine->stop(now, false);
  run_for(Duration::seconds(100));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state(), State::stopped);
  reach(State::soliciting);
  sent.clear();
  machine->stop(now, true);
  run_for(Duration::seconds(100));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state(), State::stopped);
  machine->start(Mode::stateless, now);
  machine->stop(now, true);
  machine->start(Mode::stateful, now);
  machine->stop(now, true);
  server().answers = true;
  bind();
  machine->stop(now, true);
  machine->stop(now, true);
  EXPECT_EQ(state(), State::releasing) << "already";
  machine->stop(now, false);
  EXPECT_EQ(state(), State::stopped);
  Digest::Value after = digest();
  EXPECT_EQ(after, fresh) << "nothing is left of it";
}

TEST_F(Dhcpv6Machine, without_a_link_nothing_is_released) {
  bind();
  machine->link_changed(false, now);
  machine->stop(now, true);
  EXPECT_EQ(state(), State::stopped);
  EXPECT_TRUE(addresses().empty());
}

TEST_F(Dhcpv6Machine, a_release_ends_when_the_link_goes) {
  reach(State::releasing);
  sent.clear();
  machine->link_changed(false, now);
  EXPECT_EQ(state(), State::stopped);
  machine->link_changed(true, now);
  run_for(Duration::seconds(10));
  EXPECT_TRUE(sent.empty());
}

TEST_F(Dhcpv6Machine, a_decline_goes_on_when_the_link_is_back) {
  reach(State::declining);
  sent.clear();
  machine->link_changed(false, now);
  run_for(Duration::seconds(100));
  EXPECT_TRUE(sent.empty());
  server().answers = true;
  machine->link_changed(true, now);
  run_for(Duration::seconds(5));
  EXPECT_EQ(sent.at(0).type, MessageType::decline);
  EXPECT_EQ(sent.at(1).type, MessageType::solicit);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_8_decline_of_the_only_address_then_discovery) {
  bind();
  const std::uint32_t version = machine->status().version;
  machine->declined(ip("2001:db8::99"), now);
  EXPECT_EQ(state(), State::bound) << "not ours";
  machine->declined(ip("2001:db8::50"), now);
  EXPECT_TRUE(addresses().empty());
  EXPECT_NE(machine->status().version, version);
  run_for(Duration::seconds(10));
  ASSERT_GE(sent.size(), 2u);
  EXPECT_EQ(sent[0].type, MessageType::decline);
  EXPECT_TRUE(sent[0].is_for(1));
  EXPECT_EQ(sent[0].addresses(), std::vector{ip("2001:db8::50")});
  EXPECT_EQ(sent[1].type, MessageType::solicit);
  EXPECT_EQ(machine->status().conflicts, 1u);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_8_the_other_addresses_stay_in_use) {
  server().addresses = {
      {.address = ip("2001:db8::1")}, {.address = ip("2001:db8::2")}, {.address = ip("2001:db8::3")}};
  bind();
  server().answers = false;
  machine->declined(ip("2001:db8::2"), now);
  run_for(Duration::milliseconds(10));
  EXPECT_EQ(addresses(), (std::vector{ip("2001:db8::1"), ip("2001:db8::3")}));
  machine->declined(ip("2001:db8::3"), now);
  run_for(Duration::seconds(60));
  ASSERT_EQ(sent.size(), 5u);
  EXPECT_EQ(sent[0].addresses(), std::vector{ip("2001:db8::2")});
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(sent[i].addresses(), (std::vector{ip("2001:db8::2"), ip("2001:db8::3")})) << "DEC_MAX_RC times";
  }
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::1")});
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Machine, the_last_other_address_expires_while_one_is_declined) {
  server().addresses.push_back({.address = ip("2001:db8::51"), .preferred = 900, .valid = 900});
  server().t1 = server().t2 = 1000;
  bind();
  server().answers = false;
  run_until(bound_at + Duration::seconds(899));
  machine->declined(ip("2001:db8::50"), now);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(addresses().empty());
  EXPECT_EQ(state(), State::declining) << "the server is told nevertheless";
  run_for(Duration::seconds(30));
  EXPECT_EQ(count(MessageType::decline), 4u);
  EXPECT_EQ(state(), State::soliciting);
}

TEST_F(Dhcpv6Machine, addresses_that_are_all_taken_slow_the_client_down) {
  machine->start(Mode::stateful, now);
  for (int step = 0; step < 6000; ++step) {
    run_for(Duration::milliseconds(100));
    if (!addresses().empty()) machine->declined(addresses().front(), now);
  }
  EXPECT_GE(count(MessageType::decline), 4u);
  EXPECT_LE(count(MessageType::decline), 12u) << "in ten minutes";
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_12_confirm_when_the_link_is_up_again) {
  bind();
  machine->link_changed(false, now);
  run_for(Duration::seconds(10));
  EXPECT_EQ(addresses().size(), 1u);
  const Instant up = now;
  machine->link_changed(true, now);
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].type, MessageType::confirm);
  EXPECT_LE(sent[0].at, up + Duration::seconds(1)) << "CNF_MAX_DELAY";
  EXPECT_FALSE(sent[0].has(option::server_id));
  EXPECT_FALSE(sent[0].has(option::option_request));
  EXPECT_EQ(sent[0].addresses(), std::vector{ip("2001:db8::50")});
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(addresses().size(), 1u);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_3_unanswered_confirm_ends_after_ten_seconds_and_the_lease_stays) {
  bind();
  server().answers = false;
  machine->link_changed(false, now);
  machine->link_changed(true, now);
  run_for(Duration::seconds(30));
  ASSERT_GE(sent.size(), 3u);
  for (const Sent& message : sent) {
    EXPECT_EQ(message.type, MessageType::confirm);
    EXPECT_LT(message.at - sent[0].at, Duration::seconds(10)) << "CNF_MAX_RD";
  }
  EXPECT_EQ(state(), State::bound);
  EXPECT_EQ(addresses().size(), 1u);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_10_3_not_on_link_counts_when_nobody_says_success) {
  bind();
  server().confirm = StatusCode::not_on_link;
  machine->link_changed(false, now);
  machine->link_changed(true, now);
  run_for(Duration::seconds(6));
  EXPECT_EQ(sent[0].type, MessageType::confirm);
  EXPECT_EQ(sent[1].type, MessageType::solicit);
  EXPECT_EQ(state(), State::bound) << "anew";

  servers.push_back({.number = 2, .addresses = {}, .delay = Duration::milliseconds(500)});
  sent.clear();
  machine->link_changed(false, now);
  machine->link_changed(true, now);
  run_for(Duration::seconds(6));
  EXPECT_EQ(sent.size(), 1u) << "the other one said success";
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Machine, RFC8415_18_2_12_link_change_in_other_states_begins_anew) {
  for (const State at : {State::soliciting, State::requesting, State::informing, State::informed}) {
    make_machine({});
    reach(at);
    sent.clear();
    machine->link_changed(false, now);
    run_for(Duration::seconds(100));
    EXPECT_TRUE(sent.empty()) << "no link";
    server().answers = false;
    machine->link_changed(true, now);
    run_for(Duration::seconds(1));
    ASSERT_FALSE(sent.empty());
    const bool stateless = at == State::informing || at == State::informed;
    EXPECT_EQ(sent[0].type, stateless ? MessageType::information_request : MessageType::solicit);
    EXPECT_EQ(sent[0].elapsed(), 0);
  }
}

TEST_F(Dhcpv6Machine, addresses_expire_without_a_link_too) {
  bind();
  machine->link_changed(false, now);
  run_for(Duration::seconds(3599));
  EXPECT_TRUE(addresses().empty());
  EXPECT_TRUE(sent.empty());
  machine->link_changed(true, now);
  run_for(Duration::seconds(4));
  EXPECT_EQ(sent.at(0).type, MessageType::solicit);
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Machine, a_duplicate_found_while_confirming_is_declined_and_the_rest_confirmed) {
  server().addresses.push_back({.address = ip("2001:db8::51")});
  reach(State::confirming);
  server().answers = true;
  sent.clear();
  machine->declined(ip("2001:db8::50"), now);
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].type, MessageType::decline);
  EXPECT_EQ(sent[1].type, MessageType::confirm);
  EXPECT_EQ(sent[1].addresses(), std::vector{ip("2001:db8::51")});
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Machine, every_exchange_has_a_transaction_id_of_its_own) {
  std::vector<std::uint32_t> xids;
  bind();
  for (int i = 0; i < 20; ++i) run_until(machine->status().renew_at + Duration::seconds(1));
  for (const Sent& message : sent) xids.push_back(message.xid);
  ASSERT_EQ(xids.size(), 20u);
  std::sort(xids.begin(), xids.end());
  EXPECT_EQ(std::unique(xids.begin(), xids.end()), xids.end());
}

TEST_F(Dhcpv6Machine, the_same_seed_sends_the_same_bytes) {
  const auto run = [this] {
    make_machine({}, 9);
    now = Instant::from_microseconds(5);
    sent.clear();
    pending.clear();
    machine->start(Mode::stateful, now);
    run_for(Duration::seconds(5000));
    Buffer all;
    for (const Sent& message : sent) append(all, message.bytes);
    return all;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace linnet::dhcpv6::test
