// SPDX-License-Identifier: Apache-2.0
// The machine as a whole: lookups and their ends, what there is no room for, and its digest.
#include "services/mdns/test_machine.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsLookups : public MdnsMachine {
 protected:
  MdnsLookups() { machine->start(now); }
  static Name named(std::string_view text) { return *name_from_text(text); }
  dns::Error error_of(LookupHandle lookup) const {
    const auto result = machine->result(lookup);
    return result ? dns::Error::none : result.error();
  }
  static ServerMessage& say(ServerMessage& message, const IpAddress& a, std::uint32_t ttl = 120) {
    return message.record(labels("x.local"), a.is_v4() ? type::a : type::aaaa, ttl, a_data(a), flush_in)
        .count(6);
  }
};

TEST_F(MdnsLookups, of_more_lookups_than_there_is_room_for_the_last_is_refused) {
  std::vector<LookupHandle> lookups;
  for (int i = 0; i < 4; ++i) {
    const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
    ASSERT_TRUE(lookup);
    lookups.push_back(*lookup);
  }
  EXPECT_EQ(machine->lookup(named("x.local"), dns::Families::both, now).error(), Error::no_memory);
  machine->release(lookups[0]);
  machine->release(lookups[0]);
  EXPECT_EQ(error_of(lookups[0]), dns::Error::closed);
  EXPECT_TRUE(machine->lookup(named("x.local"), dns::Families::both, now));
}

TEST_F(MdnsLookups, a_lookup_without_room_for_its_queries_leaves_none) {
  for (const std::uint16_t queries : {std::uint16_t{1}, std::uint16_t{2}}) {
    Config few;
    few.queries = queries;
    make(few);
    machine->start(now);
    const auto first = machine->querier().query(named("taken.local"), type::ptr, now);
    ASSERT_TRUE(first);
    const Digest::Value before = digest();
    EXPECT_EQ(machine->lookup(named("x.local"), dns::Families::both, now).error(), Error::no_memory)
        << queries;
    EXPECT_TRUE(digest() == before) << "neither the lookup nor the query of one family stays";
  }
}

TEST_F(MdnsLookups, addresses_that_no_host_has_are_no_answer) {
  const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
  ServerMessage message = response_message();
  for (const char* wrong : {"0.0.0.0", "224.0.0.1", "::", "ff02::1"}) say(message, *IpAddress::parse(wrong));
  hear(message);
  run_for(ms(1));
  EXPECT_EQ(error_of(*lookup), dns::Error::no_data) << "there are some, but none to be reached";
}

TEST_F(MdnsLookups, only_link_local_addresses_get_the_zone_and_the_least_time_to_live_counts) {
  const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
  const IpAddress global = *IpAddress::parse("2001:db8::7");
  ServerMessage message = response_message();
  say(say(message, global, 60), other_v4, 120);
  hear(message);
  run_for(ms(1));
  const auto result = machine->result(*lookup);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->addresses().size(), 2u);
  EXPECT_EQ(result->addresses()[0], global);
  EXPECT_EQ(result->addresses()[1], other_v4);
  EXPECT_EQ(result->ttl, Duration::seconds(60));
}

