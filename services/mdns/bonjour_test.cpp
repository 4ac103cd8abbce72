// SPDX-License-Identifier: Apache-2.0
// The cases of Apple's Bonjour conformance test, made anew by the sections of RFC 6762 in virtual time;
// docs/mdns.md lists them.
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
Duration s(std::int64_t n) { return Duration::seconds(n); }

/// The same host and service that MdnsAnswers has, from the moment when the cable is plugged in.
class BonjourProbing : public MdnsMachine {
 protected:
  void plug_in() {
    make({});
    begin_host("host", {own_v4});
    service = *machine->responder().add_service({.instance = "Web", .type = "_http._tcp", .port = 8080}, now);
  }
  void to_first_probe() {
    plug_in();
    run_until(machine->responder().host(host)->claim.due);
    sent.clear();
  }
  bool hear_probe(std::uint8_t last_byte) {
    return hear(query_message()
                    .ask("host.local", 255, unicast_in)
                    .record(labels("host.local"), type::a, 120, {192, 0, 2, last_byte})
                    .count(8));
  }
  bool hear_claim(std::string_view name) {
    return hear(response_message().record(labels(name), type::a, 120, a_data(other_v4), flush_in).count(6));
  }
  std::string host_name_now() const { return label_of(host) + ".local"; }
  std::size_t probes_for(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [&](const Sent& message) {
      return !message.is_response() && std::any_of(message.questions.begin(), message.questions.end(),
                                                   [&](const SentQuestion& q) { return q.name == name; });
    }));
  }
  std::size_t announcements_of(std::string_view name, std::uint16_t type) const {
    return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [&](const Sent& message) {
      return message.is_response() && message.find(name, type) != nullptr &&
             message.find(name, type)->ttl != 0;
    }));
  }
  ServiceHandle service;
};

TEST_F(BonjourProbing, RFC6762_8_1_and_8_3_initial_probing_and_announcing) {
  plug_in();
  const Instant plugged = now;
  run_for(s(5));
  ASSERT_GE(sent.size(), 5u);
  EXPECT_LE(sent[0].at - plugged, ms(250));
  for (const std::string_view name : {"host.local", "Web._http._tcp.local"})
    EXPECT_EQ(probes_for(name), 3u) << name;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].at - sent[0].at, ms(250) * static_cast<std::int64_t>(i));
    for (const SentQuestion& question : sent[i].questions)
      EXPECT_TRUE(question.unicast && question.type == 255);
  }
  EXPECT_EQ(announcements_of("host.local", type::a), 2u);
  EXPECT_EQ(announcements_of("Web._http._tcp.local", type::srv), 2u);
}

TEST_F(BonjourProbing, RFC6762_8_2_winning_a_simultaneous_probe) {
  to_first_probe();
  run_for(ms(100));
  hear_probe(1);
  run_for(s(3));
  EXPECT_EQ(label_of(host), "host");
  EXPECT_EQ(probes_for("host.local"), 2u) << "the second and the third; nothing begins anew";
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(BonjourProbing, RFC6762_8_2_losing_a_simultaneous_probe) {
  for (const bool other_answers : {false, true}) {
    SCOPED_TRACE(other_answers);
    to_first_probe();
    run_for(ms(100));
    sent.clear();
    hear_probe(250);
    run_for(ms(999));
    EXPECT_EQ(probes_for("host.local"), 0u) << "a second of silence";
    run_for(ms(2));
    EXPECT_EQ(probes_for("host.local"), 1u);
    if (other_answers) hear_claim("host.local");
    run_for(s(5));
    EXPECT_EQ(label_of(host), other_answers ? "host-2" : "host");
    EXPECT_EQ(state_of(host), ClaimState::established);
  }
}

TEST_F(BonjourProbing, RFC6762_8_1_a_probe_that_is_denied) {
  for (int after = 0; after < 3; ++after) {
    SCOPED_TRACE(after);
    to_first_probe();
    run_for(ms(250 * after + 5));
    sent.clear();
    hear_claim("host.local");
    run_for(s(4));
    EXPECT_EQ(probes_for("host.local"), 0u);
    EXPECT_EQ(announcements_of("host.local", type::a), 0u);
    EXPECT_EQ(probes_for("host-2.local"), 3u);
    EXPECT_EQ(announcements_of("host-2.local", type::a), 2u);
  }
}

TEST_F(BonjourProbing, RFC6762_8_1_the_rate_of_probing_when_every_name_is_denied) {
  to_first_probe();
  std::vector<Instant> attempts;
  const Instant end = now + s(120);
  while (now < end) {
    if (state_of(host) == ClaimState::probing) {
      attempts.push_back(now);
      hear_claim(host_name_now());
    }
    run_until(machine->responder().host(host)->claim.due);
  }
  ASSERT_GT(attempts.size(), 20u);
  for (std::size_t i = 15; i < attempts.size(); ++i) EXPECT_GE(attempts[i] - attempts[i - 1], s(5)) << i;
}

class Bonjour : public MdnsAnswers {
 protected:
  Duration wait_of(const ServerMessage& question) {
    sent.clear();
    const Instant asked = now;
    hear(question);
    run_for(s(2));
    return sent.empty() ? Duration::max() : sent[0].at - asked;
  }
  static ServerMessage ask_service() { return query_message().ask(type_name, type::ptr); }
  static ServerMessage known_service(std::uint32_t ttl) {
    return ask_service().record(labels(type_name), type::ptr, ttl, labels(instance)).count(6);
  }
};

TEST_F(Bonjour, RFC6762_9_a_conflict_with_a_host_name_that_is_ours) {
  const auto theirs =
      response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6);
  hear(theirs);
  run_for(ms(260));
  ASSERT_FALSE(sent.empty());
  EXPECT_FALSE(sent[0].is_response()) << "it is probed for anew, at once";
  hear(theirs);
  run_for(s(5));
  EXPECT_EQ(label_of(host), "host-2");
}

