// SPDX-License-Identifier: Apache-2.0
// The rules of the TCP monitor, and the judge that counts how often each was put to the test and keeps the first that
// was broken.
#pragma once

#include <array>
#include <string_view>

#include "core/base/bytes.hpp"

namespace linnet::sim {

enum class TcpRule : std::uint8_t {
  checksum,
  state,
  acknowledges_unreceived,
  acknowledgment_back,
  acknowledgment_stale,
  window_shrinks,
  retransmission_differs,
  data_before_established,
  gap_in_sequence,
  bare_sequence,
  data_after_fin,
  fin_moves,
  beyond_window,
  segment_too_large,
  scale_unasked,
  timestamps_unasked,
  timestamps_missing,
  sack_unasked,
  timestamp_back,
  timestamp_echo,
  timestamp_echo_old,
  syn_too_early,
  no_back_off,
  timeout_too_short,
  timeout_too_long,
  timeout_burst,
  retransmits_acknowledged,
  retransmits_sacked,
  initial_window,
  window_growth,
  delayed_ack,
  every_second_segment,
  gap_acknowledged,
  filled_gap_acknowledged,
  sack_unreceived,
  sack_first_block,
  sack_order,
  reset_sequence,
  reset_without_reason,
  reset_challenged,
  syn_challenged,
  syn_synchronized,
  initial_sequence,
  silly_window_offered,
  small_segments,
  probe_back_off,
  keepalive_unasked,
  duplicate_told,
};
constexpr std::size_t tcp_rules = static_cast<std::size_t>(TcpRule::duplicate_told) + 1;

/// "RFC9293.MUST-40" and the like.
std::string_view rule_id(TcpRule rule);
/// What the rule asks for, in a sentence.
std::string_view rule_text(TcpRule rule);

class TcpJudge {
 public:
  /// `value` and `limit` go into the report. Yields `holds`.
  bool check(TcpRule rule, bool holds, std::int64_t value = 0, std::int64_t limit = 0) {
    ++exercised_[static_cast<std::size_t>(rule)];
    if (!holds && !broken_) {
      broken_ = true;
      rule_ = rule;
      value_ = value;
      limit_ = limit;
    }
    return holds;
  }
  bool broken() const { return broken_; }
  TcpRule rule() const { return rule_; }
  std::int64_t value() const { return value_; }
  std::int64_t limit() const { return limit_; }
  const std::array<std::uint64_t, tcp_rules>& exercised() const { return exercised_; }

 private:
  bool broken_ = false;
  TcpRule rule_ = TcpRule::checksum;
  std::int64_t value_ = 0;
  std::int64_t limit_ = 0;
  std::array<std::uint64_t, tcp_rules> exercised_{};
};

}  // namespace linnet::sim
