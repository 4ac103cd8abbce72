// SPDX-License-Identifier: Apache-2.0
// The congestion window: slow start (RFC 5681, RFC 3465 byte counting, RFC 9406 HyStart++), congestion avoidance by CUBIC
// (RFC 9438) or Reno (RFC 5681), the initial window (RFC 6928). When it goes down, and how, is recovery.cpp's.
#pragma once

#include "core/tcp/config.hpp"
#include "core/tcp/cubic.hpp"
#include "core/tcp/hystart.hpp"

namespace linnet::tcp {

class Congestion {
 public:
  static constexpr std::uint32_t unlimited = 0x7fffffff;  ///< ssthresh before the first loss (RFC 5681 3.1)

  /// What an acknowledgment outside of recovery tells.
  struct Progress {
    std::uint32_t acked = 0;  ///< bytes newly acknowledged
    bool limited = false;     ///< the window held the sender back (RFC 7661: an unused window says nothing)
    Duration minimum_rtt;
    Instant now;
  };

  /// The handshake is over, with `mss` bytes in a full segment.
  void start(std::uint32_t mss, SequenceNumber nxt, const Config& config);
  /// The segment size changed (path MTU): cwnd is at least one segment, and no more of them than before.
  void set_segment_size(std::uint32_t mss);
  void set_algorithm(CongestionControl algorithm);

  /// The round trip of the latest segment that has arrived, in order or not: a late one says nothing of a queue.
  void measured(Duration rtt, SequenceNumber una, SequenceNumber nxt);
  void acknowledged(const Progress& progress);
  /// A loss or a mark: sets ssthresh to what the window shall go down to (RFC 5681 (4), RFC 9438 4.6).
  void reduce_threshold();
  void set_window(std::uint32_t bytes) { window_ = bytes < mss_ ? mss_ : bytes; }
  /// RFC 5681 3.1, RFC 9438 4.8: a retransmission timeout begins slow start with `bytes`.
  void timed_out(std::uint32_t bytes);
  /// RFC 5681 4.1 as RFC 2861 2.1 softens it: nothing was sent for `idle`; the window halves for each RTO of it.
  void idle(Duration idle, Duration rto);
  /// RFC 9438 5.8: the time during which nothing was to be sent does not count.
  void resumed(Duration idle);

  /// What a loss that turns out to be none gives back (RFC 4015, RFC 9438 4.9).
  struct Saved {
    std::uint32_t window = 0;
    std::uint32_t threshold = 0;
    CubicHistory history;
    CubicEpoch epoch;
  };
  Saved save() const;
  void restore(const Saved& saved);

  std::uint32_t window() const { return window_; }
  std::uint32_t threshold() const { return threshold_; }
  bool slow_start() const { return window_ < threshold_; }
  CongestionControl algorithm() const { return algorithm_; }
  std::uint32_t initial_window() const;

 private:
  void avoid(const Progress& progress);
  void leave_slow_start();

  std::uint32_t window_ = 0;               // cwnd
  std::uint32_t threshold_ = unlimited;    // ssthresh
  CubicHistory history_;
  std::uint32_t counted_ = 0;              // Reno: bytes acknowledged since cwnd last grew (RFC 3465 2.1)
  std::uint16_t mss_ = 536;
  std::uint8_t initial_segments_ = 10;
  CongestionControl algorithm_ = CongestionControl::cubic;
  bool hystart_ = true;                    // `in_` holds HyStart: slow start has not ended yet
  union Stage {                            // only one of them is ever at work
    constexpr Stage() : slow_start() {}
    HyStart slow_start;
    CubicEpoch avoidance;
  } in_;
};

}  // namespace linnet::tcp
