// SPDX-License-Identifier: Apache-2.0
// Which messages of others count for what is asked, and what the own questions look like when there is much
// to be asked or told (RFC 6762 5, 7, 10).
#include <map>

#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
const std::string_view type_name = "_http._tcp.local";

class MdnsQuestions : public MdnsMachine {
 protected:
  MdnsQuestions() { machine->start(now); }
  QueryHandle ask(std::string_view name, std::uint16_t type) {
    return *machine->querier().query(*name_from_text(name), type, now);
  }
  static ServerMessage& instance(ServerMessage& message, std::string_view label, std::size_t section,
                                 std::uint16_t record_class = 1) {
    const Buffer data = labels(std::string(label) + "._http._tcp.local");
    return message.record(labels(type_name), type::ptr, 4500, data, record_class).count(section);
  }
};

struct Asker {
  const char* name;
  ServerMessage message;
  bool stands_for_ours;
  Arrival arrival = {.source = {other_v4, 5353}};
};

TEST_F(MdnsQuestions, RFC6762_7_3_which_questions_of_others_stand_for_ours) {
  const auto plain = [] { return query_message().ask(type_name, type::ptr); };
  const auto knowing = [&](std::string_view label, std::size_t section = 6) {
    ServerMessage message = plain();
    return instance(message, label, section);
  };
  const Asker rows[] = {
      {"the same", plain(), true},
      {"in other letters", query_message().ask("_HTTP._tcp.LOCAL", type::ptr), true},
      {"of any class", query_message().ask(type_name, type::ptr, 255), true},
      {"of another class", query_message().ask(type_name, type::ptr, 3), false},
      {"for an answer to himself alone", query_message().ask(type_name, type::ptr, unicast_in), false},
      {"for another type", query_message().ask(type_name, type::txt), false},
      {"for another name", query_message().ask("_ipp._tcp.local", type::ptr), false},
      {"whose known answers go on", plain().truncated(), false},
      {"of who knows what we do", knowing("Known"), true},
      {"of who knows more", knowing("New"), false},
      {"with something that is no answer", knowing("New", 10), true},
      {"of who knows more of another type", plain().record(labels(type_name), type::txt, 4500, {0}).count(6),
       true},
      {"of who knows more of another name",
       plain().record(labels("_ipp._tcp.local"), type::ptr, 4500, labels("New._ipp._tcp.local")).count(6),
       true},
      {"of who knows something that is none",
       plain().record(labels(type_name), type::ptr, 4500, {5}).count(6), true},
      {"of an asker of old", plain(), false, {.source = {other_v4, 40000}}},
      {"to us alone", plain(), false, {.source = {other_v4, 5353}, .multicast = false, .on_link = true}},
  };
  for (const Asker& row : rows) {
    SCOPED_TRACE(row.name);
    make({});
    machine->start(now);
    const QueryHandle query = ask(type_name, type::ptr);
    ServerMessage known_one = response_message();
    hear(instance(known_one, "Known", 6));
    run_for(ms(1300));
    ASSERT_EQ(sent.size(), 2u);
    run_until(sent[1].at + ms(1500));  // the next is due half a second later
    EXPECT_TRUE(hear(row.message, row.arrival));
    sent.clear();
    run_for(ms(1000));
    EXPECT_EQ(sent.empty(), row.stands_for_ours);
    EXPECT_EQ(known(query), 1u) << "RFC 6762 7.1: known answers teach nothing";
  }
}

TEST_F(MdnsQuestions, RFC6762_18_10_what_of_a_response_is_learned) {
  const QueryHandle query = ask(type_name, type::ptr);
  ServerMessage message = response_message();
  instance(message, "Answer", 6);
  hear(message);
  message = response_message();
  hear(instance(message, "Authority", 8));
  message = response_message();
  hear(instance(message, "Chaos", 6, 3));
  EXPECT_EQ(known(query), 1u);
  message = response_message();
  hear(instance(message, "Additional", 10));
  EXPECT_EQ(known(query), 2u);
}

TEST_F(MdnsQuestions, RFC6762_10_4_what_nobody_asks_for_is_doubted_without_a_question) {
  ServerMessage message = response_message();
  hear(instance(message, "One", 6));
  machine->querier().doubt(*name_from_text(type_name), type::ptr, now);
  run_for(Duration::seconds(11));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(machine->querier().cache().used(), 0u);
}

