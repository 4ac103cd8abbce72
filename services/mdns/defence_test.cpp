// SPDX-License-Identifier: Apache-2.0
// A name that another probes for is told once more to all, and announcements that somebody comes between
// (RFC 6762 8.1, 8.3, 8.4, 10.2).
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsDefence : public MdnsAnswers {
 protected:
  ServerMessage probe(std::string_view name, std::uint16_t type, const Buffer& data) {
    return query_message().ask(name, type::any, unicast_in).record(labels(name), type, 120, data).count(8);
  }
  /// When each of the messages that were sent to all was.
  std::vector<Instant> told() const {
    std::vector<Instant> times;
    for (const Sent& message : sent) {
      if (!message.to) times.push_back(message.at);
    }
    return times;
  }
};

TEST_F(MdnsDefence, RFC6762_10_2_what_is_told_once_more_is_the_name_and_nothing_beside) {
  hear(probe(instance, type::srv, srv_data("other.local", 1)));
  run_for(ms(1000));
  sent.clear();
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 1u);
  std::vector<std::pair<std::string, std::uint16_t>> answers;
  for (const SentRecord& record : sent[0].records) {
    if (record.section == Section::answer) answers.emplace_back(record.name, record.type);
  }
  EXPECT_EQ(answers, (std::vector<std::pair<std::string, std::uint16_t>>{
                         {std::string(instance), type::srv}, {std::string(instance), type::txt}}));
}

TEST_F(MdnsDefence, RFC6762_10_2_of_a_host_its_addresses_are_told_once_more) {
  hear(probe("host.local", type::a, a_data(other_v4)));
  const Instant heard = now;
  run_for(ms(1000));
  sent.clear();
  run_for(Duration::seconds(5));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_GE(sent[0].at - heard, ms(1100));
  EXPECT_EQ(sent[0].count(Section::answer), 2u) << "neither their names nor those that are not there";
  EXPECT_NE(sent[0].find("host.local", type::a), nullptr);
  EXPECT_NE(sent[0].find("host.local", type::aaaa), nullptr);
}

TEST_F(MdnsDefence, RFC6762_7_4_it_is_told_though_another_says_the_same_meanwhile) {
  hear(probe(instance, type::srv, srv_data("other.local", 1)));
  run_for(ms(900));
  hear(query_message().ask(instance, type::txt));  // told to all, so that the next is a second later
  run_for(ms(300));
  hear(response_message()
           .record(labels(instance), type::txt, 4500, Buffer(txt.begin(), txt.end()), flush_in)
           .count(6));
  sent.clear();
  run_for(Duration::seconds(5));
  ASSERT_FALSE(sent.empty());
  EXPECT_NE(sent.back().find(instance, type::txt), nullptr);
}

TEST_F(MdnsDefence, however_many_probe_for_it_at_once_it_is_told_twice_more_at_most) {
  for (std::uint8_t i = 0; i < 5; ++i) {
    hear(probe("host.local", type::a, {192, 0, 2, static_cast<std::uint8_t>(60 + i)}));
  }
  run_for(ms(1000));
  sent.clear();
  run_for(Duration::seconds(20));
  const std::vector<Instant> times = told();
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GE(times[1] - times[0], ms(1100));
}

TEST_F(MdnsDefence, RFC6762_6_it_is_not_told_again_within_a_second_of_an_answer) {
  hear(probe("host.local", type::a, a_data(other_v4)));
  run_for(ms(1050));
  sent.clear();
  hear(query_message().ask("host.local", type::a));
  run_for(Duration::seconds(5));
  std::vector<Instant> addresses;
  for (const Sent& message : sent) {
    if (!message.to && message.find("host.local", type::a) != nullptr) addresses.push_back(message.at);
  }
  ASSERT_GE(addresses.size(), 1u);
  for (std::size_t i = 1; i < addresses.size(); ++i)
    EXPECT_GE(addresses[i] - addresses[i - 1], Duration::seconds(1));
}

TEST_F(MdnsDefence, RFC6762_8_3_an_announcement_is_made_whatever_an_asker_knows) {
  ASSERT_EQ(answers_to(query_message().ask(type_name, type::ptr)).size(), 1u);
  hear(query_message().ask(type_name, type::ptr));
  run_for(ms(200));
  hear(query_message().ask(type_name, type::ptr).truncated());
  ASSERT_TRUE(machine->responder().set_port(service, 81, now));
  run_for({});
  sent.clear();
  hear(query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6));
  run_for(ms(1000));
  ASSERT_FALSE(sent.empty());
  EXPECT_NE(sent[0].find(type_name, type::ptr), nullptr);
}

