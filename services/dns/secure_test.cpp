// SPDX-License-Identifier: Apache-2.0
// DNS by secure streams (RFC 7858): what the resolver does with them, whatever they are made of.
#include "services/dns/test_secure.hpp"

namespace linnet::dns::test {
namespace {

using Question = FakeStream::Question;
constexpr Duration moment = Duration::milliseconds(10);

TEST_F(DnsSecure, RFC7858_3_3_length_and_question_leave_together) {
  answer_all(first);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0], result_address);
  EXPECT_EQ(first.sends, 1u);
  EXPECT_EQ(first.at, first_server);
  EXPECT_TRUE(queries.empty()) << "nothing by UDP";
}

TEST_F(DnsSecure, RFC7858_3_3_questions_do_not_wait_for_answers_which_may_come_in_any_order) {
  const QueryHandle both = start("www.example", Families::both);
  const QueryHandle other = start("other.example");
  link.run_for(moment);
  ASSERT_EQ(first.questions.size(), 3u);
  EXPECT_EQ(first.opened, 1u);
  first.say_good(first.questions[2]);
  const Question& aaaa = first.questions[1];
  ASSERT_EQ(aaaa.record_type, type::aaaa);
  first.say(ServerMessage(aaaa.id, aaaa.name, type::aaaa).aaaa(aaaa.name, *IpAddress::parse("2001:db8::7")));
  first.say_good(first.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(other), Error::none);
  ASSERT_EQ(error_of(both), Error::none);
  EXPECT_EQ(resolver->result(both)->addresses().size(), 2u);
}

