// SPDX-License-Identifier: Apache-2.0
// Secure streams that several questions share: what becomes of each when the stream, a server, or one of the
// questions goes wrong.
#include "services/dns/test_secure.hpp"

namespace linnet::dns::test {
namespace {

using Question = FakeStream::Question;
constexpr Duration moment = Duration::milliseconds(10);

class DnsSecureLoss : public DnsSecure {
 protected:
  static ServerMessage reply_to(const Question& question) {
    return ServerMessage(question.id, question.name, question.record_type);
  }
  /// The second server is asked beside the first, and neither says anything.
  QueryHandle ask_both() {
    make_secure({.beside_after = Duration::milliseconds(500)});
    const QueryHandle query = start("www.example");
    link.run_for(Duration::milliseconds(510));
    EXPECT_EQ(first.questions.size(), 1u);
    return query;
  }
};

TEST_F(DnsSecureLoss, stream_that_takes_nothing_now_gets_the_whole_question_later) {
  answer_all(first);
  first.takes = 0;
  const QueryHandle query = start("www.example");
  const QueryHandle other = start("other.example");
  link.run_for(moment);
  EXPECT_TRUE(first.questions.empty());
  first.say_good({.id = 7, .name = "late.example", .message = {}});  // nobody's, while none was sent whole
  link.run_for(moment);
  EXPECT_EQ(error_of(other), Error::pending);
  first.takes = 3;
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(error_of(other), Error::none);
}

TEST_F(DnsSecureLoss, RFC7858_3_4_silence_closes_no_stream_that_brings_other_answers) {
  const QueryHandle slow = start("slow.example");
  link.run_for(Duration::seconds(5));
  const QueryHandle quick = start("quick.example");
  link.run_for(moment);
  first.say_good(first.questions.at(1));
  answer_all(second);
  link.run_for(Duration::milliseconds(1100));
  EXPECT_EQ(error_of(quick), Error::none);
  EXPECT_EQ(error_of(slow), Error::none) << "Config::secure_wait: by the next server";
  EXPECT_TRUE(first.is_open);
  EXPECT_EQ(first.opened, 1u);
}

TEST_F(DnsSecureLoss, what_waits_on_a_silent_stream_is_asked_again_by_a_new_one) {
  const QueryHandle early = start("early.example");
  link.run_for(Duration::seconds(1));
  const QueryHandle late = start("late.example");
  link.run_for(moment);
  ASSERT_EQ(first.questions.size(), 2u);
  answer_all(second);
  link.run_for(Duration::seconds(5));
  EXPECT_EQ(error_of(early), Error::none) << "by the next server";
  EXPECT_EQ(first.opened, 2u);
  ASSERT_EQ(first.questions.size(), 3u);
  EXPECT_EQ(first.questions[2].name, "late.example");
  first.say_good(first.questions[2]);
  link.run_for(moment);
  EXPECT_EQ(error_of(late), Error::none);
}

TEST_F(DnsSecureLoss, stream_that_is_still_opening_when_the_wait_is_over_is_left_to_open) {
  make_secure({.secure_wait = Duration::seconds(1)});
  first.kind = FakeStream::Kind::silent;
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(1010));
  EXPECT_EQ(error_of(query), Error::none) << "by the next server";
  EXPECT_TRUE(first.is_open) << "Config::secure_opening is not over";
  link.run_for(Duration::seconds(3));
  EXPECT_FALSE(first.is_open);
}

TEST_F(DnsSecureLoss, server_beside_that_is_of_no_use_has_its_turn_later) {
  const QueryHandle query = ask_both();
  ASSERT_EQ(second.questions.size(), 1u);
  second.say(reply_to(second.questions[0]).rcode(2));
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::pending);
  first.say_good(first.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureLoss, stream_beside_that_fails_costs_the_one_in_turn_nothing) {
  second.kind = FakeStream::Kind::refuses;
  const QueryHandle query = ask_both();
  EXPECT_EQ(second.opened, 1u);
  first.say_good(first.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureLoss, stream_beside_that_is_taken_away_costs_the_one_in_turn_nothing) {
  const QueryHandle query = ask_both();
  EXPECT_TRUE(resolver->set_secure_stream(1, nullptr));
  EXPECT_FALSE(second.is_open);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::pending);
  first.say_good(first.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureLoss, RFC6891_7_first_server_without_edns_is_asked_again_and_the_one_beside_is_not) {
  const QueryHandle query = ask_both();
  first.say(reply_to(first.questions[0]).rcode(1));
  link.run_for(moment);
  ASSERT_EQ(first.questions.size(), 2u);
  EXPECT_EQ(load16(first.questions[1].message.data() + 10), 0) << "without EDNS";
  EXPECT_EQ(second.questions.size(), 1u) << "it has the question";
  first.say_good(first.questions[1]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureLoss, RFC6891_7_server_that_understands_nothing_at_all_had_its_turn) {
  first.on_question = [this](const Question& question) { first.say(reply_to(question).rcode(1)); };
  answer_all(second);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.questions.size(), 2u) << "with EDNS, and once without";
  EXPECT_EQ(second.questions.size(), 1u);
}

TEST_F(DnsSecureLoss, that_there_is_nothing_is_an_answer) {
  first.on_question = [this](const Question& question) {
    first.say(reply_to(question).rcode(question.name == "none.example" ? 3 : 0));
  };
  EXPECT_EQ(resolve("none.example", moment), Error::no_such_name);
  EXPECT_EQ(resolve("empty.example", moment), Error::no_data);
  EXPECT_EQ(second.opened, 0u);
}

TEST_F(DnsSecureLoss, opportunistic_server_that_closes_whenever_it_is_asked_is_left_for_the_next) {
  make_secure({}, Privacy::opportunistic);
  first.on_question = [this](const Question&) { first.hung_up = true; };
  answer_all(second);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u) << "RFC 7858 3.4: asked once more";
  EXPECT_TRUE(queries.empty()) << "it has TLS";
}

TEST_F(DnsSecureLoss, RFC8310_5_opportunistic_asks_servers_without_a_stream_in_clear) {
  make_secure({}, Privacy::opportunistic);
  ASSERT_TRUE(resolver->set_secure_stream(0, nullptr));
  EXPECT_EQ(resolver->secure_words(0), "");
  on_query = [this](const Query& query) { send(query, good(query)); };
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(queries.size(), 1u);
}

TEST_F(DnsSecureLoss, RFC8310_5_what_was_asked_in_clear_is_not_repeated_once_that_is_unwanted) {
  resolver->set_privacy(Privacy::off);
  ASSERT_TRUE(resolver->set_secure_stream(0, nullptr) && resolver->set_secure_stream(1, nullptr));
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  ASSERT_EQ(queries.size(), 1u);
  resolver->set_privacy(Privacy::strict);
  link.run_for(Duration::seconds(4));
  EXPECT_EQ(queries.size(), 1u);
  send(queries[0], good(queries[0]));
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none) << "a lookup goes on as it began";
}

