// SPDX-License-Identifier: Apache-2.0
// FrameNeighbours: neighbour discovery (RFC 4861) across frames: who was heard of, what was asked, and how
// often.
#pragma once

#include "sim/bounded_map.hpp"
#include "sim/frame_ipv6_addresses.hpp"
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {

class FrameNeighbours {
 public:
  void sent_solicitation(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd, FrameIpv6Addresses& own,
                         Instant now);
  void sent_advertisement(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd,
                          const FrameIpv6Addresses& own, Instant now);
  void sent_router_solicitation(FrameJudge& judge, const Ipv6Parts& ip, const NdParts& nd,
                                const FrameIpv6Addresses& own, Instant now);
  /// Only to a station that neighbour discovery has named, on the link the very one.
  void sent_to_station(FrameJudge& judge, Bytes frame, Station to, const Ipv6Parts& ip,
                       const FrameIpv6Addresses& own);

  /// Of frames that arrive nothing is sure: whatever the host may make of them is allowed.
  void received(const Ipv6Parts& ip, FrameIpv6Addresses& own, Instant now);
  /// Everybody may be asked again at once.
  void link_came_up();

 private:
  struct Neighbour {
    Ipv6Address address;
    Station hardware;
    auto operator<=>(const Neighbour&) const = default;
  };
  struct Question {
    Ipv6Address asker;  ///< ::: it probes
    Ipv6Address target;
    auto operator<=>(const Question&) const = default;
  };
  struct Open {
    std::uint32_t to_group = 0;
    std::uint32_t to_station = 0;  ///< these know our station
  };
  struct Asked {
    Ipv6Address target;
    bool multicast;
    auto operator<=>(const Asked&) const = default;
  };
  struct Last {
    bool ever = false;
    Instant at;
    /// Notes one more; whether the one before is `apart` or more ago.
    bool again(Instant now, Duration apart);
  };
  static void check_asker(FrameJudge& judge, const Ipv6Parts& ip, const FrameIpv6Addresses& own, Instant now);
  void named(const Ipv6Address& address, Bytes message, std::size_t options, std::uint8_t kind);
  void received_solicitation(const Ipv6Parts& ip, FrameIpv6Addresses& own, bool valid, Instant now);
  void received_advertisement(const Ipv6Parts& ip, FrameIpv6Addresses& own, bool valid, Instant now);

  BoundedMap<Neighbour, bool> neighbours_{512};
  BoundedMap<Station, bool> stations_{512};
  BoundedMap<Ipv6Address, bool> redirected_{64};  ///< these may be anywhere
  BoundedMap<Question, Open> questions_{512};
  BoundedMap<Asked, Last> asked_{256};
  BoundedMap<Ipv6Address, Last> announced_{64};
  Last router_asked_;
};

}  // namespace linnet::sim