TEST_F(MdnsLookups, of_more_addresses_than_an_answer_holds_the_first_are_told) {
  const auto lookup = machine->lookup(named("x.local"), dns::Families::v4, now);
  ServerMessage message = response_message();
  for (std::uint8_t i = 1; i <= 30; ++i) say(message, IpAddress::v4(192, 0, 2, i), i < 30 ? 120 : 60);
  hear(message);
  run_for(ms(1));
  const auto result = machine->result(*lookup);
  ASSERT_TRUE(result);
  EXPECT_LT(result->addresses().size(), 30u);
  EXPECT_EQ(result->addresses()[0], IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(result->ttl, Duration::seconds(120)) << "of those that are told";
}

TEST_F(MdnsLookups, RFC6762_6_1_of_the_own_host_it_is_known_at_once_what_there_is_not) {
  make_host("host", {own_v4});
  const auto v6 = machine->lookup(named("host.local"), dns::Families::v6, now);
  const auto both = machine->lookup(named("host.local"), dns::Families::both, now);
  run_for({});
  EXPECT_EQ(error_of(*v6), dns::Error::no_data);
  EXPECT_EQ(error_of(*both), dns::Error::none);
  EXPECT_TRUE(sent.empty()) << "nobody is asked";
}

TEST_F(MdnsLookups, RFC6762_6_1_nsec_records_of_both_families_end_a_lookup) {
  Buffer nsec = labels("x.local");
  nsec.insert(nsec.end(), {0, 3, 0, 0, 0x80});
  const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
  hear(response_message().record(labels("x.local"), type::nsec, 120, nsec, flush_in).count(10));
  run_for(ms(1));
  EXPECT_EQ(error_of(*lookup), dns::Error::no_data);
}

TEST_F(MdnsLookups, answers_to_a_query_that_is_over_are_none) {
  const auto query = machine->querier().query(named("x.local"), type::a, now);
  hear(response_message().record(labels("x.local"), type::a, 120, a_data(other_v4)).count(6));
  EXPECT_EQ(known(*query), 1u);
  machine->querier().release(*query);
  EXPECT_EQ(known(*query), 0u);
}

TEST_F(MdnsLookups, own_records_are_answers_too_of_their_type_or_any) {
  make_host();
  EXPECT_EQ(known(*machine->querier().query(named("Host.local"), type::a, now)), 1u);
  EXPECT_EQ(known(*machine->querier().query(named("host.local"), type::any, now)), 2u);
  EXPECT_EQ(known(*machine->querier().query(named("host.local"), type::txt, now)), 0u);
}

TEST_F(MdnsLookups, a_digest_is_of_queries_and_lookups_and_of_what_is_still_to_be_said) {
  const Digest::Value empty = digest();
  const auto query = machine->querier().query(named("x.local"), type::a, now);
  const Digest::Value one = digest();
  EXPECT_FALSE(one == empty);
  ASSERT_TRUE(machine->querier().query(named("x.local"), type::a, now));
  EXPECT_FALSE(digest() == one) << "by two";
  machine->querier().release(*query);
  machine->querier().release(*query);
  EXPECT_TRUE(digest() == empty);
  const auto lookup = machine->lookup(named("y.local"), dns::Families::v4, now);
  EXPECT_FALSE(digest() == empty);
  machine->release(*lookup);
  EXPECT_TRUE(digest() == empty);
  begin_host();
  const Digest::Value waiting = digest();
  EXPECT_FALSE(waiting == empty);
  run_for(Duration::seconds(20));
  const Digest::Value quiet = digest();
  hear(query_message().ask("host.local", type::a));
  EXPECT_FALSE(digest() == quiet) << "an answer is due";
  run_for(Duration::seconds(2));
  EXPECT_TRUE(digest() == quiet);
  machine->stop(now);
  const Digest::Value goodbyes = digest();
  run_for(Duration::seconds(2));
  EXPECT_FALSE(digest() == goodbyes);
}

TEST_F(MdnsLookups, with_less_memory_than_it_needs_it_says_nothing_and_does_no_harm) {
  Config two;
  two.hosts = 2;
  const Buffer question = query_message().ask("host.local", type::any).finish();
  ServerMessage claim = response_message();
  const Buffer response = say(claim, other_v4).finish();
  for (std::size_t size = 0; size < Machine::memory_needed(two); size += 512) {
    memory.assign(size, 0);
    Arena arena(memory);
    machine = std::make_unique<Machine>(two, arena, *random, std::uint8_t{2});
    ASSERT_TRUE(arena.exhausted()) << size;
    machine->start(now);
    if (const auto added = machine->responder().add_host("host", now)) {
      EXPECT_TRUE(machine->responder().set_addresses(*added, std::vector{own_v4}, now));
      EXPECT_TRUE(machine->responder().add_service({.instance = "A", .type = "_http._tcp", .port = 1}, now));
    } else {
      EXPECT_EQ(added.error(), Error::no_memory);
      EXPECT_EQ(
          machine->responder().add_service({.instance = "A", .type = "_http._tcp", .port = 1}, now).error(),
          Error::no_memory);
    }
    EXPECT_TRUE(machine->receive(question, {.source = {other_v4, 5353}}, now));
    EXPECT_TRUE(machine->receive(response, {.source = {other_v4, 5353}}, now));
    for (int i = 0; i < 10; ++i) {
      now = now + ms(300);
      EXPECT_FALSE(machine->next_message(now)) << size;
    }
    machine->stop(now);
  }
}

TEST_F(MdnsLookups, addresses_that_come_one_after_the_other_are_told_like_those_that_come_at_once) {
  const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
  const IpAddress global = *IpAddress::parse("2001:db8::7");
  ServerMessage first = response_message();
  hear(say(first, other_v4, 60));
  run_for(ms(1));
  EXPECT_EQ(error_of(*lookup), dns::Error::pending) << "the other family may have one, too";
  ServerMessage second = response_message();
  hear(say(second, global, 120));
  run_for(ms(1));
  const auto result = machine->result(*lookup);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->addresses().size(), 2u);
  EXPECT_EQ(result->addresses()[0], global) << "IPv6 before IPv4";
  EXPECT_EQ(result->addresses()[1], other_v4);
  EXPECT_LE(result->ttl, Duration::seconds(60));
  EXPECT_GT(result->ttl, Duration::seconds(59));
}

