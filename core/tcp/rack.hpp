// SPDX-License-Identifier: Apache-2.0
// RACK (RFC 8985): a segment is lost when one that was sent later has arrived and a reordering window has passed. The
// state of 5.3, and the steps of 6.2 that are about it alone; the scoreboard's marks are set in recovery.cpp.
#pragma once

#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

struct RackSettings {
  bool enabled = true;
  /// 6.2 step 4: until reordering was seen, the window is zero once so many segments are SACKed, or in recovery: as fast
  /// as three duplicate acknowledgments were.
  std::uint8_t duplicate_threshold = 3;
  /// Half a round trip instead, until the connection has met its first gap: if that is reordering, nothing is sent in
  /// vain and the window is known; if it is a loss, the path keeps its order, and only this one is found later.
  bool patient_at_first = true;
};

class Rack {
 public:
  /// RACK.xmit_ts and RACK.end_seq; false until something was delivered.
  bool valid() const { return valid_; }
  Duration rtt() const { return Duration::microseconds(rtt_); }
  /// How many segments came late without having been sent again.
  std::uint32_t reorderings() const { return reorderings_; }
  std::uint8_t steps() const { return multiplier_; }

  /// Step 2: a segment sent at `sent` that ends at `end` was delivered. `minimum`: the connection's least round trip.
  void delivered(Instant sent, SequenceNumber end, bool retransmitted, Duration minimum, Instant now);
  /// Whether what was sent at `sent` and ends at `end` was sent before the latest segment that was delivered.
  bool sent_before(Instant sent, SequenceNumber end) const {
    return sent < sent_ || (sent == sent_ && end < end_);
  }
  /// Step 3: a segment that was sent once arrived after one that was sent later. How late measures the reordering.
  void reordered(Instant sent, Instant now);
  /// Step 4, the adaptation: a duplicate was SACKed. At most one step a round trip, for the next 16 recoveries.
  void duplicate_sacked(SequenceNumber una, SequenceNumber nxt);
  void recovered() {
    orderly_ = orderly_ || !reordering_seen_;
    if (persist_ > 0 && --persist_ == 0) multiplier_ = 1;
  }
  /// Step 4: how long after RACK.rtt a segment may still come in. `eager`: three duplicates, or recovery.
  Duration window(bool eager, Duration minimum, Duration smoothed, const RackSettings& settings) const;

 private:
  Instant sent_;
  SequenceNumber end_;
  SequenceNumber round_end_;      // of the round trip in which the window was widened last
  std::uint32_t rtt_ = 0;         // microseconds
  std::uint32_t lateness_ = 0;    // microseconds: the largest that was seen
  std::uint32_t reorderings_ = 0;
  std::uint8_t multiplier_ = 1;   // RACK.reo_wnd_mult
  std::uint8_t persist_ = 0;      // RACK.reo_wnd_persist
  bool round_valid_ = false;
  bool reordering_seen_ = false;
  bool orderly_ = false;          // a loss was repaired before any reordering was seen
  bool valid_ = false;
};

}  // namespace linnet::tcp
