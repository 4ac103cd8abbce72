// SPDX-License-Identifier: Apache-2.0
// Default address selection (RFC 6724): which of the own addresses speaks to a destination, and which of
// several destinations is tried first. Pure functions: who has what address, others know. Rule 4 (home
// addresses) and destination rule 7 (native transport) speak of mobility and tunnels, which are not here.
#pragma once

#include "core/base/address.hpp"

namespace linnet::ip {

/// RFC 4291 2.7 and RFC 4007: how far an address reaches, in the numbers of a multicast address.
enum class Scope : std::uint8_t {
  interface_local = 1,
  link_local = 2,
  realm_local = 3,
  admin_local = 4,
  site_local = 5,
  organization_local = 8,
  global = 14,
};

/// RFC 6724 3.1, and 3.2 for IPv4. A multicast scope that has no name here comes as its number.
Scope scope_of(const IpAddress& address);

/// A row of the policy table (RFC 6724 2.1).
struct Policy {
  IpAddress prefix;
  std::uint8_t length = 0;  ///< bits of the 128; IPv4 counts in its mapped form: 96 to 128
  std::uint8_t precedence = 0;
  std::uint8_t label = 0;
};

class PolicyTable {
 public:
  /// `rows` must outlive the table; one with ::/0 in it makes it complete.
  explicit constexpr PolicyTable(std::span<const Policy> rows) : rows_(rows) {}
  /// The default of RFC 6724 2.1.
  static PolicyTable standard();

  std::uint8_t precedence(const IpAddress& address) const { return find(address).precedence; }
  std::uint8_t label(const IpAddress& address) const { return find(address).label; }

 private:
  Policy find(const IpAddress& address) const;

  std::span<const Policy> rows_;
};

/// An own address that could be the source.
struct SourceCandidate {
  IpAddress address;
  std::uint8_t prefix_length = 0;  ///< of its on-link prefix: 0 to 32 for IPv4, to 128 for IPv6
  std::uint8_t interface = 0;
  bool deprecated = false;         ///< RFC 4862 5.5.4: its preferred lifetime is over
  bool temporary = false;          ///< RFC 8981
  bool of_next_hop = false;        ///< rule 5.5: the next hop advertised its prefix
};

struct SourceRules {
  PolicyTable policy = PolicyTable::standard();
  std::uint8_t interface = 0;      ///< that the packet will leave by
  bool prefer_temporary = true;    ///< rule 7; false turns it round
};

/// RFC 6724 5: true when rule 1 to 8 put `a` before `b` for packets to `destination`.
bool better_source(const SourceCandidate& a, const SourceCandidate& b, const IpAddress& destination,
                   const SourceRules& rules);

/// The best of them, the first of equals; null when there is none of the destination's family.
const SourceCandidate* choose_source(std::span<const SourceCandidate> candidates, const IpAddress& destination,
                                     const SourceRules& rules);

/// A destination with what is known of the way to it.
struct DestinationCandidate {
  IpAddress address;
  SourceCandidate source;          ///< that would be used for it
  bool usable = true;              ///< rule 1: there is a route and a source
};

/// RFC 6724 6: true when rule 1 to 9 put `a` before `b`.
bool better_destination(const DestinationCandidate& a, const DestinationCandidate& b, const PolicyTable& policy);

/// Best first; rule 10: those that no rule tells apart stay in their order.
void sort_destinations(std::span<DestinationCandidate> candidates, const PolicyTable& policy = PolicyTable::standard());

}  // namespace linnet::ip
