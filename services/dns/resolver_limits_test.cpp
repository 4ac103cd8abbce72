// SPDX-License-Identifier: Apache-2.0
// A resolver without room, handles that are none, and what it says of a query's answer.
#include "services/dns/test_secure.hpp"

namespace linnet::dns::test {
namespace {

constexpr Duration moment = Duration::milliseconds(10);

class DnsLimits : public DnsResolver {
 protected:
  Digest::Value digest() const {
    Digest digest;
    resolver->digest(digest);
    return digest.value();
  }
};

TEST_F(DnsLimits, with_less_memory_than_it_needs_it_says_so) {
  Config config;
  config.secure_servers = 1;
  FakeStream stream;
  const std::size_t needed = Resolver::memory_needed(config);
  std::size_t without_any = 0;
  for (std::size_t size = 0; size < needed; size += 32) {
    std::vector<std::uint8_t> bytes(size + Arena::alignment);
    Arena arena(MutableBytes(bytes).first(size));
    Resolver poor(link.stack, config, arena);
    ASSERT_TRUE(arena.exhausted()) << size;
    EXPECT_FALSE(poor.set_secure_stream(0, &stream)) << "its room comes last, " << size;
    poor.set_server(0, first_server);
    const auto query = poor.resolve("www.example", link.now);
    if (query) {
      poor.release(*query);
    } else {
      EXPECT_EQ(query.error(), Error::no_memory) << size;
      ++without_any;
    }
  }
  EXPECT_GT(without_any, 0u);
}

TEST_F(DnsLimits, without_room_for_another_lookup_even_an_address_is_none) {
  std::vector<QueryHandle> all;
  for (int i = 0; i < Config().queries; ++i) all.push_back(start("192.0.2.7"));
  for (const char* name : {"192.0.2.7", "localhost", "www.example"}) {
    const auto more = resolver->resolve(name, link.now);
    ASSERT_FALSE(more) << name;
    EXPECT_EQ(more.error(), Error::no_memory) << name;
  }
  for (const QueryHandle query : all) resolver->release(query);
  EXPECT_TRUE(resolver->resolve("192.0.2.7", link.now));
}

TEST_F(DnsLimits, a_handle_that_was_released_is_closed_and_says_nothing) {
  const QueryHandle stale = start("www.example");
  resolver->release(stale);
  resolver->release(stale);
  EXPECT_EQ(error_of(stale), Error::closed);
  EXPECT_EQ(resolver->result(stale, Families::v4).error(), Error::closed);
  EXPECT_FALSE(resolver->name(stale));
  EXPECT_TRUE(resolver->message(stale).empty());
  EXPECT_TRUE(resolver->answerer(stale).is_unspecified());
  EXPECT_EQ(resolver->answerer_port(stale), server_port);
  EXPECT_FALSE(resolver->by_stream(stale));
  EXPECT_FALSE(resolver->by_secure_stream(stale));
}

TEST_F(DnsLimits, how_an_answer_about_records_came_in_clear) {
  make_resolver({.record_queries = 1});
  const auto query = resolver->query(*Name::from_text("www.example"), type::txt, link.now);
  ASSERT_TRUE(query);
  link.run_for(moment);
  EXPECT_TRUE(resolver->answerer(*query).is_unspecified()) << "nobody has said anything";
  const Query asked = queries.at(0);
  send(asked, ServerMessage(asked.id, asked.name, type::txt)
                  .record(labels(asked.name), type::txt, 60, {1, 'x'})
                  .count(6));
  link.run_for(moment);
  EXPECT_EQ(resolver->answerer(*query), first_server);
  EXPECT_EQ(resolver->answerer_port(*query), 53);
  EXPECT_FALSE(resolver->by_stream(*query));
  EXPECT_FALSE(resolver->by_secure_stream(*query));
  EXPECT_TRUE(resolver->result(*query).ok());
  EXPECT_EQ(resolver->result(*query, Families::v4).error(), Error::no_data) << "records, and no address";
}

TEST_F(DnsLimits, a_name_is_told_of_what_was_asked_for_only) {
  const QueryHandle asked = start("www.example");
  EXPECT_EQ(resolver->name(asked), Name::from_text("www.example"));
  EXPECT_FALSE(resolver->name(start("192.0.2.7")));
}

TEST_F(DnsLimits, RFC6891_7_complaint_about_a_question_without_edns_ends_the_turn) {
  make_resolver({.message_size = 512});
  on_query = [this](const Query& query) {
    send(query, query.server == first_server ? ServerMessage(query.id, query.name).rcode(1) : good(query));
  };
  EXPECT_EQ(resolve("www.example"), Error::none);
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[0].announced, 0);
  EXPECT_EQ(queries[1].server, second_server);
}

TEST_F(DnsLimits, a_flood_is_read_a_bounded_number_at_a_time) {
  const QueryHandle query = start("www.example");
  link.run_for(moment);
  const Query asked = queries.at(0);
  for (int i = 0; i < 20; ++i) {
    send(asked,
         ServerMessage(static_cast<std::uint16_t>(asked.id + 1), asked.name).a(asked.name, own_address));
  }
  link.stack.poll(link.now);
  EXPECT_EQ(resolver->poll(link.now), link.now) << "again at once";
  send(asked, good(asked));
  link.run_for(moment);
  ASSERT_EQ(error_of(query), Error::none);
  EXPECT_EQ(resolver->result(query)->addresses()[0], result_address);
}

TEST_F(DnsLimits, lookups_are_part_of_the_digest) {
  const auto before = digest();
  const QueryHandle query = start("www.example", Families::both);
  const auto asking = digest();
  EXPECT_FALSE(asking == before);
  link.run_for(Duration::milliseconds(1500));
  EXPECT_FALSE(digest() == asking) << "asked twice";
  resolver->release(query);
  EXPECT_TRUE(digest() == before);
}

}  // namespace
}  // namespace linnet::dns::test
