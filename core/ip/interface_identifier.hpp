// SPDX-License-Identifier: Apache-2.0
// Interface identifiers: the lower half of an IPv6 address, made so that it tells nothing about the device and
// still stays the same in one network (RFC 7217, RFC 8064), or does not (RFC 8981).
#pragma once

#include "core/base/address.hpp"
#include "core/base/random.hpp"

namespace linnet::ip {

using InterfaceIdentifier = std::array<std::uint8_t, 8>;

/// RFC 5453: the subnet-router anycast address, IANA's block 00-00-5E, and the anycast addresses of RFC 2526.
bool is_reserved(const InterfaceIdentifier& identifier);

/// What RFC 7217 5 makes an identifier of.
struct StableInputs {
  IpAddress prefix;             ///< Prefix: its first 64 bits count
  MacAddress mac;               ///< Net_Iface
  Bytes network;                ///< Network_ID, such as an SSID; may be empty
  std::uint8_t dad_counter = 0; ///< DAD_Counter: one more for each address that turned out to be taken
};
/// RFC 7217 5, never a reserved one. F is SipHash-2-4; `secret` must be kept secret, and the same for as long as
/// the addresses are to be. Moves `inputs.dad_counter` past values that would be reserved.
InterfaceIdentifier stable_identifier(SipKey secret, StableInputs& inputs);

/// RFC 8981 3.3.1: random, never a reserved one.
InterfaceIdentifier temporary_identifier(Random& random);

/// RFC 4291 appendix A: shows the link-layer address to everybody; only for those who ask for it.
InterfaceIdentifier modified_eui64(const MacAddress& mac);

/// The first 64 bits of `prefix`, then the identifier.
IpAddress with_identifier(const IpAddress& prefix, const InterfaceIdentifier& identifier);

}  // namespace linnet::ip
