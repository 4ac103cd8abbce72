// SPDX-License-Identifier: Apache-2.0
// Asking, and keeping what is heard (RFC 6762 5, 7, 10).
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }
const std::string_view type_name = "_http._tcp.local";

class MdnsQueries : public MdnsMachine {
 protected:
  MdnsQueries() { machine->start(now); }
  QueryHandle ask(std::string_view name, std::uint16_t type) {
    const auto query = machine->querier().query(*name_from_text(name), type, now);
    EXPECT_TRUE(query);
    return query ? *query : QueryHandle{};
  }
  ServerMessage pointer(std::string_view target, std::uint32_t ttl = 4500) const {
    return response_message().record(labels(type_name), type::ptr, ttl, labels(target)).count(6);
  }
  ServerMessage address(const IpAddress& a, std::uint32_t ttl = 120, bool flush = true) const {
    return response_message()
        .record(labels("x.local"), a.is_v4() ? type::a : type::aaaa, ttl, a_data(a), flush ? flush_in : 1)
        .count(6);
  }
  dns::Error error_of(LookupHandle lookup) const {
    const auto result = machine->result(lookup);
    return result ? dns::Error::none : result.error();
  }
};

TEST_F(MdnsQueries, RFC6762_5_2_questions_at_growing_intervals_up_to_an_hour) {
  const Instant begun = now;
  ask(type_name, type::ptr);
  run_for(Duration::seconds(3 * 3600));
  ASSERT_GE(sent.size(), 13u);
  EXPECT_GE(sent[0].at - begun, ms(20));
  EXPECT_LE(sent[0].at - begun, ms(120));
  Duration interval = Duration::seconds(1);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].at - sent[i - 1].at, interval) << i;
    interval = std::min(interval * 2, Duration::seconds(3600));
  }
  EXPECT_TRUE(sent[0].questions[0].unicast) << "RFC 6762 5.4: the first may be answered to us alone";
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_FALSE(sent[i].questions[0].unicast);
}

TEST_F(MdnsQueries, RFC6762_7_1_known_answers_with_the_time_that_is_left_of_them) {
  ask(type_name, type::ptr);
  run_for(ms(200));
  hear(pointer("One._http._tcp.local"));
  hear(pointer("Two._http._tcp.local", 1));
  sent.clear();
  run_for(Duration::seconds(4));
  ASSERT_GE(sent.size(), 2u);
  const Sent& later = sent[1];
  ASSERT_EQ(later.count(Section::answer), 1u) << "only what has half its time left";
  EXPECT_EQ(later.records[0].target, "One._http._tcp.local");
  EXPECT_FALSE(later.records[0].flush);
  EXPECT_LT(later.records[0].ttl, 4500u);
  EXPECT_GE(later.records[0].ttl, 4490u);
}

TEST_F(MdnsQueries, RFC6762_7_2_more_known_answers_than_a_message_holds) {
  Config large;
  large.cache_records = 100;
  make(large);
  machine->start(now);
  const QueryHandle query = ask(type_name, type::ptr);
  run_for(ms(200));
  for (int i = 0; i < 90; ++i)
    hear(pointer("Instance with a long name " + std::to_string(i) + "._http._tcp.local"));
  EXPECT_EQ(known(query), 90u);
  sent.clear();
  run_for(ms(1200));
  ASSERT_GE(sent.size(), 2u);
  std::size_t told = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].truncated(), i + 1 < sent.size());
    EXPECT_EQ(sent[i].questions.size(), i == 0 ? 1u : 0u);
    told += sent[i].records.size();
  }
  EXPECT_EQ(told, 90u);
}

TEST_F(MdnsQueries, RFC6762_7_3_a_question_that_another_has_just_asked_is_not_asked_again) {
  ask(type_name, type::ptr);
  run_for(ms(1300));
  ASSERT_EQ(sent.size(), 2u);
  run_until(sent[1].at + ms(1500));  // the next is due half a second later
  hear(query_message().ask(type_name, type::ptr));
  sent.clear();
  run_for(ms(2000));
  EXPECT_TRUE(sent.empty());
  run_for(ms(4000));
  EXPECT_EQ(sent.size(), 1u) << "but the one after it";
}

