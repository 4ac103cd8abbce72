// SPDX-License-Identifier: Apache-2.0
#include "services/dns/eyeballs.hpp"

#include <algorithm>

namespace linnet::dns {

void Eyeballs::known(Families family, std::span<const IpAddress> addresses, Instant now) {
  Queue& of_family = queue(family);
  of_family.known = true;
  for (const IpAddress& address : addresses) of_family.answer.add(address);
  if (family == Families::v4) v4_known_at_ = now;
}

Instant Eyeballs::deadline() const {
  if (!v4_.has_more() && !v6_.has_more()) return Instant::never();
  // RFC 8305 3: the first attempt waits a moment for the family that is preferred.
  if (last_ == Families::none && !v6_.known) return v4_known_at_ + config_.resolution_delay;
  return next_at_;
}

std::optional<IpAddress> Eyeballs::next(Instant now) {
  if (now < deadline()) return std::nullopt;  // it is never where neither family has more
  const Families turn = last_ == Families::none ? first_ : other(last_);
  const Families family = queue(turn).has_more() ? turn : other(turn);
  Queue& of_family = queue(family);
  last_ = family;
  next_at_ = now + config_.attempt_delay;
  return of_family.answer.addresses()[of_family.next++];
}

bool Eyeballs::exhausted() const { return v4_.known && v6_.known && !v4_.has_more() && !v6_.has_more(); }

}  // namespace linnet::dns
