// SPDX-License-Identifier: Apache-2.0
// What others got wrong, and servers that do not do as they should.
#include <random>

#include "services/dhcpv6/test_server.hpp"

namespace linnet::dhcpv6::test {
namespace {

class Dhcpv6Hostile : public MachineTest {
 protected:
  /// Changes nothing, sends nothing, and counts once, with this reason.
  void expect_drop(const Buffer& message, Drop reason, const std::string& what) {
    const Digest::Value before = digest();
    const std::uint32_t counted = machine->status().dropped(reason);
    const std::uint32_t all = all_drops();
    const std::uint32_t version = machine->status().version;
    const Instant deadline = machine->next_deadline();
    EXPECT_FALSE(deliver(message)) << what;
    EXPECT_EQ(machine->status().dropped(reason), counted + 1) << what << " " << drop_text(reason);
    EXPECT_EQ(all_drops(), all + 1) << what;
    EXPECT_EQ(digest(), before) << what;
    EXPECT_EQ(machine->status().version, version) << what;
    EXPECT_EQ(machine->next_deadline(), deadline) << what << ": no timer is restarted";
  }
  std::uint32_t xid() const { return sent.empty() ? 0x123456 : sent.back().xid; }
};

TEST_F(Dhcpv6Hostile, RFC8415_16_state_by_message) {
  // Which of Advertise and Reply is waited for; nothing else ever is.
  const auto awaited = [](State at, MessageType type) {
    if (type == MessageType::advertise) return at == State::soliciting;
    return type == MessageType::reply && at != State::stopped && at != State::bound &&
           at != State::informed && at != State::soliciting;
  };
  for (const State at : all_states) {
    for (int number = 0; number < 256; ++number) {
      const auto type = static_cast<MessageType>(number);
      if (number > 16 && number < 250) continue;
      make_machine({});
      servers = {{.addresses = {{.address = ip("2001:db8::50")}}}};
      sent.clear();
      pending.clear();
      reach(at);
      ASSERT_EQ(state(), at);
      const std::string what = std::string(state_text(at)) + " gets " + std::to_string(number);
      const ServerMessage message = answer(server(), type, xid());
      if (awaited(at, type)) {
        EXPECT_TRUE(deliver(message)) << what;
        EXPECT_EQ(all_drops(), 0u) << what;
        EXPECT_EQ(machine->status().received > 0, true);
      } else {
        const bool answers = type == MessageType::advertise || type == MessageType::reply;
        expect_drop(message.bytes,
                    type == MessageType::reconfigure                        ? Drop::reconfigure
                    : at == State::soliciting && type == MessageType::reply ? Drop::no_rapid_commit
                    : answers                                               ? Drop::unexpected
                                                                            : Drop::message_type,
                    what);
      }
    }
  }
}

TEST_F(Dhcpv6Hostile, RFC8415_16_3_16_10_each_rule_of_validation_alone) {
  for (const State at : {State::soliciting, State::requesting, State::renewing, State::rebinding,
                         State::confirming, State::declining, State::releasing, State::informing}) {
    make_machine({});
    sent.clear();
    pending.clear();
    reach(at);
    ASSERT_EQ(state(), at);
    const MessageType type = at == State::soliciting ? MessageType::advertise : MessageType::reply;
    const Bytes duid = machine->duid().bytes();
    const Buffer ia = ia_na({{.address = ip("2001:db8::66")}});
    const std::string what(state_text(at));
    expect_drop(ServerMessage(type, xid()).client(duid).raw(ia).bytes, Drop::server_id, what);
    expect_drop(ServerMessage(type, xid()).server(1).raw(ia).bytes, Drop::client_id, what);
    Buffer other(duid.begin(), duid.end());
    other.back() ^= 1;
    expect_drop(ServerMessage(type, xid()).server(1).client(other).raw(ia).bytes, Drop::client_id, what);
    expect_drop(ServerMessage(type, xid()).server(1).client(duid.first(9)).raw(ia).bytes, Drop::client_id,
                what);
    other = Buffer(duid.begin(), duid.end());
    other.push_back(0);
    expect_drop(ServerMessage(type, xid()).server(1).client(other).raw(ia).bytes, Drop::client_id, what);
    for (const std::uint32_t flipped : {1u, 0x800000u}) {
      expect_drop(head(type, xid() ^ flipped).raw(ia).bytes, Drop::transaction_id, what);
    }
    expect_drop(head(type, xid()).server(2).raw(ia).bytes, Drop::repeated_option, what);
    const bool one_server =
        at == State::requesting || at == State::renewing || at == State::declining || at == State::releasing;
    if (one_server) expect_drop(head(type, xid(), 9).raw(ia).bytes, Drop::wrong_server, what);
    for (const IpAddress& from : {ip("::"), ip("ff02::1"), IpAddress::v4(192, 0, 2, 1)}) {
      EXPECT_FALSE(deliver(answer(server(), type, xid()).bytes, from));
    }
    EXPECT_EQ(machine->status().dropped(Drop::source), 3u);
    EXPECT_EQ(state(), at);
  }
}

TEST_F(Dhcpv6Hostile, RFC8415_16_11_reconfigure_is_refused_however_good_it_looks) {
  bind();
  for (const std::uint8_t type : {5, 6, 11, 0, 255}) {
    expect_drop(head(MessageType::reconfigure, 0)
                    .add(option::reconfigure_message, {type})
                    .add(11, Buffer(28, 1))  // Authentication
                    .bytes,
                Drop::reconfigure, "reconfigure");
  }
  run_for(Duration::seconds(10));
  EXPECT_TRUE(sent.empty());
}

TEST_F(Dhcpv6Hostile, C23_13_answer_cut_at_every_byte_in_every_state) {
  for (const State at : all_states) {
    make_machine({});
    sent.clear();
    pending.clear();
    reach(at);
    const MessageType type = at == State::soliciting ? MessageType::advertise : MessageType::reply;
    const Buffer whole = answer(server(), type, xid()).bytes;
    const std::size_t head_size = head(type, xid()).bytes.size();  // what is longer may mean something
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto message = Message::parse(Bytes(whole).first(size));
      if (message.ok() && size >= head_size) continue;
      const Digest::Value before = digest();
      const std::uint32_t all = all_drops();
      EXPECT_FALSE(deliver(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
      EXPECT_EQ(all_drops(), all + 1);
      EXPECT_EQ(digest(), before) << state_text(at) << " " << size;
    }
  }
}

TEST_F(Dhcpv6Hostile, C23_13_ia_na_and_duid_of_every_length) {
  reach(State::requesting);
  for (std::size_t length = 0; length <= 300; ++length) {
    const Buffer value(length, 0);
    if (length < 12)
      expect_drop(head(MessageType::reply, xid()).add(option::ia_na, value).bytes, Drop::option_length,
                  "IA_NA");
    if (length < 24) {
      expect_drop(
          head(MessageType::reply, xid()).raw(ia_na({}, 0, 0, encoded(option::ia_address, value))).bytes,
          Drop::option_length, "IA Address");
    }
    if (length < 3 || length > 130) {
      expect_drop(ServerMessage(MessageType::reply, xid())
                      .client(machine->duid().bytes())
                      .add(option::server_id, value)
                      .bytes,
                  Drop::option_length, "server DUID");
      expect_drop(ServerMessage(MessageType::reply, xid()).server(1).add(option::client_id, value).bytes,
                  Drop::option_length, "client DUID");
    } else {
      expect_drop(ServerMessage(MessageType::reply, xid()).server(1).add(option::client_id, value).bytes,
                  Drop::client_id, "client DUID");
      expect_drop(ServerMessage(MessageType::reply, xid())
                      .client(machine->duid().bytes())
                      .add(option::server_id, value)
                      .bytes,
                  Drop::wrong_server, "server DUID");
    }
  }
  EXPECT_EQ(state(), State::requesting);
}

TEST_F(Dhcpv6Hostile, C23_13_server_duid_of_the_greatest_length_is_echoed_whole) {
  const Buffer longest(130, 0x5a);
  make_machine({.duid = longest});
  machine->start(Mode::stateful, now);
  servers.clear();
  run_for(Duration::seconds(1));
  ServerMessage advertise(MessageType::advertise, xid());
  advertise.client(longest).add(option::server_id, longest).add(option::preference, {255});
  advertise.raw(ia_na({{.address = ip("2001:db8::1")},
                       {.address = ip("2001:db8::2")},
                       {.address = ip("2001:db8::3")},
                       {.address = ip("2001:db8::4")}}));
  EXPECT_TRUE(deliver(advertise));
  run_for(Duration::milliseconds(1));
  ASSERT_EQ(sent.back().type, MessageType::request);
  EXPECT_EQ(sent.back().value(option::server_id), longest);
  EXPECT_EQ(sent.back().addresses().size(), 4u);
  EXPECT_TRUE(sent.back().asks_for(option::sol_max_rt)) << "the largest message that there is fits";
}

TEST_F(Dhcpv6Hostile, RFC8415_18_2_9_advertise_without_addresses_is_ignored_but_for_its_max_rts) {
  server().answers = false;
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(1));
  const Instant deadline = machine->next_deadline();
  const auto refuse = [&](const Buffer& ia) {
    EXPECT_FALSE(deliver(head(MessageType::advertise, xid()).raw(ia).u32(option::sol_max_rt, 60)));
  };
  refuse(ia_na({}));
  refuse(ia_na({}, 0, 0, status(StatusCode::no_addrs_avail)));
  refuse(ia_na({{.address = ip("2001:db8::1")}}, 0, 0, status(StatusCode::no_addrs_avail)));
  refuse(ia_na({{.address = ip("2001:db8::1")}}, 10, 5));
  refuse(ia_na({{.address = ip("2001:db8::1"), .preferred = 2, .valid = 1}}));
  refuse(ia_na({{.address = ip("2001:db8::1"), .preferred = 1, .valid = 9}}));
  refuse(ia_na({{.address = ip("2001:db8::1")}}, 0, 0, {}, client_iaid ^ 1));
  refuse({});
  EXPECT_EQ(machine->status().dropped(Drop::no_addresses), 8u);
  refuse(status(StatusCode::no_addrs_avail));
  refuse(status(StatusCode::unspec_fail));
  EXPECT_EQ(machine->status().dropped(Drop::status), 2u);
  EXPECT_EQ(machine->next_deadline(), deadline) << "MUST NOT restart the timer";
  run_for(Duration::seconds(2000));
  ASSERT_GE(sent.size(), 20u);
  EXPECT_EQ(count(MessageType::request), 0u);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    EXPECT_LE(sent[i].at - sent[i - 1].at, Duration::seconds(66)) << "SOL_MAX_RT was 60 s";
  }
}

TEST_F(Dhcpv6Hostile, C23_14_answers_that_are_refused_stop_no_timer) {
  server().edit = [](ServerMessage& message) { message.bytes.pop_back(); };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(100));
  EXPECT_GE(sent.size(), 6u);
  EXPECT_EQ(count(MessageType::request), 0u);
  EXPECT_EQ(machine->status().dropped(Drop::option_framing), sent.size());
}

