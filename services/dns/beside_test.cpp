// SPDX-License-Identifier: Apache-2.0
// Two servers asked beside each other, once the first has been silent for long.
#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

constexpr Duration delay = Duration::milliseconds(500);

class DnsBeside : public DnsResolver {
 protected:
  DnsBeside() { make_resolver({.beside_after = delay}); }
  std::size_t asked(const IpAddress& server) const {
    std::size_t count = 0;
    for (const Query& query : queries) count += query.server == server;
    return count;
  }
};

TEST_F(DnsBeside, second_server_answers_after_the_delay_where_the_first_is_dead) {
  on_query = [this](const Query& query) {
    if (query.server == second_server) send(query, good(query));
  };
  const Instant begin = link.now;
  EXPECT_EQ(resolve("www.example", delay + Duration::milliseconds(10)), Error::none);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[1].frame.at - begin, delay);
  EXPECT_NE(queries[0].frame.source.port, queries[1].frame.source.port) << "RFC 5452 9.2";
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsBeside, quick_first_server_is_the_only_one_asked) {
  on_query = [this](const Query& query) { send(query, good(query)); };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(asked(second_server), 0u);
}

TEST_F(DnsBeside, late_answer_of_the_slow_first_server_counts_beside_the_second) {
  const QueryHandle query = start("www.example");
  link.run_for(delay + Duration::milliseconds(100));
  ASSERT_EQ(queries.size(), 2u);
  send(queries[0], good(queries[0]));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsBeside, C21_06_answers_crossed_between_the_two_are_ignored) {
  const QueryHandle query = start("www.example");
  link.run_for(delay + Duration::milliseconds(100));
  ASSERT_EQ(queries.size(), 2u);
  std::swap(queries[0].id, queries[1].id);
  send(queries[0], good(queries[0]));
  send(queries[1], good(queries[1]));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::pending);
}

TEST_F(DnsBeside, failure_of_the_second_does_not_end_the_turn_of_the_first) {
  on_query = [this](const Query& query) {
    if (query.server == second_server) send(query, ServerMessage(query.id, query.name).rcode(2));
    if (query.server == first_server && asked(first_server) == 3) send(query, good(query));
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(asked(first_server), 3u);
}

TEST_F(DnsBeside, both_silent_is_a_timeout_after_the_same_time_as_one_after_the_other) {
  const QueryHandle query = start("www.example");
  link.run_for(Duration::milliseconds(19990));
  EXPECT_EQ(error_of(query), Error::pending);
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::timeout);
}

TEST_F(DnsBeside, that_there_is_nothing_is_of_use_too) {
  for (const Error error : {Error::no_such_name, Error::no_data}) {
    on_query = [&](const Query& query) {
      ServerMessage message(query.id, query.name);
      if (error == Error::no_such_name) message.rcode(3);
      if (query.server == second_server) send(query, message);
    };
    resolver->clear_cache();
    EXPECT_EQ(resolve("www.example", delay + Duration::milliseconds(10)), error);
  }
}

TEST_F(DnsBeside, while_the_rest_of_an_answer_is_asked_for_by_tcp_nobody_else_is_asked) {
  on_query = [this](const Query& query) {
    if (query.server == first_server) send(query, good(query).truncated());
  };
  const QueryHandle query = start("www.example");
  link.run_for(delay + Duration::milliseconds(100));
  EXPECT_EQ(error_of(query), Error::pending);
  EXPECT_EQ(asked(second_server), 0u);
}

TEST_F(DnsBeside, RFC6891_7_first_server_that_wants_no_edns_is_asked_again_and_the_second_not_begun_anew) {
  const QueryHandle query = start("www.example");
  link.run_for(delay + Duration::milliseconds(100));
  ASSERT_EQ(queries.size(), 2u);
  ASSERT_NE(queries[0].announced, 0);
  send(queries[0], ServerMessage(queries[0].id, queries[0].name).rcode(1));
  link.run_for(Duration::milliseconds(10));
  ASSERT_EQ(asked(first_server), 2u);
  EXPECT_EQ(queries[2].announced, 0);
  const std::size_t second = asked(second_server);
  link.run_for(delay);
  EXPECT_EQ(asked(second_server), second);
  send(queries[2], good(queries[2]));
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsBeside, truncated_answer_of_the_second_is_of_use_too) {
  on_query = [this](const Query& query) {
    if (query.server == second_server) send(query, good(query).truncated());
  };
  const QueryHandle query = start("www.example");
  link.run_for(delay + Duration::milliseconds(100));
  std::vector<Endpoint> connections;
  link.stack.tcp().for_each_connection(
      [&](const tcp::Status& status) { connections.push_back(status.remote); });
  EXPECT_EQ(connections, (std::vector<Endpoint>{{second_server, server_port}})) << "it is asked for the rest";
  link.run_for(Duration::seconds(10));
  EXPECT_EQ(error_of(query), Error::none) << "and as far as it goes, it serves";
}

}  // namespace
}  // namespace linnet::dns::test
