// SPDX-License-Identifier: Apache-2.0
// What is answered, when, and to whom (RFC 6762 5 to 7, RFC 6763).
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

struct Asked {
  const char* name;
  std::uint16_t type;
  const char* answer;  // its name; null: silence
  std::uint16_t answer_type;
  std::uint32_t ttl;
  bool flush;
};

TEST_F(MdnsAnswers, RFC6762_6_and_RFC6763_what_each_question_brings) {
  const Asked rows[] = {
      {"host.local", type::a, "host.local", type::a, 120, true},
      {"HOST.LocaL", type::aaaa, "host.local", type::aaaa, 120, true},
      {"host.local", type::any, "host.local", type::a, 120, true},
      {"50.2.0.192.in-addr.arpa", type::ptr, "50.2.0.192.in-addr.arpa", type::ptr, 120, true},
      {"Web._http._tcp.local", type::srv, "Web._http._tcp.local", type::srv, 120, true},
      {"Web._http._tcp.local", type::txt, "Web._http._tcp.local", type::txt, 4500, true},
      {"_http._tcp.local", type::ptr, "_http._tcp.local", type::ptr, 4500, false},
      {"_HTTP._TCP.local", type::any, "_http._tcp.local", type::ptr, 4500, false},
      {"_printer._sub._http._tcp.local", type::ptr, "_printer._sub._http._tcp.local", type::ptr, 4500, false},
      {"_services._dns-sd._udp.local", type::ptr, "_services._dns-sd._udp.local", type::ptr, 4500, false},
      // RFC 6762 6.1: there is the name, but not the type.
      {"host.local", type::txt, "host.local", type::nsec, 120, true},
      {"Web._http._tcp.local", type::a, "Web._http._tcp.local", type::nsec, 120, true},
      // Of what others may have records, nothing is denied.
      {"_http._tcp.local", type::txt, nullptr, 0, 0, false},
      {"other.local", type::a, nullptr, 0, 0, false},
      {"local", type::any, nullptr, 0, 0, false},
      {"", type::any, nullptr, 0, 0, false},
  };
  for (const Asked& row : rows) {
    SCOPED_TRACE(std::string(row.name) + " " + std::to_string(row.type));
    run_for(Duration::seconds(5));
    ServerMessage question = query_message();
    question.append(labels(row.name)).u16(row.type).u16(1).count(4);
    const auto answers = answers_to(question);
    ASSERT_EQ(answers.size(), row.answer != nullptr ? 1u : 0u);
    if (row.answer == nullptr) continue;
    EXPECT_FALSE(answers[0].to) << "by multicast";
    const SentRecord* record = answers[0].find(row.answer, row.answer_type);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->section, Section::answer);
    EXPECT_EQ(record->ttl, row.ttl);
    EXPECT_EQ(record->flush, row.flush);
  }
}

TEST_F(MdnsAnswers, RFC6762_6_1_an_nsec_record_names_itself_and_the_types_there_are) {
  const auto answers = answers_to(query_message().ask("host.local", type::srv));
  ASSERT_EQ(answers.size(), 1u);
  const SentRecord* nsec = answers[0].find("host.local", type::nsec);
  ASSERT_NE(nsec, nullptr);
  EXPECT_EQ(nsec->target, "host.local");
  // Block 0, four bytes: A is bit 1, AAAA bit 28.
  const Buffer bitmap(nsec->data.end() - 6, nsec->data.end());
  EXPECT_EQ(bitmap, (Buffer{0, 4, 0x40, 0, 0, 0x08}));
}

TEST_F(MdnsAnswers, RFC6762_6_unique_records_at_once_shared_ones_20_to_120_ms_later) {
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 40; ++i) {
    run_for(Duration::seconds(5));
    const Instant asked = now;
    const auto unique = answers_to(query_message().ask("host.local", type::a));
    ASSERT_EQ(unique.size(), 1u);
    EXPECT_LE(unique[0].at - asked, ms(10));
    run_for(Duration::seconds(5));
    const Instant asked_shared = now;
    const auto shared = answers_to(query_message().ask(type_name, type::ptr));
    ASSERT_EQ(shared.size(), 1u);
    delays.push_back((shared[0].at - asked_shared).as_milliseconds());
  }
  std::sort(delays.begin(), delays.end());
  EXPECT_GE(delays.front(), 20);
  EXPECT_LE(delays.back(), 120);
  EXPECT_GT(delays.back() - delays.front(), 40);
}