TEST_F(Dhcpv6Hostile, a_crowd_of_servers_is_bounded_and_the_best_is_found) {
  servers.clear();
  for (int i = 1; i <= 255; ++i) {
    servers.push_back({.number = static_cast<std::uint8_t>(i),
                       .addresses = {{.address = ip("2001:db8::" + std::to_string(i))}},
                       .preference = (i * 37) % 255});
  }
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(5));
  EXPECT_EQ(state(), State::bound);
  ASSERT_EQ(sent.size(), 2u);
  int best = 0;
  for (const Server& each : servers) best = std::max(best, each.preference);
  for (const Server& each : servers) {
    if (each.preference == best) {
      EXPECT_TRUE(sent[1].is_for(each.number));
    }
  }
}

TEST_F(Dhcpv6Hostile, RFC8415_18_2_10_unspec_fail_and_use_multicast_are_waited_out) {
  for (const StatusCode code : {StatusCode::unspec_fail, StatusCode::use_multicast}) {
    make_machine({});
    sent.clear();
    server().edit = [code](ServerMessage& message) {
      if (message.bytes[0] == 7) message.raw(status(code));
    };
    machine->start(Mode::stateful, now);
    run_for(Duration::seconds(100));
    EXPECT_EQ(machine->status().dropped(Drop::status), count(MessageType::request));
    EXPECT_LE(count(MessageType::request), 10u);
    EXPECT_GE(count(MessageType::request), 5u);
    server().edit = nullptr;
    run_for(Duration::seconds(100));
    EXPECT_EQ(state(), State::bound);
  }
}

