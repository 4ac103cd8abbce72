// SPDX-License-Identifier: Apache-2.0
// The retransmission timeout, RFC 6298, in microseconds; and the least round trip of the last minutes (RFC 8985 6.2 step 1).
#pragma once

#include "core/base/digest.hpp"
#include "core/base/sequence_number.hpp"
#include "core/tcp/config.hpp"

namespace linnet::tcp {

class RoundTripTime {
 public:
  explicit RoundTripTime(const Config& config) : rto_(config.initial_rto) {}

  /// A measurement of a segment that was not retransmitted (3, Karn's algorithm), or one by its timestamp. There may be
  /// many in a round trip, so the variation is the largest of each one (RFC 7323 appendix G: gains that suit one
  /// measurement a round trip would forget within a fraction of it). `una`, `nxt`: to know round trips apart.
  void sample(Duration rtt, SequenceNumber una, SequenceNumber nxt, const Config& config, Instant now);
  /// 5.5: the timer expired. The next measurement ends the back-off (5, last note).
  void back_off(const Config& config);
  /// 5.7: the SYN was retransmitted: the timeout is 3 seconds when data transmission begins.
  void syn_was_retransmitted();
  /// What the back-off made of it is forgotten: the timeout was spurious (RFC 4015 3.3).
  void end_back_off(const Config& config) { rto_ = computed(config); }

  bool measured() const { return measured_; }
  Duration smoothed() const { return Duration::microseconds(smoothed_); }
  Duration variation() const { return Duration::microseconds(variation_); }
  Duration minimum() const { return Duration::microseconds(minimum_); }
  Duration rto() const { return rto_; }

 private:
  Duration computed(const Config& config) const;
  void note_minimum(std::uint32_t rtt, Instant now);

  Duration rto_;
  Instant minimum_until_;          // then the least one is old, and a newer one takes its place
  std::uint32_t smoothed_ = 0;     // SRTT
  std::uint32_t variation_ = 0;    // RTTVAR
  std::uint32_t deviation_ = 0;    // smoothed over all measurements
  std::uint32_t deviation_max_ = 0;  // the largest of this round trip
  std::uint32_t minimum_ = 0;
  SequenceNumber round_end_;
  bool measured_ = false;
};

}  // namespace linnet::tcp
