// SPDX-License-Identifier: Apache-2.0
// The cache by itself: what it keeps, for how long, and what gives way (RFC 6762 5.2, 6.1, 10).
#include "services/mdns/cache.hpp"

#include "services/mdns/test_message.hpp"

namespace linnet::mdns {
namespace {

using namespace test;

Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

class MdnsCache : public ::testing::Test {
 protected:
  MdnsCache() { make({.cache_records = 4, .record_size = 64}); }
  void make(const Config& config) {
    memory.assign(Cache::memory_needed(config) + Arena::alignment, 0);
    Arena arena(memory);
    cache = std::make_unique<Cache>(config, arena, random);
    EXPECT_FALSE(arena.exhausted());
  }
  Cache::Change hear(std::string_view name, const Buffer& data, std::uint16_t type = type::a,
                     const Cache::Hearing& hearing = {}, std::uint32_t ttl = 100, bool flush = false) {
    Record record;
    record.owner = *name_from_text(name);
    record.type = type;
    record.record_class = dns::class_in;
    record.flush = flush;
    record.ttl = ttl;
    return cache->hear(record, data, hearing, now);
  }
  std::vector<RecordView> known(std::string_view name, std::uint16_t type = type::a) const {
    std::vector<RecordView> views;
    cache->for_each(*name_from_text(name), type, now, [&](const RecordView& view) { views.push_back(view); });
    return views;
  }
  std::size_t expire() {
    std::size_t count = 0;
    cache->expire(now, [&](const Name&, std::uint16_t) { ++count; });
    return count;
  }
  std::size_t refresh() {
    std::size_t count = 0;
    cache->refresh(now, [&](const Name&, std::uint16_t) { ++count; });
    return count;
  }
  Digest::Value digest() const {
    Digest d;
    cache->digest(d);
    return d.value();
  }