TEST_F(Dhcpv6Hostile, refusal_after_refusal_slows_the_client_down) {
  for (const StatusCode code :
       {StatusCode::not_on_link, StatusCode::no_addrs_avail, StatusCode::no_binding}) {
    for (const bool in_ia : {false, true}) {
      make_machine({});
      sent.clear();
      server().edit = [&](ServerMessage& message) {
        if (message.bytes[0] != 7) return;
        const std::uint32_t xid = message.xid();
        message = head(MessageType::reply, xid).raw(in_ia ? ia_na({}, 0, 0, status(code)) : status(code));
      };
      machine->start(Mode::stateful, now);
      run_for(Duration::seconds(600));
      EXPECT_TRUE(addresses().empty());
      // Without a brake there would be two messages every other second.
      EXPECT_LE(sent.size(), 40u);
      EXPECT_GE(sent.size(), 10u);
    }
  }
}

TEST_F(Dhcpv6Hostile, a_lease_that_lasted_ends_the_slowness) {
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] != 7) return;
    message = head(MessageType::reply, message.xid()).raw(status(StatusCode::no_addrs_avail));
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(100));
  server().edit = nullptr;
  run_for(Duration::seconds(200));
  ASSERT_EQ(state(), State::bound);
  server().answers = false;
  const Instant end = machine->status().addresses[0].valid_until;
  sent.clear();
  run_until(end + Duration::seconds(2));
  EXPECT_GE(count(MessageType::solicit), 1u) << "18.2.1: after up to a second";
}