TEST_F(MdnsAnswers, RFC6763_12_additional_records_save_the_next_questions) {
  const auto answers = answers_to(query_message().ask(type_name, type::ptr));
  ASSERT_EQ(answers.size(), 1u);
  const Sent& message = answers[0];
  EXPECT_EQ(message.count(Section::answer), 1u);
  EXPECT_EQ(message.find(type_name, type::ptr)->target, instance);
  for (const auto& [name, type] :
       std::vector<std::pair<std::string_view, std::uint16_t>>{{instance, type::srv},
                                                               {instance, type::txt},
                                                               {"host.local", type::a},
                                                               {"host.local", type::aaaa}}) {
    const SentRecord* record = message.find(name, type);
    ASSERT_NE(record, nullptr) << name;
    EXPECT_EQ(record->section, Section::additional);
  }
  EXPECT_EQ(message.find(instance, type::srv)->target, "host.local");
  EXPECT_EQ(load16(message.find(instance, type::srv)->data.data() + 4), 8080);
  EXPECT_EQ(message.find(instance, type::txt)->data, Buffer(txt.begin(), txt.end())) << "of any bytes";
}

TEST_F(MdnsAnswers, RFC6762_6_no_record_more_than_once_a_second) {
  std::vector<Sent> all;
  for (int i = 0; i < 50; ++i) {
    hear(query_message().ask("host.local", type::a));
    run_for(ms(100));
  }
  ASSERT_GE(sent.size(), 4u);
  EXPECT_LE(sent.size(), 6u);
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_GE(sent[i].at - sent[i - 1].at, Duration::seconds(1));
}

TEST_F(MdnsAnswers, RFC6762_6_what_is_probed_for_anew_is_announced_a_second_after_it_was_told) {
  const auto theirs =
      response_message()
          .record(labels("Web._http._tcp.local"), type::srv, 120, srv_data("other.local", 80), flush_in)
          .count(6);
  std::vector<Instant> told;
  for (int i = 0; i < 20; ++i) {
    hear(query_message().ask(type_name, type::ptr));
    run_for(ms(130));
    hear(theirs);
    run_for(Duration::seconds(5));
  }
  for (const Sent& message : sent) {
    if (message.is_response() && message.find(type_name, type::ptr) != nullptr) told.push_back(message.at);
  }
  ASSERT_GE(told.size(), 40u) << "an answer and an announcement each time";
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_GE(told[i] - told[i - 1], Duration::seconds(1)) << i;
}

TEST_F(MdnsAnswers, RFC6762_6_a_name_is_defended_against_a_probe_after_250_ms_already) {
  hear(query_message().ask("host.local", type::a));
  run_for(ms(50));
  ASSERT_EQ(sent.size(), 1u);
  ServerMessage probe = query_message().ask("host.local", type::any);
  probe.record(labels("host.local"), type::a, 120, a_data(other_v4)).count(8);
  hear(probe);
  run_for(Duration::seconds(1));
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[1].at - sent[0].at, ms(250));
}

struct Known {
  const char* name;
  std::uint32_t ttl;
  const char* target;
  bool answered;
};

TEST_F(MdnsAnswers, RFC6762_7_1_what_the_asker_knows_for_half_its_time_is_not_told) {
  const Known rows[] = {
      {"all of its time", 4500, "Web._http._tcp.local", false},
      {"half of it", 2250, "wEb._http._tcp.local", false},
      {"less", 2249, "Web._http._tcp.local", true},
      {"another instance", 4500, "Other._http._tcp.local", true},
  };
  for (const Known& row : rows) {
    SCOPED_TRACE(row.name);
    run_for(Duration::seconds(5));
    const auto answers = answers_to(query_message()
                                        .ask(type_name, type::ptr)
                                        .record(labels(type_name), type::ptr, row.ttl, labels(row.target))
                                        .count(6));
    EXPECT_EQ(answers.empty(), !row.answered);
  }
}

