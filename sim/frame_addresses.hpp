// SPDX-License-Identifier: Apache-2.0
// FrameAddresses: which addresses a host may send from, as an observer of it can know: those that it was
// given, those that it must still probe (RFC 5227), and those that a DHCP server leased to it, until the
// lease ends.
#pragma once

#include <array>

#include "core/base/time.hpp"
#include "sim/frame_judge.hpp"

namespace linnet::sim {

struct ArpParts;

enum class AddressUse : std::uint8_t {
  usable,
  tentative,   ///< to be probed first; its first announcement makes it usable, of IPv6 its first packet
  optimistic,  ///< of IPv6: to be probed, and used with care meanwhile (RFC 4429)
};

class FrameAddresses {
 public:
  struct Own {
    std::uint32_t address = 0;  ///< 0: the slot is free
    std::uint8_t prefix_length = 32;
    bool tentative = false;
    bool conflict = false;  ///< somebody else has it
    bool leased = false;
    std::uint32_t probes = 0;
    std::uint32_t announcements = 0;
    Instant last_probe;
    std::array<Instant, 2> announced{};  ///< the last two
    Instant expires = Instant::never();
  };

  void add(std::uint32_t address, std::uint8_t prefix_length, AddressUse use);
  void remove(std::uint32_t address);
  /// A lease was given or extended.
  void lease(std::uint32_t address, std::uint8_t prefix_length, Instant expires);
  /// RFC 5227 2.3: what is announced is announced anew.
  void link_came_up();

  const Own* find(std::uint32_t address) const;
  /// The limited broadcast address, or that of a prefix of ours.
  bool is_broadcast(std::uint32_t address) const;
  /// In a prefix of ours.
  bool on_link(std::uint32_t address) const;

  /// A probe, announcement, request or reply that the host sends: its sender address, and RFC 5227's times.
  void sent(FrameJudge& judge, Bytes packet, const ArpParts& arp, Instant now);
  /// Another station says that it has, or wants, the address.
  void claimed(std::uint32_t address);

 private:
  Own* find(std::uint32_t address);
  void sent_probe(FrameJudge& judge, Bytes packet, Own& own, Instant now);
  void sent_announcement(FrameJudge& judge, Bytes packet, Own& own, Instant now);

  std::array<Own, 16> own_{};
  Own probed_{};  ///< what is probed without our having been told of it: a client's offer
};

}  // namespace linnet::sim