TEST_F(Dhcpv6Hostile, RFC8415_18_2_10_1_a_refused_request_goes_to_the_next_server) {
  servers.push_back({.number = 2, .addresses = {{.address = ip("2001:db8::51")}}});
  server().preference = 9;
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] != 7) return;
    message =
        head(MessageType::reply, message.xid()).raw(ia_na({}, 0, 0, status(StatusCode::no_addrs_avail)));
  };
  machine->start(Mode::stateful, now);
  run_for(Duration::seconds(4));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_TRUE(sent[1].is_for(1));
  EXPECT_TRUE(sent[2].is_for(2));
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::51")});
}

TEST_F(Dhcpv6Hostile, RFC8415_18_2_10_1_no_binding_in_a_renewal_is_requested_again) {
  for (const bool rebinding : {false, true}) {
    make_machine({});
    sent.clear();
    pending.clear();
    servers = {{.addresses = {{.address = ip("2001:db8::50")}}}};
    bind();
    if (rebinding) {
      server().answers = false;
      servers.push_back({.number = 2, .addresses = {{.address = ip("2001:db8::50")}}});
      run_until(machine->status().rebind_at - Duration::seconds(1));
      sent.clear();
    }
    Server& responder = servers.back();
    responder.edit = [&](ServerMessage& message) {
      if (sent.back().type == MessageType::request) return;
      message = head(MessageType::reply, message.xid(), responder.number)
                    .raw(ia_na({}, 0, 0, status(StatusCode::no_binding)));
    };
    run_until((rebinding ? machine->status().rebind_at : machine->status().renew_at) + Duration::seconds(2));
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].type, rebinding ? MessageType::rebind : MessageType::renew);
    EXPECT_EQ(sent[1].type, MessageType::request);
    EXPECT_TRUE(sent[1].is_for(responder.number));
    EXPECT_EQ(sent[1].addresses(), std::vector{ip("2001:db8::50")});
    EXPECT_EQ(state(), State::bound);
    EXPECT_EQ(addresses(), std::vector{ip("2001:db8::50")});
  }
}

