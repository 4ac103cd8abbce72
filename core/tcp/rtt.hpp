// SPDX-License-Identifier: Apache-2.0
// The retransmission timeout, RFC 6298, in microseconds.
#pragma once

#include "core/base/digest.hpp"
#include "core/tcp/config.hpp"

namespace linnet::tcp {

class RoundTripTime {
 public:
  explicit RoundTripTime(const Config& config) : rto_(config.initial_rto) {}

  /// A measurement of a segment that was not retransmitted (3, Karn's algorithm), or one by its timestamp.
  void sample(Duration rtt, const Config& config);
  /// 5.5: the timer expired. The next measurement ends the back-off (5, last note).
  void back_off(const Config& config);
  /// 5.7: the SYN was retransmitted: the timeout is 3 seconds when data transmission begins.
  void syn_was_retransmitted();

  bool measured() const { return measured_; }
  Duration smoothed() const { return smoothed_; }
  Duration variation() const { return variation_; }
  Duration rto() const { return rto_; }

 private:
  Duration computed(const Config& config) const;

  Duration smoothed_;
  Duration variation_;
  Duration rto_;
  bool measured_ = false;
};

}  // namespace linnet::tcp