TEST_F(DnsSecure, RFC7858_3_3_answers_are_matched_by_id_and_question) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  const Question question = first.questions.at(0);
  Question forged = question;
  forged.id = static_cast<std::uint16_t>(question.id + 1);
  first.say_good(forged);  // perhaps to a question that was given up
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::pending);
  forged = question;
  forged.name = "evil.example";
  first.say_good(forged);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::pending);
  ASSERT_EQ(second.questions.size(), 1u) << "a server that answers another question had its turn";
  second.say_good(second.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecure, RFC7858_3_4_one_connection_serves_all_questions_until_it_is_idle) {
  answer_all(first);
  EXPECT_EQ(resolve("a.example", Duration::seconds(9)), Error::none);
  EXPECT_EQ(resolve("b.example", Duration::seconds(9)), Error::none);
  EXPECT_EQ(first.opened, 1u);
  EXPECT_TRUE(first.is_open) << "RFC 7858 3.4: not closed after each answer";
  link.run_for(Duration::milliseconds(1100));
  EXPECT_FALSE(first.is_open) << "Config::secure_idle";
  EXPECT_EQ(resolve("c.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u);
  resolver->close_streams(link.now);
  EXPECT_FALSE(first.is_open);
}

TEST_F(DnsSecure, RFC7858_3_4_server_that_closes_an_idle_connection_costs_nothing) {
  answer_all(first);
  EXPECT_EQ(resolve("a.example", moment), Error::none);
  first.hung_up = true;
  link.run_for(moment);
  EXPECT_FALSE(first.is_open);
  EXPECT_EQ(first.opened, 1u) << "nobody wants it";
  EXPECT_EQ(resolve("b.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u);
  EXPECT_EQ(second.opened, 0u);
}

TEST_F(DnsSecure, RFC7858_3_4_questions_on_their_way_are_asked_once_more_when_the_server_closes) {
  first.on_question = [this](const Question& question) {
    if (first.opened == 1) {
      first.hung_up = true;
    } else {
      first.say_good(question);
    }
  };
  EXPECT_EQ(resolve("www.example", moment, Families::v4), Error::none);
  EXPECT_EQ(first.opened, 2u);
  EXPECT_EQ(first.questions.size(), 2u);
}

TEST_F(DnsSecure, server_that_closes_whenever_it_is_asked_is_left_for_the_next) {
  first.on_question = [this](const Question&) { first.hung_up = true; };
  answer_all(second);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u);
  second.on_question = [this](const Question&) { second.hung_up = true; };
  EXPECT_EQ(resolve("other.example", moment), Error::server_failure);
}

TEST_F(DnsSecure, C21_09_lengths_that_are_no_message_end_the_stream_and_the_turn_at_once) {
  for (const std::size_t length : {0u, 1u, 11u}) {
    make_secure({});
    first.on_question = [&](const Question&) { first.say(Buffer(length, 0xff), length); };
    second.on_question = [&](const Question&) { second.say(Buffer(length, 0xff), length); };
    EXPECT_EQ(resolve("www.example", moment), Error::server_failure) << length;
    EXPECT_FALSE(first.is_open);
  }
}

TEST_F(DnsSecure, C21_09_message_that_is_cut_by_the_end_of_the_stream_is_none) {
  first.on_question = [this](const Question& question) {
    const Buffer whole = ServerMessage(question.id, question.name).a(question.name, result_address).finish();
    first.say(Buffer(whole.begin(), whole.end() - 1), whole.size());
    first.hung_up = true;
  };
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(second.questions.size(), 1u);
}

TEST_F(DnsSecure, C21_09_answers_in_pieces_of_every_size_and_larger_than_the_room) {
  first.on_question = [this](const Question& question) {
    ServerMessage reply(question.id, question.name);
    reply.a(question.name, result_address);
    for (int i = 0; i < 150; ++i) reply.record({0xc0, 12}, type::txt, 60, Buffer(20, 7)).count(6);
    first.say(reply);
    first.say_good(
        {.id = static_cast<std::uint16_t>(question.id ^ 1u), .name = "late.example", .message = {}});
  };
  for (const std::size_t size : {1u, 2u, 3u, 77u, 10'000u}) {
    first.gives = first.takes = size;
    resolver->clear_cache();
    ASSERT_EQ(resolve("www.example", moment), Error::none) << size;
    EXPECT_EQ(last.size(), 1u) << "the beginning serves";
  }
  EXPECT_EQ(first.opened, 1u) << "each message ended where the next began";
}

TEST_F(DnsSecure, RFC8310_5_strict_asks_nobody_in_clear_whatever_happens) {
  first.kind = second.kind = FakeStream::Kind::refuses;
  EXPECT_EQ(resolve("www.example", moment), Error::insecure) << "and at once";
  EXPECT_EQ(resolver->secure_words(0), "not there");
  EXPECT_TRUE(queries.empty());
  EXPECT_TRUE(link.udp_sent.empty());
  EXPECT_TRUE(resolver->set_secure_stream(0, nullptr));
  EXPECT_TRUE(resolver->set_secure_stream(1, nullptr));
  EXPECT_EQ(resolve("www.example", moment), Error::no_server) << "a server without a stream is none";
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsSecure, RFC8310_5_strict_search_ends_where_no_server_can_be_had) {
  EXPECT_TRUE(resolver->search_list().add(*Name::from_text("one.example")));
  EXPECT_TRUE(resolver->search_list().add(*Name::from_text("two.example")));
  first.kind = second.kind = FakeStream::Kind::silent;
  EXPECT_EQ(resolve("printer", Duration::seconds(17)), Error::insecure)
      << "once as it is, once within a domain";
}

TEST_F(DnsSecure, plain_answer_that_somebody_forged_is_not_heard) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  const Question& question = first.questions.at(0);
  for (std::uint32_t port = 1024; port < 65536; port += 61) {
    link.inject_udp(
        {first_server, server_port}, {own_address, static_cast<std::uint16_t>(port)},
        ServerMessage(question.id, "www.example").a("www.example", IpAddress::v4(6, 6, 6, 6)).finish());
  }
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::pending);
}

TEST_F(DnsSecure, failover_is_immediate_and_a_server_that_failed_comes_after_the_others_for_a_while) {
  first.kind = FakeStream::Kind::refuses;
  answer_all(second);
  EXPECT_EQ(resolve("a.example", moment), Error::none);
  first.kind = FakeStream::Kind::good;
  answer_all(first);
  EXPECT_EQ(resolve("b.example", moment), Error::none);
  EXPECT_EQ(first.opened, 1u) << "not again for Config::avoid";
  second.kind = FakeStream::Kind::refuses;
  second.hung_up = true;
  link.run_for(moment);
  EXPECT_EQ(resolve("c.example", moment), Error::none) << "but where the others fail, too, it is asked";
  EXPECT_EQ(first.opened, 2u);
  link.run_for(Duration::seconds(31));
  second.kind = FakeStream::Kind::good;
  EXPECT_EQ(resolve("d.example", moment), Error::none);
  EXPECT_EQ(first.questions.back().name, "d.example");
}

TEST_F(DnsSecure, stream_that_never_opens_costs_a_bounded_time) {
  first.kind = FakeStream::Kind::silent;
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(3990));
  EXPECT_EQ(error_of(query), Error::pending);
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::none) << "Config::secure_opening";
  EXPECT_FALSE(first.is_open);
}

TEST_F(DnsSecure, server_that_is_silent_costs_a_bounded_time_and_its_stream) {
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(5990));
  EXPECT_EQ(error_of(query), Error::pending);
  EXPECT_EQ(first.questions.size(), 1u) << "TCP repeats what is lost";
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::none) << "Config::secure_wait";
  EXPECT_FALSE(first.is_open) << "it may be gone without a word";
}

TEST_F(DnsSecure, all_silent_is_a_timeout) {
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(12'010)), Error::timeout);
}

TEST_F(DnsSecure, next_server_is_asked_beside_a_silent_one) {
  make_secure({.beside_after = Duration::milliseconds(500)});
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(490));
  EXPECT_EQ(second.opened, 0u);
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsSecure, failure_of_a_server_ends_its_turn_at_once) {
  first.on_question = [this](const Question& question) {
    first.say(ServerMessage(question.id, question.name).rcode(2));
  };
  answer_all(second);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_TRUE(first.is_open) << "the stream is good";
}

