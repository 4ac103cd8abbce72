// SPDX-License-Identifier: Apache-2.0
// What neighbour discovery teaches the cache (RFC 4861 7.2.3, 7.2.5, and the state machine of appendix C).
#include "core/ethernet/neighbour_cache.hpp"

namespace linnet::ethernet {

NeighbourCache::Learned NeighbourCache::learn_advertisement(Neighbour* n, const MacAddress* mac,
                                                            AdvertisementFlags flags, Instant now) {
  if (n == nullptr) return Learned::nothing;
  if (!n->resolved()) {
    if (mac == nullptr) return Learned::nothing;  // "SHOULD silently discard"
    n->mac = *mac;
    n->router = flags.router;
    settle(*n, flags.solicited ? NeighbourState::reachable : NeighbourState::stale, now);
    return Learned::resolved;
  }
  const bool other = mac != nullptr && *mac != n->mac;
  if (other && !flags.override) {
    // 7.2.5 I: what we know stays, but it is no longer certain; without a link address nothing else counts.
    if (n->state == NeighbourState::reachable) settle(*n, NeighbourState::stale, now);
    return Learned::nothing;
  }
  n->router = flags.router;
  if (other && !flags.solicited) return moved(*n, *mac, now);
  if (other) n->mac = *mac;
  if (!flags.solicited) return Learned::nothing;
  settle(*n, NeighbourState::reachable, now);
  return Learned::resolved;
}

NeighbourCache::Learned NeighbourCache::learn_source(std::uint8_t interface, const IpAddress& address,
                                                     const MacAddress& mac, Instant now) {
  Neighbour* n = find(interface, address);
  if (const auto learned = learn_if_unknown(n, interface, address, mac, true, now)) return *learned;
  return n->mac == mac ? Learned::nothing : moved(*n, mac, now);
}

/// Another link address, unproven: STALE. Where packets go to it already, waiting for DELAY_FIRST_PROBE_TIME
/// would let anybody take the traffic for that long: it is probed at once.
NeighbourCache::Learned NeighbourCache::moved(Neighbour& n, const MacAddress& mac, Instant now) {
  const bool used = in_use(n, now);
  n.mac = mac;
  settle(n, NeighbourState::stale, now);
  return used ? probe_now(n, 1, now) : Learned::nothing;
}

}  // namespace linnet::ethernet