TEST_F(MdnsDefence, RFC6762_8_2_who_lost_a_tie_break_asks_three_times_again) {
  make({});
  begin_host("host", {own_v4});
  run_until(machine->responder().host(host)->claim.due);
  run_for(ms(300));  // two of the three are said
  sent.clear();
  hear(probe("host.local", type::a, {192, 0, 2, 99}));
  run_for(Duration::seconds(5));
  std::size_t probes = 0;
  for (const Sent& message : sent) probes += message.is_response() ? 0u : 1u;
  EXPECT_EQ(probes, 3u);
  EXPECT_EQ(label_of(host), "host");
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsDefence, RFC6762_10_1_a_name_that_was_lost_is_not_taken_back) {
  const auto theirs =
      response_message().record(labels("host.local"), type::a, 120, a_data(other_v4), flush_in).count(6);
  hear(theirs);
  run_for(ms(300));
  hear(theirs);
  EXPECT_EQ(label_of(host), "host-2");
  sent.clear();
  ASSERT_TRUE(machine->responder().remove_host(host, now));
  run_for(Duration::seconds(5));
  for (const Sent& message : sent) {
    for (const SentRecord& record : message.records)
      EXPECT_NE(record.type, type::a) << "what was not announced is known to nobody";
  }
}

TEST_F(MdnsDefence, RFC6762_9_records_of_types_that_a_service_does_not_claim_are_no_conflict) {
  // The very data of a pointer of ours, and no SRV: others may say so.
  hear(response_message().record(labels(instance), type::ptr, 120, labels(instance), flush_in).count(6));
  EXPECT_EQ(state_of(service), ClaimState::established);
  // Of strings that are ours, others have others.
  hear(response_message().record(labels(instance), type::txt, 120, {1, 'x'}, flush_in).count(6));
  EXPECT_EQ(state_of(service), ClaimState::waiting);
}

struct KnownAddress {
  const char* name;
  const char* owner;
  bool told;
};

TEST_F(MdnsDefence, RFC6762_7_1_the_address_of_another_name_is_not_ours_that_is_known) {
  const KnownAddress rows[] = {{"ours", "host.local", false}, {"another's", "x.local", true}};
  for (const KnownAddress& row : rows) {
    run_for(Duration::seconds(5));
    const auto answers = answers_to(query_message()
                                        .ask("host.local", type::a)
                                        .record(labels(row.owner), type::a, 120, a_data(own_v4))
                                        .count(6));
    EXPECT_EQ(!answers.empty(), row.told) << row.name;
  }
}

TEST_F(MdnsDefence, RFC6762_10_2_what_is_known_of_one_family_is_not_told_for_the_others_sake) {
  const auto answers = answers_to(query_message()
                                      .ask("host.local", type::any)
                                      .record(labels("host.local"), type::aaaa, 120, a_data(own_v6))
                                      .count(6));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].find("host.local", type::a)->section, Section::answer);
  for (const SentRecord& record : answers[0].records)
    EXPECT_FALSE(record.section == Section::answer && record.type == type::aaaa);
}

TEST_F(MdnsDefence, RFC6762_5_4_a_quarter_of_its_time_a_record_is_told_to_the_asker_alone) {
  const auto ask = query_message().ask("host.local", type::a, unicast_in);
  ASSERT_FALSE(answers_to(query_message().ask("host.local", type::a)).empty());
  run_for(Duration::seconds(26));  // and the two of answers_to
  auto answers = answers_to(ask);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].to) << "of 120 seconds 30 are not over";
  answers = answers_to(ask);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].to);
}

Arrival from(std::uint8_t last) { return {.source = {IpAddress::v4(192, 0, 2, last), 5353}}; }

TEST_F(MdnsDefence, RFC6762_7_2_two_askers_know_what_each_of_them_asked_for) {
  hear(query_message().ask(type_name, type::ptr).truncated(), from(70));
  hear(query_message().ask(instance, type::txt).truncated(), from(71));
  run_for(ms(100));
  hear(query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6), from(70));
  hear(query_message().record(labels(instance), type::txt, 4500, Buffer(txt.begin(), txt.end())).count(6),
       from(71));
  run_for(Duration::seconds(2));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsDefence, RFC6762_7_2_what_two_have_asked_for_is_told_though_one_of_them_knows_it) {
  const auto rest = query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6);
  for (const std::uint8_t knows : {std::uint8_t{70}, std::uint8_t{71}}) {
    hear(query_message().ask(type_name, type::ptr).truncated(), from(70));
    hear(query_message().ask(type_name, type::ptr).truncated(), from(71));
    run_for(ms(100));
    sent.clear();
    hear(rest, from(knows));
    run_for(Duration::seconds(5));
    EXPECT_EQ(sent.size(), 1u) << int{knows};
  }
}

TEST_F(MdnsDefence, RFC6762_7_2_of_more_askers_than_there_is_room_for_the_first_are_still_waited_for) {
  hear(query_message().ask(type_name, type::ptr).truncated(), from(70));
  for (std::uint8_t last = 71; last < 76; ++last)
    hear(query_message().ask("host.local", type::a).truncated(), from(last));
  run_for(ms(100));
  hear(query_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6), from(70));
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].find(type_name, type::ptr), nullptr);
}

TEST_F(MdnsDefence, RFC6762_7_4_what_another_has_answered_is_not_waited_for) {
  hear(query_message().ask(type_name, type::ptr).truncated(), from(70));
  run_for(ms(100));
  hear(response_message().record(labels(type_name), type::ptr, 4500, labels(instance)).count(6));
  auto more =
      query_message().record(labels(type_name), type::ptr, 4500, labels("O._http._tcp.local")).count(6);
  hear(more.truncated(), from(70));
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace linnet::mdns
