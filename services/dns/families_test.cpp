// SPDX-License-Identifier: Apache-2.0
// A records and AAAA records of one name: what the two answers come to, and what becomes of a server that
// breaks about one of them.
#include <set>

#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

TEST_F(DnsFamilies, RFC3596_2_3_aaaa_alone_is_one_query) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::none);
  EXPECT_EQ(last, std::vector{six(1)});
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0].record_type, 28);
}

TEST_F(DnsFamilies, RFC3596_a_alone_is_one_query) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
  EXPECT_EQ(asked(type::aaaa), 0u);
}

TEST_F(DnsFamilies, RFC3596_both_are_asked_for_at_once_and_kept) {
  answer_all();
  const Instant begin = link.now;
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)})) << "RFC 6724 2.1: IPv6 first";
  ASSERT_EQ(queries.size(), 2u);
  for (const Query& query : queries) EXPECT_EQ(query.frame.at, begin);
  EXPECT_EQ(resolver->lookups(), 0u);
  EXPECT_EQ(open_sockets(), 0u);
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsFamilies, RFC5452_9_2_the_two_queries_share_neither_id_nor_port) {
  unsigned same_ids = 0;
  std::set<int> distances;
  for (int i = 0; i < 500; ++i) {
    const QueryHandle query = start("n" + std::to_string(i), Families::both);
    link.run_for(Duration());
    ASSERT_EQ(queries.size(), 2u);
    if (queries[0].id == queries[1].id) ++same_ids;
    EXPECT_NE(queries[0].frame.source.port, queries[1].frame.source.port);
    distances.insert(queries[1].frame.source.port - queries[0].frame.source.port);
    queries.clear();
    link.udp_sent.clear();
    resolver->release(query);
  }
  EXPECT_LE(same_ids, 1u);
  EXPECT_GT(distances.size(), 450u) << "one says nothing about the other";
}

TEST_F(DnsFamilies, RFC5452_9_1_an_answer_about_the_other_type_is_none) {
  on_query = [this](const Query& query) {
    const std::uint16_t other = is_a(query) ? type::aaaa : type::a;
    send(query, ServerMessage(query.id, query.name, other).a(query.name, four(6)).aaaa(query.name, six(6)));
    send(query, empty(query).a(query.name, four(1)).aaaa(query.name, six(1)));
  };
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)})) << "and of its own answer each takes its own records";
}

TEST_F(DnsFamilies, RFC5452_9_1_answers_crossed_between_the_two_queries_are_ignored) {
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(brief);
  ASSERT_EQ(queries.size(), 2u);
  std::array<Query, 2> crossed{queries[0], queries[1]};
  std::swap(crossed[0].frame.source, crossed[1].frame.source);
  for (const Query& one : crossed) send(one, answer(one));
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::pending);
  EXPECT_FALSE(resolver->poll(link.now) == Instant::never());
}

TEST_F(DnsFamilies, neither_family_crowds_the_other_out) {
  struct Row {
    std::uint8_t fours, sixes;
    std::size_t kept_fours, kept_sixes;
  };
  for (const Row& row : {Row{12, 12, 4, 4}, Row{12, 1, 7, 1}, Row{1, 12, 1, 7}, Row{3, 5, 3, 5},
                         Row{8, 4, 4, 4}, Row{2, 12, 2, 6}, Row{9, 0, 8, 0}, Row{0, 9, 0, 8}}) {
    on_query = [&](const Query& query) {
      ServerMessage message = empty(query);
      for (std::uint8_t i = 0; i < (is_a(query) ? row.fours : row.sixes); ++i) {
        if (is_a(query))
          message.a("b", four(i), 0);
        else
          message.aaaa("b", six(i), 0);
      }
      send(query, message.cname(query.name, "b", 0));
    };
    ASSERT_EQ(resolve("www.example", brief, Families::both), Error::none);
    std::vector<IpAddress> expected;
    for (std::uint8_t i = 0; i < row.kept_sixes; ++i) expected.push_back(six(i));
    for (std::uint8_t i = 0; i < row.kept_fours; ++i) expected.push_back(four(i));
    EXPECT_EQ(last, expected) << int{row.fours} << ' ' << int{row.sixes};
  }
}