TEST_F(Dhcpv6Hostile, a_server_that_forgets_and_refuses_costs_the_lease) {
  bind();
  server().edit = [this](ServerMessage& message) {
    if (message.bytes[0] != 7) return;
    message = head(MessageType::reply, message.xid()).raw(ia_na({}, 0, 0, status(StatusCode::no_binding)));
  };
  server().answers_this = [](const Sent& message) { return message.type != MessageType::solicit; };
  run_until(machine->status().renew_at + Duration::seconds(3));
  EXPECT_TRUE(addresses().empty());
  EXPECT_EQ(state(), State::soliciting) << "18: no address of the old lease while a new one is looked for";
}

TEST_F(Dhcpv6Hostile, replies_to_a_renewal_that_mean_nothing_are_as_if_not_received) {
  bind();
  server().answers = false;
  run_until(machine->status().renew_at + Duration::seconds(1));
  ASSERT_EQ(state(), State::renewing);
  const auto reply = [this] { return head(MessageType::reply, xid()); };
  expect_drop(reply().bytes, Drop::no_addresses, "no IA");
  expect_drop(reply().raw(ia_na({})).bytes, Drop::no_addresses, "an empty IA");
  expect_drop(reply().raw(ia_na({{.address = ip("2001:db8::50"), .preferred = 2, .valid = 1}})).bytes,
              Drop::no_addresses, "preferred > valid");
  expect_drop(reply().raw(ia_na({{.address = ip("2001:db8::50")}}, 9, 8)).bytes, Drop::no_addresses,
              "T1 > T2");
  expect_drop(reply().raw(ia_na({}, 0, 0, status(StatusCode::no_addrs_avail))).bytes, Drop::status,
              "IA status");
  expect_drop(reply().raw(status(StatusCode::no_binding)).bytes, Drop::status, "top-level status");
  EXPECT_EQ(addresses().size(), 1u);
}

TEST_F(Dhcpv6Hostile, renewal_that_takes_everything_back_begins_anew) {
  bind();
  server().edit = [this](ServerMessage& message) {
    if (sent.back().type != MessageType::renew) return;
    message = head(MessageType::reply, message.xid())
                  .raw(ia_na({{.address = ip("2001:db8::50"), .preferred = 0, .valid = 0}}));
  };
  run_until(machine->status().renew_at + Duration::milliseconds(1));
  EXPECT_TRUE(addresses().empty());
  EXPECT_EQ(state(), State::soliciting);
  run_for(Duration::seconds(5));
  EXPECT_EQ(state(), State::bound);
}

TEST_F(Dhcpv6Hostile, a_renewal_that_takes_one_of_two_back_keeps_the_other_and_makes_no_storm) {
  server().addresses.push_back({.address = ip("2001:db8::51")});
  bind();
  server().addresses = {{.address = ip("2001:db8::50"), .preferred = 0, .valid = 0}};
  run_for(Duration::seconds(3500));
  EXPECT_EQ(addresses(), std::vector{ip("2001:db8::51")});
  EXPECT_LE(sent.size(), 40u);
  EXPECT_GE(sent.size(), 3u) << "the other one is still to be extended";
  run_for(Duration::seconds(200));
  EXPECT_EQ(addresses(), std::vector<IpAddress>{}) << "it was never extended";
}

