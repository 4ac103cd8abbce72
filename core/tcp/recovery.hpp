// SPDX-License-Identifier: Apache-2.0
// What exists of a connection only while it repairs a loss, and what one acknowledgment tells. The mechanisms are in
// recovery.cpp (RFC 5681, 6675, 6937, 8985), spurious.cpp (RFC 5682, 4015, 3708) and tail_loss_probe.cpp (RFC 8985 7).
#pragma once

#include "core/tcp/congestion.hpp"
#include "core/tcp/proportional_rate.hpp"
#include "core/tcp/wire.hpp"

namespace linnet::tcp {

/// Taken out of a pool when the window is first reduced, given back when all that was outstanding then is acknowledged.
struct Recovery {
  ProportionalRate rate;
  Congestion::Saved before;              ///< what a spurious reduction gives back
  SequenceNumber began_at;               ///< SND.UNA when the window was reduced
  std::uint32_t unaccounted = 0;         ///< bytes sent again whose duplicates were not reported by D-SACK
  std::uint32_t first_timestamp = 0;     ///< TSval of the first retransmission (RFC 4015 RetransmitTS)
  bool may_undo = false;                 ///< `before` holds
  bool retransmitted = false;            ///< `first_timestamp` holds
  bool forward = false;                  ///< RFC 5682: it is open whether the timeout was spurious
  bool late = false;                     ///< over for a round trip
  bool forward_new_data = false;         ///< RFC 5682 step 2b: new data goes out instead of what was marked lost
};

/// One acknowledgment on its way through the fifth step.
struct AckNews {
  const Segment& segment;
  Instant now;
  std::uint32_t acked = 0;        ///< bytes that SND.UNA passed
  std::uint32_t delivered = 0;    ///< bytes that are known to have arrived for the first time
  SequenceNumber highest_before;  ///< the highest number that was SACKed before
  bool sacked_before = false;     ///< `highest_before` holds
  bool reordered = false;         ///< something came late
  bool advanced = false;          ///< SND.UNA moved
  bool duplicate = false;         ///< RFC 5681 2
  bool sacked = false;            ///< something was SACKed for the first time
  bool duplicate_sacked = false;  ///< a D-SACK (RFC 2883)
  bool probe_duplicated = false;  ///< ... of the tail loss probe
  bool original_arrived = false;  ///< a segment arrived that was sent once, before the timeout (RFC 5682)
  bool retransmission_acked = false;   ///< what was passed contains a retransmission (Karn)
  bool marked = false;            ///< ECE: a packet of ours met congestion (RFC 3168 6.1.2)
  bool newly_lost = false;
  bool retransmission_lost = false;
  bool timer_set = false;         ///< RACK waits for reordered segments
  Instant first_sent = Instant::never();    ///< the earliest acknowledged segment that was sent once
  Instant last_sent = Instant::never();     ///< the latest that arrived, acknowledged or SACKed, and was sent once
  Instant first_sacked = Instant::never();  ///< the earliest SACKed one that was sent once
  Duration rtt{};                 ///< of the latest segment; zero: none was measured
};

}  // namespace linnet::tcp
