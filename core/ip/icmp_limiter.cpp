// SPDX-License-Identifier: Apache-2.0
#include "core/ip/icmp_limiter.hpp"

namespace linnet::ip {

IcmpLimiter::IcmpLimiter(std::uint16_t per_second, Random& random)
    : random_(random), key_(random.key()), per_second_(per_second) {
  for (Bucket& bucket : buckets_) bucket.tokens = random_depth();
}

/// Half to one and a half seconds' worth, at least one.
std::uint32_t IcmpLimiter::random_depth() {
  return per_second_ == 0 ? 0 : per_second_ / 2u + 1 + random_.below(per_second_);
}

bool IcmpLimiter::allow(const IpAddress& destination, Instant now) {
  if (per_second_ == 0) return false;
  TableHasher hasher(key_);
  hasher.word(load64(destination.bytes().data()));
  hasher.word(load64(destination.bytes().data() + 8));
  Bucket& bucket = buckets_[static_cast<std::size_t>(hasher.finish() % buckets_.size())];
  const std::int64_t interval = 1000000 / per_second_;  // microseconds of a token
  const std::int64_t earned = (now - bucket.refilled).as_microseconds() / interval;
  if (earned >= per_second_) {
    bucket.tokens = random_depth();
    bucket.refilled = now;
  } else if (earned > 0) {
    bucket.tokens += static_cast<std::uint32_t>(earned);
    bucket.refilled = bucket.refilled + Duration::microseconds(earned * interval);
    if (const std::uint32_t depth = random_depth(); bucket.tokens > depth) bucket.tokens = depth;
  }
  if (bucket.tokens == 0) return false;
  --bucket.tokens;
  return true;
}

}  // namespace linnet::ip
