// SPDX-License-Identifier: Apache-2.0
// FrameIpv6Addresses: which IPv6 addresses a host may send from, as an observer of it can know: those that it
// was given, and those that it makes of prefixes that arrive (RFC 4862 5.5); each once duplicate address
// detection (5.4) has had its time.
#pragma once

#include <array>
#include <optional>

#include "sim/frame_parts.hpp"

namespace linnet::sim {

class FrameIpv6Addresses {
 public:
  struct Own {
    Ipv6Address address{};  ///< ::: the slot is free
    std::uint8_t prefix_length = 64;
    bool given = false;           ///< told by the host's owner, not learned
    bool usable_at_once = false;  ///< given as such: it is not probed
    bool tentative = false;
    bool optimistic = false;          ///< may be used with care even so (RFC 4429)
    std::optional<Instant> conflict;  ///< since then somebody else has it, or wants it
    bool anew = false;                ///< the link came up: it may be probed at once
    bool ambiguous = false;  ///< the last probe was the first of new ones, or went on with the old ones
    std::uint32_t probes = 0;
    Instant last_probe;
  };

  explicit FrameIpv6Addresses(const FrameCheckerConfig& config)
      : learns_(config.learn_prefixes), optimistic_(config.optimistic), transmits_(config.dad_transmits) {}

  void add(const Ipv6Address& address, std::uint8_t prefix_length, AddressUse use);
  void remove(const Ipv6Address& address);
  /// What collided may be tried again.
  void link_came_up();

  const Own* find(const Ipv6Address& address) const;
  /// The host has it, as far as it can know.
  bool is_own(const Ipv6Address& address, Instant now) const;
  /// Own, or until a moment ago: what arrived together with a claim is answered.
  bool may_advertise(const Ipv6Address& address, Instant now) const;
  bool is_lost(const Own& own, Instant now) const;
  /// It is not tentative, or its probes have had their time.
  bool is_settled(const Own& own, Instant now) const;
  /// In a prefix of an address that was given, or of the link's own.
  bool on_link(const Ipv6Address& address) const;
  /// Addresses were removed, and with them what is on the link: packets that wait keep the next hop of before.
  bool removed_any() const { return removed_any_; }
  /// RFC 4861 4.2: the time between solicitations, the least that a router has named.
  Duration retrans_timer() const { return retrans_timer_; }

  /// A packet with that source. The first one behind its probes makes an address usable.
  void sent_from(FrameJudge& judge, Bytes header, const Ipv6Address& source, Instant now);
  /// RFC 4862 5.4.2: a solicitation for it without a source.
  void sent_probe(FrameJudge& judge, Bytes message, const Ipv6Address& target, Instant now);

  /// Another station has the address, or probes it, too.
  void claimed(const Ipv6Address& address, Instant now);
  /// A router advertisement arrived.
  void advertised(Bytes message, Instant now);

 private:
  struct Prefix {
    bool used = false;
    Ipv6Address prefix{};
    std::uint8_t length = 0;
    Instant expires;
  };
  Own* find(const Ipv6Address& address);
  Own& slot();
  void advertised_prefix(Bytes option, Instant now);
  /// The host may have made the address by itself.
  bool derivable(const Ipv6Address& address, Instant now) const;

  bool learns_;
  bool optimistic_;
  std::uint8_t transmits_;
  Duration retrans_timer_ = Duration::seconds(1);  ///< RFC 4861 10
  std::array<Own, 32> own_{};
  std::array<Prefix, 32> prefixes_{};
  std::uint32_t next_victim_ = 0;
  bool forgot_address_ = false;
  bool forgot_prefix_ = false;
  bool removed_any_ = false;
};

}  // namespace linnet::sim
