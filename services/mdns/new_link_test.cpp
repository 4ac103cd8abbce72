// SPDX-License-Identifier: Apache-2.0
// What ends with a link or with an owner's wish and is not there afterwards (RFC 6762 8, 9, 10.1), and
// replies to one asker (5.4, 6.7).
#include "services/mdns/test_answers.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsNewLink : public MdnsAnswers {
 protected:
  Responder& responder() { return machine->responder(); }
  std::size_t goodbyes() const {
    std::size_t count = 0;
    for (const Sent& message : sent) {
      for (const SentRecord& record : message.records) count += record.ttl == 0 ? 1 : 0;
    }
    return count;
  }
  void lose(std::string_view name) {
    hear(response_message().record(labels(name), type::a, 120, a_data(other_v4), flush_in).count(6));
  }
  /// Somebody says that the name is his, and defends it.
  void lose_for_good(std::string_view name) {
    lose(name);
    run_for(ms(300));
    lose(name);
    run_for(Duration::seconds(20));
  }
};

TEST_F(MdnsNewLink, RFC6762_10_1_what_was_announced_on_another_link_is_not_said_goodbye_to_on_this) {
  machine->halt();
  EXPECT_EQ(state_of(host), ClaimState::idle);
  EXPECT_EQ(state_of(service), ClaimState::idle);
  machine->start(now);
  run_for(ms(100));
  ASSERT_TRUE(responder().remove_host(host, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes(), 0u);
}

TEST_F(MdnsNewLink, RFC6762_8_a_start_is_a_new_link_though_the_old_one_did_not_end) {
  hear(query_message().ask(type_name, type::ptr, unicast_in));
  hear(query_message().ask(type_name, type::ptr));
  machine->start(now);
  EXPECT_EQ(state_of(host), ClaimState::waiting);
  EXPECT_EQ(state_of(service), ClaimState::waiting);
  sent.clear();
  run_for(ms(700));
  for (const Sent& message : sent) EXPECT_FALSE(message.is_response()) << "nothing is ours yet";
}

TEST_F(MdnsNewLink, RFC6762_8_1_names_wait_by_chance_when_a_link_comes) {
  Duration least = Duration::seconds(1);
  Duration most;
  for (std::uint8_t seed = 1; seed <= 32; ++seed) {
    make({}, seed);
    make_host();
    machine->halt();
    machine->start(now);
    const Instant due = responder().host(host)->claim.due;
    ASSERT_GE(due, now);
    least = std::min(least, due - now);
    most = std::max(most, due - now);
  }
  EXPECT_LT(least, ms(50));
  EXPECT_GT(most, ms(200));
  EXPECT_LE(most, ms(250));
}

TEST_F(MdnsNewLink, goodbyes_that_the_end_of_a_link_cuts_off_are_owed_no_more) {
  ASSERT_TRUE(responder().remove_service(service, now));
  EXPECT_EQ(state_of(service), ClaimState::idle);
  ASSERT_TRUE(responder().set_host_name(host, "other", now));
  machine->halt();
  EXPECT_EQ(responder().service(service), nullptr) << "its place is free";
  EXPECT_EQ(label_of(host), "other");
  machine->start(now);
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes(), 0u);
  EXPECT_EQ(state_of(host), ClaimState::established);
}

TEST_F(MdnsNewLink, RFC6762_9_another_name_or_host_counts_from_the_beginning) {
  lose_for_good("host.local");
  EXPECT_EQ(label_of(host), "host-2");
  ASSERT_TRUE(responder().set_host_name(host, "other", now));
  run_for(Duration::seconds(20));
  lose_for_good("other.local");
  EXPECT_EQ(label_of(host), "other-2");
  ASSERT_TRUE(responder().remove_host(host, now));
  run_for(Duration::seconds(5));
  make_host("third");
  lose_for_good("third.local");
  EXPECT_EQ(label_of(host), "third-2");
}

