// SPDX-License-Identifier: Apache-2.0
// Names that are completed with the domains of the search list.
#include <map>

#include "services/dns/test_families.hpp"

namespace linnet::dns::test {
namespace {

using Names = std::vector<std::string>;

class DnsSearch : public DnsFamilies {
 protected:
  DnsSearch() {
    add("one.example");
    add("two.example");
    on_query = [this](const Query& query) {
      const auto said = says.find(query.name);
      if (said == says.end())
        return send(query, ServerMessage(query.id, query.name, query.record_type).rcode(3));
      if (said->second == silent) return;
      const ServerMessage message(query.id, query.name, query.record_type);
      if (said->second == empty_name) return send(query, message);
      if (said->second == broken) return send(query, ServerMessage(message).rcode(2));
      send(query, answer(query));
    };
  }
  void add(std::string_view domain, Instant expires = Instant::never()) {
    EXPECT_TRUE(resolver->search_list().add(*Name::from_text(domain), expires)) << domain;
  }
  /// What was asked of the first server, in order and once each.
  Names asked_names() const {
    Names names;
    for (const Query& query : queries) {
      if (query.server == first_server && (names.empty() || names.back() != query.name))
        names.push_back(query.name);
    }
    return names;
  }

  enum Says { found, empty_name, broken, silent };
  std::map<std::string, Says> says;  ///< of what is not here: that there is no such name
};

TEST_F(DnsSearch, RFC1535_6_name_without_dots_is_tried_within_each_domain_then_as_it_is) {
  EXPECT_EQ(resolve("printer"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer.two.example", "printer"}));
  EXPECT_EQ(resolver->lookups(), 0u);
  EXPECT_TRUE(link.stack.pool().full());
}

TEST_F(DnsSearch, first_domain_that_has_the_name_ends_the_search) {
  says = {{"printer.two.example", found}, {"printer", found}};
  const QueryHandle query = start("Printer");
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->name(query), Name::from_text("printer.two.example"));
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer.two.example"}));
}

TEST_F(DnsSearch, RFC1535_6_name_with_dots_is_asked_as_it_is_first) {
  says = {{"www.example", found}};
  EXPECT_EQ(resolve("www.example", brief), Error::none);
  EXPECT_EQ(asked_names(), Names{"www.example"});
  queries.clear();
  EXPECT_EQ(resolve("www.gone"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"www.gone", "www.gone.one.example", "www.gone.two.example"}));
}

TEST_F(DnsSearch, dot_at_the_end_means_the_name_as_it_is) {
  EXPECT_EQ(resolve("printer."), Error::no_such_name);
  EXPECT_EQ(asked_names(), Names{"printer"});
}

TEST_F(DnsSearch, ndots_says_with_how_many_dots_a_name_is_first_asked_as_it_is) {
  make_resolver({.ndots = 2});
  add("one.example");
  EXPECT_EQ(resolve("a.b"), Error::no_such_name);
  EXPECT_EQ(resolve("a.b.c"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"a.b.one.example", "a.b", "a.b.c", "a.b.c.one.example"}));
}

TEST_F(DnsSearch, name_that_has_nothing_of_the_family_is_passed_over_and_told_at_the_end) {
  says = {{"printer.one.example", empty_name}};
  EXPECT_EQ(resolve("printer"), Error::no_data);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer.two.example", "printer"}));
}

TEST_F(DnsSearch, server_failure_about_one_domain_goes_on_to_the_next_and_is_told_at_the_end) {
  says = {{"printer.one.example", broken}};
  EXPECT_EQ(resolve("printer"), Error::server_failure);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer.two.example", "printer"}));
  says["printer.two.example"] = found;
  resolver->clear_cache();
  EXPECT_EQ(resolve("printer"), Error::none);
}

TEST_F(DnsSearch, silence_ends_the_search_but_for_the_name_as_it_is) {
  says = {{"printer.one.example", silent}, {"printer.two.example", found}};
  EXPECT_EQ(resolve("printer"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer"}));
}

TEST_F(DnsSearch, what_was_said_of_a_name_that_is_asked_first_as_it_is_is_told_at_the_end) {
  says = {{"www.gone", broken}, {"www.gone.one.example", empty_name}};
  EXPECT_EQ(resolve("www.gone"), Error::server_failure);
  EXPECT_EQ(asked_names(), (Names{"www.gone", "www.gone.one.example", "www.gone.two.example"}));
}

TEST_F(DnsSearch, domains_hold_until_they_expire) {
  add("late.example", link.now + Duration::seconds(100));
  says = {{"printer.late.example", found}};
  EXPECT_EQ(resolve("printer", brief), Error::none);
  link.run_for(Duration::seconds(400));  // the answer's time is over as well
  queries.clear();
  EXPECT_EQ(resolve("printer"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer.two.example", "printer"}));
}

TEST_F(DnsSearch, list_has_a_fixed_size_and_takes_a_domain_once) {
  SearchList& list = resolver->search_list();
  EXPECT_TRUE(list.add(*Name::from_text("two.example"), link.now));
  EXPECT_EQ(list.size(), 2u);
  EXPECT_FALSE(list.add(Name()));
  EXPECT_FALSE(list.add(
      *Name::from_text(std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(60, 'c'))))
      << "189 bytes beside 26";
  add("three.example");
  add("four.example");
  EXPECT_FALSE(list.add(*Name::from_text("five.example")));
  list.clear();
  add("five.example");
  EXPECT_EQ(resolve("a"), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"a.five.example", "a"}));
}

TEST_F(DnsSearch, domain_that_would_make_a_name_too_long_is_passed_over) {
  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') +
                              "." + std::string(55, 'd');
  EXPECT_EQ(resolve(longest), Error::no_such_name);
  EXPECT_EQ(asked_names(), Names{longest});
}

TEST_F(DnsSearch, both_families_are_asked_within_the_same_domain) {
  says = {{"printer.two.example", found}};
  EXPECT_EQ(resolve("printer", Duration::seconds(1), Families::both), Error::none);
  EXPECT_EQ(last, (std::vector{six(1), four(1)}));
  EXPECT_EQ(asked(type::a), 2u);
}

TEST_F(DnsSearch, users_of_one_short_name_share_its_queries) {
  says = {{"printer.one.example", silent}, {"printer.two.example", found}};
  const QueryHandle first = start("printer");
  link.run_for(brief);
  const QueryHandle second = start("printer");
  const QueryHandle whole = start("printer.");
  EXPECT_EQ(first, second);
  EXPECT_NE(first, whole);
  says.erase("printer.one.example");
  link.run_for(Duration::seconds(2));
  EXPECT_EQ(error_of(second), Error::none);
  EXPECT_EQ(error_of(whole), Error::no_such_name);
}

TEST_F(DnsSearch, list_that_becomes_shorter_meanwhile_ends_the_search) {
  says = {{"printer.one.example", silent}};
  const QueryHandle query = start("printer");
  link.run_for(brief);
  resolver->search_list().clear();
  link.run_for(Duration::seconds(60));
  EXPECT_EQ(error_of(query), Error::no_such_name);
  EXPECT_EQ(asked_names(), (Names{"printer.one.example", "printer"}));
}

TEST_F(DnsSearch, cached_answers_take_a_search_to_its_end_at_once) {
  says = {{"printer.two.example", found}};
  EXPECT_EQ(resolve("printer", brief), Error::none);
  queries.clear();
  EXPECT_EQ(resolve("printer.two.example", Duration()), Error::none);
  EXPECT_TRUE(queries.empty());
}

TEST_F(DnsSearch, one_family_is_known_before_the_other) {
  break_aaaa([](const Query&) {});
  const QueryHandle query = start("www.example", Families::both);
  link.run_for(brief);
  EXPECT_EQ(error_of(query), Error::pending);
  ASSERT_TRUE(resolver->result(query, Families::v4));
  EXPECT_EQ(resolver->result(query, Families::v4)->addresses()[0], four(1));
  EXPECT_EQ(resolver->result(query, Families::v6).error(), Error::pending);
  link.run_for(Duration::seconds(3));
  EXPECT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->result(query, Families::v6).error(), Error::timeout);
}

TEST_F(DnsSearch, where_all_domains_have_expired_the_name_is_asked_as_it_is) {
  make_resolver({});
  queries.clear();
  ASSERT_TRUE(resolver->search_list().add(*Name::from_text("lan.example"), link.now + Duration::seconds(1)));
  link.run_for(Duration::seconds(2));
  start("printer");
  link.run_for(Duration::milliseconds(10));
  ASSERT_FALSE(queries.empty());
  EXPECT_EQ(queries[0].name, "printer");
}

TEST_F(DnsSearch, where_no_server_is_left_the_search_ends) {
  make_resolver({});
  ASSERT_TRUE(resolver->search_list().add(*Name::from_text("lan.example"), Instant::never()));
  on_query = [this](const Query& query) {
    resolver->set_server(0, {});
    resolver->set_server(1, {});
    send(query, ServerMessage(query.id, query.name).rcode(3));
  };
  EXPECT_EQ(resolve("printer", Duration::seconds(1)), Error::no_server);
}

TEST(DnsSearchDomains, of_a_domain_that_is_told_again_the_later_time_counts_and_it_ends_then) {
  const Config config{.search_domains = 2, .search_size = 7 + 5};
  std::vector<std::uint8_t> memory(SearchList::memory_needed(config) + Arena::alignment);
  Arena arena(memory);
  SearchList list(config, arena);
  const auto at = [](std::int64_t seconds) { return Instant::from_microseconds(seconds * 1000000); };
  const auto digest = [&] {
    Digest d;
    list.digest(d);
    return d.value();
  };
  const auto whole = [&](Instant now) {
    std::size_t index = 0;
    return list.complete(*Name::from_text("x"), index, now).has_value();
  };
  const Digest::Value empty = digest();
  EXPECT_TRUE(list.add(*Name::from_text("ab.cd"), at(10)));
  const Digest::Value one = digest();
  EXPECT_FALSE(one == empty);
  EXPECT_TRUE(list.add(*Name::from_text("ab.cd"), at(20)));
  EXPECT_TRUE(list.add(*Name::from_text("ab.cd"), at(5)));
  EXPECT_EQ(list.size(), 1u);
  EXPECT_TRUE(whole(at(19)));
  EXPECT_FALSE(whole(at(20)));
  EXPECT_FALSE(list.add(*Name::from_text("wxyz"))) << "a byte more than there is room for";
  EXPECT_TRUE(list.add(*Name::from_text("xyz"))) << "it fits exactly";
  EXPECT_TRUE(whole(at(20)));
  list.clear();
  EXPECT_TRUE(list.add(*Name::from_text("ab.ce"), at(10)));
  EXPECT_FALSE(digest() == one);
}

}  // namespace
}  // namespace linnet::dns::test