TEST_F(MdnsQuestions, RFC6762_17_questions_that_do_not_fit_go_in_another_message) {
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) {
    std::string name;
    for (int j = 0; j < 3; ++j) name += std::string(62, static_cast<char>('a' + j)) + std::to_string(i) + ".";
    names.push_back(name + "local");
    ask(names.back(), type::any);
  }
  run_for(ms(500));
  std::map<std::string, int> asked;
  for (const Sent& message : sent) {
    for (const SentQuestion& question : message.questions) ++asked[question.name];
  }
  for (const std::string& name : names) EXPECT_EQ(asked[name], 1) << name;
  // All are due again at about the same time a second after.
  sent.clear();
  run_for(ms(600));
  now = now + Duration::seconds(30);
  sent.clear();
  run_for({});
  asked.clear();
  for (const Sent& message : sent) {
    for (const SentQuestion& question : message.questions) ++asked[question.name];
  }
  EXPECT_EQ(sent.size(), 2u) << "1.6 KB of questions";
  for (const std::string& name : names) EXPECT_EQ(asked[name], 1) << name;
}

TEST_F(MdnsQuestions, RFC6762_7_1_what_two_questions_of_a_message_would_tell_is_told_once) {
  ask(type_name, type::ptr);
  ask(type_name, type::any);
  run_for(ms(200));
  ServerMessage message = response_message();
  instance(message, "One", 6);
  hear(instance(message, "Two", 6));
  now = now + Duration::seconds(5);
  sent.clear();
  run_for({});
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].questions.size(), 2u);
  EXPECT_EQ(sent[0].count(Section::answer), 2u);
}

TEST_F(MdnsQuestions, RFC6762_7_2_a_known_answer_that_no_message_holds_is_left_out) {
  const std::string name = std::string(63, 'x') + ".local";
  for (const bool another : {false, true}) {
    make({.record_size = 1300, .message_size = 1232});
    machine->start(now);
    ask(name, type::txt);
    ask("x.local", type::a);
    run_for(ms(200));
    hear(response_message().record(labels(name), type::txt, 4500, Buffer(1200, 0)).count(6));
    if (another) hear(response_message().record(labels(name), type::txt, 4500, {0}).count(6));
    EXPECT_EQ(machine->querier().cache().used(), another ? 2u : 1u);
    now = now + Duration::seconds(2);
    sent.clear();
    run_for({});
    ASSERT_EQ(sent.size(), another ? 2u : 1u);
    EXPECT_EQ(sent[0].questions.size(), 2u);
    EXPECT_EQ(sent[0].records.size(), 0u);
    if (another) {
      EXPECT_EQ(sent[1].find(name, type::txt)->data, Buffer{0});
    }
  }
}

TEST_F(MdnsQuestions, RFC6762_7_2_while_known_answers_go_on_the_next_message_is_due_at_once) {
  make({.cache_records = 100});
  machine->start(now);
  ask(type_name, type::ptr);
  run_for(ms(200));
  for (int i = 0; i < 90; ++i) {
    ServerMessage message = response_message();
    hear(instance(message, "Instance with a long name " + std::to_string(i), 6));
  }
  now = now + Duration::seconds(2);
  ASSERT_TRUE(machine->next_message(now));
  EXPECT_LE(machine->querier().next_deadline(), now);
  run_for({});
  EXPECT_GT(machine->querier().next_deadline(), now);
  machine->halt();
  EXPECT_TRUE(machine->querier().next_deadline().is_never());
  EXPECT_FALSE(machine->next_message(now));
}

TEST_F(MdnsQuestions, RFC6762_8_on_a_new_link_everything_is_asked_as_for_the_first_time) {
  const auto query = machine->querier().query(*name_from_text("_http._tcp.local"), type::ptr, now);
  ASSERT_TRUE(query);
  run_for(Duration::seconds(20));
  hear(response_message()
           .record(labels("_http._tcp.local"), type::ptr, 4500, labels("Web._http._tcp.local"))
           .count(6));
  EXPECT_EQ(known(*query), 1u);
  machine->querier().doubt(*name_from_text("_http._tcp.local"), type::ptr, now);
  machine->start(now);
  EXPECT_EQ(known(*query), 0u) << "RFC 6762 10.3";
  sent.clear();
  const Instant begun = now;
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_GE(sent[0].at - begun, Duration::milliseconds(20));
  EXPECT_LE(sent[0].at - begun, Duration::milliseconds(120));
  EXPECT_TRUE(sent[0].questions.at(0).unicast) << "RFC 6762 5.4";
  EXPECT_EQ(sent[1].at - sent[0].at, Duration::seconds(1)) << "RFC 6762 5.2";
  EXPECT_EQ(sent[2].at - sent[1].at, Duration::seconds(2));
}

