// SPDX-License-Identifier: Apache-2.0
// RFC 4861 appendix C, row by row: what an advertisement or a source link-layer address does in each state.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ethernet/neighbour_cache.hpp"

namespace linnet::ethernet::test {
namespace {

using State = NeighbourState;
using Learned = NeighbourCache::Learned;

constexpr MacAddress known{{2, 0, 0, 0, 0, 2}};
constexpr MacAddress another{{2, 0, 0, 0, 0, 3}};
const IpAddress host = *IpAddress::parse("fe80::2");

/// The states of RFC 4861 7.3.2; DELAY is a probe that has not been sent yet.
enum class Start { incomplete, reachable, stale, delay, probe };

struct Cache {
  explicit Cache(std::uint16_t entries = 4)
      : config{.neighbours_v6 = entries},
        memory(NeighbourCache::memory_needed(config, entries) + BlockPool::memory_needed(blocks) +
               Arena::alignment),
        arena(memory),
        pool(arena, blocks),
        cache(config, entries, arena, pool, random, drops) {}
  Neighbour& in(Start start) {
    Neighbour* n = cache.create(0, host, now);
    cache.count_request(*n, now);
    if (start == Start::incomplete) return *n;
    cache.learn_answer(n, known, now);
    if (start == Start::reachable) return *n;
    now = now + Duration::seconds(3600);
    n->state = State::stale;
    if (start == Start::stale) return *n;
    n->used = now;
    cache.use(*n, now);
    if (start == Start::delay) return *n;
    now = now + NeighbourCache::first_probe_delay;
    EXPECT_EQ(cache.next_due(now), n);
    return *n;
  }
  static constexpr BlockPoolConfig blocks{
      .small_size = 256, .small_count = 4, .large_size = 0, .large_count = 0};
  Config config;
  std::vector<std::uint8_t> memory;
  Arena arena;
  Random random{Random::Seed{1}};
  DropCounters drops;
  BlockPool pool;
  Instant now = Instant::from_microseconds(1000000);
  NeighbourCache cache;
};

struct Row {
  const char* why;
  std::vector<Start> from;
  std::vector<bool> solicited;
  std::vector<bool> override;
  char mac;                   ///< s(ame), o(ther), n(one)
  char recorded;              ///< s or o: what is known afterwards; - nothing
  std::optional<State> then;  ///< nothing: unchanged
};

const std::vector<Start> all_resolved{Start::reachable, Start::stale, Start::delay, Start::probe};
const std::vector<bool> either{false, true};

TEST(NeighbourAdvertisement, RFC4861_appendix_C) {
  const std::vector<Row> rows{
      {"INCOMPLETE, NA, Solicited=0: record, send queued packets, STALE",
       {Start::incomplete},
       {false},
       either,
       'o',
       'o',
       State::stale},
      {"INCOMPLETE, NA, Solicited=1: record, send queued packets, REACHABLE",
       {Start::incomplete},
       {true},
       either,
       'o',
       'o',
       State::reachable},
      {"INCOMPLETE, NA without an address: nothing",
       {Start::incomplete},
       either,
       either,
       'n',
       '-',
       std::nullopt},
      {"!INCOMPLETE, NA, Solicited=1, Override=0, same address: REACHABLE",
       all_resolved,
       {true},
       {false},
       's',
       's',
       State::reachable},
      {"!INCOMPLETE, NA, Solicited=1, no address: REACHABLE",
       all_resolved,
       {true},
       either,
       'n',
       's',
       State::reachable},
      {"REACHABLE, NA, Solicited=1, Override=0, different address: STALE",
       {Start::reachable},
       {true},
       {false},
       'o',
       's',
       State::stale},
      {"STALE, DELAY, PROBE, NA, Solicited=1, Override=0, different address: unchanged",
       {Start::stale, Start::delay, Start::probe},
       {true},
       {false},
       'o',
       's',
       std::nullopt},
      {"!INCOMPLETE, NA, Solicited=1, Override=1: record, REACHABLE",
       all_resolved,
       {true},
       {true},
       'o',
       'o',
       State::reachable},
      {"STALE, NA, Solicited=0, Override=1, different address: record, STALE",
       {Start::stale},
       {false},
       {true},
       'o',
       'o',
       State::stale},
      {"in use, the same: verified at once (C11-14)",
       {Start::reachable, Start::delay},
       {false},
       {true},
       'o',
       'o',
       State::probe},
      {"!INCOMPLETE, NA, Solicited=0, Override=0, same address: unchanged",
       all_resolved,
       {false},
       {false},
       's',
       's',
       std::nullopt},
      {"!INCOMPLETE, NA, Solicited=0, no address: unchanged",
       all_resolved,
       {false},
       either,
       'n',
       's',
       std::nullopt},
      {"!INCOMPLETE, NA, Solicited=0, Override=1, same address: unchanged",
       all_resolved,
       {false},
       {true},
       's',
       's',
       std::nullopt},
      {"REACHABLE, NA, Solicited=0, Override=0, different address: STALE",
       {Start::reachable},
       {false},
       {false},
       'o',
       's',
       State::stale},
      {"STALE, DELAY, PROBE, NA, Solicited=0, Override=0, different address: unchanged",
       {Start::stale, Start::delay, Start::probe},
       {false},
       {false},
       'o',
       's',
       std::nullopt},
  };
  for (const Row& row : rows) {
    for (const Start from : row.from) {
      for (const bool solicited : row.solicited) {
        for (const bool override : row.override) {
          Cache c;
          Neighbour& n = c.in(from);
          c.now = c.now + Duration::seconds(2);
          if (from == Start::stale) n.used = Neighbour::long_ago;
          const State before = n.state;
          const MacAddress mac = row.mac == 's' ? known : another;
          c.cache.learn_advertisement(&n, row.mac == 'n' ? nullptr : &mac,
                                      {.solicited = solicited, .override = override}, c.now);
          const std::string which = std::string(row.why) + ", from " + std::to_string(static_cast<int>(from));
          EXPECT_EQ(n.state, row.then.value_or(before)) << which;
          if (row.recorded != '-') {
            EXPECT_EQ(n.mac, row.recorded == 's' ? known : another) << which;
          }
        }
      }
    }
  }
}

TEST(NeighbourAdvertisement, RFC4861_7_2_5_nothing_is_created_for_it) {
  Cache c;
  EXPECT_EQ(c.cache.learn_advertisement(nullptr, &known, {.solicited = true}, c.now), Learned::nothing);
  EXPECT_EQ(c.cache.size(), 0u);
}

TEST(NeighbourAdvertisement, RFC4861_7_2_5_IsRouter_follows_what_is_believed) {
  Cache c;
  Neighbour& n = c.in(Start::reachable);
  c.cache.learn_advertisement(&n, &known, {.router = true, .solicited = true}, c.now);
  EXPECT_TRUE(n.router);
  c.cache.learn_advertisement(&n, &another, {.router = false, .solicited = true, .override = false}, c.now);
  EXPECT_TRUE(n.router) << "a different address without Override: nothing of it counts";
  c.cache.learn_advertisement(&n, &known, {.router = false}, c.now);
  EXPECT_FALSE(n.router);
}

TEST(NeighbourAdvertisement, RFC4861_7_2_3_a_source_link_layer_address_is_recorded_as_stale) {
  Cache c;
  EXPECT_EQ(c.cache.learn_source(0, host, known, c.now), Learned::nothing);
  Neighbour* n = c.cache.find(0, host);
  ASSERT_NE(n, nullptr);
  EXPECT_EQ(n->state, State::stale);
  EXPECT_EQ(c.cache.learn_source(0, host, known, c.now), Learned::nothing);
  EXPECT_EQ(c.cache.learn_source(0, host, another, c.now), Learned::nothing);
  EXPECT_EQ(n->mac, another);
  EXPECT_EQ(n->state, State::stale);
  Cache asked;
  Neighbour& incomplete = asked.in(Start::incomplete);
  EXPECT_EQ(asked.cache.learn_source(0, host, known, asked.now), Learned::resolved);
  EXPECT_EQ(incomplete.state, State::stale);
}

TEST(NeighbourAdvertisement, C11_14_a_forged_address_is_found_out_within_five_seconds) {
  Cache c;
  Neighbour& n = c.in(Start::reachable);
  c.now = c.now + Duration::seconds(2);
  n.used = c.now;
  EXPECT_EQ(c.cache.learn_advertisement(&n, &another, {.override = true}, c.now), Learned::doubted)
      << "ask it, by unicast";
  EXPECT_EQ(n.state, State::probe);
  const Instant end = c.now + Duration::seconds(5);
  while (c.cache.find(0, host) != nullptr && c.now < end) {
    c.now = c.cache.next_deadline();
    while (c.cache.next_due(c.now) != nullptr) {
    }
  }
  EXPECT_EQ(c.cache.find(0, host), nullptr) << "the next packet asks everybody";
  EXPECT_LE(c.now, end);
}

TEST(NeighbourAdvertisement, C11_09_sources_do_not_push_out_who_is_in_use) {
  Cache c(2);
  Neighbour& n = c.in(Start::reachable);
  n.used = c.now;
  for (int i = 3; i < 100; ++i) {
    c.cache.learn_source(0, *IpAddress::parse("fe80::" + std::to_string(i)), another, c.now);
  }
  EXPECT_EQ(c.cache.find(0, host), &n);
  EXPECT_EQ(c.cache.size(), 2u);
}

}  // namespace
}  // namespace linnet::ethernet::test
