// SPDX-License-Identifier: Apache-2.0
// FrameHistory: the rules that only show across frames. What it remembers is bounded; where it had to forget,
// it judges in favour of the host.
#pragma once

#include <compare>
#include <optional>

#include "sim/bounded_map.hpp"
#include "sim/frame_parts.hpp"

namespace linnet::sim {

/// Whether numbers that should be random go in steps: the same step several times in a row.
class Steps {
 public:
  explicit Steps(unsigned allowed) : allowed_(allowed) {}
  /// True when `value` can be foretold. `mask`: the bits that such a number has.
  bool foretold(std::uint32_t value, std::uint32_t mask);

 private:
  unsigned allowed_;
  unsigned repeated_ = 0;
  unsigned count_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t step_ = 0;
};

/// RFC 1812 4.3.2.8 and RFC 4443 2.4 f leave the way open: twice the rate of errors in a burst, the rate
/// itself in the long run.
class ErrorBucket {
 public:
  /// Another one is sent. False: it is too many.
  bool take(std::uint16_t per_second, Instant now);

 private:
  bool begun_ = false;
  std::int64_t tokens_ = 0;  ///< in millionths
  Instant filled_;
};

class FrameHistory {
 public:
  void sent_arp(FrameJudge& judge, Bytes packet, Station to, const ArpParts& arp, Instant now);
  /// RFC 826, and S9 of the simulator: only to a station that ARP has named, on the link the very one.
  void sent_to_station(FrameJudge& judge, Bytes frame, Station to, const Ipv4Parts& ip,
                       const FrameAddresses& own);
  void sent_ipv4(FrameJudge& judge, const Ipv4Parts& ip, Instant now);
  void sent_icmp(FrameJudge& judge, const Ipv4Parts& ip, std::uint16_t errors_per_second, Instant now);
  void sent_tcp(FrameJudge& judge, const Carrier& ip, const TcpParts& tcp, Instant now);
  void sent_dhcp(FrameJudge& judge, Bytes message, const DhcpParts& dhcp, FrameAddresses& own);
  void sent_dns(FrameJudge& judge, const Carrier& ip, const UdpParts& udp, const DnsParts& dns);

  // Of frames that arrive nothing is sure: whatever the host may make of them is allowed.
  void received_arp(Bytes packet, Station own_station, FrameAddresses& own);
  void received_icmp(Bytes packet, std::size_t header);
  void received_dhcp(Bytes message, Station own_station, FrameAddresses& own, Instant now);
  /// The neighbours may be asked for again at once.
  void link_came_up() { asked_.clear(); }

 private:
  struct Neighbour {
    std::uint32_t address;
    Station hardware;
    auto operator<=>(const Neighbour&) const = default;
  };
  struct Question {
    Station hardware;
    std::uint32_t sender;
    std::uint32_t target;
    auto operator<=>(const Question&) const = default;
  };
  struct Asked {
    bool ever = false;
    Instant last;
  };
  struct Echo {
    std::uint32_t peer;
    std::uint64_t message;
    auto operator<=>(const Echo&) const = default;
  };
  struct Triple {
    std::uint32_t source;
    std::uint32_t destination;
    std::uint8_t protocol;
    auto operator<=>(const Triple&) const = default;
  };
  struct Identifications {
    std::array<std::uint16_t, 256> value{};
    std::array<Instant, 256> sent{};
    std::uint32_t count = 0;
  };
  struct Tuple {
    Ipv6Address local;  ///< of IPv4 in the mapped form
    Ipv6Address remote;
    std::uint32_t ports;
    auto operator<=>(const Tuple&) const = default;
  };
  struct Flow {
    bool begun = false;
    bool synchronized = false;  ///< it has sent what only a synchronized connection sends
    bool answered = false;      ///< its SYN was one with ACK
    std::uint32_t isn = 0;
    std::uint32_t ack = 0;
    Instant at;
  };
  void sent_syn(FrameJudge& judge, Bytes segment, Flow& flow, const TcpParts& tcp, Instant now);

  BoundedMap<Neighbour, bool> neighbours_{512};
  BoundedMap<Station, bool> stations_{512};
  BoundedMap<Question, std::uint32_t> questions_{512};
  BoundedMap<std::uint32_t, Asked> asked_{256};
  BoundedMap<Echo, std::uint32_t> echoes_{512};
  bool echo_fragments_ = false;  ///< some came in pieces, and are not known
  BoundedMap<std::uint32_t, ErrorBucket> buckets_{128};
  BoundedMap<Triple, Identifications> identifications_{16};
  BoundedMap<Tuple, Flow> flows_{1024};
  Steps isn_steps_{2};
  Steps isn_clock_steps_{3};
  std::array<std::uint32_t, 8> ended_transactions_{};
  std::uint32_t ended_count_ = 0;
  std::uint32_t transaction_ = 0;
  std::optional<std::uint32_t> request_before_;
  bool transaction_ended_ = true;
  bool requested_ = false;
  bool asked_dns_ = false;
  Ipv6Address dns_server_{};
  std::uint32_t dns_key_ = 0;  ///< port and id of the last query
  std::uint64_t dns_question_ = 0;
  Steps dns_ids_{3};
  Steps dns_ports_{3};
};

}  // namespace linnet::sim
