// SPDX-License-Identifier: Apache-2.0
// Answers that do not go the usual way: of more askers and more records than there is room for, and of what
// changes before an answer is sent (RFC 6762 5.4, 6, 7).
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

Arrival from(std::uint8_t last, std::uint16_t port_number = 5353) {
  return {.source = {IpAddress::v4(192, 0, 2, last), port_number}};
}

TEST_F(MdnsAnswers, RFC6762_18_13_which_classes_are_answered) {
  for (const std::uint16_t record_class : {1, 255, 3, 0}) {
    run_for(Duration::seconds(5));
    const auto answers = answers_to(query_message().ask("host.local", type::a, record_class));
    EXPECT_EQ(answers.size(), record_class == 1 || record_class == 255 ? 1u : 0u) << record_class;
  }
}

TEST_F(MdnsAnswers, RFC6762_7_1_known_answers_that_are_none_strike_nothing) {
  const auto answers = answers_to(query_message()
                                      .ask(type_name, type::ptr)
                                      .record(labels(type_name), type::ptr, 4500, {0xc0, 0xff})
                                      .count(6)
                                      .record(labels(type_name), type::ptr, 4500, labels(instance))
                                      .count(10));
  EXPECT_EQ(answers.size(), 1u) << "and what is no answer neither";
}

TEST_F(MdnsAnswers, RFC6762_7_2_another_question_does_not_prolong_the_wait_for_the_first) {
  const Instant asked = now;
  hear(query_message().ask(type_name, type::ptr).truncated());
  run_for(ms(300));
  hear(query_message().ask("host.local", type::a).truncated());
  run_for(ms(300));
  ASSERT_GE(sent.size(), 1u);
  EXPECT_NE(sent[0].find(type_name, type::ptr), nullptr);
  EXPECT_LE(sent[0].at - asked, ms(500));
}

TEST_F(MdnsAnswers, RFC6762_7_2_the_last_of_the_known_answers_does_not_prolong_the_wait) {
  const Instant asked = now;
  hear(query_message().ask(type_name, type::ptr).truncated());
  run_for(ms(300));
  hear(query_message().record(labels(type_name), type::ptr, 4500, labels("Other._http._tcp.local")).count(6));
  run_for(ms(300));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_LE(sent[0].at - asked, ms(500));
}

TEST_F(MdnsAnswers, RFC6762_7_2_each_of_several_askers_is_waited_for_by_himself) {
  const auto rest = query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6);
  hear(query_message().ask(type_name, type::ptr).truncated(), from(70));
  hear(query_message().ask("host.local", type::a).truncated(), from(71));
  run_for(ms(100));
  hear(rest, from(70));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_NE(sent[0].find("host.local", type::a), nullptr);
  EXPECT_EQ(sent[0].find(type_name, type::ptr), nullptr) << "known to who asked";
}

TEST_F(MdnsAnswers, RFC6762_5_4_of_more_askers_at_once_than_there_is_room_for_one_is_answered_to_all) {
  for (std::uint8_t i = 0; i < 5; ++i) {
    hear(query_message().ask(instance, type::srv, unicast_in), from(static_cast<std::uint8_t>(70 + i)));
  }
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 5u);
  std::size_t alone = 0;
  for (const Sent& message : sent) {
    alone += message.to ? 1 : 0;
    EXPECT_NE(message.find(instance, type::srv), nullptr);
  }
  EXPECT_EQ(alone, 4u);
}

TEST_F(MdnsAnswers, RFC6762_6_7_of_more_askers_of_old_than_there_is_room_for_the_last_asks_again) {
  for (std::uint8_t i = 0; i < 5; ++i) {
    hear(query_message(i).ask(instance, type::srv), from(static_cast<std::uint8_t>(70 + i), 40000));
  }
  run_for(Duration::seconds(2));
  EXPECT_EQ(sent.size(), 4u) << "of a multicast response they would hear nothing";
  for (const Sent& message : sent) EXPECT_TRUE(message.to);
  EXPECT_EQ(answers_to(query_message(5).ask(instance, type::srv), from(74, 40000)).size(), 1u);
}

TEST_F(MdnsAnswers, RFC6762_6_4_two_questions_of_one_asker_get_one_reply) {
  hear(query_message().ask(instance, type::srv, unicast_in), from(70));
  hear(query_message().ask(instance, type::txt, unicast_in), from(70));
  hear(query_message().ask(instance, type::txt, unicast_in), from(71));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].to->address, from(70).source.address);
  EXPECT_EQ(sent[0].count(Section::answer), 2u);
  EXPECT_EQ(sent[1].count(Section::answer), 1u);
}

