// SPDX-License-Identifier: Apache-2.0
// The ends and beginnings of a responder's life: what is still said, what is forgotten, what is waited for.
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns::test {
namespace {

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsEnds : public MdnsMachine {
 protected:
  std::size_t last_words() const {
    std::size_t count = 0;
    for (const Sent& message : sent) {
      for (const SentRecord& record : message.records) count += record.ttl == 0;
    }
    return count;
  }
  std::size_t records_told() const {
    std::size_t count = 0;
    for (const Sent& message : sent) count += message.records.size();
    return count;
  }
};

TEST_F(MdnsEnds, on_a_link_that_is_gone_nothing_is_claimed) {
  make_host();
  machine->halt();
  EXPECT_FALSE(machine->responder().running());
  ASSERT_TRUE(machine->responder().set_host_name(host, "other", now));
  ASSERT_TRUE(machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now));
  run_for(Duration::seconds(20));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(state_of(host), ClaimState::idle);
}

TEST_F(MdnsEnds, RFC6762_10_1_who_stops_while_he_announces_says_nothing_but_goodbye) {
  begin_host();
  ASSERT_TRUE(machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now));
  while (records_told() == 0 || !sent.back().is_response()) run_for(ms(10));
  sent.clear();
  machine->stop(now);
  run_for(Duration::seconds(5));
  EXPECT_GT(last_words(), 0u);
  EXPECT_EQ(last_words(), records_told());
}

TEST_F(MdnsEnds, RFC6762_8_who_stops_while_he_probes_says_nothing) {
  begin_host();
  ASSERT_TRUE(machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 80}, now));
  while (sent.empty()) run_for(ms(10));
  sent.clear();
  machine->stop(now);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsEnds, RFC6762_10_1_goodbyes_that_a_new_start_cuts_off_are_owed_no_more) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  ASSERT_TRUE(machine->responder().remove_service(web, now));
  machine->start(now);
  EXPECT_EQ(machine->responder().service(web), nullptr);
  run_for(Duration::seconds(20));
  EXPECT_EQ(last_words(), 0u);
}

TEST_F(MdnsEnds, RFC6762_8_1_the_first_wait_is_of_250_ms_at_most) {
  machine->start(now);
  host = *machine->responder().add_host("host", now);
  Duration most;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(machine->responder().set_addresses(host, {}, now));
    ASSERT_TRUE(machine->responder().set_addresses(host, std::array{own_v4}, now));
    most = std::max(most, machine->responder().next_deadline() - now);
    machine->start(now);
    most = std::max(most, machine->responder().next_deadline() - now);
  }
  EXPECT_LE(most, ms(250));
  EXPECT_GT(most, ms(245));
}

TEST_F(MdnsEnds, RFC6762_9_names_that_others_had_on_another_link_are_free_on_this) {
  make_host();
  const ServiceHandle web = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  const auto theirs = [&](std::string_view name) {
    return response_message().record(labels(name), type::srv, 120, srv_data("b.local", 81)).count(6);
  };
  hear(theirs("Web (2)._http._tcp.local"));
  machine->halt();
  machine->start(now);
  while (state_of(web) != ClaimState::probing) run_for(ms(10));
  hear(theirs("Web._http._tcp.local"));
  EXPECT_EQ(label_of(web), "Web (2)");
}

TEST_F(MdnsEnds, RFC6762_8_2_of_a_host_and_a_service_that_do_not_fit_one_message_each_has_its_own) {
  make({.addresses = 12, .txt_size = 900, .message_size = 1232});
  std::vector<IpAddress> addresses;
  for (int i = 1; i <= 12; ++i) addresses.push_back(*IpAddress::parse("fe80::" + std::to_string(i)));
  begin_host("host", addresses);
  Buffer strings(900, 'x');
  for (std::size_t at = 0; at < strings.size(); at += 100) strings[at] = 99;
  ASSERT_TRUE(machine->responder().add_service(
      {.instance = "Web", .type = "_http._tcp", .port = 80, .txt = strings}, now));
  run_for(ms(900));
  std::size_t questions = 0;
  for (const Sent& message : sent) {
    if (message.is_response()) continue;
    ASSERT_EQ(message.questions.size(), 1u);
    const bool of_host = message.questions[0].name == "host.local";
    EXPECT_EQ(message.count(Section::authority), of_host ? 12u : 2u) << "all that is wanted";
    ++questions;
  }
  EXPECT_GE(questions, 4u);
}

TEST_F(MdnsEnds, RFC6762_8_1_once_a_name_is_ours_conflicts_are_rare_again) {
  begin_host();
  for (int i = 0; i < 15; ++i) {
    while (state_of(host) != ClaimState::probing) run_for(ms(10));
    const std::string name = label_of(host) + ".local";
    hear(response_message().record(labels(name), type::a, 120, a_data(other_v4)).count(6));
  }
  ASSERT_EQ(machine->responder().conflicts(), 15u);
  EXPECT_EQ(machine->responder().next_deadline() - now, Duration::seconds(5));
  run_for(Duration::seconds(60));
  ASSERT_EQ(state_of(host), ClaimState::established);
  const std::string name = label_of(host) + ".local";
  hear(response_message().record(labels(name), type::a, 120, a_data(other_v4)).count(6));
  ASSERT_EQ(machine->responder().conflicts(), 16u);
  EXPECT_LE(machine->responder().next_deadline() - now, ms(250));
}

TEST_F(MdnsEnds, RFC6762_9_records_of_types_that_we_have_none_of_are_no_conflict) {
  make_host("host", {own_v4});
  struct Row {
    const char* name;
    std::uint16_t type;
    Buffer data;
  };
  const Row rows[] = {
      {"an address of the other family", type::aaaa, a_data(other_v6)},
      {"a pointer", type::ptr, labels("x.local")},
      {"text", type::txt, {1, 'x'}},
      {"a service", type::srv, srv_data("x.local", 80)},
  };
  for (const Row& row : rows) {
    hear(response_message().record(labels("host.local"), row.type, 120, row.data).count(6));
    EXPECT_EQ(machine->responder().conflicts(), 0u) << row.name;
  }
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsEnds, RFC6762_6_6_a_name_that_is_not_ours_yet_is_not_defended) {
  begin_host("host", {own_v4});
  while (sent.size() < 3) run_for(ms(10));
  const Instant last_probe = sent.back().at;
  hear(response_message().record(labels("host.local"), type::a, 0, a_data(own_v4)).count(6));
  run_for(ms(500));
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent[3].at - last_probe, ms(250)) << "the announcement waits for nothing that was not said";
  EXPECT_NE(sent[3].find("host.local", type::a), nullptr);
}

}  // namespace
}  // namespace linnet::mdns::test