TEST_F(DnsFamilies, ttl_of_both_is_the_lesser_of_them) {
  for (const std::uint32_t ttl : {70u, 100u}) {
    on_query = [&](const Query& query) {
      if (is_a(query))
        send(query, empty(query).a(query.name, four(1), ttl));
      else
        send(query, empty(query).aaaa(query.name, six(1), 170 - ttl));
    };
    EXPECT_EQ(resolve("n" + std::to_string(ttl), brief, Families::both), Error::none);
    EXPECT_EQ(last_ttl, Duration::seconds(70));
  }
}

// ---- one of the two has nothing

TEST_F(DnsFamilies, RFC4074_3_no_data_of_one_family_leaves_the_other) {
  for (const std::uint16_t known : {type::a, type::aaaa}) {
    on_query = [&](const Query& query) {
      send(query, query.record_type == known ? answer(query) : empty(query));
    };
    EXPECT_EQ(resolve(known == type::a ? "four.example" : "six.example", brief, Families::both), Error::none);
    EXPECT_EQ(last, std::vector{known == type::a ? four(1) : six(1)});
  }
}

TEST_F(DnsFamilies, no_data_only_when_neither_family_has_an_address) {
  on_query = [this](const Query& query) { send(query, empty(query)); };
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::no_data);
  on_query = [this](const Query& query) {
    if (is_a(query)) send(query, empty(query));
  };
  EXPECT_EQ(resolve("silent.example", Duration::seconds(21), Families::both), Error::timeout)
      << "there may be IPv6 addresses";
}

TEST_F(DnsFamilies, RFC8020_2_no_such_name_about_a_records_is_enough) {
  on_query = [this](const Query& query) {
    if (is_a(query)) send(query, empty(query).rcode(3).soa(60, 60));
  };
  EXPECT_EQ(resolve("gone.example", brief, Families::both), Error::no_such_name);
  EXPECT_EQ(open_sockets(), 0u) << "the other query is over, too";
  for (const Families families : {Families::both, Families::v6, Families::v4}) {
    EXPECT_EQ(resolve("gone.example", Duration(), families), Error::no_such_name);
  }
  EXPECT_EQ(queries.size(), 2u) << "RFC 2308 5: and known for every type";
}

TEST_F(DnsFamilies, RFC8020_2_no_such_name_about_aaaa_records_ends_a_wait_for_silent_a) {
  on_query = [this](const Query& query) {
    if (!is_a(query)) send(query, empty(query).rcode(3));
  };
  EXPECT_EQ(resolve("gone.example", Duration::milliseconds(2010), Families::both), Error::no_such_name);
}

TEST_F(DnsFamilies, RFC4074_4_2_no_such_name_about_aaaa_records_does_not_hide_a_records) {
  break_aaaa([this](const Query& query) { send(query, empty(query).rcode(3).soa(600, 600)); });
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none) << "nor from the cache";
  EXPECT_EQ(resolve("other.example", brief, Families::v6), Error::no_such_name);
  EXPECT_EQ(resolve("other.example", brief, Families::v4), Error::none);
  // Also when it comes first.
  on_query = nullptr;
  queries.clear();
  const QueryHandle query = start("late.example", Families::both);
  link.run_for(brief);
  ASSERT_EQ(queries.size(), 2u);
  const std::vector<Query> both = queries;
  for (const Query& one : both) {
    if (!is_a(one)) send(one, empty(one).rcode(3));
  }
  link.run_for(Duration::milliseconds(800));
  EXPECT_EQ(error_of(query), Error::pending);
  for (const Query& one : both) {
    if (is_a(one)) send(one, answer(one));
  }
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::none);
}

// ---- servers that break about one type

TEST_F(DnsFamilies, RFC4074_4_1_silence_about_aaaa_costs_two_seconds_and_no_a_record) {
  break_aaaa([](const Query&) {});
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(Duration::milliseconds(1990));
  EXPECT_EQ(error_of(query), Error::pending) << "the other may come yet";
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->result(query)->addresses().size(), 1u);
  EXPECT_EQ(open_sockets(), 0u);
  EXPECT_EQ(resolver->poll(link.now), Instant::never());
  const std::size_t before = queries.size();
  link.run_for(Duration::seconds(30));
  EXPECT_EQ(queries.size(), before) << "nobody waits for it any more";
}

