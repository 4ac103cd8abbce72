// SPDX-License-Identifier: Apache-2.0
// Both families: addresses that are left out, names that need no query, what is cached per type, and who
// shares.
#include <random>

#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

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
  resolver->set_server(0, first_server);
  break_aaaa([this](const Query& query) { send(query, empty(query).rcode(3).soa(60, 60)); });
  EXPECT_EQ(resolve("gone.example", brief, Families::v6), Error::no_such_name);
  resolver->set_server(0, {});
  EXPECT_EQ(resolve("gone.example", Duration(), Families::both), Error::no_such_name);
  EXPECT_EQ(resolver->lookups(), 0u);
}

TEST_F(DnsFamilies, RFC2308_7_a_failure_does_not_take_the_place_of_an_answer_that_is_cached) {
  on_query = [&](const Query& query) {
    if (is_a(query)) send(query, answer(query));
  };
  const QueryHandle both = start("www.example", Families::both);
  link.run_for(Duration::milliseconds(500));
  EXPECT_EQ(asked(type::aaaa), 1u);
  on_query = [&](const Query& query) {
    if (query.frame.source.port != queries[0].frame.source.port &&
        query.frame.source.port != queries[1].frame.source.port)
      send(query, answer(query));
  };
  EXPECT_EQ(resolve("www.example", brief, Families::v6), Error::none);
  link.run_for(Duration::seconds(2));
  ASSERT_EQ(error_of(both), Error::none);
  EXPECT_EQ(resolver->result(both)->addresses().size(), 1u) << "its own query had no answer";
  resolver->release(both);
  EXPECT_EQ(resolve("www.example", Duration(), Families::both), Error::none);
  EXPECT_EQ(last.size(), 2u);
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