TEST_F(DnsSecure, RFC8467_4_1_questions_are_padded_to_multiples_of_128_bytes) {
  answer_all(first);
  for (const std::size_t length : {1u, 60u, 63u}) {
    EXPECT_EQ(resolve(std::string(length, 'a') + ".example", moment), Error::none);
    const Buffer& message = first.questions.back().message;
    EXPECT_EQ(message.size(), 128u) << length;
    const std::size_t opt = 12 + length + 10 + 4;
    ASSERT_EQ(load16(message.data() + 10), 1) << "an OPT record";
    ASSERT_EQ(load16(message.data() + opt + 1), type::opt);
    EXPECT_EQ(load16(message.data() + opt + 9), message.size() - opt - 11);
    EXPECT_EQ(load16(message.data() + opt + 11), 12) << "RFC 7830 3: Padding";
    EXPECT_EQ(load16(message.data() + opt + 13), message.size() - opt - 15);
    for (std::size_t i = opt + 15; i < message.size(); ++i) ASSERT_EQ(message[i], 0);
  }
  std::string longest;
  while (longest.size() < 240) longest += std::string(47, 'b') + '.';
  EXPECT_EQ(resolve(longest + "example.", moment), Error::none);
  EXPECT_EQ(first.questions.back().message.size(), maximum_padded_query);
}

TEST_F(DnsSecure, RFC6891_7_server_without_edns_is_asked_without_padding) {
  first.on_question = [this](const Question& question) {
    if (load16(question.message.data() + 10) != 0) {
      first.say(ServerMessage(question.id, question.name).rcode(1));
    } else {
      first.say_good(question);
    }
  };
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  ASSERT_EQ(first.questions.size(), 2u);
  EXPECT_LT(first.questions[1].message.size(), 128u);
  EXPECT_EQ(second.opened, 0u);
}

TEST_F(DnsSecure, RFC7858_4_1_opportunistic_asks_by_the_stream_where_it_can) {
  make_secure({}, Privacy::opportunistic);
  answer_all(first);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsSecure, RFC7858_3_1_opportunistic_remembers_for_an_hour_who_has_no_tls) {
  make_secure({}, Privacy::opportunistic);
  on_query = [this](const Query& query) { send(query, good(query)); };
  for (const auto kind : {FakeStream::Kind::refuses, FakeStream::Kind::silent}) {
    first.kind = kind;
    const std::size_t before = first.opened;
    EXPECT_EQ(resolve("a.example", Duration::milliseconds(4010)), Error::none) << "in clear";
    EXPECT_EQ(first.opened, before + 1);
    resolver->clear_cache();
    EXPECT_EQ(resolve("a.example", moment), Error::none);
    EXPECT_EQ(first.opened, before + 1);
    EXPECT_EQ(second.opened, 0u) << "the same server, by another way";
    link.run_for(Duration::seconds(3600));
    resolver->clear_cache();
  }
  first.kind = FakeStream::Kind::good;
  answer_all(first);
  queries.clear();
  EXPECT_EQ(resolve("a.example", moment), Error::none);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsSecure, what_came_in_clear_is_forgotten_when_privacy_is_wanted) {
  resolver->set_privacy(Privacy::off);
  on_query = [this](const Query& query) { send(query, good(query)); };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(queries.size(), 1u);
  EXPECT_EQ(first.opened, 0u);
  resolver->set_privacy(Privacy::strict);
  answer_all(first);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.questions.size(), 1u);
}

TEST_F(DnsSecure, release_before_the_answer_leaves_the_stream_to_others) {
  const QueryHandle given_up = start("a.example");
  const QueryHandle other = start("b.example");
  link.run_for(moment);
  resolver->release(given_up);
  first.say_good(first.questions.at(0));
  first.say_good(first.questions.at(1));
  link.run_for(moment);
  EXPECT_EQ(error_of(other), Error::none);
  EXPECT_EQ(first.opened, 1u);
}

TEST_F(DnsSecure, server_that_is_replaced_loses_its_stream) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  answer_all(second);
  EXPECT_TRUE(resolver->set_server(0, IpAddress::v4(192, 0, 2, 3)));
  EXPECT_FALSE(first.is_open);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none) << "by the next";
}

TEST_F(DnsSecure, records_of_other_types_tell_how_they_came) {
  make_secure({.record_queries = 1});
  first.on_question = [this](const Question& question) {
    first.say(ServerMessage(question.id, question.name, question.record_type)
                  .record(labels(question.name), type::txt, 60, Buffer{1, 'x'})
                  .count(6));
  };
  const auto query = resolver->query(*Name::from_text("www.example"), type::txt, link.now);
  ASSERT_TRUE(query);
  link.run_for(moment);
  EXPECT_TRUE(resolver->result(*query).ok());
  EXPECT_TRUE(resolver->by_stream(*query));
  EXPECT_TRUE(resolver->by_secure_stream(*query));
  EXPECT_EQ(resolver->answerer_port(*query), 853);
  EXPECT_EQ(resolver->answerer(*query), first_server);
  resolver->release(*query);
}

}  // namespace
}  // namespace linnet::dns::test