TEST_F(DnsFamilies, RFC8305_3_the_wait_for_the_other_family_is_configured) {
  make_resolver({.partial_wait = Duration::milliseconds(50)});
  break_aaaa([](const Query&) {});
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(Duration::milliseconds(45));
  EXPECT_EQ(error_of(query), Error::pending);
  link.run_for(Duration::milliseconds(10));
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsFamilies, RFC8305_3_the_other_family_may_come_within_the_wait) {
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(brief);
  ASSERT_EQ(queries.size(), 2u);
  send(queries[1], answer(queries[1]));
  link.run_for(Duration::milliseconds(900));
  EXPECT_EQ(error_of(query), Error::pending);
  send(queries[0], answer(queries[0]));
  link.run_for(brief);
  ASSERT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->result(query)->addresses().size(), 2u);
}

TEST_F(DnsFamilies, RFC8305_3_the_wait_begins_with_the_first_answer_of_use) {
  on_query = [&](const Query& query) {
    if (is_a(query) && query.server == second_server) send(query, answer(query));
  };
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(Duration::milliseconds(11990));
  EXPECT_EQ(error_of(query), Error::pending) << "10 s at the first server, then 2 s";
  link.run_for(Duration::milliseconds(20));
  EXPECT_EQ(error_of(query), Error::none);
}

TEST_F(DnsFamilies, RFC4074_4_1_silence_about_a_does_not_lose_aaaa) {
  on_query = [this](const Query& query) {
    if (!is_a(query)) send(query, answer(query));
  };
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{six(1)});
}

TEST_F(DnsFamilies, RFC4074_4_3_other_error_codes_about_aaaa_lose_no_a_record) {
  for (const std::uint8_t rcode : {1, 2, 4, 5}) {
    break_aaaa([&](const Query& query) { send(query, empty(query).rcode(rcode)); });
    const std::string name = "n" + std::to_string(rcode);
    EXPECT_EQ(resolve(name, Duration::milliseconds(2010), Families::both), Error::none);
    EXPECT_EQ(last, std::vector{four(1)});
    EXPECT_EQ(resolve(name, Duration::milliseconds(2010), Families::v6), Error::server_failure);
  }
}

TEST_F(DnsFamilies, RFC4074_4_4_broken_records_are_no_data) {
  break_aaaa([this](const Query& query) {
    ServerMessage message = empty(query);
    if (query.name == "short.example") {
      message.record(labels(query.name), type::aaaa, 300, {192, 0, 2, 9}).count(6);
    } else {
      message.a(query.name, four(9));
    }
    send(query, message);
  });
  for (const char* name : {"short.example", "a.example"}) {
    EXPECT_EQ(resolve(name, brief, Families::both), Error::none);
    EXPECT_EQ(last, std::vector{four(1)});
    EXPECT_EQ(resolve(name, brief, Families::v6), Error::no_data);
  }
}

TEST_F(DnsFamilies, RFC2308_7_a_family_that_failed_is_not_waited_for_again_soon) {
  break_aaaa([](const Query&) {});
  EXPECT_EQ(resolve("www.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
  answer_all();
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::none) << "who wants only that asks";
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)}));
  break_aaaa([](const Query&) {});
  EXPECT_EQ(resolve("b.example", Duration::milliseconds(2010), Families::both), Error::none);
  link.run_for(Duration::seconds(31));
  answer_all();
  EXPECT_EQ(resolve("b.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)})) << "after 30 s it is asked for again";
}

TEST_F(DnsFamilies, both_families_failing_is_a_failure_and_not_kept) {
  EXPECT_EQ(resolve("www.example", Duration::seconds(21), Families::both), Error::timeout);
  EXPECT_EQ(queries.size(), 16u) << "four tries of each type at each server";
  on_query = [this](const Query& query) {
    if (!is_a(query)) send(query, empty(query).rcode(2));
  };
  EXPECT_EQ(resolve("fails.example", Duration::seconds(21), Families::both), Error::server_failure);
  answer_all();
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
}

TEST_F(DnsFamilies, C21_09_truncation_of_one_family_costs_nothing_of_the_other) {
  on_query = [this](const Query& query) {
    send(query, is_a(query) ? answer(query) : answer(query).truncated());
  };
  EXPECT_EQ(resolve("half.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)})) << "whole records count, where TCP brings nothing";
  break_aaaa([this](const Query& query) { send(query, empty(query).truncated()); });
  EXPECT_EQ(resolve("none.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
}

}  // namespace
}  // namespace linnet::dns::test
