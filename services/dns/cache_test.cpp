// SPDX-License-Identifier: Apache-2.0
#include "services/dns/cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace linnet::dns {
namespace {

class DnsCache : public ::testing::Test {
 protected:
  DnsCache() : memory(Cache::memory_needed(config) + Arena::alignment), arena(memory), cache(config, arena) {}

  static Name name(const std::string& text) { return *Name::from_text(text); }
  static Answer answer(std::uint8_t last) {
    Answer answer;
    answer.add(IpAddress::v4(192, 0, 2, last));
    return answer;
  }
  static Instant at(std::int64_t seconds) { return Instant::from_microseconds(seconds * 1000000); }

  Config config{.cache_entries = 3};
  std::vector<std::uint8_t> memory;
  Arena arena;
  Cache cache;
};

TEST_F(DnsCache, answers_until_the_ttl_is_over_with_what_is_left_of_it) {
  cache.put(name("a.b"), type::a, Error::none, answer(1), Duration::seconds(10), at(100));
  EXPECT_FALSE(cache.find(name("c.b"), type::a, at(100)));
  const auto found = cache.find(name("A.B"), type::a, at(104));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->answer.addresses()[0], IpAddress::v4(192, 0, 2, 1));
  EXPECT_EQ(found->answer.ttl, Duration::seconds(6));
  EXPECT_FALSE(cache.find(name("a.b"), type::a, at(110)));
}

TEST_F(DnsCache, C21_11_zero_ttl_is_not_kept) {
  cache.put(name("a.b"), type::a, Error::none, answer(1), Duration(), at(100));
  EXPECT_FALSE(cache.find(name("a.b"), type::a, at(100)));
}

TEST_F(DnsCache, what_was_used_longest_ago_gives_way_and_what_expired_first_of_all) {
  cache.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(1000), at(1));
  cache.put(name("b"), type::a, Error::none, answer(2), Duration::seconds(1000), at(2));
  cache.put(name("c"), type::a, Error::none, answer(3), Duration::seconds(1000), at(3));
  EXPECT_TRUE(cache.find(name("a"), type::a, at(4)));
  cache.put(name("d"), type::a, Error::none, answer(4), Duration::seconds(5), at(5));
  EXPECT_FALSE(cache.find(name("b"), type::a, at(6)));
  EXPECT_TRUE(cache.find(name("a"), type::a, at(6)));
  EXPECT_TRUE(cache.find(name("c"), type::a, at(6)));
  cache.put(name("e"), type::a, Error::none, answer(5), Duration::seconds(100), at(20));
  EXPECT_TRUE(cache.find(name("a"), type::a, at(21)));
  EXPECT_TRUE(cache.find(name("c"), type::a, at(21)));
  EXPECT_TRUE(cache.find(name("e"), type::a, at(21)));
}

TEST_F(DnsCache, a_newer_answer_takes_the_place_of_the_old) {
  cache.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(1000), at(1));
  cache.put(name("a"), type::a, Error::no_such_name, {}, Duration::seconds(1000), at(2));
  EXPECT_EQ(cache.find(name("a"), type::a, at(3))->error, Error::no_such_name);
  cache.clear();
  EXPECT_FALSE(cache.find(name("a"), type::a, at(3)));
}

TEST_F(DnsCache, RFC2308_5_each_record_type_has_an_entry_of_its_own) {
  cache.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(10), at(1));
  EXPECT_FALSE(cache.find(name("a"), type::aaaa, at(2)));
  cache.put(name("a"), type::aaaa, Error::no_data, {}, Duration::seconds(100), at(2));
  EXPECT_EQ(cache.find(name("a"), type::a, at(3))->error, Error::none);
  EXPECT_EQ(cache.find(name("a"), type::aaaa, at(3))->error, Error::no_data);
  EXPECT_FALSE(cache.find(name("a"), type::a, at(50)));
  EXPECT_TRUE(cache.find(name("a"), type::aaaa, at(50)));
}

TEST_F(DnsCache, the_digest_tells_record_types_apart) {
  std::array<Digest, 2> digests;
  for (std::size_t i = 0; i < 2; ++i) {
    cache.clear();
    cache.put(name("a"), i == 0 ? type::a : type::aaaa, Error::no_data, {}, Duration::seconds(100), at(2));
    cache.digest(digests[i]);
  }
  EXPECT_FALSE(digests[0].value() == digests[1].value());
}

