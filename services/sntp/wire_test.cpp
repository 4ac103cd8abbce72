// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "services/sntp/check.hpp"
#include "services/sntp/clock.hpp"
#include "services/sntp/selection.hpp"

namespace linnet::sntp {
namespace {

constexpr std::array<std::uint8_t, 48> literal = {
    0x24, 0x02, 0x06, 0xec, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x20, 0x00, 0x0a, 0x00, 0x00, 0x01,
    0xee, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
    0xee, 0x00, 0x00, 0x02, 0x40, 0x00, 0x00, 0x00, 0xee, 0x00, 0x00, 0x02, 0x80, 0x00, 0x00, 0x00};

TEST(SntpWire, RFC4330_4_literal_message_both_ways) {
  const auto message = Message::parse(literal);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->leap, Leap::none);
  EXPECT_EQ(message->version, 4);
  EXPECT_EQ(message->mode, PacketMode::server);
  EXPECT_EQ(message->stratum, 2);
  EXPECT_EQ(message->poll, 6);
  EXPECT_EQ(message->precision, -20);
  EXPECT_EQ(from_short(message->root_delay), Duration::microseconds(62500));
  EXPECT_EQ(from_short(message->root_dispersion), Duration::microseconds(125000));
  EXPECT_EQ(message->reference_id, 0x0a000001u);
  EXPECT_EQ(message->origin, 0x0102030405060708u);
  EXPECT_EQ(message->transmit - message->receive, 0x40000000u);
  std::array<std::uint8_t, 48> written{};
  message->write(written);
  EXPECT_EQ(written, literal);
}

TEST(SntpWire, C24_04_every_length_below_48_is_refused) {
  for (std::size_t size = 0; size < literal.size(); ++size) {
    const std::vector<std::uint8_t> exact(literal.begin(),
                                          literal.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(Message::parse(exact)) << size;
  }
  std::vector<std::uint8_t> longer(literal.begin(), literal.end());
  longer.resize(68);
  EXPECT_TRUE(Message::parse(longer)) << "with authentication behind it";
}

TEST(SntpTime, C24_05_RFC4330_3_eras) {
  struct Row {
    std::int64_t unix_seconds;
    std::uint32_t wire;
  };
  for (const Row& row :
       {Row{0, 2208988800u}, Row{2147483647, 61505151}, Row{2085978495, 0xffffffff}, Row{2085978496, 0},
        Row{2085978497, 1}, Row{2147483648, 61505152}, Row{4233462143, 0x7fffffff}}) {
    const UnixTime time = UnixTime::from_seconds(row.unix_seconds);
    EXPECT_EQ(to_timestamp(time) >> 32, row.wire) << row.unix_seconds;
    EXPECT_EQ(to_unix(to_timestamp(time)), time) << row.unix_seconds;
  }
}

TEST(SntpTime, C24_05_the_pivot_moves_with_the_earliest_time) {
  const UnixTime build = UnixTime::from_seconds(1795694400);
  for (std::int64_t i = 0; i < 64; ++i) {
    const UnixTime time = build + Duration::seconds(i * 67108864 + i);
    EXPECT_EQ(to_unix(to_timestamp(time), build), time) << i;
  }
  const UnixTime before = build - Duration::seconds(1);
  EXPECT_EQ(to_unix(to_timestamp(before), build), before + Duration::seconds(std::int64_t{1} << 32));
}

TEST(SntpTime, fractions_to_a_microsecond) {
  for (std::int64_t us = 0; us < 1000000; us += 997) {
    const UnixTime time{1795694400000000 + us};
    EXPECT_LE((to_unix(to_timestamp(time)) - time).as_microseconds(), 1);
    EXPECT_GE((to_unix(to_timestamp(time)) - time).as_microseconds(), -1);
  }
  EXPECT_EQ(UnixTime{-1}.seconds(), -1);
  EXPECT_EQ(UnixTime{-1000000}.seconds(), -1);
}

TEST(SntpTime, short_format_keeps_bounds) {
  EXPECT_EQ(to_short(Duration::seconds(1)), 0x10000u);
  EXPECT_EQ(to_short(Duration::microseconds(1)), 1u);
  EXPECT_EQ(to_short(Duration::seconds(-1)), 0u);
  EXPECT_EQ(to_short(Duration::max()), 0xffff0000u);
  EXPECT_GT(from_short(0x80000000u), Duration::seconds(32767)) << "what is negative is far too much";
}

TEST(SntpClock, set_and_go_on) {
  Clock clock;
  const Instant now = Instant::from_microseconds(5000000);
  EXPECT_FALSE(clock.unix_time(now));
  clock.set(UnixTime{7}, now);
  EXPECT_EQ(clock.unix_time(now), UnixTime{7});
  EXPECT_EQ(clock.unix_time(now + Duration::seconds(3)), UnixTime{3000007});
}

TEST(SntpClock, a_slewed_clock_never_goes_back_and_arrives) {
  for (const Duration correction : {Duration::seconds(2), Duration::seconds(-2)}) {
    Clock clock;
    Instant now;
    clock.set(UnixTime{1000000000}, now);
    clock.slew(correction, 15625, now);
    UnixTime last = *clock.unix_time(now);
    for (int i = 0; i < 200; ++i) {
      now = now + Duration::seconds(1);
      const UnixTime time = *clock.unix_time(now);
      EXPECT_GT(time, last);
      EXPECT_LE((time - last).as_microseconds(), 1015625);
      EXPECT_GE((time - last).as_microseconds(), 984375);
      last = time;
    }
    EXPECT_EQ(clock.slewing(now), Duration());
    EXPECT_EQ(last, UnixTime{1000000000} + Duration::seconds(200) + correction);
  }
}

TEST(SntpClock, it_is_slewed_by_one_part_in_a_million_at_least_and_by_half_its_speed_at_most) {
  for (const auto& [ppm, gained] :
       {std::pair{0u, 1}, std::pair{1u, 1}, std::pair{500000u, 500000}, std::pair{500001u, 500000}}) {
    Clock clock;
    clock.set(UnixTime{0}, Instant());
    clock.slew(Duration::seconds(10), ppm, Instant());
    EXPECT_EQ(clock.unix_time(Instant() + Duration::seconds(1)), UnixTime{1000000 + gained}) << ppm;
  }
}

TEST(SntpClock, before_it_was_slewed_it_gains_nothing) {
  Clock clock;
  const Instant now = Instant::from_microseconds(5000000);
  clock.set(UnixTime{5000000}, now);
  clock.slew(Duration::seconds(1), 500000, now);
  EXPECT_EQ(clock.unix_time(now - Duration::seconds(1)), UnixTime{4000000});
}

TEST(SntpClock, a_century_of_slewing_does_not_overflow) {
  Clock clock;
  clock.set(UnixTime{0}, Instant());
  clock.slew(Duration::seconds(1), 500000, Instant());
  const Instant later = Instant::from_microseconds(std::int64_t{3200000000} * 1000000);
  EXPECT_EQ(clock.unix_time(later), UnixTime::from_seconds(3200000001));
}

TEST(SntpSelection, RFC5905_11_2_1_one_liar_among_three_is_outvoted) {
  std::array<Candidate, 3> candidates = {
      Candidate{.server = 0, .offset = Duration::seconds(100), .distance = Duration::milliseconds(1)},
      Candidate{.server = 1, .offset = Duration::milliseconds(3), .distance = Duration::milliseconds(5)},
      Candidate{.server = 2, .offset = Duration::milliseconds(0), .distance = Duration::milliseconds(4)}};
  const auto choice = select(candidates);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->agreeing, 2u);
  EXPECT_EQ(choice->best, 2u) << "the least far off of those that agree, not of all";
  EXPECT_FALSE(candidates[0].agrees);
  EXPECT_TRUE(candidates[1].agrees && candidates[2].agrees);
  EXPECT_FALSE(select(std::span<Candidate>()));
}

TEST(SntpSelection, RFC5905_10_the_sample_of_least_delay_is_taken_until_it_is_old) {
  SampleFilter filter;
  const Instant now = Instant::from_microseconds(0);
  EXPECT_EQ(filter.best(now), nullptr);
  filter.add({.offset = Duration::seconds(1), .delay = Duration::milliseconds(2), .at = now});
  const Instant later = now + Duration::seconds(64);
  filter.add({.offset = Duration::seconds(2), .delay = Duration::milliseconds(40), .at = later});
  EXPECT_EQ(filter.best(later)->offset, Duration::seconds(1));
  const Instant hours = now + Duration::seconds(4 * 3600);
  filter.add({.offset = Duration::seconds(3), .delay = Duration::milliseconds(40), .at = hours});
  EXPECT_EQ(filter.best(hours)->offset, Duration::seconds(3)) << "15 ppm of four hours are 216 ms";
  for (int i = 0; i < 8; ++i)
    filter.add({.offset = Duration::seconds(4), .delay = Duration::seconds(1), .at = hours});
  EXPECT_EQ(filter.best(hours)->offset, Duration::seconds(4)) << "eight are kept";
}

}  // namespace
}  // namespace linnet::sntp