TEST_F(MdnsNewLink, a_wish_for_a_name_ends_with_the_host) {
  ASSERT_TRUE(responder().set_instance(service, "Site", now));
  ASSERT_TRUE(responder().remove_host(host, now));
  run_for(Duration::seconds(20));
  EXPECT_EQ(responder().service(service), nullptr);
  EXPECT_EQ(responder().host(host), nullptr);
}

TEST_F(MdnsNewLink, RFC6762_10_1_an_address_that_was_not_announced_is_not_said_goodbye_to) {
  ASSERT_TRUE(responder().set_addresses(host, {}, now));
  run_for(Duration::seconds(2));
  sent.clear();
  ASSERT_TRUE(responder().set_addresses(host, std::vector{other_v4}, now));
  run_for(ms(300));
  ASSERT_TRUE(responder().set_addresses(host, {}, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(goodbyes(), 0u);
}

TEST_F(MdnsNewLink, a_service_does_not_inherit_the_subtypes_of_another) {
  ASSERT_TRUE(responder().remove_service(service, now));
  run_for(Duration::seconds(2));
  const ServiceHandle next = make_service({.instance = "Web", .type = "_http._tcp", .port = 80});
  EXPECT_EQ(next.index, service.index) << "in the same place";
  EXPECT_EQ(responder().service(next)->subtype_count, 0u);
  EXPECT_TRUE(answers_to(query_message().ask("_printer._sub._http._tcp.local", type::ptr)).empty());
}

TEST_F(MdnsNewLink, strings_may_fill_their_room) {
  const Buffer most(config.txt_size, 0);  // a row of empty strings
  EXPECT_TRUE(responder().set_txt(service, most, now));
  run_for(Duration::seconds(5));
  EXPECT_EQ(responder().service(service)->txt_length, config.txt_size);
}

TEST_F(MdnsNewLink, RFC6763_12_a_reply_to_one_asker_has_what_he_will_want_next_but_nothing_twice) {
  run_for(Duration::seconds(2));
  const auto ask = query_message(9).ask(type_name, type::ptr).ask(instance, type::srv);
  const Arrival first{.source = {other_v4, 40000}};
  const Arrival second{.source = {other_v4, 40001}};
  hear(ask, first);
  hear(ask, second);
  run_for(Duration::seconds(2));
  ASSERT_EQ(sent.size(), 2u);
  for (const Sent& reply : sent) {
    EXPECT_TRUE(reply.to);
    EXPECT_EQ(reply.count(Section::answer), 2u);
    const SentRecord* strings = reply.find(instance, type::txt);
    ASSERT_NE(strings, nullptr);
    EXPECT_EQ(strings->section, Section::additional);
    EXPECT_NE(reply.find("host.local", type::a), nullptr);
    const auto is_srv = [](const SentRecord& record) { return record.type == type::srv; };
    EXPECT_EQ(std::count_if(reply.records.begin(), reply.records.end(), is_srv), 1);
  }
}

TEST_F(MdnsNewLink, RFC6762_8_2_of_two_names_that_do_not_fit_one_message_each_has_its_own) {
  make({.txt_size = 900});
  begin_host("host", {own_v4});
  run_for(Duration::seconds(20));
  sent.clear();
  Buffer strings(800, 'x');
  for (std::size_t at = 0; at < strings.size(); at += 200) strings[at] = 199;
  for (const char* name : {"One", "Two"}) {
    ASSERT_TRUE(
        responder().add_service({.instance = name, .type = "_http._tcp", .port = 80, .txt = strings}, now));
  }
  // Both are due at once.
  machine->halt();
  machine->start(now);
  run_for(ms(900));
  std::size_t questions = 0;
  for (const Sent& message : sent) {
    std::size_t wanted = 0;
    for (const SentQuestion& question : message.questions) wanted += question.name == "host.local" ? 1 : 2;
    if (message.is_response()) continue;
    EXPECT_EQ(message.count(Section::authority), wanted);
    questions += message.questions.size();
  }
  EXPECT_GE(questions, 6u);
}

}  // namespace
}  // namespace linnet::mdns
