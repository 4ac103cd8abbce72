// SPDX-License-Identifier: Apache-2.0
// What transfers over bad links reach and cost, in virtual time; and that the harness counts right.
#include <gtest/gtest.h>

#include "tests/test_goodput.hpp"

namespace linnet::test {
namespace {

constexpr std::uint32_t buffer = 1 << 20;

GoodputCase over(std::string_view faults, Duration rtt) {
  GoodputCase goodput;
  EXPECT_FALSE(set_impairments(goodput.to_receiver, faults).has_value());
  goodput.to_receiver.delay = goodput.to_sender.delay = rtt / 2;
  goodput.sender = goodput.receiver = goodput_config(buffer);
  return goodput;
}

GoodputResult run_one(const GoodputCase& goodput) {
  GoodputResult result = run_goodput(goodput).flows.front();
  EXPECT_EQ(result.problem, "");
  return result;
}

TEST(SegmentCounter, CountsWhatWasThereBefore) {
  constexpr std::uint32_t first = 0xfffffff0u;  // the sequence wraps
  SegmentCounter counter;
  counter.take(first, 100);  // not counted: the stream has not begun
  counter.begin(first);
  counter.take(first, 100);
  counter.take(first + 200, 100);  // above a hole
  EXPECT_EQ(counter.segments(), 2u);
  EXPECT_EQ(counter.repeated(), 0u);
  counter.take(first + 200, 100);
  counter.take(first + 210, 10);
  counter.take(first + 50, 50);
  EXPECT_EQ(counter.repeated(), 3u);
  counter.take(first + 90, 20);   // half of each is new
  counter.take(first + 290, 20);
  EXPECT_EQ(counter.repeated(), 3u);
  counter.take(first + 110, 90);  // the rest of the hole
  EXPECT_EQ(counter.repeated(), 3u);
  counter.take(first + 100, 210);
  counter.take(first, 310);
  EXPECT_EQ(counter.repeated(), 5u);
  counter.take(first + 300, 11);
  EXPECT_EQ(counter.repeated(), 5u);
  EXPECT_EQ(counter.segments(), 11u);
}

TEST(Goodput, ACleanLinkIsFilledAndNothingIsSentTwice) {
  GoodputCase goodput = over("rate=20Mbit,queue=1000", Duration::milliseconds(20));
  goodput.bytes = 5000000;
  const GoodputResult result = run_one(goodput);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.bytes, goodput.bytes);
  EXPECT_EQ(result.retransmissions, 0u);
  EXPECT_EQ(result.timeouts, 0u);
  EXPECT_EQ(result.spurious, 0u);
  // 1448 of 1514 bytes of each frame are data; the rest is the beginning.
  EXPECT_GT(result.bits_per_second(), 20e6 * 1448 / 1514 * 0.95);
  EXPECT_LE(result.bits_per_second(), 20e6 * 1448 / 1514 * 1.01);
}

TEST(Goodput, CopiesThatTheLinkMakesCountAsRepeated) {
  GoodputCase goodput = over("duplicate=10%", Duration::milliseconds(20));
  const GoodputOutcome outcome = run_goodput(goodput);
  const GoodputResult& result = outcome.flows.front();
  EXPECT_TRUE(result.complete);
  EXPECT_GT(result.spurious, 30u);
  // Those of frames without data are not among them, nor those on the way when the last byte came.
  EXPECT_LE(result.spurious, outcome.to_receiver.duplicated + result.retransmissions);
  EXPECT_GE(result.spurious + 10, outcome.to_receiver.duplicated + result.retransmissions);
}

TEST(Goodput, TheSameSeedGivesTheSameRun) {
  GoodputCase goodput = over("loss=2%,reorder=5%", Duration::milliseconds(50));
  const GoodputResult first = run_one(goodput);
  const GoodputResult second = run_one(goodput);
  EXPECT_GT(first.retransmissions, 0u);
  EXPECT_EQ(first.took, second.took);
  EXPECT_EQ(first.segments, second.segments);
  EXPECT_EQ(first.tenths, second.tenths);
  goodput.seed = 2;
  EXPECT_NE(run_one(goodput).took, first.took);
}

TEST(Goodput, ATransferThatHasNoTimeIsIncomplete) {
  GoodputCase goodput = over("rate=1Mbit", Duration::milliseconds(20));
  goodput.limit = Duration::seconds(1);
  const GoodputResult result = run_one(goodput);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.took, goodput.limit);
  EXPECT_GT(result.bytes, 100000u);
  EXPECT_LE(result.bytes, 125000u);
}

TEST(Goodput, FlowsShareTheLink) {
  GoodputCase goodput = over("rate=20Mbit,queue=100", Duration::milliseconds(20));
  goodput.flows = {{}, {.begins = Duration::seconds(1)}};
  goodput.bytes = 1000000000;
  goodput.limit = Duration::seconds(5);
  const GoodputOutcome outcome = run_goodput(goodput);
  ASSERT_EQ(outcome.flows.size(), 2u);
  double sum = 0;
  for (const GoodputResult& flow : outcome.flows) {
    EXPECT_EQ(flow.problem, "");
    EXPECT_GT(flow.bytes, 100000u);
    sum += static_cast<double>(flow.bytes) * 8;
  }
  EXPECT_LE(sum, 20e6 * 6);
}

TEST(Goodput, AStillstandOfTheLinkDelaysAndLosesNothing) {
  GoodputCase goodput = over("", Duration::milliseconds(20));
  goodput.bytes = 50000000;
  const Duration without = run_one(goodput).took;
  goodput.spikes = {.every = Duration::milliseconds(200), .lasts = Duration::milliseconds(60)};
  const GoodputOutcome outcome = run_goodput(goodput);
  EXPECT_TRUE(outcome.flows.front().complete);
  EXPECT_GT(outcome.flows.front().took, without);
  EXPECT_EQ(outcome.to_receiver.lost + outcome.to_receiver.overflow, 0u);
}

}  // namespace
}  // namespace linnet::test
