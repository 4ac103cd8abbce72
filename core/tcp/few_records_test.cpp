// SPDX-License-Identifier: Apache-2.0
// Losses where there are few records to remember reductions by (Config::recoveries), and probes that a small
// window holds back.
#include "core/tcp/test_harness.hpp"

namespace linnet::tcp::test {
namespace {

std::vector<std::uint8_t> blocks(std::uint32_t left, std::uint32_t right) {
  OptionsWriter writer;
  const SackBlock block{SequenceNumber(left), SequenceNumber(right)};
  writer.sack({&block, 1});
  const Bytes bytes = writer.finish();
  return {bytes.begin(), bytes.end()};
}

HarnessOptions with_recoveries(std::uint16_t count) {
  return {
      .tcp = {
          .recoveries = count, .send_buffer = 20000, .rack = {.enabled = false}, .tail_loss_probe = false}};
}

/// The first of six segments seems lost and goes again; then all is acknowledged, and maybe that it came
/// twice.
void seem_to_lose(Harness& h, ConnectionHandle c, bool twice) {
  EXPECT_EQ(h.write(c, std::string(6000, 'x')), 6000u);
  h.discard_sent();
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt,
            .flags = Flags::ack,
            .options = blocks(h.our_nxt + 1000, h.our_nxt + 4000)});
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::recovery);
  const Wire again = h.expect_sent();
  EXPECT_EQ(again.seq, h.our_nxt);
  EXPECT_EQ(again.data.size(), 1000u);
  h.inject({.seq = h.peer_nxt,
            .ack = h.our_nxt + 6000,
            .flags = Flags::ack,
            .options = twice ? blocks(h.our_nxt, h.our_nxt + 1000) : std::vector<std::uint8_t>{}});
  h.our_nxt += 6000;
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::open);
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
  h.discard_sent();
}

TEST(FewRecords, RFC3708_a_needless_reduction_is_taken_back_where_it_is_remembered) {
  for (const std::uint16_t recoveries : {0, 1}) {
    Harness h(with_recoveries(recoveries));
    const auto c = h.accept(syn_options(1000, -1, true));
    const std::uint32_t before = h.tcp.status(c)->congestion_window;
    ASSERT_EQ(before, 10000u);
    seem_to_lose(h, c, true);
    if (recoveries == 0) {
      EXPECT_LT(h.tcp.status(c)->congestion_window, before) << "RFC 5681 3.2: it went down for good";
    } else {
      EXPECT_GE(h.tcp.status(c)->congestion_window, before);
    }
    EXPECT_EQ(h.tcp.status(c)->measured.duplicates_reported, 1u);
  }
}

TEST(FewRecords, a_record_that_is_kept_only_in_case_goes_to_who_needs_it) {
  Harness h(with_recoveries(1));
  const auto first = h.connect();
  h.inject({.seq = h.peer_iss,
            .ack = h.our_nxt,
            .flags = Flags::syn | Flags::ack,
            .options = syn_options(1000, -1, true)});
  h.discard_sent();
  seem_to_lose(h, first, false);
  const auto second = h.accept(syn_options(1000, -1, true));
  seem_to_lose(h, second, true);
  EXPECT_GE(h.tcp.status(second)->congestion_window, 10000u) << "it had one";
}

TEST(FewRecords, RFC6298_5_4_a_timeout_needs_no_record) {
  Harness h(with_recoveries(0));
  const auto c = h.accept(syn_options(1000, -1, true));
  EXPECT_EQ(h.write(c, std::string(3000, 'x')), 3000u);
  h.discard_sent();
  h.advance(Duration::seconds(1));
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::loss);
  EXPECT_EQ(h.expect_sent().seq, h.our_nxt);
  h.discard_sent();
  h.inject(h.ack_of(h.our_nxt + 3000));
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::open);
  EXPECT_EQ(h.tcp.status(c)->send_queue, 0u);
}

TEST(FewRecords, RFC8985_7_3_a_window_too_small_for_new_data_has_the_last_segment_probe) {
  Harness h;
  const auto c = h.accept(syn_options(1000, -1, true), {.no_delay = true}, 1500);
  EXPECT_EQ(h.write(c, std::string(3000, 'x')), 3000u);
  EXPECT_EQ(h.expect_sent().data.size(), 1000u);
  h.discard_sent();
  h.advance(Duration::milliseconds(250));
  const Wire probe = h.expect_sent();
  EXPECT_LE(probe.seq + probe.data.size(), h.our_nxt + 1500) << "within the window";
  EXPECT_EQ(h.tcp.status(c)->measured.state, CongestionState::open) << "a probe is no loss";
}

}  // namespace
}  // namespace linnet::tcp::test
