// SPDX-License-Identifier: Apache-2.0
// Association: what a client remembers of one server.
#pragma once

#include "core/udp/types.hpp"
#include "services/sntp/security.hpp"
#include "services/sntp/selection.hpp"
#include "services/sntp/status.hpp"

namespace linnet::sntp {

/// In a round.
enum class Phase : std::uint8_t {
  idle,       ///< not asked
  resolving,  ///< its name is being looked up
  asking,
  answered,
  failed,  ///< it had its turn
};

struct Association {
  MutableBytes name_room;  // kept over `forget`
  std::uint8_t name_length = 0;
  IpAddress address;
  Security* security = nullptr;
  bool offered = false;
  bool refused = false;
  Phase phase = Phase::idle;
  Opinion opinion = Opinion::none;
  std::uint8_t reach = 0;
  std::uint8_t rates = 0;     // kisses of RATE: each doubles the time that it is left alone
  std::uint8_t failures = 0;  // the next address of its name is taken for each
  std::uint8_t stratum = 0;
  Leap leap = Leap::unsynchronised;
  std::uint32_t reference_id = 0;
  std::uint32_t lookup = 0;  // while resolving
  std::uint32_t root_delay = 0;
  udp::SocketHandle socket;  // while asking
  std::uint64_t cookie = 0;  // while asking; our transmit timestamp, which is random
  Instant sent_at;
  Instant due = Instant::never();
  Instant not_before;
  Duration offset;
  SampleFilter filter;

  std::string_view name() const {
    return {reinterpret_cast<const char*>(name_room.data()), std::size_t{name_length}};
  }
  bool set() const { return name_length != 0 || !address.is_unspecified(); }
  bool in_play() const {
    return phase == Phase::resolving || phase == Phase::asking || phase == Phase::answered;
  }
  bool pending() const { return phase == Phase::resolving || phase == Phase::asking; }
  void forget() {
    const MutableBytes room = name_room;
    const bool was_offered = offered;
    *this = Association();
    name_room = room;
    offered = was_offered;
  }
};

}  // namespace linnet::sntp
