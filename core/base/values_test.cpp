// SPDX-License-Identifier: Apache-2.0
// The small value types: Result, Duration and Instant, SequenceNumber, Drop.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <string>

#include "core/base/drop.hpp"
#include "core/base/result.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet {
namespace {

enum class Error : std::uint8_t { none, small, large };

constexpr Result<int, Error> half(int n) {
  if (n % 2 != 0) return Failure{Error::small};
  return n / 2;
}
static_assert(half(4).ok() && half(4).value() == 2 && *half(8) == 4);
static_assert(!half(3) && half(3).error() == Error::small);

constexpr Result<void, Error> check(bool good) {
  if (!good) return Failure{Error::large};
  return {};
}
static_assert(check(true).ok() && check(true) && !check(false) && check(false).error() == Error::large);

TEST(Result, holds_values_that_only_move) {
  Result<std::unique_ptr<std::string>, Error> result(std::make_unique<std::string>("here"));
  ASSERT_TRUE(result);
  EXPECT_EQ(**result, "here");
  result->reset(new std::string("there"));
  const auto taken = std::move(result.value());
  EXPECT_EQ(*taken, "there");
}

constexpr Duration most = Duration::max();
static_assert(Duration::seconds(2) == Duration::milliseconds(2000));
static_assert(Duration::milliseconds(3) == Duration::microseconds(3000));
static_assert(Duration::microseconds(1'999'999).as_seconds() == 1);
static_assert(Duration::microseconds(1'999).as_milliseconds() == 1);
static_assert(Duration::seconds(1) + Duration::milliseconds(1) - Duration::microseconds(1) ==
              Duration::microseconds(1'000'999));
static_assert(Duration::seconds(3) * 2 / 4 == Duration::milliseconds(1500));
static_assert(-Duration::seconds(1) < Duration() && Duration() < Duration::microseconds(1));
static_assert(most + Duration::microseconds(1) == most && most - -most == most);
static_assert(-most - most == Duration::microseconds(std::numeric_limits<std::int64_t>::min()));
static_assert(most - most == Duration());
static_assert(-Duration::microseconds(std::numeric_limits<std::int64_t>::min()) == most);

constexpr Instant late = Instant::from_microseconds(std::numeric_limits<std::int64_t>::max() - 10);
static_assert(Instant::never().is_never() && !Instant().is_never() && late < Instant::never());
static_assert((late + Duration::microseconds(9)) < Instant::never());
static_assert((late + Duration::microseconds(10)).is_never() && (late + Duration::seconds(1)).is_never());
static_assert((late + most).is_never() && (Instant() + most).is_never());
static_assert((Instant::never() + Duration::seconds(1)).is_never());
static_assert((Instant::never() - Duration::seconds(1)).is_never(),
              "who waits for nothing does not wait less");
static_assert((Instant::never() + -most).is_never());
static_assert(Instant() - most == Instant::from_microseconds(-std::numeric_limits<std::int64_t>::max()));
static_assert(Instant::from_microseconds(5) - Instant::from_microseconds(7) == Duration::microseconds(-2));
static_assert(Instant::never() - Instant::from_microseconds(-5) == most);
static_assert(earlier(Instant(), Instant::never()) == Instant() &&
              earlier(Instant::never(), Instant()) == Instant());
static_assert(saturating_add(std::numeric_limits<std::int64_t>::min(), -1) ==
              std::numeric_limits<std::int64_t>::min());
static_assert(saturating_add(std::numeric_limits<std::int64_t>::max(),
                             std::numeric_limits<std::int64_t>::min()) == -1);

constexpr SequenceNumber seq(std::uint32_t value) { return SequenceNumber(value); }
static_assert(seq(1) > seq(0) && seq(0) < seq(1) && seq(5) <= seq(5) && seq(5) >= seq(5) && seq(5) == seq(5));
// Across 2^32.
static_assert(seq(0xffffffff) < seq(0) && seq(0xfffffff0) < seq(0x10) && seq(0) > seq(0xffffffff));
static_assert(seq(0xffffffff) + 1 == seq(0) && seq(0) - 1u == seq(0xffffffff));
static_assert(seq(0x10) - seq(0xfffffff0) == 0x20);
static_assert(max(seq(0xffffffff), seq(1)) == seq(1) && min(seq(0xffffffff), seq(1)) == seq(0xffffffff));
// Across 2^31.
static_assert(seq(0x7fffffff) < seq(0x80000000) && seq(0x80000000) > seq(0x7fffffff));
static_assert(seq(0) < seq(0x7fffffff) && !(seq(0x7fffffff) < seq(0)));
static_assert(seq(1) > seq(0x80000002) && seq(0x80000000) - seq(1) == 0x7fffffff);

TEST(Time, sums_end_at_the_limits) {
  constexpr std::int64_t top = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t bottom = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(saturating_add(top - 1, 2), top);
  EXPECT_EQ(saturating_add(top - 1, 1), top);
  EXPECT_EQ(saturating_add(bottom + 1, -2), bottom);
  EXPECT_EQ(saturating_add(bottom + 1, -1), bottom);
  EXPECT_EQ(saturating_add(5, -7), -2);
  EXPECT_TRUE((Instant::never() + Duration::seconds(-1)).is_never());
}

TEST(SequenceNumber, RFC9293_3_4_order_holds_for_distances_below_2_31_from_everywhere) {
  for (std::uint64_t base = 0; base < (std::uint64_t{1} << 32); base += 0x0fff'fff1) {
    for (const std::uint32_t distance : {1u, 2u, 0xffffu, 0x10000u, 0x3fffffffu, 0x7ffffffeu, 0x7fffffffu}) {
      const SequenceNumber low(static_cast<std::uint32_t>(base));
      SequenceNumber high = low;
      high += distance;
      ASSERT_TRUE(low < high && high > low && low <= high && high >= low && low != high);
      ASSERT_FALSE(high < low || low > high || high <= low || low >= high);
      ASSERT_EQ(high - low, distance);
      ASSERT_EQ(high - distance, low);
      ASSERT_EQ(max(low, high), high);
      ASSERT_EQ(min(low, high), low);
    }
  }
}

TEST(Drop, every_reason_has_a_text_of_its_own) {
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Drop::count_); ++i) {
    const std::string_view text = drop_text(static_cast<Drop>(i));
    EXPECT_FALSE(text.empty()) << i;
    EXPECT_TRUE(texts.insert(text).second) << text;
  }
}

TEST(Drop, texts_stand_in_the_order_of_the_reasons) {
  EXPECT_EQ(drop_text(Drop::none), "none");
  EXPECT_EQ(drop_text(Drop::count_), "none") << "no reason";
  EXPECT_NE(drop_text(Drop::l2_short).find("Ethernet"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::arp_unsolicited).find("ARP"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::ip_source_route).find("source route"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::fragment_timeout).find("reassembly"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::icmp_checksum).find("ICMP"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::udp_no_port).find("UDP"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::tcp_paws).find("timestamp"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::device_gone).find("device"), std::string_view::npos);
  EXPECT_NE(drop_text(Drop::raw_queue_full).find("raw"), std::string_view::npos);
}

TEST(DropCounters, count_each_reason_and_all) {
  DropCounters counters;
  EXPECT_EQ(counters.total(), 0u);
  EXPECT_EQ(counters.last(), Drop::none);
  counters.add(Drop::ip_ttl);
  counters.add(Drop::ip_ttl);
  counters.add(Drop::no_block);
  EXPECT_EQ(counters.of(Drop::ip_ttl), 2u);
  EXPECT_EQ(counters.of(Drop::no_block), 1u);
  EXPECT_EQ(counters.of(Drop::ip_short), 0u);
  EXPECT_EQ(counters.total(), 3u);
  EXPECT_EQ(counters.last(), Drop::no_block);
}

TEST(Duration, what_is_subtracted_saturates_too) {
  const Duration least = Duration::microseconds(std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(-least, Duration::max());
  EXPECT_EQ(Duration() - least, Duration::max());
  EXPECT_EQ(Duration::seconds(3) - Duration::seconds(5), Duration::seconds(-2));
}

}  // namespace
}  // namespace linnet
