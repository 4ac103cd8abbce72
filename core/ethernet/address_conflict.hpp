// SPDX-License-Identifier: Apache-2.0
// Own IPv4 addresses on the link: probed before use, announced, and defended (RFC 5227).
#pragma once

#include "core/base/arena.hpp"
#include "core/base/digest.hpp"
#include "core/base/random.hpp"
#include "core/ethernet/config.hpp"
#include "core/ethernet/link.hpp"

namespace linnet::ethernet {

/// RFC 5227: the state of an own IPv4 address.
enum class AddressState : std::uint8_t {
  absent,
  probing,    ///< 2.1.1: not to be used yet
  usable,     ///< announced; being defended (2.4)
  conflict,   ///< somebody else has it: not to be used any more
};

struct OwnAddress {
  Prefix prefix{};  ///< with all its bits: the address and how long its on-link prefix is
  std::uint8_t interface = 0;
  AddressState state = AddressState::absent;
  std::uint8_t sent = 0;                ///< probes or announcements of the present state
  Instant next = Instant::never();      ///< when the next one is due
  Instant defended{};                   ///< last time a conflict was answered (2.4 (b))
  bool was_defended = false;
};

/// What a link remembers of addresses that it had.
struct LinkHistory {
  std::uint8_t conflicts = 0;   ///< up to AddressConflict::max_conflicts
  Instant may_probe{};          ///< RFC 5227 2.1.1: PROBE_MIN after its last probe, whoever asks for the next
};

class AddressConflict {
 public:
  // RFC 5227 1.1.
  static constexpr Duration probe_wait = Duration::seconds(1);
  static constexpr std::uint8_t probe_num = 3;
  static constexpr Duration probe_min = Duration::seconds(1);
  static constexpr Duration probe_max = Duration::seconds(2);
  static constexpr Duration announce_wait = Duration::seconds(2);
  static constexpr std::uint8_t announce_num = 2;
  static constexpr Duration announce_interval = Duration::seconds(2);
  static constexpr std::uint8_t max_conflicts = 10;
  static constexpr Duration rate_limit_interval = Duration::seconds(60);
  static constexpr Duration defend_interval = Duration::seconds(10);

  static constexpr std::size_t memory_needed(const Config& config) {
    return Arena::bytes_for<OwnAddress>(config.addresses) + Arena::bytes_for<LinkHistory>(config.links);
  }
  AddressConflict(const Config& config, Arena& arena, Random& random);

  /// Begins to probe, or (`probe` false) to use the address at once. On links without ARP it is usable at
  /// once. Adding it again starts over. False when the table is full.
  bool add(const Link& link, const Prefix& prefix, bool probe, Instant now);
  void remove(std::uint8_t interface, const IpAddress& address);
  AddressState state(std::uint8_t interface, const IpAddress& address) const;
  /// The link is up again: its addresses are announced anew.
  void announce_all(std::uint8_t interface, Instant now);

  bool usable(std::uint8_t interface, const IpAddress& address) const {
    return state(interface, address) == AddressState::usable;
  }
  /// Usable on some interface, or no address at all (RFC 2131 4.1).
  bool may_send_from(const IpAddress& address) const;
  /// The usable own address that shares the longest prefix with `target`; nothing when the interface has
  /// none.
  std::optional<IpAddress> source_for(std::uint8_t interface, const IpAddress& target) const;
  /// True when a host with that address may be on the link, as far as our prefixes tell.
  bool on_link(std::uint8_t interface, const IpAddress& address) const;
  /// True when `address` is the broadcast address of a prefix of the interface.
  bool is_broadcast(std::uint8_t interface, const IpAddress& address) const;

  /// Looks for a conflict in a received ARP packet (2.1.1, 2.4), answers it where that is called for, and
  /// says whether the packet was one: the sender has, or probes for, an own address.
  bool receive(const Link& link, const ArpPacket& packet, Instant now);
  Instant poll(std::span<const Link> links, Instant now);
  Instant next_deadline() const { return deadline_; }
  /// Moves whenever a state does.
  std::uint32_t version() const { return version_; }
  void digest(Digest& digest) const;

 private:
  OwnAddress* find(std::uint8_t interface, const IpAddress& address);
  void change(OwnAddress& own, AddressState state);
  Instant first_probe_at(const LinkHistory& history, Instant now);
  void step(const Link& link, OwnAddress& own, Instant now);
  void conflict(const Link& link, OwnAddress& own, Instant now);

  Random& random_;
  std::span<OwnAddress> table_;
  std::span<LinkHistory> history_;
  Instant deadline_ = Instant::never();
  std::uint32_t version_ = 0;
};

}  // namespace linnet::ethernet
