// SPDX-License-Identifier: Apache-2.0
// What a DHCPv6 client tells its owner.
#pragma once

#include "services/dhcpv6/config.hpp"
#include "services/dhcpv6/information.hpp"

namespace linnet::dhcpv6 {

/// The exchanges of RFC 8415 18.2, and what lies between them.
enum class State : std::uint8_t {
  stopped,
  soliciting,  ///< Solicit sent, or to be; no address is in use (18)
  requesting,  ///< Request sent; addresses are in use only when a server had forgotten them (NoBinding)
  bound,
  renewing,    ///< from T1
  rebinding,   ///< from T2
  confirming,  ///< the link is up again: is it the same one?
  declining,   ///< somebody else has an address of ours
  releasing,   ///< stopped by the owner, telling the server
  informing,   ///< Information-request sent, or to be
  informed,    ///< until the refresh time
};
std::string_view state_text(State state);

/// To be installed with a prefix of 128 bits: what is on the link, routers tell (RFC 8415 18.2.10.1).
struct Address {
  IpAddress address;
  Instant preferred_until;  ///< deprecated from then on
  Instant valid_until;      ///< removed from the list, and `version` moved, when it has come
};
using Addresses = List<Address, maximum_addresses>;

struct Status {
  State state = State::stopped;
  Mode mode = Mode::stateless;
  std::span<const Address> addresses;        ///< in force; valid until the client's next call
  const Information* information = nullptr;  ///< null without one in force; valid as long
  Instant renew_at = Instant::never();       ///< T1; never without addresses or for infinity
  Instant rebind_at = Instant::never();      ///< T2
  Instant refresh_at = Instant::never();     ///< stateless: when the information is asked for again
  std::uint32_t version = 0;    ///< moves whenever addresses, lifetimes or information come, change or go
  std::uint32_t sent = 0;       ///< messages
  std::uint32_t received = 0;   ///< messages that meant something in their state
  std::uint32_t conflicts = 0;  ///< addresses declined
  std::array<std::uint32_t, static_cast<std::size_t>(Drop::count)> drops{};  ///< all others, by reason
  std::uint32_t dropped(Drop drop) const { return drops[static_cast<std::size_t>(drop)]; }
};

}  // namespace linnet::dhcpv6