TEST_F(MdnsAnswers, RFC6762_6_7_an_asker_of_old_gets_his_first_question_back_and_all_answers) {
  const auto answers = answers_to(
      query_message(7).ask(instance, type::srv).ask(instance, type::txt).truncated(), from(70, 40000));
  ASSERT_EQ(answers.size(), 1u) << "at once: of him no more known answers come";
  ASSERT_EQ(answers[0].questions.size(), 1u);
  EXPECT_EQ(answers[0].questions[0].type, type::srv);
  EXPECT_EQ(answers[0].count(Section::answer), 2u);
  EXPECT_FALSE(answers[0].truncated());
}

TEST_F(MdnsAnswers, RFC6762_5_4_what_was_never_told_to_all_is_told_to_all) {
  const auto answers = answers_to(query_message().ask("host.local", type::txt, unicast_in));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].to);
  EXPECT_NE(answers[0].find("host.local", type::nsec), nullptr);
  const auto again = answers_to(query_message().ask("host.local", type::txt, unicast_in));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].to);
}

TEST_F(MdnsAnswers, RFC6762_6_6_a_denial_that_another_says_ends_soon_is_not_corrected) {
  const auto answers = answers_to(query_message().ask("host.local", type::txt));
  ASSERT_EQ(answers.size(), 1u);
  const SentRecord* nsec = answers[0].find("host.local", type::nsec);
  Buffer data = labels(nsec->target);
  data.insert(data.end(), nsec->data.end() - 6, nsec->data.end());
  const auto theirs =
      response_message().record(labels("host.local"), type::nsec, 10, data, flush_in).count(6);
  EXPECT_TRUE(answers_to(theirs).empty());
  EXPECT_EQ(state_of(host), ClaimState::established);
}

struct Said {
  const char* name;
  ServerMessage question;
  ServerMessage by_another;
  bool still_said;
};

TEST_F(MdnsAnswers, RFC6762_7_4_what_another_says_before_us_is_left_to_him_but_for_addresses) {
  const Buffer text(txt.begin(), txt.end());
  const auto ask = [](std::string_view name, std::uint16_t type) { return query_message().ask(name, type); };
  const auto say = [](std::string_view name, std::uint16_t type, std::uint32_t ttl, const Buffer& data,
                      std::size_t section = 6) {
    return response_message().record(labels(name), type, ttl, data, flush_in).count(section);
  };
  const std::string_view reverse = "50.2.0.192.in-addr.arpa";
  const Said rows[] = {
      {"strings", ask(instance, type::txt), say(instance, type::txt, 4500, text), false},
      {"beside his answer", ask(instance, type::txt), say(instance, type::txt, 4500, text, 10), true},
      {"for less time", ask(instance, type::txt), say(instance, type::txt, 4499, text), true},
      {"an address", ask("host.local", type::a), say("host.local", type::a, 120, a_data(own_v4)), true},
      {"its name", ask(reverse, type::ptr), say(reverse, type::ptr, 120, labels("host.local")), true},
  };
  for (const Said& row : rows) {
    run_for(Duration::seconds(5));
    hear(row.question);
    EXPECT_EQ(answers_to(row.by_another).size(), row.still_said ? 1u : 0u) << row.name;
  }
}

TEST_F(MdnsAnswers, RFC6762_8_3_an_announcement_is_made_whatever_another_says) {
  ASSERT_EQ(answers_to(query_message().ask(type_name, type::ptr)).size(), 1u);
  hear(query_message().ask(type_name, type::ptr));
  run_for(ms(200));
  const Digest::Value quiet = digest();
  ASSERT_TRUE(machine->responder().set_port(service, 81, now));
  run_for({});
  EXPECT_FALSE(digest() == quiet) << "it is owed";
  sent.clear();
  hear(response_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6));
  run_for(ms(1000));
  ASSERT_FALSE(sent.empty());
  EXPECT_NE(sent[0].find(type_name, type::ptr), nullptr) << "which had to wait for its second";
}

TEST_F(MdnsAnswers, what_goes_before_its_answer_is_sent_is_not_answered) {
  hear(query_message().ask(type_name, type::ptr, unicast_in));
  ASSERT_TRUE(machine->responder().remove_service(service, now));
  run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(sent[0].to) << "the goodbye, to all";
  // Of a host without addresses nothing is denied either, neither to one nor to all.
  const auto denial = [](std::uint16_t record_class) {
    return query_message().ask("host.local", type::txt, record_class).ask("other.local", type::a);
  };
  ASSERT_EQ(answers_to(denial(1)).size(), 1u);
  for (const std::uint16_t record_class : {std::uint16_t{1}, unicast_in}) {
    hear(denial(record_class));
    ASSERT_TRUE(machine->responder().set_addresses(host, {}, now));
    sent.clear();
    run_for(Duration::seconds(1));
    for (const Sent& message : sent) EXPECT_EQ(message.find("host.local", type::nsec), nullptr);
    ASSERT_TRUE(machine->responder().set_addresses(host, std::vector{own_v4}, now));
    run_for(Duration::seconds(5));
  }
}

