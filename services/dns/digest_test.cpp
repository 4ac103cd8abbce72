// SPDX-License-Identifier: Apache-2.0
// Each thing that two resolvers can differ in is part of the digest: pairs of states that differ in nothing
// else. And searches that go on as if the name before had not been.
#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

class DnsDigest : public DnsFamilies {
 protected:
  Digest::Value digest() const {
    Digest d;
    resolver->digest(d);
    return d.value();
  }
  /// With a lookup that has begun, and is released again.
  Digest::Value with(std::string_view name, Families families = Families::v4) {
    const QueryHandle query = start(name, families);
    const Digest::Value value = digest();
    resolver->release(query);
    return value;
  }
  void add_domain(std::string_view domain) {
    EXPECT_TRUE(resolver->search_list().add(*Name::from_text(domain), Instant::never()));
  }
};

TEST_F(DnsDigest, settings) {
  const auto before = digest();
  EXPECT_TRUE(resolver->set_server(1, IpAddress::v4(192, 0, 2, 3)));
  EXPECT_NE(digest(), before) << "a server";
  EXPECT_TRUE(resolver->set_server(1, second_server));
  EXPECT_EQ(digest(), before);
  resolver->set_privacy(Privacy::strict);
  EXPECT_NE(digest(), before) << "privacy";
  resolver->set_privacy(Privacy::off);
  add_domain("example");
  EXPECT_NE(digest(), before) << "a domain";
}

TEST_F(DnsDigest, static_names) {
  std::vector<Digest::Value> values;
  for (const char* line :
       {"192.0.2.1 a.lan", "192.0.2.2 a.lan", "192.0.2.1 b.lan", "fe80::1%1 a.lan", "fe80::1%2 a.lan"}) {
    make_resolver({});
    ASSERT_EQ(resolver->hosts().add_line(line), HostsError::none) << line;
    for (const Digest::Value& other : values) EXPECT_NE(digest(), other) << line;
    values.push_back(digest());
  }
}

TEST_F(DnsDigest, lookups_that_needed_no_query) {
  make_resolver({.cache_entries = 8, .ndots = 2});
  on_query = [this](const Query& query) {
    if (query.name == "a.one.one.example") return send(query, empty(query).rcode(3).soa(300, 300));
    send(query, is_a(query) ? answer(query) : empty(query).soa(300, 300));
  };
  for (const char* name : {"a.one.example", "b.one.example", "a.one.one.example"})
    resolve(name, brief, Families::both);
  queries.clear();
  EXPECT_EQ(with("a.one.example"), with("a.one.example"));
  EXPECT_NE(with("a.one.example"), with("b.one.example")) << "the name";
  EXPECT_NE(with("a.one.example"), with("a.one.example", Families::both)) << "the families";
  EXPECT_NE(with("x.invalid", Families::none), with("localhost", Families::none)) << "the error";
  add_domain("one.example");
  add_domain("example");
  EXPECT_NE(with("a.one.example"), with("a.one.example.")) << "whether it may be searched for";
  EXPECT_NE(with("a"), with("a.one")) << "how far the search has come";
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsDigest, lookups_on_their_way) {
  make_resolver({.cache_entries = 0});
  EXPECT_NE(with("www.example"), with("www.example")) << "the id";
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(brief);
  queries.clear();
  link.run_for(Duration::seconds(1));
  ASSERT_EQ(queries.size(), 2u);
  auto before = digest();
  const auto changes = [&](const Query& to, const ServerMessage& message, const char* what) {
    send(to, message);
    link.run_for(brief);
    EXPECT_EQ(error_of(query), Error::pending);
    EXPECT_NE(digest(), before) << what;
    before = digest();
  };
  const Query& a = is_a(queries[0]) ? queries[0] : queries[1];
  const Query& aaaa = is_a(queries[0]) ? queries[1] : queries[0];
  changes(a, empty(a).rcode(2), "a server that failed");
  changes(a, answer(a).truncated(), "an answer so far");
  changes(aaaa, empty(aaaa), "the error of one family");
}

TEST_F(DnsDigest, what_is_cached_is_known_at_once_and_the_byte_0x80_is_beyond_ascii) {
  answer_all();
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(error_of(start("www.example")), Error::none) << "before any poll";
  const auto wrong = resolver->resolve("a\x80.example", link.now);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), Error::not_ascii);
}

TEST_F(DnsDigest, the_next_name_of_a_search_is_asked_with_capitals_again) {
  make_resolver({.mix_case = true});
  add_domain("one-long-domain.example");
  add_domain("two-long-domain.example");
  const auto small = [](std::string name) {
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return name;
  };
  on_query = [&](const Query& query) { send(query, ServerMessage(query.id, small(query.name)).rcode(3)); };
  EXPECT_EQ(resolve("wwwwwwwwwwww"), Error::no_such_name);
  ASSERT_EQ(queries.size(), 6u) << "three names, each with capitals and without";
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(queries[i].name != small(queries[i].name), i % 2 == 0) << i;
}

TEST_F(DnsDigest, the_next_name_of_a_search_has_its_own_wait_for_the_other_family_and_the_last_is_the_end) {
  add_domain("one.example");
  add_domain("two.example");
  std::vector<Query> first;
  on_query = [&](const Query& query) {
    if (query.name == "www.one.example" && !is_a(query)) return send(query, empty(query).rcode(3));
    if (query.name == "www.two.example" && is_a(query)) return send(query, answer(query));
    first.push_back(query);
  };
  const QueryHandle query = start("www", Families::both);
  link.run_for(Duration::milliseconds(900));
  ASSERT_FALSE(first.empty());
  send(first[0], empty(first[0]).rcode(3));
  link.run_for(Duration::milliseconds(1500));
  EXPECT_EQ(error_of(query), Error::pending) << "Config::partial_wait is 2 s for each name";
  send(first.back(), answer(first.back()));
  link.run_for(brief);
  ASSERT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->result(query)->addresses().size(), 2u);

  on_query = [this](const Query& one) { send(one, empty(one).rcode(3)); };
  queries.clear();
  EXPECT_EQ(resolve("none"), Error::no_such_name);
  EXPECT_EQ(queries.size(), 3u);
  EXPECT_EQ(open_sockets(), 0u);
}

}  // namespace
}  // namespace linnet::dns::test
