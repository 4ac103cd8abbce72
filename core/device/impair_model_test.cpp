// SPDX-License-Identifier: Apache-2.0
#include "core/device/impair_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/device/test_frames.hpp"

namespace linnet {
namespace {

using Fate = ImpairModel::Fate;

Instant at(std::int64_t us) { return Instant::from_microseconds(us); }
constexpr Duration ms(std::int64_t n) { return Duration::milliseconds(n); }

std::vector<ImpairModel::Decision> run(const Impairments& impairments, std::uint64_t seed, int packets,
                                       std::int64_t gap_us = 1000, std::size_t size = 1000) {
  ImpairModel model(impairments, seed);
  std::vector<ImpairModel::Decision> decisions;
  for (int i = 0; i < packets; ++i) decisions.push_back(model.decide(size, at(i * gap_us)));
  return decisions;
}
bool same(const ImpairModel::Decision& a, const ImpairModel::Decision& b) {
  return a.fate == b.fate && a.count == b.count && a.deliveries == b.deliveries && a.corrupt == b.corrupt &&
         a.corruption == b.corruption && a.reordered == b.reordered;
}

TEST(ImpairModel, without_impairments_all_pass_at_once) {
  for (const auto& decision : run({}, 1, 1000)) {
    EXPECT_EQ(decision.fate, Fate::delivered);
    EXPECT_EQ(decision.count, 1u);
    EXPECT_FALSE(decision.corrupt);
  }
  EXPECT_EQ(run({}, 1, 3)[2].deliveries[0], at(2000));
}

TEST(ImpairModel, loses_as_often_as_it_should) {
  for (const std::uint32_t ppm : {1'000u, 10'000u, 300'000u, 1'000'000u}) {
    int lost = 0;
    constexpr int packets = 200'000;
    for (const auto& decision : run({.loss = ppm}, 2, packets)) lost += decision.fate == Fate::lost ? 1 : 0;
    const double expected = packets * (ppm / 1e6);
    EXPECT_NEAR(lost, expected, 5 * std::sqrt(expected) + 0.5) << ppm;
  }
}

TEST(ImpairModel, bursts_have_the_mean_length_and_frequency) {
  int runs = 0;
  int lost = 0;
  bool before = false;
  for (const auto& decision : run({.burst = 1'000, .burst_length = 20}, 3, 1'000'000)) {
    const bool now = decision.fate == Fate::burst;
    runs += now && !before ? 1 : 0;
    lost += now ? 1 : 0;
    before = now;
  }
  EXPECT_NEAR(static_cast<double>(lost) / runs, 20, 2);
  EXPECT_NEAR(runs, 1'000'000 / (1'000 + 20), 100);
}

TEST(ImpairModel, a_bad_time_loses_as_much_as_it_is_told) {
  int lost = 0;
  for (const auto& decision :
       run({.burst = 1'000'000, .burst_length = 1'000'000, .burst_loss = 500'000}, 4, 100'000)) {
    lost += decision.fate == Fate::burst ? 1 : 0;
  }
  EXPECT_NEAR(lost, 50'000, 1'000);
}

TEST(ImpairModel, a_link_whose_bad_times_are_switched_off_is_in_none) {
  ImpairModel model({.burst = 1'000'000, .burst_length = 1'000'000}, 4);
  EXPECT_EQ(model.decide(1000, at(0)).fate, Fate::burst);
  model.change({});
  EXPECT_EQ(model.decide(1000, at(1000)).fate, Fate::delivered);
}

TEST(ImpairModel, delay_and_jitter_keep_the_order) {
  Instant previous = at(0);
  Duration least = Duration::max();
  Duration most{};
  int i = 0;
  for (const auto& decision : run({.delay = ms(10), .jitter = ms(5)}, 5, 20'000, 10'000)) {
    const Duration took = decision.deliveries[0] - at(i++ * 10'000);
    least = std::min(least, took);
    most = std::max(most, took);
    ASSERT_GE(decision.deliveries[0], previous);
    previous = decision.deliveries[0];
  }
  EXPECT_GE(least, ms(10));
  EXPECT_LT(least, ms(10) + Duration::microseconds(50));
  EXPECT_LE(most, ms(15));
  EXPECT_GT(most, ms(15) - Duration::microseconds(50));
}

TEST(ImpairModel, reordered_packets_are_overtaken) {
  const auto decisions = run({.delay = ms(1), .reorder = 100'000, .reorder_delay = ms(3)}, 6, 10'000);
  int reordered = 0;
  int overtaken = 0;
  for (std::size_t i = 0; i + 1 < decisions.size(); ++i) {
    const Duration took = decisions[i].deliveries[0] - at(static_cast<std::int64_t>(i) * 1000);
    EXPECT_EQ(took, decisions[i].reordered ? ms(4) : ms(1))
        << "held back by its own delay, holding up nobody";
    reordered += decisions[i].reordered ? 1 : 0;
    overtaken += decisions[i + 1].deliveries[0] < decisions[i].deliveries[0] ? 1 : 0;
  }
  EXPECT_NEAR(reordered, 1000, 150);
  EXPECT_GT(overtaken, reordered / 2);
}

TEST(ImpairModel, duplicates_come_later_within_their_delay) {
  int duplicated = 0;
  for (const auto& decision :
       run({.duplicate = 50'000, .duplicate_copies = 3, .duplicate_delay = ms(7)}, 7, 20'000)) {
    ASSERT_TRUE(decision.count == 1 || decision.count == 4);
    duplicated += decision.count == 4 ? 1 : 0;
    for (std::size_t i = 1; i < decision.count; ++i) {
      ASSERT_GE(decision.deliveries[i], decision.deliveries[0]);
      ASSERT_LE(decision.deliveries[i], decision.deliveries[0] + ms(7));
    }
  }
  EXPECT_NEAR(duplicated, 1000, 160);
}

TEST(ImpairModel, the_rate_is_met_to_the_microsecond) {
  // 1 MB/s: a packet of 1000 bytes takes a millisecond.
  ImpairModel model({.rate = 1'000'000, .queue = 1000}, 8);
  for (int i = 0; i < 1000; ++i) {
    const auto decision = model.decide(1000, at(0));
    ASSERT_EQ(decision.fate, Fate::delivered);
    ASSERT_EQ(decision.deliveries[0], at((i + 1) * 1000));
  }
  EXPECT_EQ(model.decide(1000, at(0)).fate, Fate::overflow);
  EXPECT_EQ(model.decide(500, at(2'000'000)).deliveries[0], at(2'000'500)) << "an idle link starts anew";
}

TEST(ImpairModel, a_fast_rate_does_not_round_to_nothing) {
  // 10 GB/s: 64 bytes are 0.0064 us; 100,000 packets are 640 us.
  ImpairModel model({.rate = 10'000'000'000, .queue = 1024}, 9);
  Instant last;
  Instant now = at(0);
  for (int i = 0; i < 100'000; ++i) {
    auto decision = model.decide(64, now);
    if (decision.fate == Fate::overflow) {
      now = last;
      decision = model.decide(64, now);
    }
    last = decision.deliveries[0];
  }
  EXPECT_NEAR(static_cast<double>(last.as_microseconds()), 640, 2);
}

TEST(ImpairModel, a_full_queue_drops_the_newest) {
  ImpairModel model({.rate = 1'000'000, .queue = 5}, 10);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(model.decide(1000, at(0)).fate, Fate::delivered);
  EXPECT_EQ(model.decide(1000, at(999)).fate, Fate::overflow);
  EXPECT_EQ(model.decide(1000, at(1000)).fate, Fate::delivered) << "one has left";
  EXPECT_EQ(model.decide(1000, at(1000)).fate, Fate::overflow);
  EXPECT_EQ(model.counters().overflow, 2u);
}

TEST(ImpairModel, the_same_seed_gives_the_same_faults) {
  const Impairments all{.loss = 50'000,
                        .burst = 10'000,
                        .delay = ms(5),
                        .jitter = ms(3),
                        .reorder = 50'000,
                        .duplicate = 50'000,
                        .corrupt = 50'000,
                        .rate = 2'000'000};
  const auto first = run(all, 11, 5000);
  const auto second = run(all, 11, 5000);
  const auto other = run(all, 12, 5000);
  int differences = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_TRUE(same(first[i], second[i])) << i;
    differences += same(first[i], other[i]) ? 0 : 1;
  }
  EXPECT_GT(differences, 1000);
}

TEST(ImpairModel, switching_one_fault_off_does_not_shift_the_others) {
  const Impairments all{.loss = 100'000,
                        .burst = 50'000,
                        .jitter = ms(3),
                        .reorder = 100'000,
                        .duplicate = 100'000,
                        .corrupt = 100'000};
  const auto with = run(all, 13, 5000, 100'000);
  Impairments fewer = all;
  fewer.loss = 0;
  fewer.jitter = Duration();
  const auto without = run(fewer, 13, 5000, 100'000);
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (with[i].fate == Fate::lost) continue;  // lost there, so nothing else is told of it
    ASSERT_EQ(with[i].fate, without[i].fate) << i;
    ASSERT_EQ(with[i].reordered, without[i].reordered) << i;
    ASSERT_EQ(with[i].count, without[i].count) << i;
    ASSERT_EQ(with[i].corrupt, without[i].corrupt) << i;
    ASSERT_EQ(with[i].corruption, without[i].corruption) << i;
  }
}

TEST(ImpairModel, settings_beyond_their_limits_are_cut) {
  ImpairModel model({.burst_length = 0, .duplicate_copies = 100, .queue = 0}, 14);
  EXPECT_EQ(model.impairments().burst_length, 1u);
  EXPECT_EQ(model.impairments().duplicate_copies, 3u);
  EXPECT_EQ(model.impairments().queue, 1u);
  model.change({.queue = 1'000'000});
  EXPECT_EQ(model.impairments().queue, ImpairModel::max_queue);
}

TEST(ImpairModel, counts_what_it_did) {
  ImpairModel model({.loss = 100'000, .reorder = 100'000, .duplicate = 100'000, .corrupt = 100'000}, 15);
  std::uint64_t lost = 0, reordered = 0, copies = 0, corrupted = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto decision = model.decide(100, at(i));
    lost += decision.fate == Fate::lost ? 1 : 0;
    reordered += decision.reordered ? 1 : 0;
    copies += decision.count > 1 ? decision.count - 1 : 0;
    corrupted += decision.corrupt ? 1 : 0;
  }
  const auto& counters = model.counters();
  EXPECT_EQ(counters.packets, 10'000u);
  EXPECT_EQ(counters.bytes, 1'000'000u);
  EXPECT_EQ(counters.lost, lost);
  EXPECT_EQ(counters.reordered, reordered);
  EXPECT_EQ(counters.duplicated, copies);
  EXPECT_EQ(counters.corrupted, corrupted);
  EXPECT_TRUE(lost > 0 && reordered > 0 && copies > 0 && corrupted > 0);
}

TEST(CorruptFrame, flips_one_bit_of_the_ip_packet) {
  const auto headers = test::make_headers({}, 0);
  for (std::uint64_t corruption = 0; corruption < 1000; ++corruption) {
    auto bytes = headers.bytes;
    ASSERT_TRUE(corrupt_frame(bytes, LinkType::ethernet, corruption));
    int flipped = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      flipped += std::popcount(static_cast<unsigned>(bytes[i] ^ headers.bytes[i]));
    EXPECT_EQ(flipped, 1);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.begin() + 14, headers.bytes.begin()))
        << "not the link's header";
  }
}

TEST(CorruptFrame, what_has_no_checksum_is_to_be_dropped) {
  test::Octets arp(42, 0);
  arp[12] = 0x08;
  arp[13] = 0x06;
  const auto before = arp;
  EXPECT_FALSE(corrupt_frame(arp, LinkType::ethernet, 5));
  EXPECT_EQ(arp, before);
  EXPECT_FALSE(corrupt_frame({}, LinkType::ip, 5));
}

}  // namespace
}  // namespace linnet
