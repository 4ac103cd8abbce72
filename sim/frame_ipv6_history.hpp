// SPDX-License-Identifier: Apache-2.0
// FrameIpv6History: the rules of IPv6 and ICMPv6 that only show across frames, as FrameHistory has those of
// IPv4: identifications, flow labels, echoes, errors.
#pragma once

#include "sim/frame_history.hpp"
#include "sim/frame_ipv6_parts.hpp"

namespace linnet::sim {

class FrameIpv6History {
 public:
  void sent_fragment(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  /// Of a TCP segment or a UDP datagram.
  void sent_in_flow(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  void sent_echo_reply(FrameJudge& judge, const Ipv6Parts& ip, Instant now);
  void sent_error(FrameJudge& judge, const Ipv6Parts& ip, std::uint16_t errors_per_second, Instant now);
  void sent_listener_report(FrameJudge& judge, const Ipv6Parts& ip);

  /// Whatever arrives. `to_group`: at a group of stations.
  void received(const Ipv6Parts& ip, bool to_group, Instant now);

 private:
  struct Pair {
    Ipv6Address source;
    Ipv6Address destination;
    auto operator<=>(const Pair&) const = default;
  };
  struct Identifications {
    std::array<std::uint32_t, 256> value{};
    std::array<Instant, 256> sent{};
    std::uint32_t count = 0;
  };
  struct Tuple {
    Pair addresses;
    std::uint32_t ports;
    std::uint8_t protocol;
    auto operator<=>(const Tuple&) const = default;
  };
  struct Flow {
    bool begun = false;
    std::uint32_t label = 0;
    Instant last;
  };
  struct Echo {
    Ipv6Address peer;
    Ipv6Address asked;  ///< ::: a group
    std::uint64_t message;
    auto operator<=>(const Echo&) const = default;
  };
  /// What an error may be about.
  struct Arrival {
    std::uint64_t packet = 0;
    bool to_group = false;
    Instant at;
  };
  void check_quote(FrameJudge& judge, const Ipv6Parts& ip, Instant now) const;

  BoundedMap<Pair, Identifications> identifications_{16};
  BoundedMap<Tuple, Flow> flows_{1024};
  Steps labels_{2};
  BoundedMap<Echo, std::uint32_t> echoes_{512};
  Instant pieces_until_{};          ///< what came in pieces is not known, and may be answered until then
  bool old_query_arrived_ = false;  ///< of MLDv1
  BoundedMap<Ipv6Address, ErrorBucket> buckets_{128};
  std::array<Arrival, 512> arrivals_{};
  std::size_t arrived_ = 0;
};

}  // namespace linnet::sim
