// SPDX-License-Identifier: Apache-2.0
// What a socket bound to an address takes: 0.0.0.0 stands for all of IPv4, :: for both families unless IPV6_V6ONLY says
// otherwise (RFC 3493 3.7, 5.3).
#pragma once

#include "core/base/address.hpp"

namespace linnet::ip {

constexpr bool covers(const IpAddress& bound, bool v6_only, const IpAddress& address) {
  if (!bound.is_unspecified()) return bound == address;
  return bound.is_v4() ? address.is_v4() : !v6_only || !address.is_v4();
}

/// Whether both take some address.
constexpr bool overlap(const IpAddress& a, bool a_v6_only, const IpAddress& b, bool b_v6_only) {
  if (!a.is_unspecified()) return covers(b, b_v6_only, a);
  if (!b.is_unspecified()) return covers(a, a_v6_only, b);
  const bool both_v6 = !a.is_v4() && !b.is_v4();
  return both_v6 || (covers(a, a_v6_only, IpAddress::any_v4()) && covers(b, b_v6_only, IpAddress::any_v4()));
}

}  // namespace linnet::ip