  Instant now = Instant::from_microseconds(1000000);
  Random random{Random::Seed{1}};
  std::vector<std::uint8_t> memory;
  std::unique_ptr<Cache> cache;
};

const Buffer data_a{192, 0, 2, 77};

TEST_F(MdnsCache, records_whose_marks_are_equal_by_chance_are_records_of_their_own) {
  // Found by trying: FNV-1a of name and data is the same.
  const Buffer one{'j', 'o', 'm', 'o', 'y', 'g', 'w', 'x'};
  const Buffer other{'o', 'r', 'o', 'o', 'c', 'm', 't', 'a'};
  EXPECT_EQ(hear("x.local", one, 999), Cache::Change::added);
  EXPECT_EQ(hear("x.local", other, 999), Cache::Change::added);
  EXPECT_EQ(known("x.local", 999).size(), 2u);
  EXPECT_EQ(hear("xsasmzr.local", data_a), Cache::Change::added);
  EXPECT_EQ(hear("liliupe.local", data_a), Cache::Change::added);
  EXPECT_EQ(known("xsasmzr.local").size(), 1u);
  EXPECT_EQ(known("liliupe.local").size(), 1u);
}

TEST_F(MdnsCache, the_same_bytes_of_another_type_are_another_record) {
  EXPECT_EQ(hear("x.local", data_a), Cache::Change::added);
  EXPECT_EQ(hear("x.local", data_a, 999), Cache::Change::added);
  EXPECT_EQ(hear("X.LOCAL", data_a), Cache::Change::renewed);
  EXPECT_EQ(cache->used(), 2u);
  EXPECT_EQ(known("x.local", type::any).size(), 2u);
}

TEST_F(MdnsCache, what_is_over_or_was_forgotten_is_news_when_it_is_heard_again) {
  EXPECT_EQ(hear("x.local", data_a), Cache::Change::added);
  now = now + Duration::seconds(100);
  EXPECT_TRUE(known("x.local").empty());
  EXPECT_EQ(hear("x.local", data_a), Cache::Change::added) << "though it is not cleared away yet";
  cache->clear();
  EXPECT_EQ(cache->used(), 0u);
  EXPECT_TRUE(cache->next_deadline().is_never());
  EXPECT_EQ(hear("x.local", data_a), Cache::Change::added);
}

TEST_F(MdnsCache, by_which_family_a_record_was_heard_is_told) {
  EXPECT_EQ(hear("x.local", data_a), Cache::Change::added);
  EXPECT_TRUE(known("x.local").at(0).over_v4);
  EXPECT_FALSE(known("x.local").at(0).over_v6);
  EXPECT_EQ(hear("x.local", data_a, type::a, {.over_v4 = false, .wanted = false}), Cache::Change::added);
  EXPECT_EQ(hear("x.local", data_a, type::a, {.over_v4 = false, .wanted = false}), Cache::Change::renewed);
  EXPECT_TRUE(known("x.local").at(0).over_v4);
  EXPECT_TRUE(known("x.local").at(0).over_v6);
  EXPECT_EQ(cache->used(), 1u);
}

TEST_F(MdnsCache, nobody_promises_more_than_a_day) {
  hear("x.local", data_a, type::a, {}, 0x7fffffff);
  EXPECT_EQ(known("x.local").at(0).ttl, Duration::seconds(86400));
  now = now + Duration::seconds(86400);
  EXPECT_EQ(expire(), 1u);
}

TEST_F(MdnsCache, a_record_that_fits_no_place_is_refused_and_missed_if_it_was_wanted) {
  // "x.local" takes 9 bytes of the 64.
  EXPECT_EQ(hear("x.local", Buffer(55), type::txt), Cache::Change::added);
  EXPECT_EQ(hear("x.local", Buffer(56), type::txt), Cache::Change::refused);
  EXPECT_EQ(cache->missed(), 0u);
  EXPECT_EQ(hear("x.local", Buffer(56), type::txt, {.over_v4 = true, .wanted = true}),
            Cache::Change::refused);
  EXPECT_EQ(cache->missed(), 1u);
  EXPECT_EQ(cache->used(), 1u);
}

TEST_F(MdnsCache, what_is_over_gives_way_first_then_what_nobody_wants_then_the_oldest) {
  const Cache::Hearing wanted{.over_v4 = true, .wanted = true};
  hear("a.local", data_a, type::a, wanted, 10);
  now = now + Duration::seconds(1);
  hear("b.local", data_a, type::a, wanted);
  now = now + Duration::seconds(1);
  hear("c.local", data_a, type::a, wanted);
  hear("d.local", data_a);
  now = now + Duration::seconds(20);
  EXPECT_EQ(hear("e.local", data_a), Cache::Change::added) << "in the place of a, which is over";
  EXPECT_EQ(cache->evicted(), 0u);
  EXPECT_EQ(hear("f.local", data_a, type::a, wanted), Cache::Change::added);
  EXPECT_TRUE(known("d.local").empty()) << "heard of longer ago than e";
  EXPECT_EQ(hear("g.local", data_a, type::a, wanted), Cache::Change::added);
  EXPECT_TRUE(known("e.local").empty());
  EXPECT_EQ(cache->evicted(), 2u);
  EXPECT_EQ(cache->missed(), 0u);
  EXPECT_EQ(hear("h.local", data_a), Cache::Change::refused) << "all the others are wanted";
  EXPECT_EQ(hear("i.local", data_a, type::a, wanted), Cache::Change::added);
  EXPECT_TRUE(known("b.local").empty());
  EXPECT_EQ(known("c.local").size(), 1u);
  EXPECT_EQ(cache->evicted(), 3u);
  EXPECT_EQ(cache->missed(), 1u);
}

TEST_F(MdnsCache, RFC6762_6_1_any_of_several_nsec_records_denies) {
  const Name x = *name_from_text("x.local");
  Buffer has_a = labels("x.local");
  has_a.insert(has_a.end(), {0, 1, 0x40});
  Buffer has_both = labels("x.local");
  has_both.insert(has_both.end(), {0, 4, 0x40, 0, 0, 8});
  EXPECT_FALSE(cache->denied(x, type::aaaa, now));
  hear("x.local", has_both, type::nsec);
  EXPECT_FALSE(cache->denied(x, type::aaaa, now));
  hear("x.local", has_a, type::nsec);
  EXPECT_TRUE(cache->denied(x, type::aaaa, now));
  hear("x.local", labels("x.local"), type::nsec);
  EXPECT_TRUE(cache->denied(x, type::aaaa, now)) << "the second of three";
  EXPECT_FALSE(cache->denied(*name_from_text("y.local"), type::aaaa, now));
}

TEST_F(MdnsCache, RFC6762_10_4_only_what_is_doubted_ends_sooner) {
  hear("x.local", data_a);
  hear("x.local", {1, 'a'}, type::txt);
  hear("y.local", data_a);
  cache->doubt(*name_from_text("x.local"), type::a, now);
  EXPECT_EQ(known("x.local").at(0).ttl, Duration::seconds(10));
  EXPECT_EQ(known("x.local", type::txt).at(0).ttl, Duration::seconds(100));
  EXPECT_EQ(known("y.local").at(0).ttl, Duration::seconds(100));
  now = now + Duration::seconds(5);
  cache->doubt(*name_from_text("x.local"), type::a, now);
  EXPECT_EQ(known("x.local").at(0).ttl, Duration::seconds(5)) << "doubted twice is no longer life";
}

TEST_F(MdnsCache, RFC6762_5_2_a_record_that_is_about_to_end_by_another_word_is_not_asked_for) {
  hear("x.local", data_a);
  now = now + Duration::seconds(79);
  EXPECT_EQ(refresh(), 0u);
  cache->doubt(*name_from_text("x.local"), type::a, now);
  now = now + Duration::seconds(4);
  EXPECT_EQ(refresh(), 1u) << "the time for it was set before";
  now = now + Duration::seconds(5);
  EXPECT_EQ(refresh(), 0u) << "and no other is";
  now = now + Duration::seconds(1);
  EXPECT_EQ(expire(), 1u);
}

TEST_F(MdnsCache, RFC6762_5_2_who_was_late_asks_again_and_not_for_all_that_he_missed_at_once) {
  hear("x.local", data_a);
  now = now + Duration::seconds(97);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refresh(), 1u) << i;
    now = now + ms(999);
    EXPECT_EQ(refresh(), 0u) << "a hundredth of its time later";
    now = now + ms(1);
  }
}

