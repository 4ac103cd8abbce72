// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

constexpr std::uint32_t mss = 1460;
const Duration round_trip = Duration::milliseconds(80);

struct Pacing : testing::Test {
  static HarnessOptions options() {
    HarnessOptions options;
    options.tcp.send_buffer = 100 * mss;
    options.link.segmentation = 65000;
    options.link.transmit_checksum = true;
    options.blocks = {.small_size = 1664, .small_count = 64, .large_size = 66048, .large_count = 4};
    return options;
  }
  /// An active open whose handshake takes `took`; then 90 segments are to be sent.
  void open(Duration took) {
    c = h.connect();
    h.advance(took);
    h.inject({.seq = h.peer_iss, .ack = h.our_nxt, .flags = Flags::syn | Flags::ack, .options = syn_options(mss)});
    EXPECT_EQ(h.expect_sent().flags, Flags::ack);
    h.write(c, std::string(90 * mss, 'x'));
  }
  /// How many segments were sent since it was last asked.
  std::uint32_t sent() {
    std::uint32_t bytes = 0;
    while (const auto wire = h.sent()) bytes += static_cast<std::uint32_t>(wire->data.size());
    EXPECT_EQ(bytes % mss, 0u);
    return bytes / mss;
  }
  void acknowledge(std::uint32_t segments) {
    h.our_nxt += segments * mss;
    h.inject(h.ack_of(h.our_nxt));
  }

  Harness h{options()};
  ConnectionHandle c;
};

TEST_F(Pacing, RFC6928_2_the_initial_window_is_a_burst) {
  open(round_trip);
  EXPECT_EQ(sent(), 10u);
}

TEST_F(Pacing, a_window_leaves_over_a_part_of_the_round_trip_and_all_of_it) {
  open(round_trip);
  sent();
  h.advance(round_trip);
  acknowledge(10);  // the window is 20: it goes at twice its rate, with a quarter of a round trip's credit
  const std::uint32_t at_once = sent();
  EXPECT_GE(at_once, 10u);
  EXPECT_LE(at_once, 12u);
  std::uint32_t later = 0;
  for (int i = 0; i < 40; ++i) {
    h.advance(round_trip / 80);
    const std::uint32_t now = sent();
    EXPECT_LE(now, 2u);
    later += now;
  }
  EXPECT_EQ(at_once + later, 20u);
}

TEST_F(Pacing, a_slow_handshake_does_not_hold_the_connection_back) {
  open(Duration::milliseconds(900));
  sent();
  h.advance(round_trip);
  acknowledge(10);
  sent();
  h.advance(round_trip / 2);
  EXPECT_EQ(h.tcp.status(c)->unsent, (90 - 30) * mss);
}

TEST_F(Pacing, may_be_switched_off) {
  Config config = options().tcp;
  config.pacing = false;
  h.tcp.reconfigure(config);
  open(round_trip);
  sent();
  h.advance(round_trip);
  acknowledge(10);
  EXPECT_EQ(sent(), 20u);
}

}  // namespace
}  // namespace linnet::tcp::test
