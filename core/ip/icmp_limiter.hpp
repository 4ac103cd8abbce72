// SPDX-License-Identifier: Apache-2.0
// How many ICMP errors a destination may get (RFC 1812 4.3.2.8).
#pragma once

#include <array>

#include "core/base/address.hpp"
#include "core/base/random.hpp"
#include "core/base/time.hpp"

namespace linnet::ip {

/// Token buckets by destination, of random depth: a bucket that all shared, or whose depth were known, would
/// tell an attacker which ports of ours are open to others (CVE-2020-25705).
class IcmpLimiter {
 public:
  IcmpLimiter(std::uint16_t per_second, Random& random);

  /// Takes a token; false when there is none.
  bool allow(const IpAddress& destination, Instant now);

 private:
  struct Bucket {
    Instant refilled;
    std::uint32_t tokens = 0;
  };
  std::uint32_t random_depth();

  Random& random_;
  SipKey key_;
  std::uint16_t per_second_;
  std::array<Bucket, 16> buckets_;
};

}  // namespace linnet::ip
