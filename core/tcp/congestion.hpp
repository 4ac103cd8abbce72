// SPDX-License-Identifier: Apache-2.0
// Congestion control: slow start, congestion avoidance, fast retransmit and recovery (RFC 5681), NewReno
// (RFC 6582), with appropriate byte counting (RFC 3465) and the initial window of RFC 6928.
#pragma once

#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

class Congestion {
 public:
  /// RFC 6928 2: ten `segments`, of at most 1460 bytes each, at least two segments.
  void start(std::uint32_t mss, std::uint32_t segments);
  /// The segment size changed (path MTU): cwnd is at least one segment.
  void set_segment_size(std::uint32_t mss);

  /// `acked` new bytes were acknowledged outside of recovery. `limited` is false when the application, not the
  /// window, held the sender back (RFC 7661: an unused window says nothing about the path).
  void acknowledged(std::uint32_t acked, bool limited);
  /// RFC 6582 3.2 step 2: the third duplicate ACK; `flight` bytes are outstanding up to `recover`.
  void enter_recovery(std::uint32_t flight, SequenceNumber recover);
  /// RFC 5681 3.2 step 4: one more segment has left the network.
  void duplicate_in_recovery() { window_ += mss_; }
  /// RFC 6582 3.2 step 3, partial acknowledgment: deflate by what it covered, add back one segment.
  void partial_acknowledgment(std::uint32_t acked);
  /// RFC 6582 3.2 step 3, full acknowledgment; `flight` bytes are outstanding now.
  void leave_recovery(std::uint32_t flight);
  /// RFC 5681 3.1: the retransmission timer expired with `flight` bytes outstanding; `first` is false when the
  /// same segment timed out before (ssthresh is then kept).
  void timed_out(std::uint32_t flight, SequenceNumber recover, bool first);
  /// RFC 3168 6.1.2: a packet of the `flight` bytes outstanding was marked: the window is halved, nothing is lost.
  void marked(std::uint32_t flight);
  /// RFC 5681 4.1: nothing was sent for longer than an RTO.
  void restart_after_idle();

  std::uint32_t window() const { return window_; }
  std::uint32_t threshold() const { return threshold_; }
  bool in_recovery() const { return in_recovery_; }
  bool slow_start() const { return window_ < threshold_; }
  /// RFC 6582: the highest sequence number sent when the last loss was found.
  SequenceNumber recover() const { return recover_; }
  /// RFC 6582 3.2 step 2: duplicate ACKs below `recover` may be echoes of our own retransmissions.
  bool may_retransmit_fast() const { return !in_recovery_ && !recover_valid_; }
  /// Everything up to `una` is acknowledged: once that passes `recover`, it has served.
  void passed(SequenceNumber una) {
    if (!in_recovery_ && una > recover_) recover_valid_ = false;
  }

 private:
  std::uint32_t initial_window() const;

  std::uint32_t mss_ = 536;
  std::uint32_t initial_segments_ = 10;
  std::uint32_t window_ = 0;              // cwnd
  std::uint32_t threshold_ = 0xffffffff;  // ssthresh: arbitrarily high at first (RFC 5681 3.1)
  std::uint32_t counted_ = 0;             // bytes acknowledged since cwnd last grew (RFC 3465 2.1)
  SequenceNumber recover_;
  bool in_recovery_ = false;
  bool recover_valid_ = false;
};

}  // namespace linnet::tcp