TEST_F(MdnsAnswers, RFC6762_17_and_18_5_replies_that_do_not_fit_a_message) {
  Config large;
  large.services = 40;
  make(large);
  make_host();
  for (int i = 0; i < 40; ++i) {
    const std::string name = "A service with a name that takes room " + std::to_string(i);
    ASSERT_TRUE(machine->responder().add_service({.instance = name, .type = "_http._tcp", .port = 1}, now));
  }
  run_for(Duration::seconds(20));
  auto answers = answers_to(query_message().ask(type_name, type::ptr, unicast_in), from(70));
  EXPECT_GT(answers.size(), 1u);
  std::size_t pointers = 0;
  for (const Sent& message : answers) {
    EXPECT_TRUE(message.to);
    EXPECT_FALSE(message.truncated()) << "RFC 6762 18.5: not in responses";
    pointers += message.count(Section::answer);
  }
  EXPECT_EQ(pointers, 40u);
  answers = answers_to(query_message(7).ask(type_name, type::ptr), from(70, 40000));
  ASSERT_EQ(answers.size(), 1u) << "an asker of old takes one message";
  EXPECT_TRUE(answers[0].truncated()) << "which says that there is more";
  EXPECT_LT(answers[0].count(Section::answer), 40u);
}

TEST_F(MdnsAnswers, a_record_that_no_message_holds_is_left_out_of_all_of_them) {
  Config odd;
  odd.txt_size = 1200;
  odd.message_size = 1232;
  make(odd);
  make_host();
  const std::string name(63, 'n');
  std::vector<std::uint8_t> strings(1199, 'x');
  for (std::size_t at = 0; at < 1199; at += 200) strings[at] = at < 1000 ? 199 : 198;
  make_service({.instance = name, .type = "_http._tcp", .port = 80, .txt = strings});
  const std::string whole = name + "._http._tcp.local";
  EXPECT_TRUE(answers_to(query_message().ask(whole, type::txt)).empty());
  EXPECT_TRUE(answers_to(query_message(7).ask(whole, type::txt), from(70, 40000)).empty());
  const auto others = answers_to(query_message().ask(whole, type::any));
  ASSERT_EQ(others.size(), 1u);
  EXPECT_NE(others[0].find(whole, type::srv), nullptr);
}

TEST_F(MdnsAnswers, RFC6762_6_1_a_host_of_one_family_says_that_there_is_no_address_of_the_other) {
  make({});
  make_host("host", {own_v6});
  const auto denied = answers_to(query_message().ask("host.local", type::a));
  ASSERT_EQ(denied.size(), 1u);
  const SentRecord* nsec = denied[0].find("host.local", type::nsec);
  ASSERT_NE(nsec, nullptr);
  EXPECT_EQ(Buffer(nsec->data.end() - 6, nsec->data.end()), (Buffer{0, 4, 0, 0, 0, 0x08})) << "AAAA alone";
  run_for(Duration::seconds(5));
  const auto told = answers_to(query_message().ask("host.local", type::aaaa));
  ASSERT_EQ(told.size(), 1u);
  ASSERT_NE(told[0].find("host.local", type::nsec), nullptr);
  EXPECT_EQ(told[0].find("host.local", type::nsec)->section, Section::additional);
}

TEST_F(MdnsAnswers, RFC6762_7_2_known_answers_are_waited_for_as_long_as_they_go_on) {
  const auto other =
      query_message().record(labels(type_name), type::ptr, 4500, labels("Other._http._tcp.local")).count(6);
  const auto ours = query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6);
  ServerMessage more = other;
  more.truncated();
  hear(query_message().ask(type_name, type::ptr).truncated());
  run_for(ms(300));
  hear(more);
  run_for(ms(300));
  EXPECT_TRUE(sent.empty()) << "though the first wait would be over";
  hear(ours);
  run_for(Duration::seconds(2));
  EXPECT_TRUE(sent.empty()) << "known after all";
  // But not for ever.
  run_for(Duration::seconds(5));
  const Instant asked = now;
  hear(query_message().ask(type_name, type::ptr).truncated());
  for (int i = 0; i < 10; ++i) {
    run_for(ms(300));
    hear(more);
  }
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].at - asked, Duration::seconds(2));
}

TEST_F(MdnsAnswers,
       RFC6762_7_4_a_record_of_another_type_with_the_same_data_is_not_what_we_were_about_to_say) {
  constexpr std::uint16_t another_type = 99;
  for (const std::uint16_t said : {another_type, std::uint16_t{type::txt}}) {
    run_for(Duration::seconds(5));
    sent.clear();
    hear(query_message().ask(instance, type::txt).ask("x.local", type::a));
    hear(response_message().record(labels(instance), said, 4500, Buffer(txt.begin(), txt.end())).count(6));
    run_for(Duration::seconds(2));
    EXPECT_EQ(sent.size(), said == another_type ? 1u : 0u) << said;
  }
}

}  // namespace
}  // namespace linnet::mdns