TEST_F(MdnsAnswers, RFC6762_10_2_of_a_set_with_the_cache_flush_bit_all_is_told_or_nothing) {
  const IpAddress second = IpAddress::v4(192, 0, 2, 60);
  EXPECT_TRUE(machine->responder().set_addresses(host, std::vector{own_v4, second}, now));
  run_for(Duration::seconds(5));
  const auto known = [](const IpAddress& address, ServerMessage message) {
    return message.record(labels("host.local"), type::a, 120, a_data(address)).count(6);
  };
  const auto one = answers_to(known(own_v4, query_message().ask("host.local", type::a)));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].count(Section::answer), 2u);
  run_for(Duration::seconds(5));
  EXPECT_TRUE(answers_to(known(second, known(own_v4, query_message().ask("host.local", type::a)))).empty());
}

TEST_F(MdnsAnswers, RFC6762_7_2_more_known_answers_are_waited_for) {
  Instant asked = now;
  auto answers = answers_to(query_message().ask(type_name, type::ptr).truncated());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_GE(answers[0].at - asked, ms(400));
  EXPECT_LE(answers[0].at - asked, ms(500));
  run_for(Duration::seconds(5));
  const auto rest = query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6);
  hear(query_message().ask(type_name, type::ptr).truncated());
  run_for(ms(100));
  EXPECT_TRUE(answers_to(rest).empty()) << "known after all";
  run_for(Duration::seconds(5));
  hear(query_message().ask(type_name, type::ptr).truncated());
  run_for(ms(100));
  EXPECT_EQ(answers_to(rest, {.source = {IpAddress::v4(192, 0, 2, 78), 5353}}).size(), 1u)
      << "another's words";
}

TEST_F(MdnsAnswers, RFC6762_7_4_what_another_has_just_said_is_not_said_again) {
  const auto theirs = [&](std::uint32_t ttl) {
    return response_message().record(labels(type_name), type::ptr, ttl, labels(instance)).count(6);
  };
  hear(query_message().ask(type_name, type::ptr));
  run_for(ms(10));
  EXPECT_TRUE(answers_to(theirs(4500)).empty());
  run_for(Duration::seconds(5));
  hear(query_message().ask(type_name, type::ptr));
  run_for(ms(10));
  EXPECT_EQ(answers_to(theirs(4000)).size(), 1u) << "not with a lesser TTL";
}

TEST_F(MdnsAnswers, RFC6762_6_6_a_lesser_ttl_than_half_of_ours_is_corrected) {
  const auto theirs = [&](std::uint32_t ttl) {
    return response_message().record(labels(type_name), type::ptr, ttl, labels(instance)).count(6);
  };
  EXPECT_TRUE(answers_to(theirs(2250)).empty());
  EXPECT_EQ(answers_to(theirs(2249)).size(), 1u);
  run_for(Duration::seconds(5));
  EXPECT_EQ(answers_to(theirs(0)).size(), 1u) << "somebody else's goodbye";
}

TEST_F(MdnsAnswers, RFC6762_5_4_a_qu_question_is_answered_to_the_asker_if_all_heard_it_lately) {
  const Arrival from{.source = {other_v4, 5353}};
  run_for(Duration::seconds(40));  // more than a quarter of 120 s
  auto answers = answers_to(query_message().ask("host.local", type::a, unicast_in), from);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].to) << "nobody has heard it for a quarter of its time";
  run_for(Duration::seconds(20));
  answers = answers_to(query_message(77).ask("host.local", type::a, unicast_in), from);
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_TRUE(answers[0].to);
  EXPECT_EQ(*answers[0].to, from.source);
  EXPECT_EQ(answers[0].id, 0);
  EXPECT_TRUE(answers[0].questions.empty());
  EXPECT_TRUE(answers[0].find("host.local", type::a)->flush);
}

