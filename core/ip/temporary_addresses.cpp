// SPDX-License-Identifier: Apache-2.0
// Temporary addresses (RFC 8981): of each prefix one that nobody can tell the device by for long. Others follow before it
// is deprecated.
#include <algorithm>

#include "core/ip/router_discovery.hpp"

namespace linnet::ip {

/// RFC 8981 3.8: 2 s, and what duplicate address detection may take, retries included.
Duration RouterDiscovery::regeneration_advance() const {
  return Duration::seconds(2) + Duration::seconds(1) * (maximum_identifier_retries * std::int64_t{detection_transmits_});
}

/// RFC 8981 3.4 (1), (2): lifetimes follow the prefix, but end when the address is old.
void RouterDiscovery::configure_temporary(std::uint8_t interface, const Prefix& prefix, const Lifetimes& lifetimes,
                                          Instant now) {
  if (!temporary_) return;
  bool known = false;
  for (const Ipv6Address& own : addresses_.all()) {
    if (!is_temporary_of(own, interface, prefix)) continue;
    known = true;
    const Duration valid = std::min(lifetimes.valid, own.created + temporary_valid_ - now);
    const Duration preferred = std::min(lifetimes.preferred, std::max(own.preferred_limit - now, Duration()));
    addresses_.advertised(*addresses_.find(interface, own.address), {std::min(preferred, valid), valid}, now);
  }
  if (!known) add_temporary({prefix, interface, lifetimes, 0}, now);
}

bool RouterDiscovery::is_temporary_of(const Ipv6Address& own, std::uint8_t interface, const Prefix& prefix) {
  return own.state != Ipv6AddressState::absent && own.origin == AddressOrigin::temporary && own.interface == interface &&
         prefix.contains(own.address);
}

/// RFC 8981 3.4 (3) to (5).
bool RouterDiscovery::add_temporary(const TemporaryOf& of, Instant now) {
  const auto count = std::count_if(addresses_.all().begin(), addresses_.all().end(), [](const Ipv6Address& own) {
    return own.state != Ipv6AddressState::absent && own.origin == AddressOrigin::temporary;
  });
  if (static_cast<std::size_t>(count) >= most_temporary_) return false;
  // RFC 8981 3.8: DESYNC_FACTOR, up to four tenths, so that addresses do not all change at once.
  const Duration desync = Duration::seconds(random_.below(static_cast<std::uint32_t>(temporary_preferred_.as_seconds() * 4 / 10) + 1));
  const Duration preferred = std::min(of.lifetimes.preferred, temporary_preferred_ - desync);
  if (preferred <= regeneration_advance()) return false;  // "MUST NOT be created"
  Ipv6Address* own = addresses_.add({.address = with_identifier(of.prefix.address, temporary_identifier(random_)),
                                     .prefix_length = of.prefix.length,
                                     .interface = of.interface,
                                     .origin = AddressOrigin::temporary,
                                     .lifetimes = {preferred, std::min(of.lifetimes.valid, temporary_valid_)},
                                     .dad_counter = of.retries},
                                    now);
  if (own == nullptr) return false;
  own->preferred_limit = now + temporary_preferred_ - desync;
  return true;
}

/// RFC 8981 3.5: the next one is there before this one is deprecated.
void RouterDiscovery::regenerate(Instant now) {
  if (!temporary_) return;
  for (const Ipv6Address& own : addresses_.all()) {
    if (own.regenerate_at(regeneration_advance()) > now) continue;
    Ipv6Address& old = *addresses_.find(own.interface, own.address);
    old.succeeded = true;
    const Prefix prefix = Prefix{old.address, old.prefix_length}.network();
    for (const Ipv6Address& stable : addresses_.all()) {
      const bool same = stable.state != Ipv6AddressState::absent && stable.origin == AddressOrigin::stable &&
                        stable.interface == old.interface && prefix.contains(stable.address);
      if (!same) continue;
      add_temporary({prefix, old.interface, stable.lifetimes_left(now), 0}, now);
      break;
    }
  }
}

Instant RouterDiscovery::regeneration_deadline() const {
  Instant deadline = Instant::never();
  for (const Ipv6Address& own : addresses_.all()) {
    if (temporary_) deadline = earlier(deadline, own.regenerate_at(regeneration_advance()));
  }
  return deadline;
}

}  // namespace linnet::ip
