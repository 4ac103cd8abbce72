// SPDX-License-Identifier: Apache-2.0
// What a path that changes the order does to the window: nothing.
#include <gtest/gtest.h>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::uint32_t mss = 1460;
const Duration round_trip = Duration::milliseconds(80);

struct Reordering : testing::Test {
  Reordering() {
    c = h.connect();
    h.advance(round_trip);
    h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack,
              .options = syn_options(mss, -1, true)});
    h.write(c, std::string(90 * mss, 'x'));
    h.advance(round_trip);
    h.discard_sent();
  }
  static HarnessOptions options() {
    HarnessOptions options;
    options.tcp.send_buffer = 100 * mss;
    return options;
  }
  /// All up to segment `acked`, and those in [from, to) beyond a gap.
  void acknowledge(std::uint32_t acked, std::uint32_t from = 0, std::uint32_t to = 0) {
    Wire ack = h.ack_of(h.our_nxt + acked * mss);
    OptionsWriter writer;
    const std::array<SackBlock, 1> block{
        SackBlock{SequenceNumber(h.our_nxt + from * mss), SequenceNumber(h.our_nxt + to * mss)}};
    if (to > 0) writer.sack(block);
    const Bytes bytes = writer.finish();
    ack.options.assign(bytes.begin(), bytes.end());
    h.inject(ack);
  }
  std::uint32_t window() const { return h.tcp.status(c)->congestion_window / mss; }
  std::uint64_t retransmissions() const { return h.tcp.status(c)->retransmissions; }

  Harness h{options()};
  ConnectionHandle c;
};

TEST_F(Reordering, the_first_gap_that_is_filled_counts_all_that_arrived) {
  for (std::uint32_t to = 2; to <= 10; ++to) acknowledge(0, 1, to);
  EXPECT_EQ(window(), 10u);  // RFC 5681 3.2: the gap may be a loss
  acknowledge(10);
  EXPECT_EQ(window(), 20u);
  EXPECT_EQ(retransmissions(), 0u);
}

TEST_F(Reordering, from_then_on_what_arrives_beyond_a_gap_counts_at_once_and_only_once) {
  acknowledge(0, 1, 2);
  acknowledge(10);
  ASSERT_EQ(window(), 20u);
  h.advance(round_trip);
  acknowledge(10, 11, 16);
  EXPECT_EQ(window(), 25u);
  acknowledge(16);
  EXPECT_EQ(window(), 26u);
  EXPECT_EQ(retransmissions(), 0u);
}

}  // namespace
}  // namespace linnet::tcp::test