TEST_F(MdnsAnswers, RFC6762_5_5_a_question_sent_to_us_alone_is_answered_so) {
  run_for(Duration::seconds(2));
  const auto answers = answers_to(query_message().ask("host.local", type::a),
                                  {.source = {other_v4, 5353}, .multicast = false, .on_link = true});
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].to);
}

TEST_F(MdnsAnswers, RFC6762_6_7_a_legacy_asker_gets_what_a_server_would_say) {
  const Arrival from{.source = {other_v4, 40000}};
  const auto answers = answers_to(query_message(0x1234).ask(instance, type::srv), from);
  ASSERT_EQ(answers.size(), 1u);
  const Sent& answer = answers[0];
  ASSERT_TRUE(answer.to);
  EXPECT_EQ(*answer.to, from.source);
  EXPECT_EQ(answer.id, 0x1234);
  ASSERT_EQ(answer.questions.size(), 1u);
  EXPECT_EQ(answer.questions[0].name, instance);
  for (const SentRecord& record : answer.records) {
    EXPECT_LE(record.ttl, 10u);
    EXPECT_FALSE(record.flush);
  }
  // RFC 2782: its target is not compressed.
  EXPECT_EQ(answer.find(instance, type::srv)->data, srv_data("host.local", 8080));
  EXPECT_EQ(answers_to(query_message(1).ask(type_name, type::ptr), from).size(), 1u);
}

TEST_F(MdnsAnswers, RFC6762_5_3_several_questions_get_one_response) {
  const auto answers = answers_to(
      query_message().ask("host.local", type::a).ask(instance, type::txt).ask(type_name, type::ptr));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_GE(answers[0].count(Section::answer), 3u);
}

TEST_F(MdnsAnswers, RFC6762_17_answers_that_do_not_fit_go_in_several_messages) {
  Config large;
  large.services = 40;
  large.txt_size = 200;
  make(large);
  make_host();
  std::vector<std::uint8_t> long_txt(200, 'x');
  long_txt[0] = 199;
  for (int i = 0; i < 40; ++i) {
    EXPECT_TRUE(machine->responder().add_service(
        {.instance = "A service with a name that takes room " + std::to_string(i),
         .type = "_http._tcp",
         .port = 1,
         .txt = long_txt},
        now));
  }
  run_for(Duration::seconds(20));
  sent.clear();
  const auto answers = answers_to(query_message().ask(type_name, type::ptr));
  std::size_t pointers = 0;
  for (const Sent& message : answers) {
    pointers += message.count(Section::answer);
    EXPECT_LE(message.bytes.size(), 1440u);
  }
  EXPECT_GT(answers.size(), 1u);
  EXPECT_EQ(pointers, 40u);
  for (const Service& one : machine->responder().records().services())
    EXPECT_EQ(one.claim.state, ClaimState::established);
}

TEST_F(MdnsAnswers, hosts_that_are_spoken_for_have_names_and_services_of_their_own) {
  Config two;
  two.hosts = 2;
  make(two);
  make_host();
  const auto other = machine->responder().add_host("printer", now);
  ASSERT_TRUE(other);
  EXPECT_TRUE(machine->responder().set_addresses(*other, std::vector{other_v4}, now));
  make_service({.instance = "Old", .type = "_ipp._tcp", .port = 631, .host = *other});
  const auto answers = answers_to(query_message().ask("Old._ipp._tcp.local", type::srv));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].find("Old._ipp._tcp.local", type::srv)->target, "printer.local");
  EXPECT_EQ(answers[0].find("printer.local", type::a)->data, a_data(other_v4));
  EXPECT_NE(answers[0].find("printer.local", type::nsec), nullptr) << "RFC 6762 6.1: it has no IPv6 address";
  EXPECT_TRUE(machine->responder().remove_host(*other, now));
  run_for(Duration::seconds(5));
  EXPECT_TRUE(answers_to(query_message().ask("printer.local", type::a)).empty());
  EXPECT_EQ(machine->responder().add_host("host", now).error(), Error::exists);
}

}  // namespace
}  // namespace linnet::mdns
