// SPDX-License-Identifier: Apache-2.0
// A records and AAAA records of one name: what the two answers come to, and what becomes of a server that
// breaks about one of them.
#include <algorithm>
#include <random>
#include <set>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

constexpr Duration brief = Duration::milliseconds(10);

IpAddress six(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  bytes[15] = last;
  return IpAddress::v6(bytes);
}
IpAddress four(std::uint8_t last) { return IpAddress::v4(198, 51, 100, last); }

class DnsFamilies : public DnsResolver {
 protected:
  static ServerMessage empty(const Query& query) {
    return ServerMessage(query.id, query.name, query.record_type);
  }
  static ServerMessage answer(const Query& query) {
    return is_a(query) ? empty(query).a(query.name, four(1)) : empty(query).aaaa(query.name, six(1));
  }
  static bool is_a(const Query& query) { return query.record_type == type::a; }
  std::size_t asked(std::uint16_t record_type) const {
    return static_cast<std::size_t>(std::count_if(queries.begin(), queries.end(), [&](const Query& query) {
      return query.record_type == record_type;
    }));
  }
  /// A server that knows both families.
  void answer_all() {
    on_query = [this](const Query& query) { send(query, answer(query)); };
  }
  /// A server that is right about A, and does this about AAAA.
  template <typename Broken>
  void break_aaaa(Broken broken) {
    on_query = [this, broken](const Query& query) {
      if (is_a(query)) {
        send(query, answer(query));
      } else {
        broken(query);
      }
    };
  }
  unsigned open_sockets() {
    unsigned open = 0;
    link.stack.udp().for_each([&open](const udp::SocketView&) { ++open; });
    return open;
  }
};

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
  on_query = [this](const Query& query) {
    send(query,
         is_a(query) ? empty(query).a(query.name, four(1), 100) : empty(query).aaaa(query.name, six(1), 70));
  };
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last_ttl, Duration::seconds(70));
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

