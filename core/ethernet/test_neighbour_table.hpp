// SPDX-License-Identifier: Apache-2.0
// A neighbour cache by itself, with what it needs.
#pragma once

#include "core/ethernet/test_station.hpp"

namespace linnet::ethernet::test {

using State = NeighbourState;
using Learned = NeighbourCache::Learned;

/// Of our link, 192.0.2.0/24.
inline IpAddress nth(std::uint32_t n) { return IpAddress::v4(0xc0000200u + n); }

struct Table {
  explicit Table(std::uint16_t entries = 4, Config c = {})
      : config(c),
        memory(NeighbourCache::memory_needed(config, entries) + BlockPool::memory_needed(blocks) +
               Arena::alignment),
        arena(memory),
        pool(arena, blocks),
        cache(config, entries, arena, pool, random, drops) {}
  Neighbour& reachable(std::uint32_t n) {
    Neighbour* made = cache.create(0, nth(n), now);
    cache.count_request(*made, now);
    EXPECT_EQ(cache.learn_answer(made, peer_mac, now), Learned::resolved);
    return *made;
  }
  Send enqueue(Neighbour& n, bool transit = false, const Buffer& packet = Buffer(30, 0x45),
               std::uint16_t type = ethertype::ipv4) {
    Frame frame;
    frame.add_payload(packet);
    frame.transit = transit;
    return cache.enqueue(n, frame, type);
  }
  /// How many are to be asked meanwhile.
  int pass(Duration duration) {
    int asked = 0;
    const Instant end = now + duration;
    while (cache.next_deadline() <= end) {
      now = std::max(now, cache.next_deadline());
      while (cache.next_due(now) != nullptr) ++asked;
    }
    now = end;
    return asked;
  }
  Digest::Value digest() const {
    Digest d;
    cache.digest(d);
    return d.value();
  }

  static constexpr BlockPoolConfig blocks{
      .small_size = 256, .small_count = 8, .large_size = 0, .large_count = 0};
  Config config;
  Buffer memory;
  Arena arena;
  Random random{Random::Seed{1}};
  DropCounters drops;
  BlockPool pool;
  Instant now = Instant::from_microseconds(1000000);
  NeighbourCache cache;
};

}  // namespace linnet::ethernet::test
