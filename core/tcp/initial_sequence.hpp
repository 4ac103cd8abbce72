// SPDX-License-Identifier: Apache-2.0
// What a peer must not be able to guess: initial sequence numbers (RFC 6528), timestamp offsets (RFC 7323 5.4),
// ephemeral ports (RFC 6056), SYN cookies (RFC 4987 3.6).
#pragma once

#include <optional>

#include "core/base/random.hpp"
#include "core/base/sequence_number.hpp"
#include "core/base/time.hpp"
#include "core/tcp/tuple.hpp"

namespace linnet::tcp {

/// What a SYN cookie carries from the SYN to the ACK that ends the handshake.
struct CookieContent {
  std::uint16_t maximum_segment_size = 536;  ///< rounded down to one of four values
  bool has_timestamp = false;                ///< what follows survives only with timestamps
  bool sack_permitted = false;
  bool ecn = false;
  std::optional<std::uint8_t> window_scale;
};

class Secrets {
 public:
  explicit Secrets(Random& random) : isn_(random.key()), timestamp_(random.key()), cookie_(random.key()) {}

  /// RFC 6528 3: ISN = M + F(local, remote, secret), M a clock of 4 microseconds.
  SequenceNumber initial_sequence(const Endpoint& local, const Endpoint& remote, Instant now) const;
  /// The millisecond clock of one connection's timestamps, shifted by an offset of its own.
  std::uint32_t timestamp(const Endpoint& local, const Endpoint& remote, Instant now) const {
    return timestamp_offset(local, remote) + milliseconds(now);
  }
  std::uint32_t timestamp_offset(const Endpoint& local, const Endpoint& remote) const;
  static std::uint32_t milliseconds(Instant now) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now.as_microseconds()) / 1000u);
  }

  SequenceNumber cookie(const Endpoint& local, const Endpoint& remote, SequenceNumber irs, std::uint16_t mss,
                        Instant now) const;
  /// The timestamp value of a SYN-ACK that stands for `content`: at most 63 ms behind the clock.
  static std::uint32_t cookie_timestamp(std::uint32_t timestamp, const CookieContent& content);
  /// The content, if `iss` is a cookie of ours for this SYN that is at most two minutes old.
  std::optional<CookieContent> open_cookie(const Endpoint& local, const Endpoint& remote, SequenceNumber irs,
                                           SequenceNumber iss, std::optional<std::uint32_t> timestamp_echo,
                                           Instant now) const;

 private:
  std::uint32_t cookie_hash(const Endpoint& local, const Endpoint& remote, SequenceNumber irs, std::uint32_t minute,
                            std::uint32_t mss_index) const;

  SipKey isn_;
  SipKey timestamp_;
  SipKey cookie_;
};

/// RFC 6335 6: the dynamic ports.
constexpr std::uint16_t first_ephemeral_port = 49152;
constexpr std::uint16_t ephemeral_port_count = 16384;

}  // namespace linnet::tcp