TEST_F(Dhcpv6Hostile, C23_08_t1_of_one_second_makes_no_storm) {
  server().t1 = server().t2 = 1;
  server().addresses[0] = {.address = ip("2001:db8::50"), .preferred = 86400, .valid = 86400};
  bind();
  run_for(Duration::seconds(3600));
  EXPECT_LE(sent.size(), 60u);
  EXPECT_GE(sent.size(), 50u);
}

TEST_F(Dhcpv6Hostile, RFC8415_14_1_no_more_than_a_burst_and_one_a_second_whatever_happens) {
  reach(State::declining);
  sent.clear();
  // Each time that the link is back the Decline begins anew, at once.
  for (int flap = 0; flap < 2000; ++flap) {
    machine->link_changed(false, now);
    machine->link_changed(true, now);
    run_for(Duration::milliseconds(10));
  }
  EXPECT_LE(sent.size(), 40u) << "20 s";
  EXPECT_GE(sent.size(), 35u);
}

TEST_F(Dhcpv6Hostile, C23_11_link_flaps_and_calls_in_every_state_with_many_seeds) {
  for (std::uint8_t seed = 0; seed < 60; ++seed) {
    std::mt19937 dice(seed);
    make_machine({.rapid_commit = seed % 2 == 0}, seed);
    servers = {{.addresses = {{.address = ip("2001:db8::50")}, {.address = ip("2001:db8::51")}}},
               {.number = 2, .addresses = {{.address = ip("2001:db8::60")}}, .preference = 1, .rapid = true}};
    sent.clear();
    pending.clear();
    for (int step = 0; step < 200; ++step) {
      for (Server& each : servers) each.answers = dice() % 4 != 0;
      switch (dice() % 8) {
        case 0:
          machine->start(dice() % 4 == 0 ? Mode::stateless : Mode::stateful, now);
          break;
        case 1:
          machine->stop(now, dice() % 2 == 0);
          break;
        case 2:
          machine->link_changed(dice() % 2 == 0, now);
          break;
        case 3:
          if (!addresses().empty()) machine->declined(addresses().back(), now);
          break;
        case 4:
          servers[0].confirm = static_cast<StatusCode>(dice() % 6);
          break;
        case 5:
          servers[0].ia_options = dice() % 2 == 0 ? Buffer{} : status(static_cast<StatusCode>(dice() % 6));
          break;
        default:
          break;
      }
      run_for(dice() % 2 == 0 ? Duration::milliseconds(dice() % 3000) : Duration::seconds(dice() % 2000));
      const Status status = machine->status();
      const bool without = status.state == State::stopped || status.state == State::soliciting ||
                           status.state == State::releasing || status.state == State::informing ||
                           status.state == State::informed;
      if (without) {
        EXPECT_TRUE(status.addresses.empty()) << state_text(status.state);
      }
      if (status.state == State::bound) {
        EXPECT_FALSE(status.addresses.empty());
      }
      for (const Address& address : status.addresses) {
        EXPECT_GT(address.valid_until, now);
        EXPECT_LE(address.preferred_until, address.valid_until);
      }
      EXPECT_LE(status.renew_at, status.rebind_at);
    }
    machine->stop(now, false);
    EXPECT_TRUE(machine->next_deadline().is_never());
  }
}

TEST_F(Dhcpv6Hostile, random_damage_to_answers_never_breaks_the_machine) {
  std::mt19937 dice(77);
  for (int round = 0; round < 300; ++round) {
    make_machine({.rapid_commit = true}, static_cast<std::uint8_t>(round));
    server().rapid = round % 2 == 0;
    sent.clear();
    pending.clear();
    server().edit = [&dice](ServerMessage& message) {
      for (std::uint32_t n = dice() % 4; n > 0; --n) {
        message.bytes[dice() % message.bytes.size()] = static_cast<std::uint8_t>(dice());
      }
    };
    machine->start(round % 5 == 0 ? Mode::stateless : Mode::stateful, now);
    run_for(Duration::seconds(10000));
    for (const Address& address : machine->status().addresses) EXPECT_TRUE(is_assignable(address.address));
  }
}

}  // namespace
}  // namespace linnet::dhcpv6::test