TEST_F(DnsSecureLoss, RFC2308_7_that_a_family_could_not_be_had_securely_is_remembered_for_a_while) {
  make_secure({.partial_wait = Duration::seconds(60)});
  first.on_question = [this](const Question& question) {
    if (question.record_type == type::a) first.say_good(question);
  };
  second.kind = FakeStream::Kind::refuses;
  EXPECT_EQ(resolve("www.example", Duration::seconds(7), Families::both), Error::none);
  ASSERT_EQ(first.questions.size(), 2u);
  EXPECT_EQ(resolve("www.example", moment, Families::both), Error::none) << "at once";
  EXPECT_EQ(first.questions.size(), 2u);
}

TEST_F(DnsSecureLoss, a_flood_is_heard_a_bounded_number_of_messages_at_a_time) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  const Question question = first.questions.at(0);
  for (int i = 0; i < 20; ++i) {
    first.say_good({.id = static_cast<std::uint16_t>(question.id + 1), .name = "www.example", .message = {}});
  }
  first.say_good(question);
  const std::size_t before = first.in.size();
  EXPECT_EQ(resolver->poll(link.now), link.now) << "again at once";
  EXPECT_EQ(first.in.size(), before / 21 * 13) << "eight of them";
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureLoss, state_and_words_of_streams_and_the_closing_of_those_that_nobody_needs) {
  EXPECT_EQ(resolver->secure_state(0), StreamState::closed);
  EXPECT_EQ(resolver->secure_state(2), StreamState::closed) << "no such stream";
  EXPECT_EQ(resolver->secure_words(2), "");
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  EXPECT_EQ(resolver->secure_state(0), StreamState::open);
  resolver->close_streams(link.now);
  EXPECT_TRUE(first.is_open) << "somebody waits for it";
  first.say_good(first.questions.at(0));
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
  resolver->close_streams(link.now);
  EXPECT_EQ(resolver->secure_state(0), StreamState::closed);
}

TEST_F(DnsSecureLoss, privacy_and_servers_that_are_set_to_what_they_are_change_nothing) {
  answer_all(first);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  resolver->set_privacy(Privacy::strict);
  EXPECT_TRUE(resolver->set_server(0, first_server));
  EXPECT_TRUE(first.is_open);
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.questions.size(), 1u) << "from the cache";
}

TEST_F(DnsSecureLoss, the_state_of_streams_is_part_of_the_digest) {
  const auto digest = [this] {
    Digest value;
    resolver->digest(value);
    return value.value();
  };
  const auto before = digest();
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  resolver->release(query);
  EXPECT_FALSE(digest() == before) << "open";
  resolver->close_streams(link.now);
  EXPECT_TRUE(digest() == before);
}

}  // namespace
}  // namespace linnet::dns::test
