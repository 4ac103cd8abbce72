// SPDX-License-Identifier: Apache-2.0
// Adversary: sends what nobody should. Off the path it sees nothing and guesses; on the path it sees every
// frame, and repeats, changes and answers it. What it knows of IPv6 alone is in adversary_ipv6.hpp.
#pragma once

#include <array>

#include "sim/adversary_ipv6.hpp"
#include "sim/host.hpp"

namespace linnet::sim {

struct AdversaryPlan {
  bool present = false;
  bool on_path = false;
  bool ipv6 = false;  ///< its victims speak IPv6 as well
  Duration gap = Duration::milliseconds(100);  ///< between its frames, on average
  std::uint32_t kinds = ~0u;                   ///< bits of Adversary::Kind that it does
};

class Adversary final : public Program {
 public:
  enum class Kind : std::uint8_t {
    tcp_guess,  ///< a segment of a connection that might exist
    syn_flood,  ///< handshakes from addresses that nobody has
    udp_guess,
    icmp_error,  ///< about packets that might have been sent
    arp_scan,    ///< requests in the name of addresses that nobody has
    fragments,   ///< beginnings without ends, and what overlaps
    malformed,   ///< anything, with a byte changed
    martian,     ///< sources and destinations that must not appear
    repeat,      ///< on the path: a frame again
    change,      ///< on the path: a frame with a field changed and right checksums
    reset,       ///< on the path: a reset, a SYN or a FIN that fits
    // Of IPv6.
    neighbour_discovery,  ///< solicitations, advertisements, redirects and routers that are not what they say
    ipv6_fragments,       ///< beginnings without ends, and what overlaps
    ipv6_extensions,      ///< chains of headers, in orders and lengths that nobody should send
    icmpv6_error,         ///< about packets that might have been sent
    ipv6_martian,         ///< sources and destinations that must not appear
    listener_query,       ///< of multicast listeners, right and wrong, of both versions
  };
  static constexpr std::size_t kinds = 17;

  /// `victims`: addresses with their stations.
  using Victim = Ipv6Attacks::Victim;
  Adversary(Lan& lan, const AdversaryPlan& plan, std::vector<Victim> victims, std::uint64_t seed);
  Instant step(Instant now) override;
  void stop() { stopped_ = true; }
  /// What passes, for one on the path.
  void saw(Bytes frame);
  /// How many of each kind were sent.
  const std::array<std::uint64_t, kinds>& sent() const { return sent_; }

 private:
  Kind choose();
  void act(Kind kind);
  Buffer frame_of(Kind kind);
  const Victim& victim() { return victims_[choices_.between(0, victims_.size() - 1)]; }
  FrameEnds between(const Victim& from, const Victim& to);
  /// From one victim to one, each drawn in a statement of its own: compilers differ in which argument they take first.
  FrameEnds between_any();
  /// The same, now and then by IPv6.
  FrameEnds either_of_any();
  IpAddress nobody(bool ipv6 = false);
  Buffer tcp_guess(bool syn);
  Buffer icmp_error();
  Buffer fragment();
  Buffer malformed();
  Buffer source_routed(const FrameEnds& addresses);
  Buffer martian();
  Buffer changed();
  Buffer reset();

  Lan& lan_;
  Port& port_;
  AdversaryPlan plan_;
  std::vector<Victim> victims_;
  Choices choices_;
  Ipv6Attacks ipv6_;
  bool stopped_ = false;
  Instant due_{};
  Buffer seen_;  ///< one of the last frames
  std::array<std::uint64_t, kinds> sent_{};
};

}  // namespace linnet::sim
