// SPDX-License-Identifier: Apache-2.0
// Duplicate acknowledgments of peers without SACK: what they stand for (RFC 5681 3.2, RFC 6582, RFC 6937 3).
#include <algorithm>

#include "core/tcp/test_sender.hpp"

namespace linnet::tcp::test {
namespace {

struct WithoutSack : Sender {
  explicit WithoutSack(const HarnessOptions& options = without_probes(), const Options& user = {})
      : Sender(options, {.sack = false, .user = user}) {}
  void duplicates(unsigned count, double at = 0) {
    for (unsigned i = 0; i < count; ++i) acknowledge(at);
  }
  int presumed() const { return static_cast<int>(status().measured.sacked); }
};

TEST(RecoveryWithoutSack, RFC5681_3_2_the_duplicates_of_one_number_are_counted) {
  WithoutSack s;
  s.send(10);
  s.duplicates(2);
  EXPECT_EQ(s.presumed(), 2);
  s.acknowledge(1);
  EXPECT_EQ(s.presumed(), 0);
  EXPECT_EQ(s.doing(), CongestionState::open);
  s.gone();
  s.duplicates(2, 1);
  EXPECT_EQ(s.status().retransmissions, 0u);
  s.duplicates(1, 1);
  EXPECT_EQ(s.gone(), Segments{1});
  EXPECT_EQ(s.status().measured.lost, 1u);
}

TEST(RecoveryWithoutSack, RFC5681_3_1_duplicates_that_were_none_grow_the_window_by_what_they_did_not_tell) {
  WithoutSack s;
  s.send(10);
  s.duplicates(2);
  s.acknowledge(4);
  EXPECT_EQ(s.cwnd(), 12);
}

TEST(RecoveryWithoutSack, C17_any_number_of_duplicates_stands_for_what_is_outstanding_behind_the_gap) {
  WithoutSack s;
  s.send(10);
  for (int i = 0; i < 600; ++i) {
    s.duplicates(1);
    EXPECT_EQ(s.presumed(), std::min(i + 1, 9)) << i;
  }
  WithoutSack one;
  one.send(1);
  one.duplicates(2);
  EXPECT_EQ(one.presumed(), 0);
  EXPECT_EQ(one.doing(), CongestionState::open);
}

TEST(RecoveryWithoutSack, RFC6582_3_2_a_partial_acknowledgment_takes_what_it_passes_off_the_duplicates) {
  struct Case {
    double acked;
    int presumed;
  };
  for (const Case& each : {Case{1.0 / mss, 5}, Case{1, 5}, Case{2.0015, 3}, Case{3, 3}, Case{6, 0}}) {
    WithoutSack s;
    s.send(10);
    s.duplicates(5);
    s.acknowledge(each.acked);
    EXPECT_EQ(s.doing(), CongestionState::recovery);
    EXPECT_EQ(s.presumed(), each.presumed) << each.acked;
    EXPECT_NEAR(s.gone().back(), each.acked, 0.001);
  }
}

TEST(RecoveryWithoutSack, RFC6937_3_seven_go_for_ten_duplicates) {
  HarnessOptions options = without_probes();
  options.tcp.initial_window = 20;
  WithoutSack s(options);
  s.send(40);
  s.duplicates(3);
  EXPECT_EQ(s.gone(), (Segments{20, 21, 0}));  // RFC 3042 first
  double went = 0;
  for (int i = 0; i < 10; ++i) {
    s.duplicates(1);
    went += static_cast<double>(s.gone().size());
  }
  EXPECT_NEAR(went, 7, 1);
}

TEST(RecoveryWithoutSack, RFC6582_3_2_the_end_forgets_the_duplicates) {
  for (const bool timeout : {false, true}) {
    SCOPED_TRACE(timeout);
    HarnessOptions options = without_probes();
    options.tcp.forward_rto = false;
    WithoutSack s(options);
    s.send(10);
    if (timeout) {
      s.duplicates(2);
      s.advance(s.status().retransmission_timeout);
      ASSERT_EQ(s.doing(), CongestionState::loss);
    } else {
      s.duplicates(5);
    }
    s.acknowledge(10);
    EXPECT_EQ(s.presumed(), 0);
    s.send(5);
    ASSERT_EQ(s.doing(), CongestionState::open);
    s.gone();
    const std::uint64_t before = s.status().retransmissions;
    s.duplicates(2, 10);
    EXPECT_EQ(s.status().retransmissions, before);
    EXPECT_EQ(s.presumed(), 2);
  }
}

TEST(RecoveryWithoutSack, RFC6582_4_1_no_segment_goes_again_for_the_acknowledgment_of_all_there_was) {
  WithoutSack s(without_probes(), {.no_delay = true});
  s.send(10);
  s.duplicates(3);
  s.duplicates(6);
  s.write(s.c, "x");  // RFC 6582 3.2 step 2: the window lets it go
  s.gone();
  const std::uint64_t before = s.status().retransmissions;
  s.acknowledge(10);
  EXPECT_EQ(s.doing(), CongestionState::recovery);
  EXPECT_EQ(s.status().retransmissions, before);
  s.duplicates(3, 10);
  EXPECT_EQ(s.status().retransmissions, before);
  s.acknowledge(10.0015);
  EXPECT_EQ(s.doing(), CongestionState::open);
}

}  // namespace
}  // namespace linnet::tcp::test
