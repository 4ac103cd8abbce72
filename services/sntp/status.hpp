// SPDX-License-Identifier: Apache-2.0
// What an SNTP client tells its owner.
#pragma once

#include <string_view>

#include "core/base/address.hpp"
#include "services/sntp/wire.hpp"

namespace linnet::sntp {

/// esp_sntp: SNTP_SYNC_STATUS_RESET, _IN_PROGRESS, _COMPLETED.
enum class Progress : std::uint8_t {
  none,      ///< the time was not had yet
  slewing,   ///< it was, and `smooth` is still at work
  complete,  ///< it was
};

struct Status {
  bool running = false;
  Progress progress = Progress::none;
  IpAddress server;  ///< that was believed last; unspecified: none yet
  Leap leap = Leap::unsynchronised;
  std::uint8_t stratum = unsynchronised_stratum;  ///< that server's
  std::uint32_t reference_id = 0;                 ///< that server's
  Duration correction;                            ///< of the clock, the last time; 0 the first time
  Duration delay;                                 ///< there and back
  Duration root_delay;                            ///< to the clock that all of it comes from
  Duration distance;                              ///< the most that the time was off when it was had
  Instant synchronised_at = Instant::never();     ///< the last time; never: not yet
  std::uint32_t rounds = 0;                       ///< in which servers were asked and that are over
  std::uint32_t version = 0;                      ///< moves whenever the clock is corrected: the news
  std::uint32_t sent = 0;                         ///< requests
  std::uint32_t accepted = 0;
  std::uint32_t ignored = 0;        ///< datagrams that were no answer, or not a sane one
  std::uint32_t kisses = 0;         ///< RATE, DENY and RSTR obeyed
  std::uint32_t disagreements = 0;  ///< rounds in which no majority agreed
  std::uint32_t suspicions = 0;  ///< changes that were not made, since they are large and were said but once
};

/// What was made of a server in the last round that it was part of.
enum class Opinion : std::uint8_t { none, silent, outvoted, agrees, chosen };

struct ServerStatus {
  std::string_view name{};  ///< empty when it was set by its address; valid until the client's next call
  IpAddress address;        ///< unspecified: not resolved yet
  bool offered = false;     ///< by DHCP
  bool refused = false;     ///< it said DENY or RSTR: it is not asked any more
  std::uint8_t reach = 0;   ///< the last eight times that it was asked, the latest lowest: 1 answered
  Opinion opinion = Opinion::none;
  std::uint8_t stratum = 0;  ///< 0: no answer yet
  std::uint32_t reference_id = 0;
  Duration offset;  ///< of its time from the owner's clock just before that was corrected; 0 without a clock
  Duration delay;   ///< there and back
  Instant answered_at = Instant::never();
};

}  // namespace linnet::sntp