TEST_F(Bonjour, RFC6762_9_a_conflict_with_an_instance_that_is_ours) {
  const auto theirs =
      response_message().record(labels(instance), type::srv, 120, srv_data("x.local", 1), flush_in).count(6);
  hear(theirs);
  run_for(ms(260));
  hear(theirs);
  run_for(s(5));
  EXPECT_EQ(label_of(service), "Web (2)");
  EXPECT_EQ(label_of(host), "host") << "the host is not concerned";
}

TEST_F(Bonjour, RFC6762_6_simple_replies) {
  for (const auto& [name, type] : std::vector<std::pair<std::string_view, std::uint16_t>>{
           {"host.local", type::a}, {instance, type::srv}, {instance, type::txt}, {type_name, type::ptr}}) {
    run_for(s(5));
    const auto answers = answers_to(query_message().ask(name, type));
    ASSERT_EQ(answers.size(), 1u) << name;
    EXPECT_NE(answers[0].find(name, type), nullptr) << name;
    EXPECT_EQ(answers[0].id, 0);
    EXPECT_EQ(answers[0].flags, 0x8400);
    EXPECT_TRUE(answers[0].questions.empty());
  }
}

TEST_F(Bonjour, RFC6762_7_1_nothing_that_is_in_the_list_of_known_answers) {
  EXPECT_TRUE(answers_to(known_service(4500)).empty());
  EXPECT_TRUE(answers_to(known_service(2250)).empty());
  EXPECT_EQ(answers_to(known_service(2249)).size(), 1u);
}

TEST_F(Bonjour, RFC6762_7_2_known_answers_in_more_than_one_message) {
  sent.clear();
  hear(ask_service().flags(0x0200));
  run_for(ms(399));
  EXPECT_TRUE(sent.empty());
  hear(query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6));
  run_for(s(2));
  EXPECT_TRUE(sent.empty());
}

TEST_F(Bonjour, RFC6762_5_4_questions_for_a_unicast_response) {
  const auto question = [] { return query_message().ask("host.local", type::a, unicast_in); };
  run_for(s(31));
  auto answers = answers_to(question());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].to) << "nobody has heard it for a quarter of its time";
  run_for(s(5));
  answers = answers_to(question());
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_TRUE(answers[0].to);
  EXPECT_EQ(answers[0].to->address, other_v4);
  EXPECT_EQ(answers[0].to->port, 5353);
}

TEST_F(Bonjour, RFC6762_6_shared_records_wait_20_to_120_ms) {
  Duration least = Duration::max(), most;
  for (int i = 0; i < 100; ++i) {
    run_for(s(2));
    const Duration wait = wait_of(ask_service());
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_GE(least, ms(20));
  EXPECT_LE(most, ms(120));
  EXPECT_LT(least, ms(35));
  EXPECT_GT(most, ms(105));
}

TEST_F(Bonjour, RFC6762_6_unique_records_are_told_within_10_ms) {
  run_for(s(5));
  EXPECT_LE(wait_of(query_message().ask("host.local", type::a)), ms(10));
}

TEST_F(Bonjour, RFC6762_6_several_questions_wait_and_get_one_reply) {
  run_for(s(5));
  const Duration wait = wait_of(query_message().ask("host.local", type::a).ask(instance, type::txt));
  EXPECT_GE(wait, ms(20)) << "others may have answers to those that we have none to";
  EXPECT_LE(wait, ms(120));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].find("host.local", type::a), nullptr);
  EXPECT_NE(sent[0].find(instance, type::txt), nullptr);
}

