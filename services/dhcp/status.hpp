// SPDX-License-Identifier: Apache-2.0
// What a DHCP client tells its owner.
#pragma once

#include <string_view>

#include "core/base/time.hpp"
#include "services/dhcp/lease.hpp"

namespace linnet::dhcp {

/// RFC 2131 Figure 5, whose arrows `checking` and `declined` are the writing of; and 3.4, of a client whose
/// address is its owner's.
enum class State : std::uint8_t {
  stopped,
  init,        ///< waits to begin, or for the link
  selecting,   ///< DHCPDISCOVER sent
  requesting,  ///< DHCPREQUEST for an offered address sent
  checking,    ///< granted; being looked for on the link (RFC 5227 2.1)
  declined,    ///< somebody else has it: waits before INIT
  rebooting,   ///< DHCPREQUEST for a remembered address sent, or to be sent when the link is up
  bound,
  renewing,
  rebinding,
  informing,   ///< DHCPINFORM sent, or to be sent when there are link and address
  informed,    ///< a server has told its parameters
  uninformed,  ///< no server has: without them, or with those of before
};
std::string_view state_text(State state);

struct Status {
  State state = State::stopped;
  const Lease* lease = nullptr;  ///< null without one in force; informed, that address for ever; valid until
                                 ///< the client's next call
  Instant renew_at = Instant::never();   ///< T1; never for an infinite lease
  Instant rebind_at = Instant::never();  ///< T2
  Instant expires_at = Instant::never();
  std::uint8_t attempts = 0;             ///< messages sent in this state, up to 16
  std::uint32_t version =
      0;  ///< moves whenever the lease comes, changes or goes: then take the servers over anew
  std::uint32_t sent = 0;       ///< messages
  std::uint32_t received = 0;   ///< messages that were for us and meant something in their state
  std::uint32_t ignored = 0;    ///< datagrams that were not
  std::uint32_t conflicts = 0;  ///< addresses declined
  std::uint32_t refusals = 0;   ///< DHCPNAKs obeyed
};

}  // namespace linnet::dhcp
