// SPDX-License-Identifier: Apache-2.0
// Grant: what a server grants or offers, after every doubt about it was settled (RFC 8415 18.2.10.1, 21.4,
// 21.6).
#pragma once

#include "services/dhcpv6/config.hpp"
#include "services/dhcpv6/wire.hpp"

namespace linnet::dhcpv6 {

/// Lifetimes from the message's reception on; Duration::max(): for ever (RFC 8415 7.7).
struct GrantedAddress {
  IpAddress address;
  Duration preferred;
  Duration valid;  ///< 0: taken back
};
using GrantedAddresses = List<GrantedAddress, maximum_addresses>;

/// When a lease is to be extended, from the message's reception on; Duration::max(): never.
struct ExtensionTimes {
  Duration t1;
  Duration t2;
};

struct Grant {
  StatusCode status = StatusCode::success;  ///< the IA's; without success there are no addresses
  std::uint32_t t1 = 0;                     ///< seconds, as sent
  std::uint32_t t2 = 0;
  GrantedAddresses addresses;  ///< each one once

  /// Addresses that somebody who has none could begin to use.
  std::size_t usable(const Config& config) const;
};

/// The IA_NA of this number, or nothing when there is none whose times are valid (T1 > T2, RFC 8415 21.4).
/// Left out are addresses that are preferred longer than valid (21.6), that have a status of their own other
/// than success, that no host may have, and those beyond the fourth.
std::optional<Grant> read_grant(const Message& message, std::uint32_t iaid);

/// T1 and T2 for a lease with these addresses, in seconds as the server says them, where 0 leaves them to the
/// client: then 0.5 and 0.8 of the shortest preferred lifetime (21.4), never at once (14.2), and in order.
ExtensionTimes choose_times(std::uint32_t t1, std::uint32_t t2, const GrantedAddresses& addresses,
                            const Config& config);

/// Whether a host may have it, and not by itself: unicast, IPv6, neither link-local nor loopback.
bool is_assignable(const IpAddress& address);

}  // namespace linnet::dhcpv6
