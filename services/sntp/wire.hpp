// SPDX-License-Identifier: Apache-2.0
// NTP's header on the wire (RFC 4330 4, RFC 5905 7.3): bytes to values and back.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"
#include "services/sntp/time.hpp"

namespace linnet::sntp {

constexpr std::uint16_t ntp_port = 123;
constexpr std::size_t message_size = 48;  ///< without extension fields and authentication
constexpr std::uint8_t highest_version = 4;
constexpr std::uint8_t unsynchronised_stratum = 16;

enum class Leap : std::uint8_t { none = 0, added_second = 1, removed_second = 2, unsynchronised = 3 };

enum class PacketMode : std::uint8_t {
  reserved = 0,
  symmetric_active = 1,
  symmetric_passive = 2,
  client = 3,
  server = 4,
  broadcast = 5,
  control = 6,
  private_use = 7,
};

/// The kiss codes that a client obeys (RFC 5905 7.4), as reference identifiers.
namespace kiss {
constexpr std::uint32_t deny = 0x44454e59;  ///< "DENY"
constexpr std::uint32_t rstr = 0x52535452;  ///< "RSTR"
constexpr std::uint32_t rate = 0x52415445;  ///< "RATE"
}  // namespace kiss

struct Message {
  Leap leap = Leap::none;
  std::uint8_t version = highest_version;
  PacketMode mode = PacketMode::client;
  std::uint8_t stratum = 0;  ///< 0: a kiss in an answer; 1: a clock of its own; 2 to 15; 16: not synchronised
  std::int8_t poll = 0;      ///< binary logarithm of seconds
  std::int8_t precision = 0;          ///< likewise, of the clock
  std::uint32_t root_delay = 0;       ///< seconds, in units of 2^-16
  std::uint32_t root_dispersion = 0;  ///< likewise
  std::uint32_t reference_id = 0;
  Timestamp reference = 0;
  Timestamp origin = 0;
  Timestamp receive = 0;
  Timestamp transmit = 0;

  /// Nothing when there are fewer than 48 bytes. What follows them is not looked at.
  static std::optional<Message> parse(Bytes bytes);
  void write(std::span<std::uint8_t, message_size> bytes) const;
};

/// Seconds in units of 2^-16. What RFC 4330 calls negative comes out as more than nine hours.
constexpr Duration from_short(std::uint32_t value) {
  return Duration::microseconds(static_cast<std::int64_t>((std::uint64_t{value} * 1000000) >> 16));
}
/// Rounded up, so that a bound stays one; at most 65,535 s.
constexpr std::uint32_t to_short(Duration duration) {
  const std::int64_t us = duration.as_microseconds();
  if (us <= 0) return 0;
  if (us >= 65535000000) return 0xffff0000;
  return static_cast<std::uint32_t>(((static_cast<std::uint64_t>(us) << 16) + 999999) / 1000000);
}

}  // namespace linnet::sntp
