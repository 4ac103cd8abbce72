// SPDX-License-Identifier: Apache-2.0
// Askers whose known answers go on in other messages (RFC 6762 7.2): each is waited for by himself.
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns::test {
namespace {

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
Arrival from(std::uint8_t host, std::uint16_t from_port = 5353) {
  return {.source = {IpAddress::v4(192, 0, 2, host), from_port}};
}

class MdnsWaits : public MdnsAnswers {
 protected:
  struct Row {
    std::string_view name;
    std::uint16_t type;
    std::uint32_t ttl;
    Buffer data;
  };
  const std::vector<Row> rows = {
      {type_name, type::ptr, 4500, labels(instance)},
      {instance, type::srv, 120, srv_data("host.local", 8080)},
      {instance, type::txt, 4500, Buffer(txt.begin(), txt.end())},
      {"_services._dns-sd._udp.local", type::ptr, 4500, labels(type_name)},
      {"host.local", type::a, 120, a_data(own_v4)},
  };
  void ask(std::size_t row, std::uint8_t asker) {
    hear(query_message().ask(rows[row].name, rows[row].type).truncated(), from(asker));
  }
  ServerMessage rest(std::size_t row) const {
    const Row& r = rows[row];
    return query_message().record(labels(r.name), r.type, r.ttl, r.data).count(6);
  }
  std::size_t answers_told() const {
    std::size_t count = 0;
    for (const Sent& message : sent) count += message.count(Section::answer);
    return count;
  }
};

TEST_F(MdnsWaits, RFC6762_7_2_four_askers_at_once_are_waited_for) {
  for (std::uint8_t i = 0; i < 4; ++i) ask(i, static_cast<std::uint8_t>(70 + i));
  run_for(ms(100));
  for (std::uint8_t i = 0; i < 4; ++i) hear(rest(i), from(static_cast<std::uint8_t>(70 + i)));
  run_for(Duration::seconds(2));
  EXPECT_EQ(answers_told(), 0u) << "each knows what he asked for";
}

TEST_F(MdnsWaits, RFC6762_7_2_a_fifth_asker_is_answered_and_drives_out_none_of_four) {
  for (std::uint8_t i = 0; i < 5; ++i) ask(i, static_cast<std::uint8_t>(70 + i));
  run_for(ms(100));
  for (std::uint8_t i = 0; i < 4; ++i) hear(rest(i), from(static_cast<std::uint8_t>(70 + i)));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(answers_told(), 1u);
  EXPECT_NE(sent[0].find("host.local", type::a), nullptr);
}

TEST_F(MdnsWaits, RFC6762_7_2_who_asks_for_what_is_not_ours_takes_nobodys_place) {
  for (std::uint8_t i = 0; i < 8; ++i)
    hear(query_message().ask("other.local", type::a).truncated(), from(static_cast<std::uint8_t>(80 + i)));
  ask(0, 70);
  run_for(ms(100));
  hear(rest(0), from(70));
  run_for(Duration::seconds(2));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsWaits, RFC6762_7_2_that_the_wait_for_one_is_over_ends_that_for_no_other) {
  ask(0, 70);
  run_for(ms(300));
  ask(1, 71);
  run_for(ms(300));
  EXPECT_EQ(answers_told(), 1u) << "the first asker's";
  sent.clear();
  // The answer's additional records have told of the service.
  make_service({.instance = "Other", .type = "_ipp._tcp", .port = 631});
  sent.clear();
  ask(3, 72);
  run_for(ms(300));
  hear(query_message().ask("Other._ipp._tcp.local", type::srv).truncated(), from(73));
  run_for(ms(300));
  sent.clear();
  hear(query_message()
           .record(labels("Other._ipp._tcp.local"), type::srv, 120, srv_data("host.local", 631))
           .count(6),
       from(73));
  run_for(Duration::seconds(2));
  EXPECT_EQ(answers_told(), 0u);
}

TEST_F(MdnsWaits, RFC6762_7_2_known_answers_that_are_others_hurry_nothing) {
  const Instant asked = now;
  ask(0, 70);
  run_for(ms(50));
  hear(rest(4), from(70));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_GE(sent[0].at - asked, ms(400));
}

TEST_F(MdnsWaits, RFC6762_10_1_a_goodbye_does_not_wait_for_what_an_asker_knows) {
  ask(0, 70);
  ASSERT_TRUE(machine->responder().remove_service(service, now));
  hear(rest(0), from(70));
  run_for(Duration::seconds(2));
  ASSERT_FALSE(sent.empty());
  const SentRecord* goodbye = sent[0].find(type_name, type::ptr);
  ASSERT_NE(goodbye, nullptr);
  EXPECT_EQ(goodbye->ttl, 0u);
}

TEST_F(MdnsWaits, RFC6762_6_what_was_told_to_another_meanwhile_is_not_told_again) {
  ask(1, 70);
  run_for(ms(50));
  hear(query_message().ask(type_name, type::ptr), from(71));
  run_for(ms(150));
  ASSERT_EQ(sent.size(), 1u);
  ASSERT_NE(sent[0].find(instance, type::srv), nullptr) << "an additional record (RFC 6763 12.1)";
  sent.clear();
  hear(query_message().truncated(), from(70));
  run_for(ms(790));
  EXPECT_TRUE(sent.empty()) << "once a second";
}

TEST_F(MdnsWaits, RFC6762_6_7_what_one_legacy_asker_is_told_the_next_is_told_as_well) {
  hear(query_message(7).ask("host.local", type::a), from(70, 40000));
  hear(query_message(8).ask(instance, type::srv), from(71, 40001));
  run_for(ms(500));
  ASSERT_EQ(sent.size(), 2u);
  ASSERT_EQ(sent[1].to, (Endpoint{IpAddress::v4(192, 0, 2, 71), 40001}));
  EXPECT_NE(sent[1].find(instance, type::srv), nullptr);
  EXPECT_NE(sent[1].find("host.local", type::a), nullptr) << "RFC 6763 12.2";
}

/// RFC 6762 7.3: two who ask at the same time have asked once, and the next time is later for both.
TEST_F(MdnsWaits, RFC6762_7_3_a_question_that_another_asks_a_second_before_ours_stands_for_it) {
  const auto query = machine->querier().query(*name_from_text("other.local"), type::a, now);
  ASSERT_TRUE(query);
  run_for(ms(120));
  ASSERT_EQ(sent.size(), 1u);
  const Instant first = sent[0].at;
  run_until(first + Duration::seconds(1) + ms(10));
  ASSERT_EQ(sent.size(), 2u) << "the next is after two seconds";
  const Instant second = sent[1].at;
  run_until(second + Duration::seconds(1));
  ASSERT_EQ(sent.size(), 2u);
  hear(query_message().ask("other.local", type::a));
  run_until(second + Duration::seconds(2) + ms(10));
  EXPECT_EQ(sent.size(), 2u) << "that was asked for us";
}

}  // namespace
}  // namespace linnet::mdns::test