TEST_F(Bonjour, RFC6762_7_1_of_several_questions_those_whose_answers_are_known_are_struck) {
  run_for(s(5));
  const auto answers = answers_to(query_message()
                                      .ask(type_name, type::ptr)
                                      .ask("_services._dns-sd._udp.local", type::ptr)
                                      .record(labels(type_name), type::ptr, 4500, labels(instance))
                                      .count(6));
  ASSERT_EQ(answers.size(), 1u);
  const SentRecord* told = answers[0].find("_services._dns-sd._udp.local", type::ptr);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->section, Section::answer);
  const SentRecord* known = answers[0].find(type_name, type::ptr);
  EXPECT_TRUE(known == nullptr || known->section != Section::answer);
}

TEST_F(Bonjour, RFC6762_7_4_what_another_responder_says_first_is_not_said_again) {
  run_for(s(5));
  sent.clear();
  hear(ask_service());
  run_for(ms(10));
  hear(response_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6));
  run_for(s(2));
  EXPECT_TRUE(sent.empty());
}

TEST_F(Bonjour, RFC6762_6_4_replies_are_put_together) {
  run_for(s(5));
  sent.clear();
  hear(ask_service());
  run_for(ms(5));
  hear(query_message().ask("_services._dns-sd._udp.local", type::ptr));
  run_for(s(2));
  EXPECT_LE(sent.size(), 2u);
  std::size_t records = 0;
  for (const Sent& message : sent) records += message.count(Section::answer);
  EXPECT_EQ(records, 2u) << "each once";
}

TEST_F(Bonjour, RFC6762_6_6_and_9_responders_that_cooperate) {
  hear(response_message()
           .record(labels("host.local"), type::a, 120, a_data(own_v4), flush_in)
           .count(6)
           .record(labels("host.local"), type::aaaa, 120, a_data(own_v6), flush_in)
           .count(6));
  run_for(s(5));
  EXPECT_EQ(state_of(host), ClaimState::established);
  EXPECT_EQ(label_of(host), "host");
}

TEST_F(Bonjour, RFC6762_10_5_what_others_said_is_kept_for_its_time) {
  const auto query = machine->querier().query(*name_from_text("x.local"), type::a, now);
  run_for(ms(200));
  hear(response_message().record(labels("x.local"), type::a, 120, a_data(other_v4), flush_in).count(6));
  sent.clear();
  run_for(s(119));
  EXPECT_EQ(known(*query), 1u);
  run_for(s(2));
  EXPECT_EQ(known(*query), 0u) << "nobody has said it again";
}

TEST_F(Bonjour, RFC6762_8_a_cable_that_is_pulled_and_plugged_in) {
  machine->halt();
  sent.clear();
  run_for(s(30));
  hear(query_message().ask("host.local", type::a));
  run_for(s(2));
  EXPECT_TRUE(sent.empty()) << "unplugged";
  machine->start(now);
  run_for(s(5));
  ASSERT_GE(sent.size(), 5u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(sent[i].is_response());
  EXPECT_TRUE(sent[3].is_response());
  EXPECT_EQ(label_of(host), "host");
}

TEST_F(Bonjour, RFC6762_8_3_a_cable_that_is_loose_makes_no_storm) {
  sent.clear();
  for (int i = 0; i < 20; ++i) {
    machine->halt();
    run_for(ms(100));
    machine->start(now);
    run_for(ms(400));
  }
  EXPECT_LE(sent.size(), 40u) << "two probes each at most";
  for (const Sent& message : sent) EXPECT_FALSE(message.is_response()) << "nothing is announced unprobed";
}

TEST_F(Bonjour, RFC6762_10_1_and_8_a_name_that_is_changed_by_hand) {
  sent.clear();
  EXPECT_TRUE(machine->responder().set_host_name(host, "garden", now));
  run_for(s(5));
  ASSERT_FALSE(sent.empty());
  const SentRecord* goodbye = sent[0].find("host.local", type::a);
  ASSERT_NE(goodbye, nullptr);
  EXPECT_EQ(goodbye->ttl, 0u);
  std::size_t probes = 0;
  for (const Sent& message : sent)
    probes += !message.is_response() && message.questions[0].name == "garden.local" ? 1 : 0;
  EXPECT_EQ(probes, 3u);
  const auto answers = answers_to(query_message().ask(instance, type::srv));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].find(instance, type::srv)->target, "garden.local");
}

}  // namespace
}  // namespace linnet::mdns
