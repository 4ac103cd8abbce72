// SPDX-License-Identifier: Apache-2.0
#include "core/ip/address_selection.hpp"

#include <algorithm>

#include "core/ip/interfaces.hpp"

namespace linnet::ip {
namespace {

constexpr IpAddress prefix(std::uint16_t first, std::uint16_t second = 0) {
  std::array<std::uint8_t, 16> bytes{};
  store16(bytes.data(), first);
  store16(bytes.data() + 2, second);
  return IpAddress::v6(bytes);
}

/// RFC 6724 2.1; 10.3 and 10.4 tell where these rows come from.
constexpr Policy standard_rows[] = {
    Policy{IpAddress::loopback_v6(), 128, 50, 0},
    Policy{IpAddress::any_v6(), 0, 40, 1},
    Policy{IpAddress::any_v4(), 96, 35, 4},   // all of IPv4
    Policy{prefix(0x2002), 16, 30, 2},        // 6to4
    Policy{prefix(0x2001, 0), 32, 5, 5},      // Teredo
    Policy{prefix(0xfc00), 7, 3, 13},         // unique local
    Policy{IpAddress::any_v6(), 96, 1, 3},    // IPv4-compatible
    Policy{prefix(0xfec0), 10, 1, 11},        // site-local, deprecated by RFC 3879
    Policy{prefix(0x3ffe), 16, 1, 12},        // 6bone, returned
};

/// RFC 6724 2.2: bits that both have in common, of those that the source's prefix holds.
unsigned matching(const SourceCandidate& source, const IpAddress& destination) {
  const unsigned mapped = source.address.is_v4() ? 96 : 0;
  return std::min(common_prefix_length(source.address, destination), mapped + source.prefix_length);
}

bool same_family(const IpAddress& a, const IpAddress& b) { return a.is_v4() == b.is_v4(); }

}  // namespace

Scope scope_of(const IpAddress& address) {
  if (address.is_v4()) {
    // RFC 6724 3.2: a private address is global here. RFC 2365 8: 239.255/16 is the local scope, 239.192/14 one of
    // organizations; 224.0.0/24 stays on the link.
    const std::uint32_t value = address.v4_value();
    if (value >> 8 == 0xe00000) return Scope::link_local;
    if (value >> 16 == 0xefff) return Scope::site_local;
    if (value >> 18 == 0xefc0 >> 2) return Scope::organization_local;
    return address.is_loopback() || address.is_link_local() ? Scope::link_local : Scope::global;
  }
  if (address.is_multicast()) return static_cast<Scope>(address.bytes()[1] & 0x0f);
  // RFC 4291 2.5.3: the loopback address has link-local scope.
  if (address.is_loopback() || address.is_link_local()) return Scope::link_local;
  const bool site_local = address.bytes()[0] == 0xfe && (address.bytes()[1] & 0xc0) == 0xc0;
  return site_local ? Scope::site_local : Scope::global;
}

PolicyTable PolicyTable::standard() { return PolicyTable(standard_rows); }

Policy PolicyTable::find(const IpAddress& address) const {
  Policy best;
  bool found = false;
  for (const Policy& row : rows_) {
    if (common_prefix_length(row.prefix, address) < row.length || (found && row.length <= best.length)) continue;
    best = row;
    found = true;
  }
  return best;
}

bool better_source(const SourceCandidate& a, const SourceCandidate& b, const IpAddress& destination,
                   const SourceRules& rules) {
  // Rule 1: the same address.
  if ((a.address == destination) != (b.address == destination)) return a.address == destination;
  // Rule 2: the smaller scope that is large enough; else the larger one.
  const Scope scope_a = scope_of(a.address);
  const Scope scope_b = scope_of(b.address);
  const Scope wanted = scope_of(destination);
  if (scope_a < scope_b) return scope_a >= wanted;
  if (scope_b < scope_a) return scope_b < wanted;
  // Rule 3: none that is deprecated.
  if (a.deprecated != b.deprecated) return b.deprecated;
  // Rule 5: the outgoing interface; 5.5: a prefix of the next hop.
  const bool out_a = a.interface == rules.interface;
  const bool out_b = b.interface == rules.interface;
  if (out_a != out_b) return out_a;
  if (a.of_next_hop != b.of_next_hop) return a.of_next_hop;
  // Rule 6: the destination's label.
  const std::uint8_t label = rules.policy.label(destination);
  const bool label_a = rules.policy.label(a.address) == label;
  const bool label_b = rules.policy.label(b.address) == label;
  if (label_a != label_b) return label_a;
  // Rule 7: temporary addresses; 8: the longest matching prefix.
  if (a.temporary != b.temporary) return a.temporary == rules.prefer_temporary;
  return matching(a, destination) > matching(b, destination);
}

const SourceCandidate* choose_source(std::span<const SourceCandidate> candidates, const IpAddress& destination,
                                     const SourceRules& rules) {
  const SourceCandidate* best = nullptr;
  for (const SourceCandidate& candidate : candidates) {
    if (!same_family(candidate.address, destination)) continue;
    if (best == nullptr || better_source(candidate, *best, destination, rules)) best = &candidate;
  }
  return best;
}

bool better_destination(const DestinationCandidate& a, const DestinationCandidate& b, const PolicyTable& policy) {
  // Rule 1: none that is unusable.
  if (!a.usable || !b.usable) return a.usable && !b.usable;
  // Rule 2: its scope is that of its source.
  const Scope scope_a = scope_of(a.address);
  const Scope scope_b = scope_of(b.address);
  const bool fits_a = scope_a == scope_of(a.source.address);
  const bool fits_b = scope_b == scope_of(b.source.address);
  if (fits_a != fits_b) return fits_a;
  // Rule 3: no deprecated source.
  if (a.source.deprecated != b.source.deprecated) return b.source.deprecated;
  // Rule 5: its label is that of its source.
  const bool label_a = policy.label(a.source.address) == policy.label(a.address);
  const bool label_b = policy.label(b.source.address) == policy.label(b.address);
  if (label_a != label_b) return label_a;
  // Rule 6: the higher precedence; 8: the smaller scope.
  const std::uint8_t precedence_a = policy.precedence(a.address);
  const std::uint8_t precedence_b = policy.precedence(b.address);
  if (precedence_a != precedence_b) return precedence_a > precedence_b;
  if (scope_a != scope_b) return scope_a < scope_b;
  // Rule 9: the longest matching prefix, within one family.
  if (!same_family(a.address, b.address)) return false;
  return matching(a.source, a.address) > matching(b.source, b.address);
}

void sort_destinations(std::span<DestinationCandidate> candidates, const PolicyTable& policy) {
  // Few addresses, no memory: by insertion, which keeps the order of equals.
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    for (std::size_t j = i; j > 0 && better_destination(candidates[j], candidates[j - 1], policy); --j) {
      std::swap(candidates[j], candidates[j - 1]);
    }
  }
}

}  // namespace linnet::ip
