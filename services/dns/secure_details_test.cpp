// SPDX-License-Identifier: Apache-2.0
// Secure streams to the moment: when a server is avoided and when no longer, what taking a stream away means
// to its questions, and which error the user is told.
#include "services/dns/test_secure.hpp"

namespace linnet::dns::test {
namespace {

using Question = FakeStream::Question;
constexpr Duration moment = Duration::milliseconds(10);

class DnsSecureDetails : public DnsSecure {
 protected:
  ~DnsSecureDetails() override { resolver.reset(); }  // before its third stream
  static ServerMessage reply_to(const Question& question) {
    return ServerMessage(question.id, question.name, question.record_type);
  }
  static void fail_all(FakeStream& stream) {
    stream.on_question = [&stream](const Question& question) { stream.say(reply_to(question).rcode(2)); };
  }
  void answer_in_clear() {
    on_query = [this](const Query& query) { send(query, good(query)); };
  }
  std::size_t open_sockets() {
    std::size_t count = 0;
    link.stack.udp().for_each([&count](const udp::SocketView&) { ++count; });
    return count;
  }

  FakeStream third;  ///< in the place of another
};

TEST_F(DnsSecureDetails, strict_server_whose_stream_failed_is_asked_again_when_Config_avoid_is_over) {
  first.kind = FakeStream::Kind::refuses;
  answer_all(first);
  answer_all(second);
  EXPECT_EQ(resolve("a.example", Duration::milliseconds(29'999)), Error::none);
  first.kind = FakeStream::Kind::good;
  EXPECT_EQ(resolve("b.example", Duration::milliseconds(1)), Error::none);
  EXPECT_EQ(first.opened, 1u);
  EXPECT_EQ(resolve("c.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u) << "30 s after";
}

TEST_F(DnsSecureDetails, RFC7858_3_1_opportunistic_server_without_tls_is_asked_for_it_when_its_hour_is_over) {
  make_secure({.secure_without = Duration::seconds(60)}, Privacy::opportunistic);
  first.kind = FakeStream::Kind::refuses;
  answer_all(first);
  answer_in_clear();
  EXPECT_EQ(resolve("a.example", Duration::milliseconds(59'999)), Error::none);
  first.kind = FakeStream::Kind::good;
  EXPECT_EQ(resolve("b.example", Duration::milliseconds(1)), Error::none);
  EXPECT_EQ(first.opened, 1u);
  EXPECT_EQ(resolve("c.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u);
  EXPECT_EQ(queries.size(), 2u);
}

TEST_F(DnsSecureDetails, strict_server_that_fell_silent_is_asked_after_the_others_for_a_while) {
  answer_all(second);
  EXPECT_EQ(resolve("a.example", Duration::milliseconds(6010)), Error::none);
  answer_all(first);
  EXPECT_EQ(resolve("b.example", moment), Error::none);
  EXPECT_EQ(first.opened, 1u);
  EXPECT_EQ(second.questions.size(), 2u);
  link.run_for(Duration::seconds(30));
  EXPECT_EQ(resolve("c.example", moment), Error::none);
  EXPECT_EQ(first.opened, 2u);
}

TEST_F(DnsSecureDetails, what_begins_in_clear_goes_on_by_the_stream_once_that_may_be_had) {
  make_secure({.secure_without = Duration::milliseconds(800), .mix_case = true}, Privacy::opportunistic);
  first.kind = FakeStream::Kind::refuses;
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  EXPECT_EQ(queries.size(), 1u);
  EXPECT_EQ(open_sockets(), 1u);
  first.kind = FakeStream::Kind::good;
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(first.questions.size(), 1u);
  EXPECT_EQ(first.questions[0].name, "www.example") << "there is no forger whom capitals would keep out";
  EXPECT_EQ(open_sockets(), 0u);
  first.say_good(first.questions[0]);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsSecureDetails, RFC8310_5_in_clear_a_server_has_all_its_tries) {
  make_secure({}, Privacy::opportunistic);
  first.kind = second.kind = FakeStream::Kind::refuses;
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(9'990));
  EXPECT_EQ(queries.size(), 4u) << "after 0, 1, 3, and 6 s";
  for (const Query& one : queries) EXPECT_EQ(one.server, first_server);
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(queries.back().server, second_server);
  EXPECT_EQ(error_of(query), Error::pending);
}

TEST_F(DnsSecureDetails, a_question_whose_stream_is_taken_away_goes_to_the_next_server_at_once) {
  answer_all(second);
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  ASSERT_EQ(first.questions.size(), 1u);
  EXPECT_TRUE(resolver->set_secure_stream(0, &third));
  EXPECT_FALSE(first.is_open);
  link.run_for(moment);
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(third.opened, 0u) << "its turn is over";
}

TEST_F(DnsSecureDetails, a_server_whose_stream_was_taken_away_or_failed_twice_has_not_been_silent) {
  answer_all(second);
  for (const bool taken_away : {true, false}) {
    make_secure({.cache_entries = 0}, Privacy::opportunistic);
    if (!taken_away) first.on_question = [this](const Question&) { first.hung_up = true; };
    const QueryHandle query = start("a.example");
    link.run_for(moment);
    if (taken_away) {
      EXPECT_EQ(error_of(query), Error::pending);
      EXPECT_TRUE(resolver->set_secure_stream(0, &first));
      link.run_for(moment);
    }
    EXPECT_EQ(error_of(query), Error::none) << "by the second";
    resolver->release(query);
    answer_all(first);
    const std::size_t before = first.questions.size();
    EXPECT_EQ(resolve("b.example", moment), Error::none);
    EXPECT_EQ(first.questions.size(), before + 1) << taken_away;
    first.on_question = nullptr;
  }
}

TEST_F(DnsSecureDetails, a_server_that_failed_by_its_stream_has_not_been_silent_and_its_failure_is_told) {
  make_secure({.cache_entries = 0}, Privacy::opportunistic);
  fail_all(first);
  answer_all(second);
  EXPECT_EQ(resolve("a.example", moment), Error::none);
  answer_all(first);
  EXPECT_EQ(resolve("b.example", moment), Error::none);
  EXPECT_EQ(first.questions.size(), 2u);

  fail_all(first);
  fail_all(second);
  EXPECT_EQ(resolve("c.example", moment), Error::server_failure);
}

TEST_F(DnsSecureDetails, nobody_waits_at_a_stream_that_was_beside_and_is_replaced) {
  make_secure({.beside_after = Duration::milliseconds(500)});
  const QueryHandle silent = start("silent.example");
  link.run_for(Duration::milliseconds(510));
  ASSERT_EQ(second.questions.size(), 1u);
  answer_all(third);
  link.service = [this](Instant now) {
    const Instant next = resolver->poll(now);
    return heard(first) || heard(second) || heard(third) ? now : next;
  };
  EXPECT_TRUE(resolver->set_secure_stream(1, &third));
  EXPECT_TRUE(resolver->set_server(1, IpAddress::v4(192, 0, 2, 3)));
  EXPECT_EQ(resolve("www.example", Duration::seconds(1)), Error::none) << "by the third";
  ASSERT_TRUE(third.is_open);
  resolver->close_streams(link.now);
  EXPECT_FALSE(third.is_open);
  EXPECT_TRUE(first.is_open);
  EXPECT_EQ(error_of(silent), Error::pending);
}

TEST_F(DnsSecureDetails, RFC6891_7_a_header_alone_is_a_message_too) {
  first.on_question = [this](const Question& question) {
    if (first.questions.size() == 1) return first.say(ServerMessage(question.id).rcode(1));
    first.say_good(question);
  };
  EXPECT_EQ(resolve("www.example", moment), Error::none);
  EXPECT_EQ(first.questions.size(), 2u) << "without EDNS";
  EXPECT_EQ(first.opened, 1u) << "by the same stream";
}

TEST_F(DnsSecureDetails, no_message_answers_a_question_that_has_not_left) {
  resolver->set_server(1, {});
  start("held.example");
  first.takes = 0;
  link.run_for(moment);
  const QueryHandle waiting = start("waiting.example");
  link.run_for(moment);
  for (std::uint32_t id = 0; id < 0x10000; ++id) {
    first.say_good({.id = static_cast<std::uint16_t>(id), .name = "waiting.example", .message = {}});
    if (id % 4096 == 0) link.run_for(Duration());
  }
  link.run_for(Duration());
  ASSERT_TRUE(first.in.empty());
  EXPECT_EQ(error_of(waiting), Error::pending);
}

TEST_F(DnsSecureDetails, a_loss_without_another_server_is_over_in_one_poll) {
  ASSERT_TRUE(resolver->set_server(1, {}));
  for (const bool broken : {true, false}) {
    make_secure({});
    ASSERT_TRUE(resolver->set_server(1, {}));
    const QueryHandle query = start("www.example");
    link.run_for(moment);
    if (broken) first.say({1, 2, 3}, 3);
    if (!broken) first.kind = FakeStream::Kind::refuses;
    EXPECT_TRUE(resolver->poll(link.now).is_never());
    EXPECT_EQ(error_of(query), broken ? Error::server_failure : Error::insecure);
    first.kind = FakeStream::Kind::good;
  }
}

TEST_F(DnsSecureDetails, there_is_no_state_of_a_stream_that_there_is_not) {
  const std::string long_name(60, 'a');  // so that what was read fills the memory behind the streams
  answer_all(first);
  EXPECT_EQ(resolve(long_name + ".example", moment), Error::none);
  EXPECT_EQ(resolver->secure_state(0), StreamState::open);
  EXPECT_EQ(resolver->secure_state(2), StreamState::closed);
}

TEST_F(DnsSecureDetails, what_a_stream_brings_while_it_is_polled_is_heard_in_that_poll) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  first.on_poll = [this] {
    if (first.in.empty()) first.say_good(first.questions.at(0));
    first.on_poll = nullptr;
  };
  resolver->poll(link.now);
  EXPECT_EQ(error_of(query), Error::none);
}

}  // namespace
}  // namespace linnet::dns::test