TEST_F(DnsFamilies, RFC4074_4_5_records_of_the_wrong_type_are_no_data) {
  break_aaaa([this](const Query& query) { send(query, empty(query).a(query.name, four(9))); });
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
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
  EXPECT_EQ(resolve("half.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)})) << "whole records count";
  break_aaaa([this](const Query& query) { send(query, empty(query).truncated()); });
  EXPECT_EQ(resolve("none.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
}

// ---- addresses that are none

TEST_F(DnsFamilies, C21_12_local_ipv6_addresses_are_left_out_when_asked_for) {
  on_query = [this](const Query& query) {
    ServerMessage message = empty(query);
    if (is_a(query)) return send(query, message);
    message.aaaa(query.name, IpAddress::loopback_v6()).aaaa(query.name, *IpAddress::parse("fe80::1"));
    message.aaaa(query.name, *IpAddress::parse("febf::1"));
    if (query.name == "mixed.example") message.aaaa(query.name, six(1)).aaaa(query.name, six(0x7f));
    send(query, message);
  };
  EXPECT_EQ(resolve("mixed.example", brief, Families::both), Error::none);
  EXPECT_EQ(last.size(), 5u);
  make_resolver({.refuse_local_answers = true});
  EXPECT_EQ(resolve("mixed.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), six(0x7f)}));
  EXPECT_EQ(resolve("rebind.example", brief, Families::both), Error::no_data);
  EXPECT_EQ(resolve("rebind.example", brief, Families::v6), Error::no_data);
}

TEST_F(DnsFamilies, C21_12_mapped_multicast_and_unspecified_addresses_are_always_left_out) {
  break_aaaa([this](const Query& query) {
    ServerMessage message = empty(query);
    for (const char* text : {"::ffff:127.0.0.1", "::ffff:192.0.2.9", "::", "ff02::1", "ff0e::5"})
      message.aaaa(query.name, *IpAddress::parse(text));
    send(query, message);
  });
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::no_data);
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
}

TEST_F(DnsFamilies, RFC6761_6_3_localhost_is_loopback_of_the_families_that_are_wanted) {
  for (const char* name : {"localhost", "A.LocalHost."}) {
    EXPECT_EQ(resolve(name, Duration(), Families::both), Error::none);
    EXPECT_EQ(last, (std::vector{IpAddress::loopback_v6(), IpAddress::loopback_v4()}));
    EXPECT_EQ(resolve(name, Duration(), Families::v6), Error::none);
    EXPECT_EQ(last, std::vector{IpAddress::loopback_v6()});
    EXPECT_EQ(resolve(name, Duration(), Families::v4), Error::none);
    EXPECT_EQ(last, std::vector{IpAddress::loopback_v4()});
  }
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsFamilies, text_of_an_address_is_that_address_whatever_is_wanted) {
  for (const char* text :
       {"2001:db8::1", "fe80::1%2", "::1", "::", "::ffff:192.0.2.1", "192.0.2.1", "0.0.0.0"}) {
    for (const Families families : {Families::v4, Families::v6, Families::both}) {
      EXPECT_EQ(resolve(text, Duration(), families), Error::none) << text;
      EXPECT_EQ(last, std::vector{*IpAddress::parse(text)}) << text;
      EXPECT_EQ(last_ttl, Duration::seconds(86400));
    }
  }
  for (const char* text : {"2001:db8::g", "1::2::3", "fe80::1%", "[::1]"}) {
    EXPECT_EQ(resolve(text, Duration(), Families::both), Error::bad_name) << text;
  }
  EXPECT_TRUE(queries.empty());
}

// ---- cache and sharing

TEST_F(DnsFamilies, RFC2308_5_answers_are_cached_per_type) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::none);
  EXPECT_EQ(resolve("www.example", brief, Families::v4), Error::none);
  EXPECT_EQ(last, std::vector{four(1)});
  EXPECT_EQ(queries.size(), 2u);
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none) << "made of the two";
  EXPECT_EQ(last, (std::vector{six(1), four(1)}));
  EXPECT_EQ(queries.size(), 2u);
  EXPECT_EQ(resolve("b.example", brief, Families::both), Error::none);
  for (const Families families : {Families::v4, Families::v6, Families::both})
    EXPECT_EQ(resolve("b.example", Duration(), families), Error::none);
  EXPECT_EQ(queries.size(), 4u);
}

TEST_F(DnsFamilies, RFC2308_5_no_data_of_one_type_says_nothing_about_the_other) {
  break_aaaa([this](const Query& query) { send(query, empty(query).soa(60, 60)); });
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::no_data);
  EXPECT_EQ(resolve("www.example", Duration(), Families::v6), Error::no_data);
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(asked(type::a), 1u);
  EXPECT_EQ(asked(type::aaaa), 1u);
}

TEST_F(DnsFamilies, what_is_cached_of_one_family_is_asked_for_no_more_and_waits_for_the_other) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(resolve("www.example", brief, Families::both), Error::none);
  EXPECT_EQ(last.size(), 2u);
  EXPECT_EQ(asked(type::a), 1u);
  EXPECT_EQ(resolve("b.example", brief), Error::none);
  on_query = nullptr;
  EXPECT_EQ(resolve("b.example", Duration::milliseconds(2010), Families::both), Error::none);
  EXPECT_EQ(last, std::vector{four(1)}) << "RFC 8305 3: for as long as if it had just come";
}

TEST_F(DnsFamilies, what_is_cached_of_one_family_serves_without_a_server) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  resolver->set_server(0, {});
  resolver->set_server(1, {});
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none);
  EXPECT_EQ(resolve("www.example", Duration(), Families::v6), Error::no_server);
  EXPECT_EQ(resolve("b.example", Duration(), Families::both), Error::no_server);
  EXPECT_EQ(resolver->lookups(), 0u);
}

