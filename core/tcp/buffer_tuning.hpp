// SPDX-License-Identifier: Apache-2.0
// Buffers that grow by measured need: the receive window to twice what the reader takes in a round trip, the send buffer
// to twice what may be under way.
#pragma once

#include "core/base/block.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"
#include "core/tcp/config.hpp"

namespace linnet::tcp {

/// The pace of one reader, in bytes each round trip, and the round trip as a receiver sees it.
class ReaderPace {
 public:
  bool timed() const { return rtt_ != 0; }
  Duration rtt() const { return Duration::microseconds(rtt_); }
  /// A measurement; a shorter one counts at once, a longer one (the sender may have been idle) by an eighth.
  void sample(Duration rtt);
  /// A segment answers something sent at `echo`, by our clock of milliseconds. Each value counts once.
  void answered(std::uint32_t echo, std::uint32_t clock);
  /// Without timestamps: data has come up to `nxt`, and nobody was told yet to send beyond `edge`. The time until that
  /// comes is a round trip when the window holds the sender back, and longer otherwise.
  void received(SequenceNumber nxt, SequenceNumber edge, Instant now);
  /// `count` bytes were read. Once each round trip yields what the window should be for the next one; 0 otherwise.
  std::uint32_t read(std::uint32_t count, Instant now);
  /// Nothing was read for so long that the pace is history.
  bool idle(Instant now) const { return now - began_ > rtt() * 8 + Duration::seconds(1); }

 private:
  Instant began_;               // of this round trip
  Instant turn_began_;          // without timestamps: when the window's left edge was here
  std::uint32_t turn_ = 0;      // and the right edge at that time; with timestamps the last echo
  std::uint32_t rtt_ = 0;       // microseconds; 0: not known
  std::uint32_t read_ = 0;      // in this round trip
  std::uint32_t before_ = 0;    // in the one before
};

/// What connections' receive buffers may grow by in all, beyond what each has at first.
class ReceiveBudget {
 public:
  ReceiveBudget(const Config& config, const BlockPool& pool);
  /// How much of `wanted` a connection that has `own` already may have: at most half of what the others leave, so that
  /// the next one finds something, too.
  std::uint32_t admit(std::uint32_t own, std::uint32_t wanted) const;
  void change(std::uint32_t from, std::uint32_t to) { granted_ = granted_ - from + to; }
  bool scarce() const { return granted_ > limit_ / 2; }
  std::uint64_t granted() const { return granted_; }
  std::uint64_t limit() const { return limit_; }

  Instant reclaimed_at;  // when grants of idle connections were last looked for

 private:
  std::uint64_t limit_ = 0;
  std::uint64_t granted_ = 0;
};

}  // namespace linnet::tcp
