// SPDX-License-Identifier: Apache-2.0
#include "core/tcp/initial_sequence.hpp"

namespace linnet::tcp {
namespace {

constexpr std::uint16_t cookie_sizes[4] = {536, 1220, 1440, 1460};
constexpr std::uint32_t cookie_period_bits = 6;  // 64 s: a cookie lives one to two periods
constexpr std::uint32_t no_window_scale = 15;

std::uint32_t cookie_period(Instant now) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.as_microseconds()) / 1000000u) >>
         cookie_period_bits;
}

/// A cookie is: 5 bits of the period, 2 bits of the segment size, 25 bits of hash.
constexpr std::uint32_t pack_cookie(std::uint32_t period, std::uint32_t mss_index, std::uint32_t hash) {
  return ((period & 31u) << 27) | (mss_index << 25) | (hash & 0x1ffffffu);
}

}  // namespace

SequenceNumber Secrets::initial_sequence(const Endpoint& local, const Endpoint& remote, Instant now) const {
  SecretHasher hasher(isn_);
  hash_endpoints(hasher, local, remote);
  const auto clock = static_cast<std::uint64_t>(now.as_microseconds()) / 4;
  return SequenceNumber(static_cast<std::uint32_t>(clock + hasher.finish()));
}

std::uint32_t Secrets::timestamp_offset(const Endpoint& local, const Endpoint& remote) const {
  SecretHasher hasher(timestamp_);
  hash_endpoints(hasher, local, remote);
  return static_cast<std::uint32_t>(hasher.finish());
}

std::uint32_t Secrets::cookie_hash(const Endpoint& local, const Endpoint& remote, SequenceNumber irs,
                                   std::uint32_t minute, std::uint32_t mss_index) const {
  SecretHasher hasher(cookie_);
  hash_endpoints(hasher, local, remote);
  hasher.word((static_cast<std::uint64_t>(irs.value()) << 32) | minute);
  hasher.word(mss_index);
  return static_cast<std::uint32_t>(hasher.finish());
}

SequenceNumber Secrets::cookie(const Endpoint& local, const Endpoint& remote, SequenceNumber irs,
                               std::uint16_t mss, Instant now) const {
  std::uint32_t index = 0;
  for (std::uint32_t i = 1; i < 4; ++i) {
    if (cookie_sizes[i] <= mss) index = i;
  }
  const std::uint32_t period = cookie_period(now);
  return SequenceNumber(pack_cookie(period, index, cookie_hash(local, remote, irs, period, index)));
}

std::uint32_t Secrets::cookie_timestamp(std::uint32_t timestamp, const CookieContent& content) {
  const std::uint32_t bits = (content.ecn ? 32u : 0u) | (content.sack_permitted ? 16u : 0u) | content.window_scale.value_or(no_window_scale);
  const std::uint32_t value = (timestamp & ~63u) | bits;
  return value > timestamp ? value - 64 : value;  // never ahead of the clock: later values must not be smaller
}

std::optional<CookieContent> Secrets::open_cookie(const Endpoint& local, const Endpoint& remote, SequenceNumber irs,
                                                  SequenceNumber iss, std::optional<std::uint32_t> timestamp_echo,
                                                  Instant now) const {
  const std::uint32_t mss_index = (iss.value() >> 25) & 3;
  const std::uint32_t present = cookie_period(now);
  for (std::uint32_t age = 0; age < 2 && age <= present; ++age) {
    const std::uint32_t period = present - age;
    if (pack_cookie(period, mss_index, cookie_hash(local, remote, irs, period, mss_index)) != iss.value()) continue;
    CookieContent content;
    content.maximum_segment_size = cookie_sizes[mss_index];
    if (timestamp_echo) {
      content.has_timestamp = true;
      content.ecn = (*timestamp_echo & 32u) != 0;
      content.sack_permitted = (*timestamp_echo & 16u) != 0;
      const std::uint32_t scale = *timestamp_echo & 15u;
      if (scale != no_window_scale) content.window_scale = static_cast<std::uint8_t>(scale);
    }
    return content;
  }
  return std::nullopt;
}

}  // namespace linnet::tcp
