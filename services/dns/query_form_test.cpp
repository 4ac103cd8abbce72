// SPDX-License-Identifier: Apache-2.0
// What a query says beside its question: EDNS (RFC 6891), and random case (draft-vixie-dnsext-dns0x20).
#include <algorithm>
#include <cctype>
#include <set>

#include "services/dns/test_resolver.hpp"

namespace linnet::dns::test {
namespace {

using DnsQueryForm = DnsResolver;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

TEST_F(DnsQueryForm, RFC6891_6_2_3_queries_announce_1232_bytes) {
  on_query = [this](const Query& query) { send(query, good(query)); };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(queries.at(0).announced, 1232u);
  make_resolver({.message_size = 4096});
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(queries.at(1).announced, 1232u);
  make_resolver({.message_size = 512});
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(queries.at(2).announced, 0u);
}

TEST_F(DnsQueryForm, RFC6891_7_who_does_not_understand_is_asked_at_once_without_edns) {
  for (const int how : {0, 1, 2, 3}) {
    queries.clear();
    on_query = [this, how](const Query& query) {
      if (query.announced == 0) return send(query, good(query));
      switch (how) {
        case 0:
          return send(query, ServerMessage(query.id, query.name).rcode(1));
        case 1:
          return send(query, ServerMessage(query.id, query.name).rcode(4));
        case 2:
          return send(query, ServerMessage(query.id).rcode(1));  // a header alone
        default: {                                               // BADVERS
          ServerMessage message(query.id, query.name);
          return send(query, message.record({0}, type::opt, 0x01000000, {}, 1232).count(10));
        }
      }
    };
    const std::string name = "www" + std::to_string(how) + ".example";
    EXPECT_EQ(resolve(name, Duration::milliseconds(10)), Error::none) << how;
    EXPECT_EQ(queries.size(), 2u) << how;
  }
}

TEST_F(DnsQueryForm, C21_04_forged_format_errors_bring_one_query_more_and_end_nothing) {
  on_query = [this](const Query& query) {
    for (int i = 0; i < 3; ++i) send(query, ServerMessage(query.id, query.name).rcode(1));
    if (queries.size() == 2) send(query, good(query));
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  EXPECT_EQ(queries.size(), 2u);
}

TEST_F(DnsQueryForm, who_understands_nothing_has_failed) {
  on_query = [this](const Query& query) { send(query, ServerMessage(query.id, query.name).rcode(1)); };
  EXPECT_EQ(resolve("www.example"), Error::server_failure);
  EXPECT_EQ(queries.size(), 4u) << "twice each server";
}

TEST_F(DnsQueryForm, other_rcodes_of_edns_are_failures) {
  on_query = [this](const Query& query) {
    ServerMessage message = good(query);
    send(query, message.record({0}, type::opt, 0x02000000, {}, 1232).count(10));
  };
  EXPECT_EQ(resolve("www.example"), Error::server_failure);
}

TEST_F(DnsQueryForm, random_case_differs_from_query_to_query_and_is_kept) {
  make_resolver({.cache_entries = 0, .mix_case = true});
  on_query = [this](const Query& query) { send(query, good(query)); };
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(resolve("a-long-name.with.letters.example", Duration::milliseconds(10)), Error::none);
    seen.insert(queries.back().name);
    EXPECT_EQ(lower(queries.back().name), "a-long-name.with.letters.example");
  }
  EXPECT_EQ(queries.size(), 20u);
  EXPECT_GE(seen.size(), 19u);
}

TEST_F(DnsQueryForm, who_does_not_keep_the_case_is_asked_again_in_small_letters_from_another_port) {
  make_resolver({.mix_case = true});
  on_query = [this](const Query& query) {
    const std::string name = lower(query.name);
    send(query, ServerMessage(query.id, name).a(name, result_address));
  };
  EXPECT_EQ(resolve("a-long-name.with.letters.example", Duration::milliseconds(10)), Error::none);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[1].name, "a-long-name.with.letters.example");
  EXPECT_NE(queries[0].frame.source.port, queries[1].frame.source.port);
}

TEST_F(DnsQueryForm, C21_03_forgery_in_another_case_is_no_answer) {
  make_resolver({.mix_case = true});
  on_query = [this](const Query& query) {
    if (queries.size() > 1) return;
    const std::string name = lower(query.name);
    for (int i = 0; i < 2; ++i) send(query, ServerMessage(query.id, name).a(name, IpAddress::v4(6, 6, 6, 6)));
  };
  EXPECT_EQ(resolve("a-long-name.with.letters.example"), Error::timeout);
}

}  // namespace
}  // namespace linnet::dns::test