TEST_F(MdnsLookups, it_is_counted_what_came_and_what_was_sent_and_what_was_not_looked_at) {
  make_host();
  const Status before = machine->status();
  EXPECT_EQ(before.received, 0u);
  EXPECT_GT(before.sent, 0u);
  const ServerMessage question = query_message().ask("host.local", type::a);
  ServerMessage claim = response_message();
  EXPECT_TRUE(hear(question));
  EXPECT_TRUE(hear(say(claim, other_v4)));
  EXPECT_FALSE(hear(claim, {.source = {other_v4, 40000}}));
  EXPECT_FALSE(hear(question, {.source = {other_v4, 5353}, .multicast = false, .on_link = false}));
  run_for(Duration::seconds(2));
  const Status after = machine->status();
  EXPECT_EQ(after.received, 2u);
  EXPECT_EQ(after.sent, before.sent + sent.size());
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_EQ(after.dropped(Drop::source_port), 1u);
  EXPECT_EQ(after.dropped(Drop::off_link), 1u);
}

TEST_F(MdnsLookups, without_a_link_there_is_nothing_to_be_done) {
  make_host();
  ASSERT_TRUE(machine->querier().query(named("x.local"), type::a, now));
  hear(query_message().ask("host.local", type::a));
  machine->halt();
  run_for({});
  EXPECT_TRUE(machine->next_deadline().is_never());
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsLookups, a_lookup_that_is_over_takes_nobody_elses_question_with_it) {
  const auto query = machine->querier().query(named("x.local"), type::a, now);
  const auto lookup = machine->lookup(named("x.local"), dns::Families::v4, now);
  ServerMessage message = response_message();
  hear(say(message, other_v4));
  run_for(ms(1));
  ASSERT_EQ(error_of(*lookup), dns::Error::none);
  machine->release(*lookup);
  EXPECT_EQ(known(*query), 1u) << "it is asked still";
}

TEST_F(MdnsLookups, what_a_lookup_asked_is_asked_no_more_when_it_is_over) {
  for (int i = 0; i < 20; ++i) {
    const auto lookup = machine->lookup(named("x.local"), dns::Families::both, now);
    ASSERT_TRUE(lookup) << i;
    const auto other = machine->lookup(named("y" + std::to_string(i) + ".local"), dns::Families::both, now);
    ASSERT_TRUE(other) << "there is room for its queries, " << i;
    run_for(Duration::seconds(6));
    machine->release(*lookup);
    machine->release(*other);
  }
  sent.clear();
  run_for(Duration::seconds(60));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsLookups, RFC6762_10_1_who_has_stopped_asks_nothing) {
  ASSERT_TRUE(machine->querier().query(named("_http._tcp.local"), type::ptr, now));
  run_for(Duration::seconds(2));
  machine->stop(now);
  sent.clear();
  run_for(Duration::seconds(600));
  EXPECT_TRUE(sent.empty());
}

TEST_F(MdnsLookups, a_digest_is_of_lookups_that_are_over_until_they_are_released) {
  make_host();
  const Digest::Value before = digest();
  const auto lookup = machine->lookup(named("host.local"), dns::Families::v4, now);
  run_for(ms(1));
  ASSERT_TRUE(machine->result(*lookup)) << "it is ours";
  EXPECT_FALSE(digest() == before);
  machine->release(*lookup);
  EXPECT_TRUE(digest() == before);
}

}  // namespace
}  // namespace linnet::mdns