TEST_F(MdnsQuestions, what_is_told_of_a_query_is_of_its_name_and_type_alone) {
  const auto ask = [&](std::string_view name, std::uint16_t type) {
    return *machine->querier().query(*name_from_text(name), type, now);
  };
  const std::array<QueryHandle, 4> queries = {ask("x.local", type::a), ask("x.local", type::txt),
                                              ask("x.local", type::any), ask("y.local", type::a)};
  const auto moved = [&](const ServerMessage& message) {
    std::array<std::uint32_t, 4> before{};
    for (std::size_t i = 0; i < 4; ++i) before[i] = machine->querier().find(queries[i])->version;
    hear(message);
    std::string which;
    for (std::size_t i = 0; i < 4; ++i)
      which += machine->querier().find(queries[i])->version != before[i] ? '+' : '-';
    return which;
  };
  const auto address = response_message().record(labels("x.local"), type::a, 120, {192, 0, 2, 7}).count(6);
  EXPECT_EQ(moved(address), "+-+-");
  EXPECT_EQ(moved(address), "----") << "it was known";
  EXPECT_EQ(moved(response_message().record(labels("y.local"), type::a, 120, {192, 0, 2, 7}).count(6)),
            "---+");
  Buffer nsec = labels("x.local");
  nsec.insert(nsec.end(), {0, 1, 0x40});
  EXPECT_EQ(moved(response_message().record(labels("x.local"), type::nsec, 120, nsec).count(6)), "+++-")
      << "that there is none is an answer to each";
}

TEST_F(MdnsQuestions, RFC6762_10_4_only_the_question_for_what_is_doubted_is_asked_again) {
  const auto ask = [&](std::string_view name, std::uint16_t type) {
    return *machine->querier().query(*name_from_text(name), type, now);
  };
  const QueryHandle of_x = ask("x.local", type::a);
  const QueryHandle of_any = ask("z.local", type::any);
  const auto again = [&](QueryHandle query) { return machine->querier().find(query)->again; };
  machine->querier().doubt(*name_from_text("x.local"), type::txt, now);
  machine->querier().doubt(*name_from_text("y.local"), type::a, now);
  EXPECT_TRUE(again(of_x).is_never());
  EXPECT_TRUE(again(of_any).is_never());
  machine->querier().doubt(*name_from_text("z.local"), type::txt, now);
  EXPECT_EQ(again(of_any), now);
  EXPECT_TRUE(again(of_x).is_never());
  machine->querier().doubt(*name_from_text("x.local"), type::a, now);
  EXPECT_EQ(again(of_x), now);
}

TEST_F(MdnsQuestions, RFC6762_7_1_only_what_is_known_of_the_questions_of_a_message_is_told_in_it) {
  ASSERT_TRUE(machine->querier().query(*name_from_text("_http._tcp.local"), type::ptr, now));
  run_for(Duration::milliseconds(200));
  hear(response_message()
           .record(labels("_http._tcp.local"), type::ptr, 4500, labels("Web._http._tcp.local"))
           .count(6));
  ASSERT_TRUE(machine->querier().query(*name_from_text("_ipp._tcp.local"), type::ptr, now));
  sent.clear();
  run_for(Duration::milliseconds(200));
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_EQ(sent[0].questions.size(), 1u);
  EXPECT_EQ(sent[0].questions[0].name, "_ipp._tcp.local");
  EXPECT_TRUE(sent[0].records.empty());
}

TEST_F(MdnsQuestions, a_digest_is_of_what_is_asked_and_of_what_is_known) {
  const Digest::Value nothing = digest();
  hear(response_message().record(labels("x.local"), type::a, 120, {192, 0, 2, 7}).count(6));
  EXPECT_FALSE(digest() == nothing) << "though nobody asked for it";
  std::vector<Digest::Value> asked;
  for (const char* name : {"x.local", "y.local"}) {
    make({});
    machine->start(now);
    ASSERT_TRUE(machine->querier().query(*name_from_text(name), type::a, now));
    asked.push_back(digest());
  }
  EXPECT_FALSE(asked[0] == asked[1]);
}

}  // namespace
}  // namespace linnet::mdns
