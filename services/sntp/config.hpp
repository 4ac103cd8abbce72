// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/sntp/time.hpp"

namespace linnet::sntp {

/// How the time comes (esp_sntp: SNTP_OPMODE_POLL and SNTP_OPMODE_LISTENONLY).
enum class Operation : std::uint8_t {
  poll,    ///< servers are asked
  listen,  ///< nothing is sent; what servers broadcast is taken (RFC 4330 5, mode 5)
};

/// What a correction does to the clock.
enum class SyncMode : std::uint8_t {
  immediate,  ///< the clock is set
  smooth,     ///< it runs faster or slower until it is right, and never goes back
};

struct Config {
  Operation operation = Operation::poll;
  SyncMode sync_mode = SyncMode::immediate;
  std::uint8_t servers = 4;                 ///< that the owner may set, 1 to 8
  std::uint8_t offered_servers = 4;         ///< that DHCP may offer beside them, 0 to 8
  std::uint8_t name_size = 64;              ///< characters of the longest server name
  std::uint8_t compared = 3;                ///< servers asked at a time; more than half of them must agree
  Duration timeout = Duration::seconds(3);  ///< of one request; then the next server is asked
  Duration startup_delay = Duration::seconds(5);  ///< RFC 4330 10: the most of the random wait at the start
  Duration interval = Duration::seconds(3600);    ///< from round to round; never less than minimum_interval
  Duration first_retry = Duration::seconds(15);   ///< after a round without the time; then doubled
  Duration broadcast_delay = Duration::milliseconds(4);  ///< one way, of what is broadcast (RFC 5905 8)
  Duration maximum_root = Duration::seconds(1);  ///< RFC 4330 5: of a server's root delay, and dispersion
  Duration maximum_distance = Duration::milliseconds(1500);  ///< RFC 5905 A.1.1: MAXDIST
  Duration unconfirmed_step = Duration::seconds(1000);       ///< a larger change, after the first, has to be
                                                             ///< said twice: by two servers or in two rounds
  std::uint32_t slew_ppm = 15625;                            ///< how much faster or slower `smooth` runs
  Duration slew_limit = Duration::seconds(2100);  ///< `smooth` sets the clock when it is farther off
  UnixTime earliest =
      default_earliest;  ///< timestamps are of the 136 years from here on: a build's date, say
};

/// RFC 4330 10: "MUST NOT under any conditions use a poll interval less than 15 seconds."
constexpr Duration minimum_interval = Duration::seconds(15);

}  // namespace linnet::sntp
