// SPDX-License-Identifier: Apache-2.0
// Clat: 464XLAT's customer-side translator for the host itself (RFC 6877, RFC 7915): sockets of IPv4 on a
// network that has only IPv6, whose router advertises the prefix of its NAT64 (RFC 8781). Ip's part of it is
// in clat.cpp; nothing is forwarded for others, so no hop is counted.
#pragma once

#include "core/ip/clat_wire.hpp"
#include "core/ip/datagram.hpp"

namespace linnet::ip {

struct Clat {
  bool enabled = false;
  std::uint8_t interface = any_interface;  ///< by which the NAT64 is reached
  Prefix nat64{};                          ///< of length 0: no router tells one
  IpAddress
      address{};  ///< ours, of IPv6, for nothing but translated packets; unspecified: none that is usable

  /// IPv4 passes: clat::host_address is an address of ours.
  bool active() const { return !address.is_unspecified(); }
  /// An address of either end of a translated packet, in IPv6.
  IpAddress to_v6(const IpAddress& v4) const {
    return v4 == clat::host_address ? address : clat::embed(nat64, v4.v4_value());
  }
};

}  // namespace linnet::ip