TEST_F(DnsCache, without_entries_nothing_is_kept) {
  Cache none({.cache_entries = 0}, arena);
  none.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(1000), at(1));
  EXPECT_FALSE(none.find(name("a"), type::a, at(1)));
}

TEST_F(DnsCache, ten_thousand_names_stay_within_bounds) {
  for (int i = 0; i < 10000; ++i) {
    cache.put(name("n" + std::to_string(i)), type::a, Error::none, answer(1), Duration::seconds(1000), at(i));
  }
  EXPECT_TRUE(cache.find(name("n9999"), type::a, at(10000)));
  EXPECT_FALSE(cache.find(name("n9996"), type::a, at(10000)));
}

TEST_F(DnsCache, what_ends_now_gives_way_before_what_was_used_longest_ago) {
  cache.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(1000), at(1));
  cache.put(name("b"), type::a, Error::none, answer(2), Duration::seconds(10), at(2));
  cache.put(name("c"), type::a, Error::none, answer(3), Duration::seconds(20), at(3));
  cache.put(name("d"), type::a, Error::none, answer(4), Duration::seconds(1000), at(12));
  EXPECT_TRUE(cache.find(name("a"), type::a, at(12))) << "b was over";
  EXPECT_TRUE(cache.find(name("c"), type::a, at(12)));
  EXPECT_TRUE(cache.find(name("d"), type::a, at(12)));
}

TEST_F(DnsCache, what_ends_now_gives_way_though_it_is_the_first_and_was_used_last) {
  cache.put(name("a"), type::a, Error::none, answer(1), Duration::seconds(11), at(1));
  cache.put(name("b"), type::a, Error::none, answer(2), Duration::seconds(1000), at(2));
  cache.put(name("c"), type::a, Error::none, answer(3), Duration::seconds(1000), at(3));
  EXPECT_TRUE(cache.find(name("a"), type::a, at(11)));
  cache.put(name("d"), type::a, Error::none, answer(4), Duration::seconds(1000), at(12));
  EXPECT_TRUE(cache.find(name("b"), type::a, at(12)));
  EXPECT_TRUE(cache.find(name("c"), type::a, at(12)));
}

TEST_F(DnsCache, what_was_put_is_used_and_what_is_not_kept_drives_nothing_out) {
  const std::array<const char*, 5> names = {"a", "b", "c", "d", "e"};
  std::int64_t time = 1;
  for (const char* text : names)
    cache.put(name(text), type::a, Error::none, answer(1), Duration::seconds(1000), at(time++));
  cache.put(name("zero"), type::a, Error::none, answer(1), Duration(), at(time));
  for (const char* text : names)
    EXPECT_EQ(cache.find(name(text), type::a, at(time)).has_value(), std::string_view(text) >= "c") << text;
}

TEST(DnsCacheOfOne, keeps_the_last) {
  const Config one{.cache_entries = 1};
  std::vector<std::uint8_t> memory(Cache::memory_needed(one) + Arena::alignment);
  Arena arena(memory);
  Cache cache(one, arena);
  const Instant now = Instant::from_microseconds(1);
  for (const char* text : {"a", "b"}) {
    cache.put(*Name::from_text(text), type::a, Error::no_data, {}, Duration::seconds(10), now);
    EXPECT_TRUE(cache.find(*Name::from_text(text), type::a, now)) << text;
  }
  EXPECT_FALSE(cache.find(*Name::from_text("a"), type::a, now));
}

TEST_F(DnsCache, a_digest_is_of_names_and_errors_and_answers) {
  std::vector<Digest::Value> values;
  const auto keep = [&](const char* text, Error error, const Answer& with) {
    cache.clear();
    cache.put(name(text), type::a, error, with, Duration::seconds(10), at(1));
    Digest d;
    cache.digest(d);
    for (const Digest::Value& other : values) EXPECT_FALSE(other == d.value());
    values.push_back(d.value());
  };
  keep("a", Error::none, answer(1));
  keep("b", Error::none, answer(1));
  keep("a", Error::none, answer(2));
  keep("a", Error::no_data, {});
  keep("a", Error::no_such_name, {});
}

}  // namespace
}  // namespace linnet::dns