TEST_F(MdnsQueries, RFC6762_7_3_an_asker_who_knows_more_than_we_do_speaks_for_himself) {
  const QueryHandle query = ask(type_name, type::ptr);
  run_for(ms(1300));
  run_until(sent.at(1).at + ms(1500));
  hear(query_message()
           .ask(type_name, type::ptr)
           .record(labels(type_name), type::ptr, 4500, labels("New._http._tcp.local"))
           .count(6));
  sent.clear();
  run_for(ms(1000));
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(known(query), 0u) << "RFC 6762 7.1: known answers teach nothing";
}

TEST_F(MdnsQueries, RFC6762_5_2_a_record_is_asked_for_again_at_80_85_90_and_95_percent_and_then_gone) {
  const QueryHandle query = ask("x.local", type::a);
  run_for(Duration::seconds(3600 * 3 + 700));  // and the next regular question is far away
  hear(address(other_v4, 1000));
  const Instant heard = now;
  const std::uint32_t version = machine->querier().find(query)->version;
  sent.clear();
  run_until(heard + Duration::seconds(1000) - ms(1));
  std::vector<std::int64_t> at;
  for (const Sent& message : sent) at.push_back((message.at - heard).as_seconds());
  ASSERT_EQ(at.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GE(at[i], 800 + 50 * static_cast<std::int64_t>(i));
    EXPECT_LE(at[i], 820 + 50 * static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(known(query), 1u);
  run_for(ms(2));
  EXPECT_EQ(known(query), 0u);
  EXPECT_EQ(machine->querier().find(query)->version, version + 1);
}

TEST_F(MdnsQueries, RFC6762_5_2_nobody_asks_again_for_what_nobody_wants) {
  hear(address(other_v4, 100));
  run_for(Duration::seconds(200));
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(machine->querier().cache().used(), 0u);
}

TEST_F(MdnsQueries, C22_11_a_goodbye_leaves_a_second) {
  const QueryHandle query = ask(type_name, type::ptr);
  hear(pointer("One._http._tcp.local"));
  run_for(Duration::seconds(5));
  hear(pointer("one._http._tcp.local", 0));
  run_for(ms(999));
  EXPECT_EQ(known(query), 1u);
  run_for(ms(1));
  EXPECT_EQ(known(query), 0u);
  hear(pointer("One._http._tcp.local"));
  run_for(Duration::seconds(5));
  hear(pointer("One._http._tcp.local", 0));
  run_for(ms(500));
  hear(pointer("One._http._tcp.local"));
  run_for(Duration::seconds(5));
  EXPECT_EQ(known(query), 1u) << "who says it again within that second keeps it";
}

TEST_F(MdnsQueries, C22_11_the_cache_flush_bit_spares_what_was_heard_within_a_second) {
  const QueryHandle query = ask("x.local", type::a);
  hear(address(IpAddress::v4(192, 0, 2, 1)));
  run_for(Duration::seconds(5));
  hear(address(IpAddress::v4(192, 0, 2, 2)));
  run_for(ms(500));
  hear(address(IpAddress::v4(192, 0, 2, 3)));
  EXPECT_EQ(known(query), 3u) << "the oldest has a second still";
  run_for(ms(600));
  EXPECT_EQ(known(query), 2u);
  hear(address(IpAddress::v4(192, 0, 2, 4), 120, false));
  run_for(Duration::seconds(5));
  EXPECT_EQ(known(query), 3u) << "without the bit others stay";
}

TEST_F(MdnsQueries, RFC6762_10_4_what_could_not_be_reached_has_ten_seconds_to_be_heard_again) {
  const QueryHandle query = ask("x.local", type::a);
  run_for(Duration::seconds(100));
  hear(address(other_v4));
  sent.clear();
  machine->querier().doubt(*name_from_text("x.local"), type::a, now);
  run_for(ms(100));
  EXPECT_EQ(sent.size(), 1u);
  run_for(Duration::seconds(10));
  EXPECT_EQ(known(query), 0u);
}

TEST_F(MdnsQueries, C22_07_the_same_question_twice_is_one_and_stays_until_both_are_done) {
  const QueryHandle one = ask(type_name, type::ptr);
  const QueryHandle two = ask("_HTTP._tcp.local", type::ptr);
  EXPECT_EQ(one, two);
  machine->querier().release(one);
  EXPECT_NE(machine->querier().find(two), nullptr);
  machine->querier().release(two);
  EXPECT_EQ(machine->querier().find(two), nullptr);
  machine->querier().release(two);  // stale
  run_for(Duration::seconds(5));
  EXPECT_TRUE(sent.empty());
  for (int i = 0; i < 8; ++i) ask("x" + std::to_string(i) + ".local", type::a);
  EXPECT_EQ(machine->querier().query(*name_from_text("y.local"), type::a, now).error(), Error::no_memory);
}

TEST_F(MdnsQueries, C22_14_ten_thousand_records_fill_the_cache_and_nothing_else) {
  begin_host();
  const QueryHandle query = ask(type_name, type::ptr);
  run_for(Duration::seconds(5));
  hear(pointer("Wanted._http._tcp.local"));
  for (int i = 0; i < 10000; ++i) {
    const std::string name = "flood" + std::to_string(i) + ".local";
    hear(response_message().record(labels(name), type::a, 4500, a_data(other_v4)).count(6));
  }
  EXPECT_EQ(machine->querier().cache().used(), 32u);
  EXPECT_EQ(machine->status().evicted, 10000u - 31);
  EXPECT_EQ(known(query), 1u) << "what somebody asks for stays";
  EXPECT_EQ(answers_to(query_message().ask("host.local", type::a)).size(), 1u);
  for (int i = 0; i < 1000; ++i) hear(pointer("Flood" + std::to_string(i) + "._http._tcp.local"));
  EXPECT_EQ(known(query), 32u);
}

TEST_F(MdnsQueries, C22_12_records_with_bad_names_in_their_data_are_skipped_and_others_kept) {
  const QueryHandle query = ask(type_name, type::ptr);
  hear(response_message()
           .record(labels(type_name), type::ptr, 120, {0xc0, 0xff})
           .count(6)  // points behind the message
           .record(labels(type_name), type::ptr, 120, {5, 'a'})
           .count(6)  // no end
           .record(labels(type_name), type::ptr, 120, {1, 'a', 0, 'x'})
           .count(6)  // something behind it
           .record(labels(type_name), type::ptr, 120, {0x80, 'a', 0})
           .count(6)  // no label
           .record(labels(type_name), type::ptr, 120, labels("Good._http._tcp.local"))
           .count(6));
  EXPECT_EQ(known(query), 1u);
}

TEST_F(MdnsQueries, RFC6762_6_responses_from_another_port_teach_nothing) {
  const QueryHandle query = ask(type_name, type::ptr);
  EXPECT_FALSE(hear(pointer("One._http._tcp.local"), {.source = {other_v4, 53}}));
  EXPECT_EQ(known(query), 0u);
}

TEST_F(MdnsQueries, RFC6762_10_3_nothing_is_known_on_a_new_link) {
  const QueryHandle query = ask(type_name, type::ptr);
  hear(pointer("One._http._tcp.local"));
  run_for(Duration::seconds(100));
  const std::uint32_t version = machine->querier().find(query)->version;
  machine->halt();
  machine->start(now);
  EXPECT_EQ(known(query), 0u);
  EXPECT_NE(machine->querier().find(query)->version, version);
  sent.clear();
  run_for(ms(200));
  EXPECT_EQ(sent.size(), 1u) << "asked at once";
}

TEST_F(MdnsQueries, a_host_is_looked_up_with_both_families) {
  const auto lookup = machine->lookup(*name_from_text("x.local"), dns::Families::both, now);
  ASSERT_TRUE(lookup);
  run_for(ms(150));
  EXPECT_EQ(error_of(*lookup), dns::Error::pending);
  hear(response_message()
           .record(labels("x.local"), type::a, 120, a_data(other_v4), flush_in)
           .count(6)
           .record(labels("x.local"), type::aaaa, 60, a_data(other_v6), flush_in)
           .count(10));
  run_for(ms(1));
  const auto result = machine->result(*lookup);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->addresses().size(), 2u);
  EXPECT_EQ(result->addresses()[0], other_v6.with_zone(2));
  EXPECT_EQ(result->addresses()[1], other_v4);
  EXPECT_EQ(result->ttl, Duration::seconds(60));
  machine->release(*lookup);
  EXPECT_EQ(error_of(*lookup), dns::Error::closed);
}

TEST_F(MdnsQueries, RFC6762_6_1_a_lookup_believes_that_there_is_none) {
  const auto nsec = [](std::initializer_list<std::uint8_t> bits) {
    Buffer data = labels("x.local");
    data.insert(data.end(), bits);
    return data;
  };
  const auto v6 = machine->lookup(*name_from_text("x.local"), dns::Families::v6, now);
  const auto both = machine->lookup(*name_from_text("x.local"), dns::Families::both, now);
  hear(response_message()
           .record(labels("x.local"), type::a, 120, a_data(other_v4), flush_in)
           .count(6)
           .record(labels("x.local"), type::nsec, 120, nsec({0, 1, 0x40}), flush_in)
           .count(10));
  run_for(ms(1));
  EXPECT_EQ(error_of(*v6), dns::Error::no_data);
  EXPECT_EQ(error_of(*both), dns::Error::none);
}

TEST_F(MdnsQueries, a_lookup_that_nobody_answers_asks_three_times_in_five_seconds) {
  const auto lookup = machine->lookup(*name_from_text("x.local"), dns::Families::v4, now);
  run_for(ms(4999));
  EXPECT_EQ(sent.size(), 3u);
  EXPECT_EQ(error_of(*lookup), dns::Error::pending);
  run_for(ms(1));
  EXPECT_EQ(error_of(*lookup), dns::Error::no_such_name);
  run_for(Duration::seconds(60));
  EXPECT_EQ(sent.size(), 3u) << "it is over";
}

TEST_F(MdnsQueries, a_lookup_does_not_wait_long_for_the_other_family) {
  const auto lookup = machine->lookup(*name_from_text("x.local"), dns::Families::both, now);
  run_for(ms(150));
  hear(address(other_v4));
  run_for(ms(249));
  EXPECT_EQ(error_of(*lookup), dns::Error::pending);
  run_for(ms(1));
  EXPECT_EQ(error_of(*lookup), dns::Error::none);
}

TEST_F(MdnsQueries, a_mapped_or_multicast_address_is_no_answer) {
  const auto lookup = machine->lookup(*name_from_text("x.local"), dns::Families::v6, now);
  hear(address(*IpAddress::parse("ff02::1")));
  hear(response_message().record(labels("x.local"), type::aaaa, 120, a_data_mapped(), flush_in).count(6));
  run_for(Duration::seconds(6));
  EXPECT_EQ(error_of(*lookup), dns::Error::no_data);
}

TEST_F(MdnsQueries, the_own_name_is_known_without_asking) {
  make_host();
  sent.clear();
  const auto lookup = machine->lookup(*name_from_text("host.local"), dns::Families::both, now);
  run_for(ms(1));
  const auto result = machine->result(*lookup);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->addresses().size(), 2u);
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace linnet::mdns
