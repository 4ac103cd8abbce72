// SPDX-License-Identifier: Apache-2.0
// Path MTU discovery without ICMP (RFC 4821): what one connection knows of the sizes that get through.
#pragma once

#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"

namespace linnet::tcp {

/// Sizes are those of IP packets. The names of RFC 4821 7.1, where it has any.
struct PathMtuSearch {
  Instant next;                ///< no probe before this
  SequenceNumber probe;        ///< the number of the probe's first byte
  SequenceNumber watched;      ///< the end of a full-sized segment whose acknowledgment proves that it arrived
  SequenceNumber told_about;   ///< the segment that `told` is about
  std::uint16_t used = 0;      ///< eff_pmtu: no larger packet is sent but a probe; 0: no search, the path MTU counts
  std::uint16_t high = 0;      ///< search_high: does not get through; 0: nothing is known
  std::uint16_t probing = 0;   ///< probe_size of the probe that is not acknowledged yet; 0: there is none
  std::uint16_t proven = 0;    ///< RFC 5927 7.2 maxsizeacked
  std::uint16_t told = 0;      ///< an MTU that ICMP told and that is not believed yet; 0: none
  bool probe_lost = false;     ///< `probing` was, and nothing else so far; its bytes go out again
  bool watching = false;       ///< `watched` holds
};

}  // namespace linnet::tcp