TEST_F(DnsFamilies, C21_05_the_same_name_and_families_are_asked_for_once) {
  std::vector<QueryHandle> handles;
  for (int i = 0; i < 50; ++i)
    handles.push_back(start(i % 2 == 0 ? "www.example" : "WWW.EXAMPLE.", Families::both));
  link.run_for(brief);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(resolver->lookups(), 1u);
  resolver->release(handles.back());
  handles.pop_back();
  const QueryHandle alone = start("www.example", Families::v6);
  link.run_for(brief);
  EXPECT_EQ(resolver->lookups(), 2u) << "other families are another lookup";
  const std::vector<Query> all = queries;
  for (const Query& query : all) send(query, answer(query));
  link.run_for(brief);
  for (const QueryHandle handle : handles) {
    ASSERT_EQ(error_of(handle), Error::none);
    EXPECT_EQ(resolver->result(handle)->addresses().size(), 2u);
    resolver->release(handle);
  }
  ASSERT_EQ(error_of(alone), Error::none);
  EXPECT_EQ(resolver->result(alone)->addresses().size(), 1u);
  resolver->release(alone);
  EXPECT_EQ(resolver->lookups(), 0u);
}

TEST_F(DnsFamilies, releasing_in_every_phase_gives_everything_back) {
  link.run_for(Duration::seconds(10));
  Digest before;
  resolver->digest(before);
  std::mt19937 random(6);
  on_query = [&](const Query& query) {
    if (random() % 3 == 0)
      send(query, answer(query).rcode(random() % 2 == 0 ? 0 : random() % 2 == 0 ? 2 : 3));
  };
  constexpr std::array families{Families::v4, Families::v6, Families::both};
  for (int i = 0; i < 1000; ++i) {
    std::vector<QueryHandle> handles;
    for (unsigned n = 0; n < 1 + random() % 4; ++n) {
      handles.push_back(start("n" + std::to_string(random() % 1000), families[random() % 3]));
      link.run_for(Duration::milliseconds(random() % 5000));
    }
    for (const QueryHandle handle : handles) resolver->release(handle);
    EXPECT_EQ(open_sockets(), 0u);
    queries.clear();
    link.udp_sent.clear();
  }
  resolver->clear_cache();
  Digest after;
  resolver->digest(after);
  EXPECT_EQ(after.value(), before.value());
  link.run_for(Duration::seconds(10));
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsFamilies, the_digest_tells_families_and_record_types_apart) {
  std::vector<Digest::Value> seen;
  const auto look = [&] {
    Digest digest;
    resolver->digest(digest);
    const bool fresh = std::find(seen.begin(), seen.end(), digest.value()) == seen.end();
    seen.push_back(digest.value());
    return fresh;
  };
  EXPECT_TRUE(look());
  answer_all();
  for (const Families families : {Families::v4, Families::v6, Families::both}) {
    resolver->clear_cache();
    resolve("www.example", brief, families);
    EXPECT_TRUE(look()) << "what is cached, of which type";
  }
  resolver->clear_cache();
  EXPECT_FALSE(look());
  EXPECT_TRUE(resolver->set_server(3, *IpAddress::parse("fe80::1%1")));
  EXPECT_TRUE(look());
  EXPECT_TRUE(resolver->set_server(3, *IpAddress::parse("fe80::1%2")));
  EXPECT_TRUE(look()) << "the zone, too";
}

TEST_F(DnsFamilies, without_a_free_udp_socket_for_the_other_family_the_one_goes_on) {
  std::vector<udp::SocketHandle> all;
  while (const auto socket = link.stack.udp().open()) all.push_back(*socket);
  link.stack.udp().close(all.back());
  answer_all();
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(Duration::milliseconds(1010));
  ASSERT_EQ(error_of(query), Error::none) << "the second waited for the socket of the first";
  EXPECT_EQ(resolver->result(query)->addresses().size(), 2u);
}

}  // namespace
}  // namespace linnet::dns::test