TEST_F(MdnsCache, a_digest_is_of_what_is_kept) {
  const Digest::Value empty = digest();
  hear("x.local", data_a);
  const Digest::Value one = digest();
  EXPECT_FALSE(one == empty);
  hear("x.local", data_a, type::a, {}, 50);
  EXPECT_FALSE(digest() == one) << "another time to live";
  cache->clear();
  EXPECT_TRUE(digest() == empty);
}

TEST_F(MdnsCache, with_less_memory_than_it_needs_it_keeps_nothing) {
  const Config config{.cache_records = 4, .record_size = 64};
  for (std::size_t size = 0; size < Cache::memory_needed(config); size += 16) {
    memory.assign(size, 0);
    Arena arena(memory);
    cache = std::make_unique<Cache>(config, arena, random);
    EXPECT_EQ(hear("x.local", data_a, type::a, {.over_v4 = true, .wanted = true}), Cache::Change::refused);
    EXPECT_EQ(cache->size(), 0u);
    EXPECT_EQ(cache->missed(), 1u);
  }
}

TEST_F(MdnsCache, RFC6762_5_2_it_is_asked_again_between_80_and_82_percent_by_chance) {
  Instant first = Instant::never();
  Instant last = now;
  for (int i = 0; i < 20000; ++i) {
    cache->clear();
    hear("x.local", data_a);
    first = std::min(first, cache->next_deadline());
    last = std::max(last, cache->next_deadline());
  }
  EXPECT_EQ(first - now, Duration::seconds(80));
  EXPECT_EQ(last - now, Duration::seconds(82));
}

TEST_F(MdnsCache, RFC6762_5_2_what_is_heard_again_is_asked_for_from_80_percent_on_again) {
  for (int turn = 0; turn < 6; ++turn) {
    hear("x.local", data_a);
    now = now + Duration::seconds(79);
    EXPECT_EQ(refresh(), 0u) << turn;
    now = now + Duration::seconds(4);
    EXPECT_EQ(refresh(), 1u) << turn;
  }
}

TEST_F(MdnsCache, RFC6762_5_2_the_next_time_to_ask_is_always_later) {
  for (int i = 0; i < 300; ++i) {
    cache->clear();
    hear("x.local", data_a, type::a, {}, 1);
    now = now + ms(860);
    EXPECT_EQ(refresh(), 1u);
    ASSERT_GT(cache->next_deadline(), now) << i;
  }
}

TEST_F(MdnsCache, what_ends_now_gives_way_as_well) {
  const Cache::Hearing wanted{.over_v4 = true, .wanted = true};
  for (const char* name : {"b.local", "c.local", "d.local"}) hear(name, data_a, type::a, wanted);
  hear("a.local", data_a, type::a, wanted, 10);
  now = now + Duration::seconds(10);
  EXPECT_EQ(hear("e.local", data_a), Cache::Change::added);
  EXPECT_EQ(cache->evicted(), 0u);
}

TEST_F(MdnsCache, of_one_record_it_keeps_the_last) {
  make({.cache_records = 1, .record_size = 64});
  EXPECT_EQ(hear("a.local", data_a), Cache::Change::added);
  EXPECT_EQ(hear("b.local", data_a), Cache::Change::added);
  EXPECT_TRUE(known("a.local").empty());
  EXPECT_EQ(known("b.local").size(), 1u);
}

TEST_F(MdnsCache, RFC6762_7_1_an_answer_is_known_by_its_type_or_by_any_for_half_of_its_time) {
  hear("x.local", data_a);
  const Name x = *name_from_text("x.local");
  const auto knows = [&](const Name& name, std::uint16_t type) {
    for (std::size_t i = 0; i < cache->size(); ++i) {
      if (cache->known_answer(i, name, type, now)) return true;
    }
    return false;
  };
  EXPECT_TRUE(knows(x, type::a));
  EXPECT_TRUE(knows(x, type::any));
  EXPECT_FALSE(knows(x, type::txt));
  EXPECT_FALSE(knows(*name_from_text("y.local"), type::a));
  now = now + Duration::seconds(50);
  EXPECT_TRUE(knows(x, type::a));
  now = now + ms(1);
  EXPECT_FALSE(knows(x, type::a));
}

TEST_F(MdnsCache, a_digest_is_of_data_and_of_places) {
  hear("x.local", data_a);
  const Digest::Value one = digest();
  make({.cache_records = 4, .record_size = 64});
  hear("x.local", {192, 0, 2, 78});
  EXPECT_FALSE(digest() == one) << "other data";
  make({.cache_records = 4, .record_size = 64});
  hear("y.local", data_a, type::a, {}, 1);
  hear("x.local", data_a);
  now = now + Duration::seconds(1);
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(cache->used(), 1u);
  EXPECT_FALSE(digest() == one) << "another place";
}

}  // namespace
}  // namespace linnet::mdns
